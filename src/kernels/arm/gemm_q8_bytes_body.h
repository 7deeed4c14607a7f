/* What rungs whose rows are bytes add to gemm_q8_body.h: sums of rows. */

LN_INLINE uint32_t sum_of(const uint8_t* row, size_t depth) {
  uint32x4_t sums = vdupq_n_u32(0);
  size_t k = 0;
  for (; k + 16 <= depth; k += 16) sums = vpadalq_u16(sums, vpaddlq_u8(vld1q_u8(row + k)));
  uint32_t sum = neon_sum_u32(sums);
  for (; k < depth; ++k) sum += row[k];
  return sum;
}

static void sum_rows(size_t rows, size_t depth, const void* a, size_t a_stride, int32_t factor, int32_t* terms) {
  for (size_t m = 0; m < rows; ++m) add_term(terms + m, sum_of((const uint8_t*)a + m * a_stride, depth), factor);
}
