#include "convert/integers.h"

#include "model/model.h"

/* Types that an operator takes in a wider one: bytes, int16, uint16 and uint32. Bytes and int16 of operators that have
 * both forms would be taken for quantized numbers. */
enum { BYTES = 1, HALVES = 2, UNSIGNED = 4, ALL = 7, KEEPS_RESULT = 8 /* which is no number of that type */ };

static const struct {
  int16_t code;
  uint8_t types, input; /* the first input that is of the type */
} kWidened[] = {
    {LN_OP_ADD, ALL, 0},
    {LN_OP_SUB, ALL, 0},
    {LN_OP_MUL, ALL, 0},
    {LN_OP_DIV, ALL, 0},
    {LN_OP_POW, ALL, 0},
    {LN_OP_FLOOR_DIV, ALL, 0},
    {LN_OP_FLOOR_MOD, ALL, 0},
    {LN_OP_SQUARED_DIFFERENCE, ALL, 0},
    {LN_OP_ABS, ALL, 0},
    {LN_OP_SIGN, ALL, 0},
    {LN_OP_SUM, ALL, 0},
    {LN_OP_MEAN, ALL, 0},
    {LN_OP_CUMSUM, ALL, 0},
    {LN_OP_ZEROS_LIKE, ALL, 0},
    {LN_OP_LESS, ALL | KEEPS_RESULT, 0},
    {LN_OP_LESS_EQUAL, ALL | KEEPS_RESULT, 0},
    {LN_OP_GREATER, ALL | KEEPS_RESULT, 0},
    {LN_OP_GREATER_EQUAL, ALL | KEEPS_RESULT, 0},
    {LN_OP_EQUAL, ALL | KEEPS_RESULT, 0},
    {LN_OP_NOT_EQUAL, ALL | KEEPS_RESULT, 0},
    {LN_OP_ONE_HOT, ALL | KEEPS_RESULT, 0},
    {LN_OP_ARG_MAX, HALVES | UNSIGNED | KEEPS_RESULT, 0},
    {LN_OP_ARG_MIN, HALVES | UNSIGNED | KEEPS_RESULT, 0},
    {LN_OP_SCATTER_ND, HALVES | UNSIGNED, 1},
    {LN_OP_MAXIMUM, UNSIGNED, 0},
    {LN_OP_MINIMUM, UNSIGNED, 0},
    {LN_OP_REDUCE_MAX, UNSIGNED, 0},
    {LN_OP_REDUCE_MIN, UNSIGNED, 0},
    {LN_OP_REDUCE_PROD, UNSIGNED, 0},
    {LN_OP_CONCATENATION, UNSIGNED, 0},
    {LN_OP_PACK, UNSIGNED, 0},
    {LN_OP_PAD, UNSIGNED, 0},
    {LN_OP_PADV2, UNSIGNED, 0},
    {LN_OP_MIRROR_PAD, UNSIGNED, 0},
    {LN_OP_GATHER, UNSIGNED, 0},
    {LN_OP_GATHER_ND, UNSIGNED, 0},
    {LN_OP_REVERSE_V2, UNSIGNED, 0},
};

static int group_of(int type) {
  if (type == LN_TYPE_INT8 || type == LN_TYPE_UINT8) return BYTES;
  if (type == LN_TYPE_INT16) return HALVES;
  return type == LN_TYPE_UINT16 || type == LN_TYPE_UINT32 ? UNSIGNED : 0;
}

static bool is_plain(const ln_tensor* x) {
  return x != NULL && !x->broken && (x->quantization == NULL || x->quantization->scale_count == 0);
}

static ln_tensor* widened(ln_node* node, const char* name) {
  size_t i = 0;
  while (i < sizeof kWidened / sizeof kWidened[0] && kWidened[i].code != node->code) ++i;
  if (i == sizeof kWidened / sizeof kWidened[0] || node->input_count <= kWidened[i].input) return NULL;
  const ln_tensor* first = node->inputs[kWidened[i].input];
  if (!is_plain(first) || (group_of(first->type) & kWidened[i].types) == 0) return NULL;
  const ln_builder b = {node->subgraph, node->place};
  const int narrow = first->type, wide = narrow == LN_TYPE_UINT32 ? LN_TYPE_INT64 : LN_TYPE_INT32;
  ln_job* job = node->subgraph->graph->job;
  for (int k = 0; k < node->input_count; ++k) {
    ln_tensor* x = node->inputs[k];
    if (!is_plain(x) || x->type != narrow) continue;
    ln_node* cast = ln_graph_node_before(node->subgraph, node, LN_OP_CAST, node->place);
    ln_node_add_input(cast, x);
    LN_SET(cast, CastOptions, in_data_type, narrow);
    LN_SET(cast, CastOptions, out_data_type, wide);
    ln_node_set_input(node, k, ln_build_done(cast, ln_job_text(job, "%s/wide", x->name), 1));
  }
  if ((kWidened[i].types & KEEPS_RESULT) != 0) return ln_build_done(node, name, 1);
  return ln_build_cast(&b, ln_build_done(node, ln_job_text(job, "%s/wide", name), 1), narrow, name);
}

/* max(x, low), and no more than `high` where that is not 0. */
static ln_tensor* clipped(const ln_builder* b, ln_tensor* x, double low, double high, const char* name) {
  const char* first = high != 0 ? ln_job_text(b->subgraph->graph->job, "%s/max", name) : name;
  x = ln_build_with_number(b, LN_OP_MAXIMUM, x, low, first);
  return high != 0 ? ln_build_with_number(b, LN_OP_MINIMUM, x, high, name) : x;
}

ln_tensor* ln_build_integers(ln_node* node, const char* name) {
  ln_tensor* x = node->input_count > 0 ? node->inputs[0] : NULL;
  if (!is_plain(x)) return NULL;
  const bool wide = x->type == LN_TYPE_INT64;
  if (group_of(x->type) == 0 && x->type != LN_TYPE_INT32 && !wide) return widened(node, name);
  const ln_builder b = {node->subgraph, node->place};
  ln_job* job = node->subgraph->graph->job;
  ln_tensor* y = node->input_count > 1 ? node->inputs[1] : NULL;
  const int code = node->code;
  if (code != LN_OP_SQUARE && code != LN_OP_RELU && code != LN_OP_RELU6 &&
      !(wide && (code == LN_OP_ABS || code == LN_OP_SIGN || code == LN_OP_SQUARED_DIFFERENCE)))
    return widened(node, name);
  ln_node_remove(node);
  switch (code) {
    case LN_OP_SQUARE:
      return ln_build_binary(&b, LN_OP_MUL, x, x, name);
    case LN_OP_RELU:
      return clipped(&b, x, 0, 0, name);
    case LN_OP_RELU6:
      return clipped(&b, x, 0, 6, name);
    case LN_OP_SIGN:
      return clipped(&b, x, -1, 1, name);
    case LN_OP_ABS:
      y = ln_build_number(&b, x->type, 0, ln_job_text(job, "%s/zero", name));
      y = ln_build_binary(&b, LN_OP_SUB, y, x, ln_job_text(job, "%s/minus", name));
      return ln_build_binary(&b, LN_OP_MAXIMUM, x, y, name);
    default:
      x = ln_build_binary(&b, LN_OP_SUB, x, y, ln_job_text(job, "%s/difference", name));
      return ln_build_binary(&b, LN_OP_MUL, x, x, name);
  }
}
