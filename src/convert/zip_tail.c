#include "convert/zip_tail.h"

#include <stdint.h>

#include "model/flatbuffer.h"

enum { END_BYTES = 22, MAX_COMMENT = 65535, ENTRY_BYTES = 46 };
static const uint32_t kEnd = 0x06054b50, kEntry = 0x02014b50, kLocal = 0x04034b50;

/* Where the end record stands, file_bytes: nowhere. */
static size_t find_end(const uint8_t* file, size_t file_bytes) {
  for (size_t back = END_BYTES; back <= file_bytes && back <= END_BYTES + MAX_COMMENT; ++back) {
    const uint8_t* at = file + file_bytes - back;
    if (ln_fb_load_u32(at) == kEnd && back == END_BYTES + (size_t)ln_fb_load_u16(at + 20)) return file_bytes - back;
  }
  return file_bytes;
}

void ln_zip_tail_find(const void* bytes, size_t file_bytes, const void** tail, size_t* tail_bytes) {
  const uint8_t* file = bytes;
  *tail = NULL;
  *tail_bytes = 0;
  const size_t end = find_end(file, file_bytes);
  if (end == file_bytes) return;
  const size_t directory_bytes = ln_fb_load_u32(file + end + 12), stated = ln_fb_load_u32(file + end + 16);
  if (directory_bytes > end) return;
  const size_t directory = end - directory_bytes;
  if (stated > directory) return;
  const size_t prefix = directory - stated; /* what was put in front without correcting the offsets */
  size_t first = directory;
  for (size_t at = directory; at + ENTRY_BYTES <= end && ln_fb_load_u32(file + at) == kEntry;) {
    const size_t local = prefix + ln_fb_load_u32(file + at + 42);
    if (local < first) first = local;
    at += ENTRY_BYTES + (size_t)ln_fb_load_u16(file + at + 28) + ln_fb_load_u16(file + at + 30) +
          ln_fb_load_u16(file + at + 32);
  }
  if (first + 4 > file_bytes || (first != directory && ln_fb_load_u32(file + first) != kLocal)) return;
  *tail = file + first;
  *tail_bytes = file_bytes - first;
}
