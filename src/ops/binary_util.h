/* What operators on two broadcast inputs share. */
#ifndef LN_OPS_BINARY_UTIL_H_
#define LN_OPS_BINARY_UTIL_H_

#include "kernels/generic/binary.h"
#include "ops/op_util.h"

typedef struct ln_binary_io {
  const TfLiteTensor *a, *b;
  TfLiteTensor* output;
} ln_binary_io;

/* The two inputs and the output, of which there must be just so many. */
TfLiteStatus ln_binary_get(TfLiteContext* context, const TfLiteNode* node, ln_binary_io* io);

/* Gives the output the broadcast shape. Inputs must have the same type; the output gets `output_type`. */
TfLiteStatus ln_binary_prepare(TfLiteContext* context, const TfLiteNode* node, TfLiteType output_type);

/* Runs the row function over the broadcast inputs, large ones on all threads. For FLOAT16 and BFLOAT16 it is one of
 * floats. */
TfLiteStatus ln_binary_run_io(TfLiteContext* context, const ln_binary_io* io, ln_binary_row row, const void* params);
TfLiteStatus ln_binary_run(TfLiteContext* context, const TfLiteNode* node, ln_binary_row row, const void* params);

/* The clamps that a fused activation means for floats and for plain integers. */
TfLiteStatus ln_binary_clamp_f32(TfLiteContext* context, TfLiteFusedActivation activation, ln_clamp_f32* clamp);
TfLiteStatus ln_binary_clamp_int(TfLiteContext* context, TfLiteFusedActivation activation, TfLiteType type,
                                 ln_clamp_i64* clamp);

/* Reports an element of an integer tensor that stands for 0. */
TfLiteStatus ln_binary_check_divisor(TfLiteContext* context, const TfLiteTensor* divisor, int32_t zero_point);

/* Reports unless the scales of both inputs and the output are above 0. */
TfLiteStatus ln_binary_check_scales(TfLiteContext* context, const ln_binary_io* io);

/* The numbers of a quantized product; reports scales that are not above 0. */
TfLiteStatus ln_binary_make_product(TfLiteContext* context, const ln_binary_io* io, TfLiteFusedActivation activation,
                                    ln_mul_quantized* p);

/* The numbers of a quantized sum (sign 1) or difference (-1), likewise. */
TfLiteStatus ln_binary_make_sum(TfLiteContext* context, const ln_binary_io* io, TfLiteFusedActivation activation,
                                int32_t sign, ln_add_quantized* p);

/* A row function for each type that an operator takes. */
typedef struct ln_binary_choice {
  TfLiteType type;
  ln_binary_row row;
} ln_binary_choice;

/* The floats' row, which halves use too. */
#define LN_BINARY_FLOATS(row) \
  {kTfLiteFloat32, row}, {kTfLiteFloat16, row}, { kTfLiteBFloat16, row }

/* The row for the type, NULL: none. The list ends with kTfLiteNoType. */
ln_binary_row ln_binary_find(const ln_binary_choice* choices, TfLiteType type);

#endif
