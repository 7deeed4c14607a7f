/* Not written yet. */
#include "ops/builtin_ops.h"
#include "ops/op_util.h"

const TfLiteRegistration ln_op_sin = {0};
const TfLiteRegistration ln_op_cos = {0};
const TfLiteRegistration ln_op_sqrt = {0};
const TfLiteRegistration ln_op_rsqrt = {0};
const TfLiteRegistration ln_op_square = {0};
const TfLiteRegistration ln_op_round = {0};
const TfLiteRegistration ln_op_sign = {0};
const TfLiteRegistration ln_op_abs = {0};
const TfLiteRegistration ln_op_neg = {0};
const TfLiteRegistration ln_op_exp = {0};
const TfLiteRegistration ln_op_log = {0};
const TfLiteRegistration ln_op_floor = {0};
const TfLiteRegistration ln_op_ceil = {0};
const TfLiteRegistration ln_op_logical_not = {0};
