/* A small FlatBuffers writer for tests: makes files that nobody else would make. Writes from the end of a fixed buffer
 * towards its start; a reference is the distance of what it names from the end. */
#ifndef LN_TESTS_FB_BUILD_H_
#define LN_TESTS_FB_BUILD_H_

#include <stddef.h>
#include <stdint.h>

enum { FB_CAPACITY = 1 << 17 };

typedef struct fb {
  unsigned char bytes[FB_CAPACITY];
  size_t used;
} fb;

typedef uint32_t fb_ref; /* 0: nothing */

/* One slot of a table. `bytes` 1, 4 or 8: a number; 0: absent; FB_REF: `value` is an fb_ref (0: absent). */
enum { FB_REF = -4 };
typedef struct fb_slot {
  int bytes;
  uint64_t value;
} fb_slot;

#define FB_U8(v) \
  { 1, (uint64_t)(v) }
#define FB_I32(v) \
  { 4, (uint64_t)(uint32_t)(v) }
#define FB_U64(v) \
  { 8, (uint64_t)(v) }
#define FB_TO(ref) \
  { FB_REF, (ref) }
#define FB_NO \
  { 0, 0 }

void fb_begin(fb* b);
fb_ref fb_bytes(fb* b, const void* data, size_t count, size_t width); /* a vector of scalars */
fb_ref fb_ints(fb* b, const int32_t* data, size_t count);
fb_ref fb_text(fb* b, const char* text);
fb_ref fb_refs(fb* b, const fb_ref* refs, size_t count); /* a vector of tables or strings */
fb_ref fb_table(fb* b, const fb_slot* slots, size_t count);
/* Ends the file with identifier TFL3. The bytes lie in `b`. */
const unsigned char* fb_end(fb* b, fb_ref root, size_t* size_bytes);

#endif
