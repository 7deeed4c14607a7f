/* Operators y = f(x): floats by a row function, quantized values by a table of f that is made when the operator is
 * prepared. */
#ifndef LN_OPS_CURVE_H_
#define LN_OPS_CURVE_H_

#include "kernels/generic/lookup.h"
#include "ops/unary_util.h"

typedef struct ln_curve {
  ln_unary_row row;                          /* floats; its params are NULL */
  ln_unary_f32 function;                     /* the same for one value; its params are the output's ln_curve_range */
  bool takes_uint8, takes_int16, takes_half; /* besides float and int8 */
} ln_curve;

/* What a quantized output can hold. */
typedef struct ln_curve_range {
  float low, high;
} ln_curve_range;

typedef struct ln_table {
  uint8_t narrow[256];
  int16_t wide[LN_LOOKUP_16_SIZE];
} ln_table;

/* Fills the table for the types of the two tensors (both int8, both uint8 or both int16). */
TfLiteStatus ln_table_fill(TfLiteContext* context, const TfLiteTensor* input, const TfLiteTensor* output,
                           ln_unary_f32 f, ln_table* table);
/* The row that looks up values of that type; its params are the ln_table. */
ln_unary_row ln_table_row(TfLiteType type);

/* The registration's functions; user_data is an ln_table. */
void* ln_curve_init(TfLiteContext* context, const char* buffer, size_t length);
void ln_curve_free(TfLiteContext* context, void* data);
TfLiteStatus ln_curve_prepare(TfLiteContext* context, TfLiteNode* node, const ln_curve* curve);
TfLiteStatus ln_curve_invoke(TfLiteContext* context, TfLiteNode* node, const ln_curve* curve);

/* Makes ln_op_NAME of `curve`, a constant. */
#define LN_CURVE_OP(name, curve)                                                 \
  static TfLiteStatus name##_prepare(TfLiteContext* context, TfLiteNode* node) { \
    return ln_curve_prepare(context, node, &(curve));                            \
  }                                                                              \
  static TfLiteStatus name##_invoke(TfLiteContext* context, TfLiteNode* node) {  \
    return ln_curve_invoke(context, node, &(curve));                             \
  }                                                                              \
  const TfLiteRegistration ln_op_##name = {.init = ln_curve_init,                \
                                           .free = ln_curve_free,                \
                                           .prepare = name##_prepare,            \
                                           .invoke = name##_invoke,              \
                                           .inplace_operator = kTfLiteInplaceOpInput0Shared};

#endif
