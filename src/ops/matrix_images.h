/* What hybrid convolutions do with their float input before the product runs: every image of the batch becomes bytes as
 * the kernels take them, with a scale and a zero point of its own, in temporaries of the node. */
#ifndef LN_OPS_MATRIX_IMAGES_H_
#define LN_OPS_MATRIX_IMAGES_H_

#include "ops/matrix.h"

enum { LN_MATRIX_IMAGE_TEMPORARIES = 3 };

typedef struct ln_matrix_images {
  const void* data;
  const float* scales; /* of the images */
  const int32_t* zero_points;
  const int16_t* fill; /* what the kernels read outside of each */
} ln_matrix_images;

/* Prepare: shapes the temporaries from `slot` on for the node's input `input_index`. */
TfLiteStatus ln_matrix_set_image_temporaries(TfLiteContext* context, TfLiteNode* node, int slot, int input_index);

/* Invoke; the input has elements. */
ln_matrix_images ln_matrix_quantize_images(TfLiteContext* context, const TfLiteNode* node, int slot,
                                           const ln_matrix* matrix, const TfLiteTensor* input, bool asymmetric);

#endif
