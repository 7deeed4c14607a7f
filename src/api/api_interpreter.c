/* Interpreters. */
#include "api/objects.h"
#include "base/alloc.h"
#include "linnet/linnet.h"

ln_interpreter* ln_create_from_options(ln_model* model, const TfLiteInterpreterOptions* options, bool builtin_ops,
                                       bool plan_only) {
  ln_interpreter_config config = {.num_threads = -1, .plan_only = plan_only};
  if (options != NULL) {
    config.num_threads = options->num_threads;
    config.reporter = options->reporter;
    config.cancellable = options->cancellable;
    config.preserve_all_tensors = options->preserve_all_tensors;
    config.plan_only = plan_only || options->plan_only;
    config.timeout_ms = options->timeout_ms;
    config.memory_limit_bytes = options->memory_limit_bytes;
    config.weight_cache = options->weight_cache;
    if (options->failed) {
      ln_report(&config.reporter, "The options are incomplete: there was no memory for an addition to them.");
      return NULL;
    }
  }
  ln_resolver_state state;
  config.resolver = ln_make_resolver(&state, options, builtin_ops);
  ln_interpreter* interpreter = ln_interpreter_create(model, &config);
  for (int32_t i = 0; interpreter != NULL && options != NULL && i < options->delegate_count; ++i) {
    if (ln_interpreter_apply_delegate(interpreter, options->delegates[i]) == kTfLiteOk) continue;
    ln_interpreter_delete(interpreter);
    interpreter = NULL;
  }
  return interpreter;
}

static TfLiteInterpreter* create(const TfLiteModel* model, const TfLiteInterpreterOptions* options, bool builtin_ops) {
  if (model == NULL) {
    ln_report(options != NULL ? &options->reporter : NULL, "The model is NULL.");
    return NULL;
  }
  TfLiteInterpreter* result = ln_malloc(sizeof *result);
  if (result == NULL) {
    ln_report(options != NULL ? &options->reporter : NULL, "No memory for an interpreter.");
    return NULL;
  }
  result->interpreter = ln_create_from_options(model->model, options, builtin_ops, false);
  result->references = 1;
  if (result->interpreter != NULL) return result;
  ln_free(result);
  return NULL;
}

TfLiteInterpreter* TfLiteInterpreterCreate(const TfLiteModel* model, const TfLiteInterpreterOptions* optional_options) {
  return create(model, optional_options, true);
}

TfLiteInterpreter* TfLiteInterpreterCreateWithSelectedOps(const TfLiteModel* model,
                                                          const TfLiteInterpreterOptions* options) {
  return create(model, options, false);
}

void ln_interpreter_handle_release(TfLiteInterpreter* interpreter) {
  if (--interpreter->references == 0) ln_free(interpreter);
}

void TfLiteInterpreterDelete(TfLiteInterpreter* interpreter) {
  if (interpreter == NULL) return;
  ln_interpreter_delete(interpreter->interpreter);
  interpreter->interpreter = NULL;
  ln_interpreter_handle_release(interpreter);
}

int32_t TfLiteInterpreterGetInputTensorCount(const TfLiteInterpreter* interpreter) {
  return interpreter != NULL ? ln_interpreter_inputs(interpreter->interpreter, 0)->size : 0;
}

const int* TfLiteInterpreterInputTensorIndices(const TfLiteInterpreter* interpreter) {
  return interpreter != NULL ? ln_interpreter_inputs(interpreter->interpreter, 0)->data : NULL;
}

int32_t TfLiteInterpreterGetInputTensorIndex(const TfLiteInterpreter* interpreter, int32_t input_index) {
  if (interpreter == NULL) return -1;
  const TfLiteIntArray* inputs = ln_interpreter_inputs(interpreter->interpreter, 0);
  return input_index >= 0 && input_index < inputs->size ? inputs->data[input_index] : -1;
}

int32_t TfLiteInterpreterGetOutputTensorIndex(const TfLiteInterpreter* interpreter, int32_t output_index) {
  if (interpreter == NULL) return -1;
  const TfLiteIntArray* outputs = ln_interpreter_outputs(interpreter->interpreter, 0);
  return output_index >= 0 && output_index < outputs->size ? outputs->data[output_index] : -1;
}

TfLiteTensor* TfLiteInterpreterGetTensor(const TfLiteInterpreter* interpreter, int index) {
  return interpreter != NULL ? ln_interpreter_tensor(interpreter->interpreter, 0, index) : NULL;
}

TfLiteTensor* TfLiteInterpreterGetInputTensor(const TfLiteInterpreter* interpreter, int32_t input_index) {
  return TfLiteInterpreterGetTensor(interpreter, TfLiteInterpreterGetInputTensorIndex(interpreter, input_index));
}

const TfLiteTensor* TfLiteInterpreterGetOutputTensor(const TfLiteInterpreter* interpreter, int32_t output_index) {
  return TfLiteInterpreterGetTensor(interpreter, TfLiteInterpreterGetOutputTensorIndex(interpreter, output_index));
}

int32_t TfLiteInterpreterGetOutputTensorCount(const TfLiteInterpreter* interpreter) {
  return interpreter != NULL ? ln_interpreter_outputs(interpreter->interpreter, 0)->size : 0;
}

const int* TfLiteInterpreterOutputTensorIndices(const TfLiteInterpreter* interpreter) {
  return interpreter != NULL ? ln_interpreter_outputs(interpreter->interpreter, 0)->data : NULL;
}

TfLiteStatus TfLiteInterpreterResizeInputTensor(TfLiteInterpreter* interpreter, int32_t input_index,
                                                const int* input_dims, int32_t input_dims_size) {
  if (interpreter == NULL) return kTfLiteError;
  return ln_interpreter_resize_input(interpreter->interpreter, 0, input_index, input_dims_size, input_dims);
}

TfLiteStatus TfLiteInterpreterAllocateTensors(TfLiteInterpreter* interpreter) {
  return interpreter != NULL ? ln_interpreter_allocate(interpreter->interpreter, 0) : kTfLiteError;
}

TfLiteStatus TfLiteInterpreterInvoke(TfLiteInterpreter* interpreter) {
  return interpreter != NULL ? ln_interpreter_invoke(interpreter->interpreter, 0) : kTfLiteError;
}

TfLiteStatus TfLiteInterpreterCancel(const TfLiteInterpreter* interpreter) {
  return interpreter != NULL ? ln_interpreter_cancel(interpreter->interpreter) : kTfLiteError;
}

TfLiteStatus TfLiteInterpreterResetVariableTensors(TfLiteInterpreter* interpreter) {
  return interpreter != NULL ? ln_interpreter_reset_variables(interpreter->interpreter) : kTfLiteError;
}

int32_t TfLiteInterpreterGetVariableTensorCount(const TfLiteInterpreter* interpreter) {
  return interpreter != NULL ? ln_interpreter_variables(interpreter->interpreter, 0)->size : 0;
}

TfLiteTensor* TfLiteInterpreterGetVariableTensor(const TfLiteInterpreter* interpreter, int32_t variable_index) {
  if (interpreter == NULL) return NULL;
  const TfLiteIntArray* variables = ln_interpreter_variables(interpreter->interpreter, 0);
  if (variable_index < 0 || variable_index >= variables->size) return NULL;
  return TfLiteInterpreterGetTensor(interpreter, variables->data[variable_index]);
}

TfLiteStatus TfLiteInterpreterModifyGraphWithDelegate(const TfLiteInterpreter* interpreter, TfLiteDelegate* delegate) {
  return interpreter != NULL ? ln_interpreter_apply_delegate(interpreter->interpreter, delegate) : kTfLiteError;
}

TfLiteStatus TfLiteInterpreterSetCustomAllocationForTensor(TfLiteInterpreter* interpreter, int tensor_index,
                                                           const TfLiteCustomAllocation* allocation, int64_t flags) {
  if (interpreter == NULL) return kTfLiteError;
  return ln_interpreter_set_custom_allocation(interpreter->interpreter, 0, tensor_index, allocation, flags);
}

TfLiteStatus TfLiteInterpreterSetBufferHandle(TfLiteInterpreter* interpreter, TfLiteTensor* tensor,
                                              TfLiteBufferHandle buffer_handle, TfLiteOpaqueDelegate* delegate) {
  if (interpreter == NULL || tensor == NULL) return kTfLiteError;
  return ln_interpreter_set_buffer_handle(interpreter->interpreter, tensor, buffer_handle, delegate);
}

TfLiteStatus TfLiteInterpreterGetBufferHandle(TfLiteInterpreter* interpreter, int tensor_index,
                                              TfLiteBufferHandle* buffer_handle, TfLiteOpaqueDelegate** delegate) {
  if (interpreter == NULL || buffer_handle == NULL || delegate == NULL) return kTfLiteError;
  return ln_interpreter_get_buffer_handle(interpreter->interpreter, tensor_index, buffer_handle, delegate);
}

void TfLiteSetAllowBufferHandleOutput(const TfLiteInterpreter* interpreter, bool allow_buffer_handle_output) {
  if (interpreter != NULL)
    ln_interpreter_allow_buffer_handle_output(interpreter->interpreter, allow_buffer_handle_output);
}

TfLiteStatus TfLiteInterpreterEnsureTensorDataIsReadable(TfLiteInterpreter* interpreter, int tensor_index) {
  return interpreter != NULL ? ln_interpreter_ensure_readable(interpreter->interpreter, tensor_index) : kTfLiteError;
}
