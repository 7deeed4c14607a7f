#include "ops/element_util.h"

#include <math.h>

#include "kernels/generic/quantize.h"
#include "linnet/stablehlo.h"

enum { TILE = 8192, STAGE = 256 };

static const TfLiteType kTypes[LN_NUMBER_COUNT] = {
    [LN_NUMBER_BOOL] = kTfLiteBool,   [LN_NUMBER_S8] = kTfLiteInt8,       [LN_NUMBER_S16] = kTfLiteInt16,
    [LN_NUMBER_S32] = kTfLiteInt32,   [LN_NUMBER_S64] = kTfLiteInt64,     [LN_NUMBER_U8] = kTfLiteUInt8,
    [LN_NUMBER_U16] = kTfLiteUInt16,  [LN_NUMBER_U32] = kTfLiteUInt32,    [LN_NUMBER_U64] = kTfLiteUInt64,
    [LN_NUMBER_F16] = kTfLiteFloat16, [LN_NUMBER_BF16] = kTfLiteBFloat16, [LN_NUMBER_F32] = kTfLiteFloat32,
    [LN_NUMBER_F64] = kTfLiteFloat64, [LN_NUMBER_C64] = kTfLiteComplex64, [LN_NUMBER_C128] = kTfLiteComplex128,
};

bool ln_number_of(TfLiteType type, ln_number* number) {
  for (int i = 0; i < LN_NUMBER_COUNT; ++i) {
    if (kTypes[i] != type) continue;
    *number = (ln_number)i;
    return true;
  }
  return false;
}

TfLiteType ln_type_of_number(ln_number number) { return kTypes[number]; }

TfLiteStatus ln_check_number(TfLiteContext* context, const TfLiteTensor* t, const char* what, ln_number* number) {
  LN_CHECK(context, ln_number_of(t->type, number), "%s is %s; its elements are no numbers of whole bytes", what,
           TfLiteTypeGetName(t->type));
  LN_CHECK(context, t->sparsity == NULL, "%s is sparse; a dense tensor is right", what);
  return kTfLiteOk;
}

TfLiteStatus ln_check_same_shape(TfLiteContext* context, const TfLiteTensor* a, const char* what_a,
                                 const TfLiteTensor* b, const char* what_b) {
  LN_CHECK(context, ln_rank(a) == ln_rank(b), "%s has rank %d, %s %d; they must be the same", what_a, ln_rank(a),
           what_b, ln_rank(b));
  for (int i = 0; i < ln_rank(a); ++i)
    LN_CHECK(context, ln_dim(a, i) == ln_dim(b, i), "dimension %d of %s is %d, of %s %d; they must be the same", i,
             what_a, ln_dim(a, i), what_b, ln_dim(b, i));
  return kTfLiteOk;
}

bool ln_is_quantized(const TfLiteTensor* t) {
  return (t->type == kTfLiteInt8 || t->type == kTfLiteUInt8 || t->type == kTfLiteInt16) && t->params.scale != 0;
}

static bool has_channel_scales(const TfLiteTensor* t) {
  const TfLiteAffineQuantization* affine =
      t->quantization.type == kTfLiteAffineQuantization ? t->quantization.params : NULL;
  return affine != NULL && affine->scale != NULL && affine->scale->size > 1;
}

TfLiteStatus ln_check_same_meaning(TfLiteContext* context, const TfLiteTensor* a, const char* what_a,
                                   const TfLiteTensor* b, const char* what_b) {
  LN_CHECK(context, a->type == b->type, "%s is %s, %s is %s; they must be the same", what_a, TfLiteTypeGetName(a->type),
           what_b, TfLiteTypeGetName(b->type));
  LN_CHECK(context,
           (!ln_is_quantized(a) && !ln_is_quantized(b)) ||
               (a->params.scale == b->params.scale && a->params.zero_point == b->params.zero_point),
           "the scales or zero points of %s and %s differ; they must be the same", what_a, what_b);
  return kTfLiteOk;
}

TfLiteStatus ln_check_quantized(TfLiteContext* context, const TfLiteTensor* t, const char* what) {
  LN_CHECK(context, !has_channel_scales(t), "%s has a scale for each channel; one for all is right", what);
  if (!ln_is_quantized(t)) return kTfLiteOk;
  LN_CHECK(context, t->params.scale > 0 && isfinite(t->params.scale), "the scale of %s is %g; it must be above 0", what,
           (double)t->params.scale);
  LN_CHECK(context, t->params.zero_point >= INT16_MIN && t->params.zero_point <= INT16_MAX,
           "the zero point of %s is %d, which its type cannot hold", what, t->params.zero_point);
  return kTfLiteOk;
}

bool ln_comparison_of(int32_t direction, int32_t compare_type, ln_element_op* op, bool* swapped) {
  static const ln_element_op kOps[] = {
      [kLinnetStablehloEqual] = LN_ELEMENT_EQ,   [kLinnetStablehloNotEqual] = LN_ELEMENT_NE,
      [kLinnetStablehloGreater] = LN_ELEMENT_LT, [kLinnetStablehloGreaterEqual] = LN_ELEMENT_LE,
      [kLinnetStablehloLess] = LN_ELEMENT_LT,    [kLinnetStablehloLessEqual] = LN_ELEMENT_LE};
  if (direction < 0 || direction > kLinnetStablehloLess) return false;
  if (compare_type < 0 || compare_type > kLinnetStablehloCompareUnsigned) return false;
  *op = kOps[direction];
  *swapped = direction == kLinnetStablehloGreater || direction == kLinnetStablehloGreaterEqual;
  if (compare_type == kLinnetStablehloCompareTotalOrder)
    *op = (ln_element_op)(*op - LN_ELEMENT_EQ + LN_ELEMENT_TOTAL_EQ);
  return true;
}

bool ln_is_index(const TfLiteTensor* t) {
  ln_number number;
  return ln_number_of(t->type, &number) && number >= LN_NUMBER_S8 && number <= LN_NUMBER_U64;
}

int32_t ln_index_at(const TfLiteTensor* t, size_t i) {
  ln_number number = LN_NUMBER_S64;
  int64_t index;
  ln_number_of(t->type, &number);
  ln_element_convert(number, t->data.raw + i * ln_number_size(number), LN_NUMBER_S64, &index, 1);
  if (number == LN_NUMBER_U64 && index < 0) return INT32_MAX;
  return index < INT32_MIN ? INT32_MIN : index > INT32_MAX ? INT32_MAX : (int32_t)index;
}

/* ---- Runs ---- */

typedef struct operand {
  TfLiteType type;
  float scale; /* 0: plain */
  int32_t zero_point;
  size_t width;
  char* data;
} operand;

static operand operand_of(const TfLiteTensor* t, bool in_floats) {
  return (operand){.type = t->type,
                   .scale = in_floats && ln_is_quantized(t) ? t->params.scale : 0,
                   .zero_point = t->params.zero_point,
                   .width = ln_type_size(t->type),
                   .data = t->data.raw};
}

/* The elements from `first` on as the row reads them: in place, or as floats in `stage`. */
static const void* load(const operand* o, size_t first, size_t n, float* stage) {
  const void* data = o->data + first * o->width;
  if (o->scale == 0) return data;
  if (o->type == kTfLiteInt8)
    ln_dequantize_s8_ref(o->scale, o->zero_point, data, stage, n);
  else if (o->type == kTfLiteUInt8)
    ln_dequantize_u8_ref(o->scale, o->zero_point, data, stage, n);
  else
    ln_dequantize_s16_ref(o->scale, o->zero_point, data, stage, n);
  return stage;
}

static void store(const operand* o, size_t first, size_t n, const float* stage) {
  void* data = o->data + first * o->width;
  if (o->scale == 0) return; /* the row has written it */
  if (o->type == kTfLiteInt8)
    ln_quantize_f32_s8_ref(o->scale, o->zero_point, stage, data, n);
  else if (o->type == kTfLiteUInt8)
    ln_quantize_f32_u8_ref(o->scale, o->zero_point, stage, data, n);
  else
    ln_quantize_f32_s16_ref(o->scale, o->zero_point, stage, data, n);
}

void ln_element_load(const TfLiteTensor* t, ln_number number, void* out) {
  const size_t n = (size_t)ln_num_elements(t);
  const operand o = operand_of(t, true);
  ln_number own = LN_NUMBER_F32;
  if (o.scale != 0) {
    float stage[STAGE];
    for (size_t first = 0, count; first < n; first += count) {
      count = n - first < STAGE ? n - first : STAGE;
      ln_element_convert(LN_NUMBER_F32, load(&o, first, count, stage), number,
                         (char*)out + first * ln_number_size(number), count);
    }
    return;
  }
  ln_number_of(t->type, &own);
  ln_element_convert(own, t->data.raw, number, out, n);
}

void ln_element_store(ln_number number, const void* in, TfLiteTensor* t) {
  const size_t n = (size_t)ln_num_elements(t);
  const operand o = operand_of(t, true);
  ln_number own = LN_NUMBER_F32;
  if (o.scale != 0) {
    float stage[STAGE];
    for (size_t first = 0, count; first < n; first += count) {
      count = n - first < STAGE ? n - first : STAGE;
      ln_element_convert(number, (const char*)in + first * ln_number_size(number), LN_NUMBER_F32, stage, count);
      store(&o, first, count, stage);
    }
    return;
  }
  ln_number_of(t->type, &own);
  ln_element_convert(number, in, own, t->data.raw, n);
}

typedef struct element_job {
  ln_binary_row binary;
  ln_unary_row unary; /* where `binary` is NULL */
  bool in_floats;
  operand a, b, out;
  size_t count;
} element_job;

static void run_tile(void* arg, size_t tile) {
  const element_job* j = arg;
  float stage_a[STAGE], stage_b[STAGE], stage_out[STAGE];
  const size_t end = j->count - tile * TILE < TILE ? j->count : (tile + 1) * TILE;
  size_t n = j->in_floats ? STAGE : TILE;
  for (size_t first = tile * TILE; first < end; first += n) {
    if (n > end - first) n = end - first;
    const void* a = load(&j->a, first, n, stage_a);
    void* out = j->out.scale == 0 ? (void*)(j->out.data + first * j->out.width) : stage_out;
    if (j->binary != NULL)
      j->binary(NULL, a, 1, load(&j->b, first, n, stage_b), 1, out, n);
    else
      j->unary(NULL, a, out, n);
    store(&j->out, first, n, stage_out);
  }
}

static void run(TfLiteContext* context, element_job* job) {
  if (job->count > 0) ln_parallel_for(context, run_tile, job, (job->count + TILE - 1) / TILE);
}

void ln_element_run_binary(TfLiteContext* context, ln_binary_row row, bool in_floats, const TfLiteTensor* a,
                           const TfLiteTensor* b, TfLiteTensor* output) {
  element_job job = {.binary = row,
                     .in_floats = in_floats,
                     .a = operand_of(a, in_floats),
                     .b = operand_of(b, in_floats),
                     .out = operand_of(output, in_floats),
                     .count = (size_t)ln_num_elements(output)};
  run(context, &job);
}

void ln_element_run_unary(TfLiteContext* context, ln_unary_row row, bool in_floats, const TfLiteTensor* input,
                          TfLiteTensor* output) {
  element_job job = {.unary = row,
                     .in_floats = in_floats,
                     .a = operand_of(input, in_floats),
                     .out = operand_of(output, in_floats),
                     .count = (size_t)ln_num_elements(output)};
  run(context, &job);
}
