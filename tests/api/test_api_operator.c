/* Operators of the client's: added as registrations and as opaque objects, in the place of builtin ones, failing ones,
 * what they may and may not ask of their context. */
#include "linnet/linnet.h"
#include "scale_op.h"

static messages msgs;

static TfLiteInterpreter* create_with(const char* model_name, const TfLiteInterpreterOptions* options) {
  TfLiteModel* model = load_model(model_name);
  TfLiteInterpreter* interpreter = TfLiteInterpreterCreate(model, options);
  TfLiteModelDelete(model);
  return interpreter;
}

static TfLiteInterpreter* create_with_scale(const TfLiteRegistration* registration) {
  TfLiteInterpreterOptions* options = options_with(&msgs);
  TfLiteInterpreterOptionsAddCustomOp(options, SCALE_NAME, registration, 1, 1);
  TfLiteInterpreter* interpreter = create_with("custom_operator", options);
  TfLiteInterpreterOptionsDelete(options);
  return interpreter;
}

static void test_added(void) {
  const TfLiteRegistration scale = scale_registration();
  TfLiteInterpreter* interpreter = create_with_scale(&scale);
  CHECK_EQ_INT(scale_seen.init, 1);
  CHECK_EQ_INT(scale_seen.length, sizeof(float));
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
  CHECK(scale_seen.prepare > 0);
  CHECK(scales_by(interpreter, 2.5f));
  CHECK(scales_by(interpreter, 2.5f));
  CHECK_EQ_INT(scale_seen.invoke, 2);
  CHECK_EQ_INT(scale_seen.free, 0);
  TfLiteInterpreterDelete(interpreter);
  CHECK_EQ_INT(scale_seen.init, 1);
  CHECK_EQ_INT(scale_seen.free, 1);
}

/* The model asks for version 1; of two that have it the one added last counts. */
static void test_versions(void) {
  const TfLiteRegistration scale = scale_registration();
  TfLiteRegistration nothing = {.version = 1};
  TfLiteInterpreterOptions* options = options_with(&msgs);
  TfLiteInterpreterOptionsAddCustomOp(options, SCALE_NAME, &scale, 2, 3);
  TfLiteInterpreterOptionsAddCustomOp(options, "Another", &scale, 1, 1);
  TfLiteInterpreter* interpreter = create_with("custom_operator", options);
  CHECK(interpreter != NULL);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteUnresolvedOps);
  CHECK(said(&msgs, "Encountered unresolved custom op: LinnetTestScale.\nSee instructions: "));
  CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteError);
  TfLiteInterpreterDelete(interpreter);

  TfLiteInterpreterOptionsAddCustomOp(options, SCALE_NAME, &nothing, 0, 9);
  interpreter = create_with("custom_operator", options);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteUnresolvedOps);
  TfLiteInterpreterDelete(interpreter);
  CHECK_EQ_INT(scale_seen.init, 0);
  TfLiteInterpreterOptionsAddCustomOp(options, SCALE_NAME, &scale, 1, 1);
  interpreter = create_with("custom_operator", options);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
  CHECK(scales_by(interpreter, 2.5f));
  TfLiteInterpreterDelete(interpreter);
  TfLiteInterpreterOptionsDelete(options);
  msgs = (messages){.count = 0};
}

/* A builtin operator of the client's goes before the library's, and sees the options of the node in the model. */
static void test_builtin(void) {
  const TfLiteRegistration scale = scale_registration();
  TfLiteInterpreterOptions* options = options_with(&msgs);
  TfLiteInterpreterOptionsAddBuiltinOp(options, kTfLiteBuiltinAdd, &scale, 1, 5);
  TfLiteInterpreter* interpreter = create_with("dynamic_add", options);
  CHECK_EQ_INT(scale_seen.length, 0);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
  CHECK(set_floats(interpreter, 0, FLOATS(1, 2, 3), 3));
  CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteOk);
  CHECK(output_is(interpreter, 0, FLOATS(7, 14, 21), 3));
  TfLiteInterpreterDelete(interpreter);
  TfLiteInterpreterOptionsDelete(options);

  /* Selected operators: none but those of the options. */
  TfLiteModel* model = load_model("dynamic_add");
  options = options_with(&msgs);
  CHECK(TfLiteInterpreterCreateWithSelectedOps(model, options) == NULL);
  CHECK(said(&msgs, "Didn't find op for builtin opcode 'ADD' version '1'."));
  CHECK(TfLiteInterpreterCreateWithSelectedOps(NULL, options) == NULL);
  CHECK(said(&msgs, "The model is NULL."));
  TfLiteInterpreterOptionsAddBuiltinOp(options, kTfLiteBuiltinAdd, &scale, 1, 1);
  interpreter = TfLiteInterpreterCreateWithSelectedOps(model, options);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
  TfLiteInterpreterDelete(interpreter);
  TfLiteInterpreterOptionsDelete(options);
  TfLiteModelDelete(model);
}

static void test_failing(void) {
  const TfLiteRegistration scale = scale_registration();
  scale_seen.fail_init = true;
  TfLiteInterpreter* interpreter = create_with_scale(&scale);
  CHECK(interpreter != NULL);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteError);
  CHECK(said(&msgs, "init failed"));
  CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteError);
  TfLiteInterpreterDelete(interpreter);
  CHECK_EQ_INT(scale_seen.free, 0);

  scale_registration();
  interpreter = create_with_scale(&scale);
  scale_seen.prepare_status = kTfLiteError;
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteError);
  msgs = (messages){.count = 0};
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteError);
  CHECK(said(&msgs, "Node number 0 (LinnetTestScale) failed to prepare."));
  CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteError);
  scale_seen.prepare_status = kTfLiteOk;
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
  CHECK(scales_by(interpreter, 2.5f));
  scale_seen.invoke_status = kTfLiteError;
  msgs = (messages){.count = 0};
  CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteError);
  CHECK(said(&msgs, "Node number 0 (LinnetTestScale) failed to invoke."));
  CHECK_CONTAINS(LinnetLastError(), "LinnetTestScale");
  scale_seen.invoke_status = kTfLiteDelegateError; /* handed on as it is */
  CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteDelegateError);
  scale_seen.invoke_status = kTfLiteOk;
  CHECK(scales_by(interpreter, 2.5f));
  TfLiteInterpreterDelete(interpreter);
  CHECK_EQ_INT(scale_seen.free, 1);
  msgs = (messages){.count = 0};
}

/* ---- Opaque operators ---- */

static void test_object(void) {
  int data;
  char name[] = "Mine";
  TfLiteOperator* op = TfLiteOperatorCreate(kTfLiteBuiltinCustom, name, 3, &data);
  name[0] = 'X'; /* it has a copy */
  CHECK_EQ_INT(TfLiteOperatorGetBuiltInCode(op), kTfLiteBuiltinCustom);
  CHECK_EQ_STR(TfLiteOperatorGetCustomName(op), "Mine");
  CHECK_EQ_INT(TfLiteOperatorGetVersion(op), 3);
  CHECK(TfLiteOperatorGetUserData(op) == &data);
  TfLiteOperatorDelete(op);
  op = TfLiteOperatorCreate(kTfLiteBuiltinAdd, NULL, 1, NULL);
  CHECK_EQ_INT(TfLiteOperatorGetBuiltInCode(op), kTfLiteBuiltinAdd);
  CHECK(TfLiteOperatorGetCustomName(op) == NULL && TfLiteOperatorGetUserData(op) == NULL);
  TfLiteOperatorDelete(op);

  TfLiteOperatorDelete(NULL);
  CHECK_EQ_INT(TfLiteOperatorGetBuiltInCode(NULL), kTfLiteBuiltinCustom);
  CHECK(TfLiteOperatorGetCustomName(NULL) == NULL && TfLiteOperatorGetUserData(NULL) == NULL);
  CHECK_EQ_INT(TfLiteOperatorGetVersion(NULL), -1);
  TfLiteOperatorSetInit(NULL, scale_opaque_init);
  TfLiteOperatorSetFree(NULL, scale_opaque_free);
  TfLiteOperatorSetPrepare(NULL, scale_opaque_prepare);
  TfLiteOperatorSetInvoke(NULL, scale_opaque_invoke);
  TfLiteOperatorSetAsyncKernel(NULL, NULL);
  TfLiteOperatorSetInplaceOperator(NULL, kTfLiteInplaceOpInput0Shared);
  CHECK_EQ_INT(TfLiteOperatorSetInitWithData(NULL, NULL), kTfLiteError);
  CHECK_EQ_INT(TfLiteOperatorSetFreeWithData(NULL, NULL), kTfLiteError);
  CHECK_EQ_INT(TfLiteOperatorSetPrepareWithData(NULL, NULL), kTfLiteError);
  CHECK_EQ_INT(TfLiteOperatorSetInvokeWithData(NULL, NULL), kTfLiteError);
  CHECK_EQ_INT(TfLiteOperatorSetAsyncKernelWithData(NULL, NULL), kTfLiteError);
}

/* The caller may give its operator up before, between and after options and interpreter. */
static void test_opaque(void) {
  for (int order = 0; order < 4; ++order) {
    TfLiteOperator* op = scale_operator();
    TfLiteInterpreterOptions* options = options_with(&msgs);
    TfLiteInterpreterOptionsAddOperator(options, op);
    if (order == 0) TfLiteOperatorDelete(op);
    TfLiteInterpreter* interpreter = create_with("custom_operator", options);
    if (order == 1) TfLiteOperatorDelete(op);
    TfLiteInterpreterOptionsDelete(options);
    if (order == 2) TfLiteOperatorDelete(op);
    CHECK_EQ_INT(scale_seen.length, sizeof(float));
    CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
    CHECK(scales_by(interpreter, 2.5f));
    TfLiteInterpreterDelete(interpreter);
    if (order == 3) TfLiteOperatorDelete(op);
    CHECK(scale_seen.init == 1 && scale_seen.free == 1 && scale_seen.invoke == 1);
  }
}

/* Two interpreters of one operator, in turns, deleted in the order of their creation. */
static void test_opaque_shared(void) {
  TfLiteOperator* op = scale_operator();
  TfLiteInterpreterOptions* options = options_with(&msgs);
  TfLiteInterpreterOptionsAddOperator(options, op);
  TfLiteInterpreterOptions* copy = TfLiteInterpreterOptionsCopy(options);
  TfLiteInterpreter* a = create_with("custom_operator", options);
  TfLiteInterpreterOptionsDelete(options);
  TfLiteInterpreter* b = create_with("custom_operator", copy);
  TfLiteOperatorDelete(op);
  TfLiteInterpreterOptionsDelete(copy);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(a), kTfLiteOk);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(b), kTfLiteOk);
  CHECK(scales_by(a, 2.5f) && scales_by(b, 2.5f));
  TfLiteInterpreterDelete(a);
  CHECK(scales_by(b, 2.5f));
  TfLiteInterpreterDelete(b);
  CHECK(scale_seen.init == 2 && scale_seen.free == 2);
}

static void* data_init(void* user_data, TfLiteOpaqueContext* context, const char* buffer, size_t length) {
  scale_seen.user_data = user_data;
  return scale_opaque_init(context, buffer, length);
}

static void data_free(void* user_data, TfLiteOpaqueContext* context, void* data) {
  CHECK(user_data == &msgs);
  scale_opaque_free(context, data);
}

static TfLiteStatus data_prepare(void* user_data, TfLiteOpaqueContext* context, TfLiteOpaqueNode* node) {
  CHECK(user_data == &msgs);
  return scale_opaque_prepare(context, node);
}

static TfLiteStatus data_invoke(void* user_data, TfLiteOpaqueContext* context, TfLiteOpaqueNode* node) {
  CHECK(user_data == &msgs);
  return scale_opaque_invoke(context, node);
}

static TfLiteStatus never(TfLiteOpaqueContext* context, TfLiteOpaqueNode* node) {
  (void)context, (void)node;
  CHECK(!"the form with data goes before the one without");
  return kTfLiteError;
}

static void test_opaque_with_data(void) {
  scale_seen = (scale_log){.factor = 7};
  TfLiteOperator* op = TfLiteOperatorCreate(kTfLiteBuiltinCustom, SCALE_NAME, 1, &msgs);
  CHECK_EQ_INT(TfLiteOperatorSetInitWithData(op, data_init), kTfLiteOk);
  CHECK_EQ_INT(TfLiteOperatorSetFreeWithData(op, data_free), kTfLiteOk);
  CHECK_EQ_INT(TfLiteOperatorSetPrepareWithData(op, data_prepare), kTfLiteOk);
  CHECK_EQ_INT(TfLiteOperatorSetInvokeWithData(op, data_invoke), kTfLiteOk);
  CHECK_EQ_INT(TfLiteOperatorSetAsyncKernelWithData(op, NULL), kTfLiteOk);
  TfLiteOperatorSetPrepare(op, never);
  TfLiteOperatorSetInvoke(op, never);
  TfLiteOperatorSetInplaceOperator(op, kTfLiteInplaceOpInput0Shared);
  TfLiteInterpreterOptions* options = options_with(&msgs);
  TfLiteInterpreterOptionsAddOperator(options, op);
  TfLiteInterpreter* interpreter = create_with("custom_operator", options);
  CHECK(scale_seen.user_data == &msgs);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
  CHECK(scales_by(interpreter, 2.5f));
  TfLiteInterpreterDelete(interpreter);
  TfLiteInterpreterOptionsDelete(options);
  TfLiteOperatorDelete(op);
  CHECK(scale_seen.init == 1 && scale_seen.free == 1);
}

/* An opaque operator in the place of a builtin one, and one without functions, which is as good as none. */
static void test_opaque_builtin(void) {
  scale_seen = (scale_log){.factor = 7};
  TfLiteOperator* op = TfLiteOperatorCreate(kTfLiteBuiltinAdd, NULL, 1, NULL);
  TfLiteOperatorSetInit(op, scale_opaque_init);
  TfLiteOperatorSetFree(op, scale_opaque_free);
  TfLiteOperatorSetPrepare(op, scale_opaque_prepare);
  TfLiteOperatorSetInvoke(op, scale_opaque_invoke);
  TfLiteInterpreterOptions* options = options_with(&msgs);
  TfLiteInterpreterOptionsAddOperator(options, op);
  TfLiteInterpreter* interpreter = create_with("dynamic_add", options);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
  CHECK(set_floats(interpreter, 0, FLOATS(1, 2, 3), 3));
  CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteOk);
  CHECK(output_is(interpreter, 0, FLOATS(7, 14, 21), 3));
  TfLiteInterpreterDelete(interpreter);
  TfLiteInterpreterOptionsDelete(options);
  TfLiteOperatorDelete(op);

  op = TfLiteOperatorCreate(kTfLiteBuiltinCustom, SCALE_NAME, 1, NULL);
  options = options_with(&msgs);
  TfLiteInterpreterOptionsAddOperator(options, op);
  interpreter = create_with("custom_operator", options);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteUnresolvedOps);
  TfLiteInterpreterDelete(interpreter);
  TfLiteInterpreterOptionsDelete(options);
  TfLiteOperatorDelete(op);
  msgs = (messages){.count = 0};
}

/* ---- What an operator asks of its context ---- */

static TfLiteInterpreter* the_interpreter;

static TfLiteStatus ask_wrongly(TfLiteContext* context, TfLiteNode* node) {
  static const int kWrong[] = {-1, 9999, INT32_MAX, INT32_MIN};
  TfLiteNode* found_node;
  TfLiteRegistration* registration;
  TfLiteContext* other;
  for (size_t i = 0; i < sizeof kWrong / sizeof kWrong[0]; ++i) {
    CHECK(context->GetTensor(context, kWrong[i]) == NULL);
    CHECK_EQ_INT(context->GetNodeAndRegistration(context, kWrong[i], &found_node, &registration), kTfLiteError);
    CHECK_EQ_INT(context->AcquireSubgraphContext(context, kWrong[i], &other), kTfLiteError);
    CHECK_EQ_INT(context->ReleaseSubgraphContext(context, kWrong[i]), kTfLiteError);
    CHECK(context->GetExternalContext(context, (TfLiteExternalContextType)kWrong[i]) == NULL);
  }
  TfLiteTensor* output = context->GetTensor(context, node->outputs->data[0]);
  CHECK_EQ_INT(context->GetNodeAndRegistration(context, 0, &found_node, &registration), kTfLiteOk);
  CHECK(found_node == node);
  CHECK_EQ_STR(registration->custom_name, SCALE_NAME);
  CHECK_EQ_INT(context->AddTensors(context, -1, NULL), kTfLiteError);
  CHECK_EQ_INT(context->ResizeTensor(context, output, NULL), kTfLiteError);
  CHECK_EQ_INT(context->ResizeTensorExplicit(context, output, -1, NULL), kTfLiteError);
  CHECK_EQ_INT(context->ResizeTensorExplicit(context, output, 2, (const int[]){-1, 3}), kTfLiteError);
  const char* data;
  size_t bytes;
  CHECK_EQ_INT(context->GetModelMetadata(context, "nope", &data, &bytes), kTfLiteError);
  CHECK_EQ_INT(context->GetModelMetadata(context, NULL, &data, &bytes), kTfLiteError);
  CHECK_EQ_INT(
      context->ReplaceNodeSubsetsWithDelegateKernels(context, *registration, (const TfLiteIntArray*)node->inputs, NULL),
      kTfLiteError);
  return kTfLiteOk;
}

static TfLiteStatus wrong_prepare(TfLiteContext* context, TfLiteNode* node) {
  ask_wrongly(context, node);
  return scale_prepare(context, node);
}

/* Neither the context nor the interpreter can be changed under a running node. */
static TfLiteStatus wrong_invoke(TfLiteContext* context, TfLiteNode* node) {
  ask_wrongly(context, node);
  TfLiteTensor* output = context->GetTensor(context, node->outputs->data[0]);
  CHECK_EQ_INT(context->ResizeTensorExplicit(context, output, 1, (const int[]){3}), kTfLiteError);
  CHECK_EQ_INT(TfLiteInterpreterInvoke(the_interpreter), kTfLiteError);
  CHECK_EQ_INT(TfLiteInterpreterResizeInputTensor(the_interpreter, 0, (const int[]){3}, 1), kTfLiteError);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(the_interpreter), kTfLiteOk); /* nothing to do */
  const TfLiteCustomAllocation memory = {the_interpreter, 8};
  CHECK_EQ_INT(TfLiteInterpreterSetCustomAllocationForTensor(the_interpreter, node->outputs->data[0], &memory,
                                                             kTfLiteCustomAllocationFlagsSkipAlignCheck),
               kTfLiteError);
  TfLiteDelegate delegate = TfLiteDelegateCreate();
  CHECK_EQ_INT(TfLiteInterpreterModifyGraphWithDelegate(the_interpreter, &delegate), kTfLiteError);
  return scale_invoke(context, node);
}

static void test_wrong_asking(void) {
  TfLiteRegistration scale = scale_registration();
  scale.prepare = wrong_prepare;
  scale.invoke = wrong_invoke;
  the_interpreter = create_with_scale(&scale);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(the_interpreter), kTfLiteOk);
  CHECK(scales_by(the_interpreter, 2.5f));
  CHECK(scales_by(the_interpreter, 2.5f));
  TfLiteInterpreterDelete(the_interpreter);
  msgs = (messages){.count = 0};
}

/* A temporary of the operator's own, an external context, messages through ReportError. */
static TfLiteStatus temporary_prepare(TfLiteContext* context, TfLiteNode* node) {
  static TfLiteExternalContext external = {kTfLiteEdgeTpuContext, NULL};
  context->SetExternalContext(context, kTfLiteEdgeTpuContext, &external);
  CHECK(context->GetExternalContext(context, kTfLiteEdgeTpuContext) == &external);
  CHECK(context->GetExternalContext(context, kTfLiteEigenContext) == NULL);
  context->SetExternalContext(context, kTfLiteCpuBackendContext, &external);
  CHECK(LinnetBackendOf(context) != NULL);
  if (node->temporaries->size == 0) {
    int first;
    TF_LITE_ENSURE_STATUS(context->AddTensors(context, 1, &first));
    TfLiteIntArrayFree(node->temporaries);
    node->temporaries = TfLiteIntArrayCreate(1);
    node->temporaries->data[0] = first;
  }
  TfLiteTensor* temporary = context->GetTensor(context, node->temporaries->data[0]);
  temporary->type = kTfLiteInt32;
  temporary->allocation_type = kTfLiteArenaRw;
  TF_LITE_ENSURE_STATUS(context->ResizeTensorExplicit(context, temporary, 2, (const int[]){5, 100}));
  return scale_prepare(context, node);
}

static TfLiteStatus temporary_invoke(TfLiteContext* context, TfLiteNode* node) {
  TfLiteTensor* temporary = context->GetTensor(context, node->temporaries->data[0]);
  if (!CHECK(temporary->bytes == 2000 && temporary->data.raw != NULL)) return kTfLiteError;
  memset(temporary->data.raw, 0x55, temporary->bytes); /* no other tensor that is in use lies there */
  context->ReportError(context, "100%% of %d bytes", 2000);
  return scale_invoke(context, node);
}

static void test_temporary(void) {
  TfLiteRegistration scale = scale_registration();
  scale.prepare = temporary_prepare;
  scale.invoke = temporary_invoke;
  TfLiteInterpreter* interpreter = create_with_scale(&scale);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
  CHECK(said(&msgs, "the CPU backend's context cannot be replaced"));
  CHECK(scales_by(interpreter, 2.5f));
  CHECK(said(&msgs, "custom_operator.tflite: subgraph 0, node 0 LinnetTestScale: 100% of 2000 bytes"));
  TfLiteInterpreterDelete(interpreter);
}

int main(void) {
  test_added();
  test_versions();
  test_builtin();
  test_failing();
  test_object();
  test_opaque();
  test_opaque_shared();
  test_opaque_with_data();
  test_opaque_builtin();
  test_wrong_asking();
  test_temporary();
  return check_report();
}
