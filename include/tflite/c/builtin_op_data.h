/* Part of Linnet. Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Forwards to the canonical header. */
#ifndef TFLITE_C_BUILTIN_OP_DATA_H_
#define TFLITE_C_BUILTIN_OP_DATA_H_

#include "tensorflow/lite/c/builtin_op_data.h"

#endif /* TFLITE_C_BUILTIN_OP_DATA_H_ */
