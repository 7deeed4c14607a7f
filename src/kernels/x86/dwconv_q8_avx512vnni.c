/* Depthwise convolution of bytes with AVX-512 VNNI, in blocks of 64 channels, and at the end one of 32 or 16 where that
 * is enough: dwconv_q8_widths.h. */
#include <immintrin.h>

#include "kernels/x86/dwconv_q8_slots.h"
#include "kernels/x86/requant_q8_avx512.h"

#define LN_DPBUSD(sum, x, w) LN_OP(dpbusd_epi32)(sum, x, w)

#define LN_V __m512i
#define LN_BYTES 64
#define LN_LANES 0xffff
#define LN_OP(name) LN_GLUE(_mm512_, name)
#define LN_NAME(name) LN_GLUE(wide_, name)
#define LN_LOAD(p) _mm512_loadu_si512(p)
#define LN_STORE(p, x) _mm512_storeu_si512(p, x)
#define LN_HALF 0 /* there is none, nor any other part */
#define LN_LOAD_HALF(p) LN_LOAD(p)
#define LN_STORE_HALF(p, x) LN_STORE(p, x)
#define LN_LOAD_SOME(count, p) LN_LOAD(p)
#define LN_STORE_SOME(p, count, x) LN_STORE(p, x)
#define LN_LOAD_MORE(count, p) LN_LOAD_SOME(count, p)
#define LN_STORE_MORE(p, count, x) LN_STORE_SOME(p, count, x)
#include "kernels/x86/dwconv_q8_vnni.h"
#undef LN_V
#undef LN_BYTES
#undef LN_LANES
#undef LN_OP
#undef LN_NAME
#undef LN_LOAD
#undef LN_STORE
#undef LN_HALF
#undef LN_LOAD_HALF
#undef LN_STORE_HALF
#undef LN_LOAD_SOME
#undef LN_STORE_SOME
#undef LN_LOAD_MORE
#undef LN_STORE_MORE

#define LN_V __m256i
#define LN_BYTES 32
#define LN_LANES 0xff
#define LN_OP(name) LN_GLUE(_mm256_, name)
#define LN_NAME(name) LN_GLUE(middle_, name)
#define LN_LOAD(p) _mm256_loadu_si256((const __m256i*)(const void*)(p))
#define LN_STORE(p, x) _mm256_storeu_si256((__m256i*)(void*)(p), x)
#define LN_HALF 0 /* there is none, nor any other part */
#define LN_LOAD_HALF(p) LN_LOAD(p)
#define LN_STORE_HALF(p, x) LN_STORE(p, x)
#define LN_LOAD_SOME(count, p) LN_LOAD(p)
#define LN_STORE_SOME(p, count, x) LN_STORE(p, x)
#define LN_LOAD_MORE(count, p) LN_LOAD_SOME(count, p)
#define LN_STORE_MORE(p, count, x) LN_STORE_SOME(p, count, x)
#include "kernels/x86/dwconv_q8_vnni.h"
#undef LN_V
#undef LN_BYTES
#undef LN_LANES
#undef LN_OP
#undef LN_NAME
#undef LN_LOAD
#undef LN_STORE
#undef LN_HALF
#undef LN_LOAD_HALF
#undef LN_STORE_HALF
#undef LN_LOAD_SOME
#undef LN_STORE_SOME
#undef LN_LOAD_MORE
#undef LN_STORE_MORE

#define LN_V __m128i
#define LN_BYTES 16
#define LN_LANES 0xf
#define LN_OP(name) LN_GLUE(_mm_, name)
#define LN_NAME(name) LN_GLUE(narrow_, name)
#define LN_LOAD(p) _mm_loadu_si128((const __m128i*)(const void*)(p))
#define LN_STORE(p, x) _mm_storeu_si128((__m128i*)(void*)(p), x)
#define LN_HALF 8
#define LN_LOAD_HALF(p) _mm_loadl_epi64((const __m128i*)(const void*)(p))
#define LN_STORE_HALF(p, x) _mm_storel_epi64((__m128i*)(void*)(p), x)
#define LN_SOME(count) ((__mmask16)(0xffffu >> (16 - (count))))
#define LN_LOAD_SOME(count, p) _mm_maskz_loadu_epi8(LN_SOME(count), p)
#define LN_STORE_SOME(p, count, x) _mm_mask_storeu_epi8(p, LN_SOME(count), x)
#define LN_LOAD_MORE(count, p) LN_LOAD_SOME(count, p)
#define LN_STORE_MORE(p, count, x) store_more(p, count, x)
#include "kernels/x86/dwconv_q8_vnni.h"

enum { kNarrowest = 16 };
static const block_width kWidths[] = {
    {64, wide_pack, wide_run}, {32, middle_pack, middle_run}, {16, narrow_pack, narrow_run}};

#include "kernels/x86/dwconv_q8_widths.h"

const ln_dwconv_q8 ln_dwconv_q8_avx512vnni = {.name = "dwconv_q8_avx512vnni",
                                              .isa = LN_ISA_AVX512VNNI,
                                              .id = 3,
                                              .lanes = 64,
                                              .packed_size = packed_size,
                                              .pack = pack,
                                              .run = run};
