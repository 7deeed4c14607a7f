/* Tensors: shape, data, quantization. */
#include <math.h>
#include <string.h>

#include "model/load.h"
#include "model/schema.h"

enum { TYPE_STRING = 5, TYPE_RESOURCE = 13, TYPE_VARIANT = 14, DETAILS_BLOCKWISE = 2, DETAILS_MULTI_AXIS = 3 };

typedef struct place {
  int32_t subgraph, tensor;
  const char* name;
} place;

#define PLACE "Subgraph %d, tensor %d \"%s\": "
#define INVALID "BytesRequired number of elements overflowed. Tensor %d is invalidly specified in schema. "
#define PLACE_ARGS(p) (p)->subgraph, (p)->tensor, (p)->name

/* A vector of floats or int64 in place where it is aligned, else copied; elements of `width` bytes. */
static bool load_wide(ln_loader* loader, ln_fb_vector vector, size_t width, const void** data) {
  *data = vector.data;
  if (!ln_load_charge(loader, vector.count * (uint64_t)width)) return false;
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

/* Makes the zero points as many as the scales: none stand for 0, one for all. */
static bool spread_zero_points(ln_loader* loader, ln_model_quantization* q) {
  if (q->zero_point_count == q->scale_count) return true;
  int64_t* spread = ln_load_alloc(loader, (size_t)q->scale_count, sizeof(int64_t));
  if (spread == NULL) return false;
  for (int32_t i = 0; i < q->scale_count && q->zero_point_count == 1; ++i) spread[i] = q->zero_points[0];
  q->zero_points = spread;
  q->zero_point_count = q->scale_count;
  return true;
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
  if (!spread_zero_points(loader, q)) return false;
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
  const ln_fb_vector scales = ln_fb_get_vector(table, LN_SLOT(QuantizationParameters, scale)),
                     zero_points = ln_fb_get_vector(table, LN_SLOT(QuantizationParameters, zero_point));
  const void *scale_data, *zero_point_data;
  if (!load_wide(loader, scales, sizeof(float), &scale_data) ||
      !load_wide(loader, zero_points, sizeof(int64_t), &zero_point_data))
    return false;
  q->details_type = ln_fb_u8(table, LN_SLOT(QuantizationParameters, details_type), 0);
  q->quantized_dimension = ln_fb_i32(table, LN_SLOT(QuantizationParameters, quantized_dimension), 0);
  q->block_scales_tensor = q->block_zero_points_tensor = -1;
  if (q->details_type == DETAILS_BLOCKWISE || q->details_type == DETAILS_MULTI_AXIS) {
    const ln_fb_table details = ln_fb_sub_table(table, LN_SLOT(QuantizationParameters, details));
    q->present = true;
    q->block_scales_tensor = ln_fb_i32(details, LN_SLOT(BlockwiseQuantization, scales), 0);
    q->block_zero_points_tensor = ln_fb_i32(details, LN_SLOT(BlockwiseQuantization, zero_points), 0);
    q->block_size = ln_fb_i32(details, LN_SLOT(BlockwiseQuantization, block_size), 0);
    return q->details_type != DETAILS_MULTI_AXIS ||
           ln_load_ints(loader, details, LN_SLOT(MultiAxisQuantization, quantized_dimensions), &q->block_dimensions);
  }
  if (scales.count == 0) return true;
  q->present = true;
  q->scales = scale_data;
  q->scale_count = (int32_t)scales.count;
  q->zero_points = zero_point_data;
  q->zero_point_count = (int32_t)zero_points.count;
  return check_quantization(loader, p, t);
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
      return ln_load_fail(loader, INVALID PLACE "dimension %d is %d; it must be at least 0.", p->tensor, PLACE_ARGS(p),
                          i, extent);
    if (extent != 0 && *elements > SIZE_MAX / 32 / (size_t)extent)
      return ln_load_fail(loader, INVALID PLACE "its shape is too large.", p->tensor, PLACE_ARGS(p));
    *elements *= (size_t)extent;
  }
  return true;
}

static bool check_data(ln_loader* loader, const place* p, const ln_model_tensor* t, size_t elements) {
  size_t needed;
  if (t->data.data == NULL || t->sparsity != NULL) return true;
  if (t->type == TYPE_RESOURCE || t->type == TYPE_VARIANT)
    return ln_load_fail(loader, PLACE "buffer %u holds data; a %s cannot be a constant.", PLACE_ARGS(p), t->buffer,
                        ln_tensor_type_name(t->type));
  if (t->type == TYPE_STRING)
    return ln_load_charge(loader, t->data.size) &&
           (check_strings(t->data, elements) ||
            ln_load_fail(loader, PLACE "its constant strings (buffer %u) are malformed.", PLACE_ARGS(p), t->buffer));
  if (!ln_tensor_type_bytes(t->type, elements, &needed))
    return ln_load_fail(loader, PLACE "its size overflows.", PLACE_ARGS(p));
  if (needed != t->data.size)
    return ln_load_fail(loader,
                        "Tensor %d is invalidly specified in schema. " PLACE
                        "buffer %u has %zu bytes; %s of this shape takes %zu.",
                        p->tensor, PLACE_ARGS(p), t->buffer, t->data.size, ln_tensor_type_name(t->type), needed);
  return true;
}

/* The tensor's constant data. Where they are not aligned for their type they are moved, once for all that share them.
 */
static bool find_data(ln_loader* loader, ln_model_tensor* t, size_t elements) {
  enum { ALIGNMENT = 8 };
  if (t->buffer >= (uint32_t)loader->model->buffer_count) return true;
  ln_bytes* buffer = &loader->model->buffers[t->buffer];
  if (buffer->data == NULL || (buffer->size == 0 && (elements != 0 || t->type == TYPE_STRING))) return true;
  size_t width = 0;
  if (t->type == TYPE_STRING || !ln_tensor_type_bytes(t->type, 1, &width)) width = sizeof(int32_t);
  if (width > ALIGNMENT) width = ALIGNMENT;
  if ((uintptr_t)buffer->data % width != 0 && buffer->size != 0) {
    void* copy = ln_load_charge(loader, buffer->size) ? ln_load_alloc(loader, buffer->size, 1) : NULL;
    if (copy == NULL) return false;
    memcpy(copy, buffer->data, buffer->size);
    buffer->data = copy;
  }
  t->data = *buffer;
  return true;
}

bool ln_load_tensor(ln_loader* loader, int32_t subgraph, int32_t index, ln_fb_table table, ln_model_tensor* t) {
  const char* name = ln_fb_string(table, LN_SLOT(Tensor, name));
  const place p = {subgraph, index, name != NULL ? name : ""};
  size_t elements;
  t->name = p.name;
  t->type = (uint8_t)ln_fb_i8(table, LN_SLOT(Tensor, type), 0);
  t->is_variable = ln_fb_bool(table, LN_SLOT(Tensor, is_variable), false);
  t->has_rank = ln_fb_bool(table, LN_SLOT(Tensor, has_rank), false);
  t->has_shape = ln_fb_field(table, LN_SLOT(Tensor, shape)) != 0;
  t->buffer = ln_fb_u32(table, LN_SLOT(Tensor, buffer), 0);
  if (strcmp(ln_tensor_type_name(t->type), "UNKNOWN") == 0)
    return ln_load_fail(loader, PLACE "type %d does not exist.", PLACE_ARGS(&p), t->type);
  /* Absent buffers are written as 0; a model may have none at all. */
  if (t->buffer >= (uint32_t)loader->model->buffer_count && t->buffer != 0)
    return ln_load_fail(loader,
                        "Tensor %d specifies an out of range buffer %u (only %d buffers). " PLACE "it must exist.",
                        index, t->buffer, loader->model->buffer_count, PLACE_ARGS(&p));
  if (ln_fb_u32(table, LN_SLOT(Tensor, external_buffer), 0) != 0)
    return ln_load_fail(loader, PLACE "its data are in the external buffer %u, in another file.", PLACE_ARGS(&p),
                        ln_fb_u32(table, LN_SLOT(Tensor, external_buffer), 0));
  if (!ln_load_ints(loader, table, LN_SLOT(Tensor, shape), &t->shape) ||
      !ln_load_ints(loader, table, LN_SLOT(Tensor, shape_signature), &t->shape_signature))
    return false;
  if (!check_shape(loader, &p, t, &elements) || !find_data(loader, t, elements)) return false;
  if (t->shape_signature.count != 0 && t->shape_signature.count != t->shape.count)
    return ln_load_fail(loader, PLACE "the shape signature has rank %d, the shape %d.", PLACE_ARGS(&p),
                        t->shape_signature.count, t->shape.count);
  if (t->is_variable && t->data.data != NULL)
    return ln_load_fail(loader,
                        "Tensor %d is a variable tensor with buffer. It's not supported now. " PLACE "buffer %u.",
                        index, PLACE_ARGS(&p), t->buffer);
  return load_quantization(loader, &p, ln_fb_sub_table(table, LN_SLOT(Tensor, quantization)), t) &&
         ln_load_sparsity(loader, subgraph, index, ln_fb_sub_table(table, LN_SLOT(Tensor, sparsity)), t) &&
         check_data(loader, &p, t, elements);
}
