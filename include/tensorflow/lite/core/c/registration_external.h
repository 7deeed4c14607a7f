/* Part of Linnet. Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Forwards: the old name of operator.h. */
#ifndef TENSORFLOW_LITE_CORE_C_REGISTRATION_EXTERNAL_H_
#define TENSORFLOW_LITE_CORE_C_REGISTRATION_EXTERNAL_H_

#include "tensorflow/lite/c/operator.h"

#endif /* TENSORFLOW_LITE_CORE_C_REGISTRATION_EXTERNAL_H_ */
