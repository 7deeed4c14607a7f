/* Enlarging by whole factors: a dimension of one put behind height or width, repeated and merged with it, is
 * RESIZE_NEAREST_NEIGHBOR; two of those are one; one to the size that is there is nothing. */
#include <math.h>

#include "convert/passes/passes.h"

/* Whether the operator's own arithmetic repeats every element `factor` times. */
static bool repeats_exactly(int32_t extent, int32_t factor) {
  const int32_t wide = extent * factor;
  const float scale = (float)extent / (float)wide;
  for (int32_t i = 0; i < wide; ++i)
    if ((int32_t)floorf((float)i * scale) != i / factor) return false;
  return true;
}

static ln_tensor* size_constant(const ln_tensor* y) {
  const int32_t size[] = {y->shape[0][1], y->shape[0][2]};
  return ln_graph_ints(y->subgraph, "size", 2, size);
}

/* Which dimension of x comes out how many times as large, everything else as it is; 0: none or several. */
static int32_t enlarged(const ln_tensor* x, const ln_tensor* y, int* dim) {
  int32_t factor = 0;
  if (x->rank != y->rank) return 0;
  for (int i = 0; i < x->rank; ++i) {
    if (x->shape[0][i] == y->shape[0][i] && x->shape[1][i] == y->shape[1][i]) continue;
    if (factor != 0 || ln_dim(x, i) < 1 || ln_dim(y, i) < 1 || y->shape[0][i] % x->shape[0][i] != 0) return 0;
    factor = y->shape[0][i] / x->shape[0][i];
    *dim = i;
  }
  return factor;
}

static bool recognize(ln_node* node) {
  const ln_node* repeat = ln_made_for_one(node->inputs[0]);
  const ln_node* widen = NULL;
  if (repeat != NULL && (repeat->code == LN_OP_TILE || repeat->code == LN_OP_BROADCAST_TO))
    widen = ln_made_for_one(repeat->inputs[0]);
  if (widen == NULL || (widen->code != LN_OP_RESHAPE && widen->code != LN_OP_EXPAND_DIMS)) return false;
  ln_tensor *x = widen->inputs[0], *y = node->outputs[0];
  const ln_tensor *one = repeat->inputs[0], *many = repeat->outputs[0];
  int dim = 0, repeated = 0;
  const int32_t factor = enlarged(x, y, &dim);
  if (!ln_is_float(x) || x->rank != 4 || factor < 2 || (dim != 1 && dim != 2) || one->rank != 5 || many->rank != 5)
    return false;
  if (!ln_dim_is_known(y, 1) || !ln_dim_is_known(y, 2)) return false;
  if (enlarged(one, many, &repeated) != factor || repeated != dim + 1 || one->shape[0][repeated] != 1) return false;
  for (int w = 0; w < 2; ++w)
    for (int i = 0, from = 0; i < 5; ++i)
      if (i != repeated && one->shape[w][i] != x->shape[w][from++]) return false;
  if (y->shape[0][dim] > (1 << 20) || !repeats_exactly(x->shape[0][dim], factor)) return false;
  ln_become_binary(node, LN_OP_RESIZE_NEAREST_NEIGHBOR, x, size_constant(y));
  return true;
}

static bool is_enlarging(const ln_node* node) {
  if (node == NULL || node->code != LN_OP_RESIZE_NEAREST_NEIGHBOR ||
      LN_GET(node, ResizeNearestNeighborOptions, align_corners) != 0 ||
      LN_GET(node, ResizeNearestNeighborOptions, half_pixel_centers) != 0)
    return false;
  const ln_tensor *x = node->inputs[0], *y = node->outputs[0];
  for (int i = 1; i < 3; ++i) {
    if (x->rank != 4 || y->rank != 4 || ln_dim(x, i) < 1 || ln_dim(y, i) < 1 || y->shape[0][i] > (1 << 20) ||
        y->shape[0][i] % x->shape[0][i] != 0 || !repeats_exactly(x->shape[0][i], y->shape[0][i] / x->shape[0][i]))
      return false;
  }
  return true;
}

static bool merge(ln_node* node) {
  const ln_node* before = ln_made_for_one(node->inputs[0]);
  if (!is_enlarging(node) || !is_enlarging(before)) return false;
  const ln_tensor *x = before->inputs[0], *y = node->outputs[0];
  for (int i = 1; i < 3; ++i)
    if (!repeats_exactly(x->shape[0][i], y->shape[0][i] / x->shape[0][i])) return false;
  ln_node_set_input(node, 0, before->inputs[0]);
  return true;
}

/* To the size that is there; nearest neighbours of any type, bilinear ones of floats. */
static bool does_nothing(const ln_node* node) {
  const ln_tensor *x = node->inputs[0], *y = node->outputs[0];
  return x->rank == 4 && ln_is_float(x) && ln_shapes_equal(x, y) && ln_dim_is_known(x, 1) && ln_dim_is_known(x, 2) &&
         x->producer != NULL;
}

int ln_pass_resizes(ln_subgraph* subgraph) {
  int changes = 0;
  for (ln_node *node = subgraph->first, *next; node != NULL; node = next) {
    next = node->next;
    const bool resizes = node->code == LN_OP_RESIZE_NEAREST_NEIGHBOR || node->code == LN_OP_RESIZE_BILINEAR;
    if (node->code == LN_OP_RESHAPE) changes += recognize(node);
    if (!resizes) continue;
    if (does_nothing(node)) {
      ln_bypass(node, node->inputs[0]);
      ++changes;
    } else if (node->code == LN_OP_RESIZE_NEAREST_NEIGHBOR) {
      changes += merge(node);
    }
  }
  return changes;
}
