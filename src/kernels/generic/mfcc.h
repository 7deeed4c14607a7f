/* Mel-frequency cepstral coefficients of power spectra: triangular bands evenly spaced on the mel scale
 * (1127 log(1 + f / 700)), the logarithm of each, and a discrete cosine transform. In doubles. */
#ifndef LN_KERNELS_MFCC_H_
#define LN_KERNELS_MFCC_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bin i of the spectrum belongs by `weight[i]` to band `band[i]` and by the rest to the next one; band -1 is none.
 * Bins outside [first, last] do not count; where last >= bins none does. */
typedef struct ln_mel_bands {
  size_t bins;
  int32_t count, first, last;
  double* weight;   /* [bins] */
  int32_t* band;    /* [bins] */
  double* centers;  /* [count + 1], in mel */
  double* energies; /* [count]: scratch of one spectrum */
} ln_mel_bands;

/* Fills weight, band, centers, first and last. bins >= 2, rate > 0, 0 <= low < high. */
void ln_make_mel_bands_f64_ref(ln_mel_bands* bands, double rate, double low, double high);

/* sqrt(2 / n) cos(pi / n i (k + 0.5)), [coefficients, n]. */
void ln_make_cosines_f64_ref(double* cosines, size_t coefficients, size_t n);

void ln_mfcc_f64_ref(ln_mel_bands* bands, const double* cosines, const float* spectrum, size_t coefficients,
                     float* out);

#endif
