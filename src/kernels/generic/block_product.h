/* int8 rows times int8 weights that have a scale for every few values of a row. Knows pointers and sizes only. */
#ifndef LN_KERNELS_BLOCK_PRODUCT_H_
#define LN_KERNELS_BLOCK_PRODUCT_H_

#include <stddef.h>
#include <stdint.h>

typedef struct ln_block_product {
  const int8_t* in; /* [rows, depth]; a row's values are (in - zero_points[row]) * in_scales[row] */
  const float* in_scales;
  const int32_t* zero_points;         /* in int8's range */
  const int8_t* weights;              /* [columns, depth], all of them in [-8, 7] */
  const float* scales;                /* [columns, depth / block] */
  const float* bias;                  /* [columns], or NULL */
  size_t rows, columns, depth, block; /* at most LN_BLOCK_PRODUCT_MAX of a block */
  float low, high;
} ln_block_product;

/* 255 * 8 a value: the sums stay in 32 bits. */
enum { LN_BLOCK_PRODUCT_MAX = 1 << 20 };

/* out[row, n] for `first` <= n < `last`, where out is [rows, columns]. The blocks of a row are added up in order. */
void ln_block_product_s8(const ln_block_product* p, size_t first, size_t last, float* out);

#endif
