/* CAST between plain number types. Floats outside an integer's range, and NaN, give its nearest value and 0: the
 * language leaves them open. */
#include <math.h>

#include "ops/builtin_ops.h"
#include "ops/unary_util.h"

static bool castable(TfLiteType type) {
  switch (type) {
    case kTfLiteFloat32:
    case kTfLiteFloat64:
    case kTfLiteInt8:
    case kTfLiteUInt8:
    case kTfLiteInt16:
    case kTfLiteUInt16:
    case kTfLiteInt32:
    case kTfLiteUInt32:
    case kTfLiteInt64:
    case kTfLiteBool:
      return true;
    default:
      return false;
  }
}

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_TRY(ln_unary_get(context, node, &input, &output));
  LN_CHECK(context, castable(input->type) && castable(output->type), "%s to %s cannot be cast",
           TfLiteTypeGetName(input->type), TfLiteTypeGetName(output->type));
  return ln_resize_like(context, output, input);
}

static bool is_float(TfLiteType type) { return type == kTfLiteFloat32 || type == kTfLiteFloat64; }

static double load_float(const TfLiteTensor* t, size_t i) {
  return t->type == kTfLiteFloat32 ? (double)t->data.f[i] : t->data.f64[i];
}

static int64_t load_int(const TfLiteTensor* t, size_t i) {
  switch (t->type) {
    case kTfLiteInt8:
      return t->data.int8[i];
    case kTfLiteInt16:
      return t->data.i16[i];
    case kTfLiteUInt16:
      return t->data.ui16[i];
    case kTfLiteInt32:
      return t->data.i32[i];
    case kTfLiteUInt32:
      return t->data.u32[i];
    case kTfLiteInt64:
      return t->data.i64[i];
    case kTfLiteBool:
      return t->data.uint8[i] != 0;
    default:
      return t->data.uint8[i];
  }
}

/* An integer to the output's type, cut to its bits. */
static void store_int(TfLiteTensor* t, size_t i, int64_t x) {
  switch (t->type) {
    case kTfLiteFloat32:
      t->data.f[i] = (float)x;
      break;
    case kTfLiteFloat64:
      t->data.f64[i] = (double)x;
      break;
    case kTfLiteInt8:
    case kTfLiteUInt8:
      t->data.uint8[i] = (uint8_t)x;
      break;
    case kTfLiteInt16:
    case kTfLiteUInt16:
      t->data.ui16[i] = (uint16_t)x;
      break;
    case kTfLiteInt32:
    case kTfLiteUInt32:
      t->data.u32[i] = (uint32_t)x;
      break;
    case kTfLiteInt64:
      t->data.i64[i] = x;
      break;
    default:
      t->data.uint8[i] = x != 0;
  }
}

static int64_t to_int(double x, TfLiteType type) {
  if (isnan(x)) return 0;
  const double limit = type == kTfLiteInt64    ? 9223372036854774784.0
                       : type == kTfLiteUInt32 ? 4294967295.0
                                               : 2147483647.0;
  const double low = type == kTfLiteInt64 ? -9223372036854775808.0 : type == kTfLiteUInt32 ? 0 : -2147483648.0;
  return (int64_t)(x < low ? low : x > limit ? limit : x);
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_TRY(ln_unary_get(context, node, &input, &output));
  const size_t n = (size_t)ln_num_elements(input);
  for (size_t i = 0; i < n; ++i) {
    if (!is_float(input->type))
      store_int(output, i, load_int(input, i));
    else if (output->type == kTfLiteFloat32)
      output->data.f[i] = (float)load_float(input, i);
    else if (output->type == kTfLiteFloat64)
      output->data.f64[i] = load_float(input, i);
    else if (output->type == kTfLiteBool)
      output->data.uint8[i] = load_float(input, i) != 0;
    else
      store_int(output, i, to_int(load_float(input, i), output->type));
  }
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_cast = {.prepare = prepare, .invoke = invoke};
