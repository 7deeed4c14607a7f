/* Pictures in another size by products with matrices of weights, one for each side: what the runtime's RESIZE_
 * operators do not compute. */
#ifndef LN_CONVERT_RESAMPLE_H_
#define LN_CONVERT_RESAMPLE_H_

#include "convert/build.h"

typedef struct ln_resampling {
  /* "area" and "bicubic" as TensorFlow's ResizeArea and ResizeBicubic; "lanczos1", "lanczos3", "lanczos5", "gaussian",
   * "box", "triangle", "keyscubic", "mitchellcubic" as its ScaleAndTranslate. */
  const char* kernel;
  bool align_corners, half_pixel_centers; /* of the first two */
  bool antialias;                         /* of the others */
  float scale[2], translation[2];         /* of the others; a scale of 0: new size / old size */
} ln_resampling;

bool ln_resample_knows(const char* kernel);

/* The weights of one side (0: height, 1: width), [to,from]: at least 1, of at most 2^26 weights. */
const float* ln_resample_matrix(ln_job* job, int32_t from, int32_t to, const ln_resampling* how, int side);

/* x [N,H,W,C] of float32 as [N,size[0],size[1],C]. NULL: an extent but the batch is not known, or a matrix would have
 * more than 2^26 weights. */
ln_tensor* ln_build_resample(const ln_builder* b, ln_tensor* x, const int32_t size[2], const ln_resampling* how,
                             const char* name);

#endif
