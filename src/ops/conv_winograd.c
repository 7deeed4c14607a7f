#include "ops/conv_winograd.h"

#include <math.h>

#include "kernels/generic/winograd_f32.h"

enum { IN = LN_WINOGRAD_IN, OUT = LN_WINOGRAD_OUT, POINTS = LN_WINOGRAD_POINTS, kScratchFloats = 192 * 1024 };

static size_t tiles_of(int32_t extent) { return ((size_t)extent + OUT - 1) / OUT; }

bool ln_conv_winograd_fits(TfLiteContext* context, const ln_matrix* matrix, const ln_im2col* s, size_t batch) {
  enum { kLeastChannels = 12, kFewTiles = 4, kSomeTiles = 16, kManyTiles = 300 };
  enum { kTinyFilters = 80 * 80, kSmallFilters = 200 * 200 };
  const bool usual = matrix->rule == LN_MATRIX_F32 && matrix->part_count == 1 && s->channels == s->pixel_stride &&
                     s->filter_height == 3 && s->filter_width == 3 && s->stride_y == 1 && s->stride_x == 1 &&
                     s->dilation_y == 1 && s->dilation_x == 1;
  if (!usual || LinnetBackendOf(context) == NULL || ln_winograd_f32_best()->isa == LN_ISA_GENERIC) return false;
  if (s->grid_height < 1 || s->grid_width < 1 || batch == 0 || batch > 1024 || s->channels > 4096 ||
      matrix->columns > 4096)
    return false;
  const size_t tiles = batch * tiles_of(s->grid_height) * tiles_of(s->grid_width);
  const double useful = (double)batch * (double)s->grid_height * (double)s->grid_width / (double)(tiles * OUT * OUT);
  const size_t filters = s->channels * matrix->columns;
  const size_t least = filters <= kTinyFilters ? kFewTiles : filters <= kSmallFilters ? kSomeTiles : kManyTiles;
  return tiles >= least && useful > 0.7 && s->channels >= kLeastChannels && matrix->columns >= kLeastChannels;
}

/* So many tiles at once: their transforms and products stay in the second cache. */
static size_t tiles_at_once(const ln_matrix* matrix, const ln_im2col* s) {
  const size_t each = POINTS * (s->channels + matrix->columns), mr = matrix->f32->mr;
  const size_t tiles = kScratchFloats / each / mr * mr;
  return tiles < mr ? mr : tiles > 4 * mr ? 4 * mr : tiles;
}

/* From one point's matrix to the next; a little more than they need, as distances of pages would share cache lines. */
static size_t in_step(const ln_im2col* s, size_t tiles) { return ln_round_up(tiles * s->channels, 16) + 16; }
static size_t out_step(const ln_matrix* matrix, size_t tiles) { return ln_round_up(tiles * matrix->columns, 16) + 16; }

static size_t worker_floats(const ln_matrix* matrix, const ln_im2col* s) {
  const size_t tiles = tiles_at_once(matrix, s);
  return POINTS * (in_step(s, tiles) + out_step(matrix, tiles));
}

/* Also zeros for the products' bias. */
TfLiteStatus ln_conv_winograd_plan_scratch(TfLiteContext* context, const ln_matrix* matrix, const ln_im2col* s,
                                           size_t* size_bytes) {
  size_t floats;
  LN_CHECK(context,
           ln_mul_size(worker_floats(matrix, s), ln_worker_count(context), &floats) &&
               ln_add_size(floats, matrix->padded_columns, &floats) && ln_mul_size(floats, sizeof(float), size_bytes),
           "the transformed tiles are too large");
  return kTfLiteOk;
}

typedef struct winograd_job {
  const ln_matrix* matrix;
  const ln_im2col* shape;
  const ln_winograd_f32* kernel;
  const float *in, *zeros;
  float *out, *scratch;
  size_t tiles_y, tiles_x, total, tiles_per_item;
} winograd_job;

static void edges(int64_t at, int32_t extent, size_t* first, size_t* end) {
  *first = at < 0 ? (size_t)-at : 0;
  *end = extent - at < IN ? (size_t)(extent - at) : IN;
}

static void read_tile(const winograd_job* j, size_t tile, float* v, size_t step) {
  const ln_im2col* s = j->shape;
  const size_t x = tile % j->tiles_x, y = tile / j->tiles_x % j->tiles_y, image = tile / j->tiles_x / j->tiles_y;
  const int64_t top = s->origin_y + (int64_t)(y * OUT), left = s->origin_x + (int64_t)(x * OUT);
  ln_winograd_in t = {.row_stride = (size_t)s->in_width * s->channels, .channels = s->channels};
  edges(top, s->in_height, &t.y0, &t.y1);
  edges(left, s->in_width, &t.x0, &t.x1);
  if (top >= s->in_height || left >= s->in_width || t.y0 >= t.y1 || t.x0 >= t.x1)
    t.y0 = t.y1 = t.x0 = t.x1 = 0; /* only padding */
  t.in = j->in;
  if (t.y1 > t.y0)
    t.in += ((image * (size_t)s->in_height + (size_t)(top + (int64_t)t.y0)) * (size_t)s->in_width +
             (size_t)(left + (int64_t)t.x0)) *
            s->channels;
  j->kernel->in(&t, v, step);
}

static void write_tile(const winograd_job* j, size_t tile, const float* m, size_t step) {
  const ln_im2col* s = j->shape;
  const ln_matrix* matrix = j->matrix;
  const size_t x = tile % j->tiles_x * OUT, y = tile / j->tiles_x % j->tiles_y * OUT;
  const size_t image = tile / j->tiles_x / j->tiles_y, height = (size_t)s->grid_height, width = (size_t)s->grid_width;
  const ln_winograd_out t = {.out = j->out + ((image * height + y) * width + x) * matrix->columns,
                             .rows = height - y < OUT ? height - y : OUT,
                             .columns = width - x < OUT ? width - x : OUT,
                             .row_stride = width * matrix->columns,
                             .channels = matrix->columns,
                             .pixel_stride = matrix->columns,
                             .bias = matrix->bias_f,
                             .low = matrix->low_f,
                             .high = matrix->high_f};
  j->kernel->out(&t, m, step);
  for (size_t i = 0; i < t.rows && matrix->finish != NULL; ++i) {
    float* row = t.out + i * t.row_stride;
    matrix->finish(NULL, row, row, t.columns * t.channels);
  }
}

static void run_item(void* arg, size_t item, size_t worker) {
  const winograd_job* j = arg;
  const ln_matrix* matrix = j->matrix;
  const size_t first = item * j->tiles_per_item, left = j->total - first, channels = j->shape->channels;
  const size_t tiles = left < j->tiles_per_item ? left : j->tiles_per_item, columns = matrix->columns;
  const size_t v_step = in_step(j->shape, tiles), m_step = out_step(matrix, tiles);
  const size_t panels = ln_gemm_f32_packed_size(matrix->f32, columns, channels);
  float* v = j->scratch + worker * worker_floats(matrix, j->shape);
  float* m = v + POINTS * v_step;
  for (size_t t = 0; t < tiles; ++t) read_tile(j, first + t, v + t * channels, v_step);
  for (size_t p = 0; p < POINTS; ++p)
    ln_gemm_f32_block(matrix->f32, tiles, columns, channels, v + p * v_step, channels,
                      (const float*)matrix->packed + p * panels, j->zeros, -INFINITY, INFINITY, m + p * m_step,
                      columns);
  for (size_t t = 0; t < tiles; ++t) write_tile(j, first + t, m + t * columns, m_step);
}

void ln_conv_winograd_run(TfLiteContext* context, const ln_matrix* matrix, const ln_im2col* shape, size_t batch,
                          const float* in, float* out, void* scratch) {
  winograd_job job = {.matrix = matrix,
                      .shape = shape,
                      .kernel = ln_winograd_f32_best(),
                      .in = in,
                      .out = out,
                      .scratch = scratch,
                      .tiles_y = tiles_of(shape->grid_height),
                      .tiles_x = tiles_of(shape->grid_width)};
  float* zeros = job.scratch + matrix->workers * worker_floats(matrix, shape);
  for (size_t n = 0; n < matrix->padded_columns; ++n) zeros[n] = 0.0f;
  job.zeros = zeros;
  job.total = batch * job.tiles_y * job.tiles_x;
  const size_t most = tiles_at_once(matrix, shape);
  size_t items = (job.total + most - 1) / most;
  if (matrix->workers > 1) items = ln_round_up(items, matrix->workers);
  job.tiles_per_item = (job.total + items - 1) / items;
  ln_parallel_items(context, matrix->workers, run_item, &job,
                    (job.total + job.tiles_per_item - 1) / job.tiles_per_item);
}
