#include "ops/custom_util.h"

#include <float.h>
#include <math.h>

TfLiteStatus ln_open_options(TfLiteContext* context, const TfLiteNode* node, ln_flex_map* options) {
  LN_CHECK(context,
           node->custom_initial_data_size >= 0 &&
               ln_flex_open(node->custom_initial_data, (size_t)node->custom_initial_data_size, options),
           "the %d bytes of options are damaged; a FlexBuffers map is right", node->custom_initial_data_size);
  return kTfLiteOk;
}

static TfLiteStatus find_number(TfLiteContext* context, const ln_flex_map* options, const char* name,
                                ln_flex_value* value) {
  *value = ln_flex_find(options, name);
  LN_CHECK(context, value->kind != LN_FLEX_OTHER, "option %s is no number", name);
  return kTfLiteOk;
}

TfLiteStatus ln_option_i32(TfLiteContext* context, const ln_flex_map* options, const char* name, int32_t otherwise,
                           int32_t low, int32_t high, int32_t* value) {
  ln_flex_value v;
  LN_TRY(find_number(context, options, name, &v));
  if (v.kind == LN_FLEX_MISSING) {
    v.real = otherwise;
    v.integer = otherwise;
  } else if (v.kind == LN_FLEX_FLOAT) {
    LN_CHECK(context, v.real > -2147483649.0 && v.real < 2147483648.0, "option %s is %g; one in [%d, %d] is right",
             name, v.real, (int)low, (int)high);
    v.integer = (int64_t)v.real;
  }
  LN_CHECK(context, v.integer >= low && v.integer <= high, "option %s is %lld; one in [%d, %d] is right", name,
           (long long)v.integer, (int)low, (int)high);
  *value = (int32_t)v.integer;
  return kTfLiteOk;
}

TfLiteStatus ln_option_bool(TfLiteContext* context, const ln_flex_map* options, const char* name, bool otherwise,
                            bool* value) {
  ln_flex_value v;
  LN_TRY(find_number(context, options, name, &v));
  *value = v.kind == LN_FLEX_MISSING ? otherwise : v.kind == LN_FLEX_FLOAT ? fabs(v.real) >= 1 : v.integer != 0;
  return kTfLiteOk;
}

TfLiteStatus ln_option_f32(TfLiteContext* context, const ln_flex_map* options, const char* name, float otherwise,
                           float* value) {
  ln_flex_value v;
  LN_TRY(find_number(context, options, name, &v));
  if (v.kind == LN_FLEX_MISSING) v.real = (double)otherwise;
  LN_CHECK(context, fabs(v.real) <= (double)FLT_MAX, "option %s is %g; a finite number is right", name, v.real);
  *value = (float)v.real;
  return kTfLiteOk;
}
