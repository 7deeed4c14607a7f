/* Float convolutions by Winograd's transforms: kernels/generic/winograd_f32.h. The matrix has filters packed for it,
 * 1.4 to 4 times as large as they are. */
#ifndef LN_OPS_CONV_WINOGRAD_H_
#define LN_OPS_CONV_WINOGRAD_H_

#include "ops/matrix.h"

/* Whether it can be done for that shape and pays, and by which form: enough channels and tiles. */
bool ln_conv_winograd_fits(TfLiteContext* context, const ln_matrix* matrix, const ln_im2col* shape, size_t batch,
                           ln_winograd_form* form);

/* Scratch memory for ln_conv_winograd_run. */
TfLiteStatus ln_conv_winograd_plan_scratch(TfLiteContext* context, const ln_matrix* matrix, const ln_im2col* shape,
                                           size_t batch, size_t* size_bytes);

/* [batch,H,W,C] to [batch,grid_height,grid_width,columns]; the matrix is prepared and loaded. */
void ln_conv_winograd_run(TfLiteContext* context, const ln_matrix* matrix, const ln_im2col* shape, size_t batch,
                          const float* in, float* out, void* scratch);

#endif
