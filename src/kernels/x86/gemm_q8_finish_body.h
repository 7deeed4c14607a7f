/* The end of the products of bytes: sums to bytes, over the vectors of vec_q8_….h. A template: the including file
 * says which numbers of vectors a panel may have by LN_FINISH. No include guard on purpose. */

/* The bytes of 4 / vectors rows (of one with three vectors), of which `rows` exist. */
enum { kVectorsAtOnce = 4 };

LN_INLINE void store_rows(size_t vectors, size_t rows, uint8_t* out, size_t out_stride, vec bytes, size_t columns) {
  if (vectors == 4 && columns == 4 * kLanes) {
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

LN_INLINE vec finish_vector(const ln_gemm_q8_numbers* n, const real_range* real, size_t at, vec sum) {
  if (n->scale != NULL) return requant_real(sum, n->scale + at, real);
  if (n->left != NULL) sum = requant_left(sum, vec_load(n->left + at));
  return requant(sum, vec_load(n->multiplier + at), vec_load(n->offset + at), vec_load(n->sign_shift + at),
                 vec_load(n->shift + at));
}

/* Four vectors at a time: one row of four or three, two of two, four of one. sums is [rows][vectors][kLanes] and has
 * something up to whole fours. */
LN_INLINE void finish(size_t vectors, size_t rows, size_t columns, const ln_gemm_q8_numbers* n, const int32_t* terms,
                      const uint32_t* sums, uint8_t* out, size_t out_stride) {
  const range to = range_of(&n->range);
  const real_range real = real_range_of(&n->range);
  const size_t step = kVectorsAtOnce / vectors;
  for (size_t m = 0; m < rows; m += step, out += step * out_stride, sums += step * vectors * kLanes) {
    vec x[kVectorsAtOnce];
    LN_UNROLL for (size_t i = 0; i < step * vectors; ++i) {
      const size_t row = m + i / vectors;
      vec sum = vec_load(sums + i * kLanes);
      if (terms != NULL) sum = vec_add(sum, vec_set((uint32_t)terms[row < rows ? row : m]));
      x[i] = finish_vector(n, &real, i % vectors * kLanes, sum);
    }
    if (vectors == 3) x[3] = x[2];
    store_rows(vectors, rows - m, out, out_stride, vec_bytes(x, &to), columns);
  }
}

/* Not inlined where they are used: in one function with the loop over the depth the compiler runs out of registers. */
#define LN_FINISH(vectors)                                                                           \
  LN_NOINLINE static void finish_##vectors(size_t rows, size_t columns, const ln_gemm_q8_numbers* n, \
                                           const int32_t* terms, const uint32_t* sums, uint8_t* out, \
                                           size_t out_stride) {                                      \
    finish(vectors, rows, columns, n, terms, sums, out, out_stride);                                 \
  }
