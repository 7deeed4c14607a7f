/* Layers that move elements: reshapes, pads, crops, upsampling. */
#include <string.h>

#include "convert/import/keras_import.h"
#include "convert/planes.h"

static void flatten(ln_keras_call* call) {
  ln_tensor* x = ln_keras_to_last(call, call->in[0]);
  int64_t count = 1;
  for (int i = 1; i < x->rank; ++i) count = ln_dim_is_known(x, i) && count >= 0 ? count * ln_dim(x, i) : -1;
  const int32_t dims[] = {LN_KERAS_DIM(0), count >= 0 && count <= INT32_MAX ? (int32_t)count : -1};
  ln_keras_return(call, ln_keras_reshape(call, x, 2, dims, call->name));
}

static void reshape(ln_keras_call* call) {
  int32_t dims[LN_MAX_DIMS] = {LN_KERAS_DIM(0)};
  ln_tensor* x = call->in[0];
  int64_t all = 1, rest = 1;
  int open = 0;
  const int count = ln_keras_list(ln_keras_get(call, "target_shape"), LN_MAX_DIMS - 1, dims + 1);
  for (int i = 0; i < x->rank; ++i)
    if (i > 0) all = ln_dim_is_known(x, i) && all >= 0 ? all * ln_dim(x, i) : -1;
  for (int i = 1; i <= count; ++i) {
    if (dims[i] < -1) open = 2;
    if (dims[i] == -1) {
      open += 1;
    } else {
      rest *= dims[i];
      if (rest > INT32_MAX) open = 2;
    }
  }
  if (count < 0 || open > 1 || (open == 0 && all >= 0 && all != rest) || (open == 1 && rest == 0)) {
    ln_keras_fail(call, "its target_shape does not fit its input's");
    return;
  }
  /* The extent left open is known where the input's are: the batch may stay so. */
  for (int i = 1; i <= count; ++i)
    if (dims[i] == -1 && all >= 0 && all / rest <= INT32_MAX) dims[i] = (int32_t)(all / rest);
  if (open == 0 && all < 0 && !ln_dim_is_known(x, 0)) dims[0] = -1;
  ln_keras_return(call, ln_keras_reshape(call, x, count + 1, dims, call->name));
}

static void permute(ln_keras_call* call) {
  int32_t order[LN_MAX_DIMS] = {0};
  bool seen[LN_MAX_DIMS + 1] = {true};
  const ln_tensor* x = call->in[0];
  const int count = ln_keras_list(ln_keras_get(call, "dims"), LN_MAX_DIMS - 1, order + 1);
  bool fits = count == x->rank - 1;
  for (int i = 1; i <= count && fits; ++i) {
    fits = order[i] >= 1 && order[i] <= count && !seen[order[i]];
    if (fits) seen[order[i]] = true;
  }
  if (!fits)
    ln_keras_fail(call, "its dims are no order of the %d dimensions of its input", x->rank - 1);
  else
    ln_keras_return(call, ln_build_transpose(&call->b, call->in[0], order, call->name));
}

static void repeat_vector(ln_keras_call* call) {
  const int32_t dims[] = {LN_KERAS_DIM(0), 1, LN_KERAS_DIM(1)}, times[] = {1, ln_keras_int(call, "n", 1), 1};
  ln_tensor* x = call->in[0];
  if (x->rank != 2 || times[1] < 1) {
    ln_keras_fail(call, "its input has rank %d and n is %d; 2 and a positive number are right", x->rank, times[1]);
    return;
  }
  x = ln_keras_reshape(call, x, 3, dims, ln_keras_name(call, "row"));
  ln_keras_return(call,
                  ln_build_binary(&call->b, LN_OP_TILE, x,
                                  ln_graph_ints(call->b.subgraph, ln_keras_name(call, "times"), 3, times), call->name));
}

/* Two numbers for each spatial dimension: of one number, a number for each, or a pair for each. */
static bool read_pairs(ln_keras_call* call, const char* key, int spatial, int32_t pairs[6]) {
  const cJSON* json = ln_keras_get(call, key);
  for (int i = 0; i < 2 * spatial; ++i) pairs[i] = 1;
  if (cJSON_IsNumber(json)) {
    for (int i = 0; i < 2 * spatial; ++i) pairs[i] = ln_keras_to_int(json, -1);
  } else if (cJSON_IsArray(json) && spatial == 1 && cJSON_GetArraySize(json) == 2 && cJSON_IsNumber(json->child)) {
    pairs[0] = ln_keras_to_int(json->child, -1);
    pairs[1] = ln_keras_to_int(json->child->next, -1);
  } else if (cJSON_IsArray(json) && cJSON_GetArraySize(json) == spatial) {
    int i = 0;
    for (const cJSON* item = json->child; item != NULL; item = item->next, ++i) {
      const cJSON* pair = cJSON_IsArray(item) && cJSON_GetArraySize(item) == 2 ? item->child : NULL;
      pairs[2 * i] = ln_keras_to_int(pair != NULL ? pair : item, -1);
      pairs[2 * i + 1] = ln_keras_to_int(pair != NULL ? pair->next : item, -1);
    }
  } else if (json != NULL) {
    pairs[0] = -1;
  }
  for (int i = 0; i < 2 * spatial; ++i)
    if (pairs[i] < 0) {
      ln_keras_fail(call, "its \"%s\" is no number, list or list of pairs that fits %d dimensions", key, spatial);
      return false;
    }
  return true;
}

static int spatial_of(const ln_keras_call* call) {
  const size_t length = strlen(call->class_name);
  return call->class_name[length - 2] - '0';
}

static bool check_rank(ln_keras_call* call, const ln_tensor* x, int rank) {
  if (x->rank != rank) ln_keras_fail(call, "its input has rank %d; %d is right", x->rank, rank);
  return x->rank == rank;
}

static void zero_padding(ln_keras_call* call) {
  const int spatial = spatial_of(call), first = ln_keras_channels_first(call) ? 2 : 1;
  int32_t pairs[6] = {0}, pads[2 * LN_MAX_DIMS] = {0};
  if (!read_pairs(call, "padding", spatial, pairs) || !check_rank(call, call->in[0], spatial + 2)) return;
  memcpy(pads + 2 * first, pairs, 2 * (size_t)spatial * sizeof pads[0]);
  ln_keras_return(call, ln_build_pad(&call->b, call->in[0], pads, NULL, call->name));
}

static void crop(ln_keras_call* call) {
  const int spatial = spatial_of(call), first = ln_keras_channels_first(call) ? 2 : 1;
  ln_tensor* x = call->in[0];
  int32_t pairs[6] = {0}, begin[LN_MAX_DIMS] = {0}, end[LN_MAX_DIMS] = {0}, ones[LN_MAX_DIMS];
  ln_slice_masks masks = {0};
  if (!read_pairs(call, "cropping", spatial, pairs) || !check_rank(call, x, spatial + 2)) return;
  for (int i = 0; i < x->rank; ++i) {
    const int k = i - first;
    ones[i] = 1;
    if (k >= 0 && k < spatial) {
      begin[i] = pairs[2 * k];
      end[i] = -pairs[2 * k + 1];
      if (ln_dim_is_known(x, i) && (int64_t)begin[i] - end[i] >= ln_dim(x, i)) {
        ln_keras_fail(call, "it crops %d and %d of %d", begin[i], -end[i], ln_dim(x, i));
        return;
      }
    }
    if (end[i] == 0) masks.end |= 1 << i;
  }
  ln_keras_return(call, ln_build_strided_slice(&call->b, x, x->rank, begin, end, ones, &masks, call->name));
}

/* [N,H,W,C] by whole factors. */
static ln_tensor* enlarge(ln_keras_call* call, ln_tensor* x, const int32_t factors[2], bool bilinear,
                          const char* name) {
  ln_tensor* size;
  const int64_t h = (int64_t)ln_dim(x, 1) * factors[0], w = (int64_t)ln_dim(x, 2) * factors[1];
  if (ln_dim_is_known(x, 1) && ln_dim_is_known(x, 2)) {
    const int32_t both[] = {(int32_t)h, (int32_t)w};
    if (h > INT32_MAX || w > INT32_MAX) return x;
    size = ln_graph_ints(call->b.subgraph, ln_keras_name(call, "size"), 2, both);
  } else {
    const int32_t dims[] = {LN_KERAS_DIM(1), LN_KERAS_DIM(2)};
    size = ln_keras_shape(call, x, 2, dims, ln_keras_name(call, "extents"));
    size = ln_build_binary(&call->b, LN_OP_MUL, size,
                           ln_graph_ints(call->b.subgraph, ln_keras_name(call, "factors"), 2, factors),
                           ln_keras_name(call, "size"));
  }
  ln_tensor* const inputs[] = {x, size};
  ln_node* node = ln_build_node(&call->b, bilinear ? LN_OP_RESIZE_BILINEAR : LN_OP_RESIZE_NEAREST_NEIGHBOR, 2, inputs);
  if (bilinear) LN_SET(node, ResizeBilinearOptions, half_pixel_centers, 1);
  return ln_build_done(node, name, 1);
}

/* Of both steps of factors in three dimensions. */
typedef struct volume {
  ln_keras_call* call;
  const int32_t* size;
} volume;

static ln_tensor* enlarge_planes(const ln_form* f, ln_tensor* x, bool of_depth, const void* arg) {
  const volume* v = arg;
  const int32_t depth[] = {v->size[0], 1};
  return of_depth ? enlarge(v->call, x, depth, false, ln_form_name(f, "deeper"))
                  : enlarge(v->call, x, v->size + 1, false, ln_form_name(f, "larger"));
}

static void up_sampling(ln_keras_call* call) {
  const int spatial = spatial_of(call);
  ln_tensor* x = ln_keras_to_last(call, call->in[0]);
  int32_t size[3];
  const char* interpolation = ln_keras_string(call, "interpolation", "nearest");
  const bool bilinear = strcmp(interpolation, "bilinear") == 0;
  if (!ln_keras_ints(call, "size", spatial, 2, size) || !check_rank(call, x, spatial + 2)) return;
  for (int i = 0; i < spatial; ++i)
    if (size[i] < 1 || size[i] > 65536) {
      ln_keras_fail(call, "a size of %d makes no sense", size[i]);
      return;
    }
  const bool by_matrices = !bilinear && strcmp(interpolation, "nearest") != 0;
  const int64_t height = by_matrices ? (int64_t)ln_dim(x, 1) * size[0] : 0,
                width = by_matrices && spatial == 2 ? (int64_t)ln_dim(x, 2) * size[1] : 0;
  if (by_matrices && (spatial != 2 || height < 1 || width < 1 || height > 1 << 26 || width > 1 << 26)) {
    ln_keras_fail(call, "interpolation \"%s\" needs the extents of pictures; nearest and bilinear do without",
                  interpolation);
    return;
  }
  const char* name = ln_keras_channels_first(call) ? ln_keras_name(call, "enlarged") : call->name;
  ln_tensor* y;
  if (spatial == 1) {
    const int32_t wide[] = {LN_KERAS_DIM(0), LN_KERAS_DIM(1), 1, LN_KERAS_DIM(2)}, factors[] = {size[0], 1};
    const int32_t narrow[] = {LN_KERAS_DIM(0), LN_KERAS_DIM(1), LN_KERAS_DIM(3)};
    y = ln_keras_reshape(call, x, 4, wide, ln_keras_name(call, "widened"));
    y = enlarge(call, y, factors, false, ln_keras_name(call, "resized"));
    y = ln_keras_reshape(call, y, 3, narrow, name);
  } else if (by_matrices) {
    y = ln_keras_resize(call, x, (int32_t)height, (int32_t)width, interpolation, false, name);
    if (y == NULL) return;
  } else if (spatial == 2) {
    y = enlarge(call, x, size, bilinear, name);
  } else {
    const ln_form f = {call->b, name};
    const volume v = {call, size};
    y = ln_over_planes(&f, x, enlarge_planes, &v);
  }
  ln_keras_return(call, ln_keras_to_first(call, y, call->name));
}

const ln_keras_lowering ln_keras_shapes[] = {
    {"Flatten", flatten, 0, 0},
    {"Reshape", reshape, 0, 0},
    {"Permute", permute, 0, 0},
    {"RepeatVector", repeat_vector, 0, 0},
    {"ZeroPadding1D", zero_padding, 0, 0},
    {"ZeroPadding2D", zero_padding, 0, 0},
    {"ZeroPadding3D", zero_padding, 0, 0},
    {"Cropping1D", crop, 0, 0},
    {"Cropping2D", crop, 0, 0},
    {"Cropping3D", crop, 0, 0},
    {"UpSampling1D", up_sampling, 0, 0},
    {"UpSampling2D", up_sampling, 0, 0},
    {"UpSampling3D", up_sampling, 0, 0},
    {NULL, NULL, 0, 0},
};
