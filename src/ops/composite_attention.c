/* odml.scaled_dot_product_attention(q, k, v[, mask]): softmax(scale * q k^T + mask) v, in floats. Queries are
 * [B,T,N,H], keys and values [B,S,K,H]; N / K heads of the queries share one of the keys. The mask is added, and
 * broadcast to [B,N,T,S]. */
#include <math.h>
#include <string.h>

#include "kernels/generic/binary.h"
#include "kernels/generic/gemm.h"
#include "kernels/generic/rows_f32.h"
#include "ops/composite_native.h"
#include "ops/matrix.h"

enum { CHUNK = 32 }; /* queries whose scores are held at once */

typedef struct sizes {
  size_t batch, queries, heads, depth, keys, key_heads;
} sizes;

static sizes sizes_of(const ln_native_call* call) {
  const int32_t *q = call->in[0].dims, *k = call->in[1].dims;
  return (sizes){(size_t)q[0], (size_t)q[1], (size_t)q[2], (size_t)q[3], (size_t)k[1], (size_t)k[2]};
}

/* Scratch memory of a worker, in floats: packed keys and values, zeros for the bias, scores. */
typedef struct parts {
  size_t keys, values, zeros, scores;
} parts;

static parts parts_of(const sizes* s) {
  const ln_gemm_f32* kernel = ln_gemm_f32_best();
  const size_t longest = s->keys > s->depth ? s->keys : s->depth;
  return (parts){ln_round_up(ln_gemm_f32_packed_size(kernel, s->keys, s->depth), 16),
                 ln_round_up(ln_gemm_f32_packed_size(kernel, s->depth, s->keys), 16),
                 ln_round_up(longest + kernel->nr, 16), ln_round_up(CHUNK * s->keys, 16)};
}

static size_t floats_of(const parts* p) { return p->keys + p->values + p->zeros + p->scores; }

static bool mask_fits(const ln_native_tensor* mask, const sizes* s) {
  const size_t full[4] = {s->batch, s->heads, s->queries, s->keys};
  if (!ln_native_is(mask, kTfLiteFloat32, 4)) return false;
  for (int i = 0; i < 4; ++i)
    if ((size_t)mask->dims[i] != full[i] && mask->dims[i] != 1) return false;
  return true;
}

static bool takes(TfLiteContext* context, const ln_flex_map* attributes, const ln_native_call* call,
                  ln_native_params* p) {
  if (call->inputs < 3 || call->inputs > 4 || call->outputs != 1) return false;
  for (int i = 0; i < 3; ++i)
    if (!ln_native_is(&call->in[i], kTfLiteFloat32, 4)) return false;
  const sizes s = sizes_of(call);
  if (!ln_native_is(&call->out[0], kTfLiteFloat32, 4) || !ln_native_same_shape(&call->out[0], &call->in[0]) ||
      !ln_native_same_shape(&call->in[1], &call->in[2]) || call->in[1].dims[0] != call->in[0].dims[0] ||
      call->in[1].dims[3] != call->in[0].dims[3])
    return false;
  enum { LONGEST = 1 << 24 };
  if (s.batch == 0 || s.key_heads == 0 || s.heads % s.key_heads != 0 || s.depth == 0 || s.keys == 0) return false;
  if (s.depth > LONGEST || s.keys > LONGEST) return false;
  if (call->inputs == 4 && !mask_fits(&call->in[3], &s)) return false;
  const ln_flex_value scale = ln_flex_find(attributes, "scale"), cap = ln_flex_find(attributes, "logit_cap");
  p->scale = scale.kind == LN_FLEX_MISSING ? 1.0f / sqrtf((float)s.depth) : (float)scale.real;
  p->cap = cap.kind == LN_FLEX_MISSING ? 0.0f : (float)cap.real;
  const parts sizes_in_floats = parts_of(&s);
  return ln_mul_size(floats_of(&sizes_in_floats), ln_worker_count(context) * sizeof(float), &p->scratch_bytes) &&
         p->scratch_bytes <= INT32_MAX;
}

typedef struct attention {
  const ln_native_params* p;
  const ln_native_call* call;
  sizes s;
  parts parts;
  const ln_gemm_f32* kernel;
} attention;

/* Scores as they go into the softmax: of `rows` queries from `first` on of one head, or of the same query of as many
 * heads. */
static void finish_scores(const attention* a, size_t batch, size_t head, size_t first, bool by_heads, size_t rows,
                          float* scores) {
  const sizes* s = &a->s;
  const ln_native_tensor* mask = a->call->inputs == 4 ? &a->call->in[3] : NULL;
  const ln_clamp_f32 all = {-INFINITY, INFINITY};
  const ln_binary_row add_row = ln_binary_best(ln_binary_add_f32_ref);
  ln_binary_best(ln_binary_mul_f32_ref)(&all, scores, 1, &a->p->scale, 0, scores, rows * s->keys);
  for (size_t r = 0; r < rows && (a->p->cap > 0 || mask != NULL); ++r) {
    float* row = scores + r * s->keys;
    if (a->p->cap > 0)
      for (size_t k = 0; k < s->keys; ++k) row[k] = a->p->cap * tanhf(row[k] / a->p->cap);
    if (mask == NULL) continue;
    const size_t b = mask->dims[0] == 1 ? 0 : batch, h = mask->dims[1] == 1 ? 0 : head + (by_heads ? r : 0);
    const size_t t = mask->dims[2] == 1 ? 0 : first + (by_heads ? 0 : r), step = mask->dims[3] == 1 ? 0 : 1;
    const size_t heads = (size_t)mask->dims[1], queries = (size_t)mask->dims[2], keys = (size_t)mask->dims[3];
    const float* add = (const float*)mask->data + ((b * heads + h) * queries + t) * keys;
    add_row(&all, row, 1, add, step, row, s->keys);
  }
}

static void pack(const attention* a, size_t batch, size_t key_head, float* keys, float* values) {
  const sizes* s = &a->s;
  const size_t step = s->key_heads * s->depth, at = batch * s->keys * step + key_head * s->depth;
  const ln_gemm_layout by_key = {
      .columns = s->keys, .taps_y = 1, .taps_x = 1, .channels = s->depth, .column_stride = step, .channel_stride = 1};
  const ln_gemm_layout by_depth = {
      .columns = s->depth, .taps_y = 1, .taps_x = 1, .channels = s->keys, .column_stride = 1, .channel_stride = step};
  ln_gemm_f32_pack(a->kernel, &by_key, (const float*)a->call->in[1].data + at, keys);
  ln_gemm_f32_pack(a->kernel, &by_depth, (const float*)a->call->in[2].data + at, values);
}

/* All queries that go to one head of the keys. */
static void run_head(void* arg, size_t item, size_t worker) {
  const attention* a = arg;
  const sizes* s = &a->s;
  const size_t batch = item / s->key_heads, key_head = item % s->key_heads, group = s->heads / s->key_heads;
  float* keys = (float*)a->call->scratch + worker * floats_of(&a->parts);
  float *values = keys + a->parts.keys, *zeros = values + a->parts.values, *scores = zeros + a->parts.zeros;
  const size_t step = s->heads * s->depth, end = (key_head + 1) * group;
  memset(zeros, 0, a->parts.zeros * sizeof *zeros);
  pack(a, batch, key_head, keys, values);
  /* A single query of all heads is as good as a head's many queries. */
  const bool by_heads = s->queries == 1;
  const size_t total = by_heads ? group : s->queries, row = by_heads ? s->depth : step;
  for (size_t head = key_head * group; head < end; head += by_heads ? group : 1) {
    for (size_t first = 0; first < total; first += CHUNK) {
      const size_t rows = total - first < CHUNK ? total - first : CHUNK;
      const size_t at = batch * s->queries * step + head * s->depth + first * row;
      ln_gemm_f32_block(a->kernel, rows, s->keys, s->depth, (const float*)a->call->in[0].data + at, row, keys, zeros,
                        -INFINITY, INFINITY, scores, s->keys);
      finish_scores(a, batch, by_heads ? head + first : head, by_heads ? 0 : first, by_heads, rows, scores);
      ln_rows_f32_best()->softmax(1.0f, scores, scores, rows, s->keys);
      ln_gemm_f32_block(a->kernel, rows, s->depth, s->keys, scores, s->keys, values, zeros, -INFINITY, INFINITY,
                        (float*)a->call->out[0].data + at, row);
    }
  }
}

static void run(TfLiteContext* context, const ln_native_params* p, const ln_native_call* call) {
  attention a = {.p = p, .call = call, .s = sizes_of(call), .kernel = ln_gemm_f32_best()};
  a.parts = parts_of(&a.s);
  ln_parallel_items(context, ln_worker_count(context), run_head, &a, a.s.batch * a.s.key_heads);
}

const ln_native ln_native_attention = {"odml.scaled_dot_product_attention", takes, NULL, run};
