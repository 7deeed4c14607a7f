/* Not written yet. */
#include "ops/builtin_ops.h"
#include "ops/op_util.h"

const TfLiteRegistration ln_op_conv_2d = {0};
