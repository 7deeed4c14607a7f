#include "base/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGE = 1 << 16 }; /* a multiple of every system's */

void ln_spill_open(ln_spill* spill, const char* folder) {
  char name[1024];
  spill->used_bytes = 0;
  spill->file = -1;
#ifdef O_TMPFILE
  spill->file = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);
#endif
  if (spill->file >= 0) return;
  const int length = snprintf(name, sizeof name, "%s/.linnet-XXXXXX", folder);
  if (length < 0 || (size_t)length >= sizeof name) return;
  spill->file = mkstemp(name);
  if (spill->file >= 0) unlink(name);
}

void ln_spill_close(ln_spill* spill) {
  if (spill->file >= 0) close(spill->file);
  spill->file = -1;
}

void* ln_spill_take(ln_spill* spill, size_t size_bytes, size_t* offset) {
  if (spill->file < 0 || size_bytes == 0 || size_bytes > SIZE_MAX / 4 - PAGE) return NULL;
  const size_t rounded = (size_bytes + PAGE - 1) / PAGE * PAGE;
  const off_t from = (off_t)spill->used_bytes;
  if (from < 0 || (size_t)from != spill->used_bytes) return NULL;
  /* Room that is there before anything is written: a write to a page that has none would end the process. */
  if (posix_fallocate(spill->file, from, (off_t)rounded) != 0) return NULL;
  void* block = mmap(NULL, rounded, PROT_READ | PROT_WRITE, MAP_SHARED, spill->file, from);
  if (block == MAP_FAILED) return NULL;
  spill->used_bytes += rounded;
  *offset = (size_t)from;
  return block;
}

bool ln_spill_write(const ln_spill* spill, size_t offset, const void* data, size_t size_bytes) {
  for (const char* at = data; size_bytes > 0;) {
    const ssize_t written = pwrite(spill->file, at, size_bytes, (off_t)offset);
    if (written <= 0 && !(written < 0 && errno == EINTR)) return false;
    if (written <= 0) continue;
    at += written;
    offset += (size_t)written;
    size_bytes -= (size_t)written;
  }
  return true;
}

void ln_spill_give_back(void* block, size_t size_bytes) { munmap(block, (size_bytes + PAGE - 1) / PAGE * PAGE); }

void ln_spill_rest(const void* block, size_t size_bytes) {
  if (block != NULL) (void)madvise((void*)(uintptr_t)block, size_bytes, MADV_DONTNEED);
}
