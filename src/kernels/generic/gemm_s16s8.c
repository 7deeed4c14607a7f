/* Integer matrix multiplication: the definition, a blocked version in plain C, packing, the ladder. Sums are kept as
 * uint32_t because they may wrap for hostile depths; for sound ones they are exact. */
#include <string.h>

#include "base/compiler.h"
#include "kernels/generic/gemm.h"
#if defined(__x86_64__)
#include "kernels/x86/gemm_x86.h"
#elif defined(__aarch64__)
#include "kernels/arm/rungs_arm.h"
#endif

void ln_gemm_s16s8_ref(size_t rows, size_t columns, size_t pairs, const int16_t* a, size_t a_stride, const int8_t* b,
                       int32_t* sums) {
  for (size_t m = 0; m < rows; ++m) {
    for (size_t n = 0; n < columns; ++n) {
      uint32_t sum = 0;
      for (size_t k = 0; k < 2 * pairs; ++k) sum += (uint32_t)((int32_t)a[m * a_stride + k] * b[n * 2 * pairs + k]);
      sums[m * columns + n] = (int32_t)sum;
    }
  }
}

enum { kRows = 4, kColumns = 8 };

LN_INLINE void tile(size_t rows, size_t pairs, const int16_t* a, size_t a_stride, const int8_t* b, int32_t* sums) {
  uint32_t tile[kRows][kColumns];
  for (size_t m = 0; m < rows; ++m)
    for (size_t n = 0; n < kColumns; ++n) tile[m][n] = 0;
  for (size_t p = 0; p < pairs; ++p, b += 2 * kColumns) {
    for (size_t m = 0; m < rows; ++m) {
      int16_t x[2]; /* copied, as a compiler was seen to fetch the pair of a row behind the last one otherwise */
      memcpy(x, a + m * a_stride + 2 * p, sizeof x);
      const int32_t x0 = x[0], x1 = x[1];
      for (size_t n = 0; n < kColumns; ++n) tile[m][n] += (uint32_t)(x0 * b[2 * n] + x1 * b[2 * n + 1]);
    }
  }
  for (size_t m = 0; m < rows; ++m)
    for (size_t n = 0; n < kColumns; ++n) sums[m * kColumns + n] = (int32_t)tile[m][n];
}

static void run_4x8(size_t rows, size_t pairs, const int16_t* a, size_t a_stride, const int8_t* b, int32_t* sums) {
  switch (rows) {
    case 4:
      tile(4, pairs, a, a_stride, b, sums);
      return;
    case 3:
      tile(3, pairs, a, a_stride, b, sums);
      return;
    case 2:
      tile(2, pairs, a, a_stride, b, sums);
      return;
    default:
      tile(1, pairs, a, a_stride, b, sums);
  }
}

static const ln_gemm_s16s8 ln_gemm_s16s8_4x8_generic = {
    .name = "gemm_s16s8_4x8_generic", .isa = LN_ISA_GENERIC, .id = 8, .mr = kRows, .nr = kColumns, .run = run_4x8};

static const ln_gemm_s16s8* const ladder[] = {
    &ln_gemm_s16s8_4x8_generic,
#if defined(__x86_64__)
    &ln_gemm_s16s8_6x16_avx2,    &ln_gemm_s16s8_6x16_avxvnni,
    &ln_gemm_s16s8_12x32_avx512, &ln_gemm_s16s8_12x32_avx512vnni,
#elif defined(__aarch64__)
    &ln_gemm_s16s8_4x16_neon,
#endif
};

const ln_gemm_s16s8* const* ln_gemm_s16s8_rungs(size_t* count) {
  *count = sizeof ladder / sizeof ladder[0];
  return ladder;
}

const ln_gemm_s16s8* ln_gemm_s16s8_best(void) {
  const ln_gemm_s16s8* best = ladder[0];
  for (size_t i = 1; i < sizeof ladder / sizeof ladder[0]; ++i)
    if (ln_cpu_has(ladder[i]->isa)) best = ladder[i];
  return best;
}

static size_t round_up(size_t x, size_t step) { return (x + step - 1) / step * step; }

size_t ln_gemm_s16s8_packed_size(const ln_gemm_s16s8* kernel, size_t columns, size_t depth) {
  return round_up(columns, kernel->nr) * round_up(depth, 2);
}

void ln_gemm_s16s8_pack(const ln_gemm_s16s8* kernel, const ln_gemm_layout* layout, const uint8_t* b, uint8_t flip,
                        int8_t* packed, int32_t* column_sums) {
  const size_t nr = kernel->nr, taps = layout->taps_y * layout->taps_x, depth = taps * layout->channels,
               panel = nr * round_up(depth, 2);
  for (size_t n = 0; n < layout->columns; ++n) {
    int8_t* column = packed + n / nr * panel + n % nr * 2;
    uint32_t sum = 0;
    size_t k = 0;
    for (size_t t = 0; t < taps; ++t) {
      const uint8_t* tap = b + ln_gemm_tap_place(layout, n, t);
      for (size_t i = 0; i < layout->channels; ++i, ++k) {
        const int8_t value = (int8_t)(tap[i * layout->channel_stride] ^ flip);
        column[k / 2 * 2 * nr + k % 2] = value;
        sum += (uint32_t)(int32_t)value;
      }
    }
    if (k % 2 != 0) column[k / 2 * 2 * nr + 1] = 0;
    column_sums[n] = (int32_t)sum;
  }
  for (size_t n = layout->columns; n < round_up(layout->columns, nr); ++n) {
    int8_t* column = packed + n / nr * panel + n % nr * 2;
    for (size_t p = 0; p < (depth + 1) / 2; ++p) column[p * 2 * nr] = column[p * 2 * nr + 1] = 0;
  }
}
