/* Not written yet. */
#include "ops/builtin_ops.h"
#include "ops/op_util.h"

const TfLiteRegistration ln_op_equal = {0};
const TfLiteRegistration ln_op_not_equal = {0};
const TfLiteRegistration ln_op_less = {0};
const TfLiteRegistration ln_op_less_equal = {0};
const TfLiteRegistration ln_op_greater = {0};
const TfLiteRegistration ln_op_greater_equal = {0};
