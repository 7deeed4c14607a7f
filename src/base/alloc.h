/* Memory. Everything the library takes and gives back goes through here, so that a caller can replace the allocator and
 * a test can fail the k-th allocation. Includes libc only. */
#ifndef LN_BASE_ALLOC_H_
#define LN_BASE_ALLOC_H_

#include <stddef.h>

typedef struct ln_allocator {
  void* user_data;
  void* (*allocate)(void* user_data, size_t size_bytes);
  void* (*reallocate)(void* user_data, void* block, size_t new_size_bytes);
  void (*deallocate)(void* user_data, void* block);
} ln_allocator;

/* Copies the struct; NULL brings back malloc, realloc, free. Only while no block is out. */
void ln_set_allocator(const ln_allocator* allocator);

void* ln_malloc(size_t size_bytes);               /* NULL: no memory. Size 0 gives a block that can be freed. */
void* ln_calloc(size_t count, size_t size_bytes); /* zeroed; NULL also where count * size_bytes overflows */
void* ln_realloc(void* block, size_t size_bytes);
void ln_free(void* block); /* NULL is a no-op */
char* ln_strdup(const char* text);

/* `alignment` is a power of two, at most 2 MB. Freed by ln_aligned_free only. */
void* ln_aligned_malloc(size_t alignment, size_t size_bytes);
void ln_aligned_free(void* block);

/* A zeroed block of at least that size, aligned to 64 bytes, for what is large and will be used whole: in large pages
 * where the system has them, so that it takes fewer faults to fill and fewer misses to read. The size becomes that of
 * the block. Freed by ln_aligned_free. */
void* ln_take_large(size_t* size_bytes);

/* The part of a block that will be written next, and whole: its pages are asked for together, which takes half as long
 * as faults one by one. A hint. */
void ln_fetch_pages(void* data, size_t size_bytes);

#endif
