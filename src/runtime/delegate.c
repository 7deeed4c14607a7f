/* Delegates: objects of others that take nodes over. What they hand in is trusted as far as the interface allows: of a
 * registration passed by value only the members that every version of it has, of a delegate's builder only one that
 * this library made. */
#include "runtime/delegate.h"

#include "base/alloc.h"
#include "runtime/delegate_object.h"
#include "runtime/fuse.h"
#include "runtime/operator_object.h"
#include "tensorflow/lite/builtin_ops.h"

/* ---- The two kinds of delegates ---- */

/* The builder of an opaque delegate, NULL for any other. The member lies behind the end of older delegates. */
static const TfLiteOpaqueDelegateBuilder* builder_of(const TfLiteDelegate* delegate) {
  if (!ln_live_has(delegate) || delegate->Prepare != NULL) return NULL;
  return delegate->opaque_delegate_builder;
}

static TfLiteOpaqueContext* opaque_context(ln_subgraph* subgraph) {
  return (TfLiteOpaqueContext*)(void*)&subgraph->context;
}

static int64_t flags_of(const TfLiteDelegate* delegate) {
  const TfLiteOpaqueDelegateBuilder* builder = builder_of(delegate);
  return builder != NULL ? builder->flags : delegate->flags;
}

static TfLiteStatus call_prepare(ln_subgraph* subgraph, TfLiteDelegate* delegate) {
  const TfLiteOpaqueDelegateBuilder* builder = builder_of(delegate);
  if (builder != NULL && builder->Prepare != NULL)
    return builder->Prepare(opaque_context(subgraph), (TfLiteOpaqueDelegate*)delegate, builder->data);
  if (builder == NULL && delegate->Prepare != NULL) return delegate->Prepare(&subgraph->context, delegate);
  ln_subgraph_report(subgraph, "the delegate has no Prepare function");
  return kTfLiteDelegateError;
}

static TfLiteStatus call_copy_from(ln_subgraph* subgraph, TfLiteDelegate* delegate, TfLiteTensor* t) {
  const TfLiteOpaqueDelegateBuilder* builder = builder_of(delegate);
  if (builder != NULL && builder->CopyFromBufferHandle != NULL)
    return builder->CopyFromBufferHandle(opaque_context(subgraph), (TfLiteOpaqueDelegate*)delegate, builder->data,
                                         t->buffer_handle, (TfLiteOpaqueTensor*)(void*)t);
  if (builder == NULL && delegate->CopyFromBufferHandle != NULL)
    return delegate->CopyFromBufferHandle(&subgraph->context, delegate, t->buffer_handle, t);
  ln_subgraph_report(subgraph, "the delegate has no CopyFromBufferHandle function");
  return kTfLiteDelegateError;
}

void ln_free_buffer_handle(ln_subgraph* subgraph, TfLiteTensor* t) {
  if (t->delegate == NULL || t->buffer_handle == kTfLiteNullBufferHandle) return;
  const TfLiteOpaqueDelegateBuilder* builder = builder_of(t->delegate);
  if (builder != NULL && builder->FreeBufferHandle != NULL)
    builder->FreeBufferHandle(opaque_context(subgraph), (TfLiteOpaqueDelegate*)t->delegate, builder->data,
                              &t->buffer_handle);
  else if (builder == NULL && t->delegate->FreeBufferHandle != NULL)
    t->delegate->FreeBufferHandle(&subgraph->context, t->delegate, &t->buffer_handle);
  t->buffer_handle = kTfLiteNullBufferHandle;
}

/* ---- Buffer handles ---- */

TfLiteStatus ln_make_readable(ln_subgraph* subgraph, int32_t tensor) {
  TfLiteTensor* t = &subgraph->tensors[tensor];
  if (t->delegate == NULL || !t->data_is_stale) return kTfLiteOk;
  if (t->buffer_handle == kTfLiteNullBufferHandle) {
    ln_subgraph_report(subgraph, "tensor %d \"%s\" lies in its delegate's memory, which gave no handle for it", tensor,
                       t->name);
    return kTfLiteError;
  }
  const TfLiteStatus status = call_copy_from(subgraph, t->delegate, t);
  if (status == kTfLiteOk) t->data_is_stale = false;
  return status;
}

TfLiteStatus ln_interpreter_set_buffer_handle(ln_interpreter* interpreter, TfLiteTensor* tensor,
                                              TfLiteBufferHandle handle, TfLiteDelegate* delegate) {
  ln_subgraph* owner = NULL;
  for (int32_t s = 0; s < interpreter->subgraph_count && tensor != NULL; ++s)
    for (int32_t i = 0; i < interpreter->subgraphs[s]->tensor_count; ++i)
      if (tensor == &interpreter->subgraphs[s]->tensors[i]) owner = interpreter->subgraphs[s];
  if (owner == NULL || delegate == NULL || (tensor->delegate != NULL && tensor->delegate != delegate)) {
    ln_report(&interpreter->config.reporter,
              "A buffer handle needs a tensor of this interpreter and the one delegate that the tensor belongs to.");
    return kTfLiteError;
  }
  ln_subgraph_unmark_plain(owner);
  ln_free_buffer_handle(owner, tensor);
  tensor->delegate = delegate;
  tensor->buffer_handle = handle;
  return kTfLiteOk;
}

static TfLiteTensor* primary_tensor(const ln_interpreter* interpreter, int32_t tensor) {
  TfLiteTensor* found = ln_interpreter_tensor(interpreter, 0, tensor);
  if (found == NULL) ln_report(&interpreter->config.reporter, "Tensor %d does not exist.", tensor);
  return found;
}

TfLiteStatus ln_interpreter_get_buffer_handle(ln_interpreter* interpreter, int32_t tensor, TfLiteBufferHandle* handle,
                                              TfLiteDelegate** delegate) {
  const TfLiteTensor* t = primary_tensor(interpreter, tensor);
  if (t == NULL) return kTfLiteError;
  *handle = t->buffer_handle;
  *delegate = t->delegate;
  return kTfLiteOk;
}

TfLiteStatus ln_interpreter_ensure_readable(ln_interpreter* interpreter, int32_t tensor) {
  if (primary_tensor(interpreter, tensor) == NULL) return kTfLiteError;
  return ln_make_readable(interpreter->subgraphs[0], tensor);
}

void ln_interpreter_allow_buffer_handle_output(ln_interpreter* interpreter, bool allow) {
  interpreter->allow_buffer_handle_output = allow;
}

/* ---- Replacing nodes ---- */

static TfLiteStatus no_memory(const ln_subgraph* subgraph) {
  ln_subgraph_report(subgraph, "no memory for a delegate's node");
  return kTfLiteError;
}

/* The parameters that the kernel's init gets; the lists stay the node's. */
static void* make_params(TfLiteDelegate* delegate, const ln_node_subset* subset) {
  const TfLiteOpaqueDelegateBuilder* builder = builder_of(delegate);
  if (builder == NULL) {
    TfLiteDelegateParams* params = ln_malloc(sizeof *params);
    if (params != NULL) *params = (TfLiteDelegateParams){delegate, subset->nodes, subset->inputs, subset->outputs};
    return params;
  }
  TfLiteOpaqueDelegateParams* params = ln_malloc(sizeof *params);
  if (params != NULL)
    *params = (TfLiteOpaqueDelegateParams){(TfLiteOpaqueDelegate*)delegate, builder->data, subset->nodes,
                                           subset->inputs, subset->outputs};
  return params;
}

static TfLiteStatus add_delegate_node(ln_subgraph* subgraph, const TfLiteRegistration* registration,
                                      TfLiteDelegate* delegate, ln_node_subset* subset) {
  for (int i = 0; i < subset->outputs->size; ++i) {
    const TfLiteTensor* t = &subgraph->tensors[subset->outputs->data[i]];
    if (t->delegate == NULL || t->delegate == delegate) continue;
    ln_subgraph_report(subgraph, "tensor \"%s\" belongs to another delegate already", t->name);
    return kTfLiteDelegateError;
  }
  ln_node* node = ln_subgraph_new_node(subgraph);
  if (node == NULL) return kTfLiteError;
  node->registration = *registration;
  ln_operator_retain(node->registration.registration_external);
  node->name = registration->custom_name != NULL ? registration->custom_name : "DELEGATE";
  node->node.delegate = delegate;
  node->node.inputs = TfLiteIntArrayCopy(subset->inputs);
  node->node.outputs = TfLiteIntArrayCopy(subset->outputs);
  node->node.intermediates = TfLiteIntArrayCreate(0);
  node->node.temporaries = TfLiteIntArrayCreate(0);
  node->node.builtin_data = make_params(delegate, subset);
  if (node->node.builtin_data == NULL || node->node.inputs == NULL || node->node.outputs == NULL ||
      node->node.intermediates == NULL || node->node.temporaries == NULL)
    return no_memory(subgraph);
  node->delegated = *subset;
  subset->nodes = subset->inputs = subset->outputs = NULL;
  for (int i = 0; i < node->delegated.nodes->size; ++i)
    if (subgraph->nodes[node->delegated.nodes->data[i]]->node.might_have_side_effect)
      node->node.might_have_side_effect = true;
  for (int i = 0; i < node->node.outputs->size; ++i) subgraph->tensors[node->node.outputs->data[i]].delegate = delegate;
  node->node.user_data = ln_node_init(subgraph, node, node->node.builtin_data, 0);
  if (node->node.user_data != TfLiteKernelInitFailed()) return kTfLiteOk;
  ln_subgraph_report(subgraph, "the init of the delegate's kernel %s failed", node->name);
  return kTfLiteDelegateError;
}

TfLiteStatus ln_replace_nodes(ln_subgraph* subgraph, TfLiteRegistration registration, const TfLiteIntArray* nodes,
                              TfLiteDelegate* delegate) {
  if (!subgraph->delegating || delegate == NULL) {
    ln_subgraph_report(subgraph, "nodes can be replaced by a delegate within its Prepare only");
    return kTfLiteError;
  }
  if (nodes == NULL || nodes->size == 0) return kTfLiteOk;
  /* Older delegates pass a shorter struct, whose later members are then whatever lies on the stack. */
  if (!ln_live_has(registration.registration_external)) registration.registration_external = NULL;
  registration.async_kernel = NULL;
  registration.inplace_operator = kTfLiteInplaceOpNone;
  registration.builtin_code = kTfLiteBuiltinDelegate;
  if (registration.registration_external != NULL && registration.custom_name == NULL)
    registration.custom_name = registration.registration_external->custom_name;

  ln_node_subset* subsets;
  int32_t count;
  TfLiteStatus status = ln_partition(subgraph, nodes, &subsets, &count);
  if (status != kTfLiteOk) return status;
  TfLiteIntArray* plan = TfLiteIntArrayCreate(subgraph->plan->size);
  if (plan == NULL) status = no_memory(subgraph);
  int32_t size = 0;
  for (int32_t i = 0; status == kTfLiteOk && i < count; ++i) {
    if (subsets[i].delegated) {
      status = add_delegate_node(subgraph, &registration, delegate, &subsets[i]);
      plan->data[size++] = subgraph->node_count - 1;
    } else {
      for (int k = 0; k < subsets[i].nodes->size; ++k) plan->data[size++] = subsets[i].nodes->data[k];
    }
  }
  ln_partition_free(subsets, count);
  if (status != kTfLiteOk) {
    TfLiteIntArrayFree(plan);
    return status;
  }
  plan->size = size;
  TfLiteIntArrayFree(subgraph->plan);
  subgraph->plan = plan;
  return kTfLiteOk;
}

static void free_preview(ln_subgraph* subgraph) {
  ln_partition_free(subgraph->preview_subsets, subgraph->preview_count);
  ln_free(subgraph->preview);
  subgraph->preview_subsets = NULL;
  subgraph->preview = NULL;
  subgraph->preview_count = 0;
}

TfLiteStatus ln_preview_partitioning(ln_subgraph* subgraph, const TfLiteIntArray* nodes, TfLiteDelegateParams** params,
                                     int* count) {
  free_preview(subgraph);
  *params = NULL;
  *count = 0;
  if (nodes == NULL || nodes->size == 0) return kTfLiteOk;
  const TfLiteStatus status = ln_partition(subgraph, nodes, &subgraph->preview_subsets, &subgraph->preview_count);
  if (status != kTfLiteOk) return status;
  subgraph->preview = ln_calloc((size_t)subgraph->preview_count, sizeof *subgraph->preview);
  if (subgraph->preview == NULL) return no_memory(subgraph);
  for (int32_t i = 0; i < subgraph->preview_count; ++i) {
    const ln_node_subset* s = &subgraph->preview_subsets[i];
    if (s->delegated) subgraph->preview[(*count)++] = (TfLiteDelegateParams){NULL, s->nodes, s->inputs, s->outputs};
  }
  *params = subgraph->preview;
  return kTfLiteOk;
}

void ln_delegation_free(ln_subgraph* subgraph) {
  free_preview(subgraph);
  TfLiteIntArrayFree(subgraph->plan_copy);
  subgraph->plan_copy = NULL;
}

/* ---- Applying and undoing ---- */

/* What a subgraph was before a delegate had its way with it. */
typedef struct snapshot {
  TfLiteIntArray* plan;
  TfLiteDelegate** owners; /* per tensor */
  int32_t tensor_count, node_count;
  bool taken, was_ready, was_static;
} snapshot;

static bool take_snapshot(const ln_subgraph* subgraph, snapshot* before) {
  *before = (snapshot){.tensor_count = subgraph->tensor_count, .node_count = subgraph->node_count};
  before->was_ready = subgraph->ready;
  before->was_static = subgraph->delegate_fixed_shapes;
  before->plan = TfLiteIntArrayCopy(subgraph->plan);
  before->owners = ln_calloc((size_t)subgraph->tensor_count, sizeof(TfLiteDelegate*));
  before->taken = before->plan != NULL && before->owners != NULL;
  for (int32_t i = 0; before->taken && i < subgraph->tensor_count; ++i)
    before->owners[i] = subgraph->tensors[i].delegate;
  if (!before->taken) no_memory(subgraph);
  return before->taken;
}

static void free_snapshot(snapshot* before) {
  TfLiteIntArrayFree(before->plan);
  ln_free((void*)before->owners);
  *before = (snapshot){0};
}

static void give_tensor_back(ln_subgraph* subgraph, TfLiteTensor* t, TfLiteDelegate* owner) {
  if (t->delegate == owner) return;
  ln_free_buffer_handle(subgraph, t);
  t->delegate = owner;
  t->data_is_stale = false;
}

/* Frees the nodes that came after the snapshot and takes its plan over. */
static void restore(ln_subgraph* subgraph, snapshot* before) {
  if (!before->taken) return;
  for (int32_t i = 0; i < subgraph->tensor_count; ++i)
    give_tensor_back(subgraph, &subgraph->tensors[i], i < before->tensor_count ? before->owners[i] : NULL);
  while (subgraph->node_count > before->node_count) ln_subgraph_pop_node(subgraph);
  TfLiteIntArrayFree(subgraph->plan);
  subgraph->plan = before->plan;
  before->plan = NULL;
  subgraph->delegate_fixed_shapes = before->was_static;
  subgraph->ready = false;
  subgraph->next_to_prepare = 0;
}

static bool accepts_dynamic(const TfLiteDelegate* delegate) {
  return (flags_of(delegate) & kTfLiteDelegateFlagsAllowDynamicTensors) != 0;
}

/* Prepares the graph to see whether all shapes are known. Custom operators that nobody knows are left to the delegate.
 */
static TfLiteStatus check_static(ln_subgraph* subgraph, bool* skip) {
  int32_t known = 0;
  subgraph->leave_unresolved = true;
  const TfLiteStatus status = ln_subgraph_find_shapes(subgraph, &known);
  subgraph->leave_unresolved = false;
  /* A branch or a loop's body that cannot be prepared alone, or has unknown shapes, is no reason to refuse the model.
   */
  *skip = subgraph->index != 0 && status != kTfLiteOk;
  if (*skip) return kTfLiteOk;
  if (status != kTfLiteOk || subgraph->plan->size == 0) return status;
  const TfLiteIntArray* last = subgraph->nodes[subgraph->plan->data[known - 1]]->node.outputs;
  if (known == subgraph->plan->size && !ln_subgraph_has_dynamic(subgraph, last) &&
      !ln_subgraph_has_dynamic(subgraph, subgraph->outputs))
    return kTfLiteOk;
  *skip = subgraph->index != 0;
  if (*skip) return kTfLiteOk;
  ln_report(&subgraph->interpreter->config.reporter,
            "Attempting to use a delegate that only supports static-sized tensors with a graph that has dynamic-sized "
            "tensors (an output of node %d is one).",
            subgraph->plan->data[known - 1]);
  return kTfLiteApplicationError;
}

static TfLiteStatus apply(ln_subgraph* subgraph, TfLiteDelegate* delegate, snapshot* before) {
  const bool dynamic = accepts_dynamic(delegate);
  if (subgraph->busy || subgraph->delegating) {
    ln_subgraph_report(subgraph, "a delegate cannot be applied while the subgraph is prepared or run");
    return kTfLiteError;
  }
  const bool was_ready = subgraph->ready;
  ln_subgraph_unfuse(subgraph);
  if (!take_snapshot(subgraph, before)) return kTfLiteError;
  before->was_ready = was_ready;
  if (!dynamic) {
    bool skip;
    const TfLiteStatus status = check_static(subgraph, &skip);
    if (status != kTfLiteOk || skip) return status;
  }
  subgraph->delegating = true;
  TfLiteStatus status = call_prepare(subgraph, delegate);
  subgraph->delegating = false;
  ln_delegation_free(subgraph);
  if (status != kTfLiteOk) return kTfLiteDelegateError;
  subgraph->ready = false;
  if (!dynamic) subgraph->delegate_fixed_shapes = true;
  if ((flags_of(delegate) & kTfLiteDelegateFlagsRequirePropagatedShapes) != 0) subgraph->propagate_shapes = true;
  if (!dynamic || before->was_ready) status = ln_subgraph_allocate(subgraph);
  return status == kTfLiteOk ? kTfLiteOk : kTfLiteDelegateError;
}

static bool remember(ln_interpreter* interpreter, TfLiteDelegate* delegate) {
  const size_t size = ((size_t)interpreter->delegate_count + 1) * sizeof(TfLiteDelegate*);
  TfLiteDelegate** delegates = ln_realloc((void*)interpreter->delegates, size);
  if (delegates == NULL) return false;
  interpreter->delegates = delegates;
  delegates[interpreter->delegate_count] = delegate;
  return true;
}

void ln_interpreter_forget_delegates(ln_interpreter* interpreter) {
  for (int32_t i = 0; i < interpreter->delegate_count; ++i) ln_delegate_release(interpreter->delegates[i]);
  ln_free((void*)interpreter->delegates);
}

TfLiteStatus ln_interpreter_apply_delegate(ln_interpreter* interpreter, TfLiteDelegate* delegate) {
  const ln_reporter* reporter = &interpreter->config.reporter;
  const int32_t count = interpreter->subgraph_count;
  if (delegate == NULL || interpreter->invoke_depth > 0) {
    ln_report(reporter, delegate == NULL ? "Null delegate." : "A delegate cannot be applied during Invoke().");
    return kTfLiteError;
  }
  snapshot* before = ln_calloc((size_t)count, sizeof *before);
  if (before == NULL || !remember(interpreter, delegate)) {
    ln_free(before);
    ln_report(reporter, "No memory to apply a delegate.");
    return kTfLiteError;
  }
  TfLiteStatus status = kTfLiteOk;
  for (int32_t i = 0; i < count && status == kTfLiteOk; ++i) {
    if (interpreter->subgraphs[i]->skip_delegates) continue;
    status = ln_redo_delegates(interpreter->subgraphs[i]);
    if (status == kTfLiteOk) status = apply(interpreter->subgraphs[i], delegate, &before[i]);
  }
  if (status == kTfLiteOk) {
    ++interpreter->delegate_count;
    ln_delegate_retain(delegate);
  } else {
    for (int32_t i = 0; i < count; ++i) restore(interpreter->subgraphs[i], &before[i]);
    ln_report_more(reporter, "Restored original execution plan after delegate application failure.");
    for (int32_t i = 0; i < count; ++i)
      if (before[i].was_ready) ln_subgraph_allocate(interpreter->subgraphs[i]);
  }
  for (int32_t i = 0; i < count; ++i) free_snapshot(&before[i]);
  ln_free(before);
  return status;
}

/* All the file's nodes in the file's order. NULL: no memory (reported). */
static TfLiteIntArray* original_plan(const ln_subgraph* subgraph) {
  TfLiteIntArray* plan = TfLiteIntArrayCreate(subgraph->source->operator_count);
  if (plan == NULL) no_memory(subgraph);
  for (int i = 0; plan != NULL && i < plan->size; ++i) plan->data[i] = i;
  return plan;
}

/* Takes the plan over. */
static void undo_to(ln_subgraph* subgraph, TfLiteIntArray* plan) {
  ln_subgraph_unfuse(subgraph);
  snapshot original = {.plan = plan, .node_count = subgraph->source->operator_count, .taken = true};
  restore(subgraph, &original);
  subgraph->propagate_shapes = false;
  subgraph->delegates_undone = true;
}

TfLiteStatus ln_undo_delegates(ln_subgraph* subgraph) {
  TfLiteIntArray* plan = original_plan(subgraph);
  if (plan == NULL) return kTfLiteError;
  undo_to(subgraph, plan);
  return kTfLiteOk;
}

TfLiteStatus ln_redo_delegates(ln_subgraph* subgraph) {
  if (!subgraph->delegates_undone) return kTfLiteOk;
  TfLiteIntArray* plan = original_plan(subgraph); /* at hand for the way back, which must not fail */
  if (plan == NULL) return kTfLiteError;
  subgraph->delegates_undone = false;
  const ln_interpreter* interpreter = subgraph->interpreter;
  TfLiteStatus status = kTfLiteOk;
  for (int32_t i = 0; i < interpreter->delegate_count && status == kTfLiteOk; ++i) {
    snapshot before = {0};
    status = apply(subgraph, interpreter->delegates[i], &before);
    free_snapshot(&before);
  }
  if (status != kTfLiteOk)
    undo_to(subgraph, plan);
  else
    TfLiteIntArrayFree(plan);
  return status;
}
