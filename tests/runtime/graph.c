/* The builder of graphs, the counting allocator, the log. */
#include "runtime/graph.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "model/model_impl.h"

counting counts;

static bool refuse(void) { return ++counts.calls == counts.fail_at; }

static void* count_allocate(void* user_data, size_t size_bytes) {
  (void)user_data;
  void* block = refuse() ? NULL : malloc(size_bytes);
  counts.live += block != NULL;
  return block;
}

static void* count_reallocate(void* user_data, void* block, size_t size_bytes) {
  (void)user_data;
  void* result = refuse() ? NULL : realloc(block, size_bytes);
  counts.live += block == NULL && result != NULL;
  return result;
}

static void count_deallocate(void* user_data, void* block) {
  (void)user_data;
  counts.live -= block != NULL;
  free(block);
}

void count_allocations(bool on) {
  static const ln_allocator kCounting = {NULL, count_allocate, count_reallocate, count_deallocate};
  counts = (counting){0};
  ln_set_allocator(on ? &kCounting : NULL);
}

void log_report(void* user_data, const char* format, va_list args) {
  log_text* log = user_data;
  const size_t used = strlen(log->text);
  const int n = vsnprintf(log->text + used, sizeof log->text - used, format, args);
  if (n > 0 && used + (size_t)n + 2 < sizeof log->text) memcpy(log->text + used + n, "|", 2);
}

ln_interpreter_config config_for(log_text* log) {
  log->text[0] = 0;
  return (ln_interpreter_config){.reporter = {log_report, log}, .resolver = kTestResolver, .num_threads = 1};
}

float* floats(ln_interpreter* interpreter, int32_t tensor) {
  return ln_interpreter_tensor(interpreter, 0, tensor)->data.f;
}

void graph_begin(graph* g, int32_t subgraph_count) {
  memset(g, 0, sizeof *g);
  g->model = ln_model_new();
  if (g->model == NULL) return;
  g->model->path = "some/where/graph.tflite";
  g->model->opcodes = g->codes;
  g->model->subgraphs = g->subgraphs;
  g->model->subgraph_count = subgraph_count;
  for (int32_t i = 0; i < subgraph_count; ++i) {
    g->subgraphs[i].name = "";
    g->subgraphs[i].tensors = g->tensors[i];
    g->subgraphs[i].operators = g->nodes[i];
  }
}

void graph_end(graph* g) { ln_model_release(g->model); }

static ln_i32_span list(graph* g, const int32_t* values) {
  ln_i32_span span = {g->indices + g->index_count, 0};
  for (; values[span.count] != -2 && g->index_count < MAX_INDICES; ++span.count)
    g->indices[g->index_count++] = values[span.count];
  return span;
}

static ln_model_tensor* new_tensor(graph* g, int32_t subgraph, uint8_t type, int32_t extent) {
  ln_model_tensor* t = &g->tensors[subgraph][g->subgraphs[subgraph].tensor_count++];
  t->name = "t";
  t->type = type;
  t->has_shape = true;
  t->shape = list(g, LIST(extent));
  return t;
}

int32_t graph_tensor(graph* g, int32_t subgraph, uint8_t type, int32_t extent) {
  new_tensor(g, subgraph, type, extent);
  return g->subgraphs[subgraph].tensor_count - 1;
}

int32_t graph_constant(graph* g, int32_t subgraph, const float* data, int32_t extent) {
  ln_model_tensor* t = new_tensor(g, subgraph, SCHEMA_FLOAT32, extent);
  t->data = (ln_bytes){(const uint8_t*)data, sizeof(float) * (size_t)extent};
  return g->subgraphs[subgraph].tensor_count - 1;
}

int32_t graph_variable(graph* g, int32_t subgraph, uint8_t type, int32_t extent) {
  new_tensor(g, subgraph, type, extent)->is_variable = true;
  return g->subgraphs[subgraph].tensor_count - 1;
}

void graph_node(graph* g, int32_t subgraph, const char* op, const int32_t* inputs, const int32_t* outputs) {
  ln_model_operator* node = &g->nodes[subgraph][g->subgraphs[subgraph].operator_count++];
  node->opcode_index = g->model->opcode_count;
  g->codes[g->model->opcode_count++] = (ln_model_opcode){32, op, 1};
  node->inputs = list(g, inputs);
  node->outputs = list(g, outputs);
}

void graph_ends(graph* g, int32_t subgraph, const int32_t* inputs, const int32_t* outputs) {
  g->subgraphs[subgraph].inputs = list(g, inputs);
  g->subgraphs[subgraph].outputs = list(g, outputs);
}
