#include "kernels/generic/cast.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "kernels/generic/half.h"

/* Stretches of this many go through one of three common forms: int64 (all integers), float (all floats that it holds),
 * double. A multiple of what a byte can hold of packed types. */
enum { STRETCH = 256 };

typedef union stretch {
  int64_t integer[STRETCH];
  float single[STRETCH];
  double wide[STRETCH];
} stretch;

typedef enum form { INTEGER, SINGLE, WIDE } form;

static form form_of(ln_number type) {
  if (type == LN_NUMBER_F64) return WIDE;
  return type >= LN_NUMBER_F32 ? SINGLE : INTEGER;
}

#define LN_LOAD_AS(member, type)                                              \
  for (size_t i = 0; i < n; ++i) s->member[i] = ((const type*)in)[first + i]; \
  break

static uint8_t packed(const void* in, size_t i, int bits) {
  const size_t per_byte = 8 / (size_t)bits;
  return (uint8_t)(((const uint8_t*)in)[i / per_byte] >> (i % per_byte * (size_t)bits) & ((1 << bits) - 1));
}

static float signed_of(uint8_t x, int bits) {
  const int sign = 1 << (bits - 1);
  return (float)((x ^ sign) - sign);
}

static void load(ln_number type, const void* in, size_t first, size_t n, stretch* s) {
  switch (type) {
    case LN_NUMBER_S8:
      LN_LOAD_AS(integer, int8_t);
    case LN_NUMBER_U8:
      LN_LOAD_AS(integer, uint8_t);
    case LN_NUMBER_S16:
      LN_LOAD_AS(integer, int16_t);
    case LN_NUMBER_U16:
      LN_LOAD_AS(integer, uint16_t);
    case LN_NUMBER_S32:
      LN_LOAD_AS(integer, int32_t);
    case LN_NUMBER_U32:
      LN_LOAD_AS(integer, uint32_t);
    case LN_NUMBER_S64:
      LN_LOAD_AS(integer, int64_t);
    case LN_NUMBER_BOOL:
      for (size_t i = 0; i < n; ++i) s->integer[i] = ((const uint8_t*)in)[first + i] != 0;
      break;
    case LN_NUMBER_F32:
      LN_LOAD_AS(single, float);
    case LN_NUMBER_F64:
      LN_LOAD_AS(wide, double);
    case LN_NUMBER_F16:
      for (size_t i = 0; i < n; ++i) s->single[i] = ln_half_to_float(((const uint16_t*)in)[first + i]);
      break;
    case LN_NUMBER_BF16:
      for (size_t i = 0; i < n; ++i) s->single[i] = ln_bfloat16_to_float(((const uint16_t*)in)[first + i]);
      break;
    case LN_NUMBER_C64:
      for (size_t i = 0; i < n; ++i) s->single[i] = ((const float*)in)[2 * (first + i)];
      break;
    case LN_NUMBER_S4:
      for (size_t i = 0; i < n; ++i) s->single[i] = signed_of(packed(in, first + i, 4), 4);
      break;
    case LN_NUMBER_U4:
      for (size_t i = 0; i < n; ++i) s->single[i] = packed(in, first + i, 4);
      break;
    default:
      for (size_t i = 0; i < n; ++i) s->single[i] = signed_of(packed(in, first + i, 2), 2);
  }
}

/* `high` as a float may round up to one that the type does not hold: everything from there on is the largest value. */
#define LN_TO_INTEGER(name, type, low, high)                                              \
  static type name##_of_f32(float x) {                                                    \
    return x < (float)(low) ? (type)(low) : x < (float)(high) ? (type)x : (type)(high);   \
  }                                                                                       \
  static type name##_of_f64(double x) {                                                   \
    return x < (double)(low) ? (type)(low) : x < (double)(high) ? (type)x : (type)(high); \
  }

LN_TO_INTEGER(s8, int8_t, INT8_MIN, INT8_MAX)
LN_TO_INTEGER(u8, uint8_t, 0, UINT8_MAX)
LN_TO_INTEGER(s16, int16_t, INT16_MIN, INT16_MAX)
LN_TO_INTEGER(u16, uint16_t, 0, UINT16_MAX)
LN_TO_INTEGER(s32, int32_t, INT32_MIN, INT32_MAX)
LN_TO_INTEGER(u32, uint32_t, 0, UINT32_MAX)
LN_TO_INTEGER(s64, int64_t, INT64_MIN, INT64_MAX)

#define LN_STORE(name, type, of_integer, of_single, of_wide)                             \
  static void store_##name(const stretch* s, form from, void* out, size_t n) {           \
    type* to = out;                                                                      \
    for (size_t i = 0; i < n && from == INTEGER; ++i) to[i] = of_integer(s->integer[i]); \
    for (size_t i = 0; i < n && from == SINGLE; ++i) to[i] = of_single(s->single[i]);    \
    for (size_t i = 0; i < n && from == WIDE; ++i) to[i] = of_wide(s->wide[i]);          \
  }

#define LN_NOT_ZERO(x) ((x) != 0)
#define LN_HALF(x) ln_float_to_half((float)(x))
#define LN_BFLOAT16(x) ln_float_to_bfloat16((float)(x))

LN_STORE(s8, int8_t, (int8_t), s8_of_f32, s8_of_f64)
LN_STORE(u8, uint8_t, (uint8_t), u8_of_f32, u8_of_f64)
LN_STORE(s16, int16_t, (int16_t), s16_of_f32, s16_of_f64)
LN_STORE(u16, uint16_t, (uint16_t), u16_of_f32, u16_of_f64)
LN_STORE(s32, int32_t, (int32_t), s32_of_f32, s32_of_f64)
LN_STORE(u32, uint32_t, (uint32_t), u32_of_f32, u32_of_f64)
LN_STORE(s64, int64_t, (int64_t), s64_of_f32, s64_of_f64)
LN_STORE(bool, uint8_t, LN_NOT_ZERO, LN_NOT_ZERO, LN_NOT_ZERO)
LN_STORE(f32, float, (float), (float), (float))
LN_STORE(f64, double, (double), (double), (double))
LN_STORE(f16, uint16_t, LN_HALF, LN_HALF, LN_HALF)
LN_STORE(bf16, uint16_t, LN_BFLOAT16, LN_BFLOAT16, LN_BFLOAT16)

static void store_c64(const stretch* s, form from, void* out, size_t n) {
  float* to = out;
  for (size_t i = 0; i < n; ++i) {
    to[2 * i] = from == INTEGER ? (float)s->integer[i] : from == SINGLE ? s->single[i] : (float)s->wide[i];
    to[2 * i + 1] = 0.0f;
  }
}

/* A stretch begins at a whole byte. */
static void store_packed(const stretch* s, void* out, size_t n, int bits, float low, float high) {
  uint8_t* to = out;
  const size_t per_byte = 8 / (size_t)bits;
  memset(to, 0, (n + per_byte - 1) / per_byte);
  for (size_t i = 0; i < n; ++i) {
    const float x = s->single[i];
    const int q = (int)(x < low ? low : x < high ? x : high); /* NaN is the largest, as elsewhere */
    to[i / per_byte] |= (uint8_t)((unsigned)(q & ((1 << bits) - 1)) << (i % per_byte * (size_t)bits));
  }
}

static void store_s4(const stretch* s, form from, void* out, size_t n) {
  (void)from;
  store_packed(s, out, n, 4, -8, 7);
}

static void store_u4(const stretch* s, form from, void* out, size_t n) {
  (void)from;
  store_packed(s, out, n, 4, 0, 15);
}

static void store_s2(const stretch* s, form from, void* out, size_t n) {
  (void)from;
  store_packed(s, out, n, 2, -2, 1);
}

typedef struct store_kind {
  void (*run)(const stretch* s, form from, void* out, size_t n);
  size_t stretch_bytes;
} store_kind;

/* The commonest pairs go straight, in loops that compilers make vectors of. */
#define LN_FLAG(x) ((x) != 0 ? 1.0f : 0.0f)
#define LN_STRAIGHT(from, in, to, out, convert)                          \
  static void from##_TO_##to(const void* source, void* dest, size_t n) { \
    const in* x = source;                                                \
    out* y = dest;                                                       \
    for (size_t i = 0; i < n; ++i) y[i] = convert(x[i]);                 \
  }
#include "kernels/generic/cast_straight.def"
#undef LN_STRAIGHT

typedef struct straight_pair {
  ln_number in, out;
  void (*run)(const void* in, void* out, size_t n);
} straight_pair;

#define LN_STRAIGHT(from, in, to, out, convert) {LN_NUMBER_##from, LN_NUMBER_##to, from##_TO_##to},
static const straight_pair kStraight[] = {
#include "kernels/generic/cast_straight.def"
};
#undef LN_STRAIGHT

void ln_cast_ref(ln_number in_type, const void* in, ln_number out_type, void* out, size_t count) {
  static const store_kind kStores[LN_NUMBER_COUNT] = {
      {store_s8, STRETCH},      {store_u8, STRETCH},      {store_s16, STRETCH * 2}, {store_u16, STRETCH * 2},
      {store_s32, STRETCH * 4}, {store_u32, STRETCH * 4}, {store_s64, STRETCH * 8}, {store_bool, STRETCH},
      {store_f32, STRETCH * 4}, {store_f64, STRETCH * 8}, {store_f16, STRETCH * 2}, {store_bf16, STRETCH * 2},
      {store_c64, STRETCH * 8}, {store_s4, STRETCH / 2},  {store_u4, STRETCH / 2},  {store_s2, STRETCH / 4}};
  if (in_type == LN_NUMBER_C64 && out_type == LN_NUMBER_C64) {
    if (count > 0) memcpy(out, in, count * 2 * sizeof(float));
    return;
  }
  for (size_t i = 0; i < sizeof kStraight / sizeof kStraight[0]; ++i)
    if (kStraight[i].in == in_type && kStraight[i].out == out_type) {
      kStraight[i].run(in, out, count);
      return;
    }
  const store_kind* store = &kStores[out_type];
  char* to = out;
  stretch s;
  for (size_t first = 0; first < count; first += STRETCH, to += store->stretch_bytes) {
    const size_t n = count - first < STRETCH ? count - first : STRETCH;
    load(in_type, in, first, n, &s);
    store->run(&s, form_of(in_type), to, n);
  }
}
