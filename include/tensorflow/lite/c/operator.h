/* Part of Linnet. Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Operators as opaque objects: how custom operators are made without knowing struct layouts. */
#ifndef TENSORFLOW_LITE_C_OPERATOR_H_
#define TENSORFLOW_LITE_C_OPERATOR_H_

#include "tensorflow/lite/builtin_ops.h"
#include "tensorflow/lite/c/common.h"

#ifdef __cplusplus
extern "C" {
#endif

TFL_CAPI_EXPORT extern TfLiteOperator* TfLiteOperatorCreate(TfLiteBuiltinOperator builtin_code, const char* custom_name, int version, void* user_data);

TFL_CAPI_EXPORT extern void TfLiteOperatorDelete(TfLiteOperator* registration);

TFL_CAPI_EXPORT extern TfLiteBuiltinOperator TfLiteOperatorGetBuiltInCode(const TfLiteOperator* registration);

TFL_CAPI_EXPORT extern const char* TfLiteOperatorGetCustomName(const TfLiteOperator* registration);

TFL_CAPI_EXPORT extern int TfLiteOperatorGetVersion(const TfLiteOperator* registration);

TFL_CAPI_EXPORT extern void* TfLiteOperatorGetUserData(const TfLiteOperator* registration);

TFL_CAPI_EXPORT extern void TfLiteOperatorSetInit(TfLiteOperator* registration, void *(*init)(TfLiteOpaqueContext *, const char *, size_t));

TFL_CAPI_EXPORT extern TfLiteStatus TfLiteOperatorSetInitWithData(TfLiteOperator* registration, void *(*init)(void *, TfLiteOpaqueContext *, const char *, size_t));

TFL_CAPI_EXPORT extern void TfLiteOperatorSetFree(TfLiteOperator* registration, void (*free)(TfLiteOpaqueContext *, void *));

TFL_CAPI_EXPORT extern TfLiteStatus TfLiteOperatorSetFreeWithData(TfLiteOperator* registration, void (*free)(void *, TfLiteOpaqueContext *, void *));

TFL_CAPI_EXPORT extern void TfLiteOperatorSetPrepare(TfLiteOperator* registration, TfLiteStatus (*prepare)(TfLiteOpaqueContext *, TfLiteOpaqueNode *));

TFL_CAPI_EXPORT extern TfLiteStatus TfLiteOperatorSetPrepareWithData(TfLiteOperator* registration, TfLiteStatus (*prepare)(void *, TfLiteOpaqueContext *, TfLiteOpaqueNode *));

TFL_CAPI_EXPORT extern void TfLiteOperatorSetInvoke(TfLiteOperator* registration, TfLiteStatus (*invoke)(TfLiteOpaqueContext *, TfLiteOpaqueNode *));

TFL_CAPI_EXPORT extern TfLiteStatus TfLiteOperatorSetInvokeWithData(TfLiteOperator* registration, TfLiteStatus (*invoke)(void *, TfLiteOpaqueContext *, TfLiteOpaqueNode *));

TFL_CAPI_EXPORT extern void TfLiteOperatorSetAsyncKernel(TfLiteOperator* registration, struct TfLiteAsyncKernel *(*async_kernel)(TfLiteOpaqueContext *, TfLiteOpaqueNode *));

TFL_CAPI_EXPORT extern TfLiteStatus TfLiteOperatorSetAsyncKernelWithData(TfLiteOperator* registration, struct TfLiteAsyncKernel *(*async_kernel)(void *, TfLiteOpaqueContext *, TfLiteOpaqueNode *));

TFL_CAPI_EXPORT extern void TfLiteOperatorSetInplaceOperator(TfLiteOperator* registration, uint64_t inplace_operator);

#ifdef __cplusplus
}  /* extern "C" */
#endif

#endif  /* TENSORFLOW_LITE_C_OPERATOR_H_ */
