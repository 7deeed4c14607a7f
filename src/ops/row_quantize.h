/* A long row of floats, such as an image, quantized with one scale by all threads, for hybrid operators. */
#ifndef LN_OPS_ROW_QUANTIZE_H_
#define LN_OPS_ROW_QUANTIZE_H_

#include "kernels/generic/hybrid_quantize.h"
#include "ops/op_util.h"

/* As ln_choose_row_scale and then ln_scale_row_q8 to `bytes`, or ln_scale_row_f32 to `whole` where that is not NULL. */
ln_row_scale ln_quantize_row(TfLiteContext* context, const float* values, size_t count, bool asymmetric, uint8_t flip,
                             uint8_t* bytes, float* whole);

#endif
