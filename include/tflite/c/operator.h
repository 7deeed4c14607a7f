/* Part of Linnet. Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Forwards to the canonical header. */
#ifndef TFLITE_C_OPERATOR_H_
#define TFLITE_C_OPERATOR_H_

#include "tensorflow/lite/c/operator.h"

#endif /* TFLITE_C_OPERATOR_H_ */
