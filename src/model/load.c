/* Reads a verified FlatBuffer into the structs of model.h. */
#include "model/load.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "model/model_impl.h"
#include "model/schema.h"
#include "model/verify.h"

enum { SCHEMA_VERSION = 3, CUSTOM = 32, LAST_BUILTIN = 209 };

bool ln_load_fail(ln_loader* loader, const char* format, ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(loader->error->text, sizeof loader->error->text, format, args);
  va_end(args);
  const char* path = loader->model->path;
  const size_t used = strlen(loader->error->text);
  if (path[0] != 0) snprintf(loader->error->text + used, sizeof loader->error->text - used, " (in '%s')", path);
  return false;
}

void* ln_load_alloc(ln_loader* loader, size_t count, size_t size_bytes) {
  void* block = ln_model_alloc(loader->model, count, size_bytes);
  if (block == NULL) ln_load_fail(loader, "No memory for the model's tables.");
  return block;
}

bool ln_load_charge(ln_loader* loader, uint64_t bytes) {
  if (bytes > loader->budget) return ln_load_fail(loader, "The model's tables share their vectors too often.");
  loader->budget -= bytes;
  return true;
}

bool ln_load_ints(ln_loader* loader, ln_fb_table table, int slot, ln_i32_span* span) {
  const ln_fb_vector vector = ln_fb_get_vector(table, slot);
  *span = (ln_i32_span){NULL, 0};
  if (vector.count == 0) return true;
  if (!ln_load_charge(loader, sizeof(int32_t) * (uint64_t)vector.count)) return false;
  if ((uintptr_t)vector.data % _Alignof(int32_t) == 0) {
    *span = (ln_i32_span){(const int32_t*)(const void*)vector.data, (int32_t)vector.count};
    return true;
  }
  int32_t* copy = ln_load_alloc(loader, vector.count, sizeof(int32_t));
  if (copy == NULL) return false;
  memcpy(copy, vector.data, vector.count * sizeof(int32_t));
  *span = (ln_i32_span){copy, (int32_t)vector.count};
  return true;
}

/* Allocates one struct for each element of a table's vector of tables. */
static bool begin_list(ln_loader* loader, ln_fb_table table, int slot, size_t size_bytes, ln_fb_vector* vector,
                       void** list, int32_t* count) {
  *vector = ln_fb_get_vector(table, slot);
  *list = ln_load_alloc(loader, vector->count, size_bytes);
  *count = (int32_t)vector->count;
  return *list != NULL;
}

static bool load_opcodes(ln_loader* loader, ln_fb_table root) {
  ln_model* model = loader->model;
  ln_fb_vector vector;
  void* list;
  if (!begin_list(loader, root, LN_SLOT(Model, operator_codes), sizeof(ln_model_opcode), &vector, &list,
                  &model->opcode_count))
    return false;
  model->opcodes = list;
  for (uint32_t i = 0; i < vector.count; ++i) {
    const ln_fb_table table = ln_fb_vector_table(root, vector, i);
    const int32_t deprecated = ln_fb_i8(table, LN_SLOT(OperatorCode, deprecated_builtin_code), 0),
                  code = ln_fb_i32(table, LN_SLOT(OperatorCode, builtin_code), 0);
    const char* name = ln_fb_string(table, LN_SLOT(OperatorCode, custom_code));
    /* Old files have the byte only; newer ones fill it with the placeholder where the code does not fit. */
    model->opcodes[i] = (ln_model_opcode){deprecated > code ? deprecated : code, name != NULL ? name : "",
                                          ln_fb_i32(table, LN_SLOT(OperatorCode, version), 1)};
    if (model->opcodes[i].builtin_code < 0)
      return ln_load_fail(loader, "Op builtin_code out of range: %d. Operator code %u must be at least 0.",
                          model->opcodes[i].builtin_code, i);
    if (model->opcodes[i].builtin_code > LAST_BUILTIN)
      return ln_load_fail(loader,
                          "Op builtin_code out of range: %d. Are you using old TFLite binary with newer model? The "
                          "last code known is %d.",
                          model->opcodes[i].builtin_code, LAST_BUILTIN);
    if (model->opcodes[i].builtin_code == CUSTOM && name == NULL)
      return ln_load_fail(loader, "Operator with CUSTOM builtin_code has no custom_code: operator code %u.", i);
  }
  return true;
}

/* Data that stands at an offset of the file instead of in the FlatBuffer. */
static bool load_outside(ln_loader* loader, const char* what, uint64_t offset, uint64_t size, ln_bytes* bytes) {
  const ln_bytes file = loader->model->file;
  if (offset > file.size || size > file.size - offset)
    return ln_load_fail(loader, "%s: %llu bytes at %llu end behind the file, which has %zu.", what,
                        (unsigned long long)size, (unsigned long long)offset, file.size);
  *bytes = (ln_bytes){file.data + offset, (size_t)size};
  return true;
}

static bool load_buffers(ln_loader* loader, ln_fb_table root) {
  ln_model* model = loader->model;
  ln_fb_vector vector;
  void* list;
  if (!begin_list(loader, root, LN_SLOT(Model, buffers), sizeof(ln_bytes), &vector, &list, &model->buffer_count))
    return false;
  model->buffers = list;
  for (uint32_t i = 0; i < vector.count; ++i) {
    const ln_fb_table table = ln_fb_vector_table(root, vector, i);
    const ln_fb_vector data = ln_fb_get_vector(table, LN_SLOT(Buffer, data));
    const uint64_t offset = ln_fb_u64(table, LN_SLOT(Buffer, offset), 0),
                   size = ln_fb_u64(table, LN_SLOT(Buffer, size), 0);
    char what[32];
    snprintf(what, sizeof what, "Buffer %u", i);
    /* Data of no bytes count as present: a constant with a zero extent has them. */
    model->buffers[i] = (ln_bytes){data.data, data.count};
    if (data.count == 0 && offset > 1 && size > 0 && !load_outside(loader, what, offset, size, &model->buffers[i]))
      return false;
  }
  return true;
}

/* The value of a union, none where the schema lacks its tag: the verifier has not looked at it then. */
static ln_fb_table load_union(ln_fb_table table, int union_index, int tag_slot) {
  const ln_fb_table none = {NULL, 0};
  const bool known = ln_schema_union_table(union_index, ln_fb_u8(table, tag_slot, 0)) != LN_TABLE_NONE;
  return known ? ln_fb_sub_table(table, tag_slot + 1) : none;
}

static bool load_operator(ln_loader* loader, int32_t subgraph, int32_t index, ln_fb_table table,
                          ln_model_operator* op) {
  const uint32_t opcode = ln_fb_u32(table, LN_SLOT(Operator, opcode_index), 0);
  if (opcode >= (uint32_t)loader->model->opcode_count)
    return ln_load_fail(loader, "Subgraph %d, node %d: operator code %u does not exist; the model has %d.", subgraph,
                        index, opcode, loader->model->opcode_count);
  op->opcode_index = (int32_t)opcode;
  op->options_type = ln_fb_u8(table, LN_SLOT(Operator, builtin_options_type), 0);
  op->options = load_union(table, LN_UNION_BuiltinOptions, LN_SLOT(Operator, builtin_options_type));
  op->options2_type = ln_fb_u8(table, LN_SLOT(Operator, builtin_options_2_type), 0);
  op->options2 = load_union(table, LN_UNION_BuiltinOptions2, LN_SLOT(Operator, builtin_options_2_type));
  const ln_fb_vector custom = ln_fb_get_vector(table, LN_SLOT(Operator, custom_options)),
                     mutating = ln_fb_get_vector(table, LN_SLOT(Operator, mutating_variable_inputs));
  op->custom_options = (ln_bytes){custom.data, custom.count};
  const uint64_t offset = ln_fb_u64(table, LN_SLOT(Operator, large_custom_options_offset), 0),
                 size = ln_fb_u64(table, LN_SLOT(Operator, large_custom_options_size), 0);
  char what[64];
  snprintf(what, sizeof what, "Subgraph %d, node %d: custom options", subgraph, index);
  if (offset > 1 && size > 0 && !load_outside(loader, what, offset, size, &op->custom_options)) return false;
  if (!ln_load_ints(loader, table, LN_SLOT(Operator, inputs), &op->inputs) ||
      !ln_load_ints(loader, table, LN_SLOT(Operator, outputs), &op->outputs) ||
      !ln_load_ints(loader, table, LN_SLOT(Operator, intermediates), &op->intermediates))
    return false;
  if ((int32_t)mutating.count == op->inputs.count) op->mutating_variable_inputs = mutating.data;
  return true;
}

static bool load_subgraph(ln_loader* loader, int32_t index, ln_fb_table table, ln_model_subgraph* subgraph) {
  ln_fb_vector vector;
  void* list;
  const char* name = ln_fb_string(table, LN_SLOT(SubGraph, name));
  subgraph->name = name != NULL ? name : "";
  if (!ln_load_ints(loader, table, LN_SLOT(SubGraph, inputs), &subgraph->inputs) ||
      !ln_load_ints(loader, table, LN_SLOT(SubGraph, outputs), &subgraph->outputs))
    return false;
  if (!begin_list(loader, table, LN_SLOT(SubGraph, tensors), sizeof(ln_model_tensor), &vector, &list,
                  &subgraph->tensor_count))
    return false;
  subgraph->tensors = list;
  for (uint32_t i = 0; i < vector.count; ++i)
    if (!ln_load_tensor(loader, index, (int32_t)i, ln_fb_vector_table(table, vector, i), &subgraph->tensors[i]))
      return false;
  if (!begin_list(loader, table, LN_SLOT(SubGraph, operators), sizeof(ln_model_operator), &vector, &list,
                  &subgraph->operator_count))
    return false;
  subgraph->operators = list;
  for (uint32_t i = 0; i < vector.count; ++i)
    if (!load_operator(loader, index, (int32_t)i, ln_fb_vector_table(table, vector, i), &subgraph->operators[i]))
      return false;
  return true;
}

static bool load_subgraphs(ln_loader* loader, ln_fb_table root) {
  ln_model* model = loader->model;
  ln_fb_vector vector;
  void* list;
  if (!begin_list(loader, root, LN_SLOT(Model, subgraphs), sizeof(ln_model_subgraph), &vector, &list,
                  &model->subgraph_count))
    return false;
  if (vector.count == 0) return ln_load_fail(loader, "No subgraph in the model.");
  model->subgraphs = list;
  for (uint32_t i = 0; i < vector.count; ++i)
    if (!load_subgraph(loader, (int32_t)i, ln_fb_vector_table(root, vector, i), &model->subgraphs[i])) return false;
  return true;
}

static bool load_metadata(ln_loader* loader, ln_fb_table root) {
  ln_model* model = loader->model;
  ln_fb_vector vector;
  void* list;
  if (!begin_list(loader, root, LN_SLOT(Model, metadata), sizeof(ln_model_metadata), &vector, &list,
                  &model->metadata_count))
    return false;
  model->metadata = list;
  for (uint32_t i = 0; i < vector.count; ++i) {
    const ln_fb_table table = ln_fb_vector_table(root, vector, i);
    const char* name = ln_fb_string(table, LN_SLOT(Metadata, name));
    const uint32_t buffer = ln_fb_u32(table, LN_SLOT(Metadata, buffer), 0);
    if (buffer >= (uint32_t)model->buffer_count)
      return ln_load_fail(loader, "Metadata %u \"%s\": buffer %u does not exist; the model has %d.", i,
                          name != NULL ? name : "", buffer, model->buffer_count);
    model->metadata[i] = (ln_model_metadata){name != NULL ? name : "", model->buffers[buffer]};
  }
  return true;
}

static bool contains(ln_i32_span tensors, uint32_t tensor) {
  for (int32_t i = 0; i < tensors.count; ++i)
    if ((uint32_t)tensors.data[i] == tensor) return true;
  return false;
}

static bool load_arguments(ln_loader* loader, const char* key, ln_fb_table signature, int slot,
                           const ln_model_subgraph* subgraph, ln_model_argument** arguments, int32_t* count) {
  const ln_i32_span list_of = slot == LN_SLOT(SignatureDef, inputs) ? subgraph->inputs : subgraph->outputs;
  const char* what = slot == LN_SLOT(SignatureDef, inputs) ? "input" : "output";
  ln_fb_vector vector;
  void* list;
  if (!begin_list(loader, signature, slot, sizeof(ln_model_argument), &vector, &list, count)) return false;
  *arguments = list;
  for (uint32_t i = 0; i < vector.count; ++i) {
    const ln_fb_table table = ln_fb_vector_table(signature, vector, i);
    const char* name = ln_fb_string(table, LN_SLOT(TensorMap, name));
    const uint32_t tensor = ln_fb_u32(table, LN_SLOT(TensorMap, tensor_index), 0);
    if (!ln_load_charge(loader, (uint64_t)list_of.count)) return false;
    if (!contains(list_of, tensor))
      return ln_load_fail(loader, "Signature \"%s\", %s \"%s\": tensor %u is no %s of the subgraph.", key, what,
                          name != NULL ? name : "", tensor, what);
    (*arguments)[i] = (ln_model_argument){name != NULL ? name : "", (int32_t)tensor};
  }
  return true;
}

static bool load_signatures(ln_loader* loader, ln_fb_table root) {
  ln_model* model = loader->model;
  ln_fb_vector vector;
  void* list;
  if (!begin_list(loader, root, LN_SLOT(Model, signature_defs), sizeof(ln_model_signature), &vector, &list,
                  &model->signature_count))
    return false;
  model->signatures = list;
  for (uint32_t i = 0; i < vector.count; ++i) {
    const ln_fb_table table = ln_fb_vector_table(root, vector, i);
    ln_model_signature* signature = &model->signatures[i];
    const char* key = ln_fb_string(table, LN_SLOT(SignatureDef, signature_key));
    const uint32_t subgraph = ln_fb_u32(table, LN_SLOT(SignatureDef, subgraph_index), 0);
    signature->key = key != NULL ? key : "";
    if (subgraph >= (uint32_t)model->subgraph_count)
      return ln_load_fail(loader, "Signature \"%s\": subgraph %u does not exist; the model has %d.", signature->key,
                          subgraph, model->subgraph_count);
    signature->subgraph = (int32_t)subgraph;
    const ln_model_subgraph* owner = &model->subgraphs[subgraph];
    if (!load_arguments(loader, signature->key, table, LN_SLOT(SignatureDef, inputs), owner, &signature->inputs,
                        &signature->input_count) ||
        !load_arguments(loader, signature->key, table, LN_SLOT(SignatureDef, outputs), owner, &signature->outputs,
                        &signature->output_count))
      return false;
  }
  return true;
}

static bool load_model(ln_loader* loader) {
  ln_model* model = loader->model;
  char reason[256];
  if (model->file.data == NULL || model->file.size == 0)
    return ln_load_fail(loader, "The model allocation is null/empty");
  if (!ln_verify_structure(model->file.data, model->file.size, loader->strict, reason, sizeof reason))
    return ln_load_fail(loader, "The model is not a valid Flatbuffer buffer: %s", reason);
  const ln_fb_table root = ln_fb_root(model->file.data);
  model->version = (int32_t)ln_fb_u32(root, LN_SLOT(Model, version), 0);
  if (model->version != SCHEMA_VERSION)
    return ln_load_fail(loader, "Model provided is schema version %d not equal to supported version %d.",
                        model->version, SCHEMA_VERSION);
  const char* description = ln_fb_string(root, LN_SLOT(Model, description));
  if (description != NULL) model->description = description;
  /* Each vector is looked at a few times at most where tables do not share them. */
  loader->budget = 16 * (uint64_t)model->file.size + 65536;
  return load_opcodes(loader, root) && load_buffers(loader, root) && load_subgraphs(loader, root) &&
         load_metadata(loader, root) && ln_check_model(loader) && load_signatures(loader, root);
}

static ln_model* finish(ln_loader* loader) {
  if (load_model(loader)) return loader->model;
  ln_model_release(loader->model);
  return NULL;
}

static bool begin(ln_loader* loader, bool strict, ln_model_error* error) {
  *loader = (ln_loader){ln_model_new(), strict, error, 0};
  error->text[0] = 0;
  if (loader->model == NULL) snprintf(error->text, sizeof error->text, "No memory for a model.");
  return loader->model != NULL;
}

ln_model* ln_model_load_file(const char* path, bool strict, ln_model_error* error) {
  ln_loader loader;
  if (path == NULL) {
    snprintf(error->text, sizeof error->text, "The model's path is NULL.");
    return NULL;
  }
  if (!begin(&loader, strict, error)) return NULL;
  ln_model* model = loader.model;
  char reason[128];
  if (!ln_file_map_open(path, &model->impl->map, reason, sizeof reason)) {
    snprintf(error->text, sizeof error->text, "Could not open '%s'. %s.", path, reason);
    ln_model_release(model);
    return NULL;
  }
  const size_t path_bytes = strlen(path) + 1;
  char* copy = ln_load_alloc(&loader, path_bytes, 1);
  if (copy == NULL) {
    ln_model_release(model);
    return NULL;
  }
  memcpy(copy, path, path_bytes);
  model->path = copy;
  model->file = (ln_bytes){model->impl->map.data, model->impl->map.size_bytes};
  return finish(&loader);
}

ln_model* ln_model_load_memory(const void* data, size_t size_bytes, bool strict, ln_model_error* error) {
  ln_loader loader;
  if (!begin(&loader, strict, error)) return NULL;
  loader.model->file = (ln_bytes){data, size_bytes};
  return finish(&loader);
}
