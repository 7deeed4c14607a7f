/* Winograd's convolutions of bytes with AVX2: vpmaddwd multiplies and adds pairs of 16 bits. */
#include <immintrin.h>
#include <string.h>

#include "base/compiler.h"
#include "kernels/x86/requant_q8_avx2.h"
#include "kernels/x86/winograd_q8_x86.h"

LN_INLINE __m256i multiply(__m256i sum, __m256i x, __m256i w) { return _mm256_add_epi32(sum, _mm256_madd_epi16(x, w)); }

#include "kernels/x86/winograd_q8_256.h"
#include "kernels/x86/winograd_q8_lines.h"

const ln_winograd_q8 ln_winograd_q8_avx2 = {.name = "winograd_q8_avx2",
                                            .isa = LN_ISA_AVX2,
                                            .mr = 6,
                                            .nr = kLanes * kMaxVectors,
                                            .lanes = kLanes,
                                            .in = in,
                                            .product = product,
                                            .out = out,
                                            .line_in = line_in,
                                            .line_out = line_out};
