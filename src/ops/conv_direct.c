#include "ops/conv_direct.h"

#include "base/compiler.h"

/* Taps of a window that starts at `at`, or grid points, that lie inside: [begin, end). */
typedef struct span {
  int64_t begin, end;
} span;

typedef struct direct_job {
  const ln_matrix* matrix;
  const ln_im2col* shape;
  const float* in;
  float* out;
  span inside; /* grid columns whose windows have all their columns in the picture */
  size_t row_items, rows, panels_per_item, panel_items;
} direct_job;

static span taps_inside(int64_t at, int64_t extent, int64_t taps, int64_t dilation) {
  span s = {at >= 0 ? 0 : (-at + dilation - 1) / dilation, extent > at ? (extent - at + dilation - 1) / dilation : 0};
  if (s.end > taps) s.end = taps;
  if (s.begin > s.end) s.begin = s.end;
  return s;
}

static span points_inside(const ln_im2col* s) {
  const int64_t reach = s->filter_width - 1, room = (int64_t)s->in_width - reach - 1 - s->origin_x;
  span points = {s->origin_x < 0 ? (-(int64_t)s->origin_x + s->stride_x - 1) / s->stride_x : 0,
                 room < 0 ? 0 : room / s->stride_x + 1};
  if (points.end > s->grid_width) points.end = s->grid_width;
  if (points.begin > points.end) points.begin = points.end;
  return points;
}

bool ln_conv_direct_fits(const ln_matrix* matrix, const ln_im2col* shape) {
  enum { kLongRow = 20 };
  const span inside = points_inside(shape);
  return matrix->rule == LN_MATRIX_F32 && matrix->part_count == 1 && shape->channels == shape->pixel_stride &&
         shape->dilation_x == 1 && inside.end - inside.begin >= kLongRow;
}

/* Grid points [begin, end) of a row with the window columns `taps`, by one panel. */
static void run_stretch(const direct_job* j, int64_t begin, int64_t end, span taps, ln_gemm_walk walk, const float* in,
                        const float* panel, size_t n, float* out) {
  enum { kDeep = 64 };
  const ln_matrix* matrix = j->matrix;
  const ln_im2col* s = j->shape;
  const size_t nr = matrix->f32->nr, count = (size_t)(end - begin);
  const size_t width = matrix->columns - n < nr ? matrix->columns - n : nr;
  const size_t mr = ln_gemm_f32_rows(matrix->f32, width), tiles = (count + mr - 1) / mr;
  walk.depth = (size_t)(taps.end - taps.begin) * s->channels;
  if (walk.depth == 0) walk.segments = 0;
  /* Stores to a picture that lies in the third cache wait for each of its lines, where a panel is one line wide. */
  const bool deep = walk.segments * walk.depth >= kDeep;
  for (size_t t = 0; t < tiles; ++t) {
    const size_t first = count * t / tiles, rows = count * (t + 1) / tiles - first;
    const int64_t x = begin + (int64_t)first;
    const float* a = in;
    if (walk.segments > 0) a += (size_t)(s->origin_x + x * s->stride_x + taps.begin) * s->channels;
    float* to = out + (size_t)x * matrix->columns + n;
    if (deep)
      for (size_t m = 0; m < rows; ++m) LN_PREFETCH(to + m * matrix->columns);
    matrix->f32->run(rows, width, &walk, a, panel + (size_t)taps.begin * s->channels * nr, matrix->bias_f + n,
                     matrix->low_f, matrix->high_f, to, matrix->columns);
  }
}

static void run_row(const direct_job* j, size_t row, size_t n) {
  const ln_matrix* matrix = j->matrix;
  const ln_im2col* s = j->shape;
  const size_t image = row / (size_t)s->grid_height, y = row % (size_t)s->grid_height, nr = matrix->f32->nr;
  const size_t line = (size_t)s->in_width * s->channels, taps_line = (size_t)s->filter_width * s->channels;
  const int64_t top = s->origin_y + (int64_t)y * s->stride_y;
  const span rows = taps_inside(top, s->in_height, s->filter_height, s->dilation_y);
  const span all = {0, s->filter_width};
  const ln_gemm_walk walk = {.segments = (size_t)(rows.end - rows.begin),
                             .a_stride = (size_t)s->stride_x * s->channels,
                             .a_segment = (size_t)s->dilation_y * line,
                             .b_segment = taps_line * nr};
  const float* in = j->in + image * (size_t)s->in_height * line;
  if (walk.segments > 0) in += (size_t)(top + rows.begin * s->dilation_y) * line;
  const float* panel = (const float*)matrix->packed + n * matrix->parts[0].depth + (size_t)rows.begin * walk.b_segment;
  float* out = j->out + row * (size_t)s->grid_width * matrix->columns;
  for (int64_t x = 0; x < s->grid_width; x = x == j->inside.begin && x < j->inside.end ? j->inside.end : x + 1) {
    if (x == j->inside.begin && x < j->inside.end)
      run_stretch(j, x, j->inside.end, all, walk, in, panel, n, out);
    else
      run_stretch(j, x, x + 1, taps_inside(s->origin_x + x * s->stride_x, s->in_width, s->filter_width, 1), walk, in,
                  panel, n, out);
  }
}

static void run_item(void* arg, size_t item, size_t worker) {
  (void)worker;
  const direct_job* j = arg;
  const size_t nr = j->matrix->f32->nr;
  const size_t first_row = ln_share_begin(j->rows, j->row_items, item / j->panel_items);
  const size_t end_row = ln_share_begin(j->rows, j->row_items, item / j->panel_items + 1);
  const size_t first = item % j->panel_items * j->panels_per_item * nr, end = first + j->panels_per_item * nr;
  for (size_t n = first; n < end && n < j->matrix->columns; n += nr)
    for (size_t row = first_row; row < end_row; ++row) run_row(j, row, n);
  const size_t columns = j->matrix->columns, points = (size_t)j->shape->grid_width;
  const size_t width = (end < columns ? end : columns) - first;
  for (size_t row = first_row; row < end_row && j->matrix->finish != NULL; ++row) {
    float* out = j->out + row * points * columns + first;
    if (width == columns)
      j->matrix->finish(NULL, out, out, points * columns);
    else
      for (size_t x = 0; x < points; ++x) j->matrix->finish(NULL, out + x * columns, out + x * columns, width);
  }
}

void ln_conv_direct_run(TfLiteContext* context, const ln_matrix* matrix, const ln_im2col* shape, size_t batch,
                        const float* in, float* out) {
  enum { kPoints = 100, kItemsPerWorker = 4 };
  const size_t width = (size_t)shape->grid_width, rows = batch * (size_t)shape->grid_height;
  const size_t some = width >= kPoints ? 1 : kPoints / width;
  const size_t panels = (matrix->columns + matrix->f32->nr - 1) / matrix->f32->nr;
  const size_t workers = ln_matrix_workers(context, matrix, rows * width);
  direct_job job = {.matrix = matrix,
                    .shape = shape,
                    .in = in,
                    .out = out,
                    .inside = points_inside(shape),
                    .row_items = (rows + some - 1) / some,
                    .rows = rows,
                    .panels_per_item = panels,
                    .panel_items = 1};
  const bool is_short = ln_matrix_is_short(matrix, rows * width);
  const size_t even = ln_round_up(job.row_items, workers), wanted = workers * (is_short ? 1 : kItemsPerWorker);
  if (even <= rows) job.row_items = even;
  if (workers > 1 && job.row_items < wanted) {
    const size_t parts = (wanted + job.row_items - 1) / job.row_items;
    job.panels_per_item = parts >= panels ? 1 : (panels + parts - 1) / parts;
    job.panel_items = (panels + job.panels_per_item - 1) / job.panels_per_item;
  }
  ln_matrix_parallel(context, matrix, rows * width, workers, run_item, &job, job.row_items * job.panel_items);
}
