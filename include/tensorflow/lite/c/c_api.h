/* Part of Linnet. Licensed under the Apache License, Version 2.0; see LICENSE. */
/* The C interface: models, interpreters, signatures, tensors.
 *
 *     TfLiteModel* model = TfLiteModelCreateFromFile("model.tflite");
 *     TfLiteInterpreter* interpreter = TfLiteInterpreterCreate(model, NULL);
 *     TfLiteModelDelete(model);
 *     TfLiteInterpreterAllocateTensors(interpreter);
 *     TfLiteTensorCopyFromBuffer(TfLiteInterpreterGetInputTensor(interpreter, 0), input, sizeof input);
 *     TfLiteInterpreterInvoke(interpreter);
 *     TfLiteTensorCopyToBuffer(TfLiteInterpreterGetOutputTensor(interpreter, 0), output, sizeof output);
 *     TfLiteInterpreterDelete(interpreter);
 *
 * NULL for any object and an index outside its range have a defined answer everywhere: kTfLiteError, NULL, 0 or -1; the
 * Delete functions do nothing. Failures are reported in a sentence to the error reporter (stderr if there is none);
 * LinnetLastError in linnet/linnet.h has the last one as text. After a failure every object can still be used.
 *
 * A model may be shared by any number of threads. An interpreter, and the tensors and signature runners got from it,
 * are used by one thread at a time; only the Cancel functions may be called from another. */
#ifndef TENSORFLOW_LITE_C_C_API_H_
#define TENSORFLOW_LITE_C_C_API_H_

#include <stdarg.h>

#include "tensorflow/lite/builtin_ops.h"
#include "tensorflow/lite/c/c_api_types.h"
#include "tensorflow/lite/c/operator.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A model file, read and verified. Immutable. */
typedef struct TfLiteModel TfLiteModel;
/** How an interpreter is to be made. */
typedef struct TfLiteInterpreterOptions TfLiteInterpreterOptions;
/** A model with memory for its tensors, ready to run. */
typedef struct TfLiteInterpreter TfLiteInterpreter;
/** An array of numbers or strings in an interpreter; its members are in common.h. */
typedef struct TfLiteTensor TfLiteTensor;
/** One of the model's functions with named inputs and outputs. */
typedef struct TfLiteSignatureRunner TfLiteSignatureRunner;

/* ---- Version ---------------------------------------------------------------------------------------------------- */

/** The version of TensorFlow Lite's interface that this library stands in for, "2.19.0". Static storage. */
TFL_CAPI_EXPORT extern const char* TfLiteVersion(void);

/** The version of the functions for custom operators and delegates; the same number. Static storage. */
TFL_CAPI_EXPORT extern const char* TfLiteExtensionApisVersion(void);

/** The version of the model files' schema that is read: 3. */
TFL_CAPI_EXPORT extern int TfLiteSchemaVersion(void);

/* ---- Models ----------------------------------------------------------------------------------------------------- */

/**
 * A model from `model_size` bytes in memory, verified in full. The bytes are borrowed, not copied: they must stay as
 * they are until the model and all its interpreters are deleted. They need no alignment.
 *
 * Returns an owned model (TfLiteModelDelete); NULL, reported, where the bytes are no sound model.
 */
TFL_CAPI_EXPORT extern TfLiteModel* TfLiteModelCreate(const void* model_data, size_t model_size);

/**
 * The same with a reporter for what is wrong, called on this thread during the call only. It gets finished text as
 * `format`, every % doubled, and an empty `args`, so that it may print either way.
 */
TFL_CAPI_EXPORT extern TfLiteModel* TfLiteModelCreateWithErrorReporter(
    const void* model_data, size_t model_size, void (*reporter)(void* user_data, const char* format, va_list args),
    void* user_data);

/**
 * A model from a file, mapped read-only: the file must not be changed or cut while the model or an interpreter of it
 * lives. NULL, reported: it cannot be opened, is no plain file, or no sound model.
 */
TFL_CAPI_EXPORT extern TfLiteModel* TfLiteModelCreateFromFile(const char* model_path);

TFL_CAPI_EXPORT extern TfLiteModel* TfLiteModelCreateFromFileWithErrorReporter(
    const char* model_path, void (*reporter)(void* user_data, const char* format, va_list args), void* user_data);

/** Gives the caller's model up; interpreters of it keep what they need. */
TFL_CAPI_EXPORT extern void TfLiteModelDelete(TfLiteModel* model);

/* ---- Options ---------------------------------------------------------------------------------------------------- */

/** Options as they are by default: one thread, the library's operators, messages to stderr. NULL: no memory. */
TFL_CAPI_EXPORT extern TfLiteInterpreterOptions* TfLiteInterpreterOptionsCreate(void);

/** An owned copy, independent of `from`. NULL: no memory, or `from` is NULL. */
TFL_CAPI_EXPORT extern TfLiteInterpreterOptions* TfLiteInterpreterOptionsCopy(const TfLiteInterpreterOptions* from);

/** May be called as soon as the interpreters are created. */
TFL_CAPI_EXPORT extern void TfLiteInterpreterOptionsDelete(TfLiteInterpreterOptions* options);

/** How many threads an invoke may use; -1 and anything below 1: one. More than the process may use are not taken. */
TFL_CAPI_EXPORT extern void TfLiteInterpreterOptionsSetNumThreads(TfLiteInterpreterOptions* options,
                                                                  int32_t num_threads);

/**
 * Adds a delegate (borrowed: it must outlive the interpreters). Delegates get their turn in the order in which they
 * were added; if one fails, no interpreter is made. NULL is a no-op.
 */
TFL_CAPI_EXPORT extern void TfLiteInterpreterOptionsAddDelegate(TfLiteInterpreterOptions* options,
                                                                TfLiteOpaqueDelegate* delegate);

/**
 * Sends the interpreters' messages to `reporter` (NULL: stderr), on the thread that made the call. It gets finished
 * text as `format`, every % doubled, and an empty `args`. `user_data` must outlive the interpreters.
 */
TFL_CAPI_EXPORT extern void TfLiteInterpreterOptionsSetErrorReporter(TfLiteInterpreterOptions* options,
                                                                     void (*reporter)(void* user_data,
                                                                                      const char* format, va_list args),
                                                                     void* user_data);

/** Adds an operator, custom or in the place of a builtin one; the one added last counts. See operator.h. */
TFL_CAPI_EXPORT extern void TfLiteInterpreterOptionsAddOperator(TfLiteInterpreterOptions* options,
                                                                TfLiteOperator* registration);

/** Whether the Cancel functions work; they do not by default. */
TFL_CAPI_EXPORT extern TfLiteStatus TfLiteInterpreterOptionsEnableCancellation(TfLiteInterpreterOptions* options,
                                                                               bool enable);

/* ---- Interpreters ----------------------------------------------------------------------------------------------- */

/**
 * An interpreter over a model. `optional_options` (NULL: defaults) and the model may be deleted right afterwards.
 *
 * Operators are looked up in this order: a resolver set by TfLiteInterpreterOptionsSetOpResolver... is asked alone;
 * else operators added to the options, then the library's own. NULL, reported: a builtin operator is unknown or in an
 * unknown version, options of an operator are wrong, a delegate failed, no memory. Unknown custom operators are
 * reported by TfLiteInterpreterAllocateTensors, as a delegate may take them.
 */
TFL_CAPI_EXPORT extern TfLiteInterpreter* TfLiteInterpreterCreate(const TfLiteModel* model,
                                                                  const TfLiteInterpreterOptions* optional_options);

/** Frees the interpreter and its tensors. Signature runners of it may be deleted before or after. */
TFL_CAPI_EXPORT extern void TfLiteInterpreterDelete(TfLiteInterpreter* interpreter);

TFL_CAPI_EXPORT extern int32_t TfLiteInterpreterGetInputTensorCount(const TfLiteInterpreter* interpreter);

/** The inputs' tensor indices, TfLiteInterpreterGetInputTensorCount of them; borrowed from the interpreter. */
TFL_CAPI_EXPORT extern const int* TfLiteInterpreterInputTensorIndices(const TfLiteInterpreter* interpreter);

/** Input number `input_index`, from 0; borrowed. NULL: there is no such one. */
TFL_CAPI_EXPORT extern TfLiteTensor* TfLiteInterpreterGetInputTensor(const TfLiteInterpreter* interpreter,
                                                                     int32_t input_index);

/**
 * Gives an input another shape of `input_dims_size` extents, each at least 0 ({4, 224, 224, 3}); borrowed for the call.
 *
 * Unless the shape is the one it has, TfLiteInterpreterAllocateTensors must be called before the next invoke; whether
 * the operators can bear the shape shows there. kTfLiteError, reported: a negative extent, a size that overflows.
 */
TFL_CAPI_EXPORT extern TfLiteStatus TfLiteInterpreterResizeInputTensor(TfLiteInterpreter* interpreter,
                                                                       int32_t input_index, const int* input_dims,
                                                                       int32_t input_dims_size);

/**
 * Checks all operators, finds all shapes that can be known, and takes memory for the tensors; addresses and contents of
 * tensors may change. Variables are reset if anything had to be done; where nothing has changed since the last call,
 * nothing is. A failure is reported and leaves an interpreter that cannot be invoked until a call succeeds.
 */
TFL_CAPI_EXPORT extern TfLiteStatus TfLiteInterpreterAllocateTensors(TfLiteInterpreter* interpreter);

/**
 * Computes the outputs from the inputs. Outputs are good until the next invoke or allocation; the contents of inputs
 * may be overwritten. kTfLiteCancelled: it was cancelled or ran out of time. kTfLiteError, reported: tensors are not
 * allocated, an input has no data, or a node failed. A further invoke may then be tried.
 */
TFL_CAPI_EXPORT extern TfLiteStatus TfLiteInterpreterInvoke(TfLiteInterpreter* interpreter);

TFL_CAPI_EXPORT extern int32_t TfLiteInterpreterGetOutputTensorCount(const TfLiteInterpreter* interpreter);

/** The outputs' tensor indices, TfLiteInterpreterGetOutputTensorCount of them; borrowed from the interpreter. */
TFL_CAPI_EXPORT extern const int* TfLiteInterpreterOutputTensorIndices(const TfLiteInterpreter* interpreter);

/**
 * Output number `output_index`, from 0; borrowed. NULL: there is no such one. Its shape is known after
 * TfLiteInterpreterAllocateTensors, that of a dynamic output after TfLiteInterpreterInvoke.
 */
TFL_CAPI_EXPORT extern const TfLiteTensor* TfLiteInterpreterGetOutputTensor(const TfLiteInterpreter* interpreter,
                                                                            int32_t output_index);

/** Any tensor of the primary subgraph by its index in the model; borrowed. NULL: there is no such one. */
TFL_CAPI_EXPORT extern TfLiteTensor* TfLiteInterpreterGetTensor(const TfLiteInterpreter* interpreter, int index);

/**
 * Makes an invoke that runs now end with kTfLiteCancelled before its next node; returns at once. From any thread while
 * the interpreter lives. Without effect where no invoke runs. kTfLiteError: cancellation was not enabled.
 */
TFL_CAPI_EXPORT extern TfLiteStatus TfLiteInterpreterCancel(const TfLiteInterpreter* interpreter);

/* ---- Signatures ------------------------------------------------------------------------------------------------- */

TFL_CAPI_EXPORT extern int32_t TfLiteInterpreterGetSignatureCount(const TfLiteInterpreter* interpreter);

/** The name of a signature; borrowed from the interpreter. NULL: there is no such one. */
TFL_CAPI_EXPORT extern const char* TfLiteInterpreterGetSignatureKey(const TfLiteInterpreter* interpreter,
                                                                    int32_t signature_index);

/**
 * A runner for a signature. Runners of one interpreter over the same subgraph share its tensors. Owned
 * (TfLiteSignatureRunnerDelete); NULL: there is no such signature, or no memory. Once the interpreter is deleted, every
 * function of the runner answers as for NULL.
 */
TFL_CAPI_EXPORT extern TfLiteSignatureRunner* TfLiteInterpreterGetSignatureRunner(const TfLiteInterpreter* interpreter,
                                                                                  const char* signature_key);

TFL_CAPI_EXPORT extern size_t TfLiteSignatureRunnerGetInputCount(const TfLiteSignatureRunner* signature_runner);

/** The name of an input; borrowed from the interpreter. NULL: there is no such one. */
TFL_CAPI_EXPORT extern const char* TfLiteSignatureRunnerGetInputName(const TfLiteSignatureRunner* signature_runner,
                                                                     int32_t input_index);

/**
 * As TfLiteInterpreterResizeInputTensor, for a named input, and strictly: the rank must stay, and only extents that the
 * model leaves open (-1 in TfLiteTensorGetDimsSignature) may change.
 */
TFL_CAPI_EXPORT extern TfLiteStatus TfLiteSignatureRunnerResizeInputTensor(TfLiteSignatureRunner* signature_runner,
                                                                           const char* input_name,
                                                                           const int* input_dims,
                                                                           int32_t input_dims_size);

/** As TfLiteInterpreterAllocateTensors, for the signature's subgraph. */
TFL_CAPI_EXPORT extern TfLiteStatus TfLiteSignatureRunnerAllocateTensors(TfLiteSignatureRunner* signature_runner);

/** A named input; borrowed from the interpreter. NULL: there is no such one. */
TFL_CAPI_EXPORT extern TfLiteTensor* TfLiteSignatureRunnerGetInputTensor(TfLiteSignatureRunner* signature_runner,
                                                                         const char* input_name);

/** As TfLiteInterpreterInvoke, for the signature's subgraph. */
TFL_CAPI_EXPORT extern TfLiteStatus TfLiteSignatureRunnerInvoke(TfLiteSignatureRunner* signature_runner);

TFL_CAPI_EXPORT extern size_t TfLiteSignatureRunnerGetOutputCount(const TfLiteSignatureRunner* signature_runner);

/** The name of an output; borrowed from the interpreter. NULL: there is no such one. */
TFL_CAPI_EXPORT extern const char* TfLiteSignatureRunnerGetOutputName(const TfLiteSignatureRunner* signature_runner,
                                                                      int32_t output_index);

/** A named output; borrowed from the interpreter. NULL: there is no such one. */
TFL_CAPI_EXPORT extern const TfLiteTensor* TfLiteSignatureRunnerGetOutputTensor(
    const TfLiteSignatureRunner* signature_runner, const char* output_name);

TFL_CAPI_EXPORT extern void TfLiteSignatureRunnerDelete(TfLiteSignatureRunner* signature_runner);

/* ---- Tensors ---------------------------------------------------------------------------------------------------- */

/** The type of its elements; kTfLiteNoType for NULL. */
TFL_CAPI_EXPORT extern TfLiteType TfLiteTensorType(const TfLiteTensor* tensor);

/** Its rank, 0 for a scalar; -1: it has no shape. */
TFL_CAPI_EXPORT extern int32_t TfLiteTensorNumDims(const TfLiteTensor* tensor);

/** Its extent along dimension `dim_index`, from 0; -1: there is no such dimension. */
TFL_CAPI_EXPORT extern int32_t TfLiteTensorDim(const TfLiteTensor* tensor, int32_t dim_index);

/** Bytes of its data ([1,224,224,3] of uint8: 150528). Right before the tensors are allocated, too. */
TFL_CAPI_EXPORT extern size_t TfLiteTensorByteSize(const TfLiteTensor* tensor);

/**
 * Its data, TfLiteTensorByteSize bytes at a multiple of 64 (where it lies in the arena); borrowed until the tensors are
 * allocated again. NULL: not allocated yet. Data of constants must not be written.
 */
TFL_CAPI_EXPORT extern void* TfLiteTensorData(const TfLiteTensor* tensor);

/** Its name in the model, "" if it has none; borrowed from the interpreter. */
TFL_CAPI_EXPORT extern const char* TfLiteTensorName(const TfLiteTensor* tensor);

/**
 * How its integers stand for real numbers; zeros where it is not quantized, or not with one pair for all of it (then
 * look at tensor->quantization, in common.h).
 */
TFL_CAPI_EXPORT extern TfLiteQuantizationParams TfLiteTensorQuantizationParams(const TfLiteTensor* tensor);

/**
 * Copies `input_data_size` bytes into the tensor. The size must be TfLiteTensorByteSize exactly; `input_data` is
 * borrowed for the call and needs no alignment. Not during an invoke.
 *
 * kTfLiteError, with the tensor as it was: another size, no memory yet, a constant. For strings give the tensor its
 * size by TfLiteTensorRealloc first.
 */
TFL_CAPI_EXPORT extern TfLiteStatus TfLiteTensorCopyFromBuffer(TfLiteTensor* tensor, const void* input_data,
                                                               size_t input_data_size);

/**
 * Copies the tensor's data into `output_data`, TfLiteTensorByteSize bytes exactly. Not during an invoke.
 *
 * kTfLiteError, with nothing copied: another size, no data yet, or data that a delegate keeps in memory of its own
 * (TfLiteInterpreterEnsureTensorDataIsReadable fetches it).
 */
TFL_CAPI_EXPORT extern TfLiteStatus TfLiteTensorCopyToBuffer(const TfLiteTensor* output_tensor, void* output_data,
                                                             size_t output_data_size);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* TENSORFLOW_LITE_C_C_API_H_ */
