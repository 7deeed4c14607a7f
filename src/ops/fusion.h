/* What the interpreter has fused into a float operator (LinnetFusion), as kernels take it. */
#ifndef LN_OPS_FUSION_H_
#define LN_OPS_FUSION_H_

#include "kernels/generic/unary.h"
#include "ops/op_util.h"

/* All zeros where nothing is fused. Prepare only. */
LinnetFusion ln_fusion(TfLiteContext* context);

/* The type that weights count as: FLOAT32 where the interpreter has put FLOAT16 ones in their place. Prepare only. */
TfLiteType ln_weights_type(TfLiteContext* context, const TfLiteTensor* weights);

/* A row to be applied in place to what an operator has just written, NULL: none. An activation that is a clamp comes
 * out as a range instead, [low, high] cut down. */
ln_unary_row ln_fused_row(const LinnetFusion* fusion, float* low, float* high);

#endif
