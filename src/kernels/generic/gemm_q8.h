/* Matrix multiplication of bytes: c[m][n] = f(sum over k of a[m][k] * b[k][n]), a unsigned (int8 activations are moved
 * up by 128 when they are gathered), b int8. Knows pointers, sizes and strides only. All sums are exact modulo 2^32.
 *
 * b (the weights) is packed into panels of `nr` columns, the last of as many as are needed; a kernel takes any number
 * of rows by one panel over the whole depth, `kr` elements of it at a time. */
#ifndef LN_KERNELS_GEMM_Q8_H_
#define LN_KERNELS_GEMM_Q8_H_

#include "kernels/generic/gemm.h"
#include "kernels/generic/requant.h"
#include "kernels/generic/requant_q8.h"

/* LN_GEMM_Q8_SURPLUS_BYTES: of a surplus group for eight columns, kr being 4, and its number. */
enum { LN_GEMM_Q8_TURN = 32, LN_GEMM_Q8_SURPLUS_BYTES = 8 * 4 + 2 };

/* A row of a has `segments` stretches of `groups` * kr elements of a_size bytes, a_segment elements apart: a plain
 * matrix one, a convolution that reads its windows where they lie one for each line of the window. What is beyond the
 * depth of a segment has weights of 0. */
typedef struct ln_gemm_q8_rows {
  size_t rows, columns, segments, groups; /* 1 <= columns <= nr */
  const void* a;
  size_t a_stride, a_segment; /* in elements */
  const int8_t* b;            /* the panel */
  const int32_t* own_terms;   /* what the kernel's own_terms has made of the rows, or NULL */
  /* Of the panel to come, what may be fetched meanwhile: bytes for each row and group, times 256. 0: nothing. */
  const int8_t* ahead;
  size_t ahead_step;
} ln_gemm_q8_rows;

/* What rows from `first` on fetch, should rows pass by the panel `passes` times, and this be one of them. */
static inline const int8_t* ln_gemm_q8_ahead(const ln_gemm_q8_rows* r, size_t pass, size_t passes, size_t first) {
  const size_t rows = pass * r->rows + first;
  return r->ahead_step == 0 ? r->b : r->ahead + (r->ahead_step * r->segments * r->groups * rows / passes >> 8);
}
/* And how far a tile of so many goes with each group. */
static inline size_t ln_gemm_q8_ahead_step(const ln_gemm_q8_rows* r, size_t passes, size_t rows) {
  return (r->ahead_step * rows / passes >> 8) + 1;
}

/* The numbers of requant_q8.h for the panel's columns, each an array of ln_gemm_q8_width(columns). With `scale` sums
 * are multiplied by that and rounded once, half away from zero (NaN counts as the least); then 2^31 is not in the bias,
 * and there are no other arrays. Otherwise, with `start_f`, the short way is open to kernels that know it, by it,
 * `scale_f` and `plain_bias`, in which 2^31 is not. */
typedef struct ln_gemm_q8_numbers {
  const double* scale;  /* or NULL */
  const float* scale_f; /* the same; NULL: not all are within 0 and a half */
  const float* start_f;
  const uint32_t* plain_bias;
  const uint32_t *bias, *multiplier, *offset, *sign_shift, *shift;
  const uint32_t* left;     /* NULL: all 0 */
  const int32_t* row_terms; /* added to every sum of a row; NULL: none */
  ln_requant_q8_out range;
} ln_gemm_q8_numbers;

/* For results that are floats: ln_hybrid_store with numbers for the panel's columns, arrays of
 * ln_gemm_q8_width(columns) of which none is NULL; row m has the scale and zero point m * row_step. Zero points are
 * within 0 and 255, sums of columns within 2^22, which those of a depth of LN_GEMM_Q8_FLOATS_DEPTH are. */
enum { LN_GEMM_Q8_FLOATS_DEPTH = 1 << 15 };
typedef struct ln_gemm_q8_floats {
  ln_hybrid_params columns;
  const float* row_scales;
  const int32_t* row_zero_points;
  size_t row_step;
} ln_gemm_q8_floats;

typedef struct ln_gemm_q8 {
  const char* name;
  ln_isa isa;
  uint32_t id;       /* tells packed layouts apart */
  size_t mr, nr, kr; /* kr: 1, 2, 4 or 8 */
  size_t step;       /* columns of a panel come in vectors of so many */
  size_t a_size;     /* 1: bytes; 2: widened to 16 bits */
  /* To bytes; rows of `out` lie out_stride bytes apart. */
  void (*run)(const ln_gemm_q8_rows* rows, const ln_gemm_q8_numbers* numbers, uint8_t* out, size_t out_stride);
  /* One row (of one segment) by any number of columns: their panels lie one behind the other, `numbers` has arrays for
   * all of them. NULL: ln_gemm_q8_row takes one panel after the other. */
  void (*run_row)(const ln_gemm_q8_rows* row, const ln_gemm_q8_numbers* numbers, uint8_t* out);
  /* Raw sums, [rows][width of the panel], for at most mr rows. */
  void (*run_sums)(const ln_gemm_q8_rows* rows, int32_t* sums);
  /* To floats; rows of `out` lie out_stride elements apart. NULL: run_sums and ln_hybrid_store do it. */
  void (*run_floats)(const ln_gemm_q8_rows* rows, const ln_gemm_q8_floats* numbers, float* out, size_t out_stride);
  /* terms[m] += factor * the sum of row m of a. */
  void (*sum_rows)(size_t rows, size_t depth, const void* a, size_t a_stride, int32_t factor, int32_t* terms);
  /* What ln_copy_q8_wide does, where a_size is 2. NULL: that. */
  void (*copy)(const uint8_t* in, size_t count, uint8_t flip, int16_t* out);
  /* A number for each row, with which `run` and `run_floats` are faster, should so many columns be multiplied by them
   * in all; false: they would not be. NULL: never. */
  bool (*own_terms)(const ln_gemm_q8_rows* rows, size_t columns, int32_t* terms);
  /* Packs LN_GEMM_Q8_TURN bytes (xor `flip`) of each of eight columns, which lie `stride` apart, into groups that lie
   * `step` apart, and adds them to sums[8]. NULL: element by element. */
  void (*turn)(const uint8_t* from, size_t stride, uint8_t flip, int8_t* to, size_t step, int32_t* sums);
  /* Where some groups of weights are too large for a kernel, it cuts them in two: the second, surplus groups of each
   * vector of columns lie behind the panel, [ln_gemm_q8_surplus_room] of them, and behind these the numbers of the
   * groups that they belong to, 16 bits each. The first is none: there, of the first vector, are the vectors' counts.
   *
   * How many there would be for a segment of at most `step` columns; cuts a packed panel. NULL: all weights do. */
  size_t (*surplus)(const uint8_t* from, size_t stride, size_t columns, size_t depth, uint8_t flip);
  void (*split)(size_t vectors, size_t groups, int8_t* panel);
} ln_gemm_q8;

const ln_gemm_q8* const* ln_gemm_q8_rungs(size_t* count);
const ln_gemm_q8* ln_gemm_q8_best(void);
/* A faster one that takes only weights that ln_gemm_q8_fits; NULL: there is none. */
const ln_gemm_q8* ln_gemm_q8_picky(void);
bool ln_gemm_q8_fits(const ln_gemm_q8* kernel, const ln_gemm_layout* layout, size_t segments, const uint8_t* b,
                     uint8_t flip);

/* The width of the panel that holds so many columns (at most nr). */
static inline size_t ln_gemm_q8_width(const ln_gemm_q8* kernel, size_t columns) {
  return (columns + kernel->step - 1) / kernel->step * kernel->step;
}

/* Surplus groups for each vector of a panel of so many groups; a multiple of 4. */
static inline size_t ln_gemm_q8_surplus_room(size_t groups) { return (groups / 32 + 2) * 4; }

/* What a depth of so many equal segments becomes when each is rounded up to whole groups; with a column's share of what
 * lies behind them. */
static inline size_t ln_gemm_q8_groups(const ln_gemm_q8* kernel, size_t depth, size_t segments) {
  return (depth / segments + kernel->kr - 1) / kernel->kr * segments;
}
static inline size_t ln_gemm_q8_depth(const ln_gemm_q8* kernel, size_t depth, size_t segments) {
  const size_t groups = ln_gemm_q8_groups(kernel, depth, segments);
  return groups * kernel->kr +
         (kernel->split != NULL ? ln_gemm_q8_surplus_room(groups) * LN_GEMM_Q8_SURPLUS_BYTES / 8 : 0);
}

/* The numbers of the columns from `at` on. */
static inline ln_gemm_q8_numbers ln_gemm_q8_numbers_from(const ln_gemm_q8_numbers* n, size_t at) {
  return (ln_gemm_q8_numbers){.scale = n->scale != NULL ? n->scale + at : NULL,
                              .scale_f = n->scale_f != NULL ? n->scale_f + at : NULL,
                              .start_f = n->start_f != NULL ? n->start_f + at : NULL,
                              .plain_bias = n->plain_bias != NULL ? n->plain_bias + at : NULL,
                              .bias = n->bias + at,
                              .multiplier = n->multiplier + at,
                              .offset = n->offset + at,
                              .sign_shift = n->sign_shift + at,
                              .shift = n->shift + at,
                              .left = n->left != NULL ? n->left + at : NULL,
                              .row_terms = n->row_terms,
                              .range = n->range};
}

/* As run_row; any kernel's. */
void ln_gemm_q8_row(const ln_gemm_q8* kernel, const ln_gemm_q8_rows* row, const ln_gemm_q8_numbers* numbers,
                    uint8_t* out);

/* Panels one after the other, each [segments][groups][width][kr]; what does not exist is 0. */
size_t ln_gemm_q8_packed_size(const ln_gemm_q8* kernel, size_t columns, size_t depth, size_t segments);

/* `count` elements for a row, from element `at` of `out` on. */
void ln_gemm_q8_copy(const ln_gemm_q8* kernel, const uint8_t* in, size_t count, uint8_t flip, void* out, size_t at);

/* As ln_gemm_s16s8_pack; the depth is cut into equal segments. */
void ln_gemm_q8_pack(const ln_gemm_q8* kernel, const ln_gemm_layout* layout, size_t segments, const uint8_t* b,
                     uint8_t flip, int8_t* packed, int32_t* column_sums);

#endif
