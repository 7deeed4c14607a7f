/* Part of Linnet. Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Forwards to the canonical header. */
#ifndef TFLITE_CORE_C_C_API_TYPES_H_
#define TFLITE_CORE_C_C_API_TYPES_H_

#include "tensorflow/lite/c/c_api_types.h"

#endif /* TFLITE_CORE_C_C_API_TYPES_H_ */
