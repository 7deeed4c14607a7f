/* Resizing pictures bilinearly: the rungs of ln_resize_bilinear_…_ref, with their results bit for bit but for floats,
 * whose roundings come in another order. */
#ifndef LN_KERNELS_BILINEAR_H_
#define LN_KERNELS_BILINEAR_H_

#include "base/cpu.h"
#include "kernels/generic/resize.h"

typedef struct ln_bilinear {
  const char* name;
  ln_isa isa;
  void (*run_u8)(const ln_resize_shape* shape, const uint8_t* in, uint8_t* out);
  void (*run_s16)(const ln_resize_shape* shape, const int16_t* in, int16_t* out);
  void (*run_f32)(const ln_resize_shape* shape, const float* in, float* out);
  void (*run_s8)(const ln_resize_shape* shape, const int8_t* in, int8_t* out);
} ln_bilinear;

const ln_bilinear* const* ln_bilinear_rungs(size_t* count);
const ln_bilinear* ln_bilinear_best(void);

#endif
