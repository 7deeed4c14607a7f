/* Not written yet. */
#include "ops/op_util.h"
#include "ops/builtin_ops.h"

const TfLiteRegistration ln_op_resize_bilinear = {0};
const TfLiteRegistration ln_op_resize_nearest_neighbor = {0};
