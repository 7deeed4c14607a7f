/* TOPK_V2: the k largest of each row, largest first, and where they stood; of equals the first comes first. */
#include "ops/builtin_ops.h"
#include "ops/move_util.h"

static TfLiteStatus resize_outputs(TfLiteContext* context, const TfLiteNode* node, int32_t* k) {
  const TfLiteTensor *input, *k_tensor;
  TfLiteTensor *values, *indices;
  int32_t dims[LN_MAX_RANK];
  int count;
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_input(context, node, 1, &k_tensor));
  LN_TRY(ln_get_output(context, node, 0, &values));
  LN_TRY(ln_get_output(context, node, 1, &indices));
  LN_TRY(ln_read_ints(context, k_tensor, "k", 1, k, &count));
  const int rank = ln_rank(input);
  LN_CHECK(context, count == 1 && *k >= 0 && *k <= ln_dim(input, rank - 1), "k is %d; it must be in [0, %d]", *k,
           ln_dim(input, rank - 1));
  for (int i = 0; i < rank; ++i) dims[i] = ln_dim(input, i);
  dims[rank - 1] = *k;
  LN_TRY(ln_resize(context, values, rank, dims));
  return ln_resize(context, indices, rank, dims);
}

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor *input, *k_tensor;
  TfLiteTensor *values, *indices;
  int32_t k;
  LN_TRY(ln_check_io(context, node, 2, 2, 2));
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_input(context, node, 1, &k_tensor));
  LN_TRY(ln_get_output(context, node, 0, &values));
  LN_TRY(ln_get_output(context, node, 1, &indices));
  LN_TRY(ln_check_type(context, values, "output 0", input->type));
  LN_TRY(ln_check_type(context, indices, "output 1", kTfLiteInt32));
  LN_CHECK(context, ln_rank(input) >= 1 && ln_rank(input) <= LN_MAX_RANK, "rank %d; 1 to %d are allowed",
           ln_rank(input), LN_MAX_RANK);
  switch (input->type) {
    case kTfLiteFloat32:
    case kTfLiteUInt8:
    case kTfLiteInt8:
    case kTfLiteInt16:
    case kTfLiteInt32:
    case kTfLiteInt64:
      break;
    default:
      LN_FAIL(context, "input is %s; FLOAT32, UINT8, INT8, INT16, INT32 or INT64 is right",
              TfLiteTypeGetName(input->type));
  }
  if (ln_is_constant(k_tensor)) return resize_outputs(context, node, &k);
  ln_set_dynamic(values);
  ln_set_dynamic(indices);
  return kTfLiteOk;
}

/* True if element a of the row must stand before element b. */
static bool before(const TfLiteTensor* t, size_t row, int32_t a, int32_t b) {
  const size_t x = row + (size_t)a, y = row + (size_t)b;
  int order;
  switch (t->type) {
    case kTfLiteFloat32:
      order = (t->data.f[x] > t->data.f[y]) - (t->data.f[x] < t->data.f[y]);
      break;
    case kTfLiteUInt8:
      order = t->data.uint8[x] - t->data.uint8[y];
      break;
    case kTfLiteInt8:
      order = t->data.int8[x] - t->data.int8[y];
      break;
    case kTfLiteInt16:
      order = t->data.i16[x] - t->data.i16[y];
      break;
    case kTfLiteInt32:
      order = (t->data.i32[x] > t->data.i32[y]) - (t->data.i32[x] < t->data.i32[y]);
      break;
    default:
      order = (t->data.i64[x] > t->data.i64[y]) - (t->data.i64[x] < t->data.i64[y]);
  }
  return order != 0 ? order > 0 : a < b;
}

/* Sinks the root of a heap whose root is the element that must stand last. */
static void sink(const TfLiteTensor* t, size_t row, int32_t* heap, int32_t count, int32_t at) {
  for (;;) {
    int32_t last = at;
    for (int32_t child = 2 * at + 1; child <= 2 * at + 2 && child < count; ++child)
      if (before(t, row, heap[last], heap[child])) last = child;
    if (last == at) return;
    const int32_t swap = heap[at];
    heap[at] = heap[last];
    heap[last] = swap;
    at = last;
  }
}

/* The k first of `count` in order, by a heap of k. */
static void select_row(const TfLiteTensor* t, size_t row, int32_t count, int32_t k, int32_t* heap) {
  for (int32_t i = 0; i < k; ++i) heap[i] = i;
  for (int32_t i = k / 2 - 1; i >= 0; --i) sink(t, row, heap, k, i);
  for (int32_t i = k; i < count && k > 0; ++i) {
    if (!before(t, row, i, heap[0])) continue;
    heap[0] = i;
    sink(t, row, heap, k, 0);
  }
  for (int32_t end = k - 1; end > 0; --end) {
    const int32_t swap = heap[0];
    heap[0] = heap[end];
    heap[end] = swap;
    sink(t, row, heap, end, 0);
  }
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor *input, *k_tensor;
  TfLiteTensor *values, *indices;
  int32_t k;
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_input(context, node, 1, &k_tensor));
  LN_TRY(ln_get_output(context, node, 0, &values));
  LN_TRY(ln_get_output(context, node, 1, &indices));
  if (!ln_is_constant(k_tensor)) LN_TRY(resize_outputs(context, node, &k));
  const int rank = ln_rank(input);
  k = ln_dim(values, rank - 1);
  const int32_t count = ln_dim(input, rank - 1);
  const size_t rows = ln_extent(input, 0, rank - 1), bytes = ln_type_size(input->type);
  for (size_t r = 0; r < rows && k > 0; ++r) {
    int32_t* order = indices->data.i32 + r * (size_t)k;
    select_row(input, r * (size_t)count, count, k, order);
    for (int32_t i = 0; i < k; ++i)
      memcpy(values->data.raw + (r * (size_t)k + (size_t)i) * bytes,
             input->data.raw + (r * (size_t)count + (size_t)order[i]) * bytes, bytes);
  }
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_topk_v2 = {.prepare = prepare, .invoke = invoke};
