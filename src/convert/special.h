/* Functions that TFLite has no operator for, by approximations as good as float is and by identities. */
#ifndef LN_CONVERT_SPECIAL_H_
#define LN_CONVERT_SPECIAL_H_

#include "convert/form.h"

/* c[0] w^(count - 1) + ... + c[count - 1] */
ln_tensor* ln_build_polynomial(const ln_form* f, ln_tensor* w, const double* c, int count);
/* The inverse of erf. */
ln_tensor* ln_build_erfinv(const ln_form* f, ln_tensor* x, const char* what);
/* The modified Bessel function of order 0 or 1; `scaled`: times e^-|x|. */
ln_tensor* ln_build_bessel_i(const ln_form* f, ln_tensor* x, int order, bool scaled, const char* what);

/* Bits of integers of at most 32 bits: "and", "or", "xor". */
typedef enum ln_bits { LN_BITS_AND, LN_BITS_OR, LN_BITS_XOR } ln_bits;
ln_tensor* ln_build_bits(const ln_form* f, ln_bits how, ln_tensor* x, ln_tensor* y, const char* what);
/* x * 2^y */
ln_tensor* ln_build_left_shift(const ln_form* f, ln_tensor* x, ln_tensor* y, const char* what);

/* Products from the beginning on, along an axis (0 to rank - 1) of `count` elements, at most LN_MAX_PRODUCTS. */
enum { LN_MAX_PRODUCTS = 128 };
ln_tensor* ln_build_cumprod(const ln_form* f, ln_tensor* x, int axis, int32_t count, bool exclusive, bool reverse,
                            const char* what);

#endif
