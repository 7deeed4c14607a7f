/* The custom operators that come with the library and how they are found. */
#ifndef LN_OPS_CUSTOM_OPS_H_
#define LN_OPS_CUSTOM_OPS_H_

#include "tensorflow/lite/c/common.h"

#define LN_CUSTOM_OP(name, registration) extern const TfLiteRegistration registration;
#include "ops/custom_ops.def"
#undef LN_CUSTOM_OP

/* NULL: no such operator, or not in that version. All are in version 1. */
const TfLiteRegistration* ln_find_custom_op(const char* name, int version);

#endif
