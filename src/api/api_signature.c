/* Signatures: a subgraph under a name, its tensors under the names of arguments. */
#include <string.h>

#include "api/objects.h"
#include "base/alloc.h"

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
  if (runner != NULL) *runner = (TfLiteSignatureRunner){interpreter->interpreter, &model->signatures[i]};
  return runner;
}

void TfLiteSignatureRunnerDelete(TfLiteSignatureRunner* signature_runner) { ln_free(signature_runner); }

size_t TfLiteSignatureRunnerGetInputCount(const TfLiteSignatureRunner* signature_runner) {
  return signature_runner != NULL ? (size_t)signature_runner->signature->input_count : 0;
}

size_t TfLiteSignatureRunnerGetOutputCount(const TfLiteSignatureRunner* signature_runner) {
  return signature_runner != NULL ? (size_t)signature_runner->signature->output_count : 0;
}

const char* TfLiteSignatureRunnerGetInputName(const TfLiteSignatureRunner* signature_runner, int32_t input_index) {
  if (signature_runner == NULL || input_index < 0 || input_index >= signature_runner->signature->input_count)
    return NULL;
  return signature_runner->signature->inputs[input_index].name;
}

const char* TfLiteSignatureRunnerGetOutputName(const TfLiteSignatureRunner* signature_runner, int32_t output_index) {
  if (signature_runner == NULL || output_index < 0 || output_index >= signature_runner->signature->output_count)
    return NULL;
  return signature_runner->signature->outputs[output_index].name;
}

/* The tensor of a named argument, -1 if there is none. */
static int32_t find_argument(const ln_model_argument* arguments, int32_t count, const char* name) {
  for (int32_t i = 0; name != NULL && i < count; ++i)
    if (strcmp(arguments[i].name, name) == 0) return arguments[i].tensor;
  return -1;
}

static TfLiteTensor* tensor_of(const TfLiteSignatureRunner* runner, int32_t tensor) {
  return tensor >= 0 ? ln_interpreter_tensor(runner->interpreter, runner->signature->subgraph, tensor) : NULL;
}

TfLiteTensor* TfLiteSignatureRunnerGetInputTensor(TfLiteSignatureRunner* signature_runner, const char* input_name) {
  if (signature_runner == NULL) return NULL;
  const ln_model_signature* s = signature_runner->signature;
  return tensor_of(signature_runner, find_argument(s->inputs, s->input_count, input_name));
}

const TfLiteTensor* TfLiteSignatureRunnerGetOutputTensor(const TfLiteSignatureRunner* signature_runner,
                                                         const char* output_name) {
  if (signature_runner == NULL) return NULL;
  const ln_model_signature* s = signature_runner->signature;
  return tensor_of(signature_runner, find_argument(s->outputs, s->output_count, output_name));
}

TfLiteStatus TfLiteSignatureRunnerResizeInputTensor(TfLiteSignatureRunner* signature_runner, const char* input_name,
                                                    const int* input_dims, int32_t input_dims_size) {
  if (signature_runner == NULL) return kTfLiteError;
  const ln_model_signature* s = signature_runner->signature;
  const TfLiteIntArray* inputs = ln_interpreter_inputs(signature_runner->interpreter, s->subgraph);
  const int32_t tensor = find_argument(s->inputs, s->input_count, input_name);
  for (int i = 0; tensor >= 0 && i < inputs->size; ++i)
    if (inputs->data[i] == tensor)
      return ln_interpreter_resize_input(signature_runner->interpreter, s->subgraph, i, input_dims_size, input_dims);
  ln_report(ln_interpreter_reporter(signature_runner->interpreter), "Signature \"%s\" has no input \"%s\".", s->key,
            input_name != NULL ? input_name : "");
  return kTfLiteError;
}

TfLiteStatus TfLiteSignatureRunnerAllocateTensors(TfLiteSignatureRunner* signature_runner) {
  if (signature_runner == NULL) return kTfLiteError;
  return ln_interpreter_allocate(signature_runner->interpreter, signature_runner->signature->subgraph);
}

TfLiteStatus TfLiteSignatureRunnerInvoke(TfLiteSignatureRunner* signature_runner) {
  if (signature_runner == NULL) return kTfLiteError;
  return ln_interpreter_invoke(signature_runner->interpreter, signature_runner->signature->subgraph);
}

TfLiteStatus TfLiteSignatureRunnerCancel(TfLiteSignatureRunner* signature_runner) {
  return signature_runner != NULL ? ln_interpreter_cancel(signature_runner->interpreter) : kTfLiteError;
}
