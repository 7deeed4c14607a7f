#include "ops/region.h"

#include <string.h>

#include "linnet/stablehlo.h"
#include "ops/builtin_ops.h"
#include "ops/element_util.h"
#include "ops/subgraph_util.h"
#include "tensorflow/lite/builtin_ops.h"

/* The operators that are well known, with the order of their operands. */
static const struct known {
  int32_t code;
  ln_element_op op;
  bool swapped;
} kKnown[] = {
    {kTfLiteBuiltinStablehloAdd, LN_ELEMENT_ADD, false},
    {kTfLiteBuiltinAdd, LN_ELEMENT_ADD, false},
    {kTfLiteBuiltinStablehloMultiply, LN_ELEMENT_MUL, false},
    {kTfLiteBuiltinMul, LN_ELEMENT_MUL, false},
    {kTfLiteBuiltinStablehloMaximum, LN_ELEMENT_LARGER, false},
    {kTfLiteBuiltinMaximum, LN_ELEMENT_LARGER, false},
    {kTfLiteBuiltinStablehloMinimum, LN_ELEMENT_SMALLER, false},
    {kTfLiteBuiltinMinimum, LN_ELEMENT_SMALLER, false},
    {kTfLiteBuiltinStablehloAnd, LN_ELEMENT_AND, false},
    {kTfLiteBuiltinLogicalAnd, LN_ELEMENT_AND, false},
    {kTfLiteBuiltinStablehloOr, LN_ELEMENT_OR, false},
    {kTfLiteBuiltinLogicalOr, LN_ELEMENT_OR, false},
    {kTfLiteBuiltinStablehloSubtract, LN_ELEMENT_SUB, false},
    {kTfLiteBuiltinLess, LN_ELEMENT_LT, false},
    {kTfLiteBuiltinLessEqual, LN_ELEMENT_LE, false},
    {kTfLiteBuiltinGreater, LN_ELEMENT_LT, true},
    {kTfLiteBuiltinGreaterEqual, LN_ELEMENT_LE, true},
};

static bool has_activation(const TfLiteRegistration* registration, const TfLiteNode* node) {
  const void* params = node->builtin_data;
  if (registration->builtin_code == kTfLiteBuiltinAdd)
    return params == NULL || ((const TfLiteAddParams*)params)->activation != kTfLiteActNone;
  if (registration->builtin_code == kTfLiteBuiltinMul)
    return params == NULL || ((const TfLiteMulParams*)params)->activation != kTfLiteActNone;
  return false;
}

/* An operator of the client's own under a builtin code is none of the well-known ones. */
static bool find_known(const TfLiteRegistration* registration, const TfLiteNode* node, struct known* known) {
  const TfLiteRegistration* own = ln_find_builtin_op(registration->builtin_code, 1);
  if (own == NULL || own->invoke != registration->invoke || has_activation(registration, node)) return false;
  if (registration->builtin_code == kTfLiteBuiltinStablehloCompare) {
    const LinnetStablehloCompareParams* params = node->builtin_data;
    return params != NULL &&
           ln_comparison_of(params->comparison_direction, params->compare_type, &known->op, &known->swapped);
  }
  for (size_t i = 0; i < sizeof kKnown / sizeof kKnown[0]; ++i) {
    *known = kKnown[i];
    if (known->code == registration->builtin_code) return true;
  }
  return false;
}

static int find_argument(const TfLiteIntArray* arguments, int tensor) {
  int i = arguments->size - 1;
  while (i >= 0 && arguments->data[i] != tensor) --i;
  return i;
}

/* Sees whether the subgraph, which has one output, is less than a graph. */
static TfLiteStatus recognize(TfLiteContext* context, ln_region* region) {
  LinnetBackend* backend = LinnetBackendOf(context);
  TfLiteContext* inner = backend->SubgraphContext(backend, region->subgraph);
  const TfLiteIntArray* arguments = backend->SubgraphInputs(backend, region->subgraph);
  const int result = backend->SubgraphOutputs(backend, region->subgraph)->data[0];
  TfLiteIntArray* plan;
  TfLiteNode* node;
  TfLiteRegistration* registration;
  struct known known;
  ln_number number;
  LN_TRY(inner->GetExecutionPlan(inner, &plan));
  region->a = find_argument(arguments, result);
  if (region->a >= 0) {
    region->kind = LN_REGION_ARGUMENT;
    return kTfLiteOk;
  }
  if (plan->size != 1) return kTfLiteOk;
  LN_TRY(inner->GetNodeAndRegistration(inner, plan->data[0], &node, &registration));
  if (node->inputs->size != 2 || node->outputs->size != 1 || node->outputs->data[0] != result ||
      !find_known(registration, node, &known))
    return kTfLiteOk;
  region->a = find_argument(arguments, node->inputs->data[known.swapped ? 1 : 0]);
  region->b = find_argument(arguments, node->inputs->data[known.swapped ? 0 : 1]);
  if (region->a < 0 || region->b < 0) return kTfLiteOk;
  const TfLiteTensor *a = ln_subgraph_input(context, region->subgraph, region->a),
                     *b = ln_subgraph_input(context, region->subgraph, region->b);
  if (known.op >= LN_ELEMENT_SUB && known.op != LN_ELEMENT_MUL && known.op != LN_ELEMENT_LARGER &&
      known.op != LN_ELEMENT_SMALLER && (ln_is_quantized(a) || ln_is_quantized(b)))
    return kTfLiteOk; /* computed with the real values */
  region->op = known.op;
  region->row = a->type == b->type && ln_number_of(a->type, &number) ? ln_element_binary(known.op, number) : NULL;
  if (region->row != NULL) region->kind = LN_REGION_ROW;
  return kTfLiteOk;
}

TfLiteStatus ln_region_enter(TfLiteContext* context, const ln_region* region) {
  LinnetBackend* backend = LinnetBackendOf(context);
  static const TfLiteIntArray kScalar = {.size = 0};
  for (int i = 0; i < region->inputs; ++i)
    if (ln_rank(ln_subgraph_input(context, region->subgraph, i)) != 0)
      LN_TRY(backend->SubgraphResizeInput(backend, region->subgraph, i, &kScalar));
  return backend->SubgraphAllocate(backend, region->subgraph);
}

TfLiteStatus ln_region_prepare(TfLiteContext* context, int32_t subgraph, const TfLiteType* inputs, int input_count,
                               const TfLiteType* outputs, int output_count, ln_region* region) {
  LN_CHECK(context, input_count <= LN_REGION_MAX_ARGUMENTS, "the region has %d arguments; at most %d are allowed",
           input_count, LN_REGION_MAX_ARGUMENTS);
  LN_TRY(ln_check_subgraph(context, subgraph, input_count, output_count));
  for (int i = 0; i < input_count; ++i) {
    const TfLiteTensor* t = ln_subgraph_input(context, subgraph, i);
    LN_CHECK(context, t->type == inputs[i], "argument %d of the region is %s; %s is right", i,
             TfLiteTypeGetName(t->type), TfLiteTypeGetName(inputs[i]));
  }
  for (int i = 0; i < output_count; ++i) {
    const TfLiteTensor* t = ln_subgraph_output(context, subgraph, i);
    LN_CHECK(context, t->type == outputs[i], "value %d that the region returns is %s; %s is right", i,
             TfLiteTypeGetName(t->type), TfLiteTypeGetName(outputs[i]));
  }
  *region = (ln_region){.subgraph = subgraph, .inputs = input_count, .outputs = output_count};
  if (output_count == 1) LN_TRY(recognize(context, region));
  return region->kind == LN_REGION_GRAPH ? ln_region_enter(context, region) : kTfLiteOk;
}

TfLiteStatus ln_region_call(TfLiteContext* context, const ln_region* region, const void* const* in, void* const* out) {
  LinnetBackend* backend = LinnetBackendOf(context);
  for (int i = 0; i < region->inputs; ++i) {
    TfLiteTensor* t = ln_subgraph_input(context, region->subgraph, i);
    LN_CHECK(context, t->data.raw != NULL && t->allocation_type != kTfLiteMmapRo,
             "argument %d of the region has no memory of its own", i);
    memcpy(t->data.raw, in[i], ln_type_size(t->type));
  }
  LN_TRY(backend->SubgraphInvoke(backend, region->subgraph));
  for (int i = 0; i < region->outputs; ++i) {
    const TfLiteTensor* t = ln_subgraph_output(context, region->subgraph, i);
    LN_CHECK(context, t->data.raw != NULL && ln_num_elements(t) == 1,
             "value %d that the region returns has %lld elements; one is right", i, (long long)ln_num_elements(t));
    memcpy(out[i], t->data.raw, ln_type_size(t->type));
  }
  return kTfLiteOk;
}
