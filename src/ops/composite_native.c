/* Kernels of composites: odml.rms_norm, odml.l2_norm, odml.group_norm, odml.update_kv_cache, odml.upsample_bilinear2d
 * and _nearest2d. Attention is in composite_attention.c. */
#include "ops/composite_native.h"

#include <math.h>
#include <string.h>

#include "kernels/generic/normalize.h"
#include "kernels/generic/resize.h"

bool ln_native_is(const ln_native_tensor* t, TfLiteType type, int rank) {
  return t->type == type && (rank < 0 || t->rank == rank);
}

size_t ln_native_extent(const ln_native_tensor* t, int first, int end) {
  size_t product = 1;
  for (int i = first; i < end; ++i) product *= (size_t)t->dims[i];
  return product;
}

bool ln_native_same_shape(const ln_native_tensor* a, const ln_native_tensor* b) {
  if (a->rank != b->rank) return false;
  for (int i = 0; i < a->rank; ++i)
    if (a->dims[i] != b->dims[i]) return false;
  return true;
}

static bool get_number(const ln_flex_map* attributes, const char* key, double* value) {
  const ln_flex_value found = ln_flex_find(attributes, key);
  if (found.kind != LN_FLEX_INTEGER && found.kind != LN_FLEX_FLOAT) return false;
  *value = found.real;
  return true;
}

/* A vector of floats that is as long as the channels are many. */
static bool is_channel_vector(const ln_native_tensor* t, size_t channels) {
  return ln_native_is(t, kTfLiteFloat32, 1) && (size_t)t->dims[0] == channels;
}

/* One float tensor to one of its shape; the epsilon under either of its names. */
static bool takes_normalized(const ln_flex_map* attributes, const ln_native_call* call, ln_native_params* p) {
  double epsilon;
  const ln_native_tensor* in = &call->in[0];
  if (!get_number(attributes, "epsilon", &epsilon) && !get_number(attributes, "eps", &epsilon)) return false;
  p->epsilon = (float)epsilon;
  return call->inputs >= 1 && call->outputs == 1 && ln_native_is(in, kTfLiteFloat32, -1) && in->rank >= 1 &&
         ln_native_is(&call->out[0], kTfLiteFloat32, -1) && ln_native_same_shape(in, &call->out[0]);
}

/* ---- odml.rms_norm(x[, scale]), odml.l2_norm(x): over the last dimension ---- */

static bool takes_rows(const ln_native_call* call, ln_native_params* p) {
  const ln_native_tensor* in = &call->in[0];
  p->rows = ln_native_extent(in, 0, in->rank - 1);
  p->depth = (size_t)in->dims[in->rank - 1];
  return call->inputs == 1 || (call->inputs == 2 && is_channel_vector(&call->in[1], p->depth));
}

static bool rms_norm_takes(TfLiteContext* context, const ln_flex_map* attributes, const ln_native_call* call,
                           ln_native_params* p) {
  (void)context;
  return takes_normalized(attributes, call, p) && takes_rows(call, p);
}

static bool l2_norm_takes(TfLiteContext* context, const ln_flex_map* attributes, const ln_native_call* call,
                          ln_native_params* p) {
  double axis = -1;
  (void)context;
  if (!takes_normalized(attributes, call, p) || call->inputs != 1) return false;
  (void)get_number(attributes, "axis", &axis);
  p->sums = true;
  return (axis == -1 || axis == call->in[0].rank - 1) && takes_rows(call, p);
}

typedef struct rows_job {
  const ln_native_params* p;
  const float *in, *scale;
  float* out;
  size_t tile;
} rows_job;

static void run_rows(void* arg, size_t tile) {
  const rows_job* j = arg;
  const size_t first = tile * j->tile, rows = j->p->rows - first < j->tile ? j->p->rows - first : j->tile;
  const size_t at = first * j->p->depth;
  ln_rms_norm_f32_ref(j->in + at, rows, j->p->depth, j->p->epsilon, j->p->sums, j->scale, j->out + at);
}

static void rms_norm_run(TfLiteContext* context, const ln_native_params* p, const ln_native_call* call) {
  if (p->rows == 0 || p->depth == 0) return;
  rows_job job = {.p = p,
                  .in = call->in[0].data,
                  .scale = call->inputs > 1 ? call->in[1].data : NULL,
                  .out = call->out[0].data,
                  .tile = p->depth >= 4096 ? 1 : 4096 / p->depth};
  ln_parallel_for(context, run_rows, &job, (p->rows + job.tile - 1) / job.tile);
}

const ln_native ln_native_rms_norm = {"odml.rms_norm", rms_norm_takes, NULL, rms_norm_run};
const ln_native ln_native_l2_norm = {"odml.l2_norm", l2_norm_takes, NULL, rms_norm_run};

/* ---- odml.group_norm(x[, scale, bias]) ---- */

static ln_group_shape group_shape(const ln_native_params* p, const ln_native_call* call) {
  const ln_native_tensor* in = &call->in[0];
  const int axis = (int)p->depth; /* the channels' */
  return (ln_group_shape){.outer = ln_native_extent(in, 1, axis),
                          .channels = (size_t)in->dims[axis],
                          .inner = ln_native_extent(in, axis + 1, in->rank),
                          .groups = p->groups};
}

static bool group_norm_takes(TfLiteContext* context, const ln_flex_map* attributes, const ln_native_call* call,
                             ln_native_params* p) {
  const ln_native_tensor* in = &call->in[0];
  double groups, axis = 1;
  (void)context;
  if (!takes_normalized(attributes, call, p) || !get_number(attributes, "num_groups", &groups)) return false;
  (void)get_number(attributes, "channel_axis", &axis);
  if (axis < 0) axis += in->rank;
  if (!(axis >= 1 && axis < in->rank) || !(groups >= 1 && groups <= INT32_MAX)) return false;
  p->depth = (size_t)axis;
  p->groups = (size_t)groups;
  const size_t channels = (size_t)in->dims[p->depth];
  if (channels % p->groups != 0 || channels == 0) return false;
  return call->inputs == 1 ||
         (call->inputs == 3 && is_channel_vector(&call->in[1], channels) && is_channel_vector(&call->in[2], channels));
}

typedef struct group_job {
  const ln_native_params* p;
  const ln_native_call* call;
} group_job;

static void run_group(void* arg, size_t tile) {
  const group_job* j = arg;
  const ln_native_call* call = j->call;
  const ln_group_shape shape = group_shape(j->p, call);
  const size_t image = tile / shape.groups * shape.outer * shape.channels * shape.inner;
  ln_group_norm_f32_ref(&shape, (const float*)call->in[0].data + image, tile % shape.groups, j->p->epsilon,
                        call->inputs > 1 ? call->in[1].data : NULL, call->inputs > 1 ? call->in[2].data : NULL,
                        (float*)call->out[0].data + image);
}

static void group_norm_run(TfLiteContext* context, const ln_native_params* p, const ln_native_call* call) {
  group_job job = {p, call};
  ln_parallel_for(context, run_group, &job, (size_t)call->in[0].dims[0] * p->groups);
}

const ln_native ln_native_group_norm = {"odml.group_norm", group_norm_takes, NULL, group_norm_run};

/* ---- odml.update_kv_cache(keys, values, positions, new keys, new values): the new ones stand at their positions along
 * dimension 1 ---- */

static bool cache_takes(TfLiteContext* context, const ln_flex_map* attributes, const ln_native_call* call,
                        ln_native_params* p) {
  (void)context, (void)attributes, (void)p;
  if (call->inputs != 5 || call->outputs != 2) return false;
  const ln_native_tensor* positions = &call->in[2];
  if (!ln_native_is(positions, kTfLiteInt32, 1) && !ln_native_is(positions, kTfLiteInt64, 1)) return false;
  for (int i = 0; i < 2; ++i) {
    const ln_native_tensor *cache = &call->in[i], *fresh = &call->in[3 + i];
    if (!ln_native_is(cache, kTfLiteFloat32, -1) || !ln_native_is(fresh, kTfLiteFloat32, cache->rank) ||
        !ln_native_is(&call->out[i], kTfLiteFloat32, -1) || !ln_native_same_shape(cache, &call->out[i]) ||
        cache->rank < 2 || fresh->dims[1] != positions->dims[0])
      return false;
    for (int k = 0; k < cache->rank; ++k)
      if (k != 1 && cache->dims[k] != fresh->dims[k]) return false;
  }
  return true;
}

static int64_t position_at(const ln_native_tensor* t, size_t i) {
  return t->type == kTfLiteInt32 ? ((const int32_t*)t->data)[i] : ((const int64_t*)t->data)[i];
}

/* Positions one after the other inside of the cache: elsewhere decompositions differ. */
static bool cache_takes_data(const ln_native_call* call) {
  const ln_native_tensor* positions = &call->in[2];
  const int64_t count = positions->dims[0];
  const int64_t first = count > 0 ? position_at(positions, 0) : 0;
  for (int i = 0; i < 2; ++i)
    if (first < 0 || first > call->in[i].dims[1] - count) return false;
  for (int64_t k = 1; k < count; ++k)
    if (position_at(positions, (size_t)k) != first + k) return false;
  return true;
}

static void cache_run(TfLiteContext* context, const ln_native_params* p, const ln_native_call* call) {
  (void)context, (void)p;
  const size_t count = (size_t)call->in[2].dims[0], first = count > 0 ? (size_t)position_at(&call->in[2], 0) : 0;
  for (int i = 0; i < 2; ++i) {
    const ln_native_tensor* cache = &call->in[i];
    const size_t row = ln_native_extent(cache, 2, cache->rank), line = (size_t)cache->dims[1] * row;
    const float *old = cache->data, *fresh = call->in[3 + i].data;
    float* out = call->out[i].data;
    if (line == 0) continue;
    if (out != old) memcpy(out, old, (size_t)cache->dims[0] * line * sizeof *out);
    for (size_t b = 0; b < (size_t)cache->dims[0] && count > 0; ++b)
      memcpy(out + b * line + first * row, fresh + b * count * row, count * row * sizeof *out);
  }
}

const ln_native ln_native_update_kv_cache = {"odml.update_kv_cache", cache_takes, cache_takes_data, cache_run};

/* ---- odml.upsample_bilinear2d, odml.upsample_nearest2d: planes [N,C,H,W], to the result's height and width ---- */

static bool upsample_takes(TfLiteContext* context, const ln_flex_map* attributes, const ln_native_call* call,
                           ln_native_params* p) {
  enum { LARGEST = 1 << 20 };
  const ln_native_tensor *in = &call->in[0], *out = &call->out[0];
  double corners = 0;
  (void)context;
  (void)get_number(attributes, "align_corners", &corners);
  p->align_corners = corners != 0;
  if (call->inputs != 1 || call->outputs != 1 || !ln_native_is(in, kTfLiteFloat32, 4) ||
      !ln_native_is(out, kTfLiteFloat32, 4) || in->dims[0] != out->dims[0] || in->dims[1] != out->dims[1])
    return false;
  for (int i = 2; i < 4; ++i)
    if (in->dims[i] < 1 || in->dims[i] >= LARGEST || out->dims[i] < 1 || out->dims[i] >= LARGEST) return false;
  return true;
}

typedef struct planes_job {
  ln_resize_shape shape;
  bool nearest;
  const float* in;
  float* out;
} planes_job;

static void run_plane(void* arg, size_t plane) {
  const planes_job* j = arg;
  const float* in = j->in + plane * (size_t)j->shape.in_height * (size_t)j->shape.in_width;
  float* out = j->out + plane * (size_t)j->shape.out_height * (size_t)j->shape.out_width;
  if (j->nearest)
    ln_resize_nearest_ref(&j->shape, in, out, sizeof *in);
  else
    ln_resize_bilinear_f32_ref(&j->shape, in, out);
}

static void run_planes(TfLiteContext* context, const ln_native_params* p, const ln_native_call* call, bool nearest) {
  const ln_native_tensor *in = &call->in[0], *out = &call->out[0];
  planes_job job = {.shape = {.batch = 1,
                              .in_height = in->dims[2],
                              .in_width = in->dims[3],
                              .channels = 1,
                              .out_height = out->dims[2],
                              .out_width = out->dims[3],
                              .align_corners = p->align_corners,
                              .half_pixel = !p->align_corners && !nearest,
                              .end_row = out->dims[2]},
                    .nearest = nearest,
                    .in = in->data,
                    .out = out->data};
  ln_parallel_for(context, run_plane, &job, ln_native_extent(in, 0, 2));
}

static void bilinear_run(TfLiteContext* context, const ln_native_params* p, const ln_native_call* call) {
  run_planes(context, p, call, false);
}

static void nearest_run(TfLiteContext* context, const ln_native_params* p, const ln_native_call* call) {
  run_planes(context, p, call, true);
}

const ln_native ln_native_upsample_bilinear = {"odml.upsample_bilinear2d", upsample_takes, NULL, bilinear_run};
const ln_native ln_native_upsample_nearest = {"odml.upsample_nearest2d", upsample_takes, NULL, nearest_run};
