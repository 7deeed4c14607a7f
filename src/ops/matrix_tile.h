/* Between the files of a matrix product: what an item of the work is, how weights are packed. Operators do not see it.
 */
#ifndef LN_OPS_MATRIX_TILE_H_
#define LN_OPS_MATRIX_TILE_H_

#include "ops/matrix.h"

/* `rows` rows of a job from row `first` on, and columns begin to end of a part. */
typedef struct ln_matrix_tile {
  const ln_matrix* matrix;
  const ln_matrix_job* job;
  const ln_matrix_part* part;
  size_t first, rows, begin, end;
} ln_matrix_tile;

/* Where a row of the job lies in its output, in elements. */
static inline size_t ln_matrix_offset(const ln_matrix_job* job, size_t row) {
  if (job->lines == 1) return row * job->out_stride;
  const size_t line = row / job->line_rows;
  return line / job->image_lines * job->image_stride + line % job->image_lines * job->line_stride +
         row % job->line_rows * job->out_stride;
}

/* The tile's rows from m on that lie in one line. */
static inline ln_matrix_tile ln_matrix_stretch(const ln_matrix_tile* tile, size_t m) {
  ln_matrix_tile stretch = *tile;
  stretch.first += m;
  stretch.rows -= m;
  if (tile->job->lines > 1) {
    const size_t rest = tile->job->line_rows - stretch.first % tile->job->line_rows;
    if (stretch.rows > rest) stretch.rows = rest;
  }
  return stretch;
}

/* Takes memory for the packed weights, or finds them, and packs constant ones. */
TfLiteStatus ln_matrix_pack(TfLiteContext* context, ln_matrix* matrix, const TfLiteTensor* weights);
/* Packs to `own_packed`. */
TfLiteStatus ln_matrix_pack_own(TfLiteContext* context, const ln_matrix* matrix, const TfLiteTensor* weights);

enum {
  LN_MATRIX_BYTE_ROWS = 24, /* chunks of rows of bytes are multiples of that */
  LN_MATRIX_FLOAT_ROWS = 96 /* those of floats have at most so many */
};

/* Row m of the tile, columns n to n + width of the part, from the sums of a whole panel, which are used up. `term` is
 * added to every sum. */
void ln_matrix_store_row(const ln_matrix_tile* tile, size_t m, size_t n, size_t width, uint32_t term, int32_t* values);

/* What the weights' zero point takes off, as the kernels see the weights; 0 where the rule does without. */
int32_t ln_matrix_weights_zero(const ln_matrix* matrix);

/* The tile's rows by the panel of column n, to the output. `terms` are added to the sums of each row (NULL: none); of
 * `rows` the panel is set here, and what is fetched of the next one: they are the rows from `at` on of `all` that the
 * panel passes by. */
void ln_matrix_run_panel(const ln_matrix_tile* tile, ln_gemm_q8_rows* rows, size_t n, const int32_t* terms, size_t at,
                         size_t all);

/* Whether the tile's windows lie so that copies of their lines do; then ln_matrix_run_lines_f32 or …_bytes runs it,
 * with the memory that rows gathered one by one would take. */
bool ln_matrix_has_lines(const ln_matrix_tile* tile);
void ln_matrix_run_lines_f32(const ln_matrix_tile* tile, float* lines);
void ln_matrix_run_lines_bytes(const ln_matrix_tile* tile, void* lines, int32_t* terms);

/* A product of bytes by ln_matrix.q8. `gathered` has room for the tile's rows as the kernel takes them,
 * `terms` for twice as many numbers as rows. */
void ln_matrix_run_bytes(const ln_matrix_tile* tile, void* gathered, int32_t* terms);

#endif
