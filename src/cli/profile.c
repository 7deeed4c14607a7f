#include "profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "term.h"

typedef struct peaks {
  double floats, bytes; /* multiply-adds a second */
} peaks;

typedef struct row {
  LinnetProfileEntry entry;
  double ns;         /* of one run of the model, at best */
  double ns_at_peak; /* what its multiply-adds would take at the core's peak, 0: not known */
  int nodes;
} row;

static int compare_rows(const void* a, const void* b) {
  const row *x = a, *y = b;
  return (x->ns < y->ns) - (x->ns > y->ns);
}

/* The shape in the file: dimensions after `from`, multiplied. 0: not known. */
static double extent_of(const session* s, int32_t subgraph, int32_t tensor, int32_t from, int32_t end) {
  LinnetTensorInfo t;
  double product = 1;
  if (tensor < 0 || LinnetModelGetTensor(s->model, subgraph, tensor, &t) != kTfLiteOk || t.rank < 0) return 0;
  for (int32_t i = from; i < (end < 0 ? t.rank + 1 + end : end) && i < t.rank; ++i) product *= t.shape[i];
  return product;
}

/* Multiply-adds of the operators that consist of them. */
static double products_of(const session* s, int32_t subgraph, const LinnetOperatorInfo* op) {
  const double outputs = extent_of(s, subgraph, op->outputs[0], 0, -1);
  if (strcmp(op->name, "CONV_2D") == 0) return outputs * extent_of(s, subgraph, op->inputs[1], 1, 4);
  if (strcmp(op->name, "DEPTHWISE_CONV_2D") == 0) return outputs * extent_of(s, subgraph, op->inputs[1], 1, 3);
  if (strcmp(op->name, "FULLY_CONNECTED") == 0) return outputs * extent_of(s, subgraph, op->inputs[1], 1, 2);
  if (strcmp(op->name, "TRANSPOSE_CONV") == 0 && op->input_count >= 3)
    return extent_of(s, subgraph, op->inputs[2], 0, -1) * extent_of(s, subgraph, op->inputs[1], 0, 3);
  if (strcmp(op->name, "BATCH_MATMUL") == 0) {
    const double columns =
        extent_of(s, subgraph, op->outputs[0], 0, -1) / extent_of(s, subgraph, op->outputs[0], 0, -2);
    /* [rows, depth] by [depth, columns], whichever way the sides lie: the right one has depth * columns. */
    const double left = extent_of(s, subgraph, op->inputs[0], 0, -1);
    return left * columns;
  }
  return 0;
}

static TfLiteType type_of(const session* s, int32_t subgraph, int32_t tensor) {
  LinnetTensorInfo t;
  return tensor >= 0 && LinnetModelGetTensor(s->model, subgraph, tensor, &t) == kTfLiteOk ? t.type : kTfLiteNoType;
}

static bool is_byte(TfLiteType type) { return type == kTfLiteInt8 || type == kTfLiteUInt8 || type == kTfLiteInt4; }

/* Floats by weights of bytes are quantized row by row, and multiplied as bytes. Other types, as activations of 16 bits,
 * have no peak of their own here. */
static double peak_of(const session* s, int32_t subgraph, const LinnetOperatorInfo* op, const peaks* p) {
  const int32_t picture =
      strcmp(op->name, "TRANSPOSE_CONV") == 0 && op->input_count >= 3 ? op->inputs[2] : op->inputs[0];
  const TfLiteType type = type_of(s, subgraph, picture), weights = type_of(s, subgraph, op->inputs[1]);
  if (type != kTfLiteFloat32 && !is_byte(type)) return 0;
  return is_byte(weights) ? p->bytes : p->floats;
}

static double ns_at_peak(const session* s, int32_t subgraph, int32_t node, const peaks* p) {
  LinnetOperatorInfo op;
  if (LinnetModelGetOperator(s->model, subgraph, node, &op) != kTfLiteOk || op.output_count < 1 || op.input_count < 2)
    return 0;
  const double peak = peak_of(s, subgraph, &op, p);
  return peak > 0 ? 1e9 * products_of(s, subgraph, &op) / peak : 0;
}

/* The profile's entries, one a node or one an operator, the longest first. */
static row* read_rows(const session* s, bool by_type, long long runs, const peaks* p, int* count) {
  const int32_t entries = LinnetInterpreterGetProfileCount(s->interpreter);
  row* rows = calloc((size_t)entries + 1, sizeof *rows);
  *count = 0;
  for (int32_t i = 0; rows != NULL && i < entries; ++i) {
    LinnetProfileEntry e;
    if (LinnetInterpreterGetProfileEntry(s->interpreter, i, &e) != kTfLiteOk || e.calls == 0) continue;
    const double calls = (double)e.calls / (double)runs;
    const row one = {e, (double)e.min_ns * calls, ns_at_peak(s, e.subgraph, e.node, p) * calls, 1};
    int k = *count;
    for (int j = 0; by_type && j < *count; ++j)
      if (strcmp(rows[j].entry.name, e.name) == 0) k = j;
    if (k == *count) {
      rows[(*count)++] = one;
    } else {
      rows[k].ns += one.ns;
      rows[k].ns_at_peak += one.ns_at_peak;
      ++rows[k].nodes;
    }
  }
  if (rows != NULL) qsort(rows, (size_t)*count, sizeof *rows, compare_rows);
  return rows;
}

static void print_rows(const session* s, bool by_type, long long runs, const peaks* p, int most) {
  int count;
  char bar[128], time_text[32], of_peak[16];
  row* rows = read_rows(s, by_type, runs, p, &count);
  double total = 0;
  for (int i = 0; rows != NULL && i < count; ++i) total += rows[i].ns;
  printf("\n%-10s %6s %6s  %-20s %s\n", "least time", "share", "peak", "", by_type ? "operator (nodes)" : "node");
  for (int i = 0; rows != NULL && i < count && i < most; ++i) {
    const LinnetProfileEntry* e = &rows[i].entry;
    const double share = total > 0 ? rows[i].ns / total : 0;
    of_peak[0] = 0;
    if (rows[i].ns_at_peak > 0 && rows[i].ns > 0)
      snprintf(of_peak, sizeof of_peak, "%5.1f%%", 100 * rows[i].ns_at_peak / rows[i].ns);
    printf("%-10s %5.1f%% %6s  %s %s", term_time(rows[i].ns, time_text, sizeof time_text), 100 * share, of_peak,
           term_bar(share, 20, bar, sizeof bar), e->name);
    if (by_type)
      printf(" (%d)\n", rows[i].nodes);
    else
      printf(" %d.%d %s\n", e->subgraph, e->node, e->detail);
  }
  free(rows);
}

static peaks measure_peaks(void) { return (peaks){LinnetMeasurePeak(), LinnetMeasureBytePeak()}; }

void profile_print(const session* s, long long runs) {
  const peaks p = measure_peaks();
  printf("peak     a second and core: %.1f G multiply-adds of floats, %.1f G of bytes\n", p.floats / 1e9,
         p.bytes / 1e9);
  print_rows(s, true, runs, &p, 1000);
  print_rows(s, false, runs, &p, 20);
}

void profile_print_json(const session* s, long long runs) {
  int count;
  const peaks p = measure_peaks();
  row* rows = read_rows(s, false, runs, &p, &count);
  json_number("peak_gmacs", p.floats / 1e9);
  json_number("peak_byte_gmacs", p.bytes / 1e9);
  json_open_array("nodes");
  for (int i = 0; rows != NULL && i < count; ++i) {
    json_open_object(NULL);
    json_integer("subgraph", rows[i].entry.subgraph);
    json_integer("node", rows[i].entry.node);
    json_string("operator", rows[i].entry.name);
    json_string("kernel", rows[i].entry.detail);
    json_number("ms", (double)rows[i].entry.total_ns / 1e6 / (double)runs);
    json_number("min_ms", rows[i].ns / 1e6);
    json_number("of_peak", rows[i].ns > 0 ? rows[i].ns_at_peak / rows[i].ns : 0);
    json_close_object();
  }
  json_close_array();
  free(rows);
}
