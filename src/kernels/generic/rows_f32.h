/* The rungs of float rows, element-wise with one or two inputs, of softmax, of a matrix times a vector: vectors, with
 * polynomials for the transcendental functions. Which row is meant is said by its definition, ln_unary_…_ref or
 * ln_binary_…_ref. A result depends on its own element only, not on the row's length or on where the element lies. */
#ifndef LN_KERNELS_ROWS_F32_H_
#define LN_KERNELS_ROWS_F32_H_

#include "base/cpu.h"
#include "kernels/generic/binary.h"
#include "kernels/generic/unary.h"

/* `error`: how far from the definition it may be, absolutely and relative to the result, in units of 2^-24. */
typedef struct ln_unary_variant {
  ln_unary_row ref, row;
  float absolute, relative;
} ln_unary_variant;

typedef struct ln_binary_variant {
  ln_binary_row ref, row;
} ln_binary_variant;

typedef void (*ln_softmax_f32_fn)(float beta, const float* in, float* out, size_t rows, size_t depth);

typedef void (*ln_log_softmax_f32_fn)(const float* in, float* out, size_t rows, size_t depth);

/* matvec.h's ln_matvec_f32_ref. */
typedef void (*ln_matvec_f32_fn)(const float* matrix, size_t rows, size_t columns, const float* vector, float* result);

/* The same for `count` vectors, vector_stride apart, to results that lie result_stride apart: bit for bit what as many
 * calls give. */
typedef void (*ln_matvecs_f32_fn)(const float* matrix, size_t rows, size_t columns, const float* vectors,
                                  size_t vector_stride, size_t count, float* results, size_t result_stride);

/* out[c * out_stride + r] = in[r * in_stride + c], of any 32 bits. */
typedef void (*ln_turn_32_fn)(size_t rows, size_t columns, const float* in, size_t in_stride, float* out,
                              size_t out_stride);

/* out[c] = x[c] * scale[c] + shift[c], rounded twice, within [low, high], for the channels of each pixel. Pixels lie
 * x_stride and out_stride apart. x may be out. */
typedef void (*ln_scale_shift_f32_fn)(const float* x, size_t x_stride, const float* scale, const float* shift,
                                      const ln_clamp_f32* clamp, size_t pixels, size_t channels, float* out,
                                      size_t out_stride);

/* out[r][c] = x[r][c] + y[r][c], within the clamp, as ln_binary_add_f32_ref has them. Rows of y and out, which may be
 * the same, lie `stride` apart. */
typedef void (*ln_add_rows_f32_fn)(const ln_clamp_f32* clamp, size_t rows, size_t columns, const float* x,
                                   size_t x_stride, const float* y, float* out, size_t stride);

typedef struct ln_rows_f32 {
  const char* name;
  ln_isa isa;
  const ln_unary_variant* unary; /* up to one without a ref */
  const ln_binary_variant* binary;
  ln_softmax_f32_fn softmax;
  ln_log_softmax_f32_fn log_softmax;
  ln_matvec_f32_fn matvec;
  ln_matvecs_f32_fn matvecs;
  ln_turn_32_fn turn;
  ln_scale_shift_f32_fn scale_shift;
  ln_add_rows_f32_fn add_rows;
} ln_rows_f32;

const ln_rows_f32* const* ln_rows_f32_rungs(size_t* count);
const ln_rows_f32* ln_rows_f32_best(void);

/* The best variant that may be used now; `ref` itself where there is none. */
ln_unary_row ln_unary_best(ln_unary_row ref);
ln_binary_row ln_binary_best(ln_binary_row ref);

#endif
