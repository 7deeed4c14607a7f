/* keras.ops.image: pictures in other sizes and colours, cut and padded. */
#include <string.h>

#include "convert/colors.h"
#include "convert/import/keras_import.h"

static void resize(ln_keras_call* call) {
  int32_t size[2];
  const cJSON* interpolation = ln_keras_either(call, 2, "interpolation");
  ln_tensor* x = ln_keras_to_last(call, call->in[0]);
  if (ln_keras_list(ln_keras_either(call, 1, "size"), 2, size) != 2 || x->rank != 4) {
    ln_keras_fail(call, "its size is no pair of numbers, or its input's rank, %d, is not 4", x->rank);
    return;
  }
  const bool crops = cJSON_IsTrue(ln_keras_either(call, 4, "crop_to_aspect_ratio"));
  const bool pads = cJSON_IsTrue(ln_keras_either(call, 5, "pad_to_aspect_ratio"));
  if (crops || pads) x = ln_keras_to_aspect_ratio(call, x, size, pads);
  if (x == NULL) return;
  ln_tensor* y = ln_keras_resize(call, x, size[0], size[1],
                                 cJSON_IsString(interpolation) ? interpolation->valuestring : "bilinear",
                                 cJSON_IsTrue(ln_keras_either(call, 3, "antialias")),
                                 ln_keras_channels_first(call) ? ln_keras_name(call, "resized") : call->name);
  if (y != NULL) ln_keras_return(call, ln_keras_to_first(call, y, call->name));
}

/* The luma of ITU-R BT.601, with TensorFlow's digits. */
static void rgb_to_gray(ln_keras_call* call) {
  static const float kWeights[] = {0.2989f, 0.587f, 0.114f};
  const int32_t count[] = {3};
  ln_tensor* x = ln_keras_to_last(call, call->in[0]);
  const int32_t axis[] = {x->rank - 1};
  if (x->rank < 1 || ln_dim(x, x->rank - 1) != 3) {
    ln_keras_fail(call, "its input has %d channels; 3 are right", x->rank > 0 ? ln_dim(x, x->rank - 1) : 0);
    return;
  }
  x = ln_keras_binary(
      call, LN_OP_MUL, x,
      ln_graph_constant(call->b.subgraph, ln_keras_name(call, "weights"), LN_TYPE_FLOAT32, 1, count, kWeights),
      "weighted");
  x = ln_build_reduce(&call->b, LN_OP_SUM, x, 1, axis, true,
                      ln_keras_channels_first(call) ? ln_keras_name(call, "gray") : call->name);
  ln_keras_return(call, ln_keras_to_first(call, x, call->name));
}

static void hsv(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  ln_tensor* x = ln_keras_to_last(call, call->in[0]);
  ln_tensor *parts[3], *other[3];
  if (x->rank < 1 || ln_dim(x, x->rank - 1) != 3) {
    ln_keras_fail(call, "its input has %d channels; 3 are right", x->rank > 0 ? ln_dim(x, x->rank - 1) : 0);
    return;
  }
  x = ln_form_cast(&f, x, LN_TYPE_FLOAT32, "float");
  for (int i = 0; i < 3; ++i) parts[i] = ln_form_part(&f, x, -1, i, 1, "channel");
  if (strcmp(call->class_name, "RGBToHSV") == 0)
    ln_rgb_to_hsv(&f, parts, other);
  else
    ln_hsv_to_rgb(&f, parts, other);
  x = ln_form_concat(&f, 3, other, -1, ln_keras_channels_first(call) ? "colors" : NULL);
  ln_keras_return(call, ln_keras_to_first(call, x, call->name));
}

/* Rows and columns cut off or put around: one of top, bottom and height follows from the others, left, right and width
 * likewise. */
static void frame(ln_keras_call* call) {
  static const char* const kKeys[2][2][3] = {
      {{"top_cropping", "bottom_cropping", "target_height"}, {"left_cropping", "right_cropping", "target_width"}},
      {{"top_padding", "bottom_padding", "target_height"}, {"left_padding", "right_padding", "target_width"}}};
  const bool pads = strcmp(call->class_name, "PadImages") == 0;
  ln_tensor* x = call->in[0];
  const int first = x->rank - (ln_keras_channels_first(call) ? 2 : 3);
  int32_t begin[LN_MAX_DIMS] = {0}, size[LN_MAX_DIMS], around[2 * LN_MAX_DIMS] = {0};
  for (int i = 0; i < x->rank; ++i) size[i] = -1;
  for (int i = 0; i < 2; ++i) {
    const int axis = first + i;
    const cJSON* json[3];
    int64_t numbers[3];
    for (int k = 0; k < 3; ++k) {
      json[k] = ln_keras_either(call, -1, kKeys[pads][i][k]);
      numbers[k] = ln_keras_to_int(json[k], 0);
    }
    const int32_t own = axis >= 0 && axis < x->rank ? ln_dim(x, axis) : -1;
    const int64_t apart = pads ? numbers[2] - own : own - numbers[2];
    if (json[0] == NULL) numbers[0] = apart - numbers[1];
    if (json[1] == NULL) numbers[1] = apart - numbers[0];
    const int64_t left = pads ? own + numbers[0] + numbers[1] : own - numbers[0] - numbers[1];
    if (x->rank < 3 || x->rank > 4 || own < 1 || numbers[0] < 0 || numbers[1] < 0 || left < 1 || left > INT32_MAX) {
      ln_keras_fail(call, "the height and width of its pictures must be known, and what it cuts or pads fit");
      return;
    }
    begin[axis] = (int32_t)numbers[0];
    size[axis] = (int32_t)left;
    around[2 * axis] = (int32_t)numbers[0];
    around[2 * axis + 1] = (int32_t)numbers[1];
  }
  ln_keras_return(call, pads ? ln_build_pad(&call->b, x, around, NULL, call->name)
                             : ln_build_slice(&call->b, x, begin, size, call->name));
}

const ln_keras_lowering ln_keras_pictures[] = {
    {"Resize", resize, 0, 0},    {"RGBToGrayscale", rgb_to_gray, 0, 0},
    {"CropImages", frame, 0, 0}, {"PadImages", frame, 0, 0},
    {"RGBToHSV", hsv, 0, 0},     {"HSVToRGB", hsv, 0, 0},
    {NULL, NULL, 0, 0},
};
