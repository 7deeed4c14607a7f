#include "ops/conv_winograd_q8.h"

#include "kernels/generic/winograd_q8.h"
#include "ops/matrix_tile.h"
#include "ops/weights.h"
#include "ops/winograd_tiles.h"

enum {
  OUT = LN_WINOGRAD_Q8_OUT,
  POINTS = LN_WINOGRAD_Q8_POINTS,
  COLUMNS = LN_WINOGRAD_Q8_COLUMNS,
  kScratchBytes = 512 * 1024
};

static uint8_t flip_of(TfLiteType type, TfLiteType flipped) { return type == flipped ? 0x80 : 0; }

/* A product of pairs of 16 bits takes twice as long as one of fours of bytes where both are an instruction. */
static bool pays(const ln_winograd_q8* kernel, const ln_matrix* matrix, const ln_im2col* s, size_t batch) {
  const ln_winograd_tiles of = ln_winograd_tiles_of(s, batch, OUT, OUT);
  const size_t tiles = of.total;
  const double useful = ln_winograd_useful(&of, batch);
  const size_t filters = s->channels * matrix->columns;
  if (kernel->isa == LN_ISA_AVX2)
    return useful > 0.5 && s->channels >= 8 && matrix->columns >= 8 && (filters <= 64 * 64 ? tiles >= 4 : tiles >= 9);
  return useful > (matrix->columns < 64 ? 0.9 : 0.75) && s->channels >= 32 && matrix->columns >= 16 && tiles >= 4 &&
         filters <= 200 * 200;
}

bool ln_conv_winograd_q8_fits(const ln_matrix* matrix, const ln_im2col* s, size_t batch, const TfLiteTensor* filter) {
  const ln_winograd_q8* kernel = ln_winograd_q8_best();
  const bool bytes = (matrix->in_type == kTfLiteInt8 || matrix->in_type == kTfLiteUInt8) &&
                     (filter->type == kTfLiteInt8 || filter->type == kTfLiteUInt8);
  if (!bytes || matrix->rule != LN_MATRIX_FIXED || matrix->part_count != 1 || s->filter_height != 3 ||
      s->filter_width != 3 || !ln_winograd_takes(s, batch, matrix->columns) || s->channels % 2 != 0 ||
      s->grid_height > 32768 || s->grid_width > 32768)
    return false;
  /* The kernels of bytes and these must be of one instruction set: better ones are ahead of it. */
  if (kernel->isa == LN_ISA_GENERIC || kernel->isa != ln_gemm_q8_best()->isa) return false;
  if (!ln_is_constant(filter) || filter->data.raw_const == NULL || !ln_weights_are_plain(filter)) return false;
  if (!pays(kernel, matrix, s, batch)) return false;
  return ln_winograd_q8_is_safe(matrix->columns, s->channels, filter->data.uint8,
                                flip_of(matrix->weights_type, kTfLiteUInt8), ln_matrix_weights_zero(matrix));
}

/* So many tiles at once: their transforms and products stay in the second cache. */
static size_t tiles_at_once(const ln_winograd_q8* kernel, const ln_matrix* matrix, const ln_im2col* s) {
  const size_t columns = matrix->columns < COLUMNS ? ln_winograd_q8_width(kernel, matrix->columns) : COLUMNS;
  const size_t each = POINTS * (s->channels * sizeof(int16_t) + columns * sizeof(int32_t));
  const size_t tiles = kScratchBytes / each / kernel->mr * kernel->mr;
  return tiles < kernel->mr ? kernel->mr : tiles > 16 * kernel->mr ? 16 * kernel->mr : tiles;
}

/* From one point's matrix to the next; a little more than they need, as distances of pages would share cache lines. */
static size_t in_step(const ln_im2col* s, size_t tiles) { return ln_round_up(tiles * s->channels, 32) + 32; }
static size_t out_step(size_t width, size_t tiles) { return ln_round_up(tiles * width, 16) + 16; }

static size_t in_bytes(const ln_im2col* s, size_t tiles) { return POINTS * in_step(s, tiles) * sizeof(int16_t); }

TfLiteStatus ln_conv_winograd_q8_plan(TfLiteContext* context, ln_matrix* matrix, const ln_im2col* s,
                                      size_t* size_bytes) {
  const size_t tiles = tiles_at_once(ln_winograd_q8_best(), matrix, s);
  matrix->workers = ln_worker_count(context);
  matrix->scratch_bytes = in_bytes(s, tiles) + POINTS * out_step(COLUMNS, tiles) * sizeof(int32_t);
  LN_CHECK(context, ln_mul_size(matrix->scratch_bytes, matrix->workers, size_bytes),
           "the transformed tiles are too large");
  return kTfLiteOk;
}

typedef struct winograd_job {
  const ln_matrix* matrix;
  ln_winograd_tiles tiles;
  const ln_winograd_q8* kernel;
  const ln_matrix_job* job;
  char* scratch;
} winograd_job;

static void read_tile(const winograd_job* j, size_t tile, int16_t* v, size_t step) {
  const ln_im2col* s = j->tiles.shape;
  const ln_winograd_window w = ln_winograd_window_of(&j->tiles, tile);
  const size_t image = tile / j->tiles.across / j->tiles.down;
  const ln_winograd_q8_in t = {.in = (const uint8_t*)j->job->in + w.offset,
                               .row_stride = (size_t)s->in_width * s->channels,
                               .channels = s->channels,
                               .flip = flip_of(j->matrix->in_type, kTfLiteInt8),
                               .outside = (uint8_t)(j->job->fill[image * j->job->fill_step] + 128),
                               .y0 = w.y0,
                               .y1 = w.y1,
                               .x0 = w.x0,
                               .x1 = w.x1};
  j->kernel->in(&t, v, step);
}

/* Factors that the kernel has no form for go by the sums. */
static void write_sums(const winograd_job* j, size_t first, ln_winograd_q8_out* t, size_t n, const int32_t* m,
                       size_t step) {
  int32_t sums[OUT * OUT * COLUMNS];
  t->sums = sums;
  j->kernel->out(t, m, step);
  for (size_t y = 0; y < t->rows; ++y)
    for (size_t x = 0; x < t->columns; ++x) {
      const size_t pixel = first + y * (size_t)j->tiles.shape->grid_width + x;
      const ln_matrix_tile at = {
          .matrix = j->matrix, .job = j->job, .part = &j->matrix->parts[0], .first = pixel, .rows = 1};
      ln_matrix_store_row(&at, 0, n, t->channels, 0, sums + (OUT * y + x) * COLUMNS);
    }
}

/* Columns n to n + count of a tile. */
static void write_tile(const winograd_job* j, size_t tile, size_t n, size_t count, const int32_t* m, size_t step) {
  const ln_matrix* matrix = j->matrix;
  const ln_winograd_place at = ln_winograd_place_of(&j->tiles, tile);
  const ln_gemm_q8_numbers numbers = {.bias = matrix->byte_bias + n,
                                      .multiplier = matrix->byte_multiplier + n,
                                      .offset = matrix->byte_offset + n,
                                      .sign_shift = matrix->byte_sign_shift + n,
                                      .shift = matrix->byte_shift + n,
                                      .left = matrix->any_left ? matrix->byte_left + n : NULL,
                                      .range = matrix->byte_range};
  ln_winograd_q8_out t = {.out = (uint8_t*)j->job->out + at.first * j->job->out_stride + n,
                          .rows = at.rows,
                          .columns = at.columns,
                          .row_stride = (size_t)j->tiles.shape->grid_width * j->job->out_stride,
                          .pixel_stride = j->job->out_stride,
                          .channels = count,
                          .numbers = &numbers};
  if (matrix->to_bytes)
    j->kernel->out(&t, m, step);
  else
    write_sums(j, at.first, &t, n, m, step);
}

static void run_item(void* arg, size_t item, size_t worker) {
  const winograd_job* j = arg;
  const ln_matrix* matrix = j->matrix;
  const ln_winograd_q8* kernel = j->kernel;
  const ln_im2col* s = j->tiles.shape;
  const size_t first = ln_winograd_item_begin(&j->tiles, item);
  const size_t tiles = ln_winograd_item_begin(&j->tiles, item + 1) - first;
  const size_t channels = s->channels, v_step = in_step(s, tiles);
  int16_t* v = (int16_t*)(void*)(j->scratch + worker * matrix->scratch_bytes);
  int32_t* m = (int32_t*)(void*)((char*)v + in_bytes(s, tiles));
  for (size_t t = 0; t < tiles; ++t) read_tile(j, first + t, v + t * channels, v_step);
  for (size_t n = 0; n < matrix->columns; n += COLUMNS) {
    const size_t count = matrix->columns - n < COLUMNS ? matrix->columns - n : COLUMNS;
    const size_t width = ln_winograd_q8_width(kernel, count), m_step = out_step(width, tiles);
    const int16_t* panel = (const int16_t*)matrix->packed + ln_winograd_q8_panel(channels, n);
    for (size_t p = 0; p < POINTS; ++p) {
      const ln_winograd_q8_product product = {.rows = tiles,
                                              .columns = count,
                                              .channels = channels,
                                              .a = v + p * v_step,
                                              .a_stride = channels,
                                              .b = panel + p * channels * width,
                                              .c = m + p * m_step,
                                              .c_stride = width};
      kernel->product(&product);
    }
    for (size_t t = 0; t < tiles; ++t) write_tile(j, first + t, n, count, m + t * width, m_step);
  }
}

void ln_conv_winograd_q8_run(TfLiteContext* context, const ln_matrix* matrix, void* scratch, const ln_im2col* shape,
                             size_t batch, const ln_matrix_job* job) {
  winograd_job j = {.matrix = matrix,
                    .tiles = ln_winograd_tiles_of(shape, batch, OUT, OUT),
                    .kernel = ln_winograd_q8_best(),
                    .job = job,
                    .scratch = scratch};
  const size_t rows = batch * (size_t)shape->grid_height * (size_t)shape->grid_width;
  const size_t workers = ln_matrix_workers(context, matrix, rows);
  const size_t items = ln_winograd_share(&j.tiles, tiles_at_once(j.kernel, matrix, shape), workers);
  if (items == 1)
    run_item(&j, 0, 0);
  else
    ln_parallel_items(context, workers, run_item, &j, items);
}
