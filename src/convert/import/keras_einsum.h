/* Sums of products by an equation ("abc,cd->abd"), as a matrix product between transposes and reshapes. */
#ifndef LN_CONVERT_IMPORT_KERAS_EINSUM_H_
#define LN_CONVERT_IMPORT_KERAS_EINSUM_H_

#include "convert/import/keras_import.h"

/* Of two tensors. NULL, noted: it cannot be. */
ln_tensor* ln_keras_einsum(ln_keras_call* call, const char* text, ln_tensor* x, ln_tensor* y, const char* name);
/* Of all inputs of a call, any number of them, whose result it returns. */
void ln_keras_einsum_all(ln_keras_call* call, const char* text);
/* Of a tensor and weights, which share no dimension that stays: a fully connected operator. `bias` runs along the
 * weights' own dimensions; NULL: none. */
ln_tensor* ln_keras_einsum_weights(ln_keras_call* call, const char* text, ln_tensor* x, const ln_keras_array* weights,
                                   const char* name);

#endif
