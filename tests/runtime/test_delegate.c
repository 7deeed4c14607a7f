/* Delegates: which nodes they get, what is restored when they fail, buffer handles, old ones with shorter structs. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "ops/op_util.h"
#include "runtime/delegate.h"
#include "runtime/graph.h"
#include "tensorflow/lite/builtin_ops.h"
#include "tensorflow/lite/c/operator.h"

static graph g;
static log_text msgs;

static bool said(const char* text) { return CHECK_CONTAINS(msgs.text, text); }

/* ---- A delegate that takes all nodes named `wants` and computes the last tensor of a subset as in + 100. ---- */

typedef struct tester {
  TfLiteDelegate base;
  const char* wants;
  int kernels, prepared, freed_handles, copies, previewed, fail_init_at;
  bool fail_prepare, use_handles, garbage;
  int32_t subset_sizes[8], subset_inputs[8], subset_outputs[8];
} tester;

static tester* the_tester;

static void* kernel_init(TfLiteContext* c, const char* buffer, size_t length) {
  const TfLiteDelegateParams* params = (const TfLiteDelegateParams*)(const void*)buffer;
  tester* t = the_tester;
  (void)c;
  CHECK(length == 0 && params->delegate == &t->base);
  if (t->kernels < 8) {
    t->subset_sizes[t->kernels] = params->nodes_to_replace->size;
    t->subset_inputs[t->kernels] = params->input_tensors->size;
    t->subset_outputs[t->kernels] = params->output_tensors->size;
  }
  if (++t->kernels == t->fail_init_at) return TfLiteKernelInitFailed();
  return t;
}

static void kernel_free(TfLiteContext* c, void* data) {
  (void)c;
  --((tester*)data)->kernels;
}

static TfLiteStatus kernel_resize(TfLiteContext* c, TfLiteNode* n) {
  for (int i = 0; i < n->outputs->size; ++i)
    LN_TRY(ln_resize_like(c, &c->tensors[n->outputs->data[i]], &c->tensors[n->inputs->data[0]]));
  return kTfLiteOk;
}

static TfLiteStatus kernel_prepare(TfLiteContext* c, TfLiteNode* n) {
  ++((tester*)n->user_data)->prepared;
  return kernel_resize(c, n);
}

static TfLiteStatus kernel_invoke(TfLiteContext* c, TfLiteNode* n) {
  const tester* t = n->user_data;
  for (int k = 0; k < n->outputs->size; ++k) {
    TfLiteTensor* out = &c->tensors[n->outputs->data[k]];
    if (t->use_handles) {
      out->buffer_handle = 5;
      out->data_is_stale = true;
    }
    for (int i = 0; i < out->dims->data[0]; ++i)
      out->data.f[i] = t->use_handles ? -1 : c->tensors[n->inputs->data[0]].data.f[i] + 100;
  }
  return kTfLiteOk;
}

static TfLiteStatus delegate_prepare(TfLiteContext* c, TfLiteDelegate* d) {
  tester* t = (tester*)d;
  the_tester = t;
  TfLiteIntArray* plan;
  LN_TRY(c->GetExecutionPlan(c, &plan));
  TfLiteIntArray* wanted = TfLiteIntArrayCreate(plan->size);
  if (wanted == NULL) return kTfLiteError;
  wanted->size = 0;
  for (int i = 0; i < plan->size; ++i) {
    TfLiteNode* node;
    TfLiteRegistration* registration;
    if (c->GetNodeAndRegistration(c, plan->data[i], &node, &registration) != kTfLiteOk) break;
    if (registration->custom_name != NULL && strcmp(registration->custom_name, t->wants) == 0)
      wanted->data[wanted->size++] = plan->data[i];
  }
  TfLiteDelegateParams* params;
  TfLiteStatus status = c->PreviewDelegatePartitioning(c, wanted, &params, &t->previewed);
  TfLiteRegistration kernel = {.init = kernel_init,
                               .free = kernel_free,
                               .prepare = kernel_prepare,
                               .invoke = kernel_invoke,
                               .custom_name = "TestDelegate",
                               .version = 1};
  if (t->garbage) {
    memset(&kernel.registration_external, 0xab, sizeof kernel.registration_external);
    memset(&kernel.async_kernel, 0xcd, sizeof kernel.async_kernel);
    kernel.inplace_operator = UINT64_MAX;
  }
  if (status == kTfLiteOk) status = c->ReplaceNodeSubsetsWithDelegateKernels(c, kernel, wanted, d);
  TfLiteIntArrayFree(wanted);
  return t->fail_prepare ? kTfLiteError : status;
}

static TfLiteStatus copy_from(TfLiteContext* c, TfLiteDelegate* d, TfLiteBufferHandle handle, TfLiteTensor* t) {
  (void)c;
  CHECK(handle == 5);
  ++((tester*)d)->copies;
  for (int i = 0; i < t->dims->data[0]; ++i) t->data.f[i] = 77;
  return kTfLiteOk;
}

static void free_handle(TfLiteContext* c, TfLiteDelegate* d, TfLiteBufferHandle* handle) {
  (void)c;
  CHECK(*handle != kTfLiteNullBufferHandle);
  ++((tester*)d)->freed_handles;
  *handle = kTfLiteNullBufferHandle;
}

static tester make_tester(const char* wants, int64_t flags) {
  tester t = {.wants = wants};
  t.base = TfLiteDelegateCreate();
  t.base.Prepare = delegate_prepare;
  t.base.CopyFromBufferHandle = copy_from;
  t.base.FreeBufferHandle = free_handle;
  t.base.flags = flags;
  return t;
}

/* 0 -add1-> 1 -mix-> 2 -add1-> 3, 1 -add1-> 4, sum(3, 4) -> 5 */
static ln_interpreter* make(void) {
  graph_begin(&g, 1);
  for (int k = 0; k < 6; ++k) graph_tensor(&g, 0, SCHEMA_FLOAT32, 4);
  graph_node(&g, 0, "add1", LIST(0), LIST(1));
  graph_node(&g, 0, "mix", LIST(1), LIST(2));
  graph_node(&g, 0, "add1", LIST(2), LIST(3));
  graph_node(&g, 0, "add1", LIST(1), LIST(4));
  graph_node(&g, 0, "sum", LIST(3, 4), LIST(5));
  graph_ends(&g, 0, LIST(0), LIST(5));
  const ln_interpreter_config config = config_for(&msgs);
  return ln_interpreter_create(g.model, &config);
}

static void finish(ln_interpreter* i) {
  ln_interpreter_delete(i);
  graph_end(&g);
}

static void test_static(void) {
  tester t = make_tester("add1", kTfLiteDelegateFlagsNone);
  ln_interpreter* i = make();
  CHECK(ln_interpreter_apply_delegate(i, &t.base) == kTfLiteOk);
  /* {add1, add1} mix {add1} sum */
  CHECK(t.previewed == 2 && t.kernels == 2 && t.subset_sizes[0] == 2 && t.subset_sizes[1] == 1);
  CHECK(t.subset_inputs[0] == 1 && t.subset_outputs[0] == 2 && t.subset_inputs[1] == 1 && t.subset_outputs[1] == 1);
  CHECK(ln_interpreter_allocate(i, 0) == kTfLiteOk && t.prepared == 2);
  floats(i, 0)[0] = 1;
  CHECK(ln_interpreter_invoke(i, 0) == kTfLiteOk);
  const float mixed = floats(i, 2)[0];
  CHECK(floats(i, 5)[0] == mixed + 100 + 101 && ln_interpreter_tensor(i, 0, 3)->delegate == &t.base);
  /* Another shape: the delegate looks at the graph anew. */
  CHECK(ln_interpreter_resize_input(i, 0, 0, 1, (int[]){2}) == kTfLiteOk && t.kernels == 0);
  CHECK(ln_interpreter_allocate(i, 0) == kTfLiteOk && t.kernels == 2 && ln_interpreter_invoke(i, 0) == kTfLiteOk);
  finish(i);
  CHECK(t.kernels == 0);
}

static void test_failures(void) {
  for (int k = 0; k < 3; ++k) {
    tester t = make_tester("add1", k == 2 ? kTfLiteDelegateFlagsAllowDynamicTensors : 0);
    t.fail_prepare = k == 0;
    t.fail_init_at = k > 0 ? 2 : 0;
    ln_interpreter* i = make();
    if (k == 1) CHECK(ln_interpreter_allocate(i, 0) == kTfLiteOk);
    CHECK(ln_interpreter_apply_delegate(i, &t.base) == kTfLiteDelegateError);
    CHECK(said("Restored original execution plan after delegate application failure."));
    if (k != 1) CHECK(ln_interpreter_allocate(i, 0) == kTfLiteOk);
    floats(i, 0)[0] = 1;
    CHECK(ln_interpreter_invoke(i, 0) == kTfLiteOk && floats(i, 5)[0] == floats(i, 2)[0] + 1 + 3);
    CHECK(ln_interpreter_tensor(i, 0, 3)->delegate == NULL);
    finish(i);
  }
  ln_interpreter* i = make();
  TfLiteDelegate empty = TfLiteDelegateCreate();
  CHECK(ln_interpreter_apply_delegate(i, NULL) == kTfLiteError && said("Null delegate."));
  CHECK(ln_interpreter_apply_delegate(i, &empty) == kTfLiteDelegateError && said("no Prepare"));
  finish(i);
}

/* A second delegate takes what the first has left; an old one leaves garbage behind the members it knows. */
static void test_two(void) {
  tester a = make_tester("add1", 0), b = make_tester("sum", 0);
  a.garbage = b.garbage = true;
  ln_interpreter* i = make();
  CHECK(ln_interpreter_apply_delegate(i, &a.base) == kTfLiteOk &&
        ln_interpreter_apply_delegate(i, &b.base) == kTfLiteOk);
  CHECK(b.kernels == 1 && a.kernels == 2 && ln_interpreter_allocate(i, 0) == kTfLiteOk);
  CHECK(ln_interpreter_invoke(i, 0) == kTfLiteOk && floats(i, 5)[0] == floats(i, 2)[0] + 200);
  CHECK(ln_interpreter_resize_input(i, 0, 0, 1, (int[]){3}) == kTfLiteOk && ln_interpreter_allocate(i, 0) == kTfLiteOk);
  CHECK(ln_interpreter_invoke(i, 0) == kTfLiteOk && b.kernels == 1 && a.kernels == 2);
  finish(i);
}

static void test_handles(void) {
  tester t = make_tester("sum", 0);
  t.use_handles = true;
  ln_interpreter* i = make();
  TfLiteBufferHandle handle;
  TfLiteDelegate* owner;
  CHECK(ln_interpreter_apply_delegate(i, &t.base) == kTfLiteOk && ln_interpreter_allocate(i, 0) == kTfLiteOk);
  CHECK(ln_interpreter_invoke(i, 0) == kTfLiteOk && floats(i, 5)[0] == 77 && t.copies == 1);
  ln_interpreter_allow_buffer_handle_output(i, true);
  CHECK(ln_interpreter_invoke(i, 0) == kTfLiteOk && floats(i, 5)[0] == -1 && t.copies == 1);
  CHECK(ln_interpreter_ensure_readable(i, 5) == kTfLiteOk && floats(i, 5)[0] == 77);
  CHECK(ln_interpreter_ensure_readable(i, 50) == kTfLiteError);
  CHECK(ln_interpreter_get_buffer_handle(i, 5, &handle, &owner) == kTfLiteOk && handle == 5 && owner == &t.base);
  CHECK(ln_interpreter_set_buffer_handle(i, ln_interpreter_tensor(i, 0, 5), 9, &t.base) == kTfLiteOk &&
        t.freed_handles == 1);
  tester other = make_tester("sum", 0);
  CHECK(ln_interpreter_set_buffer_handle(i, ln_interpreter_tensor(i, 0, 5), 9, &other.base) == kTfLiteError);
  finish(i);
  CHECK(t.freed_handles == 2);
}

static void test_dynamic(void) {
  for (int allowed = 0; allowed < 2; ++allowed) {
    tester t = make_tester("add1", allowed ? kTfLiteDelegateFlagsAllowDynamicTensors : 0);
    graph_begin(&g, 1);
    for (int k = 0; k < 4; ++k) graph_tensor(&g, 0, SCHEMA_FLOAT32, 1);
    graph_node(&g, 0, "add1", LIST(0), LIST(1));
    graph_node(&g, 0, "grow", LIST(1), LIST(2));
    graph_node(&g, 0, "add1", LIST(2), LIST(3));
    graph_ends(&g, 0, LIST(0), LIST(3));
    const ln_interpreter_config config = config_for(&msgs);
    ln_interpreter* i = ln_interpreter_create(g.model, &config);
    const TfLiteStatus status = ln_interpreter_apply_delegate(i, &t.base);
    CHECK(status == (allowed ? kTfLiteOk : kTfLiteApplicationError) && t.kernels == 2 * allowed);
    if (!allowed) CHECK(said("only supports static-sized tensors"));
    CHECK(ln_interpreter_allocate(i, 0) == kTfLiteOk);
    floats(i, 0)[0] = 4;
    CHECK(ln_interpreter_invoke(i, 0) == kTfLiteOk);
    CHECK(ln_interpreter_tensor(i, 0, 3)->dims->data[0] == (allowed ? 104 : 5) &&
          floats(i, 3)[3] == (allowed ? 103 : 4));
    CHECK(ln_interpreter_resize_input(i, 0, 0, 1, (int[]){2}) == kTfLiteOk &&
          ln_interpreter_allocate(i, 0) == kTfLiteOk);
    CHECK(ln_interpreter_invoke(i, 0) == kTfLiteOk || !allowed);
    finish(i);
    CHECK(t.kernels == 0);
  }
}

/* Custom operators that nobody knows are left for the delegate to take. */
static void test_unresolved(void) {
  tester t = make_tester("mystery", 0);
  graph_begin(&g, 1);
  for (int k = 0; k < 2; ++k) graph_tensor(&g, 0, SCHEMA_FLOAT32, 3);
  graph_node(&g, 0, "mystery", LIST(0), LIST(1));
  graph_ends(&g, 0, LIST(0), LIST(1));
  const ln_interpreter_config config = config_for(&msgs);
  ln_interpreter* i = ln_interpreter_create(g.model, &config);
  CHECK(ln_interpreter_apply_delegate(i, &t.base) == kTfLiteOk && ln_interpreter_allocate(i, 0) == kTfLiteOk);
  CHECK(ln_interpreter_invoke(i, 0) == kTfLiteOk && floats(i, 1)[2] == 100);
  finish(i);
}

/* ---- An opaque delegate, whose kernel is an operator object ---- */

static int opaque_kernels, opaque_handles;

static void* opaque_init(void* data, TfLiteOpaqueContext* c, const char* buffer, size_t length) {
  const TfLiteOpaqueDelegateParams* params = (const TfLiteOpaqueDelegateParams*)(const void*)buffer;
  CHECK(c != NULL && data == &g && length == 0 && params->delegate_data == &msgs &&
        params->nodes_to_replace->size == 1);
  CHECK(params->input_tensors->size == 2 && params->output_tensors->size == 1);
  ++opaque_kernels;
  return &opaque_kernels;
}

static void opaque_free(TfLiteOpaqueContext* c, void* data) {
  (void)c;
  --*(int*)data;
}

static TfLiteStatus opaque_kernel_prepare(TfLiteOpaqueContext* c, TfLiteOpaqueNode* n) {
  return kernel_resize((TfLiteContext*)(void*)c, (TfLiteNode*)(void*)n);
}

static TfLiteStatus opaque_invoke(void* data, TfLiteOpaqueContext* c, TfLiteOpaqueNode* n) {
  TfLiteTensor* out = &((TfLiteContext*)(void*)c)->tensors[((TfLiteNode*)(void*)n)->outputs->data[0]];
  CHECK(data == &g);
  out->buffer_handle = 3;
  out->data_is_stale = true;
  return kTfLiteOk;
}

static TfLiteStatus opaque_copy(TfLiteOpaqueContext* c, TfLiteOpaqueDelegate* d, void* data, TfLiteBufferHandle handle,
                                TfLiteOpaqueTensor* tensor) {
  CHECK(c != NULL && d != NULL && data == &msgs && handle == 3);
  TfLiteTensor* t = (TfLiteTensor*)(void*)tensor;
  for (int i = 0; i < t->dims->data[0]; ++i) t->data.f[i] = 55;
  return kTfLiteOk;
}

static void opaque_free_handle(TfLiteOpaqueContext* c, TfLiteOpaqueDelegate* d, void* data,
                               TfLiteBufferHandle* handle) {
  CHECK(c != NULL && d != NULL && data == &msgs && *handle == 3);
  ++opaque_handles;
}

static TfLiteOperator* opaque_kernel;

static TfLiteStatus opaque_prepare(TfLiteOpaqueContext* c, TfLiteOpaqueDelegate* d, void* data) {
  CHECK(TfLiteOpaqueDelegateGetData(d) == data && data == &msgs);
  TfLiteContext* context = (TfLiteContext*)(void*)c;
  const TfLiteRegistration kernel = {.registration_external = opaque_kernel};
  TfLiteIntArray* nodes = TfLiteIntArrayCreate(1);
  nodes->data[0] = 99;
  CHECK(context->ReplaceNodeSubsetsWithDelegateKernels(context, kernel, nodes, d) == kTfLiteError);
  CHECK(said("asks for node 99"));
  nodes->data[0] = 4;
  const TfLiteStatus status = context->ReplaceNodeSubsetsWithDelegateKernels(context, kernel, nodes, d);
  TfLiteIntArrayFree(nodes);
  return status;
}

static void test_opaque(void) {
  const TfLiteOpaqueDelegateBuilder builder = {.data = &msgs,
                                               .Prepare = opaque_prepare,
                                               .CopyFromBufferHandle = opaque_copy,
                                               .FreeBufferHandle = opaque_free_handle,
                                               .flags = kTfLiteDelegateFlagsAllowDynamicTensors};
  opaque_kernel = TfLiteOperatorCreate(kTfLiteBuiltinDelegate, "OpaqueKernel", 1, &g);
  CHECK(TfLiteOperatorSetInitWithData(opaque_kernel, opaque_init) == kTfLiteOk);
  TfLiteOperatorSetFree(opaque_kernel, opaque_free);
  TfLiteOperatorSetPrepare(opaque_kernel, opaque_kernel_prepare);
  CHECK(TfLiteOperatorSetInvokeWithData(opaque_kernel, opaque_invoke) == kTfLiteOk);
  TfLiteOpaqueDelegate* d = TfLiteOpaqueDelegateCreate(&builder);
  ln_interpreter* i = make();
  CHECK(d != NULL && ln_interpreter_apply_delegate(i, d) == kTfLiteOk && opaque_kernels == 1);
  TfLiteContext* c = &i->subgraphs[0]->context;
  TfLiteIntArray* none = TfLiteIntArrayCreate(0);
  CHECK(c->ReplaceNodeSubsetsWithDelegateKernels(c, (TfLiteRegistration){0}, none, d) == kTfLiteError);
  TfLiteIntArrayFree(none);
  CHECK(ln_interpreter_allocate(i, 0) == kTfLiteOk && ln_interpreter_invoke(i, 0) == kTfLiteOk);
  CHECK(floats(i, 5)[0] == 55);
  finish(i);
  CHECK(opaque_kernels == 0 && opaque_handles == 1);
  TfLiteOpaqueDelegateDelete(d);
  TfLiteOperatorDelete(opaque_kernel);
}

/* ---- Every allocation fails once ---- */

static void live_through(int what) {
  static const float kWeights[2] = {1, 2};
  tester t = make_tester("add1", what == 1 ? 0 : kTfLiteDelegateFlagsAllowDynamicTensors);
  graph_begin(&g, 1);
  if (g.model == NULL) return;
  for (int k = 0; k < 7; ++k) graph_tensor(&g, 0, SCHEMA_FLOAT32, 2);
  graph_constant(&g, 0, kWeights, 2);
  graph_variable(&g, 0, SCHEMA_FLOAT32, 2);
  graph_node(&g, 0, "add1", LIST(0), LIST(1));
  graph_node(&g, 0, "mix", LIST(1, 7), LIST(2));
  graph_node(&g, 0, "backend", LIST(2, 7), LIST(3));
  graph_node(&g, 0, what == 2 ? "grow" : "add1_shared", LIST(0), LIST(4));
  graph_node(&g, 0, "add1", LIST(4), LIST(5));
  graph_node(&g, 0, "state", LIST(3, 8), LIST(6));
  graph_ends(&g, 0, LIST(0), LIST(5, 6));
  ln_interpreter_config config = config_for(&msgs);
  config.num_threads = what == 3 ? 2 : 1;
  ln_interpreter* i = ln_interpreter_create(g.model, &config);
  if (i != NULL) {
    if (what > 0) ln_interpreter_apply_delegate(i, &t.base);
    if (ln_interpreter_allocate(i, 0) == kTfLiteOk) {
      floats(i, 0)[0] = 3;
      ln_interpreter_invoke(i, 0);
    }
    ln_interpreter_resize_input(i, 0, 0, 1, (int[]){9});
    if (ln_interpreter_allocate(i, 0) == kTfLiteOk) {
      floats(i, 0)[0] = 40;
      ln_interpreter_invoke(i, 0);
      ln_interpreter_invoke(i, 0);
    }
  }
  finish(i);
  CHECK(t.kernels == 0);
}

static void test_no_memory(void) {
  for (int what = 0; what < 4; ++what) {
    count_allocations(true);
    live_through(what);
    const long calls = counts.calls;
    bool ok = counts.live == 0;
    for (long k = 1; k <= calls; ++k) {
      count_allocations(true);
      counts.fail_at = k;
      live_through(what);
      ok = ok && counts.live == 0 && live_kernels == 0;
    }
    count_allocations(false);
    CHECK(ok && calls > 50);
  }
}

int main(void) {
  test_static();
  test_failures();
  test_two();
  test_handles();
  test_dynamic();
  test_unresolved();
  test_opaque();
  test_no_memory();
  return check_report();
}
