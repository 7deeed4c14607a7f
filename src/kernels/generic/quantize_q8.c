/* Floats to bytes and back in portable C, and the ladder. */
#include "kernels/generic/quantize_q8.h"

#include "kernels/generic/quantize_q8_body.h"
#if defined(__x86_64__)
#include "kernels/x86/quantize_q8_x86.h"
#endif

static const ln_quantize_q8 ln_quantize_q8_generic = {.name = "quantize_q8_generic",
                                                      .isa = LN_ISA_GENERIC,
                                                      .quantize_s8 = quantize_s8,
                                                      .quantize_u8 = quantize_u8,
                                                      .quantize_s16 = quantize_s16,
                                                      .dequantize_s8 = dequantize_s8,
                                                      .dequantize_u8 = dequantize_u8,
                                                      .dequantize_f16 = dequantize_f16,
                                                      .scale_q8 = scale_q8,
                                                      .scale_f32 = scale_f32,
                                                      .range_f32 = range_f32,
                                                      .hybrid_store = hybrid_store,
                                                      .hybrid_finish = hybrid_finish};

static const ln_quantize_q8* const ladder[] = {
    &ln_quantize_q8_generic,
#if defined(__x86_64__)
    &ln_quantize_q8_avx2,
    &ln_quantize_q8_avx512,
#endif
};

const ln_quantize_q8* const* ln_quantize_q8_rungs(size_t* count) {
  *count = sizeof ladder / sizeof ladder[0];
  return ladder;
}

const ln_quantize_q8* ln_quantize_q8_best(void) {
  const ln_quantize_q8* best = ladder[0];
  for (size_t i = 1; i < sizeof ladder / sizeof ladder[0]; ++i)
    if (ln_cpu_has(ladder[i]->isa)) best = ladder[i];
  return best;
}
