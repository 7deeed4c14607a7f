/* Rows must stay rows: the last dimension of the left side and of the result is the last one before and behind the
 * TRANSPOSE too. The right side is packed anew anyway, from any order. */
#include "runtime/fuse_order.h"

enum { RANK = 4 };

static bool is_float_of_rank(const fuse_state* f, int32_t tensor) {
  return is_float(f, tensor) && f->subgraph->tensors[tensor].dims->size == RANK;
}

/* The constant permutation of the TRANSPOSE at `position`. */
static bool read_order(const fuse_state* f, int32_t position, int32_t order[RANK]) {
  const ln_node* node = node_at(f, position);
  bool seen[RANK] = {false};
  if (node->node.inputs->size != 2 || !is_float_of_rank(f, input_of(node, 0)) ||
      !read_constants(f, input_of(node, 1), order, RANK))
    return false;
  for (int i = 0; i < RANK; ++i) {
    if (order[i] < 0 || order[i] >= RANK || seen[order[i]]) return false;
    seen[order[i]] = true;
  }
  return true;
}

/* The TRANSPOSE that makes a side and whose result nobody else reads; -1: none. */
static int32_t find_before(const fuse_state* f, int32_t side, int32_t order[RANK]) {
  if (!is_float_of_rank(f, side) || f->readers[side].count != 1) return -1;
  const int32_t writer = f->readers[side].writer;
  if (code_at(f, writer) != kTfLiteBuiltinTranspose || !read_order(f, writer, order)) return -1;
  /* It is read later than before: nobody may write it until then. What is constant is better turned once. */
  const int32_t source = input_of(node_at(f, writer), 0);
  const TfLiteTensor* t = &f->subgraph->tensors[source];
  return t->is_variable || t->allocation_type == kTfLiteMmapRo || f->readers[source].writer >= writer ? -1 : writer;
}

static int32_t find_behind(const fuse_state* f, int32_t result, int32_t order[RANK]) {
  int32_t turned[RANK];
  if (!is_float_of_rank(f, result) || f->readers[result].count != 1) return -1;
  const int32_t reader = f->readers[result].last;
  if (code_at(f, reader) != kTfLiteBuiltinTranspose || !read_order(f, reader, turned) || turned[RANK - 1] != RANK - 1)
    return -1;
  for (int i = 0; i < RANK; ++i) order[turned[i]] = i;
  return reader;
}

bool ln_find_orders(const fuse_state* f, int32_t position, LinnetFusion* fusion, int32_t transposes[3]) {
  const ln_node* node = node_at(f, position);
  const TfLiteBatchMatMulParams* params = node->node.builtin_data;
  const int32_t left = input_of(node, 0), right = input_of(node, 1), out = output_of(node);
  if (code_at(f, position) != kTfLiteBuiltinBatchMatmul || params == NULL || params->adj_x ||
      node->node.inputs->size != 2 || !is_float_of_rank(f, left) || !is_float_of_rank(f, right) ||
      !is_float_of_rank(f, out))
    return false;
  int32_t found[3][RANK];
  transposes[0] = find_before(f, left, found[0]);
  if (transposes[0] >= 0 && found[0][RANK - 1] != RANK - 1) transposes[0] = -1;
  transposes[1] = find_before(f, right, found[1]);
  transposes[2] = find_behind(f, out, found[2]);
  fusion->reorders = transposes[0] >= 0 || transposes[1] >= 0 || transposes[2] >= 0;
  for (int side = 0; side < 3; ++side)
    for (int i = 0; i < RANK; ++i) fusion->order[side][i] = transposes[side] >= 0 ? found[side][i] : i;
  return fusion->reorders;
}
