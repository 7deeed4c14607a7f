#include "kernels/generic/spectrogram.h"

#include <math.h>

static const double kTwoPi = 6.283185307179586476925286766559;

void ln_hann_window_f64_ref(double* window, size_t n) {
  for (size_t i = 0; i < n; ++i) window[i] = 0.5 - 0.5 * cos(kTwoPi * (double)i / (double)n);
}

void ln_fft_factors_f64_ref(double* factors, size_t n) {
  for (size_t k = 0; k < n / 2; ++k) {
    const double angle = kTwoPi * (double)k / (double)n;
    factors[2 * k] = cos(angle);
    factors[2 * k + 1] = -sin(angle);
  }
}

/* The complex numbers at `x` in the order that reversing the bits of their indices gives. */
static void reverse_bits(double* x, size_t n) {
  for (size_t i = 1, reversed = 0; i < n; ++i) {
    size_t bit = n >> 1;
    for (; reversed & bit; bit >>= 1) reversed ^= bit;
    reversed |= bit;
    if (i >= reversed) continue;
    for (size_t part = 0; part < 2; ++part) {
      const double swap = x[2 * i + part];
      x[2 * i + part] = x[2 * reversed + part];
      x[2 * reversed + part] = swap;
    }
  }
}

/* Radix 2, decimation in time: transforms of `half` points, of the even and of the odd ones, give those of twice. */
static void transform(double* x, const double* factors, size_t n) {
  reverse_bits(x, n);
  for (size_t half = 1; half < n; half *= 2) {
    const size_t step = n / (2 * half);
    for (size_t block = 0; block < n; block += 2 * half) {
      for (size_t k = 0; k < half; ++k) {
        double *even = x + 2 * (block + k), *odd = even + 2 * half;
        const double re = factors[2 * k * step], im = factors[2 * k * step + 1];
        const double odd_re = odd[0] * re - odd[1] * im, odd_im = odd[0] * im + odd[1] * re;
        odd[0] = even[0] - odd_re;
        odd[1] = even[1] - odd_im;
        even[0] += odd_re;
        even[1] += odd_im;
      }
    }
  }
}

void ln_power_spectrum_f64_ref(const float* in, size_t stride, const double* window, size_t window_length,
                               const double* factors, size_t n, double* scratch, float* out) {
  for (size_t i = 0; i < n; ++i) {
    scratch[2 * i] = i < window_length ? (double)in[i * stride] * window[i] : 0;
    scratch[2 * i + 1] = 0;
  }
  transform(scratch, factors, n);
  for (size_t i = 0; i <= n / 2; ++i)
    out[i] = (float)(scratch[2 * i] * scratch[2 * i] + scratch[2 * i + 1] * scratch[2 * i + 1]);
}
