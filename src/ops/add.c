/* ADD and SUB. */
#include <math.h>

#include "kernels/generic/fixed_point.h"
#include "ops/binary_util.h"
#include "ops/builtin_ops.h"
#include "ops/light.h"

typedef struct add_data {
  ln_binary_row row;
  union {
    ln_clamp_f32 f32;
    ln_clamp_i64 integer;
    ln_add_quantized quantized;
    ln_add_pot pot;
  } params;
} add_data;

LN_DEFINE_INIT(init, add_data, 0)

/* True if the scale is a power of two to within a thousandth of its exponent. */
static bool power_of_two(float scale, int* exponent) {
  const double log = log2((double)scale), rounded = round(log);
  *exponent = (int)rounded;
  return fabs(log - rounded) < 1e-3;
}

/* int16 with scales that are powers of two: the sum's scale is the output's, one input is shifted to it. */
static bool prepare_pot(const ln_binary_io* io, int32_t sign, ln_add_pot* p) {
  int a, b, out;
  if (!power_of_two(io->a->params.scale, &a) || !power_of_two(io->b->params.scale, &b) ||
      !power_of_two(io->output->params.scale, &out))
    return false;
  p->a_shift = out - a;
  p->b_shift = out - b;
  p->sign = sign;
  return true;
}

static TfLiteStatus prepare_quantized(TfLiteContext* context, const ln_binary_io* io, TfLiteFusedActivation activation,
                                      bool pot_allowed, int32_t sign, add_data* data) {
  ln_add_pot pot;
  LN_TRY(ln_binary_check_scales(context, io));
  LN_TRY(ln_activation_range_i32(context, activation, io->output, &pot.low, &pot.high));
  const bool int16 = io->a->type == kTfLiteInt16;
  if (int16)
    LN_CHECK(context,
             io->a->params.zero_point == 0 && io->b->params.zero_point == 0 && io->output->params.zero_point == 0,
             "the zero points of INT16 must be 0");
  if (int16 && pot_allowed && prepare_pot(io, sign, &pot)) {
    LN_CHECK(context,
             (pot.a_shift == 0 || pot.b_shift == 0) && pot.a_shift >= 0 && pot.b_shift >= 0 && pot.a_shift < 31 &&
                 pot.b_shift < 31,
             "scales that are powers of two: one input's must be the output's, the other's smaller");
    data->params.pot = pot;
    data->row = ln_binary_add_pot_s16_ref;
    return kTfLiteOk;
  }
  LN_TRY(ln_binary_make_sum(context, io, activation, sign, &data->params.quantized));
  data->row = int16                        ? ln_binary_add_qs16_ref
              : io->a->type == kTfLiteInt8 ? ln_binary_add_qs8_ref
                                           : ln_binary_add_qu8_ref;
  return kTfLiteOk;
}

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node, TfLiteFusedActivation activation,
                            bool pot_allowed, bool subtract) {
  add_data* data = node->user_data;
  ln_binary_io io;
  LN_TRY(ln_binary_get(context, node, &io));
  LN_TRY(ln_binary_prepare(context, node, io.b->type));
  switch (io.a->type) {
    case kTfLiteFloat32:
    case kTfLiteFloat16:
    case kTfLiteBFloat16:
      data->row = subtract ? ln_binary_sub_f32_ref : ln_binary_add_f32_ref;
      return ln_binary_clamp_f32(context, activation, &data->params.f32);
    case kTfLiteInt32:
      data->row = subtract ? ln_binary_sub_i32_ref : ln_binary_add_i32_ref;
      return ln_binary_clamp_int(context, activation, io.a->type, &data->params.integer);
    case kTfLiteInt64:
      data->row = subtract ? ln_binary_sub_i64_ref : ln_binary_add_i64_ref;
      return ln_binary_clamp_int(context, activation, io.a->type, &data->params.integer);
    case kTfLiteInt16:
      if (io.output->params.scale == 0) {
        data->row = subtract ? ln_binary_sub_s16_ref : ln_binary_add_s16_ref;
        return ln_binary_clamp_int(context, activation, io.a->type, &data->params.integer);
      }
      return prepare_quantized(context, &io, activation, pot_allowed, subtract ? -1 : 1, data);
    case kTfLiteUInt8:
    case kTfLiteInt8:
      return prepare_quantized(context, &io, activation, pot_allowed, subtract ? -1 : 1, data);
    default:
      LN_FAIL(context, "inputs are %s; FLOAT32, FLOAT16, BFLOAT16, INT8, UINT8, INT16, INT32 or INT64 is right",
              TfLiteTypeGetName(io.a->type));
  }
}

/* Elements are cut into even shares: of lines, where each thread has as many. */
static void say_together(TfLiteContext* context, const TfLiteNode* node) {
  enum { kLeast = 4096 };
  ln_binary_io io;
  if (ln_binary_get(context, node, &io) != kTfLiteOk) return;
  const int64_t count = ln_num_elements(io.output);
  const bool is_plain = io.a->type == kTfLiteFloat32 || io.a->type == kTfLiteInt8 || io.a->type == kTfLiteUInt8;
  if (!is_plain || count < kLeast || !TfLiteIntArrayEqual(io.a->dims, io.b->dims)) return;
  const bool by_lines =
      ln_rank(io.output) == 4 && ln_dim(io.output, 0) == 1 && ln_dim(io.output, 1) % ln_thread_count(context) == 0;
  const int32_t lines = by_lines ? ln_dim(io.output, 1) : 0;
  ln_set_together(context, (double)count / LN_VISITS_PER_NS, lines, lines);
}

static TfLiteStatus add_prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteAddParams* params = node->builtin_data;
  LN_TRY(prepare(context, node, params != NULL ? params->activation : kTfLiteActNone,
                 params != NULL && params->pot_scale_int16, false));
  say_together(context, node);
  return kTfLiteOk;
}

static TfLiteStatus sub_prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteSubParams* params = node->builtin_data;
  return prepare(context, node, params != NULL ? params->activation : kTfLiteActNone,
                 params != NULL && params->pot_scale_int16, true);
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  const add_data* data = node->user_data;
  return ln_binary_run(context, node, data->row, &data->params);
}

bool ln_add_row_of(const TfLiteNode* node, ln_binary_row* row, const void** params) {
  const add_data* data = node->user_data;
  *row = data->row;
  *params = &data->params;
  return true;
}

enum { SHARED = kTfLiteInplaceOpInput0Shared | kTfLiteInplaceOpInput1Shared };

const TfLiteRegistration ln_op_add = {
    .init = init, .free = ln_free_node_data, .prepare = add_prepare, .invoke = invoke, .inplace_operator = SHARED};
const TfLiteRegistration ln_op_sub = {
    .init = init, .free = ln_free_node_data, .prepare = sub_prepare, .invoke = invoke, .inplace_operator = SHARED};
