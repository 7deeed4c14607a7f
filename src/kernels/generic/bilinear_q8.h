/* Resizing pictures of bytes bilinearly: the rungs of ln_resize_bilinear_u8_ref and ln_resize_bilinear_s8_ref, with
 * their results bit for bit. */
#ifndef LN_KERNELS_BILINEAR_Q8_H_
#define LN_KERNELS_BILINEAR_Q8_H_

#include "base/cpu.h"
#include "kernels/generic/resize.h"

typedef struct ln_bilinear_q8 {
  const char* name;
  ln_isa isa;
  void (*run_u8)(const ln_resize_shape* shape, const uint8_t* in, uint8_t* out);
  void (*run_s8)(const ln_resize_shape* shape, const int8_t* in, int8_t* out);
} ln_bilinear_q8;

const ln_bilinear_q8* const* ln_bilinear_q8_rungs(size_t* count);
const ln_bilinear_q8* ln_bilinear_q8_best(void);

#endif
