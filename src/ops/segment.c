/* SEGMENT_SUM: rows with the same id, which must not fall, are added up. UNSORTED_SEGMENT_*: rows with the same id are
 * folded into one of a given number of segments; ids below 0 are left out. */
#include <float.h>

#include "kernels/generic/accumulate.h"
#include "ops/builtin_ops.h"
#include "ops/move_util.h"

static TfLiteStatus check_types(TfLiteContext* context, const TfLiteTensor* data, const TfLiteTensor* ids,
                                const TfLiteTensor* output) {
  LN_CHECK(context, data->type == kTfLiteInt32 || data->type == kTfLiteFloat32, "data is %s; INT32 or FLOAT32 is right",
           TfLiteTypeGetName(data->type));
  LN_TRY(ln_check_type(context, ids, "segment_ids", kTfLiteInt32));
  return ln_check_type(context, output, "output", data->type);
}

/* Folds row n of the data, of `row` elements, into the output's row ids[n]. */
static void fold_row(ln_accumulate_row fold, const TfLiteTensor* data, size_t n, TfLiteTensor* output, int32_t id,
                     size_t row) {
  const size_t bytes = row * ln_type_size(data->type);
  if (bytes > 0) fold(data->data.raw + n * bytes, output->data.raw + (size_t)id * bytes, row);
}

/* ---- SEGMENT_SUM ---- */

static TfLiteStatus resize_sum(TfLiteContext* context, const TfLiteTensor* data, const TfLiteTensor* ids,
                               TfLiteTensor* output) {
  int32_t dims[LN_MAX_RANK];
  const int32_t count = ln_dim(ids, 0);
  LN_CHECK(context, ids->data.raw != NULL || count == 0, "segment_ids has no data");
  for (int32_t i = 0; i < count; ++i) {
    const int32_t id = ids->data.i32[i], last = i > 0 ? ids->data.i32[i - 1] : 0;
    LN_CHECK(context, id >= last && id < INT32_MAX,
             "segment_ids[%d] is %d after %d; ids are at least 0 and do not fall", i, id, last);
  }
  for (int i = 0; i < ln_rank(data); ++i) dims[i] = ln_dim(data, i);
  dims[0] = count > 0 ? ids->data.i32[count - 1] + 1 : 0;
  return ln_resize(context, output, ln_rank(data), dims);
}

static TfLiteStatus sum_prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor *data, *ids;
  TfLiteTensor* output;
  LN_TRY(ln_check_io(context, node, 2, 2, 1));
  LN_TRY(ln_get_input(context, node, 0, &data));
  LN_TRY(ln_get_input(context, node, 1, &ids));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(check_types(context, data, ids, output));
  LN_CHECK(context,
           ln_rank(data) >= 1 && ln_rank(data) <= LN_MAX_RANK && ln_rank(ids) == 1 && ln_dim(ids, 0) == ln_dim(data, 0),
           "segment_ids must be a vector with one id for each row of data");
  if (ln_is_constant(ids)) return resize_sum(context, data, ids, output);
  ln_set_dynamic(output);
  return kTfLiteOk;
}

static TfLiteStatus sum_invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor *data, *ids;
  TfLiteTensor* output;
  LN_TRY(ln_get_input(context, node, 0, &data));
  LN_TRY(ln_get_input(context, node, 1, &ids));
  LN_TRY(ln_get_output(context, node, 0, &output));
  if (ln_is_dynamic(output)) LN_TRY(resize_sum(context, data, ids, output));
  const ln_accumulate_row add = data->type == kTfLiteFloat32 ? ln_accumulate_sum_f32_ref : ln_accumulate_sum_i32_ref;
  const size_t row = ln_extent(data, 1, ln_rank(data));
  if (output->bytes > 0) memset(output->data.raw, 0, output->bytes);
  for (int32_t n = 0; n < ln_dim(ids, 0); ++n) fold_row(add, data, (size_t)n, output, ids->data.i32[n], row);
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_segment_sum = {.prepare = sum_prepare, .invoke = sum_invoke};

/* ---- UNSORTED_SEGMENT_* ---- */

typedef struct unsorted_io {
  const TfLiteTensor *data, *ids, *count;
  TfLiteTensor* output;
} unsorted_io;

/* How rows are folded, and what a segment without rows holds. */
typedef struct folding {
  ln_accumulate_row f32, i32;
  float first_f32;
  int32_t first_i32;
} folding;

static TfLiteStatus get_io(TfLiteContext* context, const TfLiteNode* node, unsorted_io* io) {
  LN_TRY(ln_check_io(context, node, 3, 3, 1));
  LN_TRY(ln_get_input(context, node, 0, &io->data));
  LN_TRY(ln_get_input(context, node, 1, &io->ids));
  LN_TRY(ln_get_input(context, node, 2, &io->count));
  return ln_get_output(context, node, 0, &io->output);
}

static TfLiteStatus resize_unsorted(TfLiteContext* context, const unsorted_io* io) {
  int32_t dims[LN_MAX_RANK + 1], segments;
  int count, rank = 1;
  LN_TRY(ln_read_ints(context, io->count, "num_segments", 1, &segments, &count));
  LN_CHECK(context, count == 1 && segments >= 0, "num_segments must be one number of at least 0");
  dims[0] = segments;
  for (int i = ln_rank(io->ids); i < ln_rank(io->data); ++i) dims[rank++] = ln_dim(io->data, i);
  return ln_resize(context, io->output, rank, dims);
}

static TfLiteStatus unsorted_prepare(TfLiteContext* context, TfLiteNode* node) {
  unsorted_io io;
  LN_TRY(get_io(context, node, &io));
  LN_TRY(check_types(context, io.data, io.ids, io.output));
  LN_TRY(ln_check_type(context, io.count, "num_segments", kTfLiteInt32));
  LN_CHECK(context, ln_rank(io.count) == 0 || (ln_rank(io.count) == 1 && ln_dim(io.count, 0) == 1),
           "num_segments must be a scalar or a vector of one element");
  LN_CHECK(context, ln_rank(io.ids) <= ln_rank(io.data) && ln_rank(io.data) - ln_rank(io.ids) < LN_MAX_RANK,
           "segment_ids have rank %d, data has %d; a leading part of the data's shape is right", ln_rank(io.ids),
           ln_rank(io.data));
  for (int i = 0; i < ln_rank(io.ids); ++i)
    LN_CHECK(context, ln_dim(io.ids, i) == ln_dim(io.data, i),
             "segment_ids have extent %d in dimension %d, data has %d; they must be equal", ln_dim(io.ids, i), i,
             ln_dim(io.data, i));
  if (ln_is_constant(io.count)) return resize_unsorted(context, &io);
  ln_set_dynamic(io.output);
  return kTfLiteOk;
}

static TfLiteStatus unsorted_invoke(TfLiteContext* context, TfLiteNode* node, const folding* f) {
  unsorted_io io;
  LN_TRY(get_io(context, node, &io));
  if (!ln_is_constant(io.count)) LN_TRY(resize_unsorted(context, &io));
  const bool is_float = io.data->type == kTfLiteFloat32;
  const size_t ids = (size_t)ln_num_elements(io.ids), row = ln_extent(io.output, 1, ln_rank(io.output));
  ln_fill_elements(is_float ? (const void*)&f->first_f32 : &f->first_i32, sizeof(int32_t), io.output->data.raw,
                   (size_t)ln_num_elements(io.output));
  for (size_t n = 0; n < ids; ++n) {
    const int32_t id = io.ids->data.i32[n];
    LN_CHECK(context, id < ln_dim(io.output, 0), "segment_ids[%zu] is %d; there are %d segments", n, id,
             ln_dim(io.output, 0));
    if (id >= 0) fold_row(is_float ? f->f32 : f->i32, io.data, n, io.output, id, row);
  }
  return kTfLiteOk;
}

#define LN_UNSORTED_OP(name, fold, first_float, first_int)                                                        \
  static TfLiteStatus unsorted_##name##_invoke(TfLiteContext* context, TfLiteNode* node) {                        \
    static const folding kFolding = {ln_accumulate_##fold##_f32_ref, ln_accumulate_##fold##_i32_ref, first_float, \
                                     first_int};                                                                  \
    return unsorted_invoke(context, node, &kFolding);                                                             \
  }                                                                                                               \
  const TfLiteRegistration ln_op_unsorted_segment_##name = {.prepare = unsorted_prepare,                          \
                                                            .invoke = unsorted_##name##_invoke};

LN_UNSORTED_OP(sum, sum, 0.0f, 0)
LN_UNSORTED_OP(prod, product, 1.0f, 1)
LN_UNSORTED_OP(max, maximum, -FLT_MAX, INT32_MIN)
LN_UNSORTED_OP(min, minimum, FLT_MAX, INT32_MAX)
