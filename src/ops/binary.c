/* Not written yet. */
#include "ops/builtin_ops.h"
#include "ops/op_util.h"

const TfLiteRegistration ln_op_add = {0};
const TfLiteRegistration ln_op_sub = {0};
const TfLiteRegistration ln_op_mul = {0};
const TfLiteRegistration ln_op_div = {0};
const TfLiteRegistration ln_op_maximum = {0};
const TfLiteRegistration ln_op_minimum = {0};
const TfLiteRegistration ln_op_floor_div = {0};
const TfLiteRegistration ln_op_floor_mod = {0};
const TfLiteRegistration ln_op_atan2 = {0};
const TfLiteRegistration ln_op_pow = {0};
const TfLiteRegistration ln_op_squared_difference = {0};
