/* Where in each row of bytes the largest stands; of equals the first. */
#ifndef LN_KERNELS_ARG_MAX_Q8_H_
#define LN_KERNELS_ARG_MAX_Q8_H_

#include <stddef.h>
#include <stdint.h>

#include "base/cpu.h"

/* `rows` rows of `count` (1 to INT32_MAX) bytes one after the other. Bytes are compared as unsigned after an exclusive
 * or with `flip`: 0x80 for int8, all bits inverted for the least instead. */
typedef void (*ln_arg_max_q8_fn)(const uint8_t* in, size_t rows, size_t count, uint8_t flip, int32_t* best);

typedef struct ln_arg_max_q8 {
  const char* name;
  ln_isa isa;
  ln_arg_max_q8_fn run;
} ln_arg_max_q8;

const ln_arg_max_q8* const* ln_arg_max_q8_rungs(size_t* count);
const ln_arg_max_q8* ln_arg_max_q8_best(void);

/* The definition. */
void ln_arg_max_q8_ref(const uint8_t* in, size_t rows, size_t count, uint8_t flip, int32_t* best);

#endif
