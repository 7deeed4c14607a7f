/* Floats of other widths as float32, in which TFLite has operators. */
#ifndef LN_CONVERT_FLOATS_H_
#define LN_CONVERT_FLOATS_H_

#include "convert/graph.h"

/* The LN_TYPE_... in which numbers of a type are computed: FLOAT32 for floats of other widths, COMPLEX64 for
 * COMPLEX128, any other for itself (-1 too). */
int ln_computed_type(int type);

/* `count` numbers of `type` as those of ln_computed_type, in the job's memory, with a warning that says so; `data`
 * itself where there is nothing to do. What is too large for a float32 becomes the largest one. */
const void* ln_computed_numbers(ln_job* job, int type, size_t count, const void* data);

/* The warning alone, for an input or output of such a type. */
void ln_warn_of_width(ln_job* job, int type);

#endif
