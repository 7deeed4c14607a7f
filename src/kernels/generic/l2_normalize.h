/* Rows of `depth` elements divided by their length. */
#ifndef LN_KERNELS_L2_NORMALIZE_H_
#define LN_KERNELS_L2_NORMALIZE_H_

#include <stddef.h>
#include <stdint.h>

/* A length below 1e-6 counts as 1e-6. */
void ln_l2_normalize_f32_ref(const float* in, float* out, size_t rows, size_t depth);

/* The output's scale is 1 / 128, its zero point the middle of its type. Sums of squares saturate. */
void ln_l2_normalize_qs8_ref(int32_t zero_point, const int8_t* in, int8_t* out, size_t rows, size_t depth);
void ln_l2_normalize_qu8_ref(int32_t zero_point, const uint8_t* in, uint8_t* out, size_t rows, size_t depth);

#endif
