/* The end of the products of bytes: sums to bytes or floats, over the vectors of vec_q8_….h. A template: the including
 * file says which numbers of vectors a panel may have by LN_FINISH. No include guard on purpose. */
#include <math.h>

/* The bytes of 4 / vectors rows (of one with three vectors), of which `rows` exist. */
enum { kVectorsAtOnce = 4 };

LN_INLINE void store_rows(size_t vectors, size_t rows, uint8_t* out, size_t out_stride, vec bytes, size_t columns) {
  const bool whole = vectors != 3 && columns == vectors * kLanes;
  /* One row of four vectors, or rows without a gap. */
  if (whole && (vectors == 4 || (out_stride == columns && rows >= kVectorsAtOnce / vectors))) {
    vec_store(out, bytes);
    return;
  }
  if (vectors == 2 && columns == 2 * kLanes) {
    vec_store_half(out, bytes, 0);
    if (rows > 1) vec_store_half(out + out_stride, bytes, 1);
    return;
  }
  LN_UNROLL for (size_t i = 0; i < kVectorsAtOnce; ++i) {
    const size_t row = i / vectors, at = i % vectors * kLanes;
    if (row < rows && row < kVectorsAtOnce / vectors && columns > at)
      vec_store_quarter(out + row * out_stride + at, bytes, (int)i, columns - at < kLanes ? columns - at : kLanes);
  }
}

/* By fixed factors, some of them above 1, or by doubles; by fixed ones the short way, with a range that begins at the
 * zero point or with another. */
typedef enum finish_kind { kFixed, kFixedLeft, kReal, kShortAtZero, kShort } finish_kind;

static inline finish_kind kind_of(const ln_gemm_q8_numbers* n) {
  if (n->scale != NULL) return kReal;
  if (n->start_f != NULL) return ln_requant_q8_starts_at_zero(&n->range) ? kShortAtZero : kShort;
  return n->left != NULL ? kFixedLeft : kFixed;
}

/* What sums begin with. */
static inline const uint32_t* first_sums(const ln_gemm_q8_numbers* n) {
  return n->scale == NULL && n->start_f != NULL ? n->plain_bias : n->bias;
}

/* In float first: of t = sum * scale, which is off by less than 2^-14 where it matters (three roundings of 2^-24, |t|
 * below 257), only what is as near to a half goes by doubles. `rows` rows of some vectors, four at most. */
LN_INLINE void finish_real(size_t rows, size_t vectors, const ln_gemm_q8_numbers* n, const real_range* real,
                           vec tile[][kVectors]) {
  if (n->scale_f != NULL) {
    vec r[kVectorsAtOnce];
    vecf farthest = vecf_zero();
    LN_UNROLL for (size_t i = 0; i < rows * vectors; ++i) {
      const vecf t = vecf_mul(vecf_from(tile[i / vectors][i % vectors]), vecf_load(n->scale_f + i % vectors * kLanes));
      r[i] = vec_round(t);
      farthest = vecf_farther(farthest, t, r[i]);
    }
    if (!vecf_any_above(farthest, vecf_set(0.5f - 0x1p-14f))) {
      LN_UNROLL for (size_t i = 0; i < rows * vectors; ++i) tile[i / vectors][i % vectors] = r[i];
      return;
    }
  }
  LN_UNROLL for (size_t i = 0; i < rows * vectors; ++i) tile[i / vectors][i % vectors] =
      requant_real(tile[i / vectors][i % vectors], n->scale + i % vectors * kLanes, real);
}

/* The numbers of a vector of columns, in registers. */
typedef struct fixed_numbers {
  vec multiplier, offset, sign_shift, shift, left, scale, start;
} fixed_numbers;

LN_INLINE void load_numbers(finish_kind kind, size_t vectors, const ln_gemm_q8_numbers* n, fixed_numbers* fixed) {
  if (kind == kReal) return;
  LN_UNROLL for (size_t v = 0; v < vectors; ++v) {
    const size_t at = v * kLanes;
    if (kind == kShortAtZero || kind == kShort) {
      fixed[v].scale = vec_load(n->scale_f + at);
      fixed[v].start = vec_load(n->start_f + at);
      continue;
    }
    fixed[v].multiplier = vec_load(n->multiplier + at);
    fixed[v].offset = vec_load(n->offset + at);
    fixed[v].sign_shift = vec_load(n->sign_shift + at);
    fixed[v].shift = vec_load(n->shift + at);
    if (kind == kFixedLeft) fixed[v].left = vec_load(n->left + at);
  }
}

/* Sums to what vec_bytes takes, column by column; `fixed` is by load_numbers. */
LN_INLINE void finish_sums(finish_kind kind, size_t rows, size_t vectors, const ln_gemm_q8_numbers* n,
                           const fixed_numbers* fixed, vec tile[][kVectors]) {
  if (kind == kReal) {
    const real_range real = real_range_of(&n->range);
    const size_t step = kVectorsAtOnce / vectors;
    LN_UNROLL for (size_t m = 0; m < rows; m += step)
        finish_real(rows - m < step ? rows - m : step, vectors, n, &real, tile + m);
    return;
  }
  LN_UNROLL for (size_t v = 0; v < vectors; ++v) {
    const fixed_numbers f = fixed[v];
    if (kind == kFixedLeft) {
      LN_UNROLL for (size_t m = 0; m < rows; ++m) tile[m][v] = requant_left(tile[m][v], f.left);
    }
    LN_UNROLL for (size_t m = 0; m < rows; ++m) tile[m][v] =
        requant(tile[m][v], f.multiplier, f.offset, f.sign_shift, f.shift);
  }
}

/* Four vectors make bytes at a time: one row of four or three, two of two, four of one. `exist`: so many of the rows.
 */
LN_INLINE void store_tile(size_t rows, size_t vectors, size_t exist, size_t columns, const range* to,
                          vec tile[][kVectors], uint8_t* out, size_t out_stride) {
  const size_t step = kVectorsAtOnce / vectors;
  LN_UNROLL for (size_t m = 0; m < rows; m += step) {
    vec x[kVectorsAtOnce];
    LN_UNROLL for (size_t i = 0; i < kVectorsAtOnce; ++i) {
      const size_t row = m + i / vectors;
      x[i] = tile[row < rows ? row : m][row < rows ? i % vectors : 0];
    }
    store_rows(vectors, exist - m, out + m * out_stride, out_stride, vec_bytes(x, to), columns);
  }
}

/* As finish_sums and store_tile, four vectors of some rows the short way. */
LN_INLINE void store_short(bool at_zero, size_t vectors, size_t exist, size_t columns, const ln_gemm_q8_numbers* n,
                           const fixed_numbers* fixed, const range* to, vec some[][kVectors], uint8_t* out,
                           size_t out_stride) {
  const vec top = vec_set(UINT32_C(1) << 31);
  const vec first = requant_short(at_zero, some[0][0], fixed[0].scale, fixed[0].start, to);
  vec v[kVectorsAtOnce];
  LN_UNROLL for (size_t i = 0; i < kVectorsAtOnce; ++i) {
    const bool used = i < kVectorsAtOnce / vectors * vectors;
    v[i] = used ? requant_short(at_zero, some[i / vectors][i % vectors], fixed[i % vectors].scale,
                                fixed[i % vectors].start, to)
                : first;
  }
  vec bytes = vec_short_bytes(v, to);
  if (LN_UNLIKELY(vec_doubtful(v))) {
    LN_UNROLL for (size_t i = 0; i < kVectorsAtOnce / vectors * vectors; ++i) {
      const size_t at = i % vectors * kLanes;
      v[i] = requant(vec_xor(some[i / vectors][i % vectors], top), vec_load(n->multiplier + at),
                     vec_load(n->offset + at), vec_load(n->sign_shift + at), vec_load(n->shift + at));
    }
    bytes = vec_bytes(v, to);
  }
  store_rows(vectors, exist, out, out_stride, bytes, columns);
}

/* From memory, the numbers loaded once for all rows: sums is [rows][vectors][kLanes] and has something up to whole
 * fours of vectors. */
LN_INLINE void finish_as(finish_kind kind, size_t vectors, size_t rows, size_t columns, const ln_gemm_q8_numbers* n,
                         const int32_t* terms, const uint32_t* sums, uint8_t* out, size_t out_stride) {
  const size_t step = kVectorsAtOnce / vectors;
  const range to = range_of(&n->range);
  fixed_numbers fixed[kVectors];
  load_numbers(kind, vectors, n, fixed);
  for (size_t m = 0; m < rows; m += step, out += step * out_stride, sums += step * vectors * kLanes) {
    vec some[kVectorsAtOnce][kVectors];
    LN_UNROLL for (size_t i = 0; i < step; ++i) {
      LN_UNROLL for (size_t v = 0; v < vectors; ++v) some[i][v] = vec_load(sums + (i * vectors + v) * kLanes);
    }
    LN_UNROLL for (size_t i = 0; i < step; ++i) {
      if (terms == NULL) break;
      const vec term = vec_set((uint32_t)terms[m + i < rows ? m + i : m]);
      LN_UNROLL for (size_t v = 0; v < vectors; ++v) some[i][v] = vec_add(some[i][v], term);
    }
    if (kind == kShortAtZero || kind == kShort) {
      store_short(kind == kShortAtZero, vectors, rows - m, columns, n, fixed, &to, some, out, out_stride);
      continue;
    }
    finish_sums(kind, step, vectors, n, fixed, some);
    store_tile(step, vectors, rows - m, columns, &to, some, out, out_stride);
  }
}

LN_INLINE void finish(size_t vectors, size_t rows, size_t columns, const ln_gemm_q8_numbers* n, const int32_t* terms,
                      const uint32_t* sums, uint8_t* out, size_t out_stride) {
  const finish_kind kind = kind_of(n);
  if (kind == kReal)
    finish_as(kReal, vectors, rows, columns, n, terms, sums, out, out_stride);
  else if (kind == kShortAtZero)
    finish_as(kShortAtZero, vectors, rows, columns, n, terms, sums, out, out_stride);
  else if (kind == kShort)
    finish_as(kShort, vectors, rows, columns, n, terms, sums, out, out_stride);
  else if (kind == kFixedLeft)
    finish_as(kFixedLeft, vectors, rows, columns, n, terms, sums, out, out_stride);
  else
    finish_as(kFixed, vectors, rows, columns, n, terms, sums, out, out_stride);
}

/* A sum less the product of its row's zero point and its column's sum of weights, both in forms that are made first. */
#ifndef LN_LESS
#define LN_ZERO_POINT(zero) (zero)
#define LN_COLUMN_SUM(sum) (sum)
#define LN_LESS(sum, zero, column_sum) vec_sub(sum, vec_mul(zero, column_sum))
#endif

/* ln_hybrid_store's formula; `first` is the number of the first row. With `same` all rows have one scale. */
LN_INLINE void finish_floats_as(bool same, bool clamps, size_t vectors, size_t rows, size_t columns,
                                const ln_gemm_q8_floats* n, size_t first, const uint32_t* sums, float* out,
                                size_t out_stride) {
  const vecf low = vecf_set(n->columns.low), high = vecf_set(n->columns.high);
  const vec zero_of_all = vec_set((uint32_t)n->row_zero_points[0]);
  const vecf scale_of_all = vecf_set(n->row_scales[0]);
  vec column_sums[kVectors];
  vecf scales[kVectors], bias[kVectors];
  LN_UNROLL for (size_t v = 0; v < vectors; ++v) {
    const vec all = vec_load(n->columns.column_sums + v * kLanes);
    column_sums[v] = same ? vec_mul(zero_of_all, all) : LN_COLUMN_SUM(all);
    scales[v] = vecf_load(n->columns.scales + v * kLanes);
    if (same) scales[v] = vecf_mul(scale_of_all, scales[v]);
    bias[v] = vecf_load(n->columns.bias + v * kLanes);
  }
  for (size_t m = 0; m < rows; ++m, sums += vectors * kLanes, out += out_stride) {
    const size_t row = (first + m) * n->row_step;
    const vec zero = LN_ZERO_POINT(vec_set((uint32_t)n->row_zero_points[row]));
    const vecf scale = vecf_set(n->row_scales[row]);
    LN_UNROLL for (size_t v = 0; v < vectors; ++v) {
      const vec sum = vec_load(sums + v * kLanes);
      const vec x = same ? vec_sub(sum, column_sums[v]) : LN_LESS(sum, zero, column_sums[v]);
      const vecf product = vecf_mul(vecf_from(x), same ? scales[v] : vecf_mul(scale, scales[v]));
      vecf y = vecf_add(product, bias[v]);
      if (clamps) y = vecf_min(high, vecf_max(low, y));
      vecf_store_n(out + v * kLanes, y, columns - v * kLanes);
    }
  }
}

LN_INLINE void finish_floats(size_t vectors, size_t rows, size_t columns, const ln_gemm_q8_floats* n, size_t first,
                             const uint32_t* sums, float* out, size_t out_stride) {
  if (n->row_step == 0)
    finish_floats_as(true, true, vectors, rows, columns, n, first, sums, out, out_stride);
  else if (n->columns.low == -INFINITY && n->columns.high == INFINITY)
    finish_floats_as(false, false, vectors, rows, columns, n, first, sums, out, out_stride);
  else
    finish_floats_as(false, true, vectors, rows, columns, n, first, sums, out, out_stride);
}

/* Not inlined where they are used: in one function with the loop over the depth the compiler runs out of registers. */
#define LN_FINISH(vectors)                                                                                             \
  LN_NOINLINE static void finish_##vectors(size_t rows, size_t columns, const ln_gemm_q8_numbers* n,                   \
                                           const int32_t* terms, const uint32_t* sums, uint8_t* out,                   \
                                           size_t out_stride) {                                                        \
    finish(vectors, rows, columns, n, terms, sums, out, out_stride);                                                   \
  }                                                                                                                    \
  LN_NOINLINE static void finish_floats_##vectors(size_t rows, size_t columns, const ln_gemm_q8_floats* n,             \
                                                  size_t first, const uint32_t* sums, float* out, size_t out_stride) { \
    finish_floats(vectors, rows, columns, n, first, sums, out, out_stride);                                            \
  }
