/* The reader of operators' options: what it finds in FlexBuffers that the flatbuffers package has written, and that
 * damaged ones, each in a block of its size, lead it nowhere outside (the sanitizers watch). */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "ops/flexbuffer.h"

/* {"a": -3, "b": 200, "c": true, "f": 0.5} */
static const uint8_t kSmall[] = {0x61, 0x00, 0x62, 0x00, 0x63, 0x00, 0x66, 0x00, 0x04, 0x09, 0x08, 0x07, 0x06,
                                 0x00, 0x00, 0x00, 0x07, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x04, 0x00,
                                 0x00, 0x00, 0xfd, 0xff, 0xff, 0xff, 0xc8, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00,
                                 0x00, 0x00, 0x00, 0x00, 0x3f, 0x06, 0x06, 0x6a, 0x0e, 0x14, 0x26, 0x01};

/* {"big": 1 << 63, "float": 0.1, "indirect": -70000, "indirect_float": 2.5, "list": [1, 2, 3], "null": null,
 * "text": "9"}; the two numbers stand apart from the map. */
static const uint8_t kWide[] = {
    0x62, 0x69, 0x67, 0x00, 0x66, 0x6c, 0x6f, 0x61, 0x74, 0x00, 0x69, 0x6e, 0x64, 0x69, 0x72, 0x65, 0x63, 0x74, 0x00,
    0x00, 0x90, 0xee, 0xfe, 0xff, 0x69, 0x6e, 0x64, 0x69, 0x72, 0x65, 0x63, 0x74, 0x5f, 0x66, 0x6c, 0x6f, 0x61, 0x74,
    0x00, 0x00, 0x00, 0x00, 0x20, 0x40, 0x6c, 0x69, 0x73, 0x74, 0x00, 0x03, 0x01, 0x02, 0x03, 0x04, 0x04, 0x04, 0x6e,
    0x75, 0x6c, 0x6c, 0x00, 0x74, 0x65, 0x78, 0x74, 0x00, 0x01, 0x39, 0x00, 0x07, 0x46, 0x43, 0x3e, 0x31, 0x1e, 0x13,
    0x0f, 0x00, 0x00, 0x00, 0x0a, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x07, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x80, 0x9a, 0x99,
    0x99, 0x99, 0x99, 0x99, 0xb9, 0x3f, 0x64, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x58, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x56, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x55, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x0b, 0x0f, 0x1a, 0x22, 0x28, 0x03, 0x14, 0x3f, 0x27, 0x01};

static const char* const kKeys[] = {"a",    "b",    "c",    "f",   "big", "float", "indirect", "indirect_float",
                                    "list", "null", "text", "none"};

static void expect_integer(const ln_flex_map* map, const char* key, int64_t value) {
  const ln_flex_value v = ln_flex_find(map, key);
  CHECK_EQ_INT(v.kind, LN_FLEX_INTEGER);
  CHECK_EQ_INT(v.integer, value);
}

static void expect_float(const ln_flex_map* map, const char* key, double value) {
  const ln_flex_value v = ln_flex_find(map, key);
  CHECK_EQ_INT(v.kind, LN_FLEX_FLOAT);
  CHECK_NEAR(v.real, value, 0);
}

static void test_values(void) {
  ln_flex_map map;
  CHECK(ln_flex_open(kSmall, sizeof kSmall, &map));
  expect_integer(&map, "a", -3);
  CHECK_NEAR(ln_flex_find(&map, "a").real, -3, 0);
  expect_integer(&map, "b", 200);
  expect_integer(&map, "c", 1);
  expect_float(&map, "f", 0.5);
  CHECK_EQ_INT(ln_flex_find(&map, "").kind, LN_FLEX_MISSING);
  CHECK_EQ_INT(ln_flex_find(&map, "aa").kind, LN_FLEX_MISSING);
  CHECK(ln_flex_open(kWide, sizeof kWide, &map));
  expect_integer(&map, "big", INT64_MAX);
  CHECK_NEAR(ln_flex_find(&map, "big").real, 9223372036854775808.0, 0);
  expect_float(&map, "float", 0.1);
  expect_integer(&map, "indirect", -70000);
  expect_float(&map, "indirect_float", 2.5);
  CHECK_EQ_INT(ln_flex_find(&map, "list").kind, LN_FLEX_OTHER);
  CHECK_EQ_INT(ln_flex_find(&map, "null").kind, LN_FLEX_MISSING);
  CHECK_EQ_INT(ln_flex_find(&map, "text").kind, LN_FLEX_OTHER);
}

static void test_none(void) {
  static const uint8_t kEmpty[] = {0x00, 0x00, 0x01, 0x00, 0x00, 0x24, 0x01}, kNumber[] = {0x05, 0x04, 0x01};
  ln_flex_map map;
  CHECK(ln_flex_open(NULL, 0, &map));
  CHECK_EQ_INT(ln_flex_find(&map, "a").kind, LN_FLEX_MISSING);
  CHECK(ln_flex_open(kEmpty, sizeof kEmpty, &map));
  CHECK_EQ_INT(ln_flex_find(&map, "a").kind, LN_FLEX_MISSING);
  CHECK(!ln_flex_open(kNumber, sizeof kNumber, &map));
  CHECK(!ln_flex_open(NULL, 9, &map));
}

/* Opens a copy that has nothing behind it and asks for every key; says whether it opened. */
static bool look_through(const uint8_t* data, size_t size_bytes) {
  uint8_t* copy = malloc(size_bytes > 0 ? size_bytes : 1);
  ln_flex_map map;
  if (copy == NULL) exit(1);
  memcpy(copy, data, size_bytes);
  const bool opened = ln_flex_open(copy, size_bytes, &map);
  for (size_t i = 0; opened && i < sizeof kKeys / sizeof kKeys[0]; ++i) {
    const ln_flex_value v = ln_flex_find(&map, kKeys[i]);
    if (v.kind < LN_FLEX_MISSING || v.kind > LN_FLEX_OTHER) ++check_failed;
  }
  free(copy);
  return opened;
}

static void test_damage(const uint8_t* data, size_t size_bytes) {
  uint8_t changed[sizeof kWide];
  size_t opened = 0, refused = 0;
  for (size_t i = 0; i <= size_bytes; ++i) {
    look_through(data, i);
    look_through(data + i, size_bytes - i);
  }
  for (size_t i = 0; i < size_bytes; ++i) {
    for (int value = 0; value < 256; ++value) {
      memcpy(changed, data, size_bytes);
      changed[i] = (uint8_t)value;
      ++*(look_through(changed, size_bytes) ? &opened : &refused);
    }
  }
  CHECK(opened > 0 && refused > 0);
  /* All of it at once: the count and the offsets of the map as large as can be. */
  for (size_t i = 0; i < size_bytes; ++i) {
    memcpy(changed, data, size_bytes);
    for (size_t k = i; k < i + 8 && k < size_bytes - 2; ++k) changed[k] = 0xff;
    look_through(changed, size_bytes);
  }
}

int main(void) {
  test_values();
  test_none();
  test_damage(kSmall, sizeof kSmall);
  test_damage(kWide, sizeof kWide);
  return check_report();
}
