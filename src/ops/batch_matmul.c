/* BATCH_MATMUL: [.., M, K] by [.., K, N], either transposed (adj_x, adj_y), leading dimensions broadcast. Floats; int8
 * by int8 and int16 by either; int8 to int32 sums; hybrid (float by int8). Every matrix on
 * the right is a part of a matrix product: ops/matrix.h. */
#include "kernels/generic/strided_copy.h"
#include "ops/builtin_ops.h"
#include "ops/matrix.h"

enum { kLeft, kRight };
enum { kScratch, kTransposed, kQuantized, kScales, kZeroPoints, kTemporaries };
enum { kMaxBatchDims = LN_MAX_RANK - 2 };

typedef struct matmul_data {
  ln_matrix matrix;
  size_t rows, depth, left_batches, right_batches, batches; /* the last of the output */
  /* Leading dimensions of the output, and how many matrices one step along them skips on either side. */
  int batch_rank;
  size_t extents[kMaxBatchDims], left_step[kMaxBatchDims], right_step[kMaxBatchDims];
  /* The same in elements, and from row to row. */
  size_t left_stride[kMaxBatchDims], out_stride[kMaxBatchDims], left_row, out_row;
  bool hybrid, adj_x;
  size_t scratch_bytes;
  int first_temporary;
} matmul_data;

LN_DEFINE_INIT(init, matmul_data, .first_temporary = -1)

static void free_data(TfLiteContext* context, void* user_data) {
  (void)context;
  matmul_data* data = user_data;
  if (data == NULL) return;
  ln_matrix_free(&data->matrix);
  ln_free(data);
}

static TfLiteStatus check_types(TfLiteContext* context, const TfLiteTensor* left, const TfLiteTensor* right,
                                const TfLiteTensor* output) {
  switch (left->type) {
    case kTfLiteFloat32:
      LN_CHECK(context, right->type == kTfLiteFloat32 || right->type == kTfLiteInt8,
               "the right side is %s; FLOAT32 or INT8 is right", TfLiteTypeGetName(right->type));
      return ln_check_type(context, output, "output", kTfLiteFloat32);
    case kTfLiteInt8:
      LN_TRY(ln_check_type(context, right, "the right side", kTfLiteInt8));
      LN_CHECK(context, output->type == kTfLiteInt8 || output->type == kTfLiteInt32,
               "output is %s; INT8 or INT32 is right", TfLiteTypeGetName(output->type));
      return kTfLiteOk;
    case kTfLiteInt16:
      LN_CHECK(context, right->type == kTfLiteInt16 || right->type == kTfLiteInt8,
               "the right side is %s; INT16 or INT8 is right", TfLiteTypeGetName(right->type));
      return ln_check_type(context, output, "output", kTfLiteInt16);
    default:
      LN_FAIL(context, "the left side is %s; FLOAT32, INT8 or INT16 is right", TfLiteTypeGetName(left->type));
  }
}

/* A tensor whose dimensions the product may see in another order (LinnetFusion.reorders). */
typedef struct matmul_view {
  int rank;
  int32_t dims[LN_MAX_RANK];
  size_t strides[LN_MAX_RANK];
} matmul_view;

enum { kReordered = 4 };

/* `order` NULL: as they are. The rank is at most LN_MAX_RANK. */
static matmul_view view_of(const TfLiteTensor* t, const int32_t* order) {
  matmul_view view = {.rank = ln_rank(t)};
  size_t strides[LN_MAX_RANK] = {0}, stride = 1;
  for (int i = view.rank; i-- > 0; stride *= (size_t)ln_dim(t, i)) strides[i] = stride;
  for (int i = 0; i < view.rank; ++i) {
    const int from = order != NULL ? order[i] : i;
    view.dims[i] = ln_dim(t, from);
    view.strides[i] = strides[from];
  }
  return view;
}

static const int32_t* order_of(const LinnetFusion* fusion, int side) {
  return fusion->reorders ? fusion->order[side] : NULL;
}

/* The leading dimensions of one side, aligned at their ends with the output's; returns how many matrices there are. */
static size_t set_steps(const matmul_view* t, int batch_rank, const int32_t* dims, size_t* steps) {
  const int missing = batch_rank - (t->rank - 2);
  size_t count = 1;
  for (int i = batch_rank; i-- > 0;) {
    const int32_t extent = i < missing ? 1 : t->dims[i - missing];
    steps[i] = extent == dims[i] && extent != 1 ? count : 0;
    count *= (size_t)extent;
  }
  return count;
}

/* `dims` are the result's. */
static TfLiteStatus resize_output(TfLiteContext* context, const LinnetFusion* fusion, int rank, const int32_t* dims,
                                  TfLiteTensor* output) {
  const int32_t* order = order_of(fusion, 2);
  int32_t ordered[LN_MAX_RANK];
  for (int i = 0; i < rank; ++i) ordered[order != NULL ? order[i] : i] = dims[i];
  return ln_resize(context, output, rank, ordered);
}

static void set_strides(const matmul_view* left, const matmul_view* out, bool adj_x, matmul_data* d) {
  const int missing = d->batch_rank - (left->rank - 2);
  for (int i = 0; i < d->batch_rank; ++i) {
    d->left_stride[i] = d->left_step[i] != 0 ? left->strides[i - missing] : 0;
    d->out_stride[i] = out->strides[i];
  }
  d->left_row = adj_x ? d->depth : left->strides[left->rank - 2];
  d->out_row = out->strides[out->rank - 2];
}

static TfLiteStatus set_shapes(TfLiteContext* context, const TfLiteBatchMatMulParams* params,
                               const LinnetFusion* fusion, const TfLiteTensor* left, const TfLiteTensor* right,
                               TfLiteTensor* output, matmul_data* d) {
  const int l = ln_rank(left), r = ln_rank(right), rank = l > r ? l : r;
  int32_t dims[LN_MAX_RANK];
  LN_CHECK(context, l >= 2 && r >= 2 && rank <= LN_MAX_RANK, "the sides have ranks %d and %d; 2 to %d are right", l, r,
           LN_MAX_RANK);
  LN_CHECK(context, !fusion->reorders || (l == kReordered && r == kReordered),
           "the sides have ranks %d and %d; %d, as in the model's file, is right", l, r, kReordered);
  const matmul_view a_view = view_of(left, order_of(fusion, 0)), b_view = view_of(right, order_of(fusion, 1));
  d->batch_rank = rank - 2;
  d->batches = 1;
  for (int i = 0; i < rank - 2; ++i) {
    const int32_t a = i < rank - l ? 1 : a_view.dims[i - (rank - l)];
    const int32_t b = i < rank - r ? 1 : b_view.dims[i - (rank - r)];
    LN_CHECK(context, a == b || a == 1 || b == 1, "dimension %d is %d on the left and %d on the right; they must match",
             i, a, b);
    dims[i] = a == 1 ? b : a;
    d->extents[i] = (size_t)dims[i];
  }
  const int32_t depth = a_view.dims[params->adj_x ? l - 2 : l - 1];
  const int32_t right_depth = b_view.dims[params->adj_y ? r - 1 : r - 2];
  LN_CHECK(context, depth == right_depth,
           "rows of %d elements on the left, columns of %d on the right; they must match", depth, right_depth);
  dims[rank - 2] = a_view.dims[params->adj_x ? l - 1 : l - 2];
  dims[rank - 1] = b_view.dims[params->adj_y ? r - 2 : r - 1];
  d->rows = (size_t)dims[rank - 2];
  d->depth = (size_t)depth;
  d->matrix.columns = (size_t)dims[rank - 1];
  LN_TRY(resize_output(context, fusion, rank, dims, output));
  d->left_batches = set_steps(&a_view, d->batch_rank, dims, d->left_step);
  d->right_batches = set_steps(&b_view, d->batch_rank, dims, d->right_step);
  for (int i = 0; i < d->batch_rank; ++i) d->batches *= d->extents[i];
  const matmul_view out_view = view_of(output, order_of(fusion, 2));
  set_strides(&a_view, &out_view, params->adj_x, d);
  return kTfLiteOk;
}

static TfLiteStatus set_quantization(TfLiteContext* context, const TfLiteTensor* left, const TfLiteTensor* right,
                                     const TfLiteTensor* output, ln_matrix* matrix) {
  LN_TRY(ln_matrix_check_zero_point(context, left, "the left side"));
  LN_TRY(ln_matrix_check_zero_point(context, right, "the right side"));
  LN_TRY(ln_matrix_check_zero_point(context, output, "output"));
  matrix->in_zero_point = left->params.zero_point;
  matrix->weights_zero_point = right->params.zero_point;
  matrix->out_zero_point = output->params.zero_point;
  return ln_activation_range_i32(context, kTfLiteActNone, output, &matrix->low, &matrix->high);
}

/* Where the right side's matrix `index` lies. */
static size_t right_base(const matmul_view* right, size_t index) {
  size_t base = 0;
  for (int i = right->rank - 2; i-- > 0; index /= (size_t)right->dims[i])
    base += index % (size_t)right->dims[i] * right->strides[i];
  return base;
}

static TfLiteStatus set_rule(TfLiteContext* context, const TfLiteBatchMatMulParams* params, const LinnetFusion* fusion,
                             const TfLiteTensor* left, const TfLiteTensor* right, const TfLiteTensor* output,
                             matmul_data* d) {
  ln_matrix* matrix = &d->matrix;
  const matmul_view view = view_of(right, order_of(fusion, 1));
  const size_t before = view.strides[view.rank - 2], last = view.strides[view.rank - 1];
  LN_TRY(ln_matrix_make_parts(context, matrix, d->right_batches));
  matrix->channel_groups = 1;
  for (size_t i = 0; i < d->right_batches; ++i) {
    matrix->parts[i].base = right_base(&view, i);
    matrix->parts[i].layout = (ln_gemm_layout){.columns = matrix->columns,
                                               .taps_y = 1,
                                               .taps_x = 1,
                                               .channels = d->depth,
                                               .column_stride = params->adj_y ? before : last,
                                               .channel_stride = params->adj_y ? last : before};
  }
  matrix->in_type = d->hybrid ? kTfLiteInt8 : left->type;
  matrix->weights_type = right->type;
  matrix->out_type = output->type;
  if (left->type == kTfLiteFloat32) {
    matrix->rule = d->hybrid ? LN_MATRIX_HYBRID : LN_MATRIX_F32;
    return ln_activation_range_f32(context, kTfLiteActNone, &matrix->low_f, &matrix->high_f);
  }
  matrix->rule = output->type == kTfLiteInt32 ? LN_MATRIX_SUMS
                 : left->type == kTfLiteInt16 ? LN_MATRIX_WIDE_FIXED
                                              : LN_MATRIX_FIXED;
  return matrix->rule == LN_MATRIX_SUMS ? kTfLiteOk : set_quantization(context, left, right, output, matrix);
}

static TfLiteStatus set_temporaries(TfLiteContext* context, TfLiteNode* node, const matmul_data* d) {
  const TfLiteTensor* left;
  const int32_t none = 0;
  LN_TRY(ln_set_scratch(context, node, kScratch, d->scratch_bytes));
  LN_TRY(ln_get_input(context, node, kLeft, &left));
  const int32_t elements = (int32_t)ln_num_elements(left), rows = (int32_t)(d->left_batches * d->rows);
  LN_TRY(ln_set_temporary(context, node, kTransposed, left->type, kTfLiteArenaRw, 1, d->adj_x ? &elements : &none));
  LN_TRY(ln_set_temporary(context, node, kQuantized, kTfLiteInt8, kTfLiteArenaRw, 1, d->hybrid ? &elements : &none));
  LN_TRY(ln_set_temporary(context, node, kScales, kTfLiteFloat32, kTfLiteArenaRw, 1, d->hybrid ? &rows : &none));
  return ln_set_temporary(context, node, kZeroPoints, kTfLiteInt32, kTfLiteArenaRw, 1, d->hybrid ? &rows : &none);
}

/* The reference reads one scale of the right side; a tensor with one for each channel has 0 there, so that its products
 * come out as the zero point. Where a model has that, these are its bits: the factors stay 0. */
static bool has_one_scale(const TfLiteTensor* right) { return right->params.scale != 0.0f; }

static TfLiteStatus prepare_matrix(TfLiteContext* context, const TfLiteTensor* left, const TfLiteTensor* right,
                                   const TfLiteTensor* output, matmul_data* d) {
  LN_TRY(ln_matrix_prepare(context, &d->matrix, right));
  if (d->hybrid && has_one_scale(right))
    LN_TRY(ln_matrix_set_weight_scales(context, &d->matrix, right));
  else if ((d->matrix.rule == LN_MATRIX_FIXED || d->matrix.rule == LN_MATRIX_WIDE_FIXED) && has_one_scale(right))
    LN_TRY(ln_matrix_set_factors(context, &d->matrix, left, right, output, true));
  LN_TRY(ln_matrix_plan_scratch(context, &d->matrix, &d->scratch_bytes));
  return d->matrix.packed_is_constant ? ln_matrix_load(context, &d->matrix, right, NULL) : kTfLiteOk;
}

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteBatchMatMulParams* params = node->builtin_data;
  matmul_data* d = node->user_data;
  const TfLiteTensor *left, *right;
  TfLiteTensor* output;
  LN_CHECK(context, params != NULL, "the options are missing");
  LN_TRY(ln_check_io_sparse(context, node, 2, 2, 1, 1));
  LN_TRY(ln_set_temporaries(context, node, kTemporaries, &d->first_temporary));
  LN_TRY(ln_get_input(context, node, kLeft, &left));
  LN_TRY(ln_get_input(context, node, kRight, &right));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(check_types(context, left, right, output));
  d->hybrid = left->type == kTfLiteFloat32 && right->type == kTfLiteInt8;
  d->adj_x = params->adj_x;
  d->scratch_bytes = 1;
  const LinnetFusion fusion = ln_fusion(context);
  LN_TRY(set_shapes(context, params, &fusion, left, right, output, d));
  /* With nothing to compute a side may have no matrix at all. */
  if (ln_num_elements(output) != 0) {
    LN_TRY(set_rule(context, params, &fusion, left, right, output, d));
    LN_TRY(prepare_matrix(context, left, right, output, d));
  }
  return set_temporaries(context, node, d);
}

typedef struct matmul_run {
  const matmul_data* d;
  const char* in;
  char* out;
  size_t in_bytes, out_bytes; /* of an element */
  const float* scales;
  const int32_t* zero_points;
} matmul_run;

static void describe(const void* arg, size_t index, ln_matrix_job* job) {
  const matmul_run* run = arg;
  const matmul_data* d = run->d;
  size_t left = 0, right = 0, in = 0, out = 0, rest = index;
  for (int i = d->batch_rank; i-- > 0; rest /= d->extents[i]) {
    const size_t at = rest % d->extents[i];
    left += at * d->left_step[i];
    right += at * d->right_step[i];
    in += at * d->left_stride[i];
    out += at * d->out_stride[i];
  }
  *job = (ln_matrix_job){.part = right,
                         .in = run->in + in * run->in_bytes,
                         .out = run->out + out * run->out_bytes,
                         .in_stride = d->left_row,
                         .lines = 1,
                         .line_rows = d->rows,
                         .image_lines = 1,
                         .out_stride = d->out_row,
                         .row_scales = run->scales != NULL ? run->scales + left * d->rows : NULL,
                         .row_zero_points = run->zero_points != NULL ? run->zero_points + left * d->rows : NULL,
                         .rows_per_scale = 1};
}

/* [batches][depth][rows] to [batches][rows][depth]. */
static void transpose(const matmul_data* d, const void* in, size_t bytes, void* out) {
  const ptrdiff_t element = (ptrdiff_t)bytes, rows = (ptrdiff_t)d->rows, depth = (ptrdiff_t)d->depth;
  ln_copy_shape shape = {0};
  ln_copy_add(&shape, d->left_batches, rows * depth * element, rows * depth * element);
  ln_copy_add(&shape, d->rows, element, depth * element);
  ln_copy_add(&shape, d->depth, rows * element, element);
  ln_strided_copy(&shape, in, out, bytes);
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteBatchMatMulParams* params = node->builtin_data;
  matmul_data* d = node->user_data;
  const TfLiteTensor *left, *right;
  TfLiteTensor* output;
  LN_TRY(ln_get_input(context, node, kLeft, &left));
  LN_TRY(ln_get_input(context, node, kRight, &right));
  LN_TRY(ln_get_output(context, node, 0, &output));
  if (output->bytes == 0) return kTfLiteOk;
  LN_TRY(ln_matrix_load(context, &d->matrix, right, NULL));
  const void* in = left->data.raw_const;
  if (d->adj_x) {
    void* transposed = ln_get_temporary(context, node, kTransposed)->data.raw;
    transpose(d, in, ln_type_size(left->type), transposed);
    in = transposed;
  }
  matmul_run run = {.d = d,
                    .in = in,
                    .out = output->data.raw,
                    .in_bytes = ln_type_size(left->type),
                    .out_bytes = ln_type_size(output->type)};
  if (d->hybrid) {
    int8_t* quantized = ln_get_temporary(context, node, kQuantized)->data.int8;
    float* scales = ln_get_temporary(context, node, kScales)->data.f;
    int32_t* zero_points = ln_get_temporary(context, node, kZeroPoints)->data.i32;
    ln_matrix_quantize(context, &d->matrix, in, d->left_batches * d->rows, d->depth, params->asymmetric_quantize_inputs,
                       quantized, scales, zero_points);
    run.in = (const char*)quantized;
    run.in_bytes = 1;
    run.scales = scales;
    run.zero_points = zero_points;
  }
  ln_matrix_run(context, &d->matrix, ln_get_temporary(context, node, kScratch)->data.raw, LN_MATRIX_BY_JOBS, d->batches,
                1, d->rows, describe, &run);
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_batch_matmul = {.init = init, .free = free_data, .prepare = prepare, .invoke = invoke};
