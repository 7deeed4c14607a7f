/* Looking bytes up in a table of 256, words in one of 513: the rungs of ln_lookup_8 and ln_lookup_16. */
#ifndef LN_KERNELS_LOOKUP_Q8_H_
#define LN_KERNELS_LOOKUP_Q8_H_

#include "base/cpu.h"
#include "kernels/generic/lookup.h"

typedef struct ln_lookup_q8 {
  const char* name;
  ln_isa isa;
  void (*run)(const uint8_t table[256], const uint8_t* in, uint8_t* out, size_t count); /* `out` may be `in` */
  void (*run_16)(const int16_t table[LN_LOOKUP_16_SIZE], const int16_t* in, int16_t* out, size_t count); /* likewise */
} ln_lookup_q8;

const ln_lookup_q8* const* ln_lookup_q8_rungs(size_t* count);
const ln_lookup_q8* ln_lookup_q8_best(void);

#endif
