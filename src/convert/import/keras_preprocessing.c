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

/* The middle of a picture, or one with a border around it, of the shape that it is to get. NULL: noted. */
static ln_tensor* to_aspect_ratio(ln_keras_call* call, ln_tensor* x, const int32_t size[2], bool pad) {
  const int32_t own[] = {ln_dim(x, 1), ln_dim(x, 2)};
  int32_t begin[4] = {0}, wanted[4] = {-1, 0, 0, -1}, pads[8] = {0};
  if (own[0] < 1 || own[1] < 1 || size[0] < 1 || size[1] < 1) {
    ln_keras_fail(call, "it keeps the aspect ratio, for which its input's height and width must be known");
    return NULL;
  }
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
    x = to_aspect_ratio(call, x, size, false);
  } else if (ln_keras_flag(call, "pad_to_aspect_ratio", false)) {
    x = to_aspect_ratio(call, x, size, true);
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
  for (int i = 1; i < 3; ++i) {
    if (ln_dim(x, i) < 1) {
      ln_keras_fail(call, "it crops from the middle, for which its input's height and width must be known");
      return;
    }
    if (size[i] < 1) {
      ln_keras_fail(call, "it crops %d of %d; at least 1 is right", size[i], ln_dim(x, i));
      return;
    }
    begin[i] = (ln_dim(x, i) - size[i]) / 2;
    smaller = smaller || ln_dim(x, i) < size[i];
  }
  /* What is too small is enlarged. */
  ln_tensor* y = smaller ? ln_keras_resize(call, to_aspect_ratio(call, x, size + 1, false), size[1], size[2],
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

const ln_keras_lowering ln_keras_preprocessing[] = {
    {"Resizing", resizing, 0, 0},
    {"CenterCrop", center_crop, 0, 0},
    {"CategoryEncoding", category_encoding, 0, 0},
    {"Discretization", discretization, 0, 0},
    {NULL, NULL, 0, 0},
};
