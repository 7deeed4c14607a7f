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

enum { DATA_ALIGNMENT = 64 }; /* asked of a caller's allocator */

static bool owns_data(const TfLiteTensor* t) {
  return t->allocation_type == kTfLiteDynamic || t->allocation_type == kTfLitePersistentRo;
}

static void deallocate(void* data, size_t bytes, TfLiteAllocator* allocator) {
  if (allocator != NULL)
    allocator->deallocate(allocator->data, data, bytes, DATA_ALIGNMENT);
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
  if (data == NULL) return allocator->allocate(allocator->data, new_bytes, DATA_ALIGNMENT);
  if (allocator->reallocate != NULL)
    return allocator->reallocate(allocator->data, data, old_bytes, new_bytes, DATA_ALIGNMENT);
  void* block = allocator->allocate(allocator->data, new_bytes, DATA_ALIGNMENT);
  if (block == NULL) return NULL;
  memcpy(block, data, old_bytes < new_bytes ? old_bytes : new_bytes);
  deallocate(data, old_bytes, allocator);
  return block;
}

/* Data of no bytes has an address all the same: clients take NULL for a failure. */
TfLiteStatus TfLiteTensorResizeMaybeCopyWithAllocator(size_t num_bytes, TfLiteTensor* tensor, bool preserve_data,
                                                      TfLiteAllocator* allocator) {
  if (tensor == NULL) return kTfLiteError;
  if (!owns_data(tensor)) return kTfLiteOk;
  if (!preserve_data && num_bytes > tensor->bytes) TfLiteTensorDataFreeWithAllocator(tensor, allocator);
  if (tensor->data.raw == NULL || num_bytes > tensor->bytes || num_bytes == 0) {
    const size_t had = tensor->data.raw != NULL ? tensor->bytes : 0;
    void* data = reallocate(tensor->data.raw, had, num_bytes > 0 ? num_bytes : 1, allocator);
    if (data == NULL) {
      if (tensor->data.raw == NULL) tensor->bytes = 0;
      return kTfLiteError;
    }
    /* What nobody has written must not differ from run to run, nor be read as a string's offsets. */
    if (num_bytes > had) memset((char*)data + had, 0, num_bytes - had);
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

/* What the original answers for each kind of allocation; kinds that are not here are unknown in every respect. */
typedef struct allocation_facts {
  TfLiteAllocationStrategy strategy;
  TfLiteRunStability address, data;
  TfLiteRunStep data_known, shape_known;
} allocation_facts;

static allocation_facts facts_of(const TfLiteTensor* t) {
  static const allocation_facts kFacts[] = {
      [kTfLiteMemNone] = {kTfLiteAllocationStrategyNone, kTfLiteRunStabilityAcrossRuns, kTfLiteRunStabilityAcrossRuns,
                          kTfLiteRunStepInit, kTfLiteRunStepInit},
      [kTfLiteMmapRo] = {kTfLiteAllocationStrategyMMap, kTfLiteRunStabilityAcrossRuns, kTfLiteRunStabilityAcrossRuns,
                         kTfLiteRunStepInit, kTfLiteRunStepInit},
      [kTfLiteArenaRw] = {kTfLiteAllocationStrategyArena, kTfLiteRunStabilityUnstable, kTfLiteRunStabilitySingleRun,
                          kTfLiteRunStepEval, kTfLiteRunStepPrepare},
      [kTfLiteArenaRwPersistent] = {kTfLiteAllocationStrategyArena, kTfLiteRunStabilityUnstable,
                                    kTfLiteRunStabilityAcrossRuns, kTfLiteRunStepEval, kTfLiteRunStepPrepare},
      [kTfLiteDynamic] = {kTfLiteAllocationStrategyMalloc, kTfLiteRunStabilitySingleRun, kTfLiteRunStabilitySingleRun,
                          kTfLiteRunStepEval, kTfLiteRunStepEval},
      [kTfLitePersistentRo] = {kTfLiteAllocationStrategyMalloc, kTfLiteRunStabilitySingleRun,
                               kTfLiteRunStabilitySingleRun, kTfLiteRunStepPrepare, kTfLiteRunStepPrepare},
      [kTfLiteVariantObject] = {kTfLiteAllocationStrategyNew, kTfLiteRunStabilityAcrossRuns,
                                kTfLiteRunStabilitySingleRun, kTfLiteRunStepEval, kTfLiteRunStepEval},
  };
  const size_t kind = t != NULL ? (size_t)t->allocation_type : SIZE_MAX;
  return kind < sizeof kFacts / sizeof kFacts[0] ? kFacts[kind] : (allocation_facts){0};
}

TfLiteAllocationStrategy TfLiteTensorGetAllocationStrategy(const TfLiteTensor* t) { return facts_of(t).strategy; }

TfLiteRunStability TfLiteTensorGetBufferAddressStability(const TfLiteTensor* t) { return facts_of(t).address; }

TfLiteRunStability TfLiteTensorGetDataStability(const TfLiteTensor* t) { return facts_of(t).data; }

TfLiteRunStep TfLiteTensorGetDataKnownStep(const TfLiteTensor* t) { return facts_of(t).data_known; }

TfLiteRunStep TfLiteTensorGetShapeKnownStep(const TfLiteTensor* t) { return facts_of(t).shape_known; }
