/* exp, logarithm, sine, the logistic function, tanh, GELU on vectors. The polynomials are least-squares fits,
 * reweighted until the largest error is smallest; errors are against the exact value. */
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

/* 2^f for |f| <= 1/2, off by 9e-8, relatively; NaN stays. */
LN_INLINE vec power_of_part(vec f) {
  vec p = vec_fma(vec_set(1.326469239e-03f), f, vec_set(9.671516532e-03f));
  p = vec_fma(p, f, vec_set(5.550733863e-02f));
  p = vec_fma(p, f, vec_set(2.402224203e-01f));
  p = vec_fma(p, f, vec_set(6.931469775e-01f));
  return vec_fma(p, f, vec_set(1.0f));
}

/* 1 + 2^(n + f) for |f| <= 1/2 and t = n + LN_WHOLE, -127 <= n <= 128: 0 and infinity stand for the first and the last
 * 2^n. Adding LN_WHOLE, 1.5 * 2^23 + 127, rounds a number to n and leaves the exponent of 2^n in the lowest bits. */
#define LN_WHOLE 12583039.0f

LN_INLINE vec one_and_power(vec t, vec f) { return vec_fma(power_of_part(f), vec_power_of(t), vec_set(1.0f)); }

/* exp(x) within 3 units in the last place, but 0 below -87.7: what softmax adds up. Numbers that far down, which masks
 * make many of, would be denormal on the way, and those take some processors a hundred times as long. log2(e) in two
 * parts. */
LN_INLINE vec exp_or_zero(vec x) {
  const vec z = vec_min(vec_set(89.0f), vec_max(vec_set(-88.0f), x)), factor = vec_set(1.44269502f);
  const vec t = vec_fma(z, factor, vec_set(LN_WHOLE)), less = vec_sub(vec_set(LN_WHOLE), t);
  const vec f = vec_fma(z, vec_set(1.92596303e-8f), vec_fma(z, factor, less));
  return vec_mul(power_of_part(f), vec_power_of(t));
}

/* exp(x) - 1 for x <= 0, -1 from x = -20 down. 2^f - 1 is f times a polynomial that is off by 1.1e-8, relatively. */
LN_INLINE vec exp_less_one(vec x) {
  const vec z = vec_max(vec_set(-20.0f), x), factor = vec_set(1.44269504f);
  const vec t = vec_fma(z, factor, vec_set(LN_WHOLE)), f = vec_fma(z, factor, vec_sub(vec_set(LN_WHOLE), t));
  vec p = vec_fma(vec_set(1.540351223e-04f), f, vec_set(1.339073526e-03f));
  p = vec_fma(p, f, vec_set(9.618237615e-03f));
  p = vec_fma(p, f, vec_set(5.550357327e-02f));
  p = vec_fma(p, f, vec_set(2.402264923e-01f));
  p = vec_fma(p, f, vec_set(6.931471825e-01f));
  const vec power = vec_power_of(t);
  return vec_fma(vec_mul(p, f), power, vec_sub(power, vec_set(1.0f)));
}

/* 1 + exp(-x); 1, or infinity, from 88 and -88.4 on. */
LN_INLINE vec one_and_exp_less(vec x) {
  const vec z = vec_min(vec_set(88.0f), vec_max(vec_set(-89.0f), x)), factor = vec_set(-1.44269504f);
  const vec t = vec_fma(z, factor, vec_set(LN_WHOLE)), less = vec_sub(vec_set(LN_WHOLE), t);
  return one_and_power(t, vec_fma(z, factor, less));
}

LN_INLINE vec logistic_of(vec x) { return vec_div(vec_set(1.0f), one_and_exp_less(x)); }

/* x times it. */
LN_INLINE vec swish_of(vec x) { return vec_div(x, one_and_exp_less(x)); }

/* |x| p(x^2) / q(x^2) up to 9.01, where it is 1; the error is 2e-8 relatively. */
LN_INLINE vec tanh_of(vec x) {
  const vec u = vec_min(vec_set(9.01f), vec_abs(x)), z = vec_mul(u, u);
  vec p = vec_set(1.331900457e-08f), q = vec_set(7.761991014e-07f);
  p = vec_fma(p, z, vec_set(2.058342943e-05f));
  p = vec_fma(p, z, vec_set(3.494031262e-03f));
  p = vec_fma(p, z, vec_set(1.337971538e-01f));
  p = vec_fma(p, z, vec_set(1.0f));
  q = vec_fma(q, z, vec_set(3.283087572e-04f));
  q = vec_fma(q, z, vec_set(2.587106079e-02f));
  q = vec_fma(q, z, vec_set(4.671303034e-01f));
  q = vec_fma(q, z, vec_set(1.0f));
  return vec_sign_of(vec_min(vec_set(1.0f), vec_div(vec_mul(u, p), q)), x);
}

/* For x = m 2^n n ln 2 + f - f^2 / 2 + f^3 p(f), f = m - 1; the error of the last three is 6e-9 relatively. ln 2 in two
 * parts, the small one first. */
LN_INLINE vec log_of_normal(vec x) {
  vec n;
  const vec f = vec_sub(vec_split(x, &n), vec_set(1.0f)), z = vec_mul(f, f);
  vec p = vec_set(-7.634369284e-02f);
  p = vec_fma(p, f, vec_set(1.276153773e-01f));
  p = vec_fma(p, f, vec_set(-1.316021234e-01f));
  p = vec_fma(p, f, vec_set(1.420176476e-01f));
  p = vec_fma(p, f, vec_set(-1.662335545e-01f));
  p = vec_fma(p, f, vec_set(2.000122666e-01f));
  p = vec_fma(p, f, vec_set(-2.500082254e-01f));
  p = vec_fma(p, f, vec_set(3.333333135e-01f));
  const vec rest = vec_fma(n, vec_set(-2.12194440e-4f), vec_mul(z, vec_fma(f, p, vec_set(-0.5f))));
  return vec_fma(n, vec_set(0.693359375f), vec_add(f, rest));
}

/* Denormals are multiplied by 2^23 first, what is not above 0 or not finite is put in behind. */
#define LN_LEAST_NORMAL 1.17549435e-38f
LN_NOINLINE static vec log_of_any(vec x) {
  const vec zero = vec_set(0.0f), tiny = vec_set(LN_LEAST_NORMAL);
  const vec less = vec_if_less(x, tiny, vec_set(15.9423847f), zero); /* 23 ln 2 */
  const vec result = vec_sub(log_of_normal(vec_if_less(x, tiny, vec_mul(x, vec_set(8388608.0f)), x)), less);
  const vec end = vec_if_less(x, zero, vec_set(NAN), vec_set(-INFINITY));
  return vec_if_less(x, vec_set(INFINITY), vec_if_less(zero, x, result, end), x);
}

/* sin x for x = n pi + r is sin r, negated where n is odd: r + r^3 p(r^2), whose error is 7e-9 relatively. pi in three
 * parts: n times the first is taken off exactly, and FAR keeps the others small. */
#define LN_FAR 100000.0f

LN_INLINE vec less_turns(vec x, vec n) {
  return vec_fnma(n, vec_set(-3.43024902e-15f),
                  vec_fnma(n, vec_set(-8.74227766e-08f), vec_fnma(n, vec_set(3.14159274f), x)));
}

/* sin r, negated where the lowest bit of t is set. */
LN_INLINE vec signed_sine(vec t, vec r) {
  const vec z = vec_mul(r, r);
  vec p = vec_set(2.601948381e-06f);
  p = vec_fma(p, z, vec_set(-1.980794332e-04f));
  p = vec_fma(p, z, vec_set(8.333045058e-03f));
  p = vec_fma(p, z, vec_set(-1.666665822e-01f));
  return vec_turn_if_odd(vec_fma(vec_mul(r, z), p, r), t);
}

/* Lanes that are far from 0, infinite or NaN, by the C library. */
LN_NOINLINE static vec far_ones(vec x, vec near, float (*function)(float)) {
  float lanes[VEC_LANES];
  vec_store(lanes, x);
  for (size_t i = 0; i < VEC_LANES; ++i) lanes[i] = function(lanes[i]);
  return vec_if_less(vec_abs(x), vec_set(LN_FAR), near, vec_load(lanes));
}

/* Adding 1.5 * 2^23 rounds to n and leaves its parity in the lowest bit. */
LN_INLINE vec sin_of(vec x) {
  const vec magic = vec_set(12582912.0f), t = vec_fma(x, vec_set(0.318309886f), magic);
  const vec near = signed_sine(t, less_turns(x, vec_sub(t, magic)));
  return vec_all_less(vec_abs(x), vec_set(LN_FAR)) ? near : far_ones(x, near, sinf);
}

/* cos x = -sin(x - pi / 2), and x - pi / 2 = n pi + r: what is added is odd here. */
LN_INLINE vec cos_of(vec x) {
  const vec magic = vec_set(12582913.0f);
  const vec t = vec_add(vec_fma(x, vec_set(0.318309886f), vec_set(-0.5f)), magic), n = vec_sub(t, magic);
  const vec near = signed_sine(t, less_turns(x, vec_add(n, vec_set(0.5f))));
  return vec_all_less(vec_abs(x), vec_set(LN_FAR)) ? near : far_ones(x, near, cosf);
}

/* x P(X < x) for a normal X: max(x, 0) - |x| P(X > |x|), the last factor as 1 / q(-|x|)^8, whose error times |x| is
 * 5e-8 at most. From |x| = 30 on nothing is left of it. (Infinity comes of infinity, NaN of its negative.) */
LN_INLINE vec gelu_of(vec x) {
  const vec u = vec_max(vec_set(-30.0f), vec_sign_of(x, vec_set(-1.0f)));
  vec q = vec_set(3.354208502e-06f);
  q = vec_fma(q, u, vec_set(2.037788545e-05f));
  q = vec_fma(q, u, vec_set(1.180741092e-04f));
  q = vec_fma(q, u, vec_set(-8.753714792e-05f));
  q = vec_fma(q, u, vec_set(1.125548035e-03f));
  q = vec_fma(q, u, vec_set(-9.315867908e-03f));
  q = vec_fma(q, u, vec_set(4.887036979e-02f));
  q = vec_fma(q, u, vec_set(-1.087520123e-01f));
  q = vec_fma(q, u, vec_set(1.090508342e+00f));
  const vec second = vec_mul(q, q), fourth = vec_mul(second, second);
  const vec step = vec_if_less(x, vec_set(0.0f), vec_set(0.0f), vec_set(1.0f));
  return vec_fma(x, step, vec_div(u, vec_mul(fourth, fourth)));
}

/* 0.5 (1 + tanh(u)) is the logistic function of 2 u, and -2 u log2(e) a polynomial of x. */
LN_INLINE vec gelu_tanh_of(vec x) {
  const vec power = vec_mul(x, vec_fma(vec_mul(x, x), vec_set(-0.10294324f), vec_set(-2.3022082f)));
  const vec y = vec_min(vec_set(128.0f), vec_max(vec_set(-127.0f), power)), n = vec_round(y);
  return vec_div(x, one_and_power(vec_add(n, vec_set(LN_WHOLE)), vec_sub(y, n)));
}
