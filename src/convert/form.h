/* What lowerings that both importers share are made of: operators of one source's node, named after it. */
#ifndef LN_CONVERT_FORM_H_
#define LN_CONVERT_FORM_H_

#include "convert/build.h"

/* Where the operators are made, and the name of what they compute. */
typedef struct ln_form {
  ln_builder b;
  const char* name;
} ln_form;

/* NAME/what; NAME where `what` is NULL. */
const char* ln_form_name(const ln_form* f, const char* what);

ln_tensor* ln_form_unary(const ln_form* f, int code, ln_tensor* x, const char* what);
ln_tensor* ln_form_binary(const ln_form* f, int code, ln_tensor* x, ln_tensor* y, const char* what);
ln_tensor* ln_form_number(const ln_form* f, int code, ln_tensor* x, double number, const char* what);
ln_tensor* ln_form_choose(const ln_form* f, ln_tensor* condition, ln_tensor* x, ln_tensor* y, const char* what);
ln_tensor* ln_form_cast(const ln_form* f, ln_tensor* x, int type, const char* what);
/* `axis` may count from the end here and below. */
ln_tensor* ln_form_reduce(const ln_form* f, int code, ln_tensor* x, int axis, bool keep, const char* what);
ln_tensor* ln_form_expand(const ln_form* f, ln_tensor* x, int axis, const char* what);
ln_tensor* ln_form_concat(const ln_form* f, int count, ln_tensor* const* parts, int axis, const char* what);
ln_tensor* ln_form_pack(const ln_form* f, int count, ln_tensor* const* parts, int axis, const char* what);
/* `count` elements (-1: all) along one axis. */
ln_tensor* ln_form_part(const ln_form* f, ln_tensor* x, int axis, int32_t from, int32_t count, const char* what);
ln_tensor* ln_form_gather(const ln_form* f, ln_tensor* x, ln_tensor* places, int axis, int batch_dims,
                          const char* what);
/* Two axes change places. */
ln_tensor* ln_form_swap(const ln_form* f, ln_tensor* x, int axis, int other, const char* what);
/* ONE_HOT in a new last dimension, of 1 and 0 in `type`. */
ln_tensor* ln_form_one_hot(const ln_form* f, ln_tensor* places, int32_t depth, int type, const char* what);
ln_tensor* ln_form_matmul(const ln_form* f, ln_tensor* x, ln_tensor* y, bool adj_x, bool adj_y, const char* what);
/* A dense layer without bias over the last dimension: weights [out,in]. */
ln_tensor* ln_form_dense(const ln_form* f, ln_tensor* x, ln_tensor* weights, const char* what);
ln_tensor* ln_form_scalar(const ln_form* f, int type, double number, const char* what);
/* A constant whose data lives as long as the job. */
ln_tensor* ln_form_floats(const ln_form* f, int rank, const int32_t* dims, const float* data, const char* what);
ln_tensor* ln_form_extents(const ln_form* f, ln_tensor* x, int type, const char* what);

/* In lists of extents: x's extent k, also where it is unknown. */
#define LN_DIM_OF(k) (-100 - (k))
ln_tensor* ln_form_reshape(const ln_form* f, ln_tensor* x, int rank, const int32_t* dims, const char* what);
/* Such a shape as a tensor of int32. */
ln_tensor* ln_form_shape(const ln_form* f, ln_tensor* x, int rank, const int32_t* dims, const char* what);

#endif
