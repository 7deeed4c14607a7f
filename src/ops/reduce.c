/* SUM, MEAN, REDUCE_PROD, REDUCE_MAX, REDUCE_MIN, REDUCE_ANY, REDUCE_ALL over a list of axes. */
#include <float.h>
#include <string.h>

#include "ops/builtin_ops.h"
#include "ops/op_util.h"

typedef enum reduction { RED_SUM, RED_MEAN, RED_PROD, RED_MAX, RED_MIN, RED_ANY, RED_ALL } reduction;

/* Which axes are reduced; the list may name one twice and count from the end. */
static TfLiteStatus read_axes(TfLiteContext* context, const TfLiteNode* node, bool reduced[LN_MAX_RANK]) {
  const TfLiteTensor *input, *axes;
  int32_t values[64];
  int count;
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_input(context, node, 1, &axes));
  LN_TRY(ln_read_ints(context, axes, "axis", 64, values, &count));
  memset(reduced, 0, sizeof(bool) * LN_MAX_RANK);
  for (int i = 0; i < count && ln_rank(input) > 0; ++i) {
    int axis;
    LN_TRY(ln_normalize_axis(context, values[i], ln_rank(input), &axis));
    reduced[axis] = true;
  }
  return kTfLiteOk;
}

static TfLiteStatus resize_output(TfLiteContext* context, const TfLiteNode* node, TfLiteTensor* output) {
  const TfLiteReducerParams* params = node->builtin_data;
  const TfLiteTensor* input;
  bool reduced[LN_MAX_RANK];
  int32_t dims[LN_MAX_RANK];
  int rank = 0;
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(read_axes(context, node, reduced));
  for (int i = 0; i < ln_rank(input); ++i) {
    if (!reduced[i]) dims[rank++] = ln_dim(input, i);
    if (reduced[i] && params->keep_dims) dims[rank++] = 1;
  }
  return ln_resize(context, output, rank, dims);
}

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node, reduction kind) {
  const TfLiteTensor *input, *axes;
  TfLiteTensor* output;
  LN_TRY(ln_check_io(context, node, 2, 2, 1));
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_input(context, node, 1, &axes));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_CHECK(context, node->builtin_data != NULL, "the options are missing");
  LN_CHECK(context, ln_rank(input) <= LN_MAX_RANK, "rank %d; at most %d is allowed", ln_rank(input), LN_MAX_RANK);
  LN_TRY(ln_check_type(context, axes, "axis", kTfLiteInt32));
  LN_TRY(ln_check_type(context, output, "output", input->type));
  const bool logical = kind == RED_ANY || kind == RED_ALL, order = kind == RED_MAX || kind == RED_MIN;
  const TfLiteType t = input->type;
  const bool small = t == kTfLiteInt8 || t == kTfLiteUInt8 || t == kTfLiteInt16;
  LN_CHECK(
      context,
      logical ? t == kTfLiteBool : t == kTfLiteFloat32 || t == kTfLiteInt32 || t == kTfLiteInt64 || (order && small),
      "input is %s; %s is right", TfLiteTypeGetName(t),
      logical ? "BOOL"
      : order ? "FLOAT32, INT32, INT64, INT16, INT8 or UINT8"
              : "FLOAT32, INT32 or INT64");
  if (small)
    LN_CHECK(context,
             input->params.scale == output->params.scale && input->params.zero_point == output->params.zero_point,
             "the input's scale and zero point differ from the output's; they must be the same");
  if (ln_is_constant(axes)) return resize_output(context, node, output);
  ln_set_dynamic(output);
  return kTfLiteOk;
}

/* An accumulator of either kind; the arithmetic of integers wraps. */
typedef union value {
  float f;
  int64_t i;
} value;

static int64_t load_int(const TfLiteTensor* t, size_t at) {
  switch (t->type) {
    case kTfLiteInt64:
      return t->data.i64[at];
    case kTfLiteInt32:
      return t->data.i32[at];
    case kTfLiteInt16:
      return t->data.i16[at];
    case kTfLiteInt8:
      return t->data.int8[at];
    default: /* uint8, bool */
      return t->data.uint8[at];
  }
}

static void store_int(TfLiteTensor* t, size_t at, int64_t x) {
  switch (t->type) {
    case kTfLiteInt64:
      t->data.i64[at] = x;
      break;
    case kTfLiteInt32:
      t->data.i32[at] = (int32_t)x;
      break;
    case kTfLiteInt16:
      t->data.i16[at] = (int16_t)x;
      break;
    case kTfLiteInt8:
      t->data.int8[at] = (int8_t)x;
      break;
    default:
      t->data.uint8[at] = (uint8_t)x;
  }
}

static float combine_f32(reduction kind, float a, float x) {
  switch (kind) {
    case RED_PROD:
      return a * x;
    case RED_MAX:
      return x > a ? x : a;
    case RED_MIN:
      return x < a ? x : a;
    default:
      return a + x;
  }
}

static int64_t combine_int(reduction kind, int64_t a, int64_t x) {
  switch (kind) {
    case RED_PROD:
      return (int64_t)((uint64_t)a * (uint64_t)x);
    case RED_MAX:
      return x > a ? x : a;
    case RED_MIN:
      return x < a ? x : a;
    case RED_ANY:
      return a != 0 || x != 0;
    case RED_ALL:
      return a != 0 && x != 0;
    default:
      return (int64_t)((uint64_t)a + (uint64_t)x);
  }
}

static value start_of(reduction kind, TfLiteType type) {
  if (type == kTfLiteFloat32)
    return (value){.f = kind == RED_PROD ? 1.0f : kind == RED_MAX ? -FLT_MAX : kind == RED_MIN ? FLT_MAX : 0.0f};
  return (value){.i = kind == RED_PROD || kind == RED_ALL ? 1
                      : kind == RED_MAX                   ? INT64_MIN
                      : kind == RED_MIN                   ? INT64_MAX
                                                          : 0};
}

/* Walks the reduced axes of one output element, whose first input element is at `from`. */
static value reduce_one(const TfLiteTensor* input, reduction kind, size_t from, int rank, const size_t* extents,
                        const size_t* strides, size_t count) {
  value a = start_of(kind, input->type);
  size_t index[LN_MAX_RANK] = {0}, at = from;
  for (size_t n = 0; n < count; ++n) {
    if (input->type == kTfLiteFloat32)
      a.f = combine_f32(kind, a.f, input->data.f[at]);
    else
      a.i = combine_int(kind, a.i, load_int(input, at));
    for (int i = rank - 1; i >= 0; --i) {
      at += strides[i];
      if (++index[i] < extents[i]) break;
      at -= strides[i] * extents[i];
      index[i] = 0;
    }
  }
  return a;
}

static void finish(TfLiteTensor* output, size_t at, reduction kind, value a, size_t count) {
  if (output->type == kTfLiteFloat32)
    output->data.f[at] = kind == RED_MEAN ? a.f / (float)count : a.f;
  else
    store_int(output, at, kind == RED_MEAN && count > 0 ? a.i / (int64_t)count : a.i);
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node, reduction kind) {
  const TfLiteTensor* input;
  TfLiteTensor* output;
  bool reduced[LN_MAX_RANK];
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_output(context, node, 0, &output));
  if (ln_is_dynamic(output)) LN_TRY(resize_output(context, node, output));
  LN_TRY(read_axes(context, node, reduced));
  size_t in_extents[LN_MAX_RANK], in_strides[LN_MAX_RANK], out_extents[LN_MAX_RANK], out_strides[LN_MAX_RANK];
  size_t stride = 1, count = 1, outputs = 1;
  int in_rank = LN_MAX_RANK, out_rank = LN_MAX_RANK;
  for (int i = ln_rank(input) - 1; i >= 0; --i) {
    const size_t extent = (size_t)ln_dim(input, i);
    if (reduced[i]) {
      in_extents[--in_rank] = extent;
      in_strides[in_rank] = stride;
      count *= extent;
    } else {
      out_extents[--out_rank] = extent;
      out_strides[out_rank] = stride;
      outputs *= extent;
    }
    stride *= extent;
  }
  size_t index[LN_MAX_RANK] = {0}, from = 0;
  for (size_t n = 0; n < outputs; ++n) {
    const value a =
        reduce_one(input, kind, from, LN_MAX_RANK - in_rank, in_extents + in_rank, in_strides + in_rank, count);
    finish(output, n, kind, a, count);
    for (int i = LN_MAX_RANK - 1; i >= out_rank; --i) {
      from += out_strides[i];
      if (++index[i] < out_extents[i]) break;
      from -= out_strides[i] * out_extents[i];
      index[i] = 0;
    }
  }
  return kTfLiteOk;
}

#define LN_REDUCE_OP(name, kind)                                                                                      \
  static TfLiteStatus name##_prepare(TfLiteContext* context, TfLiteNode* node) {                                      \
    return prepare(context, node, kind);                                                                              \
  }                                                                                                                   \
  static TfLiteStatus name##_invoke(TfLiteContext* context, TfLiteNode* node) { return invoke(context, node, kind); } \
  const TfLiteRegistration ln_op_##name = {.prepare = name##_prepare, .invoke = name##_invoke};

LN_REDUCE_OP(sum, RED_SUM)
LN_REDUCE_OP(mean, RED_MEAN)
LN_REDUCE_OP(reduce_prod, RED_PROD)
LN_REDUCE_OP(reduce_max, RED_MAX)
LN_REDUCE_OP(reduce_min, RED_MIN)
LN_REDUCE_OP(reduce_any, RED_ANY)
LN_REDUCE_OP(reduce_all, RED_ALL)
