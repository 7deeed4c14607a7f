#include "kernels/generic/arg_extreme.h"

/* Loops over a fixed number of neighbours, which compilers make vectors of. */
enum { LANES = 16, CHUNK = 64 };

/* The extreme of neighbours first, then where it is. */
#define LN_ROW(name, type, beats)                                                                 \
  static int32_t row_##name(const type* in, size_t count) {                                       \
    type most[LANES], found = in[0];                                                              \
    size_t i = 0;                                                                                 \
    for (size_t l = 0; l < LANES; ++l) most[l] = found;                                           \
    for (; i + LANES <= count; i += LANES)                                                        \
      for (size_t l = 0; l < LANES; ++l) most[l] = in[i + l] beats most[l] ? in[i + l] : most[l]; \
    for (; i < count; ++i) most[0] = in[i] beats most[0] ? in[i] : most[0];                       \
    for (size_t l = 0; l < LANES; ++l) found = most[l] beats found ? most[l] : found;             \
    for (i = 0; i < count; ++i)                                                                   \
      if (in[i] == found) return (int32_t)i;                                                      \
    return 0;                                                                                     \
  }

#define LN_COLUMNS(name, type, beats)                                                                      \
  static void columns_##name(const type* in, size_t count, size_t stride, size_t columns, int32_t* best) { \
    type most[CHUNK];                                                                                      \
    int32_t at[CHUNK];                                                                                     \
    for (size_t c = 0; c < CHUNK; ++c) {                                                                   \
      most[c] = in[c < columns ? c : 0];                                                                   \
      at[c] = 0;                                                                                           \
    }                                                                                                      \
    for (size_t i = 1; i < count; ++i) {                                                                   \
      const type* line = in + i * stride;                                                                  \
      for (size_t c = 0; c < columns; ++c) {                                                               \
        at[c] = line[c] beats most[c] ? (int32_t)i : at[c];                                                \
        most[c] = line[c] beats most[c] ? line[c] : most[c];                                               \
      }                                                                                                    \
    }                                                                                                      \
    for (size_t c = 0; c < columns; ++c) best[c] = at[c];                                                  \
  }

#define LN_ARG_EXTREME(name, type)                                                                                    \
  LN_ROW(largest_##name, type, >)                                                                                     \
  LN_ROW(least_##name, type, <)                                                                                       \
  LN_COLUMNS(largest_##name, type, >)                                                                                 \
  LN_COLUMNS(least_##name, type, <)                                                                                   \
  void ln_arg_extreme_##name(bool largest, const type* in, size_t count, size_t stride, size_t columns,               \
                             int32_t* best) {                                                                         \
    if (stride == 1) {                                                                                                \
      *best = largest ? row_largest_##name(in, count) : row_least_##name(in, count);                                  \
      return;                                                                                                         \
    }                                                                                                                 \
    for (size_t c = 0; c < columns; c += CHUNK)                                                                       \
      (largest ? columns_largest_##name : columns_least_##name)(in + c, count, stride,                                \
                                                                columns - c < CHUNK ? columns - c : CHUNK, best + c); \
  }

LN_ARG_EXTREME(f32, float)
LN_ARG_EXTREME(s32, int32_t)
LN_ARG_EXTREME(s16, int16_t)
LN_ARG_EXTREME(s8, int8_t)
LN_ARG_EXTREME(u8, uint8_t)
