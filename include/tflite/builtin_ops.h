/* Part of Linnet. Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Forwards to the canonical header. */
#ifndef TFLITE_BUILTIN_OPS_H_
#define TFLITE_BUILTIN_OPS_H_

#include "tensorflow/lite/builtin_ops.h"

#endif /* TFLITE_BUILTIN_OPS_H_ */
