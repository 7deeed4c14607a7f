#include "convert/band.h"

enum { MAX_CONSTANT_BYTES = 1 << 26 };

/* 0, 1, 2, … for x's dimension `axis`. */
static ln_tensor* places(const ln_form* f, ln_tensor* shape, int32_t axis) {
  const int32_t end = axis + 1, step = 1;
  const ln_slice_masks masks = {.shrink_axis = 1};
  ln_tensor* extent = ln_build_strided_slice(&f->b, shape, 1, &axis, &end, &step, &masks, ln_form_name(f, "extent"));
  ln_tensor* const inputs[] = {ln_form_scalar(f, LN_TYPE_INT32, 0, "first"), extent,
                               ln_form_scalar(f, LN_TYPE_INT32, 1, "step")};
  return ln_build_done(ln_build_node(&f->b, LN_OP_RANGE, 3, inputs), ln_form_name(f, "places"), 1);
}

/* a - b <= most */
static ln_tensor* within(const ln_form* f, ln_tensor* a, ln_tensor* b, int32_t most) {
  if (most != 0) a = ln_form_number(f, LN_OP_SUB, a, most, "moved");
  return ln_form_binary(f, LN_OP_LESS_EQUAL, a, b, "within");
}

static ln_tensor* constant(const ln_form* f, const int32_t dims[2], int32_t lower, int32_t upper) {
  uint8_t* data = ln_job_alloc(f->b.subgraph->graph->job, (size_t)dims[0] * (size_t)dims[1], 1);
  for (int32_t i = 0; i < dims[0]; ++i)
    for (int32_t j = 0; j < dims[1]; ++j)
      data[(size_t)i * (size_t)dims[1] + (size_t)j] = (lower < 0 || i - j <= lower) && (upper < 0 || j - i <= upper);
  return ln_graph_constant(f->b.subgraph, ln_form_name(f, "band"), LN_TYPE_BOOL, 2, dims, data);
}

ln_tensor* ln_band(const ln_form* f, ln_tensor* x, int32_t lower, int32_t upper) {
  if (x->broken || x->rank < 2) return x;
  const int32_t dims[] = {ln_dim(x, x->rank - 2), ln_dim(x, x->rank - 1)}, all[] = {1, 1};
  if (lower < 0 && upper < 0) return constant(f, all, lower, upper);
  if (dims[0] >= 0 && dims[1] >= 0 && (int64_t)dims[0] * dims[1] <= MAX_CONSTANT_BYTES)
    return constant(f, dims, lower, upper);
  ln_tensor* shape = ln_form_extents(f, x, LN_TYPE_INT32, "shape");
  ln_tensor* rows = ln_form_expand(f, places(f, shape, x->rank - 2), 1, "rows");
  ln_tensor* columns = places(f, shape, x->rank - 1);
  ln_tensor* below = lower >= 0 ? within(f, rows, columns, lower) : NULL;
  ln_tensor* above = upper >= 0 ? within(f, columns, rows, upper) : NULL;
  if (below == NULL || above == NULL) return below != NULL ? below : above;
  return ln_form_binary(f, LN_OP_LOGICAL_AND, below, above, "band");
}
