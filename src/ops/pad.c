/* Not written yet. */
#include "ops/op_util.h"
#include "ops/builtin_ops.h"

const TfLiteRegistration ln_op_pad = {0};
const TfLiteRegistration ln_op_padv2 = {0};
const TfLiteRegistration ln_op_mirror_pad = {0};
