/* The builtin operators' registrations and how they are found. */
#ifndef LN_OPS_BUILTIN_OPS_H_
#define LN_OPS_BUILTIN_OPS_H_

#include "tensorflow/lite/c/common.h"

#define LN_OP(code, name, first_version, last_version, registration) extern const TfLiteRegistration registration;
#include "ops/builtin_ops.def"
#undef LN_OP

/* NULL: no such operator, or not in that version. */
const TfLiteRegistration* ln_find_builtin_op(int32_t code, int version);

#endif
