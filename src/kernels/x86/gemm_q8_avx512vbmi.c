/* The gemm of bytes with AVX-512 VNNI and VBMI: the tiles of gemm_q8_short.h, whose bytes a permutation of bytes puts
 * in order, in place of two; the panels and all else are gemm_q8_avx512vnni.c's. */
#include <string.h>

#include "base/compiler.h"
#include "kernels/x86/gemm_q8_turn.h"
#include "kernels/x86/gemm_q8_x86.h"

/* Of packed words in turns: byte 4 l + k of vector v = 2 h + i lies at 16 l + 8 h + 2 k + i. */
LN_INLINE __m512i bytes_in_order(__m512i packed) {
  const __m512i order =
      _mm512_set_epi32(0x3f3d3b39, 0x2f2d2b29, 0x1f1d1b19, 0x0f0d0b09, 0x3e3c3a38, 0x2e2c2a28, 0x1e1c1a18, 0x0e0c0a08,
                       0x37353331, 0x27252321, 0x17151311, 0x07050301, 0x36343230, 0x26242220, 0x16141210, 0x06040200);
  return _mm512_permutexvar_epi8(order, packed);
}

#define LN_SHORT_ORDER(packed) bytes_in_order(packed)
#include "kernels/x86/vec_q8_avx512.h"

enum { kVectors = 4, kWeightBytes = 64 };

LN_INLINE vec load_weights(const int8_t* p) { return vec_load(p); }
LN_INLINE vec add_products(vec sum, vec x, vec w) { return _mm512_dpbusd_epi32(sum, x, w); }

#include "kernels/x86/gemm_q8_finish_body.h"
#include "kernels/x86/gemm_q8_short.h"

static void run(const ln_gemm_q8_rows* r, const ln_gemm_q8_numbers* n, uint8_t* out, size_t out_stride) {
  if (!runs_short(r, n, out, out_stride)) ln_gemm_q8_6x64_avx512vnni.run(r, n, out, out_stride);
}

static void run_row(const ln_gemm_q8_rows* r, const ln_gemm_q8_numbers* n, uint8_t* out) {
  ln_gemm_q8_6x64_avx512vnni.run_row(r, n, out);
}

static void run_sums(const ln_gemm_q8_rows* r, int32_t* sums) { ln_gemm_q8_6x64_avx512vnni.run_sums(r, sums); }

static void run_floats(const ln_gemm_q8_rows* r, const ln_gemm_q8_floats* n, float* out, size_t out_stride) {
  ln_gemm_q8_6x64_avx512vnni.run_floats(r, n, out, out_stride);
}

static void sum_rows(size_t rows, size_t depth, const void* a, size_t a_stride, int32_t factor, int32_t* terms) {
  ln_gemm_q8_6x64_avx512vnni.sum_rows(rows, depth, a, a_stride, factor, terms);
}

LN_TURN(4)

const ln_gemm_q8 ln_gemm_q8_6x64_avx512vbmi = {.name = "gemm_q8_6x64_avx512vbmi",
                                               .isa = LN_ISA_AVX512VBMI,
                                               .id = 2064, /* as ln_gemm_q8_6x64_avx512vnni */
                                               .mr = 6,
                                               .nr = kLanes * kVectors,
                                               .kr = 4,
                                               .step = kLanes,
                                               .a_size = 1,
                                               .run = run,
                                               .run_row = run_row,
                                               .run_sums = run_sums,
                                               .run_floats = run_floats,
                                               .sum_rows = sum_rows,
                                               .turn = turn};
