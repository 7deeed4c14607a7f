/* SUM, MEAN, REDUCE_PROD, REDUCE_MAX, REDUCE_MIN, REDUCE_ANY, REDUCE_ALL over a list of axes. */
#include "kernels/generic/reduce.h"

#include <math.h>
#include <string.h>

#include "kernels/generic/fixed_point.h"
#include "kernels/generic/pool_f32.h"
#include "ops/builtin_ops.h"
#include "ops/op_util.h"

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

static bool is_small(TfLiteType t) { return t == kTfLiteInt8 || t == kTfLiteUInt8 || t == kTfLiteInt16; }

static bool is_quantized(const TfLiteTensor* t) { return t->quantization.type != kTfLiteNoQuantization; }

/* Small integers of a sum or mean are always taken as quantized, those of a product where they have a scale. */
static bool rescales(ln_reduction kind, const TfLiteTensor* input) {
  if (!is_small(input->type)) return false;
  return kind == LN_REDUCE_SUM || kind == LN_REDUCE_MEAN || (kind == LN_REDUCE_PROD && is_quantized(input));
}

static TfLiteStatus check_types(TfLiteContext* context, ln_reduction kind, const TfLiteTensor* input,
                                const TfLiteTensor* output) {
  const TfLiteType t = input->type;
  LN_TRY(ln_check_type(context, output, "output", t));
  if (kind == LN_REDUCE_ANY || kind == LN_REDUCE_ALL) return ln_check_type(context, input, "input", kTfLiteBool);
  LN_CHECK(context,
           t == kTfLiteFloat32 || t == kTfLiteInt32 || t == kTfLiteInt64 || is_small(t) ||
               (t == kTfLiteBool && kind != LN_REDUCE_MEAN),
           "input is %s; FLOAT32, INT32, INT64, INT16, INT8, UINT8 or (not for MEAN) BOOL is right",
           TfLiteTypeGetName(t));
  if (!is_small(t)) return kTfLiteOk;
  if (t == kTfLiteInt16)
    LN_CHECK(context, input->params.zero_point == 0 && output->params.zero_point == 0,
             "the zero points are %d and %d; INT16 must have 0", input->params.zero_point, output->params.zero_point);
  if (rescales(kind, input)) {
    LN_CHECK(context, kind != LN_REDUCE_PROD || t != kTfLiteUInt8,
             "input is a quantized UINT8; INT8 or INT16 is right");
    LN_CHECK(context, input->params.scale > 0 && output->params.scale > 0,
             "the scales are %g and %g; both must be above 0", (double)input->params.scale,
             (double)output->params.scale);
  } else {
    LN_CHECK(context,
             input->params.scale == output->params.scale && input->params.zero_point == output->params.zero_point,
             "the input's scale and zero point differ from the output's; they must be the same");
  }
  return kTfLiteOk;
}

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node, ln_reduction kind) {
  const TfLiteTensor *input, *axes;
  TfLiteTensor* output;
  LN_TRY(ln_check_io(context, node, 2, 2, 1));
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_input(context, node, 1, &axes));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_CHECK(context, node->builtin_data != NULL, "the options are missing");
  LN_CHECK(context, ln_rank(input) <= LN_MAX_RANK, "rank %d; at most %d is allowed", ln_rank(input), LN_MAX_RANK);
  LN_TRY(ln_check_type(context, axes, "axis", kTfLiteInt32));
  LN_TRY(check_types(context, kind, input, output));
  if (ln_is_constant(axes)) return resize_output(context, node, output);
  ln_set_dynamic(output);
  return kTfLiteOk;
}

/* The original leaves the sum and mean of nothing as raw zeros, and does not write the product of nothing: here it is
 * a zero too. */
static TfLiteStatus run_quantized(TfLiteContext* context, ln_reduction kind, const ln_reduce_shape* shape,
                                  const TfLiteTensor* input, TfLiteTensor* output) {
  ln_reduce_quantized q = {.in_zero_point = input->params.zero_point, .out_zero_point = output->params.zero_point};
  const double in = (double)input->params.scale, out = (double)output->params.scale;
  if (shape->count == 0) {
    memset(output->data.raw, 0, output->bytes);
    return kTfLiteOk;
  }
  if (kind != LN_REDUCE_PROD) {
    ln_quantize_multiplier(in / out, &q.multiplier, &q.shift);
    if (kind == LN_REDUCE_MEAN) ln_reduce_quantize_mean(shape->count, &q);
    const bool bytes = input->type == kTfLiteInt8 || input->type == kTfLiteUInt8;
    if (bytes && ln_reduce_sum_bytes(&q, shape, input->type == kTfLiteInt8, input->data.raw, output->data.raw))
      return kTfLiteOk;
    if (input->type == kTfLiteInt8)
      ln_reduce_sum_qs8_ref(&q, shape, input->data.int8, output->data.int8);
    else if (input->type == kTfLiteUInt8)
      ln_reduce_sum_qu8_ref(&q, shape, input->data.uint8, output->data.uint8);
    else
      ln_reduce_sum_qs16_ref(&q, shape, input->data.i16, output->data.i16);
    return kTfLiteOk;
  }
  ln_quantize_multiplier(in / pow(out, 1.0 / (double)shape->count), &q.multiplier, &q.shift);
  LN_CHECK(context, q.shift <= 14, "a factor of %g for %zu elements; less than 2^14 is right", in, shape->count);
  if (input->type == kTfLiteInt8)
    ln_reduce_prod_qs8_ref(&q, shape, input->data.int8, output->data.int8);
  else
    ln_reduce_prod_qs16_ref(&q, shape, input->data.i16, output->data.i16);
  return kTfLiteOk;
}

static void run_bool(ln_reduction kind, const ln_reduce_shape* shape, const TfLiteTensor* input, TfLiteTensor* output) {
  const bool any = kind == LN_REDUCE_ANY || kind == LN_REDUCE_SUM || kind == LN_REDUCE_MAX;
  ln_reduce_u8_ref(any ? LN_REDUCE_ANY : LN_REDUCE_ALL, shape, input->data.uint8, output->data.uint8);
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node, ln_reduction kind) {
  const TfLiteTensor* input;
  TfLiteTensor* output;
  bool reduced[LN_MAX_RANK];
  ln_reduce_shape shape;
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_output(context, node, 0, &output));
  if (ln_is_dynamic(output)) LN_TRY(resize_output(context, node, output));
  if (output->bytes == 0) return kTfLiteOk;
  LN_TRY(read_axes(context, node, reduced));
  ln_reduce_make_shape(ln_rank(input), input->dims->data, reduced, &shape);
  if (rescales(kind, input)) return run_quantized(context, kind, &shape, input, output);
  switch (input->type) {
    case kTfLiteFloat32:
      ln_pool_f32_best()->sum(kind, &shape, input->data.f, output->data.f);
      break;
    case kTfLiteInt64:
      ln_reduce_s64_ref(kind, &shape, input->data.i64, output->data.i64);
      break;
    case kTfLiteInt32:
      ln_reduce_s32_ref(kind, &shape, input->data.i32, output->data.i32);
      break;
    case kTfLiteInt16:
      ln_reduce_s16_ref(kind, &shape, input->data.i16, output->data.i16);
      break;
    case kTfLiteInt8:
      ln_reduce_s8_ref(kind, &shape, input->data.int8, output->data.int8);
      break;
    case kTfLiteUInt8:
      ln_reduce_u8_ref(kind, &shape, input->data.uint8, output->data.uint8);
      break;
    default:
      run_bool(kind, &shape, input, output);
  }
  return kTfLiteOk;
}

#define LN_REDUCE_OP(name, kind)                                                                                      \
  static TfLiteStatus name##_invoke(TfLiteContext* context, TfLiteNode* node) { return invoke(context, node, kind); } \
  static TfLiteStatus name##_prepare(TfLiteContext* context, TfLiteNode* node) {                                      \
    LN_TRY(prepare(context, node, kind));                                                                             \
    return ln_compute_once(context, node, name##_invoke);                                                             \
  }                                                                                                                   \
  const TfLiteRegistration ln_op_##name = {.prepare = name##_prepare, .invoke = name##_invoke};

LN_REDUCE_OP(sum, LN_REDUCE_SUM)
LN_REDUCE_OP(mean, LN_REDUCE_MEAN)
LN_REDUCE_OP(reduce_prod, LN_REDUCE_PROD)
LN_REDUCE_OP(reduce_max, LN_REDUCE_MAX)
LN_REDUCE_OP(reduce_min, LN_REDUCE_MIN)
LN_REDUCE_OP(reduce_any, LN_REDUCE_ANY)
LN_REDUCE_OP(reduce_all, LN_REDUCE_ALL)
