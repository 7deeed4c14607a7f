/* The interpreter: made from a model, and the doors through which the exported functions reach its subgraphs. */
#include "runtime/interpreter.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "runtime/delegate.h"

static int usable_threads(int asked) {
  const int limit = ln_thread_limit();
  return asked < 1 ? 1 : asked > limit ? limit : asked;
}

ln_interpreter* ln_interpreter_create(ln_model* model, const ln_interpreter_config* config) {
  ln_interpreter* interpreter = ln_calloc(1, sizeof *interpreter);
  ln_subgraph** subgraphs = ln_calloc((size_t)model->subgraph_count, sizeof *subgraphs);
  if (interpreter == NULL || subgraphs == NULL) {
    ln_report(&config->reporter, "No memory for an interpreter.");
    ln_free(interpreter);
    ln_free(subgraphs);
    return NULL;
  }
  ln_model_retain(model);
  interpreter->model = model;
  interpreter->config = *config;
  interpreter->config.num_threads = usable_threads(config->num_threads);
  interpreter->subgraphs = subgraphs;
  atomic_init(&interpreter->cancelled, false);
  interpreter->config.weight_cache = NULL;
  if (config->weight_cache != NULL && !config->plan_only) ln_model_use_cache(model, config->weight_cache);
  ln_backend_fill(interpreter);
  for (int32_t i = 0; i < model->subgraph_count; ++i) {
    subgraphs[i] = ln_subgraph_create(interpreter, i);
    if (subgraphs[i] == NULL) goto fail;
    ++interpreter->subgraph_count;
  }
  /* Nodes come after all tensors: an operator's init may look at other subgraphs. */
  for (int32_t i = 0; i < model->subgraph_count; ++i)
    if (ln_subgraph_load_nodes(subgraphs[i]) != kTfLiteOk) goto fail;
  return interpreter;
fail:
  ln_interpreter_delete(interpreter);
  return NULL;
}

void ln_interpreter_delete(ln_interpreter* interpreter) {
  if (interpreter == NULL) return;
  ln_thread_pool_delete(interpreter->pool);
  for (int32_t i = 0; i < interpreter->subgraph_count; ++i) ln_subgraph_delete(interpreter->subgraphs[i]);
  ln_interpreter_free_resources(interpreter);
  ln_free(interpreter->subgraphs);
  ln_interpreter_forget_delegates(interpreter);
  ln_model_save_cache(interpreter->model); /* what was packed while it ran */
  ln_model_release(interpreter->model);
  ln_free(interpreter);
}

static ln_subgraph* subgraph_at(const ln_interpreter* interpreter, int32_t index) {
  if (index >= 0 && index < interpreter->subgraph_count) return interpreter->subgraphs[index];
  ln_report(&interpreter->config.reporter, "Subgraph %d does not exist; the model has %d.", index,
            interpreter->subgraph_count);
  return NULL;
}

int32_t ln_interpreter_subgraph_count(const ln_interpreter* interpreter) { return interpreter->subgraph_count; }

const TfLiteIntArray* ln_interpreter_inputs(const ln_interpreter* interpreter, int32_t subgraph) {
  const ln_subgraph* s = subgraph_at(interpreter, subgraph);
  return s != NULL ? s->inputs : NULL;
}

const TfLiteIntArray* ln_interpreter_outputs(const ln_interpreter* interpreter, int32_t subgraph) {
  const ln_subgraph* s = subgraph_at(interpreter, subgraph);
  return s != NULL ? s->outputs : NULL;
}

const TfLiteIntArray* ln_interpreter_variables(const ln_interpreter* interpreter, int32_t subgraph) {
  const ln_subgraph* s = subgraph_at(interpreter, subgraph);
  return s != NULL ? s->variables : NULL;
}

TfLiteTensor* ln_interpreter_tensor(const ln_interpreter* interpreter, int32_t subgraph, int32_t tensor) {
  const ln_subgraph* s = subgraph_at(interpreter, subgraph);
  return s != NULL && tensor >= 0 && tensor < s->tensor_count ? &s->tensors[tensor] : NULL;
}

TfLiteStatus ln_interpreter_resize_input(ln_interpreter* interpreter, int32_t subgraph, int32_t input_index,
                                         int32_t rank, const int* dims) {
  ln_subgraph* s = subgraph_at(interpreter, subgraph);
  return s != NULL ? ln_subgraph_resize_input(s, input_index, rank, dims) : kTfLiteError;
}

TfLiteStatus ln_interpreter_allocate(ln_interpreter* interpreter, int32_t subgraph) {
  ln_subgraph* s = subgraph_at(interpreter, subgraph);
  const TfLiteStatus status = s != NULL ? ln_subgraph_allocate(s) : kTfLiteError;
  if (status == kTfLiteOk) ln_model_save_cache(interpreter->model);
  return status;
}

/* Whoever noticed it, deep in nested loops or between two nodes, the client reads the reason in the same words. */
static void report_cancelled(ln_interpreter* interpreter) {
  const ln_reporter* reporter = &interpreter->config.reporter;
  if (atomic_load(&interpreter->cancelled))
    ln_report(reporter, "Client requested cancel during Invoke()");
  else if (ln_interpreter_is_cancelled(interpreter))
    ln_report(reporter, "Invoke() ran longer than its timeout of %g ms", interpreter->config.timeout_ms);
}

static TfLiteStatus invoke_paced(ln_subgraph* subgraph) {
  ln_interpreter* interpreter = subgraph->interpreter;
  bool measured;
  interpreter->alone = ln_pace_begin(&subgraph->pace, &measured);
  const uint64_t start = measured ? ln_clock_ns() : 0;
  const TfLiteStatus status = ln_subgraph_invoke(subgraph);
  ln_pace_end(&subgraph->pace, measured ? ln_clock_ns() - start : 0);
  interpreter->alone = false;
  return status;
}

TfLiteStatus ln_interpreter_invoke(ln_interpreter* interpreter, int32_t subgraph) {
  ln_subgraph* s = subgraph_at(interpreter, subgraph);
  if (s == NULL) return kTfLiteError;
  if (interpreter->invoke_depth > 0) {
    ln_report(&interpreter->config.reporter, "Invoke() called from within an invoke of the same interpreter.");
    return kTfLiteError;
  }
  atomic_store(&interpreter->cancelled, false);
  const double timeout_ms = interpreter->config.timeout_ms;
  const bool bounded = timeout_ms > 0 && timeout_ms < 1e12;
  interpreter->deadline_ns = bounded ? ln_clock_ns() + (uint64_t)(timeout_ms * 1e6) : 0;
  ++interpreter->invoke_depth;
  const TfLiteStatus status = interpreter->config.num_threads > 1 ? invoke_paced(s) : ln_subgraph_invoke(s);
  --interpreter->invoke_depth;
  if (status == kTfLiteCancelled) report_cancelled(interpreter);
  return status;
}

TfLiteStatus ln_interpreter_reset_variables(ln_interpreter* interpreter) {
  for (int32_t i = 0; i < interpreter->subgraph_count; ++i) ln_subgraph_reset_variables(interpreter->subgraphs[i]);
  return kTfLiteOk;
}

TfLiteStatus ln_interpreter_cancel(ln_interpreter* interpreter) {
  if (!interpreter->config.cancellable) return kTfLiteError;
  atomic_store(&interpreter->cancelled, true);
  return kTfLiteOk;
}

void ln_interpreter_set_timeout(ln_interpreter* interpreter, double timeout_ms) {
  interpreter->config.timeout_ms = timeout_ms;
}

TfLiteStatus ln_interpreter_set_custom_allocation(ln_interpreter* interpreter, int32_t subgraph, int32_t tensor,
                                                  const TfLiteCustomAllocation* allocation, int64_t flags) {
  ln_subgraph* s = subgraph_at(interpreter, subgraph);
  if (s == NULL) return kTfLiteError;
  if (s->busy || tensor < 0 || tensor >= s->tensor_count || allocation == NULL || allocation->data == NULL) {
    ln_subgraph_report(s, "custom allocation for tensor %d: no such tensor, no memory given, or it runs", tensor);
    return kTfLiteError;
  }
  TfLiteTensor* t = &s->tensors[tensor];
  if (t->allocation_type != kTfLiteArenaRw && t->allocation_type != kTfLiteArenaRwPersistent &&
      t->allocation_type != kTfLiteCustom) {
    ln_subgraph_report(s, "custom allocation for tensor %d \"%s\": only tensors in the arena can have one", tensor,
                       t->name);
    return kTfLiteError;
  }
  if ((flags & kTfLiteCustomAllocationFlagsSkipAlignCheck) == 0 &&
      (uintptr_t)allocation->data % LN_ARENA_ALIGNMENT != 0) {
    ln_subgraph_report(s, "custom allocation for tensor %d \"%s\": its address must be a multiple of %d", tensor,
                       t->name, LN_ARENA_ALIGNMENT);
    return kTfLiteError;
  }
  s->states[tensor].has_custom = true;
  s->states[tensor].custom = *allocation;
  s->states[tensor].place = LN_PLACE_NONE;
  t->allocation_type = kTfLiteCustom;
  t->data.data = allocation->data;
  /* A caller that changes buffers between invokes need not allocate again. */
  if (allocation->bytes < t->bytes) s->ready = false;
  return kTfLiteOk;
}

const ln_model* ln_interpreter_model(const ln_interpreter* interpreter) { return interpreter->model; }

const ln_reporter* ln_interpreter_reporter(const ln_interpreter* interpreter) { return &interpreter->config.reporter; }
