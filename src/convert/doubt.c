#include "convert/doubt.h"

#include "model/model.h"

/* Element i of a value; false: of another type. */
static bool value_at(const ln_tensor* tensor, int which, size_t i, double* number) {
  const void* data = tensor->value[which];
  if (tensor->type == LN_TYPE_INT32)
    *number = ((const int32_t*)data)[i];
  else if (tensor->type == LN_TYPE_INT64)
    *number = (double)((const int64_t*)data)[i];
  else if (tensor->type == LN_TYPE_FLOAT32)
    *number = (double)((const float*)data)[i];
  else
    return false;
  return true;
}

/* Whether an unknown size x, 1 or more, compares with c as both numbers that were put for it do. `code` has x first. */
static bool compares_alike(int code, double c) {
  switch (code) {
    case LN_OP_MINIMUM:
      return c <= 1 || c >= 1 << 30;
    case LN_OP_MAXIMUM:
    case LN_OP_LESS:
    case LN_OP_GREATER_EQUAL:
      return c <= 1;
    default: /* EQUAL, NOT_EQUAL, LESS_EQUAL, GREATER */
      return c < 1;
  }
}

static int mirrored(int code) {
  return code == LN_OP_LESS            ? LN_OP_GREATER
         : code == LN_OP_GREATER       ? LN_OP_LESS
         : code == LN_OP_LESS_EQUAL    ? LN_OP_GREATER_EQUAL
         : code == LN_OP_GREATER_EQUAL ? LN_OP_LESS_EQUAL
                                       : code;
}

static bool is_comparison(int code) {
  static const int kCodes[] = {LN_OP_MINIMUM, LN_OP_MAXIMUM, LN_OP_EQUAL,      LN_OP_NOT_EQUAL,
                               LN_OP_LESS,    LN_OP_GREATER, LN_OP_LESS_EQUAL, LN_OP_GREATER_EQUAL};
  for (size_t i = 0; i < sizeof kCodes / sizeof kCodes[0]; ++i)
    if (kCodes[i] == code) return true;
  return false;
}

/* Whether what a comparison makes of these elements, with both numbers, holds for those two only. */
static bool is_doubtful(int code, double x[2][2]) {
  const bool first = x[0][0] != x[0][1], second = x[1][0] != x[1][1];
  if (first && second) return code != LN_OP_EQUAL && code != LN_OP_NOT_EQUAL;
  /* What was taken from a size may be below 1 here and above it elsewhere. */
  const double* unknown = x[first ? 0 : 1];
  if ((first || second) && (unknown[0] < 1 || unknown[1] < 1)) return true;
  return (first && !compares_alike(code, x[1][0])) || (second && !compares_alike(mirrored(code), x[0][0]));
}

/* The second of the numbers for an unknown minimum, which is a size too, or maximum: none of those that it was made
 * from, and far enough from the first that halves of the difference differ. */
static double another(int code, double first, double second) {
  if (code == LN_OP_MAXIMUM) return second + 17 + (second + 17 == first);
  double size = first > 4 ? 2 : 1;
  while (size == first || size == second) ++size;
  return size;
}

static void set_value(int type, void* data, size_t i, double number) {
  if (type == LN_TYPE_FLOAT32)
    ((float*)data)[i] = (float)number;
  else if (type == LN_TYPE_INT64)
    ((int64_t*)data)[i] = (int64_t)number;
  else
    ((int32_t*)data)[i] = (int32_t)number;
}

/* The counts of both inputs' elements; false: their values are not known. */
static bool counts_of(const ln_node* node, size_t counts[2]) {
  for (int k = 0; k < node->input_count; ++k) {
    const ln_tensor* input = node->inputs[k];
    const int64_t count = ln_tensor_elements(input);
    if (input->value[0] == NULL || input->value[1] == NULL || count < 1) return false;
    counts[k] = (size_t)count;
  }
  return true;
}

/* x[k][w]: what element i of input k is where number w is put. */
static bool elements_at(const ln_node* node, const size_t counts[2], size_t i, double x[2][2]) {
  for (int k = 0; k < 2 * node->input_count; ++k)
    if (!value_at(node->inputs[k / 2], k % 2, i % counts[k / 2], &x[k / 2][k % 2])) return false;
  return true;
}

/* Both numbers that are put for what is unknown are larger than most others: a node that compares them with one says
 * nothing of what it does with smaller ones. A truth is not known then; a minimum or maximum is another unknown,
 * so that it is neither of what it was made from. */
static bool doubt_comparison(const ln_node* node, const void** value, size_t bytes) {
  size_t counts[2];
  if (node->input_count != 2 || !counts_of(node, counts)) return true;
  const size_t count = counts[0] > counts[1] ? counts[0] : counts[1];
  const bool picks = node->code == LN_OP_MINIMUM || node->code == LN_OP_MAXIMUM;
  void* moved = NULL;
  for (size_t i = 0; i < count; ++i) {
    double x[2][2];
    if (!elements_at(node, counts, i, x)) return true;
    if (!is_doubtful(node->code, x)) continue;
    if (!picks || count * (node->inputs[0]->type == LN_TYPE_INT64 ? 8 : 4) != bytes) return false;
    if (moved == NULL) moved = ln_job_copy(node->subgraph->graph->job, *value, bytes);
    const bool less = node->code == LN_OP_MINIMUM;
    const double first = (x[0][0] < x[1][0]) == less ? x[0][0] : x[1][0];
    const double second = (x[0][1] < x[1][1]) == less ? x[0][1] : x[1][1];
    const double other = another(node->code, first, second);
    if (other > INT32_MAX) continue; /* no size, and different */
    set_value(node->inputs[0]->type, moved, i, other);
  }
  if (moved != NULL) *value = moved;
  return true;
}

static bool is_rounding(const ln_node* node) {
  switch (node->code) {
    case LN_OP_FLOOR:
    case LN_OP_CEIL:
    case LN_OP_ROUND:
    case LN_OP_FLOOR_DIV:
    case LN_OP_FLOOR_MOD:
      return true;
    case LN_OP_CAST:
      return node->inputs[0]->type == LN_TYPE_FLOAT32;
    case LN_OP_DIV:
      return node->inputs[0]->type != LN_TYPE_FLOAT32;
    default:
      return false;
  }
}

/* Both numbers that are put for what is unknown may be rounded to the same, or leave the same remainder, where others
 * do not: the second becomes another. */
static void doubt_rounding(const ln_node* node, const void* values[2], size_t bytes) {
  const ln_tensor* output = node->outputs[0];
  size_t width = 0, counts[2] = {1, 1};
  if (node->input_count > 2 || !counts_of(node, counts)) return;
  if (output->type != LN_TYPE_FLOAT32 && output->type != LN_TYPE_INT32 && output->type != LN_TYPE_INT64) return;
  ln_tensor_type_bytes(output->type, 1, &width);
  char* moved = NULL;
  const ln_tensor result = {.type = output->type, .value = {values[0], values[1]}};
  for (size_t i = 0; i < bytes / width; ++i) {
    double x[2][2] = {{0, 0}, {0, 0}}, y[2];
    if (!elements_at(node, counts, i, x)) return;
    if (!value_at(&result, 0, i, &y[0]) || !value_at(&result, 1, i, &y[1]) || y[0] != y[1]) continue;
    const bool whole = node->code == LN_OP_FLOOR_MOD && x[1][0] == 1 && x[1][1] == 1;
    if ((x[0][0] == x[0][1] && x[1][0] == x[1][1]) || whole) continue;
    if (moved == NULL) moved = ln_job_copy(node->subgraph->graph->job, values[1], bytes);
    set_value(output->type, moved, i, node->code == LN_OP_FLOOR_MOD && y[0] + 1 == x[1][0] ? y[0] - 1 : y[0] + 1);
  }
  if (moved != NULL) values[1] = moved;
}

bool ln_doubt_values(const ln_node* node, const void* values[2], const size_t bytes[2]) {
  if (is_comparison(node->code)) return doubt_comparison(node, &values[1], bytes[1]);
  if (is_rounding(node) && bytes[0] == bytes[1]) doubt_rounding(node, values, bytes[0]);
  return true;
}
