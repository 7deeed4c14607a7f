/* Convolutions of bytes that read their windows where they lie: the input lines that some output lines need are copied
 * once into a slab, unsigned and with their border, and the kernel walks over the lines of a window as segments. */
#ifndef LN_OPS_CONV_BYTES_H_
#define LN_OPS_CONV_BYTES_H_

#include "ops/matrix.h"

/* Whether it suits; to be asked when the matrix's rule and types are set, before ln_matrix_prepare. The matrix then
 * needs as many segments as the filter has lines. */
bool ln_conv_bytes_fits(const ln_matrix* matrix, const ln_im2col* shape);

/* Scratch memory for ln_conv_bytes_run. */
TfLiteStatus ln_conv_bytes_plan(TfLiteContext* context, ln_matrix* matrix, const ln_im2col* shape, size_t* size_bytes);

/* `job` as ln_matrix_run has it for the part 0, lines apart. */
void ln_conv_bytes_run(TfLiteContext* context, const ln_matrix* matrix, void* scratch, const ln_im2col* shape,
                       size_t batch, const ln_matrix_job* job);

#endif
