/* Part of Linnet. Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Forwards to the canonical header. */
#ifndef TFLITE_DELEGATES_XNNPACK_XNNPACK_DELEGATE_H_
#define TFLITE_DELEGATES_XNNPACK_XNNPACK_DELEGATE_H_

#include "tensorflow/lite/delegates/xnnpack/xnnpack_delegate.h"

#endif /* TFLITE_DELEGATES_XNNPACK_XNNPACK_DELEGATE_H_ */
