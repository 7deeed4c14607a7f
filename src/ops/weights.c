#include "ops/weights.h"

#include <string.h>

bool ln_weights_are_plain(const TfLiteTensor* t) {
  return t->type != kTfLiteInt4 && t->type != kTfLiteInt2 && t->sparsity == NULL;
}

TfLiteType ln_plain_type(TfLiteType type) { return type == kTfLiteInt4 || type == kTfLiteInt2 ? kTfLiteInt8 : type; }

/* What one step of each dimension, then of each block, is in the plain array, and how many of them there are. */
static TfLiteStatus find_steps(TfLiteContext* context, const TfLiteTensor* t, size_t steps[LN_MAX_LEVELS],
                               int32_t extents[LN_MAX_LEVELS]) {
  const TfLiteSparsity* s = t->sparsity;
  const int rank = ln_rank(t), blocks = s->block_map != NULL ? s->block_map->size : 0;
  LN_CHECK(context,
           rank <= LN_MAX_RANK && blocks <= rank && s->dim_metadata_size == rank + blocks &&
               s->traversal_order != NULL && s->traversal_order->size == rank + blocks,
           "%d levels for rank %d with %d blocks", s->dim_metadata_size, rank, blocks);
  size_t step = 1;
  for (int i = rank - 1; i >= 0; --i) {
    steps[i] = step;
    extents[i] = ln_dim(t, i);
    step *= (size_t)ln_dim(t, i);
  }
  for (int i = 0; i < blocks; ++i) {
    const int dim = s->block_map->data[i];
    int level = 0;
    while (level < rank + blocks && s->traversal_order->data[level] != rank + i) ++level;
    LN_CHECK(context, dim >= 0 && dim < rank && level < rank + blocks, "block %d has no dimension or level", i);
    const int32_t size = s->dim_metadata[level].dense_size;
    LN_CHECK(context, size >= 1 && extents[dim] % size == 0, "block %d of %d does not divide its dimension", i, size);
    steps[rank + i] = steps[dim];
    extents[rank + i] = size;
    steps[dim] *= (size_t)size;
    extents[dim] /= size;
  }
  return kTfLiteOk;
}

static TfLiteStatus check_compressed(TfLiteContext* context, const TfLiteDimensionMetadata* d, size_t parents,
                                     int32_t extent, int index) {
  const TfLiteIntArray *segments = d->array_segments, *indices = d->array_indices;
  bool good = segments != NULL && indices != NULL && (size_t)segments->size == parents + 1 && segments->data[0] == 0 &&
              segments->data[segments->size - 1] == indices->size;
  for (int i = 1; good && i < segments->size; ++i) good = segments->data[i] >= segments->data[i - 1];
  for (int i = 0; good && i < indices->size; ++i) good = indices->data[i] >= 0 && indices->data[i] < extent;
  LN_CHECK(context, good, "level %d of the sparse tensor has segments or indices that do not fit", index);
  return kTfLiteOk;
}

/* Levels are checked again, since a tensor need not come from a file. */
TfLiteStatus ln_get_levels(TfLiteContext* context, const TfLiteTensor* t, ln_sparse_level levels[LN_MAX_LEVELS],
                           int* count, size_t* values) {
  const TfLiteSparsity* s = t->sparsity;
  size_t steps[LN_MAX_LEVELS], places = 1, bytes;
  int32_t extents[LN_MAX_LEVELS];
  LN_TRY(find_steps(context, t, steps, extents));
  for (int i = 0; i < s->dim_metadata_size; ++i) {
    const TfLiteDimensionMetadata* d = &s->dim_metadata[i];
    const int of = s->traversal_order->data[i];
    LN_CHECK(context, of >= 0 && of < s->dim_metadata_size, "level %d of the sparse tensor has no dimension", i);
    levels[i] = (ln_sparse_level){.size = extents[of], .stride = steps[of]};
    if (d->format == kTfLiteDimDense) {
      LN_CHECK(context, d->dense_size == extents[of] && ln_mul_size(places, (size_t)d->dense_size, &places),
               "level %d of the sparse tensor has %d places; %d are right", i, d->dense_size, extents[of]);
      continue;
    }
    LN_TRY(check_compressed(context, d, places, extents[of], i));
    levels[i].is_compressed = true;
    levels[i].segments = d->array_segments->data;
    levels[i].indices = d->array_indices->data;
    places = (size_t)d->array_indices->size;
  }
  LN_CHECK(context, ln_mul_size(places, ln_type_size(t->type), &bytes) && bytes <= t->bytes,
           "the sparse tensor has %zu bytes for %zu values", t->bytes, places);
  *count = s->dim_metadata_size;
  *values = places;
  return kTfLiteOk;
}

TfLiteStatus ln_densify(TfLiteContext* context, const TfLiteTensor* t, void* out) {
  ln_sparse_level levels[LN_MAX_LEVELS];
  const size_t element = ln_type_size(t->type);
  int count;
  size_t values;
  LN_CHECK(context, element > 0, "a sparse tensor of %s; a type of whole bytes is right", TfLiteTypeGetName(t->type));
  LN_TRY(ln_get_levels(context, t, levels, &count, &values));
  memset(out, 0, (size_t)ln_num_elements(t) * element);
  ln_expand_sparse(levels, count, element, t->data.raw_const, out);
  return kTfLiteOk;
}

TfLiteStatus ln_expand_weights(TfLiteContext* context, const TfLiteTensor* t, void** plain) {
  *plain = NULL;
  if (ln_weights_are_plain(t)) return kTfLiteOk;
  const size_t count = (size_t)ln_num_elements(t), per_byte = t->type == kTfLiteInt2 ? 4 : 2;
  size_t element = t->sparsity != NULL ? ln_type_size(t->type) : 1, bytes;
  LN_CHECK(context, t->data.raw_const != NULL && ln_mul_size(count, element, &bytes), "the weights have no data");
  *plain = ln_malloc(bytes > 0 ? bytes : 1);
  LN_CHECK(context, *plain != NULL, "no memory for %zu weights", count);
  TfLiteStatus status = kTfLiteOk;
  if (t->sparsity != NULL) {
    status = ln_densify(context, t, *plain);
  } else if (t->bytes < (count + per_byte - 1) / per_byte) {
    context->ReportError(context, "%zu bytes for %zu weights of %s", t->bytes, count, TfLiteTypeGetName(t->type));
    status = kTfLiteError;
  } else {
    (t->type == kTfLiteInt4 ? ln_expand_s4 : ln_expand_s2)(t->data.uint8, count, *plain);
  }
  if (status != kTfLiteOk) {
    ln_free(*plain);
    *plain = NULL;
  }
  return status;
}

TfLiteStatus ln_get_plain(TfLiteContext* context, const TfLiteTensor* t, void** plain, const void** data) {
  if (!ln_is_constant(t) || (*plain == NULL && !ln_weights_are_plain(t))) {
    ln_free(*plain);
    LN_TRY(ln_expand_weights(context, t, plain));
  }
  *data = *plain != NULL ? *plain : t->data.raw_const;
  return kTfLiteOk;
}

bool ln_is_blockwise(const TfLiteTensor* t) { return t->quantization.type == kTfLiteBlockwiseQuantization; }

/* The scales are no input of the node, so they must be a constant. */
TfLiteStatus ln_get_block_scales(TfLiteContext* context, const TfLiteTensor* t, const TfLiteTensor** scales) {
  const TfLiteBlockwiseQuantization* blocks = t->quantization.params;
  const size_t number = (size_t)blocks->scale;
  LN_CHECK(context, blocks->scale >= 0 && number < context->tensors_size,
           "the blocks' scales are tensor %d; no such one", (int)blocks->scale);
  *scales = context->tensors != NULL ? &context->tensors[number] : context->GetTensor(context, blocks->scale);
  LN_CHECK(context, *scales != NULL && ln_is_constant(*scales) && (*scales)->data.raw != NULL,
           "the blocks' scales are no constant");
  return ln_check_type(context, *scales, "the blocks' scale", kTfLiteFloat16);
}

TfLiteStatus ln_check_blocks(TfLiteContext* context, const TfLiteTensor* t, const char* name) {
  const TfLiteBlockwiseQuantization* blocks = t->quantization.params;
  const TfLiteTensor* scales;
  LN_CHECK(context, t->type == kTfLiteInt4 || t->type == kTfLiteInt2, "%s in blocks: %s; INT4 or INT2 is right", name,
           TfLiteTypeGetName(t->type));
  LN_CHECK(context, ln_rank(t) == 2, "%s in blocks: rank %d; 2 is right", name, ln_rank(t));
  LN_CHECK(context, blocks->blocksize >= 1 && ln_dim(t, 1) % blocks->blocksize == 0,
           "%s: blocks of %d in rows of %d; a size that divides them is right", name, (int)blocks->blocksize,
           ln_dim(t, 1));
  LN_TRY(ln_get_block_scales(context, t, &scales));
  const int64_t needed = (int64_t)ln_dim(t, 0) * (ln_dim(t, 1) / blocks->blocksize);
  LN_CHECK(context, ln_num_elements(scales) >= needed, "%s: %lld scales for %lld blocks", name,
           (long long)ln_num_elements(scales), (long long)needed);
  return kTfLiteOk;
}
