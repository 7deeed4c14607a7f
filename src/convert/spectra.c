#include "convert/spectra.h"

#include <math.h>

enum { MAX_WEIGHTS = 1 << 24 };

static const double kPi = 3.14159265358979323846;

static int32_t half_of(int32_t length) { return length / 2 + 1; }

bool ln_is_power_of_two(int32_t number) { return number > 1 && (number & (number - 1)) == 0; }

static ln_job* job_of(const ln_form* f) { return f->b.subgraph->graph->job; }

/* How many numbers of the input count, and how many come out; one part each. */
static int32_t extent_of(const ln_complex* x, const ln_dft* dft) {
  return x->re->rank >= dft->axis ? ln_dim(x->re, x->re->rank - dft->axis) : -1;
}

static int32_t used_of(const ln_complex* x, const ln_dft* dft) {
  const int32_t most = dft->kind == LN_DFT_FROM_HALF ? half_of(dft->length) : dft->length, have = extent_of(x, dft);
  return have < most ? have : most;
}

static int32_t results_of(const ln_dft* dft) {
  return dft->kind == LN_DFT_TO_HALF ? half_of(dft->length) : dft->length;
}

const char* ln_dft_problem(const ln_complex* x, const ln_dft* dft) {
  if (x->re->type != LN_TYPE_FLOAT32) return "its numbers are not of 32 bits each";
  if (dft->length < 1) return "its length is not known, or less than 1";
  if (extent_of(x, dft) < 1) return "the extent that it transforms must be known";
  if (4 * (int64_t)used_of(x, dft) * results_of(dft) > MAX_WEIGHTS)
    return "its length makes a matrix of more than 2^24 weights; RFFT of a power of two needs none, and less than 2048 "
           "can be converted";
  return NULL;
}

static bool is_zero(const ln_tensor* x) {
  return x == NULL || (x->producer != NULL && x->producer->code == LN_OP_ZEROS_LIKE);
}

/* The weight of input `t` in result `k`: cosine or sine of 2 pi k t / n, forwards with the opposite sign. Of half a
 * spectrum all numbers but the first and, of an even length, the last stand for two. */
static double wave(const ln_dft* dft, bool sine, int32_t k, int32_t t) {
  const int32_t n = dft->length;
  const bool from_half = dft->kind == LN_DFT_FROM_HALF, inverse = dft->inverse || from_half;
  const double angle = 2 * kPi * (double)((int64_t)k * t % n) / n;
  const double scale = (inverse ? 1.0 / n : 1.0) * (from_half && t != 0 && 2 * t != n ? 2 : 1);
  return scale * (sine ? (inverse ? sin(angle) : -sin(angle)) : cos(angle));
}

/* [parts of results][parts of inputs], each a block: re = re cos - im sin, im = re sin + im cos. */
static ln_tensor* waves(const ln_form* f, const ln_dft* dft, int32_t used, int in_parts, int out_parts) {
  const int32_t m = results_of(dft), dims[] = {out_parts * m, in_parts * used};
  float* data = ln_job_alloc(job_of(f), (size_t)dims[0] * (size_t)dims[1], sizeof *data);
  for (int32_t r = 0; r < dims[0]; ++r)
    for (int32_t c = 0; c < dims[1]; ++c) {
      const bool out_im = r >= m, in_im = c >= used;
      const double value = wave(dft, out_im != in_im, r % m, c % used);
      data[(size_t)r * (size_t)dims[1] + (size_t)c] = (float)(in_im && !out_im ? -value : value);
    }
  return ln_form_floats(f, 2, dims, data, "waves");
}

static ln_tensor* cut(const ln_form* f, ln_tensor* x, const ln_dft* dft, int32_t used, int32_t have) {
  return used == have ? x : ln_form_part(f, x, -dft->axis, 0, used, "used");
}

/* x [..., n, inner...] times [m, n] from the left; the trailing dimensions are one for the product. */
static ln_tensor* times(const ln_form* f, ln_tensor* weights, ln_tensor* x, int axis, const char* what) {
  int32_t dims[LN_MAX_DIMS], back[LN_MAX_DIMS];
  if (axis == 1) return ln_form_dense(f, x, weights, what);
  const int rank = x->rank, flat = rank - axis + 2;
  if (axis > 2) {
    int64_t inner = 1;
    for (int i = 0; i < rank; ++i) {
      if (i > rank - axis) inner *= ln_dim_is_known(x, i) ? ln_dim(x, i) : 0;
      if (i < flat) dims[i] = LN_DIM_OF(i);
      back[i] = i < rank - axis ? LN_DIM_OF(i) : i == rank - axis ? ln_dim(weights, 0) : ln_dim(x, i);
    }
    dims[flat - 1] = inner > 0 && inner <= INT32_MAX ? (int32_t)inner : -1;
    x = ln_form_reshape(f, x, flat, dims, "planes");
  }
  x = ln_form_matmul(f, weights, x, false, false, axis > 2 ? "product" : what);
  return axis > 2 ? ln_form_reshape(f, x, rank, back, what) : x;
}

ln_complex ln_build_dft(const ln_form* f, ln_complex x, const ln_dft* dft, const char* what) {
  const int32_t used = used_of(&x, dft), have = extent_of(&x, dft);
  const int in_parts = is_zero(x.im) ? 1 : 2, out_parts = dft->kind == LN_DFT_FROM_HALF ? 1 : 2;
  ln_tensor* in = cut(f, x.re, dft, used, have);
  if (in_parts == 2) {
    ln_tensor* const parts[] = {in, cut(f, x.im, dft, used, have)};
    in = ln_form_concat(f, 2, parts, -dft->axis, "parts");
  }
  ln_tensor* y = times(f, waves(f, dft, used, in_parts, out_parts), in, dft->axis, out_parts == 1 ? what : "spectrum");
  if (out_parts == 1) return (ln_complex){y, NULL};
  const int32_t m = results_of(dft);
  return (ln_complex){ln_form_part(f, y, -dft->axis, 0, m, what), ln_form_part(f, y, -dft->axis, m, m, "imaginary")};
}

/* ---- Short-time transforms ---- */

bool ln_stft_fits(int32_t length) { return length > 0 && 2 * (int64_t)half_of(length) * length <= MAX_WEIGHTS; }

/* [2 * half,length,1,1] and, for the way back, [1,length,1,2 * half]: waves times the window. */
static ln_tensor* windowed(const ln_form* f, const ln_stft* stft, bool back) {
  const int32_t n = stft->length, half = half_of(n), dims[] = {back ? 1 : 2 * half, n, 1, back ? 2 * half : 1};
  const ln_dft dft = {back ? LN_DFT_FROM_HALF : LN_DFT_TO_HALF, 1, n, back};
  float* data = ln_job_alloc(job_of(f), 2 * (size_t)half * (size_t)n, sizeof *data);
  for (int32_t w = 0; w < 2 * half; ++w)
    for (int32_t t = 0; t < n; ++t) {
      const double number = back ? wave(&dft, w >= half, t, w % half) : wave(&dft, w >= half, w % half, t);
      const size_t at = back ? (size_t)t * 2 * (size_t)half + (size_t)w : (size_t)w * (size_t)n + (size_t)t;
      data[at] = (float)((back && w >= half ? -number : number) * (double)stft->window[t]);
    }
  return ln_form_floats(f, 4, dims, data, "waves");
}

static ln_tensor* no_bias(const ln_form* f, int32_t count) {
  return ln_form_floats(f, 1, &count, ln_job_alloc(job_of(f), (size_t)count, sizeof(float)), "none");
}

ln_complex ln_build_stft(const ln_form* f, ln_tensor* x, const ln_stft* stft, const char* what) {
  const int32_t column[] = {LN_DIM_OF(0), LN_DIM_OF(1), 1, 1}, half = half_of(stft->length);
  x = ln_form_reshape(f, x, 4, column, "column");
  ln_tensor* const inputs[] = {x, windowed(f, stft, false), no_bias(f, 2 * half)};
  const int32_t stride[] = {stft->step, 1};
  ln_tensor* y = ln_build_conv_2d(&f->b, inputs, LN_PADDING_VALID, stride, NULL, ln_form_name(f, "spectra"));
  const int32_t frames[] = {LN_DIM_OF(0), LN_DIM_OF(1), 2 * half};
  y = ln_form_reshape(f, y, 3, frames, "frames");
  return (ln_complex){ln_form_part(f, y, -1, 0, half, what), ln_form_part(f, y, -1, half, half, "imaginary")};
}

ln_tensor* ln_build_overlapped(const ln_form* f, ln_complex x, const ln_stft* stft, const char* what) {
  ln_tensor* const parts[] = {x.re, x.im};
  const int32_t half = half_of(stft->length), frames = ln_dim(x.re, 1);
  const int32_t rows[] = {LN_DIM_OF(0), LN_DIM_OF(1), 1, 2 * half},
                samples = frames < 0 ? -1 : (frames - 1) * stft->step + stft->length,
                out[] = {LN_DIM_OF(0), samples, 1, 1}, line[] = {LN_DIM_OF(0), LN_DIM_OF(1)};
  ln_tensor* y = ln_form_reshape(f, ln_form_concat(f, 2, parts, -1, "parts"), 4, rows, "rows");
  ln_tensor* const inputs[] = {ln_form_shape(f, y, 4, out, "samples"), windowed(f, stft, true), y, no_bias(f, 1)};
  ln_node* node = ln_build_node(&f->b, LN_OP_TRANSPOSE_CONV, 4, inputs);
  LN_SET(node, TransposeConvOptions, padding, LN_PADDING_VALID);
  LN_SET(node, TransposeConvOptions, stride_h, stft->step);
  LN_SET(node, TransposeConvOptions, stride_w, 1);
  return ln_form_reshape(f, ln_build_done(node, ln_form_name(f, "sum"), 1), 2, line, what);
}
