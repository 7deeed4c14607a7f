/* linnet inspect: what is in a model file. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "labels.h"
#include "session.h"
#include "term.h"

static const char* shape_text(const LinnetTensorInfo* t, char* buffer, size_t size) {
  int used = snprintf(buffer, size, "%s [", TfLiteTypeGetName(t->type));
  for (int32_t i = 0; i < t->rank && (size_t)used < size; ++i) {
    const bool open = t->shape_signature != NULL && t->shape_signature[i] < 0;
    used += snprintf(buffer + used, size - (size_t)used, open ? "%s?" : "%s%d", i > 0 ? ", " : "", t->shape[i]);
  }
  if ((size_t)used < size) used += snprintf(buffer + used, size - (size_t)used, "]");
  if (t->scale_count == 1 && (size_t)used < size)
    snprintf(buffer + used, size - (size_t)used, "  scale %.6g zero %lld", (double)t->scales[0],
             t->zero_point_count > 0 ? (long long)t->zero_points[0] : 0);
  else if (t->scale_count > 1 && (size_t)used < size)
    snprintf(buffer + used, size - (size_t)used, "  %d scales along %d", t->scale_count, t->quantized_dimension);
  return buffer;
}

static void json_tensor(const TfLiteModel* model, int32_t subgraph, int32_t index) {
  LinnetTensorInfo t;
  if (LinnetModelGetTensor(model, subgraph, index, &t) != kTfLiteOk) return;
  json_open_object(NULL);
  json_integer("tensor", index);
  json_string("name", t.name);
  json_string("type", TfLiteTypeGetName(t.type));
  json_open_array("shape");
  for (int32_t i = 0; i < t.rank; ++i)
    json_integer(NULL, t.shape_signature != NULL && t.shape_signature[i] < 0 ? -1 : t.shape[i]);
  json_close_array();
  if (t.scale_count == 1) {
    json_number("scale", (double)t.scales[0]);
    json_integer("zero_point", t.zero_point_count > 0 ? t.zero_points[0] : 0);
  }
  json_integer("scale_count", t.scale_count);
  json_bool("constant", t.data != NULL);
  json_bool("variable", t.is_variable);
  json_bool("sparse", t.is_sparse);
  json_integer("data_bytes", (int64_t)t.data_bytes);
  json_close_object();
}

typedef struct operator_count {
  LinnetOperatorInfo info;
  int count;
} operator_count;

static int compare_counts(const void* a, const void* b) {
  const operator_count *x = a, *y = b;
  return x->count != y->count ? y->count - x->count : strcmp(x->info.name, y->info.name);
}

/* Each operator in each of its versions, the most frequent first; owned by the caller. */
static operator_count* count_operators(const TfLiteModel* model, int* kinds) {
  LinnetModelInfo info;
  LinnetModelGetInfo(model, &info);
  operator_count* counts = calloc((size_t)info.operator_code_count + 1, sizeof *counts);
  *kinds = 0;
  for (int32_t s = 0; counts != NULL && s < info.subgraph_count; ++s) {
    LinnetOperatorInfo op;
    for (int32_t i = 0; LinnetModelGetOperator(model, s, i, &op) == kTfLiteOk; ++i) {
      int k = 0;
      while (k < *kinds && (strcmp(counts[k].info.name, op.name) != 0 || counts[k].info.version != op.version)) ++k;
      if (k == *kinds && k < info.operator_code_count) counts[(*kinds)++].info = op;
      if (k < *kinds) ++counts[k].count;
    }
  }
  if (counts != NULL) qsort(counts, (size_t)*kinds, sizeof *counts, compare_counts);
  return counts;
}

static void print_interface(const TfLiteModel* model, const char* title, const int32_t* tensors, int32_t count) {
  char text[256];
  term_bold(title);
  printf("\n");
  for (int32_t i = 0; i < count; ++i) {
    LinnetTensorInfo t;
    if (LinnetModelGetTensor(model, 0, tensors[i], &t) == kTfLiteOk)
      printf("  %d  %-32s %s\n", i, t.name, shape_text(&t, text, sizeof text));
  }
}

static void print_signatures(const TfLiteModel* model, int32_t count) {
  if (count == 0) return;
  term_bold("signatures\n");
  for (int32_t s = 0; s < count; ++s) {
    LinnetSignatureInfo info;
    const char* name;
    if (LinnetModelGetSignature(model, s, &info) != kTfLiteOk) continue;
    printf("  %s (subgraph %d):", info.key, info.subgraph);
    for (int32_t i = 0; i < info.input_count; ++i)
      if (LinnetModelGetSignatureTensor(model, s, false, i, &name, NULL) == kTfLiteOk)
        printf("%s %s", i > 0 ? "," : "", name);
    printf(" ->");
    for (int32_t i = 0; i < info.output_count; ++i)
      if (LinnetModelGetSignatureTensor(model, s, true, i, &name, NULL) == kTfLiteOk)
        printf("%s %s", i > 0 ? "," : "", name);
    printf("\n");
  }
}

static void print_operators(const TfLiteModel* model) {
  int kinds;
  operator_count* counts = count_operators(model, &kinds);
  term_bold("operators\n");
  for (int i = 0; counts != NULL && i < kinds; ++i)
    printf("  %4d  %s%s version %d\n", counts[i].count, counts[i].info.name,
           counts[i].info.is_custom ? " (custom)" : "", counts[i].info.version);
  free(counts);
}

static void print_nodes(const TfLiteModel* model, int32_t subgraphs) {
  for (int32_t s = 0; s < subgraphs; ++s) {
    LinnetOperatorInfo op;
    printf("nodes of subgraph %d\n", s);
    for (int32_t i = 0; LinnetModelGetOperator(model, s, i, &op) == kTfLiteOk; ++i) {
      printf("  %4d  %-24s (", i, op.name);
      for (int32_t k = 0; k < op.input_count; ++k) printf("%s%d", k > 0 ? ", " : "", op.inputs[k]);
      printf(") -> (");
      for (int32_t k = 0; k < op.output_count; ++k) printf("%s%d", k > 0 ? ", " : "", op.outputs[k]);
      printf(")\n");
    }
  }
}

static void print_tensors(const TfLiteModel* model, int32_t subgraphs) {
  char text[256], bytes[32];
  for (int32_t s = 0; s < subgraphs; ++s) {
    LinnetTensorInfo t;
    printf("tensors of subgraph %d\n", s);
    for (int32_t i = 0; LinnetModelGetTensor(model, s, i, &t) == kTfLiteOk; ++i)
      printf("  %4d  %-40.40s %s%s%s%s\n", i, t.name, shape_text(&t, text, sizeof text), t.data != NULL ? "  " : "",
             t.data != NULL ? term_bytes((double)t.data_bytes, bytes, sizeof bytes) : "",
             t.is_variable ? "  variable" : "");
  }
}

static void print_metadata(const TfLiteModel* model, int32_t count) {
  char bytes[32];
  for (int32_t i = 0; i < count; ++i) {
    const char* name;
    const unsigned char* data;
    size_t size;
    if (LinnetModelGetMetadata(model, i, &name, (const void**)&data, &size) != kTfLiteOk) continue;
    printf("  %s, %s", name, term_bytes((double)size, bytes, sizeof bytes));
    size_t length = 0;
    while (length < size && isprint(data[length])) ++length;
    bool text = length > 0;
    for (size_t k = length; k < size; ++k) text = text && data[k] == 0;
    if (text && length < 100) printf(": %.*s", (int)length, (const char*)data);
    printf("\n");
  }
}

static void print_zipped(const char* name, size_t name_length, const uint8_t* content, size_t length, void* arg) {
  char bytes[32];
  (void)content, (void)arg;
  printf("  %.*s, %s, zipped\n", (int)name_length, name, term_bytes((double)length, bytes, sizeof bytes));
}

/* The arena over the execution: a line a tensor, a column a stretch of nodes, the offset at its left. */
static int print_memory(const char* path) {
  enum { COLUMNS = 60 };
  session s;
  char bytes[32];
  const session_options options = {.threads = 1};
  int code = session_open(path, &options, &s);
  if (code == CLI_OK) code = session_allocate(&s);
  LinnetSubgraphInfo info;
  LinnetPlacement p;
  LinnetMemory m;
  if (code != CLI_OK || LinnetModelGetSubgraph(s.model, 0, &info) != kTfLiteOk) {
    session_close(&s);
    return code;
  }
  LinnetInterpreterGetMemory(s.interpreter, &m);
  term_bold("memory map");
  printf("  (activations: %s; who lives where, from the first node to the last)\n",
         term_bytes((double)m.arena_bytes, bytes, sizeof bytes));
  for (int32_t t = 0;; ++t) {
    const TfLiteTensor* tensor = TfLiteInterpreterGetTensor(s.interpreter, t);
    if (tensor == NULL) break;
    if (LinnetInterpreterGetPlacement(s.interpreter, 0, t, &p) != kTfLiteOk || p.allocation_type != kTfLiteArenaRw)
      continue;
    const int nodes = info.operator_count + 1;
    char line[COLUMNS + 1];
    for (int c = 0; c < COLUMNS; ++c) {
      const int first = c * nodes / COLUMNS, last = ((c + 1) * nodes - 1) / COLUMNS;
      line[c] = p.first_node <= last && p.last_node >= first ? '=' : '.';
    }
    line[COLUMNS] = 0;
    printf("  %9zu %9s  %s  %.40s\n", p.offset_bytes, term_bytes((double)p.size_bytes, bytes, sizeof bytes), line,
           TfLiteTensorName(tensor) != NULL ? TfLiteTensorName(tensor) : "");
  }
  session_close(&s);
  return CLI_OK;
}

static void print_text(const cli_args* args, const TfLiteModel* model) {
  LinnetModelInfo info;
  LinnetSubgraphInfo main_graph;
  const void* data;
  size_t size;
  char a[32], b[32];
  LinnetModelGetInfo(model, &info);
  LinnetModelGetSubgraph(model, 0, &main_graph);
  printf("%s  (%s, %s of weights, %d subgraph%s)\n", info.description[0] != 0 ? info.description : "model",
         term_bytes((double)info.file_bytes, a, sizeof a), term_bytes((double)info.weight_bytes, b, sizeof b),
         info.subgraph_count, info.subgraph_count == 1 ? "" : "s");
  print_interface(model, "inputs", main_graph.inputs, main_graph.input_count);
  print_interface(model, "outputs", main_graph.outputs, main_graph.output_count);
  print_signatures(model, info.signature_count);
  print_operators(model);
  if (cli_has(args, "operators")) print_nodes(model, info.subgraph_count);
  if (cli_has(args, "tensors")) print_tensors(model, info.subgraph_count);
  if (info.metadata_count > 0) {
    term_bold("metadata\n");
    print_metadata(model, info.metadata_count);
  }
  if (LinnetModelGetBytes(model, &data, &size) == kTfLiteOk) zip_each(data, size, print_zipped, NULL);
}

static void print_json(const TfLiteModel* model) {
  LinnetModelInfo info;
  LinnetSubgraphInfo g;
  LinnetModelGetInfo(model, &info);
  LinnetModelGetSubgraph(model, 0, &g);
  json_open_object(NULL);
  json_string("description", info.description);
  json_integer("file_bytes", (int64_t)info.file_bytes);
  json_integer("weight_bytes", (int64_t)info.weight_bytes);
  json_open_array("inputs");
  for (int32_t i = 0; i < g.input_count; ++i) json_tensor(model, 0, g.inputs[i]);
  json_close_array();
  json_open_array("outputs");
  for (int32_t i = 0; i < g.output_count; ++i) json_tensor(model, 0, g.outputs[i]);
  json_close_array();
  json_open_array("signatures");
  LinnetSignatureInfo signature;
  for (int32_t i = 0; LinnetModelGetSignature(model, i, &signature) == kTfLiteOk; ++i) {
    json_open_object(NULL);
    json_string("key", signature.key);
    json_integer("subgraph", signature.subgraph);
    json_close_object();
  }
  json_close_array();
  int kinds;
  operator_count* counts = count_operators(model, &kinds);
  json_open_array("operators");
  for (int i = 0; counts != NULL && i < kinds; ++i) {
    json_open_object(NULL);
    json_string("name", counts[i].info.name);
    json_integer("version", counts[i].info.version);
    json_integer("count", counts[i].count);
    json_bool("custom", counts[i].info.is_custom);
    json_close_object();
  }
  json_close_array();
  free(counts);
  json_open_array("subgraphs");
  for (int32_t s = 0; LinnetModelGetSubgraph(model, s, &g) == kTfLiteOk; ++s) {
    json_open_object(NULL);
    json_string("name", g.name);
    json_integer("operators", g.operator_count);
    json_open_array("tensors");
    for (int32_t i = 0; i < g.tensor_count; ++i) json_tensor(model, s, i);
    json_close_array();
    json_close_object();
  }
  json_close_array();
  json_open_array("metadata");
  const char* name;
  for (int32_t i = 0; LinnetModelGetMetadata(model, i, &name, NULL, NULL) == kTfLiteOk; ++i) json_string(NULL, name);
  json_close_array();
  json_close_object();
  json_end();
}

static void silent(void* user_data, const char* format, va_list args) { (void)user_data, (void)format, (void)args; }

static int run(const cli_args* args) {
  const char* path = cli_operand(args, 0);
  LinnetModelOptions options = {.struct_size = sizeof options, .reporter = silent};
  TfLiteModel* model = LinnetModelCreateFromFile(path, &options);
  if (model == NULL) return cli_fail(CLI_INPUT, "%s", LinnetLastError());
  if (cli_has(args, "json"))
    print_json(model);
  else
    print_text(args, model);
  TfLiteModelDelete(model);
  return cli_has(args, "memory") && !cli_has(args, "json") ? print_memory(path) : CLI_OK;
}

static const cli_option kOptions[] = {
    {"operators", NULL, "list every node with its tensors"},
    {"tensors", NULL, "list every tensor"},
    {"memory", NULL, "draw who lives where in the arena, and when"},
    {"json", NULL, "print JSON, tensors included"},
    {NULL, NULL, NULL},
};

const cli_command cli_inspect_command = {
    "inspect",
    "show what is in a model file",
    "MODEL",
    "Shows a model's inputs and outputs with types, shapes (? where an extent may change) and quantization, its\n"
    "signatures, its operators with how often and in which version they occur, its metadata and the files zipped\n"
    "into it. The file need not be runnable here.",
    "  linnet inspect model.tflite\n"
    "  linnet inspect model.tflite --memory\n"
    "  linnet inspect model.tflite --json | jq .operators\n",
    kOptions,
    1,
    1,
    run,
};
