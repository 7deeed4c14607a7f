#include "convert/graph.h"

#include <string.h>

#include "base/checked.h"
#include "model/model.h"

#define PUSH(graph, list, value)                                                                                     \
  do {                                                                                                               \
    (list##s) = ln_job_grow((graph)->job, (list##s), (size_t)(list##_count), &(list##_capacity), sizeof *(list##s)); \
    (list##s)[list##_count++] = (value);                                                                             \
  } while (0)

ln_graph* ln_graph_new(ln_job* job) {
  ln_graph* graph = ln_job_alloc(job, 1, sizeof *graph);
  graph->job = job;
  graph->description = "";
  graph->last_subgraph = &graph->subgraphs;
  graph->last_signature = &graph->signatures;
  graph->last_metadata = &graph->metadata;
  return graph;
}

ln_subgraph* ln_graph_subgraph(ln_graph* graph, const char* name) {
  ln_subgraph* subgraph = ln_job_alloc(graph->job, 1, sizeof *subgraph);
  subgraph->graph = graph;
  subgraph->name = ln_job_strdup(graph->job, name);
  subgraph->index = graph->subgraph_count++;
  *graph->last_subgraph = subgraph;
  graph->last_subgraph = &subgraph->next;
  return subgraph;
}

ln_tensor* ln_graph_tensor(ln_subgraph* subgraph, const char* name, int type, int rank, const int32_t* dims) {
  static const int32_t kUnknown[2][2] = {{LN_U0_FIRST, LN_U0_OTHER}, {LN_U1_FIRST, LN_U1_OTHER}};
  ln_job* job = subgraph->graph->job;
  if (rank > LN_MAX_DIMS)
    ln_stop(job, "tensor \"%s\" has %d dimensions; at most %d can be converted", name, rank, LN_MAX_DIMS);
  ln_tensor* tensor = ln_job_alloc(job, 1, sizeof *tensor);
  tensor->name = ln_job_strdup(job, name);
  tensor->subgraph = subgraph;
  tensor->type = (uint8_t)type;
  tensor->rank = rank;
  for (int w = 0; w < 2; ++w)
    for (int i = 0; i < rank; ++i) tensor->shape[w][i] = dims[i] >= 0 ? dims[i] : kUnknown[w][i > 0];
  PUSH(subgraph->graph, subgraph->tensor, tensor);
  return tensor;
}

ln_tensor* ln_graph_input(ln_subgraph* subgraph, const char* name, int type, int rank, const int32_t* dims) {
  ln_tensor* tensor = ln_graph_tensor(subgraph, name, type, rank, dims);
  PUSH(subgraph->graph, subgraph->input, tensor);
  return tensor;
}

ln_tensor* ln_graph_constant_bytes(ln_subgraph* subgraph, const char* name, int type, int rank, const int32_t* dims,
                                   const void* data, size_t data_bytes) {
  ln_tensor* tensor = ln_graph_tensor(subgraph, name, type, rank, dims);
  tensor->data = data;
  tensor->data_bytes = data_bytes;
  for (int w = 0; w < 2; ++w) {
    tensor->value[w] = data;
    tensor->value_bytes[w] = data_bytes;
  }
  return tensor;
}

ln_tensor* ln_graph_constant(ln_subgraph* subgraph, const char* name, int type, int rank, const int32_t* dims,
                             const void* data) {
  ln_tensor* tensor = ln_graph_constant_bytes(subgraph, name, type, rank, dims, data, 0);
  tensor->data_bytes = ln_tensor_bytes(tensor, 0);
  tensor->value_bytes[0] = tensor->value_bytes[1] = tensor->data_bytes;
  return tensor;
}

ln_tensor* ln_graph_ints(ln_subgraph* subgraph, const char* name, int count, const int32_t* values) {
  const int32_t dims[1] = {count};
  return ln_graph_constant(subgraph, name, LN_TYPE_INT32, 1, dims,
                           ln_job_copy(subgraph->graph->job, values, (size_t)count * sizeof *values));
}

ln_tensor* ln_graph_int(ln_subgraph* subgraph, const char* name, int32_t value) {
  return ln_graph_constant(subgraph, name, LN_TYPE_INT32, 0, NULL,
                           ln_job_copy(subgraph->graph->job, &value, sizeof value));
}

ln_tensor* ln_graph_float(ln_subgraph* subgraph, const char* name, float value) {
  return ln_graph_constant(subgraph, name, LN_TYPE_FLOAT32, 0, NULL,
                           ln_job_copy(subgraph->graph->job, &value, sizeof value));
}

ln_tensor* ln_graph_adopt(ln_subgraph* subgraph, ln_tensor* constant) {
  if (constant->subgraph == subgraph) return constant;
  ln_tensor* copy = ln_graph_tensor(subgraph, constant->name, constant->type, constant->rank, constant->shape[0]);
  memcpy(copy->shape, constant->shape, sizeof copy->shape);
  memcpy(copy->value, constant->value, sizeof copy->value);
  memcpy(copy->value_bytes, constant->value_bytes, sizeof copy->value_bytes);
  copy->data = constant->data;
  copy->data_bytes = constant->data_bytes;
  copy->quantization = constant->quantization;
  copy->sparsity = constant->sparsity;
  copy->broken = constant->broken;
  return copy;
}

void ln_graph_output(ln_subgraph* subgraph, ln_tensor* tensor) {
  PUSH(subgraph->graph, subgraph->output, tensor);
  ++tensor->uses;
}

ln_node* ln_graph_node_before(ln_subgraph* subgraph, ln_node* before, int code, const ln_place* place) {
  ln_node* node = ln_job_alloc(subgraph->graph->job, 1, sizeof *node);
  node->subgraph = subgraph;
  node->code = code;
  node->custom_name = "";
  node->version = 1;
  node->place = place != NULL ? place : ln_job_place(subgraph->graph->job, ln_builtin_operator_name(code), "", "");
  node->options_table = (int16_t)ln_schema_operator_options(code);
  node->next = before;
  node->prev = before != NULL ? before->prev : subgraph->last;
  *(node->prev != NULL ? &node->prev->next : &subgraph->first) = node;
  *(before != NULL ? &before->prev : &subgraph->last) = node;
  ++subgraph->node_count;
  return node;
}

ln_node* ln_graph_node(ln_subgraph* subgraph, int code, const ln_place* place) {
  return ln_graph_node_before(subgraph, NULL, code, place);
}

ln_node* ln_graph_custom(ln_subgraph* subgraph, const char* custom_name, const void* options, size_t options_bytes,
                         const ln_place* place) {
  ln_node* node = ln_graph_node(subgraph, LN_OP_CUSTOM, place);
  node->custom_name = ln_job_strdup(subgraph->graph->job, custom_name);
  node->custom_options = ln_job_copy(subgraph->graph->job, options, options_bytes);
  node->custom_options_bytes = options_bytes;
  return node;
}

void ln_node_add_input(ln_node* node, ln_tensor* tensor) {
  PUSH(node->subgraph->graph, node->input, tensor);
  if (tensor != NULL) ++tensor->uses;
}

void ln_node_set_input(ln_node* node, int index, ln_tensor* tensor) {
  if (tensor != NULL) ++tensor->uses;
  if (node->inputs[index] != NULL) --node->inputs[index]->uses;
  node->inputs[index] = tensor;
}

ln_tensor* ln_node_add_output(ln_node* node, const char* name, int type) {
  ln_tensor* tensor = ln_graph_tensor(node->subgraph, name, type, -1, NULL);
  ln_node_take_output(node, tensor);
  return tensor;
}

void ln_node_take_output(ln_node* node, ln_tensor* tensor) {
  PUSH(node->subgraph->graph, node->output, tensor);
  tensor->producer = node;
}

static void unlink_node(const ln_node* node) {
  ln_subgraph* subgraph = node->subgraph;
  *(node->prev != NULL ? &node->prev->next : &subgraph->first) = node->next;
  *(node->next != NULL ? &node->next->prev : &subgraph->last) = node->prev;
}

void ln_node_move(ln_node* node, ln_node* before) {
  unlink_node(node);
  node->next = before;
  node->prev = before->prev;
  *(before->prev != NULL ? &before->prev->next : &node->subgraph->first) = node;
  before->prev = node;
}

void ln_node_remove(ln_node* node) {
  for (int i = 0; i < node->input_count; ++i)
    if (node->inputs[i] != NULL) --node->inputs[i]->uses;
  for (int i = 0; i < node->output_count; ++i)
    if (node->outputs[i]->producer == node) node->outputs[i]->producer = NULL;
  unlink_node(node);
  --node->subgraph->node_count;
}

static void replace_arguments(ln_argument* arguments, size_t count, ln_tensor* tensor, ln_tensor* other) {
  for (size_t i = 0; i < count; ++i)
    if (arguments[i].tensor == tensor) arguments[i].tensor = other;
}

void ln_tensor_replace(ln_tensor* tensor, ln_tensor* other) {
  ln_subgraph* subgraph = tensor->subgraph;
  if (tensor == other) return;
  for (ln_node* node = subgraph->first; node != NULL && tensor->uses > 0; node = node->next)
    for (int i = 0; i < node->input_count; ++i)
      if (node->inputs[i] == tensor) ln_node_set_input(node, i, other);
  for (size_t i = 0; i < subgraph->output_count; ++i) {
    if (subgraph->outputs[i] != tensor) continue;
    subgraph->outputs[i] = other;
    --tensor->uses;
    ++other->uses;
  }
  for (ln_signature* s = subgraph->graph->signatures; s != NULL; s = s->next)
    if (s->subgraph == subgraph) replace_arguments(s->outputs, s->output_count, tensor, other);
}

static void reach(ln_subgraph* subgraph) {
  if (subgraph->index == 1) return;
  subgraph->index = 1;
  for (const ln_node* node = subgraph->first; node != NULL; node = node->next)
    for (size_t i = 0; i < sizeof node->calls / sizeof node->calls[0]; ++i)
      if (node->calls[i] != NULL) reach(node->calls[i]);
}

void ln_graph_sweep(ln_graph* graph) {
  for (ln_subgraph* s = graph->subgraphs; s != NULL; s = s->next) s->index = 0;
  if (graph->subgraphs != NULL) reach(graph->subgraphs);
  for (const ln_signature* s = graph->signatures; s != NULL; s = s->next) reach(s->subgraph);
  graph->subgraph_count = 0;
  for (ln_subgraph** at = &graph->subgraphs; *at != NULL;) {
    if ((*at)->index == 0) {
      *at = (*at)->next;
      continue;
    }
    ++graph->subgraph_count;
    at = &(*at)->next;
    graph->last_subgraph = at;
  }
}

ln_signature* ln_graph_signature(ln_graph* graph, const char* key, ln_subgraph* subgraph) {
  ln_signature* signature = ln_job_alloc(graph->job, 1, sizeof *signature);
  signature->graph = graph;
  signature->key = ln_job_strdup(graph->job, key);
  signature->subgraph = subgraph;
  *graph->last_signature = signature;
  graph->last_signature = &signature->next;
  return signature;
}

void ln_signature_input(ln_signature* signature, const char* name, ln_tensor* tensor) {
  const ln_argument argument = {ln_job_strdup(signature->graph->job, name), tensor};
  PUSH(signature->graph, signature->input, argument);
}

void ln_signature_output(ln_signature* signature, const char* name, ln_tensor* tensor) {
  const ln_argument argument = {ln_job_strdup(signature->graph->job, name), tensor};
  PUSH(signature->graph, signature->output, argument);
}

void ln_graph_metadata(ln_graph* graph, const char* name, const void* data, size_t size_bytes) {
  ln_metadata* metadata = ln_job_alloc(graph->job, 1, sizeof *metadata);
  *metadata = (ln_metadata){NULL, ln_job_strdup(graph->job, name), data, size_bytes};
  *graph->last_metadata = metadata;
  graph->last_metadata = &metadata->next;
}
