#include "ops/transposed.h"

#include <string.h>

#include "ops/op_util.h"

/* Along one axis. Output places `at` with (at + pad) % stride == phase take the taps phase, phase + stride, …; from the
 * last of these to the first they lie under input places one after the other. */
typedef struct phase {
  int32_t taps, first_tap; /* the last of them */
  int32_t origin;          /* the first output place's first input place */
  int32_t first, count;    /* output places, `stride` apart */
} phase;

static phase make_phase(int32_t index, int32_t filter, int32_t stride, int32_t pad, int32_t out) {
  phase p = {.taps = (filter - 1 - index) / stride + 1};
  const int64_t first = ((int64_t)index - pad % stride + stride) % stride;
  p.first_tap = index + (p.taps - 1) * stride;
  p.first = first < out ? (int32_t)first : 0;
  p.count = first < out ? (out - 1 - (int32_t)first) / stride + 1 : 0;
  p.origin = (int32_t)((first + pad - index) / stride) - (p.taps - 1);
  return p;
}

/* Phases with taps; where strides are larger than the filter others have none. */
static size_t count_phases(int32_t filter, int32_t stride) { return (size_t)(filter < stride ? filter : stride); }

static bool has_gaps(const ln_transposed* t) { return t->filter_height < t->stride_y || t->filter_width < t->stride_x; }

/* The last part is for pixels without taps: one tap of one channel, whose window lies outside of the picture. */
TfLiteStatus ln_transposed_make_parts(TfLiteContext* context, ln_transposed* t) {
  ln_matrix* matrix = &t->matrix;
  const size_t rows = count_phases(t->filter_height, t->stride_y), columns = count_phases(t->filter_width, t->stride_x);
  const size_t channels = (size_t)t->channels, line = (size_t)t->filter_width * channels;
  LN_TRY(ln_matrix_make_parts(context, matrix, rows * columns + (has_gaps(t) ? 1 : 0)));
  matrix->columns = (size_t)t->outputs;
  matrix->channel_groups = 1;
  for (size_t i = 0; i < matrix->part_count; ++i) {
    const bool empty = i == rows * columns;
    const phase y = make_phase((int32_t)(i / columns), t->filter_height, t->stride_y, 0, 0);
    const phase x = make_phase((int32_t)(i % columns), t->filter_width, t->stride_x, 0, 0);
    matrix->parts[i].layout = (ln_gemm_layout){.columns = matrix->columns,
                                               .taps_y = empty ? 1 : (size_t)y.taps,
                                               .taps_x = empty ? 1 : (size_t)x.taps,
                                               .channels = empty ? 1 : channels,
                                               .column_stride = (size_t)t->filter_height * line,
                                               .y_stride = (size_t)0 - (size_t)t->stride_y * line,
                                               .x_stride = (size_t)0 - (size_t)t->stride_x * channels,
                                               .channel_stride = 1};
    if (!empty) matrix->parts[i].base = (size_t)y.first_tap * line + (size_t)x.first_tap * channels;
  }
  return kTfLiteOk;
}

typedef struct transposed_run {
  const ln_transposed* t;
  const char* in;
  char* out;
  size_t out_size;      /* of an element */
  size_t rows, columns; /* phases */
  const ln_matrix_images* images;
  int16_t fill;
  int32_t gap_y, gap_x; /* the first pixel without taps */
} transposed_run;

static void place_job(const transposed_run* r, int32_t at_y, int32_t at_x, size_t lines, size_t line_rows,
                      ln_matrix_job* job) {
  const ln_transposed* t = r->t;
  const size_t outputs = (size_t)t->outputs, line = (size_t)t->out_width * outputs;
  job->in = r->in;
  job->in_stride = (size_t)t->channels;
  job->out = r->out + ((size_t)at_y * line + (size_t)at_x * outputs) * r->out_size;
  job->lines = (size_t)t->batch * lines;
  job->line_rows = line_rows;
  job->image_lines = lines;
  job->image_stride = (size_t)t->out_height * line;
  job->line_stride = (size_t)t->stride_y * line;
  job->out_stride = (size_t)t->stride_x * outputs;
  job->rows_per_scale = lines * line_rows;
  job->fill = &r->fill;
  if (r->images == NULL) return;
  job->row_scales = r->images->scales;
  job->row_zero_points = r->images->zero_points;
  job->fill = r->images->fill;
  job->fill_step = 1;
}

static ln_im2col window_of(const ln_transposed* t) {
  return (ln_im2col){.in_height = t->in_height,
                     .in_width = t->in_width,
                     .channels = (size_t)t->channels,
                     .pixel_stride = (size_t)t->channels,
                     .grid_height = 1,
                     .grid_width = 1,
                     .filter_height = 1,
                     .filter_width = 1,
                     .stride_y = 1,
                     .stride_x = 1,
                     .dilation_y = 1,
                     .dilation_x = 1};
}

static void describe(const void* arg, size_t index, ln_matrix_job* job) {
  const transposed_run* r = arg;
  const ln_transposed* t = r->t;
  *job = (ln_matrix_job){.part = index, .window = window_of(t), .shape = &job->window};
  if (index == r->rows * r->columns) {
    job->window.channels = 1;
    job->window.origin_y = t->in_height;
    place_job(r, r->gap_y, r->gap_x, 1, 1, job);
    job->lines = 1;
    return;
  }
  const int32_t at_y = (int32_t)(index / r->columns), at_x = (int32_t)(index % r->columns);
  const phase y = make_phase(at_y, t->filter_height, t->stride_y, t->pad_top, t->out_height);
  const phase x = make_phase(at_x, t->filter_width, t->stride_x, t->pad_left, t->out_width);
  job->window.grid_height = y.count;
  job->window.grid_width = x.count;
  job->window.filter_height = y.taps;
  job->window.filter_width = x.taps;
  job->window.origin_y = y.origin;
  job->window.origin_x = x.origin;
  place_job(r, y.first, x.first, (size_t)y.count, (size_t)x.count, job);
  const bool every_pixel = y.count == t->in_height && x.count == t->in_width && y.origin == 0 && x.origin == 0;
  if (y.taps == 1 && x.taps == 1 && every_pixel) job->shape = NULL;
}

static bool is_gap(int32_t at, int32_t filter, int32_t stride, int32_t pad) {
  return ((int64_t)at + pad) % stride >= filter;
}

/* The first place without taps; `out`: there is none. */
static int32_t first_gap(int32_t filter, int32_t stride, int32_t pad, int32_t out) {
  if (filter >= stride) return out;
  const int32_t phase = pad % stride, first = phase >= filter ? 0 : filter - phase;
  return first < out ? first : out;
}

/* Lines [begin, end) of all images: copies of the pixel without taps. */
static void fill_gaps(void* arg, size_t begin, size_t end) {
  const transposed_run* r = arg;
  const ln_transposed* t = r->t;
  const size_t pixel = (size_t)t->outputs * r->out_size, line = (size_t)t->out_width * pixel;
  const char* from = r->out + (size_t)r->gap_y * line + (size_t)r->gap_x * pixel;
  for (size_t i = begin; i < end; ++i) {
    const bool whole = is_gap((int32_t)(i % (size_t)t->out_height), t->filter_height, t->stride_y, t->pad_top);
    for (int32_t x = 0; x < t->out_width; ++x) {
      char* to = r->out + i * line + (size_t)x * pixel;
      if (to != from && (whole || is_gap(x, t->filter_width, t->stride_x, t->pad_left))) memcpy(to, from, pixel);
    }
  }
}

void ln_transposed_run(TfLiteContext* context, const ln_transposed* t, void* scratch, const TfLiteTensor* input,
                       const ln_matrix_images* images, TfLiteTensor* output) {
  transposed_run r = {.t = t,
                      .in = images != NULL ? images->data : input->data.raw_const,
                      .out = output->data.raw,
                      .out_size = ln_type_size(output->type),
                      .rows = count_phases(t->filter_height, t->stride_y),
                      .columns = count_phases(t->filter_width, t->stride_x),
                      .images = images,
                      .fill = ln_matrix_fill(&t->matrix),
                      .gap_y = first_gap(t->filter_height, t->stride_y, t->pad_top, t->out_height)};
  r.gap_x = r.gap_y < t->out_height ? 0 : first_gap(t->filter_width, t->stride_x, t->pad_left, t->out_width);
  if (r.gap_y == t->out_height) r.gap_y = 0;
  const bool gaps = has_gaps(t) && r.gap_x < t->out_width;
  const size_t lines = (size_t)t->batch * (size_t)((t->out_height - 1) / t->stride_y + 1);
  const size_t line_rows = (size_t)((t->out_width - 1) / t->stride_x + 1);
  ln_matrix_run(context, &t->matrix, scratch, LN_MATRIX_BY_ROWS, r.rows * r.columns + (gaps ? 1 : 0), lines, line_rows,
                describe, &r);
  const size_t all = (size_t)t->batch * (size_t)t->out_height;
  if (gaps) ln_parallel_ranges(context, fill_gaps, &r, all, all, all * (size_t)t->out_width * (size_t)t->outputs / 8);
}
