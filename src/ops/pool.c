/* Not written yet. */
#include "ops/op_util.h"
#include "ops/builtin_ops.h"

const TfLiteRegistration ln_op_average_pool_2d = {0};
const TfLiteRegistration ln_op_max_pool_2d = {0};
const TfLiteRegistration ln_op_l2_pool_2d = {0};
