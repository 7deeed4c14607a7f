/* Each channel of a pixel divided by a power of the squares of the channels around it. Pointers and numbers only. */
#ifndef LN_KERNELS_LOCAL_RESPONSE_NORM_H_
#define LN_KERNELS_LOCAL_RESPONSE_NORM_H_

#include <stddef.h>

typedef struct ln_local_response_norm {
  size_t radius; /* channels on either side */
  float bias, alpha, beta;
} ln_local_response_norm;

/* out[c] = in[c] * (bias + alpha * sum of in[c - radius … c + radius]^2)^-beta. `out` is not `in`. */
void ln_local_response_norm_f32(const ln_local_response_norm* norm, size_t pixels, size_t channels, const float* in,
                                float* out);

#endif
