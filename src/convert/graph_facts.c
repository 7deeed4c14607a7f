/* What can be said of a tensor: its extents, its bytes, the numbers that a constant holds. */
#include <string.h>

#include "base/checked.h"
#include "convert/graph.h"
#include "model/model.h"

bool ln_tensor_is_constant(const ln_tensor* tensor) { return tensor != NULL && tensor->data != NULL; }

bool ln_dim_is_known(const ln_tensor* tensor, int dim) { return tensor->shape[0][dim] == tensor->shape[1][dim]; }

int32_t ln_dim(const ln_tensor* tensor, int dim) { return ln_dim_is_known(tensor, dim) ? tensor->shape[0][dim] : -1; }

bool ln_tensor_is_static(const ln_tensor* tensor) {
  return tensor->rank >= 0 && memcmp(tensor->shape[0], tensor->shape[1], (size_t)tensor->rank * sizeof(int32_t)) == 0;
}

int64_t ln_tensor_elements(const ln_tensor* tensor) {
  if (!ln_tensor_is_static(tensor)) return -1;
  int64_t elements = 1;
  for (int i = 0; i < tensor->rank; ++i) {
    if (tensor->shape[0][i] != 0 && elements > INT64_MAX / tensor->shape[0][i]) return -1;
    elements *= tensor->shape[0][i];
  }
  return elements;
}

size_t ln_tensor_bytes(const ln_tensor* tensor, int which) {
  ln_job* job = tensor->subgraph->graph->job;
  size_t elements = 1, bytes = 0;
  bool fits = true;
  for (int i = 0; i < tensor->rank && fits; ++i)
    fits = tensor->shape[which][i] >= 0 && ln_mul_size(elements, (size_t)tensor->shape[which][i], &elements);
  if (!fits || !ln_tensor_type_bytes(tensor->type, elements, &bytes))
    ln_stop(job, "tensor \"%s\": %s of its shape is too large or has no size", tensor->name,
            ln_tensor_type_name(tensor->type));
  return bytes;
}

bool ln_shapes_equal(const ln_tensor* a, const ln_tensor* b) {
  if (a->rank < 0 || a->rank != b->rank) return false;
  for (int w = 0; w < 2; ++w)
    if (memcmp(a->shape[w], b->shape[w], (size_t)a->rank * sizeof(int32_t)) != 0) return false;
  return true;
}

static bool load_int(int type, const void* data, size_t index, int64_t* number) {
  const unsigned char* bytes = data;
  int32_t i32;
  int16_t i16;
  switch (type) {
    case LN_TYPE_INT32:
      memcpy(&i32, bytes + index * sizeof i32, sizeof i32);
      *number = i32;
      return true;
    case LN_TYPE_INT64:
      memcpy(number, bytes + index * sizeof *number, sizeof *number);
      return true;
    case LN_TYPE_INT16:
      memcpy(&i16, bytes + index * sizeof i16, sizeof i16);
      *number = i16;
      return true;
    case LN_TYPE_INT8:
      *number = (int8_t)bytes[index];
      return true;
    case LN_TYPE_UINT8:
    case LN_TYPE_BOOL:
      *number = bytes[index];
      return true;
    default:
      return false;
  }
}

bool ln_tensor_ints(const ln_tensor* tensor, int count, int64_t* numbers) {
  if (!ln_tensor_is_constant(tensor) || ln_tensor_elements(tensor) != count) return false;
  size_t width;
  if (!ln_tensor_type_bytes(tensor->type, (size_t)count, &width) || width != tensor->data_bytes) return false;
  for (int i = 0; i < count; ++i)
    if (!load_int(tensor->type, tensor->data, (size_t)i, &numbers[i])) return false;
  return true;
}

bool ln_tensor_number(const ln_tensor* tensor, double* number) {
  int64_t integer;
  if (!ln_tensor_is_constant(tensor) || ln_tensor_elements(tensor) != 1) return false;
  if (tensor->type == LN_TYPE_FLOAT32 && tensor->data_bytes == sizeof(float)) {
    float f;
    memcpy(&f, tensor->data, sizeof f);
    *number = (double)f;
    return true;
  }
  if (!ln_tensor_ints(tensor, 1, &integer)) return false;
  *number = (double)integer;
  return true;
}
