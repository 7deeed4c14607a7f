/* Nodes: made from the file, initialised, prepared, run; and the two ways in which an operator can be called. */
#include <string.h>

#include "base/alloc.h"
#include "runtime/interpreter.h"
#include "runtime/operator_object.h"
#include "tensorflow/lite/builtin_ops.h"

static TfLiteOpaqueContext* opaque_context(ln_subgraph* subgraph) {
  return (TfLiteOpaqueContext*)(void*)&subgraph->context;
}

static TfLiteOpaqueNode* opaque_node(ln_node* node) { return (TfLiteOpaqueNode*)(void*)&node->node; }

void* ln_node_init(ln_subgraph* subgraph, ln_node* node, const char* buffer, size_t length) {
  const TfLiteOperator* op = node->registration.registration_external;
  if (op != NULL && op->init_with_data != NULL)
    return op->init_with_data(op->user_data, opaque_context(subgraph), buffer, length);
  if (op != NULL && op->init != NULL) return op->init(opaque_context(subgraph), buffer, length);
  return node->registration.init != NULL ? node->registration.init(&subgraph->context, buffer, length) : NULL;
}

static void free_user_data(ln_subgraph* subgraph, ln_node* node) {
  void* data = node->node.user_data;
  const TfLiteOperator* op = node->registration.registration_external;
  if (data == NULL || data == TfLiteKernelInitFailed()) return;
  if (op != NULL && op->free_with_data != NULL)
    op->free_with_data(op->user_data, opaque_context(subgraph), data);
  else if (op != NULL && op->free != NULL)
    op->free(opaque_context(subgraph), data);
  else if (node->registration.free != NULL)
    node->registration.free(&subgraph->context, data);
}

static TfLiteStatus call_prepare(ln_subgraph* subgraph, ln_node* node) {
  const TfLiteOperator* op = node->registration.registration_external;
  if (op != NULL && op->prepare_with_data != NULL)
    return op->prepare_with_data(op->user_data, opaque_context(subgraph), opaque_node(node));
  if (op != NULL && op->prepare != NULL) return op->prepare(opaque_context(subgraph), opaque_node(node));
  return node->registration.prepare != NULL ? node->registration.prepare(&subgraph->context, &node->node) : kTfLiteOk;
}

static bool can_invoke(const ln_node* node) {
  const TfLiteOperator* op = node->registration.registration_external;
  return node->registration.invoke != NULL || (op != NULL && (op->invoke != NULL || op->invoke_with_data != NULL));
}

static TfLiteStatus call_invoke(ln_subgraph* subgraph, ln_node* node) {
  const TfLiteOperator* op = node->registration.registration_external;
  if (op != NULL && op->invoke_with_data != NULL)
    return op->invoke_with_data(op->user_data, opaque_context(subgraph), opaque_node(node));
  if (op != NULL && op->invoke != NULL) return op->invoke(opaque_context(subgraph), opaque_node(node));
  return node->registration.invoke(&subgraph->context, &node->node);
}

ln_node* ln_subgraph_new_node(ln_subgraph* subgraph) {
  if (subgraph->node_count == subgraph->node_capacity) {
    const size_t capacity = (size_t)subgraph->node_capacity * 2 + 16;
    ln_node** nodes = ln_realloc(subgraph->nodes, capacity * sizeof *nodes);
    if (nodes == NULL) {
      ln_subgraph_report(subgraph, "no memory for a node");
      return NULL;
    }
    subgraph->nodes = nodes;
    subgraph->node_capacity = (int32_t)capacity;
  }
  ln_node* node = ln_calloc(1, sizeof *node);
  if (node == NULL) {
    ln_subgraph_report(subgraph, "no memory for a node");
    return NULL;
  }
  node->name = node->kernel = "";
  subgraph->nodes[subgraph->node_count++] = node;
  return node;
}

static void free_node(ln_subgraph* subgraph, ln_node* node) {
  free_user_data(subgraph, node);
  TfLiteIntArrayFree(node->node.inputs);
  TfLiteIntArrayFree(node->node.outputs);
  TfLiteIntArrayFree(node->node.intermediates);
  TfLiteIntArrayFree(node->node.temporaries);
  TfLiteIntArrayFree(node->delegated.nodes);
  TfLiteIntArrayFree(node->delegated.inputs);
  TfLiteIntArrayFree(node->delegated.outputs);
  if (!node->borrows_options) ln_free(node->node.builtin_data);
  ln_operator_release(node->registration.registration_external);
  ln_free(node);
}

void ln_subgraph_pop_node(ln_subgraph* subgraph) { free_node(subgraph, subgraph->nodes[--subgraph->node_count]); }

void ln_subgraph_free_nodes(ln_subgraph* subgraph) {
  while (subgraph->node_count > 0) ln_subgraph_pop_node(subgraph);
  ln_free(subgraph->nodes);
}

/* Registrations of clients that were built against older headers are shorter; what lies behind them is not followed. */
static void take_registration(ln_node* node, const TfLiteRegistration* found) {
  enum { ALL_FLAGS = 2 * kTfLiteInplaceOpInput2Shared - 1 };
  node->registration = *found;
  if (!ln_operator_retain(found->registration_external)) node->registration.registration_external = NULL;
  if (found->inplace_operator > ALL_FLAGS) node->registration.inplace_operator = kTfLiteInplaceOpNone;
}

/* The registration for an operator code, a copy. Unknown custom operators get one without functions: a delegate may
 * still take their nodes. */
static TfLiteStatus find_registration(ln_subgraph* subgraph, const ln_model_opcode* code, ln_node* node) {
  const ln_op_resolver* resolver = &subgraph->interpreter->config.resolver;
  const bool custom = code->builtin_code == kTfLiteBuiltinCustom;
  const TfLiteRegistration* found =
      custom ? resolver->find_custom(resolver->user_data, code->custom_name, code->version)
             : resolver->find_builtin(resolver->user_data, code->builtin_code, code->version);
  node->name = custom ? code->custom_name : ln_builtin_operator_name(code->builtin_code);
  if (found == NULL && !custom) {
    ln_subgraph_report(
        subgraph,
        "Didn't find op for builtin opcode '%s' version '%d'. An older version of this builtin might be supported. Are "
        "you using an old TFLite binary with a newer model?",
        node->name, code->version);
    ln_report_more(&subgraph->interpreter->config.reporter, "Registration failed.");
    return kTfLiteError;
  }
  if (found != NULL) take_registration(node, found);
  node->is_own = found != NULL && !custom && resolver->is_own != NULL &&
                 resolver->is_own(found, code->builtin_code, code->version);
  node->registration.builtin_code = code->builtin_code;
  node->registration.version = code->version;
  if (custom) node->registration.custom_name = code->custom_name;
  return kTfLiteOk;
}

static bool has_side_effect(int32_t code) {
  switch (code) {
    case kTfLiteBuiltinIf:
    case kTfLiteBuiltinWhile:
    case kTfLiteBuiltinCall:
    case kTfLiteBuiltinCallOnce:
    case kTfLiteBuiltinStablehloComposite:
    case kTfLiteBuiltinAssignVariable:
    case kTfLiteBuiltinReadVariable:
    case kTfLiteBuiltinVarHandle:
    case kTfLiteBuiltinHashtable:
    case kTfLiteBuiltinHashtableImport:
      return true;
    default:
      return false;
  }
}

/* Custom operators get their options' bytes, builtin ones their parameters. */
static void init_from_file(ln_subgraph* subgraph, int32_t index) {
  const ln_model_operator* op = &subgraph->source->operators[index];
  ln_node* node = subgraph->nodes[index];
  const bool custom = node->registration.builtin_code == kTfLiteBuiltinCustom;
  node->node.user_data =
      custom ? ln_node_init(subgraph, node, (const char*)op->custom_options.data, op->custom_options.size)
             : ln_node_init(subgraph, node, node->node.builtin_data, 0);
}

/* What is wrong with options is said with the node's place in front. */
static void report_with_place(void* user_data, const char* format, va_list args) {
  ln_subgraph_report_va(user_data, format, args);
}

static TfLiteStatus load_node(ln_subgraph* subgraph, int32_t index) {
  const ln_model* model = subgraph->interpreter->model;
  const ln_model_operator* op = &subgraph->source->operators[index];
  const ln_model_opcode* code = &model->opcodes[op->opcode_index];
  ln_node* node = ln_subgraph_new_node(subgraph);
  if (node == NULL) return kTfLiteError;
  node->name =
      code->builtin_code == kTfLiteBuiltinCustom ? code->custom_name : ln_builtin_operator_name(code->builtin_code);
  subgraph->current_node = index;
  if (find_registration(subgraph, code, node) != kTfLiteOk) return kTfLiteError;
  node->node.inputs = ln_copy_ints(op->inputs);
  node->node.outputs = ln_copy_ints(op->outputs);
  node->node.intermediates = ln_copy_ints(op->intermediates);
  node->node.temporaries = TfLiteIntArrayCreate(0);
  node->node.might_have_side_effect = has_side_effect(code->builtin_code);
  if (node->node.inputs == NULL || node->node.outputs == NULL || node->node.intermediates == NULL ||
      node->node.temporaries == NULL) {
    ln_subgraph_report(subgraph, "no memory for a node");
    return kTfLiteError;
  }
  if (code->builtin_code == kTfLiteBuiltinCustom) {
    node->node.custom_initial_data = op->custom_options.data;
    node->node.custom_initial_data_size = (int)op->custom_options.size;
  } else {
    const ln_reporter reporter = {report_with_place, subgraph};
    const TfLiteStatus status =
        ln_parse_builtin_options(model, op, code->builtin_code, &reporter, &node->node.builtin_data);
    if (status != kTfLiteOk) return status;
  }
  init_from_file(subgraph, index);
  subgraph->current_node = -1;
  return kTfLiteOk;
}

TfLiteStatus ln_subgraph_load_nodes(ln_subgraph* subgraph) {
  const int32_t count = subgraph->source->operator_count;
  subgraph->plan = TfLiteIntArrayCreate(count);
  if (subgraph->plan == NULL) {
    ln_subgraph_report(subgraph, "no memory for the execution plan");
    return kTfLiteError;
  }
  subgraph->plan->size = 0;
  for (int32_t i = 0; i < count; ++i) {
    const TfLiteStatus status = load_node(subgraph, i);
    subgraph->current_node = -1;
    if (status != kTfLiteOk) return status;
    subgraph->plan->data[subgraph->plan->size++] = i;
  }
  return kTfLiteOk;
}

static TfLiteStatus report_unresolved(ln_subgraph* subgraph, const ln_node* node) {
  const ln_reporter* reporter = &subgraph->interpreter->config.reporter;
  ++subgraph->interpreter->report_count;
  if (strncmp(node->name, "Flex", 4) == 0)
    ln_report(reporter,
              "Select TensorFlow op(s), included in the given model, is(are) not supported by this interpreter. Make "
              "sure you "
              "apply/link the Flex delegate before inference. The first of them is %s.",
              node->name);
  else
    ln_report(
        reporter,
        "Encountered unresolved custom op: %s.\nSee instructions: https://www.tensorflow.org/lite/guide/ops_custom ",
        node->name);
  return kTfLiteUnresolvedOps;
}

/* The sentence that the original gives; the last error where the operator has not said why itself. */
static void report_failure(ln_subgraph* subgraph, int32_t index, const char* what, bool reason_known) {
  const ln_reporter* reporter = &subgraph->interpreter->config.reporter;
  if (subgraph->nodes[index]->is_fused) index = subgraph->nodes[index]->stands_for;
  if (reason_known)
    ln_report_more(reporter, "Node number %d (%s) failed to %s.", index, subgraph->nodes[index]->name, what);
  else
    ln_report(reporter, "Node number %d (%s) failed to %s.", index, subgraph->nodes[index]->name, what);
}

TfLiteStatus ln_node_prepare(ln_subgraph* subgraph, int32_t index) {
  ln_interpreter* interpreter = subgraph->interpreter;
  ln_node* node = subgraph->nodes[index];
  const int32_t outer = subgraph->current_node;
  ln_node* outer_node = interpreter->preparing;
  const uint64_t reports = interpreter->report_count;
  subgraph->current_node = index;
  interpreter->preparing = node;
  node->together = (LinnetTogether){.duration_ns = 0};
  TfLiteStatus status = kTfLiteError;
  /* It may have lacked memory that is there now. */
  if (node->node.user_data == TfLiteKernelInitFailed() && index < subgraph->source->operator_count)
    init_from_file(subgraph, index);
  if (!can_invoke(node))
    status = subgraph->leave_unresolved ? kTfLiteOk : report_unresolved(subgraph, node);
  else if (node->node.user_data == TfLiteKernelInitFailed())
    ln_subgraph_report(subgraph, "the operator's init failed, for want of memory or because it refuses its options");
  else
    status = call_prepare(subgraph, node);
  if (status != kTfLiteOk && status != kTfLiteOutputShapeNotKnown)
    report_failure(subgraph, index, "prepare", interpreter->report_count != reports);
  subgraph->current_node = outer;
  interpreter->preparing = outer_node;
  return status;
}

TfLiteStatus ln_node_invoke(ln_subgraph* subgraph, int32_t index) {
  ln_node* node = subgraph->nodes[index];
  const int32_t outer = subgraph->current_node;
  const uint64_t reports = subgraph->interpreter->report_count;
  subgraph->current_node = index;
  const TfLiteStatus status =
      node->plain_invoke != NULL ? node->plain_invoke(&subgraph->context, &node->node) : call_invoke(subgraph, node);
  if (status != kTfLiteOk && status != kTfLiteCancelled)
    report_failure(subgraph, index, "invoke", subgraph->interpreter->report_count != reports);
  subgraph->current_node = outer;
  return status;
}

static bool is_plain_input(const ln_subgraph* subgraph, int32_t tensor) {
  const TfLiteTensor* t = &subgraph->tensors[tensor];
  const TfLiteAllocationType kind = t->allocation_type;
  const bool stays = kind == kTfLiteMmapRo || kind == kTfLitePersistentRo || kind == kTfLiteArenaRw;
  return stays && t->data.raw != NULL && t->delegate == NULL && !ln_has_tensor(subgraph->inputs, tensor);
}

static bool is_plain(const ln_subgraph* subgraph, const ln_node* node) {
  const TfLiteIntArray *inputs = node->node.inputs, *outputs = node->node.outputs;
  bool plain = node->is_own && node->registration.registration_external == NULL && node->node.delegate == NULL &&
               node->registration.builtin_code != kTfLiteBuiltinCustom && outputs->size > 0;
  for (int i = 0; plain && i < inputs->size; ++i)
    plain = inputs->data[i] < 0 || is_plain_input(subgraph, inputs->data[i]);
  for (int i = 0; plain && i < outputs->size; ++i) {
    const TfLiteTensor* t = outputs->data[i] >= 0 ? &subgraph->tensors[outputs->data[i]] : NULL;
    plain = t != NULL && t->bytes > 0 && t->allocation_type == kTfLiteArenaRw;
  }
  return plain;
}

void ln_subgraph_mark_plain(ln_subgraph* subgraph, int32_t first, int32_t end) {
  for (int32_t p = first; p < end; ++p) {
    ln_node* node = subgraph->nodes[subgraph->plan->data[p]];
    const bool plain = subgraph->interpreter->delegate_count == 0 && is_plain(subgraph, node);
    node->plain_invoke = plain ? node->registration.invoke : NULL;
  }
}

void ln_subgraph_unmark_plain(ln_subgraph* subgraph) {
  for (int32_t i = 0; i < subgraph->node_count; ++i) {
    subgraph->nodes[i]->plain_invoke = NULL;
    subgraph->nodes[i]->together_end = 0;
  }
}
