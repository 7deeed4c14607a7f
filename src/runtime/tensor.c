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

TfLiteIntArray* ln_copy_ints(ln_i32_span span) {
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
                                           ln_copy_ints(q->block_dimensions)};
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
  out->traversal_order = ln_copy_ints(s->traversal_order);
  out->block_map = ln_copy_ints(s->block_map);
  out->dim_metadata = ln_calloc((size_t)s->dim_count, sizeof *out->dim_metadata);
  if (out->traversal_order == NULL || out->block_map == NULL || out->dim_metadata == NULL) return false;
  out->dim_metadata_size = s->dim_count;
  for (int32_t i = 0; i < s->dim_count; ++i) {
    TfLiteDimensionMetadata* d = &out->dim_metadata[i];
    d->format = s->dims[i].format == 1 ? kTfLiteDimSparseCSR : kTfLiteDimDense;
    d->dense_size = s->dims[i].dense_size;
    if (s->dims[i].format != 1) continue;
    d->array_segments = ln_copy_ints(s->dims[i].segments);
    d->array_indices = ln_copy_ints(s->dims[i].indices);
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
  t->dims = ln_copy_ints(source->shape);
  bool ok = t->dims != NULL;
  if (ok && source->shape_signature.count > 0) {
    TfLiteIntArray* signature = ln_copy_ints(source->shape_signature);
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

static bool ensure_capacity(ln_subgraph* subgraph, size_t needed) {
  if (needed <= (size_t)subgraph->tensor_capacity) return true;
  if (needed > INT32_MAX / 2) return false;
  const size_t capacity = needed + needed / 2;
  TfLiteTensor* tensors = ln_realloc(subgraph->tensors, capacity * sizeof *tensors);
  if (tensors == NULL) return false;
  subgraph->tensors = tensors;
  subgraph->context.tensors = tensors;
  ln_tensor_state* states = ln_realloc(subgraph->states, capacity * sizeof *states);
  if (states == NULL) return false;
  subgraph->states = states;
  subgraph->tensor_capacity = (int32_t)capacity;
  return true;
}

TfLiteStatus ln_subgraph_reserve_tensors(ln_subgraph* subgraph) {
  enum { HEADROOM = 16 };
  if (ensure_capacity(subgraph, (size_t)subgraph->tensor_count + HEADROOM)) return kTfLiteOk;
  ln_subgraph_report(subgraph, "no memory for more tensors");
  return kTfLiteError;
}

TfLiteStatus ln_subgraph_add_tensors(ln_subgraph* subgraph, int count, int* first) {
  if (count < 0 || !ensure_capacity(subgraph, (size_t)subgraph->tensor_count + (size_t)count)) {
    ln_subgraph_report(subgraph, "%d tensors cannot be added: no memory, or too many", count);
    return kTfLiteError;
  }
  const int32_t start = subgraph->tensor_count;
  if (count > 0) {
    memset(subgraph->tensors + start, 0, (size_t)count * sizeof *subgraph->tensors);
    memset(subgraph->states + start, 0, (size_t)count * sizeof *subgraph->states);
  }
  for (int32_t i = start; i < start + count; ++i) {
    subgraph->tensors[i].buffer_handle = kTfLiteNullBufferHandle;
    subgraph->tensors[i].name = "";
    subgraph->states[i].first_use = subgraph->states[i].last_use = subgraph->states[i].writer = -1;
    subgraph->states[i].first_read = INT32_MAX;
  }
  if (first != NULL) *first = start;
  subgraph->tensor_count = start + count;
  subgraph->context.tensors_size = (size_t)subgraph->tensor_count;
  return kTfLiteOk;
}

/* A caller fills the subgraph's inputs: one that has data in the file is no constant to operators, as what they have
 * checked when they were prepared could change, and gets memory of its own. */
static bool make_inputs_writable(ln_subgraph* subgraph) {
  for (int32_t i = 0; i < subgraph->source->inputs.count; ++i) {
    const int32_t index = subgraph->source->inputs.data[i];
    TfLiteTensor* t = &subgraph->tensors[index];
    void** owned = &subgraph->states[index].owned_data;
    if (t->allocation_type != kTfLiteMmapRo) continue;
    if (*owned == NULL) {
      *owned = ln_aligned_malloc(LN_ARENA_ALIGNMENT, t->bytes);
      if (*owned == NULL) return false;
      memcpy(*owned, t->data.raw, t->bytes);
    }
    subgraph->states[index].has_custom = true;
    subgraph->states[index].custom = (TfLiteCustomAllocation){*owned, t->bytes};
    t->allocation_type = kTfLiteCustom;
    t->data.data = *owned;
  }
  return true;
}

/* Tensors without elements that nobody writes are constants, though the file has no data for them. */
static void find_empty_constants(ln_subgraph* subgraph) {
  static _Alignas(64) char nothing[64];
  const ln_model_subgraph* source = subgraph->source;
  for (int32_t i = 0; i < source->inputs.count; ++i) subgraph->states[source->inputs.data[i]].writer = 0;
  for (int32_t k = 0; k < source->operator_count; ++k)
    for (int32_t i = 0; i < source->operators[k].outputs.count; ++i)
      subgraph->states[source->operators[k].outputs.data[i]].writer = 0;
  for (int32_t i = 0; i < source->tensor_count; ++i) {
    TfLiteTensor* t = &subgraph->tensors[i];
    if (subgraph->states[i].writer >= 0 || t->allocation_type != kTfLiteArenaRw || t->bytes != 0) continue;
    t->allocation_type = kTfLiteMmapRo;
    t->data.raw = nothing;
  }
}

TfLiteStatus ln_subgraph_load_tensors(ln_subgraph* subgraph) {
  /* Most operators add a few temporaries: with room for them a caller's pointers to tensors stay good. */
  const size_t room = 64 + 4 * (size_t)subgraph->source->operator_count;
  if (!ensure_capacity(subgraph, (size_t)subgraph->source->tensor_count + room)) goto no_memory;
  if (ln_subgraph_add_tensors(subgraph, subgraph->source->tensor_count, NULL) != kTfLiteOk) return kTfLiteError;
  for (int32_t i = 0; i < subgraph->source->tensor_count; ++i)
    if (load_tensor(subgraph, i) != kTfLiteOk) return kTfLiteError;
  if (!make_inputs_writable(subgraph)) goto no_memory;
  find_empty_constants(subgraph);
  return kTfLiteOk;
no_memory:
  ln_subgraph_report(subgraph, "no memory for the tensors");
  return kTfLiteError;
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

/* The tensor's state, NULL for one that is not of this subgraph. */
static const ln_tensor_state* state_of(const ln_subgraph* subgraph, const TfLiteTensor* tensor) {
  const TfLiteTensor* first = subgraph->tensors;
  if ((uintptr_t)tensor < (uintptr_t)first || (uintptr_t)tensor >= (uintptr_t)(first + subgraph->tensor_count))
    return NULL;
  return &subgraph->states[tensor - first];
}

/* Why the tensor cannot get another shape of `bytes` bytes, NULL if it can. */
static const char* resize_obstacle(const ln_subgraph* subgraph, const TfLiteTensor* t, size_t bytes) {
  const ln_tensor_state* state = state_of(subgraph, t);
  const bool in_arena = t->allocation_type == kTfLiteArenaRw || t->allocation_type == kTfLiteArenaRwPersistent;
  const bool invoking = subgraph->running && !subgraph->preparing;
  /* Who asks whether a tensor is constant trusts its contents, and a caller fills inputs. */
  if (t->allocation_type == kTfLitePersistentRo && state != NULL &&
      ln_has_tensor(subgraph->inputs, (int32_t)(state - subgraph->states)))
    return "an input of the subgraph cannot be a constant that a node computes";
  if (in_arena && invoking) return "a tensor of fixed size cannot change its shape while the node runs";
  if (t->allocation_type == kTfLiteCustom && invoking && (state == NULL || bytes > state->custom.bytes))
    return "the memory given for it is too small for its new shape";
  /* What has been prepared with the old shape would read or write outside of the new one. */
  if (state != NULL && subgraph->position >= state->first_read)
    return "its shape cannot change: a node before this one, or this one, reads it";
  return NULL;
}

static TfLiteStatus refuse(const ln_subgraph* subgraph, const TfLiteTensor* tensor, TfLiteIntArray* dims,
                           const char* why) {
  if (dims != tensor->dims) TfLiteIntArrayFree(dims);
  ln_subgraph_report(subgraph, "%s (tensor \"%s\")", why, tensor->name != NULL ? tensor->name : "");
  return kTfLiteError;
}

TfLiteStatus ln_subgraph_resize_tensor(ln_subgraph* subgraph, TfLiteTensor* t, TfLiteIntArray* dims) {
  const TfLiteAllocationType kind = t->allocation_type;
  if (dims == NULL) return refuse(subgraph, t, t->dims, "no shape given");
  if (kind == kTfLiteMmapRo) return refuse(subgraph, t, dims, "Attempting to resize a fixed-size tensor.");
  const bool same = t->dims != NULL && TfLiteIntArrayEqual(t->dims, dims);
  const bool sized = type_bits(t->type) != 0;
  size_t bytes = t->bytes;
  if (sized && ln_required_bytes(subgraph, t->type, dims->data, dims->size, &bytes) != kTfLiteOk)
    return refuse(subgraph, t, dims, "the new shape is refused");
  const char* obstacle = same && kind != kTfLitePersistentRo ? NULL : resize_obstacle(subgraph, t, bytes);
  if (obstacle != NULL) return refuse(subgraph, t, dims, obstacle);
  if ((kind == kTfLiteDynamic || kind == kTfLitePersistentRo) && sized) {
    const size_t had = t->data.raw != NULL ? t->bytes : 0;
    if (bytes > had && ln_check_limit(subgraph, bytes - had) != kTfLiteOk)
      return refuse(subgraph, t, dims, "the new shape is refused");
    if (TfLiteTensorRealloc(bytes, t) != kTfLiteOk) return refuse(subgraph, t, dims, "no memory for its new shape");
    if (bytes > had) ln_note_peak(subgraph->interpreter);
  }
  if (!same && kind == kTfLiteDynamic) subgraph->resized = true;
  if (sized) t->bytes = bytes;
  if ((kind == kTfLiteArenaRw || kind == kTfLiteArenaRwPersistent) && !same) {
    t->data.raw = NULL;
    if (!subgraph->running) subgraph->ready = false;
  }
  if (t->dims != dims) TfLiteIntArrayFree(t->dims);
  t->dims = dims;
  return kTfLiteOk;
}

void ln_subgraph_reset_dynamic(ln_subgraph* subgraph) {
  for (int32_t i = 0; i < subgraph->source->tensor_count; ++i) {
    TfLiteTensor* t = &subgraph->tensors[i];
    if (t->allocation_type != kTfLiteDynamic || type_bits(t->type) == 0) continue;
    const size_t bytes = t->bytes;
    TfLiteTensorDataFree(t);
    t->bytes = bytes;
    const ln_tensor_state* s = &subgraph->states[i];
    t->allocation_type = s->has_custom ? kTfLiteCustom : t->is_variable ? kTfLiteArenaRwPersistent : kTfLiteArenaRw;
    if (s->has_custom) t->data.data = s->custom.data;
  }
}

void ln_subgraph_reset_variables(ln_subgraph* subgraph) {
  for (int32_t i = 0; i < subgraph->tensor_count; ++i) {
    TfLiteTensor* t = &subgraph->tensors[i];
    if (!t->is_variable || t->allocation_type != kTfLiteArenaRwPersistent || t->data.raw == NULL) continue;
    /* Zero as a real number: the zero point, for the type whose zero point may not be 0 in bytes. */
    memset(t->data.raw, t->type == kTfLiteInt8 ? t->params.zero_point : 0, t->bytes);
  }
}
