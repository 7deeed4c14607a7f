/* MUL of pictures of bytes by one number for each of their channels, as squeeze-and-excite blocks scale them: these are
 * made factors once a picture. */
#ifndef LN_OPS_SCALE_CHANNELS_H_
#define LN_OPS_SCALE_CHANNELS_H_

#include "kernels/generic/rows_q8.h"
#include "ops/binary_util.h"

/* Zeroed when the operator is made. */
typedef struct ln_scale_channels {
  bool is_prepared, turned; /* turned: the second input is the picture */
  ln_scale_q8 numbers;
  void* memory;
} ln_scale_channels;

void ln_scale_channels_free(ln_scale_channels* data);

/* Is prepared if the inputs are such ones. */
TfLiteStatus ln_scale_channels_prepare(TfLiteContext* context, const ln_binary_io* io, const ln_mul_quantized* product,
                                       ln_scale_channels* data);

/* False: nothing was done, as it is not prepared or shapes have changed. */
bool ln_scale_channels_run(TfLiteContext* context, const ln_binary_io* io, const ln_scale_channels* data);

#endif
