/* CAST between number types. */
#include "kernels/generic/cast.h"

#include "ops/builtin_ops.h"
#include "ops/unary_util.h"

static bool number_of(TfLiteType type, ln_number* number) {
  static const struct {
    TfLiteType type;
    ln_number number;
  } kNumbers[] = {{kTfLiteFloat32, LN_NUMBER_F32}, {kTfLiteFloat64, LN_NUMBER_F64},   {kTfLiteFloat16, LN_NUMBER_F16},
                  {kTfLiteInt8, LN_NUMBER_S8},     {kTfLiteUInt8, LN_NUMBER_U8},      {kTfLiteInt16, LN_NUMBER_S16},
                  {kTfLiteUInt16, LN_NUMBER_U16},  {kTfLiteInt32, LN_NUMBER_S32},     {kTfLiteUInt32, LN_NUMBER_U32},
                  {kTfLiteInt64, LN_NUMBER_S64},   {kTfLiteBFloat16, LN_NUMBER_BF16}, {kTfLiteComplex64, LN_NUMBER_C64},
                  {kTfLiteBool, LN_NUMBER_BOOL},   {kTfLiteInt4, LN_NUMBER_S4},       {kTfLiteUInt4, LN_NUMBER_U4},
                  {kTfLiteInt2, LN_NUMBER_S2}};
  for (size_t i = 0; i < sizeof kNumbers / sizeof kNumbers[0]; ++i)
    if (kNumbers[i].type == type) return *number = kNumbers[i].number, true;
  return false;
}

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor* input;
  TfLiteTensor* output;
  ln_number in, out;
  LN_TRY(ln_unary_get(context, node, &input, &output));
  const bool known = number_of(input->type, &in) && number_of(output->type, &out);
  /* Types of less than a byte go to and from FLOAT32 only. */
  LN_CHECK(context,
           known && (in < LN_NUMBER_S4 || output->type == kTfLiteFloat32) &&
               (out < LN_NUMBER_S4 || input->type == kTfLiteFloat32),
           "%s to %s cannot be cast", TfLiteTypeGetName(input->type), TfLiteTypeGetName(output->type));
  return ln_resize_like(context, output, input);
}

typedef struct cast_job {
  ln_number in, out;
  const char* from;
  char* to;
  size_t count, in_bytes, out_bytes; /* bytes of a tile */
} cast_job;

enum { kTile = 8192 };

static void run_tile(void* arg, size_t tile) {
  const cast_job* j = arg;
  const size_t first = tile * kTile, n = j->count - first < kTile ? j->count - first : kTile;
  ln_cast_ref(j->in, j->from + tile * j->in_bytes, j->out, j->to + tile * j->out_bytes, n);
}

static size_t tile_bytes(TfLiteType type) {
  const size_t size = ln_type_size(type);
  return size > 0 ? kTile * size : type == kTfLiteInt2 ? kTile / 4 : kTile / 2;
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor* input;
  TfLiteTensor* output;
  cast_job job = {0};
  LN_TRY(ln_unary_get(context, node, &input, &output));
  LN_CHECK(context, number_of(input->type, &job.in) && number_of(output->type, &job.out), "the types have changed");
  job.count = (size_t)ln_num_elements(input);
  job.from = input->data.raw_const;
  job.to = output->data.raw;
  job.in_bytes = tile_bytes(input->type);
  job.out_bytes = tile_bytes(output->type);
  if (job.count > 0) ln_parallel_for(context, run_tile, &job, (job.count + kTile - 1) / kTile);
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_cast = {.prepare = prepare, .invoke = invoke};
