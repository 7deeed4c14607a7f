/* keras.ops.image: pictures in other sizes and colours, cut and padded. */
#include <math.h>
#include <string.h>

#include "convert/colors.h"
#include "convert/import/keras_import.h"
#include "convert/linear.h"
#include "convert/resample.h"
#include "convert/warp.h"
#include "model/model.h"

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

/* ---- Blurred, scaled and moved ---- */

/* A list of `count` numbers; false: it is none. */
static bool read_numbers(const cJSON* json, int count, double* numbers) {
  if (!cJSON_IsArray(json) || cJSON_GetArraySize(json) != count) return false;
  for (int i = 0; i < count; ++i) {
    const cJSON* item = cJSON_GetArrayItem(json, i);
    if (!cJSON_IsNumber(item)) return false;
    numbers[i] = item->valuedouble;
  }
  return true;
}

/* Each channel through kernels of its own, [1,h,w,channels * kernels of each]. */
static ln_tensor* each_channel(const ln_form* f, ln_tensor* x, const int32_t* dims, const float* kernel, int padding,
                               const char* what) {
  const int32_t channels = ln_dim(x, 3);
  const float* none = ln_job_alloc(f->b.subgraph->graph->job, (size_t)dims[3], sizeof *none);
  ln_tensor* const inputs[] = {x, ln_form_floats(f, 4, dims, kernel, "kernel"),
                               ln_form_floats(f, 1, &dims[3], none, "no_bias")};
  ln_node* node = ln_build_node(&f->b, LN_OP_DEPTHWISE_CONV_2D, 3, inputs);
  LN_SET(node, DepthwiseConv2DOptions, padding, padding);
  LN_SET(node, DepthwiseConv2DOptions, stride_h, 1);
  LN_SET(node, DepthwiseConv2DOptions, stride_w, 1);
  LN_SET(node, DepthwiseConv2DOptions, depth_multiplier, dims[3] / channels);
  LN_SET(node, DepthwiseConv2DOptions, dilation_h_factor, 1);
  LN_SET(node, DepthwiseConv2DOptions, dilation_w_factor, 1);
  return ln_build_done(node, ln_form_name(f, what), 1);
}

static void bell(float* numbers, int32_t size, float sigma) {
  float sum = 0;
  for (int32_t i = 0; i < size; ++i) {
    const float x = ((float)i - (float)(size - 1) / 2) / sigma;
    sum += numbers[i] = expf(-0.5f * (x * x));
  }
  for (int32_t i = 0; i < size; ++i) numbers[i] /= sum;
}

/* A depthwise convolution with a bell curve. Keras gives the sides' product another shape, not another order, where
 * they differ. */
static void gaussian_blur(ln_keras_call* call) {
  enum { MAX_SIDE = 1024 };
  const ln_form f = ln_keras_form(call);
  double sides[2] = {3, 3}, sigma[2] = {1, 1};
  float curves[2][MAX_SIDE];
  ln_tensor* x = ln_keras_to_last(call, call->in[0]);
  const bool one = x->rank == 3;
  const int32_t channels = x->rank == 3 || x->rank == 4 ? ln_dim(x, x->rank - 1) : -1;
  bool fits = read_numbers(ln_keras_get(call, "kernel_size"), 2, sides) &&
              read_numbers(ln_keras_get(call, "sigma"), 2, sigma) && channels > 0 && x->type == LN_TYPE_FLOAT32;
  for (int i = 0; i < 2; ++i) fits = fits && sides[i] >= 1 && sides[i] <= MAX_SIDE && sigma[i] > 0;
  if (!fits || sides[0] * sides[1] * channels > 1 << 26) {
    ln_keras_fail(call, "FLOAT32 pictures of known channels, a kernel_size of 1 to %d and a sigma above 0 are right",
                  MAX_SIDE);
    return;
  }
  const int32_t height = (int32_t)sides[0], width = (int32_t)sides[1], dims[] = {1, height, width, channels};
  for (int i = 0; i < 2; ++i) bell(curves[i], (int32_t)sides[i], (float)sigma[i]);
  float* data = ln_job_alloc(call->job, (size_t)height * (size_t)width * (size_t)channels, sizeof *data);
  for (int32_t i = 0; i < height * width; ++i)
    for (int32_t c = 0; c < channels; ++c)
      data[(size_t)i * (size_t)channels + (size_t)c] = curves[1][i / height] * curves[0][i % height];
  if (one) x = ln_form_expand(&f, x, 0, "one");
  x = each_channel(&f, x, dims, data, LN_PADDING_SAME, ln_keras_channels_first(call) || one ? "blurred" : NULL);
  if (one) x = ln_form_reduce(&f, LN_OP_SUM, x, 0, false, ln_keras_channels_first(call) ? "only" : NULL);
  ln_keras_return(call, ln_keras_to_first(call, x, call->name));
}

/* Sobel's slopes downwards and to the right of each channel, in a last dimension; the picture is mirrored at its ends.
 */
static void sobel_edges(ln_keras_call* call) {
  static const float kDown[] = {-1, -2, -1, 0, 0, 0, 1, 2, 1}, kRight[] = {-1, 0, 1, -2, 0, 2, -1, 0, 1};
  static const int32_t kPads[] = {0, 0, 1, 1, 1, 1, 0, 0}, kPadsDims[] = {4, 2}, kFirst[] = {0, 3, 1, 2, 4};
  const ln_form f = ln_keras_form(call);
  const bool first = ln_keras_channels_first(call);
  ln_tensor* x = ln_keras_to_last(call, call->in[0]);
  const int32_t channels = x->rank == 4 ? ln_dim(x, 3) : -1;
  if (channels < 1 || channels > 1 << 20 || x->type != LN_TYPE_FLOAT32) {
    ln_keras_fail(call, "its input has rank %d and type %s; 4, FLOAT32 and a known number of channels are right",
                  x->rank, ln_tensor_type_name(x->type));
    return;
  }
  const int32_t dims[] = {1, 3, 3, 2 * channels};
  float* data = ln_job_alloc(call->job, (size_t)9 * (size_t)dims[3], sizeof *data);
  for (int32_t i = 0; i < 9; ++i)
    for (int32_t c = 0; c < dims[3]; ++c) data[i * dims[3] + c] = c % 2 == 0 ? kDown[i] : kRight[i];
  ln_tensor* const padded[] = {
      x, ln_graph_constant(call->b.subgraph, ln_keras_name(call, "pads"), LN_TYPE_INT32, 2, kPadsDims, kPads)};
  ln_node* node = ln_build_node(&call->b, LN_OP_MIRROR_PAD, 2, padded);
  LN_SET(node, MirrorPadOptions, mode, 0); /* REFLECT */
  ln_tensor* y =
      each_channel(&f, ln_build_done(node, ln_keras_name(call, "mirrored"), 1), dims, data, LN_PADDING_VALID, "slopes");
  const int32_t shape[] = {LN_DIM_OF(0), LN_DIM_OF(1), LN_DIM_OF(2), channels, 2};
  y = ln_form_reshape(&f, y, 5, shape, first ? "edges" : NULL);
  ln_keras_return(call, first ? ln_build_transpose(&call->b, y, kFirst, call->name) : y);
}

/* Argument `position`, one number for each of `count`; NULL, noted: it is no constant. */
static const float* constant_numbers(ln_keras_call* call, int position, const char* name, int count) {
  const ln_tensor* tensor = ln_keras_operand(call, ln_keras_arg(call, position, name), LN_TYPE_FLOAT32);
  if (tensor != NULL && tensor->type == LN_TYPE_FLOAT32 && ln_tensor_is_constant(tensor) && tensor->rank == 1 &&
      ln_dim(tensor, 0) == count)
    return tensor->data;
  ln_keras_fail(call, "its %s is no constant of %d numbers", name, count);
  return NULL;
}

static const char* kernel_of_method(const char* method) {
  static const char* const kMethods[][2] = {
      {"linear", "triangle"},    {"bilinear", "triangle"}, {"trilinear", "triangle"},
      {"triangle", "triangle"},  {"cubic", "keyscubic"},   {"bicubic", "keyscubic"},
      {"tricubic", "keyscubic"}, {"lanczos3", "lanczos3"}, {"lanczos5", "lanczos5"}};
  for (size_t i = 0; i < sizeof kMethods / sizeof kMethods[0]; ++i)
    if (strcmp(kMethods[i][0], method) == 0) return kMethods[i][1];
  return NULL;
}

/* Each side is a product with a matrix of weights. */
static void scale_and_translate(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  int32_t axes[LN_MAX_DIMS], size[LN_MAX_DIMS];
  ln_tensor* x = call->in[0];
  const int count = ln_keras_list(ln_keras_get(call, "spatial_dims"), LN_MAX_DIMS, axes);
  const char* kernel = kernel_of_method(ln_keras_string(call, "method", ""));
  if (count < 1 || kernel == NULL || x->type != LN_TYPE_FLOAT32 ||
      ln_keras_list(ln_keras_either(call, 1, "output_shape"), LN_MAX_DIMS, size) != x->rank) {
    ln_keras_fail(call,
                  "FLOAT32 pictures, a list of spatial_dims, an output_shape of numbers and a known method are right");
    return;
  }
  const float *scale = constant_numbers(call, 2, "scale", count), *translation = NULL;
  if (scale == NULL || (translation = constant_numbers(call, 3, "translation", count)) == NULL) return;
  for (int i = 0; i < count; ++i) {
    const int axis = axes[i] < 0 ? axes[i] + x->rank : axes[i];
    const int32_t from = axis >= 0 && axis < x->rank ? ln_dim(x, axis) : -1;
    if (from < 1 || size[axis] < 1 || (int64_t)from * size[axis] > 1 << 26 || !(scale[i] > 0)) {
      ln_keras_fail(call, "the extents of its spatial_dims must be known and its scale above 0");
      return;
    }
    const ln_resampling how = {.kernel = kernel,
                               .antialias = ln_keras_flag(call, "antialias", true),
                               .scale = {scale[i], 0},
                               .translation = {translation[i], 0}};
    const int32_t dims[] = {size[axis], from};
    ln_tensor* weights =
        ln_form_floats(&f, 2, dims, ln_resample_matrix(call->job, from, size[axis], &how, 0), "weights");
    const char* what = i + 1 < count ? "side" : NULL;
    const bool last = axis == x->rank - 1;
    x = ln_form_dense(&f, ln_form_swap(&f, x, axis, -1, "to_last"), weights, last ? what : "scaled");
    if (!last) x = ln_form_swap(&f, x, axis, -1, what);
  }
  ln_keras_return(call, x);
}

/* ---- Read at other places ---- */

/* The options of a transform; false: noted. */
static bool read_warp(ln_keras_call* call, bool nearest, ln_warp* how) {
  static const char* const kFills[] = {"constant", "nearest", "reflect", "mirror", "wrap"}; /* as LN_FILL_... */
  const ln_form f = ln_keras_form(call);
  const char* fill = ln_keras_string(call, "fill_mode", "constant");
  const cJSON* value = ln_keras_get(call, "fill_value");
  how->nearest = nearest;
  how->fill = 0;
  while (how->fill < 5 && strcmp(kFills[how->fill], fill) != 0) ++how->fill;
  if (how->fill == 5 || (value != NULL && !cJSON_IsNumber(value)) || call->in[0]->type != LN_TYPE_FLOAT32) {
    ln_keras_fail(call, "its fill_mode is \"%s\", its fill_value no number, or its input of type %s, not FLOAT32", fill,
                  ln_tensor_type_name(call->in[0]->type));
    return false;
  }
  how->with = ln_form_scalar(&f, LN_TYPE_FLOAT32, ln_keras_number(call, "fill_value", 0), "fill_value");
  return true;
}

/* The corners that a transform moves, [B,4,2]; NULL, noted: the argument is none. */
static ln_tensor* corners_of(ln_keras_call* call, int position, const char* name) {
  const ln_form f = ln_keras_form(call);
  ln_tensor* points = ln_keras_operand(call, ln_keras_arg(call, position, name), LN_TYPE_FLOAT32);
  const int rank = points != NULL ? points->rank : 0;
  if ((rank != 2 && rank != 3) || ln_dim(points, rank - 2) != 4 || ln_dim(points, rank - 1) != 2) {
    ln_keras_fail(call, "its %s are no four points", name);
    return NULL;
  }
  points = ln_form_cast(&f, points, LN_TYPE_FLOAT32, name);
  return rank == 2 ? ln_form_expand(&f, points, 0, name) : points;
}

/* The transform that moves four points to others, by two equations for each: x (g u + h v + 1) = a u + b v + c, and the
 * same for y. */
static ln_tensor* perspective(ln_keras_call* call) {
  static const int32_t kMatrix[] = {LN_DIM_OF(0), 8, 8}, kColumn[] = {LN_DIM_OF(0), 8, 1}, kRow[] = {LN_DIM_OF(0), 8};
  const ln_form f = ln_keras_form(call);
  ln_tensor* to = corners_of(call, 1, "start_points");
  ln_tensor* from = to != NULL ? corners_of(call, 2, "end_points") : NULL;
  if (from == NULL) return NULL;
  ln_tensor* zero = ln_form_unary(&f, LN_OP_ZEROS_LIKE, ln_form_part(&f, from, 2, 0, 1, "first"), "zero");
  ln_tensor* const point[] = {from, ln_form_number(&f, LN_OP_ADD, zero, 1, "one")};
  ln_tensor* const nothing[] = {zero, zero, zero};
  ln_tensor *uv1 = ln_form_concat(&f, 2, point, 2, "point"), *none = ln_form_concat(&f, 3, nothing, 2, "nothing");
  ln_tensor* rows[2];
  for (int k = 0; k < 2; ++k) {
    ln_tensor* by = ln_form_unary(&f, LN_OP_NEG, ln_form_part(&f, to, 2, k, 1, "moved"), "negated");
    ln_tensor* const parts[] = {k == 0 ? uv1 : none, k == 0 ? none : uv1,
                                ln_form_binary(&f, LN_OP_MUL, by, from, "product")};
    rows[k] = ln_form_concat(&f, 3, parts, 2, "equation");
  }
  ln_tensor* matrix = ln_form_reshape(&f, ln_form_pack(&f, 2, rows, 2, "equations"), 3, kMatrix, "matrix");
  ln_tensor* transform = ln_build_solve(&f, matrix, ln_form_reshape(&f, to, 3, kColumn, "column"), "solution");
  return ln_form_reshape(&f, transform, 2, kRow, "transform");
}

static void transform_pictures(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  ln_warp how;
  const char* interpolation = ln_keras_string(call, "interpolation", "bilinear");
  const bool nearest = strcmp(interpolation, "nearest") == 0, affine = strcmp(call->class_name, "AffineTransform") == 0;
  ln_tensor *x = ln_keras_to_last(call, call->in[0]), *transform;
  const bool one = x->rank == 3;
  if (!read_warp(call, nearest, &how)) return;
  if (how.fill == LN_FILL_MIRROR || (!nearest && strcmp(interpolation, "bilinear") != 0)) {
    ln_keras_fail(call, "its interpolation is \"%s\" or its fill_mode \"mirror\", which it does not have",
                  interpolation);
    return;
  }
  if (affine) {
    transform = ln_keras_operand(call, ln_keras_arg(call, 1, "transform"), LN_TYPE_FLOAT32);
    if (transform == NULL || transform->rank < 1) {
      ln_keras_fail(call, "its transform is no tensor");
      return;
    }
    transform = ln_form_cast(&f, transform, LN_TYPE_FLOAT32, "float");
    if (transform->rank == 1) transform = ln_form_expand(&f, transform, 0, "transforms");
  } else if ((transform = perspective(call)) == NULL) {
    return;
  }
  if (one) x = ln_form_expand(&f, x, 0, "one");
  const int32_t size[] = {x->rank == 4 ? ln_dim(x, 1) : -1, x->rank == 4 ? ln_dim(x, 2) : -1};
  const bool first = ln_keras_channels_first(call);
  x = ln_build_projection(&f, x, transform, size, &how, one || first ? "transformed" : NULL);
  if (x == NULL) {
    ln_keras_fail(call,
                  "the height, width and channels of its pictures must be known, at most 2^24 pixels, and its "
                  "transforms 8 numbers");
    return;
  }
  if (one) x = ln_form_reduce(&f, LN_OP_SUM, x, 0, false, first ? "only" : NULL);
  ln_keras_return(call, ln_keras_to_first(call, x, call->name));
}

static void map_coordinates(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  ln_warp how;
  const int32_t order = ln_keras_to_int(ln_keras_either(call, 2, "order"), -1);
  const cJSON* json = ln_keras_arg(call, 1, "coordinates");
  ln_tensor* parts[LN_MAX_DIMS];
  ln_tensor* places = ln_keras_operand(call, json, LN_TYPE_FLOAT32);
  if (!read_warp(call, order == 0, &how)) return;
  if (places == NULL && cJSON_IsArray(json) && cJSON_GetArraySize(json) == call->in[0]->rank) { /* a list of tensors */
    int count = 0;
    for (const cJSON* item = json->child; item != NULL; item = item->next, ++count)
      if ((parts[count] = ln_keras_operand(call, item, LN_TYPE_FLOAT32)) == NULL) break;
    if (count == call->in[0]->rank) places = ln_form_pack(&f, count, parts, 0, "places");
  }
  ln_tensor* y =
      places != NULL && (order == 0 || order == 1)
          ? ln_build_at_coordinates(&f, call->in[0], ln_form_cast(&f, places, LN_TYPE_FLOAT32, "float"), &how, NULL)
          : NULL;
  if (y != NULL)
    ln_keras_return(call, y);
  else
    ln_keras_fail(call,
                  "its order is none of 0 and 1, its input not of rank 1 to 4 with known extents, or its "
                  "coordinates none of as many dimensions");
}

const ln_keras_lowering ln_keras_pictures[] = {
    {"Resize", resize, 0, 0},
    {"RGBToGrayscale", rgb_to_gray, 0, 0},
    {"CropImages", frame, 0, 0},
    {"PadImages", frame, 0, 0},
    {"RGBToHSV", hsv, 0, 0},
    {"HSVToRGB", hsv, 0, 0},
    {"GaussianBlur", gaussian_blur, 0, 0},
    {"ScaleAndTranslate", scale_and_translate, 0, 0},
    {"SobelEdges", sobel_edges, 0, 0},
    {"AffineTransform", transform_pictures, 0, 0},
    {"PerspectiveTransform", transform_pictures, 0, 0},
    {"MapCoordinates", map_coordinates, 0, 0},
    {NULL, NULL, 0, 0},
};
