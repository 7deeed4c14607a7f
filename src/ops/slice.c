/* Not written yet. */
#include "ops/op_util.h"
#include "ops/builtin_ops.h"

const TfLiteRegistration ln_op_slice = {0};
const TfLiteRegistration ln_op_strided_slice = {0};
