/* Sound: spectrograms. */
#include <math.h>
#include <string.h>

#include "convert/import/keras_import.h"
#include "model/model.h"

/* ---- STFTSpectrogram: a convolution with waves, which the file has as weights ---- */

/* [N*C,T,1,1] with waves [L,1,F] as [N*C,T',1,F]; NULL: noted. */
static ln_tensor* waves(ln_keras_call* call, ln_tensor* x, int index, const char* name) {
  static const int32_t kOrder[] = {2, 0, 1};
  const int32_t length = ln_keras_int(call, "frame_length", 256), dims[] = {length, 1, -1};
  const int32_t step = ln_keras_int(call, "frame_step", length / 2);
  ln_keras_array kernel;
  if (!ln_keras_weight(call, index, name, 3, dims, &kernel)) return NULL;
  kernel = ln_keras_permute(call->job, &kernel, kOrder);
  kernel.rank = 4;
  kernel.dims[3] = 1;
  ln_tensor* const inputs[] = {x, ln_keras_constant(call, &kernel, name), ln_keras_zeros(call, kernel.dims[0])};
  const int32_t stride[] = {step > 0 ? step : 1, 1};
  const bool same = strcmp(ln_keras_string(call, "padding", "valid"), "same") == 0;
  return ln_build_conv_2d(&call->b, inputs, same ? LN_PADDING_SAME : LN_PADDING_VALID, stride, NULL,
                          ln_keras_name(call, name));
}

/* Power and what it becomes; NULL, noted: the mode is not known. */
static ln_tensor* by_mode(ln_keras_call* call, ln_tensor* real, ln_tensor* imaginary, const char* mode) {
  const double kEpsilon = 1e-7;
  if (strcmp(mode, "real") == 0) return real;
  if (strcmp(mode, "imag") == 0) return imaginary;
  if (strcmp(mode, "angle") == 0) return ln_keras_binary(call, LN_OP_ATAN2, imaginary, real, "angle");
  if (strcmp(mode, "stft") == 0) {
    ln_tensor* const both[] = {real, imaginary};
    return ln_build_concat(&call->b, 2, both, 3, ln_keras_name(call, "both"));
  }
  ln_tensor* power = ln_keras_binary(call, LN_OP_ADD, ln_keras_unary(call, LN_OP_SQUARE, real, "real_square"),
                                     ln_keras_unary(call, LN_OP_SQUARE, imaginary, "imag_square"), "power");
  if (strcmp(mode, "psd") == 0) { /* all but the first and the last frequency count for two */
    const int32_t begin[] = {0, 0, 0, 1}, size[] = {-1, -1, -1, ln_dim(power, 3) - 2};
    const int32_t pads[] = {0, 0, 0, 0, 0, 0, 1, 1};
    if (size[3] < 1) return power;
    ln_tensor* inner = ln_build_slice(&call->b, power, begin, size, ln_keras_name(call, "inner"));
    inner = ln_build_pad(&call->b, inner, pads, NULL, ln_keras_name(call, "padded"));
    return ln_keras_binary(call, LN_OP_ADD, power, inner, "density");
  }
  power = ln_keras_unary(call, LN_OP_SQRT, ln_keras_with_number(call, LN_OP_MAXIMUM, power, kEpsilon, "least"),
                         "magnitude");
  if (strcmp(mode, "magnitude") == 0) return power;
  return ln_keras_unary(call, LN_OP_LOG, ln_keras_with_number(call, LN_OP_MAXIMUM, power, kEpsilon, "least_magnitude"),
                        "log");
}

static void stft_spectrogram(ln_keras_call* call) {
  static const int32_t kChannelsFirst[] = {0, 2, 1};
  const char* mode = ln_keras_string(call, "mode", "log");
  const bool first = ln_keras_channels_first(call), expand = ln_keras_flag(call, "expand_dims", false);
  ln_tensor *x = call->in[0], *real = NULL, *imaginary = NULL;
  const int32_t channels = x->rank == 3 ? ln_dim(x, first ? 1 : 2) : -1;
  if (channels < 1 || x->type != LN_TYPE_FLOAT32) {
    ln_keras_fail(call, "its input has rank %d and type %s; 3, FLOAT32 and a known number of channels are right",
                  x->rank, ln_tensor_type_name(x->type));
    return;
  }
  if (!first) x = ln_build_transpose(&call->b, x, kChannelsFirst, ln_keras_name(call, "channels_first"));
  const int32_t rows[] = {channels == 1 ? LN_KERAS_DIM(0) : -1, LN_KERAS_DIM(2), 1, 1};
  ln_tensor* row = ln_keras_reshape(call, x, 4, rows, ln_keras_name(call, "rows"));
  const bool has_real = strcmp(mode, "imag") != 0;
  if (has_real && (real = waves(call, row, 0, "real_kernel")) == NULL) return;
  if (strcmp(mode, "real") != 0 && (imaginary = waves(call, row, has_real, "imag_kernel")) == NULL) return;
  ln_tensor* y = by_mode(call, real, imaginary, mode);
  if (y->rank != 4) return;
  const int32_t frequencies = ln_dim(y, 3);
  const int32_t apart[] = {-1, channels, LN_KERAS_DIM(1), frequencies};
  y = ln_keras_reshape(call, y, 4, apart, ln_keras_name(call, "apart")); /* [N,C,T,F] */
  if (expand && first) {
    ln_keras_return(call, y);
    return;
  }
  static const int32_t kExpanded[] = {0, 2, 3, 1}, kSteps[] = {0, 2, 1, 3}, kLast[] = {0, 1, 3, 2};
  y = ln_build_transpose(&call->b, y,
                         expand  ? kExpanded
                         : first ? kLast
                                 : kSteps,
                         expand ? call->name : ln_keras_name(call, "turned"));
  const int32_t all = (int64_t)channels * frequencies <= INT32_MAX ? channels * frequencies : -1;
  const int32_t to_last[] = {LN_KERAS_DIM(0), LN_KERAS_DIM(1), all},
                to_first[] = {LN_KERAS_DIM(0), all, LN_KERAS_DIM(3)};
  ln_keras_return(call, expand ? y : ln_keras_reshape(call, y, 3, first ? to_first : to_last, call->name));
}

/* ---- MelSpectrogram ---- */

/* TensorFlow's logarithm, a quotient of polynomials (Eigen's), to its roundings: with many bands a triangle is so
 * narrow that the last bit of a logarithm counts. `x` is finite and above 0. */
static float tensorflow_log(float x) {
  int exponent;
  float m = frexpf(x, &exponent);
  if (m < 0.707106781f) {
    m = m - 1 + m;
    --exponent;
  } else {
    m -= 1;
  }
  const float above = m * ((0.18256296f * m + 1.0f) * m + 1.0f);
  const float below = ((0.049616248f * m + 0.5992325f) * m + 1.5f) * m + 1;
  return (float)exponent * 0.693147181f + above / below;
}

static float mel(float hertz) { return 1127 * tensorflow_log(1 + hertz / 700); }

/* Triangles between equally distant tones, [bins, frequencies], as HTK has them: the constant frequency is left out. */
static ln_tensor* triangles(ln_keras_call* call, int32_t bins, int32_t frequencies) {
  const float rate = (float)ln_keras_number(call, "sampling_rate", 16000);
  const float low = mel((float)ln_keras_number(call, "min_freq", 20));
  const float high = mel((float)ln_keras_number(call, "max_freq", floor((double)rate / 2)));
  const float step = (high - low) / (float)(bins + 1), nyquist = rate / 2;
  const int32_t dims[] = {bins, frequencies};
  float* m = ln_job_alloc(call->job, (size_t)bins * (size_t)frequencies, sizeof *m);
  for (int32_t b = 0; b < bins; ++b) {
    const float from = low + step * (float)b, middle = low + step * (float)(b + 1);
    const float to = b + 1 == bins ? high : low + step * (float)(b + 2);
    for (int32_t f = 1; f < frequencies; ++f) {
      const float at = mel(f + 1 == frequencies ? nyquist : nyquist / (float)(frequencies - 1) * (float)f);
      const float up = (at - from) / (middle - from), down = (to - at) / (to - middle);
      m[(size_t)b * (size_t)frequencies + (size_t)f] = fmaxf(0, fminf(up, down));
    }
  }
  return ln_graph_constant(call->b.subgraph, ln_keras_name(call, "triangles"), LN_TYPE_FLOAT32, 2, dims, m);
}

/* Decibels, the loudest less `top_db` being the least. */
static ln_tensor* decibels(ln_keras_call* call, ln_tensor* x) {
  const double least = ln_keras_number(call, "min_power", 1e-10), given = fabs(ln_keras_number(call, "ref_power", 1));
  const double reference = given > least ? given : least;
  x = ln_keras_unary(call, LN_OP_LOG, ln_keras_with_number(call, LN_OP_MAXIMUM, x, least, "least"), "log");
  x = ln_keras_with_number(call, LN_OP_MUL, x, 10 / log(10.0), "decibels");
  x = ln_keras_with_number(call, LN_OP_SUB, x, 10 * log10(reference), "relative");
  const int32_t axes[] = {0, 1, 2};
  ln_tensor* most = ln_build_reduce(&call->b, LN_OP_REDUCE_MAX, x, 3, axes, false, ln_keras_name(call, "loudest"));
  return ln_keras_binary(
      call, LN_OP_MAXIMUM, x,
      ln_keras_with_number(call, LN_OP_SUB, most, ln_keras_number(call, "top_db", 80), "least_decibels"), "limited");
}

/* The numbers of a window in the middle of `length`; false: noted. */
static bool read_mel_window(ln_keras_call* call, int32_t length, int32_t used, float* numbers) {
  const double kPi = 3.14159265358979323846;
  const cJSON* window = ln_keras_get(call, "window");
  const bool hann = cJSON_IsString(window) && strcmp(window->valuestring, "hann") == 0;
  if (window != NULL && !hann && (!cJSON_IsString(window) || strcmp(window->valuestring, "hamming") != 0)) {
    ln_keras_fail(call, "its window is not one by name; \"hann\", \"hamming\" and None can be converted");
    return false;
  }
  const double base = hann ? 0.5 : 0.54;
  for (int32_t i = 0; i < (window != NULL ? used : length); ++i)
    numbers[(window != NULL ? (length - used) / 2 : 0) + i] =
        window == NULL ? 1 : (float)(base - (1 - base) * cos(2 * kPi * i / used));
  return true;
}

/* [N,T] as frames [N,count,length]; the signal is mirrored at its ends. */
static ln_tensor* frames_of(ln_keras_call* call, ln_tensor* x, int32_t length, int32_t step) {
  const int32_t half = length / 2, samples = ln_dim(x, 1), count = 1 + samples / step, pads[] = {0, 0, half, half};
  const int32_t dims[] = {2, 2}, places_dims[] = {count, length};
  ln_tensor* const inputs[] = {x, ln_graph_constant(call->b.subgraph, ln_keras_name(call, "pads"), LN_TYPE_INT32, 2,
                                                    dims, ln_job_copy(call->job, pads, sizeof pads))};
  ln_node* node = ln_build_node(&call->b, LN_OP_MIRROR_PAD, 2, inputs);
  LN_SET(node, MirrorPadOptions, mode, 0); /* REFLECT */
  x = ln_build_done(node, ln_keras_name(call, "mirrored"), 1);
  int32_t* places = ln_job_alloc(call->job, (size_t)count * (size_t)length, sizeof *places);
  for (int32_t i = 0; i < count; ++i)
    for (int32_t k = 0; k < length; ++k) places[(size_t)i * (size_t)length + (size_t)k] = i * step + k;
  ln_tensor* const moved[] = {
      x, ln_graph_constant(call->b.subgraph, ln_keras_name(call, "places"), LN_TYPE_INT32, 2, places_dims, places)};
  node = ln_build_node(&call->b, LN_OP_GATHER, 2, moved);
  LN_SET(node, GatherOptions, axis, 1);
  return ln_build_done(node, ln_keras_name(call, "frames"), 1);
}

static void mel_spectrogram(ln_keras_call* call) {
  const int32_t length = ln_keras_int(call, "fft_length", 2048), step = ln_keras_int(call, "sequence_stride", 512);
  const int32_t used = ln_keras_int(call, "sequence_length", length), bins = ln_keras_int(call, "num_mel_bins", 128);
  ln_tensor* x = call->in[0];
  const int32_t samples = x->rank == 2 ? ln_dim(x, 1) : -1;
  if (samples <= length / 2 || x->type != LN_TYPE_FLOAT32 || length < 2 || (length & (length - 1)) != 0 || step < 1 ||
      used < 1 || used > length || bins < 1 || bins > 1 << 14 || (1 + (int64_t)samples / step) * length > 1 << 26) {
    ln_keras_fail(call,
                  "signals of %d samples with an fft_length of %d cannot be converted; FLOAT32 of rank 2, a known "
                  "number of samples, more than half a power of two, can",
                  samples, length);
    return;
  }
  float* numbers = ln_job_alloc(call->job, (size_t)length, sizeof *numbers);
  if (!read_mel_window(call, length, used, numbers)) return;
  x = ln_keras_binary(
      call, LN_OP_MUL, frames_of(call, x, length, step),
      ln_graph_constant(call->b.subgraph, ln_keras_name(call, "window"), LN_TYPE_FLOAT32, 1, &length, numbers),
      "windowed");
  const int32_t row[] = {1, length}, axis[] = {2};
  x = ln_keras_binary(call, LN_OP_EXPAND_DIMS, x, ln_graph_int(call->b.subgraph, ln_keras_name(call, "axis"), axis[0]),
                      "rows");
  x = ln_keras_binary(call, LN_OP_RFFT2D, x, ln_graph_ints(call->b.subgraph, ln_keras_name(call, "length"), 2, row),
                      "spectrum");
  ln_node* squeeze = ln_build_node(&call->b, LN_OP_SQUEEZE, 1,
                                   (ln_tensor*[]){ln_keras_unary(call, LN_OP_COMPLEX_ABS, x, "magnitude")});
  ln_node_set_vector(squeeze, LN_SLOT(SqueezeOptions, squeeze_dims), 1, axis);
  x = ln_build_done(squeeze, ln_keras_name(call, "magnitudes"), 1);
  const double exponent = ln_keras_number(call, "mag_exp", 2);
  if (exponent != 1) x = ln_keras_with_number(call, LN_OP_POW, x, exponent, "power");
  x = ln_keras_fully_connected(call, x, triangles(call, bins, length / 2 + 1), ln_keras_zeros(call, bins),
                               ln_keras_name(call, "mel"));
  if (ln_keras_flag(call, "power_to_db", true)) x = decibels(call, x);
  static const int32_t kTimeLast[] = {0, 2, 1};
  if (x->rank == 3) ln_keras_return(call, ln_build_transpose(&call->b, x, kTimeLast, call->name));
}

const ln_keras_lowering ln_keras_signals[] = {
    {"STFTSpectrogram", stft_spectrogram, 0, 0},
    {"MelSpectrogram", mel_spectrogram, 0, 0},
    {NULL, NULL, 0, 0},
};
