/* Linear algebra with small matrices in the last two dimensions, step by step: TFLite has products alone. */
#ifndef LN_CONVERT_LINEAR_H_
#define LN_CONVERT_LINEAR_H_

#include "convert/form.h"

/* How many rows are unrolled at most. */
enum { LN_MAX_ROWS = 16 };

/* The rows of square matrices; 0: they are not square, not known, or more than LN_MAX_ROWS. */
int32_t ln_square_rows(const ln_tensor* a);

/* The solution of a x = b by elimination with partial pivoting: a [..., n, n], b [..., n, m]. b NULL: the inverse of a.
 */
ln_tensor* ln_build_solve(const ln_form* f, ln_tensor* a, ln_tensor* b, const char* what);
/* The determinant, [...]: the product of the pivots with the sign of their order. With `sign` not NULL: that of the
 * determinant there, and the logarithm of its size is returned. */
ln_tensor* ln_build_determinant(const ln_form* f, ln_tensor* a, ln_tensor** sign, const char* what);
/* L with L L^T = a, which is symmetric and positive. */
ln_tensor* ln_build_cholesky(const ln_form* f, ln_tensor* a, const char* what);
/* The solution of a x = b where only one triangle of `a` counts. */
ln_tensor* ln_build_solve_triangular(const ln_form* f, ln_tensor* a, ln_tensor* b, bool lower, const char* what);
/* Ones on the diagonal of as many matrices as x has, as large as they are. */
ln_tensor* ln_build_identity_like(const ln_form* f, ln_tensor* x);
/* [..., n] of [..., n, n] */
ln_tensor* ln_build_diagonal(const ln_form* f, ln_tensor* a, int32_t n, const char* what);

#endif
