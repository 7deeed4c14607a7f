/* What hybrid convolutions do with their float input before they run: every image of the batch becomes int8, with a
 * scale and a zero point of its own. The memory for it is three temporaries of the node. */
#ifndef LN_OPS_IMAGE_QUANTIZE_H_
#define LN_OPS_IMAGE_QUANTIZE_H_

#include "ops/op_util.h"

enum { LN_IMAGE_TEMPORARIES = 3 };

typedef struct ln_quantized_images {
  const int8_t* data;
  const float* scales;
  const int32_t* zero_points;
} ln_quantized_images;

/* Shapes the temporaries at slots 0 to 2 (after ln_set_temporaries). */
TfLiteStatus ln_prepare_images(TfLiteContext* context, TfLiteNode* node, const TfLiteTensor* input);

/* Invoke. */
ln_quantized_images ln_quantize_images(TfLiteContext* context, const TfLiteNode* node, const TfLiteTensor* input);

/* One scale for each of the filter's `outputs` channels, from one for all or one for each; the caller frees them. */
TfLiteStatus ln_read_filter_scales(TfLiteContext* context, const TfLiteTensor* filter, int32_t outputs, float** scales);

#endif
