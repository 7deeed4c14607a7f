/* Linnet's additions: looking into models, memory, profile, processor, allocator. */

#include "api/objects.h"
#include "base/alloc.h"
#include "base/cpu.h"
#include "linnet/linnet.h"

const char* LinnetLastError(void) { return ln_last_error(); }

void LinnetSetAllocator(const LinnetAllocator* allocator) {
  if (allocator == NULL) {
    ln_set_allocator(NULL);
    return;
  }
  if (allocator->allocate == NULL || allocator->reallocate == NULL || allocator->deallocate == NULL) return;
  const ln_allocator own = {allocator->user_data, allocator->allocate, allocator->reallocate, allocator->deallocate};
  ln_set_allocator(&own);
}

const char* LinnetCpuFeatures(void) { return ln_cpu_list(); }

const char* LinnetCpuInUse(void) { return ln_isa_name(ln_cpu_best()); }

TfLiteStatus LinnetSetCpu(const char* name) { return ln_cpu_force(name) ? kTfLiteOk : kTfLiteError; }

TfLiteStatus LinnetModelGetInfo(const TfLiteModel* model, LinnetModelInfo* info) {
  if (model == NULL || info == NULL) return kTfLiteError;
  const ln_model* m = model->model;
  *info = (LinnetModelInfo){m->description,  m->version,      m->subgraph_count, m->signature_count, m->metadata_count,
                            m->buffer_count, m->opcode_count, m->file.size,      m->weight_bytes};
  return kTfLiteOk;
}

static const ln_model_subgraph* subgraph_at(const TfLiteModel* model, int32_t subgraph) {
  if (model == NULL || subgraph < 0 || subgraph >= model->model->subgraph_count) return NULL;
  return &model->model->subgraphs[subgraph];
}

TfLiteStatus LinnetModelGetSubgraph(const TfLiteModel* model, int32_t subgraph, LinnetSubgraphInfo* info) {
  const ln_model_subgraph* s = subgraph_at(model, subgraph);
  if (s == NULL || info == NULL) return kTfLiteError;
  *info = (LinnetSubgraphInfo){s->name,          s->tensor_count, s->operator_count, s->inputs.count,
                               s->outputs.count, s->inputs.data,  s->outputs.data};
  return kTfLiteOk;
}

TfLiteStatus LinnetModelGetTensor(const TfLiteModel* model, int32_t subgraph, int32_t tensor, LinnetTensorInfo* info) {
  const ln_model_subgraph* s = subgraph_at(model, subgraph);
  if (s == NULL || info == NULL || tensor < 0 || tensor >= s->tensor_count) return kTfLiteError;
  const ln_model_tensor* t = &s->tensors[tensor];
  *info = (LinnetTensorInfo){.name = t->name,
                             .rank = t->has_shape || t->has_rank ? t->shape.count : -1,
                             .shape = t->shape.data,
                             .signature_rank = t->shape_signature.count,
                             .shape_signature = t->shape_signature.count > 0 ? t->shape_signature.data : NULL,
                             .is_variable = t->is_variable,
                             .is_sparse = t->sparsity != NULL,
                             .buffer = (int32_t)t->buffer,
                             .data = t->data.data,
                             .data_bytes = t->data.size,
                             .scale_count = t->quantization.scale_count,
                             .scales = t->quantization.scales,
                             .zero_point_count = t->quantization.zero_point_count,
                             .zero_points = t->quantization.zero_points,
                             .quantized_dimension = t->quantization.quantized_dimension};
  ln_tensor_type_from_schema(t->type, &info->type);
  return kTfLiteOk;
}

TfLiteStatus LinnetModelGetOperator(const TfLiteModel* model, int32_t subgraph, int32_t operator_index,
                                    LinnetOperatorInfo* info) {
  const ln_model_subgraph* s = subgraph_at(model, subgraph);
  if (s == NULL || info == NULL || operator_index < 0 || operator_index >= s->operator_count) return kTfLiteError;
  const ln_model_operator* op = &s->operators[operator_index];
  const ln_model_opcode* code = &model->model->opcodes[op->opcode_index];
  const bool custom = code->builtin_code == kTfLiteBuiltinCustom;
  *info = (LinnetOperatorInfo){custom ? code->custom_name : ln_builtin_operator_name(code->builtin_code),
                               code->builtin_code,
                               code->version,
                               custom,
                               op->inputs.count,
                               op->outputs.count,
                               op->inputs.data,
                               op->outputs.data};
  return kTfLiteOk;
}

static const ln_model_signature* signature_at(const TfLiteModel* model, int32_t signature) {
  if (model == NULL || signature < 0 || signature >= model->model->signature_count) return NULL;
  return &model->model->signatures[signature];
}

TfLiteStatus LinnetModelGetSignature(const TfLiteModel* model, int32_t signature, LinnetSignatureInfo* info) {
  const ln_model_signature* s = signature_at(model, signature);
  if (s == NULL || info == NULL) return kTfLiteError;
  *info = (LinnetSignatureInfo){s->key, s->subgraph, s->input_count, s->output_count};
  return kTfLiteOk;
}

TfLiteStatus LinnetModelGetSignatureTensor(const TfLiteModel* model, int32_t signature, bool is_output, int32_t index,
                                           const char** name, int32_t* tensor) {
  const ln_model_signature* s = signature_at(model, signature);
  if (s == NULL || index < 0 || index >= (is_output ? s->output_count : s->input_count)) return kTfLiteError;
  const ln_model_argument* argument = is_output ? &s->outputs[index] : &s->inputs[index];
  if (name != NULL) *name = argument->name;
  if (tensor != NULL) *tensor = argument->tensor;
  return kTfLiteOk;
}

TfLiteStatus LinnetModelGetMetadata(const TfLiteModel* model, int32_t index, const char** name, const void** data,
                                    size_t* size_bytes) {
  if (model == NULL || index < 0 || index >= model->model->metadata_count) return kTfLiteError;
  const ln_model_metadata* m = &model->model->metadata[index];
  if (name != NULL) *name = m->name;
  if (data != NULL) *data = m->data.data;
  if (size_bytes != NULL) *size_bytes = m->data.size;
  return kTfLiteOk;
}

TfLiteStatus LinnetModelGetBytes(const TfLiteModel* model, const void** data, size_t* size_bytes) {
  if (model == NULL || data == NULL || size_bytes == NULL) return kTfLiteError;
  *data = model->model->file.data;
  *size_bytes = model->model->file.size;
  return kTfLiteOk;
}

TfLiteStatus LinnetInterpreterSetInvokeTimeout(TfLiteInterpreter* interpreter, double timeout_ms) {
  if (interpreter == NULL || !(timeout_ms >= 0) || timeout_ms > 1e12) return kTfLiteError;
  ln_interpreter_set_timeout(interpreter->interpreter, timeout_ms);
  return kTfLiteOk;
}

TfLiteStatus LinnetModelPlanMemory(const TfLiteModel* model, const TfLiteInterpreterOptions* options,
                                   LinnetMemory* memory) {
  if (model == NULL || memory == NULL) return kTfLiteError;
  ln_interpreter* interpreter = ln_create_from_options(model->model, options, true, true);
  if (interpreter == NULL) return kTfLiteError;
  TfLiteStatus status = ln_interpreter_allocate(interpreter, 0);
  if (status == kTfLiteOk) status = ln_interpreter_memory(interpreter, memory);
  ln_interpreter_delete(interpreter);
  return status;
}

TfLiteStatus LinnetInterpreterGetMemory(const TfLiteInterpreter* interpreter, LinnetMemory* memory) {
  if (interpreter == NULL || memory == NULL) return kTfLiteError;
  return ln_interpreter_memory(interpreter->interpreter, memory);
}

TfLiteStatus LinnetInterpreterGetPlacement(const TfLiteInterpreter* interpreter, int32_t subgraph, int32_t tensor,
                                           LinnetPlacement* placement) {
  if (interpreter == NULL || placement == NULL) return kTfLiteError;
  return ln_interpreter_placement(interpreter->interpreter, subgraph, tensor, placement);
}

TfLiteStatus LinnetInterpreterSetProfiling(TfLiteInterpreter* interpreter, bool enable) {
  return interpreter != NULL ? ln_interpreter_set_profiling(interpreter->interpreter, enable) : kTfLiteError;
}

int32_t LinnetInterpreterGetProfileCount(const TfLiteInterpreter* interpreter) {
  return interpreter != NULL ? ln_interpreter_profile_count(interpreter->interpreter) : 0;
}

TfLiteStatus LinnetInterpreterGetProfileEntry(const TfLiteInterpreter* interpreter, int32_t index,
                                              LinnetProfileEntry* entry) {
  if (interpreter == NULL || entry == NULL) return kTfLiteError;
  return ln_interpreter_profile_entry(interpreter->interpreter, index, entry);
}
