/* EMBEDDING_LOOKUP_SPARSE: weighted sums of a table's rows. Lookups that have the same place in all but the last
 * dimension of a sparse tensor are summed, and the sum is divided by what the combiner says. */
#include <math.h>

#include "ops/builtin_ops.h"
#include "ops/move_util.h"

enum { kIds, kIndices, kShape, kWeights, kTable, kInputs };

typedef struct sparse_tensors {
  const TfLiteTensor *ids, *indices, *shape, *weights, *table;
  TfLiteTensor* output;
} sparse_tensors;

static TfLiteStatus get_tensors(TfLiteContext* context, const TfLiteNode* node, sparse_tensors* t) {
  LN_TRY(ln_get_input(context, node, kIds, &t->ids));
  LN_TRY(ln_get_input(context, node, kIndices, &t->indices));
  LN_TRY(ln_get_input(context, node, kShape, &t->shape));
  LN_TRY(ln_get_input(context, node, kWeights, &t->weights));
  LN_TRY(ln_get_input(context, node, kTable, &t->table));
  return ln_get_output(context, node, 0, &t->output);
}

static TfLiteStatus check_input(TfLiteContext* context, const TfLiteTensor* t, const char* what, TfLiteType type,
                                int rank) {
  LN_TRY(ln_check_type(context, t, what, type));
  LN_CHECK(context, ln_rank(t) == rank, "%s have rank %d; %d is right", what, ln_rank(t), rank);
  return kTfLiteOk;
}

/* All dimensions but the last of the sparse tensor, then those of a row. */
static TfLiteStatus resize_output(TfLiteContext* context, const sparse_tensors* t) {
  int32_t dims[2 * LN_MAX_RANK];
  int rank;
  LN_TRY(ln_read_ints(context, t->shape, "the sparse tensor's shape", LN_MAX_RANK, dims, &rank));
  --rank;
  for (int i = 1; i < ln_rank(t->table); ++i) dims[rank++] = ln_dim(t->table, i);
  return ln_resize(context, t->output, rank, dims);
}

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteEmbeddingLookupSparseParams* params = node->builtin_data;
  sparse_tensors t;
  LN_CHECK(context, params != NULL, "the options are missing");
  LN_CHECK(context, params->combiner >= kTfLiteCombinerTypeSum && params->combiner <= kTfLiteCombinerTypeSqrtn,
           "unknown combiner %d", (int)params->combiner);
  LN_TRY(ln_check_io(context, node, kInputs, kInputs, 1));
  LN_TRY(get_tensors(context, node, &t));
  LN_TRY(check_input(context, t.ids, "the ids", kTfLiteInt32, 1));
  LN_TRY(check_input(context, t.indices, "the indices", kTfLiteInt32, 2));
  LN_TRY(check_input(context, t.shape, "the extents", kTfLiteInt32, 1));
  LN_TRY(check_input(context, t.weights, "the weights", kTfLiteFloat32, 1));
  LN_TRY(ln_check_type(context, t.table, "the table", kTfLiteFloat32));
  LN_TRY(ln_check_type(context, t.output, "output", kTfLiteFloat32));
  LN_CHECK(context, ln_rank(t.table) >= 2 && ln_rank(t.table) <= LN_MAX_RANK, "the table has rank %d; 2 to %d is right",
           ln_rank(t.table), LN_MAX_RANK);
  LN_CHECK(context, t.table->sparsity == NULL, "the table is sparse; a dense one is right");
  LN_CHECK(context, ln_dim(t.indices, 0) == ln_dim(t.ids, 0) && ln_dim(t.weights, 0) == ln_dim(t.ids, 0),
           "%d ids, %d indices, %d weights; equal numbers are right", ln_dim(t.ids, 0), ln_dim(t.indices, 0),
           ln_dim(t.weights, 0));
  const int depth = ln_dim(t.indices, 1);
  LN_CHECK(context, depth >= 1 && depth == ln_dim(t.shape, 0),
           "indices of %d places for a shape of %d; equal ones are "
           "right",
           depth, ln_dim(t.shape, 0));
  LN_CHECK(context, depth - 1 + ln_rank(t.table) - 1 <= LN_MAX_RANK, "the output's rank would be over %d", LN_MAX_RANK);
  if (ln_is_constant(t.shape)) return resize_output(context, &t);
  ln_set_dynamic(t.output);
  return kTfLiteOk;
}

/* The sum that lookup `i` belongs to. */
static TfLiteStatus find_sum(TfLiteContext* context, const sparse_tensors* t, size_t i, size_t* sum) {
  const size_t depth = (size_t)ln_dim(t->indices, 1);
  *sum = 0;
  for (size_t k = 0; k + 1 < depth; ++k) {
    const int32_t index = t->indices->data.i32[i * depth + k], extent = t->shape->data.i32[k];
    LN_CHECK(context, index >= 0 && index < extent, "index %zu of lookup %zu is %d; it must be in [0, %d)", k, i, index,
             extent);
    *sum = *sum * (size_t)extent + (size_t)index;
  }
  return kTfLiteOk;
}

static void divide(TfLiteCombinerType combiner, float weights, float squares, float* sum, size_t columns) {
  if (combiner == kTfLiteCombinerTypeSum) return;
  const float divisor = combiner == kTfLiteCombinerTypeMean ? weights : sqrtf(squares);
  for (size_t k = 0; k < columns; ++k) sum[k] /= divisor;
}

/* By convention the lookups of a sum follow each other. Where they do not, the original divides what it has each time
 * that it leaves the sum. */
static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteEmbeddingLookupSparseParams* params = node->builtin_data;
  sparse_tensors t;
  LN_TRY(get_tensors(context, node, &t));
  if (!ln_is_constant(t.shape)) LN_TRY(resize_output(context, &t));
  const size_t columns = ln_extent(t.table, 1, ln_rank(t.table)), count = (size_t)ln_dim(t.ids, 0);
  float weights = 0.0f, squares = 0.0f;
  size_t current = 0;
  if (t.output->bytes > 0) memset(t.output->data.raw, 0, t.output->bytes);
  for (size_t i = 0; i < count; ++i) {
    const int32_t id = t.ids->data.i32[i];
    size_t sum;
    if (i % 4096 == 4095 && ln_is_cancelled(context)) return kTfLiteCancelled;
    LN_CHECK(context, id >= 0 && id < ln_dim(t.table, 0), "id %zu is %d; it must be in [0, %d)", i, id,
             ln_dim(t.table, 0));
    LN_TRY(find_sum(context, &t, i, &sum));
    if (columns == 0) continue;
    if (i > 0 && sum != current) {
      divide(params->combiner, weights, squares, t.output->data.f + current * columns, columns);
      weights = squares = 0.0f;
    }
    current = sum;
    const float weight = t.weights->data.f[i], *row = t.table->data.f + (size_t)id * columns;
    float* out = t.output->data.f + sum * columns;
    weights += weight;
    squares += weight * weight;
    for (size_t k = 0; k < columns; ++k) out[k] += row[k] * weight;
  }
  if (count > 0 && columns > 0)
    divide(params->combiner, weights, squares, t.output->data.f + current * columns, columns);
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_embedding_lookup_sparse = {.prepare = prepare, .invoke = invoke};
