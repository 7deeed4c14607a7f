/* Not written yet. */
#include "ops/op_util.h"
#include "ops/builtin_ops.h"

const TfLiteRegistration ln_op_sum = {0};
const TfLiteRegistration ln_op_mean = {0};
const TfLiteRegistration ln_op_reduce_prod = {0};
const TfLiteRegistration ln_op_reduce_max = {0};
const TfLiteRegistration ln_op_reduce_min = {0};
const TfLiteRegistration ln_op_reduce_any = {0};
const TfLiteRegistration ln_op_reduce_all = {0};
