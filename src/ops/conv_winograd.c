#include "ops/conv_winograd.h"

#include <math.h>

#include "kernels/generic/winograd_f32.h"
#include "ops/winograd_tiles.h"

enum { kScratchFloats = 192 * 1024, kLargeFilters = 800 * 1024 };

static ln_winograd_tiles tiles_of(ln_winograd_form form, const ln_im2col* s, size_t batch) {
  const ln_winograd_facts* f = ln_winograd_facts_of(form);
  const bool square = f->dimensions == 2;
  return ln_winograd_tiles_of(s, batch, square || ln_winograd_is_upright(s) ? f->out : 1,
                              square || !ln_winograd_is_upright(s) ? f->out : 1);
}

/* How many tiles of a form make up for its filters: those for tiles of 4 x 4 are four times as large as they were, and
 * with a few rows a product waits for them. */
static size_t least_tiles(ln_winograd_form form, size_t filters) {
  enum { kFewTiles = 4, kSomeTiles = 16, kSmallFilters = 80 * 80 };
  return form == LN_WINOGRAD_4X4_3X3 && filters > kSmallFilters ? kSomeTiles : kFewTiles;
}

/* Tiles of 2 x 2 with a few more products, as where those of 4 x 4 reach far over the picture's edge (14 x 14), in
 * place of so few that these products wait for their filters, which are more than twice as large: with AVX-512. */
static bool smaller_is_faster(const ln_im2col* s, size_t batch, size_t tiles) {
  enum { kWideColumns = 32, kFewTiles = 16 };
  if (ln_gemm_f32_best()->nr < kWideColumns || tiles > kFewTiles) return false;
  const ln_winograd_tiles small = tiles_of(LN_WINOGRAD_2X2_3X3, s, batch);
  const size_t products = ln_winograd_facts_of(LN_WINOGRAD_2X2_3X3)->points * small.total;
  return 2 * products < 3 * ln_winograd_facts_of(LN_WINOGRAD_4X4_3X3)->points * tiles;
}

/* What is saved in three taps of few channels goes into the transforms. */
static size_t least_channels(ln_winograd_form form) { return form == LN_WINOGRAD_4_3 ? 24 : 12; }

/* The first form, which are in the order of what they save, of which there are enough tiles, half of whose results are
 * wanted at least; false: none. */
static bool choose(const ln_im2col* s, size_t columns, size_t batch, ln_winograd_form* chosen) {
  const size_t height = (size_t)s->filter_height, width = (size_t)s->filter_width;
  for (ln_winograd_form form = 0; form < LN_WINOGRAD_FORMS; ++form) {
    const ln_winograd_facts* f = ln_winograd_facts_of(form);
    const bool square = height == f->taps && width == f->taps;
    const bool line = height * width == f->taps && (height == 1 || width == 1);
    if (!(f->dimensions == 2 ? square : line)) continue;
    if (s->channels < least_channels(form) || columns < least_channels(form)) continue;
    const ln_winograd_tiles tiles = tiles_of(form, s, batch);
    if (tiles.total < least_tiles(form, s->channels * columns) || ln_winograd_useful(&tiles, batch) < 0.5) continue;
    if (form == LN_WINOGRAD_4X4_3X3 && smaller_is_faster(s, batch, tiles.total)) continue;
    *chosen = form;
    return true;
  }
  return false;
}

bool ln_conv_winograd_fits(TfLiteContext* context, const ln_matrix* matrix, const ln_im2col* s, size_t batch,
                           ln_winograd_form* form) {
  return matrix->rule == LN_MATRIX_F32 && matrix->part_count == 1 && ln_winograd_takes(s, batch, matrix->columns) &&
         LinnetBackendOf(context) != NULL && ln_winograd_f32_best()->isa != LN_ISA_GENERIC &&
         choose(s, matrix->columns, batch, form);
}

static size_t points_of(const ln_matrix* matrix) { return ln_winograd_facts_of(matrix->form)->points; }

/* So many tiles of all at once: their transforms and products stay in the second cache. Filters that do not stay there
 * themselves pass by as few times as can be. */
static size_t tiles_at_once(const ln_matrix* matrix, const ln_winograd_tiles* all) {
  const ln_im2col* s = all->shape;
  const size_t each = points_of(matrix) * (s->channels + matrix->columns), mr = matrix->f32->mr;
  const bool large = points_of(matrix) * s->channels * matrix->columns > kLargeFilters;
  const size_t tiles = (large ? 3 * kScratchFloats : kScratchFloats) / each / mr * mr, most = large ? 60 : 4 * mr;
  const size_t some = tiles < mr ? mr : tiles > most ? most : tiles;
  return some < all->total ? some : all->total;
}

/* From one point's matrix to the next; a little more than they need, as distances of pages would share cache lines. */
static size_t in_step(const ln_im2col* s, size_t tiles) { return ln_round_up(tiles * s->channels, 16) + 16; }
static size_t out_step(const ln_matrix* matrix, size_t tiles) { return ln_round_up(tiles * matrix->columns, 16) + 16; }

static size_t worker_floats(const ln_matrix* matrix, const ln_winograd_tiles* all) {
  const size_t tiles = tiles_at_once(matrix, all);
  return points_of(matrix) * (in_step(all->shape, tiles) + out_step(matrix, tiles));
}

/* Also zeros for the products' bias, for each worker. */
TfLiteStatus ln_conv_winograd_plan_scratch(TfLiteContext* context, const ln_matrix* matrix, const ln_im2col* s,
                                           size_t batch, size_t* size_bytes) {
  const ln_winograd_tiles all = tiles_of(matrix->form, s, batch);
  size_t floats;
  LN_CHECK(context,
           ln_mul_size(worker_floats(matrix, &all) + matrix->padded_columns, ln_worker_count(context), &floats) &&
               ln_mul_size(floats, sizeof(float), size_bytes),
           "the transformed tiles are too large");
  return kTfLiteOk;
}

typedef struct winograd_job {
  const ln_matrix* matrix;
  ln_winograd_tiles tiles;
  const ln_winograd_kernels* kernel;
  const float* in;
  float *out, *scratch;
} winograd_job;

static void read_tile(const winograd_job* j, size_t tile, float* v, size_t step) {
  const ln_im2col* s = j->tiles.shape;
  const ln_winograd_window w = ln_winograd_window_of(&j->tiles, tile);
  const size_t line = (size_t)s->in_width * s->channels;
  ln_winograd_in t = {.in = j->in + w.offset,
                      .row_stride = line,
                      .pixel_stride = s->channels,
                      .channels = s->channels,
                      .y0 = w.y0,
                      .y1 = w.y1,
                      .x0 = w.x0,
                      .x1 = w.x1};
  if (ln_winograd_is_upright(s)) {
    t.row_stride = s->channels;
    t.pixel_stride = line;
    t.y0 = w.x0;
    t.y1 = w.x1;
    t.x0 = w.y0;
    t.x1 = w.y1;
  }
  j->kernel->in(&t, v, step);
}

static void write_tile(const winograd_job* j, size_t tile, const float* m, size_t step) {
  const ln_matrix* matrix = j->matrix;
  const ln_winograd_place at = ln_winograd_place_of(&j->tiles, tile);
  const size_t line = (size_t)j->tiles.shape->grid_width * matrix->columns;
  const bool turned = ln_winograd_is_upright(j->tiles.shape);
  const ln_winograd_out t = {.out = j->out + at.first * matrix->columns,
                             .rows = turned ? at.columns : at.rows,
                             .columns = turned ? at.rows : at.columns,
                             .row_stride = turned ? matrix->columns : line,
                             .channels = matrix->columns,
                             .pixel_stride = turned ? line : matrix->columns,
                             .bias = matrix->bias_f,
                             .low = matrix->low_f,
                             .high = matrix->high_f};
  j->kernel->out(&t, m, step);
  for (size_t i = 0; i < at.rows && matrix->finish != NULL; ++i) {
    float* row = t.out + i * line;
    matrix->finish(NULL, row, row, at.columns * matrix->columns);
  }
}

static void run_item(void* arg, size_t item, size_t worker) {
  const winograd_job* j = arg;
  const ln_matrix* matrix = j->matrix;
  const ln_im2col* s = j->tiles.shape;
  const size_t first = ln_winograd_item_begin(&j->tiles, item);
  const size_t tiles = ln_winograd_item_begin(&j->tiles, item + 1) - first;
  const size_t channels = s->channels, columns = matrix->columns, points = points_of(matrix);
  const size_t v_step = in_step(s, tiles), m_step = out_step(matrix, tiles);
  const size_t panels = ln_gemm_f32_packed_size(matrix->f32, columns, channels);
  float* zeros = j->scratch + worker * (worker_floats(matrix, &j->tiles) + matrix->padded_columns);
  float* v = zeros + matrix->padded_columns;
  float* m = v + points * v_step;
  for (size_t n = 0; n < matrix->padded_columns; ++n) zeros[n] = 0.0f;
  for (size_t t = 0; t < tiles; ++t) read_tile(j, first + t, v + t * channels, v_step);
  for (size_t p = 0; p < points; ++p)
    ln_gemm_f32_block(matrix->f32, tiles, columns, channels, v + p * v_step, channels,
                      (const float*)matrix->packed + p * panels, zeros, -INFINITY, INFINITY, m + p * m_step, columns);
  for (size_t t = 0; t < tiles; ++t) write_tile(j, first + t, m + t * columns, m_step);
}

void ln_conv_winograd_run(TfLiteContext* context, const ln_matrix* matrix, const ln_im2col* shape, size_t batch,
                          const float* in, float* out, void* scratch) {
  winograd_job job = {.matrix = matrix,
                      .tiles = tiles_of(matrix->form, shape, batch),
                      .kernel = &ln_winograd_f32_best()->forms[matrix->form],
                      .in = in,
                      .out = out,
                      .scratch = scratch};
  const size_t rows = batch * (size_t)shape->grid_height * (size_t)shape->grid_width;
  const size_t workers = ln_matrix_workers(context, matrix, rows);
  const size_t items = ln_winograd_share(&job.tiles, tiles_at_once(matrix, &job.tiles), workers);
  ln_matrix_parallel(context, matrix, rows, workers, run_item, &job, items);
}
