#include "base/file_map.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static bool fail(int fd, const char* text, char* message, size_t message_size) {
  snprintf(message, message_size, "%s", text);
  if (fd >= 0) close(fd);
  return false;
}

static uint64_t time_ns(const struct timespec* t) {
  return (uint64_t)t->tv_sec * UINT64_C(1000000000) + (uint64_t)t->tv_nsec;
}

static ln_file_identity identify(const struct stat* status) {
  static const uint64_t kSettledNs = UINT64_C(2000000000); /* the coarsest file systems count in two seconds */
  struct timespec now;
  const ln_file_identity none = {0, 0, 0, 0};
  const ln_file_identity found = {(uint64_t)status->st_dev, (uint64_t)status->st_ino, time_ns(&status->st_mtim),
                                  time_ns(&status->st_ctim)};
  if (clock_gettime(CLOCK_REALTIME, &now) != 0 || time_ns(&now) < kSettledNs) return none;
  return found.changed_ns < time_ns(&now) - kSettledNs ? found : none;
}

bool ln_file_map_open(const char* path, ln_file_map* map, char* message, size_t message_size) {
  *map = (ln_file_map){0};
  /* O_NONBLOCK: a FIFO must be refused, not waited for. */
  const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return fail(fd, strerror(errno), message, message_size);
  struct stat status;
  if (fstat(fd, &status) != 0) return fail(fd, strerror(errno), message, message_size);
  if (!S_ISREG(status.st_mode)) return fail(fd, "not a plain file", message, message_size);
  if (status.st_size == 0) {
    close(fd);
    return true;
  }
  if ((uintmax_t)status.st_size > SIZE_MAX / 2) return fail(fd, "too large to be mapped", message, message_size);
  void* data = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (data == MAP_FAILED) return fail(fd, strerror(errno), message, message_size);
  close(fd);
  *map = (ln_file_map){data, (size_t)status.st_size, identify(&status)};
  return true;
}

void ln_file_map_close(ln_file_map* map) {
  if (map->data != NULL) munmap((void*)(uintptr_t)map->data, map->size_bytes);
  map->data = NULL;
  map->size_bytes = 0;
}

void ln_file_map_leave(const ln_file_map* map, const void* data, size_t size_bytes) {
  enum { kPage = 1 << 16, kWorthwhile = 1 << 16 };
  const uintptr_t start = (uintptr_t)map->data, begin = ((uintptr_t)data + kPage - 1) & ~(uintptr_t)(kPage - 1);
  const uintptr_t end = ((uintptr_t)data + size_bytes) & ~(uintptr_t)(kPage - 1);
  if (map->data == NULL || begin < start || end > start + map->size_bytes || end < begin + kWorthwhile) return;
  (void)madvise((void*)begin, end - begin, MADV_DONTNEED);
}
