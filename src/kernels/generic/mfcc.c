#include "kernels/generic/mfcc.h"

#include <math.h>

static double to_mel(double frequency) { return 1127.0 * log1p(frequency / 700.0); }

/* Cut off to an integer; INT32_MAX for what is larger. */
static int32_t cut_off(double value) { return value < 2147483647.0 ? (int32_t)value : INT32_MAX; }

void ln_make_mel_bands_f64_ref(ln_mel_bands* bands, double rate, double low, double high) {
  const double mel_low = to_mel(low), spacing = (to_mel(high) - mel_low) / ((double)bands->count + 1);
  const double hz_per_bin = 0.5 * rate / (double)(bands->bins - 1);
  int32_t band = 0;
  for (int32_t i = 0; i <= bands->count; ++i) bands->centers[i] = mel_low + spacing * ((double)i + 1);
  bands->first = cut_off(1.5 + low / hz_per_bin); /* the constant part, bin 0, never counts */
  bands->last = cut_off(high / hz_per_bin);
  if (bands->last < 0 || (size_t)bands->last >= bands->bins) return;
  for (int32_t i = bands->first; i <= bands->last; ++i) {
    const double mel = to_mel((double)i * hz_per_bin);
    while (band < bands->count && bands->centers[band] < mel) ++band;
    const double below = band > 0 ? bands->centers[band - 1] : mel_low;
    bands->band[i] = band - 1;
    bands->weight[i] = (bands->centers[band] - mel) / (bands->centers[band] - below);
  }
}

void ln_make_cosines_f64_ref(double* cosines, size_t coefficients, size_t n) {
  const double norm = sqrt(2.0 / (double)n), step = 3.1415926535897932384626433832795 / (double)n;
  for (size_t i = 0; i < coefficients; ++i)
    for (size_t k = 0; k < n; ++k) cosines[i * n + k] = norm * cos((double)i * step * ((double)k + 0.5));
}

void ln_mfcc_f64_ref(ln_mel_bands* bands, const double* cosines, const float* spectrum, size_t coefficients,
                     float* out) {
  const size_t n = (size_t)bands->count;
  const bool none = (size_t)bands->last >= bands->bins;
  for (size_t k = 0; k < n; ++k) bands->energies[k] = 0;
  for (int32_t i = bands->first; i <= bands->last && !none; ++i) {
    const double magnitude = sqrt((double)spectrum[i]), share = magnitude * bands->weight[i];
    const int32_t band = bands->band[i];
    if (band >= 0) bands->energies[band] += share;
    if (band + 1 < bands->count) bands->energies[band + 1] += magnitude - share;
  }
  /* A spectrum that is too short gives zeros, not the logarithms of nothing: so does the original. */
  for (size_t k = 0; k < n; ++k) {
    const double energy = bands->energies[k];
    bands->energies[k] = none ? 0 : log(energy < 1e-12 ? 1e-12 : energy);
  }
  for (size_t i = 0; i < coefficients; ++i) {
    double sum = 0;
    for (size_t k = 0; k < n; ++k) sum += cosines[i * n + k] * bands->energies[k];
    out[i] = (float)sum;
  }
}
