/* Part of Linnet. Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Forwards to the canonical header. */
#ifndef TFLITE_DELEGATES_EXTERNAL_EXTERNAL_DELEGATE_H_
#define TFLITE_DELEGATES_EXTERNAL_EXTERNAL_DELEGATE_H_

#include "tensorflow/lite/delegates/external/external_delegate.h"

#endif /* TFLITE_DELEGATES_EXTERNAL_EXTERNAL_DELEGATE_H_ */
