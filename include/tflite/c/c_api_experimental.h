/* Part of Linnet. Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Forwards to the canonical header. */
#ifndef TFLITE_C_C_API_EXPERIMENTAL_H_
#define TFLITE_C_C_API_EXPERIMENTAL_H_

#include "tensorflow/lite/c/c_api_experimental.h"

#endif /* TFLITE_C_C_API_EXPERIMENTAL_H_ */
