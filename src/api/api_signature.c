/* Signatures: a subgraph under a name, its tensors under the names of arguments. */
#include <string.h>

#include "api/objects.h"
#include "base/alloc.h"

struct TfLiteSignatureRunner {
  TfLiteInterpreter* handle;           /* a reference */
  const ln_model_signature* signature; /* good while the interpreter lives */
};

int32_t TfLiteInterpreterGetSignatureCount(const TfLiteInterpreter* interpreter) {
  return interpreter != NULL ? ln_interpreter_model(interpreter->interpreter)->signature_count : 0;
}

const char* TfLiteInterpreterGetSignatureKey(const TfLiteInterpreter* interpreter, int32_t signature_index) {
  if (signature_index < 0 || signature_index >= TfLiteInterpreterGetSignatureCount(interpreter)) return NULL;
  return ln_interpreter_model(interpreter->interpreter)->signatures[signature_index].key;
}

TfLiteSignatureRunner* TfLiteInterpreterGetSignatureRunner(const TfLiteInterpreter* interpreter,
                                                           const char* signature_key) {
  if (interpreter == NULL || signature_key == NULL) return NULL;
  const ln_model* model = ln_interpreter_model(interpreter->interpreter);
  int32_t i = 0;
  while (i < model->signature_count && strcmp(model->signatures[i].key, signature_key) != 0) ++i;
  if (i == model->signature_count) return NULL;
  TfLiteSignatureRunner* runner = ln_malloc(sizeof *runner);
  if (runner == NULL) {
    ln_report(ln_interpreter_reporter(interpreter->interpreter), "No memory for a signature runner.");
    return NULL;
  }
  *runner = (TfLiteSignatureRunner){(TfLiteInterpreter*)(uintptr_t)interpreter, &model->signatures[i]};
  ++runner->handle->references;
  return runner;
}

void TfLiteSignatureRunnerDelete(TfLiteSignatureRunner* signature_runner) {
  if (signature_runner == NULL) return;
  ln_interpreter_handle_release(signature_runner->handle);
  ln_free(signature_runner);
}

/* The interpreter and what the signature says; NULL where there is no runner or its interpreter has been deleted. */
static ln_interpreter* interpreter_of(const TfLiteSignatureRunner* runner, const ln_model_signature** signature) {
  ln_interpreter* interpreter = runner != NULL ? runner->handle->interpreter : NULL;
  *signature = interpreter != NULL ? runner->signature : NULL;
  return interpreter;
}

size_t TfLiteSignatureRunnerGetInputCount(const TfLiteSignatureRunner* signature_runner) {
  const ln_model_signature* s;
  return interpreter_of(signature_runner, &s) != NULL ? (size_t)s->input_count : 0;
}

size_t TfLiteSignatureRunnerGetOutputCount(const TfLiteSignatureRunner* signature_runner) {
  const ln_model_signature* s;
  return interpreter_of(signature_runner, &s) != NULL ? (size_t)s->output_count : 0;
}

const char* TfLiteSignatureRunnerGetInputName(const TfLiteSignatureRunner* signature_runner, int32_t input_index) {
  const ln_model_signature* s;
  if (interpreter_of(signature_runner, &s) == NULL || input_index < 0 || input_index >= s->input_count) return NULL;
  return s->inputs[input_index].name;
}

const char* TfLiteSignatureRunnerGetOutputName(const TfLiteSignatureRunner* signature_runner, int32_t output_index) {
  const ln_model_signature* s;
  if (interpreter_of(signature_runner, &s) == NULL || output_index < 0 || output_index >= s->output_count) return NULL;
  return s->outputs[output_index].name;
}

/* The tensor of a named argument, -1 if there is none. */
static int32_t find_argument(const ln_model_argument* arguments, int32_t count, const char* name) {
  for (int32_t i = 0; name != NULL && i < count; ++i)
    if (strcmp(arguments[i].name, name) == 0) return arguments[i].tensor;
  return -1;
}

TfLiteTensor* TfLiteSignatureRunnerGetInputTensor(TfLiteSignatureRunner* signature_runner, const char* input_name) {
  const ln_model_signature* s;
  ln_interpreter* interpreter = interpreter_of(signature_runner, &s);
  if (interpreter == NULL) return NULL;
  return ln_interpreter_tensor(interpreter, s->subgraph, find_argument(s->inputs, s->input_count, input_name));
}

const TfLiteTensor* TfLiteSignatureRunnerGetOutputTensor(const TfLiteSignatureRunner* signature_runner,
                                                         const char* output_name) {
  const ln_model_signature* s;
  ln_interpreter* interpreter = interpreter_of(signature_runner, &s);
  if (interpreter == NULL) return NULL;
  return ln_interpreter_tensor(interpreter, s->subgraph, find_argument(s->outputs, s->output_count, output_name));
}

/* Only extents that the model leaves open may change; those it does not are part of what the signature promises. */
static TfLiteStatus check_shape(const ln_interpreter* interpreter, int32_t subgraph, int32_t tensor, const int* dims,
                                int32_t rank) {
  const TfLiteTensor* t = ln_interpreter_tensor((ln_interpreter*)(uintptr_t)interpreter, subgraph, tensor);
  const TfLiteIntArray* shape = TfLiteTensorGetDimsSignature(t);
  if (t == NULL || shape == NULL || rank != shape->size || (rank > 0 && dims == NULL)) {
    ln_report(ln_interpreter_reporter(interpreter),
              "Input tensor %d has rank %d; a shape of rank %d cannot be its own.", tensor,
              shape != NULL ? shape->size : 0, rank);
    return kTfLiteError;
  }
  for (int i = 0; i < rank; ++i) {
    if (shape->data[i] == -1 || shape->data[i] == dims[i]) continue;
    ln_report(ln_interpreter_reporter(interpreter),
              "Attempting to resize dimension %d of tensor %d with value %d to %d. ResizeInputTensorStrict only allows "
              "mutating unknown dimensions identified by -1.",
              i, tensor, shape->data[i], dims[i]);
    return kTfLiteError;
  }
  return kTfLiteOk;
}

TfLiteStatus TfLiteSignatureRunnerResizeInputTensor(TfLiteSignatureRunner* signature_runner, const char* input_name,
                                                    const int* input_dims, int32_t input_dims_size) {
  const ln_model_signature* s;
  ln_interpreter* interpreter = interpreter_of(signature_runner, &s);
  if (interpreter == NULL) return kTfLiteError;
  const int32_t tensor = find_argument(s->inputs, s->input_count, input_name);
  if (tensor < 0) {
    ln_report(ln_interpreter_reporter(interpreter), "Input name %s was not found in signature \"%s\".",
              input_name != NULL ? input_name : "(NULL)", s->key);
    return kTfLiteError;
  }
  if (check_shape(interpreter, s->subgraph, tensor, input_dims, input_dims_size) != kTfLiteOk) return kTfLiteError;
  const TfLiteIntArray* inputs = ln_interpreter_inputs(interpreter, s->subgraph);
  int32_t i = 0;
  while (i < inputs->size && inputs->data[i] != tensor) ++i;
  return ln_interpreter_resize_input(interpreter, s->subgraph, i, input_dims_size, input_dims);
}

TfLiteStatus TfLiteSignatureRunnerAllocateTensors(TfLiteSignatureRunner* signature_runner) {
  const ln_model_signature* s;
  ln_interpreter* interpreter = interpreter_of(signature_runner, &s);
  return interpreter != NULL ? ln_interpreter_allocate(interpreter, s->subgraph) : kTfLiteError;
}

TfLiteStatus TfLiteSignatureRunnerInvoke(TfLiteSignatureRunner* signature_runner) {
  const ln_model_signature* s;
  ln_interpreter* interpreter = interpreter_of(signature_runner, &s);
  return interpreter != NULL ? ln_interpreter_invoke(interpreter, s->subgraph) : kTfLiteError;
}

TfLiteStatus TfLiteSignatureRunnerCancel(TfLiteSignatureRunner* signature_runner) {
  const ln_model_signature* s;
  ln_interpreter* interpreter = interpreter_of(signature_runner, &s);
  return interpreter != NULL ? ln_interpreter_cancel(interpreter) : kTfLiteError;
}
