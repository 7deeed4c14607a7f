/* QUANTIZE (from float, and between integers of different scales) and DEQUANTIZE. */
#include "kernels/generic/fixed_point.h"
#include "kernels/generic/lookup_q8.h"
#include "kernels/generic/quantize_q8.h"
#include "ops/builtin_ops.h"
#include "ops/unary_util.h"

static bool integer_of(TfLiteType type, ln_integer* integer) {
  switch (type) {
    case kTfLiteInt8:
      *integer = LN_S8;
      return true;
    case kTfLiteUInt8:
      *integer = LN_U8;
      return true;
    case kTfLiteInt16:
      *integer = LN_S16;
      return true;
    case kTfLiteInt32:
      *integer = LN_S32;
      return true;
    default:
      return false;
  }
}

/* Scales and zero points along a dimension: `channels` runs of `inner` elements, `outer` times; one of each for all is
 * one channel. */
typedef struct quantization_view {
  const TfLiteAffineQuantization* affine;
  size_t outer, channels, inner;
} quantization_view;

static TfLiteStatus view_quantization(TfLiteContext* context, const TfLiteTensor* t, const char* what,
                                      quantization_view* v) {
  LN_TRY(ln_get_affine(context, t, what, &v->affine));
  const TfLiteFloatArray* scales = v->affine->scale;
  const TfLiteIntArray* zeros = v->affine->zero_point;
  const int axis = v->affine->quantized_dimension;
  for (int i = 0; i < scales->size; ++i)
    LN_CHECK(context, scales->data[i] > 0, "scale %d of %s is %g; it must be above 0", i, what,
             (double)scales->data[i]);
  LN_CHECK(context, zeros != NULL && (zeros->size == 1 || zeros->size == scales->size),
           "%s has %d scales and another number of zero points", what, scales->size);
  v->outer = v->channels = 1;
  v->inner = (size_t)ln_num_elements(t);
  if (scales->size == 1) return kTfLiteOk;
  LN_CHECK(context, axis >= 0 && axis < ln_rank(t) && ln_dim(t, axis) == scales->size,
           "%s has %d scales along dimension %d of rank %d; as many as its extent are right", what, scales->size, axis,
           ln_rank(t));
  v->channels = (size_t)scales->size;
  v->inner = 1;
  for (int i = 0; i < axis; ++i) v->outer *= (size_t)ln_dim(t, i);
  for (int i = axis + 1; i < ln_rank(t); ++i) v->inner *= (size_t)ln_dim(t, i);
  return kTfLiteOk;
}

static float scale_at(const quantization_view* v, size_t channel) { return v->affine->scale->data[channel]; }

static int32_t zero_at(const quantization_view* v, size_t channel) {
  return v->affine->zero_point->data[v->affine->zero_point->size > 1 ? channel : 0];
}

static TfLiteStatus check_per_tensor(TfLiteContext* context, const TfLiteTensor* t, const char* what) {
  quantization_view v;
  LN_TRY(view_quantization(context, t, what, &v));
  LN_CHECK(context, v.channels == 1, "%s has %zu scales; one is right", what, v.channels);
  return kTfLiteOk;
}

typedef struct quantize_data {
  ln_requantization numbers;
  bool has_table; /* bytes to bytes: 256 results */
  uint8_t table[256];
} quantize_data;

LN_DEFINE_INIT(init, quantize_data, 0)

static bool is_byte(ln_integer type) { return type == LN_S8 || type == LN_U8; }

static TfLiteStatus check_quantize_f32(TfLiteContext* context, const TfLiteTensor* output) {
  quantization_view v;
  const TfLiteType type = output->type;
  LN_CHECK(context, type == kTfLiteInt8 || type == kTfLiteUInt8 || type == kTfLiteInt16 || type == kTfLiteInt4,
           "FLOAT32 to %s; INT8, UINT8, INT16 or INT4 is right", TfLiteTypeGetName(type));
  LN_TRY(view_quantization(context, output, "output", &v));
  LN_CHECK(context, type != kTfLiteInt4 || v.channels == 1, "the INT4 output has %zu scales; one is right", v.channels);
  return kTfLiteOk;
}

static TfLiteStatus quantize_prepare(TfLiteContext* context, TfLiteNode* node) {
  quantize_data* data = node->user_data;
  ln_requantization* p = &data->numbers;
  const TfLiteTensor* input;
  TfLiteTensor* output;
  ln_integer in, out;
  data->has_table = false;
  LN_TRY(ln_unary_get(context, node, &input, &output));
  LN_TRY(ln_resize_like(context, output, input));
  if (input->type == kTfLiteFloat32) return check_quantize_f32(context, output);
  LN_CHECK(context, integer_of(output->type, &out), "output is %s; INT8, UINT8, INT16 or INT32 is right",
           TfLiteTypeGetName(output->type));
  LN_TRY(check_per_tensor(context, output, "output"));
  LN_CHECK(context, integer_of(input->type, &in), "input is %s; FLOAT32, INT8, UINT8, INT16 or INT32 is right",
           TfLiteTypeGetName(input->type));
  LN_TRY(check_per_tensor(context, input, "input"));
  const double factor = (double)input->params.scale / (double)output->params.scale;
  ln_quantize_multiplier(factor, &p->multiplier, &p->shift);
  p->in_zero_point = input->params.zero_point;
  p->out_zero_point = output->params.zero_point;
  if (!is_byte(in) || !is_byte(out)) return kTfLiteOk;
  uint8_t values[256];
  for (size_t i = 0; i < 256; ++i) values[i] = (uint8_t)i;
  ln_requantize_ref(p, in, values, out, data->table, 256);
  data->has_table = true;
  return kTfLiteOk;
}

static void quantize_run(const float* in, float scale, int32_t zero, size_t first, TfLiteTensor* output, size_t n) {
  switch (output->type) {
    case kTfLiteInt8:
      ln_quantize_q8_best()->quantize_s8(scale, zero, in, output->data.int8 + first, n);
      break;
    case kTfLiteUInt8:
      ln_quantize_q8_best()->quantize_u8(scale, zero, in, output->data.uint8 + first, n);
      break;
    case kTfLiteInt16:
      ln_quantize_q8_best()->quantize_s16(scale, zero, in, output->data.i16 + first, n);
      break;
    default: /* INT4: one run */
      ln_quantize_f32_s4_ref(scale, zero, in, output->data.uint8, n);
  }
}

/* Stretches of a tensor with one scale. */
typedef struct stretch_job {
  const TfLiteTensor* input;
  TfLiteTensor* output;
  float scale;
  int32_t zero;
  const quantize_data* data;
  ln_integer in, out;
} stretch_job;

static void run_stretches(TfLiteContext* context, void (*run)(void* arg, size_t begin, size_t end), stretch_job* job) {
  const size_t count = (size_t)ln_num_elements(job->input);
  ln_parallel_ranges(context, run, job, count, count, count);
}

static void quantize_stretch(void* arg, size_t begin, size_t end) {
  const stretch_job* j = arg;
  quantize_run(j->input->data.f + begin, j->scale, j->zero, begin, j->output, end - begin);
}

static TfLiteStatus quantize_f32(TfLiteContext* context, const TfLiteTensor* input, TfLiteTensor* output) {
  quantization_view v;
  LN_TRY(view_quantization(context, output, "output", &v));
  if (v.channels == 1 && output->type != kTfLiteInt4) {
    stretch_job job = {.input = input, .output = output, .scale = scale_at(&v, 0), .zero = zero_at(&v, 0)};
    run_stretches(context, quantize_stretch, &job);
    return kTfLiteOk;
  }
  size_t first = 0;
  for (size_t o = 0; o < v.outer; ++o)
    for (size_t c = 0; c < v.channels; ++c, first += v.inner)
      quantize_run(input->data.f + first, scale_at(&v, c), zero_at(&v, c), first, output, v.inner);
  return kTfLiteOk;
}

static void requantize_stretch(void* arg, size_t begin, size_t end) {
  const stretch_job* j = arg;
  if (j->data->has_table) {
    ln_lookup_q8_best()->run(j->data->table, j->input->data.uint8 + begin, j->output->data.uint8 + begin, end - begin);
    return;
  }
  ln_requantize_ref(&j->data->numbers, j->in, j->input->data.raw + begin * ln_type_size(j->input->type), j->out,
                    j->output->data.raw + begin * ln_type_size(j->output->type), end - begin);
}

static TfLiteStatus quantize_invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor* input;
  TfLiteTensor* output;
  ln_integer in, out;
  LN_TRY(ln_unary_get(context, node, &input, &output));
  if (input->type == kTfLiteFloat32) return quantize_f32(context, input, output);
  LN_CHECK(context, integer_of(input->type, &in) && integer_of(output->type, &out), "the types have changed");
  stretch_job job = {.input = input, .output = output, .data = node->user_data, .in = in, .out = out};
  run_stretches(context, requantize_stretch, &job);
  return kTfLiteOk;
}

static void dequantize_run(const TfLiteTensor* input, float scale, int32_t zero, size_t first, float* out, size_t n) {
  switch (input->type) {
    case kTfLiteInt8:
      ln_quantize_q8_best()->dequantize_s8(scale, zero, input->data.int8 + first, out, n);
      break;
    case kTfLiteUInt8:
      ln_quantize_q8_best()->dequantize_u8(scale, zero, input->data.uint8 + first, out, n);
      break;
    case kTfLiteInt16:
      ln_dequantize_s16_ref(scale, zero, input->data.i16 + first, out, n);
      break;
    case kTfLiteInt2:
      ln_dequantize_packed_ref(2, true, scale, zero, input->data.uint8, first, out, n);
      break;
    default: /* INT4, UINT4 */
      ln_dequantize_packed_ref(4, input->type == kTfLiteInt4, scale, zero, input->data.uint8, first, out, n);
  }
}

static void dequantize_stretch(void* arg, size_t begin, size_t end) {
  const stretch_job* j = arg;
  float* out = j->output->data.f + begin;
  if (j->input->type == kTfLiteFloat16)
    ln_quantize_q8_best()->dequantize_f16(j->input->data.ui16 + begin, out, end - begin);
  else
    dequantize_run(j->input, j->scale, j->zero, begin, out, end - begin);
}

static TfLiteStatus dequantize(TfLiteContext* context, const TfLiteTensor* input, TfLiteTensor* output) {
  quantization_view v = {.channels = 1};
  stretch_job job = {.input = input, .output = output};
  if (input->type != kTfLiteFloat16) {
    LN_TRY(view_quantization(context, input, "input", &v));
    job.scale = scale_at(&v, 0);
    job.zero = zero_at(&v, 0);
  }
  if (v.channels == 1) {
    run_stretches(context, dequantize_stretch, &job);
    return kTfLiteOk;
  }
  size_t first = 0;
  for (size_t o = 0; o < v.outer; ++o)
    for (size_t c = 0; c < v.channels; ++c, first += v.inner)
      dequantize_run(input, scale_at(&v, c), zero_at(&v, c), first, output->data.f + first, v.inner);
  return kTfLiteOk;
}

static TfLiteStatus check_dequantize(TfLiteContext* context, const TfLiteTensor* input, const TfLiteTensor* output) {
  LN_TRY(ln_check_type(context, output, "output", kTfLiteFloat32));
  switch (input->type) {
    case kTfLiteFloat16:
      return kTfLiteOk;
    case kTfLiteInt8:
    case kTfLiteUInt8:
    case kTfLiteInt16:
    case kTfLiteInt4:
    case kTfLiteUInt4:
    case kTfLiteInt2: {
      quantization_view v;
      return view_quantization(context, input, "input", &v);
    }
    default:
      LN_FAIL(context, "input is %s; INT8, UINT8, INT16, INT4, UINT4, INT2 or FLOAT16 is right",
              TfLiteTypeGetName(input->type));
  }
}

static TfLiteStatus dequantize_invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_TRY(ln_unary_get(context, node, &input, &output));
  return dequantize(context, input, output);
}

/* Weights kept in fewer bits are dequantized once, here, so that those who use them see a constant and can pack it. */
static TfLiteStatus dequantize_prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_TRY(ln_unary_get(context, node, &input, &output));
  LN_TRY(check_dequantize(context, input, output));
  LN_TRY(ln_resize_like(context, output, input));
  return ln_compute_once(context, node, dequantize_invoke);
}

const TfLiteRegistration ln_op_quantize = {
    .init = init, .free = ln_free_node_data, .prepare = quantize_prepare, .invoke = quantize_invoke};
const TfLiteRegistration ln_op_dequantize = {.prepare = dequantize_prepare, .invoke = dequantize_invoke};
