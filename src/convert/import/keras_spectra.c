/* keras.ops of spectra: Fourier transforms whole and of short times, of real and imaginary parts. */
#include <math.h>
#include <string.h>

#include "convert/import/keras_import.h"
#include "convert/spectra.h"
#include "model/model.h"

/* The two inputs; false: noted. */
static bool parts_of(ln_keras_call* call, ln_complex* x) {
  if (call->in_count != 2) {
    ln_keras_fail(call, "its input is no pair of a real and an imaginary part");
    return false;
  }
  *x = (ln_complex){call->in[0], call->in[1]};
  return true;
}

static bool transform(ln_keras_call* call, ln_complex* x, const ln_dft* dft, const char* what) {
  const ln_form f = ln_keras_form(call);
  const char* problem = ln_dft_problem(x, dft);
  if (problem != NULL) ln_keras_fail(call, "%s", problem);
  if (problem == NULL) *x = ln_build_dft(&f, *x, dft, what);
  return problem == NULL;
}

static int32_t extent(const ln_complex* x, int from_end) {
  return x->re->rank >= from_end ? ln_dim(x->re, x->re->rank - from_end) : -1;
}

static void return_parts(ln_keras_call* call, const ln_complex* x) {
  ln_keras_return(call, x->re);
  ln_keras_return(call, x->im);
}

/* FFT, FFT2, IFFT2 */
static void fft(ln_keras_call* call) {
  const bool inverse = call->class_name[0] == 'I';
  const int axes = call->class_name[strlen(call->class_name) - 1] == '2' ? 2 : 1;
  ln_complex x;
  if (!parts_of(call, &x)) return;
  for (int axis = 1; axis <= axes; ++axis) {
    const ln_dft dft = {LN_DFT_WHOLE, axis, extent(&x, axis), inverse};
    if (!transform(call, &x, &dft, axis == axes ? NULL : "real")) return;
  }
  return_parts(call, &x);
}

/* By RFFT2D of one row where the length is a power of two and no more than there is. */
static void rfft(ln_keras_call* call) {
  static const int32_t kRow = -2;
  const ln_form f = ln_keras_form(call);
  ln_complex x = {call->in[0], NULL};
  const int32_t have = extent(&x, 1), length = ln_keras_to_int(ln_keras_either(call, 1, "fft_length"), have);
  if (!ln_is_power_of_two(length) || have < length || x.re->rank == LN_MAX_DIMS) {
    const ln_dft dft = {LN_DFT_TO_HALF, 1, length, false};
    if (transform(call, &x, &dft, NULL)) return_parts(call, &x);
    return;
  }
  const int32_t row[] = {1, length};
  ln_tensor* y = ln_form_binary(&f, LN_OP_RFFT2D, ln_form_expand(&f, x.re, kRow, "row"),
                                ln_graph_ints(call->b.subgraph, ln_keras_name(call, "length"), 2, row), "spectrum");
  for (int i = 0; i < 2; ++i) {
    ln_tensor* part = ln_form_unary(&f, i == 0 ? LN_OP_REAL : LN_OP_IMAG, y, "part");
    ln_node* node = ln_build_node(&call->b, LN_OP_SQUEEZE, 1, &part);
    ln_node_set_vector(node, LN_SLOT(SqueezeOptions, squeeze_dims), 1, &kRow);
    ln_keras_return(call, ln_build_done(node, i == 0 ? call->name : ln_keras_name(call, "imaginary"), 1));
  }
}

static void irfft(ln_keras_call* call) {
  ln_complex x;
  if (!parts_of(call, &x)) return;
  const int32_t have = extent(&x, 1);
  const ln_dft dft = {LN_DFT_FROM_HALF, 1, ln_keras_to_int(ln_keras_either(call, -1, "fft_length"), 2 * (have - 1)),
                      true};
  if (transform(call, &x, &dft, NULL)) ln_keras_return(call, x.re);
}

/* ---- Short times ---- */

/* Windows of part of the transform's length stand in its middle; false: noted. */
static bool read_frames(ln_keras_call* call, ln_stft* stft, float* window) {
  const double kPi = 3.14159265358979323846;
  const int32_t used = ln_keras_to_int(ln_keras_either(call, -1, "sequence_length"), -1);
  const cJSON* json = ln_keras_get(call, "window");
  const char* name = cJSON_IsString(json) ? json->valuestring : "";
  const bool hann = strcmp(name, "hann") == 0;
  const ln_tensor* given = json != NULL && name[0] == 0 ? ln_keras_operand(call, json, LN_TYPE_FLOAT32) : NULL;
  const bool fits = given == NULL || (ln_tensor_is_constant(given) && given->rank == 1 && ln_dim(given, 0) == used);
  if (used < 1 || used > stft->length || !fits ||
      (json != NULL && given == NULL && !hann && strcmp(name, "hamming") != 0)) {
    ln_keras_fail(call,
                  "its sequence_length does not fit, or its window is neither \"hann\", \"hamming\", None nor numbers");
    return false;
  }
  const double base = hann ? 0.5 : 0.54;
  const int32_t count = json == NULL ? stft->length : used, from = (stft->length - count) / 2;
  for (int32_t i = 0; i < count; ++i) {
    if (given != NULL)
      memcpy(&window[from + i], (const char*)given->data + 4 * (size_t)i, 4);
    else
      window[from + i] = json == NULL ? 1 : (float)(base - (1 - base) * cos(2 * kPi * i / used));
  }
  return true;
}

/* The step and length; NULL, noted: they do not fit. The window is all zeros yet. */
static float* begin_frames(ln_keras_call* call, ln_stft* stft) {
  stft->length = ln_keras_to_int(ln_keras_either(call, -1, "fft_length"), -1);
  stft->step = ln_keras_to_int(ln_keras_either(call, -1, "sequence_stride"), -1);
  if (stft->step < 1 || !ln_stft_fits(stft->length)) {
    ln_keras_fail(call, "its fft_length of %d in steps of %d cannot be converted; up to 4095 it can", stft->length,
                  stft->step);
    return NULL;
  }
  float* window = ln_job_alloc(call->job, (size_t)stft->length, sizeof *window);
  stft->window = window;
  return read_frames(call, stft, window) ? window : NULL;
}

/* [..., T] as [N,T], and what [N, ...] is as before. */
static ln_tensor* as_rows(const ln_form* f, ln_tensor* x, int kept) {
  int32_t dims[3] = {-1};
  for (int i = 0; i < kept; ++i) dims[i + 1] = LN_DIM_OF(x->rank - kept + i);
  return x->rank == kept + 1 ? x : ln_form_reshape(f, x, kept + 1, dims, "rows");
}

static ln_tensor* as_before(const ln_form* f, ln_tensor* y, ln_tensor* x, int lost, int kept, const char* what) {
  int32_t dims[LN_MAX_DIMS];
  const int outer = x->rank - lost;
  if (y->rank == outer + kept) return y;
  int unknown = 0;
  for (int i = 0; i < outer; ++i) {
    dims[i] = ln_dim(x, i);
    unknown += dims[i] < 0;
  }
  for (int i = 0; i < kept; ++i) {
    dims[outer + i] = ln_dim(y, y->rank - kept + i);
    unknown += dims[outer + i] < 0;
  }
  if (unknown > 1) return NULL;
  return ln_build_reshape(&f->b, y, outer + kept, dims, ln_form_name(f, what));
}

static void stft(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  ln_stft how;
  ln_tensor* x = call->in[0];
  if (x->rank < 1 || x->rank + 1 > LN_MAX_DIMS || x->type != LN_TYPE_FLOAT32) {
    ln_keras_fail(call, "its input has rank %d and type %s; FLOAT32 is right", x->rank, ln_tensor_type_name(x->type));
    return;
  }
  if (begin_frames(call, &how) == NULL) return;
  ln_tensor* rows = x->rank == 1 ? ln_form_expand(&f, x, 0, "row") : as_rows(&f, x, 1);
  if (!cJSON_IsFalse(ln_keras_either(call, -1, "center"))) {
    const int32_t pads[] = {0, 0, how.length / 2, how.length / 2}, dims[] = {2, 2};
    ln_tensor* const inputs[] = {rows, ln_graph_constant(call->b.subgraph, ln_keras_name(call, "pads"), LN_TYPE_INT32,
                                                         2, dims, ln_job_copy(call->job, pads, sizeof pads))};
    ln_node* node = ln_build_node(&call->b, LN_OP_MIRROR_PAD, 2, inputs);
    LN_SET(node, MirrorPadOptions, mode, 0); /* REFLECT */
    rows = ln_build_done(node, ln_keras_name(call, "mirrored"), 1);
  }
  ln_complex y = ln_build_stft(&f, rows, &how, NULL);
  y.re = as_before(&f, y.re, x, 1, 2, NULL);
  y.im = as_before(&f, y.im, x, 1, 2, "imaginary");
  if (y.re == NULL || y.im == NULL)
    ln_keras_fail(call, "more than one of its extents is not known");
  else
    return_parts(call, &y);
}

/* What a window must be on the way back, so that what overlaps sums up to 1: divided by the sum of the squares of all
 * that lie over each other. */
static void divide_by_overlaps(const ln_stft* stft, float* window, ln_job* job) {
  double* sums = ln_job_alloc(job, (size_t)stft->step, sizeof *sums);
  for (int32_t i = 0; i < stft->length; ++i) sums[i % stft->step] += (double)window[i] * (double)window[i];
  for (int32_t i = 0; i < stft->length; ++i)
    window[i] = sums[i % stft->step] != 0 ? (float)((double)window[i] / sums[i % stft->step]) : 0;
}

static void istft(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  ln_stft how;
  ln_complex x;
  float* window;
  if (!parts_of(call, &x) || (window = begin_frames(call, &how)) == NULL) return;
  const int rank = x.re->rank;
  if (rank < 2 || ln_dim(x.re, rank - 1) != how.length / 2 + 1 || !ln_dim_is_known(x.re, rank - 2)) {
    ln_keras_fail(call, "its input must have a known number of frames, of half the fft_length and one");
    return;
  }
  if (ln_keras_get(call, "window") != NULL) divide_by_overlaps(&how, window, call->job);
  const bool center = !cJSON_IsFalse(ln_keras_either(call, -1, "center"));
  ln_complex rows = {rank == 2 ? ln_form_expand(&f, x.re, 0, "real_row") : as_rows(&f, x.re, 2),
                     rank == 2 ? ln_form_expand(&f, x.im, 0, "imaginary_row") : as_rows(&f, x.im, 2)};
  ln_tensor* y = ln_build_overlapped(&f, rows, &how, "samples");
  const int32_t half = center ? how.length / 2 : 0, samples = ln_dim(y, 1);
  const int32_t wanted = ln_keras_to_int(ln_keras_either(call, -1, "length"), samples - 2 * half);
  const int32_t count = wanted < samples - half ? wanted : samples - half;
  if (count < 1) {
    ln_keras_fail(call, "it has %d samples, of which none is left", samples);
    return;
  }
  if (count != samples) y = ln_form_part(&f, y, 1, half, count, rank == 3 ? NULL : "part");
  y = as_before(&f, y, x.re, 2, 1, NULL);
  if (y == NULL)
    ln_keras_fail(call, "more than one of its extents is not known");
  else
    ln_keras_return(call, y);
}

/* Frames of the last dimension. */
static void extract_sequences(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  ln_tensor* x = call->in[0];
  const int32_t length = ln_keras_to_int(ln_keras_either(call, 1, "sequence_length"), -1),
                step = ln_keras_to_int(ln_keras_either(call, 2, "sequence_stride"), -1);
  const int32_t samples = x->rank > 0 ? ln_dim(x, x->rank - 1) : -1;
  const int64_t count = samples >= length && step > 0 ? 1 + (samples - length) / step : 0;
  if (length < 1 || count < 1 || count * length > 1 << 26) {
    ln_keras_fail(call, "the number of its samples must be known, and enough for a sequence");
    return;
  }
  int32_t* places = ln_job_alloc(call->job, (size_t)(count * length), sizeof *places);
  for (int64_t i = 0; i < count * length; ++i) places[i] = (int32_t)(i / length * step + i % length);
  const int32_t dims[] = {(int32_t)count, length};
  ln_keras_return(call, ln_form_gather(&f, x,
                                       ln_graph_constant(call->b.subgraph, ln_keras_name(call, "places"), LN_TYPE_INT32,
                                                         2, dims, places),
                                       -1, 0, NULL));
}

static void polar(ln_keras_call* call) {
  ln_keras_fail(call, "its result is complex, which TFLite does not have; its parts are a * cos(b) and a * sin(b)");
}

const ln_keras_lowering ln_keras_spectra[] = {
    {"FFT", fft, 0, 0},     {"FFT2", fft, 0, 0},
    {"IFFT2", fft, 0, 0},   {"RFFT", rfft, 0, 0},
    {"IRFFT", irfft, 0, 0}, {"STFT", stft, 0, 0},
    {"ISTFT", istft, 0, 0}, {"ExtractSequences", extract_sequences, 0, 0},
    {"Polar", polar, 0, 0}, {"ViewAsComplex", polar, 0, 0},
    {NULL, NULL, 0, 0},
};
