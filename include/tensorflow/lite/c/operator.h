/* Part of Linnet. Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Operators as opaque objects: how custom operators and delegates' kernels are made without depending on the layout of
 * TfLiteRegistration. The callbacks get opaque contexts and nodes. */
#ifndef TENSORFLOW_LITE_C_OPERATOR_H_
#define TENSORFLOW_LITE_C_OPERATOR_H_

#include "tensorflow/lite/builtin_ops.h"
#include "tensorflow/lite/c/common.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Makes an operator without callbacks.
 *
 * For a custom operator `builtin_code` is kTfLiteBuiltinCustom and `custom_name` the name in the model; for one that
 * stands in for a builtin operator the name is NULL. `version` must be the one that the model asks for. `custom_name`
 * is copied; `user_data` is borrowed and handed to the callbacks that were set by a function ending in WithData.
 *
 * Returns an owned operator (TfLiteOperatorDelete), NULL where there is no memory. An operator may be changed by one
 * thread at a time, and must not be while an interpreter uses it.
 */
TFL_CAPI_EXPORT extern TfLiteOperator* TfLiteOperatorCreate(TfLiteBuiltinOperator builtin_code, const char* custom_name,
                                                            int version, void* user_data);

/**
 * Gives the caller's operator up. Options and interpreters that use it keep it until they are deleted themselves; what
 * its callbacks need (`user_data`) must live as long. NULL is a no-op.
 */
TFL_CAPI_EXPORT extern void TfLiteOperatorDelete(TfLiteOperator* registration);

/* What it was made with. For NULL: kTfLiteBuiltinCustom, NULL, -1, NULL. The name is borrowed from the operator. */
TFL_CAPI_EXPORT extern TfLiteBuiltinOperator TfLiteOperatorGetBuiltInCode(const TfLiteOperator* registration);
TFL_CAPI_EXPORT extern const char* TfLiteOperatorGetCustomName(const TfLiteOperator* registration);
TFL_CAPI_EXPORT extern int TfLiteOperatorGetVersion(const TfLiteOperator* registration);
TFL_CAPI_EXPORT extern void* TfLiteOperatorGetUserData(const TfLiteOperator* registration);

/**
 * Sets what is called once for each node when an interpreter is created, or when a delegate takes nodes.
 *
 * `buffer` holds `length` bytes: a custom operator's options from the model, a builtin operator's parameter struct
 * (length 0), or a TfLiteOpaqueDelegateParams (length 0); borrowed, and good as long as the node. What the callback
 * returns is the node's user data; TfLiteKernelInitFailed() makes the preparation fail. Shapes are not known yet: the
 * context serves to report, and to look at the nodes that a delegate's kernel replaces.
 *
 * A NULL operator is a no-op; the WithData form returns kTfLiteError for it, and takes precedence where both are set.
 * The same holds for all setters below.
 */
TFL_CAPI_EXPORT extern void TfLiteOperatorSetInit(TfLiteOperator* registration,
                                                  void* (*init)(TfLiteOpaqueContext* context, const char* buffer,
                                                                size_t length));
TFL_CAPI_EXPORT extern TfLiteStatus TfLiteOperatorSetInitWithData(TfLiteOperator* registration,
                                                                  void* (*init)(void* user_data,
                                                                                TfLiteOpaqueContext* context,
                                                                                const char* buffer, size_t length));

/** Sets what gives a node's user data back, once, when the node is deleted; not called for NULL or a failed init. */
TFL_CAPI_EXPORT extern void TfLiteOperatorSetFree(TfLiteOperator* registration,
                                                  void (*free)(TfLiteOpaqueContext* context, void* data));
TFL_CAPI_EXPORT extern TfLiteStatus TfLiteOperatorSetFreeWithData(
    TfLiteOperator* registration, void (*free)(void* user_data, TfLiteOpaqueContext* context, void* data));

/**
 * Sets what is called when the shapes of a node's inputs are known: it checks them and gives the outputs their shapes.
 * Called again whenever shapes may have changed. Anything but kTfLiteOk makes AllocateTensors fail with that status.
 */
TFL_CAPI_EXPORT extern void TfLiteOperatorSetPrepare(TfLiteOperator* registration,
                                                     TfLiteStatus (*prepare)(TfLiteOpaqueContext* context,
                                                                             TfLiteOpaqueNode* node));
TFL_CAPI_EXPORT extern TfLiteStatus TfLiteOperatorSetPrepareWithData(
    TfLiteOperator* registration,
    TfLiteStatus (*prepare)(void* user_data, TfLiteOpaqueContext* context, TfLiteOpaqueNode* node));

/** Sets what computes the outputs from the inputs. An operator without it counts as unknown. */
TFL_CAPI_EXPORT extern void TfLiteOperatorSetInvoke(TfLiteOperator* registration,
                                                    TfLiteStatus (*invoke)(TfLiteOpaqueContext* context,
                                                                           TfLiteOpaqueNode* node));
TFL_CAPI_EXPORT extern TfLiteStatus TfLiteOperatorSetInvokeWithData(TfLiteOperator* registration,
                                                                    TfLiteStatus (*invoke)(void* user_data,
                                                                                           TfLiteOpaqueContext* context,
                                                                                           TfLiteOpaqueNode* node));

/** Sets what gives the node's asynchronous kernel. Stored; nothing here runs asynchronously yet. */
TFL_CAPI_EXPORT extern void TfLiteOperatorSetAsyncKernel(
    TfLiteOperator* registration,
    struct TfLiteAsyncKernel* (*async_kernel)(TfLiteOpaqueContext* context, TfLiteOpaqueNode* node));
TFL_CAPI_EXPORT extern TfLiteStatus TfLiteOperatorSetAsyncKernelWithData(
    TfLiteOperator* registration,
    struct TfLiteAsyncKernel* (*async_kernel)(void* user_data, TfLiteOpaqueContext* context, TfLiteOpaqueNode* node));

/** Says which inputs the outputs may share memory with: TfLiteInPlaceOp flags. Unknown flags count as none. */
TFL_CAPI_EXPORT extern void TfLiteOperatorSetInplaceOperator(TfLiteOperator* registration, uint64_t inplace_operator);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* TENSORFLOW_LITE_C_OPERATOR_H_ */
