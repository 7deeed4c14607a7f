/* What the custom operators share: their options, read from the node's FlexBuffers map with checks that report, and the
 * init and free of a struct per node. */
#ifndef LN_OPS_CUSTOM_UTIL_H_
#define LN_OPS_CUSTOM_UTIL_H_

#include "ops/flexbuffer.h"
#include "ops/op_util.h"

/* Opens the node's options, to be read in prepare; reports where they are no map. */
TfLiteStatus ln_open_options(TfLiteContext* context, const TfLiteNode* node, ln_flex_map* options);

/* Each reads one option, or takes `otherwise` where it is missing. A float where an integer is asked is cut off; a text
 * or a vector, or a number outside [low, high], is reported. */
TfLiteStatus ln_option_i32(TfLiteContext* context, const ln_flex_map* options, const char* name, int32_t otherwise,
                           int32_t low, int32_t high, int32_t* value);
TfLiteStatus ln_option_bool(TfLiteContext* context, const ln_flex_map* options, const char* name, bool otherwise,
                            bool* value);
/* Reports infinities and NaN. */
TfLiteStatus ln_option_f32(TfLiteContext* context, const ln_flex_map* options, const char* name, float otherwise,
                           float* value);

#endif
