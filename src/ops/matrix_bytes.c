/* Running a product of bytes: the rows are gathered as the kernel takes them, or read where they lie, and go to bytes
 * at once where the factors are ordinary; otherwise to sums, and from there by ln_matrix_store_row. */
#include <string.h>

#include "ops/matrix_tile.h"

static uint8_t flip_of(const ln_matrix* matrix) { return matrix->in_type == kTfLiteInt8 ? 0x80 : 0; }

/* Rows that the kernel can read in the input itself. */
static bool lies_ready(const ln_matrix_tile* t) {
  const ln_gemm_q8* kernel = t->matrix->q8;
  return t->job->shape == NULL && kernel->a_size == 1 && flip_of(t->matrix) == 0 && t->part->depth % kernel->kr == 0;
}

static void gather_plain(const ln_matrix_tile* t, void* out, size_t out_stride) {
  const ln_gemm_q8* kernel = t->matrix->q8;
  const size_t depth = t->part->depth, in_stride = t->job->in_stride, size = kernel->a_size;
  const uint8_t flip = flip_of(t->matrix);
  const uint8_t* in = (const uint8_t*)t->job->in + t->first * in_stride;
  if (in_stride == depth && out_stride == depth) {
    ln_gemm_q8_copy(kernel, in, t->rows * depth, flip, out, 0);
    return;
  }
  if (size == 1) {
    ln_copy_pixels_q8(in, t->rows, depth, in_stride, flip, out, out_stride);
    return;
  }
  for (size_t m = 0; m < t->rows; ++m) {
    ln_gemm_q8_copy(kernel, in + m * in_stride, depth, flip, out, m * out_stride);
    memset((char*)out + (m * out_stride + depth) * size, 0, (out_stride - depth) * size);
  }
}

static void gather(const ln_matrix_tile* t, void* out, size_t out_stride) {
  const ln_matrix_job* job = t->job;
  const uint8_t flip = flip_of(t->matrix);
  if (job->shape == NULL)
    gather_plain(t, out, out_stride);
  else if (t->matrix->q8->a_size == 1)
    ln_im2col_q8(job->shape, job->in, job->fill, job->fill_step, flip, t->first, t->rows, out, out_stride);
  else
    ln_im2col_q8_wide(job->shape, job->in, job->fill, job->fill_step, flip, t->first, t->rows, out, out_stride);
}

/* Of a panel whose columns are `channel` and so on among the channels, `at` among the biases. */
static ln_gemm_q8_numbers numbers_of(const ln_matrix* matrix, size_t channel, size_t at, const int32_t* terms) {
  const bool real = matrix->rule == LN_MATRIX_REAL, is_short = matrix->all_short;
  return (ln_gemm_q8_numbers){real ? matrix->scale + channel : NULL,
                              is_short || (real && !matrix->any_large) ? matrix->scale_f + channel : NULL,
                              is_short ? matrix->byte_start + channel : NULL,
                              is_short ? (const uint32_t*)matrix->bias + at : NULL,
                              matrix->byte_bias + at,
                              matrix->byte_multiplier + channel,
                              matrix->byte_offset + channel,
                              matrix->byte_sign_shift + channel,
                              matrix->byte_shift + channel,
                              matrix->any_left ? matrix->byte_left + channel : NULL,
                              terms,
                              matrix->byte_range};
}

static void panel_to_bytes(const ln_matrix_tile* t, const ln_gemm_q8_rows* rows, size_t n, const int32_t* terms) {
  const ln_matrix* matrix = t->matrix;
  const size_t channel = t->part->channel_group * matrix->padded_columns + n;
  const size_t at = (size_t)(t->part - matrix->parts) * matrix->padded_columns + n;
  const ln_gemm_q8_numbers numbers = numbers_of(matrix, channel, at, terms);
  matrix->q8->run(rows, &numbers, (uint8_t*)t->job->out + ln_matrix_offset(t->job, t->first) + n, t->job->out_stride);
}

static void panel_to_sums(const ln_matrix_tile* t, const ln_gemm_q8_rows* rows, size_t n, const int32_t* terms) {
  const ln_gemm_q8* kernel = t->matrix->q8;
  const size_t width = ln_gemm_q8_width(kernel, rows->columns);
  for (size_t m = 0; m < rows->rows; m += kernel->mr) {
    int32_t sums[LN_GEMM_MAX_TILE];
    ln_gemm_q8_rows some = *rows;
    some.a = (const char*)rows->a + m * rows->a_stride * kernel->a_size;
    some.rows = rows->rows - m < kernel->mr ? rows->rows - m : kernel->mr;
    kernel->run_sums(&some, sums);
    for (size_t i = 0; i < some.rows; ++i)
      ln_matrix_store_row(t, m + i, n, rows->columns, terms != NULL ? (uint32_t)terms[m + i] : 0, sums + i * width);
  }
}

/* Stretches of rows that share a scale, or rows with one each. */
static void panel_to_floats(const ln_matrix_tile* t, const ln_gemm_q8_rows* rows, size_t n) {
  const ln_matrix* matrix = t->matrix;
  const ln_matrix_job* job = t->job;
  const size_t channel = t->part->channel_group * matrix->padded_columns + n, each = job->rows_per_scale;
  const size_t at = (size_t)(t->part - matrix->parts) * matrix->padded_columns + n;
  ln_gemm_q8_floats numbers = {
      .columns = {(const int32_t*)(const void*)((const char*)matrix->packed + matrix->sums_offset) + at,
                  matrix->scale_f + channel, matrix->bias_f + channel, matrix->low_f, matrix->high_f},
      .row_step = each == 1};
  for (size_t m = 0; m < t->rows;) {
    const size_t row = t->first + m, rest = t->rows - m, same = each == 1 ? rest : each - row % each;
    ln_gemm_q8_rows some = *rows;
    some.a = (const char*)rows->a + m * rows->a_stride * matrix->q8->a_size;
    some.rows = same < rest ? same : rest;
    if (rows->own_terms != NULL) some.own_terms = rows->own_terms + m;
    numbers.row_scales = job->row_scales + row / each;
    numbers.row_zero_points = job->row_zero_points + row / each;
    matrix->q8->run_floats(&some, &numbers, (float*)job->out + ln_matrix_offset(job, row) + n, job->out_stride);
    m += some.rows;
  }
}

int32_t ln_matrix_weights_zero(const ln_matrix* matrix) {
  if (matrix->rule == LN_MATRIX_HYBRID || matrix->rule == LN_MATRIX_SUMS) return 0;
  return matrix->weights_zero_point - (matrix->weights_type == kTfLiteUInt8 ? 128 : 0);
}

/* Panels of less depth lie in the first caches anyway. */
enum { kLeastFetched = 128 };

void ln_matrix_run_panel(const ln_matrix_tile* t, ln_gemm_q8_rows* rows, size_t n, const int32_t* terms, size_t at,
                         size_t all) {
  const ln_matrix* matrix = t->matrix;
  const size_t depth = ln_gemm_q8_depth(matrix->q8, t->part->depth, matrix->segments), nr = matrix->q8->nr;
  rows->b = (const int8_t*)matrix->packed + t->part->packed + n * depth;
  if (depth >= kLeastFetched && n + 2 * nr <= matrix->columns) {
    rows->ahead = rows->b + nr * depth + nr * depth * at / all;
    rows->ahead_step = (nr * matrix->q8->kr << 8) / all;
  }
  if (matrix->rule == LN_MATRIX_HYBRID && matrix->q8->run_floats != NULL && t->part->depth <= LN_GEMM_Q8_FLOATS_DEPTH)
    panel_to_floats(t, rows, n);
  else
    (matrix->to_bytes ? panel_to_bytes : panel_to_sums)(t, rows, n, terms);
}

void ln_matrix_run_bytes(const ln_matrix_tile* t, void* gathered, int32_t* terms) {
  const ln_matrix* matrix = t->matrix;
  const ln_gemm_q8* kernel = matrix->q8;
  const size_t depth = t->part->depth, stride = ln_round_up(depth, kernel->kr);
  const int32_t weights_zero = ln_matrix_weights_zero(matrix);
  const bool ready = lies_ready(t);
  ln_gemm_q8_rows rows = {
      .rows = t->rows, .segments = 1, .groups = stride / kernel->kr, .a = gathered, .a_stride = stride};
  if (ready) {
    rows.a = (const char*)t->job->in + t->first * t->job->in_stride;
    rows.a_stride = t->job->in_stride;
  } else {
    gather(t, gathered, stride);
  }
  if (weights_zero != 0) {
    memset(terms, 0, t->rows * sizeof *terms);
    kernel->sum_rows(t->rows, depth, rows.a, rows.a_stride, -weights_zero, terms);
  }
  if (kernel->own_terms != NULL && kernel->own_terms(&rows, t->end - t->begin, terms + t->rows))
    rows.own_terms = terms + t->rows;
  for (size_t n = t->begin; n < t->end; n += kernel->nr) {
    rows.columns = t->end - n < kernel->nr ? t->end - n : kernel->nr;
    for (size_t m = 0; m < t->rows;) {
      const ln_matrix_tile stretch = ln_matrix_stretch(t, m);
      ln_gemm_q8_rows some = rows;
      some.rows = stretch.rows;
      some.a = (const char*)rows.a + m * rows.a_stride * kernel->a_size;
      if (rows.own_terms != NULL) some.own_terms = rows.own_terms + m;
      ln_matrix_run_panel(&stretch, &some, n, weights_zero != 0 ? terms + m : NULL, m, t->rows);
      m += stretch.rows;
    }
  }
}

void ln_matrix_run_row(const ln_matrix* matrix, void* scratch, const void* in, void* out) {
  const ln_gemm_q8* kernel = matrix->q8;
  const size_t depth = matrix->max_depth, stride = ln_round_up(depth, kernel->kr);
  const int32_t weights_zero = ln_matrix_weights_zero(matrix);
  const char* packed = (const char*)matrix->packed + matrix->parts[0].packed;
  int32_t term = 0;
  ln_gemm_q8_rows rows = {.rows = 1,
                          .columns = matrix->columns,
                          .segments = 1,
                          .groups = stride / kernel->kr,
                          .a = in,
                          .a_stride = stride,
                          .b = (const int8_t*)packed};
  if (kernel->a_size != 1 || flip_of(matrix) != 0 || depth != stride) {
    ln_gemm_q8_copy(kernel, in, depth, flip_of(matrix), scratch, 0);
    memset((char*)scratch + depth * kernel->a_size, 0, (stride - depth) * kernel->a_size);
    rows.a = scratch;
  }
  if (weights_zero != 0) kernel->sum_rows(1, depth, rows.a, stride, -weights_zero, &term);
  const ln_gemm_q8_numbers numbers = numbers_of(matrix, 0, 0, weights_zero != 0 ? &term : NULL);
  ln_gemm_q8_row(kernel, &rows, &numbers, out);
}

bool ln_matrix_takes_row(const ln_matrix* matrix) {
  return matrix->ready && matrix->part_count == 1 && matrix->channel_groups == 1 && matrix->segments == 1 &&
         !matrix->winograd && matrix->sparse == NULL && matrix->to_bytes;
}
