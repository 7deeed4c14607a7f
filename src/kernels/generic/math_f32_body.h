/* exp, the logistic function, tanh, GELU on vectors. The polynomials are least-squares fits, reweighted until the
 * largest error is smallest; errors are against the exact value. */
#include <math.h>

/* x = n ln 2 + r: exp(r) - 1 = r + r^2 p(r), |r| <= ln 2 / 2; p's error is 3e-9. */
typedef struct reduced {
  vec n, less_one; /* exp(x) = 2^n (less_one + 1) */
} reduced;

LN_INLINE reduced reduce_exp(vec x) {
  const vec n = vec_round(vec_mul(x, vec_set(1.44269504f)));
  /* ln 2 in two parts: the first has so few bits that n times it is exact. */
  const vec r = vec_fnma(n, vec_set(-2.12194440e-4f), vec_fnma(n, vec_set(0.693359375f), x));
  vec p = vec_set(1.395044398e-03f);
  p = vec_fma(p, r, vec_set(8.368886799e-03f));
  p = vec_fma(p, r, vec_set(4.166620728e-02f));
  p = vec_fma(p, r, vec_set(1.666651903e-01f));
  p = vec_fma(p, r, vec_set(5.000000094e-01f));
  return (reduced){n, vec_fma(p, vec_mul(r, r), r)};
}

/* Within 2 units in the last place; 0 and infinity at the ends, NaN of NaN. */
LN_INLINE vec exp_of(vec x) {
  const reduced e = reduce_exp(vec_min(vec_set(89.0f), vec_max(vec_set(-104.0f), x)));
  return vec_scale(vec_add(e.less_one, vec_set(1.0f)), e.n);
}

/* exp(x) - 1 for x <= 0. */
LN_INLINE vec exp_less_one(vec x) {
  const reduced e = reduce_exp(vec_max(vec_set(-104.0f), x));
  return vec_add(vec_scale(e.less_one, e.n), vec_sub(vec_scale(vec_set(1.0f), e.n), vec_set(1.0f)));
}

/* 1 + exp(-x). Adding 1.5 * 2^23 rounds to n and leaves it in the lowest bits; q = x + n ln 2, and exp(-q) by the
 * polynomial above. Where scaling takes many instructions 2^n is added to the exponent, and what would overflow is put
 * right: from x = -87 down it is infinity. A NaN's lowest bits may be anything: there it comes from 0 q. */
LN_INLINE vec one_and_exp_less(vec x) {
  const vec below = VEC_SCALES ? vec_max(vec_set(-104.0f), x) : x, z = vec_min(vec_set(87.0f), below);
  const vec magic = vec_set(12582912.0f), t = vec_fma(z, vec_set(-1.44269504f), magic), n = vec_sub(t, magic);
  const vec q = vec_fma(n, vec_set(-2.12194440e-4f), vec_fma(n, vec_set(0.693359375f), z));
  vec p = vec_fma(vec_set(1.395044398e-03f), q, vec_set(-8.368886799e-03f));
  p = vec_fma(p, q, vec_set(4.166620728e-02f));
  p = vec_fma(p, q, vec_set(-1.666651903e-01f));
  p = vec_fma(p, q, vec_set(5.000000094e-01f));
  p = vec_fma(p, q, vec_set(-1.0f));
  p = vec_fma(p, q, vec_set(1.0f));
  if (VEC_SCALES) return vec_add(vec_set(1.0f), vec_scale(p, n));
  const vec one = vec_fma(q, vec_set(0.0f), vec_set(1.0f));
  return vec_if_less(x, vec_set(-87.0f), vec_set(INFINITY), vec_add(one, vec_add_exponent(p, t)));
}

LN_INLINE vec logistic_of(vec x) { return vec_div(vec_set(1.0f), one_and_exp_less(x)); }

/* x times it. */
LN_INLINE vec swish_of(vec x) { return vec_div(x, one_and_exp_less(x)); }

/* Near 0: x + x^3 p(x^2), p's error 4e-9; else 1 - 2 / (exp(2 |x|) + 1). */
LN_INLINE vec tanh_of(vec x) {
  const vec a = vec_abs(x), z = vec_mul(x, x);
  vec p = vec_set(-5.717020834e-03f);
  p = vec_fma(p, z, vec_set(2.065056423e-02f));
  p = vec_fma(p, z, vec_set(-5.374349044e-02f));
  p = vec_fma(p, z, vec_set(1.333149119e-01f));
  p = vec_fma(p, z, vec_set(-3.333328392e-01f));
  const vec near = vec_fma(vec_mul(x, z), p, x);
  const vec grown = vec_add(exp_of(vec_add(a, a)), vec_set(1.0f));
  const vec far = vec_sign_of(vec_sub(vec_set(1.0f), vec_div(vec_set(2.0f), grown)), x);
  return vec_if_less(a, vec_set(0.625f), near, far);
}

/* x P(X < x) for a normal X. 1 - erf by Abramowitz and Stegun 7.1.26: its error is 1.5e-7, absolutely, and it is small
 * by itself where x is far below 0. */
LN_INLINE vec gelu_of(vec x) {
  const vec z = vec_mul(vec_abs(x), vec_set(0.70710678f));
  const vec t = vec_div(vec_set(1.0f), vec_fma(z, vec_set(0.3275911f), vec_set(1.0f)));
  vec p = vec_set(1.061405429f);
  p = vec_fma(p, t, vec_set(-1.453152027f));
  p = vec_fma(p, t, vec_set(1.421413741f));
  p = vec_fma(p, t, vec_set(-0.284496736f));
  p = vec_fma(p, t, vec_set(0.254829592f));
  const vec tail = vec_mul(vec_mul(vec_mul(p, t), vec_set(0.5f)), exp_of(vec_mul(vec_sub(vec_set(0.0f), z), z)));
  return vec_mul(x, vec_if_less(x, vec_set(0.0f), tail, vec_sub(vec_set(1.0f), tail)));
}

/* 0.5 (1 + tanh(u)) is the logistic function of 2 u. Where scaling is one instruction, -2 u log2(e) = n + f is a
 * polynomial of x at once, and 2^f one of f, whose error is 9e-8 relatively: at both ends the result's is less. */
LN_INLINE vec gelu_tanh_of(vec x) {
  const vec z = vec_mul(x, x);
  if (!VEC_SCALES)
    return vec_div(x, one_and_exp_less(vec_mul(x, vec_fma(z, vec_set(0.071354817f), vec_set(1.595769122f)))));
  const vec power = vec_mul(x, vec_fma(z, vec_set(-0.10294324f), vec_set(-2.3022082f)));
  const vec y = vec_min(vec_set(150.0f), vec_max(vec_set(-126.0f), power)), n = vec_round(y), f = vec_sub(y, n);
  vec p = vec_fma(vec_set(1.326469239e-03f), f, vec_set(9.671516532e-03f));
  p = vec_fma(p, f, vec_set(5.550733863e-02f));
  p = vec_fma(p, f, vec_set(2.402224203e-01f));
  p = vec_fma(p, f, vec_set(6.931469775e-01f));
  p = vec_fma(p, f, vec_set(1.0f));
  return vec_div(x, vec_add(vec_set(1.0f), vec_scale(p, n)));
}
