/* Winograd's convolutions of bytes with AVX-VNNI: vpdpwssd multiplies and adds pairs of 16 bits. */
#include <immintrin.h>
#include <string.h>

#include "base/compiler.h"
#include "kernels/x86/dpbusd.h"
#include "kernels/x86/requant_q8_avx2.h"
#include "kernels/x86/winograd_q8_x86.h"

LN_INLINE __m256i multiply(__m256i sum, __m256i x, __m256i w) { return dpwssd_256(sum, x, w); }

#include "kernels/x86/winograd_q8_256.h"

const ln_winograd_q8 ln_winograd_q8_avxvnni = {.name = "winograd_q8_avxvnni",
                                               .isa = LN_ISA_AVXVNNI,
                                               .mr = 6,
                                               .nr = kLanes * kMaxVectors,
                                               .lanes = kLanes,
                                               .in = in,
                                               .product = product,
                                               .out = out};
