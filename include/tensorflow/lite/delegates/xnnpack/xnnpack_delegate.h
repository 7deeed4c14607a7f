/* Part of Linnet. Licensed under the Apache License, Version 2.0; see LICENSE. */
/* The XNNPACK delegate's interface, so that programs that ask for it build and run. The delegate is accepted and claims
 * no node: the library's own kernels are what would be gained.
 *
 * The options grew over time and are passed by value: 32 bytes with `flags` at offset 4 up to TensorFlow 2.19, 64 bytes
 * with `flags` at offset 8 later (below). The library works with programs built either way: it writes the first 32
 * bytes only and reads none. A program must therefore not rely on what lies beyond them in default options; set the
 * members that you use. */
#ifndef TENSORFLOW_LITE_DELEGATES_XNNPACK_XNNPACK_DELEGATE_H_
#define TENSORFLOW_LITE_DELEGATES_XNNPACK_XNNPACK_DELEGATE_H_

#include "tensorflow/lite/c/common.h"

#ifdef __cplusplus
extern "C" {
#endif

struct TfLiteXNNPackDelegateWeightsCache;

/** Wishes for the delegate. None of them has an effect here. */
typedef struct TfLiteXNNPackDelegateOptions {
  int32_t num_threads;
  uint32_t runtime_flags;
  uint32_t flags;
  struct TfLiteXNNPackDelegateWeightsCache* weights_cache;
  bool handle_variable_ops;
  const char* weight_cache_file_path;
  int weight_cache_file_descriptor;
  void* weight_cache_provider;
  bool weight_cache_lock_memory;
} TfLiteXNNPackDelegateOptions;

/** Default options: one thread, zeros in the rest of the first 32 bytes. */
TFL_CAPI_EXPORT extern TfLiteXNNPackDelegateOptions TfLiteXNNPackDelegateOptionsDefault(void);

/** A delegate (TfLiteXNNPackDelegateDelete), never NULL. `options` is not read and may be NULL. */
TFL_CAPI_EXPORT extern TfLiteDelegate* TfLiteXNNPackDelegateCreate(const TfLiteXNNPackDelegateOptions* options);

/** Gives it up, before or after the interpreters that use it. NULL is a no-op. */
TFL_CAPI_EXPORT extern void TfLiteXNNPackDelegateDelete(TfLiteDelegate* delegate);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* TENSORFLOW_LITE_DELEGATES_XNNPACK_XNNPACK_DELEGATE_H_ */
