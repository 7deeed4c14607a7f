#include "base/file_save.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/entropy.h"

static bool write_all(int fd, const char* data, size_t size_bytes) {
  while (size_bytes > 0) {
    const ssize_t written = write(fd, data, size_bytes);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    data += written;
    size_bytes -= (size_t)written;
  }
  return true;
}

bool ln_file_save(const char* path, const ln_file_part* parts, size_t count) {
  enum { kSuffix = 32 };
  struct stat status;
  if (lstat(path, &status) == 0 ? !S_ISREG(status.st_mode) : errno != ENOENT) return false;
  const size_t length = strlen(path) + kSuffix;
  char* other = ln_malloc(length);
  if (other == NULL) return false;
  snprintf(other, length, "%s.%016llx", path, (unsigned long long)ln_entropy());
  const int fd = open(other, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
  bool good = fd >= 0;
  for (size_t i = 0; good && i < count; ++i) good = write_all(fd, parts[i].data, parts[i].size_bytes);
  if (fd >= 0) good = close(fd) == 0 && good;
  good = good && rename(other, path) == 0;
  if (fd >= 0 && !good) unlink(other);
  ln_free(other);
  return good;
}
