/* Fourier transforms as products with constant matrices, of numbers in two parts: TFLite computes with real numbers,
 * and RFFT2D knows powers of two alone. */
#ifndef LN_CONVERT_SPECTRA_H_
#define LN_CONVERT_SPECTRA_H_

#include "convert/form.h"

/* Real and imaginary parts. `im` NULL: there is none, it is zero everywhere. */
typedef struct ln_complex {
  ln_tensor *re, *im;
} ln_complex;

/* Numbers to numbers; real numbers to the first half of their spectrum; half a spectrum to real numbers. */
typedef enum ln_dft_kind { LN_DFT_WHOLE, LN_DFT_TO_HALF, LN_DFT_FROM_HALF } ln_dft_kind;

typedef struct ln_dft {
  ln_dft_kind kind;
  int axis;       /* from the end: 1 is the last */
  int32_t length; /* of the real or complex signal; inputs are cut, or count as followed by zeros */
  bool inverse;   /* LN_DFT_FROM_HALF always is */
} ln_dft;

/* What keeps it from being built, NULL: nothing. */
const char* ln_dft_problem(const ln_complex* x, const ln_dft* dft);
ln_complex ln_build_dft(const ln_form* f, ln_complex x, const ln_dft* dft, const char* what);

/* Whether RFFT2D computes it: a power of two. */
bool ln_is_power_of_two(int32_t number);

/* Short-time transforms. `window`: `length` numbers, by which a frame is multiplied. */
typedef struct ln_stft {
  int32_t length, step; /* of the transform, and from frame to frame */
  const float* window;
} ln_stft;

/* x [N,T] as [N,frames,length / 2 + 1]: a convolution with waves. */
ln_complex ln_build_stft(const ln_form* f, ln_tensor* x, const ln_stft* stft, const char* what);
/* Its parts [N,frames,length / 2 + 1] as the sum [N,T] of what frames say, each times the window: a transposed
 * convolution. */
ln_tensor* ln_build_overlapped(const ln_form* f, ln_complex x, const ln_stft* stft, const char* what);
/* Whether the waves of such transforms are not too many. */
bool ln_stft_fits(int32_t length);

#endif
