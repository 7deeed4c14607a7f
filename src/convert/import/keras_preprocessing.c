/* Preprocessing of pictures and categories. */
#include <string.h>

#include "convert/import/keras_import.h"

static bool check_picture(ln_keras_call* call, const ln_tensor* x) {
  if (x->rank != 4) ln_keras_fail(call, "its input has rank %d; 4 can be converted", x->rank);
  return x->rank == 4;
}

ln_tensor* ln_keras_resize(ln_keras_call* call, ln_tensor* x, int32_t height, int32_t width, const char* interpolation,
                           const char* name) {
  const int32_t both[] = {height, width};
  const bool bilinear = strcmp(interpolation, "bilinear") == 0;
  if ((!bilinear && strcmp(interpolation, "nearest") != 0) || height < 1 || width < 1) {
    ln_keras_fail(call, "interpolation \"%s\" to %dx%d cannot be converted; nearest and bilinear can", interpolation,
                  height, width);
    return NULL;
  }
  x = ln_build_cast(&call->b, x, LN_TYPE_FLOAT32, ln_keras_name(call, "float"));
  ln_tensor* const inputs[] = {x, ln_graph_ints(call->b.subgraph, ln_keras_name(call, "size"), 2, both)};
  ln_node* node = ln_build_node(&call->b, bilinear ? LN_OP_RESIZE_BILINEAR : LN_OP_RESIZE_NEAREST_NEIGHBOR, 2, inputs);
  if (bilinear)
    LN_SET(node, ResizeBilinearOptions, half_pixel_centers, 1);
  else
    LN_SET(node, ResizeNearestNeighborOptions, half_pixel_centers, 1);
  return ln_build_done(node, name, 1);
}

static void resizing(ln_keras_call* call) {
  ln_tensor* x = ln_keras_to_last(call, call->in[0]);
  if (!check_picture(call, x)) return;
  if (ln_keras_flag(call, "crop_to_aspect_ratio", false) || ln_keras_flag(call, "pad_to_aspect_ratio", false) ||
      ln_keras_flag(call, "antialias", false)) {
    ln_keras_fail(call, "cropping or padding to the aspect ratio, and antialias, cannot be converted");
    return;
  }
  ln_tensor* y = ln_keras_resize(call, x, ln_keras_int(call, "height", -1), ln_keras_int(call, "width", -1),
                                 ln_keras_string(call, "interpolation", "bilinear"),
                                 ln_keras_channels_first(call) ? ln_keras_name(call, "resized") : call->name);
  if (y != NULL) ln_keras_return(call, ln_keras_to_first(call, y, call->name));
}

static void center_crop(ln_keras_call* call) {
  ln_tensor* x = ln_keras_to_last(call, call->in[0]);
  const int32_t size[] = {-1, ln_keras_int(call, "height", -1), ln_keras_int(call, "width", -1), -1};
  int32_t begin[4] = {0};
  if (!check_picture(call, x)) return;
  x = ln_build_cast(&call->b, x, LN_TYPE_FLOAT32, ln_keras_name(call, "float"));
  for (int i = 1; i < 3; ++i) {
    if (ln_dim(x, i) < size[i] || size[i] < 1) {
      ln_keras_fail(call, "it crops %d of %d; the input must be known and at least as large", size[i], ln_dim(x, i));
      return;
    }
    begin[i] = (ln_dim(x, i) - size[i]) / 2;
  }
  ln_tensor* y = ln_build_slice(&call->b, x, begin, size,
                                ln_keras_channels_first(call) ? ln_keras_name(call, "cropped") : call->name);
  ln_keras_return(call, ln_keras_to_first(call, y, call->name));
}

void ln_keras_encode(ln_keras_call* call, ln_tensor* x, int32_t depth) {
  const char* mode = ln_keras_string(call, "output_mode", "int");
  if (strcmp(mode, "int") == 0) {
    ln_keras_return(call, x);
    return;
  }
  const bool one_hot = strcmp(mode, "one_hot") == 0, count = strcmp(mode, "count") == 0;
  if ((!one_hot && !count && strcmp(mode, "multi_hot") != 0) || depth < 1 || call->in_count > 1 || x->rank < 1) {
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
  const int32_t axes[] = {y->rank - 2};
  if (!one_hot && axes[0] >= 0)
    y = ln_build_reduce(&call->b, count ? LN_OP_SUM : LN_OP_REDUCE_MAX, y, 1, axes, false, call->name);
  ln_keras_return(call, y);
}

static void category_encoding(ln_keras_call* call) {
  ln_keras_encode(call, call->in[0], ln_keras_int(call, "num_tokens", -1));
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
                  ln_dim(bounds, 0) + 1);
}

const ln_keras_lowering ln_keras_preprocessing[] = {
    {"Resizing", resizing, 0, 0},
    {"CenterCrop", center_crop, 0, 0},
    {"CategoryEncoding", category_encoding, 0, 0},
    {"Discretization", discretization, 0, 0},
    {NULL, NULL, 0, 0},
};
