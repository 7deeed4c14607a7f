/* Quantized element-wise rows of int16 by the rungs of requant.h, with the results of their definitions in binary.h and
 * unary.h bit for bit. */
#ifndef LN_KERNELS_ROWS_S16_H_
#define LN_KERNELS_ROWS_S16_H_

#include "kernels/generic/binary.h"
#include "kernels/generic/unary.h"

/* `ref` itself where there is none. */
ln_binary_row ln_binary_s16_best(ln_binary_row ref);
ln_unary_row ln_unary_s16_best(ln_unary_row ref);

#endif
