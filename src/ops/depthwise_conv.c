/* Not written yet. */
#include "ops/op_util.h"
#include "ops/builtin_ops.h"

const TfLiteRegistration ln_op_depthwise_conv_2d = {0};
