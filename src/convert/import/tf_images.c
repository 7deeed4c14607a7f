/* Pictures: resizing by matrices, crops, patches, colors. */
#include <math.h>
#include <string.h>

#include "convert/colors.h"
#include "convert/import/tf_import.h"
#include "convert/resample.h"
#include "convert/warp.h"

/* ---- Resizing ---- */

static void return_resampled(ln_tf_call* call, const int32_t size[2], const ln_resampling* how) {
  ln_tensor* x = ln_build_cast(&call->b, ln_tf_in(call, 0), LN_TYPE_FLOAT32, ln_tf_name(call, "float"));
  ln_tensor* y = ln_build_resample(&call->b, x, size, how, call->name);
  if (y != NULL)
    ln_tf_return(call, 0, y);
  else
    ln_tf_fail(call, "the extents of its pictures must be known, and the matrices have at most 2^26 weights");
}

static void resize(ln_tf_call* call) {
  int32_t size[2];
  if (ln_tf_const_ints(call, 1, 2, size) != 2) {
    ln_tf_fail(call, "its size must be constant");
    return;
  }
  const ln_resampling how = {.kernel = strcmp(call->def->op, "ResizeArea") == 0 ? "area" : "bicubic",
                             .align_corners = ln_tf_bool(call->def, "align_corners", false),
                             .half_pixel_centers = ln_tf_bool(call->def, "half_pixel_centers", false)};
  return_resampled(call, size, &how);
}

/* tf.image.resize with antialias, or one of the kernels that have an operator here only. */
static void scale_and_translate(ln_tf_call* call) {
  int32_t size[2];
  const ln_tensor *scale = ln_tf_in(call, 2), *translation = ln_tf_in(call, 3);
  const char* kernel = ln_tf_string(call->job, call->def, "kernel_type", "lanczos3");
  if (ln_tf_const_ints(call, 1, 2, size) != 2 || !ln_tensor_is_constant(scale) || !ln_tensor_is_constant(translation) ||
      scale->data_bytes != 2 * sizeof(float) || translation->data_bytes != 2 * sizeof(float)) {
    ln_tf_fail(call, "its size, scale and translation must be constant: give its input's extents");
    return;
  }
  ln_resampling how = {.kernel = kernel, .antialias = ln_tf_bool(call->def, "antialias", true)};
  memcpy(how.scale, scale->data, sizeof how.scale);
  memcpy(how.translation, translation->data, sizeof how.translation);
  if (!ln_resample_knows(kernel) || strcmp(kernel, "area") == 0 || strcmp(kernel, "bicubic") == 0 ||
      !(how.scale[0] > 0 && how.scale[1] > 0))
    ln_tf_fail(call, "its kernel_type \"%s\" or its scales are none of TensorFlow's", kernel);
  else
    return_resampled(call, size, &how);
}

/* ---- Read at other places ---- */

static void project(ln_tf_call* call) {
  static const char* const kFills[] = {"CONSTANT", "NEAREST", "REFLECT", NULL, "WRAP"}; /* as LN_FILL_... */
  const ln_form f = {call->b, call->name};
  const char* interpolation = ln_tf_string(call->job, call->def, "interpolation", "");
  const char* fill = ln_tf_string(call->job, call->def, "fill_mode", "CONSTANT");
  ln_warp how = {.nearest = strcmp(interpolation, "NEAREST") == 0};
  int32_t size[2];
  while (how.fill < 5 && (kFills[how.fill] == NULL || strcmp(kFills[how.fill], fill) != 0)) ++how.fill;
  ln_tensor* x = ln_tf_in(call, 0);
  if (how.fill == 5 || (!how.nearest && strcmp(interpolation, "BILINEAR") != 0) || x->type != LN_TYPE_FLOAT32 ||
      ln_tf_const_ints(call, 2, 2, size) != 2) {
    ln_tf_fail(call,
               "its interpolation is \"%s\", its fill_mode \"%s\", or its pictures are no floats of a constant size",
               interpolation, fill);
    return;
  }
  how.with = strcmp(call->def->op, "ImageProjectiveTransformV3") == 0 ? ln_tf_in(call, 3)
                                                                      : ln_form_scalar(&f, LN_TYPE_FLOAT32, 0, "zero");
  ln_tensor* y = ln_build_projection(&f, x, ln_tf_in(call, 1), size, &how, NULL);
  if (y != NULL)
    ln_tf_return(call, 0, y);
  else
    ln_tf_fail(call,
               "the height, width and channels of its pictures must be known, at most 2^24 pixels, and its transforms "
               "8 numbers");
}

/* ---- Crops ---- */

typedef struct side {
  ln_tensor* inside;  /* whether each row lies in the picture, [N, count] */
  ln_tensor* near[2]; /* the rows before and behind, int32 */
  ln_tensor* part;    /* how far towards the one behind */
} side;

static ln_tensor* column_of(ln_tf_call* call, ln_tensor* boxes, int32_t column) {
  const int32_t begin[] = {0, column}, size[] = {-1, 1};
  return ln_build_slice(&call->b, boxes, begin, size, ln_tf_name(call, "edge"));
}

/* Where `count` rows between the edges lie: begin * (extent - 1) + i * (end - begin) * (extent - 1) / (count - 1). */
static side find_side(ln_tf_call* call, ln_tensor* boxes, int32_t column, ln_tensor* last, int32_t count,
                      bool nearest) {
  ln_tensor *begin = column_of(call, boxes, column), *end = column_of(call, boxes, column + 2), *at;
  if (count > 1) {
    float* numbers = ln_job_alloc(call->job, (size_t)count, sizeof *numbers);
    for (int32_t i = 0; i < count; ++i) numbers[i] = (float)i;
    const int32_t dims[] = {1, count};
    ln_tensor* steps =
        ln_graph_constant(call->b.subgraph, ln_tf_name(call, "steps"), LN_TYPE_FLOAT32, 2, dims, numbers);
    ln_tensor* span = ln_tf_binary(call, LN_OP_MUL, ln_tf_binary(call, LN_OP_SUB, end, begin, "span"), last, "wide");
    span = ln_tf_number(call, LN_OP_DIV, span, count - 1, "step");
    at = ln_tf_binary(call, LN_OP_ADD, ln_tf_binary(call, LN_OP_MUL, begin, last, "first"),
                      ln_tf_binary(call, LN_OP_MUL, span, steps, "offset"), "at");
  } else {
    at = ln_tf_number(call, LN_OP_MUL, ln_tf_binary(call, LN_OP_ADD, begin, end, "sum"), 0.5, "middle");
    at = ln_tf_binary(call, LN_OP_MUL, at, last, "at");
  }
  side s;
  s.inside = ln_tf_binary(call, LN_OP_LOGICAL_AND, ln_tf_number(call, LN_OP_GREATER_EQUAL, at, 0, "not_before"),
                          ln_tf_binary(call, LN_OP_LESS_EQUAL, at, last, "not_behind"), "inside");
  at = ln_tf_binary(call, LN_OP_MINIMUM, ln_tf_number(call, LN_OP_MAXIMUM, at, 0, "from_0"), last, "kept");
  /* Halves go away from 0 here, ROUND brings them to even numbers. */
  ln_tensor* low = nearest ? ln_tf_number(call, LN_OP_ADD, at, 0.5, "half") : at;
  low = ln_tf_unary(call, LN_OP_FLOOR, low, "low");
  ln_tensor* high = ln_tf_binary(call, LN_OP_MINIMUM, ln_tf_number(call, LN_OP_ADD, low, 1, "next"), last, "high");
  s.part = ln_tf_binary(call, LN_OP_SUB, at, low, "part");
  s.near[0] = ln_build_cast(&call->b, low, LN_TYPE_INT32, ln_tf_name(call, "low"));
  s.near[1] = ln_build_cast(&call->b, high, LN_TYPE_INT32, ln_tf_name(call, "high"));
  return s;
}

/* A new dimension in front of the last (-2) or behind it (-1). */
static ln_tensor* with_dim(ln_tf_call* call, ln_tensor* x, int32_t axis) {
  return ln_tf_binary(call, LN_OP_EXPAND_DIMS, x, ln_tf_scalar(call, LN_TYPE_INT32, axis, "axis"), "dim");
}

static ln_tensor* extent_of(ln_tf_call* call, ln_tensor* extents, int32_t which) {
  static const int32_t kOne[] = {1};
  ln_tensor* part = ln_build_slice(&call->b, extents, &which, kOne, ln_tf_name(call, "extent"));
  return ln_build_reshape(&call->b, part, 0, NULL, ln_tf_name(call, "extent"));
}

static ln_tensor* last_of(ln_tf_call* call, ln_tensor* extent) {
  ln_tensor* last = ln_tf_number(call, LN_OP_SUB, extent, 1, "last");
  return ln_build_cast(&call->b, last, LN_TYPE_FLOAT32, ln_tf_name(call, "last"));
}

static ln_tensor* mix(ln_tf_call* call, ln_tensor* a, ln_tensor* b, ln_tensor* part) {
  ln_tensor* more = ln_tf_binary(call, LN_OP_MUL, ln_tf_binary(call, LN_OP_SUB, b, a, "difference"), part, "share");
  return ln_tf_binary(call, LN_OP_ADD, a, more, "mixed");
}

/* Elements of the pictures, [B*H*W, C], at (picture * H + y) * W + x. */
static void crop_and_resize(ln_tf_call* call) {
  int32_t size[2];
  const bool nearest = ln_tf_is(call->def, "method", "nearest", false);
  ln_tensor* x = ln_build_cast(&call->b, ln_tf_in(call, 0), LN_TYPE_FLOAT32, ln_tf_name(call, "float"));
  ln_tensor *boxes = ln_tf_in(call, 1), *pictures = ln_tf_in_i32(call, 2);
  if (x->rank != 4 || boxes->rank != 2 || ln_tf_const_ints(call, 3, 2, size) != 2 || size[0] < 1 || size[1] < 1 ||
      size[0] > 4096 || size[1] > 4096) {
    ln_tf_fail(call, "its pictures must have rank 4, its boxes rank 2, its size must be constant");
    return;
  }
  ln_tensor* extents = ln_tf_extents(call, x, LN_TYPE_INT32, "shape");
  ln_tensor *height = extent_of(call, extents, 1), *width = extent_of(call, extents, 2);
  const side rows = find_side(call, boxes, 0, last_of(call, height), size[0], nearest),
             columns = find_side(call, boxes, 1, last_of(call, width), size[1], nearest);
  const int32_t flat[] = {-1, ln_dim(x, 3)};
  if (flat[1] < 0) {
    ln_tf_fail(call, "the channels of its pictures must be known");
    return;
  }
  ln_tensor* all = ln_build_reshape(&call->b, x, 2, flat, ln_tf_name(call, "all"));
  ln_tensor* first = with_dim(call, ln_tf_binary(call, LN_OP_MUL, pictures, height, "picture"), -1);
  ln_tensor* value[2][2];
  for (int i = 0; i < (nearest ? 1 : 2); ++i) {
    ln_tensor* row =
        ln_tf_binary(call, LN_OP_MUL, ln_tf_binary(call, LN_OP_ADD, first, rows.near[i], "row"), width, "row");
    for (int k = 0; k < (nearest ? 1 : 2); ++k) {
      ln_tensor* at =
          ln_tf_binary(call, LN_OP_ADD, with_dim(call, row, -1), with_dim(call, columns.near[k], -2), "place");
      value[i][k] = ln_tf_binary(call, LN_OP_GATHER, all, at, "corner");
    }
  }
  ln_tensor* result = value[0][0];
  if (!nearest) {
    ln_tensor* part = with_dim(call, with_dim(call, columns.part, -1), -3);
    ln_tensor *top = mix(call, value[0][0], value[0][1], part), *bottom = mix(call, value[1][0], value[1][1], part);
    result = mix(call, top, bottom, with_dim(call, with_dim(call, rows.part, -1), -1));
  }
  ln_tensor* inside = ln_tf_binary(call, LN_OP_LOGICAL_AND, with_dim(call, rows.inside, -1),
                                   with_dim(call, columns.inside, -2), "inside");
  ln_tensor* outside =
      ln_tf_scalar(call, LN_TYPE_FLOAT32, (double)ln_tf_float(call->def, "extrapolation_value", 0), "outside");
  ln_tf_return(call, 0, ln_tf_choose(call, with_dim(call, inside, -1), result, outside, NULL));
}

/* ---- Patches ---- */

static bool window_numbers(ln_tf_call* call, const char* name, int32_t numbers[2]) {
  const int64_t* list;
  numbers[0] = numbers[1] = 1;
  if (ln_tf_ints(call->def, name, &list) != 4) return false;
  for (int i = 0; i < 2; ++i) {
    if (list[i + 1] < 1 || list[i + 1] > 4096) return false;
    numbers[i] = (int32_t)list[i + 1];
  }
  return list[0] == 1 && list[3] == 1;
}

/* A convolution whose every filter takes one element of the window. */
static void extract_patches(ln_tf_call* call) {
  int32_t kernel[2], stride[2], rate[2];
  ln_tensor* x = ln_tf_in(call, 0);
  const int32_t c = x->rank == 4 ? ln_dim(x, 3) : -1;
  if (!window_numbers(call, "ksizes", kernel) || !window_numbers(call, "strides", stride) ||
      !window_numbers(call, "rates", rate) || x->type != LN_TYPE_FLOAT32 || c < 1 ||
      (double)kernel[0] * kernel[1] * c * kernel[0] * kernel[1] * c > 1 << 24) {
    ln_tf_fail(call, "its windows must be of two dimensions and, with the channels squared, of at most 2^24 elements");
    return;
  }
  const int32_t count = kernel[0] * kernel[1] * c, dims[] = {count, kernel[0], kernel[1], c};
  float* ones = ln_job_alloc(call->job, (size_t)count * (size_t)count, sizeof *ones);
  for (int32_t i = 0; i < count; ++i) ones[(int64_t)i * count + i] = 1;
  ln_tensor* const inputs[] = {
      x, ln_graph_constant(call->b.subgraph, ln_tf_name(call, "filter"), LN_TYPE_FLOAT32, 4, dims, ones),
      ln_graph_constant(call->b.subgraph, ln_tf_name(call, "bias"), LN_TYPE_FLOAT32, 1, &count,
                        ln_job_alloc(call->job, (size_t)count, sizeof *ones))};
  const int padding = ln_tf_is(call->def, "padding", "SAME", false) ? LN_PADDING_SAME : LN_PADDING_VALID;
  ln_tf_return(call, 0, ln_build_conv_2d(&call->b, inputs, padding, stride, rate, call->name));
}

/* The largest of what each element of the window and its weight are together: one MAXIMUM an element. */
static void dilation(ln_tf_call* call) {
  int32_t stride[2], rate[2], out[2], pads[8] = {0};
  ln_tensor *x = ln_tf_in(call, 0), *filter = ln_tf_in(call, 1), *most = NULL;
  if (x->rank != 4 || ln_dim(x, 1) < 1 || ln_dim(x, 2) < 1 || ln_dim(x, 1) > 1 << 24 || ln_dim(x, 2) > 1 << 24 ||
      filter->rank != 3 || !ln_tensor_is_static(filter) || !window_numbers(call, "strides", stride) ||
      !window_numbers(call, "rates", rate) || filter->shape[0][0] * (int64_t)filter->shape[0][1] > 128) {
    ln_tf_fail(call, "the extents of its pictures and filter must be known, windows have at most 128 elements");
    return;
  }
  for (int i = 0; i < 2; ++i) {
    const int32_t extent = x->shape[0][i + 1], span = (filter->shape[0][i] - 1) * rate[i] + 1;
    out[i] = (extent + stride[i] - 1) / stride[i];
    int32_t pad = (out[i] - 1) * stride[i] + span - extent;
    if (!ln_tf_is(call->def, "padding", "SAME", false)) {
      pad = 0;
      out[i] = (extent - span + stride[i]) / stride[i];
    }
    if (out[i] < 1) {
      ln_tf_fail(call, "its window is larger than its pictures");
      return;
    }
    pads[2 + 2 * i] = pad > 0 ? pad / 2 : 0;
    pads[3 + 2 * i] = pad > 0 ? pad - pad / 2 : 0;
  }
  if (pads[2] + pads[3] + pads[4] + pads[5] > 0)
    x = ln_build_pad(&call->b, x, pads, ln_tf_scalar(call, x->type, (double)-INFINITY, "least"),
                     ln_tf_name(call, "pad"));
  for (int32_t i = 0; i < filter->shape[0][0]; ++i)
    for (int32_t k = 0; k < filter->shape[0][1]; ++k) {
      const int32_t begin[] = {0, i * rate[0], k * rate[1], 0}, step[] = {1, stride[0], stride[1], 1},
                    end[] = {0, begin[1] + (out[0] - 1) * stride[0] + 1, begin[2] + (out[1] - 1) * stride[1] + 1, 0},
                    from[] = {i, k, 0}, size[] = {1, 1, -1};
      const ln_slice_masks masks = {.begin = 9, .end = 9}; /* all of the first and last */
      ln_tensor* part = ln_build_strided_slice(&call->b, x, 4, begin, end, step, &masks, ln_tf_name(call, "part"));
      ln_tensor* weight = ln_build_slice(&call->b, filter, from, size, ln_tf_name(call, "weight"));
      part = ln_tf_binary(call, LN_OP_ADD, part, weight, "sum");
      most = most == NULL ? part : ln_tf_binary(call, LN_OP_MAXIMUM, most, part, "most");
    }
  ln_tf_return(call, 0, most);
}

/* ---- Colors ---- */

static bool split_colors(ln_tf_call* call, ln_tensor* x, ln_tensor* parts[3]) {
  if (x->rank < 1 || ln_dim(x, x->rank - 1) != 3) {
    ln_tf_fail(call, "its last dimension must have 3 colors");
    return false;
  }
  ln_tensor* const inputs[] = {ln_tf_scalar(call, LN_TYPE_INT32, x->rank - 1, "axis"), x};
  ln_node* node = ln_build_node(&call->b, LN_OP_SPLIT, 2, inputs);
  LN_SET(node, SplitOptions, num_splits, 3);
  ln_build_done(node, ln_tf_name(call, "color"), 3);
  for (int i = 0; i < 3; ++i) parts[i] = node->outputs[i];
  return true;
}

static void colors(ln_tf_call* call) {
  const ln_form f = {call->b, call->name};
  const char* op = call->def->op;
  ln_tensor *x = ln_tf_in(call, 0), *parts[3], *other[3];
  if (!split_colors(call, x, parts)) return;
  if (strcmp(op, "HSVToRGB") == 0) {
    ln_hsv_to_rgb(&f, parts, other);
  } else {
    ln_rgb_to_hsv(&f, parts, other);
    if (strcmp(op, "AdjustHue") == 0) {
      ln_tensor* hue = ln_tf_binary(call, LN_OP_ADD, other[0], ln_tf_in(call, 1), "turned");
      other[0] = ln_tf_binary(call, LN_OP_SUB, hue, ln_tf_unary(call, LN_OP_FLOOR, hue, "turns"), "hue");
    }
    if (strcmp(op, "AdjustSaturation") == 0) {
      ln_tensor* s = ln_tf_binary(call, LN_OP_MUL, other[1], ln_tf_in(call, 1), "scaled");
      other[1] = ln_tf_number(call, LN_OP_MINIMUM, ln_tf_number(call, LN_OP_MAXIMUM, s, 0, "above"), 1, "saturation");
    }
    if (strncmp(op, "Adjust", 6) == 0) {
      memcpy(parts, other, sizeof parts);
      ln_hsv_to_rgb(&f, parts, other);
    }
  }
  ln_tf_return(call, 0, ln_build_concat(&call->b, 3, other, x->rank - 1, call->name));
}

/* (x - mean) * factor + mean, the mean of each picture's channels. */
static void adjust_contrast(ln_tf_call* call) {
  ln_tensor* x = ln_tf_in(call, 0);
  const int32_t axes[] = {x->rank - 3, x->rank - 2};
  if (x->rank < 3) {
    ln_tf_fail(call, "its pictures have rank %d; 3 or more is right", x->rank);
    return;
  }
  ln_tensor* mean = ln_build_reduce(&call->b, LN_OP_MEAN, x, 2, axes, true, ln_tf_name(call, "mean"));
  ln_tensor* rest =
      ln_tf_binary(call, LN_OP_MUL, ln_tf_binary(call, LN_OP_SUB, x, mean, "sub"), ln_tf_in(call, 1), "mul");
  ln_tf_return(call, 0, ln_tf_binary(call, LN_OP_ADD, rest, mean, NULL));
}

const ln_tf_lowering ln_tf_images[] = {
    {"ScaleAndTranslate", scale_and_translate, 0},
    {"ResizeArea", resize, 0},
    {"ResizeBicubic", resize, 0},
    {"CropAndResize", crop_and_resize, 0},
    {"ExtractImagePatches", extract_patches, 0},
    {"Dilation2D", dilation, 0},
    {"ImageProjectiveTransformV2", project, 0},
    {"ImageProjectiveTransformV3", project, 0},
    {"RGBToHSV", colors, 0},
    {"HSVToRGB", colors, 0},
    {"AdjustHue", colors, 0},
    {"AdjustSaturation", colors, 0},
    {"AdjustContrastv2", adjust_contrast, 0},
    {NULL, NULL, 0},
};
