#include "kernels/generic/reduce.h"

#include <float.h>

#include "kernels/generic/fixed_point.h"
#include "kernels/generic/pool_q8.h"
#include "kernels/generic/requant.h"

/* Outputs whose inputs lie side by side are reduced together, so many at a time. */
enum { CHUNK = 64 };

void ln_reduce_make_shape(int rank, const int32_t* dims, const bool* reduced, ln_reduce_shape* shape) {
  *shape = (ln_reduce_shape){.outputs = 1, .count = 1};
  size_t stride = 1;
  int last_kind = -1;
  size_t kept[2][LN_REDUCE_MAX_RANK] = {{0}},
         gone[2][LN_REDUCE_MAX_RANK] = {{0}}; /* extents and strides, innermost first */
  for (int i = rank - 1; i >= 0; --i) {
    const size_t extent = (size_t)dims[i];
    size_t(*list)[LN_REDUCE_MAX_RANK] = reduced[i] ? gone : kept;
    int* length = reduced[i] ? &shape->reduced_rank : &shape->kept_rank;
    if (last_kind == (int)reduced[i]) {
      list[0][*length - 1] *= extent;
    } else {
      list[0][*length] = extent;
      list[1][(*length)++] = stride;
    }
    *(reduced[i] ? &shape->count : &shape->outputs) *= extent;
    last_kind = reduced[i];
    stride *= extent;
  }
  for (int i = 0; i < shape->kept_rank; ++i) {
    shape->kept_extents[i] = kept[0][shape->kept_rank - 1 - i];
    shape->kept_strides[i] = kept[1][shape->kept_rank - 1 - i];
  }
  for (int i = 0; i < shape->reduced_rank; ++i) {
    shape->reduced_extents[i] = gone[0][shape->reduced_rank - 1 - i];
    shape->reduced_strides[i] = gone[1][shape->reduced_rank - 1 - i];
  }
}

/* A place in a nest of loops, the last axis fastest. */
typedef struct walk {
  size_t index[LN_REDUCE_MAX_RANK], at;
} walk;

static void advance(walk* w, int rank, const size_t* extents, const size_t* strides) {
  for (int i = rank - 1; i >= 0; --i) {
    w->at += strides[i];
    if (++w->index[i] < extents[i]) return;
    w->at -= strides[i] * extents[i];
    w->index[i] = 0;
  }
}

/* `combine` makes `sums[c]` of itself and of the input `x`; `first` tells an output's first input. `finish` stores
 * `sums[c]` in out[n]. Whole chunks, and neighbours of one output, are loops that compilers make vectors of. */
#define LN_REDUCE_LINE(in_type, combine, length) \
  for (size_t c = 0; c < (length); ++c) {        \
    const in_type x = from[c];                   \
    sums[c] = (combine);                         \
  }

#define LN_REDUCE_RUN(in_type, sum_type, combine) \
  const size_t c = 0;                             \
  sum_type own[1] = {sums[0]};                    \
  {                                               \
    sum_type* sums = own;                         \
    for (size_t r = 0; r < run; ++r) {            \
      const bool first = k + r == 0;              \
      const in_type x = from[r];                  \
      (void)first;                                \
      sums[c] = (combine);                        \
    }                                             \
  }                                               \
  sums[0] = own[0];

#define LN_REDUCE(in_type, sum_type, start, combine, finish)                                                          \
  const int kept = s->kept_rank, gone = s->reduced_rank;                                                              \
  const bool together = kept > 0 && s->kept_strides[kept - 1] == 1;                                                   \
  const size_t width = together ? s->kept_extents[kept - 1] : 1;                                                      \
  const size_t run = gone > 0 ? s->reduced_extents[gone - 1] : 1, step = gone > 0 ? s->reduced_strides[gone - 1] : 0; \
  walk outer = {{0}, 0};                                                                                              \
  for (size_t line = 0; line < s->outputs; line += width) {                                                           \
    for (size_t c0 = 0; c0 < width; c0 += CHUNK) {                                                                    \
      const size_t columns = width - c0 < CHUNK ? width - c0 : CHUNK;                                                 \
      sum_type sums[CHUNK];                                                                                           \
      for (size_t c = 0; c < columns; ++c) sums[c] = (start);                                                         \
      walk inner = {{0}, 0};                                                                                          \
      for (size_t k = 0; k < s->count; k += run) {                                                                    \
        const in_type* from = in + outer.at + inner.at + c0;                                                          \
        if (columns == 1 && step == 1) {                                                                              \
          LN_REDUCE_RUN(in_type, sum_type, combine)                                                                   \
        } else {                                                                                                      \
          for (size_t r = 0; r < run; ++r, from += step) {                                                            \
            const bool first = k + r == 0;                                                                            \
            (void)first;                                                                                              \
            if (columns == CHUNK) {                                                                                   \
              LN_REDUCE_LINE(in_type, combine, CHUNK)                                                                 \
            } else {                                                                                                  \
              LN_REDUCE_LINE(in_type, combine, columns)                                                               \
            }                                                                                                         \
          }                                                                                                           \
        }                                                                                                             \
        advance(&inner, gone - 1, s->reduced_extents, s->reduced_strides);                                            \
      }                                                                                                               \
      for (size_t c = 0; c < columns; ++c) {                                                                          \
        const size_t n = line + c0 + c;                                                                               \
        finish;                                                                                                       \
      }                                                                                                               \
    }                                                                                                                 \
    advance(&outer, together ? kept - 1 : kept, s->kept_extents, s->kept_strides);                                    \
  }

#define LN_REDUCE_FORM(form, type, sum_type, start, combine, finish)      \
  static void form(const ln_reduce_shape* s, const type* in, type* out) { \
    LN_REDUCE(type, sum_type, start, combine, finish)                     \
  }

/* From the first input on; of nothing `lowest` or `highest`. `order` is a type whose extremes processors find, and
 * values are that for `flip` turned over. */
#define LN_REDUCE_EXTREMES_BY(name, type, order, flip, lowest, highest)                                             \
  LN_REDUCE_FORM(max_##name, type, order, s->count > 0 ? flip(order, in[outer.at + c0 + c]) : flip(order, lowest),  \
                 flip(order, x) > sums[c] ? flip(order, x) : sums[c], out[n] = flip(type, sums[c]))                 \
  LN_REDUCE_FORM(min_##name, type, order, s->count > 0 ? flip(order, in[outer.at + c0 + c]) : flip(order, highest), \
                 flip(order, x) < sums[c] ? flip(order, x) : sums[c], out[n] = flip(type, sums[c]))
#define LN_AS_IT_IS(type, x) (x)
#define LN_SIGN_TURNED(type, x) ((type)((x) ^ 0x80))
#define LN_REDUCE_EXTREMES(name, type, lowest, highest) \
  LN_REDUCE_EXTREMES_BY(name, type, type, LN_AS_IT_IS, lowest, highest)

/* `wide` holds sums modulo the type's range. */
#define LN_REDUCE_INTEGER(name, type, wide)                                                             \
  LN_REDUCE_FORM(sum_##name, type, wide, 0, (wide)(sums[c] + (wide)x), out[n] = (type)sums[c])          \
  LN_REDUCE_FORM(prod_##name, type, wide, 1, (wide)(sums[c] * (wide)x), out[n] = (type)sums[c])         \
  LN_REDUCE_FORM(any_##name, type, int, 0, sums[c] | (x != 0), out[n] = (type)sums[c])                  \
  LN_REDUCE_FORM(all_##name, type, int, 1, sums[c] & (x != 0), out[n] = (type)sums[c])                  \
  LN_REDUCE_FORM(mean_##name, type, uint64_t, 0, sums[c] + (uint64_t)(int64_t)x,                        \
                 out[n] = (type)(s->count > 0 ? (int64_t)sums[c] / (int64_t)s->count : 0))              \
  void ln_reduce_##name##_ref(ln_reduction kind, const ln_reduce_shape* s, const type* in, type* out) { \
    static void (*const kForms[])(const ln_reduce_shape*, const type*, type*) = {                       \
        sum_##name, prod_##name, max_##name, min_##name, any_##name, all_##name, mean_##name};          \
    kForms[kind](s, in, out);                                                                           \
  }

LN_REDUCE_EXTREMES(s64, int64_t, INT64_MIN, INT64_MAX)
LN_REDUCE_INTEGER(s64, int64_t, uint64_t)
LN_REDUCE_EXTREMES(s32, int32_t, INT32_MIN, INT32_MAX)
LN_REDUCE_INTEGER(s32, int32_t, uint32_t)
LN_REDUCE_EXTREMES(s16, int16_t, INT16_MIN, INT16_MAX)
LN_REDUCE_INTEGER(s16, int16_t, uint32_t)
LN_REDUCE_EXTREMES_BY(s8, int8_t, uint8_t, LN_SIGN_TURNED, INT8_MIN, INT8_MAX)
LN_REDUCE_INTEGER(s8, int8_t, uint32_t)
LN_REDUCE_EXTREMES(u8, uint8_t, 0, UINT8_MAX)
LN_REDUCE_INTEGER(u8, uint8_t, uint32_t)

LN_REDUCE_EXTREMES(f32, float, -FLT_MAX, FLT_MAX)
LN_REDUCE_FORM(sum_f32, float, float, 0.0f, sums[c] + x, out[n] = sums[c])
LN_REDUCE_FORM(prod_f32, float, float, 1.0f, sums[c] * x, out[n] = sums[c])
LN_REDUCE_FORM(mean_f32, float, float, 0.0f, sums[c] + x, out[n] = sums[c] / (float)s->count)

void ln_reduce_f32_ref(ln_reduction kind, const ln_reduce_shape* s, const float* in, float* out) {
  (kind == LN_REDUCE_PROD   ? prod_f32
   : kind == LN_REDUCE_MAX  ? max_f32
   : kind == LN_REDUCE_MIN  ? min_f32
   : kind == LN_REDUCE_MEAN ? mean_f32
                            : sum_f32)(s, in, out);
}

void ln_reduce_quantize_mean(size_t count, ln_reduce_quantized* p) {
  int shift = 0;
  while (shift < 32 && count >> 1 >> shift != 0) ++shift;
  if (shift > 31 + p->shift) shift = 31 + p->shift;
  p->multiplier = (int32_t)((int64_t)((uint64_t)p->multiplier << shift) / (int64_t)count);
  p->shift -= shift;
}

#define LN_REDUCE_SUM_Q(name, type, low, high)                                                                         \
  void ln_reduce_sum_##name##_ref(const ln_reduce_quantized* p, const ln_reduce_shape* s, const type* in, type* out) { \
    const uint32_t zero = (uint32_t)((uint64_t)s->count * (uint64_t)(int64_t)p->in_zero_point);                        \
    LN_REDUCE(type, uint32_t, 0, sums[c] + (uint32_t)x,                                                                \
              const int32_t scaled = ln_requantize((int32_t)(sums[c] - zero), p->multiplier, p->shift);                \
              out[n] = (type)ln_clamp_i32((int32_t)((uint32_t)scaled + (uint32_t)p->out_zero_point), low, high))       \
  }

LN_REDUCE_SUM_Q(qs8, int8_t, INT8_MIN, INT8_MAX)
LN_REDUCE_SUM_Q(qu8, uint8_t, 0, UINT8_MAX)
LN_REDUCE_SUM_Q(qs16, int16_t, INT16_MIN, INT16_MAX)

/* values[i] = clamp(requantize(sums[i] - zero) + zero point) for up to CHUNK sums. */
static void finish_chunk(const ln_reduce_quantized* p, size_t count, int32_t low, int32_t high, const uint32_t* sums,
                         size_t n, int32_t values[CHUNK]) {
  const uint32_t zero = (uint32_t)((uint64_t)count * (uint64_t)(int64_t)p->in_zero_point);
  int32_t bias[CHUNK], multiplier[CHUNK], shift[CHUNK];
  const size_t whole = (n + LN_REQUANT_STEP - 1) / LN_REQUANT_STEP * LN_REQUANT_STEP;
  const ln_requant params = {.bias = bias,
                             .multiplier = multiplier,
                             .shift = shift,
                             .zero_point = p->out_zero_point,
                             .low = low,
                             .high = high};
  for (size_t i = 0; i < whole; ++i) {
    bias[i] = (int32_t)(0 - zero);
    multiplier[i] = p->multiplier;
    shift[i] = p->shift;
    values[i] = i < n ? (int32_t)sums[i] : 0;
  }
  ln_requant_best()->fixed(&params, 0, whole, values);
}

void ln_reduce_finish_bytes(const ln_reduce_quantized* p, size_t count, bool is_signed, const uint32_t* sums,
                            size_t outputs, uint8_t* out) {
  const int32_t low = is_signed ? INT8_MIN : 0, high = is_signed ? INT8_MAX : UINT8_MAX;
  int32_t values[CHUNK];
  for (size_t c = 0; c < outputs; c += CHUNK) {
    const size_t n = outputs - c < CHUNK ? outputs - c : CHUNK;
    finish_chunk(p, count, low, high, sums + c, n, values);
    ln_narrow_u8(values, n, out + c);
  }
}

void ln_reduce_finish_s16(const ln_reduce_quantized* p, size_t count, const uint32_t* sums, size_t outputs,
                          int16_t* out) {
  int32_t values[CHUNK];
  for (size_t c = 0; c < outputs; c += CHUNK) {
    const size_t n = outputs - c < CHUNK ? outputs - c : CHUNK;
    finish_chunk(p, count, INT16_MIN, INT16_MAX, sums + c, n, values);
    ln_narrow_s16(values, n, out + c);
  }
}

bool ln_reduce_sum_bytes(const ln_reduce_quantized* p, const ln_reduce_shape* s, bool is_signed, const void* in,
                         void* out) {
  enum { SOME = 4 * CHUNK };
  const int kept = s->kept_rank;
  if (s->reduced_rank != 1 || kept < 1 || kept > 2 || s->kept_strides[kept - 1] != 1) return false;
  const ln_pool_q8* pool = ln_pool_q8_best();
  const size_t width = s->kept_extents[kept - 1], line_stride = kept > 1 ? s->kept_strides[0] : 0;
  uint32_t sums[SOME];
  uint8_t* to = out;
  for (size_t line = 0; line * width < s->outputs; ++line)
    for (size_t c0 = 0; c0 < width; c0 += SOME) {
      const size_t columns = width - c0 < SOME ? width - c0 : SOME;
      (is_signed ? pool->sum_s8 : pool->sum_u8)(s->count, columns, (const uint8_t*)in + line * line_stride + c0,
                                                s->reduced_strides[0], sums);
      ln_reduce_finish_bytes(p, s->count, is_signed, sums, columns, to);
      to += columns;
    }
  return true;
}

static int32_t scale_product(const ln_reduce_quantized* p, int64_t product) {
  return ln_requantize_i64(product, p->multiplier, p->shift);
}

#define LN_REDUCE_PROD_Q(name, type, low, high)                                                            \
  void ln_reduce_prod_##name##_ref(const ln_reduce_quantized* p, const ln_reduce_shape* s, const type* in, \
                                   type* out) {                                                            \
    LN_REDUCE(type, int32_t, 1,                                                                            \
              first ? x - p->in_zero_point : scale_product(p, (int64_t)sums[c] * (x - p->in_zero_point)),  \
              const uint32_t sum = (uint32_t)scale_product(p, sums[c]) + (uint32_t)p->out_zero_point;      \
              out[n] = (type)ln_clamp_i32((int32_t)sum, low, high))                                        \
  }

LN_REDUCE_PROD_Q(qs8, int8_t, INT8_MIN, INT8_MAX)
LN_REDUCE_PROD_Q(qs16, int16_t, INT16_MIN, INT16_MAX)
