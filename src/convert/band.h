/* Which elements of a matrix lie in a band along its diagonal: causal masks, triangles. */
#ifndef LN_CONVERT_BAND_H_
#define LN_CONVERT_BAND_H_

#include "convert/form.h"

/* BOOL [rows, columns], true where row - column <= `lower` and column - row <= `upper` (negative: no bound), for the
 * matrices in x's last two dimensions. Constant where their extents are known, computed else. */
ln_tensor* ln_band(const ln_form* f, ln_tensor* x, int32_t lower, int32_t upper);

#endif
