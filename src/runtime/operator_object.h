/* TfLiteOperator: an operator as an opaque object. Its callbacks come in two forms, with and without the user's data.
 */
#ifndef LN_RUNTIME_OPERATOR_OBJECT_H_
#define LN_RUNTIME_OPERATOR_OBJECT_H_

#include <stdatomic.h>

#include "tensorflow/lite/builtin_ops.h"
#include "tensorflow/lite/c/common.h"

struct TfLiteOperator {
  atomic_int references;
  char* custom_name; /* owned; NULL: builtin */
  int32_t builtin_code;
  int version;
  void* user_data;
  void* (*init)(TfLiteOpaqueContext*, const char*, size_t);
  void* (*init_with_data)(void*, TfLiteOpaqueContext*, const char*, size_t);
  void (*free)(TfLiteOpaqueContext*, void*);
  void (*free_with_data)(void*, TfLiteOpaqueContext*, void*);
  TfLiteStatus (*prepare)(TfLiteOpaqueContext*, TfLiteOpaqueNode*);
  TfLiteStatus (*prepare_with_data)(void*, TfLiteOpaqueContext*, TfLiteOpaqueNode*);
  TfLiteStatus (*invoke)(TfLiteOpaqueContext*, TfLiteOpaqueNode*);
  TfLiteStatus (*invoke_with_data)(void*, TfLiteOpaqueContext*, TfLiteOpaqueNode*);
  struct TfLiteAsyncKernel* (*async_kernel)(TfLiteOpaqueContext*, TfLiteOpaqueNode*);
  struct TfLiteAsyncKernel* (*async_kernel_with_data)(void*, TfLiteOpaqueContext*, TfLiteOpaqueNode*);
  uint64_t inplace_operator;
};

/* Takes a reference, so that a caller may delete its operator while options and nodes still use it. False: this library
 * did not make it, and it must not be followed. */
bool ln_operator_retain(TfLiteOperator* op);
void ln_operator_release(TfLiteOperator* op); /* NULL is a no-op */

#endif
