/* Reductions over some axes of a dense array: sums, products, extremes, truth values, and the quantized sum, mean and
 * product. What a tensor is, this file does not know. */
#ifndef LN_KERNELS_REDUCE_H_
#define LN_KERNELS_REDUCE_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LN_REDUCE_MAX_RANK 8

/* Neighbouring axes of the same kind are one. Output n is the n-th of the kept axes' places in row-major order. */
typedef struct ln_reduce_shape {
  int kept_rank, reduced_rank;
  size_t kept_extents[LN_REDUCE_MAX_RANK], kept_strides[LN_REDUCE_MAX_RANK];
  size_t reduced_extents[LN_REDUCE_MAX_RANK], reduced_strides[LN_REDUCE_MAX_RANK];
  size_t outputs, count; /* count: inputs of one output */
} ln_reduce_shape;

void ln_reduce_make_shape(int rank, const int32_t* dims, const bool* reduced, ln_reduce_shape* shape);

typedef enum ln_reduction {
  LN_REDUCE_SUM,
  LN_REDUCE_PROD,
  LN_REDUCE_MAX,
  LN_REDUCE_MIN,
  LN_REDUCE_ANY,
  LN_REDUCE_ALL,
  LN_REDUCE_MEAN
} ln_reduction;

/* Sums and products wrap. Extremes start from the first input; of nothing they are the type's other end. Means of
 * integers are cut towards 0; the mean of nothing is NaN or 0. */
void ln_reduce_f32_ref(ln_reduction kind, const ln_reduce_shape* shape, const float* in, float* out);
void ln_reduce_s64_ref(ln_reduction kind, const ln_reduce_shape* shape, const int64_t* in, int64_t* out);
void ln_reduce_s32_ref(ln_reduction kind, const ln_reduce_shape* shape, const int32_t* in, int32_t* out);
void ln_reduce_s16_ref(ln_reduction kind, const ln_reduce_shape* shape, const int16_t* in, int16_t* out);
void ln_reduce_s8_ref(ln_reduction kind, const ln_reduce_shape* shape, const int8_t* in, int8_t* out);
void ln_reduce_u8_ref(ln_reduction kind, const ln_reduce_shape* shape, const uint8_t* in, uint8_t* out);

/* Sum and mean: out = clamp(requantize(sum - count * in_zero_point) + out_zero_point), the factor being
 * in_scale / out_scale (/ count, by ln_reduce_quantize_mean). Product: after every factor but the first, and at the
 * end, the product is multiplied by in_scale / out_scale^(1 / count). */
typedef struct ln_reduce_quantized {
  int32_t multiplier, in_zero_point, out_zero_point;
  int shift;
} ln_reduce_quantized;

/* Divides the factor by the count as the reference does: the multiplier is cut, not rounded. */
void ln_reduce_quantize_mean(size_t count, ln_reduce_quantized* params);

void ln_reduce_sum_qs8_ref(const ln_reduce_quantized* params, const ln_reduce_shape* shape, const int8_t* in,
                           int8_t* out);
void ln_reduce_sum_qu8_ref(const ln_reduce_quantized* params, const ln_reduce_shape* shape, const uint8_t* in,
                           uint8_t* out);
void ln_reduce_sum_qs16_ref(const ln_reduce_quantized* params, const ln_reduce_shape* shape, const int16_t* in,
                            int16_t* out);
/* The first two, faster, for shapes of one reduced dimension outside of channels side by side; false: it is another. */
bool ln_reduce_sum_bytes(const ln_reduce_quantized* params, const ln_reduce_shape* shape, bool is_signed,
                         const void* in, void* out);
/* From sums of `count` values to `outputs` of them. */
void ln_reduce_finish_bytes(const ln_reduce_quantized* params, size_t count, bool is_signed, const uint32_t* sums,
                            size_t outputs, uint8_t* out);
void ln_reduce_finish_s16(const ln_reduce_quantized* params, size_t count, const uint32_t* sums, size_t outputs,
                          int16_t* out);
/* The shift is at most 14, the count at least 1. */
void ln_reduce_prod_qs8_ref(const ln_reduce_quantized* params, const ln_reduce_shape* shape, const int8_t* in,
                            int8_t* out);
void ln_reduce_prod_qs16_ref(const ln_reduce_quantized* params, const ln_reduce_shape* shape, const int16_t* in,
                             int16_t* out);

#endif
