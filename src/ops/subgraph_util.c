#include "ops/subgraph_util.h"

#include <string.h>

TfLiteStatus ln_check_subgraph(TfLiteContext* context, int32_t subgraph, int inputs, int outputs) {
  LinnetBackend* backend = LinnetBackendOf(context);
  LN_CHECK(context, backend != NULL, "this runtime cannot run subgraphs for the operator");
  LN_CHECK(context, subgraph >= 0 && subgraph < backend->SubgraphCount(backend),
           "subgraph %d does not exist; there are %d", subgraph, backend->SubgraphCount(backend));
  const int has_inputs = backend->SubgraphInputs(backend, subgraph)->size;
  const int has_outputs = backend->SubgraphOutputs(backend, subgraph)->size;
  LN_CHECK(context, inputs < 0 || has_inputs == inputs, "subgraph %d has %d inputs; %d are right", subgraph, has_inputs,
           inputs);
  LN_CHECK(context, outputs < 0 || has_outputs == outputs, "subgraph %d has %d outputs; %d are right", subgraph,
           has_outputs, outputs);
  return kTfLiteOk;
}

TfLiteTensor* ln_subgraph_input(TfLiteContext* context, int32_t subgraph, int index) {
  LinnetBackend* backend = LinnetBackendOf(context);
  TfLiteContext* inner = backend->SubgraphContext(backend, subgraph);
  return inner->GetTensor(inner, backend->SubgraphInputs(backend, subgraph)->data[index]);
}

TfLiteTensor* ln_subgraph_output(TfLiteContext* context, int32_t subgraph, int index) {
  LinnetBackend* backend = LinnetBackendOf(context);
  TfLiteContext* inner = backend->SubgraphContext(backend, subgraph);
  return inner->GetTensor(inner, backend->SubgraphOutputs(backend, subgraph)->data[index]);
}

static TfLiteStatus shape_input(TfLiteContext* context, const TfLiteTensor* outer, int index, int32_t subgraph) {
  LinnetBackend* backend = LinnetBackendOf(context);
  const TfLiteTensor* inner = ln_subgraph_input(context, subgraph, index);
  LN_CHECK(context, inner->type == outer->type, "input %d is %s; subgraph %d takes %s there", index,
           TfLiteTypeGetName(outer->type), subgraph, TfLiteTypeGetName(inner->type));
  if (ln_same_shape(inner, outer)) return kTfLiteOk;
  return backend->SubgraphResizeInput(backend, subgraph, index, outer->dims);
}

TfLiteStatus ln_shape_subgraph(TfLiteContext* context, const TfLiteNode* node, int first, int32_t subgraph) {
  LinnetBackend* backend = LinnetBackendOf(context);
  for (int i = first; i < node->inputs->size; ++i) {
    const TfLiteTensor* outer;
    LN_TRY(ln_get_input(context, node, i, &outer));
    LN_TRY(shape_input(context, outer, i - first, subgraph));
  }
  return backend->SubgraphAllocate(backend, subgraph);
}

TfLiteStatus ln_copy_tensor(TfLiteContext* owner, const TfLiteTensor* from, TfLiteTensor* to) {
  LN_CHECK(owner, from->type == to->type, "a value of type %s for a tensor of type %s", TfLiteTypeGetName(from->type),
           TfLiteTypeGetName(to->type));
  if (ln_is_dynamic(to) && !ln_same_shape(from, to)) LN_TRY(ln_resize_like(owner, to, from));
  if (from->type == kTfLiteString || ln_is_dynamic(to))
    LN_CHECK(owner, TfLiteTensorRealloc(from->bytes, to) == kTfLiteOk, "no memory for %zu bytes", from->bytes);
  LN_CHECK(owner, from->bytes == to->bytes, "a value of %zu bytes for a tensor of %zu", from->bytes, to->bytes);
  if (from->bytes == 0 || from->data.raw == to->data.raw) return kTfLiteOk;
  LN_CHECK(owner, from->data.raw != NULL && to->data.raw != NULL && to->allocation_type != kTfLiteMmapRo,
           "tensor \"%s\" has no memory to copy \"%s\" to, or no data", to->name, from->name);
  memmove(to->data.raw, from->data.raw, from->bytes);
  return kTfLiteOk;
}

TfLiteStatus ln_enter_subgraph(TfLiteContext* context, const TfLiteNode* node, int first, int32_t subgraph) {
  LinnetBackend* backend = LinnetBackendOf(context);
  LN_TRY(ln_shape_subgraph(context, node, first, subgraph));
  for (int i = first; i < node->inputs->size; ++i) {
    const TfLiteTensor* outer;
    LN_TRY(ln_get_input(context, node, i, &outer));
    LN_TRY(ln_copy_tensor(backend->SubgraphContext(backend, subgraph), outer,
                          ln_subgraph_input(context, subgraph, i - first)));
  }
  return kTfLiteOk;
}

TfLiteStatus ln_leave_subgraph(TfLiteContext* context, const TfLiteNode* node, int32_t subgraph) {
  for (int i = 0; i < node->outputs->size; ++i) {
    TfLiteTensor* outer;
    LN_TRY(ln_get_output(context, node, i, &outer));
    LN_TRY(ln_copy_tensor(context, ln_subgraph_output(context, subgraph, i), outer));
  }
  return kTfLiteOk;
}

TfLiteStatus ln_shape_outputs(TfLiteContext* context, const TfLiteNode* node, int32_t subgraph, bool dynamic) {
  for (int i = 0; i < node->outputs->size; ++i) {
    TfLiteTensor* outer;
    const TfLiteTensor* inner = ln_subgraph_output(context, subgraph, i);
    LN_TRY(ln_get_output(context, node, i, &outer));
    LN_CHECK(context, inner->type == outer->type, "output %d is %s; subgraph %d gives %s", i,
             TfLiteTypeGetName(outer->type), subgraph, TfLiteTypeGetName(inner->type));
    if (dynamic || ln_is_dynamic(inner))
      ln_set_dynamic(outer);
    else
      LN_TRY(ln_resize_like(context, outer, inner));
  }
  return kTfLiteOk;
}

TfLiteStatus ln_read_condition(TfLiteContext* context, const TfLiteTensor* t, bool* value) {
  LN_CHECK(context, t->type == kTfLiteBool && ln_num_elements(t) == 1 && t->data.b != NULL,
           "the condition is %s with %lld elements; one BOOL is right", TfLiteTypeGetName(t->type),
           (long long)ln_num_elements(t));
  *value = t->data.uint8[0] != 0;
  return kTfLiteOk;
}
