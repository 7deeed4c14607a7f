/* Nodes' options by the schema's slots, and what an operator's code and options say of its outputs' types. */
#include <string.h>

#include "convert/graph.h"
#include "model/model.h"

static const ln_schema_field* find_field(const ln_node* node, int slot) {
  if (node->options_table == LN_TABLE_NONE) return NULL;
  const ln_schema_table* table = ln_schema_get_table(node->options_table);
  for (int i = 0; i < table->field_count; ++i)
    if (table->fields[i].slot == slot) return &table->fields[i];
  return NULL;
}

const ln_option* ln_node_find(const ln_node* node, int slot) {
  for (int32_t i = 0; i < node->option_count; ++i)
    if (node->options[i].slot == slot) return &node->options[i];
  return NULL;
}

/* The option at a slot, made where it is not there yet. */
static ln_option* option_at(ln_node* node, int slot) {
  for (int32_t i = 0; i < node->option_count; ++i)
    if (node->options[i].slot == slot) return &node->options[i];
  ln_job* job = node->subgraph->graph->job;
  const ln_schema_field* field = find_field(node, slot);
  if (field == NULL) ln_stop(job, "%s has no option %d", ln_builtin_operator_name(node->code), slot);
  node->options =
      ln_job_grow(job, node->options, (size_t)node->option_count, &node->option_capacity, sizeof *node->options);
  ln_option* option = &node->options[node->option_count++];
  memset(option, 0, sizeof *option);
  option->slot = (uint8_t)slot;
  option->kind = field->kind;
  return option;
}

void ln_node_set(ln_node* node, int slot, int64_t number) { option_at(node, slot)->value.i = number; }

void ln_node_set_float(ln_node* node, int slot, float number) { option_at(node, slot)->value.f = number; }

void ln_node_set_vector(ln_node* node, int slot, uint32_t count, const void* elements) {
  ln_option* option = option_at(node, slot);
  option->count = count;
  option->value.data =
      ln_job_copy(node->subgraph->graph->job, elements, count * (size_t)ln_kind_bytes((ln_kind)option->kind));
}

void ln_node_set_string(ln_node* node, int slot, const char* text) {
  ln_option* option = option_at(node, slot);
  option->count = (uint32_t)strlen(text);
  option->value.data = ln_job_strdup(node->subgraph->graph->job, text);
}

int64_t ln_node_get(const ln_node* node, int slot, int64_t fallback) {
  const ln_option* option = ln_node_find(node, slot);
  return option != NULL ? option->value.i : fallback;
}

float ln_node_get_float(const ln_node* node, int slot, float fallback) {
  const ln_option* option = ln_node_find(node, slot);
  return option != NULL ? option->value.f : fallback;
}

const int8_t* ln_call_slots(int code) {
  static const int8_t kNone[] = {-1}, kTwo[] = {0, 1, -1}, kOne[] = {0, -1}, kSecond[] = {1, -1}, kThird[] = {2, -1},
                      kSixth[] = {5, -1}, kSeventh[] = {6, -1};
  switch (code) {
    case LN_OP_IF:
    case LN_OP_WHILE:
    case LN_OP_STABLEHLO_WHILE:
      return kTwo;
    case LN_OP_CALL:
    case LN_OP_CALL_ONCE:
    case LN_OP_STABLEHLO_CASE:
      return kOne;
    case LN_OP_STABLEHLO_COMPOSITE:
    case LN_OP_STABLEHLO_REDUCE:
      return kSecond;
    case LN_OP_STABLEHLO_SORT:
      return kThird;
    case LN_OP_STABLEHLO_REDUCE_WINDOW:
      return kSixth;
    case LN_OP_STABLEHLO_SCATTER:
      return kSeventh;
    default:
      return kNone;
  }
}

static int input_type(const ln_node* node, int index) {
  return index < node->input_count && node->inputs[index] != NULL ? node->inputs[index]->type : LN_TYPE_FLOAT32;
}

int ln_node_output_type(const ln_node* node, int output) {
  switch (node->code) {
    case LN_OP_EQUAL:
    case LN_OP_NOT_EQUAL:
    case LN_OP_LESS:
    case LN_OP_LESS_EQUAL:
    case LN_OP_GREATER:
    case LN_OP_GREATER_EQUAL:
    case LN_OP_LOGICAL_AND:
    case LN_OP_LOGICAL_OR:
    case LN_OP_LOGICAL_NOT:
    case LN_OP_STABLEHLO_COMPARE:
      return LN_TYPE_BOOL;
    case LN_OP_CAST:
      return (int)LN_GET(node, CastOptions, out_data_type);
    case LN_OP_SHAPE:
      return (int)LN_GET(node, ShapeOptions, out_type);
    case LN_OP_ARG_MAX:
    case LN_OP_ARG_MIN:
      return (int)LN_GET(node, ArgMaxOptions, output_type);
    case LN_OP_RANK:
    case LN_OP_BUCKETIZE:
    case LN_OP_NON_MAX_SUPPRESSION_V4:
    case LN_OP_HASHTABLE_SIZE:
      return node->code == LN_OP_HASHTABLE_SIZE ? LN_TYPE_INT64 : LN_TYPE_INT32;
    case LN_OP_NON_MAX_SUPPRESSION_V5:
      return output == 1 ? LN_TYPE_FLOAT32 : LN_TYPE_INT32;
    case LN_OP_WHERE:
      return LN_TYPE_INT64;
    case LN_OP_TOPK_V2:
      return output == 0 ? input_type(node, 0) : LN_TYPE_INT32;
    case LN_OP_UNIQUE:
      return output == 0 ? input_type(node, 0) : (int)ln_node_get(node, LN_SLOT(UniqueOptions, idx_out_type), 2);
    case LN_OP_RFFT2D:
      return LN_TYPE_COMPLEX64;
    case LN_OP_REAL:
    case LN_OP_IMAG:
    case LN_OP_COMPLEX_ABS:
      return LN_TYPE_FLOAT32;
    case LN_OP_RANDOM_UNIFORM:
    case LN_OP_RANDOM_STANDARD_NORMAL:
    case LN_OP_DEQUANTIZE:
      return LN_TYPE_FLOAT32;
    case LN_OP_MULTINOMIAL:
      return LN_TYPE_INT64;
    case LN_OP_HASHTABLE:
    case LN_OP_VAR_HANDLE:
      return LN_TYPE_RESOURCE;
    case LN_OP_SELECT:
    case LN_OP_SELECT_V2:
    case LN_OP_SPLIT:
    case LN_OP_FILL:
    case LN_OP_SCATTER_ND:
    case LN_OP_EMBEDDING_LOOKUP:
      return input_type(node, 1);
    case LN_OP_ONE_HOT:
    case LN_OP_SPARSE_TO_DENSE:
    case LN_OP_TRANSPOSE_CONV:
    case LN_OP_CONV_3D_TRANSPOSE:
    case LN_OP_HASHTABLE_FIND:
      return input_type(node, 2);
    default:
      return input_type(node, 0);
  }
}
