/* MUL of bytes or floats by constants and ADD of constants, one of each a channel, in one pass: what the interpreter
 * has fused into a MUL (LinnetFusion.adds). Floats may come in pieces, which CONCATENATION would have joined. */
#ifndef LN_OPS_SCALE_SHIFT_H_
#define LN_OPS_SCALE_SHIFT_H_

#include "kernels/generic/rows_q8.h"
#include "ops/op_util.h"

/* Zeroed when the operator is made. */
typedef struct ln_scale_shift {
  bool is_prepared;
  ln_scale_shift_q8 numbers; /* of bytes */
  void* memory;
  ln_clamp_f32 clamp; /* of floats */
  size_t channels;
  bool spreads; /* an input that was resized to one channel counts for all */
} ln_scale_shift;

void ln_scale_shift_free(ln_scale_shift* data);
TfLiteStatus ln_scale_shift_prepare(TfLiteContext* context, const TfLiteNode* node, const LinnetFusion* fusion,
                                    TfLiteFusedActivation activation, ln_scale_shift* data);
TfLiteStatus ln_scale_shift_invoke(TfLiteContext* context, const TfLiteNode* node, const ln_scale_shift* data);

#endif
