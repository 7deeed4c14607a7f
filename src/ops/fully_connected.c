/* FULLY_CONNECTED: [.., K] by weights [N,K]. Floats; uint8 by uint8, int8 and int16 by 8-, 4- and 2-bit weights, int16
 * by int16; hybrid (float activations quantized per row, weights of 8 bits or less, with scales of their own for blocks
 * of a row too); sparse weights. The arithmetic is a matrix product: ops/matrix.h. */
#include "ops/fully_connected.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "kernels/generic/activate.h"
#include "kernels/generic/hybrid_quantize.h"
#include "ops/block_matrix.h"
#include "ops/builtin_ops.h"
#include "ops/matrix.h"
#include "ops/sparse_matrix.h"
#include "ops/weights.h"

enum { kInput, kWeights, kBias, kTaken };
enum { kScratch, kQuantized, kScales, kZeroPoints, kTemporaries };
enum { kGiven = 1 };

typedef struct fc_data {
  ln_matrix matrix;
  size_t rows, depth;
  bool hybrid, activates, shuffled, in_blocks, one_row;
  bool gives_rows, takes_rows; /* as LinnetFusion has them */
  size_t scratch_bytes;
  int first_temporary;
  ln_block_matrix blocks;
  ln_sparse_matrix sparse;
} fc_data;

typedef struct fc_run {
  const fc_data* d;
  const void* in;
  void* out;
  size_t rows;
  const float* scales;
  int32_t* zero_points;
} fc_run;

LN_DEFINE_INIT(init, fc_data, .first_temporary = -1)

static void free_data(TfLiteContext* context, void* user_data) {
  (void)context;
  fc_data* data = user_data;
  if (data == NULL) return;
  ln_matrix_free(&data->matrix);
  ln_block_matrix_free(&data->blocks);
  ln_sparse_matrix_free(&data->sparse);
  ln_free(data);
}

static bool is_small_signed(TfLiteType type) {
  return type == kTfLiteInt8 || type == kTfLiteInt4 || type == kTfLiteInt2;
}

static TfLiteStatus check_bias(TfLiteContext* context, const TfLiteFullyConnectedParams* params, TfLiteType input,
                               const TfLiteTensor* bias) {
  if (bias == NULL) return kTfLiteOk;
  if (input != kTfLiteInt16)
    return ln_check_type(context, bias, "the bias", input == kTfLiteFloat32 ? input : kTfLiteInt32);
  const TfLiteType option = params->quantized_bias_type;
  LN_CHECK(context, bias->type == kTfLiteInt32 || bias->type == kTfLiteInt64, "the bias is %s; INT32 or INT64 is right",
           TfLiteTypeGetName(bias->type));
  LN_CHECK(context, (option != kTfLiteInt32 && option != kTfLiteInt64) || option == bias->type,
           "the bias is %s; the options say %s", TfLiteTypeGetName(bias->type), TfLiteTypeGetName(option));
  return kTfLiteOk;
}

static TfLiteStatus check_types(TfLiteContext* context, const TfLiteFullyConnectedParams* params,
                                const TfLiteTensor* input, const TfLiteTensor* weights, const TfLiteTensor* bias,
                                const TfLiteTensor* output) {
  const TfLiteType in = input->type, w = ln_weights_type(context, weights);
  LN_CHECK(context, in == output->type || (in == kTfLiteUInt8 && output->type == kTfLiteInt16),
           "input is %s, output %s; the same type, or UINT8 to INT16 is right", TfLiteTypeGetName(in),
           TfLiteTypeGetName(output->type));
  LN_TRY(check_bias(context, params, in, bias));
  switch (in) {
    case kTfLiteFloat32:
      LN_CHECK(context, w == kTfLiteFloat32 || w == kTfLiteUInt8 || is_small_signed(w),
               "the weights are %s; FLOAT32, UINT8, INT8, INT4 or INT2 is right", TfLiteTypeGetName(w));
      return kTfLiteOk;
    case kTfLiteUInt8:
      return ln_check_type(context, weights, "the weights", kTfLiteUInt8);
    case kTfLiteInt8:
      LN_CHECK(context, is_small_signed(w), "the weights are %s; INT8, INT4 or INT2 is right", TfLiteTypeGetName(w));
      return kTfLiteOk;
    case kTfLiteInt16:
      LN_CHECK(context, is_small_signed(w) || w == kTfLiteInt16,
               "the weights are %s; INT8, INT4, INT2 or INT16 is right", TfLiteTypeGetName(w));
      LN_CHECK(context, w != kTfLiteInt16 || weights->sparsity == NULL, "the INT16 weights are sparse; dense is right");
      return kTfLiteOk;
    default:
      LN_FAIL(context, "input is %s; FLOAT32, UINT8, INT8 or INT16 is right", TfLiteTypeGetName(in));
  }
}

static TfLiteStatus set_shapes(TfLiteContext* context, const TfLiteFullyConnectedParams* params,
                               const TfLiteTensor* input, const TfLiteTensor* weights, const TfLiteTensor* bias,
                               TfLiteTensor* output, fc_data* d) {
  int32_t dims[LN_MAX_RANK];
  LN_CHECK(context, ln_rank(weights) == 2, "the weights have rank %d; 2 is right", ln_rank(weights));
  const int32_t outputs = ln_dim(weights, 0), depth = ln_dim(weights, 1);
  const int rank = ln_rank(input);
  /* Without columns the outputs are zeros, as many as the input has rows. */
  int64_t rows = 1;
  for (int i = 0; i < rank - 1; ++i) rows *= ln_dim(input, i);
  if (depth > 0) {
    const int64_t elements = ln_num_elements(input);
    LN_CHECK(context, elements % depth == 0, "input has %lld elements; a multiple of the weights' %d columns is right",
             (long long)elements, depth);
    rows = elements / depth;
  }
  LN_CHECK(context, outputs > 0 && rows <= INT32_MAX, "the output would be %lld x %d; 1 column at least is right",
           (long long)rows, outputs);
  if (bias != NULL)
    LN_CHECK(context, ln_num_elements(bias) == outputs, "the bias has %lld elements; %d are right",
             (long long)ln_num_elements(bias), outputs);
  d->rows = (size_t)rows;
  d->depth = (size_t)depth;
  if (!params->keep_num_dims) {
    dims[0] = (int32_t)d->rows;
    dims[1] = outputs;
    return ln_resize(context, output, 2, dims);
  }
  LN_CHECK(context, rank >= 1 && rank <= LN_MAX_RANK && ln_dim(input, rank - 1) == depth,
           "keep_num_dims: the input's last dimension must be the weights' %d columns", depth);
  for (int i = 0; i < rank; ++i) dims[i] = ln_dim(input, i);
  dims[rank - 1] = outputs;
  return ln_resize(context, output, rank, dims);
}

/* Unlike the others it takes any activation; those that are no range come after the product. */
static TfLiteStatus set_hybrid_rule(TfLiteContext* context, TfLiteFusedActivation activation, fc_data* d) {
  ln_matrix* matrix = &d->matrix;
  matrix->rule = LN_MATRIX_HYBRID;
  d->activates = activation == kTfLiteActTanh || activation == kTfLiteActSignBit || activation == kTfLiteActSigmoid;
  LN_TRY(ln_activation_range_f32(context, d->activates ? kTfLiteActNone : activation, &matrix->low_f, &matrix->high_f));
  /* The original clamps nothing without an activation, and an infinite result stays one. */
  if (matrix->low_f == -FLT_MAX) matrix->low_f = -INFINITY;
  if (matrix->high_f == FLT_MAX) matrix->high_f = INFINITY;
  return kTfLiteOk;
}

static TfLiteStatus set_rule(TfLiteContext* context, const TfLiteFullyConnectedParams* params,
                             const TfLiteTensor* input, const TfLiteTensor* weights, const TfLiteTensor* bias,
                             const TfLiteTensor* output, fc_data* d) {
  ln_matrix* matrix = &d->matrix;
  LN_TRY(ln_matrix_make_parts(context, matrix, 1));
  matrix->columns = (size_t)ln_dim(weights, 0);
  matrix->channel_groups = 1;
  matrix->parts[0].layout = (ln_gemm_layout){.columns = matrix->columns,
                                             .taps_y = 1,
                                             .taps_x = 1,
                                             .channels = d->depth,
                                             .column_stride = d->depth,
                                             .channel_stride = 1};
  matrix->in_type = d->hybrid ? kTfLiteInt8 : input->type;
  /* Hybrid UINT8 weights are read as INT8, as the original does. */
  matrix->weights_type = d->hybrid ? kTfLiteInt8 : ln_plain_type(weights->type);
  matrix->out_type = output->type;
  if (d->hybrid) return set_hybrid_rule(context, params->activation, d);
  if (input->type == kTfLiteFloat32) {
    matrix->rule = LN_MATRIX_F32;
    matrix->one_row = d->rows == 1;
    LN_TRY(ln_activation_range_f32(context, params->activation, &matrix->low_f, &matrix->high_f));
    const LinnetFusion fusion = ln_fusion(context);
    matrix->finish = ln_fused_row(&fusion, &matrix->low_f, &matrix->high_f);
    return kTfLiteOk;
  }
  const bool wide = input->type == kTfLiteInt16 && (bias == NULL || bias->type == kTfLiteInt64);
  /* The reference scales the sums by a double here, where its other operators (and its forms for sparse and INT16
   * weights) use a multiplier and a shift. */
  matrix->rule = wide ? LN_MATRIX_WIDE_REAL : LN_MATRIX_REAL;
  if (weights->type == kTfLiteInt16) matrix->rule = LN_MATRIX_WIDE_FIXED;
  if (weights->sparsity != NULL) matrix->rule = LN_MATRIX_FIXED;
  return ln_matrix_set_zero_points(context, matrix, input, weights,
                                   weights->type == kTfLiteInt8 && weights->sparsity == NULL, output,
                                   params->activation);
}

/* The rows as bytes, their scales or zero points (`which` is kQuantized and so on): the node's own, those that it gives
 * to others, or those of another. */
static TfLiteTensor* row_tensor(TfLiteContext* context, const TfLiteNode* node, const fc_data* d, int which) {
  const int i = which - kQuantized;
  if (d->takes_rows) return context->GetTensor(context, node->inputs->data[kTaken + i]);
  if (d->gives_rows) return context->GetTensor(context, node->outputs->data[kGiven + i]);
  return ln_get_temporary(context, node, which);
}

/* Kernels differ in the bytes that they read: where the other node's is another one, rows are made anew. */
static void take_or_give_rows(TfLiteContext* context, const TfLiteNode* node, const LinnetFusion* fusion, fc_data* d) {
  d->gives_rows = fusion->gives_rows;
  d->takes_rows = fusion->takes_rows;
  if (d->takes_rows) d->takes_rows = row_tensor(context, node, d, kQuantized)->type == d->matrix.in_type;
}

static TfLiteStatus give_rows(TfLiteContext* context, const TfLiteNode* node, const TfLiteTensor* input,
                              const fc_data* d) {
  const int32_t rows = (int32_t)d->rows;
  TfLiteTensor* quantized = row_tensor(context, node, d, kQuantized);
  quantized->type = d->matrix.in_type;
  LN_TRY(ln_resize(context, quantized, ln_rank(input), input->dims->data));
  LN_TRY(ln_resize(context, row_tensor(context, node, d, kScales), 1, &rows));
  return ln_resize(context, row_tensor(context, node, d, kZeroPoints), 1, &rows);
}

static TfLiteStatus set_temporaries(TfLiteContext* context, TfLiteNode* node, const fc_data* d) {
  const TfLiteTensor* input;
  LN_TRY(ln_set_scratch(context, node, kScratch, d->scratch_bytes));
  if (!d->hybrid || d->takes_rows) return kTfLiteOk;
  LN_TRY(ln_get_input(context, node, kInput, &input));
  if (d->gives_rows) return give_rows(context, node, input, d);
  const int32_t rows = (int32_t)d->rows;
  LN_TRY(ln_set_temporary(context, node, kQuantized, kTfLiteInt8, kTfLiteArenaRw, ln_rank(input), input->dims->data));
  LN_TRY(ln_set_temporary(context, node, kScales, kTfLiteFloat32, kTfLiteArenaRw, 1, &rows));
  return ln_set_temporary(context, node, kZeroPoints, kTfLiteInt32, kTfLiteArenaRw, 1, &rows);
}

/* ---- Shuffled weights: blocks of 4 rows by 16 columns, row-major inside and by columns first, as int8 with the zero
 * point taken off. The second output is the input in the same order. ---- */

enum { kBlockRows = 4, kBlockColumns = 16 };

static void unshuffle(const int8_t* from, size_t rows, size_t columns, int8_t* to) {
  for (size_t r = 0; r < rows; r += kBlockRows)
    for (size_t c = 0; c < columns; c += kBlockColumns)
      for (size_t i = 0; i < kBlockRows; ++i, from += kBlockColumns)
        memcpy(to + (r + i) * columns + c, from, kBlockColumns);
}

static TfLiteStatus check_shuffled(TfLiteContext* context, const TfLiteTensor* input, const TfLiteTensor* weights,
                                   const TfLiteTensor* output, const TfLiteTensor* workspace, const fc_data* d) {
  LN_CHECK(context, input->type == kTfLiteUInt8 && output->type == kTfLiteInt16 && workspace->type == kTfLiteUInt8,
           "input %s, outputs %s and %s; shuffled weights have UINT8, INT16 and UINT8", TfLiteTypeGetName(input->type),
           TfLiteTypeGetName(output->type), TfLiteTypeGetName(workspace->type));
  LN_CHECK(context, ln_is_constant(weights) && weights->data.raw_const != NULL && weights->sparsity == NULL,
           "shuffled weights must be a dense constant");
  LN_CHECK(context,
           (d->rows == 1 || d->rows == 4) && ln_dim(weights, 0) % kBlockRows == 0 && d->depth % kBlockColumns == 0,
           "%zu rows by %d x %zu shuffled weights; 1 or 4, a multiple of 4 and one of 16 are right", d->rows,
           ln_dim(weights, 0), d->depth);
  return kTfLiteOk;
}

static TfLiteStatus prepare_shuffled(TfLiteContext* context, TfLiteNode* node, fc_data* d) {
  const TfLiteFullyConnectedParams* params = node->builtin_data;
  const TfLiteTensor *input, *weights, *bias = ln_optional_input(context, node, kBias);
  TfLiteTensor *output, *workspace;
  ln_matrix* matrix = &d->matrix;
  LN_TRY(ln_get_input(context, node, kInput, &input));
  LN_TRY(ln_get_input(context, node, kWeights, &weights));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(ln_get_output(context, node, 1, &workspace));
  LN_TRY(check_shuffled(context, input, weights, output, workspace, d));
  const int32_t dims[2] = {(int32_t)d->rows, (int32_t)d->depth};
  LN_TRY(ln_resize(context, workspace, 2, dims));
  LN_TRY(set_rule(context, params, input, weights, bias, output, d));
  matrix->rule = LN_MATRIX_FIXED;
  matrix->weights_type = kTfLiteInt8;
  matrix->in_zero_point = 128;
  matrix->weights_zero_point = matrix->out_zero_point = 0;
  TfLiteTensor plain = *weights; /* where the weights lie in order, for as long as they are packed */
  plain.type = kTfLiteInt8;
  plain.allocation_type = kTfLitePersistentRo;
  plain.data.raw = ln_malloc(weights->bytes);
  LN_CHECK(context, plain.data.raw != NULL, "no memory for %zu weights", weights->bytes);
  unshuffle(weights->data.int8, (size_t)ln_dim(weights, 0), d->depth, plain.data.int8);
  const TfLiteStatus status = ln_matrix_prepare(context, matrix, &plain);
  ln_free(plain.data.raw);
  LN_TRY(status);
  LN_TRY(ln_matrix_set_factors(context, matrix, input, weights, output, true));
  LN_TRY(ln_matrix_plan_scratch(context, matrix, &d->scratch_bytes));
  return set_temporaries(context, node, d);
}

static TfLiteStatus fill_workspace(TfLiteContext* context, const TfLiteNode* node, const TfLiteTensor* input,
                                   const fc_data* d) {
  TfLiteTensor* workspace;
  LN_TRY(ln_get_output(context, node, 1, &workspace));
  uint8_t* to = workspace->data.uint8;
  for (size_t c = 0; c < d->depth; c += kBlockColumns)
    for (size_t r = 0; r < d->rows; ++r)
      for (size_t i = 0; i < kBlockColumns; ++i) *to++ = input->data.uint8[r * d->depth + c + i] ^ 0x80;
  return kTfLiteOk;
}

/* Other weights than these are made dense; so are sums of 64 bits' and those with a zero point, which is none of the
 * values that are left out. */
static TfLiteStatus set_sparse(TfLiteContext* context, const TfLiteTensor* weights, fc_data* d) {
  ln_matrix* matrix = &d->matrix;
  const bool bytes = matrix->in_type == kTfLiteInt8 && matrix->weights_type == kTfLiteInt8;
  matrix->sparse = NULL;
  if (weights->sparsity == NULL || !ln_is_constant(weights) || weights->data.raw_const == NULL ||
      !(matrix->rule == LN_MATRIX_F32 || bytes) || ln_type_size(weights->type) == 0)
    return kTfLiteOk;
  LN_TRY(ln_sparse_matrix_make(context, &d->sparse, weights, d->rows));
  if (d->sparse.block != NULL) matrix->sparse = &d->sparse.rows;
  return kTfLiteOk;
}

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteFullyConnectedParams* params = node->builtin_data;
  fc_data* d = node->user_data;
  const TfLiteTensor *input, *weights;
  TfLiteTensor* output;
  LN_CHECK(context, params != NULL, "the options are missing");
  d->shuffled = params->weights_format == kTfLiteFullyConnectedWeightsFormatShuffled4x16Int8;
  const LinnetFusion fusion = ln_fusion(context);
  LN_TRY(ln_check_io_sparse(context, node, 2, fusion.takes_rows ? kTaken + 3 : 3,
                            d->shuffled         ? 2
                            : fusion.gives_rows ? kGiven + 3
                                                : 1,
                            1));
  LN_TRY(ln_get_input(context, node, kInput, &input));
  LN_TRY(ln_get_input(context, node, kWeights, &weights));
  d->hybrid = input->type == kTfLiteFloat32 && ln_weights_type(context, weights) != kTfLiteFloat32;
  LN_TRY(ln_set_temporaries(context, node, d->hybrid ? kTemporaries : 1, &d->first_temporary));
  LN_TRY(ln_get_input(context, node, kInput, &input));
  LN_TRY(ln_get_input(context, node, kWeights, &weights));
  LN_TRY(ln_get_output(context, node, 0, &output));
  const TfLiteTensor* bias = ln_optional_input(context, node, kBias);
  LN_TRY(check_types(context, params, input, weights, bias, output));
  LN_TRY(set_shapes(context, params, input, weights, bias, output, d));
  d->in_blocks = d->hybrid && ln_is_blockwise(weights);
  d->one_row = false;
  if (d->depth == 0) return set_temporaries(context, node, d);
  if (d->shuffled) return prepare_shuffled(context, node, d);
  LN_TRY(set_rule(context, params, input, weights, bias, output, d));
  if (d->in_blocks) {
    LN_TRY(ln_block_matrix_prepare(context, &d->blocks, weights));
    LN_TRY(ln_block_matrix_scratch(context, &d->blocks, d->rows, &d->scratch_bytes));
    return set_temporaries(context, node, d);
  }
  LN_TRY(set_sparse(context, weights, d));
  LN_TRY(ln_matrix_prepare(context, &d->matrix, weights));
  if (d->hybrid)
    LN_TRY(ln_matrix_set_weight_scales(context, &d->matrix, weights));
  else if (d->matrix.rule != LN_MATRIX_F32)
    LN_TRY(ln_matrix_set_factors(context, &d->matrix, input, weights, output, true));
  LN_TRY(ln_matrix_plan_scratch(context, &d->matrix, &d->scratch_bytes));
  if (d->matrix.packed_is_constant && (bias == NULL || ln_is_constant(bias)))
    LN_TRY(ln_matrix_load(context, &d->matrix, weights, bias));
  d->one_row = d->rows == 1 && ln_matrix_takes_row(&d->matrix);
  take_or_give_rows(context, node, &fusion, d);
  return set_temporaries(context, node, d);
}

static void describe(const void* arg, size_t index, ln_matrix_job* job) {
  const fc_run* run = arg;
  (void)index;
  /* Without a gap, or it costs a call to fill them. */
  *job = (ln_matrix_job){.part = 0,
                         .in = run->in,
                         .out = run->out,
                         .shape = NULL,
                         .in_stride = run->d->depth,
                         .lines = 1,
                         .line_rows = run->rows,
                         .image_lines = 1,
                         .image_stride = 0,
                         .line_stride = 0,
                         .out_stride = run->d->matrix.columns,
                         .row_scales = run->scales,
                         .row_zero_points = run->zero_points,
                         .rows_per_scale = 1,
                         .fill = NULL,
                         .fill_step = 0};
}

static void run_blocks(TfLiteContext* context, const TfLiteNode* node, const fc_run* run, void* scratch) {
  const fc_data* d = run->d;
  const TfLiteTensor* bias = ln_optional_input(context, node, kBias);
  const ln_block_rows rows = {.count = d->rows,
                              .a = run->in,
                              .scales = run->scales,
                              .bias = bias != NULL ? bias->data.f : NULL,
                              .low = d->matrix.low_f,
                              .high = d->matrix.high_f};
  ln_block_matrix_run(context, &d->blocks, rows, run->zero_points, scratch, run->out);
}

static void quantize(TfLiteContext* context, const TfLiteNode* node, const TfLiteTensor* input, fc_run* run) {
  const TfLiteFullyConnectedParams* params = node->builtin_data;
  const fc_data* d = run->d;
  int8_t* quantized = row_tensor(context, node, d, kQuantized)->data.int8;
  float* scales = row_tensor(context, node, d, kScales)->data.f;
  run->in = quantized;
  run->scales = scales;
  run->zero_points = row_tensor(context, node, d, kZeroPoints)->data.i32;
  if (d->takes_rows) return;
  /* With blocks the original's rows are asymmetric whatever the options say. */
  if (d->in_blocks)
    ln_quantize_rows_s8(input->data.f, d->rows, d->depth, true, quantized, scales, run->zero_points);
  else
    ln_matrix_quantize(context, &d->matrix, input->data.f, d->rows, d->depth, params->asymmetric_quantize_inputs,
                       quantized, scales, run->zero_points);
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteFullyConnectedParams* params = node->builtin_data;
  fc_data* d = node->user_data;
  const TfLiteTensor *input, *weights;
  TfLiteTensor* output;
  LN_TRY(ln_get_input(context, node, kInput, &input));
  LN_TRY(ln_get_output(context, node, 0, &output));
  if (d->one_row && ln_matrix_workers(context, &d->matrix, 1) == 1) {
    ln_matrix_run_row(&d->matrix, ln_get_temporary(context, node, kScratch)->data.raw, input->data.raw_const,
                      output->data.raw);
    return kTfLiteOk;
  }
  LN_TRY(ln_get_input(context, node, kWeights, &weights));
  if (output->bytes == 0) return kTfLiteOk;
  if (d->depth == 0) {
    memset(output->data.raw, 0, output->bytes);
    return kTfLiteOk;
  }
  if (d->shuffled) LN_TRY(fill_workspace(context, node, input, d));
  if (!d->in_blocks) LN_TRY(ln_matrix_load(context, &d->matrix, weights, ln_optional_input(context, node, kBias)));
  fc_run run = {.d = d, .in = input->data.raw_const, .out = output->data.raw, .rows = d->rows};
  if (d->hybrid) quantize(context, node, input, &run);
  void* scratch = ln_get_temporary(context, node, kScratch)->data.raw;
  if (d->in_blocks)
    run_blocks(context, node, &run, scratch);
  else
    ln_matrix_run(context, &d->matrix, scratch, LN_MATRIX_BY_JOBS, 1, 1, d->rows, describe, &run);
  if (d->activates) ln_activate_f32((ln_activation)params->activation, output->data.f, d->rows * d->matrix.columns);
  return kTfLiteOk;
}

/* ---- More rows than the node has: ops/fully_connected.h ---- */

bool ln_fully_connected_takes_rows(const TfLiteNode* node) {
  const fc_data* d = node->user_data;
  return d->matrix.ready && !d->shuffled && !d->in_blocks && d->depth > 0 && d->rows > 0 && d->matrix.columns > 0;
}

/* The matrix product's scratch; rows as bytes, their scales and zero points. */
bool ln_fully_connected_rows_bytes(const TfLiteNode* node, size_t times, size_t* size_bytes) {
  const fc_data* d = node->user_data;
  size_t rows, bytes = 0;
  if (!ln_mul_size(d->rows, times, &rows) || rows >= SIZE_MAX / 16) return false;
  if (d->hybrid && !ln_mul_size(rows, d->depth, &bytes)) return false;
  if (!ln_add_size(bytes, rows * 8 + 4 * 64, &bytes) || bytes >= SIZE_MAX / 2) return false;
  return ln_add_size(bytes, ln_round_up(d->scratch_bytes, 64), size_bytes);
}

void ln_fully_connected_run_rows(TfLiteContext* context, const TfLiteNode* node, const void* in, size_t times,
                                 void* out, void* memory) {
  const TfLiteFullyConnectedParams* params = node->builtin_data;
  const fc_data* d = node->user_data;
  const size_t rows = d->rows * times;
  char* block = memory;
  void* scratch = ln_carve(&block, d->scratch_bytes);
  fc_run run = {.d = d, .in = in, .out = out, .rows = rows};
  if (d->hybrid) {
    float* scales = ln_carve(&block, rows * sizeof *scales);
    int32_t* zero_points = ln_carve(&block, rows * sizeof *zero_points);
    ln_matrix_quantize(context, &d->matrix, in, rows, d->depth, params->asymmetric_quantize_inputs, block, scales,
                       zero_points);
    run.in = block;
    run.scales = scales;
    run.zero_points = zero_points;
  }
  ln_matrix_run(context, &d->matrix, scratch, LN_MATRIX_BY_JOBS, 1, 1, rows, describe, &run);
  if (d->activates) ln_activate_f32((ln_activation)params->activation, out, rows * d->matrix.columns);
}

const TfLiteRegistration ln_op_fully_connected = {
    .init = init, .free = free_data, .prepare = prepare, .invoke = invoke};
