/* Float convolutions that read their windows where they lie: pixels that are neighbours in a row of the output have
 * windows that are one distance apart, so that a row of the picture is a matrix for each row of the filter. What is
 * outside of the picture is left out. No window is copied. */
#ifndef LN_OPS_CONV_DIRECT_H_
#define LN_OPS_CONV_DIRECT_H_

#include "ops/matrix.h"

/* Whether it can be done for that shape and pays: rows long enough for whole tiles. */
bool ln_conv_direct_fits(const ln_matrix* matrix, const ln_im2col* shape);

/* [batch,H,W,C] to [batch,grid_height,grid_width,columns]; the matrix is prepared and loaded. */
void ln_conv_direct_run(TfLiteContext* context, const ln_matrix* matrix, const ln_im2col* shape, size_t batch,
                        const float* in, float* out);

#endif
