/* Operators on two inputs without parameters: MAXIMUM, MINIMUM, FLOOR_DIV, FLOOR_MOD, ATAN2, POW, RIGHT_SHIFT,
 * BITWISE_XOR. */
#include <math.h>

#include "ops/binary_util.h"
#include "ops/builtin_ops.h"

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node, const ln_binary_choice* choices) {
  ln_binary_io io;
  LN_TRY(ln_binary_get(context, node, &io));
  LN_TRY(ln_binary_prepare(context, node, io.a->type));
  if (ln_binary_find(choices, io.a->type) == NULL)
    return ln_refuse_type(context, "inputs are", io.a->type, &choices->type, sizeof *choices);
  return kTfLiteOk;
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node, const ln_binary_choice* choices) {
  const TfLiteTensor* input;
  LN_TRY(ln_get_input(context, node, 0, &input));
  return ln_binary_run(context, node, ln_binary_find(choices, input->type), NULL);
}

/* Quantized extremes are those of the bytes: all three tensors must mean the same by them. */
static TfLiteStatus extreme_prepare(TfLiteContext* context, TfLiteNode* node, const ln_binary_choice* choices) {
  ln_binary_io io;
  LN_TRY(prepare(context, node, choices));
  LN_TRY(ln_binary_get(context, node, &io));
  const TfLiteType t = io.a->type;
  if (t == kTfLiteInt8 || t == kTfLiteUInt8 || t == kTfLiteInt16)
    LN_CHECK(context,
             io.a->params.scale == io.output->params.scale && io.a->params.zero_point == io.output->params.zero_point &&
                 io.b->params.scale == io.output->params.scale &&
                 io.b->params.zero_point == io.output->params.zero_point,
             "the scales or zero points of the inputs and the output differ; they must be the same");
  return kTfLiteOk;
}

static TfLiteStatus check_divisor(TfLiteContext* context, const TfLiteNode* node) {
  const TfLiteTensor* divisor;
  LN_TRY(ln_get_input(context, node, 1, &divisor));
  return ln_binary_check_divisor(context, divisor, 0);
}

static TfLiteStatus check_exponent(TfLiteContext* context, const TfLiteNode* node) {
  const TfLiteTensor* exponent;
  LN_TRY(ln_get_input(context, node, 1, &exponent));
  for (int64_t i = 0; exponent->type == kTfLiteInt32 && i < ln_num_elements(exponent); ++i)
    LN_CHECK(context, exponent->data.i32[i] >= 0, "exponent %lld is %d; an integer's must not be negative",
             (long long)i, exponent->data.i32[i]);
  return kTfLiteOk;
}

static const ln_binary_choice kMaximum[] = {LN_BINARY_FLOATS(ln_binary_maximum_f32_ref),
                                            {kTfLiteUInt8, ln_binary_maximum_u8_ref},
                                            {kTfLiteInt8, ln_binary_maximum_s8_ref},
                                            {kTfLiteInt16, ln_binary_maximum_s16_ref},
                                            {kTfLiteInt32, ln_binary_maximum_i32_ref},
                                            {kTfLiteInt64, ln_binary_maximum_i64_ref},
                                            {kTfLiteNoType, NULL}};
static const ln_binary_choice kMinimum[] = {LN_BINARY_FLOATS(ln_binary_minimum_f32_ref),
                                            {kTfLiteUInt8, ln_binary_minimum_u8_ref},
                                            {kTfLiteInt8, ln_binary_minimum_s8_ref},
                                            {kTfLiteInt16, ln_binary_minimum_s16_ref},
                                            {kTfLiteInt32, ln_binary_minimum_i32_ref},
                                            {kTfLiteInt64, ln_binary_minimum_i64_ref},
                                            {kTfLiteNoType, NULL}};
static const ln_binary_choice kFloorDiv[] = {{kTfLiteFloat32, ln_binary_floor_div_f32_ref},
                                             {kTfLiteInt32, ln_binary_floor_div_i32_ref},
                                             {kTfLiteInt16, ln_binary_floor_div_s16_ref},
                                             {kTfLiteInt8, ln_binary_floor_div_s8_ref},
                                             {kTfLiteNoType, NULL}};
static const ln_binary_choice kFloorMod[] = {
    {kTfLiteFloat32, ln_binary_floor_mod_f32_ref}, {kTfLiteInt32, ln_binary_floor_mod_i32_ref},
    {kTfLiteInt64, ln_binary_floor_mod_i64_ref},   {kTfLiteInt16, ln_binary_floor_mod_s16_ref},
    {kTfLiteInt8, ln_binary_floor_mod_s8_ref},     {kTfLiteNoType, NULL}};
static const ln_binary_choice kAtan2[] = {
    LN_BINARY_FLOATS(ln_binary_atan2_f32_ref), {kTfLiteFloat64, ln_binary_atan2_f64_ref}, {kTfLiteNoType, NULL}};
static const ln_binary_choice kPow[] = {
    {kTfLiteFloat32, ln_binary_pow_f32_ref}, {kTfLiteInt32, ln_binary_pow_i32_ref}, {kTfLiteNoType, NULL}};
static const ln_binary_choice kRightShift[] = {{kTfLiteUInt8, ln_binary_shift_right_u8_ref},
                                               {kTfLiteInt8, ln_binary_shift_right_s8_ref},
                                               {kTfLiteUInt16, ln_binary_shift_right_u16_ref},
                                               {kTfLiteInt16, ln_binary_shift_right_s16_ref},
                                               {kTfLiteUInt32, ln_binary_shift_right_u32_ref},
                                               {kTfLiteInt32, ln_binary_shift_right_i32_ref},
                                               {kTfLiteNoType, NULL}};
static const ln_binary_choice kBitwiseXor[] = {{kTfLiteUInt8, ln_binary_xor_u8_ref},
                                               {kTfLiteInt8, ln_binary_xor_u8_ref},
                                               {kTfLiteUInt16, ln_binary_xor_u16_ref},
                                               {kTfLiteInt16, ln_binary_xor_u16_ref},
                                               {kTfLiteUInt32, ln_binary_xor_u32_ref},
                                               {kTfLiteInt32, ln_binary_xor_u32_ref},
                                               {kTfLiteNoType, NULL}};

/* One exponent that is whole, for all elements of another shape, is products of its own in the original too: infinite
 * ones become the largest number. */
static bool find_whole_exponent(const ln_binary_io* io, int32_t* exponent) {
  if (io->a->type != kTfLiteFloat32 || ln_num_elements(io->b) != 1 || ln_same_shape(io->a, io->b)) return false;
  const float given = io->b->data.f[0], whole = roundf(given);
  if (!(whole >= 1.0f && whole < 2147483648.0f && fabsf(given - whole) < 1e-5f)) return false;
  *exponent = (int32_t)whole;
  return true;
}

static TfLiteStatus pow_prepare(TfLiteContext* context, TfLiteNode* node) { return prepare(context, node, kPow); }

static TfLiteStatus pow_invoke(TfLiteContext* context, TfLiteNode* node) {
  ln_binary_io io;
  int32_t exponent;
  LN_TRY(check_exponent(context, node));
  LN_TRY(ln_binary_get(context, node, &io));
  return find_whole_exponent(&io, &exponent) ? ln_binary_run_io(context, &io, ln_binary_whole_power_f32_ref, &exponent)
                                             : invoke(context, node, kPow);
}

const TfLiteRegistration ln_op_pow = {.prepare = pow_prepare,
                                      .invoke = pow_invoke,
                                      .inplace_operator = kTfLiteInplaceOpInput0Shared | kTfLiteInplaceOpInput1Shared};

static TfLiteStatus no_check(TfLiteContext* context, const TfLiteNode* node) {
  (void)context, (void)node;
  return kTfLiteOk;
}

#define LN_BINARY_OP(name, choices, prepare_function, check)                     \
  static TfLiteStatus name##_prepare(TfLiteContext* context, TfLiteNode* node) { \
    return prepare_function(context, node, choices);                             \
  }                                                                              \
  static TfLiteStatus name##_invoke(TfLiteContext* context, TfLiteNode* node) {  \
    LN_TRY(check(context, node));                                                \
    return invoke(context, node, choices);                                       \
  }                                                                              \
  const TfLiteRegistration ln_op_##name = {                                      \
      .prepare = name##_prepare,                                                 \
      .invoke = name##_invoke,                                                   \
      .inplace_operator = kTfLiteInplaceOpInput0Shared | kTfLiteInplaceOpInput1Shared};

LN_BINARY_OP(maximum, kMaximum, extreme_prepare, no_check)
LN_BINARY_OP(minimum, kMinimum, extreme_prepare, no_check)
LN_BINARY_OP(floor_div, kFloorDiv, prepare, check_divisor)
LN_BINARY_OP(floor_mod, kFloorMod, prepare, check_divisor)
LN_BINARY_OP(atan2, kAtan2, prepare, no_check)
LN_BINARY_OP(right_shift, kRightShift, prepare, no_check)
LN_BINARY_OP(bitwise_xor, kBitwiseXor, prepare, no_check)
