/* The body of softmax of bytes: plain C whose inner loops have a fixed length, so that a compiler makes vectors of the
 * instruction set that the including file is compiled for. What depends on a difference is looked up first, for a whole
 * row. No include guard on purpose. */
#include <string.h>

#include "base/compiler.h"
#include "kernels/generic/fixed_log.h"
#include "kernels/generic/reduce_small.h"
#include "kernels/generic/softmax_q8.h"

/* A row of fewer elements than there are differences, and to the end of a stretch behind it. */
enum { kFew = 8, kStretch = 32, kDifferences = LN_SOFTMAX_DIFFERENCES, kRows = 64 };

static inline size_t whole(size_t n) { return (n + kStretch - 1) / kStretch * kStretch; }

/* How far each element is below the row's largest. */
static void differences(const uint8_t* in, uint8_t flip, uint8_t largest, size_t n, uint8_t* below) {
  size_t i = 0;
  for (; i + kStretch <= n; i += kStretch)
    for (size_t k = i; k < i + kStretch; ++k) below[k] = (uint8_t)(largest - (in[k] ^ flip));
  for (; i < n; ++i) below[i] = (uint8_t)(largest - (in[i] ^ flip));
  for (; i < whole(n); ++i) below[i] = 0;
}

/* The sum of what differences look up. */
static uint64_t sum_of(const uint32_t* part, const uint8_t* in, uint8_t flip, uint8_t top, size_t n) {
  uint64_t sum = 0;
  for (size_t i = 0; i < n; ++i) {
    size_t place = (uint8_t)(top - (in[i] ^ flip));
    LN_ALONE(place);
    sum += part[place];
  }
  return sum;
}

/* softmax.c's share_of, up to `most`. */
static inline uint32_t share(ln_softmax_scale s, uint32_t e, uint32_t most) {
  const uint32_t product = (uint32_t)(((uint64_t)s.scale * e + (UINT64_C(1) << 30)) >> 31);
  const uint32_t rounded = (product + (UINT32_C(1) << (s.exponent - 1))) >> s.exponent;
  return rounded < most ? rounded : most;
}

/* For `n` exponentials, a multiple of kStretch. */
static void shares(ln_softmax_scale s, const uint32_t* e, size_t n, uint32_t most, uint32_t* out) {
  for (size_t i = 0; i < n; i += kStretch)
    for (size_t k = i; k < i + kStretch; ++k) out[k] = share(s, e[k], most);
}

/* Rows of at least as many elements as there are differences compute each result once. */
#define LN_SOFTMAX_ROWS(name, type, bits, flips)                                                                       \
  static void name(const ln_softmax_table* t, const uint8_t* in, uint8_t flip, type* out, size_t rows, size_t depth) { \
    const uint32_t most = (UINT32_C(1) << (bits)) - 1;                                                                 \
    uint8_t largest[kRows], below[kDifferences];                                                                       \
    uint32_t e[kDifferences], result[kDifferences];                                                                    \
    type narrow[kDifferences];                                                                                         \
    for (size_t r = 0; r < rows; ++r, in += depth, out += depth) {                                                     \
      if (r % kRows == 0)                                                                                              \
        ln_reduce_small_best()->most_bytes(in, rows - r < kRows ? rows - r : kRows, depth, flip, largest);             \
      const uint8_t top = largest[r % kRows] ^ flip;                                                                   \
      if (depth <= kFew) {                                                                                             \
        for (size_t i = 0; i < depth; ++i) below[i] = (uint8_t)(top - (in[i] ^ flip));                                 \
        uint64_t few = 0;                                                                                              \
        for (size_t i = 0; i < depth; ++i) few += t->part[below[i]];                                                   \
        const ln_softmax_scale scale = ln_softmax_scale_of(few, bits);                                                 \
        for (size_t i = 0; i < depth; ++i) out[i] = (type)(share(scale, t->exp[below[i]], most) ^ (uint32_t)(flips));  \
        continue;                                                                                                      \
      }                                                                                                                \
      const bool is_short = depth < kDifferences;                                                                      \
      const size_t n = is_short ? whole(depth) : kDifferences;                                                         \
      uint64_t sum = 0;                                                                                                \
      if (is_short) {                                                                                                  \
        differences(in, flip, top, depth, below);                                                                      \
        for (size_t i = 0; i < depth; ++i) {                                                                           \
          size_t place = below[i];                                                                                     \
          LN_ALONE(place);                                                                                             \
          sum += t->part[place];                                                                                       \
          e[i] = t->exp[place];                                                                                        \
        }                                                                                                              \
        for (size_t i = depth; i < n; ++i) e[i] = 0;                                                                   \
      } else {                                                                                                         \
        sum = sum_of(t->part, in, flip, top, depth);                                                                   \
      }                                                                                                                \
      shares(ln_softmax_scale_of(sum, bits), is_short ? e : t->exp, n, most, result);                                  \
      for (size_t i = 0; i < n; i += kStretch)                                                                         \
        for (size_t k = i; k < i + kStretch; ++k) narrow[k] = (type)(result[k] ^ (uint32_t)(flips));                   \
      if (is_short)                                                                                                    \
        memcpy(out, narrow, depth * sizeof *out);                                                                      \
      else                                                                                                             \
        for (size_t i = 0; i < depth; ++i) out[i] = narrow[(uint8_t)(top - (in[i] ^ flip))];                           \
    }                                                                                                                  \
  }

LN_SOFTMAX_ROWS(bytes, uint8_t, 8, flip)
LN_SOFTMAX_ROWS(bytes_s16, int16_t, 16, 0x8000)

/* The results of n differences, a multiple of kStretch, whose scaled values are given. */
static void logs(int32_t log, int32_t least, const uint8_t* below, const int32_t* scaled, uint8_t flip, size_t n,
                 uint8_t* out) {
  const int32_t limit = -least;
  for (size_t i = 0; i < n; i += kStretch) {
    int32_t x[kStretch];
    for (size_t k = 0; k < kStretch; ++k) {
      const int32_t rest = (int32_t)((uint32_t)scaled[i + k] - (uint32_t)log);
      x[k] = ln_rounding_shift_right(rest, LN_LOG_SOFTMAX_SHIFT) + 255;
    }
    for (size_t k = 0; k < kStretch; ++k) x[k] = (int32_t)below[i + k] < limit ? x[k] : 0;
    for (size_t k = 0; k < kStretch; ++k) x[k] = x[k] > 0 ? x[k] : 0;
    for (size_t k = 0; k < kStretch; ++k) out[i + k] = (uint8_t)((uint32_t)(x[k] < 255 ? x[k] : 255) ^ flip);
  }
}

/* The sum of what n differences and the zeros behind them look up, without the zeros', and their scaled values. */
static uint64_t look_up(const ln_log_softmax_quantized* p, const uint8_t* below, size_t n, int32_t* scaled) {
  uint64_t even = 0, odd = 0;
  size_t i = 0;
  for (; i < n; i += 2) {
    size_t first = below[i], second = below[i + 1];
    LN_ALONE(first);
    LN_ALONE(second);
    even += p->table.part[first];
    odd += p->table.part[second];
    scaled[i] = p->scaled[first];
    scaled[i + 1] = p->scaled[second];
  }
  for (; i < whole(n); ++i) scaled[i] = 0;
  return even + odd - n % 2 * p->table.part[0];
}

/* Some rows at a time: their logarithms are vectors, and what was stored one by one has arrived before it is loaded. */
static void log_bytes(const ln_log_softmax_quantized* p, const uint8_t* in, uint8_t flip, uint8_t* out, size_t rows,
                      size_t depth) {
  enum { kSome = 16 };
  const bool is_short = depth < kDifferences;
  const size_t n = is_short ? whole(depth) : kDifferences;
  uint8_t largest[kSome], below[kSome][kDifferences], each[kDifferences], result[kDifferences];
  int32_t scaled[kSome][kDifferences], log[kSome], least[kSome];
  uint64_t sums[kSome];
  for (size_t i = 0; i < kDifferences; ++i) each[i] = (uint8_t)i;
  for (size_t r = 0; r < rows; r += kSome) {
    const size_t some = rows - r < kSome ? rows - r : kSome;
    ln_reduce_small_best()->most_bytes(in, some, depth, flip, largest);
    for (size_t k = 0; k < some; ++k) {
      const uint8_t* row = in + k * depth;
      if (is_short) differences(row, flip, largest[k] ^ flip, depth, below[k]);
      sums[k] = is_short ? look_up(p, below[k], depth, scaled[k])
                         : sum_of(p->table.part, row, flip, largest[k] ^ flip, depth);
    }
    for (size_t k = 0; k < some; ++k) ln_log_softmax_sum(p, sums[k], &log[k], &least[k]);
    for (size_t k = 0; k < some; ++k, in += depth, out += depth) {
      logs(log[k], least[k], is_short ? below[k] : each, is_short ? scaled[k] : p->scaled, flip, n, result);
      if (is_short)
        memcpy(out, result, depth);
      else
        for (size_t i = 0; i < depth; ++i) out[i] = result[(uint8_t)((largest[k] ^ flip) - (in[i] ^ flip))];
    }
  }
}
