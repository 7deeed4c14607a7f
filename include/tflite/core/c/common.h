/* Part of Linnet. Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Forwards to the canonical header. */
#ifndef TFLITE_CORE_C_COMMON_H_
#define TFLITE_CORE_C_COMMON_H_

#include "tensorflow/lite/c/common.h"

#endif /* TFLITE_CORE_C_COMMON_H_ */
