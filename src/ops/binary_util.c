#include "ops/binary_util.h"

#include <float.h>

#include "kernels/generic/fixed_point.h"
#include "kernels/generic/half_rows.h"
#include "kernels/generic/rows_f32.h"
#include "ops/fusion.h"

enum { TILE = 16384 };

TfLiteStatus ln_binary_get(TfLiteContext* context, const TfLiteNode* node, ln_binary_io* io) {
  LN_TRY(ln_check_io(context, node, 2, 2, 1));
  LN_TRY(ln_get_input(context, node, 0, &io->a));
  LN_TRY(ln_get_input(context, node, 1, &io->b));
  return ln_get_output(context, node, 0, &io->output);
}

TfLiteStatus ln_binary_prepare(TfLiteContext* context, const TfLiteNode* node, TfLiteType output_type) {
  ln_binary_io io;
  int32_t dims[LN_MAX_RANK];
  int rank;
  LN_TRY(ln_binary_get(context, node, &io));
  LN_CHECK(context, io.a->type == io.b->type, "inputs are %s and %s; they must be the same",
           TfLiteTypeGetName(io.a->type), TfLiteTypeGetName(io.b->type));
  /* Some converters leave another type on the output; the inputs' counts, as in the original. */
  io.output->type = output_type;
  LN_TRY(ln_broadcast_dims(context, io.a, io.b, &rank, dims));
  return ln_resize(context, io.output, rank, dims);
}

static ln_binary_shape shape_of(const ln_binary_io* io) {
  const int rank = ln_rank(io->output);
  size_t a_strides[LN_MAX_RANK], b_strides[LN_MAX_RANK], a_stride = 1, b_stride = 1;
  for (int i = rank - 1; i >= 0; --i) {
    const int ka = i - (rank - ln_rank(io->a)), kb = i - (rank - ln_rank(io->b));
    const size_t da = ka >= 0 ? (size_t)ln_dim(io->a, ka) : 1, db = kb >= 0 ? (size_t)ln_dim(io->b, kb) : 1;
    a_strides[i] = da == 1 ? 0 : a_stride;
    b_strides[i] = db == 1 ? 0 : b_stride;
    a_stride *= da;
    b_stride *= db;
  }
  ln_binary_shape shape = {0};
  for (int i = 0; i < rank; ++i) ln_binary_add(&shape, (size_t)ln_dim(io->output, i), a_strides[i], b_strides[i]);
  return shape;
}

/* Shared out in stretches of the outermost dimension. */
typedef struct binary_job {
  const ln_binary_shape* shape;
  ln_binary_row row;
  const void* params;
  const char *a, *b;
  char* out;
  size_t a_width, b_width, out_width, inner; /* inner: outputs of one step of the outermost dimension */
} binary_job;

static void run_range(void* arg, size_t first, size_t end) {
  const binary_job* j = arg;
  ln_binary_shape part = *j->shape;
  part.extents[0] = end - first;
  ln_binary_walk(&part, j->row, j->params, j->a + first * part.a_strides[0] * j->a_width, j->a_width,
                 j->b + first * part.b_strides[0] * j->b_width, j->b_width, j->out + first * j->inner * j->out_width,
                 j->out_width);
}

/* Few elements of operands that are numbers, or are not spread: what it takes to find out more is a multiple of the
 * work. (An operand with as many elements as the output lies as that does.) */
static bool run_few(const ln_binary_io* io, ln_binary_row row, const void* params) {
  enum { FEW = 1024 };
  const int64_t count = ln_num_elements(io->output);
  if (count == 0 || count > FEW || ln_is_half(io->a->type)) return false;
  const int64_t of_a = ln_num_elements(io->a), of_b = ln_num_elements(io->b);
  if ((of_a != count && of_a != 1) || (of_b != count && of_b != 1)) return false;
  ln_binary_best(row)(params, io->a->data.raw, of_a == count, io->b->data.raw, of_b == count, io->output->data.raw,
                      (size_t)count);
  return true;
}

TfLiteStatus ln_binary_run_io(TfLiteContext* context, const ln_binary_io* io, ln_binary_row row, const void* params) {
  if (run_few(io, row, params)) return kTfLiteOk;
  const ln_binary_shape shape = shape_of(io);
  binary_job job = {.shape = &shape,
                    .row = ln_binary_best(row),
                    .params = params,
                    .a = io->a->data.raw,
                    .b = io->b->data.raw,
                    .out = io->output->data.raw,
                    .a_width = ln_type_size(io->a->type),
                    .b_width = ln_type_size(io->b->type),
                    .out_width = ln_type_size(io->output->type),
                    .inner = 1};
  const ln_half_binary half = {job.row, params, io->a->type == kTfLiteBFloat16, io->output->type == kTfLiteBool};
  if (ln_is_half(io->a->type)) job.row = ln_half_binary_row, job.params = &half;
  if (io->output->bytes == 0) return kTfLiteOk;
  if (shape.rank == 0) {
    job.row(job.params, job.a, 0, job.b, 0, job.out, 1);
    return kTfLiteOk;
  }
  for (int i = 1; i < shape.rank; ++i) job.inner *= shape.extents[i];
  ln_parallel_ranges(context, run_range, &job, shape.extents[0], job.inner >= TILE ? 1 : TILE / job.inner,
                     shape.extents[0] * job.inner);
  return kTfLiteOk;
}

TfLiteStatus ln_binary_run(TfLiteContext* context, const TfLiteNode* node, ln_binary_row row, const void* params) {
  ln_binary_io io;
  LN_TRY(ln_binary_get(context, node, &io));
  return ln_binary_run_io(context, &io, row, params);
}

TfLiteStatus ln_binary_clamp_f32(TfLiteContext* context, TfLiteFusedActivation activation, ln_clamp_f32* clamp) {
  const LinnetFusion fusion = ln_fusion(context);
  LN_TRY(ln_activation_range_f32(context, activation, &clamp->low, &clamp->high));
  ln_fused_row(&fusion, &clamp->low, &clamp->high); /* a clamp: nothing else is fused into these */
  return kTfLiteOk;
}

TfLiteStatus ln_binary_clamp_int(TfLiteContext* context, TfLiteFusedActivation activation, TfLiteType type,
                                 ln_clamp_i64* clamp) {
  float low, high;
  LN_TRY(ln_activation_range_f32(context, activation, &low, &high));
  clamp->low = low != -FLT_MAX ? (int64_t)low : type == kTfLiteInt64 ? INT64_MIN : INT32_MIN;
  clamp->high = high != FLT_MAX ? (int64_t)high : type == kTfLiteInt64 ? INT64_MAX : INT32_MAX;
  return kTfLiteOk;
}

static int64_t integer_at(const TfLiteTensor* t, int64_t i) {
  switch (t->type) {
    case kTfLiteInt8:
      return t->data.int8[i];
    case kTfLiteUInt8:
      return t->data.uint8[i];
    case kTfLiteInt16:
      return t->data.i16[i];
    case kTfLiteInt32:
      return t->data.i32[i];
    default:
      return t->data.i64[i];
  }
}

TfLiteStatus ln_binary_check_divisor(TfLiteContext* context, const TfLiteTensor* divisor, int32_t zero_point) {
  if (divisor->type == kTfLiteFloat32) return kTfLiteOk;
  const int64_t count = ln_num_elements(divisor);
  for (int64_t i = 0; i < count; ++i)
    LN_CHECK(context, integer_at(divisor, i) != zero_point, "Division by 0: element %lld of the divisor", (long long)i);
  return kTfLiteOk;
}

TfLiteStatus ln_binary_check_scales(TfLiteContext* context, const ln_binary_io* io) {
  LN_CHECK(context, io->a->params.scale > 0 && io->b->params.scale > 0 && io->output->params.scale > 0,
           "the scales are %g, %g and %g; quantized inputs and outputs need one above 0", (double)io->a->params.scale,
           (double)io->b->params.scale, (double)io->output->params.scale);
  return kTfLiteOk;
}

TfLiteStatus ln_binary_make_product(TfLiteContext* context, const ln_binary_io* io, TfLiteFusedActivation activation,
                                    ln_mul_quantized* p) {
  LN_TRY(ln_binary_check_scales(context, io));
  LN_TRY(ln_activation_range_i32(context, activation, io->output, &p->low, &p->high));
  p->a_offset = -io->a->params.zero_point;
  p->b_offset = -io->b->params.zero_point;
  p->out_offset = io->output->params.zero_point;
  /* In float, as the reference does, before it becomes a double. */
  const float factor = io->a->params.scale * io->b->params.scale / io->output->params.scale;
  ln_quantize_multiplier((double)factor, &p->multiplier, &p->shift);
  return kTfLiteOk;
}

TfLiteStatus ln_binary_make_sum(TfLiteContext* context, const ln_binary_io* io, TfLiteFusedActivation activation,
                                int32_t sign, ln_add_quantized* p) {
  LN_TRY(ln_binary_check_scales(context, io));
  LN_TRY(ln_activation_range_i32(context, activation, io->output, &p->low, &p->high));
  const double a = (double)io->a->params.scale, b = (double)io->b->params.scale, out = (double)io->output->params.scale;
  p->a_offset = -io->a->params.zero_point;
  p->b_offset = -io->b->params.zero_point;
  p->out_offset = io->output->params.zero_point;
  p->left_shift = io->a->type == kTfLiteInt16 ? 15 : 20;
  p->sign = sign;
  const double twice_max = 2 * (a > b ? a : b), to_output = twice_max / ((1 << p->left_shift) * out);
  ln_quantize_multiplier(a / twice_max, &p->a_multiplier, &p->a_shift);
  ln_quantize_multiplier(b / twice_max, &p->b_multiplier, &p->b_shift);
  ln_quantize_multiplier(to_output, &p->out_multiplier, &p->out_shift);
  LN_CHECK(context, to_output < 1 && p->out_shift <= 0 && p->a_shift <= 0 && p->b_shift <= 0,
           "the scales %g, %g and %g are too far apart", a, b, out);
  return kTfLiteOk;
}

ln_binary_row ln_binary_find(const ln_binary_choice* choices, TfLiteType type) {
  while (choices->type != kTfLiteNoType && choices->type != type) ++choices;
  return choices->row;
}
