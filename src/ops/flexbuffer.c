#include "ops/flexbuffer.h"

#include <string.h>

/* Types of values, as the format numbers them. */
enum {
  kNull = 0,
  kInt = 1,
  kUInt = 2,
  kFloat = 3,
  kIndirectInt = 6,
  kIndirectUInt = 7,
  kIndirectFloat = 8,
  kMap = 9,
  kBool = 26
};

static bool is_width(size_t width) { return width == 1 || width == 2 || width == 4 || width == 8; }

static uint64_t read_unsigned(const uint8_t* p, size_t width) {
  uint64_t value = 0;
  for (size_t i = width; i > 0; --i) value = value << 8 | p[i - 1];
  return value;
}

/* Follows the offset of `width` bytes at `at`, which lies in the buffer. It points backwards. */
static bool follow(const ln_flex_map* map, size_t at, size_t width, size_t* target) {
  const uint64_t offset = read_unsigned(map->data + at, width);
  if (offset > at) return false;
  *target = at - (size_t)offset;
  return true;
}

/* True if `count` elements of `element_bytes` fit between `at` and the end. */
static bool fits(const ln_flex_map* map, size_t at, uint64_t count, size_t element_bytes) {
  return at <= map->size_bytes && count <= (map->size_bytes - at) / element_bytes;
}

bool ln_flex_open(const void* data, size_t size_bytes, ln_flex_map* map) {
  *map = (ln_flex_map){.data = data, .size_bytes = size_bytes, .width = 1, .key_width = 1};
  if (size_bytes == 0) return true;
  if (data == NULL || size_bytes < 3) return false;
  const size_t root_width = map->data[size_bytes - 1];
  const uint8_t type = map->data[size_bytes - 2];
  if (!is_width(root_width) || root_width > size_bytes - 2 || type >> 2 != kMap) return false;
  map->width = (size_t)1 << (type & 3);
  if (!follow(map, size_bytes - 2 - root_width, root_width, &map->values)) return false;
  if (map->values < 3 * map->width) return false;
  const uint64_t count = read_unsigned(map->data + map->values - map->width, map->width);
  const uint64_t key_width = read_unsigned(map->data + map->values - 2 * map->width, map->width);
  if (!fits(map, map->values, count, map->width + 1)) return false; /* each value has a byte for its type */
  if (key_width > 8 || !is_width((size_t)key_width)) return false;
  map->count = (size_t)count;
  map->key_width = (size_t)key_width;
  if (!follow(map, map->values - 3 * map->width, map->width, &map->keys)) return false;
  return fits(map, map->keys, count, map->key_width);
}

/* The number of `width` bytes at `at`, of one of the three inline types. */
static ln_flex_value read_number(const ln_flex_map* map, size_t at, size_t width, int type) {
  ln_flex_value v = {.kind = LN_FLEX_INTEGER};
  if (!fits(map, at, width, 1)) return (ln_flex_value){.kind = LN_FLEX_OTHER};
  const uint64_t bits = read_unsigned(map->data + at, width);
  if (type == kFloat) {
    v.kind = width >= 4 ? LN_FLEX_FLOAT : LN_FLEX_OTHER;
    if (width == 4) {
      const uint32_t narrow = (uint32_t)bits;
      float f;
      memcpy(&f, &narrow, sizeof f);
      v.real = (double)f;
    } else {
      memcpy(&v.real, &bits, sizeof v.real);
    }
  } else if (type == kUInt) {
    v.integer = bits <= INT64_MAX ? (int64_t)bits : INT64_MAX;
    v.real = (double)bits;
  } else {
    /* Sign extension: the highest bit of the width counts negative. */
    const uint64_t sign = UINT64_C(1) << (8 * width - 1), extended = (bits ^ sign) - sign;
    memcpy(&v.integer, &extended, sizeof v.integer);
    v.real = (double)v.integer;
  }
  return v;
}

static bool key_is(const ln_flex_map* map, size_t i, const char* key, size_t key_bytes) {
  size_t text;
  return follow(map, map->keys + i * map->key_width, map->key_width, &text) && fits(map, text, key_bytes, 1) &&
         memcmp(map->data + text, key, key_bytes) == 0;
}

ln_flex_value ln_flex_find(const ln_flex_map* map, const char* key) {
  const size_t key_bytes = strlen(key) + 1;
  size_t i = 0;
  while (i < map->count && !key_is(map, i, key, key_bytes)) ++i;
  if (i == map->count) return (ln_flex_value){.kind = LN_FLEX_MISSING};
  const uint8_t packed = map->data[map->values + map->count * map->width + i];
  const size_t at = map->values + i * map->width, width = (size_t)1 << (packed & 3);
  size_t target;
  switch (packed >> 2) {
    case kNull:
      return (ln_flex_value){.kind = LN_FLEX_MISSING};
    case kInt:
      return read_number(map, at, map->width, kInt);
    case kUInt:
    case kBool:
      return read_number(map, at, map->width, kUInt);
    case kFloat:
      return read_number(map, at, map->width, kFloat);
    case kIndirectInt:
    case kIndirectUInt:
    case kIndirectFloat:
      if (!follow(map, at, map->width, &target)) break;
      return read_number(map, target, width, (packed >> 2) - kIndirectInt + kInt);
    default:
      break;
  }
  return (ln_flex_value){.kind = LN_FLEX_OTHER};
}
