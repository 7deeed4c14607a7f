/* What gemm_q8_short.h and gemm_q8_short_256.h know of a panel's columns while they make bytes of its sums. Takes its
 * vectors from the file that includes it. */
#ifndef LN_KERNELS_X86_GEMM_Q8_SHORT_END_H_
#define LN_KERNELS_X86_GEMM_Q8_SHORT_END_H_

/* Where all bytes are allowed packing alone clamps, of int8 as numbers with a sign, which `start` and `base` then lie
 * 128 lower for. */
typedef enum short_range { kClamped, kWholeUnsigned, kWholeSigned } short_range;

typedef struct short_end {
  vec scale[kVectors], start[kVectors];
  range range;
  short_range kind;
} short_end;

LN_INLINE int32_t short_lower(short_range kind) { return kind == kWholeSigned ? 128 << 16 : 0; }

/* Without the columns' numbers. */
LN_INLINE short_end short_end_begin(const ln_gemm_q8_numbers* n) {
  const bool all = n->range.low == 0 && n->range.high == UINT8_MAX;
  short_end e = {.range = range_of(&n->range)};
  e.kind = all && n->range.flip == 0 ? kWholeUnsigned : all && n->range.flip == 0x80 ? kWholeSigned : kClamped;
  e.range.base = vec_sub(e.range.base, vec_set((uint32_t)short_lower(e.kind)));
  return e;
}

/* Those of vector v. */
LN_INLINE void short_end_set(bool at_zero, size_t v, vec scale, vec start, short_end* e) {
  e->scale[v] = scale;
  e->start[v] = start;
  /* Off by half a unit of v * 2^16 at most, where the start is below 2^23; but the sums are so much smaller too that
   * they are rounded to one unit, where requant_q8.h reckons with two. */
  if (at_zero) e->start[v] = (vec)vecf_sub((vecf)start, vecf_set((float)short_lower(e->kind)));
}

#endif
