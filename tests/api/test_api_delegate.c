/* Delegates of the client's: plain and opaque ones that claim nodes, several, failing ones, ones for fixed shapes only,
 * buffer handles, the XNNPACK delegate. */
#include "linnet/linnet.h"
#include "scale_op.h"
#include "tensorflow/lite/builtin_ops.h"
#include "tensorflow/lite/delegates/xnnpack/xnnpack_delegate.h"

enum { CHAIN_INPUTS = 72, CHAIN_OUTPUTS = 108, HANDLE = 5 };

static messages msgs;

/* ---- A delegate that takes all nodes of one builtin operator, RELU or ADD ---- */

typedef struct claimer {
  TfLiteDelegate base;
  int wants;
  int prepared, kernels, invoked; /* its Prepare; kernels alive; kernels' invokes */
  int copied, freed_handles;
  bool fail_prepare, fail_init, fail_kernel_prepare, use_handles;
} claimer;

static void* kernel_init(TfLiteContext* context, const char* buffer, size_t length) {
  const TfLiteDelegateParams* params = (const TfLiteDelegateParams*)(const void*)buffer;
  claimer* c = (claimer*)params->delegate;
  (void)context;
  CHECK(length == 0 && params->nodes_to_replace->size == 1 && params->output_tensors->size == 1);
  if (c->fail_init) return TfLiteKernelInitFailed();
  ++c->kernels;
  return c;
}

static void kernel_free(TfLiteContext* context, void* data) {
  (void)context;
  --((claimer*)data)->kernels;
}

static TfLiteStatus kernel_prepare(TfLiteContext* context, TfLiteNode* node) {
  const claimer* c = node->user_data;
  if (c->fail_kernel_prepare) return kTfLiteError;
  const TfLiteTensor* input = context->GetTensor(context, node->inputs->data[0]);
  return context->ResizeTensor(context, context->GetTensor(context, node->outputs->data[0]),
                               TfLiteIntArrayCopy(input->dims));
}

static TfLiteStatus kernel_invoke(TfLiteContext* context, TfLiteNode* node) {
  claimer* c = node->user_data;
  ++c->invoked;
  TfLiteTensor* output = context->GetTensor(context, node->outputs->data[0]);
  const float* a = context->GetTensor(context, node->inputs->data[0])->data.f;
  const float* b = node->inputs->size > 1 ? context->GetTensor(context, node->inputs->data[1])->data.f : NULL;
  for (size_t i = 0; i < output->bytes / sizeof(float); ++i) {
    output->data.f[i] = b != NULL ? a[i] + b[i] : fmaxf(a[i], 0);
    if (c->use_handles) output->data.f[i] = -1;
  }
  output->data_is_stale = c->use_handles;
  if (c->use_handles) output->buffer_handle = HANDLE;
  return kTfLiteOk;
}

/* The nodes of the wanted operator; owned. */
static TfLiteIntArray* wanted_nodes(TfLiteContext* context, int wants) {
  TfLiteIntArray* plan;
  if (context->GetExecutionPlan(context, &plan) != kTfLiteOk) return NULL;
  TfLiteIntArray* wanted = TfLiteIntArrayCreate(plan->size);
  wanted->size = 0;
  for (int i = 0; i < plan->size; ++i) {
    TfLiteNode* node;
    TfLiteRegistration* registration;
    CHECK_EQ_INT(context->GetNodeAndRegistration(context, plan->data[i], &node, &registration), kTfLiteOk);
    if (registration->builtin_code == wants) wanted->data[wanted->size++] = plan->data[i];
  }
  return wanted;
}

static TfLiteStatus delegate_prepare(TfLiteContext* context, TfLiteDelegate* delegate) {
  claimer* c = (claimer*)delegate;
  ++c->prepared;
  TfLiteIntArray* wanted = wanted_nodes(context, c->wants);
  const TfLiteRegistration kernel = {.init = kernel_init,
                                     .free = kernel_free,
                                     .prepare = kernel_prepare,
                                     .invoke = kernel_invoke,
                                     .custom_name = "Claimer",
                                     .version = 1};
  const TfLiteStatus status = context->ReplaceNodeSubsetsWithDelegateKernels(context, kernel, wanted, delegate);
  TfLiteIntArrayFree(wanted);
  return c->fail_prepare ? kTfLiteError : status;
}

static TfLiteStatus copy_from(TfLiteContext* context, TfLiteDelegate* delegate, TfLiteBufferHandle handle,
                              TfLiteTensor* tensor) {
  (void)context;
  CHECK_EQ_INT(handle, HANDLE);
  ++((claimer*)delegate)->copied;
  for (size_t i = 0; i < tensor->bytes / sizeof(float); ++i) tensor->data.f[i] = 77;
  return kTfLiteOk;
}

static void free_handle(TfLiteContext* context, TfLiteDelegate* delegate, TfLiteBufferHandle* handle) {
  (void)context;
  ++((claimer*)delegate)->freed_handles;
  *handle = kTfLiteNullBufferHandle;
}

static claimer make_claimer(int wants, int64_t flags) {
  claimer c = {.base = TfLiteDelegateCreate(), .wants = wants};
  c.base.Prepare = delegate_prepare;
  c.base.CopyFromBufferHandle = copy_from;
  c.base.FreeBufferHandle = free_handle;
  c.base.flags = flags;
  return c;
}

/* ---- The model chain, with and without ---- */

static TfLiteInterpreter* create_with(const char* name, TfLiteDelegate* first, TfLiteDelegate* second) {
  TfLiteModel* model = load_model(name);
  TfLiteInterpreterOptions* options = options_with(&msgs);
  TfLiteInterpreterOptionsAddDelegate(options, first);
  TfLiteInterpreterOptionsAddDelegate(options, second);
  TfLiteInterpreter* interpreter = TfLiteInterpreterCreate(model, options);
  TfLiteInterpreterOptionsDelete(options);
  TfLiteModelDelete(model);
  return interpreter;
}

static bool run_chain(TfLiteInterpreter* interpreter, float output[CHAIN_OUTPUTS]) {
  float input[CHAIN_INPUTS];
  for (int i = 0; i < CHAIN_INPUTS; ++i) input[i] = (float)(i % 7) - 3;
  return set_floats(interpreter, 0, input, CHAIN_INPUTS) && TfLiteInterpreterInvoke(interpreter) == kTfLiteOk &&
         TfLiteTensorCopyToBuffer(TfLiteInterpreterGetOutputTensor(interpreter, 0), output,
                                  CHAIN_OUTPUTS * sizeof *output) == kTfLiteOk;
}

/* Whether the interpreter computes what one without delegates does. */
static bool computes_chain(TfLiteInterpreter* interpreter) {
  float expected[CHAIN_OUTPUTS], actual[CHAIN_OUTPUTS];
  TfLiteInterpreter* plain = ready_interpreter("chain", &msgs);
  bool same = run_chain(plain, expected) && run_chain(interpreter, actual);
  TfLiteInterpreterDelete(plain);
  for (int i = 0; same && i < CHAIN_OUTPUTS; ++i) same = fabsf(actual[i] - expected[i]) < 1e-6f;
  return same;
}

static void test_plain(void) {
  static const int64_t kFlags[] = {
      kTfLiteDelegateFlagsNone, kTfLiteDelegateFlagsAllowDynamicTensors,
      kTfLiteDelegateFlagsAllowDynamicTensors | kTfLiteDelegateFlagsRequirePropagatedShapes,
      kTfLiteDelegateFlagsPerOperatorProfiling};
  for (size_t i = 0; i < sizeof kFlags / sizeof kFlags[0]; ++i) {
    claimer relu = make_claimer(kTfLiteBuiltinRelu, kFlags[i]), add = make_claimer(kTfLiteBuiltinAdd, kFlags[i]);
    TfLiteInterpreter* interpreter = create_with("chain", &relu.base, &add.base);
    CHECK(relu.prepared == 1 && relu.kernels == 1 && add.prepared == 1 && add.kernels == 1);
    CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
    CHECK(computes_chain(interpreter));
    CHECK(relu.invoked == 1 && add.invoked == 1);

    /* Another shape, and back. */
    CHECK_EQ_INT(TfLiteInterpreterResizeInputTensor(interpreter, 0, (const int[]){1, 8, 9, 2}, 4), kTfLiteOk);
    CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
    CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteOk);
    CHECK(relu.invoked == 2 && add.invoked == 2);
    CHECK_EQ_INT(TfLiteInterpreterResizeInputTensor(interpreter, 0, (const int[]){1, 6, 6, 2}, 4), kTfLiteOk);
    CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
    CHECK(computes_chain(interpreter));
    TfLiteInterpreterDelete(interpreter);
    CHECK(relu.kernels == 0 && add.kernels == 0);
  }
}

static void test_modify(void) {
  claimer relu = make_claimer(kTfLiteBuiltinRelu, kTfLiteDelegateFlagsNone);
  TfLiteInterpreter* interpreter = ready_interpreter("chain", &msgs);
  CHECK(computes_chain(interpreter));
  CHECK_EQ_INT(TfLiteInterpreterModifyGraphWithDelegate(interpreter, NULL), kTfLiteError);
  CHECK(said(&msgs, "Null delegate."));
  CHECK_EQ_INT(TfLiteInterpreterModifyGraphWithDelegate(interpreter, &relu.base), kTfLiteOk);
  CHECK(computes_chain(interpreter)); /* allocated anew */
  CHECK(relu.invoked == 1 && relu.kernels == 1);
  CHECK_EQ_INT(TfLiteInterpreterModifyGraphWithDelegate(interpreter, &relu.base), kTfLiteOk); /* nothing is left */
  CHECK(computes_chain(interpreter));
  CHECK(relu.kernels == 1);
  TfLiteInterpreterDelete(interpreter);
  CHECK_EQ_INT(relu.kernels, 0);

  interpreter = create_interpreter("chain", &msgs); /* before the first allocation */
  claimer add = make_claimer(kTfLiteBuiltinAdd, kTfLiteDelegateFlagsAllowDynamicTensors);
  CHECK_EQ_INT(TfLiteInterpreterModifyGraphWithDelegate(interpreter, &add.base), kTfLiteOk);
  CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteError);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
  CHECK(computes_chain(interpreter));
  TfLiteInterpreterDelete(interpreter);
  msgs = (messages){.count = 0};
}

/* A delegate that fails leaves no interpreter, or the graph as it was. */
static void test_failing(void) {
  for (int how = 0; how < 4; ++how) {
    claimer relu = make_claimer(kTfLiteBuiltinRelu, kTfLiteDelegateFlagsNone);
    claimer add = make_claimer(kTfLiteBuiltinAdd, kTfLiteDelegateFlagsNone);
    relu.fail_prepare = how == 0;
    relu.fail_init = how == 1;
    relu.fail_kernel_prepare = how == 2;
    if (how == 3) relu.base.Prepare = NULL;
    CHECK(create_with("chain", &relu.base, NULL) == NULL);
    CHECK(said(&msgs, "Restored original execution plan after delegate application failure."));
    CHECK(create_with("chain", &add.base, &relu.base) == NULL);
    CHECK(relu.kernels == 0 && add.kernels == 0);

    TfLiteInterpreter* interpreter = create_with("chain", &add.base, NULL);
    CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
    CHECK_EQ_INT(TfLiteInterpreterModifyGraphWithDelegate(interpreter, &relu.base), kTfLiteDelegateError);
    CHECK_EQ_INT(relu.kernels, 0);
    CHECK(computes_chain(interpreter));
    CHECK(add.kernels == 1 && add.invoked == 1);
    TfLiteInterpreterDelete(interpreter);
    msgs = (messages){.count = 0};
  }
}

/* ---- Shapes that are known only after a node has run ---- */

static TfLiteStatus dynamic_prepare(TfLiteContext* context, TfLiteNode* node) {
  TfLiteTensor* output = context->GetTensor(context, node->outputs->data[0]);
  TfLiteTensorDataFree(output);
  output->allocation_type = kTfLiteDynamic;
  return kTfLiteOk;
}

static TfLiteStatus dynamic_invoke(TfLiteContext* context, TfLiteNode* node) {
  return scale_prepare(context, node) == kTfLiteOk ? scale_invoke(context, node) : kTfLiteError;
}

static void test_dynamic_graph(void) {
  TfLiteRegistration scale = scale_registration();
  scale.prepare = dynamic_prepare;
  scale.invoke = dynamic_invoke;
  for (int dynamic = 0; dynamic < 2; ++dynamic) {
    claimer relu = make_claimer(kTfLiteBuiltinRelu, dynamic ? kTfLiteDelegateFlagsAllowDynamicTensors : 0);
    TfLiteModel* model = load_model("custom_operator");
    TfLiteInterpreterOptions* options = options_with(&msgs);
    TfLiteInterpreterOptionsAddCustomOp(options, SCALE_NAME, &scale, 1, 1);
    TfLiteInterpreter* interpreter = TfLiteInterpreterCreate(model, options);
    CHECK_EQ_INT(TfLiteInterpreterModifyGraphWithDelegate(interpreter, &relu.base),
                 dynamic ? kTfLiteOk : kTfLiteApplicationError);
    if (!dynamic) CHECK(said(&msgs, "a delegate that only supports static-sized tensors"));
    CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
    CHECK(scales_by(interpreter, 2.5f));
    TfLiteInterpreterDelete(interpreter);
    TfLiteInterpreterOptionsDelete(options);
    TfLiteModelDelete(model);
    msgs = (messages){.count = 0};
  }
}

/* ---- Buffer handles ---- */

static void test_handles(void) {
  claimer add = make_claimer(kTfLiteBuiltinAdd, kTfLiteDelegateFlagsNone);
  add.use_handles = true;
  TfLiteInterpreter* interpreter = create_with("dynamic_add", &add.base, NULL);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
  CHECK(set_floats(interpreter, 0, FLOATS(1, 1, 1), 3));
  CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteOk);
  CHECK(output_is(interpreter, 0, FLOATS(77, 77, 77), 3)); /* fetched */
  CHECK_EQ_INT(add.copied, 1);

  const int index = TfLiteInterpreterGetOutputTensorIndex(interpreter, 0);
  TfLiteTensor* output = TfLiteInterpreterGetTensor(interpreter, index);
  TfLiteBufferHandle handle = 0;
  TfLiteOpaqueDelegate* owner = NULL;
  CHECK_EQ_INT(TfLiteInterpreterGetBufferHandle(interpreter, index, &handle, &owner), kTfLiteOk);
  CHECK(handle == HANDLE && owner == &add.base);
  CHECK_EQ_INT(TfLiteInterpreterGetBufferHandle(interpreter, 999, &handle, &owner), kTfLiteError);
  CHECK_EQ_INT(TfLiteInterpreterGetBufferHandle(interpreter, -1, &handle, &owner), kTfLiteError);
  CHECK_EQ_INT(TfLiteInterpreterGetBufferHandle(interpreter, index, NULL, &owner), kTfLiteError);
  CHECK_EQ_INT(TfLiteInterpreterGetBufferHandle(NULL, index, &handle, &owner), kTfLiteError);

  TfLiteSetAllowBufferHandleOutput(interpreter, true);
  CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteOk);
  CHECK_EQ_INT(add.copied, 1);
  float values[3] = {0};
  CHECK_EQ_INT(TfLiteTensorCopyToBuffer(output, values, sizeof values), kTfLiteError);
  CHECK_EQ_INT(TfLiteInterpreterEnsureTensorDataIsReadable(interpreter, index), kTfLiteOk);
  CHECK_EQ_INT(TfLiteTensorCopyToBuffer(output, values, sizeof values), kTfLiteOk);
  CHECK(values[0] == 77 && add.copied == 2);
  CHECK_EQ_INT(TfLiteInterpreterEnsureTensorDataIsReadable(interpreter, index), kTfLiteOk);
  CHECK_EQ_INT(add.copied, 2);

  /* The handle that was there is freed; only the tensor's own delegate may give it another. */
  claimer other = make_claimer(kTfLiteBuiltinRelu, 0);
  TfLiteTensor foreign = {.buffer_handle = kTfLiteNullBufferHandle};
  CHECK_EQ_INT(TfLiteInterpreterSetBufferHandle(interpreter, output, 6, &other.base), kTfLiteError);
  CHECK_EQ_INT(TfLiteInterpreterSetBufferHandle(interpreter, output, 6, NULL), kTfLiteError);
  CHECK_EQ_INT(TfLiteInterpreterSetBufferHandle(interpreter, &foreign, 6, &add.base), kTfLiteError);
  CHECK_EQ_INT(TfLiteInterpreterSetBufferHandle(interpreter, NULL, 6, &add.base), kTfLiteError);
  CHECK_EQ_INT(TfLiteInterpreterSetBufferHandle(NULL, output, 6, &add.base), kTfLiteError);
  CHECK_EQ_INT(add.freed_handles, 0);
  CHECK_EQ_INT(TfLiteInterpreterSetBufferHandle(interpreter, output, 6, &add.base), kTfLiteOk);
  CHECK_EQ_INT(add.freed_handles, 1);
  TfLiteInterpreterDelete(interpreter);
  CHECK_EQ_INT(add.freed_handles, 2);
  msgs = (messages){.count = 0};
}

/* ---- Opaque delegates ---- */

typedef struct opaque_claimer {
  TfLiteOpaqueDelegate* delegate;
  TfLiteOperator* kernel;
  int prepared, kernels, invoked;
  bool fail;
} opaque_claimer;

static void* opaque_kernel_init(TfLiteOpaqueContext* context, const char* buffer, size_t length) {
  const TfLiteOpaqueDelegateParams* params = (const TfLiteOpaqueDelegateParams*)(const void*)buffer;
  opaque_claimer* c = params->delegate_data;
  (void)context;
  CHECK(length == 0 && params->delegate == c->delegate && params->nodes_to_replace->size == 1);
  ++c->kernels;
  return c;
}

static void opaque_kernel_free(TfLiteOpaqueContext* context, void* data) {
  (void)context;
  --((opaque_claimer*)data)->kernels;
}

static TfLiteStatus opaque_kernel_invoke(TfLiteOpaqueContext* context, TfLiteOpaqueNode* opaque_node) {
  const TfLiteNode* node = plain_node(opaque_node);
  ++((opaque_claimer*)node->user_data)->invoked;
  TfLiteContext* c = plain_context(context);
  TfLiteTensor* output = c->GetTensor(c, node->outputs->data[0]);
  const float* a = c->GetTensor(c, node->inputs->data[0])->data.f;
  for (size_t i = 0; i < output->bytes / sizeof(float); ++i) output->data.f[i] = fmaxf(a[i], 0);
  return kTfLiteOk;
}

static TfLiteStatus opaque_prepare(TfLiteOpaqueContext* context, TfLiteOpaqueDelegate* delegate, void* data) {
  opaque_claimer* claimer = data;
  TfLiteContext* c = plain_context(context);
  ++claimer->prepared;
  CHECK(delegate == claimer->delegate);
  TfLiteIntArray* wanted = wanted_nodes(c, kTfLiteBuiltinRelu);
  const TfLiteRegistration kernel = {.registration_external = claimer->kernel, .version = 1};
  const TfLiteStatus status = c->ReplaceNodeSubsetsWithDelegateKernels(c, kernel, wanted, delegate);
  TfLiteIntArrayFree(wanted);
  return claimer->fail ? kTfLiteError : status;
}

static void make_opaque(opaque_claimer* c, int64_t flags) {
  *c = (opaque_claimer){0};
  const TfLiteOpaqueDelegateBuilder builder = {.data = c, .Prepare = opaque_prepare, .flags = flags};
  c->delegate = TfLiteOpaqueDelegateCreate(&builder);
  c->kernel = TfLiteOperatorCreate(kTfLiteBuiltinDelegate, "OpaqueClaimer", 1, NULL);
  TfLiteOperatorSetInit(c->kernel, opaque_kernel_init);
  TfLiteOperatorSetFree(c->kernel, opaque_kernel_free);
  TfLiteOperatorSetInvoke(c->kernel, opaque_kernel_invoke);
}

static void test_opaque(void) {
  opaque_claimer c;
  for (int64_t flags = 0; flags < 2; ++flags) {
    make_opaque(&c, flags);
    TfLiteInterpreter* interpreter = create_with("chain", c.delegate, NULL);
    CHECK(c.prepared == 1 && c.kernels == 1);
    CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
    CHECK(computes_chain(interpreter));
    CHECK_EQ_INT(c.invoked, 1);
    TfLiteOperatorDelete(c.kernel); /* its nodes keep it */
    CHECK(computes_chain(interpreter));
    TfLiteInterpreterDelete(interpreter);
    CHECK_EQ_INT(c.kernels, 0);
    TfLiteOpaqueDelegateDelete(c.delegate);
  }
  make_opaque(&c, 0);
  c.fail = true;
  CHECK(create_with("chain", c.delegate, NULL) == NULL);
  CHECK_EQ_INT(c.kernels, 0);
  TfLiteOperatorDelete(c.kernel);
  TfLiteOpaqueDelegateDelete(c.delegate);

  /* Without a Prepare function it fails; what was not made here is left alone. */
  TfLiteOpaqueDelegate* idle = TfLiteOpaqueDelegateCreate(&(TfLiteOpaqueDelegateBuilder){.data = &c});
  CHECK(create_with("chain", idle, NULL) == NULL);
  TfLiteOpaqueDelegateDelete(idle);
  claimer plain = make_claimer(kTfLiteBuiltinRelu, 0);
  TfLiteOpaqueDelegateDelete(&plain.base);
  msgs = (messages){.count = 0};
}

/* Given up before its interpreter, which goes on with other shapes. */
static void test_opaque_deleted_first(void) {
  opaque_claimer c;
  make_opaque(&c, kTfLiteDelegateFlagsNone);
  TfLiteInterpreter* interpreter = create_with("chain", c.delegate, NULL);
  TfLiteOpaqueDelegateDelete(c.delegate);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
  CHECK(computes_chain(interpreter));
  CHECK_EQ_INT(TfLiteInterpreterResizeInputTensor(interpreter, 0, (const int[]){1, 4, 4, 2}, 4), kTfLiteOk);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
  CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteOk);
  CHECK_EQ_INT(c.invoked, 2);
  TfLiteInterpreterDelete(interpreter);
  CHECK_EQ_INT(c.kernels, 0);
  TfLiteOperatorDelete(c.kernel);
}

/* ---- The XNNPACK delegate: accepted, changes nothing, may be deleted when one likes ---- */

static void test_xnnpack(void) {
  TfLiteXNNPackDelegateOptions options = TfLiteXNNPackDelegateOptionsDefault();
  CHECK(options.num_threads >= 0 && options.flags == 0);
  options.num_threads = 4;
  TfLiteDelegate* delegate = TfLiteXNNPackDelegateCreate(&options);
  TfLiteDelegate* other = TfLiteXNNPackDelegateCreate(NULL);
  CHECK(delegate != NULL && other != NULL);
  claimer relu = make_claimer(kTfLiteBuiltinRelu, kTfLiteDelegateFlagsNone);
  TfLiteInterpreter* interpreter = create_with("chain", delegate, &relu.base);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
  CHECK(computes_chain(interpreter));
  CHECK_EQ_INT(TfLiteInterpreterModifyGraphWithDelegate(interpreter, other), kTfLiteOk);
  CHECK(computes_chain(interpreter));
  CHECK_EQ_INT(relu.invoked, 2);
  TfLiteXNNPackDelegateDelete(delegate);
  CHECK_EQ_INT(TfLiteInterpreterResizeInputTensor(interpreter, 0, (const int[]){1, 4, 4, 2}, 4), kTfLiteOk);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
  CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteOk);
  TfLiteInterpreterDelete(interpreter);
  TfLiteXNNPackDelegateDelete(other);
  TfLiteXNNPackDelegateDelete(NULL);
}

/* A plain delegate's memory is its maker's: an interpreter that is only deleted does not look at it any more. */
static void test_plain_deleted_first(void) {
  claimer* relu = malloc(sizeof *relu);
  CHECK(relu != NULL);
  if (relu == NULL) return;
  *relu = make_claimer(kTfLiteBuiltinRelu, kTfLiteDelegateFlagsNone);
  relu->wants = -2; /* no kernel, whose functions would use it */
  TfLiteInterpreter* interpreter = create_with("chain", &relu->base, NULL);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
  free(relu);
  TfLiteInterpreterDelete(interpreter);
}

int main(void) {
  test_plain();
  test_modify();
  test_failing();
  test_dynamic_graph();
  test_handles();
  test_opaque();
  test_opaque_deleted_first();
  test_xnnpack();
  test_plain_deleted_first();
  return check_report();
}
