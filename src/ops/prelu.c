/* PRELU: slopes for negative values, broadcast to the input. */
#include "kernels/generic/prelu.h"

#include "kernels/generic/fixed_point.h"
#include "ops/binary_util.h"
#include "ops/builtin_ops.h"

static const ln_binary_choice kRows[] = {{kTfLiteFloat32, ln_prelu_f32_ref},
                                         {kTfLiteUInt8, ln_prelu_qu8_ref},
                                         {kTfLiteInt8, ln_prelu_qs8_ref},
                                         {kTfLiteInt16, ln_prelu_qs16_ref},
                                         {kTfLiteNoType, NULL}};

LN_DEFINE_INIT(init, ln_prelu_quantized, 0)

static TfLiteStatus prepare_quantized(TfLiteContext* context, const ln_binary_io* io, ln_prelu_quantized* p) {
  const TfLiteTensor *in = io->a, *slope = io->b, *out = io->output;
  LN_TRY(ln_binary_check_scales(context, io));
  p->in_offset = (int32_t)(0u - (uint32_t)in->params.zero_point);
  p->slope_offset = (int32_t)(0u - (uint32_t)slope->params.zero_point);
  p->out_offset = out->params.zero_point;
  /* In float, as the reference does. */
  ln_quantize_multiplier((double)(in->params.scale / out->params.scale), &p->multiplier, &p->shift);
  ln_quantize_multiplier((double)(in->params.scale * slope->params.scale / out->params.scale), &p->slope_multiplier,
                         &p->slope_shift);
  return kTfLiteOk;
}

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  ln_binary_io io;
  int32_t dims[LN_MAX_RANK];
  int rank;
  LN_TRY(ln_binary_get(context, node, &io));
  const TfLiteType type = io.a->type;
  LN_CHECK(context, ln_binary_find(kRows, type) != NULL, "input is %s; FLOAT32, UINT8, INT8 or INT16 is right",
           TfLiteTypeGetName(type));
  if (type != kTfLiteInt16 || io.b->type != kTfLiteInt8) LN_TRY(ln_check_type(context, io.b, "alpha", type));
  LN_TRY(ln_set_type(context, io.output, type));
  LN_TRY(ln_broadcast_dims(context, io.a, io.b, &rank, dims));
  LN_CHECK(context, rank == ln_rank(io.a), "alpha has rank %d, the input %d; at most the same is right", ln_rank(io.b),
           ln_rank(io.a));
  for (int i = 0; i < rank; ++i)
    LN_CHECK(context, dims[i] == ln_dim(io.a, i), "alpha has extent %d where the input has %d; 1 or the same is right",
             dims[i], ln_dim(io.a, i));
  if (type != kTfLiteFloat32) LN_TRY(prepare_quantized(context, &io, node->user_data));
  return ln_resize(context, io.output, rank, dims);
}

/* For int16 the reference takes the slopes for int8, also where they are INT16: it reads the tensor's first bytes. */
static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  ln_binary_io io;
  LN_TRY(ln_binary_get(context, node, &io));
  TfLiteTensor slope = *io.b;
  if (io.a->type == kTfLiteInt16) slope.type = kTfLiteInt8;
  io.b = &slope;
  return ln_binary_run_io(context, &io, ln_binary_find(kRows, io.a->type), node->user_data);
}

const TfLiteRegistration ln_op_prelu = {.init = init,
                                        .free = ln_free_node_data,
                                        .prepare = prepare,
                                        .invoke = invoke,
                                        .inplace_operator = kTfLiteInplaceOpInput0Shared};
