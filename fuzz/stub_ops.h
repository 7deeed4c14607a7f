/* Operators that compute nothing but check where their tensors lie: each fills its outputs with a byte of their own,
 * and finds in its inputs the bytes that their writers left. For graphs whose memory is planned wrongly. */
#ifndef LN_FUZZ_STUB_OPS_H_
#define LN_FUZZ_STUB_OPS_H_

#include "tensorflow/lite/c/c_api.h"

/* Every operator of models created with these options becomes such a one. */
void stub_ops_use(TfLiteInterpreterOptions* options);
/* Forgets what was written: between interpreters. */
void stub_ops_forget(void);

#endif
