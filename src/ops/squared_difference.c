/* SQUARED_DIFFERENCE. */
#include "kernels/generic/fixed_point.h"
#include "ops/binary_util.h"
#include "ops/builtin_ops.h"

enum { kLeftShift = 7 };

static const ln_binary_choice kRows[] = {{kTfLiteFloat32, ln_binary_squared_difference_f32_ref},
                                         {kTfLiteInt32, ln_binary_squared_difference_i32_ref},
                                         {kTfLiteInt8, ln_binary_squared_difference_qs8_ref},
                                         {kTfLiteNoType, NULL}};

LN_DEFINE_INIT(init, ln_squared_difference_table, .plain_shift = -1)

/* Both inputs are brought to twice the larger scale with seven bits more, so the square has fourteen. */
static TfLiteStatus prepare_quantized(TfLiteContext* context, const ln_binary_io* io, ln_add_quantized* p) {
  LN_TRY(ln_binary_check_scales(context, io));
  LN_TRY(ln_activation_range_i32(context, kTfLiteActNone, io->output, &p->low, &p->high));
  const double a = (double)io->a->params.scale, b = (double)io->b->params.scale, out = (double)io->output->params.scale;
  const double twice_max = 2 * (a > b ? a : b);
  p->a_offset = -io->a->params.zero_point;
  p->b_offset = -io->b->params.zero_point;
  p->out_offset = io->output->params.zero_point;
  p->left_shift = kLeftShift;
  ln_quantize_multiplier(a / twice_max, &p->a_multiplier, &p->a_shift);
  ln_quantize_multiplier(b / twice_max, &p->b_multiplier, &p->b_shift);
  ln_quantize_multiplier(twice_max * twice_max / ((1 << 2 * kLeftShift) * out), &p->out_multiplier, &p->out_shift);
  return kTfLiteOk;
}

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  ln_binary_io io;
  LN_TRY(ln_binary_get(context, node, &io));
  LN_TRY(ln_binary_prepare(context, node, io.a->type));
  LN_CHECK(context, ln_binary_find(kRows, io.a->type) != NULL, "inputs are %s; FLOAT32, INT32 or INT8 is right",
           TfLiteTypeGetName(io.a->type));
  if (io.a->type != kTfLiteInt8) return kTfLiteOk;
  ln_add_quantized params = {0};
  LN_TRY(prepare_quantized(context, &io, &params));
  ln_squared_difference_make_table(&params, node->user_data);
  return kTfLiteOk;
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor* input;
  LN_TRY(ln_get_input(context, node, 0, &input));
  return ln_binary_run(context, node, ln_binary_find(kRows, input->type), node->user_data);
}

const TfLiteRegistration ln_op_squared_difference = {
    .init = init,
    .free = ln_free_node_data,
    .prepare = prepare,
    .invoke = invoke,
    .inplace_operator = kTfLiteInplaceOpInput0Shared | kTfLiteInplaceOpInput1Shared};
