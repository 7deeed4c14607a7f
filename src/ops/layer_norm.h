/* Layer norm of floats in one pass: what the interpreter has fused into a MEAN (LinnetFusion.normalizes). */
#ifndef LN_OPS_LAYER_NORM_H_
#define LN_OPS_LAYER_NORM_H_

#include "ops/op_util.h"

TfLiteStatus ln_layer_norm_prepare(TfLiteContext* context, TfLiteNode* node);
/* `centered`: LinnetFusion.centers */
TfLiteStatus ln_layer_norm_invoke(TfLiteContext* context, TfLiteNode* node, bool centered);

#endif
