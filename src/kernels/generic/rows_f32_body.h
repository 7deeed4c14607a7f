/* The bodies of float rows over vec_*.h. */
#include <string.h>

#include "kernels/generic/math_f32_body.h"
#include "kernels/generic/prelu.h"
#include "kernels/generic/rows_f32.h"

/* The clamp for the element-wise rows: NaN stays. */
LN_INLINE vec clamp(vec x, vec low, vec high) { return vec_min(high, vec_max(low, x)); }

/* Four vectors a turn, so that their chains overlap. */
#define LN_ROW(name, setup, expression)                                                      \
  static void name##_row(const void* params, const void* in, void* out, size_t n) {          \
    const float* from = in;                                                                  \
    float* to = out;                                                                         \
    size_t i = 0;                                                                            \
    (void)params;                                                                            \
    setup;                                                                                   \
    for (; i + 4 * VEC_LANES <= n; i += 4 * VEC_LANES) {                                     \
      vec values[4];                                                                         \
      LN_UNROLL for (size_t v = 0; v < 4; ++v) {                                             \
        const vec x = vec_load(from + i + v * VEC_LANES);                                    \
        values[v] = expression;                                                              \
      }                                                                                      \
      LN_UNROLL for (size_t v = 0; v < 4; ++v) vec_store(to + i + v * VEC_LANES, values[v]); \
    }                                                                                        \
    for (; i < n; i += VEC_LANES) {                                                          \
      const vec x = vec_load_n(from + i, n - i);                                             \
      vec_store_n(to + i, expression, n - i);                                                \
    }                                                                                        \
  }

/* The same by `common` where four vectors lie within (least, most), which is asked once for them. Both give the same
 * where both may be used. */
#define LN_ROW_WITHIN(name, least, most, common, any)                                           \
  static void name##_row(const void* params, const void* in, void* out, size_t n) {             \
    const float* from = in;                                                                     \
    float* to = out;                                                                            \
    size_t i = 0;                                                                               \
    (void)params;                                                                               \
    for (; i + 4 * VEC_LANES <= n; i += 4 * VEC_LANES) {                                        \
      vec x[4];                                                                                 \
      LN_UNROLL for (size_t v = 0; v < 4; ++v) x[v] = vec_load(from + i + v * VEC_LANES);       \
      if (vec_four_within(x, vec_set(least), vec_set(most))) {                                  \
        LN_UNROLL for (size_t v = 0; v < 4; ++v) x[v] = common(x[v]);                           \
      } else {                                                                                  \
        LN_UNROLL for (size_t v = 0; v < 4; ++v) x[v] = any(x[v]);                              \
      }                                                                                         \
      LN_UNROLL for (size_t v = 0; v < 4; ++v) vec_store(to + i + v * VEC_LANES, x[v]);         \
    }                                                                                           \
    for (; i < n; i += VEC_LANES) vec_store_n(to + i, any(vec_load_n(from + i, n - i)), n - i); \
  }

LN_ROW(exp, , exp_of(x))
LN_ROW_WITHIN(log, LN_LEAST_NORMAL, INFINITY, log_of_normal, log_of_any)
LN_ROW(sin, , sin_of(x))
LN_ROW(cos, , cos_of(x))
LN_ROW(logistic, , logistic_of(x))
LN_ROW(swish, , swish_of(x))
LN_ROW(tanh, , tanh_of(x))
LN_ROW(gelu, , gelu_of(x))
LN_ROW(gelu_tanh, , gelu_tanh_of(x))
LN_ROW(elu, , vec_if_less(x, vec_set(0.0f), exp_less_one(x), x))
#if defined(VEC_NEAR_LEAST)
LN_ROW_WITHIN(sqrt, VEC_NEAR_LEAST, VEC_NEAR_MOST, vec_sqrt_near, vec_sqrt)
#else
LN_ROW(sqrt, , vec_sqrt(x))
#endif
LN_ROW(rsqrt, , vec_rsqrt(x))
LN_ROW(square, , vec_mul(x, x))
LN_ROW(sign, const vec zero = vec_set(0.0f);
       , vec_if_less(zero, x, vec_set(1.0f), vec_if_less(x, zero, vec_set(-1.0f), x)))
LN_ROW(abs, , vec_abs(x))
LN_ROW(neg, , vec_sub(vec_set(-0.0f), x))
LN_ROW(floor, , vec_floor(x))
LN_ROW(ceil, , vec_ceil(x))
LN_ROW(round, , vec_round(x))
LN_ROW(hard_swish, ,
       vec_mul(vec_mul(x, clamp(vec_add(x, vec_set(3.0f)), vec_set(0.0f), vec_set(6.0f))), vec_set(1.0f / 6.0f)))
LN_ROW(clamp, const vec low = vec_set(((const ln_unary_clamp*)params)->low);
       const vec high = vec_set(((const ln_unary_clamp*)params)->high), clamp(x, low, high))
LN_ROW(leaky_relu, const vec alpha = vec_set(*(const float*)params),
       vec_if_less(vec_set(0.0f), x, x, vec_mul(x, alpha)))

/* The three shapes of a row; `expression` is of x and y. */
#define LN_PAIR(name, setup, expression)                                                                            \
  LN_INLINE void name##_steps(const void* params, const float* a, size_t a_step, const float* b, size_t b_step,     \
                              float* out, size_t n) {                                                               \
    const vec one_x = a_step == 0 ? vec_set(*a) : vec_set(0.0f), one_y = b_step == 0 ? vec_set(*b) : vec_set(0.0f); \
    size_t i = 0;                                                                                                   \
    (void)params;                                                                                                   \
    setup;                                                                                                          \
    for (; i + 4 * VEC_LANES <= n; i += 4 * VEC_LANES) {                                                            \
      vec values[4];                                                                                                \
      LN_UNROLL for (size_t v = 0; v < 4; ++v) {                                                                    \
        const vec x = a_step == 0 ? one_x : vec_load(a + i + v * VEC_LANES);                                        \
        const vec y = b_step == 0 ? one_y : vec_load(b + i + v * VEC_LANES);                                        \
        values[v] = expression;                                                                                     \
      }                                                                                                             \
      LN_UNROLL for (size_t v = 0; v < 4; ++v) vec_store(out + i + v * VEC_LANES, values[v]);                       \
    }                                                                                                               \
    for (; i < n; i += VEC_LANES) {                                                                                 \
      const vec x = a_step == 0 ? one_x : vec_load_n(a + i, n - i);                                                 \
      const vec y = b_step == 0 ? one_y : vec_load_n(b + i, n - i);                                                 \
      vec_store_n(out + i, expression, n - i);                                                                      \
    }                                                                                                               \
  }                                                                                                                 \
  static void name##_row(const void* params, const void* a, size_t a_step, const void* b, size_t b_step, void* out, \
                         size_t n) {                                                                                \
    if (a_step == 1 && b_step == 1)                                                                                 \
      name##_steps(params, a, 1, b, 1, out, n);                                                                     \
    else if (a_step == 1)                                                                                           \
      name##_steps(params, a, 1, b, 0, out, n);                                                                     \
    else if (b_step == 1)                                                                                           \
      name##_steps(params, a, 0, b, 1, out, n);                                                                     \
    else                                                                                                            \
      name##_steps(params, a, 0, b, 0, out, n);                                                                     \
  }

#define LN_CLAMPED                                                                  \
  const vec low = vec_set(params != NULL ? ((const ln_clamp_f32*)params)->low : 0), \
            high = vec_set(params != NULL ? ((const ln_clamp_f32*)params)->high : 0)

LN_PAIR(add, LN_CLAMPED, clamp(vec_add(x, y), low, high))
LN_PAIR(sub, LN_CLAMPED, clamp(vec_sub(x, y), low, high))
LN_PAIR(mul, LN_CLAMPED, clamp(vec_mul(x, y), low, high))
LN_PAIR(div, LN_CLAMPED, clamp(vec_div(x, y), low, high))
LN_PAIR(maximum, , vec_max(x, y))
LN_PAIR(minimum, , vec_min(x, y))
LN_PAIR(prelu, , vec_if_less(x, vec_set(0.0f), vec_mul(x, y), x))
LN_PAIR(squared_difference, , vec_mul(vec_sub(x, y), vec_sub(x, y)))

LN_INLINE vec scaled(vec x, vec scale, vec shift, vec low, vec high) {
  return clamp(vec_add(vec_mul(x, scale), shift), low, high);
}

/* Few channels keep their numbers in registers from pixel to pixel. */
static void scale_shift(const float* x, size_t x_stride, const float* scale, const float* shift,
                        const ln_clamp_f32* range, size_t pixels, size_t channels, float* out, size_t out_stride) {
  const vec low = vec_set(range->low), high = vec_set(range->high);
  size_t c = 0;
  if (channels > 8 * VEC_LANES) {
    const size_t whole = channels / VEC_LANES * VEC_LANES;
    for (size_t p = 0; p < pixels; ++p) {
      const float* from = x + p * x_stride;
      float* to = out + p * out_stride;
      for (c = 0; c < whole; c += VEC_LANES)
        vec_store(to + c, scaled(vec_load(from + c), vec_load(scale + c), vec_load(shift + c), low, high));
    }
    c = whole;
  }
  for (; c + 2 * VEC_LANES <= channels; c += 2 * VEC_LANES) {
    const vec a = vec_load(scale + c), b = vec_load(scale + c + VEC_LANES);
    const vec s = vec_load(shift + c), t = vec_load(shift + c + VEC_LANES);
    for (size_t p = 0; p < pixels; ++p) {
      const float* from = x + p * x_stride + c;
      float* to = out + p * out_stride + c;
      const vec first = scaled(vec_load(from), a, s, low, high);
      const vec second = scaled(vec_load(from + VEC_LANES), b, t, low, high);
      vec_store(to, first);
      vec_store(to + VEC_LANES, second);
    }
  }
  for (; c < channels; c += VEC_LANES) {
    const size_t n = channels - c;
    const vec a = vec_load_n(scale + c, n), s = vec_load_n(shift + c, n);
    for (size_t p = 0; p < pixels; ++p)
      vec_store_n(out + p * out_stride + c, scaled(vec_load_n(x + p * x_stride + c, n), a, s, low, high), n);
  }
}

/* A tile of a float matrix product has two vectors a row. */
static void add_rows(const ln_clamp_f32* range, size_t rows, size_t columns, const float* x, size_t x_stride,
                     const float* y, float* out, size_t stride) {
  const vec low = vec_set(range->low), high = vec_set(range->high);
  size_t c = 0;
  for (; c + 2 * VEC_LANES <= columns; c += 2 * VEC_LANES)
    for (size_t r = 0; r < rows; ++r) {
      const float *one = x + r * x_stride + c, *other = y + r * stride + c;
      float* to = out + r * stride + c;
      const vec first = clamp(vec_add(vec_load(one), vec_load(other)), low, high);
      const vec second = clamp(vec_add(vec_load(one + VEC_LANES), vec_load(other + VEC_LANES)), low, high);
      vec_store(to, first);
      vec_store(to + VEC_LANES, second);
    }
  for (; c < columns; c += VEC_LANES)
    for (size_t r = 0; r < rows; ++r) {
      const vec sum =
          vec_add(vec_load_n(x + r * x_stride + c, columns - c), vec_load_n(y + r * stride + c, columns - c));
      vec_store_n(out + r * stride + c, clamp(sum, low, high), columns - c);
    }
}

/* ---- Softmax ---- */

static float largest_of(const float* row, size_t depth) {
  float largest = -3.402823466e+38f;
  size_t i = 0;
  if (depth >= VEC_LANES) {
    vec most = vec_set(largest), other = most;
    for (; i + 2 * VEC_LANES <= depth; i += 2 * VEC_LANES) {
      most = vec_max(vec_load(row + i), most);
      other = vec_max(vec_load(row + i + VEC_LANES), other);
    }
    most = vec_max(most, other);
    for (; i + VEC_LANES <= depth; i += VEC_LANES) most = vec_max(vec_load(row + i), most);
    largest = vec_largest(most);
  }
  for (; i < depth; ++i)
    if (row[i] > largest) largest = row[i];
  return largest;
}

/* The first n lanes of x, 0 in the others. */
LN_INLINE vec first_of(vec x, size_t n) {
  static const float kIndex[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  return vec_if_less(vec_load(kIndex), vec_set((float)n), x, vec_set(0.0f));
}

/* Rows of at most a vector, which stays in a register: softmax's arithmetic. */
static void softmax_short(float beta, const float* in, float* out, size_t rows, size_t depth) {
  const vec factor = vec_set(beta);
  for (size_t r = 0; r < rows; ++r, in += depth, out += depth) {
    const vec below = vec_sub(vec_load_n(in, depth), vec_set(largest_of(in, depth)));
    const vec e = first_of(exp_or_zero(vec_mul(below, factor)), depth);
    vec_store_n(out, vec_mul(e, vec_set(1.0f / vec_sum(e))), depth);
  }
}

/* Four vectors a turn, so that their chains overlap. */
static void softmax(float beta, const float* in, float* out, size_t rows, size_t depth) {
  const vec factor = vec_set(beta);
  if (depth <= VEC_LANES) {
    softmax_short(beta, in, out, rows, depth);
    return;
  }
  for (size_t r = 0; r < rows; ++r, in += depth, out += depth) {
    const vec largest = vec_set(largest_of(in, depth));
    vec sums[4], rest = vec_set(0.0f);
    size_t i = 0;
    LN_UNROLL for (size_t v = 0; v < 4; ++v) sums[v] = vec_set(0.0f);
    for (; i + 4 * VEC_LANES <= depth; i += 4 * VEC_LANES) {
      LN_UNROLL for (size_t v = 0; v < 4; ++v) {
        const vec e = exp_or_zero(vec_mul(vec_sub(vec_load(in + i + v * VEC_LANES), largest), factor));
        vec_store(out + i + v * VEC_LANES, e);
        sums[v] = vec_add(sums[v], e);
      }
    }
    for (; i + VEC_LANES <= depth; i += VEC_LANES) {
      const vec e = exp_or_zero(vec_mul(vec_sub(vec_load(in + i), largest), factor));
      vec_store(out + i, e);
      rest = vec_add(rest, e);
    }
    if (i < depth) {
      const vec e = exp_or_zero(vec_mul(vec_sub(vec_load_n(in + i, depth - i), largest), factor));
      vec_store_n(out + i, e, depth - i);
      rest = vec_add(rest, first_of(e, depth - i));
    }
    rest = vec_add(rest, vec_add(vec_add(sums[0], sums[1]), vec_add(sums[2], sums[3])));
    const vec share = vec_set(1.0f / vec_sum(rest));
    for (i = 0; i + VEC_LANES <= depth; i += VEC_LANES) vec_store(out + i, vec_mul(vec_load(out + i), share));
    if (i < depth) vec_store_n(out + i, vec_mul(vec_load_n(out + i, depth - i), share), depth - i);
  }
}

static void log_softmax(const float* in, float* out, size_t rows, size_t depth) {
  for (size_t r = 0; r < rows; ++r, in += depth, out += depth) {
    const vec largest = vec_set(largest_of(in, depth));
    vec sums[4];
    size_t i = 0;
    LN_UNROLL for (size_t v = 0; v < 4; ++v) sums[v] = vec_set(0.0f);
    for (; i + 4 * VEC_LANES <= depth; i += 4 * VEC_LANES)
      LN_UNROLL for (size_t v = 0; v < 4; ++v) sums[v] =
          vec_add(sums[v], exp_or_zero(vec_sub(vec_load(in + i + v * VEC_LANES), largest)));
    for (; i + VEC_LANES <= depth; i += VEC_LANES)
      sums[0] = vec_add(sums[0], exp_or_zero(vec_sub(vec_load(in + i), largest)));
    if (i < depth) {
      const vec e = exp_or_zero(vec_sub(vec_load_n(in + i, depth - i), largest));
      sums[1] = vec_add(sums[1], first_of(e, depth - i));
    }
    const vec log_sum = vec_set(logf(vec_sum(vec_add(vec_add(sums[0], sums[1]), vec_add(sums[2], sums[3])))));
    for (i = 0; i + VEC_LANES <= depth; i += VEC_LANES)
      vec_store(out + i, vec_sub(vec_sub(vec_load(in + i), largest), log_sum));
    if (i < depth) vec_store_n(out + i, vec_sub(vec_sub(vec_load_n(in + i, depth - i), largest), log_sum), depth - i);
  }
}

/* ---- A matrix times a vector, rows side by side ---- */

/* `far`: from beyond the second cache, so that the rows behind these are asked for, line by line. */
LN_INLINE void dot_rows(size_t rows, bool far, const float* matrix, size_t columns, const float* vector,
                        float* result) {
  enum { kLineFloats = 16 };
  vec sums[4];
  size_t c = 0;
  LN_UNROLL for (size_t r = 0; r < rows; ++r) sums[r] = vec_set(0.0f);
  for (; c + VEC_LANES <= columns; c += VEC_LANES) {
    const vec x = vec_load(vector + c);
    if (far && c % kLineFloats == 0)
      LN_UNROLL for (size_t r = 0; r < rows; ++r) LN_PREFETCH(matrix + (rows + r) * columns + c);
    LN_UNROLL for (size_t r = 0; r < rows; ++r) sums[r] = vec_fma(vec_load(matrix + r * columns + c), x, sums[r]);
  }
  if (c < columns) {
    const vec x = vec_load_n(vector + c, columns - c);
    LN_UNROLL for (size_t r = 0; r < rows; ++r) sums[r] =
        vec_fma(vec_load_n(matrix + r * columns + c, columns - c), x, sums[r]);
  }
  LN_UNROLL for (size_t r = 0; r < rows; ++r) result[r] += vec_sum(sums[r]);
}

static void matvec(const float* matrix, size_t rows, size_t columns, const float* vector, float* result) {
  enum { kFarFloats = 1 << 18 };
  size_t r = 0;
  for (; r + 4 <= rows && rows * columns >= kFarFloats; r += 4)
    dot_rows(4, true, matrix + r * columns, columns, vector, result + r);
  for (; r + 4 <= rows; r += 4) dot_rows(4, false, matrix + r * columns, columns, vector, result + r);
  for (; r < rows; ++r) dot_rows(1, false, matrix + r * columns, columns, vector, result + r);
}

/* Four rows by some vectors: weights are loaded once for all of these. Each sum is dot_rows's. */
enum { kVectors = VEC_LANES > 8 ? 4 : 2 };
LN_INLINE void dot_block(size_t rows, size_t count, const float* matrix, size_t columns, const float* vectors,
                         size_t stride, float* results, size_t result_stride) {
  vec sums[4][kVectors], w[4];
  size_t c = 0;
  LN_UNROLL for (size_t r = 0; r < rows; ++r) {
    LN_UNROLL for (size_t v = 0; v < count; ++v) sums[r][v] = vec_set(0.0f);
  }
  for (; c + VEC_LANES <= columns; c += VEC_LANES) {
    LN_UNROLL for (size_t r = 0; r < rows; ++r) w[r] = vec_load(matrix + r * columns + c);
    LN_UNROLL for (size_t v = 0; v < count; ++v) {
      const vec x = vec_load(vectors + v * stride + c);
      LN_UNROLL for (size_t r = 0; r < rows; ++r) sums[r][v] = vec_fma(w[r], x, sums[r][v]);
    }
  }
  if (c < columns) {
    LN_UNROLL for (size_t r = 0; r < rows; ++r) w[r] = vec_load_n(matrix + r * columns + c, columns - c);
    LN_UNROLL for (size_t v = 0; v < count; ++v) {
      const vec x = vec_load_n(vectors + v * stride + c, columns - c);
      LN_UNROLL for (size_t r = 0; r < rows; ++r) sums[r][v] = vec_fma(w[r], x, sums[r][v]);
    }
  }
  LN_UNROLL for (size_t v = 0; v < count; ++v) {
    LN_UNROLL for (size_t r = 0; r < rows; ++r) results[v * result_stride + r] += vec_sum(sums[r][v]);
  }
}

static void matvecs(const float* matrix, size_t rows, size_t columns, const float* vectors, size_t vector_stride,
                    size_t count, float* results, size_t result_stride) {
  size_t v = 0;
  for (; v + kVectors <= count; v += kVectors) {
    const float* x = vectors + v * vector_stride;
    float* y = results + v * result_stride;
    size_t r = 0;
    for (; r + 4 <= rows; r += 4)
      dot_block(4, kVectors, matrix + r * columns, columns, x, vector_stride, y + r, result_stride);
    for (; r < rows; ++r) dot_block(1, kVectors, matrix + r * columns, columns, x, vector_stride, y + r, result_stride);
  }
  for (; v < count; ++v) matvec(matrix, rows, columns, vectors + v * vector_stride, results + v * result_stride);
}

/* ---- Turning a matrix ---- */

LN_INLINE void turn_one(const float* in, float* out) { memcpy(out, in, sizeof *out); }

static void turn(size_t rows, size_t columns, const float* in, size_t in_stride, float* out, size_t out_stride) {
  const size_t whole_rows = rows / VEC_TURN * VEC_TURN, whole_columns = columns / VEC_TURN * VEC_TURN;
  for (size_t c = 0; c < whole_columns; c += VEC_TURN)
    for (size_t r = 0; r < whole_rows; r += VEC_TURN)
      vec_turn(in + r * in_stride + c, in_stride, out + c * out_stride + r, out_stride);
  for (size_t c = whole_columns; c < columns; ++c)
    for (size_t r = 0; r < whole_rows; ++r) turn_one(in + r * in_stride + c, out + c * out_stride + r);
  for (size_t r = whole_rows; r < rows; ++r)
    for (size_t c = 0; c < columns; ++c) turn_one(in + r * in_stride + c, out + c * out_stride + r);
}

/* ---- The tables ---- */

static const ln_unary_variant unary[] = {
    {ln_unary_exp_f32_ref, exp_row, 0, 4},
    {ln_unary_log_f32_ref, log_row, 0, 4},
    {ln_unary_sin_f32_ref, sin_row, 0, 4},
    {ln_unary_cos_f32_ref, cos_row, 0, 4},
    {ln_unary_logistic_f32_ref, logistic_row, 2, 4},
    {ln_unary_swish_f32_ref, swish_row, 2, 6},
    {ln_unary_tanh_f32_ref, tanh_row, 2, 6},
    {ln_unary_gelu_f32_ref, gelu_row, 8, 8},
    {ln_unary_gelu_tanh_f32_ref, gelu_tanh_row, 8, 8},
    {ln_unary_elu_f32_ref, elu_row, 2, 6},
    {ln_unary_sqrt_f32_ref, sqrt_row, 0, 0},
    {ln_unary_rsqrt_f32_ref, rsqrt_row, 0, 0},
    {ln_unary_square_f32_ref, square_row, 0, 0},
    {ln_unary_sign_f32_ref, sign_row, 0, 0},
    {ln_unary_abs_f32_ref, abs_row, 0, 0},
    {ln_unary_neg_f32_ref, neg_row, 0, 0},
    {ln_unary_floor_f32_ref, floor_row, 0, 0},
    {ln_unary_ceil_f32_ref, ceil_row, 0, 0},
    {ln_unary_round_f32_ref, round_row, 0, 0},
    {ln_unary_hard_swish_f32_ref, hard_swish_row, 0, 4},
    {ln_unary_clamp_f32_ref, clamp_row, 0, 0},
    {ln_unary_leaky_relu_f32_ref, leaky_relu_row, 0, 0},
    {NULL, NULL, 0, 0},
};

static const ln_binary_variant binary[] = {
    {ln_binary_add_f32_ref, add_row},
    {ln_binary_sub_f32_ref, sub_row},
    {ln_binary_mul_f32_ref, mul_row},
    {ln_binary_div_f32_ref, div_row},
    {ln_binary_maximum_f32_ref, maximum_row},
    {ln_binary_minimum_f32_ref, minimum_row},
    {ln_binary_squared_difference_f32_ref, squared_difference_row},
    {ln_prelu_f32_ref, prelu_row},
    {NULL, NULL},
};
