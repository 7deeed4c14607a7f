/* Operators y = f(x), by table where they are quantized. */
#include "ops/curve.h"

#include "kernels/generic/lookup_q8.h"

static void narrow_row(const void* params, const void* in, void* out, size_t n) {
  ln_lookup_q8_best()->run(((const ln_table*)params)->narrow, in, out, n);
}

static void wide_row(const void* params, const void* in, void* out, size_t n) {
  ln_lookup_q8_best()->run_16(((const ln_table*)params)->wide, in, out, n);
}

ln_unary_row ln_table_row(TfLiteType type) { return type == kTfLiteInt16 ? wide_row : narrow_row; }

TfLiteStatus ln_table_fill(TfLiteContext* context, const TfLiteTensor* input, const TfLiteTensor* output,
                           ln_unary_f32 f, ln_table* table) {
  LN_TRY(ln_unary_check_scales(context, input, output));
  const ln_quantization in = {input->params.scale, input->params.zero_point};
  const ln_quantization out = {output->params.scale, output->params.zero_point};
  int32_t low, high;
  LN_TRY(ln_activation_range_i32(context, kTfLiteActNone, output, &low, &high));
  const ln_curve_range range = {out.scale * (float)(low - out.zero_point), out.scale * (float)(high - out.zero_point)};
  if (input->type == kTfLiteInt16)
    ln_lookup_fill_16(in, out, f, &range, table->wide);
  else
    ln_lookup_fill_8(in, out, input->type == kTfLiteInt8, f, &range, table->narrow);
  return kTfLiteOk;
}

void* ln_curve_init(TfLiteContext* context, const char* buffer, size_t length) {
  (void)context, (void)buffer, (void)length;
  void* table = ln_calloc(1, sizeof(ln_table));
  return table != NULL ? table : TfLiteKernelInitFailed();
}

void ln_curve_free(TfLiteContext* context, void* data) {
  (void)context;
  ln_free(data);
}

TfLiteStatus ln_curve_prepare(TfLiteContext* context, TfLiteNode* node, const ln_curve* curve) {
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_TRY(ln_unary_get(context, node, &input, &output));
  LN_TRY(ln_unary_prepare(context, node));
  if (input->type == kTfLiteFloat32 || (ln_is_half(input->type) && curve->takes_half)) return kTfLiteOk;
  LN_CHECK(context,
           input->type == kTfLiteInt8 || (input->type == kTfLiteUInt8 && curve->takes_uint8) ||
               (input->type == kTfLiteInt16 && curve->takes_int16),
           "input is %s; FLOAT32, INT8%s%s%s is right", TfLiteTypeGetName(input->type),
           curve->takes_half ? ", FLOAT16, BFLOAT16" : "", curve->takes_uint8 ? ", UINT8" : "",
           curve->takes_int16 ? ", INT16" : "");
  return ln_table_fill(context, input, output, curve->function, node->user_data);
}

TfLiteStatus ln_curve_invoke(TfLiteContext* context, TfLiteNode* node, const ln_curve* curve) {
  const TfLiteTensor* input;
  LN_TRY(ln_get_input(context, node, 0, &input));
  if (input->type == kTfLiteFloat32 || ln_is_half(input->type)) return ln_unary_run(context, node, curve->row, NULL);
  return ln_unary_run(context, node, ln_table_row(input->type), node->user_data);
}
