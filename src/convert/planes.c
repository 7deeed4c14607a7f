/* Operators of three spatial dimensions from those of two: see planes.h. */
#include "convert/planes.h"

/* Extents `from` to before `to` of x, as a tensor. */
static ln_tensor* extents(const ln_form* f, ln_tensor* x, int from, int to) {
  int32_t dims[LN_MAX_DIMS];
  for (int i = from; i < to; ++i) dims[i - from] = LN_DIM_OF(i);
  return ln_form_shape(f, x, to - from, dims, "extents");
}

ln_tensor* ln_over_planes(const ln_form* f, ln_tensor* x, ln_plane_step* step, const void* arg) {
  const int32_t planes[] = {-1, LN_DIM_OF(2), LN_DIM_OF(3), LN_DIM_OF(4)};
  ln_tensor* y = step(f, ln_form_reshape(f, x, 4, planes, "planes"), false, arg);
  if (y->broken || y->rank != 4) return y;
  const bool known = ln_dim_is_known(y, 1) && ln_dim_is_known(y, 2);
  const int64_t places = known ? (int64_t)ln_dim(y, 1) * ln_dim(y, 2) : -1;
  const int32_t stack[] = {LN_DIM_OF(0), LN_DIM_OF(1), places <= INT32_MAX ? (int32_t)places : -1, LN_DIM_OF(4)};
  ln_tensor* z = ln_build_reshape_to(&f->b, y, ln_form_shape(f, x, 4, stack, "stack_shape"), ln_form_name(f, "stack"));
  z = step(f, z, true, arg);
  if (z->broken || z->rank != 4) return z;
  ln_tensor* const parts[] = {extents(f, z, 0, 2), extents(f, y, 1, 4)};
  return ln_build_reshape_to(&f->b, z, ln_form_concat(f, 2, parts, 0, "new_shape"), f->name);
}

typedef struct pool {
  int code, padding;
  const int32_t *size, *stride;
} pool;

static ln_tensor* pool_step(const ln_form* f, ln_tensor* x, bool of_depth, const void* arg) {
  const pool* p = arg;
  const int32_t size[] = {p->size[0], 1}, stride[] = {p->stride[0], 1};
  return ln_build_pool_2d(&f->b, p->code, x, p->padding, of_depth ? size : p->size + 1,
                          of_depth ? stride : p->stride + 1,
                          ln_form_name(f, of_depth ? "pooled_stack" : "pooled_planes"));
}

ln_tensor* ln_pool_planes(const ln_form* f, int code, ln_tensor* x, int padding, const int32_t size[3],
                          const int32_t stride[3]) {
  const pool p = {code, padding, size, stride};
  return ln_over_planes(f, x, pool_step, &p);
}
