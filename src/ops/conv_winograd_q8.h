/* Convolutions of bytes by Winograd's transforms, bit for bit: kernels/generic/winograd_q8.h. The matrix has filters
 * packed for it, some eight times as large as they are. */
#ifndef LN_OPS_CONV_WINOGRAD_Q8_H_
#define LN_OPS_CONV_WINOGRAD_Q8_H_

#include "ops/matrix.h"

/* Whether it can be done for that shape and those constant filters, and pays, and how they are cut; to be asked when
 * the matrix's rule and types are set, before ln_matrix_prepare. */
bool ln_conv_winograd_q8_fits(ln_matrix* matrix, const ln_im2col* shape, size_t batch, const TfLiteTensor* filter);

/* Scratch memory for ln_conv_winograd_q8_run. */
TfLiteStatus ln_conv_winograd_q8_plan(TfLiteContext* context, ln_matrix* matrix, const ln_im2col* shape, size_t batch,
                                      size_t* size_bytes);

/* [batch,H,W,C] to [batch,grid_height,grid_width,columns]; `job` as ln_matrix_run has it for the part 0. */
void ln_conv_winograd_q8_run(TfLiteContext* context, const ln_matrix* matrix, void* scratch, const ln_im2col* shape,
                             size_t batch, const ln_matrix_job* job);

#endif
