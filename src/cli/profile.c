#include "profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "term.h"

typedef struct row {
  LinnetProfileEntry entry;
  double ns;       /* of one run of the model, at best */
  double products; /* multiply-adds in it, 0: not known */
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
static double products_of(const session* s, int32_t subgraph, int32_t node) {
  LinnetOperatorInfo op;
  if (LinnetModelGetOperator(s->model, subgraph, node, &op) != kTfLiteOk || op.output_count < 1 || op.input_count < 2)
    return 0;
  const double outputs = extent_of(s, subgraph, op.outputs[0], 0, -1);
  if (strcmp(op.name, "CONV_2D") == 0) return outputs * extent_of(s, subgraph, op.inputs[1], 1, 4);
  if (strcmp(op.name, "DEPTHWISE_CONV_2D") == 0) return outputs * extent_of(s, subgraph, op.inputs[1], 1, 3);
  if (strcmp(op.name, "FULLY_CONNECTED") == 0) return outputs * extent_of(s, subgraph, op.inputs[1], 1, 2);
  if (strcmp(op.name, "TRANSPOSE_CONV") == 0 && op.input_count >= 3)
    return extent_of(s, subgraph, op.inputs[2], 0, -1) * extent_of(s, subgraph, op.inputs[1], 0, 3);
  if (strcmp(op.name, "BATCH_MATMUL") == 0) {
    const double columns = extent_of(s, subgraph, op.outputs[0], 0, -1) / extent_of(s, subgraph, op.outputs[0], 0, -2);
    /* [rows, depth] by [depth, columns], whichever way the sides lie: the right one has depth * columns. */
    const double left = extent_of(s, subgraph, op.inputs[0], 0, -1);
    return left * columns;
  }
  return 0;
}

/* The profile's entries, one a node or one an operator, the longest first. */
static row* read_rows(const session* s, bool by_type, long long runs, int* count) {
  const int32_t entries = LinnetInterpreterGetProfileCount(s->interpreter);
  row* rows = calloc((size_t)entries + 1, sizeof *rows);
  *count = 0;
  for (int32_t i = 0; rows != NULL && i < entries; ++i) {
    LinnetProfileEntry e;
    if (LinnetInterpreterGetProfileEntry(s->interpreter, i, &e) != kTfLiteOk || e.calls == 0) continue;
    const double calls = (double)e.calls / (double)runs;
    const row one = {e, (double)e.min_ns * calls, products_of(s, e.subgraph, e.node) * calls, 1};
    int k = *count;
    for (int j = 0; by_type && j < *count; ++j)
      if (strcmp(rows[j].entry.name, e.name) == 0) k = j;
    if (k == *count) {
      rows[(*count)++] = one;
    } else {
      rows[k].ns += one.ns;
      rows[k].products += one.products;
      ++rows[k].nodes;
    }
  }
  if (rows != NULL) qsort(rows, (size_t)*count, sizeof *rows, compare_rows);
  return rows;
}

static void print_rows(const session* s, bool by_type, long long runs, double peak, int most) {
  int count;
  char bar[128], time_text[32], of_peak[16];
  row* rows = read_rows(s, by_type, runs, &count);
  double total = 0;
  for (int i = 0; rows != NULL && i < count; ++i) total += rows[i].ns;
  printf("\n%-10s %6s %6s  %-20s %s\n", "least time", "share", "peak", "", by_type ? "operator (nodes)" : "node");
  for (int i = 0; rows != NULL && i < count && i < most; ++i) {
    const LinnetProfileEntry* e = &rows[i].entry;
    const double share = total > 0 ? rows[i].ns / total : 0;
    of_peak[0] = 0;
    if (rows[i].products > 0 && rows[i].ns > 0)
      snprintf(of_peak, sizeof of_peak, "%5.1f%%", 1e11 * rows[i].products / (rows[i].ns * peak));
    printf("%-10s %5.1f%% %6s  %s %s", term_time(rows[i].ns, time_text, sizeof time_text), 100 * share, of_peak,
           term_bar(share, 20, bar, sizeof bar), e->name);
    if (by_type)
      printf(" (%d)\n", rows[i].nodes);
    else
      printf(" %d.%d %s\n", e->subgraph, e->node, e->detail);
  }
  free(rows);
}

void profile_print(const session* s, long long runs) {
  const double peak = LinnetMeasurePeak();
  printf("peak     %.1f G multiply-adds of floats a second and core\n", peak / 1e9);
  print_rows(s, true, runs, peak, 1000);
  print_rows(s, false, runs, peak, 20);
}

void profile_print_json(const session* s, long long runs) {
  int count;
  const double peak = LinnetMeasurePeak();
  row* rows = read_rows(s, false, runs, &count);
  json_number("peak_gmacs", peak / 1e9);
  json_open_array("nodes");
  for (int i = 0; rows != NULL && i < count; ++i) {
    json_open_object(NULL);
    json_integer("subgraph", rows[i].entry.subgraph);
    json_integer("node", rows[i].entry.node);
    json_string("operator", rows[i].entry.name);
    json_string("kernel", rows[i].entry.detail);
    json_number("ms", (double)rows[i].entry.total_ns / 1e6 / (double)runs);
    json_number("min_ms", rows[i].ns / 1e6);
    json_number("of_peak", rows[i].ns > 0 ? 1e9 * rows[i].products / (rows[i].ns * peak) : 0);
    json_close_object();
  }
  json_close_array();
  free(rows);
}
