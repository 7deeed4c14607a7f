/* Changes models field by field: the FlatBuffer stays well formed where it can, so that what is wrong is what the model
 * says and not how it is written. Knows the schema; knows nothing of what runs models. */
#ifndef LN_FUZZ_MUTATE_H_
#define LN_FUZZ_MUTATE_H_

#include <stddef.h>
#include <stdint.h>

typedef struct fuzz_random {
  uint64_t state;
} fuzz_random;

uint64_t fuzz_next(fuzz_random* r);
/* Below `bound`; 0 where that is 0. */
uint32_t fuzz_below(fuzz_random* r, uint32_t bound);

/* Makes 1 to 8 changes in a verified model of at most 2 GiB, in place. `log` says which ("Tensor.shape[1] = 7; …").
 * The same bytes and the same random state give the same changes. */
void fuzz_mutate(uint8_t* data, size_t size_bytes, fuzz_random* r, char* log, size_t log_size);

#endif
