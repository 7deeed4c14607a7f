/* SignalWindow, SignalFftAutoScale, SignalRfft, SignalIrfft, SignalEnergy: from frames of samples to their spectra. */
#include <string.h>

#include "kernels/generic/rfft.h"
#include "kernels/generic/signal.h"
#include "ops/signal_util.h"

/* ---- SignalWindow: each frame, [..., n], times the window [n] ---- */

typedef struct window_data {
  int32_t shift;
} window_data;

LN_DEFINE_INIT(window_init, window_data, .shift = 0)

static TfLiteStatus window_prepare(TfLiteContext* context, TfLiteNode* node) {
  window_data* d = node->user_data;
  const TfLiteTensor *input, *weights;
  TfLiteTensor* output;
  ln_flex_map options;
  LN_TRY(ln_check_io(context, node, 2, 2, 1));
  LN_TRY(ln_open_options(context, node, &options));
  LN_TRY(ln_option_i32(context, &options, "shift", 0, 0, 31, &d->shift));
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_signal_get_vector(context, node, 1, "the window", kTfLiteInt16, -1, &weights));
  LN_TRY(ln_signal_get_output(context, node, 0, kTfLiteInt16, &output));
  LN_TRY(ln_check_type(context, input, "input", kTfLiteInt16));
  LN_CHECK(context, ln_dim(weights, 0) > 0 && ln_num_elements(input) % ln_dim(weights, 0) == 0,
           "%lld samples and a window of %d; a whole number of windows is right", (long long)ln_num_elements(input),
           ln_dim(weights, 0));
  return ln_resize_like(context, output, input);
}

static TfLiteStatus window_invoke(TfLiteContext* context, TfLiteNode* node) {
  const window_data* d = node->user_data;
  const TfLiteTensor *input, *weights;
  TfLiteTensor* output;
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_input(context, node, 1, &weights));
  LN_TRY(ln_get_output(context, node, 0, &output));
  const size_t samples = (size_t)ln_num_elements(input), n = (size_t)ln_dim(weights, 0);
  for (size_t i = 0; i < samples; i += n)
    ln_signal_window_s16_ref(input->data.i16 + i, weights->data.i16, n, d->shift, output->data.i16 + i);
  return kTfLiteOk;
}

/* ---- SignalFftAutoScale: samples as large as they can be, and how often they have been doubled ---- */

static TfLiteStatus scale_prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor* input;
  TfLiteTensor *output, *shift;
  LN_TRY(ln_check_io(context, node, 1, 1, 2));
  LN_TRY(ln_signal_get_vector(context, node, 0, "input", kTfLiteInt16, -1, &input));
  LN_TRY(ln_signal_get_output(context, node, 0, kTfLiteInt16, &output));
  LN_TRY(ln_signal_get_output(context, node, 1, kTfLiteInt32, &shift));
  LN_TRY(ln_resize_like(context, output, input));
  return ln_resize(context, shift, 0, NULL);
}

static TfLiteStatus scale_invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor* input;
  TfLiteTensor *output, *shift;
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(ln_get_output(context, node, 1, &shift));
  shift->data.i32[0] = ln_signal_auto_scale_s16_ref(input->data.i16, (size_t)ln_num_elements(input), output->data.i16);
  return kTfLiteOk;
}

/* ---- SignalRfft, SignalIrfft: each frame apart; shorter frames are padded with zeros. ---- */

enum { kFrame, kScratch, kTemporaries };

typedef struct fft_data {
  int first_temporary;
  ln_rfft_plan plan;
  void* tables;
} fft_data;

LN_DEFINE_INIT(fft_init, fft_data, .first_temporary = -1)

static void fft_free(TfLiteContext* context, void* user_data) {
  fft_data* d = user_data;
  if (d != NULL) ln_free(d->tables);
  ln_free_node_data(context, d);
}

static TfLiteStatus make_plan(TfLiteContext* context, const TfLiteNode* node, TfLiteType type, bool inverse) {
  fft_data* d = node->user_data;
  ln_flex_map options;
  int32_t length;
  LN_TRY(ln_open_options(context, node, &options));
  LN_TRY(ln_option_i32(context, &options, "fft_length", 0, 4, 1 << 28, &length));
  LN_CHECK(context, ln_rfft_make_plan(length, inverse, &d->plan),
           "fft_length is %d; an even one without prime factors over 5 is right", (int)length);
  ln_free(d->tables);
  d->tables = ln_calloc(ln_rfft_table_count(&d->plan), ln_type_size(type));
  LN_CHECK(context, d->tables != NULL, "no memory for a transform of %d points", (int)length);
  if (type == kTfLiteInt16)
    ln_rfft_tables_s16_ref(&d->plan, d->tables);
  else if (type == kTfLiteInt32)
    ln_rfft_tables_s32_ref(&d->plan, d->tables);
  else
    ln_rfft_tables_f32_ref(&d->plan, d->tables);
  return kTfLiteOk;
}

static TfLiteStatus prepare_fft(TfLiteContext* context, TfLiteNode* node, bool inverse) {
  fft_data* d = node->user_data;
  const TfLiteTensor* input;
  TfLiteTensor* output;
  int32_t dims[LN_MAX_RANK];
  LN_TRY(ln_check_io(context, node, 1, 1, 1));
  LN_TRY(ln_set_temporaries(context, node, kTemporaries, &d->first_temporary));
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_CHECK(context, input->type == kTfLiteInt16 || input->type == kTfLiteInt32 || input->type == kTfLiteFloat32,
           "input is %s; INT16, INT32 or FLOAT32 is right", TfLiteTypeGetName(input->type));
  LN_TRY(make_plan(context, node, input->type, inverse));
  const int rank = ln_rank(input), length = 2 * d->plan.points;
  LN_CHECK(context, rank >= 1 && rank <= LN_MAX_RANK, "input has rank %d; 1 to %d is right", rank, LN_MAX_RANK);
  const int frame = ln_dim(input, rank - 1);
  LN_CHECK(context, inverse ? frame == length + 2 : frame <= length, "frames of %d; %s%d is right for fft_length %d",
           frame, inverse ? "" : "at most ", inverse ? length + 2 : length, length);
  LN_TRY(ln_signal_get_output(context, node, 0, input->type, &output));
  for (int i = 0; i < rank - 1; ++i) dims[i] = ln_dim(input, i);
  dims[rank - 1] = inverse ? length : length + 2;
  const size_t bytes = ln_type_size(input->type);
  LN_TRY(ln_set_scratch(context, node, kFrame, inverse ? 0 : (size_t)length * bytes));
  LN_TRY(ln_set_scratch(context, node, kScratch, ln_rfft_scratch_count(&d->plan) * bytes));
  return ln_resize(context, output, rank, dims);
}

static TfLiteStatus rfft_prepare(TfLiteContext* context, TfLiteNode* node) { return prepare_fft(context, node, false); }
static TfLiteStatus irfft_prepare(TfLiteContext* context, TfLiteNode* node) { return prepare_fft(context, node, true); }

static void transform(const fft_data* d, TfLiteType type, const void* in, void* scratch, void* out) {
  const ln_rfft_plan* p = &d->plan;
  if (type == kTfLiteInt16)
    (p->inverse ? ln_irfft_s16_ref : ln_rfft_s16_ref)(p, d->tables, in, scratch, out);
  else if (type == kTfLiteInt32)
    (p->inverse ? ln_irfft_s32_ref : ln_rfft_s32_ref)(p, d->tables, in, scratch, out);
  else
    (p->inverse ? ln_irfft_f32_ref : ln_rfft_f32_ref)(p, d->tables, in, scratch, out);
}

static TfLiteStatus fft_invoke(TfLiteContext* context, TfLiteNode* node) {
  const fft_data* d = node->user_data;
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_output(context, node, 0, &output));
  const size_t frames = ln_signal_outer(input, 1), bytes = ln_type_size(input->type);
  const size_t in_bytes = (size_t)ln_dim(input, ln_rank(input) - 1) * bytes;
  const size_t out_bytes = (size_t)ln_dim(output, ln_rank(output) - 1) * bytes;
  const size_t padded_bytes = 2 * (size_t)d->plan.points * bytes;
  char* padded = ln_get_temporary(context, node, kFrame)->data.raw;
  void* scratch = ln_get_temporary(context, node, kScratch)->data.data;
  for (size_t i = 0; i < frames; ++i) {
    const void* in = input->data.raw + i * in_bytes;
    if (!d->plan.inverse) {
      if (in_bytes > 0) memcpy(padded, in, in_bytes);
      memset(padded + in_bytes, 0, padded_bytes - in_bytes);
      in = padded;
    }
    transform(d, input->type, in, scratch, output->data.raw + i * out_bytes);
  }
  return kTfLiteOk;
}

/* ---- SignalEnergy: squared magnitudes of a spectrum, between two indices ---- */

typedef struct energy_data {
  int32_t start, end;
} energy_data;

LN_DEFINE_INIT(energy_init, energy_data, .start = 0)

static TfLiteStatus energy_prepare(TfLiteContext* context, TfLiteNode* node) {
  energy_data* d = node->user_data;
  const TfLiteTensor* input;
  TfLiteTensor* output;
  ln_flex_map options;
  LN_TRY(ln_check_io(context, node, 1, 1, 1));
  LN_TRY(ln_signal_get_vector(context, node, 0, "input", kTfLiteInt16, -1, &input));
  LN_TRY(ln_signal_get_output(context, node, 0, kTfLiteUInt32, &output));
  LN_CHECK(context, ln_dim(input, 0) % 2 == 0, "input has %d numbers; pairs are right", ln_dim(input, 0));
  const int32_t n = ln_dim(input, 0) / 2;
  LN_TRY(ln_open_options(context, node, &options));
  LN_TRY(ln_option_i32(context, &options, "start_index", 0, 0, n, &d->start));
  LN_TRY(ln_option_i32(context, &options, "end_index", 0, d->start, n, &d->end));
  return ln_resize(context, output, 1, &n);
}

static TfLiteStatus energy_invoke(TfLiteContext* context, TfLiteNode* node) {
  const energy_data* d = node->user_data;
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_output(context, node, 0, &output));
  if (output->bytes == 0) return kTfLiteOk;
  memset(output->data.raw, 0, output->bytes);
  ln_signal_energy_s16_ref(input->data.i16 + 2 * d->start, (size_t)(d->end - d->start), output->data.u32 + d->start);
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_signal_window = {
    .init = window_init, .free = ln_free_node_data, .prepare = window_prepare, .invoke = window_invoke};
const TfLiteRegistration ln_op_signal_fft_auto_scale = {.prepare = scale_prepare, .invoke = scale_invoke};
const TfLiteRegistration ln_op_signal_rfft = {
    .init = fft_init, .free = fft_free, .prepare = rfft_prepare, .invoke = fft_invoke};
const TfLiteRegistration ln_op_signal_irfft = {
    .init = fft_init, .free = fft_free, .prepare = irfft_prepare, .invoke = fft_invoke};
const TfLiteRegistration ln_op_signal_energy = {
    .init = energy_init, .free = ln_free_node_data, .prepare = energy_prepare, .invoke = energy_invoke};
