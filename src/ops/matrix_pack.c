/* Packing the weights of a matrix product: on all threads, once for all interpreters of a model where they are
 * constants of its file. What is packed may come back from a file that anybody has written: kernels take any bytes of
 * it. */
#include <string.h>

#include "kernels/generic/quantize_q8.h"
#include "ops/matrix_tile.h"
#include "ops/weights.h"

enum { kBlockBytes = 1 << 16, kLeastShared = 1 << 18 };

/* Some panels are packed at a time. */
typedef struct pack_job {
  TfLiteContext* context;
  const ln_matrix* matrix;
  const void* weights; /* plain */
  char* destination;
  size_t block, blocks; /* columns of one, how many in a part */
  float* floats;        /* room for a block's columns for each worker, where the weights are halves */
} pack_job;

static bool is_half(const ln_matrix* matrix) { return matrix->weights_type == kTfLiteFloat16; }

/* Columns of a panel, which others do not share a vector with. */
static size_t panel_columns(const ln_matrix* matrix) {
  if (matrix->rule == LN_MATRIX_F32) return matrix->f32->nr;
  if (matrix->q8 == NULL) return matrix->s16s8->nr;
  return matrix->winograd ? LN_WINOGRAD_Q8_COLUMNS : matrix->q8->nr;
}

static size_t columns_at_once(const ln_matrix* matrix) {
  const size_t element = matrix->rule == LN_MATRIX_F32 ? sizeof(float) : 1, nr = panel_columns(matrix);
  const size_t panel = nr * (matrix->max_depth > 0 ? matrix->max_depth : 1) * element;
  return panel < kBlockBytes ? kBlockBytes / panel * nr : nr;
}

/* Weights of 16 bits are 256 times their upper byte and the lower one, which is stored less 128: a panel of the ones,
 * then one of the others. */
static void pack_words(const ln_matrix* matrix, const ln_matrix_part* part, const ln_gemm_layout* layout, size_t first,
                       const int16_t* b, int8_t* panels) {
  const ln_gemm_s16s8* kernel = matrix->s16s8;
  const size_t panel = kernel->nr * ln_round_up(part->depth, 2);
  int32_t sums[LN_GEMM_MAX_TILE]; /* of no use: INT16 has zero points of 0 */
  ln_gemm_layout bytes = *layout;
  bytes.column_stride *= 2;
  bytes.y_stride *= 2;
  bytes.x_stride *= 2;
  bytes.channel_stride *= 2;
  bytes.plane_stride *= 2;
  panels += first / kernel->nr * 2 * panel;
  for (size_t n = 0; n < layout->columns; n += kernel->nr, panels += 2 * panel) {
    const uint8_t* from = (const uint8_t*)(b + n * layout->column_stride);
    bytes.columns = layout->columns - n < kernel->nr ? layout->columns - n : kernel->nr;
    ln_gemm_s16s8_pack(kernel, &bytes, from + 1, 0, panels, sums);
    ln_gemm_s16s8_pack(kernel, &bytes, from, 0x80, panels + panel, sums);
  }
}

/* `first` is the first column of a panel. */
static void pack_f32(const ln_matrix* matrix, const ln_matrix_part* part, const ln_gemm_layout* layout, size_t first,
                     const float* from, float* panels) {
  if (matrix->winograd)
    ln_winograd_f32_pack(ln_winograd_f32_best(), matrix->form, matrix->f32, matrix->columns,
                         part->depth / ln_winograd_facts_of(matrix->form)->all_taps, first, layout->columns, from,
                         panels);
  else
    ln_gemm_f32_pack(matrix->f32, layout, from, panels + first * part->depth);
}

static void pack_block(void* arg, size_t item, size_t worker) {
  const pack_job* j = arg;
  const ln_matrix* matrix = j->matrix;
  const size_t index = item / j->blocks, first = item % j->blocks * j->block, left = matrix->columns - first;
  const ln_matrix_part* part = &matrix->parts[index];
  ln_gemm_layout layout = part->layout;
  layout.columns = left < j->block ? left : j->block;
  const size_t from = part->base + first * layout.column_stride;
  const uint8_t flip = matrix->weights_type == kTfLiteUInt8 ? 0x80 : 0;
  void* panels = j->destination + part->packed;
  int32_t* sums = (int32_t*)(void*)(j->destination + matrix->sums_offset) + index * matrix->padded_columns + first;
  if (is_half(matrix)) {
    float* floats = j->floats + worker * j->block * matrix->max_depth;
    ln_quantize_q8_best()->dequantize_f16((const uint16_t*)j->weights + from, floats, layout.columns * part->depth);
    pack_f32(matrix, part, &layout, first, floats, panels);
  } else if (matrix->rule == LN_MATRIX_F32) {
    pack_f32(matrix, part, &layout, first, (const float*)j->weights + from, panels);
  } else if (matrix->weights_type == kTfLiteInt16) {
    pack_words(matrix, part, &layout, first, (const int16_t*)j->weights + from, panels);
  } else if (matrix->winograd) {
    const size_t channels = part->depth / ln_winograd_q8_taps(matrix->cut);
    ln_winograd_q8_pack(ln_winograd_q8_best(), matrix->cut, layout.columns, channels, (const uint8_t*)j->weights + from,
                        flip, ln_matrix_weights_zero(matrix),
                        (int16_t*)panels + ln_winograd_q8_panel(matrix->cut, channels, first), sums);
  } else if (matrix->q8 != NULL) {
    ln_gemm_q8_pack(matrix->q8, &layout, matrix->segments, (const uint8_t*)j->weights + from, flip,
                    (int8_t*)panels + first * ln_gemm_q8_depth(matrix->q8, part->depth, matrix->segments), sums);
  } else {
    ln_gemm_s16s8_pack(matrix->s16s8, &layout, (const uint8_t*)j->weights + from, flip,
                       (int8_t*)panels + first * ln_round_up(part->depth, 2), sums);
  }
}

static void pack(void* destination, void* arg) {
  pack_job* j = arg;
  const ln_matrix* matrix = j->matrix;
  int32_t* sums = (int32_t*)(void*)((char*)destination + matrix->sums_offset);
  memset(sums, 0, matrix->part_count * matrix->padded_columns * sizeof *sums);
  j->destination = destination;
  if (matrix->sparse != NULL) {
    if (matrix->rule != LN_MATRIX_F32) ln_sparse_sum_rows_s8(matrix->sparse, sums);
    return;
  }
  const size_t workers = matrix->packed_bytes >= kLeastShared ? ln_worker_count(j->context) : 1;
  ln_parallel_items(j->context, workers, pack_block, j, matrix->part_count * j->blocks);
}

/* Halves become floats block by block. */
static TfLiteStatus begin(TfLiteContext* context, const ln_matrix* matrix, const void* weights, pack_job* j) {
  *j = (pack_job){.context = context, .matrix = matrix, .weights = weights, .block = columns_at_once(matrix)};
  if (j->block > matrix->columns) j->block = matrix->columns > 0 ? matrix->columns : 1;
  j->blocks = (matrix->columns + j->block - 1) / j->block;
  if (!is_half(matrix)) return kTfLiteOk;
  size_t size;
  const bool fits = ln_mul_size(j->block * sizeof(float), matrix->max_depth, &size) &&
                    ln_mul_size(size, ln_worker_count(context), &size);
  j->floats = fits ? ln_malloc(size) : NULL;
  LN_CHECK(context, j->floats != NULL, "no memory for %zu columns of %zu weights", j->block, matrix->max_depth);
  return kTfLiteOk;
}

/* Tells the layouts of the same weights apart: a hash of all that the packed bytes depend on (FNV-1a by words). */
static uint64_t variant_of(const ln_matrix* matrix) {
  uint64_t hash = UINT64_C(14695981039346656037);
  const bool winograd_q8 = matrix->winograd && matrix->q8 != NULL;
  const size_t kernel = matrix->rule == LN_MATRIX_F32
                            ? matrix->f32->id + (matrix->winograd ? 500 + 100 * (size_t)matrix->form : 0)
                        : matrix->q8 != NULL ? matrix->q8->id + (matrix->winograd ? 500 + matrix->cut.lines : 0)
                                             : 1000 + matrix->s16s8->id;
  const size_t head[6] = {kernel,
                          (size_t)matrix->weights_type,
                          matrix->part_count,
                          matrix->segments,
                          winograd_q8 ? (size_t)ln_matrix_weights_zero(matrix) : 0,
                          winograd_q8 ? matrix->cut.taps : 0};
  for (size_t i = 0; i < 6; ++i) hash = (hash ^ head[i]) * UINT64_C(1099511628211);
  for (size_t p = 0; p < matrix->part_count; ++p) {
    const ln_gemm_layout* l = &matrix->parts[p].layout;
    const size_t words[11] = {l->columns,           l->taps_y,   l->taps_x,         l->channels,     l->column_stride,
                              l->y_stride,          l->x_stride, l->channel_stride, l->plane_taps_y, l->plane_stride,
                              matrix->parts[p].base};
    for (size_t i = 0; i < 11; ++i) hash = (hash ^ words[i]) * UINT64_C(1099511628211);
  }
  return hash;
}

TfLiteStatus ln_matrix_pack_own(TfLiteContext* context, const ln_matrix* matrix, const TfLiteTensor* weights) {
  void* plain = NULL;
  pack_job job;
  if (matrix->sparse == NULL) LN_TRY(ln_expand_weights(context, weights, &plain));
  const TfLiteStatus status = begin(context, matrix, plain != NULL ? plain : weights->data.raw_const, &job);
  if (status == kTfLiteOk) pack(matrix->own_packed, &job);
  ln_free(job.floats);
  ln_free(plain);
  return status;
}

static TfLiteStatus pack_shared(TfLiteContext* context, LinnetBackend* backend, ln_matrix* matrix,
                                const TfLiteTensor* weights) {
  pack_job job;
  LN_TRY(begin(context, matrix, weights->data.raw_const, &job));
  matrix->packed =
      backend->SharedPack(backend, weights->data.raw_const, variant_of(matrix), matrix->packed_bytes, pack, &job);
  ln_free(job.floats);
  LN_CHECK(context, matrix->packed != NULL, "no memory for %zu bytes of packed weights", matrix->packed_bytes);
  return kTfLiteOk;
}

TfLiteStatus ln_matrix_pack(TfLiteContext* context, ln_matrix* matrix, const TfLiteTensor* weights) {
  LinnetBackend* backend = LinnetBackendOf(context);
  matrix->packed_is_constant = ln_is_constant(weights) && weights->data.raw_const != NULL;
  if (matrix->unpacked) {
    matrix->packed = weights->data.raw_const;
    return kTfLiteOk;
  }
  /* Only what lies in the file stays where it is for as long as the model lives. */
  if (weights->allocation_type == kTfLiteMmapRo && matrix->packed_is_constant && backend != NULL &&
      ln_weights_are_plain(weights))
    return pack_shared(context, backend, matrix, weights);
  matrix->own_packed = ln_aligned_malloc(64, matrix->packed_bytes);
  LN_CHECK(context, matrix->own_packed != NULL, "no memory for %zu bytes of packed weights", matrix->packed_bytes);
  matrix->packed = matrix->own_packed;
  return matrix->packed_is_constant ? ln_matrix_pack_own(context, matrix, weights) : kTfLiteOk;
}
