/* Sound: Fourier transforms of real signals, spectrograms. */
#include <math.h>
#include <string.h>

#include "convert/import/tf_import.h"

static const double kPi = 3.14159265358979323846;

static ln_tensor* ints(ln_tf_call* call, const char* what, int count, const int32_t* numbers) {
  return ln_graph_ints(call->b.subgraph, ln_tf_name(call, what), count, numbers);
}

static void rfft_2d(ln_tf_call* call) {
  ln_tensor* x = ln_tf_in(call, 0);
  ln_tf_return(call, 0, ln_tf_binary(call, LN_OP_RFFT2D, x, ln_tf_in_i32(call, 1), NULL));
}

/* Of one row. */
static void rfft(ln_tf_call* call) {
  int32_t length[2] = {1, 0};
  if (ln_tf_const_ints(call, 1, 1, &length[1]) != 1) return;
  const int32_t axis = -2;
  ln_tensor* x = ln_tf_in(call, 0);
  ln_tensor* rows =
      ln_tf_binary(call, LN_OP_EXPAND_DIMS, x, ln_graph_int(call->b.subgraph, ln_tf_name(call, "axis"), axis), "rows");
  rows = ln_tf_binary(call, LN_OP_RFFT2D, rows, ints(call, "length", 2, length), "rfft2d");
  ln_node* node = ln_build_node(&call->b, LN_OP_SQUEEZE, 1, &rows);
  ln_node_set_vector(node, LN_SLOT(SqueezeOptions, squeeze_dims), 1, &axis);
  ln_tf_return(call, 0, ln_build_done(node, call->name, 1));
}

/* From half a spectrum: x[t] = (sum over k of w[k] (re[k] cos a - im[k] sin a)) / n with a = 2 pi k t / n; w is 2 but
 * for the first and, of an even length, the middle. Two products with constant matrices. */
static void irfft(ln_tf_call* call) {
  int32_t n, begin[LN_MAX_DIMS] = {0}, size[LN_MAX_DIMS];
  ln_tensor* x = ln_tf_in(call, 0);
  const int32_t have = x->rank > 0 ? ln_dim(x, x->rank - 1) : -1;
  if (ln_tf_const_ints(call, 1, 1, &n) != 1) return;
  const int32_t half = n / 2 + 1, used = have < half ? have : half;
  if (n < 1 || n > 8192 || used < 1 || x->rank < 2) {
    ln_tf_fail(call, "its length must be 1 to 8192, its rank 2 or more, the number of its frequencies known");
    return;
  }
  float* m[2];
  const int32_t dims[] = {n, used};
  for (int i = 0; i < 2; ++i) m[i] = ln_job_alloc(call->job, (size_t)n * (size_t)used, sizeof(float));
  for (int32_t t = 0; t < n; ++t)
    for (int32_t k = 0; k < used; ++k) {
      const double a = 2 * kPi * (double)((int64_t)k * t % n) / n, w = (k == 0 || 2 * k == n ? 1.0 : 2.0) / n;
      m[0][(size_t)t * (size_t)used + (size_t)k] = (float)(w * cos(a));
      m[1][(size_t)t * (size_t)used + (size_t)k] = (float)(-w * sin(a));
    }
  for (int i = 0; i < x->rank; ++i) size[i] = i + 1 == x->rank ? used : -1;
  ln_tensor* parts[2];
  for (int i = 0; i < 2; ++i) {
    ln_tensor* part = ln_tf_unary(call, i == 0 ? LN_OP_REAL : LN_OP_IMAG, x, i == 0 ? "real" : "imag");
    if (used != have) part = ln_build_slice(&call->b, part, begin, size, ln_tf_name(call, "used"));
    ln_tensor* const inputs[] = {
        part, ln_graph_constant(call->b.subgraph, ln_tf_name(call, "waves"), LN_TYPE_FLOAT32, 2, dims, m[i]),
        ln_graph_constant(call->b.subgraph, ln_tf_name(call, "none"), LN_TYPE_FLOAT32, 1, &n,
                          ln_job_alloc(call->job, (size_t)n, sizeof(float)))};
    ln_node* node = ln_build_node(&call->b, LN_OP_FULLY_CONNECTED, 3, inputs);
    LN_SET(node, FullyConnectedOptions, keep_num_dims, 1);
    parts[i] = ln_build_done(node, ln_tf_name(call, "sum"), 1);
  }
  ln_tf_return(call, 0, ln_tf_binary(call, LN_OP_ADD, parts[0], parts[1], NULL));
}

/* [samples, channels] to [channels, windows, frequencies]: a custom operator that TFLite comes with. */
static void spectrogram(ln_tf_call* call) {
  const int64_t window = ln_tf_int(call->def, "window_size", 0), stride = ln_tf_int(call->def, "stride", 0);
  const ln_tensor* x = ln_tf_in(call, 0);
  if (window < 2 || window > 1 << 20 || stride < 1) {
    ln_tf_fail(call, "its window has %lld samples in steps of %lld", (long long)window, (long long)stride);
    return;
  }
  ln_tf_custom(call);
  int64_t size = 1;
  while (size < window) size *= 2;
  const int32_t samples = x->rank == 2 ? ln_dim(x, 0) : -1;
  const int32_t dims[] = {x->rank == 2 ? ln_dim(x, 1) : -1,
                          samples < 0        ? -1
                          : samples < window ? 0
                                             : (int32_t)((samples - window) / stride + 1),
                          (int32_t)(size / 2 + 1)};
  ln_tensor_set_shape(call->node->outs[0].tensor, 3, dims);
}

static void mfcc(ln_tf_call* call) {
  const ln_tensor* x = ln_tf_in(call, 0);
  ln_tf_custom(call);
  const int32_t dims[] = {x->rank == 3 ? ln_dim(x, 0) : -1, x->rank == 3 ? ln_dim(x, 1) : -1,
                          (int32_t)ln_tf_int(call->def, "dct_coefficient_count", 13)};
  ln_tensor_set_shape(call->node->outs[0].tensor, 3, dims);
}

const ln_tf_lowering ln_tf_signals[] = {
    {"RFFT2D", rfft_2d, 0}, {"RFFT", rfft, 0}, {"IRFFT", irfft, 0}, {"AudioSpectrogram", spectrogram, 0},
    {"Mfcc", mfcc, 0},      {NULL, NULL, 0},
};
