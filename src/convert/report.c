#include "convert/report.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/file_kind.h"
#include "convert/costs.h"
#include "convert/text.h"
#include "convert/trace.h"
#include "convert/write.h"
#include "linnet/convert.h"
#include "linnet/linnet.h"
#include "model/model.h"

/* report.html, made a C array when this is built; where the data goes. */
extern const unsigned char ln_report_page[];
extern const size_t ln_report_page_bytes;
static const char kPlaceOfData[] = "@DATA@";

struct ln_report {
  ln_graph* graph;
  const char* source;
  uint64_t started_ns, imported_ns;
  ln_text before;
};

static void put_shape(ln_text* text, const ln_tensor* t) {
  ln_text_put(text, "\"");
  if (t->rank < 0) ln_text_put(text, "?");
  for (int i = 0; i < t->rank; ++i) {
    const int32_t extent = ln_dim(t, i);
    if (i > 0) ln_text_put(text, ",");
    if (extent >= 0)
      ln_text_put(text, "%d", (int)extent);
    else
      ln_text_put(text, "?");
  }
  ln_text_put(text, "\"");
}

static void use(ln_tensor* t, ln_tensor** used, int32_t* count) {
  if (t == NULL || t->index >= 0) return;
  t->index = *count;
  used[(*count)++] = t;
}

/* Numbers the tensors that are used, in the order they are met. */
static int32_t number_tensors(ln_subgraph* s, ln_tensor*** used) {
  int32_t count = 0;
  *used = ln_job_alloc(s->graph->job, s->tensor_count, sizeof **used);
  for (size_t i = 0; i < s->tensor_count; ++i) s->tensors[i]->index = -1;
  for (size_t i = 0; i < s->input_count; ++i) use(s->inputs[i], *used, &count);
  for (const ln_node* node = s->first; node != NULL; node = node->next) {
    for (int i = 0; i < node->input_count; ++i) use(node->inputs[i], *used, &count);
    for (int i = 0; i < node->output_count; ++i) use(node->outputs[i], *used, &count);
  }
  for (size_t i = 0; i < s->output_count; ++i) use(s->outputs[i], *used, &count);
  return count;
}

static void put_indices(ln_text* text, ln_tensor* const* tensors, size_t count) {
  ln_text_put(text, "[");
  for (size_t i = 0; i < count; ++i)
    ln_text_put(text, "%s%d", i > 0 ? "," : "", tensors[i] != NULL ? (int)tensors[i]->index : -1);
  ln_text_put(text, "]");
}

/* A list of words for an option's number; NULL: the number itself. */
static const char* word_of(const ln_schema_field* field, int64_t number) {
  static const char* const kActivations[] = {"none", "RELU", "RELU_N1_TO_1", "RELU6", "TANH", "SIGN_BIT"};
  if (strcmp(field->name, "fused_activation_function") == 0 && number >= 0 && number < 6) return kActivations[number];
  if (strcmp(field->name, "padding") == 0) return number == LN_PADDING_SAME ? "SAME" : "VALID";
  if (strstr(field->name, "data_type") != NULL || strstr(field->name, "output_type") != NULL)
    return ln_tensor_type_name((uint8_t)number);
  return NULL;
}

static void put_vector(ln_text* text, const ln_option* option) {
  ln_text_put(text, "[");
  for (uint32_t i = 0; i < option->count && i < LN_MAX_DIMS; ++i) {
    int32_t number;
    memcpy(&number, (const char*)option->value.data + i * sizeof number, sizeof number);
    ln_text_put(text, "%s%d", i > 0 ? "," : "", (int)number);
  }
  ln_text_put(text, "%s]", option->count > LN_MAX_DIMS ? ",..." : "");
}

static bool names_subgraph(const ln_node* node, int slot) {
  for (const int8_t* at = ln_call_slots(node->code); *at >= 0; ++at)
    if (*at == slot) return true;
  return false;
}

/* "padding SAME, stride_w 2": what is set of the options; numbers of subgraphs are shown otherwise. */
static const char* describe_options(const ln_node* node) {
  ln_text text = {node->subgraph->graph->job, NULL, 0, 0};
  const ln_schema_table* table = node->options_table != LN_TABLE_NONE ? ln_schema_get_table(node->options_table) : NULL;
  for (int i = 0; table != NULL && i < table->field_count; ++i) {
    const ln_schema_field* field = &table->fields[i];
    const ln_option* option = ln_node_find(node, field->slot);
    if (option == NULL || names_subgraph(node, field->slot)) continue;
    ln_text_put(&text, "%s%s ", text.length > 0 ? ", " : "", field->name);
    const char* word = option->kind < LN_KIND_F32 ? word_of(field, option->value.i) : NULL;
    if (word != NULL)
      ln_text_put(&text, "%s", word);
    else if (option->kind == LN_KIND_F32)
      ln_text_put(&text, "%g", (double)option->value.f);
    else if (option->kind < LN_KIND_F32)
      ln_text_put(&text, "%lld", (long long)option->value.i);
    else if (option->kind == LN_KIND_STRING)
      ln_text_put(&text, "%s", (const char*)option->value.data);
    else if (option->kind == LN_KIND_VECTOR_I32)
      put_vector(&text, option);
  }
  ln_text_append(&text, "", 1);
  return text.data;
}

static void put_node(ln_text* text, const ln_node* node) {
  const ln_cost cost = ln_node_cost(node);
  ln_text_put(text, "[%d,", (int)node->number);
  ln_text_json(text, ln_node_op(node));
  ln_text_put(text, ",");
  put_indices(text, node->inputs, (size_t)node->input_count);
  ln_text_put(text, ",");
  put_indices(text, node->outputs, (size_t)node->output_count);
  ln_text_put(text, ",");
  ln_text_json(text, describe_options(node));
  ln_text_put(text, ",");
  ln_text_json(text, node->place->op);
  ln_text_put(text, ",");
  ln_text_json(text, ln_node_name(node));
  ln_text_put(text, ",");
  ln_text_json(text, node->place->layer);
  ln_text_put(text, ",%.0f,%.0f,%.0f,%.0f,[", cost.multiply_adds, cost.weight_bytes, cost.read_bytes,
              cost.written_bytes);
  for (size_t i = 0, count = 0; i < sizeof node->calls / sizeof node->calls[0]; ++i)
    if (node->calls[i] != NULL) ln_text_put(text, "%s%d", count++ > 0 ? "," : "", (int)node->calls[i]->index);
  ln_text_put(text, "]]");
}

/* Constants that are the same data count once. */
static double constant_bytes(ln_tensor* const* tensors, int32_t count) {
  double bytes = 0;
  for (int32_t i = 0; i < count; ++i)
    if (tensors[i]->data != NULL) bytes += (double)tensors[i]->data_bytes;
  return bytes;
}

static void put_subgraph(ln_text* text, ln_subgraph* s) {
  ln_tensor** tensors;
  const int32_t count = number_tensors(s, &tensors);
  ln_text_put(text, "{\"name\":");
  ln_text_json(text, s->name);
  ln_text_put(text, ",\"constants\":%.0f,\"inputs\":", constant_bytes(tensors, count));
  put_indices(text, s->inputs, s->input_count);
  ln_text_put(text, ",\"outputs\":");
  put_indices(text, s->outputs, s->output_count);
  ln_text_put(text, ",\"tensors\":[");
  for (int32_t i = 0; i < count; ++i) {
    ln_text_put(text, "%s[", i > 0 ? "," : "");
    ln_text_json(text, tensors[i]->name);
    ln_text_put(text, ",\"%s\",", ln_tensor_type_name(tensors[i]->type));
    put_shape(text, tensors[i]);
    ln_text_put(text, ",%.0f]", tensors[i]->data != NULL ? (double)tensors[i]->data_bytes : -1.0);
  }
  ln_text_put(text, "],\"nodes\":[");
  for (const ln_node* node = s->first; node != NULL; node = node->next) {
    put_node(text, node);
    if (node->next != NULL) ln_text_put(text, ",\n");
  }
  ln_text_put(text, "]}");
}

static void put_graph(ln_text* text, ln_graph* graph) {
  int32_t index = 0;
  for (ln_subgraph* s = graph->subgraphs; s != NULL; s = s->next) s->index = index++;
  ln_text_put(text, "[");
  for (ln_subgraph* s = graph->subgraphs; s != NULL; s = s->next) {
    put_subgraph(text, s);
    if (s->next != NULL) ln_text_put(text, ",\n");
  }
  ln_text_put(text, "]");
}

static void put_nodes(ln_text* text, const ln_trace_node* nodes, int32_t count) {
  ln_text_put(text, "[");
  for (int32_t i = 0; i < count; ++i) {
    ln_text_put(text, "%s[%d,", i > 0 ? "," : "", (int)nodes[i].number);
    ln_text_json(text, nodes[i].op);
    ln_text_put(text, ",");
    ln_text_json(text, nodes[i].name);
    ln_text_put(text, "]");
  }
  ln_text_put(text, "]");
}

static void put_steps(ln_text* text, const ln_trace* trace) {
  ln_text_put(text, "\"steps\":[");
  for (const ln_trace_step* step = ln_trace_steps(trace); step != NULL; step = step->next) {
    ln_text_put(text, "[");
    ln_text_json(text, step->pass);
    ln_text_put(text, ",");
    ln_text_json(text, step->subgraph);
    ln_text_put(text, ",");
    put_nodes(text, step->before, step->before_count);
    ln_text_put(text, ",");
    put_nodes(text, step->after, step->after_count);
    ln_text_put(text, "]%s", step->next != NULL ? ",\n" : "");
  }
  ln_text_put(text, "],\"passes\":[");
  const char *name, *description;
  for (int i = 0; LinnetGetPass(i, &name, &description); ++i) {
    ln_text_put(text, "[");
    ln_text_json(text, name);
    ln_text_put(text, ",");
    ln_text_json(text, description);
    ln_text_put(text, "],");
  }
  ln_text_put(text, "[\"rest\",\"what no builtin operator computes, made of several\"]]");
}

/* Bytes of a file; 0: there is none. */
static double file_bytes(const char* path) {
  FILE* file = ln_file_kind_of(path) == LN_FILE_PLAIN ? fopen(path, "rb") : NULL;
  if (file == NULL) return 0;
  const long size = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : 0;
  fclose(file);
  return size > 0 ? (double)size : 0;
}

/* Of a file, or of a SavedModel's graph and variables. */
static double source_bytes(ln_job* job, const char* path) {
  const double alone = file_bytes(path);
  if (alone > 0) return alone;
  double sum = file_bytes(ln_job_text(job, "%s/saved_model.pb", path)) +
               file_bytes(ln_job_text(job, "%s/saved_model.pbtxt", path)) +
               file_bytes(ln_job_text(job, "%s/variables/variables.index", path));
  for (int shards = 1; shards <= 64; ++shards)
    for (int i = 0; i < shards; ++i) {
      const double shard = file_bytes(ln_job_text(job, "%s/variables/variables.data-%05d-of-%05d", path, i, shards));
      if (shard <= 0) break;
      sum += shard;
    }
  return sum;
}

/* The most memory that the process has had, as Linux says it; 0: it does not. */
static double peak_bytes(void) {
  char line[256];
  double kilobytes = 0;
  FILE* file = fopen("/proc/self/status", "r");
  if (file == NULL) return 0;
  while (fgets(line, sizeof line, file) != NULL)
    if (sscanf(line, "VmHWM: %lf", &kilobytes) == 1) break;
  fclose(file);
  return kilobytes * 1024;
}

ln_report* ln_report_begin(ln_graph* graph, const char* source, uint64_t started_ns) {
  ln_report* report = ln_job_alloc(graph->job, 1, sizeof *report);
  *report = (ln_report){graph, source, started_ns, ln_clock_ns(), {graph->job, NULL, 0, 0}};
  ln_trace_begin(graph);
  put_graph(&report->before, graph);
  return report;
}

static void put_notes(ln_text* text, const ln_job_note* note) {
  for (; note != NULL; note = note->next) {
    ln_text_json(text, note->text);
    if (note->next != NULL) ln_text_put(text, ",");
  }
}

static void put_data(ln_text* text, const ln_report* r, const char* destination) {
  ln_job* job = r->graph->job;
  const uint64_t now = ln_clock_ns();
  ln_text_put(text, "{\"version\":");
  ln_text_json(text, LinnetVersion());
  ln_text_put(text, ",\"source\":");
  ln_text_json(text, r->source);
  ln_text_put(text, ",\"destination\":");
  ln_text_json(text, destination);
  ln_text_put(text, ",\"bytes\":[%.0f,%.0f],\"import_ms\":%.3f,\"total_ms\":%.3f,\"peak\":%.0f,\"notes\":[",
              source_bytes(job, r->source), file_bytes(destination), (double)(r->imported_ns - r->started_ns) / 1e6,
              (double)(now - r->started_ns) / 1e6, peak_bytes());
  put_notes(text, job->warnings);
  ln_text_put(text, "],\n\"before\":");
  ln_text_append(text, r->before.data, r->before.length);
  ln_text_put(text, ",\n\"after\":");
  put_graph(text, r->graph);
  ln_text_put(text, ",\n");
  put_steps(text, r->graph->trace);
  ln_text_put(text, "}");
}

void ln_report_end(ln_report* report, const char* destination, const char* path) {
  ln_text text = {report->graph->job, NULL, 0, 0};
  const char* page = (const char*)ln_report_page;
  size_t at = 0;
  while (at + sizeof kPlaceOfData - 1 < ln_report_page_bytes &&
         memcmp(page + at, kPlaceOfData, sizeof kPlaceOfData - 1) != 0)
    ++at;
  ln_text_append(&text, page, at);
  put_data(&text, report, destination);
  at += sizeof kPlaceOfData - 1;
  ln_text_append(&text, page + at, ln_report_page_bytes - at);
  ln_write_bytes(report->graph->job, path, text.data, text.length);
}
