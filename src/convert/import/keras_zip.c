/* See PKWARE's APPNOTE.TXT: the directory stands at the end of a zip, and an entry's data behind a header of its own.
 */
#include "convert/import/keras_zip.h"

#include <string.h>

enum { END_BYTES = 22, CENTRAL_BYTES = 46, LOCAL_BYTES = 30, MAX_COMMENT = 65535 };
enum { END_SIGNATURE = 0x06054b50, CENTRAL_SIGNATURE = 0x02014b50, LOCAL_SIGNATURE = 0x04034b50 };

static uint32_t u16(const unsigned char* p) { return (uint32_t)p[0] | (uint32_t)p[1] << 8; }
static uint32_t u32(const unsigned char* p) { return u16(p) | u16(p + 2) << 16; }

/* NULL: none. */
static const unsigned char* find_end(const unsigned char* zip, size_t bytes) {
  for (size_t back = END_BYTES; back <= bytes && back <= END_BYTES + MAX_COMMENT; ++back)
    if (u32(zip + bytes - back) == END_SIGNATURE) return zip + bytes - back;
  return NULL;
}

bool ln_zip_find_stored(const unsigned char* zip, size_t zip_bytes, const char* name, ln_zip_entry* entry) {
  const size_t name_bytes = strlen(name);
  const unsigned char* end = find_end(zip, zip_bytes);
  if (end == NULL || u32(end + 16) > (size_t)(end - zip)) return false;
  const unsigned char* at = zip + u32(end + 16);
  for (uint32_t left = u16(end + 10); left > 0; --left) {
    if ((size_t)(end - at) < CENTRAL_BYTES || u32(at) != CENTRAL_SIGNATURE) return false;
    const size_t span = (size_t)CENTRAL_BYTES + u16(at + 28) + u16(at + 30) + u16(at + 32);
    if ((size_t)(end - at) < span) return false;
    if (u16(at + 28) == name_bytes && memcmp(at + CENTRAL_BYTES, name, name_bytes) == 0) break;
    at += span;
    if (left == 1) return false;
  }
  if (u16(end + 10) == 0) return false;
  const bool is_stored = u16(at + 10) == 0 && (u16(at + 8) & 1) == 0 && u32(at + 20) == u32(at + 24);
  const size_t offset = u32(at + 42), size = u32(at + 24);
  if (!is_stored || size == UINT32_MAX || offset > zip_bytes || zip_bytes - offset < LOCAL_BYTES) return false;
  const unsigned char* local = zip + offset;
  const size_t head = (size_t)LOCAL_BYTES + u16(local + 26) + u16(local + 28);
  if (u32(local) != LOCAL_SIGNATURE || zip_bytes - offset < head || zip_bytes - offset - head < size) return false;
  *entry = (ln_zip_entry){local + head, size, u32(at + 16)};
  return true;
}
