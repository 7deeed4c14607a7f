#include "ops/conv_bytes.h"

#include <string.h>

#include "ops/matrix_tile.h"

enum { kSlabBytes = 48 * 1024, kItemsPerWorker = 2 };

/* A slab has the input lines of `lines` output lines. Elements are the kernel's: bytes, or widened. */
typedef struct slab {
  size_t lines, in_lines, line, elements;
} slab;

static size_t slab_in_lines(const ln_im2col* s, size_t lines) {
  return (lines - 1) * (size_t)s->stride_y + (size_t)(s->filter_height - 1) * (size_t)s->dilation_y + 1;
}

/* A kernel reads whole groups, and so beyond the last window. */
static bool slab_elements(const ln_gemm_q8* kernel, const ln_im2col* s, size_t lines, slab* out) {
  const size_t pixels = (size_t)(s->grid_width - 1) * (size_t)s->stride_x + (size_t)s->filter_width;
  out->lines = lines;
  out->in_lines = slab_in_lines(s, lines);
  return ln_mul_size(pixels, s->channels, &out->line) && ln_mul_size(out->in_lines, out->line, &out->elements) &&
         ln_add_size(out->elements, kernel->kr, &out->elements) && out->elements < SIZE_MAX / 64;
}

/* As many lines as the cache has room for; fewer where that leaves nothing for workers to help each other out with. */
static bool plan_slab(const ln_matrix* matrix, const ln_im2col* s, slab* out) {
  const size_t height = (size_t)s->grid_height, share = matrix->workers * kItemsPerWorker;
  const bool is_whole = matrix->workers == 1 || ln_matrix_is_short(matrix, height * (size_t)s->grid_width);
  const size_t most = is_whole ? height : (height + share - 1) / share;
  if (!slab_elements(matrix->q8, s, 1, out)) return false;
  for (size_t lines = 2; lines <= most; ++lines) {
    slab more;
    if (!slab_elements(matrix->q8, s, lines, &more) || more.elements * matrix->q8->a_size > kSlabBytes) break;
    *out = more;
  }
  return true;
}

bool ln_conv_bytes_fits(const ln_matrix* matrix, const ln_im2col* s) {
  enum { kFewChannels = 64 };
  const bool bytes = (matrix->in_type == kTfLiteInt8 || matrix->in_type == kTfLiteUInt8) &&
                     (matrix->weights_type == kTfLiteInt8 || matrix->weights_type == kTfLiteUInt8);
  /* Pixels of few channels are copied faster with those between them than one by one. */
  const bool has_windows =
      s->filter_height * s->filter_width > 1 || (s->stride_x > 1 && s->stride_x <= 2 && s->channels <= kFewChannels);
  return bytes && (matrix->rule == LN_MATRIX_FIXED || matrix->rule == LN_MATRIX_HYBRID) && matrix->part_count == 1 &&
         s->channels == s->pixel_stride && s->dilation_x == 1 && has_windows && s->grid_height > 0 &&
         s->grid_width > 0 && s->channels > 0;
}

TfLiteStatus ln_conv_bytes_plan(TfLiteContext* context, ln_matrix* matrix, const ln_im2col* s, size_t* size_bytes) {
  slab plan;
  size_t terms, total;
  matrix->workers = ln_worker_count(context);
  const bool fits =
      plan_slab(matrix, s, &plan) && ln_mul_size(plan.lines * sizeof(int32_t[2]), (size_t)s->grid_width, &terms) &&
      ln_add_size(ln_round_up(terms, 64), plan.elements * matrix->q8->a_size, &total) && total < SIZE_MAX / 2;
  LN_CHECK(context, fits, "lines of %d pixels with %zu channels are too long", s->in_width, s->channels);
  matrix->scratch_bytes = ln_round_up(total, 64);
  LN_CHECK(context, ln_mul_size(matrix->scratch_bytes, matrix->workers, size_bytes),
           "lines of %d pixels with %zu channels are too long", s->in_width, s->channels);
  return kTfLiteOk;
}

typedef struct conv_bytes_run {
  const ln_matrix* matrix;
  const ln_im2col* shape;
  const ln_matrix_job* job;
  slab plan;
  char* scratch;
  size_t chunks, panel_chunks, panels_per_chunk;
} conv_bytes_run;

static void fill(const ln_gemm_q8* kernel, uint8_t value, size_t count, void* slab, size_t at) {
  if (kernel->a_size == 1)
    memset((uint8_t*)slab + at, value, count);
  else
    for (size_t i = 0; i < count; ++i) ((int16_t*)slab)[at + i] = value;
}

static size_t clip(int64_t x, size_t high) { return x < 0 ? 0 : (uint64_t)x > high ? high : (size_t)x; }

/* The lines from `first` on. */
static void load_slab(const conv_bytes_run* r, size_t image, int64_t first, size_t lines, void* to) {
  const ln_im2col* s = r->shape;
  const ln_gemm_q8* kernel = r->matrix->q8;
  const uint8_t flip = r->matrix->in_type == kTfLiteInt8 ? 0x80 : 0;
  const uint8_t outside = (uint8_t)(r->job->fill[image * r->job->fill_step] + 128);
  const size_t pixels = r->plan.line / s->channels, in_line = (size_t)s->in_width * s->channels;
  const uint8_t* picture = (const uint8_t*)r->job->in + image * (size_t)s->in_height * in_line;
  const size_t left = clip(-(int64_t)s->origin_x, pixels), skipped = clip(s->origin_x, (size_t)s->in_width);
  const size_t inside = clip((int64_t)((size_t)s->in_width - skipped), pixels - left) * s->channels;
  const size_t before = left * s->channels, after = r->plan.line - before - inside;
  for (size_t i = 0, at = 0; i < lines; ++i, at += r->plan.line) {
    const int64_t y = first + (int64_t)i;
    if (y < 0 || y >= s->in_height) {
      fill(kernel, outside, r->plan.line, to, at);
      continue;
    }
    const uint8_t* from = picture + (size_t)y * in_line + skipped * s->channels;
    fill(kernel, outside, before, to, at);
    ln_gemm_q8_copy(kernel, from, inside, flip, to, at + before);
    fill(kernel, outside, after, to, at + before + inside);
  }
  fill(kernel, 0, kernel->kr, to, lines * r->plan.line);
}

/* The kernel's view of an output line. */
static ln_gemm_q8_rows rows_of_line(const conv_bytes_run* r, const void* slab, size_t line) {
  const ln_im2col* s = r->shape;
  const ln_gemm_q8* kernel = r->matrix->q8;
  const size_t segment = (size_t)s->filter_width * s->channels;
  return (ln_gemm_q8_rows){
      .rows = (size_t)s->grid_width,
      .segments = (size_t)s->filter_height,
      .groups = (segment + kernel->kr - 1) / kernel->kr,
      .a = (const char*)slab + line * (size_t)s->stride_y * r->plan.line * kernel->a_size,
      .a_stride = (size_t)s->stride_x * s->channels,
      .a_segment = (size_t)s->dilation_y * r->plan.line,
  };
}

static void sum_windows(const conv_bytes_run* r, const ln_gemm_q8_rows* rows, int32_t factor, int32_t* terms) {
  const ln_gemm_q8* kernel = r->matrix->q8;
  const size_t segment = (size_t)r->shape->filter_width * r->shape->channels;
  memset(terms, 0, rows->rows * sizeof *terms);
  for (size_t i = 0; i < rows->segments; ++i)
    kernel->sum_rows(rows->rows, segment, (const char*)rows->a + i * rows->a_segment * kernel->a_size, rows->a_stride,
                     factor, terms);
}

/* Output lines of an image, by some panels. */
static void run_item(void* arg, size_t item, size_t worker) {
  const conv_bytes_run* r = arg;
  const ln_matrix* matrix = r->matrix;
  const ln_im2col* s = r->shape;
  const size_t height = (size_t)s->grid_height, width = (size_t)s->grid_width, nr = matrix->q8->nr;
  const size_t panels = item % r->panel_chunks, chunk = item / r->panel_chunks % r->chunks;
  const size_t image = item / r->panel_chunks / r->chunks, first = ln_share_begin(height, r->chunks, chunk);
  const size_t lines = ln_share_begin(height, r->chunks, chunk + 1) - first;
  const size_t begin = panels * r->panels_per_chunk * nr, end = begin + r->panels_per_chunk * nr;
  int32_t* all_terms = (int32_t*)(void*)(r->scratch + worker * matrix->scratch_bytes);
  int32_t* own_terms = all_terms + r->plan.lines * width;
  void* slab = (char*)all_terms + ln_round_up(r->plan.lines * width * sizeof(int32_t[2]), 64);
  const int32_t weights_zero = ln_matrix_weights_zero(matrix);
  load_slab(r, image, s->origin_y + (int64_t)first * s->stride_y, slab_in_lines(s, lines), slab);
  const size_t columns = end < matrix->columns ? end - begin : matrix->columns - begin;
  bool has_own = matrix->q8->own_terms != NULL;
  for (size_t i = 0; i < lines; ++i) {
    const ln_gemm_q8_rows rows = rows_of_line(r, slab, i);
    if (weights_zero != 0) sum_windows(r, &rows, -weights_zero, all_terms + i * width);
    has_own = has_own && matrix->q8->own_terms(&rows, columns, own_terms + i * width);
  }
  for (size_t n = begin; n < end && n < matrix->columns; n += nr)
    for (size_t i = 0; i < lines; ++i) {
      ln_gemm_q8_rows rows = rows_of_line(r, slab, i);
      const ln_matrix_tile tile = {.matrix = matrix,
                                   .job = r->job,
                                   .part = &matrix->parts[0],
                                   .first = (image * height + first + i) * width,
                                   .rows = width};
      rows.columns = matrix->columns - n < nr ? matrix->columns - n : nr;
      rows.own_terms = has_own ? own_terms + i * width : NULL;
      ln_matrix_run_panel(&tile, &rows, n, weights_zero != 0 ? all_terms + i * width : NULL, i * width, lines * width);
    }
}

void ln_conv_bytes_run(TfLiteContext* context, const ln_matrix* matrix, void* scratch, const ln_im2col* s, size_t batch,
                       const ln_matrix_job* job) {
  const size_t nr = matrix->q8->nr, panels = (matrix->columns + nr - 1) / nr;
  conv_bytes_run r = {.matrix = matrix, .shape = s, .job = job, .scratch = scratch, .panel_chunks = 1};
  if (batch == 0 || panels == 0 || !plan_slab(matrix, s, &r.plan)) return;
  const size_t height = (size_t)s->grid_height, rows = batch * height * (size_t)s->grid_width;
  const size_t workers = ln_matrix_workers(context, matrix, rows);
  r.chunks = (height + r.plan.lines - 1) / r.plan.lines;
  if (workers > 1) r.chunks = ln_round_up(r.chunks, workers);
  if (r.chunks > height) r.chunks = height;
  const size_t items = batch * r.chunks;
  if (items > 0 && items < workers) {
    r.panel_chunks = workers / items;
    if (r.panel_chunks > panels) r.panel_chunks = panels;
  }
  r.panels_per_chunk = (panels + r.panel_chunks - 1) / r.panel_chunks;
  ln_matrix_parallel(context, matrix, rows, workers, run_item, &r, items * r.panel_chunks);
}
