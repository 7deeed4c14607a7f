/* Running a matrix product: items of some rows by some panels, shared out over the workers. */
#include <stdatomic.h>
#include <string.h>

#include "base/compiler.h"
#include "kernels/generic/quantize_q8.h"
#include "ops/matrix_tile.h"

enum {
  kMaxWorkers = 64,
  kChunkBytes = 192 * 1024,
  kFloatChunkBytes = 768 * 1024,
  kApart = 16, /* floats that rows in scratch memory are moved apart by */
  kLineFloats = 16,
  kItemsPerWorker = 2
};

size_t ln_worker_count(TfLiteContext* context) {
  const int threads = ln_thread_count(context);
  return threads < 1 ? 1 : threads > kMaxWorkers ? kMaxWorkers : (size_t)threads;
}

/* Neighbouring items are one worker's as far as that goes, and those of the next product the same one's: their rows are
 * then in its cache. */
typedef struct item_share {
  _Alignas(64) atomic_size_t next;
  size_t end;
} item_share;

typedef struct item_queue {
  item_share shares[kMaxWorkers];
  size_t workers;
  void (*work)(void* arg, size_t item, size_t worker);
  void* arg;
} item_queue;

static void drain(void* arg, size_t worker) {
  item_queue* queue = arg;
  for (size_t i = 0; i < queue->workers; ++i) {
    item_share* share = &queue->shares[(worker + i) % queue->workers];
    for (;;) {
      const size_t item = atomic_fetch_add_explicit(&share->next, 1, memory_order_relaxed);
      if (item >= share->end) break;
      queue->work(queue->arg, item, worker);
    }
  }
}

typedef struct item_stretches {
  void (*work)(void* arg, size_t item, size_t worker);
  void* arg;
  size_t count, workers;
} item_stretches;

static void run_stretch(void* arg, size_t worker) {
  const item_stretches* s = arg;
  const size_t end = ln_share_begin(s->count, s->workers, worker + 1);
  for (size_t item = ln_share_begin(s->count, s->workers, worker); item < end; ++item) s->work(s->arg, item, worker);
}

static void parallel_stretches(TfLiteContext* context, size_t workers,
                               void (*work)(void* arg, size_t item, size_t worker), void* arg, size_t count) {
  item_stretches stretches = {work, arg, count, count < workers ? count : workers};
  ln_parallel_for(context, run_stretch, &stretches, stretches.workers);
}

void ln_parallel_items(TfLiteContext* context, size_t workers, void (*work)(void* arg, size_t item, size_t worker),
                       void* arg, size_t count) {
  if (count <= workers) {
    parallel_stretches(context, workers, work, arg, count);
    return;
  }
  item_queue queue;
  queue.workers = workers;
  queue.work = work;
  queue.arg = arg;
  for (size_t i = 0; i < queue.workers; ++i) {
    atomic_init(&queue.shares[i].next, ln_share_begin(count, queue.workers, i));
    queue.shares[i].end = ln_share_begin(count, queue.workers, i + 1);
  }
  ln_parallel_for(context, drain, &queue, queue.workers);
}

static bool is_float(const ln_matrix* matrix) { return matrix->rule == LN_MATRIX_F32; }

static size_t panel_columns(const ln_matrix* matrix) {
  return is_float(matrix) ? matrix->f32->nr : matrix->q8 != NULL ? matrix->q8->nr : matrix->s16s8->nr;
}

/* So many rows that they stay in the cache while the panels pass by. Every worker has room for them and for their
 * sums. */
TfLiteStatus ln_matrix_plan_scratch(TfLiteContext* context, ln_matrix* matrix, size_t* size_bytes) {
  const size_t element = is_float(matrix) ? sizeof(float) : matrix->q8 != NULL ? matrix->q8->a_size : sizeof(int16_t);
  const size_t mr = is_float(matrix) ? matrix->f32->mr : matrix->q8 != NULL ? LN_MATRIX_BYTE_ROWS : matrix->s16s8->mr;
  size_t row, rows, total;
  const bool fits = matrix->max_depth < SIZE_MAX / 16;
  LN_CHECK(context, fits, "rows of %zu elements are too long", matrix->max_depth);
  row = ln_round_up(matrix->max_depth, matrix->q8 != NULL ? matrix->q8->kr : 2) * element;
  if (is_float(matrix)) row += kApart * element;
  if (matrix->sparse != NULL) row = 0; /* activations are read where they lie */
  const size_t most = is_float(matrix) ? LN_MATRIX_FLOAT_ROWS : (matrix->q8 != NULL ? 16 : 8) * mr;
  rows = row == 0 ? most : (is_float(matrix) ? kFloatChunkBytes : kChunkBytes) / row / mr * mr;
  rows = rows < mr ? mr : rows > most ? most : rows;
  matrix->row_chunk = rows;
  matrix->workers = ln_worker_count(context);
  LN_CHECK(context,
           ln_mul_size(rows, row + sizeof(int64_t), &matrix->scratch_bytes) && matrix->scratch_bytes < SIZE_MAX / 2,
           "rows of %zu elements are too long", matrix->max_depth);
  matrix->scratch_bytes = ln_round_up(matrix->scratch_bytes, 64);
  LN_CHECK(context, ln_mul_size(matrix->scratch_bytes, matrix->workers, &total), "rows of %zu elements are too long",
           matrix->max_depth);
  *size_bytes = total;
  return kTfLiteOk;
}

typedef struct run_state {
  const ln_matrix* matrix;
  char* scratch;
  ln_matrix_order order;
  size_t jobs, rows, grain, row_unit, units, most_units, row_shares, row_chunks, panel_chunks, panels_per_chunk;
  void (*describe)(const void* arg, size_t index, ln_matrix_job* job);
  const void* describe_arg;
} run_state;

static void finish_rows(const ln_matrix_tile* t) {
  for (size_t m = 0; m < t->rows && t->matrix->finish != NULL; ++m) {
    float* row = (float*)t->job->out + ln_matrix_offset(t->job, t->first + m) + t->begin;
    t->matrix->finish(NULL, row, row, t->end - t->begin);
  }
}

/* A first cache has sets of eight lines or more, the same one for all that lies a multiple of 4 KB apart: higher tiles
 * of such rows throw out their own lines. */
static bool is_crowded(const ln_matrix* matrix, size_t stride) {
  enum { kWays = 8, kPage = 4096 / sizeof(float) };
  return matrix->f32->mr > kWays && stride % kPage == 0;
}

bool ln_matrix_read_in_place(ln_matrix* matrix, size_t in_stride) {
  enum { kFirstCacheBytes = 32 * 1024 };
  if (is_crowded(matrix, in_stride)) return false;
  const size_t row_bytes = (matrix->max_depth + matrix->columns) * sizeof(float);
  const size_t rows = kFirstCacheBytes / row_bytes / matrix->f32->mr * matrix->f32->mr;
  if (rows > matrix->row_chunk) matrix->row_chunk = rows;
  return true;
}

/* Where the tile's rows lie, and how far apart: as they are, or in `scratch`. */
static const float* rows_f32(const ln_matrix_tile* t, float* scratch, size_t* stride) {
  enum { kLeastPanels = 4 }; /* that pass by, for which crowded rows are worth moving apart */
  const ln_matrix_job* job = t->job;
  const float* in = (const float*)job->in + t->first * job->in_stride;
  const size_t depth = t->part->depth;
  *stride = job->in_stride;
  if (job->shape == NULL && (!is_crowded(t->matrix, *stride) || t->end - t->begin < kLeastPanels * t->matrix->f32->nr))
    return in;
  *stride = depth + (is_crowded(t->matrix, depth) ? kApart : 0);
  if (job->shape != NULL)
    ln_im2col_f32(job->shape, job->in, t->first, t->rows, scratch, *stride);
  else
    for (size_t m = 0; m < t->rows; ++m) memcpy(scratch + m * *stride, in + m * job->in_stride, depth * sizeof *in);
  return scratch;
}

/* Each tile of the kernel's is added, while it is in the first cache, to what the job's addend has in its place; the
 * output may be the same memory. */
static void run_sum_f32(const ln_matrix_tile* t, const float* a, size_t stride, const float* packed,
                        const float* bias) {
  const ln_matrix* matrix = t->matrix;
  const ln_matrix_job* job = t->job;
  const ln_gemm_f32* kernel = matrix->f32;
  const size_t nr = kernel->nr, depth = t->part->depth, out_stride = job->out_stride;
  ln_gemm_walk walk = {.segments = 1, .depth = depth, .a_stride = stride};
  _Alignas(64) float sums[LN_GEMM_MAX_TILE];
  for (size_t n = t->begin; n < t->end; n += nr) {
    const size_t width = t->end - n < nr ? t->end - n : nr, mr = ln_gemm_f32_rows(kernel, width);
    const size_t tiles = (t->rows + mr - 1) / mr;
    const float* panel = packed + n * depth;
    for (size_t i = 0, m = 0, height; i < tiles; ++i, m += height) {
      height = t->rows * (i + 1) / tiles - m;
      const size_t at = (t->first + m) * out_stride + n;
      const float* addend = (const float*)job->addend + at;
      for (size_t k = 0; k < height; ++k)
        for (size_t c = 0; c < width; c += kLineFloats) LN_PREFETCH(addend + k * out_stride + c);
      ln_gemm_f32_look_ahead(kernel, depth, panel, n == t->begin, t->end - n <= nr, i, tiles, &walk);
      kernel->run(height, width, &walk, a + m * stride, panel, bias + n, matrix->low_f, matrix->high_f, sums, nr);
      matrix->add_rows(&matrix->sum_range, height, width, sums, nr, addend, (float*)job->out + at, out_stride);
    }
  }
}

static void run_f32(const ln_matrix_tile* t, float* scratch) {
  const ln_matrix* matrix = t->matrix;
  const ln_matrix_job* job = t->job;
  size_t stride;
  const float* a = rows_f32(t, scratch, &stride);
  const float* packed = (const float*)(const void*)((const char*)matrix->packed + t->part->packed);
  const float* bias = matrix->bias_f + t->part->channel_group * matrix->padded_columns;
  if (matrix->add_rows != NULL) {
    run_sum_f32(t, a, stride, packed, bias);
    return;
  }
  /* A panel stays in the cache for the rows of all lines. */
  const size_t step = job->lines == 1 ? t->end - t->begin : matrix->f32->nr;
  for (size_t n = t->begin; n < t->end; n += step) {
    const size_t width = t->end - n < step ? t->end - n : step;
    for (size_t m = 0; m < t->rows;) {
      const ln_matrix_tile some = ln_matrix_stretch(t, m);
      ln_gemm_f32_block(matrix->f32, some.rows, width, t->part->depth, a + m * stride, stride,
                        packed + n * t->part->depth, bias + n, matrix->low_f, matrix->high_f,
                        (float*)job->out + ln_matrix_offset(job, some.first) + n, job->out_stride);
      m += some.rows;
    }
  }
  finish_rows(t);
}

/* Rows by columns that lie as they do in the file. */
static void run_unpacked(const ln_matrix_tile* t) {
  const ln_matrix* matrix = t->matrix;
  const ln_matrix_job* job = t->job;
  const size_t depth = t->part->depth, count = t->end - t->begin;
  float* out = (float*)job->out + ln_matrix_offset(job, t->first) + t->begin;
  for (size_t m = 0; m < t->rows; ++m)
    memcpy(out + m * job->out_stride, matrix->bias_f + t->begin, count * sizeof *out);
  ln_rows_f32_best()->matvecs((const float*)matrix->packed + t->begin * depth, count, depth,
                              (const float*)job->in + t->first * job->in_stride, job->in_stride, t->rows, out,
                              job->out_stride);
  for (size_t m = 0; m < t->rows; ++m, out += job->out_stride)
    for (size_t n = 0; n < count; ++n) {
      const float sum = out[n] < matrix->low_f ? matrix->low_f : out[n];
      out[n] = sum > matrix->high_f ? matrix->high_f : sum;
    }
  finish_rows(t);
}

static void run_lines_f32(const ln_matrix_tile* t, float* scratch) {
  ln_matrix_run_lines_f32(t, scratch);
  finish_rows(t);
}

/* The rows as int16, each padded to whole pairs. Rows that are plain are a picture of one pixel a line. */
static void gather(const ln_matrix_tile* t, int16_t* out, size_t out_stride) {
  const ln_matrix_job* job = t->job;
  const int16_t none = 0;
  const ln_im2col plain = {.in_height = INT32_MAX,
                           .in_width = 1,
                           .channels = t->part->depth,
                           .pixel_stride = job->in_stride,
                           .grid_height = INT32_MAX,
                           .grid_width = 1,
                           .filter_height = 1,
                           .filter_width = 1,
                           .stride_y = 1,
                           .stride_x = 1,
                           .dilation_y = 1,
                           .dilation_x = 1};
  const ln_im2col* shape = job->shape != NULL ? job->shape : &plain;
  const int16_t* fill = job->fill != NULL ? job->fill : &none;
  if (t->matrix->in_type == kTfLiteInt8)
    ln_im2col_s8(shape, job->in, fill, job->fill_step, t->first, t->rows, out, out_stride);
  else if (t->matrix->in_type == kTfLiteUInt8)
    ln_im2col_u8(shape, job->in, fill, job->fill_step, t->first, t->rows, out, out_stride);
  else
    ln_im2col_s16(shape, job->in, fill, job->fill_step, t->first, t->rows, out, out_stride);
}

static void sum_rows(const int16_t* a, size_t stride, size_t rows, size_t depth, int32_t factor, int64_t* sums) {
  for (size_t m = 0; m < rows; ++m) {
    int64_t sum = 0;
    for (size_t k = 0; k < depth; ++k) sum += a[m * stride + k];
    sums[m] = sum * factor;
  }
}

static void narrow(const ln_matrix* matrix, const int32_t* values, size_t count, void* out, size_t offset) {
  if (matrix->out_type == kTfLiteInt8)
    ln_narrow_s8(values, count, (int8_t*)out + offset);
  else if (matrix->out_type == kTfLiteUInt8)
    ln_narrow_u8(values, count, (uint8_t*)out + offset);
  else
    ln_narrow_s16(values, count, (int16_t*)out + offset);
}

void ln_matrix_store_row(const ln_matrix_tile* t, size_t m, size_t n, size_t width, uint32_t term, int32_t* values) {
  const ln_matrix* matrix = t->matrix;
  const ln_matrix_job* job = t->job;
  const size_t channel = t->part->channel_group * matrix->padded_columns + n;
  const size_t at = (size_t)(t->part - matrix->parts) * matrix->padded_columns + n;
  const size_t offset = ln_matrix_offset(job, t->first + m) + n;
  const int32_t* column_sums = (const int32_t*)(const void*)((const char*)matrix->packed + matrix->sums_offset) + at;
  /* The bytes that were multiplied are moved up by that. */
  const int32_t up = matrix->q8 != NULL && matrix->in_type == kTfLiteInt8 ? 128 : 0;
  if (matrix->rule == LN_MATRIX_SUMS) {
    for (size_t i = 0; i < width; ++i)
      ((int32_t*)job->out)[offset + i] = (int32_t)((uint32_t)values[i] - (uint32_t)up * (uint32_t)column_sums[i]);
    return;
  }
  if (matrix->rule == LN_MATRIX_HYBRID) {
    const ln_hybrid_params params = {column_sums, matrix->scale_f + channel, matrix->bias_f + channel, matrix->low_f,
                                     matrix->high_f};
    const size_t scale = (t->first + m) / job->rows_per_scale;
    ln_quantize_q8_best()->hybrid_store(&params, 0, width, job->row_zero_points[scale] + up, job->row_scales[scale],
                                        values, (float*)job->out + offset);
    return;
  }
  const size_t count = matrix->q8 != NULL ? ln_gemm_q8_width(matrix->q8, width) : matrix->s16s8->nr;
  if (term != 0)
    for (size_t i = 0; i < count; ++i) values[i] = (int32_t)((uint32_t)values[i] + term);
  const ln_requant params = {matrix->bias + at,
                             matrix->multiplier + channel,
                             matrix->shift + channel,
                             matrix->scale + channel,
                             matrix->out_zero_point,
                             matrix->low,
                             matrix->high};
  (matrix->rule == LN_MATRIX_FIXED ? matrix->requant->fixed : matrix->requant->real)(&params, 0, count, values);
  narrow(matrix, values, width, job->out, offset);
}

static void store_wide_row(const ln_matrix_tile* t, size_t m, size_t n, size_t width, const int64_t* row_sums,
                           int64_t* sums) {
  const ln_matrix* matrix = t->matrix;
  const size_t channel = t->part->channel_group * matrix->padded_columns + n;
  const size_t at = (size_t)(t->part - matrix->parts) * matrix->padded_columns + n;
  int32_t values[LN_GEMM_MAX_TILE];
  if (row_sums != NULL)
    for (size_t i = 0; i < width; ++i) sums[i] -= row_sums[m];
  const ln_requant params = {.multiplier = matrix->multiplier + channel,
                             .shift = matrix->shift + channel,
                             .scale = matrix->scale + channel,
                             .zero_point = matrix->out_zero_point,
                             .low = matrix->low,
                             .high = matrix->high};
  (matrix->rule == LN_MATRIX_WIDE_FIXED ? ln_requant_best()->wide_fixed : ln_requant_wide_real)(
      &params, matrix->wide_bias + at, 0, width, sums, values);
  narrow(matrix, values, width, t->job->out, ln_matrix_offset(t->job, t->first + m) + n);
}

/* Adds to sums in 64 bits: the depth is cut into stretches whose sums fit 32. */
static void add_products(const ln_matrix_tile* t, const int16_t* a, size_t stride, size_t height, const int8_t* b,
                         int64_t* sums) {
  const ln_gemm_s16s8* kernel = t->matrix->s16s8;
  const size_t pairs = stride / 2;
  int32_t part[LN_GEMM_MAX_TILE];
  for (size_t p = 0; p < pairs; p += LN_GEMM_SAFE_PAIRS) {
    const size_t count = pairs - p < LN_GEMM_SAFE_PAIRS ? pairs - p : LN_GEMM_SAFE_PAIRS;
    kernel->run(height, count, a + 2 * p, stride, b + 2 * p * kernel->nr, part);
    for (size_t i = 0; i < height * kernel->nr; ++i) sums[i] += part[i];
  }
}

/* Of weights of 16 bits the lower byte is stored less 128, behind the upper one: ops/matrix_pack.c. */
static void wide_tile(const ln_matrix_tile* t, const int16_t* a, size_t stride, size_t height, const int8_t* b,
                      int64_t* sums) {
  const size_t count = height * t->matrix->s16s8->nr;
  memset(sums, 0, count * sizeof *sums);
  add_products(t, a, stride, height, b, sums);
  if (t->matrix->weights_type != kTfLiteInt16) return;
  for (size_t i = 0; i < count; ++i) sums[i] *= 256;
  add_products(t, a, stride, height, b + stride * t->matrix->s16s8->nr, sums);
}

static void run_s16s8(const ln_matrix_tile* t, int16_t* a, int64_t* row_sums) {
  const ln_matrix* matrix = t->matrix;
  const ln_gemm_s16s8* kernel = matrix->s16s8;
  const size_t stride = ln_round_up(t->part->depth, 2), mr = kernel->mr, nr = kernel->nr;
  const bool wide = matrix->rule == LN_MATRIX_WIDE_FIXED || matrix->rule == LN_MATRIX_WIDE_REAL;
  const bool words = matrix->weights_type == kTfLiteInt16;
  const size_t panel = words ? 2 * stride : stride;
  const int32_t weights_zero = matrix->weights_zero_point - (words || matrix->weights_type == kTfLiteUInt8 ? 128 : 0);
  const bool needs_sums = weights_zero != 0 && matrix->rule != LN_MATRIX_HYBRID && matrix->rule != LN_MATRIX_SUMS;
  gather(t, a, stride);
  if (needs_sums) sum_rows(a, stride, t->rows, t->part->depth, weights_zero, row_sums);
  for (size_t n = t->begin; n < t->end; n += nr) {
    const int8_t* b = (const int8_t*)matrix->packed + t->part->packed + n * panel;
    const size_t width = t->end - n < nr ? t->end - n : nr;
    for (size_t m = 0; m < t->rows; m += mr) {
      const size_t height = t->rows - m < mr ? t->rows - m : mr;
      int64_t wide_sums[LN_GEMM_MAX_TILE];
      int32_t sums[LN_GEMM_MAX_TILE];
      if (wide)
        wide_tile(t, a + m * stride, stride, height, b, wide_sums);
      else
        kernel->run(height, stride / 2, a + m * stride, stride, b, sums);
      for (size_t i = 0; i < height; ++i) {
        if (wide)
          store_wide_row(t, m + i, n, width, needs_sums ? row_sums : NULL, wide_sums + i * nr);
        else
          ln_matrix_store_row(t, m + i, n, width, needs_sums ? (uint32_t)-row_sums[m + i] : 0, sums + i * nr);
      }
    }
  }
}

/* The sums of a row come as many at a time as those of a panel. */
static void run_sparse(const ln_matrix_tile* t) {
  const ln_matrix* matrix = t->matrix;
  const size_t stride = t->job->in_stride, out_stride = t->job->out_stride, nr = matrix->s16s8->nr;
  if (is_float(matrix)) {
    float* out = (float*)t->job->out + ln_matrix_offset(t->job, t->first) + t->begin;
    ln_sparse_product_f32(matrix->sparse, t->begin, t->end, (const float*)t->job->in + t->first * stride, stride,
                          t->rows, matrix->bias_f, matrix->low_f, matrix->high_f, out, out_stride);
    finish_rows(t);
    return;
  }
  for (size_t n = t->begin; n < t->end; n += nr) {
    const size_t width = t->end - n < nr ? t->end - n : nr;
    for (size_t m = 0; m < t->rows; ++m) {
      int32_t sums[LN_GEMM_MAX_TILE] = {0};
      ln_sparse_product_s8(matrix->sparse, n, n + width, (const int8_t*)t->job->in + (t->first + m) * stride, sums);
      ln_matrix_store_row(t, m, n, width, 0, sums);
    }
  }
}

/* The row_shares are even to the row, or to the line where chunks are made of lines; their chunks are whole tiles. */
static size_t chunk_begin(const run_state* s, size_t chunk) {
  if (s->row_shares == 1) {
    const size_t row = ln_share_begin(s->units, s->row_chunks, chunk) * s->row_unit;
    return row < s->rows ? row : s->rows;
  }
  const size_t each = s->row_chunks / s->row_shares, share = chunk / each;
  const size_t grain = ln_matrix_shares_lines(s->matrix, s->rows) ? s->matrix->row_line : s->grain;
  const size_t grains = s->rows / grain;
  if (share == s->row_shares) return s->rows;
  const size_t first = ln_share_begin(grains, s->row_shares, share) * grain;
  const size_t rows = ln_share_begin(grains, s->row_shares, share + 1) * grain - first;
  const size_t tiles = (rows + s->row_unit - 1) / s->row_unit;
  const size_t row = ln_share_begin(tiles, each, chunk % each) * s->row_unit;
  return first + (row < rows ? row : rows);
}

static void run_item(void* arg, size_t item, size_t worker) {
  const run_state* s = arg;
  const ln_matrix* matrix = s->matrix;
  size_t panels = 0, chunk = item, number = 0;
  if (s->panel_chunks > 1 || s->jobs > 1) { /* else without divisions: items may be of a few tiles */
    const size_t rest = item / s->panel_chunks;
    panels = item % s->panel_chunks;
    chunk = s->order == LN_MATRIX_BY_ROWS ? rest / s->jobs : rest % s->row_chunks;
    number = s->order == LN_MATRIX_BY_ROWS ? rest % s->jobs : rest / s->row_chunks;
  }
  ln_matrix_job job;
  s->describe(s->describe_arg, number, &job);
  const size_t all = job.lines * job.line_rows;
  size_t row = chunk_begin(s, chunk), row_end = chunk_begin(s, chunk + 1);
  if (s->grain > 1) { /* Where chunks are of whole lines a job's own may be shorter. */
    row = row / s->grain * job.line_rows;
    row_end = row_end / s->grain * job.line_rows;
  }
  if (row >= all) return;
  const size_t nr = panel_columns(matrix);
  const size_t begin = panels * s->panels_per_chunk * nr, end = begin + s->panels_per_chunk * nr;
  if (begin >= matrix->columns) return;
  const size_t rows = (all < row_end ? all : row_end) - row;
  const ln_matrix_tile t = {.matrix = matrix,
                            .job = &job,
                            .part = &matrix->parts[job.part],
                            .first = row,
                            .rows = rows,
                            .begin = begin,
                            .end = end < matrix->columns ? end : matrix->columns};
  char* scratch = s->scratch + worker * matrix->scratch_bytes;
  int64_t* row_sums = (int64_t*)(void*)scratch;
  void* rows_at = scratch + matrix->row_chunk * sizeof(int64_t);
  if (matrix->sparse != NULL)
    run_sparse(&t);
  else if (matrix->unpacked)
    run_unpacked(&t);
  else if (is_float(matrix) && ln_matrix_has_lines(&t))
    run_lines_f32(&t, rows_at);
  else if (is_float(matrix))
    run_f32(&t, rows_at);
  else if (matrix->q8 != NULL)
    (ln_matrix_has_lines(&t) ? ln_matrix_run_lines_bytes : ln_matrix_run_bytes)(&t, rows_at, (int32_t*)(void*)scratch);
  else
    run_s16s8(&t, rows_at, row_sums);
}

/* Below some tiles' height the weights would pass by too often, unless they lie in the second cache. */
static size_t least_rows(const ln_matrix* matrix) {
  enum { kLeastRows = 24, kLeastOfSmall = 12, kSmallBytes = 256 * 1024 };
  const size_t weight_bytes = matrix->max_depth * matrix->columns * (is_float(matrix) ? sizeof(float) : 1);
  return weight_bytes <= kSmallBytes ? kLeastOfSmall : kLeastRows;
}

bool ln_matrix_shares_lines(const ln_matrix* matrix, size_t rows) {
  const size_t least = least_rows(matrix), line = matrix->row_line;
  return line > 0 && rows / (line > least ? line : least) >= matrix->workers;
}

/* Each worker has a share of the rows, in so many chunks or, if they would have more rows than there is room for, more.
 */
static void cut_shares(run_state* s, size_t workers, size_t share_rows, size_t chunks) {
  const size_t units = (share_rows + s->row_unit - 1) / s->row_unit;
  const size_t fewest = (units + s->most_units - 1) / s->most_units;
  s->row_shares = workers;
  s->row_chunks = (chunks > fewest ? chunks : fewest) * workers;
}

/* Chunks of even size, as many for each worker. Rows are shared out before panels are: what a worker makes it then
 * reads again, and lines that one has read are dear to write for another. */
static void share_rows(run_state* s, size_t workers, size_t items_per_worker) {
  const size_t least = least_rows(s->matrix), most = s->rows / (s->grain > least ? s->grain : least);
  const size_t jobs = s->order == LN_MATRIX_BY_ROWS ? 1 : s->jobs; /* that workers can share out */
  if (workers == 1 || most < 2) return;
  if (ln_matrix_shares_lines(s->matrix, s->rows)) {
    const size_t line = s->matrix->row_line, lines = (s->rows / line + workers - 1) / workers;
    cut_shares(s, workers, lines * line, items_per_worker * workers <= most ? items_per_worker : 1);
    return;
  }
  size_t chunks = 0;
  for (size_t each = items_per_worker; each > 0 && (chunks == 0 || chunks > most); --each) {
    chunks = ln_round_up(each * workers, jobs) / jobs;
    if (chunks < s->row_chunks) chunks = s->row_chunks;
    while (chunks < most && jobs * chunks < 8 * workers && jobs * chunks % workers != 0) ++chunks;
  }
  if (chunks > most) chunks = s->row_chunks < most ? most : s->row_chunks;
  s->row_chunks = chunks;
  if (chunks % workers == 0) cut_shares(s, workers, (s->rows + workers - 1) / workers, chunks / workers);
}

double ln_matrix_duration(const ln_matrix* matrix, size_t rows) {
  /* Products a nanosecond. One row waits for its weights; a sum of bytes takes as long to requantize as some products.
   */
  enum { kFloats = 50, kRow = 20, kBytes = 250, kWidened = 100, kWords = 25, kPlain = 5, kResult = 50 };
  const ln_gemm_q8* q8 = matrix->q8;
  const double results = (double)rows * (double)matrix->columns, products = results * (double)matrix->max_depth;
  if (is_float(matrix)) return products / (rows == 1 ? kRow : kFloats);
  if (q8 == NULL) return (products + kResult * results) / kWords;
  if (q8->mr * q8->nr <= 32) return products / kPlain;
  return (products + kResult * results) / (q8->a_size == 1 ? kBytes : kWidened);
}

size_t ln_matrix_workers(TfLiteContext* context, const ln_matrix* matrix, size_t rows) {
  return matrix->workers > 1 && ln_is_worth_sharing(context, ln_matrix_duration(matrix, rows)) ? matrix->workers : 1;
}

bool ln_matrix_is_short(const ln_matrix* matrix, size_t rows) { return ln_matrix_duration(matrix, rows) < LN_SHORT_NS; }

void ln_matrix_parallel(TfLiteContext* context, const ln_matrix* matrix, size_t rows, size_t workers,
                        void (*work)(void* arg, size_t item, size_t worker), void* arg, size_t count) {
  (ln_matrix_is_short(matrix, rows) ? parallel_stretches : ln_parallel_items)(context, workers, work, arg, count);
}

void ln_matrix_run(TfLiteContext* context, const ln_matrix* matrix, void* scratch, ln_matrix_order order, size_t count,
                   size_t lines, size_t line_rows, void (*describe)(const void* arg, size_t index, ln_matrix_job* job),
                   const void* arg) {
  if (count == 0 || lines == 0 || line_rows == 0 || matrix->columns == 0) return;
  const size_t nr = panel_columns(matrix), all = lines * line_rows;
  const size_t panels = (matrix->columns + nr - 1) / nr, workers = ln_matrix_workers(context, matrix, count * all);
  size_t unit = is_float(matrix) ? 1 : matrix->q8 != NULL ? matrix->q8->mr : matrix->s16s8->mr;
  const bool whole_lines = lines > 1 && line_rows <= matrix->row_chunk;
  if (whole_lines) unit = line_rows;
  if (unit > matrix->row_chunk) unit = matrix->row_chunk;
  if (unit == 0) return; /* never: chunks have rows */
  const size_t units = (all + unit - 1) / unit, most_units = matrix->row_chunk / unit;
  run_state s = {.matrix = matrix,
                 .scratch = scratch,
                 .order = order,
                 .jobs = count,
                 .rows = all,
                 .grain = whole_lines ? line_rows : 1,
                 .row_unit = unit,
                 .units = units,
                 .most_units = most_units,
                 .row_shares = 1,
                 .row_chunks = (units + most_units - 1) / most_units,
                 .panel_chunks = 1,
                 .describe = describe,
                 .describe_arg = arg};
  const bool is_short = ln_matrix_is_short(matrix, count * all);
  const size_t items_per_worker = is_short ? 1 : kItemsPerWorker;
  share_rows(&s, workers, items_per_worker);
  const size_t items = count * s.row_chunks, wanted = workers * items_per_worker;
  if (workers > 1 && items < wanted) {
    s.panel_chunks = (wanted + items - 1) / items;
    if (s.panel_chunks > panels) s.panel_chunks = panels;
  }
  s.panels_per_chunk = (panels + s.panel_chunks - 1) / s.panel_chunks;
  if (workers == 1) {
    for (size_t item = 0; item < items * s.panel_chunks; ++item) run_item(&s, item, 0);
    return;
  }
  ln_matrix_parallel(context, matrix, count * all, workers, run_item, &s, items * s.panel_chunks);
}
