/* The rungs of quantized element-wise rows of bytes with two inputs, and of rows that compare them. Which row is meant
 * is said by its definition, ln_binary_…_ref; results are the same bit for bit. */
#ifndef LN_KERNELS_ROWS_Q8_H_
#define LN_KERNELS_ROWS_Q8_H_

#include "base/cpu.h"
#include "kernels/generic/binary.h"
#include "kernels/generic/requant_q8.h"

typedef struct ln_rows_q8_variant {
  ln_binary_row ref, row;
} ln_rows_q8_variant;

/* ---- For the rungs: parameters as the vectors take them. ---- */

/* A sum: each input, unsigned, is shifted left by left_shift, `start` is added, and it is requantized by its numbers;
 * the sum of both goes through `out`. */
typedef struct ln_add_q8 {
  uint32_t left_shift, a_start, b_start;
  ln_requant_q8 a, b, out;
  bool subtract;
  bool a_halves, b_halves; /* the input with the larger scale has a factor of exactly a half: it is shifted by one less,
                              and its start is without 2^31 */
  uint8_t flip;
  ln_requant_q8_out range;
  /* The short way, as requant_q8.h has it, of the inputs as they are: the upper half of a_factor * a + b_factor * b +
   * base is the result unless the lower half has none of the bits `sure`. See rows_q8.c. */
  float a_factor, b_factor, base;
  uint32_t sure; /* 0: the way is not open */
} ln_add_q8;

/* False: the numbers are not those of a sound model. */
bool ln_add_q8_make(const ln_add_quantized* params, bool is_signed, ln_add_q8* p);

/* A product: less their zero points (as unsigned) the inputs are multiplied and requantized. As a float it is moved
 * away from 0 by past_half before it is rounded. `is_short`: requant_q8.h's short way is open, by `scale` and `d`. */
typedef struct ln_mul_q8 {
  int32_t a_zero, b_zero;
  ln_requant_q8 out;
  uint8_t flip;
  ln_requant_q8_out range;
  float past_half;
  bool is_short;
  float scale, d;
} ln_mul_q8;

bool ln_mul_q8_make(const ln_mul_quantized* params, bool is_signed, ln_mul_q8* p);

/* ---- */

/* What a product and a sum by constants do to the channels of a picture, one after the other. The arrays have the
 * channels again and again, for LN_SCALE_SHIFT_MORE more than there are; ln_scale_shift_q8_fill makes them. */
enum { LN_SCALE_SHIFT_MORE = 64 };
typedef struct ln_scale_shift_q8 {
  ln_mul_quantized product;
  ln_add_quantized sum; /* of the product, whose zero point it takes off, and a constant */
  bool is_signed;
  size_t channels;
  bool is_sound; /* `mul` and `add` say the same */
  ln_mul_q8 mul;
  ln_add_q8 add;
  uint32_t sure;      /* in place of the sum's, as is `start` */
  float sure_product; /* what a rounded product may be away from its number */
  const uint8_t *scale, *shift;
  const float *factor, *below, *from, *start; /* the same as floats: the product x * factor + from, below in place of
                                                 from where x is below its zero point, rounded, goes the sum's short way
                                                 by a_factor and start */
} ln_scale_shift_q8;

/* n elements, the first of channel 0. */
typedef void (*ln_scale_shift_q8_row)(const ln_scale_shift_q8* p, const uint8_t* x, uint8_t* out, size_t n);

/* A product of a picture and a number for each channel, in arrays as above. */
typedef struct ln_scale_q8 {
  ln_mul_quantized product; /* a: the picture's */
  bool is_signed;
  size_t channels;
  bool is_short; /* `mul` says the same; in floats x * factor + from, or below as above, goes the short way unless none
                    of `sure` is set */
  ln_mul_q8 mul;
  uint32_t sure;
  double unit, base;
  uint8_t* scale;
  float *factor, *below, *from;
} ln_scale_q8;

/* n elements, the first of channel 0. */
typedef void (*ln_scale_q8_row)(const ln_scale_q8* p, const uint8_t* x, uint8_t* out, size_t n);
/* The arrays from [channels] numbers. */
typedef void (*ln_scale_q8_fill_fn)(const ln_scale_q8* p, const uint8_t* scale);

/* out[c * out_stride + r] = in[r * in_stride + c], 0 <= r, c < 16. */
typedef void (*ln_turn_bytes_fn)(const char* in, size_t in_stride, char* out, size_t out_stride);

typedef struct ln_rows_q8 {
  const char* name;
  ln_isa isa;
  const ln_rows_q8_variant* binary; /* up to one without a ref */
  ln_scale_shift_q8_row scale_shift;
  ln_scale_q8_fill_fn scale_fill;
  ln_scale_q8_row scale;
  ln_turn_bytes_fn turn; /* NULL: none */
} ln_rows_q8;

void ln_scale_shift_q8_ref(const ln_scale_shift_q8* p, const uint8_t* x, uint8_t* out, size_t n);
ln_scale_shift_q8_row ln_scale_shift_q8_best(void);
ln_turn_bytes_fn ln_turn_bytes_best(void);

/* Memory for the arrays; fills them from [channels] constants (p's other fields are set). */
size_t ln_scale_shift_q8_size(size_t channels);
void ln_scale_shift_q8_fill(ln_scale_shift_q8* p, const uint8_t* scale, const uint8_t* shift, void* memory);

/* Memory for the arrays, aligned for floats; everything but what is in them (product, is_signed and channels are set).
 */
size_t ln_scale_q8_size(size_t channels);
void ln_scale_q8_make(ln_scale_q8* p, void* memory);
void ln_scale_q8_ref(const ln_scale_q8* p, const uint8_t* x, uint8_t* out, size_t n);
const struct ln_rows_q8* ln_scale_q8_best(void);

/* The lowest has no variants: there the definitions themselves run. */
const ln_rows_q8* const* ln_rows_q8_rungs(size_t* count);

/* The best variant that may be used now; `ref` itself where there is none. */
ln_binary_row ln_rows_q8_best(ln_binary_row ref);

#endif
