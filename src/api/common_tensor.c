/* TfLiteTensor's own functions: its data, its copies, what is known of where and when its data lives. */
#include <string.h>

#include "base/alloc.h"
#include "tensorflow/lite/c/common.h"

const char* TfLiteTypeGetName(TfLiteType type) {
  static const char* const kNames[] = {
      [kTfLiteNoType] = "NOTYPE",
      [kTfLiteFloat32] = "FLOAT32",
      [kTfLiteInt32] = "INT32",
      [kTfLiteUInt8] = "UINT8",
      [kTfLiteInt64] = "INT64",
      [kTfLiteString] = "STRING",
      [kTfLiteBool] = "BOOL",
      [kTfLiteInt16] = "INT16",
      [kTfLiteComplex64] = "COMPLEX64",
      [kTfLiteInt8] = "INT8",
      [kTfLiteFloat16] = "FLOAT16",
      [kTfLiteFloat64] = "FLOAT64",
      [kTfLiteComplex128] = "COMPLEX128",
      [kTfLiteUInt64] = "UINT64",
      [kTfLiteResource] = "RESOURCE",
      [kTfLiteVariant] = "VARIANT",
      [kTfLiteUInt32] = "UINT32",
      [kTfLiteUInt16] = "UINT16",
      [kTfLiteInt4] = "INT4",
      [kTfLiteBFloat16] = "BFLOAT16",
      [kTfLiteInt2] = "INT2",
      [kTfLiteUInt4] = "UINT4",
      [kTfLiteFloat8E4M3FN] = "FLOAT8E4M3FN",
      [kTfLiteFloat8E5M2] = "FLOAT8E5M2",
  };
  const size_t index = (size_t)type;
  return index < sizeof kNames / sizeof kNames[0] && kNames[index] != NULL ? kNames[index] : "Unknown type";
}

static bool owns_data(const TfLiteTensor* t) {
  return t->allocation_type == kTfLiteDynamic || t->allocation_type == kTfLitePersistentRo;
}

static void deallocate(void* data, size_t bytes, TfLiteAllocator* allocator) {
  if (allocator != NULL)
    allocator->deallocate(allocator->data, data, bytes, 1);
  else
    ln_free(data);
}

void TfLiteTensorDataFreeWithAllocator(TfLiteTensor* t, TfLiteAllocator* allocator) {
  if (t == NULL) return;
  if (owns_data(t) && t->data.raw != NULL) deallocate(t->data.raw, t->bytes, allocator);
  t->data.raw = NULL;
}

void TfLiteTensorDataFree(TfLiteTensor* t) { TfLiteTensorDataFreeWithAllocator(t, NULL); }

void TfLiteQuantizationFree(TfLiteQuantization* quantization) {
  if (quantization == NULL) return;
  if (quantization->type == kTfLiteAffineQuantization && quantization->params != NULL) {
    TfLiteAffineQuantization* affine = quantization->params;
    TfLiteFloatArrayFree(affine->scale);
    TfLiteIntArrayFree(affine->zero_point);
  } else if (quantization->type == kTfLiteMultiAxisQuantization && quantization->params != NULL) {
    TfLiteIntArrayFree(((TfLiteMultiAxisQuantization*)quantization->params)->quantized_dimensions);
  }
  ln_free(quantization->params);
  quantization->params = NULL;
  quantization->type = kTfLiteNoQuantization;
}

void TfLiteSparsityFree(TfLiteSparsity* sparsity) {
  if (sparsity == NULL) return;
  TfLiteIntArrayFree(sparsity->traversal_order);
  TfLiteIntArrayFree(sparsity->block_map);
  for (int i = 0; sparsity->dim_metadata != NULL && i < sparsity->dim_metadata_size; ++i) {
    if (sparsity->dim_metadata[i].format != kTfLiteDimSparseCSR) continue;
    TfLiteIntArrayFree(sparsity->dim_metadata[i].array_segments);
    TfLiteIntArrayFree(sparsity->dim_metadata[i].array_indices);
  }
  ln_free(sparsity->dim_metadata);
  ln_free(sparsity);
}

void TfLiteTensorFree(TfLiteTensor* t) {
  if (t == NULL) return;
  TfLiteTensorDataFree(t);
  TfLiteIntArrayFree(t->dims);
  t->dims = NULL;
  TfLiteIntArrayFree((TfLiteIntArray*)(uintptr_t)t->dims_signature);
  t->dims_signature = NULL;
  TfLiteQuantizationFree(&t->quantization);
  TfLiteSparsityFree(t->sparsity);
  t->sparsity = NULL;
}

void TfLiteTensorReset(TfLiteType type, const char* name, TfLiteIntArray* dims, TfLiteQuantizationParams quantization,
                       char* buffer, size_t size, TfLiteAllocationType allocation_type, const void* allocation,
                       bool is_variable, TfLiteTensor* tensor) {
  if (tensor == NULL) return;
  TfLiteTensorFree(tensor);
  tensor->type = type;
  tensor->name = name;
  tensor->dims = dims;
  tensor->params = quantization;
  tensor->data.raw = buffer;
  tensor->bytes = size;
  tensor->allocation_type = allocation_type;
  tensor->allocation = allocation;
  tensor->is_variable = is_variable;
}

TfLiteStatus TfLiteTensorCopy(const TfLiteTensor* src, TfLiteTensor* dst) {
  if (src == NULL || dst == NULL || src == dst) return kTfLiteOk;
  if (src->bytes != dst->bytes) return kTfLiteError;
  TfLiteIntArray* dims = TfLiteIntArrayCopy(src->dims);
  if (dims == NULL && src->dims != NULL) return kTfLiteError;
  TfLiteIntArrayFree(dst->dims);
  dst->dims = dims;
  dst->type = src->type;
  if (src->bytes > 0 && src->data.raw != NULL && dst->data.raw != NULL)
    memmove(dst->data.raw, src->data.raw, src->bytes);
  dst->buffer_handle = src->buffer_handle;
  dst->data_is_stale = src->data_is_stale;
  dst->delegate = src->delegate;
  return kTfLiteOk;
}

static bool clone_affine(const TfLiteAffineQuantization* from, TfLiteQuantization* to) {
  TfLiteAffineQuantization* copy = ln_calloc(1, sizeof *copy);
  to->params = copy;
  if (copy == NULL) return false;
  to->type = kTfLiteAffineQuantization;
  copy->quantized_dimension = from->quantized_dimension;
  copy->scale = TfLiteFloatArrayCopy(from->scale);
  copy->zero_point = TfLiteIntArrayCopy(from->zero_point);
  return (copy->scale != NULL || from->scale == NULL) && (copy->zero_point != NULL || from->zero_point == NULL);
}

static bool clone_quantization(const TfLiteQuantization* from, TfLiteQuantization* to) {
  *to = (TfLiteQuantization){kTfLiteNoQuantization, NULL};
  if (from->params == NULL) return true;
  if (from->type == kTfLiteAffineQuantization) return clone_affine(from->params, to);
  const bool multi = from->type == kTfLiteMultiAxisQuantization;
  const size_t bytes = multi ? sizeof(TfLiteMultiAxisQuantization) : sizeof(TfLiteBlockwiseQuantization);
  to->params = ln_malloc(bytes);
  if (to->params == NULL) return false;
  memcpy(to->params, from->params, bytes);
  to->type = from->type;
  if (!multi) return true;
  TfLiteMultiAxisQuantization* copy = to->params;
  const TfLiteIntArray* dims = copy->quantized_dimensions;
  copy->quantized_dimensions = TfLiteIntArrayCopy(dims);
  return copy->quantized_dimensions != NULL || dims == NULL;
}

static TfLiteSparsity* clone_sparsity(const TfLiteSparsity* from) {
  TfLiteSparsity* copy = from != NULL ? ln_calloc(1, sizeof *copy) : NULL;
  if (copy == NULL) return NULL;
  copy->traversal_order = TfLiteIntArrayCopy(from->traversal_order);
  copy->block_map = TfLiteIntArrayCopy(from->block_map);
  copy->dim_metadata = ln_calloc((size_t)from->dim_metadata_size, sizeof *copy->dim_metadata);
  if (copy->dim_metadata == NULL) return copy;
  copy->dim_metadata_size = from->dim_metadata_size;
  for (int i = 0; i < from->dim_metadata_size; ++i) {
    copy->dim_metadata[i] = from->dim_metadata[i];
    copy->dim_metadata[i].array_segments = TfLiteIntArrayCopy(from->dim_metadata[i].array_segments);
    copy->dim_metadata[i].array_indices = TfLiteIntArrayCopy(from->dim_metadata[i].array_indices);
  }
  return copy;
}

TfLiteTensor TfLiteTensorClone(TfLiteTensor src) {
  TfLiteTensor copy = src;
  copy.dims = TfLiteIntArrayCopy(src.dims);
  copy.dims_signature = TfLiteIntArrayCopy(src.dims_signature);
  clone_quantization(&src.quantization, &copy.quantization);
  copy.sparsity = clone_sparsity(src.sparsity);
  if (!owns_data(&src)) return copy;
  copy.data.raw = src.data.raw != NULL ? ln_malloc(src.bytes) : NULL;
  if (copy.data.raw != NULL)
    memcpy(copy.data.raw, src.data.raw, src.bytes);
  else
    copy.bytes = 0;
  return copy;
}

static void* reallocate(void* data, size_t old_bytes, size_t new_bytes, TfLiteAllocator* allocator) {
  if (allocator == NULL) return ln_realloc(data, new_bytes);
  return allocator->reallocate(allocator->data, data, old_bytes, new_bytes, 1);
}

TfLiteStatus TfLiteTensorResizeMaybeCopyWithAllocator(size_t num_bytes, TfLiteTensor* tensor, bool preserve_data,
                                                      TfLiteAllocator* allocator) {
  if (tensor == NULL || !owns_data(tensor)) return kTfLiteOk;
  if (num_bytes == 0) {
    TfLiteTensorDataFreeWithAllocator(tensor, allocator);
    tensor->bytes = 0;
    return kTfLiteOk;
  }
  if (tensor->data.raw != NULL && !preserve_data && num_bytes > tensor->bytes)
    TfLiteTensorDataFreeWithAllocator(tensor, allocator);
  if (tensor->data.raw == NULL || num_bytes > tensor->bytes) {
    void* data = reallocate(tensor->data.raw, tensor->data.raw != NULL ? tensor->bytes : 0, num_bytes, allocator);
    if (data == NULL) {
      if (tensor->data.raw == NULL) tensor->bytes = 0;
      return kTfLiteError;
    }
    /* What nobody has written must not differ from run to run, nor be read as a string's offsets. */
    const size_t kept = tensor->data.raw != NULL ? tensor->bytes : 0;
    memset((char*)data + kept, 0, num_bytes - kept);
    tensor->data.raw = data;
  }
  tensor->bytes = num_bytes;
  return kTfLiteOk;
}

TfLiteStatus TfLiteTensorResizeMaybeCopy(size_t num_bytes, TfLiteTensor* tensor, bool preserve_data) {
  return TfLiteTensorResizeMaybeCopyWithAllocator(num_bytes, tensor, preserve_data, NULL);
}

TfLiteStatus TfLiteTensorReallocWithAllocator(size_t num_bytes, TfLiteTensor* tensor, TfLiteAllocator* allocator) {
  return TfLiteTensorResizeMaybeCopyWithAllocator(num_bytes, tensor, true, allocator);
}

TfLiteStatus TfLiteTensorRealloc(size_t num_bytes, TfLiteTensor* tensor) {
  return TfLiteTensorReallocWithAllocator(num_bytes, tensor, NULL);
}

const TfLiteIntArray* TfLiteTensorGetDimsSignature(const TfLiteTensor* t) {
  if (t == NULL) return NULL;
  return t->dims_signature != NULL && t->dims_signature->size > 0 ? t->dims_signature : t->dims;
}

TfLiteAllocationStrategy TfLiteTensorGetAllocationStrategy(const TfLiteTensor* t) {
  if (t == NULL) return kTfLiteAllocationStrategyUnknown;
  switch (t->allocation_type) {
    case kTfLiteMemNone:
      return kTfLiteAllocationStrategyNone;
    case kTfLiteMmapRo:
      return kTfLiteAllocationStrategyMMap;
    case kTfLiteArenaRw:
    case kTfLiteArenaRwPersistent:
      return kTfLiteAllocationStrategyArena;
    case kTfLiteDynamic:
      return kTfLiteAllocationStrategyMalloc;
    case kTfLiteVariantObject:
      return kTfLiteAllocationStrategyNew;
    default:
      return kTfLiteAllocationStrategyUnknown;
  }
}

TfLiteRunStability TfLiteTensorGetBufferAddressStability(const TfLiteTensor* t) {
  if (t == NULL) return kTfLiteRunStabilityUnknown;
  switch (t->allocation_type) {
    case kTfLiteMemNone:
    case kTfLiteMmapRo:
    case kTfLiteArenaRwPersistent:
    case kTfLitePersistentRo:
      return kTfLiteRunStabilityAcrossRuns;
    case kTfLiteArenaRw:
    case kTfLiteDynamic:
      return kTfLiteRunStabilityUnstable;
    default:
      return kTfLiteRunStabilityUnknown;
  }
}

TfLiteRunStability TfLiteTensorGetDataStability(const TfLiteTensor* t) {
  if (t == NULL) return kTfLiteRunStabilityUnknown;
  switch (t->allocation_type) {
    case kTfLiteMemNone:
    case kTfLiteMmapRo:
    case kTfLitePersistentRo:
      return kTfLiteRunStabilityAcrossRuns;
    case kTfLiteArenaRw:
    case kTfLiteArenaRwPersistent:
    case kTfLiteDynamic:
      return kTfLiteRunStabilitySingleRun;
    default:
      return kTfLiteRunStabilityUnknown;
  }
}

static TfLiteRunStep known_step(const TfLiteTensor* t) {
  switch (t->allocation_type) {
    case kTfLiteMemNone:
    case kTfLiteMmapRo:
      return kTfLiteRunStepInit;
    case kTfLitePersistentRo:
      return kTfLiteRunStepPrepare;
    case kTfLiteArenaRw:
    case kTfLiteArenaRwPersistent:
    case kTfLiteDynamic:
      return kTfLiteRunStepEval;
    default:
      return kTfLiteRunStepUnknown;
  }
}

TfLiteRunStep TfLiteTensorGetDataKnownStep(const TfLiteTensor* t) {
  return t != NULL ? known_step(t) : kTfLiteRunStepUnknown;
}

TfLiteRunStep TfLiteTensorGetShapeKnownStep(const TfLiteTensor* t) {
  if (t == NULL) return kTfLiteRunStepUnknown;
  const bool arena = t->allocation_type == kTfLiteArenaRw || t->allocation_type == kTfLiteArenaRwPersistent;
  return arena ? kTfLiteRunStepPrepare : known_step(t);
}
