/* Part of Linnet. Licensed under the Apache License, Version 2.0; see LICENSE. */
/* The options of the external (plug-in) delegate. The functions come with the delegate itself. */
#ifndef TENSORFLOW_LITE_DELEGATES_EXTERNAL_EXTERNAL_DELEGATE_H_
#define TENSORFLOW_LITE_DELEGATES_EXTERNAL_EXTERNAL_DELEGATE_H_

#include "tensorflow/lite/c/common.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Which library to load (a path) and up to 256 pairs of options for it. All strings are borrowed. */
typedef struct TfLiteExternalDelegateOptions {
  const char* lib_path;
  int count;
  const char* keys[256];
  const char* values[256];
  TfLiteStatus (*insert)(struct TfLiteExternalDelegateOptions*, const char*, const char*);
} TfLiteExternalDelegateOptions;

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* TENSORFLOW_LITE_DELEGATES_EXTERNAL_EXTERNAL_DELEGATE_H_ */
