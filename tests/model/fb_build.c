#include "model/fb_build.h"

#include <stdlib.h>
#include <string.h>

void fb_begin(fb* b) { b->used = 0; }

static void push(fb* b, const void* data, size_t bytes) {
  if (b->used + bytes > FB_CAPACITY) abort();
  b->used += bytes;
  if (bytes != 0) memcpy(b->bytes + FB_CAPACITY - b->used, data, bytes);
}

/* Pads so that, after `ahead` more bytes, the position is a multiple of `alignment`. */
static void align(fb* b, size_t alignment, size_t ahead) {
  static const unsigned char zeros[16];
  push(b, zeros, (alignment - (b->used + ahead) % alignment) % alignment);
}

static void push_number(fb* b, uint64_t value, size_t bytes) { push(b, &value, bytes); } /* little-endian host */

fb_ref fb_bytes(fb* b, const void* data, size_t count, size_t width) {
  align(b, width > 4 ? width : 4, count * width);
  push(b, data, count * width);
  push_number(b, count, 4);
  return (fb_ref)b->used;
}

fb_ref fb_ints(fb* b, const int32_t* data, size_t count) { return fb_bytes(b, data, count, sizeof(int32_t)); }

fb_ref fb_text(fb* b, const char* text) {
  const size_t length = strlen(text);
  align(b, 4, length + 1);
  push(b, text, length + 1);
  push_number(b, length, 4);
  return (fb_ref)b->used;
}

static void push_ref(fb* b, fb_ref ref) { push_number(b, b->used + 4 - ref, 4); }

fb_ref fb_refs(fb* b, const fb_ref* refs, size_t count) {
  align(b, 4, 0);
  for (size_t i = count; i-- > 0;) push_ref(b, refs[i]);
  push_number(b, count, 4);
  return (fb_ref)b->used;
}

fb_ref fb_table(fb* b, const fb_slot* slots, size_t count) {
  size_t at[32] = {0};
  const size_t start = b->used;
  for (size_t i = 0; i < count; ++i) {
    if (slots[i].bytes == 0 || (slots[i].bytes == FB_REF && slots[i].value == 0)) continue;
    const size_t bytes = slots[i].bytes == FB_REF ? 4 : (size_t)slots[i].bytes;
    align(b, bytes, bytes);
    if (slots[i].bytes == FB_REF)
      push_ref(b, (fb_ref)slots[i].value);
    else
      push_number(b, slots[i].value, bytes);
    at[i] = b->used;
  }
  align(b, 4, 4);
  push_number(b, 0, 4);
  const size_t table = b->used;
  for (size_t i = count; i-- > 0;) push_number(b, at[i] != 0 ? table - at[i] : 0, 2);
  push_number(b, table - start, 2);
  push_number(b, 4 + 2 * count, 2);
  const uint32_t back = (uint32_t)(b->used - table);
  memcpy(b->bytes + FB_CAPACITY - table, &back, 4);
  return (fb_ref)table;
}

const unsigned char* fb_end(fb* b, fb_ref root, size_t* size_bytes) {
  align(b, 16, 8);
  push(b, "TFL3", 4);
  push_ref(b, root);
  *size_bytes = b->used;
  return b->bytes + FB_CAPACITY - b->used;
}
