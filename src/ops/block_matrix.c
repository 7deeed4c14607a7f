#include "ops/block_matrix.h"

#include <string.h>

#include "kernels/generic/half.h"
#include "ops/weights.h"

void ln_block_matrix_free(ln_block_matrix* matrix) {
  ln_free(matrix->packed);
  ln_free(matrix->numbers);
  *matrix = (ln_block_matrix){.packed = NULL};
}

/* [columns, blocks] of float16 to [blocks, columns] of float. */
static void read_scales(const TfLiteTensor* tensor, size_t columns, size_t blocks, float* scales) {
  for (size_t n = 0; n < columns; ++n)
    for (size_t i = 0; i < blocks; ++i) {
      uint16_t half;
      memcpy(&half, tensor->data.raw_const + (n * blocks + i) * sizeof half, sizeof half);
      scales[i * columns + n] = ln_half_to_float(half);
    }
}

/* `column_sums` is [columns] of scratch. */
static void pack(const ln_block_matrix* matrix, const uint8_t* plain, int32_t* column_sums) {
  const ln_block_weights* w = &matrix->weights;
  const size_t bytes = ln_gemm_q8_packed_size(w->kernel, w->columns, w->block, 1), blocks = w->depth / w->block;
  const ln_gemm_layout layout = {.columns = w->columns,
                                 .taps_y = 1,
                                 .taps_x = 1,
                                 .channels = w->block,
                                 .column_stride = w->depth,
                                 .channel_stride = 1};
  float* sums = matrix->numbers + blocks * w->columns;
  for (size_t n = 0; n < w->columns; ++n) sums[n] = 0;
  for (size_t i = 0; i < blocks; ++i) {
    ln_gemm_q8_pack(w->kernel, &layout, 1, plain + i * w->block, 0, matrix->packed + i * bytes, column_sums);
    for (size_t n = 0; n < w->columns; ++n) sums[n] += (float)column_sums[n] * w->scales[i * w->columns + n];
  }
}

static TfLiteStatus allocate(TfLiteContext* context, ln_block_matrix* matrix) {
  const ln_block_weights* w = &matrix->weights;
  const size_t blocks = w->depth / w->block;
  size_t rounded, bytes;
  LN_CHECK(context,
           ln_mul_size(ln_gemm_q8_width(w->kernel, w->columns), ln_gemm_q8_depth(w->kernel, w->block, 1), &rounded) &&
               ln_mul_size(rounded, blocks, &bytes),
           "%zu x %zu weights are too many", w->columns, w->depth);
  matrix->packed = ln_malloc(bytes);
  matrix->numbers = ln_calloc((blocks + 1) * w->columns, sizeof(float));
  LN_CHECK(context, matrix->packed != NULL && matrix->numbers != NULL, "no memory for %zu weights", bytes);
  return kTfLiteOk;
}

TfLiteStatus ln_block_matrix_prepare(TfLiteContext* context, ln_block_matrix* matrix, const TfLiteTensor* weights) {
  const TfLiteBlockwiseQuantization* blocks = weights->quantization.params;
  const TfLiteTensor* scales;
  void* plain;
  ln_block_matrix_free(matrix);
  LN_TRY(ln_check_blocks(context, weights, "the weights"));
  LN_CHECK(context, ln_is_constant(weights) && weights->sparsity == NULL, "weights in blocks must be a dense constant");
  LN_TRY(ln_get_block_scales(context, weights, &scales));
  ln_block_weights* w = &matrix->weights;
  *w = (ln_block_weights){.kernel = ln_gemm_q8_best(),
                          .columns = (size_t)ln_dim(weights, 0),
                          .depth = (size_t)ln_dim(weights, 1),
                          .block = (size_t)blocks->blocksize};
  LN_TRY(allocate(context, matrix));
  w->packed = matrix->packed;
  w->scales = matrix->numbers;
  w->sums = matrix->numbers + w->depth / w->block * w->columns;
  read_scales(scales, w->columns, w->depth / w->block, matrix->numbers);
  LN_TRY(ln_expand_weights(context, weights, &plain));
  int32_t* column_sums = ln_calloc(w->columns, sizeof *column_sums);
  if (column_sums != NULL) pack(matrix, plain, column_sums);
  ln_free(plain);
  ln_free(column_sums);
  LN_CHECK(context, column_sums != NULL, "no memory for %zu sums", w->columns);
  return kTfLiteOk;
}

TfLiteStatus ln_block_matrix_scratch(TfLiteContext* context, const ln_block_matrix* matrix, size_t rows,
                                     size_t* bytes) {
  const ln_block_weights* w = &matrix->weights;
  LN_CHECK(context, ln_mul_size(rows, w->depth * w->kernel->a_size, bytes) && *bytes <= SIZE_MAX - LN_BLOCK_SLACK,
           "%zu rows of %zu are too many", rows, w->depth);
  *bytes += LN_BLOCK_SLACK;
  return kTfLiteOk;
}

typedef struct block_run {
  const ln_block_weights* weights;
  ln_block_rows rows;
  float* out;
} block_run;

static void run_panel(void* arg, size_t panel) {
  const block_run* run = arg;
  ln_block_product(run->weights, &run->rows, panel, run->out);
}

void ln_block_matrix_run(TfLiteContext* context, const ln_block_matrix* matrix, ln_block_rows rows,
                         int32_t* zero_points, void* scratch, float* out) {
  const ln_block_weights* w = &matrix->weights;
  const int8_t* from = rows.a;
  const size_t count = rows.count * w->depth;
  /* The kernel's rows are int8 moved up by 128. */
  for (size_t i = 0; i < count; ++i) {
    if (w->kernel->a_size == 1)
      ((uint8_t*)scratch)[i] = (uint8_t)(from[i] + 128);
    else
      ((int16_t*)scratch)[i] = (int16_t)(from[i] + 128);
  }
  memset((char*)scratch + count * w->kernel->a_size, 0, LN_BLOCK_SLACK);
  for (size_t i = 0; i < rows.count; ++i) zero_points[i] += 128;
  rows.a = scratch;
  rows.offsets = zero_points;
  block_run run = {w, rows, out};
  ln_parallel_sized(context, run_panel, &run, (w->columns + w->kernel->nr - 1) / w->kernel->nr, count * w->columns);
}
