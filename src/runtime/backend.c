/* LinnetBackend: what operators may ask of the interpreter beyond their context. */
#include "base/clock.h"
#include "runtime/interpreter.h"

static ln_interpreter* interpreter_of(LinnetBackend* backend) { return (ln_interpreter*)(void*)backend; }

static ln_subgraph* subgraph_at(LinnetBackend* backend, int32_t index) {
  ln_interpreter* interpreter = interpreter_of(backend);
  if (index >= 0 && index < interpreter->subgraph_count) return interpreter->subgraphs[index];
  ln_report(&interpreter->config.reporter, "Subgraph %d does not exist; the model has %d.", index,
            interpreter->subgraph_count);
  return NULL;
}

static int thread_count(LinnetBackend* backend) {
  const ln_interpreter* interpreter = interpreter_of(backend);
  return interpreter->config.num_threads > 1 && !interpreter->pool_failed ? interpreter->config.num_threads : 1;
}

/* The pool is made at the first job that can use it; where none can be had, the caller works alone. */
ln_thread_pool* ln_interpreter_pool(ln_interpreter* interpreter) {
  if (interpreter->pool == NULL && !interpreter->pool_failed) {
    interpreter->pool = ln_thread_pool_create(interpreter->config.num_threads);
    interpreter->pool_failed = interpreter->pool == NULL;
  }
  return interpreter->pool;
}

/* A parallel loop takes a third of a microsecond, and what another thread has touched is slow to read and to write. */
static uint32_t parallel_grain_ns(LinnetBackend* backend) {
  enum { kGrainNs = 1000 };
  return thread_count(backend) > 1 && !interpreter_of(backend)->alone ? kGrainNs : UINT32_MAX;
}

static void parallel_for(LinnetBackend* backend, void (*task)(void* arg, size_t tile), void* arg, size_t tile_count) {
  const bool shared = tile_count > 1 && parallel_grain_ns(backend) < UINT32_MAX;
  ln_thread_pool* pool = shared ? ln_interpreter_pool(interpreter_of(backend)) : NULL;
  if (pool != NULL) {
    ln_thread_pool_run(pool, task, arg, tile_count);
    return;
  }
  for (size_t tile = 0; tile < tile_count; ++tile) task(arg, tile);
}

/* A constant that this interpreter has copied is known to all interpreters of the model by its bytes in the file. */
static const void* shared_key(const ln_interpreter* interpreter, const void* key) {
  for (int32_t s = 0; s < interpreter->subgraph_count; ++s) {
    const ln_subgraph* subgraph = interpreter->subgraphs[s];
    for (int32_t i = 0; i < subgraph->source->tensor_count; ++i)
      if (subgraph->states[i].owned_data == key) return subgraph->source->tensors[i].data.data;
  }
  return key;
}

static const void* shared_pack(LinnetBackend* backend, const void* key, uint64_t variant, size_t size_bytes,
                               void (*pack)(void* destination, void* arg), void* arg) {
  ln_interpreter* interpreter = interpreter_of(backend);
  if (key == NULL) return NULL;
  /* What others' operators pack may hold addresses, or be trusted by them. */
  const bool keep = interpreter->preparing != NULL && interpreter->preparing->is_own;
  return ln_model_shared_pack(interpreter->model, shared_key(interpreter, key), variant, size_bytes, keep, pack, arg);
}

bool ln_interpreter_is_cancelled(ln_interpreter* interpreter) {
  return atomic_load_explicit(&interpreter->cancelled, memory_order_relaxed) ||
         (interpreter->deadline_ns != 0 && ln_clock_ns() > interpreter->deadline_ns);
}

static bool is_cancelled(LinnetBackend* backend) { return ln_interpreter_is_cancelled(interpreter_of(backend)); }

static int32_t subgraph_count(LinnetBackend* backend) { return interpreter_of(backend)->subgraph_count; }

static TfLiteContext* subgraph_context(LinnetBackend* backend, int32_t index) {
  ln_subgraph* subgraph = subgraph_at(backend, index);
  return subgraph != NULL ? &subgraph->context : NULL;
}

static const TfLiteIntArray* subgraph_inputs(LinnetBackend* backend, int32_t index) {
  const ln_subgraph* subgraph = subgraph_at(backend, index);
  return subgraph != NULL ? subgraph->inputs : NULL;
}

static const TfLiteIntArray* subgraph_outputs(LinnetBackend* backend, int32_t index) {
  const ln_subgraph* subgraph = subgraph_at(backend, index);
  return subgraph != NULL ? subgraph->outputs : NULL;
}

static TfLiteStatus subgraph_resize_input(LinnetBackend* backend, int32_t index, int32_t input_index,
                                          const TfLiteIntArray* dims) {
  ln_subgraph* subgraph = subgraph_at(backend, index);
  if (subgraph == NULL || dims == NULL) return kTfLiteError;
  return ln_subgraph_resize_input(subgraph, input_index, dims->size, dims->data);
}

static TfLiteStatus subgraph_allocate(LinnetBackend* backend, int32_t index) {
  ln_subgraph* subgraph = subgraph_at(backend, index);
  return subgraph != NULL ? ln_subgraph_allocate(subgraph) : kTfLiteError;
}

static bool subgraph_is_dynamic(LinnetBackend* backend, int32_t index) {
  const ln_subgraph* subgraph = subgraph_at(backend, index);
  return subgraph != NULL && subgraph->dynamic;
}

static TfLiteStatus subgraph_invoke(LinnetBackend* backend, int32_t index) {
  ln_subgraph* subgraph = subgraph_at(backend, index);
  if (subgraph == NULL) return kTfLiteError;
  ln_interpreter* interpreter = interpreter_of(backend);
  ++interpreter->invoke_depth;
  const TfLiteStatus status = ln_subgraph_invoke(subgraph);
  --interpreter->invoke_depth;
  return status;
}

static uint32_t subgraph_generation(LinnetBackend* backend, int32_t index) {
  const ln_subgraph* subgraph = subgraph_at(backend, index);
  return subgraph != NULL ? subgraph->generation : 0;
}

static int32_t subgraph_prepared(LinnetBackend* backend, int32_t index) {
  const ln_subgraph* subgraph = subgraph_at(backend, index);
  const bool in_parts = subgraph != NULL && !subgraph->interpreter->config.preserve_all_tensors;
  return in_parts ? subgraph->next_to_prepare : 0;
}

static TfLiteStatus subgraph_invoke_part(LinnetBackend* backend, int32_t index, int32_t first, int32_t end) {
  ln_subgraph* subgraph = subgraph_at(backend, index);
  if (subgraph == NULL) return kTfLiteError;
  ln_interpreter* interpreter = interpreter_of(backend);
  ++interpreter->invoke_depth;
  const TfLiteStatus status = ln_subgraph_invoke_part(subgraph, first, end);
  --interpreter->invoke_depth;
  return status;
}

static bool* subgraph_once_flag(LinnetBackend* backend, int32_t index) {
  ln_subgraph* subgraph = subgraph_at(backend, index);
  return subgraph != NULL ? &subgraph->initialized_once : NULL;
}

static void set_kernel_name(LinnetBackend* backend, const char* kernel) {
  ln_node* node = interpreter_of(backend)->preparing;
  if (node != NULL) node->kernel = kernel != NULL ? kernel : "";
}

static void set_together(LinnetBackend* backend, const LinnetTogether* together) {
  ln_node* node = interpreter_of(backend)->preparing;
  if (node != NULL && node->is_own) node->together = *together;
}

static const LinnetFusion* fusion(LinnetBackend* backend) {
  const ln_node* node = interpreter_of(backend)->preparing;
  return node != NULL && node->is_fused ? &node->fusion : NULL;
}

void ln_backend_fill(ln_interpreter* interpreter) {
  interpreter->backend = (LinnetBackend){
      .base = {kTfLiteCpuBackendContext, NULL},
      .magic = LINNET_BACKEND_MAGIC,
      .struct_size = sizeof(LinnetBackend),
      .ParallelFor = parallel_for,
      .ThreadCount = thread_count,
      .SharedPack = shared_pack,
      .IsCancelled = is_cancelled,
      .SubgraphCount = subgraph_count,
      .SubgraphContext = subgraph_context,
      .SubgraphInputs = subgraph_inputs,
      .SubgraphOutputs = subgraph_outputs,
      .SubgraphResizeInput = subgraph_resize_input,
      .SubgraphAllocate = subgraph_allocate,
      .SubgraphIsDynamic = subgraph_is_dynamic,
      .SubgraphInvoke = subgraph_invoke,
      .SubgraphOnceFlag = subgraph_once_flag,
      .ResourceId = ln_backend_resource_id,
      .FindResource = ln_backend_find_resource,
      .SetResource = ln_backend_set_resource,
      .SetKernelName = set_kernel_name,
      .SetTogether = set_together,
      .Fusion = fusion,
      .SubgraphGeneration = subgraph_generation,
      .SubgraphPrepared = subgraph_prepared,
      .SubgraphInvokePart = subgraph_invoke_part,
      .ParallelGrainNs = parallel_grain_ns,
  };
  interpreter->external_contexts[kTfLiteCpuBackendContext] = &interpreter->backend.base;
}
