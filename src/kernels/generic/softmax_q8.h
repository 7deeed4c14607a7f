/* The rungs of softmax of bytes and of its logarithm: softmax.h's definitions, bit for bit. */
#ifndef LN_KERNELS_SOFTMAX_Q8_H_
#define LN_KERNELS_SOFTMAX_Q8_H_

#include "base/cpu.h"
#include "kernels/generic/softmax.h"

/* Bytes are unsigned after an exclusive or with `flip`, 0x80 for int8. */
typedef struct ln_softmax_q8 {
  const char* name;
  ln_isa isa;
  void (*bytes)(const ln_softmax_table* table, const uint8_t* in, uint8_t flip, uint8_t* out, size_t rows,
                size_t depth);
  void (*bytes_s16)(const ln_softmax_table* table, const uint8_t* in, uint8_t flip, int16_t* out, size_t rows,
                    size_t depth);
  void (*log)(const ln_log_softmax_quantized* params, const uint8_t* in, uint8_t flip, uint8_t* out, size_t rows,
              size_t depth);
} ln_softmax_q8;

const ln_softmax_q8* const* ln_softmax_q8_rungs(size_t* count);
const ln_softmax_q8* ln_softmax_q8_best(void);

#endif
