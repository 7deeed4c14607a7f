/* Mfcc: power spectra [channels, windows, bins] and their sample rate to mel-frequency cepstral coefficients. */
#include "kernels/generic/mfcc.h"

#include "ops/custom_ops.h"
#include "ops/custom_util.h"

enum { kWeight, kBand, kCenters, kEnergies, kCosines, kTemporaries };

typedef struct mfcc_data {
  int first_temporary;
  int32_t low, high, bands, coefficients;
} mfcc_data;

LN_DEFINE_INIT(init, mfcc_data, .first_temporary = -1)

static TfLiteStatus read_options(TfLiteContext* context, const TfLiteNode* node, mfcc_data* d) {
  ln_flex_map o;
  LN_TRY(ln_open_options(context, node, &o));
  LN_TRY(ln_option_i32(context, &o, "lower_frequency_limit", 0, 0, INT32_MAX, &d->low));
  LN_TRY(ln_option_i32(context, &o, "upper_frequency_limit", 0, 0, INT32_MAX, &d->high));
  LN_TRY(ln_option_i32(context, &o, "filterbank_channel_count", 0, 1, INT32_MAX - 1, &d->bands));
  LN_TRY(ln_option_i32(context, &o, "dct_coefficient_count", 0, 1, d->bands, &d->coefficients));
  LN_CHECK(context, d->high > d->low, "upper_frequency_limit is %d; one over the lower limit, %d, is right",
           (int)d->high, (int)d->low);
  return kTfLiteOk;
}

static TfLiteStatus set_scratch(TfLiteContext* context, TfLiteNode* node, size_t bins, const mfcc_data* d) {
  const size_t bands = (size_t)d->bands;
  size_t sizes[kTemporaries];
  const bool fit = ln_mul_size(bins, sizeof(double), &sizes[kWeight]) &&
                   ln_mul_size(bins, sizeof(int32_t), &sizes[kBand]) &&
                   ln_mul_size(bands + 1, sizeof(double), &sizes[kCenters]) &&
                   ln_mul_size(bands, sizeof(double), &sizes[kEnergies]) &&
                   ln_mul_size(sizes[kEnergies], (size_t)d->coefficients, &sizes[kCosines]);
  LN_CHECK(context, fit, "%zu bands of %zu bins take more memory than there can be", bands, bins);
  for (int i = 0; i < kTemporaries; ++i) LN_TRY(ln_set_scratch(context, node, i, sizes[i]));
  return kTfLiteOk;
}

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  mfcc_data* d = node->user_data;
  const TfLiteTensor *input, *rate;
  TfLiteTensor* output;
  LN_TRY(ln_check_io(context, node, 2, 2, 1));
  LN_TRY(read_options(context, node, d));
  LN_TRY(ln_set_temporaries(context, node, kTemporaries, &d->first_temporary));
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_input(context, node, 1, &rate));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(ln_check_type(context, input, "input", kTfLiteFloat32));
  LN_TRY(ln_check_type(context, rate, "the sample rate", kTfLiteInt32));
  LN_TRY(ln_check_type(context, output, "output", kTfLiteFloat32));
  LN_CHECK(context, ln_rank(input) == 3 && ln_dim(input, 2) >= 2,
           "input has rank %d; 3, with at least 2 in the last dimension, is right", ln_rank(input));
  LN_CHECK(context, ln_num_elements(rate) == 1, "the sample rate has %lld elements; 1 is right",
           (long long)ln_num_elements(rate));
  LN_TRY(set_scratch(context, node, (size_t)ln_dim(input, 2), d));
  const int32_t dims[] = {ln_dim(input, 0), ln_dim(input, 1), d->coefficients};
  return ln_resize(context, output, 3, dims);
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  const mfcc_data* d = node->user_data;
  const TfLiteTensor *input, *rate;
  TfLiteTensor* output;
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_input(context, node, 1, &rate));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_CHECK(context, rate->data.i32[0] > 0, "the sample rate is %d; it must be over 0", (int)rate->data.i32[0]);
  const size_t spectra = (size_t)ln_dim(input, 0) * (size_t)ln_dim(input, 1);
  const size_t coefficients = (size_t)d->coefficients;
  double* cosines = ln_get_temporary(context, node, kCosines)->data.data;
  ln_mel_bands bands = {.bins = (size_t)ln_dim(input, 2),
                        .count = d->bands,
                        .weight = ln_get_temporary(context, node, kWeight)->data.data,
                        .band = ln_get_temporary(context, node, kBand)->data.i32,
                        .centers = ln_get_temporary(context, node, kCenters)->data.data,
                        .energies = ln_get_temporary(context, node, kEnergies)->data.data};
  ln_make_mel_bands_f64_ref(&bands, rate->data.i32[0], (double)(float)d->low, (double)(float)d->high);
  ln_make_cosines_f64_ref(cosines, coefficients, (size_t)d->bands);
  for (size_t i = 0; i < spectra; ++i)
    ln_mfcc_f64_ref(&bands, cosines, input->data.f + i * bands.bins, coefficients, output->data.f + i * coefficients);
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_mfcc = {.init = init, .free = ln_free_node_data, .prepare = prepare, .invoke = invoke};
