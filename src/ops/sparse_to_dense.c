/* SPARSE_TO_DENSE: a tensor of a default value with values at the places that the indices name. */
#include "ops/builtin_ops.h"
#include "ops/move_util.h"

typedef struct sparse_io {
  const TfLiteTensor *indices, *shape, *values, *fallback;
  TfLiteTensor* output;
} sparse_io;

static TfLiteStatus get_io(TfLiteContext* context, const TfLiteNode* node, sparse_io* io) {
  LN_TRY(ln_check_io(context, node, 4, 4, 1));
  LN_TRY(ln_get_input(context, node, 0, &io->indices));
  LN_TRY(ln_get_input(context, node, 1, &io->shape));
  LN_TRY(ln_get_input(context, node, 2, &io->values));
  LN_TRY(ln_get_input(context, node, 3, &io->fallback));
  return ln_get_output(context, node, 0, &io->output);
}

static TfLiteStatus resize_output(TfLiteContext* context, const sparse_io* io) {
  int32_t dims[LN_MAX_RANK];
  int rank;
  LN_TRY(ln_read_ints(context, io->shape, "the shape", LN_MAX_RANK, dims, &rank));
  return ln_resize(context, io->output, rank, dims);
}

/* How many places are named: a scalar is one, a vector names places in a vector, a matrix has a place in each row. */
static size_t place_count(const TfLiteTensor* indices) { return ln_rank(indices) > 0 ? (size_t)ln_dim(indices, 0) : 1; }

static TfLiteStatus check_shapes(TfLiteContext* context, const sparse_io* io) {
  LN_CHECK(context, ln_rank(io->indices) <= 2 && ln_rank(io->shape) == 1 && ln_rank(io->values) <= 1,
           "indices have rank %d, the shape %d, values %d; at most 2, 1, at most 1 are right", ln_rank(io->indices),
           ln_rank(io->shape), ln_rank(io->values));
  const int depth = ln_rank(io->indices) == 2 ? ln_dim(io->indices, 1) : 1;
  LN_CHECK(context, depth == ln_dim(io->shape, 0), "index tuples of %d for an output of rank %d; they must be equal",
           depth, ln_dim(io->shape, 0));
  LN_CHECK(context, ln_num_elements(io->fallback) == 1, "the default value must be one element");
  LN_CHECK(context, ln_rank(io->values) == 0 || (size_t)ln_dim(io->values, 0) == place_count(io->indices),
           "%d values for %zu places; one for each, or a scalar, is right", ln_dim(io->values, 0),
           place_count(io->indices));
  return kTfLiteOk;
}

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  sparse_io io;
  size_t bytes;
  LN_TRY(get_io(context, node, &io));
  LN_CHECK(context, io.indices->type == kTfLiteInt32 || io.indices->type == kTfLiteInt64,
           "indices are %s; INT32 or INT64 is right", TfLiteTypeGetName(io.indices->type));
  LN_TRY(ln_element_bytes(context, io.values, &bytes));
  LN_TRY(ln_check_type(context, io.fallback, "the default value", io.values->type));
  LN_TRY(ln_set_type(context, io.output, io.values->type));
  LN_TRY(check_shapes(context, &io));
  if (ln_is_constant(io.shape)) return resize_output(context, &io);
  ln_set_dynamic(io.output);
  return kTfLiteOk;
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  sparse_io io;
  LN_TRY(get_io(context, node, &io));
  if (!ln_is_constant(io.shape)) LN_TRY(resize_output(context, &io));
  const size_t bytes = ln_type_size(io.values->type), places = place_count(io.indices);
  const int depth = ln_rank(io.output);
  ln_fill_elements(io.fallback->data.raw, bytes, io.output->data.raw, (size_t)ln_num_elements(io.output));
  for (size_t n = 0; n < places; ++n) {
    size_t at = 0;
    for (int k = 0; k < depth; ++k) {
      const size_t i = n * (size_t)depth + (size_t)k;
      const int64_t index = io.indices->type == kTfLiteInt64 ? io.indices->data.i64[i] : io.indices->data.i32[i];
      LN_CHECK(context, index >= 0 && index < ln_dim(io.output, k),
               "index %d of place %zu is %lld; it must be in [0, %d)", k, n, (long long)index, ln_dim(io.output, k));
      at = at * (size_t)ln_dim(io.output, k) + (size_t)index;
    }
    const size_t from = ln_rank(io.values) > 0 ? n : 0;
    memcpy(io.output->data.raw + at * bytes, io.values->data.raw + from * bytes, bytes);
  }
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_sparse_to_dense = {.prepare = prepare, .invoke = invoke};
