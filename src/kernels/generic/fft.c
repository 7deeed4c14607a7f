#include "kernels/generic/fft.h"

#include <math.h>

void ln_fft_roots(size_t n, ln_complex64* roots) {
  for (size_t k = 0; k < n / 2 || k == 0; ++k) {
    const double angle = -6.28318530717958647692 * (double)k / (double)n;
    roots[k] = (ln_complex64){cos(angle), sin(angle)};
  }
}

static ln_complex64 multiply(ln_complex64 a, ln_complex64 b) {
  return (ln_complex64){a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}

/* Puts element i where the bits of i stand reversed. */
static void reverse_bits(ln_complex64* x, size_t n) {
  for (size_t i = 1, j = 0; i < n; ++i) {
    size_t bit = n >> 1;
    for (; (j & bit) != 0; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i >= j) continue;
    const ln_complex64 swap = x[i];
    x[i] = x[j];
    x[j] = swap;
  }
}

/* In place. `roots` are those of root_count * 2 >= n. */
static void transform(ln_complex64* x, size_t n, const ln_complex64* roots, size_t root_count) {
  reverse_bits(x, n);
  for (size_t half = 1; half < n; half *= 2) {
    const size_t step = root_count / half;
    for (size_t begin = 0; begin < n; begin += 2 * half) {
      for (size_t k = 0; k < half; ++k) {
        ln_complex64 *a = x + begin + k, *b = a + half;
        const ln_complex64 t = multiply(*b, roots[k * step]);
        *b = (ln_complex64){a->re - t.re, a->im - t.im};
        *a = (ln_complex64){a->re + t.re, a->im + t.im};
      }
    }
  }
}

/* n real numbers, which lie in z as n / 2 complex ones, to the n / 2 + 1 first of their transform. The transform Z of
 * the complex ones holds that of the even and of the odd numbers:
 *   even[k] = (Z[k] + conj Z[n/2 - k]) / 2,  odd[k] = (Z[k] - conj Z[n/2 - k]) / 2i,  result = even + root^k odd. */
static void transform_real(ln_complex64* z, size_t n, const ln_complex64* roots, size_t root_count) {
  const size_t half = n / 2;
  if (half == 0) return;
  transform(z, half, roots, root_count);
  z[half] = z[0];
  for (size_t k = 0; k <= half - k; ++k) {
    const ln_complex64 a = z[k], b = z[half - k];
    const ln_complex64 even = {(a.re + b.re) / 2, (a.im - b.im) / 2}, odd = {(a.im + b.im) / 2, (b.re - a.re) / 2};
    const ln_complex64 root = k < half ? roots[k * (2 * root_count / n)] : (ln_complex64){-1, 0};
    const ln_complex64 turned = multiply(odd, root);
    z[k] = (ln_complex64){even.re + turned.re, even.im + turned.im};
    z[half - k] = (ln_complex64){even.re - turned.re, turned.im - even.im};
  }
}

static double pixel(const float* in, size_t in_height, size_t in_width, size_t y, size_t x) {
  return y < in_height && x < in_width ? (double)in[y * in_width + x] : 0.0;
}

void ln_rfft2d(const float* in, size_t in_height, size_t in_width, size_t height, size_t width,
               const ln_complex64* roots, ln_complex64* rows, ln_complex64* column, float* out) {
  const size_t out_width = width / 2 + 1, root_count = (height > width ? height : width) / 2;
  for (size_t y = 0; y < height; ++y) {
    ln_complex64* row = rows + y * out_width;
    for (size_t x = 0; x < out_width; ++x)
      row[x] = (ln_complex64){pixel(in, in_height, in_width, y, 2 * x),
                              2 * x + 1 < width ? pixel(in, in_height, in_width, y, 2 * x + 1) : 0.0};
    transform_real(row, width, roots, root_count);
  }
  for (size_t x = 0; x < out_width; ++x) {
    for (size_t y = 0; y < height; ++y) column[y] = rows[y * out_width + x];
    transform(column, height, roots, root_count);
    for (size_t y = 0; y < height; ++y) {
      out[2 * (y * out_width + x)] = (float)column[y].re;
      out[2 * (y * out_width + x) + 1] = (float)column[y].im;
    }
  }
}
