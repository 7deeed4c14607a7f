/* Constants with their dimensions in another order. Large ones are gone through in stretches (ln_job_touch), which the
 * runtime's kernel could not know of. */
#ifndef LN_CONVERT_PERMUTE_H_
#define LN_CONVERT_PERMUTE_H_

#include "convert/job.h"

/* What `data` of shape `dims` is with the old dimension order[i] as dimension i: a copy, made once, or the same bytes
 * where they keep their order. Elements are of `width` bytes; the rank is at most 8. */
const void* ln_permute(ln_job* job, const void* data, size_t width, int rank, const int32_t* dims,
                       const int32_t* order);

#endif
