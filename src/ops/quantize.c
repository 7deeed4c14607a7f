/* QUANTIZE (from float, and between integers of different scales) and DEQUANTIZE. */
#include "kernels/generic/quantize.h"

#include "kernels/generic/fixed_point.h"
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

static TfLiteStatus check_per_tensor(TfLiteContext* context, const TfLiteTensor* t, const char* what) {
  const TfLiteAffineQuantization* affine;
  LN_TRY(ln_get_affine(context, t, what, &affine));
  LN_CHECK(context, affine->scale->size == 1 && affine->scale->data[0] > 0,
           "%s has %d scales, the first %g; one above 0 is right", what, affine->scale->size,
           (double)affine->scale->data[0]);
  return kTfLiteOk;
}

static void* init(TfLiteContext* context, const char* buffer, size_t length) {
  (void)context, (void)buffer, (void)length;
  void* data = ln_calloc(1, sizeof(ln_requantization));
  return data != NULL ? data : TfLiteKernelInitFailed();
}

static void free_data(TfLiteContext* context, void* data) {
  (void)context;
  ln_free(data);
}

static TfLiteStatus quantize_prepare(TfLiteContext* context, TfLiteNode* node) {
  ln_requantization* p = node->user_data;
  const TfLiteTensor* input;
  TfLiteTensor* output;
  ln_integer in, out;
  LN_TRY(ln_unary_get(context, node, &input, &output));
  LN_CHECK(context, integer_of(output->type, &out), "output is %s; INT8, UINT8, INT16 or INT32 is right",
           TfLiteTypeGetName(output->type));
  LN_TRY(check_per_tensor(context, output, "output"));
  LN_TRY(ln_resize_like(context, output, input));
  if (input->type == kTfLiteFloat32) {
    LN_CHECK(context, output->type != kTfLiteInt32, "FLOAT32 to INT32; INT8, UINT8 or INT16 is right");
    return kTfLiteOk;
  }
  LN_CHECK(context, integer_of(input->type, &in), "input is %s; FLOAT32, INT8, UINT8, INT16 or INT32 is right",
           TfLiteTypeGetName(input->type));
  LN_TRY(check_per_tensor(context, input, "input"));
  const double factor = (double)input->params.scale / (double)output->params.scale;
  ln_quantize_multiplier(factor, &p->multiplier, &p->shift);
  p->in_zero_point = input->params.zero_point;
  p->out_zero_point = output->params.zero_point;
  return kTfLiteOk;
}

static TfLiteStatus quantize_invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor* input;
  TfLiteTensor* output;
  ln_integer in, out;
  LN_TRY(ln_unary_get(context, node, &input, &output));
  const size_t n = (size_t)ln_num_elements(input);
  const float scale = output->params.scale;
  const int32_t zero = output->params.zero_point;
  if (integer_of(input->type, &in) && integer_of(output->type, &out))
    ln_requantize_ref(node->user_data, in, input->data.raw, out, output->data.raw, n);
  else if (output->type == kTfLiteInt8)
    ln_quantize_f32_s8_ref(scale, zero, input->data.f, output->data.int8, n);
  else if (output->type == kTfLiteUInt8)
    ln_quantize_f32_u8_ref(scale, zero, input->data.f, output->data.uint8, n);
  else
    ln_quantize_f32_s16_ref(scale, zero, input->data.f, output->data.i16, n);
  return kTfLiteOk;
}

static void dequantize(const TfLiteTensor* input, TfLiteTensor* output) {
  const size_t n = (size_t)ln_num_elements(input);
  const float scale = input->params.scale;
  const int32_t zero = input->params.zero_point;
  if (input->type == kTfLiteFloat16)
    ln_dequantize_f16_ref(input->data.ui16, output->data.f, n);
  else if (input->type == kTfLiteInt8)
    ln_dequantize_s8_ref(scale, zero, input->data.int8, output->data.f, n);
  else if (input->type == kTfLiteUInt8)
    ln_dequantize_u8_ref(scale, zero, input->data.uint8, output->data.f, n);
  else
    ln_dequantize_s16_ref(scale, zero, input->data.i16, output->data.f, n);
}

static TfLiteStatus check_dequantize(TfLiteContext* context, const TfLiteTensor* input, const TfLiteTensor* output) {
  LN_TRY(ln_check_type(context, output, "output", kTfLiteFloat32));
  switch (input->type) {
    case kTfLiteFloat16:
      return kTfLiteOk;
    case kTfLiteInt8:
    case kTfLiteUInt8:
    case kTfLiteInt16:
      return check_per_tensor(context, input, "input");
    default:
      LN_FAIL(context, "input is %s; INT8, UINT8, INT16 or FLOAT16 is right", TfLiteTypeGetName(input->type));
  }
}

/* Weights kept in fewer bits are dequantized once, here, so that those who use them see a constant and can pack it. */
static TfLiteStatus dequantize_prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_TRY(ln_unary_get(context, node, &input, &output));
  LN_TRY(check_dequantize(context, input, output));
  if (output->allocation_type == kTfLiteArenaRw && ln_is_constant(input) && input->data.raw_const != NULL &&
      ln_num_elements(input) > 0) {
    output->allocation_type = kTfLitePersistentRo;
    output->data.raw = NULL;
  }
  const bool done = output->allocation_type == kTfLitePersistentRo && output->data.raw != NULL;
  LN_TRY(ln_resize_like(context, output, input));
  if (output->allocation_type == kTfLitePersistentRo && !done) dequantize(input, output);
  return kTfLiteOk;
}

static TfLiteStatus dequantize_invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_TRY(ln_unary_get(context, node, &input, &output));
  if (output->allocation_type != kTfLitePersistentRo) dequantize(input, output);
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_quantize = {
    .init = init, .free = free_data, .prepare = quantize_prepare, .invoke = quantize_invoke};
const TfLiteRegistration ln_op_dequantize = {.prepare = dequantize_prepare, .invoke = dequantize_invoke};
