/* Not written yet. */
#include "ops/builtin_ops.h"
#include "ops/op_util.h"

const TfLiteRegistration ln_op_lstm = {0};
const TfLiteRegistration ln_op_unidirectional_sequence_lstm = {0};
