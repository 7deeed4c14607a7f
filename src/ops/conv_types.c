#include "ops/conv_types.h"

TfLiteStatus ln_check_conv_types(TfLiteContext* context, const TfLiteTensor* input, const TfLiteTensor* filter,
                                 const TfLiteTensor* bias, const TfLiteTensor* output) {
  LN_TRY(ln_check_type(context, output, "output", input->type));
  switch (input->type) {
    case kTfLiteFloat32:
      LN_CHECK(context, filter->type == kTfLiteFloat32 || filter->type == kTfLiteInt8 || filter->type == kTfLiteInt4,
               "the filter is %s; FLOAT32, INT8 or INT4 is right", TfLiteTypeGetName(filter->type));
      return bias != NULL ? ln_check_type(context, bias, "the bias", kTfLiteFloat32) : kTfLiteOk;
    case kTfLiteUInt8:
    case kTfLiteInt8:
      LN_CHECK(context, filter->type == input->type || (input->type == kTfLiteInt8 && filter->type == kTfLiteInt4),
               "the filter is %s; the input's type or, for INT8, INT4 is right", TfLiteTypeGetName(filter->type));
      return bias != NULL ? ln_check_type(context, bias, "the bias", kTfLiteInt32) : kTfLiteOk;
    case kTfLiteInt16:
      LN_CHECK(context, filter->type == kTfLiteInt8 || filter->type == kTfLiteInt4,
               "the filter is %s; INT8 or INT4 is right", TfLiteTypeGetName(filter->type));
      LN_CHECK(context, input->params.zero_point == 0 && output->params.zero_point == 0,
               "the zero points of INT16 must be 0");
      return kTfLiteOk;
    default:
      LN_FAIL(context, "input is %s; FLOAT32, UINT8, INT8 or INT16 is right", TfLiteTypeGetName(input->type));
  }
}
