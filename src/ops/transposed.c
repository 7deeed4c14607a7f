#include "ops/transposed.h"

#include <string.h>

#include "ops/op_util.h"

typedef ln_transposed_axis axis;

enum { kZ = LN_TRANSPOSED_Z, kY = LN_TRANSPOSED_Y, kX = LN_TRANSPOSED_X, kAxes = LN_TRANSPOSED_AXES };

/* Output place o has the taps k with k * dilation = o + pad modulo the stride: they lie stride / divisor apart. Phase p
 * begins with tap p. */
static void set_phases(axis* a) {
  int64_t x = a->stride, y = a->dilation, u = 0, v = 1; /* v * dilation = y modulo the stride */
  while (y != 0) {
    const int64_t quotient = x / y, rest = x % y, next = u - quotient * v;
    x = y;
    y = rest;
    u = v;
    v = next;
  }
  a->divisor = (int32_t)x;
  a->step = a->stride / a->divisor;
  a->reach = a->dilation / a->divisor;
  a->inverse = (int32_t)((u % a->step + a->step) % a->step);
}

/* Those that have taps; others have none where steps are larger than the filter or the divisor is not 1. */
static size_t count_phases(const axis* a) { return (size_t)(a->filter < a->step ? a->filter : a->step); }

static bool has_gaps(const axis* a) { return a->filter < a->stride || a->divisor > 1; }

/* The phase of an output place; count_phases or more: it has no taps. */
static size_t phase_at(const axis* a, int32_t at) {
  const int64_t way = ((int64_t)at + a->pad) % a->stride;
  if (way % a->divisor != 0) return SIZE_MAX;
  return (size_t)(way / a->divisor * a->inverse % a->step);
}

static bool is_gap(const axis* a, int32_t at) { return phase_at(a, at) >= count_phases(a); }

/* The first place without taps; `out`: there is none. */
static int32_t first_gap(const axis* a) {
  int32_t at = 0;
  while (at < a->out && has_gaps(a) && !is_gap(a, at)) ++at;
  return has_gaps(a) ? at : a->out;
}

/* From the last tap of a phase to the first they lie under input places one after the other. */
typedef struct phase {
  int32_t taps, last_tap;
  int32_t first, count; /* output places, a stride apart */
  int32_t origin;       /* the first one's first input place */
} phase;

static phase make_phase(const axis* a, size_t index) {
  phase p = {.taps = (a->filter - 1 - (int32_t)index) / a->step + 1};
  const int64_t way = (int64_t)index * a->dilation;
  const int64_t first = (way % a->stride - a->pad % a->stride + a->stride) % a->stride;
  p.last_tap = (int32_t)index + (p.taps - 1) * a->step;
  if (first < a->out) {
    p.first = (int32_t)first;
    p.count = (a->out - 1 - p.first) / a->stride + 1;
  }
  p.origin = (int32_t)((first + a->pad - way) / a->stride - (int64_t)(p.taps - 1) * a->reach);
  return p;
}

void ln_transposed_set_picture(ln_transposed* t, const TfLiteTensor* filter, int32_t stride_y, int32_t stride_x) {
  t->outputs = ln_dim(filter, 0);
  t->channels = ln_dim(filter, 3);
  const size_t channels = (size_t)t->channels, line = (size_t)ln_dim(filter, 2) * channels;
  t->output_stride = (size_t)ln_dim(filter, 1) * line;
  t->axes[kZ] = (axis){.in = 1, .out = 1, .filter = 1, .stride = 1, .dilation = 1};
  t->axes[kY] = (axis){.filter = ln_dim(filter, 1), .stride = stride_y, .dilation = 1, .tap_stride = line};
  t->axes[kX] = (axis){.filter = ln_dim(filter, 2), .stride = stride_x, .dilation = 1, .tap_stride = channels};
}

/* Parts are phases, x fastest. One more is for places without taps: one tap of one channel, whose window lies outside
 * of the picture. */
TfLiteStatus ln_transposed_make_parts(TfLiteContext* context, ln_transposed* t) {
  ln_matrix* matrix = &t->matrix;
  size_t counts[kAxes];
  bool gaps = false;
  for (int i = 0; i < kAxes; ++i) {
    set_phases(&t->axes[i]);
    counts[i] = count_phases(&t->axes[i]);
    gaps = gaps || has_gaps(&t->axes[i]);
  }
  const size_t phases = counts[kZ] * counts[kY] * counts[kX];
  LN_TRY(ln_matrix_make_parts(context, matrix, phases + (gaps ? 1 : 0)));
  matrix->columns = (size_t)t->outputs;
  matrix->channel_groups = 1;
  for (size_t i = 0; i < phases; ++i) {
    const size_t index[kAxes] = {i / counts[kX] / counts[kY], i / counts[kX] % counts[kY], i % counts[kX]};
    phase p[kAxes];
    size_t back[kAxes]; /* from tap to tap */
    for (int k = 0; k < kAxes; ++k) {
      p[k] = make_phase(&t->axes[k], index[k]);
      back[k] = (size_t)0 - (size_t)t->axes[k].step * t->axes[k].tap_stride;
      matrix->parts[i].base += (size_t)p[k].last_tap * t->axes[k].tap_stride;
    }
    matrix->parts[i].layout = (ln_gemm_layout){.columns = matrix->columns,
                                               .taps_y = (size_t)p[kZ].taps * (size_t)p[kY].taps,
                                               .taps_x = (size_t)p[kX].taps,
                                               .channels = (size_t)t->channels,
                                               .column_stride = t->output_stride,
                                               .y_stride = back[kY],
                                               .x_stride = back[kX],
                                               .channel_stride = 1,
                                               .plane_taps_y = p[kZ].taps > 1 ? (size_t)p[kY].taps : 0,
                                               .plane_stride = p[kZ].taps > 1 ? back[kZ] : 0};
  }
  if (gaps)
    matrix->parts[phases].layout = (ln_gemm_layout){.columns = matrix->columns,
                                                    .taps_y = 1,
                                                    .taps_x = 1,
                                                    .channels = 1,
                                                    .column_stride = t->output_stride,
                                                    .channel_stride = 1};
  return kTfLiteOk;
}

TfLiteStatus ln_transposed_prepare(TfLiteContext* context, ln_transposed* t, const TfLiteTensor* filter) {
  LN_TRY(ln_matrix_prepare(context, &t->matrix, filter));
  return ln_matrix_plan_scratch(context, &t->matrix, &t->scratch_bytes);
}

typedef struct transposed_run {
  const ln_transposed* t;
  const char* in;
  char* out;
  size_t volume_bytes, out_size; /* of the input's volumes; of an element */
  size_t phases_y, phases_x;
  size_t jobs;  /* of phases */
  bool volumes; /* a job is a plane's phase, otherwise all images' */
  const ln_matrix_images* images;
  int16_t fill;
  int32_t gap[kAxes]; /* the first place without taps */
} transposed_run;

/* `lines` of each image, from an output place on. */
static void place_job(const transposed_run* r, int32_t y, int32_t x, size_t lines, size_t line_rows,
                      ln_matrix_job* job) {
  const ln_transposed* t = r->t;
  const size_t outputs = (size_t)t->outputs, line = (size_t)t->axes[kX].out * outputs;
  job->in = r->in;
  job->in_stride = (size_t)t->channels;
  job->out = r->out + ((size_t)y * line + (size_t)x * outputs) * r->out_size;
  job->lines = (r->volumes ? 1 : (size_t)t->batch) * lines;
  job->line_rows = line_rows;
  job->image_lines = lines;
  job->image_stride = (size_t)t->axes[kY].out * line;
  job->line_stride = (size_t)t->axes[kY].stride * line;
  job->out_stride = (size_t)t->axes[kX].stride * outputs;
  job->rows_per_scale = lines * line_rows;
  job->fill = &r->fill;
  if (r->images == NULL) return;
  job->row_scales = r->images->scales;
  job->row_zero_points = r->images->zero_points;
  job->fill = r->images->fill;
  job->fill_step = 1;
}

/* Moves the job to a plane of the output, all volumes' counted, with its taps along z. */
static void place_plane(const transposed_run* r, size_t plane, ln_matrix_job* job) {
  const ln_transposed* t = r->t;
  const axis* z = &t->axes[kZ];
  const int32_t at = (int32_t)(plane % (size_t)z->out);
  const size_t volume = plane / (size_t)z->out, index = phase_at(z, at);
  if (index >= count_phases(z)) {
    job->lines = 0;
    return;
  }
  const phase p = make_phase(z, index);
  job->volume = (ln_im2col_depth){.in = z->in,
                                  .grid = 1,
                                  .filter = p.taps,
                                  .stride = 1,
                                  .dilation = z->reach,
                                  .origin = p.origin + (at - p.first) / z->stride};
  job->window.depth = &job->volume;
  job->shape = &job->window;
  job->part += index * r->phases_y * r->phases_x;
  job->in = (const char*)job->in + volume * r->volume_bytes;
  job->out = (char*)job->out + plane * job->image_stride * r->out_size;
}

static ln_im2col window_of(const ln_transposed* t) {
  return (ln_im2col){.in_height = t->axes[kY].in,
                     .in_width = t->axes[kX].in,
                     .channels = (size_t)t->channels,
                     .pixel_stride = (size_t)t->channels,
                     .grid_height = 1,
                     .grid_width = 1,
                     .filter_height = 1,
                     .filter_width = 1,
                     .stride_y = 1,
                     .stride_x = 1,
                     .dilation_y = t->axes[kY].reach,
                     .dilation_x = t->axes[kX].reach};
}

/* Of the first place without taps. */
static void describe_gap(const transposed_run* r, ln_matrix_job* job) {
  const ln_transposed* t = r->t;
  job->part = t->matrix.part_count - 1;
  job->window.channels = 1;
  job->window.origin_y = t->axes[kY].in;
  place_job(r, r->gap[kY], r->gap[kX], 1, 1, job);
  job->lines = 1;
  job->out = (char*)job->out + (size_t)r->gap[kZ] * job->image_stride * r->out_size;
}

static void describe(const void* arg, size_t index, ln_matrix_job* job) {
  const transposed_run* r = arg;
  const ln_transposed* t = r->t;
  *job = (ln_matrix_job){.window = window_of(t), .shape = &job->window};
  if (index == r->jobs) {
    describe_gap(r, job);
    return;
  }
  const phase y = make_phase(&t->axes[kY], index / r->phases_x % r->phases_y);
  const phase x = make_phase(&t->axes[kX], index % r->phases_x);
  job->part = index % (r->phases_y * r->phases_x);
  job->window.grid_height = y.count;
  job->window.grid_width = x.count;
  job->window.filter_height = y.taps;
  job->window.filter_width = x.taps;
  job->window.origin_y = y.origin;
  job->window.origin_x = x.origin;
  place_job(r, y.first, x.first, (size_t)y.count, (size_t)x.count, job);
  const bool every_pixel = y.count == t->axes[kY].in && x.count == t->axes[kX].in && y.origin == 0 && x.origin == 0;
  if (y.taps == 1 && x.taps == 1 && every_pixel) job->shape = NULL;
  if (r->volumes) place_plane(r, index / (r->phases_y * r->phases_x), job);
}

/* Lines [begin, end) of all images: copies of the place without taps. */
static void fill_gaps(void* arg, size_t begin, size_t end) {
  const transposed_run* r = arg;
  const axis *z = &r->t->axes[kZ], *y = &r->t->axes[kY], *x = &r->t->axes[kX];
  const size_t pixel = (size_t)r->t->outputs * r->out_size, line = (size_t)x->out * pixel;
  const char* from =
      r->out + ((size_t)r->gap[kZ] * (size_t)y->out + (size_t)r->gap[kY]) * line + (size_t)r->gap[kX] * pixel;
  for (size_t i = begin; i < end; ++i) {
    const bool whole =
        is_gap(y, (int32_t)(i % (size_t)y->out)) || is_gap(z, (int32_t)(i / (size_t)y->out % (size_t)z->out));
    for (int32_t at = 0; at < x->out; ++at) {
      char* to = r->out + i * line + (size_t)at * pixel;
      if (to != from && (whole || is_gap(x, at))) memcpy(to, from, pixel);
    }
  }
}

/* False: every place has taps. */
static bool find_gap(const ln_transposed* t, int32_t gap[kAxes]) {
  bool found = false;
  for (int i = 0; i < kAxes; ++i) {
    gap[i] = found ? t->axes[i].out : first_gap(&t->axes[i]);
    found = found || gap[i] < t->axes[i].out;
    if (gap[i] == t->axes[i].out) gap[i] = 0;
  }
  return found;
}

void ln_transposed_run(TfLiteContext* context, const ln_transposed* t, void* scratch, const TfLiteTensor* input,
                       const ln_matrix_images* images, TfLiteTensor* output) {
  const axis *z = &t->axes[kZ], *y = &t->axes[kY], *x = &t->axes[kX];
  transposed_run r = {
      .t = t,
      .in = images != NULL ? images->data : input->data.raw_const,
      .out = output->data.raw,
      .volume_bytes = (size_t)z->in * (size_t)y->in * (size_t)x->in * (size_t)t->channels * ln_type_size(input->type),
      .out_size = ln_type_size(output->type),
      .phases_y = count_phases(y),
      .phases_x = count_phases(x),
      .volumes = z->out > 1 || z->in > 1,
      .images = images,
      .fill = ln_matrix_fill(&t->matrix)};
  const bool gaps = find_gap(t, r.gap);
  const size_t planes = (size_t)t->batch * (size_t)z->out, lines = ((size_t)y->out - 1) / (size_t)y->stride + 1;
  r.jobs = (r.volumes ? planes : 1) * r.phases_y * r.phases_x;
  ln_matrix_run(context, &t->matrix, scratch, r.volumes ? LN_MATRIX_BY_JOBS : LN_MATRIX_BY_ROWS,
                r.jobs + (gaps ? 1 : 0), (r.volumes ? 1 : (size_t)t->batch) * lines,
                ((size_t)x->out - 1) / (size_t)x->stride + 1, describe, &r);
  const size_t all = planes * (size_t)y->out;
  if (gaps) ln_parallel_ranges(context, fill_gaps, &r, all, all, all * (size_t)x->out * (size_t)t->outputs / 8);
}

void ln_transposed_free(TfLiteContext* context, void* user_data) {
  (void)context;
  ln_transposed* t = user_data;
  if (t == NULL) return;
  ln_matrix_free(&t->matrix);
  ln_free(t);
}
