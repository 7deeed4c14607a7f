/* Part of Linnet. Licensed under the Apache License, Version 2.0; see LICENSE. */
/* The C interface, second part: variables, operators and how they are found, custom allocations, delegates at run time,
 * buffer handles. What c_api.h says of NULL, indices, reports and threads holds here as well. */
#ifndef TENSORFLOW_LITE_C_C_API_EXPERIMENTAL_H_
#define TENSORFLOW_LITE_C_C_API_EXPERIMENTAL_H_

#include "tensorflow/lite/builtin_ops.h"
#include "tensorflow/lite/c/c_api.h"
#include "tensorflow/lite/c/common.h"

#ifdef __cplusplus
extern "C" {
#endif

struct TfLiteTelemetryProfilerStruct;

/* ---- Variables -------------------------------------------------------------------------------------------------- */

/** Sets all variable tensors of all subgraphs to zero (int8: to their zero point). Resource variables stay. */
TFL_CAPI_EXPORT extern TfLiteStatus TfLiteInterpreterResetVariableTensors(TfLiteInterpreter* interpreter);

/** Variable tensors of the primary subgraph. */
TFL_CAPI_EXPORT extern int32_t TfLiteInterpreterGetVariableTensorCount(const TfLiteInterpreter* interpreter);

/** One of them, from 0; borrowed. NULL: there is no such one. */
TFL_CAPI_EXPORT extern TfLiteTensor* TfLiteInterpreterGetVariableTensor(const TfLiteInterpreter* interpreter,
                                                                        int32_t variable_index);

/* ---- Operators -------------------------------------------------------------------------------------------------- */

/**
 * Adds an implementation of a builtin operator for versions min_version ... max_version; it goes before the library's.
 * The registration is copied; what it points to must outlive the interpreters. The one added last counts.
 */
TFL_CAPI_EXPORT extern void TfLiteInterpreterOptionsAddBuiltinOp(TfLiteInterpreterOptions* options,
                                                                 TfLiteBuiltinOperator op,
                                                                 const TfLiteRegistration* registration,
                                                                 int32_t min_version, int32_t max_version);

/** The same for a custom operator by its name in the model (copied). */
TFL_CAPI_EXPORT extern void TfLiteInterpreterOptionsAddCustomOp(TfLiteInterpreterOptions* options, const char* name,
                                                                const TfLiteRegistration* registration,
                                                                int32_t min_version, int32_t max_version);

/**
 * Sets callbacks that find operators, each or both of which may be NULL. With any set, only they are asked: neither
 * operators added to the options nor the library's own. They are called while interpreters are created, on that thread;
 * what they return is copied at once, and may be changed at the next call; NULL: unknown.
 *
 * The functions of this group replace each other's callbacks. Those with a version are for callbacks that return the
 * struct as it was then; members that it lacks count as zero.
 */
TFL_CAPI_EXPORT extern void TfLiteInterpreterOptionsSetOpResolver(
    TfLiteInterpreterOptions* options,
    const TfLiteRegistration* (*find_builtin_op)(void* user_data, TfLiteBuiltinOperator op, int version),
    const TfLiteRegistration* (*find_custom_op)(void* user_data, const char* custom_op, int version),
    void* op_resolver_user_data);

TFL_CAPI_EXPORT extern void TfLiteInterpreterOptionsSetOpResolverV3(
    TfLiteInterpreterOptions* options,
    const TfLiteRegistration_V3* (*find_builtin_op_v3)(void* user_data, TfLiteBuiltinOperator op, int version),
    const TfLiteRegistration_V3* (*find_custom_op_v3)(void* user_data, const char* custom_op, int version),
    void* op_resolver_user_data);

TFL_CAPI_EXPORT extern void TfLiteInterpreterOptionsSetOpResolverV2(
    TfLiteInterpreterOptions* options,
    const TfLiteRegistration_V2* (*find_builtin_op_v2)(void* user_data, TfLiteBuiltinOperator op, int version),
    const TfLiteRegistration_V2* (*find_custom_op_v2)(void* user_data, const char* custom_op, int version),
    void* op_resolver_user_data);

TFL_CAPI_EXPORT extern void TfLiteInterpreterOptionsSetOpResolverV1(
    TfLiteInterpreterOptions* options,
    const TfLiteRegistration_V1* (*find_builtin_op_v1)(void* user_data, TfLiteBuiltinOperator op, int version),
    const TfLiteRegistration_V1* (*find_custom_op_v1)(void* user_data, const char* custom_op, int version),
    void* op_resolver_user_data);

/** The same with operators as opaque objects; the interpreter keeps those it uses. One without callbacks is unknown. */
TFL_CAPI_EXPORT extern void TfLiteInterpreterOptionsSetOpResolverExternal(
    TfLiteInterpreterOptions* options, const TfLiteOperator* (*find_builtin_op)(void* user_data, int op, int version),
    const TfLiteOperator* (*find_custom_op)(void* user_data, const char* custom_op, int version),
    void* op_resolver_user_data);

/** The same, and where it knows nothing, callbacks that return registrations are asked. */
TFL_CAPI_EXPORT extern void TfLiteInterpreterOptionsSetOpResolverExternalWithFallback(
    TfLiteInterpreterOptions* options,
    const TfLiteOperator* (*find_builtin_op_external)(void* user_data, int op, int version),
    const TfLiteOperator* (*find_custom_op_external)(void* user_data, const char* custom_op, int version),
    const TfLiteRegistration* (*find_builtin_op)(void* user_data, TfLiteBuiltinOperator op, int version),
    const TfLiteRegistration* (*find_custom_op)(void* user_data, const char* custom_op, int version),
    void* op_resolver_user_data);

/** As TfLiteInterpreterCreate, but without the library's own operators: only those of the options. */
TFL_CAPI_EXPORT extern TfLiteInterpreter* TfLiteInterpreterCreateWithSelectedOps(
    const TfLiteModel* model, const TfLiteInterpreterOptions* options);

/* ---- Settings that are accepted and have no effect here ---------------------------------------------------------- */

/** Android's neural network interface: there is none here, and the original ignores the wish elsewhere too. */
TFL_CAPI_EXPORT extern void TfLiteInterpreterOptionsSetUseNNAPI(TfLiteInterpreterOptions* options, bool enable);

/** Falling back to the CPU when a delegate's node fails: a failed invoke is reported as such instead. */
TFL_CAPI_EXPORT extern void TfLiteInterpreterOptionsSetEnableDelegateFallback(TfLiteInterpreterOptions* options,
                                                                              bool enable);

/** Nothing is sent to the profiler: LinnetInterpreterSetProfiling gives a profile. */
TFL_CAPI_EXPORT extern void TfLiteInterpreterOptionsSetTelemetryProfiler(
    TfLiteInterpreterOptions* options, struct TfLiteTelemetryProfilerStruct* profiler);

/* ---- Delegates and memory --------------------------------------------------------------------------------------- */

/**
 * Lets a delegate (borrowed: it must outlive the interpreter) take nodes of an existing interpreter. Tensors that were
 * allocated are allocated anew.
 *
 * kTfLiteApplicationError: the delegate takes only fixed shapes and the model has others. kTfLiteDelegateError: it
 * failed. kTfLiteError: an invoke runs, or no delegate is given. The graph is then as it was.
 */
TFL_CAPI_EXPORT extern TfLiteStatus TfLiteInterpreterModifyGraphWithDelegate(const TfLiteInterpreter* interpreter,
                                                                             TfLiteDelegate* delegate);

/** The tensor index of an input or output, by its number from 0; -1: there is no such one. */
TFL_CAPI_EXPORT extern int32_t TfLiteInterpreterGetInputTensorIndex(const TfLiteInterpreter* interpreter,
                                                                    int32_t input_index);
TFL_CAPI_EXPORT extern int32_t TfLiteInterpreterGetOutputTensorIndex(const TfLiteInterpreter* interpreter,
                                                                     int32_t output_index);

/**
 * Gives a tensor of the primary subgraph memory of the caller's: an input, an output, a variable or anything else that
 * would lie in the arena. The memory stays the caller's and must outlive its use; the struct is borrowed for the call.
 *
 * `allocation->data` must lie at a multiple of 64 unless `flags` (TfLiteCustomAllocationFlags) say otherwise, and have
 * at least the tensor's size, which TfLiteInterpreterAllocateTensors checks. It may be called between invokes to change
 * buffers: with the same size no new allocation is needed. kTfLiteError, reported: no such tensor, a constant or
 * dynamic one, no memory given, wrong alignment.
 */
TFL_CAPI_EXPORT extern TfLiteStatus TfLiteInterpreterSetCustomAllocationForTensor(
    TfLiteInterpreter* interpreter, int tensor_index, const TfLiteCustomAllocation* allocation, int64_t flags);

/**
 * Says in which memory of a delegate (borrowed) a tensor lies. A handle that the tensor had is freed by its delegate.
 * kTfLiteError: not a tensor of this interpreter, or it belongs to another delegate.
 */
TFL_CAPI_EXPORT extern TfLiteStatus TfLiteInterpreterSetBufferHandle(TfLiteInterpreter* interpreter,
                                                                     TfLiteTensor* tensor,
                                                                     TfLiteBufferHandle buffer_handle,
                                                                     TfLiteOpaqueDelegate* delegate);

/** A tensor's handle and delegate: kTfLiteNullBufferHandle and NULL if there is none. */
TFL_CAPI_EXPORT extern TfLiteStatus TfLiteInterpreterGetBufferHandle(TfLiteInterpreter* interpreter, int tensor_index,
                                                                     TfLiteBufferHandle* buffer_handle,
                                                                     TfLiteOpaqueDelegate** delegate);

/** Whether an invoke may leave outputs in the delegates' memory (false at first) instead of fetching them. */
TFL_CAPI_EXPORT extern void TfLiteSetAllowBufferHandleOutput(const TfLiteInterpreter* interpreter,
                                                             bool allow_buffer_handle_output);

/** Fetches a tensor's data from its delegate's memory if what is there is newer. */
TFL_CAPI_EXPORT extern TfLiteStatus TfLiteInterpreterEnsureTensorDataIsReadable(TfLiteInterpreter* interpreter,
                                                                                int tensor_index);

/** As TfLiteInterpreterCancel, for the runner's interpreter. Not while that is being deleted. */
TFL_CAPI_EXPORT extern TfLiteStatus TfLiteSignatureRunnerCancel(TfLiteSignatureRunner* signature_runner);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* TENSORFLOW_LITE_C_C_API_EXPERIMENTAL_H_ */
