#include "convert/form.h"

const char* ln_form_name(const ln_form* f, const char* what) {
  return what != NULL ? ln_job_text(f->b.subgraph->graph->job, "%s/%s", f->name, what) : f->name;
}

ln_tensor* ln_form_unary(const ln_form* f, int code, ln_tensor* x, const char* what) {
  return ln_build_unary(&f->b, code, x, ln_form_name(f, what));
}

ln_tensor* ln_form_binary(const ln_form* f, int code, ln_tensor* x, ln_tensor* y, const char* what) {
  return ln_build_binary(&f->b, code, x, y, ln_form_name(f, what));
}

ln_tensor* ln_form_number(const ln_form* f, int code, ln_tensor* x, double number, const char* what) {
  return ln_build_with_number(&f->b, code, x, number, ln_form_name(f, what));
}

ln_tensor* ln_form_choose(const ln_form* f, ln_tensor* condition, ln_tensor* x, ln_tensor* y, const char* what) {
  ln_tensor* const inputs[] = {condition, x, y};
  return ln_build_done(ln_build_node(&f->b, LN_OP_SELECT_V2, 3, inputs), ln_form_name(f, what), 1);
}

ln_tensor* ln_form_cast(const ln_form* f, ln_tensor* x, int type, const char* what) {
  return ln_build_cast(&f->b, x, type, ln_form_name(f, what));
}

/* 0 to rank - 1, with one dimension more for `extra`; what does not fit is left to the operator's own check. */
static int from_start(const ln_tensor* x, int axis, int extra) { return axis < 0 ? axis + x->rank + extra : axis; }

ln_tensor* ln_form_reduce(const ln_form* f, int code, ln_tensor* x, int axis, bool keep, const char* what) {
  const int32_t axes[] = {from_start(x, axis, 0)};
  return ln_build_reduce(&f->b, code, x, 1, axes, keep, ln_form_name(f, what));
}

ln_tensor* ln_form_expand(const ln_form* f, ln_tensor* x, int axis, const char* what) {
  return ln_form_binary(f, LN_OP_EXPAND_DIMS, x, ln_graph_int(f->b.subgraph, ln_form_name(f, "axis"), axis), what);
}

ln_tensor* ln_form_concat(const ln_form* f, int count, ln_tensor* const* parts, int axis, const char* what) {
  return ln_build_concat(&f->b, count, parts, from_start(parts[0], axis, 0), ln_form_name(f, what));
}

ln_tensor* ln_form_pack(const ln_form* f, int count, ln_tensor* const* parts, int axis, const char* what) {
  return ln_build_pack(&f->b, count, parts, from_start(parts[0], axis, 1), ln_form_name(f, what));
}

ln_tensor* ln_form_part(const ln_form* f, ln_tensor* x, int axis, int32_t from, int32_t count, const char* what) {
  int32_t begin[LN_MAX_DIMS] = {0}, size[LN_MAX_DIMS];
  if (x->rank < 1) return x;
  for (int i = 0; i < x->rank; ++i) size[i] = -1;
  begin[from_start(x, axis, 0)] = from;
  size[from_start(x, axis, 0)] = count;
  return ln_build_slice(&f->b, x, begin, size, ln_form_name(f, what));
}

ln_tensor* ln_form_gather(const ln_form* f, ln_tensor* x, ln_tensor* places, int axis, int batch_dims,
                          const char* what) {
  ln_tensor* const inputs[] = {x, places};
  ln_node* node = ln_build_node(&f->b, LN_OP_GATHER, 2, inputs);
  LN_SET(node, GatherOptions, axis, from_start(x, axis, 0));
  LN_SET(node, GatherOptions, batch_dims, batch_dims);
  return ln_build_done(node, ln_form_name(f, what), 1);
}

ln_tensor* ln_form_swap(const ln_form* f, ln_tensor* x, int axis, int other, const char* what) {
  int32_t order[LN_MAX_DIMS];
  const int a = from_start(x, axis, 0), b = from_start(x, other, 0);
  if (a == b) return x;
  for (int i = 0; i < x->rank; ++i) order[i] = i == a ? b : i == b ? a : i;
  return ln_build_transpose(&f->b, x, order, ln_form_name(f, what));
}

ln_tensor* ln_form_one_hot(const ln_form* f, ln_tensor* places, int32_t depth, int type, const char* what) {
  ln_tensor* const inputs[] = {places, ln_form_scalar(f, LN_TYPE_INT32, depth, "depth"),
                               ln_form_scalar(f, type, 1, "on"), ln_form_scalar(f, type, 0, "off")};
  ln_node* node = ln_build_node(&f->b, LN_OP_ONE_HOT, 4, inputs);
  LN_SET(node, OneHotOptions, axis, -1);
  return ln_build_done(node, ln_form_name(f, what), 1);
}

ln_tensor* ln_form_matmul(const ln_form* f, ln_tensor* x, ln_tensor* y, bool adj_x, bool adj_y, const char* what) {
  ln_tensor* const inputs[] = {x, y};
  ln_node* node = ln_build_node(&f->b, LN_OP_BATCH_MATMUL, 2, inputs);
  LN_SET(node, BatchMatMulOptions, adj_x, adj_x);
  LN_SET(node, BatchMatMulOptions, adj_y, adj_y);
  return ln_build_done(node, ln_form_name(f, what), 1);
}

ln_tensor* ln_form_dense(const ln_form* f, ln_tensor* x, ln_tensor* weights, const char* what) {
  const int32_t count = ln_dim(weights, 0);
  ln_tensor* const inputs[] = {
      x, weights,
      ln_form_floats(f, 1, &count, ln_job_alloc(f->b.subgraph->graph->job, (size_t)count, sizeof(float)), "none")};
  ln_node* node = ln_build_node(&f->b, LN_OP_FULLY_CONNECTED, 3, inputs);
  LN_SET(node, FullyConnectedOptions, keep_num_dims, 1);
  return ln_build_done(node, ln_form_name(f, what), 1);
}

ln_tensor* ln_form_scalar(const ln_form* f, int type, double number, const char* what) {
  return ln_build_number(&f->b, type, number, ln_form_name(f, what));
}

ln_tensor* ln_form_floats(const ln_form* f, int rank, const int32_t* dims, const float* data, const char* what) {
  return ln_graph_constant(f->b.subgraph, ln_form_name(f, what), LN_TYPE_FLOAT32, rank, dims, data);
}

ln_tensor* ln_form_extents(const ln_form* f, ln_tensor* x, int type, const char* what) {
  ln_node* node = ln_build_node(&f->b, LN_OP_SHAPE, 1, &x);
  LN_SET(node, ShapeOptions, out_type, type);
  return ln_build_done(node, ln_form_name(f, what), 1);
}

ln_tensor* ln_form_shape(const ln_form* f, ln_tensor* x, int rank, const int32_t* dims, const char* what) {
  ln_tensor* parts[LN_MAX_DIMS];
  ln_tensor* shape = NULL;
  const char* name = ln_form_name(f, what);
  for (int i = 0; i < rank; ++i) {
    const int from = LN_DIM_OF(0) - dims[i];
    const int32_t number = dims[i] > LN_DIM_OF(0) ? dims[i] : ln_dim(x, from);
    if (number >= 0 || dims[i] > LN_DIM_OF(0)) {
      parts[i] = ln_graph_ints(f->b.subgraph, name, 1, &number);
      continue;
    }
    if (shape == NULL) shape = ln_form_extents(f, x, LN_TYPE_INT32, "shape");
    const int32_t begin[1] = {from}, size[1] = {1};
    parts[i] = ln_build_slice(&f->b, shape, begin, size, ln_form_name(f, "extent"));
  }
  return ln_build_concat(&f->b, rank, parts, 0, name);
}

/* EXPAND_DIMS and SQUEEZE where all that changes are dimensions of 1: they need no extents. NULL: more changes. */
static ln_tensor* reshape_by_ones(const ln_form* f, ln_tensor* x, int rank, const int32_t* dims, const char* what) {
  int32_t added[LN_MAX_DIMS], gone[LN_MAX_DIMS];
  int added_count = 0, gone_count = 0, at = 0;
  for (int i = 0; i < rank; ++i) {
    if (dims[i] == 1) {
      added[added_count++] = i;
      continue;
    }
    while (at < x->rank && dims[i] != LN_DIM_OF(at) && ln_dim(x, at) == 1) gone[gone_count++] = at++;
    if (at == x->rank || dims[i] != LN_DIM_OF(at)) return NULL;
    ++at;
  }
  for (; at < x->rank; ++at) {
    if (ln_dim(x, at) != 1) return NULL;
    gone[gone_count++] = at;
  }
  if (gone_count > 0) {
    ln_node* squeeze = ln_build_node(&f->b, LN_OP_SQUEEZE, 1, &x);
    ln_node_set_vector(squeeze, LN_SLOT(SqueezeOptions, squeeze_dims), (uint32_t)gone_count, gone);
    x = ln_build_done(squeeze, ln_form_name(f, added_count > 0 ? "squeezed" : what), 1);
  }
  for (int i = 0; i < added_count; ++i) x = ln_form_expand(f, x, added[i], i + 1 < added_count ? "expanded" : what);
  return x;
}

ln_tensor* ln_form_reshape(const ln_form* f, ln_tensor* x, int rank, const int32_t* dims, const char* what) {
  int32_t known[LN_MAX_DIMS];
  int unknown = 0;
  if (x->broken || x->rank < 0) return x;
  for (int i = 0; i < rank; ++i) {
    known[i] = dims[i] > LN_DIM_OF(0) ? dims[i] : ln_dim(x, LN_DIM_OF(0) - dims[i]);
    unknown += known[i] < 0;
  }
  if (unknown <= 1) return ln_build_reshape(&f->b, x, rank, known, ln_form_name(f, what));
  ln_tensor* y = reshape_by_ones(f, x, rank, dims, what);
  return y != NULL ? y : ln_form_binary(f, LN_OP_RESHAPE, x, ln_form_shape(f, x, rank, dims, "new_shape"), what);
}
