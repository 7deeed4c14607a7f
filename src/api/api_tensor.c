/* Tensors as clients see them. */
#include <string.h>

#include "api/objects.h"

TfLiteType TfLiteTensorType(const TfLiteTensor* tensor) { return tensor != NULL ? tensor->type : kTfLiteNoType; }

int32_t TfLiteTensorNumDims(const TfLiteTensor* tensor) {
  if (tensor == NULL || tensor->dims == NULL) return -1;
  return tensor->dims->size;
}

int32_t TfLiteTensorDim(const TfLiteTensor* tensor, int32_t dim_index) {
  if (dim_index < 0 || dim_index >= TfLiteTensorNumDims(tensor)) return -1;
  return tensor->dims->data[dim_index];
}

size_t TfLiteTensorByteSize(const TfLiteTensor* tensor) { return tensor != NULL ? tensor->bytes : 0; }

void* TfLiteTensorData(const TfLiteTensor* tensor) { return tensor != NULL ? tensor->data.data : NULL; }

const char* TfLiteTensorName(const TfLiteTensor* tensor) { return tensor != NULL ? tensor->name : NULL; }

TfLiteQuantizationParams TfLiteTensorQuantizationParams(const TfLiteTensor* tensor) {
  return tensor != NULL ? tensor->params : (TfLiteQuantizationParams){0};
}

/* Constants lie in the file. */
static bool is_read_only(const TfLiteTensor* tensor) { return tensor->allocation_type == kTfLiteMmapRo; }

TfLiteStatus TfLiteTensorCopyFromBuffer(TfLiteTensor* tensor, const void* input_data, size_t input_data_size) {
  if (tensor == NULL || tensor->bytes != input_data_size) return kTfLiteError;
  if (input_data_size == 0) return kTfLiteOk;
  if (tensor->data.raw == NULL || input_data == NULL || is_read_only(tensor)) return kTfLiteError;
  memcpy(tensor->data.raw, input_data, input_data_size);
  tensor->data_is_stale = false;
  return kTfLiteOk;
}

TfLiteStatus TfLiteTensorCopyToBuffer(const TfLiteTensor* output_tensor, void* output_data, size_t output_data_size) {
  if (output_tensor == NULL || output_tensor->bytes != output_data_size) return kTfLiteError;
  if (output_data_size == 0) return kTfLiteOk;
  if (output_tensor->data.raw == NULL || output_data == NULL) return kTfLiteError;
  /* A delegate has the data; a tensor does not know the interpreter that could fetch it. */
  if (output_tensor->delegate != NULL && output_tensor->data_is_stale) return kTfLiteError;
  memcpy(output_data, output_tensor->data.raw, output_data_size);
  return kTfLiteOk;
}
