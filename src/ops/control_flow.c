/* Not written yet. */
#include "ops/op_util.h"
#include "ops/builtin_ops.h"

const TfLiteRegistration ln_op_if = {0};
const TfLiteRegistration ln_op_while = {0};
const TfLiteRegistration ln_op_call_once = {0};
