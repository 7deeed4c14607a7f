/* What a core can do at best: multiply-adds of floats that never leave the registers. */
#ifndef LN_KERNELS_PEAK_H_
#define LN_KERNELS_PEAK_H_

#include <stddef.h>

#include "base/cpu.h"

typedef struct ln_peak_f32 {
  const char* name;
  ln_isa isa;
  size_t per_turn; /* multiply-adds */
  /* Returns a number that depends on all of them, so that none is left out. */
  float (*run)(size_t turns, float seed);
} ln_peak_f32;

const ln_peak_f32* ln_peak_f32_best(void);

#endif
