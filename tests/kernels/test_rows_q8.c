/* Rows of bytes over all pairs of two bytes, in every rounding mode: what goes the short way must be the definition's
 * result. */
#include <fenv.h>
#include <string.h>

#include "check.h"
#include "kernels/generic/rows_q8.h"

enum { kBytes = 256, kPairs = kBytes * kBytes };

static uint8_t inner[kPairs], outer[kPairs], expected[kPairs], result[kPairs];
static uint64_t state = 1;

static int32_t between(int64_t low, int64_t high) {
  state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (int32_t)(low + (int64_t)((state >> 33) % (uint64_t)(high - low + 1)));
}

static int32_t multiplier(void) { return between(0, 2) == 0 ? INT32_C(1) << 30 : between(INT32_C(1) << 30, INT32_MAX); }

static ln_add_quantized random_sum(bool is_signed) {
  const int32_t low = is_signed ? INT8_MIN : 0, high = low + UINT8_MAX;
  return (ln_add_quantized){.a_offset = -between(low, high),
                            .b_offset = -between(low, high),
                            .out_offset = between(low, high),
                            .left_shift = 20,
                            .a_multiplier = multiplier(),
                            .b_multiplier = multiplier(),
                            .out_multiplier = multiplier(),
                            .a_shift = between(-4, 0),
                            .b_shift = between(-4, 0),
                            .out_shift = between(-22, -17),
                            .sign = between(0, 1) == 0 ? 1 : -1,
                            .low = low,
                            .high = high};
}

static void check_result(const ln_rows_q8* rung, const char* what, int mode) {
  fesetround(FE_TONEAREST);
  if (!CHECK(memcmp(result, expected, kPairs) == 0)) printf("%s, %s, rounding mode %d\n", rung->name, what, mode);
}

static ln_binary_row row_of(const ln_rows_q8* rung, ln_binary_row ref) {
  const ln_rows_q8_variant* v = rung->binary;
  while (v->ref != NULL && v->ref != ref) ++v;
  return v->ref != NULL ? v->row : ref;
}

static void test_binary(const ln_rows_q8* rung, ln_binary_row ref, const void* params, int mode) {
  ref(params, inner, 1, outer, 1, expected, kPairs);
  fesetround(mode);
  row_of(rung, ref)(params, inner, 1, outer, 1, result, kPairs);
  check_result(rung, "sum or product of two", mode);
}

/* Each byte for each channel's number. */
static void test_channels(const ln_rows_q8* rung, ln_scale_shift_q8* norm, int mode) {
  static float memory[(kBytes + 2 * LN_SCALE_SHIFT_MORE) * 5];
  uint8_t numbers[kBytes], shifts[kBytes];
  for (int i = 0; i < kBytes; ++i) numbers[i] = (uint8_t)i, shifts[i] = (uint8_t)between(0, UINT8_MAX);
  CHECK(ln_scale_q8_size(kBytes) <= sizeof memory && ln_scale_shift_q8_size(kBytes) <= sizeof memory);
  ln_scale_q8 scaled = {.product = norm->product, .is_signed = norm->is_signed, .channels = kBytes};
  ln_scale_q8_make(&scaled, memory);
  fesetround(mode);
  rung->scale_fill(&scaled, numbers);
  rung->scale(&scaled, outer, result, kPairs);
  fesetround(FE_TONEAREST);
  ln_scale_q8_ref(&scaled, outer, expected, kPairs);
  check_result(rung, "a number for each channel", mode);
  ln_scale_shift_q8_fill(norm, numbers, shifts, memory);
  ln_scale_shift_q8_ref(norm, outer, expected, kPairs);
  fesetround(mode);
  rung->scale_shift(norm, outer, result, kPairs);
  check_result(rung, "scale and shift", mode);
}

static void test_once(const ln_rows_q8* rung, int mode) {
  const bool is_signed = between(0, 1) == 0;
  const ln_add_quantized sum = random_sum(is_signed);
  const ln_mul_quantized product = {sum.a_offset,    sum.b_offset, sum.out_offset, sum.a_multiplier,
                                    between(-9, -1), sum.low,      sum.high};
  ln_scale_shift_q8 norm = {.product = product, .sum = sum, .is_signed = is_signed, .channels = kBytes};
  norm.sum.sign = 1;
  norm.sum.a_offset = -product.out_offset;
  test_binary(rung, is_signed ? ln_binary_add_qs8_ref : ln_binary_add_qu8_ref, &sum, mode);
  test_binary(rung, is_signed ? ln_binary_mul_qs8_ref : ln_binary_mul_qu8_ref, &product, mode);
  test_channels(rung, &norm, mode);
}

int main(void) {
  static const int kModes[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
  size_t count;
  const ln_rows_q8* const* rungs = ln_rows_q8_rungs(&count);
  CHECK(count > 0);
  for (int i = 0; i < kPairs; ++i) inner[i] = (uint8_t)i, outer[i] = (uint8_t)(i / kBytes);
  for (size_t r = 1; r < count; ++r)
    for (int i = 0; i < 120 && ln_cpu_has(rungs[r]->isa); ++i) test_once(rungs[r], kModes[i % 4]);
  return check_report();
}
