/* Softmax and its logarithm over rows of `depth` elements. */
#ifndef LN_KERNELS_SOFTMAX_H_
#define LN_KERNELS_SOFTMAX_H_

#include <stddef.h>
#include <stdint.h>

#include "kernels/generic/lookup.h"

void ln_softmax_f32_ref(float beta, const float* in, float* out, size_t rows, size_t depth);
void ln_log_softmax_f32_ref(const float* in, float* out, size_t rows, size_t depth);

/* Eight bits by fixed point: differences to the row's largest, times beta and the input's scale as Q5.26, exponentials
 * in Q0.31, their sum in Q12.19. The output's scale is 2^-bits, its zero point the lowest value of its type. */
typedef struct ln_softmax_quantized {
  int32_t multiplier;
  int left_shift;
  int32_t diff_min; /* smaller differences count as minus infinity */
} ln_softmax_quantized;

/* diff_min and multiplier for beta and the input's scale; 0: they do not fit the fixed-point form. */
int ln_softmax_prepare(double beta, double in_scale, ln_softmax_quantized* params);

/* By the difference below the row's largest: its exponential, and what of it is added up. Those below diff_min are 0.
 */
enum { LN_SOFTMAX_DIFFERENCES = 256 };
typedef struct ln_softmax_table {
  uint32_t exp[LN_SOFTMAX_DIFFERENCES], part[LN_SOFTMAX_DIFFERENCES];
} ln_softmax_table;

void ln_softmax_make_table(const ln_softmax_quantized* params, ln_softmax_table* table);

/* What a sum of parts makes of an exponential: times `scale` in Q0.31, shifted right by `exponent`, 1 to 31, both
 * rounded. */
typedef struct ln_softmax_scale {
  uint32_t scale;
  int exponent;
} ln_softmax_scale;
ln_softmax_scale ln_softmax_scale_of(uint64_t sum, int bits);

void ln_softmax_qs8_ref(const ln_softmax_table* table, const int8_t* in, int8_t* out, size_t rows, size_t depth);
void ln_softmax_qu8_ref(const ln_softmax_table* table, const uint8_t* in, uint8_t* out, size_t rows, size_t depth);
void ln_softmax_qs8_s16_ref(const ln_softmax_table* table, const int8_t* in, int16_t* out, size_t rows, size_t depth);
void ln_softmax_qu8_s16_ref(const ln_softmax_table* table, const uint8_t* in, int16_t* out, size_t rows, size_t depth);

/* Sixteen bits by two tables: exp over [-10, 0] and 1 / (1 + x) over [0, 1]. The output's scale is 1 / 32768, its zero
 * point 0. */
typedef struct ln_softmax_s16 {
  int32_t multiplier; /* with `shift`: from differences of inputs to 10 / 65535 */
  int shift;
  int16_t exp[LN_LOOKUP_16_SIZE], reciprocal[LN_LOOKUP_16_SIZE];
} ln_softmax_s16;

void ln_softmax_prepare_s16(float beta, float in_scale, ln_softmax_s16* params);
/* At most 65535 elements a row: their sum in Q16.15 fits 32 bits. */
void ln_softmax_qs16_ref(const ln_softmax_s16* params, const int16_t* in, int16_t* out, size_t rows, size_t depth);

/* The logarithm's output has the scale 1 / 16 and its type's largest value as zero point. `back` brings a Q5.26
 * difference to the input's scale. */
typedef struct ln_log_softmax_quantized {
  ln_softmax_quantized exp;
  int32_t back_multiplier;
  int back_shift;
  ln_softmax_table table;
  int32_t scaled[LN_SOFTMAX_DIFFERENCES]; /* in Q5.26, by the difference below the row's largest */
} ln_log_softmax_quantized;

int ln_log_softmax_prepare(double in_scale, ln_log_softmax_quantized* params);
/* A result is the scaled difference less the logarithm of the sum of parts, shifted right by LN_LOG_SOFTMAX_SHIFT,
 * rounded: fixed_log.h. */
enum { LN_LOG_SOFTMAX_SHIFT = 22 };
void ln_log_softmax_qs8_ref(const ln_log_softmax_quantized* params, const int8_t* in, int8_t* out, size_t rows,
                            size_t depth);
void ln_log_softmax_qu8_ref(const ln_log_softmax_quantized* params, const uint8_t* in, uint8_t* out, size_t rows,
                            size_t depth);

#endif
