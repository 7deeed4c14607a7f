/* Elements by their order: sorted along the last dimension, and what lies at a fraction of the way. */
#ifndef LN_CONVERT_ORDER_H_
#define LN_CONVERT_ORDER_H_

#include "convert/form.h"

/* TOPK_V2 of all: the elements in descending order, and their places. */
typedef struct ln_sorted {
  ln_tensor *values, *places;
} ln_sorted;
ln_sorted ln_build_descending(const ln_form* f, ln_tensor* x, const char* what);

/* Of the last dimension of `x`, whose extent is known: one for each of `count` fractions, in a last dimension; -1: one,
 * without a dimension. What has NaN among it is NaN. */
ln_tensor* ln_build_quantile(const ln_form* f, ln_tensor* x, int count, const double* fractions, const char* what);
/* The same of what is no NaN among it; NaN where nothing else is. */
ln_tensor* ln_build_nan_quantile(const ln_form* f, ln_tensor* x, int count, const double* fractions, const char* what);

#endif
