/* MUL and DIV. */
#include "kernels/generic/fixed_point.h"
#include "ops/binary_util.h"
#include "ops/builtin_ops.h"
#include "ops/fusion.h"
#include "ops/light.h"
#include "ops/scale_channels.h"
#include "ops/scale_shift.h"

typedef struct mul_data {
  ln_binary_row row;
  union {
    ln_clamp_f32 f32;
    ln_clamp_i64 integer;
    ln_mul_quantized quantized;
    ln_div_quantized quotient;
  } params;
  ln_scale_shift scale_shift; /* where something is added to the product as well */
  ln_scale_channels scale_channels;
} mul_data;

LN_DEFINE_INIT(init, mul_data, 0)

static void free_data(TfLiteContext* context, void* data) {
  mul_data* own = data;
  if (own != NULL) {
    ln_scale_shift_free(&own->scale_shift);
    ln_scale_channels_free(&own->scale_channels);
  }
  ln_free_node_data(context, data);
}

static TfLiteStatus prepare_quantized(TfLiteContext* context, const ln_binary_io* io, TfLiteFusedActivation activation,
                                      mul_data* data) {
  LN_TRY(ln_binary_make_product(context, io, activation, &data->params.quantized));
  data->row = io->output->type != io->a->type ? ln_binary_mul_qs16_s8_ref
              : io->a->type == kTfLiteInt16   ? ln_binary_mul_qs16_ref
              : io->a->type == kTfLiteInt8    ? ln_binary_mul_qs8_ref
                                              : ln_binary_mul_qu8_ref;
  return ln_scale_channels_prepare(context, io, &data->params.quantized, &data->scale_channels);
}

static TfLiteStatus prepare_product(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteMulParams* params = node->builtin_data;
  const TfLiteFusedActivation activation = params != NULL ? params->activation : kTfLiteActNone;
  mul_data* data = node->user_data;
  ln_binary_io io;
  LN_TRY(ln_binary_get(context, node, &io));
  const bool narrowed = io.a->type == kTfLiteInt16 && io.output->type == kTfLiteInt8;
  LN_TRY(ln_binary_prepare(context, node, narrowed ? kTfLiteInt8 : io.b->type));
  switch (io.a->type) {
    case kTfLiteFloat32:
    case kTfLiteFloat16:
    case kTfLiteBFloat16:
      data->row = ln_binary_mul_f32_ref;
      return ln_binary_clamp_f32(context, activation, &data->params.f32);
    case kTfLiteInt32:
      data->row = ln_binary_mul_i32_ref;
      return ln_binary_clamp_int(context, activation, io.a->type, &data->params.integer);
    case kTfLiteUInt32: /* the same bits */
      LN_CHECK(context, activation == kTfLiteActNone, "UINT32 has no activation");
      data->row = ln_binary_mul_i32_ref;
      return ln_binary_clamp_int(context, activation, kTfLiteInt32, &data->params.integer);
    case kTfLiteInt64:
      data->row = ln_binary_mul_i64_ref;
      return ln_binary_clamp_int(context, activation, io.a->type, &data->params.integer);
    case kTfLiteComplex64:
      LN_CHECK(context, activation == kTfLiteActNone, "complex numbers have no activation");
      data->row = ln_binary_mul_c64_ref;
      return kTfLiteOk;
    case kTfLiteInt16:
      if (io.output->params.scale == 0) {
        data->row = ln_binary_mul_s16_ref;
        return ln_binary_clamp_int(context, activation, io.a->type, &data->params.integer);
      }
      return prepare_quantized(context, &io, activation, data);
    case kTfLiteUInt8:
    case kTfLiteInt8:
      return prepare_quantized(context, &io, activation, data);
    default:
      LN_FAIL(
          context,
          "inputs are %s; FLOAT32, FLOAT16, BFLOAT16, INT8, UINT8, INT16, INT32, UINT32, INT64 or COMPLEX64 is right",
          TfLiteTypeGetName(io.a->type));
  }
}

static TfLiteStatus mul_invoke(TfLiteContext* context, TfLiteNode* node) {
  const mul_data* data = node->user_data;
  if (data->scale_shift.is_prepared) return ln_scale_shift_invoke(context, node, &data->scale_shift);
  ln_binary_io io;
  LN_TRY(ln_binary_get(context, node, &io));
  if (ln_scale_channels_run(context, &io, &data->scale_channels)) return kTfLiteOk;
  return ln_binary_run_io(context, &io, data->row, &data->params);
}

/* Few constants are parts of shapes, mostly. Many would need the threads, which are there for invoke only. */
static TfLiteStatus mul_prepare(TfLiteContext* context, TfLiteNode* node) {
  enum { FEW = 1024 };
  TfLiteTensor* output;
  const LinnetFusion fusion = ln_fusion(context);
  if (fusion.adds) {
    const TfLiteMulParams* params = node->builtin_data;
    mul_data* data = node->user_data;
    return ln_scale_shift_prepare(context, node, &fusion, params != NULL ? params->activation : kTfLiteActNone,
                                  &data->scale_shift);
  }
  LN_TRY(prepare_product(context, node));
  LN_TRY(ln_get_output(context, node, 0, &output));
  return ln_num_elements(output) <= FEW ? ln_compute_once(context, node, mul_invoke) : kTfLiteOk;
}

static TfLiteStatus prepare_quotient(TfLiteContext* context, const ln_binary_io* io, TfLiteFusedActivation activation,
                                     mul_data* data) {
  ln_div_quantized* p = &data->params.quotient;
  LN_TRY(ln_binary_check_scales(context, io));
  LN_TRY(ln_activation_range_i32(context, activation, io->output, &p->low, &p->high));
  p->a_offset = -io->a->params.zero_point;
  p->b_offset = -io->b->params.zero_point;
  p->out_offset = io->output->params.zero_point;
  const float factor = io->a->params.scale / (io->b->params.scale * io->output->params.scale);
  ln_quantize_multiplier((double)factor, &p->multiplier, &p->shift);
  data->row = io->a->type == kTfLiteInt16  ? ln_binary_div_qs16_ref
              : io->a->type == kTfLiteInt8 ? ln_binary_div_qs8_ref
                                           : ln_binary_div_qu8_ref;
  return kTfLiteOk;
}

static TfLiteStatus div_prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteDivParams* params = node->builtin_data;
  const TfLiteFusedActivation activation = params != NULL ? params->activation : kTfLiteActNone;
  mul_data* data = node->user_data;
  ln_binary_io io;
  LN_TRY(ln_binary_get(context, node, &io));
  LN_TRY(ln_binary_prepare(context, node, io.b->type));
  if (io.a->type == kTfLiteFloat32) {
    data->row = ln_binary_div_f32_ref;
    return ln_binary_clamp_f32(context, activation, &data->params.f32);
  }
  if (io.a->type == kTfLiteInt32) {
    data->row = ln_binary_div_i32_ref;
    return ln_binary_clamp_int(context, activation, io.a->type, &data->params.integer);
  }
  LN_CHECK(context, io.a->type == kTfLiteUInt8 || io.a->type == kTfLiteInt8 || io.a->type == kTfLiteInt16,
           "inputs are %s; FLOAT32, INT32, INT16, INT8 or UINT8 is right", TfLiteTypeGetName(io.a->type));
  return prepare_quotient(context, &io, activation, data);
}

static TfLiteStatus div_invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor* divisor;
  LN_TRY(ln_get_input(context, node, 1, &divisor));
  LN_TRY(ln_binary_check_divisor(context, divisor, divisor->type == kTfLiteInt32 ? 0 : divisor->params.zero_point));
  return mul_invoke(context, node);
}

bool ln_mul_row_of(const TfLiteNode* node, ln_binary_row* row, const void** params) {
  const mul_data* data = node->user_data;
  *row = data->row;
  *params = &data->params;
  return true;
}

enum { SHARED = kTfLiteInplaceOpInput0Shared | kTfLiteInplaceOpInput1Shared };

const TfLiteRegistration ln_op_mul = {
    .init = init, .free = free_data, .prepare = mul_prepare, .invoke = mul_invoke, .inplace_operator = SHARED};
const TfLiteRegistration ln_op_div = {
    .init = init, .free = free_data, .prepare = div_prepare, .invoke = div_invoke, .inplace_operator = SHARED};
