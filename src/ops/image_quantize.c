#include "ops/image_quantize.h"

#include "ops/row_quantize.h"

enum { kQuantized, kScales, kZeroPoints };

static TfLiteStatus read_filter_scales(TfLiteContext* context, const TfLiteTensor* filter, int32_t outputs,
                                       float** scales) {
  const TfLiteAffineQuantization* affine;
  LN_TRY(ln_get_affine(context, filter, "the filter", &affine));
  LN_CHECK(context, affine->scale->size == 1 || affine->scale->size == outputs,
           "the filter has %d scales; 1 or %d are right", affine->scale->size, outputs);
  ln_free(*scales);
  *scales = ln_calloc((size_t)outputs, sizeof(float));
  LN_CHECK(context, *scales != NULL, "no memory for %d scales", outputs);
  for (int32_t i = 0; i < outputs; ++i) (*scales)[i] = affine->scale->data[affine->scale->size == 1 ? 0 : i];
  return kTfLiteOk;
}

TfLiteStatus ln_prepare_hybrid(TfLiteContext* context, TfLiteNode* node, int input_index, const TfLiteTensor* filter,
                               int32_t outputs, TfLiteType type, float** scales) {
  const TfLiteTensor* input;
  int32_t dims[LN_MAX_RANK];
  LN_TRY(read_filter_scales(context, filter, outputs, scales));
  LN_TRY(ln_get_input(context, node, input_index, &input));
  const int rank = ln_rank(input);
  for (int i = 0; i < rank; ++i) dims[i] = ln_dim(input, i);
  LN_TRY(ln_set_temporary(context, node, kQuantized, type, kTfLiteArenaRw, rank, dims));
  LN_TRY(ln_set_temporary(context, node, kScales, kTfLiteFloat32, kTfLiteArenaRw, 1, dims));
  return ln_set_temporary(context, node, kZeroPoints, kTfLiteInt32, kTfLiteArenaRw, 1, dims);
}

ln_quantized_images ln_quantize_images(TfLiteContext* context, const TfLiteNode* node, const TfLiteTensor* input) {
  TfLiteTensor* quantized = ln_get_temporary(context, node, kQuantized);
  float* scales = ln_get_temporary(context, node, kScales)->data.f;
  int32_t* zero_points = ln_get_temporary(context, node, kZeroPoints)->data.i32;
  const size_t images = (size_t)ln_dim(input, 0), size = images > 0 ? (size_t)ln_num_elements(input) / images : 0;
  const bool whole = quantized->type == kTfLiteFloat32;
  for (size_t i = 0; i < images; ++i) {
    const ln_row_scale how =
        ln_quantize_row(context, input->data.f + i * size, size, true, 0,
                        whole ? NULL : quantized->data.uint8 + i * size, whole ? quantized->data.f + i * size : NULL);
    scales[i] = how.scale;
    zero_points[i] = how.zero_point;
  }
  return (ln_quantized_images){quantized->data.raw, scales, zero_points};
}
