/* The squared magnitudes of a windowed real signal's discrete Fourier transform, in doubles. */
#ifndef LN_KERNELS_SPECTROGRAM_H_
#define LN_KERNELS_SPECTROGRAM_H_

#include <stddef.h>

/* 0.5 - 0.5 cos(2 pi i / n). */
void ln_hann_window_f64_ref(double* window, size_t n);

/* exp(-2 pi i k / n) for k < n / 2, real part first. */
void ln_fft_factors_f64_ref(double* factors, size_t n);

/* From `window_length` samples that stand `stride` floats apart; the transform has `n` points, a power of two from
 * window_length up. Writes n / 2 + 1 values. `scratch` has 2 n doubles. */
void ln_power_spectrum_f64_ref(const float* in, size_t stride, const double* window, size_t window_length,
                               const double* factors, size_t n, double* scratch, float* out);

#endif
