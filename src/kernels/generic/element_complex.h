/* Complex numbers in doubles, by the textbook's formulas on their parts (principal values): the language's own complex
 * type is not everywhere. Pure functions on scalars. */
#ifndef LN_KERNELS_ELEMENT_COMPLEX_H_
#define LN_KERNELS_ELEMENT_COMPLEX_H_

#include <math.h>
#include <stdbool.h>

typedef struct ln_complex {
  double re, im;
} ln_complex;

static inline ln_complex ln_complex_add(ln_complex x, ln_complex y) { return (ln_complex){x.re + y.re, x.im + y.im}; }
static inline ln_complex ln_complex_sub(ln_complex x, ln_complex y) { return (ln_complex){x.re - y.re, x.im - y.im}; }
static inline ln_complex ln_complex_mul(ln_complex x, ln_complex y) {
  return (ln_complex){x.re * y.re - x.im * y.im, x.re * y.im + x.im * y.re};
}
static inline bool ln_complex_equal(ln_complex x, ln_complex y) { return x.re == y.re && x.im == y.im; }

/* R. L. Smith, Algorithm 116: by the quotient of the divisor's parts, so that no square overflows. */
static inline ln_complex ln_complex_div(ln_complex x, ln_complex y) {
  if (fabs(y.re) >= fabs(y.im)) {
    const double ratio = y.re == 0 ? 0 : y.im / y.re, scale = y.re + y.im * ratio;
    return (ln_complex){(x.re + x.im * ratio) / scale, (x.im - x.re * ratio) / scale};
  }
  const double ratio = y.re / y.im, scale = y.re * ratio + y.im;
  return (ln_complex){(x.re * ratio + x.im) / scale, (x.im * ratio - x.re) / scale};
}

static inline ln_complex ln_complex_polar(double length, double angle) {
  return (ln_complex){length * cos(angle), angle == 0 ? 0 : length * sin(angle)};
}
static inline ln_complex ln_complex_exp(ln_complex x) { return ln_complex_polar(exp(x.re), x.im); }
static inline ln_complex ln_complex_log(ln_complex x) {
  return (ln_complex){log(hypot(x.re, x.im)), atan2(x.im, x.re)};
}
static inline ln_complex ln_complex_cos(ln_complex x) {
  return (ln_complex){cos(x.re) * cosh(x.im), -sin(x.re) * sinh(x.im)};
}

/* (sinh 2a + i sin 2b) / (cosh 2a + cos 2b), which is 1 to the last bit long before cosh overflows. */
static inline ln_complex ln_complex_tanh(ln_complex x) {
  if (fabs(x.re) > 20) return (ln_complex){x.re > 0 ? 1 : -1, 0};
  const double below = cosh(2 * x.re) + cos(2 * x.im);
  return (ln_complex){sinh(2 * x.re) / below, sin(2 * x.im) / below};
}

static inline ln_complex ln_complex_power(ln_complex x, double exponent) {
  return ln_complex_polar(pow(hypot(x.re, x.im), exponent), atan2(x.im, x.re) * exponent);
}
static inline ln_complex ln_complex_pow(ln_complex x, ln_complex y) {
  if (x.re == 0 && x.im == 0) return (ln_complex){y.re == 0 && y.im == 0 ? 1 : 0, 0};
  return ln_complex_exp(ln_complex_mul(y, ln_complex_log(x)));
}
static inline ln_complex ln_complex_logistic(ln_complex x) {
  const ln_complex e = ln_complex_exp((ln_complex){-x.re, -x.im});
  return ln_complex_div((ln_complex){1, 0}, (ln_complex){1 + e.re, e.im});
}

#endif
