/* The body of reductions of small integers over a vector of bytes that the including file defines: `bytes`, kBytes of
 * them, and `sums`. Rows are read from front to back, the last vector of extremes over those before; rows shorter than
 * a vector are plain loops. No include guard on purpose. */
#include <string.h>

#include "base/compiler.h"
#include "kernels/generic/reduce_small.h"

enum { kWords = kBytes / 2, kVectors = 4 };

/* The rest of a row, and `fill` behind it. */
LN_INLINE bytes load_rest(const void* p, size_t size_bytes, uint8_t fill) {
  uint8_t rest[kBytes];
  memset(rest, fill, sizeof rest);
  memcpy(rest, p, size_bytes);
  return bytes_load(rest);
}

static void sum_bytes(const uint8_t* in, size_t rows, size_t count, uint8_t flip, uint32_t* out) {
  const bytes flips = bytes_set(flip);
  for (size_t r = 0; r < rows; ++r, in += count) {
    sums a = sums_zero(), b = sums_zero();
    size_t i = 0;
    for (; i + 2 * kBytes <= count; i += 2 * kBytes) {
      a = sums_add_bytes(a, bytes_xor(bytes_load(in + i), flips));
      b = sums_add_bytes(b, bytes_xor(bytes_load(in + i + kBytes), flips));
    }
    if (i + kBytes <= count) {
      a = sums_add_bytes(a, bytes_xor(bytes_load(in + i), flips));
      i += kBytes;
    }
    if (i < count) b = sums_add_bytes(b, bytes_xor(load_rest(in + i, count - i, flip), flips));
    out[r] = sums_of_bytes(sums_add(a, b));
  }
}

static void sum_s16(const int16_t* in, size_t rows, size_t count, uint32_t* out) {
  for (size_t r = 0; r < rows; ++r, in += count) {
    sums a = sums_zero(), b = sums_zero();
    size_t i = 0;
    for (; i + 2 * kWords <= count; i += 2 * kWords) {
      a = sums_add_words(a, bytes_load(in + i));
      b = sums_add_words(b, bytes_load(in + i + kWords));
    }
    if (i + kWords <= count) {
      a = sums_add_words(a, bytes_load(in + i));
      i += kWords;
    }
    if (i < count) b = sums_add_words(b, load_rest(in + i, (count - i) * sizeof *in, 0));
    out[r] = sums_of_words(sums_add(a, b));
  }
}

/* `lanes` of `type` a vector. */
#define LN_MOST(name, type, lanes, set, most_of, largest_of)                                                           \
  static void most_##name(const type* in, size_t rows, size_t count, type flip, type* out) {                           \
    const bytes flips = set(flip);                                                                                     \
    for (size_t r = 0; r < rows; ++r, in += count) {                                                                   \
      if (count < (lanes)) {                                                                                           \
        type found = (type)(in[0] ^ flip);                                                                             \
        for (size_t i = 1; i < count; ++i) found = (type)(in[i] ^ flip) > found ? (type)(in[i] ^ flip) : found;        \
        out[r] = (type)(found ^ flip);                                                                                 \
        continue;                                                                                                      \
      }                                                                                                                \
      bytes a = bytes_xor(bytes_load(in + count - (lanes)), flips), b = a;                                             \
      size_t i = 0;                                                                                                    \
      for (; i + 2 * (lanes) <= count; i += 2 * (lanes)) {                                                             \
        a = most_of(a, bytes_xor(bytes_load(in + i), flips));                                                          \
        b = most_of(b, bytes_xor(bytes_load(in + i + (lanes)), flips));                                                \
      }                                                                                                                \
      if (i + (lanes) <= count) a = most_of(a, bytes_xor(bytes_load(in + i), flips));                                  \
      out[r] = (type)(largest_of(most_of(a, b)) ^ flip);                                                               \
    }                                                                                                                  \
  }                                                                                                                    \
  LN_INLINE void name##_stretch(size_t vectors, const type* in, size_t count, size_t stride, bytes flips, type* out) { \
    bytes most[kVectors];                                                                                              \
    LN_UNROLL for (size_t v = 0; v < vectors; ++v) most[v] = bytes_xor(bytes_load(in + v * (lanes)), flips);           \
    for (size_t i = 1; i < count; ++i)                                                                                 \
      LN_UNROLL for (size_t v = 0; v < vectors; ++v) most[v] =                                                         \
          most_of(most[v], bytes_xor(bytes_load(in + i * stride + v * (lanes)), flips));                               \
    LN_UNROLL for (size_t v = 0; v < vectors; ++v) bytes_store(out + v * (lanes), bytes_xor(most[v], flips));          \
  }                                                                                                                    \
  static void most_##name##_down(const type* in, size_t count, size_t stride, size_t columns, type flip, type* out) {  \
    const bytes flips = set(flip);                                                                                     \
    size_t c = 0;                                                                                                      \
    for (; c + kVectors * (lanes) <= columns; c += kVectors * (lanes))                                                 \
      name##_stretch(kVectors, in + c, count, stride, flips, out + c);                                                 \
    for (; c + 2 * (lanes) <= columns; c += 2 * (lanes)) name##_stretch(2, in + c, count, stride, flips, out + c);     \
    for (; c + (lanes) <= columns; c += (lanes)) name##_stretch(1, in + c, count, stride, flips, out + c);             \
    if (c < columns && columns >= (lanes)) {                                                                           \
      name##_stretch(1, in + columns - (lanes), count, stride, flips, out + columns - (lanes));                        \
      c = columns;                                                                                                     \
    }                                                                                                                  \
    for (; c < columns; ++c) {                                                                                         \
      type found = (type)(in[c] ^ flip);                                                                               \
      for (size_t i = 1; i < count; ++i) {                                                                             \
        const type x = (type)(in[i * stride + c] ^ flip);                                                              \
        found = x > found ? x : found;                                                                                 \
      }                                                                                                                \
      out[c] = (type)(found ^ flip);                                                                                   \
    }                                                                                                                  \
  }

LN_MOST(bytes, uint8_t, kBytes, bytes_set, bytes_most, bytes_largest)
LN_MOST(s16, int16_t, kWords, words_set, words_most, words_largest)
