/* Floats to bytes and back, the portable body as compiled for AVX2. */
#include "kernels/x86/quantize_q8_x86.h"
#include "kernels/x86/vec_q8_avx2.h"
/* Made of them. */
#include "kernels/x86/quantize_q8_short.h"

#define LN_MULTIPLY(inverse, zero, is_signed, in, out) multiply(inverse, zero, is_signed, in, out)
#define LN_SCALE(offset, inverse, low, flip, in, out) scale_short(offset, inverse, low, flip, in, out)
#include "kernels/generic/quantize_q8_body.h"

const ln_quantize_q8 ln_quantize_q8_avx2 = {.name = "quantize_q8_avx2",
                                            .isa = LN_ISA_AVX2,
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
