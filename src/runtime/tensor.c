/* Tensors of a subgraph: made from the file, added, resized, freed. */
#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "runtime/delegate.h"

static size_t type_bits(TfLiteType type) {
  switch (type) {
    case kTfLiteInt2:
      return 2;
    case kTfLiteInt4:
    case kTfLiteUInt4:
      return 4;
    case kTfLiteBool:
    case kTfLiteInt8:
    case kTfLiteUInt8:
    case kTfLiteFloat8E4M3FN:
    case kTfLiteFloat8E5M2:
      return 8;
    case kTfLiteInt16:
    case kTfLiteUInt16:
    case kTfLiteFloat16:
    case kTfLiteBFloat16:
      return 16;
    case kTfLiteFloat32:
    case kTfLiteInt32:
    case kTfLiteUInt32:
    case kTfLiteResource: /* a number */
      return 32;
    case kTfLiteComplex128:
      return 128;
    case kTfLiteString:
    case kTfLiteVariant:
    case kTfLiteNoType:
      return 0;
    default:
      return 64;
  }
}

TfLiteStatus ln_required_bytes(const ln_subgraph* subgraph, TfLiteType type, const int* dims, int rank, size_t* bytes) {
  size_t elements = 1, bits;
  for (int i = 0; i < rank; ++i) {
    if (dims[i] < 0) {
      ln_subgraph_report(subgraph, "dimension %d is %d; it must be at least 0", i, dims[i]);
      return kTfLiteError;
    }
    if (!ln_mul_size(elements, (size_t)dims[i], &elements)) elements = SIZE_MAX;
  }
  if (!ln_mul_size(elements, type_bits(type), &bits) || bits > SIZE_MAX / 2) {
    ln_subgraph_report(subgraph, "BytesRequired number of elements overflowed");
    return kTfLiteError;
  }
  *bytes = (bits + 7) / 8;
  return kTfLiteOk;
}

static TfLiteIntArray* copy_ints(ln_i32_span span) {
  TfLiteIntArray* array = TfLiteIntArrayCreate(span.count);
  for (int32_t i = 0; array != NULL && i < span.count; ++i) array->data[i] = span.data[i];
  return array;
}

static bool load_affine(const ln_model_quantization* q, TfLiteTensor* t) {
  TfLiteAffineQuantization* affine = ln_calloc(1, sizeof *affine);
  if (affine == NULL) return false;
  t->quantization.type = kTfLiteAffineQuantization;
  t->quantization.params = affine;
  affine->scale = TfLiteFloatArrayCreate(q->scale_count);
  affine->zero_point = TfLiteIntArrayCreate(q->scale_count);
  if (affine->scale == NULL || affine->zero_point == NULL) return false;
  for (int32_t i = 0; i < q->scale_count; ++i) {
    affine->scale->data[i] = q->scales[i];
    const int32_t from = q->zero_point_count == 1 ? 0 : i;
    affine->zero_point->data[i] = q->zero_point_count > 0 ? (int)q->zero_points[from] : 0;
  }
  affine->quantized_dimension = q->quantized_dimension;
  if (q->scale_count == 1) {
    t->params.scale = affine->scale->data[0];
    t->params.zero_point = affine->zero_point->data[0];
  }
  return true;
}

static bool load_quantization(const ln_model_quantization* q, TfLiteTensor* t) {
  if (!q->present) return true;
  if (q->scale_count > 0) return load_affine(q, t);
  if (q->details_type == 2) {
    TfLiteBlockwiseQuantization* block = ln_calloc(1, sizeof *block);
    if (block == NULL) return false;
    *block = (TfLiteBlockwiseQuantization){q->block_scales_tensor, q->block_zero_points_tensor, q->block_size,
                                           q->quantized_dimension};
    t->quantization = (TfLiteQuantization){kTfLiteBlockwiseQuantization, block};
    return true;
  }
  if (q->details_type == 3) {
    TfLiteMultiAxisQuantization* multi = ln_calloc(1, sizeof *multi);
    if (multi == NULL) return false;
    *multi = (TfLiteMultiAxisQuantization){q->block_scales_tensor, q->block_zero_points_tensor, q->block_size,
                                           copy_ints(q->block_dimensions)};
    t->quantization = (TfLiteQuantization){kTfLiteMultiAxisQuantization, multi};
    return multi->quantized_dimensions != NULL;
  }
  return true;
}

static bool load_sparsity(const ln_model_sparsity* s, TfLiteTensor* t) {
  if (s == NULL) return true;
  TfLiteSparsity* out = ln_calloc(1, sizeof *out);
  if (out == NULL) return false;
  t->sparsity = out;
  out->traversal_order = copy_ints(s->traversal_order);
  out->block_map = copy_ints(s->block_map);
  out->dim_metadata = ln_calloc((size_t)s->dim_count, sizeof *out->dim_metadata);
  if (out->traversal_order == NULL || out->block_map == NULL || out->dim_metadata == NULL) return false;
  out->dim_metadata_size = s->dim_count;
  for (int32_t i = 0; i < s->dim_count; ++i) {
    TfLiteDimensionMetadata* d = &out->dim_metadata[i];
    d->format = s->dims[i].format == 1 ? kTfLiteDimSparseCSR : kTfLiteDimDense;
    d->dense_size = s->dims[i].dense_size;
    if (s->dims[i].format != 1) continue;
    d->array_segments = copy_ints(s->dims[i].segments);
    d->array_indices = copy_ints(s->dims[i].indices);
    if (d->array_segments == NULL || d->array_indices == NULL) return false;
  }
  return true;
}

/* Constant data stays in the file; only where it is not aligned for its type it is copied. */
static bool load_constant(const ln_model_tensor* source, TfLiteTensor* t, ln_tensor_state* state) {
  const size_t alignment = type_bits(t->type) >= 64 ? 8 : type_bits(t->type) >= 16 ? type_bits(t->type) / 8 : 1;
  const void* data = source->data.data;
  if ((uintptr_t)data % alignment != 0) {
    state->owned_data = ln_aligned_malloc(16, source->data.size);
    if (state->owned_data == NULL) return false;
    memcpy(state->owned_data, data, source->data.size);
    data = state->owned_data;
  }
  t->allocation_type = kTfLiteMmapRo;
  t->data.raw_const = data;
  t->bytes = source->data.size;
  return true;
}

static TfLiteStatus load_tensor(ln_subgraph* subgraph, int32_t index) {
  const ln_model_tensor* source = &subgraph->source->tensors[index];
  TfLiteTensor* t = &subgraph->tensors[index];
  t->name = source->name;
  t->buffer_handle = kTfLiteNullBufferHandle;
  t->is_variable = source->is_variable;
  ln_tensor_type_from_schema(source->type, &t->type);
  t->dims = copy_ints(source->shape);
  bool ok = t->dims != NULL;
  if (ok && source->shape_signature.count > 0) {
    TfLiteIntArray* signature = copy_ints(source->shape_signature);
    t->dims_signature = signature;
    ok = signature != NULL;
  }
  ok = ok && load_quantization(&source->quantization, t) && load_sparsity(source->sparsity, t);
  if (ok && source->data.data != NULL) {
    ok = load_constant(source, t, &subgraph->states[index]);
  } else if (ok) {
    const bool unsized = t->type == kTfLiteString || t->type == kTfLiteVariant;
    t->allocation_type = unsized ? kTfLiteDynamic : t->is_variable ? kTfLiteArenaRwPersistent : kTfLiteArenaRw;
    if (ln_required_bytes(subgraph, t->type, t->dims->data, t->dims->size, &t->bytes) != kTfLiteOk) return kTfLiteError;
  }
  if (ok) return kTfLiteOk;
  ln_subgraph_report(subgraph, "no memory for tensor %d", index);
  return kTfLiteError;
}

TfLiteStatus ln_subgraph_add_tensors(ln_subgraph* subgraph, int count, int* first) {
  if (count < 0 || count > INT32_MAX - subgraph->tensor_count) {
    ln_subgraph_report(subgraph, "%d tensors cannot be added", count);
    return kTfLiteError;
  }
  if (first != NULL) *first = subgraph->tensor_count;
  if (count == 0) return kTfLiteOk; /* there may be no array yet */
  const int32_t needed = subgraph->tensor_count + count;
  if (needed > subgraph->tensor_capacity) {
    const size_t capacity = (size_t)needed + (size_t)needed / 2 + 8;
    TfLiteTensor* tensors = NULL;
    ln_tensor_state* states = NULL;
    if (capacity < SIZE_MAX / sizeof *tensors / 2) tensors = ln_realloc(subgraph->tensors, capacity * sizeof *tensors);
    if (tensors != NULL) {
      subgraph->tensors = tensors;
      subgraph->context.tensors = tensors;
      states = ln_realloc(subgraph->states, capacity * sizeof *states);
    }
    if (states == NULL) {
      ln_subgraph_report(subgraph, "no memory for %d more tensors", count);
      return kTfLiteError;
    }
    subgraph->states = states;
    subgraph->tensor_capacity = (int32_t)capacity;
  }
  memset(subgraph->tensors + subgraph->tensor_count, 0, (size_t)count * sizeof *subgraph->tensors);
  memset(subgraph->states + subgraph->tensor_count, 0, (size_t)count * sizeof *subgraph->states);
  for (int32_t i = subgraph->tensor_count; i < needed; ++i) {
    subgraph->tensors[i].buffer_handle = kTfLiteNullBufferHandle;
    subgraph->tensors[i].name = "";
  }
  subgraph->tensor_count = needed;
  subgraph->context.tensors_size = (size_t)needed;
  return kTfLiteOk;
}

TfLiteStatus ln_subgraph_load_tensors(ln_subgraph* subgraph) {
  if (ln_subgraph_add_tensors(subgraph, subgraph->source->tensor_count, NULL) != kTfLiteOk) return kTfLiteError;
  for (int32_t i = 0; i < subgraph->source->tensor_count; ++i)
    if (load_tensor(subgraph, i) != kTfLiteOk) return kTfLiteError;
  return kTfLiteOk;
}

void ln_subgraph_free_tensors(ln_subgraph* subgraph) {
  for (int32_t i = 0; i < subgraph->tensor_count; ++i) {
    TfLiteTensor* t = &subgraph->tensors[i];
    ln_free_buffer_handle(subgraph, t);
    TfLiteTensorFree(t);
    ln_aligned_free(subgraph->states[i].owned_data);
  }
  ln_free(subgraph->tensors);
  ln_free(subgraph->states);
}

static TfLiteStatus refuse(const ln_subgraph* subgraph, TfLiteIntArray* dims, const TfLiteTensor* tensor,
                           const char* why) {
  TfLiteIntArrayFree(dims);
  ln_subgraph_report(subgraph, "%s (tensor \"%s\")", why, tensor->name != NULL ? tensor->name : "");
  return kTfLiteError;
}

TfLiteStatus ln_subgraph_resize_tensor(ln_subgraph* subgraph, TfLiteTensor* tensor, TfLiteIntArray* dims) {
  const TfLiteAllocationType kind = tensor->allocation_type;
  if (dims == NULL) return refuse(subgraph, NULL, tensor, "no shape given");
  if (kind == kTfLiteMmapRo) return refuse(subgraph, dims, tensor, "Attempting to resize a fixed-size tensor.");
  const bool same = tensor->dims != NULL && TfLiteIntArrayEqual(tensor->dims, dims);
  size_t bytes = tensor->bytes;
  const bool sized = type_bits(tensor->type) != 0;
  if (sized && ln_required_bytes(subgraph, tensor->type, dims->data, dims->size, &bytes) != kTfLiteOk)
    return refuse(subgraph, dims, tensor, "the new shape is refused");
  if (subgraph->running && !subgraph->preparing && !same &&
      (kind == kTfLiteArenaRw || kind == kTfLiteArenaRwPersistent))
    return refuse(subgraph, dims, tensor, "a tensor of fixed size cannot change its shape while the node runs");
  if (kind == kTfLiteCustom && bytes > tensor->bytes)
    return refuse(subgraph, dims, tensor, "the memory given for it is too small for its new shape");
  if (kind == kTfLiteDynamic && sized) {
    if (bytes > tensor->bytes && ln_check_limit(subgraph, bytes - tensor->bytes) != kTfLiteOk) {
      TfLiteIntArrayFree(dims);
      return kTfLiteError;
    }
    if (TfLiteTensorRealloc(bytes, tensor) != kTfLiteOk)
      return refuse(subgraph, dims, tensor, "no memory for its new shape");
  }
  if (!same && kind == kTfLiteDynamic) subgraph->resized = true;
  if (kind != kTfLiteCustom) tensor->bytes = sized ? bytes : tensor->bytes;
  if ((kind == kTfLiteArenaRw || kind == kTfLiteArenaRwPersistent) && !same) tensor->data.raw = NULL;
  if (tensor->dims != dims) TfLiteIntArrayFree(tensor->dims);
  tensor->dims = dims;
  return kTfLiteOk;
}

void ln_subgraph_reset_variables(ln_subgraph* subgraph) {
  for (int32_t i = 0; i < subgraph->tensor_count; ++i) {
    TfLiteTensor* t = &subgraph->tensors[i];
    if (!t->is_variable || t->data.raw == NULL) continue;
    /* Zero as a real number: the zero point, for the type whose zero point may not be 0 in bytes. */
    memset(t->data.raw, t->type == kTfLiteInt8 ? t->params.zero_point : 0, t->bytes);
  }
}
