/* Preprocessing of pictures and categories. */
#include <string.h>

#include "convert/import/keras_import.h"
#include "convert/resample.h"

static bool check_picture(ln_keras_call* call, const ln_tensor* x) {
  if (x->rank != 4) ln_keras_fail(call, "its input has rank %d; 4 can be converted", x->rank);
  return x->rank == 4;
}

ln_tensor* ln_keras_resize(ln_keras_call* call, ln_tensor* x, int32_t height, int32_t width, const char* interpolation,
                           bool antialias, const char* name) {
  const int32_t both[] = {height, width};
  const bool bilinear = strcmp(interpolation, "bilinear") == 0, cubic = strcmp(interpolation, "bicubic") == 0;
  const bool nearest = strcmp(interpolation, "nearest") == 0;
  if ((!bilinear && !nearest && !ln_resample_knows(interpolation)) || height < 1 || width < 1) {
    ln_keras_fail(call, "interpolation \"%s\" to %dx%d is none of Keras's", interpolation, height, width);
    return NULL;
  }
  x = ln_build_cast(&call->b, x, LN_TYPE_FLOAT32, ln_keras_name(call, "float"));
  if (!nearest && (antialias || !bilinear)) {
    const ln_resampling how = {.kernel = !antialias ? interpolation
                                         : bilinear ? "triangle"
                                         : cubic    ? "keyscubic"
                                                    : interpolation,
                               .half_pixel_centers = true,
                               .antialias = antialias};
    ln_tensor* y = ln_build_resample(&call->b, x, both, &how, name);
    if (y == NULL)
      ln_keras_fail(call, "interpolation \"%s\"%s needs the extents of its input; nearest and bilinear do without",
                    interpolation, antialias ? " with antialias" : "");
    return y;
  }
  ln_tensor* const inputs[] = {x, ln_graph_ints(call->b.subgraph, ln_keras_name(call, "size"), 2, both)};
  ln_node* node = ln_build_node(&call->b, bilinear ? LN_OP_RESIZE_BILINEAR : LN_OP_RESIZE_NEAREST_NEIGHBOR, 2, inputs);
  if (bilinear)
    LN_SET(node, ResizeBilinearOptions, half_pixel_centers, 1);
  else
    LN_SET(node, ResizeNearestNeighborOptions, half_pixel_centers, 1);
  return ln_build_done(node, name, 1);
}

/* The extents of a picture whose height or width is not known, as Keras computes them: its own, and those that it has
 * in the wanted aspect ratio, less or more. */
static ln_tensor* other_extents(const ln_form* f, ln_tensor* own, const int32_t size[2], bool more) {
  static const int32_t kReversed[] = {1, 0};
  const float turned[] = {(float)size[1], (float)size[0]};
  const int32_t two[] = {2};
  ln_tensor* other =
      ln_form_gather(f, own, ln_graph_ints(f->b.subgraph, ln_form_name(f, "turn"), 2, kReversed), 0, 0, "turned");
  other =
      ln_form_binary(f, LN_OP_MUL, other, ln_graph_ints(f->b.subgraph, ln_form_name(f, "wanted"), 2, size), "times");
  other = ln_form_binary(
      f, LN_OP_DIV, ln_form_cast(f, other, LN_TYPE_FLOAT32, "as_float"),
      ln_form_floats(f, 1, two, ln_job_copy(f->b.subgraph->graph->job, turned, sizeof turned), "ratio"), "scaled");
  other = ln_form_cast(f, other, LN_TYPE_INT32, "whole");
  if (more) return ln_form_binary(f, LN_OP_MAXIMUM, own, other, "padded_extents");
  return ln_form_number(f, LN_OP_MAXIMUM, ln_form_binary(f, LN_OP_MINIMUM, own, other, "less"), 1, "cropped_extents");
}

/* first, the two numbers of `middle`, last. */
static ln_tensor* of_picture(const ln_form* f, int32_t first, ln_tensor* middle, int32_t last, const char* what) {
  ln_tensor* const parts[] = {ln_graph_ints(f->b.subgraph, ln_form_name(f, "first"), 1, &first), middle,
                              ln_graph_ints(f->b.subgraph, ln_form_name(f, "last"), 1, &last)};
  return ln_form_concat(f, 3, parts, 0, what);
}

static ln_tensor* own_extents(const ln_form* f, ln_tensor* x) {
  static const int32_t kHeightAndWidth[] = {LN_DIM_OF(1), LN_DIM_OF(2)};
  return ln_form_shape(f, x, 2, kHeightAndWidth, "extents");
}

static ln_tensor* cut(const ln_form* f, ln_tensor* x, ln_tensor* begin, ln_tensor* size, const char* what) {
  ln_tensor* const inputs[] = {x, begin, size};
  return ln_build_done(ln_build_node(&f->b, LN_OP_SLICE, 3, inputs), ln_form_name(f, what), 1);
}

static ln_tensor* to_computed_ratio(ln_keras_call* call, ln_tensor* x, const int32_t size[2], bool pad) {
  static const int32_t kColumn[] = {4, 1}, kTwice[] = {1, 2};
  const ln_form f = ln_keras_form(call);
  ln_tensor* own = own_extents(&f, x);
  ln_tensor* wanted = other_extents(&f, own, size, pad);
  ln_tensor* apart =
      pad ? ln_form_binary(&f, LN_OP_SUB, wanted, own, "apart") : ln_form_binary(&f, LN_OP_SUB, own, wanted, "apart");
  ln_tensor* half = of_picture(&f, 0, ln_form_number(&f, LN_OP_FLOOR_DIV, apart, 2, "half"), 0, "begin");
  if (!pad) return cut(&f, x, half, of_picture(&f, -1, wanted, -1, "size"), "middle");
  ln_tensor* pads = ln_form_binary(&f, LN_OP_TILE, ln_build_reshape(&f.b, half, 2, kColumn, ln_form_name(&f, "column")),
                                   ln_graph_ints(f.b.subgraph, ln_form_name(&f, "twice"), 2, kTwice), "pads");
  x = ln_form_cast(&f, x, LN_TYPE_FLOAT32, "float");
  ln_tensor* const inputs[] = {x, pads,
                               ln_form_scalar(&f, LN_TYPE_FLOAT32, ln_keras_number(call, "fill_value", 0), "fill")};
  return ln_build_done(ln_build_node(&f.b, LN_OP_PADV2, 3, inputs), ln_form_name(&f, "bordered"), 1);
}

ln_tensor* ln_keras_to_aspect_ratio(ln_keras_call* call, ln_tensor* x, const int32_t size[2], bool pad) {
  const int32_t own[] = {ln_dim(x, 1), ln_dim(x, 2)};
  int32_t begin[4] = {0}, wanted[4] = {-1, 0, 0, -1}, pads[8] = {0};
  if (size[0] < 1 || size[1] < 1) {
    ln_keras_fail(call, "its size is %d x %d; at least 1 x 1 is right", size[0], size[1]);
    return NULL;
  }
  if (own[0] < 1 || own[1] < 1) return to_computed_ratio(call, x, size, pad);
  for (int i = 0; i < 2; ++i) {
    const int64_t scaled = (int64_t)own[1 - i] * size[i] / size[1 - i];
    const int32_t other = scaled > INT32_MAX ? INT32_MAX : scaled < 1 ? 1 : (int32_t)scaled;
    wanted[i + 1] = pad ? (other > own[i] ? other : own[i]) : (other < own[i] ? other : own[i]);
    begin[i + 1] = (own[i] - wanted[i + 1]) / 2;
    pads[2 * i + 2] = (wanted[i + 1] - own[i]) / 2;
    pads[2 * i + 3] = pads[2 * i + 2]; /* as Keras does, also where one more would fit */
  }
  if (!pad) return ln_build_slice(&call->b, x, begin, wanted, ln_keras_name(call, "middle"));
  x = ln_build_cast(&call->b, x, LN_TYPE_FLOAT32, ln_keras_name(call, "float"));
  const double value = ln_keras_number(call, "fill_value", 0);
  return ln_build_pad(&call->b, x, pads,
                      value != 0 ? ln_graph_float(call->b.subgraph, ln_keras_name(call, "fill"), (float)value) : NULL,
                      ln_keras_name(call, "bordered"));
}

static void resizing(ln_keras_call* call) {
  ln_tensor* x = ln_keras_to_last(call, call->in[0]);
  if (!check_picture(call, x)) return;
  const int32_t size[] = {ln_keras_int(call, "height", -1), ln_keras_int(call, "width", -1)};
  if (ln_keras_flag(call, "crop_to_aspect_ratio", false)) {
    x = ln_keras_to_aspect_ratio(call, x, size, false);
  } else if (ln_keras_flag(call, "pad_to_aspect_ratio", false)) {
    x = ln_keras_to_aspect_ratio(call, x, size, true);
  }
  if (x == NULL) return;
  ln_tensor* y = ln_keras_resize(call, x, size[0], size[1], ln_keras_string(call, "interpolation", "bilinear"),
                                 ln_keras_flag(call, "antialias", false),
                                 ln_keras_channels_first(call) ? ln_keras_name(call, "resized") : call->name);
  if (y != NULL) ln_keras_return(call, ln_keras_to_first(call, y, call->name));
}

static void center_crop(ln_keras_call* call) {
  ln_tensor* x = ln_keras_to_last(call, call->in[0]);
  const int32_t size[] = {-1, ln_keras_int(call, "height", -1), ln_keras_int(call, "width", -1), -1};
  int32_t begin[4] = {0};
  if (!check_picture(call, x)) return;
  x = ln_build_cast(&call->b, x, LN_TYPE_FLOAT32, ln_keras_name(call, "float"));
  const char* name = ln_keras_channels_first(call) ? ln_keras_name(call, "cropped") : call->name;
  bool smaller = false;
  const bool known = ln_dim(x, 1) > 0 && ln_dim(x, 2) > 0;
  for (int i = 1; i < 3; ++i) {
    if (size[i] < 1) {
      ln_keras_fail(call, "it crops %d of %d; at least 1 is right", size[i], ln_dim(x, i));
      return;
    }
    begin[i] = (ln_dim(x, i) - size[i]) / 2;
    smaller = smaller || ln_dim(x, i) < size[i];
  }
  if (!known) { /* what is too small when the model runs is refused there */
    const ln_form f = ln_keras_form(call);
    ln_tensor* apart = ln_form_binary(&f, LN_OP_SUB, own_extents(&f, x),
                                      ln_graph_ints(f.b.subgraph, ln_form_name(&f, "size"), 2, size + 1), "apart");
    ln_tensor* half = of_picture(&f, 0, ln_form_number(&f, LN_OP_FLOOR_DIV, apart, 2, "half"), 0, "begin");
    x = cut(&f, x, half, ln_graph_ints(f.b.subgraph, ln_form_name(&f, "all"), 4, size), "middle");
    const int32_t dims[] = {-1, size[1], size[2], ln_dim(x, 3)};
    if (!x->broken) ln_tensor_set_shape(x, 4, dims);
    ln_keras_return(call, ln_keras_to_first(call, x, call->name));
    return;
  }
  /* What is too small is enlarged. */
  ln_tensor* y = smaller ? ln_keras_resize(call, ln_keras_to_aspect_ratio(call, x, size + 1, false), size[1], size[2],
                                           "bilinear", false, name)
                         : ln_build_slice(&call->b, x, begin, size, name);
  if (y != NULL) ln_keras_return(call, ln_keras_to_first(call, y, call->name));
}

void ln_keras_encode(ln_keras_call* call, ln_tensor* x, int32_t depth, ln_tensor* idf) {
  const char* mode = ln_keras_string(call, "output_mode", "int");
  if (strcmp(mode, "int") == 0) {
    ln_keras_return(call, x);
    return;
  }
  const bool one_hot = strcmp(mode, "one_hot") == 0, count = idf != NULL || strcmp(mode, "count") == 0;
  if ((!one_hot && !count && strcmp(mode, "multi_hot") != 0) || depth < 1 || call->in_count > (count ? 2 : 1) ||
      x->rank < 1) {
    ln_keras_fail(call, "output_mode \"%s\" with %d categories cannot be converted", mode, depth);
    return;
  }
  if (one_hot && ln_dim(x, x->rank - 1) == 1 && x->rank > 1) {
    int32_t dims[LN_MAX_DIMS];
    for (int i = 0; i < x->rank - 1; ++i) dims[i] = LN_KERAS_DIM(i);
    x = ln_keras_reshape(call, x, x->rank - 1, dims, ln_keras_name(call, "flat"));
  }
  ln_tensor* const inputs[] = {ln_build_cast(&call->b, x, LN_TYPE_INT32, ln_keras_name(call, "indices")),
                               ln_graph_int(call->b.subgraph, ln_keras_name(call, "depth"), depth),
                               ln_graph_float(call->b.subgraph, ln_keras_name(call, "on"), 1),
                               ln_graph_float(call->b.subgraph, ln_keras_name(call, "off"), 0)};
  ln_node* node = ln_build_node(&call->b, LN_OP_ONE_HOT, 4, inputs);
  LN_SET(node, OneHotOptions, axis, -1);
  ln_tensor* y = ln_build_done(node, one_hot ? call->name : ln_keras_name(call, "one_hot"), 1);
  const int32_t axes[] = {x->rank > 1 ? 1 : 0};
  if (call->in_count > 1) { /* what each category counts */
    ln_tensor* weights = ln_build_cast(&call->b, call->in[1], LN_TYPE_FLOAT32, ln_keras_name(call, "weights"));
    weights =
        ln_build_binary(&call->b, LN_OP_EXPAND_DIMS, weights,
                        ln_graph_int(call->b.subgraph, ln_keras_name(call, "axis"), -1), ln_keras_name(call, "column"));
    y = ln_build_binary(&call->b, LN_OP_MUL, y, weights, ln_keras_name(call, "weighted"));
  }
  if (!one_hot)
    y = ln_build_reduce(&call->b, count ? LN_OP_SUM : LN_OP_REDUCE_MAX, y, 1, axes, false,
                        idf != NULL ? ln_keras_name(call, "counts") : call->name);
  if (idf != NULL) y = ln_keras_binary(call, LN_OP_MUL, y, idf, NULL);
  ln_keras_return(call, y);
}

static void category_encoding(ln_keras_call* call) {
  ln_keras_encode(call, call->in[0], ln_keras_int(call, "num_tokens", -1), NULL);
}

/* The number of boundaries that are not above x. */
static void discretization(ln_keras_call* call) {
  ln_tensor* x = call->in[0];
  ln_tensor* bounds = ln_keras_operand(call, ln_keras_get(call, "bin_boundaries"), LN_TYPE_FLOAT32);
  if (bounds == NULL || bounds->rank != 1 || x->rank + 1 > LN_MAX_DIMS) {
    ln_keras_fail(call, "it has no bin_boundaries: it was never adapted");
    return;
  }
  const int32_t axes[] = {x->rank};
  x = ln_build_cast(&call->b, x, LN_TYPE_FLOAT32, ln_keras_name(call, "float"));
  ln_tensor* column = ln_build_binary(&call->b, LN_OP_EXPAND_DIMS, x,
                                      ln_graph_int(call->b.subgraph, ln_keras_name(call, "axis"), axes[0]),
                                      ln_keras_name(call, "column"));
  ln_tensor* above = ln_build_binary(&call->b, LN_OP_GREATER_EQUAL, column, bounds, ln_keras_name(call, "above"));
  above = ln_build_cast(&call->b, above, LN_TYPE_INT32, ln_keras_name(call, "counts"));
  ln_keras_encode(call, ln_build_reduce(&call->b, LN_OP_SUM, above, 1, axes, false, ln_keras_name(call, "bin")),
                  ln_dim(bounds, 0) + 1, NULL);
}

static ln_tensor* to_range(const ln_form* f, ln_tensor* x, const double from[2], const double to[2], const char* what) {
  if (from[0] == to[0] && from[1] == to[1]) return x;
  x = ln_form_number(f, LN_OP_DIV, ln_form_number(f, LN_OP_SUB, x, from[0], "from_0"), from[1] - from[0], "to_1");
  return ln_form_number(f, LN_OP_ADD, ln_form_number(f, LN_OP_MUL, x, to[1] - to[0], "scaled"), to[0], what);
}

/* Each channel of each picture from the least to the largest value that pixels can have. */
static void auto_contrast(ln_keras_call* call) {
  static const int32_t kPlane[] = {1, 2};
  static const double kBytes[] = {0, 255};
  double range[] = {0, 255};
  const ln_form f = ln_keras_form(call);
  const cJSON* given = ln_keras_get(call, "value_range");
  for (int i = 0; i < 2 && cJSON_IsArray(given); ++i)
    if (cJSON_IsNumber(cJSON_GetArrayItem(given, i))) range[i] = cJSON_GetArrayItem(given, i)->valuedouble;
  if (!check_picture(call, call->in[0])) return;
  ln_tensor* original = ln_form_cast(&f, call->in[0], LN_TYPE_FLOAT32, "float");
  ln_tensor* x = to_range(&f, original, range, kBytes, "bytes");
  ln_tensor* low = ln_build_reduce(&f.b, LN_OP_REDUCE_MIN, x, 2, kPlane, true, ln_form_name(&f, "low"));
  ln_tensor* high = ln_build_reduce(&f.b, LN_OP_REDUCE_MAX, x, 2, kPlane, true, ln_form_name(&f, "high"));
  ln_tensor* between = ln_form_binary(&f, LN_OP_SUB, high, low, "between");
  ln_tensor* scale = ln_form_binary(&f, LN_OP_DIV, ln_form_scalar(&f, LN_TYPE_FLOAT32, 255, "most"), between, "scale");
  ln_tensor* offset = ln_form_binary(&f, LN_OP_MUL, ln_form_unary(&f, LN_OP_NEG, low, "negative_low"), scale, "offset");
  ln_tensor* y = ln_form_binary(&f, LN_OP_ADD, ln_form_binary(&f, LN_OP_MUL, x, scale, "stretched"), offset, "shifted");
  y = ln_form_number(&f, LN_OP_MINIMUM, ln_form_number(&f, LN_OP_MAXIMUM, y, 0, "from_black"), 255, "to_white");
  y = to_range(&f, y, kBytes, range, "in_range");
  /* A channel of one value, for which the scale is no number, stays. */
  ln_keras_return(call,
                  ln_form_choose(&f, ln_form_number(&f, LN_OP_GREATER, between, 0, "has_contrast"), y, original, NULL));
}

const ln_keras_lowering ln_keras_preprocessing[] = {
    {"AutoContrast", auto_contrast, 0, 0},    {"Resizing", resizing, 0, 0},
    {"CenterCrop", center_crop, 0, 0},        {"CategoryEncoding", category_encoding, 0, 0},
    {"Discretization", discretization, 0, 0}, {NULL, NULL, 0, 0},
};
