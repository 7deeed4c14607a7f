/* AudioSpectrogram: [samples, channels] to [channels, windows, frequencies], each window weighted by a Hann window and
 * padded to a power of two. */
#include <math.h>

#include "kernels/generic/spectrogram.h"
#include "ops/custom_ops.h"
#include "ops/custom_util.h"

typedef struct spectrogram_data {
  int first_temporary;
  int32_t window, stride;
  bool squared;
  size_t points; /* of the transform */
  double* window_weights;
  double* factors; /* behind the weights, in the same block */
} spectrogram_data;

LN_DEFINE_INIT(init, spectrogram_data, .first_temporary = -1)

static void free_data(TfLiteContext* context, void* user_data) {
  spectrogram_data* d = user_data;
  if (d != NULL) ln_free(d->window_weights);
  ln_free_node_data(context, d);
}

static TfLiteStatus make_tables(TfLiteContext* context, spectrogram_data* d) {
  const size_t window = (size_t)d->window;
  ln_free(d->window_weights);
  d->window_weights = ln_calloc(window + d->points, sizeof(double));
  LN_CHECK(context, d->window_weights != NULL, "no memory for a window of %zu samples", window);
  d->factors = d->window_weights + window;
  ln_hann_window_f64_ref(d->window_weights, window);
  ln_fft_factors_f64_ref(d->factors, d->points);
  return kTfLiteOk;
}

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  spectrogram_data* d = node->user_data;
  const TfLiteTensor* input;
  TfLiteTensor* output;
  ln_flex_map options;
  size_t bytes;
  LN_TRY(ln_check_io(context, node, 1, 1, 1));
  LN_TRY(ln_open_options(context, node, &options));
  LN_TRY(ln_option_i32(context, &options, "window_size", 0, 2, 1 << 30, &d->window));
  LN_TRY(ln_option_i32(context, &options, "stride", 0, 1, INT32_MAX, &d->stride));
  LN_TRY(ln_option_bool(context, &options, "magnitude_squared", false, &d->squared));
  LN_TRY(ln_set_temporaries(context, node, 1, &d->first_temporary));
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(ln_check_type(context, input, "input", kTfLiteFloat32));
  LN_TRY(ln_check_type(context, output, "output", kTfLiteFloat32));
  LN_CHECK(context, ln_rank(input) == 2, "input has rank %d; 2 is right", ln_rank(input));
  const int32_t samples = ln_dim(input, 0);
  const int32_t windows = samples < d->window ? 0 : 1 + (samples - d->window) / d->stride;
  for (d->points = 2; d->points < (size_t)d->window;) d->points *= 2;
  if (windows > 0) LN_TRY(make_tables(context, d));
  LN_CHECK(context, ln_mul_size(windows > 0 ? d->points : 0, 2 * sizeof(double), &bytes), "%zu points are too many",
           d->points);
  LN_TRY(ln_set_scratch(context, node, 0, bytes));
  const int32_t dims[] = {ln_dim(input, 1), windows, (int32_t)(d->points / 2 + 1)};
  return ln_resize(context, output, 3, dims);
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  const spectrogram_data* d = node->user_data;
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_output(context, node, 0, &output));
  const size_t channels = (size_t)ln_dim(output, 0), windows = (size_t)ln_dim(output, 1), width = d->points / 2 + 1;
  double* scratch = ln_get_temporary(context, node, 0)->data.data;
  float* out = output->data.f;
  for (size_t c = 0; c < channels; ++c) {
    for (size_t w = 0; w < windows; ++w, out += width) {
      ln_power_spectrum_f64_ref(input->data.f + w * (size_t)d->stride * channels + c, channels, d->window_weights,
                                (size_t)d->window, d->factors, d->points, scratch, out);
      for (size_t i = 0; i < width && !d->squared; ++i) out[i] = sqrtf(out[i]);
    }
  }
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_audio_spectrogram = {
    .init = init, .free = free_data, .prepare = prepare, .invoke = invoke};
