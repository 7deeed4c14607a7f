/* SignalFilterBank, SignalFilterBankSquareRoot, SignalFilterBankSpectralSubtraction, SignalPCAN, SignalFilterBankLog:
 * from the energies of a spectrum to the features of a speech model, one number a band. */
#include <string.h>

#include "kernels/generic/signal.h"
#include "ops/signal_util.h"

/* ---- SignalFilterBank: energies of overlapping bands ---- */

enum { kSpectrum, kWeights, kOtherWeights, kFirstFrequency, kFirstWeight, kWidth, kBankInputs };

typedef struct bank_data {
  int32_t bands;
} bank_data;

LN_DEFINE_INIT(bank_init, bank_data, .bands = 0)

static TfLiteStatus bank_prepare(TfLiteContext* context, TfLiteNode* node) {
  bank_data* d = node->user_data;
  const TfLiteTensor *weights, *t;
  TfLiteTensor* output;
  ln_flex_map options;
  LN_TRY(ln_check_io(context, node, kBankInputs, kBankInputs, 1));
  LN_TRY(ln_open_options(context, node, &options));
  LN_TRY(ln_option_i32(context, &options, "num_channels", 0, 0, INT32_MAX - 1, &d->bands));
  LN_TRY(ln_signal_get_vector(context, node, kSpectrum, "input", kTfLiteUInt32, -1, &t));
  LN_TRY(ln_signal_get_vector(context, node, kWeights, "the weights", kTfLiteInt16, -1, &weights));
  LN_TRY(ln_signal_get_vector(context, node, kOtherWeights, "the other weights", kTfLiteInt16, ln_dim(weights, 0), &t));
  for (int i = kFirstFrequency; i <= kWidth; ++i)
    LN_TRY(ln_signal_get_vector(context, node, i, "a list of bands", kTfLiteInt16, (int64_t)d->bands + 1, &t));
  LN_TRY(ln_signal_get_output(context, node, 0, kTfLiteUInt64, &output));
  return ln_resize(context, output, 1, &d->bands);
}

static TfLiteStatus bank_invoke(TfLiteContext* context, TfLiteNode* node) {
  const bank_data* d = node->user_data;
  const TfLiteTensor* t[kBankInputs];
  TfLiteTensor* output;
  for (int i = 0; i < kBankInputs; ++i) LN_TRY(ln_get_input(context, node, i, &t[i]));
  LN_TRY(ln_get_output(context, node, 0, &output));
  const ln_signal_bands bands = {t[kWeights]->data.i16, t[kOtherWeights]->data.i16, t[kFirstFrequency]->data.i16,
                                 t[kFirstWeight]->data.i16, t[kWidth]->data.i16};
  for (int32_t i = 0; i <= d->bands; ++i) {
    const int frequency = bands.first_frequency[i], weight = bands.first_weight[i], width = bands.width[i];
    LN_CHECK(context,
             width <= 0 || (frequency >= 0 && weight >= 0 && frequency + width <= ln_dim(t[kSpectrum], 0) &&
                            weight + width <= ln_dim(t[kWeights], 0)),
             "band %d takes %d frequencies from %d and weights from %d; there are %d and %d", (int)i, width, frequency,
             weight, ln_dim(t[kSpectrum], 0), ln_dim(t[kWeights], 0));
  }
  ln_signal_filter_bank_u32_ref(&bands, t[kSpectrum]->data.u32, (size_t)d->bands, output->data.u64);
  return kTfLiteOk;
}

/* ---- SignalFilterBankSquareRoot: with the scale of the samples taken back ---- */

static TfLiteStatus root_prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor *input, *shift;
  TfLiteTensor* output;
  LN_TRY(ln_check_io(context, node, 2, 2, 1));
  LN_TRY(ln_signal_get_vector(context, node, 0, "input", kTfLiteUInt64, -1, &input));
  LN_TRY(ln_get_input(context, node, 1, &shift));
  LN_TRY(ln_check_type(context, shift, "the scale", kTfLiteInt32));
  LN_CHECK(context, ln_num_elements(shift) == 1, "the scale has %lld elements; 1 is right",
           (long long)ln_num_elements(shift));
  LN_TRY(ln_signal_get_output(context, node, 0, kTfLiteUInt32, &output));
  return ln_resize_like(context, output, input);
}

static TfLiteStatus root_invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor *input, *shift;
  TfLiteTensor* output;
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_input(context, node, 1, &shift));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_CHECK(context, shift->data.i32[0] >= 0 && shift->data.i32[0] <= 31, "the scale is %d; one in [0, 31] is right",
           (int)shift->data.i32[0]);
  ln_signal_square_root_u64_ref(input->data.u64, (size_t)ln_dim(input, 0), shift->data.i32[0], output->data.u32);
  return kTfLiteOk;
}

/* ---- SignalFilterBankSpectralSubtraction: the signal without its noise, and the noise, which is kept ---- */

typedef struct subtraction_data {
  ln_signal_state state;
  ln_signal_subtraction s;
} subtraction_data;

LN_DEFINE_INIT(subtraction_init, subtraction_data, .state.first = -1)

/* A fraction of 2^spectral_subtraction_bits. */
static TfLiteStatus read_fraction(TfLiteContext* context, const ln_flex_map* options, const char* name,
                                  uint32_t* value) {
  int32_t number;
  LN_TRY(ln_option_i32(context, options, name, 0, INT32_MIN, INT32_MAX, &number));
  *value = (uint32_t)number;
  return kTfLiteOk;
}

static TfLiteStatus read_subtraction(TfLiteContext* context, const TfLiteNode* node, int32_t* channels) {
  ln_signal_subtraction* s = &((subtraction_data*)node->user_data)->s;
  ln_flex_map o;
  LN_TRY(ln_open_options(context, node, &o));
  LN_TRY(read_fraction(context, &o, "smoothing", &s->smoothing[0]));
  LN_TRY(read_fraction(context, &o, "alternate_smoothing", &s->smoothing[1]));
  LN_TRY(read_fraction(context, &o, "one_minus_smoothing", &s->one_minus_smoothing[0]));
  LN_TRY(read_fraction(context, &o, "alternate_one_minus_smoothing", &s->one_minus_smoothing[1]));
  LN_TRY(read_fraction(context, &o, "min_signal_remaining", &s->min_signal_remaining));
  LN_TRY(ln_option_i32(context, &o, "smoothing_bits", 0, 0, 31, &s->smoothing_bits));
  LN_TRY(ln_option_i32(context, &o, "spectral_subtraction_bits", 0, 0, 63, &s->bits));
  LN_TRY(ln_option_bool(context, &o, "clamping", false, &s->clamping));
  return ln_option_i32(context, &o, "num_channels", 0, 0, INT32_MAX, channels);
}

static TfLiteStatus subtraction_prepare(TfLiteContext* context, TfLiteNode* node) {
  subtraction_data* d = node->user_data;
  const TfLiteTensor* input;
  TfLiteTensor *output, *noise;
  int32_t channels;
  size_t bytes;
  LN_TRY(ln_check_io(context, node, 1, 1, 2));
  LN_TRY(read_subtraction(context, node, &channels));
  LN_CHECK(context, ln_mul_size((size_t)channels, sizeof(uint32_t), &bytes), "%d channels are too many", (int)channels);
  LN_TRY(ln_signal_set_state(context, node, &d->state, bytes));
  LN_TRY(ln_signal_get_vector(context, node, 0, "input", kTfLiteUInt32, channels, &input));
  LN_TRY(ln_signal_get_output(context, node, 0, kTfLiteUInt32, &output));
  LN_TRY(ln_signal_get_output(context, node, 1, kTfLiteUInt32, &noise));
  LN_TRY(ln_resize_like(context, output, input));
  return ln_resize_like(context, noise, input);
}

static TfLiteStatus subtraction_invoke(TfLiteContext* context, TfLiteNode* node) {
  subtraction_data* d = node->user_data;
  const TfLiteTensor* input;
  TfLiteTensor *output, *noise;
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(ln_get_output(context, node, 1, &noise));
  uint32_t* state = ln_signal_get_state(context, node, &d->state);
  ln_signal_subtract_noise_u32_ref(&d->s, input->data.u32, (size_t)ln_dim(input, 0), state, output->data.u32);
  if (noise->bytes > 0) memcpy(noise->data.raw, state, noise->bytes);
  return kTfLiteOk;
}

/* ---- SignalPCAN: gain control by the noise ---- */

typedef struct pcan_data {
  int32_t shift;
} pcan_data;

LN_DEFINE_INIT(pcan_init, pcan_data, .shift = 0)

static TfLiteStatus pcan_prepare(TfLiteContext* context, TfLiteNode* node) {
  pcan_data* d = node->user_data;
  const TfLiteTensor *input, *noise, *gains;
  TfLiteTensor* output;
  ln_flex_map options;
  LN_TRY(ln_check_io(context, node, 3, 3, 1));
  LN_TRY(ln_open_options(context, node, &options));
  LN_TRY(ln_option_i32(context, &options, "snr_shift", 0, 0, 63, &d->shift));
  LN_TRY(ln_signal_get_vector(context, node, 0, "input", kTfLiteUInt32, -1, &input));
  LN_TRY(ln_signal_get_vector(context, node, 1, "the noise", kTfLiteUInt32, ln_dim(input, 0), &noise));
  LN_TRY(ln_signal_get_vector(context, node, 2, "the table of gains", kTfLiteInt16, -1, &gains));
  LN_CHECK(context, ln_dim(gains, 0) >= LN_SIGNAL_GAINS, "the table of gains has %d elements; at least %d is right",
           ln_dim(gains, 0), LN_SIGNAL_GAINS);
  LN_TRY(ln_signal_get_output(context, node, 0, kTfLiteUInt32, &output));
  return ln_resize_like(context, output, input);
}

static TfLiteStatus pcan_invoke(TfLiteContext* context, TfLiteNode* node) {
  const pcan_data* d = node->user_data;
  const TfLiteTensor *input, *noise, *gains;
  TfLiteTensor* output;
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_input(context, node, 1, &noise));
  LN_TRY(ln_get_input(context, node, 2, &gains));
  LN_TRY(ln_get_output(context, node, 0, &output));
  ln_signal_pcan_u32_ref(input->data.u32, noise->data.u32, (size_t)ln_dim(input, 0), gains->data.i16, d->shift,
                         output->data.u32);
  return kTfLiteOk;
}

/* ---- SignalFilterBankLog ---- */

typedef struct log_data {
  int32_t shift, scale;
} log_data;

LN_DEFINE_INIT(log_init, log_data, .shift = 0)

static TfLiteStatus log_prepare(TfLiteContext* context, TfLiteNode* node) {
  log_data* d = node->user_data;
  const TfLiteTensor* input;
  TfLiteTensor* output;
  ln_flex_map options;
  LN_TRY(ln_check_io(context, node, 1, 1, 1));
  LN_TRY(ln_open_options(context, node, &options));
  LN_TRY(ln_option_i32(context, &options, "input_correction_bits", 0, 0, 31, &d->shift));
  LN_TRY(ln_option_i32(context, &options, "output_scale", 0, INT32_MIN, INT32_MAX, &d->scale));
  LN_TRY(ln_signal_get_vector(context, node, 0, "input", kTfLiteUInt32, -1, &input));
  LN_TRY(ln_signal_get_output(context, node, 0, kTfLiteInt16, &output));
  return ln_resize_like(context, output, input);
}

static TfLiteStatus log_invoke(TfLiteContext* context, TfLiteNode* node) {
  const log_data* d = node->user_data;
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_output(context, node, 0, &output));
  ln_signal_log_u32_ref(input->data.u32, (size_t)ln_dim(input, 0), d->shift, (uint32_t)d->scale, output->data.i16);
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_signal_filter_bank = {
    .init = bank_init, .free = ln_free_node_data, .prepare = bank_prepare, .invoke = bank_invoke};
const TfLiteRegistration ln_op_signal_filter_bank_square_root = {.prepare = root_prepare, .invoke = root_invoke};
const TfLiteRegistration ln_op_signal_filter_bank_spectral_subtraction = {
    .init = subtraction_init, .free = ln_free_node_data, .prepare = subtraction_prepare, .invoke = subtraction_invoke};
const TfLiteRegistration ln_op_signal_pcan = {
    .init = pcan_init, .free = ln_free_node_data, .prepare = pcan_prepare, .invoke = pcan_invoke};
const TfLiteRegistration ln_op_signal_filter_bank_log = {
    .init = log_init, .free = ln_free_node_data, .prepare = log_prepare, .invoke = log_invoke};
