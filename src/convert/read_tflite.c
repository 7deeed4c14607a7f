#include "convert/read_tflite.h"

#include <string.h>

#include "convert/operands.h"
#include "convert/zip_tail.h"
#include "model/model.h"

typedef struct reader {
  ln_job* job;
  const ln_model* model;
  ln_graph* graph;
  ln_subgraph** subgraphs;
} reader;

static void release(void* model) { ln_model_release(model); }

static const float* read_floats(reader* r, ln_fb_table table, int slot, int32_t* count) {
  const ln_fb_vector v = ln_fb_get_vector(table, slot);
  *count = (int32_t)v.count;
  return v.count != 0 ? ln_job_copy(r->job, v.data, v.count * sizeof(float)) : NULL;
}

/* The smallest and largest values and custom bytes are not in model.h: they only inform. */
static ln_quantization* read_quantization(reader* r, const ln_model_tensor* from, ln_fb_table table,
                                          ln_tensor* const* tensors) {
  const ln_model_quantization* q = &from->quantization;
  if (table.buf == NULL) return NULL;
  ln_quantization* to = ln_job_alloc(r->job, 1, sizeof *to);
  to->scale_count = q->scale_count;
  to->scales = q->scales;
  to->zero_points = q->zero_points;
  to->dimension = q->quantized_dimension;
  to->mins = read_floats(r, table, LN_SLOT(QuantizationParameters, min), &to->min_count);
  to->maxs = read_floats(r, table, LN_SLOT(QuantizationParameters, max), &to->max_count);
  to->details_type = q->details_type <= 3 ? q->details_type : 0;
  if (to->details_type == 1) {
    const ln_fb_vector custom = ln_fb_get_vector(ln_fb_sub_table(table, LN_SLOT(QuantizationParameters, details)),
                                                 LN_SLOT(CustomQuantization, custom));
    to->custom = custom.data;
    to->custom_bytes = custom.count;
  } else if (to->details_type != 0) {
    to->block_scales = q->block_scales_tensor >= 0 ? tensors[q->block_scales_tensor] : NULL;
    to->block_zero_points = q->block_zero_points_tensor >= 0 ? tensors[q->block_zero_points_tensor] : NULL;
    to->block_size = q->block_size;
    to->block_dimensions = q->block_dimensions.data;
    to->block_dimension_count = q->block_dimensions.count;
  }
  return to;
}

/* Passes read constants as arrays of their types. */
static const void* aligned(ln_job* job, ln_bytes data) {
  return (uintptr_t)data.data % sizeof(double) == 0 ? data.data : ln_job_copy(job, data.data, data.size);
}

static void check_size(const ln_tensor* t) {
  if (t->type == LN_TYPE_STRING || t->type == LN_TYPE_RESOURCE || t->type == LN_TYPE_VARIANT) return;
  const size_t bytes = ln_tensor_bytes(t, 0);
  if (bytes != t->data_bytes)
    ln_stop(t->subgraph->graph->job, "constant \"%s\" has %zu bytes; its shape takes %zu", t->name, t->data_bytes,
            bytes);
}

static ln_tensor* read_tensor(ln_subgraph* subgraph, const ln_model_tensor* from, ln_fb_table table) {
  const bool ranked = from->has_shape || from->has_rank;
  const ln_i32_span dims = from->shape_signature.count != 0 ? from->shape_signature : from->shape;
  ln_tensor* to = ln_graph_tensor(subgraph, from->name, from->type, ranked ? dims.count : -1, dims.data);
  for (int i = 0; i < to->rank; ++i) to->unknown_as[i] = from->shape.data[i];
  to->is_variable = from->is_variable;
  if (from->data.data != NULL) {
    /* A constant's shape is what it has, whatever its signature says. */
    for (int i = 0; i < to->rank; ++i) to->shape[0][i] = to->shape[1][i] = from->shape.data[i];
    to->data = to->value[0] = to->value[1] = aligned(subgraph->graph->job, from->data);
    to->data_bytes = to->value_bytes[0] = to->value_bytes[1] = from->data.size;
  }
  to->sparsity = ln_fb_sub_table(table, LN_SLOT(Tensor, sparsity));
  if (ln_fb_field(table, LN_SLOT(Tensor, variant_tensors)) != 0) to->variant = table;
  if (to->data != NULL && to->rank >= 0 && to->sparsity.buf == NULL) check_size(to);
  return to;
}

static void read_option(ln_node* node, ln_fb_table table, const ln_schema_field* field) {
  const ln_fb_vector vector =
      field->kind > LN_KIND_F32 ? ln_fb_get_vector(table, field->slot) : (ln_fb_vector){NULL, 0};
  switch ((ln_kind)field->kind) {
    case LN_KIND_F32:
      ln_node_set_float(node, field->slot, ln_fb_f32(table, field->slot, 0));
      break;
    case LN_KIND_I8:
      ln_node_set(node, field->slot, ln_fb_i8(table, field->slot, 0));
      break;
    case LN_KIND_U8:
      ln_node_set(node, field->slot, ln_fb_u8(table, field->slot, 0));
      break;
    case LN_KIND_I32:
      ln_node_set(node, field->slot, ln_fb_i32(table, field->slot, 0));
      break;
    case LN_KIND_U32:
      ln_node_set(node, field->slot, ln_fb_u32(table, field->slot, 0));
      break;
    case LN_KIND_I64:
    case LN_KIND_U64:
      ln_node_set(node, field->slot, ln_fb_i64(table, field->slot, 0));
      break;
    case LN_KIND_STRING:
      ln_node_set_string(node, field->slot, ln_fb_string(table, field->slot));
      break;
    default:
      if (ln_kind_bytes((ln_kind)field->kind) == 0)
        ln_stop(node->subgraph->graph->job, "options of %s are of a kind that cannot be copied",
                ln_builtin_operator_name(node->code));
      ln_node_set_vector(node, field->slot, vector.count, vector.data);
  }
}

static void read_options(reader* r, ln_node* node, const ln_model_operator* from) {
  const bool second = from->options.buf == NULL;
  const ln_fb_table table = second ? from->options2 : from->options;
  node->options_table = LN_TABLE_NONE;
  if (table.buf == NULL) return;
  node->options_table = (int16_t)ln_schema_union_table(second ? LN_UNION_BuiltinOptions2 : LN_UNION_BuiltinOptions,
                                                       second ? from->options2_type : from->options_type);
  const ln_schema_table* schema = ln_schema_get_table(node->options_table);
  for (int i = 0; i < schema->field_count; ++i)
    if (ln_fb_field(table, schema->fields[i].slot) != 0) read_option(node, table, &schema->fields[i]);
  if (node->options_table != ln_schema_operator_options(node->code)) return;
  const int8_t* calls = ln_call_slots(node->code);
  for (int i = 0; calls[i] >= 0; ++i) {
    const ln_option* option = ln_node_find(node, calls[i]);
    const int64_t index = option != NULL && option->count == 0 ? option->value.i : 0;
    if (index >= 0 && index < r->model->subgraph_count) node->calls[i] = r->subgraphs[index];
    if (option == NULL) ln_node_set(node, calls[i], 0);
  }
}

static void read_node(reader* r, ln_subgraph* subgraph, const ln_model_operator* from, ln_tensor* const* tensors) {
  const ln_model_opcode* opcode = &r->model->opcodes[from->opcode_index];
  const char* name = from->outputs.count > 0 ? tensors[from->outputs.data[0]]->name : "";
  ln_node* node = ln_graph_node(subgraph, opcode->builtin_code, NULL);
  const bool custom = opcode->builtin_code == LN_OP_CUSTOM;
  node->place = ln_job_place(r->job, custom ? opcode->custom_name : ln_builtin_operator_name(node->code), name, "");
  node->custom_name = custom ? opcode->custom_name : "";
  node->version = opcode->version;
  for (int32_t i = 0; i < from->inputs.count; ++i)
    ln_node_add_input(node, from->inputs.data[i] >= 0 ? tensors[from->inputs.data[i]] : NULL);
  for (int32_t i = 0; i < from->outputs.count; ++i) ln_node_take_output(node, tensors[from->outputs.data[i]]);
  node->intermediate_count = from->intermediates.count;
  node->intermediates = ln_job_alloc(r->job, (size_t)from->intermediates.count, sizeof *node->intermediates);
  for (int32_t i = 0; i < from->intermediates.count; ++i)
    node->intermediates[i] = from->intermediates.data[i] >= 0 ? tensors[from->intermediates.data[i]] : NULL;
  read_options(r, node, from);
  ln_check_operands(node);
  node->custom_options = from->custom_options.data;
  node->custom_options_bytes = from->custom_options.size;
  node->mutating_variable_inputs = from->mutating_variable_inputs;
}

static ln_tensor** read_subgraph(reader* r, int32_t index, ln_fb_table root) {
  const ln_model_subgraph* from = &r->model->subgraphs[index];
  const ln_fb_table table =
      ln_fb_vector_table(root, ln_fb_get_vector(root, LN_SLOT(Model, subgraphs)), (uint32_t)index);
  const ln_fb_vector tables = ln_fb_get_vector(table, LN_SLOT(SubGraph, tensors));
  ln_subgraph* to = r->subgraphs[index];
  ln_tensor** tensors = ln_job_alloc(r->job, (size_t)from->tensor_count, sizeof(ln_tensor*));
  for (int32_t i = 0; i < from->tensor_count; ++i)
    tensors[i] = read_tensor(to, &from->tensors[i], ln_fb_vector_table(table, tables, (uint32_t)i));
  for (int32_t i = 0; i < from->tensor_count; ++i)
    tensors[i]->quantization = read_quantization(
        r, &from->tensors[i],
        ln_fb_sub_table(ln_fb_vector_table(table, tables, (uint32_t)i), LN_SLOT(Tensor, quantization)), tensors);
  for (int32_t i = 0; i < from->operator_count; ++i) read_node(r, to, &from->operators[i], tensors);
  to->input_count = to->input_capacity = (size_t)from->inputs.count;
  to->inputs = ln_job_alloc(r->job, to->input_count, sizeof *to->inputs);
  for (int32_t i = 0; i < from->inputs.count; ++i)
    to->inputs[i] = from->inputs.data[i] >= 0 ? tensors[from->inputs.data[i]] : NULL;
  for (int32_t i = 0; i < from->outputs.count; ++i) ln_graph_output(to, tensors[from->outputs.data[i]]);
  return tensors;
}

ln_graph* ln_read_tflite(ln_job* job, const char* path) {
  ln_model_error error;
  ln_model* model = ln_model_load_file(path, true, &error);
  if (model == NULL) ln_stop(job, "%s", error.text);
  ln_job_defer(job, release, model);
  reader r = {job, model, ln_graph_new(job), NULL};
  r.graph->description = model->description;
  r.subgraphs = ln_job_alloc(job, (size_t)model->subgraph_count, sizeof *r.subgraphs);
  ln_tensor*** tensors = ln_job_alloc(job, (size_t)model->subgraph_count, sizeof *tensors);
  for (int32_t i = 0; i < model->subgraph_count; ++i)
    r.subgraphs[i] = ln_graph_subgraph(r.graph, model->subgraphs[i].name);
  for (int32_t i = 0; i < model->subgraph_count; ++i) tensors[i] = read_subgraph(&r, i, ln_fb_root(model->file.data));
  for (int32_t i = 0; i < model->signature_count; ++i) {
    const ln_model_signature* from = &model->signatures[i];
    ln_signature* to = ln_graph_signature(r.graph, from->key, r.subgraphs[from->subgraph]);
    for (int32_t k = 0; k < from->input_count; ++k)
      ln_signature_input(to, from->inputs[k].name, tensors[from->subgraph][from->inputs[k].tensor]);
    for (int32_t k = 0; k < from->output_count; ++k)
      ln_signature_output(to, from->outputs[k].name, tensors[from->subgraph][from->outputs[k].tensor]);
  }
  for (int32_t i = 0; i < model->metadata_count; ++i)
    ln_graph_metadata(r.graph, model->metadata[i].name, model->metadata[i].data.data, model->metadata[i].data.size);
  ln_zip_tail_find(model->file.data, model->file.size, &r.graph->tail, &r.graph->tail_bytes);
  return r.graph;
}
