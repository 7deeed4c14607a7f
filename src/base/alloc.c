#include "base/alloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif

static void* libc_allocate(void* user_data, size_t size_bytes) {
  (void)user_data;
  return malloc(size_bytes);
}

static void* libc_reallocate(void* user_data, void* block, size_t new_size_bytes) {
  (void)user_data;
  return realloc(block, new_size_bytes);
}

static void libc_deallocate(void* user_data, void* block) {
  (void)user_data;
  free(block);
}

static const ln_allocator kLibc = {NULL, libc_allocate, libc_reallocate, libc_deallocate};
static ln_allocator current = {NULL, libc_allocate, libc_reallocate, libc_deallocate};

void ln_set_allocator(const ln_allocator* allocator) { current = allocator != NULL ? *allocator : kLibc; }

void* ln_malloc(size_t size_bytes) { return current.allocate(current.user_data, size_bytes != 0 ? size_bytes : 1); }

/* libc knows which memory is fresh from the system, and so 0 already. */
void* ln_calloc(size_t count, size_t size_bytes) {
  if (size_bytes != 0 && count > SIZE_MAX / size_bytes) return NULL;
  if (current.allocate == libc_allocate) return calloc(1, count * size_bytes != 0 ? count * size_bytes : 1);
  void* block = ln_malloc(count * size_bytes);
  if (block != NULL) memset(block, 0, count * size_bytes);
  return block;
}

void* ln_realloc(void* block, size_t size_bytes) {
  return current.reallocate(current.user_data, block, size_bytes != 0 ? size_bytes : 1);
}

void ln_free(void* block) {
  if (block != NULL) current.deallocate(current.user_data, block);
}

char* ln_strdup(const char* text) {
  const size_t size_bytes = strlen(text) + 1;
  char* copy = ln_malloc(size_bytes);
  if (copy != NULL) memcpy(copy, text, size_bytes);
  return copy;
}

/* The block from the allocator stands in the word before the aligned address. */
static void* take_aligned(void* (*take)(size_t size_bytes), size_t alignment, size_t size_bytes) {
  const size_t extra = alignment + sizeof(void*);
  if (size_bytes > SIZE_MAX - extra) return NULL;
  char* block = take(size_bytes + extra);
  if (block == NULL) return NULL;
  const uintptr_t address = ((uintptr_t)block + extra - 1) & ~(uintptr_t)(alignment - 1);
  char* aligned = block + (address - (uintptr_t)block);
  memcpy(aligned - sizeof block, &block, sizeof block);
  return aligned;
}

void* ln_aligned_malloc(size_t alignment, size_t size_bytes) { return take_aligned(ln_malloc, alignment, size_bytes); }

void ln_aligned_free(void* block) {
  if (block == NULL) return;
  void* original;
  memcpy(&original, (char*)block - sizeof(void*), sizeof(void*));
  ln_free(original);
}

enum { kLargePage = 1 << 21 };

static void* take_zeroed(size_t size_bytes) { return ln_calloc(1, size_bytes); }

/* Where more than half of the last large page would be used, all of it is taken: to fill a large page takes as long as
 * 128 faults. */
void* ln_take_large(size_t* size_bytes) {
  const size_t tail = *size_bytes % kLargePage;
  if (*size_bytes < kLargePage / 2 || *size_bytes > SIZE_MAX - kLargePage)
    return take_aligned(take_zeroed, 64, *size_bytes);
  if (tail >= kLargePage / 2) *size_bytes += kLargePage - tail;
  char* block = take_aligned(take_zeroed, kLargePage, *size_bytes);
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  /* Nothing is lost where the system has none to give. */
  const size_t pages = *size_bytes & ~(size_t)(kLargePage - 1);
  if (block != NULL && current.allocate == libc_allocate) (void)madvise(block, pages, MADV_HUGEPAGE);
#endif
  return block;
}

/* Large pages are better filled one by one: what is written next is then still near. */
void ln_fetch_pages(void* data, size_t size_bytes) {
#if defined(__linux__) && defined(MADV_POPULATE_WRITE)
  enum { kPage = 4096, kLeast = 4 * kPage };
  if (current.allocate != libc_allocate || size_bytes < kLeast || size_bytes >= kLargePage / 2) return;
  const size_t before = (uintptr_t)data % kPage;
  (void)madvise((char*)data - before, before + size_bytes, MADV_POPULATE_WRITE);
#else
  (void)data, (void)size_bytes;
#endif
}
