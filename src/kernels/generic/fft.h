/* The two-dimensional Fourier transform of real numbers, by halving; lengths are powers of two. Works in doubles, as
 * the original does. Pointers and sizes only. */
#ifndef LN_KERNELS_FFT_H_
#define LN_KERNELS_FFT_H_

#include <stddef.h>

typedef struct ln_complex64 {
  double re, im;
} ln_complex64;

/* roots[k] = exp(-2 pi i k / n) for k < n / 2; one at least. */
void ln_fft_roots(size_t n, ln_complex64* roots);

/* A picture of in_height x in_width, cut or filled with zeros to height x width, to height x (width / 2 + 1) complex
 * numbers as pairs of floats. `roots` are those of the larger of height and width. Scratch: `rows` has
 * height * (width / 2 + 1) elements, `column` the larger of height and width. */
void ln_rfft2d(const float* in, size_t in_height, size_t in_width, size_t height, size_t width,
               const ln_complex64* roots, ln_complex64* rows, ln_complex64* column, float* out);

#endif
