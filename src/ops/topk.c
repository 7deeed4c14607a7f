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
  if (k_tensor->type == kTfLiteInt16) {
    LN_CHECK(context, ln_num_elements(k_tensor) == 1 && k_tensor->data.i16 != NULL, "k has %lld elements; 1 is right",
             (long long)ln_num_elements(k_tensor));
    *k = k_tensor->data.i16[0];
  } else {
    LN_TRY(ln_read_ints(context, k_tensor, "k", 1, k, &count));
    LN_CHECK(context, count == 1, "k has no elements; 1 is right");
  }
  const int rank = ln_rank(input);
  LN_CHECK(context, *k >= 0 && *k <= ln_dim(input, rank - 1), "k is %d; it must be in [0, %d]", *k,
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
  LN_CHECK(context, indices->type == kTfLiteInt32 || indices->type == kTfLiteInt16,
           "output 1 is %s; INT32 or INT16 is right", TfLiteTypeGetName(indices->type));
  LN_CHECK(context, k_tensor->type == kTfLiteInt32 || k_tensor->type == kTfLiteInt16 || k_tensor->type == kTfLiteInt64,
           "k is %s; INT32, INT16 or INT64 is right", TfLiteTypeGetName(k_tensor->type));
  LN_CHECK(context, ln_rank(input) >= 1 && ln_rank(input) <= LN_MAX_RANK, "rank %d; 1 to %d are allowed",
           ln_rank(input), LN_MAX_RANK);
  LN_CHECK(context, indices->type == kTfLiteInt32 || ln_dim(input, ln_rank(input) - 1) <= INT16_MAX + 1,
           "rows of %d elements; INT16 indices reach 32767", ln_dim(input, ln_rank(input) - 1));
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

/* Indices of a row, in the output itself. */
typedef struct index_list {
  bool narrow;
  union {
    int32_t* i32;
    int16_t* i16;
  } data;
} index_list;

static int32_t get(const index_list* list, int32_t i) { return list->narrow ? list->data.i16[i] : list->data.i32[i]; }

static void put(const index_list* list, int32_t i, int32_t value) {
  if (list->narrow)
    list->data.i16[i] = (int16_t)value;
  else
    list->data.i32[i] = value;
}

static void swap(const index_list* list, int32_t a, int32_t b) {
  const int32_t value = get(list, a);
  put(list, a, get(list, b));
  put(list, b, value);
}

/* Sinks the root of a heap whose root is the element that must stand last. */
static void sink(const TfLiteTensor* t, size_t row, const index_list* heap, int32_t count, int32_t at) {
  for (;;) {
    int32_t last = at;
    for (int32_t child = 2 * at + 1; child <= 2 * at + 2 && child < count; ++child)
      if (before(t, row, get(heap, last), get(heap, child))) last = child;
    if (last == at) return;
    swap(heap, at, last);
    at = last;
  }
}

/* The first element of [i, count) that is above element `bar` of the row, `count` where none is. Most are not: some are
 * looked at together. */
#define LN_NEXT_ABOVE(name, type)                                               \
  static int32_t name(const type* row, int32_t bar, int32_t i, int32_t count) { \
    enum { kSome = 32 };                                                        \
    const type value = row[bar];                                                \
    for (; i + kSome <= count; i += kSome) {                                    \
      int any = 0;                                                              \
      for (int32_t k = 0; k < kSome; ++k) any |= row[i + k] > value;            \
      if (any != 0) break;                                                      \
    }                                                                           \
    while (i < count && !(row[i] > value)) ++i;                                 \
    return i;                                                                   \
  }

LN_NEXT_ABOVE(next_f32, float)
LN_NEXT_ABOVE(next_u8, uint8_t)
LN_NEXT_ABOVE(next_s8, int8_t)
LN_NEXT_ABOVE(next_s16, int16_t)
LN_NEXT_ABOVE(next_s32, int32_t)
LN_NEXT_ABOVE(next_s64, int64_t)

static int32_t next_above(const TfLiteTensor* t, size_t row, int32_t bar, int32_t i, int32_t count) {
  switch (t->type) {
    case kTfLiteFloat32:
      return next_f32(t->data.f + row, bar, i, count);
    case kTfLiteUInt8:
      return next_u8(t->data.uint8 + row, bar, i, count);
    case kTfLiteInt8:
      return next_s8(t->data.int8 + row, bar, i, count);
    case kTfLiteInt16:
      return next_s16(t->data.i16 + row, bar, i, count);
    case kTfLiteInt32:
      return next_s32(t->data.i32 + row, bar, i, count);
    default:
      return next_s64(t->data.i64 + row, bar, i, count);
  }
}

/* The k first of `count` in order, by a heap of k. An element behind those of the heap must be larger to come in. */
static void select_row(const TfLiteTensor* t, size_t row, int32_t count, int32_t k, const index_list* heap) {
  for (int32_t i = 0; i < k; ++i) put(heap, i, i);
  for (int32_t i = k / 2 - 1; i >= 0; --i) sink(t, row, heap, k, i);
  for (int32_t i = k; k > 0; ++i) {
    i = next_above(t, row, get(heap, 0), i, count);
    if (i == count) break;
    put(heap, 0, i);
    sink(t, row, heap, k, 0);
  }
  for (int32_t end = k - 1; end > 0; --end) {
    swap(heap, 0, end);
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
    index_list order = {.narrow = indices->type == kTfLiteInt16};
    if (order.narrow)
      order.data.i16 = indices->data.i16 + r * (size_t)k;
    else
      order.data.i32 = indices->data.i32 + r * (size_t)k;
    select_row(input, r * (size_t)count, count, k, &order);
    for (int32_t i = 0; i < k; ++i)
      memcpy(values->data.raw + (r * (size_t)k + (size_t)i) * bytes,
             input->data.raw + (r * (size_t)count + (size_t)get(&order, i)) * bytes, bytes);
  }
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_topk_v2 = {.prepare = prepare, .invoke = invoke};
