/* Tensors: shape, data, quantization, sparsity. */
#include <math.h>
#include <string.h>

#include "model/load.h"

enum { TYPE_STRING = 5, TYPE_RESOURCE = 13, TYPE_VARIANT = 14, DETAILS_BLOCKWISE = 2, DETAILS_MULTI_AXIS = 3 };

typedef struct place {
  int32_t subgraph, tensor;
  const char* name;
} place;

#define PLACE "Subgraph %d, tensor %d \"%s\": "
#define PLACE_ARGS(p) (p)->subgraph, (p)->tensor, (p)->name

/* A vector of floats or int64 in place where it is aligned, else copied; elements of `width` bytes. */
static bool load_wide(ln_loader* loader, ln_fb_vector vector, size_t width, const void** data) {
  *data = vector.data;
  if (vector.count == 0 || (uintptr_t)vector.data % width == 0) return true;
  void* copy = ln_load_alloc(loader, vector.count, width);
  if (copy == NULL) return false;
  memcpy(copy, vector.data, vector.count * width);
  *data = copy;
  return true;
}

static bool is_quantized_type(uint8_t type) {
  const char* name = ln_tensor_type_name(type);
  return strstr(name, "INT") != NULL;
}

static bool zero_point_fits(uint8_t type, int64_t value) {
  static const struct {
    uint8_t type;
    int32_t low, high;
  } kRanges[] = {{3, 0, 255}, {9, -128, 127}, {7, -32768, 32767}, {17, -8, 7},
                 {19, -2, 1}, {20, 0, 15},    {16, 0, 65535}};
  for (size_t i = 0; i < sizeof kRanges / sizeof kRanges[0]; ++i)
    if (kRanges[i].type == type) return value >= kRanges[i].low && value <= kRanges[i].high;
  return value >= INT32_MIN / 2 && value <= INT32_MAX / 2;
}

static bool check_quantization(ln_loader* loader, const place* p, ln_model_tensor* t) {
  ln_model_quantization* q = &t->quantization;
  if (q->scale_count > 1) {
    /* Some writers put the weights' dimension on the bias: where it cannot be, the one dimension that fits counts. */
    int32_t dim = q->quantized_dimension;
    if (dim < 0 || dim >= t->shape.count || t->shape.data[dim] != q->scale_count)
      for (dim = 0; dim < t->shape.count && t->shape.data[dim] != q->scale_count;) ++dim;
    if (dim >= t->shape.count)
      return ln_load_fail(loader, PLACE "%d scales; 1 or as many as a dimension's extent are right.", PLACE_ARGS(p),
                          q->scale_count);
    q->quantized_dimension = dim;
  } else {
    q->quantized_dimension = 0;
  }
  if (q->zero_point_count != 0 && q->zero_point_count != 1 && q->zero_point_count != q->scale_count)
    return ln_load_fail(loader, PLACE "%d zero points for %d scales.", PLACE_ARGS(p), q->zero_point_count,
                        q->scale_count);
  if (!is_quantized_type(t->type)) return true;
  for (int32_t i = 0; i < q->scale_count; ++i)
    if (!isfinite(q->scales[i]) || q->scales[i] < 0)
      return ln_load_fail(loader, PLACE "scale %d is %g; it must be finite and at least 0.", PLACE_ARGS(p), i,
                          (double)q->scales[i]);
  for (int32_t i = 0; i < q->zero_point_count; ++i)
    if (!zero_point_fits(t->type, q->zero_points[i]))
      return ln_load_fail(loader, PLACE "zero point %d is %lld; %s cannot hold it.", PLACE_ARGS(p), i,
                          (long long)q->zero_points[i], ln_tensor_type_name(t->type));
  return true;
}

static bool load_quantization(ln_loader* loader, const place* p, ln_fb_table table, ln_model_tensor* t) {
  if (table.buf == NULL) return true;
  ln_model_quantization* q = &t->quantization;
  const ln_fb_vector scales = ln_fb_get_vector(table, 2), zero_points = ln_fb_get_vector(table, 3);
  const void *scale_data, *zero_point_data;
  if (!load_wide(loader, scales, sizeof(float), &scale_data) ||
      !load_wide(loader, zero_points, sizeof(int64_t), &zero_point_data))
    return false;
  q->details_type = ln_fb_u8(table, 4, 0);
  q->quantized_dimension = ln_fb_i32(table, 6, 0);
  q->block_scales_tensor = q->block_zero_points_tensor = -1;
  if (q->details_type == DETAILS_BLOCKWISE || q->details_type == DETAILS_MULTI_AXIS) {
    const ln_fb_table details = ln_fb_sub_table(table, 5);
    q->present = true;
    q->block_scales_tensor = ln_fb_i32(details, 0, 0);
    q->block_zero_points_tensor = ln_fb_i32(details, 1, 0);
    q->block_size = ln_fb_i32(details, 2, 0);
    return q->details_type != DETAILS_MULTI_AXIS || ln_load_ints(loader, details, 3, &q->block_dimensions);
  }
  if (scales.count == 0) return true;
  q->present = true;
  q->scales = scale_data;
  q->scale_count = (int32_t)scales.count;
  q->zero_points = zero_point_data;
  q->zero_point_count = (int32_t)zero_points.count;
  return check_quantization(loader, p, t);
}

/* A vector of an SparseIndexVector union, widened to int32. */
static bool load_indices(ln_loader* loader, ln_fb_table dim, int tag_slot, ln_i32_span* span) {
  const uint8_t tag = ln_fb_u8(dim, tag_slot, 0);
  const ln_fb_table holder = tag != 0 ? ln_fb_sub_table(dim, tag_slot + 1) : (ln_fb_table){NULL, 0};
  if (tag == 1) return ln_load_ints(loader, holder, 0, span);
  const ln_fb_vector vector = ln_fb_get_vector(holder, 0);
  int32_t* values = ln_load_alloc(loader, vector.count, sizeof(int32_t));
  if (values == NULL) return false;
  for (uint32_t i = 0; i < vector.count; ++i)
    values[i] = tag == 2 ? ln_fb_load_u16(vector.data + 2 * (size_t)i) : vector.data[i];
  *span = (ln_i32_span){values, (int32_t)vector.count};
  return true;
}

/* Compressed rows: segments rise from 0 to the number of indices, and every index is inside the dimension. */
static bool check_compressed(const ln_model_sparse_dim* dim, int64_t extent) {
  if (dim->segments.count < 1 || dim->segments.data[0] != 0) return false;
  for (int32_t i = 1; i < dim->segments.count; ++i)
    if (dim->segments.data[i] < dim->segments.data[i - 1]) return false;
  if (dim->segments.data[dim->segments.count - 1] != dim->indices.count) return false;
  for (int32_t i = 0; i < dim->indices.count; ++i)
    if (dim->indices.data[i] < 0 || dim->indices.data[i] >= extent) return false;
  return true;
}

static bool is_permutation(ln_i32_span order) {
  for (int32_t i = 0; i < order.count; ++i) {
    if (order.data[i] < 0 || order.data[i] >= order.count) return false;
    for (int32_t k = 0; k < i; ++k)
      if (order.data[k] == order.data[i]) return false;
  }
  return true;
}

static bool load_sparsity(ln_loader* loader, const place* p, ln_fb_table table, ln_model_tensor* t) {
  if (table.buf == NULL) return true;
  ln_model_sparsity* s = ln_load_alloc(loader, 1, sizeof *s);
  if (s == NULL) return false;
  if (!ln_load_ints(loader, table, 0, &s->traversal_order) || !ln_load_ints(loader, table, 1, &s->block_map))
    return false;
  const ln_fb_vector dims = ln_fb_get_vector(table, 2);
  s->dims = ln_load_alloc(loader, dims.count, sizeof *s->dims);
  s->dim_count = (int32_t)dims.count;
  if (s->dims == NULL) return false;
  if (s->traversal_order.count != t->shape.count + s->block_map.count || s->dim_count != s->traversal_order.count ||
      s->dim_count > 16 || !is_permutation(s->traversal_order))
    return ln_load_fail(loader, PLACE "the sparsity's traversal order does not fit the shape.", PLACE_ARGS(p));
  for (int32_t i = 0; i < s->block_map.count; ++i)
    if (s->block_map.data[i] < 0 || s->block_map.data[i] >= t->shape.count)
      return ln_load_fail(loader, PLACE "block %d of the sparsity is dimension %d; the tensor has %d.", PLACE_ARGS(p),
                          i, s->block_map.data[i], t->shape.count);
  for (uint32_t i = 0; i < dims.count; ++i) {
    const ln_fb_table dim = ln_fb_vector_table(table, dims, i);
    ln_model_sparse_dim* d = &s->dims[i];
    d->format = (uint8_t)ln_fb_i8(dim, 0, 0);
    d->dense_size = ln_fb_i32(dim, 1, 0);
    const int32_t order = s->traversal_order.data[i];
    const int64_t extent = order < t->shape.count ? t->shape.data[order] : INT32_MAX;
    if (d->format == 1 && (!load_indices(loader, dim, 2, &d->segments) || !load_indices(loader, dim, 4, &d->indices)))
      return false;
    if (d->format > 1 || d->dense_size < 0 || (d->format == 1 && !check_compressed(d, extent)))
      return ln_load_fail(loader, PLACE "sparse dimension %u does not fit the shape.", PLACE_ARGS(p), i);
  }
  t->sparsity = s;
  return true;
}

/* A string tensor's data: a count, count + 1 rising offsets from the start, the bytes. */
static bool check_strings(ln_bytes data, size_t elements) {
  if (data.size < 4) return false;
  const uint64_t count = ln_fb_load_u32(data.data);
  if (count != elements || data.size / 4 < count + 2) return false;
  uint64_t last = 4 * (count + 2);
  for (uint64_t i = 0; i <= count; ++i) {
    const uint64_t offset = ln_fb_load_u32(data.data + 4 + 4 * i);
    if (offset < last || offset > data.size) return false;
    last = offset;
  }
  return true;
}

static bool check_shape(ln_loader* loader, const place* p, const ln_model_tensor* t, size_t* elements) {
  *elements = 1;
  for (int32_t i = 0; i < t->shape.count; ++i) {
    const int32_t extent = t->shape.data[i];
    if (extent < 0)
      return ln_load_fail(loader, PLACE "dimension %d is %d; it must be at least 0.", PLACE_ARGS(p), i, extent);
    if (extent != 0 && *elements > SIZE_MAX / 32 / (size_t)extent)
      return ln_load_fail(loader, "BytesRequired number of elements overflowed. " PLACE "its shape is too large.",
                          PLACE_ARGS(p));
    *elements *= (size_t)extent;
  }
  return true;
}

static bool check_data(ln_loader* loader, const place* p, const ln_model_tensor* t, size_t elements) {
  size_t needed;
  if (t->data.data == NULL || t->sparsity != NULL || t->type == TYPE_RESOURCE || t->type == TYPE_VARIANT) return true;
  if (t->type == TYPE_STRING)
    return check_strings(t->data, elements) ||
           ln_load_fail(loader, PLACE "its constant strings (buffer %u) are malformed.", PLACE_ARGS(p), t->buffer);
  if (!ln_tensor_type_bytes(t->type, elements, &needed))
    return ln_load_fail(loader, PLACE "its size overflows.", PLACE_ARGS(p));
  if (needed != t->data.size)
    return ln_load_fail(loader, PLACE "buffer %u has %zu bytes; %s of this shape takes %zu.", PLACE_ARGS(p), t->buffer,
                        t->data.size, ln_tensor_type_name(t->type), needed);
  return true;
}

bool ln_load_tensor(ln_loader* loader, int32_t subgraph, int32_t index, ln_fb_table table, ln_model_tensor* t) {
  const char* name = ln_fb_string(table, 3);
  const place p = {subgraph, index, name != NULL ? name : ""};
  size_t elements;
  t->name = p.name;
  t->type = (uint8_t)ln_fb_i8(table, 1, 0);
  t->is_variable = ln_fb_bool(table, 5, false);
  t->has_rank = ln_fb_bool(table, 8, false);
  t->has_shape = ln_fb_field(table, 0) != 0;
  t->buffer = ln_fb_u32(table, 2, 0);
  if (strcmp(ln_tensor_type_name(t->type), "UNKNOWN") == 0)
    return ln_load_fail(loader, PLACE "type %d does not exist.", PLACE_ARGS(&p), t->type);
  /* Absent buffers are written as 0; a model may have none at all. */
  if (t->buffer >= (uint32_t)loader->model->buffer_count && t->buffer != 0)
    return ln_load_fail(loader, "Tensor %d specifies an out of range buffer %u (only %d buffers). " PLACE "in the way.",
                        index, t->buffer, loader->model->buffer_count, PLACE_ARGS(&p));
  if (!ln_load_ints(loader, table, 0, &t->shape) || !ln_load_ints(loader, table, 7, &t->shape_signature)) return false;
  if (t->buffer < (uint32_t)loader->model->buffer_count && loader->model->buffers[t->buffer].size > 0)
    t->data = loader->model->buffers[t->buffer];
  if (!check_shape(loader, &p, t, &elements)) return false;
  if (t->shape_signature.count != 0 && t->shape_signature.count != t->shape.count)
    return ln_load_fail(loader, PLACE "the shape signature has rank %d, the shape %d.", PLACE_ARGS(&p),
                        t->shape_signature.count, t->shape.count);
  if (t->is_variable && t->data.data != NULL)
    return ln_load_fail(loader,
                        "Tensor %d is a variable tensor with buffer. It's not supported now. " PLACE "buffer %u.",
                        index, PLACE_ARGS(&p), t->buffer);
  return load_quantization(loader, &p, ln_fb_sub_table(table, 4), t) &&
         load_sparsity(loader, &p, ln_fb_sub_table(table, 6), t) && check_data(loader, &p, t, elements);
}
