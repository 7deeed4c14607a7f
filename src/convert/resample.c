/* The weights of resizing. What a kernel weighs is computed as TensorFlow does, in its order and in float where it does
 * so. */
#include "convert/resample.h"

#include <float.h>
#include <math.h>
#include <string.h>

static double scale_of(int32_t from, int32_t to, bool corners) {
  return corners && to > 1 ? (double)(float)(from - 1) / (double)(to - 1) : (double)from / (double)to;
}

/* Weights by how much of each element lies in what the output covers. */
static void area_weights(float* m, int32_t from, int32_t to, double scale) {
  for (int32_t y = 0; y < to; ++y) {
    const double begin = y * scale, end = (y + 1) * scale;
    for (int64_t i = (int64_t)floor(begin); i < (int64_t)ceil(end); ++i) {
      const double low = (double)i > begin ? (double)i : begin, high = (double)i + 1 < end ? (double)i + 1 : end;
      const int64_t at = i < 0 ? 0 : i >= from ? from - 1 : i;
      m[(int64_t)y * from + at] += (float)((high - low) / scale);
    }
  }
}

/* Keys' cubic at a distance that TensorFlow takes from a table of 1024. */
static float cubic(double a, double x) {
  return (float)(x <= 1 ? ((a + 2) * x - (a + 3)) * x * x + 1 : ((a * x - 5 * a) * x + 8 * a) * x - 4 * a);
}

/* With half pixels what lies outside has no weight and the rest is brought to a sum of 1; without, it is the border's.
 */
static void cubic_weights(float* m, int32_t from, int32_t to, double scale, bool half) {
  const double a = half ? -0.5 : -0.75;
  for (int32_t y = 0; y < to; ++y) {
    const float at = (float)(half ? (y + 0.5) * scale - 0.5 : y * scale);
    const int32_t first = (int32_t)floorf(at);
    const double offset = (double)lrintf((at - (float)first) * 1024) / 1024;
    const float weights[] = {cubic(a, 1 + offset), cubic(a, offset), cubic(a, 1 - offset), cubic(a, 2 - offset)};
    float sum = 0;
    for (int i = 0; i < 4; ++i) {
      const int32_t row = first - 1 + i, inside = row < 0 ? 0 : row >= from ? from - 1 : row;
      if (half && row != inside) continue;
      m[(int64_t)y * from + inside] += weights[i];
      sum += weights[i];
    }
    for (int32_t i = 0; i < from && half && fabsf(sum) > 1e-30f; ++i) m[(int64_t)y * from + i] /= sum;
  }
}

/* ---- Kernels by the distance in pixels ---- */

static float lanczos(float radius, float x) {
  const float kPi = 3.14159265359f;
  if (x > radius) return 0;
  if (x <= 1e-3f) return 1;
  return radius * sinf(kPi * x) * sinf(kPi * x / radius) / (kPi * kPi * x * x);
}

static float lanczos1(float x) { return lanczos(1, x); }
static float lanczos3(float x) { return lanczos(3, x); }
static float lanczos5(float x) { return lanczos(5, x); }

/* Its radius is three standard deviations. */
static float gaussian(float x) { return x >= 1.5f ? 0 : expf(-x * x / 0.5f); }
static float box(float x) { return x < 0.5f ? 1 : x == 0.5f ? 0.5f : 0; }
static float triangle(float x) { return x < 1 ? 1 - x : 0; }

static float keys_cubic(float x) {
  if (x >= 2) return 0;
  return x >= 1 ? ((-0.5f * x + 2.5f) * x - 4) * x + 2 : ((1.5f * x - 2.5f) * x) * x + 1;
}

static float mitchell_cubic(float x) {
  if (x >= 2) return 0;
  return x >= 1 ? ((-7.0f / 18 * x + 2) * x - 10.0f / 3) * x + 16.0f / 9 : ((7.0f / 6 * x - 2) * x) * x + 8.0f / 9;
}

typedef struct kernel {
  const char* name;
  float (*at)(float x);
  float radius;
} kernel;

static const kernel kKernels[] = {
    {"lanczos1", lanczos1, 1},    {"lanczos3", lanczos3, 3},
    {"lanczos5", lanczos5, 5},    {"gaussian", gaussian, 1.5f},
    {"box", box, 0.5f},           {"triangle", triangle, 1},
    {"keyscubic", keys_cubic, 2}, {"mitchellcubic", mitchell_cubic, 2},
};

static const kernel* find_kernel(const char* name) {
  for (size_t i = 0; i < sizeof kKernels / sizeof kKernels[0]; ++i)
    if (strcmp(kKernels[i].name, name) == 0) return &kKernels[i];
  return NULL;
}

bool ln_resample_knows(const char* name) {
  return find_kernel(name) != NULL || strcmp(name, "area") == 0 || strcmp(name, "bicubic") == 0;
}

/* The kernel is widened where the picture becomes smaller and `antialias` is set; what lies outside of the picture has
 * no weight. */
static void kernel_weights(float* m, int32_t from, int32_t to, float scale, float translation, bool antialias,
                           const kernel* k) {
  const float inverse = 1 / scale, widening = antialias && inverse > 1 ? inverse : 1;
  for (int32_t y = 0; y < to; ++y) {
    const float at = ((float)y + 0.5f) * inverse - inverse * translation, reach = k->radius * widening;
    if (!(at >= 0 && at <= (float)from)) continue;
    const double low = (double)ceilf(at - reach - 0.5f), high = (double)floorf(at + reach - 0.5f);
    const int32_t first = low < 0 ? 0 : low > from - 1 ? from - 1 : (int32_t)low;
    const int32_t last = high < 0 ? 0 : high > from - 1 ? from - 1 : (int32_t)high;
    float sum = 0, *row = m + (int64_t)y * from;
    for (int32_t i = first; i <= last; ++i) {
      row[i] = k->at(fabsf(((float)i + 0.5f - at) * (1 / widening)));
      sum += row[i];
    }
    for (int32_t i = first; i <= last; ++i) row[i] = fabsf(sum) >= 1000 * FLT_MIN ? row[i] * (1 / sum) : 0;
  }
}

const float* ln_resample_matrix(ln_job* job, int32_t from, int32_t to, const ln_resampling* how, int side) {
  float* m = ln_job_alloc(job, (size_t)from * (size_t)to, sizeof *m);
  const kernel* k = find_kernel(how->kernel);
  if (k != NULL)
    kernel_weights(m, from, to, how->scale[side] != 0 ? how->scale[side] : (float)to / (float)from,
                   how->translation[side], how->antialias, k);
  else if (strcmp(how->kernel, "area") == 0)
    area_weights(m, from, to, scale_of(from, to, how->align_corners));
  else
    cubic_weights(m, from, to, scale_of(from, to, how->align_corners), how->half_pixel_centers);
  return m;
}

static ln_tensor* weights_of(const ln_builder* b, int32_t from, int32_t to, const ln_resampling* how, int side,
                             const char* name) {
  ln_job* job = b->subgraph->graph->job;
  const int32_t dims[] = {1, to, from};
  return ln_graph_constant(b->subgraph, ln_job_text(job, "%s/weights", name), LN_TYPE_FLOAT32, 3, dims,
                           ln_resample_matrix(job, from, to, how, side));
}

/* [N,H,W,C]: rows are mixed as [N,H,W*C], columns as [N*h,W,C]. */
ln_tensor* ln_build_resample(const ln_builder* b, ln_tensor* x, const int32_t size[2], const ln_resampling* how,
                             const char* name) {
  ln_job* job = b->subgraph->graph->job;
  for (int i = 1; i < 4; ++i)
    if (x->rank != 4 || !ln_dim_is_known(x, i) || ln_dim(x, i) < 1) return NULL;
  const int32_t h = ln_dim(x, 1), w = ln_dim(x, 2), c = ln_dim(x, 3);
  if (size[0] < 1 || size[1] < 1 || (int64_t)w * c > INT32_MAX || (int64_t)size[0] * h > 1 << 26 ||
      (int64_t)size[1] * w > 1 << 26)
    return NULL;
  const int32_t rows[] = {-1, h, w * c}, columns[] = {-1, w, c}, back[] = {-1, size[0], size[1], c};
  x = ln_build_reshape(b, x, 3, rows, ln_job_text(job, "%s/rows", name));
  x = ln_build_binary(b, LN_OP_BATCH_MATMUL, weights_of(b, h, size[0], how, 0, name), x,
                      ln_job_text(job, "%s/high", name));
  x = ln_build_reshape(b, x, 3, columns, ln_job_text(job, "%s/columns", name));
  x = ln_build_binary(b, LN_OP_BATCH_MATMUL, weights_of(b, w, size[1], how, 1, name), x,
                      ln_job_text(job, "%s/wide", name));
  return ln_build_reshape(b, x, 4, back, name);
}
