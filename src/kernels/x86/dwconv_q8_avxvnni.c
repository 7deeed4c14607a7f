/* Depthwise convolution of bytes with AVX-VNNI, in blocks of 32 channels, and at the end one of 16 where that is
 * enough: dwconv_q8_widths.h. */
#include "kernels/x86/dpbusd.h"
#include "kernels/x86/dwconv_q8_slots.h"
#include "kernels/x86/requant_q8_avx2.h"

#define LN_WITH_LANES 0

static __m128i narrow_load_some(size_t n, const uint8_t* p) {
  uint8_t bytes[16] = {0};
  memcpy(bytes, p, n);
  return _mm_loadu_si128((const __m128i*)(const void*)bytes);
}
static void narrow_store_some(uint8_t* p, size_t n, __m128i x) {
  uint8_t bytes[16];
  _mm_storeu_si128((__m128i*)(void*)bytes, x);
  memcpy(p, bytes, n);
}

/* More than eight channels are two halves that overlap, in the block too. */
LN_INLINE __m128i load_halves(size_t count, const uint8_t* p) {
  return _mm_unpacklo_epi64(_mm_loadl_epi64((const __m128i*)(const void*)p),
                            _mm_loadl_epi64((const __m128i*)(const void*)(p + count - 8)));
}
LN_INLINE void store_halves(uint8_t* p, size_t count, __m128i x) {
  _mm_storel_epi64((__m128i*)(void*)p, x);
  _mm_storel_epi64((__m128i*)(void*)(p + count - 8), _mm_unpackhi_epi64(x, x));
}

#define LN_V __m256i
#define LN_XOR(x, y) _mm256_xor_si256(x, y)
#define LN_AND(x, y) _mm256_and_si256(x, y)
#define LN_OR(x, y) _mm256_or_si256(x, y)
#define LN_FLOATS(x) _mm256_castsi256_ps(x)
#define LN_BYTES 32
#define LN_LANES 0xff
#define LN_OP(name) LN_GLUE(_mm256_, name)
#define LN_NAME(name) LN_GLUE(wide_, name)
#define LN_DPBUSD(sum, x, w) dpbusd_256(sum, x, w)
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
#undef LN_XOR
#undef LN_AND
#undef LN_OR
#undef LN_FLOATS
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
#undef LN_DPBUSD

#define LN_V __m128i
#define LN_XOR(x, y) _mm_xor_si128(x, y)
#define LN_AND(x, y) _mm_and_si128(x, y)
#define LN_OR(x, y) _mm_or_si128(x, y)
#define LN_FLOATS(x) _mm_castsi128_ps(x)
#define LN_BYTES 16
#define LN_LANES 0xf
#define LN_OP(name) LN_GLUE(_mm_, name)
#define LN_NAME(name) LN_GLUE(narrow_, name)
#define LN_DPBUSD(sum, x, w) dpbusd_128(sum, x, w)
#define LN_LOAD(p) _mm_loadu_si128((const __m128i*)(const void*)(p))
#define LN_STORE(p, x) _mm_storeu_si128((__m128i*)(void*)(p), x)
#define LN_HALF 8
#define LN_LOAD_HALF(p) _mm_loadl_epi64((const __m128i*)(const void*)(p))
#define LN_STORE_HALF(p, x) _mm_storel_epi64((__m128i*)(void*)(p), x)
#define LN_LOAD_SOME(count, p) narrow_load_some(count, p)
#define LN_STORE_SOME(p, count, x) narrow_store_some(p, count, x)
#define LN_LOAD_MORE(count, p) load_halves(count, p)
#define LN_STORE_MORE(p, count, x) store_halves(p, count, x)
#include "kernels/x86/dwconv_q8_vnni.h"

enum { kNarrowest = 16 };

#include "kernels/x86/dwconv_q8_quarters.h"

static const block_width kWidths[] = {{32, wide_pack, wide_either, NULL}, {16, narrow_pack, narrow_run, NULL}};

#include "kernels/x86/dwconv_q8_widths.h"

const ln_dwconv_q8 ln_dwconv_q8_avxvnni = {.name = "dwconv_q8_avxvnni",
                                           .isa = LN_ISA_AVXVNNI,
                                           .id = 4,
                                           .lanes = 32,
                                           .packed_size = packed_size,
                                           .pack = pack,
                                           .run = run};
