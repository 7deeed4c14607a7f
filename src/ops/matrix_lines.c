/* Running a product of windows without gathering each of them: the input lines that some points of a grid line need are
 * copied once, one after the other and with their border; windows overlap there, and each line of a window is a segment
 * of the depth. */
#include <string.h>

#include "ops/matrix_tile.h"

/* Points of one grid line, and where their input lines are: in elements, from `at` on. The first `shared` ones are the
 * last of the stretch before. */
typedef struct stretch {
  size_t m, rows, line, at, shared;
} stretch;

static size_t count_segments(const ln_im2col* s) {
  return (size_t)s->filter_height * (s->depth != NULL ? (size_t)s->depth->filter : 1);
}

static size_t segment_of(const ln_im2col* s) { return (size_t)s->filter_width * s->channels; }

bool ln_matrix_has_lines(const ln_matrix_tile* t) {
  enum { kLeastPoints = 6, kShortPoints = 5, kShort = 128 }; /* of floats, where a window's line is short */
  const ln_im2col* s = t->job->shape;
  if (s == NULL || s->dilation_x != 1 || s->stride_x > s->filter_width) return false;
  if (s->grid_width < (t->matrix->q8 == NULL && segment_of(s) <= kShort ? kShortPoints : kLeastPoints)) return false;
  return t->matrix->q8 == NULL || (t->matrix->segments == 1 && segment_of(s) % t->matrix->q8->kr == 0);
}

static stretch stretch_at(const ln_matrix_tile* t, size_t m, size_t at) {
  const ln_im2col* s = t->job->shape;
  const size_t rest = (size_t)s->grid_width - (t->first + m) % (size_t)s->grid_width;
  const size_t rows = t->rows - m < rest ? t->rows - m : rest;
  return (stretch){m, rows, ((rows - 1) * (size_t)s->stride_x + (size_t)s->filter_width) * s->channels, at, 0};
}

/* The one behind it; of whole lines of a picture windows overlap. */
static stretch next_stretch(const ln_matrix_tile* t, const stretch* now) {
  const ln_im2col* s = t->job->shape;
  stretch next = stretch_at(t, now->m + now->rows, now->at + count_segments(s) * now->line);
  const size_t width = (size_t)s->grid_width;
  const bool same_picture = (t->first + next.m) / width % (size_t)s->grid_height != 0;
  if (now->rows == width && next.rows == width && same_picture && s->depth == NULL && s->dilation_y == 1 &&
      s->stride_y < s->filter_height) {
    next.shared = (size_t)(s->filter_height - s->stride_y);
    next.at -= next.shared * next.line;
  }
  return next;
}

static void fill(const ln_matrix* matrix, int16_t value, size_t count, void* out, size_t at) {
  if (matrix->q8 == NULL)
    memset((float*)out + at, 0, count * sizeof(float));
  else if (matrix->q8->a_size == 1)
    memset((uint8_t*)out + at, (uint8_t)(value + 128), count);
  else
    for (size_t i = 0; i < count; ++i) ((int16_t*)out)[at + i] = (uint8_t)(value + 128);
}

/* Pixels, of which some channels are taken. */
static void copy(const ln_matrix* matrix, const void* in, size_t from, size_t pixels, size_t channels, size_t stride,
                 void* out, size_t at) {
  const uint8_t flip = matrix->in_type == kTfLiteInt8 ? 0x80 : 0;
  if (channels == stride) {
    channels *= pixels;
    pixels = 1;
  }
  if (matrix->q8 == NULL)
    ln_copy_pixels_f32((const float*)in + from, pixels, channels, stride, (float*)out + at);
  else if (pixels > 1 && matrix->q8->a_size == 1)
    ln_copy_pixels_q8((const uint8_t*)in + from, pixels, channels, stride, flip, (uint8_t*)out + at, channels);
  else
    for (size_t i = 0; i < pixels; ++i)
      ln_gemm_q8_copy(matrix->q8, (const uint8_t*)in + from + i * stride, channels, flip, out, at + i * channels);
}

static size_t clip(int64_t x, size_t high) { return x < 0 ? 0 : (uint64_t)x > high ? high : (size_t)x; }

/* Pixels x0 and so on of the line at `from`. */
static void load_line(const ln_matrix_tile* t, size_t from, int64_t x0, size_t pixels, int16_t value, void* out,
                      size_t at) {
  const ln_im2col* s = t->job->shape;
  const size_t left = clip(-x0, pixels), skipped = clip(x0, (size_t)s->in_width), channels = s->channels;
  const size_t inside = clip((int64_t)((size_t)s->in_width - skipped), pixels - left);
  fill(t->matrix, value, left * channels, out, at);
  at += left * channels;
  from += skipped * s->pixel_stride;
  copy(t->matrix, t->job->in, from, inside, channels, s->pixel_stride, out, at);
  fill(t->matrix, value, (pixels - left - inside) * channels, out, at + inside * channels);
}

static void load_stretch(const ln_matrix_tile* t, const stretch* now, void* out) {
  const ln_im2col* s = t->job->shape;
  const ln_im2col_depth flat = {.in = 1, .grid = 1, .filter = 1, .stride = 1, .dilation = 1}, *d = s->depth;
  if (d == NULL) d = &flat;
  const size_t row = t->first + now->m, width = (size_t)s->grid_width, height = (size_t)s->grid_height;
  const size_t plane = row / width / height, image = plane / (size_t)d->grid;
  const int64_t z0 = d->origin + (int64_t)(plane % (size_t)d->grid) * d->stride;
  const int64_t y0 = s->origin_y + (int64_t)(row / width % height) * s->stride_y;
  const int64_t x0 = s->origin_x + (int64_t)(row % width) * s->stride_x;
  const int16_t value = t->job->fill != NULL ? t->job->fill[image * t->job->fill_step] : 0;
  const size_t in_line = (size_t)s->in_width * s->pixel_stride;
  size_t at = now->at + now->shared * now->line;
  for (int32_t kz = 0; kz < d->filter; ++kz)
    for (int32_t ky = (int32_t)now->shared; ky < s->filter_height; ++ky, at += now->line) {
      const int64_t z = z0 + (int64_t)kz * d->dilation, y = y0 + (int64_t)ky * s->dilation_y;
      if (z < 0 || z >= d->in || y < 0 || y >= s->in_height) {
        fill(t->matrix, value, now->line, out, at);
        continue;
      }
      const size_t from = ((image * (size_t)d->in + (size_t)z) * (size_t)s->in_height + (size_t)y) * in_line;
      load_line(t, from, x0, now->line / s->channels, value, out, at);
    }
}

/* The rows of some stretches whose lines are as long as one another: tiles of theirs reach over the ends of lines. */
typedef struct line_run {
  size_t m, rows, line;
  bool joined; /* of several lines */
} line_run;

typedef struct line_rows {
  size_t at[LN_MATRIX_FLOAT_ROWS]; /* of every row of the tile */
  line_run runs[LN_MATRIX_FLOAT_ROWS];
  size_t count;
} line_rows;

/* Low tiles do too little with what they load; for high ones it costs some percent to jump from line to line. */
static void load_rows(const ln_matrix_tile* t, float* lines, line_rows* rows) {
  enum { kLeastHeight = 5 };
  const size_t step = (size_t)t->job->shape->stride_x * t->job->shape->channels;
  const size_t mr = t->matrix->f32->mr, width = (size_t)t->job->shape->grid_width, tiles = (width + mr - 1) / mr;
  const bool low = width < tiles * (mr < kLeastHeight ? mr : kLeastHeight);
  rows->count = 0;
  for (stretch now = stretch_at(t, 0, 0); now.m < t->rows; now = next_stretch(t, &now)) {
    load_stretch(t, &now, lines);
    for (size_t i = 0; i < now.rows; ++i) rows->at[now.m + i] = now.at + i * step;
    line_run* last = rows->runs + (rows->count > 0 ? rows->count - 1 : 0);
    if (low && rows->count > 0 && last->line == now.line && t->job->lines == 1)
      *last = (line_run){last->m, last->rows + now.rows, last->line, true};
    else
      rows->runs[rows->count++] = (line_run){now.m, now.rows, now.line, false};
  }
}

static size_t tiles_of(const line_run* run, size_t mr) { return (run->rows + mr - 1) / mr; }

void ln_matrix_run_lines_f32(const ln_matrix_tile* t, float* lines) {
  const ln_matrix* matrix = t->matrix;
  const ln_gemm_f32* kernel = matrix->f32;
  const ln_im2col* s = t->job->shape;
  const size_t mr = kernel->mr, nr = kernel->nr, depth = t->part->depth;
  const float* panel = (const float*)(const void*)((const char*)matrix->packed + t->part->packed) + t->begin * depth;
  const float* bias = matrix->bias_f + t->part->channel_group * matrix->padded_columns;
  line_rows rows;
  load_rows(t, lines, &rows);
  size_t tiles = 0;
  for (size_t r = 0; r < rows.count; ++r) tiles += tiles_of(&rows.runs[r], mr);
  for (size_t n = t->begin; n < t->end; n += nr, panel += nr * depth) {
    const size_t width = t->end - n < nr ? t->end - n : nr;
    size_t tile = 0;
    for (size_t r = 0; r < rows.count; ++r) {
      const line_run* run = &rows.runs[r];
      ln_gemm_walk walk = {.segments = count_segments(s),
                           .depth = segment_of(s),
                           .a_stride = (size_t)s->stride_x * s->channels,
                           .a_segment = run->line,
                           .b_segment = segment_of(s) * nr};
      float* out = (float*)t->job->out + ln_matrix_offset(t->job, t->first + run->m) + n;
      const size_t most = run->joined ? mr : ln_gemm_f32_rows(kernel, width);
      for (size_t i = 0, count = tiles_of(run, most); i < count; ++i, ++tile) {
        const size_t m = run->rows * i / count, height = run->rows * (i + 1) / count - m;
        const size_t* at = rows.at + run->m + m;
        const bool even = at[height - 1] - at[0] == (height - 1) * walk.a_stride;
        walk.row_at = even ? NULL : at;
        ln_gemm_f32_look_ahead(kernel, depth, panel, n == t->begin, t->end - n <= nr, tile, tiles, &walk);
        kernel->run(height, width, &walk, even ? lines + at[0] : lines, panel, bias + n, matrix->low_f, matrix->high_f,
                    out + m * t->job->out_stride, t->job->out_stride);
      }
    }
  }
}

/* The kernel's view of a stretch. */
static ln_gemm_q8_rows rows_of(const ln_matrix_tile* t, const stretch* now, const void* lines) {
  const ln_im2col* s = t->job->shape;
  const ln_gemm_q8* kernel = t->matrix->q8;
  return (ln_gemm_q8_rows){.rows = now->rows,
                           .segments = count_segments(s),
                           .groups = segment_of(s) / kernel->kr,
                           .a = (const char*)lines + now->at * kernel->a_size,
                           .a_stride = (size_t)s->stride_x * s->channels,
                           .a_segment = now->line};
}

static void sum_windows(const ln_matrix_tile* t, const ln_gemm_q8_rows* rows, int32_t factor, int32_t* terms) {
  const ln_gemm_q8* kernel = t->matrix->q8;
  memset(terms, 0, rows->rows * sizeof *terms);
  for (size_t i = 0; i < rows->segments; ++i)
    kernel->sum_rows(rows->rows, segment_of(t->job->shape), (const char*)rows->a + i * rows->a_segment * kernel->a_size,
                     rows->a_stride, factor, terms);
}

void ln_matrix_run_lines_bytes(const ln_matrix_tile* t, void* lines, int32_t* terms) {
  const ln_gemm_q8* kernel = t->matrix->q8;
  const int32_t weights_zero = ln_matrix_weights_zero(t->matrix);
  int32_t* own_terms = terms + t->rows;
  bool has_own = kernel->own_terms != NULL;
  for (stretch now = stretch_at(t, 0, 0); now.m < t->rows; now = next_stretch(t, &now)) {
    load_stretch(t, &now, lines);
    const ln_gemm_q8_rows rows = rows_of(t, &now, lines);
    if (weights_zero != 0) sum_windows(t, &rows, -weights_zero, terms + now.m);
    has_own = has_own && kernel->own_terms(&rows, t->end - t->begin, own_terms + now.m);
  }
  for (size_t n = t->begin; n < t->end; n += kernel->nr)
    for (stretch now = stretch_at(t, 0, 0); now.m < t->rows; now = next_stretch(t, &now)) {
      ln_matrix_tile some = *t;
      ln_gemm_q8_rows rows = rows_of(t, &now, lines);
      some.first += now.m;
      some.rows = now.rows;
      rows.columns = t->end - n < kernel->nr ? t->end - n : kernel->nr;
      if (has_own) rows.own_terms = own_terms + now.m;
      ln_matrix_run_panel(&some, &rows, n, weights_zero != 0 ? terms + now.m : NULL, now.m, t->rows);
    }
}
