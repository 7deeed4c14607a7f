/* TfLiteContext: what operators and delegates may call, at the original's layout. */
#include <string.h>

#include "runtime/delegate.h"

static TfLiteStatus get_execution_plan(TfLiteContext* context, TfLiteIntArray** plan) {
  ln_subgraph* subgraph = ln_subgraph_of(context);
  TfLiteIntArrayFree(subgraph->plan_copy);
  *plan = subgraph->plan_copy = TfLiteIntArrayCopy(subgraph->plan);
  if (*plan != NULL) return kTfLiteOk;
  ln_subgraph_report(subgraph, "no memory for a copy of the execution plan");
  return kTfLiteError;
}

static TfLiteStatus resize_tensor(TfLiteContext* context, TfLiteTensor* tensor, TfLiteIntArray* dims) {
  return ln_subgraph_resize_tensor(ln_subgraph_of(context), tensor, dims);
}

static TfLiteStatus resize_tensor_explicit(TfLiteContext* context, TfLiteTensor* tensor, int rank, const int* dims) {
  TfLiteIntArray* copy = rank >= 0 ? TfLiteIntArrayCreate(rank) : NULL;
  if (copy != NULL && rank > 0) memcpy(copy->data, dims, (size_t)rank * sizeof *dims);
  return ln_subgraph_resize_tensor(ln_subgraph_of(context), tensor, copy);
}

static void report_error(TfLiteContext* context, const char* format, ...) {
  va_list args;
  va_start(args, format);
  ln_subgraph_report_va(ln_subgraph_of(context), format, args);
  va_end(args);
}

static TfLiteStatus add_tensors(TfLiteContext* context, int count, int* first) {
  return ln_subgraph_add_tensors(ln_subgraph_of(context), count, first);
}

static TfLiteStatus get_node_and_registration(TfLiteContext* context, int index, TfLiteNode** node,
                                              TfLiteRegistration** registration) {
  ln_subgraph* subgraph = ln_subgraph_of(context);
  if (index < 0 || index >= subgraph->node_count) {
    ln_subgraph_report(subgraph, "node %d does not exist; there are %d", index, subgraph->node_count);
    return kTfLiteError;
  }
  if (node != NULL) *node = &subgraph->nodes[index]->node;
  if (registration != NULL) *registration = &subgraph->nodes[index]->registration;
  return kTfLiteOk;
}

static TfLiteStatus replace_nodes(TfLiteContext* context, TfLiteRegistration registration, const TfLiteIntArray* nodes,
                                  TfLiteDelegate* delegate) {
  return ln_replace_nodes(ln_subgraph_of(context), registration, nodes, delegate);
}

static TfLiteStatus preview_partitioning(TfLiteContext* context, const TfLiteIntArray* nodes,
                                         TfLiteDelegateParams** params, int* count) {
  return ln_preview_partitioning(ln_subgraph_of(context), nodes, params, count);
}

static TfLiteExternalContext* get_external_context(TfLiteContext* context, TfLiteExternalContextType type) {
  const ln_interpreter* interpreter = ln_subgraph_of(context)->interpreter;
  return type >= 0 && type < kTfLiteMaxExternalContexts ? interpreter->external_contexts[type] : NULL;
}

static void set_external_context(TfLiteContext* context, TfLiteExternalContextType type,
                                 TfLiteExternalContext* external) {
  ln_interpreter* interpreter = ln_subgraph_of(context)->interpreter;
  /* Operators look for this library's backend there, which another object could not be told from safely. */
  if (type == kTfLiteCpuBackendContext && external != &interpreter->backend.base)
    ln_subgraph_report(ln_subgraph_of(context), "the CPU backend's context cannot be replaced");
  else if (type >= 0 && type < kTfLiteMaxExternalContexts)
    interpreter->external_contexts[type] = external;
}

static TfLiteTensor* get_tensor(const TfLiteContext* context, int index) {
  const ln_subgraph* subgraph = ln_subgraph_of(context);
  return index >= 0 && index < subgraph->tensor_count ? &subgraph->tensors[index] : NULL;
}

static TfLiteEvalTensor* get_eval_tensor(const TfLiteContext* context, int index) {
  (void)context, (void)index; /* the microcontroller runtime's */
  return NULL;
}

static TfLiteStatus get_model_metadata(const TfLiteContext* context, const char* name, const char** data,
                                       size_t* bytes) {
  const ln_model* model = ln_subgraph_of(context)->interpreter->model;
  for (int32_t i = 0; name != NULL && i < model->metadata_count; ++i) {
    if (strcmp(model->metadata[i].name, name) != 0) continue;
    if (data != NULL) *data = (const char*)model->metadata[i].data.data;
    if (bytes != NULL) *bytes = model->metadata[i].data.size;
    return kTfLiteOk;
  }
  return kTfLiteError;
}

static TfLiteStatus acquire_subgraph_context(TfLiteContext* context, int index, TfLiteContext** acquired) {
  const ln_interpreter* interpreter = ln_subgraph_of(context)->interpreter;
  if (index < 0 || index >= interpreter->subgraph_count || acquired == NULL) return kTfLiteError;
  *acquired = &interpreter->subgraphs[index]->context;
  return kTfLiteOk;
}

static TfLiteStatus release_subgraph_context(TfLiteContext* context, int index) {
  const ln_interpreter* interpreter = ln_subgraph_of(context)->interpreter;
  return index >= 0 && index < interpreter->subgraph_count ? kTfLiteOk : kTfLiteError;
}

void ln_context_fill(ln_subgraph* subgraph) {
  TfLiteContext* context = &subgraph->context;
  const int threads = subgraph->interpreter->config.num_threads;
  *context = (TfLiteContext){
      .impl_ = subgraph,
      .GetExecutionPlan = get_execution_plan,
      .ResizeTensor = resize_tensor,
      .ReportError = report_error,
      .AddTensors = add_tensors,
      .GetNodeAndRegistration = get_node_and_registration,
      .ReplaceNodeSubsetsWithDelegateKernels = replace_nodes,
      .recommended_num_threads = threads < 1 ? 1 : threads,
      .GetExternalContext = get_external_context,
      .SetExternalContext = set_external_context,
      .ResizeTensorExplicit = resize_tensor_explicit,
      .PreviewDelegatePartitioning = preview_partitioning,
      .GetTensor = get_tensor,
      .GetEvalTensor = get_eval_tensor,
      .GetModelMetadata = get_model_metadata,
      .AcquireSubgraphContext = acquire_subgraph_context,
      .ReleaseSubgraphContext = release_subgraph_context,
  };
}
