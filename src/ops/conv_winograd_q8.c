#include "ops/conv_winograd_q8.h"

#include "kernels/generic/winograd_q8.h"
#include "ops/matrix_tile.h"
#include "ops/weights.h"
#include "ops/winograd_tiles.h"

enum { OUT = LN_WINOGRAD_Q8_OUT, COLUMNS = LN_WINOGRAD_Q8_COLUMNS, kScratchBytes = 640 * 1024 };

static uint8_t flip_of(TfLiteType type, TfLiteType flipped) { return type == flipped ? 0x80 : 0; }

static ln_winograd_tiles tiles_of(ln_winograd_q8_cut cut, const ln_im2col* s, size_t batch) {
  if (cut.lines == 0) return ln_winograd_tiles_of(s, batch, OUT, OUT);
  return ln_winograd_is_upright(s) ? ln_winograd_tiles_of(s, batch, LN_WINOGRAD_Q8_LINE_OUT, 1)
                                   : ln_winograd_tiles_of(s, batch, 1, LN_WINOGRAD_Q8_LINE_OUT);
}

static ln_winograd_q8_cut cut_of(const ln_im2col* s) {
  const size_t height = (size_t)s->filter_height, width = (size_t)s->filter_width;
  if (height == 3 && width == 3) return (ln_winograd_q8_cut){0};
  return ln_winograd_is_upright(s) ? (ln_winograd_q8_cut){1, height} : (ln_winograd_q8_cut){height, width};
}

/* Lines of taps, where two products of 16 bits are no slower than those of bytes, and by how many of them there are.
 * Filters take eight times their size. */
static bool lines_pay(const ln_winograd_q8* kernel, ln_winograd_q8_cut cut, const ln_matrix* matrix, const ln_im2col* s,
                      size_t batch) {
  enum { kMostTaps = 16, kLeastTiles = 12, kLeastChannels = 32, kMostFilters = 200 * 200 };
  if (kernel->line_in == NULL || cut.taps > kMostTaps || cut.lines > kMostTaps || s->channels < kLeastChannels ||
      matrix->columns < kLeastChannels || s->channels * matrix->columns > kMostFilters)
    return false;
  const ln_winograd_tiles tiles = tiles_of(cut, s, batch);
  const double made = (double)tiles.total * (double)(ln_winograd_q8_threes(cut) * LN_WINOGRAD_Q8_LINE_POINTS);
  const double plain = (double)(batch * ln_winograd_q8_taps(cut)) * (double)s->grid_height * (double)s->grid_width;
  return tiles.total >= kLeastTiles && made < 0.72 * plain;
}

/* A product of pairs of 16 bits takes twice as long as one of fours of bytes where both are an instruction. */
static bool pays(const ln_winograd_q8* kernel, const ln_matrix* matrix, const ln_im2col* s, size_t batch) {
  if (matrix->cut.lines > 0) return lines_pay(kernel, matrix->cut, matrix, s, batch);
  const ln_winograd_tiles of = tiles_of(matrix->cut, s, batch);
  const size_t tiles = of.total;
  const double useful = ln_winograd_useful(&of, batch);
  const size_t filters = s->channels * matrix->columns;
  if (kernel->isa == LN_ISA_AVX2)
    return useful > 0.5 && s->channels >= 8 && matrix->columns >= 8 && (filters <= 64 * 64 ? tiles >= 4 : tiles >= 9);
  const size_t least = kernel->isa == LN_ISA_AVXVNNI ? 48 : 32;
  return useful > (matrix->columns < 64 ? 0.9 : 0.75) && s->channels >= least && matrix->columns >= 16 && tiles >= 4 &&
         filters <= 200 * 200;
}

bool ln_conv_winograd_q8_fits(ln_matrix* matrix, const ln_im2col* s, size_t batch, const TfLiteTensor* filter) {
  const ln_winograd_q8* kernel = ln_winograd_q8_best();
  const bool bytes = (matrix->in_type == kTfLiteInt8 || matrix->in_type == kTfLiteUInt8) &&
                     (filter->type == kTfLiteInt8 || filter->type == kTfLiteUInt8);
  if (!bytes || matrix->rule != LN_MATRIX_FIXED || matrix->part_count != 1 ||
      !ln_winograd_takes(s, batch, matrix->columns) || s->channels % 2 != 0 || s->grid_height > 32768 ||
      s->grid_width > 32768)
    return false;
  /* The kernels of bytes and these must multiply by one instruction set: better ones are ahead of it. */
  const ln_isa isa = ln_gemm_q8_best()->isa, multiplies = isa == LN_ISA_AVX512VBMI ? LN_ISA_AVX512VNNI : isa;
  if (kernel->isa == LN_ISA_GENERIC || kernel->isa != multiplies) return false;
  if (!ln_is_constant(filter) || filter->data.raw_const == NULL || !ln_weights_are_plain(filter)) return false;
  matrix->cut = cut_of(s);
  if (!pays(kernel, matrix, s, batch)) return false;
  return ln_winograd_q8_is_safe(matrix->columns, ln_winograd_q8_taps(matrix->cut) * s->channels, filter->data.uint8,
                                flip_of(matrix->weights_type, kTfLiteUInt8), ln_matrix_weights_zero(matrix));
}

/* Of a product. */
static size_t channels_of(const ln_matrix* matrix, const ln_im2col* s) {
  return s->channels * ln_winograd_q8_threes(matrix->cut);
}

/* So many tiles of all at once: their transforms and products stay in the second cache. */
static size_t tiles_at_once(const ln_winograd_q8* kernel, const ln_matrix* matrix, const ln_winograd_tiles* all) {
  const size_t columns = matrix->columns < COLUMNS ? ln_winograd_q8_width(kernel, matrix->columns) : COLUMNS;
  const size_t each = ln_winograd_q8_points(matrix->cut) *
                      (channels_of(matrix, all->shape) * sizeof(int16_t) + columns * sizeof(int32_t));
  const size_t tiles = kScratchBytes / each / kernel->mr * kernel->mr;
  const size_t some = tiles < kernel->mr ? kernel->mr : tiles > 16 * kernel->mr ? 16 * kernel->mr : tiles;
  return some < all->total ? some : all->total;
}

/* From one point's matrix to the next; a little more than they need, as distances of pages would share cache lines. */
static size_t in_step(const ln_matrix* matrix, const ln_im2col* s, size_t tiles) {
  return ln_round_up(tiles * channels_of(matrix, s), 32) + 32;
}
static size_t out_step(size_t width, size_t tiles) { return ln_round_up(tiles * width, 16) + 16; }

static size_t in_bytes(const ln_matrix* matrix, const ln_im2col* s, size_t tiles) {
  return ln_winograd_q8_points(matrix->cut) * in_step(matrix, s, tiles) * sizeof(int16_t);
}

TfLiteStatus ln_conv_winograd_q8_plan(TfLiteContext* context, ln_matrix* matrix, const ln_im2col* s, size_t batch,
                                      size_t* size_bytes) {
  const ln_winograd_tiles all = tiles_of(matrix->cut, s, batch);
  const size_t tiles = tiles_at_once(ln_winograd_q8_best(), matrix, &all);
  matrix->workers = ln_worker_count(context);
  matrix->scratch_bytes =
      in_bytes(matrix, s, tiles) + ln_winograd_q8_points(matrix->cut) * out_step(COLUMNS, tiles) * sizeof(int32_t);
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

/* Three taps after three, line after line, each of all channels. */
static void read_lines(const winograd_job* j, size_t tile, int16_t* v, size_t step) {
  const ln_im2col* s = j->tiles.shape;
  const bool upright = ln_winograd_is_upright(s);
  const ln_winograd_q8_cut cut = j->matrix->cut;
  const size_t image = tile / j->tiles.across / j->tiles.down;
  const int64_t top = s->origin_y + (int64_t)(tile / j->tiles.across % j->tiles.down * j->tiles.out_y);
  const int64_t left = s->origin_x + (int64_t)(tile % j->tiles.across * j->tiles.out_x);
  const size_t line = (size_t)s->in_width * s->channels;
  ln_winograd_q8_in t = {.row_stride = upright ? line : s->channels,
                         .channels = s->channels,
                         .flip = flip_of(j->matrix->in_type, kTfLiteInt8),
                         .outside = (uint8_t)(j->job->fill[image * j->job->fill_step] + 128)};
  const uint8_t* in = (const uint8_t*)j->job->in + image * (size_t)s->in_height * line;
  for (size_t i = 0; i < cut.lines; ++i)
    for (size_t tap = 0; tap < cut.taps; tap += 3, v += s->channels) {
      const int64_t y = top + (int64_t)(upright ? tap : i), x = left + (int64_t)(upright ? 0 : tap);
      const int64_t across = upright ? x : y;
      ln_winograd_edges(upright ? y : x, LN_WINOGRAD_Q8_LINE_IN, upright ? s->in_height : s->in_width, &t.y0, &t.y1);
      if (across < 0 || across >= (upright ? s->in_width : s->in_height)) t.y0 = t.y1 = 0;
      const int64_t first = (int64_t)t.y0;
      if (t.y1 > 0)
        t.in = in + (size_t)(y + (upright ? first : 0)) * line + (size_t)(x + (upright ? 0 : first)) * s->channels;
      j->kernel->line_in(&t, v, step);
    }
}

/* Factors that the kernel has no form for go by the sums. */
static void write_sums(const winograd_job* j, size_t first, ln_winograd_q8_out* t, size_t n, const int32_t* m,
                       size_t step) {
  int32_t sums[OUT * OUT * COLUMNS];
  const bool lines = j->matrix->cut.lines > 0;
  const size_t down = lines && !ln_winograd_is_upright(j->tiles.shape) ? 1 : (size_t)j->tiles.shape->grid_width;
  t->sums = sums;
  (lines ? j->kernel->line_out : j->kernel->out)(t, m, step);
  for (size_t y = 0; y < t->rows; ++y)
    for (size_t x = 0; x < t->columns; ++x) {
      const size_t pixel = first + y * down + x;
      const ln_matrix_tile at = {
          .matrix = j->matrix, .job = j->job, .part = &j->matrix->parts[0], .first = pixel, .rows = 1};
      ln_matrix_store_row(&at, 0, n, t->channels, 0, sums + (lines ? y : OUT * y + x) * COLUMNS);
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
  const bool lines = matrix->cut.lines > 0;
  if (lines && !ln_winograd_is_upright(j->tiles.shape)) {
    t.rows = at.columns;
    t.columns = 1;
    t.row_stride = t.pixel_stride;
  }
  if (matrix->to_bytes)
    (lines ? j->kernel->line_out : j->kernel->out)(&t, m, step);
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
  const size_t channels = channels_of(matrix, s), points = ln_winograd_q8_points(matrix->cut),
               v_step = in_step(matrix, s, tiles);
  int16_t* v = (int16_t*)(void*)(j->scratch + worker * matrix->scratch_bytes);
  int32_t* m = (int32_t*)(void*)((char*)v + in_bytes(matrix, s, tiles));
  void (*read)(const winograd_job*, size_t, int16_t*, size_t) = matrix->cut.lines > 0 ? read_lines : read_tile;
  for (size_t t = 0; t < tiles; ++t) read(j, first + t, v + t * channels, v_step);
  for (size_t n = 0; n < matrix->columns; n += COLUMNS) {
    const size_t count = matrix->columns - n < COLUMNS ? matrix->columns - n : COLUMNS;
    const size_t width = ln_winograd_q8_width(kernel, count), m_step = out_step(width, tiles);
    const int16_t* panel = (const int16_t*)matrix->packed + ln_winograd_q8_panel(matrix->cut, s->channels, n);
    for (size_t p = 0; p < points; ++p) {
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
                    .tiles = tiles_of(matrix->cut, shape, batch),
                    .kernel = ln_winograd_q8_best(),
                    .job = job,
                    .scratch = scratch};
  const size_t rows = batch * (size_t)shape->grid_height * (size_t)shape->grid_width;
  const size_t workers = ln_matrix_workers(context, matrix, rows);
  const size_t items = ln_winograd_share(&j.tiles, tiles_at_once(j.kernel, matrix, &j.tiles), workers);
  ln_matrix_parallel(context, matrix, rows, workers, run_item, &j, items);
}
