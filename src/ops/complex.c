/* REAL, IMAG, COMPLEX_ABS of complex numbers, each of which is two floats or two doubles. */
#include <math.h>

#include "ops/builtin_ops.h"
#include "ops/move_util.h"

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_TRY(ln_check_io(context, node, 1, 1, 1));
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_CHECK(context, input->type == kTfLiteComplex64 || input->type == kTfLiteComplex128,
           "input is %s; COMPLEX64 or COMPLEX128 is right", TfLiteTypeGetName(input->type));
  LN_TRY(ln_check_type(context, output, "output", input->type == kTfLiteComplex64 ? kTfLiteFloat32 : kTfLiteFloat64));
  return ln_resize_like(context, output, input);
}

/* Every second number, from `part` on. */
static TfLiteStatus take_part(TfLiteContext* context, const TfLiteNode* node, size_t part) {
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_output(context, node, 0, &output));
  const size_t bytes = ln_type_size(output->type);
  ln_copy_shape shape = {0};
  ln_copy_add(&shape, (size_t)ln_num_elements(output), 2 * (ptrdiff_t)bytes, (ptrdiff_t)bytes);
  if (output->bytes > 0) ln_strided_copy(&shape, input->data.raw + part * bytes, output->data.raw, bytes);
  return kTfLiteOk;
}

static TfLiteStatus real_invoke(TfLiteContext* context, TfLiteNode* node) { return take_part(context, node, 0); }

static TfLiteStatus imag_invoke(TfLiteContext* context, TfLiteNode* node) { return take_part(context, node, 1); }

static TfLiteStatus abs_invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_output(context, node, 0, &output));
  const size_t count = (size_t)ln_num_elements(output);
  for (size_t i = 0; i < count; ++i) {
    if (output->type == kTfLiteFloat32)
      output->data.f[i] = hypotf(input->data.f[2 * i], input->data.f[2 * i + 1]);
    else
      output->data.f64[i] = hypot(input->data.f64[2 * i], input->data.f64[2 * i + 1]);
  }
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_real = {.prepare = prepare, .invoke = real_invoke};
const TfLiteRegistration ln_op_imag = {.prepare = prepare, .invoke = imag_invoke};
const TfLiteRegistration ln_op_complex_abs = {.prepare = prepare, .invoke = abs_invoke};
