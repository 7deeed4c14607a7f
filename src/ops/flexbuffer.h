/* Reads numbers out of a FlexBuffers map, the form of custom operators' options. The bytes may be hostile: every read
 * is checked against the buffer, and nothing is followed but the map, its keys and a number. Knows no operator.
 *
 * The format (flatbuffers.dev, "FlexBuffers internals"): the root's position is told from the end; an offset counts
 * back from where it stands; a map is [keys' offset, keys' width, count] values [types], and keys are sorted texts. */
#ifndef LN_OPS_FLEXBUFFER_H_
#define LN_OPS_FLEXBUFFER_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ln_flex_map {
  const uint8_t* data;
  size_t size_bytes;
  size_t values, width, count; /* position of the first value, bytes of each */
  size_t keys, key_width;      /* the same of the keys */
} ln_flex_map;

/* Opens the map at the root; false: the buffer is damaged or its root is no map. No bytes at all are an empty map. */
bool ln_flex_open(const void* data, size_t size_bytes, ln_flex_map* map);

typedef enum ln_flex_kind {
  LN_FLEX_MISSING, /* no such key, or its value is null */
  LN_FLEX_INTEGER, /* booleans too */
  LN_FLEX_FLOAT,
  LN_FLEX_OTHER /* a text, a vector, or damaged */
} ln_flex_kind;

typedef struct ln_flex_value {
  ln_flex_kind kind;
  int64_t integer; /* one over INT64_MAX is that */
  double real;     /* of an integer too */
} ln_flex_value;

ln_flex_value ln_flex_find(const ln_flex_map* map, const char* key);

#endif
