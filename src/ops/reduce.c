/* SUM, MEAN, REDUCE_PROD, REDUCE_MAX, REDUCE_MIN, REDUCE_ANY, REDUCE_ALL over a list of axes. A MEAN may have become a
 * layer norm. */
#include "kernels/generic/reduce.h"

#include <math.h>
#include <string.h>

#include "kernels/generic/fixed_point.h"
#include "kernels/generic/pool_f32.h"
#include "kernels/generic/pool_q8.h"
#include "kernels/generic/reduce_small.h"
#include "ops/builtin_ops.h"
#include "ops/fusion.h"
#include "ops/layer_norm.h"
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

typedef struct reduce_job {
  ln_reduction kind;
  TfLiteType type;
  bool rescales;
  ln_reduce_quantized q;
  ln_reduce_shape shape;
  const char* in;
  char* out;
  int axis; /* of those that are kept: the one that is shared out */
} reduce_job;

/* The original leaves the sum and mean of nothing as raw zeros, and does not write the product of nothing: here it is
 * a zero too. */
static TfLiteStatus set_factors(TfLiteContext* context, const TfLiteTensor* input, const TfLiteTensor* output,
                                reduce_job* j) {
  const double in = (double)input->params.scale, out = (double)output->params.scale;
  ln_reduce_quantized* q = &j->q;
  *q = (ln_reduce_quantized){.in_zero_point = input->params.zero_point, .out_zero_point = output->params.zero_point};
  if (j->kind != LN_REDUCE_PROD) {
    ln_quantize_multiplier(in / out, &q->multiplier, &q->shift);
    if (j->kind == LN_REDUCE_MEAN) ln_reduce_quantize_mean(j->shape.count, q);
    return kTfLiteOk;
  }
  ln_quantize_multiplier(in / pow(out, 1.0 / (double)j->shape.count), &q->multiplier, &q->shift);
  LN_CHECK(context, q->shift <= 14, "a factor of %g for %zu elements; less than 2^14 is right", in, j->shape.count);
  return kTfLiteOk;
}

static ln_small small_type(TfLiteType type) {
  return type == kTfLiteInt8 ? LN_SMALL_S8 : type == kTfLiteUInt8 ? LN_SMALL_U8 : LN_SMALL_S16;
}

static void run_quantized(const reduce_job* j, const ln_reduce_shape* shape, const void* in, void* out) {
  const bool product = j->kind == LN_REDUCE_PROD;
  if (!product && ln_reduce_small_sum(&j->q, small_type(j->type), shape, in, out)) return;
  if (j->type == kTfLiteInt8)
    (product ? ln_reduce_prod_qs8_ref : ln_reduce_sum_qs8_ref)(&j->q, shape, in, out);
  else if (j->type == kTfLiteUInt8)
    ln_reduce_sum_qu8_ref(&j->q, shape, in, out);
  else
    (product ? ln_reduce_prod_qs16_ref : ln_reduce_sum_qs16_ref)(&j->q, shape, in, out);
}

/* The largest or the least byte says it, whatever number a true one is. */
static void run_bool(ln_reduction kind, const ln_reduce_shape* shape, const void* in, uint8_t* out) {
  const bool any = kind == LN_REDUCE_ANY || kind == LN_REDUCE_SUM || kind == LN_REDUCE_MAX;
  if (ln_reduce_small_extreme(any ? LN_REDUCE_MAX : LN_REDUCE_MIN, LN_SMALL_U8, shape, in, out)) {
    for (size_t i = 0; i < shape->outputs; ++i) out[i] = out[i] != 0;
    return;
  }
  ln_reduce_u8_ref(any ? LN_REDUCE_ANY : LN_REDUCE_ALL, shape, in, out);
}

static void run_range(void* arg, size_t begin, size_t end) {
  const reduce_job* j = arg;
  ln_reduce_shape part = j->shape;
  const void* in = j->in;
  void* out = j->out;
  if (j->axis < part.kept_rank) {
    const size_t extent = part.kept_extents[j->axis], width = ln_type_size(j->type);
    in = j->in + begin * part.kept_strides[j->axis] * width;
    out = j->out + begin * (part.outputs / extent) * width;
    part.outputs = part.outputs / extent * (end - begin);
    part.kept_extents[j->axis] = end - begin;
  }
  if (j->rescales) {
    run_quantized(j, &part, in, out);
    return;
  }
  if (is_small(j->type) && ln_reduce_small_extreme(j->kind, small_type(j->type), &part, in, out)) return;
  switch (j->type) {
    case kTfLiteFloat32:
      ln_pool_f32_best()->reduce(j->kind, &part, in, out);
      break;
    case kTfLiteInt64:
      ln_reduce_s64_ref(j->kind, &part, in, out);
      break;
    case kTfLiteInt32:
      ln_reduce_s32_ref(j->kind, &part, in, out);
      break;
    case kTfLiteInt16:
      ln_reduce_s16_ref(j->kind, &part, in, out);
      break;
    case kTfLiteInt8:
      ln_reduce_s8_ref(j->kind, &part, in, out);
      break;
    case kTfLiteUInt8:
      ln_reduce_u8_ref(j->kind, &part, in, out);
      break;
    default:
      run_bool(j->kind, &part, in, out);
  }
}

/* ---- Sums of many pixels of channels: the pixels are cut into stretches, as many for any number of threads. ---- */

/* A little more than columns, as distances of pages would share cache lines. */
enum { kStretches = 4, kColumns = 1280, kStep = kColumns + 32 };

typedef struct stretch_job {
  const reduce_job* job;
  size_t first, columns;
  union {
    float f[kStretches][kStep];
    uint32_t bytes[kStretches][kStep];
  } sums;
} stretch_job;

static void sum_stretches(void* arg, size_t begin, size_t end) {
  stretch_job* s = arg;
  const reduce_job* j = s->job;
  const size_t count = j->shape.count, stride = j->shape.reduced_strides[0];
  for (size_t i = begin; i < end; ++i) {
    const size_t first = ln_share_begin(count, kStretches, i), n = ln_share_begin(count, kStretches, i + 1) - first;
    const size_t at = first * stride + s->first;
    if (j->type == kTfLiteFloat32) {
      const ln_reduce_shape shape = {.kept_rank = 1,
                                     .reduced_rank = 1,
                                     .kept_extents = {s->columns},
                                     .kept_strides = {1},
                                     .reduced_extents = {n},
                                     .reduced_strides = {stride},
                                     .outputs = s->columns,
                                     .count = n};
      ln_pool_f32_best()->reduce(LN_REDUCE_SUM, &shape, (const float*)(const void*)j->in + at, s->sums.f[i]);
    } else {
      const ln_pool_q8* pool = ln_pool_q8_best();
      (j->type == kTfLiteInt8 ? pool->sum_s8 : pool->sum_u8)(n, s->columns, j->in + at, stride, s->sums.bytes[i]);
    }
  }
}

static void add_stretches(stretch_job* s) {
  const reduce_job* j = s->job;
  if (j->type == kTfLiteFloat32) {
    const float divisor = j->kind == LN_REDUCE_MEAN ? (float)j->shape.count : 1.0f;
    float* out = (float*)(void*)j->out + s->first;
    for (size_t c = 0; c < s->columns; ++c)
      out[c] = (s->sums.f[0][c] + s->sums.f[1][c] + s->sums.f[2][c] + s->sums.f[3][c]) / divisor;
    return;
  }
  for (size_t c = 0; c < s->columns; ++c)
    s->sums.bytes[0][c] += s->sums.bytes[1][c] + s->sums.bytes[2][c] + s->sums.bytes[3][c];
  ln_reduce_finish_bytes(&j->q, j->shape.count, j->type == kTfLiteInt8, s->sums.bytes[0], s->columns,
                         (uint8_t*)j->out + s->first);
}

static bool sums_pixels(const reduce_job* j) {
  enum { kMany = 8192 };
  const ln_reduce_shape* s = &j->shape;
  const bool sum = j->kind == LN_REDUCE_SUM || j->kind == LN_REDUCE_MEAN;
  const bool type = j->type == kTfLiteFloat32 || (j->rescales && j->type != kTfLiteInt16);
  return sum && type && s->reduced_rank == 1 && s->kept_rank > 0 && s->kept_strides[s->kept_rank - 1] == 1 &&
         s->kept_extents[s->kept_rank - 1] == s->outputs && s->count >= 8 * kStretches &&
         s->count * s->outputs >= kMany;
}

static void run_pixels(TfLiteContext* context, const reduce_job* j) {
  stretch_job s;
  s.job = j;
  for (s.first = 0; s.first < j->shape.outputs; s.first += s.columns) {
    s.columns = j->shape.outputs - s.first < kColumns ? j->shape.outputs - s.first : kColumns;
    ln_parallel_ranges(context, sum_stretches, &s, kStretches, kStretches, j->shape.count * s.columns);
    add_stretches(&s);
  }
}

/* Outputs are shared out by their outermost dimension, if all that is reduced lies within it. */
static void run(TfLiteContext* context, reduce_job* j) {
  const ln_reduce_shape* s = &j->shape;
  if (sums_pixels(j)) {
    run_pixels(context, j);
    return;
  }
  while (j->axis < s->kept_rank && s->kept_extents[j->axis] == 1) ++j->axis;
  const bool outside = j->axis < s->kept_rank && s->count > 0 &&
                       (s->reduced_rank == 0 || s->kept_strides[j->axis] > s->reduced_strides[0]);
  if (!outside) j->axis = s->kept_rank;
  const size_t extent = outside ? s->kept_extents[j->axis] : 1;
  ln_parallel_ranges(context, run_range, j, extent, extent, s->count * s->outputs);
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node, ln_reduction kind) {
  const TfLiteTensor* input;
  TfLiteTensor* output;
  bool reduced[LN_MAX_RANK];
  reduce_job job = {.kind = kind};
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_output(context, node, 0, &output));
  if (ln_is_dynamic(output)) LN_TRY(resize_output(context, node, output));
  if (output->bytes == 0) return kTfLiteOk;
  LN_TRY(read_axes(context, node, reduced));
  ln_reduce_make_shape(ln_rank(input), input->dims->data, reduced, &job.shape);
  job.type = input->type;
  job.rescales = rescales(kind, input);
  job.in = input->data.raw;
  job.out = output->data.raw;
  if (job.rescales && job.shape.count == 0) {
    memset(output->data.raw, 0, output->bytes);
    return kTfLiteOk;
  }
  if (job.rescales) LN_TRY(set_factors(context, input, output, &job));
  run(context, &job);
  return kTfLiteOk;
}

#define LN_REDUCE(name, kind)                                                                                         \
  static TfLiteStatus name##_invoke(TfLiteContext* context, TfLiteNode* node) { return invoke(context, node, kind); } \
  static TfLiteStatus name##_prepare(TfLiteContext* context, TfLiteNode* node) {                                      \
    LN_TRY(prepare(context, node, kind));                                                                             \
    return ln_compute_once(context, node, name##_invoke);                                                             \
  }

#define LN_REDUCE_OP(name, kind) \
  LN_REDUCE(name, kind)          \
  const TfLiteRegistration ln_op_##name = {.prepare = name##_prepare, .invoke = name##_invoke};

LN_REDUCE_OP(sum, LN_REDUCE_SUM)
LN_REDUCE_OP(reduce_prod, LN_REDUCE_PROD)
LN_REDUCE_OP(reduce_max, LN_REDUCE_MAX)
LN_REDUCE_OP(reduce_min, LN_REDUCE_MIN)
LN_REDUCE_OP(reduce_any, LN_REDUCE_ANY)
LN_REDUCE_OP(reduce_all, LN_REDUCE_ALL)
LN_REDUCE(mean, LN_REDUCE_MEAN)

typedef struct mean_data {
  bool is_norm, centered;
} mean_data;

LN_DEFINE_INIT(mean_init, mean_data, false)

static TfLiteStatus mean_or_norm_prepare(TfLiteContext* context, TfLiteNode* node) {
  const LinnetFusion fusion = ln_fusion(context);
  *(mean_data*)node->user_data = (mean_data){fusion.normalizes, fusion.centers};
  return fusion.normalizes ? ln_layer_norm_prepare(context, node) : mean_prepare(context, node);
}

static TfLiteStatus mean_or_norm_invoke(TfLiteContext* context, TfLiteNode* node) {
  const mean_data* data = node->user_data;
  return data->is_norm ? ln_layer_norm_invoke(context, node, data->centered) : mean_invoke(context, node);
}

const TfLiteRegistration ln_op_mean = {
    .init = mean_init, .free = ln_free_node_data, .prepare = mean_or_norm_prepare, .invoke = mean_or_norm_invoke};
