#include "ops/matrix_images.h"

#include "ops/op_util.h"

enum { kQuantized, kScales, kZeroPoints };

TfLiteStatus ln_matrix_set_image_temporaries(TfLiteContext* context, TfLiteNode* node, int slot, int input_index) {
  const TfLiteTensor* input;
  LN_TRY(ln_get_input(context, node, input_index, &input));
  const int32_t batch = ln_dim(input, 0);
  LN_TRY(ln_set_temporary(context, node, slot + kQuantized, kTfLiteInt8, kTfLiteArenaRw, ln_rank(input),
                          input->dims->data));
  LN_TRY(ln_set_temporary(context, node, slot + kScales, kTfLiteFloat32, kTfLiteArenaRw, 1, &batch));
  const int32_t twice[2] = {2, batch}; /* as int32 for the sums, as int16 for the filling */
  return ln_set_temporary(context, node, slot + kZeroPoints, kTfLiteInt32, kTfLiteArenaRw, 2, twice);
}

ln_matrix_images ln_matrix_quantize_images(TfLiteContext* context, const TfLiteNode* node, int slot,
                                           const ln_matrix* matrix, const TfLiteTensor* input, bool asymmetric) {
  const size_t batch = (size_t)ln_dim(input, 0);
  int8_t* quantized = ln_get_temporary(context, node, slot + kQuantized)->data.int8;
  float* scales = ln_get_temporary(context, node, slot + kScales)->data.f;
  int32_t* zero_points = ln_get_temporary(context, node, slot + kZeroPoints)->data.i32;
  int16_t* fill = (int16_t*)(void*)(zero_points + batch);
  ln_matrix_quantize(context, matrix, input->data.f, batch, (size_t)ln_num_elements(input) / batch, asymmetric,
                     quantized, scales, zero_points);
  const int32_t up = matrix->in_type == kTfLiteUInt8 ? 128 : 0;
  for (size_t b = 0; b < batch; ++b) fill[b] = (int16_t)(zero_points[b] - up);
  return (ln_matrix_images){quantized, scales, zero_points, fill};
}
