/* Sums of products to the output's integers. Two rules, as the reference has them: a 31-bit multiplier and a shift that
 * round twice (convolutions, matrix products), or a double that rounds once, half away from zero (fully connected). */
#ifndef LN_KERNELS_REQUANT_H_
#define LN_KERNELS_REQUANT_H_

#include <stddef.h>
#include <stdint.h>

#include "base/cpu.h"

/* One value per output channel in each array; those of the rule that is not used may be NULL. */
typedef struct ln_requant {
  const int32_t* bias; /* added modulo 2^32 */
  const int32_t* multiplier;
  const int32_t* shift; /* -31 to 30 */
  const double* scale;
  int32_t zero_point, low, high;
} ln_requant;

enum { LN_REQUANT_STEP = 8 };

/* values[i] becomes clamp(round((values[i] + bias) * factor) + zero_point) by channel first + i. `count` is a multiple
 * of LN_REQUANT_STEP, and so many elements of the arrays can be read. */
typedef void (*ln_requant_fn)(const ln_requant* params, size_t first, size_t count, int32_t* values);

/* 64-bit sums, as many as there are; shift at most 14. `bias` of the params is not used. */
typedef void (*ln_requant_wide_fn)(const ln_requant* params, const int64_t* bias, size_t first, size_t count,
                                   const int64_t* sums, int32_t* values);

typedef struct ln_requant_kernel {
  const char* name;
  ln_isa isa;
  ln_requant_fn fixed, real;
  ln_requant_wide_fn wide_fixed;
} ln_requant_kernel;

const ln_requant_kernel* const* ln_requant_rungs(size_t* count);
const ln_requant_kernel* ln_requant_best(void);

/* The definition of wide_fixed, and the other rule for 64-bit sums. */
void ln_requant_wide_fixed(const ln_requant* params, const int64_t* bias, size_t first, size_t count,
                           const int64_t* sums, int32_t* values);
void ln_requant_wide_real(const ln_requant* params, const int64_t* bias, size_t first, size_t count,
                          const int64_t* sums, int32_t* values);

/* Values that fit the narrow type, to it. */
void ln_narrow_s8(const int32_t* values, size_t count, int8_t* out);
void ln_narrow_u8(const int32_t* values, size_t count, uint8_t* out);
void ln_narrow_s16(const int32_t* values, size_t count, int16_t* out);

/* Hybrid operators: out[i] = clamp((values[i] - zero_point * column_sums[i]) * (row_scale * scales[i]) + bias[i]).
 * `scales` NULL: row_scale alone. `bias` NULL: none. */
typedef struct ln_hybrid_params {
  const int32_t* column_sums;
  const float* scales;
  const float* bias;
  float low, high;
} ln_hybrid_params;

void ln_hybrid_store(const ln_hybrid_params* params, size_t first, size_t count, int32_t zero_point, float row_scale,
                     const int32_t* values, float* out);

#endif
