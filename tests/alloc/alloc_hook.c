#include "alloc/alloc_hook.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "linnet/linnet.h"

enum { HEADER_BYTES = 64, RUBBISH = 0xA5 };

alloc_hook alloc_state;
/* All calls are made while no job runs, but threads of a pool may end beside them. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static bool may_have(void) {
  pthread_mutex_lock(&mutex);
  const size_t call = ++alloc_state.calls;
  const bool fails =
      alloc_state.fail_at != 0 && (call == alloc_state.fail_at || (alloc_state.go_on && call > alloc_state.fail_at));
  if (fails) ++alloc_state.failed;
  pthread_mutex_unlock(&mutex);
  return !fails;
}

static void note_block(int change) {
  pthread_mutex_lock(&mutex);
  alloc_state.blocks += (size_t)change;
  pthread_mutex_unlock(&mutex);
}

static void* allocate(void* user_data, size_t size_bytes) {
  (void)user_data;
  if (!may_have()) return NULL;
  char* block = malloc(size_bytes + HEADER_BYTES);
  if (block == NULL) return NULL;
  memcpy(block, &size_bytes, sizeof size_bytes);
  memset(block + HEADER_BYTES, RUBBISH, size_bytes);
  note_block(1);
  return block + HEADER_BYTES;
}

static void deallocate(void* user_data, void* block) {
  (void)user_data;
  if (block == NULL) return;
  note_block(-1);
  free((char*)block - HEADER_BYTES);
}

static void* reallocate(void* user_data, void* block, size_t new_size_bytes) {
  if (block == NULL) return allocate(user_data, new_size_bytes);
  size_t had_bytes;
  memcpy(&had_bytes, (char*)block - HEADER_BYTES, sizeof had_bytes);
  void* moved = allocate(user_data, new_size_bytes);
  if (moved == NULL) return NULL;
  memcpy(moved, block, had_bytes < new_size_bytes ? had_bytes : new_size_bytes);
  deallocate(user_data, block);
  return moved;
}

int __real_pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*start)(void*), void* arg);
int __wrap_pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*start)(void*), void* arg);
int __wrap_pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*start)(void*), void* arg) {
  return may_have() ? __real_pthread_create(thread, attributes, start, arg) : EAGAIN;
}

/* Where offsets have 64 bits mmap is called by its other name. */
void* __real_mmap64(void* address, size_t length, int protection, int flags, int fd, off_t offset);
void* __wrap_mmap64(void* address, size_t length, int protection, int flags, int fd, off_t offset);
void* __wrap_mmap64(void* address, size_t length, int protection, int flags, int fd, off_t offset) {
  if (!may_have()) {
    errno = ENOMEM;
    return MAP_FAILED;
  }
  void* data = __real_mmap64(address, length, protection, flags, fd, offset);
  if (data != MAP_FAILED) note_block(1);
  return data;
}

int __real_munmap(void* address, size_t length);
int __wrap_munmap(void* address, size_t length);
int __wrap_munmap(void* address, size_t length) {
  note_block(-1);
  return __real_munmap(address, length);
}

void alloc_hook_install(void) {
  const LinnetAllocator allocator = {NULL, allocate, reallocate, deallocate};
  LinnetSetAllocator(&allocator);
}

void alloc_hook_arm(size_t fail_at, bool go_on) {
  alloc_state.calls = alloc_state.failed = 0;
  alloc_state.fail_at = fail_at;
  alloc_state.go_on = go_on;
}
