/* TfLiteIntArray and TfLiteFloatArray. */
#include <string.h>

#include "base/alloc.h"
#include "tensorflow/lite/c/common.h"

size_t TfLiteIntArrayGetSizeInBytes(int size) {
  return size < 0 ? 0 : sizeof(TfLiteIntArray) + sizeof(int) * (size_t)size;
}

TfLiteIntArray* TfLiteIntArrayCreate(int size) {
  const size_t bytes = TfLiteIntArrayGetSizeInBytes(size);
  TfLiteIntArray* array = bytes > 0 ? ln_malloc(bytes) : NULL;
  if (array != NULL) array->size = size;
  return array;
}

int TfLiteIntArrayEqual(const TfLiteIntArray* a, const TfLiteIntArray* b) {
  if (a == b) return 1;
  if (a == NULL || b == NULL) return 0;
  return TfLiteIntArrayEqualsArray(a, b->size, b->data);
}

int TfLiteIntArrayEqualsArray(const TfLiteIntArray* a, int b_size, const int b_data[]) {
  if (a == NULL) return b_size == 0;
  if (a->size != b_size) return 0;
  return b_size == 0 || memcmp(a->data, b_data, sizeof(int) * (size_t)b_size) == 0;
}

TfLiteIntArray* TfLiteIntArrayCopy(const TfLiteIntArray* src) {
  TfLiteIntArray* copy = src != NULL ? TfLiteIntArrayCreate(src->size) : NULL;
  if (copy != NULL) memcpy(copy->data, src->data, sizeof(int) * (size_t)src->size);
  return copy;
}

void TfLiteIntArrayFree(TfLiteIntArray* a) { ln_free(a); }

int TfLiteFloatArrayGetSizeInBytes(int size) {
  return size < 0 ? 0 : (int)(sizeof(TfLiteFloatArray) + sizeof(float) * (size_t)size);
}

TfLiteFloatArray* TfLiteFloatArrayCreate(int size) {
  TfLiteFloatArray* array = size >= 0 ? ln_malloc(sizeof(TfLiteFloatArray) + sizeof(float) * (size_t)size) : NULL;
  if (array != NULL) array->size = size;
  return array;
}

TfLiteFloatArray* TfLiteFloatArrayCopy(const TfLiteFloatArray* src) {
  TfLiteFloatArray* copy = src != NULL ? TfLiteFloatArrayCreate(src->size) : NULL;
  if (copy != NULL) memcpy(copy->data, src->data, sizeof(float) * (size_t)src->size);
  return copy;
}

void TfLiteFloatArrayFree(TfLiteFloatArray* a) { ln_free(a); }
