/* Not written yet. */
#include "ops/builtin_ops.h"
#include "ops/op_util.h"

const TfLiteRegistration ln_op_tanh = {0};
const TfLiteRegistration ln_op_logistic = {0};
const TfLiteRegistration ln_op_elu = {0};
const TfLiteRegistration ln_op_relu = {0};
const TfLiteRegistration ln_op_relu6 = {0};
const TfLiteRegistration ln_op_relu_n1_to_1 = {0};
const TfLiteRegistration ln_op_relu_0_to_1 = {0};
const TfLiteRegistration ln_op_leaky_relu = {0};
const TfLiteRegistration ln_op_hard_swish = {0};
const TfLiteRegistration ln_op_prelu = {0};
const TfLiteRegistration ln_op_gelu = {0};
