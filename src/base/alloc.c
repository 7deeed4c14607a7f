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

void* ln_calloc(size_t count, size_t size_bytes) {
  if (size_bytes != 0 && count > SIZE_MAX / size_bytes) return NULL;
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
void* ln_aligned_malloc(size_t alignment, size_t size_bytes) {
  const size_t extra = alignment + sizeof(void*);
  if (size_bytes > SIZE_MAX - extra) return NULL;
  char* block = ln_malloc(size_bytes + extra);
  if (block == NULL) return NULL;
  const uintptr_t address = ((uintptr_t)block + extra - 1) & ~(uintptr_t)(alignment - 1);
  char* aligned = block + (address - (uintptr_t)block);
  memcpy(aligned - sizeof block, &block, sizeof block);
  return aligned;
}

void ln_aligned_free(void* block) {
  if (block == NULL) return;
  void* original;
  memcpy(&original, (char*)block - sizeof(void*), sizeof(void*));
  ln_free(original);
}

void ln_expect_use(void* block, size_t size_bytes) {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  enum { kWorthwhile = 1 << 21, kPage = 4096 };
  if (block == NULL || size_bytes < kWorthwhile) return;
  const uintptr_t begin = ((uintptr_t)block + kPage - 1) & ~(uintptr_t)(kPage - 1);
  const uintptr_t end = ((uintptr_t)block + size_bytes) & ~(uintptr_t)(kPage - 1);
  if (end > begin) (void)madvise((void*)begin, end - begin, MADV_HUGEPAGE);
#else
  (void)block, (void)size_bytes;
#endif
}
