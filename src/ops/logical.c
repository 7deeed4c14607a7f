/* Not written yet. */
#include "ops/builtin_ops.h"
#include "ops/op_util.h"

const TfLiteRegistration ln_op_logical_and = {0};
const TfLiteRegistration ln_op_logical_or = {0};
