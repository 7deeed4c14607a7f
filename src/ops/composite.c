/* STABLEHLO_COMPOSITE: an operation given by its decomposition, a subgraph of the model.
 *
 * The decomposition is what a composite means; names and attributes are used differently by different converters. So a
 * kernel for a name is chosen by trial: where the decomposition is plain arithmetic, prepare runs it and the kernel on
 * the same made-up data (and the model's own constants), and keeps the kernel only if the results agree. The choice
 * depends on the model and its shapes alone. */
#include <math.h>
#include <string.h>

#include "ops/builtin_ops.h"
#include "ops/composite_native.h"
#include "ops/subgraph_util.h"
#include "tensorflow/lite/builtin_ops.h"

typedef struct composite_data {
  const ln_native* native; /* NULL: the decomposition is run */
  ln_native_params params;
  int first_temporary;
} composite_data;

LN_DEFINE_INIT(init, composite_data, .first_temporary = -1)

/* ---- Choosing a kernel ---- */

static const ln_native* find_native(const char* name) {
  static const ln_native* const kNatives[] = {
      &ln_native_rms_norm,        &ln_native_l2_norm,           &ln_native_group_norm,      &ln_native_attention,
      &ln_native_update_kv_cache, &ln_native_upsample_bilinear, &ln_native_upsample_nearest};
  for (size_t i = 0; i < sizeof kNatives / sizeof kNatives[0]; ++i)
    if (strcmp(kNatives[i]->name, name) == 0) return kNatives[i];
  return NULL;
}

/* Operators that end, change nothing but their outputs, and fail on no data of sound shapes. */
static bool is_plain_operator(const TfLiteRegistration* registration) {
  static const uint8_t kPlain[] = {kTfLiteBuiltinAdd,
                                   kTfLiteBuiltinSub,
                                   kTfLiteBuiltinMul,
                                   kTfLiteBuiltinDiv,
                                   kTfLiteBuiltinSquare,
                                   kTfLiteBuiltinSquaredDifference,
                                   kTfLiteBuiltinSqrt,
                                   kTfLiteBuiltinRsqrt,
                                   kTfLiteBuiltinPow,
                                   kTfLiteBuiltinNeg,
                                   kTfLiteBuiltinMaximum,
                                   kTfLiteBuiltinMinimum,
                                   kTfLiteBuiltinTanh,
                                   kTfLiteBuiltinExp,
                                   kTfLiteBuiltinSum,
                                   kTfLiteBuiltinMean,
                                   kTfLiteBuiltinReduceMax,
                                   kTfLiteBuiltinReshape,
                                   kTfLiteBuiltinTranspose,
                                   kTfLiteBuiltinExpandDims,
                                   kTfLiteBuiltinSqueeze,
                                   kTfLiteBuiltinCast,
                                   kTfLiteBuiltinBroadcastTo,
                                   kTfLiteBuiltinConcatenation,
                                   kTfLiteBuiltinSlice,
                                   kTfLiteBuiltinStridedSlice,
                                   kTfLiteBuiltinPack,
                                   kTfLiteBuiltinUnpack,
                                   kTfLiteBuiltinTile,
                                   kTfLiteBuiltinPad,
                                   kTfLiteBuiltinPadv2,
                                   kTfLiteBuiltinSoftmax,
                                   kTfLiteBuiltinBatchMatmul,
                                   kTfLiteBuiltinSelect,
                                   kTfLiteBuiltinSelectV2,
                                   kTfLiteBuiltinFullyConnected,
                                   kTfLiteBuiltinEqual,
                                   kTfLiteBuiltinLess,
                                   kTfLiteBuiltinDynamicUpdateSlice,
                                   kTfLiteBuiltinLogicalAnd,
                                   kTfLiteBuiltinGreaterEqual,
                                   kTfLiteBuiltinResizeBilinear,
                                   kTfLiteBuiltinLogicalNot,
                                   kTfLiteBuiltinLessEqual,
                                   kTfLiteBuiltinResizeNearestNeighbor,
                                   kTfLiteBuiltinGreater,
                                   kTfLiteBuiltinL2Normalization};
  static const uint8_t kPlainStablehlo[] = {
      kTfLiteBuiltinStablehloAdd,    kTfLiteBuiltinStablehloSubtract,       kTfLiteBuiltinStablehloMultiply,
      kTfLiteBuiltinStablehloDivide, kTfLiteBuiltinStablehloMaximum,        kTfLiteBuiltinStablehloMinimum,
      kTfLiteBuiltinStablehloPower,  kTfLiteBuiltinStablehloNegate,         kTfLiteBuiltinStablehloRsqrt,
      kTfLiteBuiltinStablehloTanh,   kTfLiteBuiltinStablehloExponential,    kTfLiteBuiltinStablehloReshape,
      kTfLiteBuiltinStablehloSelect, kTfLiteBuiltinStablehloCompare,        kTfLiteBuiltinStablehloConvert,
      kTfLiteBuiltinStablehloSlice,  kTfLiteBuiltinStablehloBroadcastInDim, kTfLiteBuiltinStablehloConcatenate,
      kTfLiteBuiltinStablehloIota,   kTfLiteBuiltinStablehloDotGeneral,     kTfLiteBuiltinStablehloTranspose,
      kTfLiteBuiltinStablehloPad,    kTfLiteBuiltinStablehloDynamicSlice,   kTfLiteBuiltinStablehloDynamicUpdateSlice};
  const int32_t code = registration->builtin_code;
  bool plain = false;
  for (size_t i = 0; i < sizeof kPlain; ++i) plain = plain || kPlain[i] == code;
  for (size_t i = 0; i < sizeof kPlainStablehlo; ++i) plain = plain || kPlainStablehlo[i] == code;
  if (!plain) return false;
  for (int version = 1; version <= 16; ++version) { /* not a client's own under that code */
    const TfLiteRegistration* own = ln_find_builtin_op(code, version);
    if (own != NULL) return own->invoke == registration->invoke;
  }
  return false;
}

static TfLiteStatus check_graph(TfLiteContext* context, TfLiteContext* inner, bool* is_plain) {
  enum { MOST_OPERATORS = 64 };
  TfLiteIntArray* plan;
  TfLiteNode* node;
  TfLiteRegistration* registration;
  LN_CHECK(context, inner->GetExecutionPlan(inner, &plan) == kTfLiteOk, "no memory for the decomposition's plan");
  *is_plain = plan->size <= MOST_OPERATORS;
  for (int i = 0; *is_plain && i < plan->size; ++i)
    *is_plain = inner->GetNodeAndRegistration(inner, plan->data[i], &node, &registration) == kTfLiteOk &&
                is_plain_operator(registration);
  return kTfLiteOk;
}

static bool set_tensor(const TfLiteTensor* t, ln_native_tensor* native) {
  if (t == NULL || ln_rank(t) > LN_MAX_RANK || ln_type_size(t->type) == 0 || t->sparsity != NULL) return false;
  *native = (ln_native_tensor){.type = t->type, .rank = ln_rank(t), .data = t->data.raw};
  for (int i = 0; i < ln_rank(t); ++i) native->dims[i] = ln_dim(t, i);
  return true;
}

/* The node's tensors; false where the kernels cannot take such. */
static bool set_call(TfLiteContext* context, const TfLiteNode* node, ln_native_call* call) {
  *call = (ln_native_call){.inputs = node->inputs->size, .outputs = node->outputs->size};
  if (call->inputs > LN_NATIVE_MAX_INPUTS || call->outputs > LN_NATIVE_MAX_OUTPUTS) return false;
  for (int i = 0; i < call->inputs; ++i)
    if (!set_tensor(ln_optional_input(context, node, i), &call->in[i])) return false;
  for (int i = 0; i < call->outputs; ++i) {
    TfLiteTensor* output;
    if (ln_get_output(context, node, i, &output) != kTfLiteOk || ln_is_dynamic(output) ||
        !set_tensor(output, &call->out[i]))
      return false;
  }
  return true;
}

/* ---- The trial ---- */

static size_t element_count(const ln_native_tensor* t) {
  size_t count = 1;
  for (int i = 0; i < t->rank; ++i) count *= (size_t)t->dims[i];
  return count;
}

/* Floats between -1 and 1, counting integers, mixed truth values. */
static bool make_up(const ln_native_tensor* t, uint32_t seed) {
  const size_t count = element_count(t);
  for (size_t i = 0; i < count; ++i) {
    seed = seed * 1664525u + 1013904223u;
    switch (t->type) {
      case kTfLiteFloat32:
        ((float*)t->data)[i] = (float)((int32_t)(seed >> 8) - (1 << 23)) * (1.0f / (1 << 23));
        break;
      case kTfLiteInt32:
        ((int32_t*)t->data)[i] = (int32_t)i;
        break;
      case kTfLiteInt64:
        ((int64_t*)t->data)[i] = (int64_t)i;
        break;
      case kTfLiteBool:
        ((uint8_t*)t->data)[i] = (seed >> 24) % 3 != 0;
        break;
      default:
        return false;
    }
  }
  return true;
}

/* Memory of the trial's own for every tensor; false: there is none. */
static bool take_memory(const ln_native_params* p, ln_native_call* call) {
  bool ok = true;
  call->scratch = ln_aligned_malloc(64, p->scratch_bytes > 0 ? p->scratch_bytes : 1);
  for (int i = 0; i < call->inputs + call->outputs; ++i) {
    ln_native_tensor* t = i < call->inputs ? &call->in[i] : &call->out[i - call->inputs];
    t->data = ln_malloc(element_count(t) * ln_type_size(t->type) + 1);
    ok = ok && t->data != NULL;
  }
  return ok && call->scratch != NULL;
}

static bool fill_inputs(TfLiteContext* context, const TfLiteNode* node, ln_native_call* call) {
  for (int i = 0; i < call->inputs; ++i) {
    const TfLiteTensor* given = ln_optional_input(context, node, i);
    if (ln_is_constant(given) && given->data.raw != NULL)
      memcpy(call->in[i].data, given->data.raw, given->bytes);
    else if (!make_up(&call->in[i], (uint32_t)i))
      return false;
  }
  return true;
}

static void free_trial(ln_native_call* call) {
  for (int i = 0; i < call->inputs; ++i) ln_free(call->in[i].data);
  for (int i = 0; i < call->outputs; ++i) ln_free(call->out[i].data);
  ln_aligned_free(call->scratch);
}

/* Without memory nothing is to be run: only sizes are asked for. */
static bool has_memory(TfLiteContext* context, int32_t subgraph, const ln_native_call* call) {
  for (int i = 0; i < call->inputs; ++i) {
    const TfLiteTensor* t = ln_subgraph_input(context, subgraph, i);
    if (t->bytes == 0 || t->data.raw == NULL || t->allocation_type == kTfLiteMmapRo) return false;
  }
  return true;
}

static bool run_decomposition(TfLiteContext* context, int32_t subgraph, const ln_native_call* call) {
  LinnetBackend* backend = LinnetBackendOf(context);
  for (int i = 0; i < call->inputs; ++i) {
    TfLiteTensor* t = ln_subgraph_input(context, subgraph, i);
    memcpy(t->data.raw, call->in[i].data, t->bytes);
  }
  return backend->SubgraphInvoke(backend, subgraph) == kTfLiteOk;
}

/* Equal but for rounding, by the largest value of the decomposition's. */
static bool agrees(const TfLiteTensor* wanted, const ln_native_tensor* got) {
  const float *a = wanted->data.f, *b = got->data;
  const size_t count = element_count(got);
  float largest = 0, difference = 0;
  if (wanted->type != kTfLiteFloat32 || wanted->bytes != count * sizeof(float)) return false;
  for (size_t i = 0; i < count; ++i) {
    if (!isfinite(a[i]) || !isfinite(b[i])) return false;
    largest = fabsf(a[i]) > largest ? fabsf(a[i]) : largest;
    difference = fabsf(a[i] - b[i]) > difference ? fabsf(a[i] - b[i]) : difference;
  }
  return difference <= 2e-5f * largest;
}

static TfLiteStatus try_native(TfLiteContext* context, const TfLiteNode* node, int32_t subgraph,
                               const ln_native* native, composite_data* data) {
  ln_native_call call;
  if (!set_call(context, node, &call) || !has_memory(context, subgraph, &call)) return kTfLiteOk;
  const bool memory = take_memory(&data->params, &call);
  bool ok = memory && fill_inputs(context, node, &call) && (native->takes_data == NULL || native->takes_data(&call)) &&
            run_decomposition(context, subgraph, &call);
  if (ok) native->run(context, &data->params, &call);
  for (int i = 0; i < call.outputs && ok; ++i) ok = agrees(ln_subgraph_output(context, subgraph, i), &call.out[i]);
  free_trial(&call);
  LN_CHECK(context, memory, "no memory for a trial of the kernel for %s", native->name);
  if (ok) data->native = native;
  return kTfLiteOk;
}

static TfLiteStatus choose_native(TfLiteContext* context, const TfLiteNode* node, composite_data* data) {
  const TfLiteStablehloCompositeParams* params = node->builtin_data;
  LinnetBackend* backend = LinnetBackendOf(context);
  const ln_native* native = params->name != NULL ? find_native(params->name) : NULL;
  ln_flex_map attributes;
  ln_native_call call;
  data->native = NULL;
  data->params = (ln_native_params){.scratch_bytes = 0};
  if (native == NULL || !ln_flex_open(params->attributes, params->attributes_size, &attributes) ||
      !set_call(context, node, &call) || !native->takes(context, &attributes, &call, &data->params))
    return kTfLiteOk;
  bool is_plain;
  LN_TRY(check_graph(context, backend->SubgraphContext(backend, params->subgraph_index), &is_plain));
  if (!is_plain) return kTfLiteOk;
  LN_TRY(try_native(context, node, params->subgraph_index, native, data));
  if (data->native != NULL) backend->SetKernelName(backend, native->name);
  return kTfLiteOk;
}

/* ---- The operator ---- */

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteStablehloCompositeParams* params = node->builtin_data;
  composite_data* data = node->user_data;
  LN_CHECK(context, params != NULL, "the options are missing");
  const int32_t subgraph = params->subgraph_index;
  LN_TRY(ln_check_io(context, node, 0, INT32_MAX, node->outputs->size));
  LN_TRY(ln_set_temporaries(context, node, 1, &data->first_temporary));
  LN_TRY(ln_check_subgraph(context, subgraph, node->inputs->size, node->outputs->size));
  LN_TRY(ln_shape_subgraph(context, node, 0, subgraph));
  LinnetBackend* backend = LinnetBackendOf(context);
  LN_TRY(ln_shape_outputs(context, node, subgraph, backend->SubgraphIsDynamic(backend, subgraph)));
  LN_TRY(choose_native(context, node, data));
  return ln_set_scratch(context, node, 0, data->native != NULL ? data->params.scratch_bytes : 0);
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteStablehloCompositeParams* params = node->builtin_data;
  const composite_data* data = node->user_data;
  LinnetBackend* backend = LinnetBackendOf(context);
  ln_native_call call;
  if (data->native != NULL && set_call(context, node, &call) &&
      (data->native->takes_data == NULL || data->native->takes_data(&call))) {
    call.scratch = ln_get_temporary(context, node, 0)->data.raw;
    data->native->run(context, &data->params, &call);
    return kTfLiteOk;
  }
  LN_TRY(ln_enter_subgraph(context, node, 0, params->subgraph_index));
  LN_TRY(backend->SubgraphInvoke(backend, params->subgraph_index));
  return ln_leave_subgraph(context, node, params->subgraph_index);
}

const TfLiteRegistration ln_op_stablehlo_composite = {
    .init = init, .free = ln_free_node_data, .prepare = prepare, .invoke = invoke};
