#include "ops/fold.h"

#include <string.h>

#include "kernels/generic/strided_copy.h"

enum { TILE = 1024 };

void ln_fold_output(ln_fold_shape* s) {
  for (int i = 0; i < s->rank; ++i) {
    const int64_t span = s->window[i] > 0 ? (int64_t)(s->window[i] - 1) * s->dilation[i] + 1 : 0;
    s->out[i] = s->in[i] < span ? 0 : (int32_t)((s->in[i] - span) / s->stride[i] + 1);
  }
}

typedef struct fold_plan {
  const ln_fold_shape* shape;
  size_t in_strides[LN_MAX_RANK]; /* in elements */
  int axis;                       /* outputs along it lie side by side */
  size_t rows, row, tiles;        /* of the output; tiles of a row */
  size_t window;                  /* elements of one */
} fold_plan;

/* False: the output has no elements. */
static bool make_plan(const ln_fold_shape* s, fold_plan* plan) {
  *plan = (fold_plan){.shape = s, .axis = s->rank - 1, .rows = 1, .window = 1};
  size_t stride = 1;
  for (int i = s->rank - 1; i >= 0; --i) {
    if (s->out[i] == 0) return false;
    plan->in_strides[i] = stride;
    stride *= (size_t)s->in[i];
    plan->window *= (size_t)s->window[i];
  }
  while (plan->axis > 0 && s->out[plan->axis] == 1) --plan->axis;
  for (int i = 0; i < plan->axis; ++i) plan->rows *= (size_t)s->out[i];
  plan->row = s->rank > 0 ? (size_t)s->out[plan->axis] : 1;
  plan->tiles = (plan->row + TILE - 1) / TILE;
  return true;
}

/* The offset in the input of output number `index` in row-major order over axes [0, end). */
static size_t input_offset(const fold_plan* plan, size_t index, int end) {
  const ln_fold_shape* s = plan->shape;
  size_t offset = 0;
  for (int i = end - 1; i >= 0; --i) {
    offset += index % (size_t)s->out[i] * (size_t)s->stride[i] * plan->in_strides[i];
    index /= (size_t)s->out[i];
  }
  return offset;
}

/* Goes to the next element of the window in row-major order. */
static void next_in_window(const fold_plan* plan, int32_t* index, size_t* offset) {
  const ln_fold_shape* s = plan->shape;
  for (int i = s->rank - 1; i >= 0; --i) {
    const size_t step = (size_t)s->dilation[i] * plan->in_strides[i];
    *offset += step;
    if (++index[i] < s->window[i]) return;
    *offset -= step * (size_t)s->window[i];
    index[i] = 0;
  }
}

/* ---- By a kernel ---- */

typedef struct fold_job {
  fold_plan plan;
  ln_binary_row row;
  bool swapped; /* the element comes before the value so far */
  const char *in, *init;
  char* out;
  size_t width;
} fold_job;

static void fold_tile(void* arg, size_t tile) {
  const fold_job* j = arg;
  const fold_plan* plan = &j->plan;
  const ln_fold_shape* s = plan->shape;
  const size_t row = tile / plan->tiles, first = tile % plan->tiles * TILE;
  const size_t n = plan->row - first < TILE ? plan->row - first : TILE;
  const size_t step = s->rank > 0 ? (size_t)s->stride[plan->axis] * plan->in_strides[plan->axis] : 0;
  const char* in = j->in + (input_offset(plan, row, plan->axis) + first * step) * j->width;
  char* out = j->out + (row * plan->row + first) * j->width;
  ln_copy_shape fill = {0};
  ln_copy_add(&fill, n, 0, (ptrdiff_t)j->width);
  ln_strided_copy(&fill, j->init, out, j->width);
  int32_t index[LN_MAX_RANK] = {0};
  size_t offset = 0;
  for (size_t w = 0; w < plan->window; ++w) {
    const char* element = in + offset * j->width;
    if (j->swapped)
      j->row(NULL, element, step, out, 1, out, n);
    else
      j->row(NULL, out, 1, element, step, out, n);
    next_in_window(plan, index, &offset);
  }
}

/* ---- By the region's subgraph ---- */

static TfLiteStatus fold_one(TfLiteContext* context, const fold_plan* plan, const ln_region* region, int count,
                             const void* const* in, const size_t* widths, size_t from, void** out) {
  int32_t index[LN_MAX_RANK] = {0};
  const void* arguments[LN_REGION_MAX_ARGUMENTS];
  for (int k = 0; k < count; ++k) arguments[k] = out[k];
  for (size_t w = 0; w < plan->window; ++w) {
    for (int k = 0; k < count; ++k) arguments[count + k] = (const char*)in[k] + from * widths[k];
    LN_TRY(ln_region_call(context, region, arguments, out));
    next_in_window(plan, index, &from);
  }
  return kTfLiteOk;
}

static TfLiteStatus fold_by_graph(TfLiteContext* context, const fold_plan* plan, const ln_region* region, int count,
                                  const void* const* in, const void* const* init, void* const* out,
                                  const size_t* widths) {
  void* results[LN_REGION_MAX_ARGUMENTS];
  LN_TRY(ln_region_enter(context, region));
  for (size_t o = 0; o < plan->rows * plan->row; ++o) {
    for (int k = 0; k < count; ++k) {
      results[k] = (char*)out[k] + o * widths[k];
      memcpy(results[k], init[k], widths[k]);
    }
    const int end = plan->shape->rank > 0 ? plan->axis + 1 : 0;
    LN_TRY(fold_one(context, plan, region, count, in, widths, input_offset(plan, o, end), results));
  }
  return kTfLiteOk;
}

TfLiteStatus ln_fold(TfLiteContext* context, const ln_fold_shape* shape, const ln_region* region, int count,
                     const void* const* in, const void* const* init, void* const* out, const size_t* widths) {
  fold_job job = {.row = region->row, .swapped = region->a == 1};
  if (!make_plan(shape, &job.plan)) return kTfLiteOk;
  /* An operator on one of its arguments twice is no fold that the loop above knows. */
  if (count != 1 || region->kind != LN_REGION_ROW || region->a == region->b)
    return fold_by_graph(context, &job.plan, region, count, in, init, out, widths);
  job.in = in[0];
  job.init = init[0];
  job.out = out[0];
  job.width = widths[0];
  ln_parallel_for(context, fold_tile, &job, job.plan.rows * job.plan.tiles);
  return kTfLiteOk;
}
