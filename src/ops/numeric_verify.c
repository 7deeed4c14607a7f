/* NumericVerify, which a converter puts behind a quantized tensor to debug it: how far the tensor is from the float
 * tensor that it stands for. The output is the difference, element by element. */
#include <math.h>

#include "kernels/generic/quantize.h"
#include "ops/custom_ops.h"
#include "ops/custom_util.h"

typedef struct verify_data {
  float tolerance;
  bool log_if_failed;
} verify_data;

LN_DEFINE_INIT(init, verify_data, .tolerance = 0)

typedef struct verify_tensors {
  const TfLiteTensor *input, *reference;
  TfLiteTensor* output;
} verify_tensors;

static TfLiteStatus get_tensors(TfLiteContext* context, const TfLiteNode* node, verify_tensors* t) {
  LN_TRY(ln_get_input(context, node, 0, &t->input));
  LN_TRY(ln_get_input(context, node, 1, &t->reference));
  return ln_get_output(context, node, 0, &t->output);
}

static TfLiteStatus check_input(TfLiteContext* context, const TfLiteTensor* input) {
  const TfLiteAffineQuantization* affine;
  switch (input->type) {
    case kTfLiteFloat16:
      return kTfLiteOk;
    case kTfLiteUInt8:
    case kTfLiteInt8:
    case kTfLiteInt16:
      LN_TRY(ln_get_affine(context, input, "input", &affine));
      LN_CHECK(context, affine->scale->size == 1, "input has %d scales; 1 is right", affine->scale->size);
      return kTfLiteOk;
    default:
      LN_FAIL(context, "input is %s; UINT8, INT8, INT16 or FLOAT16 is right", TfLiteTypeGetName(input->type));
  }
}

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  verify_data* d = node->user_data;
  ln_flex_map options;
  verify_tensors t;
  LN_TRY(ln_check_io(context, node, 2, 2, 1));
  LN_TRY(get_tensors(context, node, &t));
  LN_TRY(ln_open_options(context, node, &options));
  LN_TRY(ln_option_f32(context, &options, "tolerance", 0, &d->tolerance));
  LN_TRY(ln_option_bool(context, &options, "log_if_failed", false, &d->log_if_failed));
  LN_TRY(check_input(context, t.input));
  LN_TRY(ln_check_type(context, t.reference, "the reference", kTfLiteFloat32));
  LN_TRY(ln_check_type(context, t.output, "output", kTfLiteFloat32));
  LN_CHECK(context, ln_same_shape(t.input, t.reference), "input and reference have different shapes");
  return ln_resize_like(context, t.output, t.input);
}

static void dequantize(const TfLiteTensor* input, float* out, size_t n) {
  const float scale = input->params.scale;
  const int32_t zero = input->params.zero_point;
  if (input->type == kTfLiteFloat16)
    ln_dequantize_f16_ref(input->data.ui16, out, n);
  else if (input->type == kTfLiteInt8)
    ln_dequantize_s8_ref(scale, zero, input->data.int8, out, n);
  else if (input->type == kTfLiteUInt8)
    ln_dequantize_u8_ref(scale, zero, input->data.uint8, out, n);
  else
    ln_dequantize_s16_ref(scale, zero, input->data.i16, out, n);
}

/* What the operator is there for, so that it is reported where nothing is wrong, too. */
static void report_statistics(TfLiteContext* context, const verify_tensors* t, size_t n) {
  double sum = 0, squares = 0, largest = 0;
  for (size_t i = 0; i < n; ++i) sum += (double)t->output->data.f[i];
  const double mean = sum / (double)n;
  for (size_t i = 0; i < n; ++i) {
    const double difference = (double)t->output->data.f[i];
    largest = fmax(largest, fabs(difference));
    squares += (difference - mean) * (difference - mean);
  }
  context->ReportError(context, "std: %f, mean: %f, max_diff: %f (scale: %f, zero_point: %d).",
                       sqrt(squares / (double)n), mean, largest, (double)t->input->params.scale,
                       (int)t->input->params.zero_point);
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  const verify_data* d = node->user_data;
  verify_tensors t;
  LN_TRY(get_tensors(context, node, &t));
  const size_t n = (size_t)ln_num_elements(t.input);
  const float largest = d->tolerance * t.input->params.scale;
  const bool strict = d->log_if_failed && (double)d->tolerance >= 0.1;
  dequantize(t.input, t.output->data.f, n);
  for (size_t i = 0; i < n; ++i) {
    const float value = t.output->data.f[i], reference = t.reference->data.f[i];
    t.output->data.f[i] = value - reference;
    LN_CHECK(context, !strict || !(fabsf(value - reference) > largest),
             "element %zu is %f and its quantized value stands for %f (scale %f, zero point %d); at most %f apart is "
             "right",
             i, (double)reference, (double)value, (double)t.input->params.scale, (int)t.input->params.zero_point,
             (double)largest);
  }
  if (!strict) report_statistics(context, &t, n);
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_numeric_verify = {
    .init = init, .free = ln_free_node_data, .prepare = prepare, .invoke = invoke};
