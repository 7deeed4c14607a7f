/* The matrix product under CONV_2D, FULLY_CONNECTED and BATCH_MATMUL: the weights packed for the kernel
 * in use, the numbers per output channel, and the work shared out over threads. An operator says what the matrices are;
 * what a convolution is, this file does not know.
 *
 * out[m][n] = f(sum over k of a[m][k] * w[n][k] + bias[n]). The weights come in parts (groups of a convolution,
 * matrices of a batch) with the same number of columns. */
#ifndef LN_OPS_MATRIX_H_
#define LN_OPS_MATRIX_H_

#include "kernels/generic/gemm.h"
#include "kernels/generic/gemm_q8.h"
#include "kernels/generic/im2col.h"
#include "kernels/generic/requant.h"
#include "kernels/generic/rows_f32.h"
#include "kernels/generic/sparse_product.h"
#include "kernels/generic/winograd_f32.h"
#include "kernels/generic/winograd_q8.h"
#include "ops/fusion.h"

typedef enum ln_matrix_rule {
  LN_MATRIX_F32,
  LN_MATRIX_FIXED,      /* 32-bit sums, multiplier and shift */
  LN_MATRIX_REAL,       /* 32-bit sums, a double */
  LN_MATRIX_WIDE_FIXED, /* 64-bit sums */
  LN_MATRIX_WIDE_REAL,
  LN_MATRIX_HYBRID, /* int8 activations with a scale per row, float out */
  LN_MATRIX_SUMS    /* int32 sums of the raw products */
} ln_matrix_rule;

typedef struct ln_matrix_part {
  ln_gemm_layout layout;
  size_t base;          /* of the part in the weights, in elements */
  size_t channel_group; /* which `columns` of the channels' numbers are its own */
  size_t depth, packed; /* ln_matrix's own: depth, offset of its panels in bytes */
} ln_matrix_part;

/* Zeroed when the operator is made. The operator sets the first block before ln_matrix_prepare. */
typedef struct ln_matrix {
  ln_matrix_rule rule;
  TfLiteType in_type, weights_type, out_type; /* in_type is INT8 under LN_MATRIX_HYBRID, until ln_matrix_prepare */
  size_t columns;
  size_t channel_groups;
  int32_t in_zero_point, weights_zero_point, out_zero_point, low, high;
  float low_f, high_f;
  size_t segments;              /* stretches that the depth of bytes is packed in: 1, or as ops/conv_bytes.h needs it */
  bool winograd;                /* the filters are packed for ops/conv_winograd.h, of bytes conv_winograd_q8.h */
  ln_winograd_form form;        /* of floats in that case */
  ln_winograd_q8_cut cut;       /* of bytes */
  bool one_row;                 /* is all that passes by, but in loops */
  const ln_sparse_rows* sparse; /* the constant weights, FLOAT32 or INT8 ones of zero point 0, in place of panels */
  ln_unary_row finish;          /* LN_MATRIX_F32: what is applied to the results, NULL: nothing */
  ln_add_rows_f32_fn add_rows;  /* the same, of one part in one line: adds the job's addend to them, NULL: nothing */
  ln_clamp_f32 sum_range;
  ln_matrix_part* parts; /* by ln_matrix_make_parts */
  size_t part_count;

  const ln_gemm_f32* f32;
  const ln_gemm_s16s8* s16s8;
  const ln_gemm_q8* q8; /* NULL where not bytes are multiplied by bytes */
  bool to_bytes;        /* by that kernel, with the byte_… numbers */
  const ln_requant_kernel* requant;
  size_t padded_columns;                               /* of a part, to whole panels */
  size_t max_depth, row_chunk, workers, scratch_bytes; /* the last for each worker */
  size_t row_line; /* rows that are a line of a picture, where one picture's are all; 0: no picture's, or several */
  size_t packed_bytes, sums_offset;
  const void* packed; /* shared by the model, or `own_packed` */
  void* own_packed;
  bool packed_is_constant, ready;
  bool unpacked; /* `packed` are the weights where they lie in the file, column by column */
  /* Numbers per channel [channel_groups][padded_columns], and bias less the zero points' share [parts][…]. */
  void* numbers;
  int32_t *multiplier, *shift, *bias;
  int64_t* wide_bias;
  double* scale;
  float *scale_f, *bias_f, *byte_start;
  uint32_t *byte_bias, *byte_multiplier, *byte_offset, *byte_sign_shift, *byte_shift, *byte_left;
  bool any_left, any_large; /* of the columns' factors: by a shift to the left, above a half */
  bool all_short;           /* requant_q8.h's short way is open, by scale_f, byte_start and bias */
  ln_requant_q8_out byte_range;
} ln_matrix;

void ln_matrix_free(ln_matrix* matrix);

/* `count` zeroed parts; those there were are given back, with all that was prepared. */
TfLiteStatus ln_matrix_make_parts(TfLiteContext* context, ln_matrix* matrix, size_t count);

/* Reports a zero point that the tensor's type cannot hold; INT16 and wider types hold none but 0. */
TfLiteStatus ln_matrix_check_zero_point(TfLiteContext* context, const TfLiteTensor* t, const char* what);

/* Takes zero points and the range of the fused activation from quantized tensors; reports zero points that their types
 * cannot hold, and those of INT8 weights (unless `asymmetric` allows one for all channels) and INT16 activations that
 * are not 0. */
TfLiteStatus ln_matrix_set_zero_points(TfLiteContext* context, ln_matrix* matrix, const TfLiteTensor* input,
                                       const TfLiteTensor* weights, bool asymmetric, const TfLiteTensor* output,
                                       TfLiteFusedActivation activation);

/* Chooses kernels, takes memory, packs constant weights. */
TfLiteStatus ln_matrix_prepare(TfLiteContext* context, ln_matrix* matrix, const TfLiteTensor* weights);

/* The factor from sums to output of every channel: in * weights / out, one weight scale or one for each of the
 * channels. `float_product`: in * weights is rounded to float, as the reference does where it has one factor. */
TfLiteStatus ln_matrix_set_factors(TfLiteContext* context, ln_matrix* matrix, const TfLiteTensor* input,
                                   const TfLiteTensor* weights, const TfLiteTensor* output, bool float_product);

/* Under LN_MATRIX_HYBRID: the weights' scales. */
TfLiteStatus ln_matrix_set_weight_scales(TfLiteContext* context, ln_matrix* matrix, const TfLiteTensor* weights);

/* Packs weights that are not constant and takes in the bias (NULL: none). Call it in prepare where both are constant
 * and in invoke otherwise; ln_matrix.ready says that it has been done for good. */
TfLiteStatus ln_matrix_load(TfLiteContext* context, ln_matrix* matrix, const TfLiteTensor* weights,
                            const TfLiteTensor* bias);

/* One product: all rows of one `a` by one part. */
typedef struct ln_matrix_job {
  size_t part;
  const void* in;
  void* out;
  const void* addend;     /* lies as `out` does, perhaps there */
  const ln_im2col* shape; /* NULL: rows of `in` lie in_stride elements apart */
  ln_im2col window;       /* room for a shape of the job's own, and its depth */
  ln_im2col_depth volume;
  size_t in_stride;
  size_t lines, line_rows; /* rows of all of them; they lie evenly within a line: line l starts at out + (l /
                              image_lines) * image_stride + (l % image_lines) * line_stride, its rows out_stride
                              elements apart */
  size_t image_lines, image_stride, line_stride, out_stride;
  /* LN_MATRIX_HYBRID: row m has the scale and zero point m / rows_per_scale of ln_matrix_quantize. */
  const float* row_scales;
  const int32_t* row_zero_points;
  size_t rows_per_scale;
  const int16_t* fill; /* outside of the picture, by image; fill_step 0: one for all */
  size_t fill_step;
} ln_matrix_job;

/* Under LN_MATRIX_HYBRID, in invoke: `rows` rows of `count` floats, one after the other, to bytes as the kernels take
 * them, with a scale and a zero point each. */
void ln_matrix_quantize(TfLiteContext* context, const ln_matrix* matrix, const float* values, size_t rows, size_t count,
                        bool asymmetric, void* quantized, float* scales, int32_t* zero_points);

/* What the kernels read outside of a picture: the input's zero point as they see it. */
int16_t ln_matrix_fill(const ln_matrix* matrix);

/* Scratch memory for ln_matrix_run (at least 1 byte), for rows of that many elements at most. */
TfLiteStatus ln_matrix_plan_scratch(TfLiteContext* context, ln_matrix* matrix, size_t* size_bytes);

/* Whether ln_matrix_run reads rows of floats that lie so many apart where they are; it then needs no scratch memory,
 * and takes as many at once as stay in the first cache with their results. Behind ln_matrix_plan_scratch. */
bool ln_matrix_read_in_place(ln_matrix* matrix, size_t in_stride);

/* What workers share out: jobs and then their rows; or rows, of all jobs together, where jobs write between one
 * another's. */
typedef enum ln_matrix_order { LN_MATRIX_BY_JOBS, LN_MATRIX_BY_ROWS } ln_matrix_order;

/* Runs `count` jobs; `describe(arg, index, job)` fills all of a job, of at most `lines` lines of `line_rows` rows. */
void ln_matrix_run(TfLiteContext* context, const ln_matrix* matrix, void* scratch, ln_matrix_order order, size_t count,
                   size_t lines, size_t line_rows, void (*describe)(const void* arg, size_t index, ln_matrix_job* job),
                   const void* arg);

/* Whether the product of one row is made by ln_matrix_run_row, which does the same as ln_matrix_run for a job of one
 * row and asks less; known once ln_matrix_plan_scratch has been called and the matrix is ready. */
bool ln_matrix_takes_row(const ln_matrix* matrix);
void ln_matrix_run_row(const ln_matrix* matrix, void* scratch, const void* in, void* out);

/* How many workers a product of so many rows is worth: 1 or all. */
size_t ln_matrix_workers(TfLiteContext* context, const ln_matrix* matrix, size_t rows);
/* What a product of so many rows takes one worker. */
double ln_matrix_duration(const ln_matrix* matrix, size_t rows);
/* Whether each worker has an even stretch of the lines of `row_line`. */
bool ln_matrix_shares_lines(const ln_matrix* matrix, size_t rows);
/* Whether it is over so soon that workers that took items from each other would lose more than they gain. */
bool ln_matrix_is_short(const ln_matrix* matrix, size_t rows);

/* How many workers prepare should have scratch memory for. */
size_t ln_worker_count(TfLiteContext* context);
/* Calls work(arg, item, worker) for every item; at most `workers` run at once, each with a number of its own. */
void ln_parallel_items(TfLiteContext* context, size_t workers, void (*work)(void* arg, size_t item, size_t worker),
                       void* arg, size_t count);
/* The same for the items of a product; of a short one each worker has an even stretch, so that no count goes round. */
void ln_matrix_parallel(TfLiteContext* context, const ln_matrix* matrix, size_t rows, size_t workers,
                        void (*work)(void* arg, size_t item, size_t worker), void* arg, size_t count);

/* `size` bytes at a multiple of 64, carved off a block that the caller has made large enough. */
void* ln_carve(char** block, size_t size);

#endif
