#include "convert/special.h"

#include <math.h>

ln_tensor* ln_build_polynomial(const ln_form* f, ln_tensor* w, const double* c, int count) {
  ln_tensor* p = ln_form_scalar(f, w->type, c[0], "p");
  for (int i = 1; i < count; ++i) p = ln_form_number(f, LN_OP_ADD, ln_form_binary(f, LN_OP_MUL, p, w, "pw"), c[i], "p");
  return p;
}

/* M. Giles, "Approximating the erfinv function", single precision. */
ln_tensor* ln_build_erfinv(const ln_form* f, ln_tensor* x, const char* what) {
  static const double kNear[] = {2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087,
                                 -0.00125372503, -0.00417768164, 0.246640727,    1.50140941};
  static const double kFar[] = {-0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773,
                                -0.0076224613,   0.00943887047,  1.00167406,    2.83297682};
  ln_tensor* one = ln_form_scalar(f, x->type, 1, "one");
  ln_tensor* rest = ln_form_binary(f, LN_OP_MUL, ln_form_binary(f, LN_OP_SUB, one, x, "above"),
                                   ln_form_binary(f, LN_OP_ADD, one, x, "below"), "rest");
  ln_tensor* w = ln_form_unary(f, LN_OP_NEG, ln_form_unary(f, LN_OP_LOG, rest, "log"), "w");
  ln_tensor* root = ln_form_unary(f, LN_OP_SQRT, ln_form_unary(f, LN_OP_RELU, w, "positive"), "root");
  ln_tensor* near = ln_build_polynomial(f, ln_form_number(f, LN_OP_SUB, w, 2.5, "near"), kNear, 9);
  ln_tensor* far = ln_build_polynomial(f, ln_form_number(f, LN_OP_SUB, root, 3, "far"), kFar, 9);
  ln_tensor* p = ln_form_choose(f, ln_form_number(f, LN_OP_LESS, w, 5, "is_near"), near, far, "factor");
  return ln_form_binary(f, LN_OP_MUL, p, x, what);
}

/* Abramowitz and Stegun, 9.8.1 to 9.8.4: a polynomial of (x / 3.75)^2 below 3.75, of 3.75 / |x| above, where it is
 * e^-|x| sqrt |x| times the function. Order 1 is odd. */
ln_tensor* ln_build_bessel_i(const ln_form* f, ln_tensor* x, int order, bool scaled, const char* what) {
  static const double kSmall[2][7] = {{0.0045813, 0.0360768, 0.2659732, 1.2067492, 3.0899424, 3.5156229, 1.0},
                                      {0.00032411, 0.00301532, 0.02658733, 0.15084934, 0.51498869, 0.87890594, 0.5}};
  static const double kLarge[2][9] = {
      {0.00392377, -0.01647633, 0.02635537, -0.02057706, 0.00916281, -0.00157565, 0.00225319, 0.01328592, 0.39894228},
      {-0.00420059, 0.01787654, -0.02895312, 0.02282967, -0.01031555, 0.00163801, -0.00362018, -0.03988024,
       0.39894228}};
  ln_tensor* size = ln_form_unary(f, LN_OP_ABS, x, "size");
  ln_tensor* limited = ln_form_number(f, LN_OP_MINIMUM, size, 3.75, "limited");
  ln_tensor* t = ln_form_unary(f, LN_OP_SQUARE, ln_form_number(f, LN_OP_MUL, limited, 1 / 3.75, "scaled"), "t");
  ln_tensor* small = ln_build_polynomial(f, t, kSmall[order], 7);
  if (order == 1) small = ln_form_binary(f, LN_OP_MUL, small, limited, "odd");
  ln_tensor* most = ln_form_number(f, LN_OP_MAXIMUM, size, 3.75, "at_least");
  ln_tensor* inverse = ln_form_binary(f, LN_OP_DIV, ln_form_scalar(f, x->type, 3.75, "bound"), most, "inverse");
  ln_tensor* large = ln_form_binary(f, LN_OP_MUL, ln_build_polynomial(f, inverse, kLarge[order], 9),
                                    ln_form_unary(f, LN_OP_RSQRT, most, "root"), "large");
  if (scaled)
    small = ln_form_binary(f, LN_OP_MUL, small,
                           ln_form_unary(f, LN_OP_EXP, ln_form_unary(f, LN_OP_NEG, size, "minus"), "e"), "small");
  else
    large = ln_form_binary(f, LN_OP_MUL, large, ln_form_unary(f, LN_OP_EXP, size, "e"), "whole");
  ln_tensor* is_small = ln_form_number(f, LN_OP_LESS, size, 3.75, "is_small");
  ln_tensor* y = ln_form_choose(f, is_small, small, large, order == 0 ? what : "value");
  return order == 0 ? y : ln_form_binary(f, LN_OP_MUL, y, ln_form_unary(f, LN_OP_SIGN, x, "sign"), what);
}

/* Bits that both have: with h = a >> 1 and k = b >> 1, h + k - (h ^ k) is twice h & k and stays inside; the lowest bits
 * are multiplied. */
static ln_tensor* both_bits(const ln_form* f, ln_tensor* a, ln_tensor* b) {
  ln_tensor* one = ln_form_scalar(f, LN_TYPE_INT32, 1, "one");
  ln_tensor *h = ln_form_binary(f, LN_OP_RIGHT_SHIFT, a, one, "h"),
            *k = ln_form_binary(f, LN_OP_RIGHT_SHIFT, b, one, "k");
  ln_tensor* twice = ln_form_binary(f, LN_OP_SUB, ln_form_binary(f, LN_OP_ADD, h, k, "sum"),
                                    ln_form_binary(f, LN_OP_BITWISE_XOR, h, k, "xor"), "upper");
  ln_tensor* low[2];
  for (int i = 0; i < 2; ++i)
    low[i] =
        ln_form_binary(f, LN_OP_SUB, i == 0 ? a : b, ln_form_number(f, LN_OP_MUL, i == 0 ? h : k, 2, "even"), "low");
  return ln_form_binary(f, LN_OP_ADD, twice, ln_form_binary(f, LN_OP_MUL, low[0], low[1], "lowest"), "both");
}

ln_tensor* ln_build_bits(const ln_form* f, ln_bits how, ln_tensor* x, ln_tensor* y, const char* what) {
  const int type = x->type;
  if (how == LN_BITS_XOR) return ln_form_binary(f, LN_OP_BITWISE_XOR, x, y, what);
  x = ln_form_cast(f, x, LN_TYPE_INT32, "x");
  y = ln_form_cast(f, y, LN_TYPE_INT32, "y");
  ln_tensor* result = both_bits(f, x, y);
  if (how == LN_BITS_OR)
    result = ln_form_binary(f, LN_OP_ADD, result, ln_form_binary(f, LN_OP_BITWISE_XOR, x, y, "either"), "or");
  return ln_form_cast(f, result, type, what);
}

ln_tensor* ln_build_left_shift(const ln_form* f, ln_tensor* x, ln_tensor* y, const char* what) {
  const int type = x->type;
  ln_tensor* power = ln_form_binary(f, LN_OP_POW, ln_form_scalar(f, LN_TYPE_INT32, 2, "two"),
                                    ln_form_cast(f, y, LN_TYPE_INT32, "y"), "power");
  x = ln_form_cast(f, x, LN_TYPE_INT32, "x");
  return ln_form_cast(f, ln_form_binary(f, LN_OP_MUL, x, power, "mul"), type, what);
}

ln_tensor* ln_build_cumprod(const ln_form* f, ln_tensor* x, int axis, int32_t count, bool exclusive, bool reverse,
                            const char* what) {
  ln_job* job = f->b.subgraph->graph->job;
  ln_tensor **parts = ln_job_alloc(job, (size_t)count, sizeof *parts),
            **pieces = ln_job_alloc(job, (size_t)count, sizeof *pieces), *product = NULL;
  ln_build_unpack(&f->b, x, axis, count, ln_form_name(f, "parts"), pieces);
  for (int32_t i = 0; i < count; ++i) {
    const int32_t at = reverse ? count - 1 - i : i;
    if (exclusive) parts[at] = product;
    product = product == NULL ? pieces[at] : ln_form_binary(f, LN_OP_MUL, product, pieces[at], "product");
    if (!exclusive) parts[at] = product;
    if (parts[at] == NULL)
      parts[at] = ln_form_number(f, LN_OP_ADD, ln_form_unary(f, LN_OP_ZEROS_LIKE, pieces[at], "zeros"), 1, "ones");
  }
  return ln_form_pack(f, count, parts, axis, what);
}
