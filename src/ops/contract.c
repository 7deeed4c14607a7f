#include "ops/contract.h"

#include <math.h>
#include <string.h>

static int kind_of(ln_number number) { return number >= LN_NUMBER_C64 ? 2 : number >= LN_NUMBER_F16 ? 1 : 0; }

TfLiteStatus ln_contract_number(TfLiteContext* context, const TfLiteTensor* a, const TfLiteTensor* b,
                                const TfLiteTensor* out, ln_number* number) {
  const TfLiteTensor* tensors[3] = {out, a, b};
  static const char* const kNames[3] = {"the result", "lhs", "rhs"};
  *number = LN_NUMBER_BOOL;
  for (int i = 0; i < 3; ++i) {
    ln_number own;
    LN_TRY(ln_check_number(context, tensors[i], kNames[i], &own));
    LN_TRY(ln_check_quantized(context, tensors[i], kNames[i]));
    if (ln_is_quantized(tensors[i])) own = LN_NUMBER_F32;
    const int kind = kind_of(own), best = kind_of(*number);
    if (i == 0 || kind > best || (kind == best && ln_number_size(own) > ln_number_size(*number))) *number = own;
  }
  LN_CHECK(context, kind_of(*number) != 2 || (out->type == kTfLiteComplex64 || out->type == kTfLiteComplex128),
           "operands are complex; the result must be, too");
  return kTfLiteOk;
}

TfLiteStatus ln_contract_prepare(TfLiteContext* context, ln_contraction* c, const TfLiteTensor* b) {
  c->scratch_bytes = 1;
  ln_matrix_free(&c->matrix);
  if (c->number != LN_NUMBER_F32 || c->parts == 0 || c->rows == 0 || c->columns == 0 || c->depth == 0) return kTfLiteOk;
  ln_matrix* matrix = &c->matrix;
  LN_TRY(ln_matrix_make_parts(context, matrix, c->parts));
  matrix->rule = LN_MATRIX_F32;
  matrix->in_type = matrix->weights_type = matrix->out_type = kTfLiteFloat32;
  matrix->columns = c->columns;
  matrix->channel_groups = 1;
  matrix->low_f = -INFINITY;
  matrix->high_f = INFINITY;
  for (size_t p = 0; p < c->parts; ++p) {
    matrix->parts[p].base = p * c->b_part;
    matrix->parts[p].layout = (ln_gemm_layout){.columns = c->columns,
                                               .taps_y = 1,
                                               .taps_x = 1,
                                               .channels = c->depth,
                                               .column_stride = c->b_column,
                                               .channel_stride = c->b_depth};
  }
  LN_TRY(ln_matrix_prepare(context, matrix, b));
  LN_TRY(ln_matrix_plan_scratch(context, matrix, &c->scratch_bytes));
  return matrix->packed_is_constant ? ln_matrix_load(context, matrix, b, NULL) : kTfLiteOk;
}

typedef struct contract_run {
  const ln_contraction* c;
  const char *a, *b;
  char* out;
} contract_run;

static void describe(const void* arg, size_t part, ln_matrix_job* job) {
  const contract_run* run = arg;
  const ln_contraction* c = run->c;
  *job = (ln_matrix_job){.part = part,
                         .in = run->a + part * c->a_part * sizeof(float),
                         .out = run->out + part * c->out_part * sizeof(float),
                         .in_stride = c->a_row,
                         .lines = 1,
                         .line_rows = c->rows,
                         .image_lines = 1,
                         .out_stride = c->out_row};
}

/* One row of one part. */
static void run_row(void* arg, size_t tile) {
  const contract_run* run = arg;
  const ln_contraction* c = run->c;
  const size_t part = tile / c->rows, row = tile % c->rows, width = ln_number_size(c->number);
  const char* a = run->a + (part * c->a_part + row * c->a_row) * width;
  char* out = run->out + (part * c->out_part + row * c->out_row) * width;
  for (size_t n = 0; n < c->columns; ++n)
    ln_element_dot(c->number, a, 1, run->b + (part * c->b_part + n * c->b_column) * width, c->b_depth, c->depth,
                   out + n * width);
}

TfLiteStatus ln_contract_run(TfLiteContext* context, ln_contraction* c, void* scratch, const void* a,
                             const TfLiteTensor* b, void* out) {
  contract_run run = {c, a, b->data.raw, out};
  if (c->parts == 0 || c->rows == 0 || c->columns == 0) return kTfLiteOk;
  if (c->number == LN_NUMBER_F32 && c->depth > 0) {
    LN_TRY(ln_matrix_load(context, &c->matrix, b, NULL));
    ln_matrix_run(context, &c->matrix, scratch, LN_MATRIX_BY_JOBS, c->parts, 1, c->rows, describe, &run);
  } else {
    ln_parallel_for(context, run_row, &run, c->parts * c->rows);
  }
  return kTfLiteOk;
}
