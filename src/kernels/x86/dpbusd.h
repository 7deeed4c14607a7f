/* vpdpbusd and vpdpwssd on 256 and 128 bits under one name: the VEX encoding of AVX-VNNI, or, where a file is compiled
 * for AVX-512 VL and VNNI (as tests do, to run it on processors that have only those), the EVEX one. */
#ifndef LN_KERNELS_X86_DPBUSD_H_
#define LN_KERNELS_X86_DPBUSD_H_

#include <immintrin.h>

#include "base/compiler.h"

#if defined(__AVX512VNNI__) && defined(__AVX512VL__)
LN_INLINE __m256i dpbusd_256(__m256i sum, __m256i x, __m256i w) { return _mm256_dpbusd_epi32(sum, x, w); }
LN_INLINE __m128i dpbusd_128(__m128i sum, __m128i x, __m128i w) { return _mm_dpbusd_epi32(sum, x, w); }
LN_INLINE __m256i dpwssd_256(__m256i sum, __m256i x, __m256i w) { return _mm256_dpwssd_epi32(sum, x, w); }
#else
LN_INLINE __m256i dpbusd_256(__m256i sum, __m256i x, __m256i w) { return _mm256_dpbusd_avx_epi32(sum, x, w); }
LN_INLINE __m128i dpbusd_128(__m128i sum, __m128i x, __m128i w) { return _mm_dpbusd_avx_epi32(sum, x, w); }
LN_INLINE __m256i dpwssd_256(__m256i sum, __m256i x, __m256i w) { return _mm256_dpwssd_avx_epi32(sum, x, w); }
#endif

#endif
