/* Clients that were built against older headers: shorter structs, with whatever lies behind them. The headers of the
 * XNNPACK delegate are left out on purpose. */
#include "scale_op.h"

static messages msgs;

/* ---- The XNNPACK options of TensorFlow to 2.19: 32 bytes, returned by value ---- */

typedef struct old_xnnpack_options {
  int32_t num_threads;
  uint32_t flags;
  uint32_t rest[6];
} old_xnnpack_options;

extern old_xnnpack_options TfLiteXNNPackDelegateOptionsDefault(void);
extern TfLiteDelegate* TfLiteXNNPackDelegateCreate(const old_xnnpack_options* options);
extern void TfLiteXNNPackDelegateDelete(TfLiteDelegate* delegate);

static void test_xnnpack_options(void) {
  struct {
    uint8_t before[64];
    old_xnnpack_options options;
    uint8_t after[64];
  } frame;
  memset(&frame, 0x5a, sizeof frame);
  frame.options = TfLiteXNNPackDelegateOptionsDefault();
  int untouched = 0;
  for (int i = 0; i < 64; ++i) untouched += (frame.before[i] == 0x5a) + (frame.after[i] == 0x5a);
  CHECK_EQ_INT(untouched, 128);
  CHECK_EQ_INT(frame.options.flags, 0);

  /* Exactly 32 bytes of heap: the sanitizers see a look beyond them. */
  old_xnnpack_options* options = malloc(sizeof *options);
  if (options == NULL) exit(1);
  *options = frame.options;
  options->num_threads = 3;
  TfLiteDelegate* delegate = TfLiteXNNPackDelegateCreate(options);
  free(options);
  CHECK(delegate != NULL);
  TfLiteInterpreter* interpreter = ready_interpreter("dynamic_add", &msgs);
  CHECK_EQ_INT(TfLiteInterpreterModifyGraphWithDelegate(interpreter, delegate), kTfLiteOk);
  CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteOk);
  TfLiteInterpreterDelete(interpreter);
  TfLiteXNNPackDelegateDelete(delegate);
}

/* ---- A registration that ends at `version`, garbage behind it ---- */

static TfLiteRegistration with_garbage(TfLiteRegistration registration) {
  const size_t known = sizeof(TfLiteRegistration_V1);
  memset((char*)&registration + known, 0xab, sizeof registration - known);
  return registration;
}

static void test_registration(void) {
  const TfLiteRegistration scale = with_garbage(scale_registration());
  TfLiteModel* model = load_model("custom_operator");
  TfLiteInterpreterOptions* options = options_with(&msgs);
  TfLiteInterpreterOptionsAddCustomOp(options, SCALE_NAME, &scale, 1, 1);
  TfLiteInterpreterOptions* copy = TfLiteInterpreterOptionsCopy(options);
  TfLiteInterpreterOptionsDelete(options);
  TfLiteInterpreter* interpreter = TfLiteInterpreterCreate(model, copy);
  TfLiteInterpreterOptionsDelete(copy);
  TfLiteModelDelete(model);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
  CHECK(scales_by(interpreter, 2.5f));
  TfLiteInterpreterDelete(interpreter);
  CHECK(scale_seen.init == 1 && scale_seen.free == 1);
}

/* ---- A delegate without the last member, that passes such a registration by value ---- */

static TfLiteStatus take_all(TfLiteContext* context, TfLiteDelegate* delegate) {
  TfLiteIntArray* plan;
  TF_LITE_ENSURE_STATUS(context->GetExecutionPlan(context, &plan));
  return context->ReplaceNodeSubsetsWithDelegateKernels(context, with_garbage(scale_registration()), plan, delegate);
}

static void test_delegate(void) {
  const size_t old_size = offsetof(TfLiteDelegate, opaque_delegate_builder);
  TfLiteDelegate newest = TfLiteDelegateCreate();
  newest.Prepare = take_all;
  TfLiteDelegate* delegate = malloc(old_size);
  if (delegate == NULL) exit(1);
  memcpy((void*)delegate, &newest, old_size);
  CHECK(TfLiteOpaqueDelegateGetData(delegate) == NULL);
  TfLiteModel* model = load_model("custom_operator");
  TfLiteInterpreterOptions* options = options_with(&msgs);
  TfLiteInterpreterOptionsAddDelegate(options, delegate);
  TfLiteInterpreter* interpreter = TfLiteInterpreterCreate(model, options);
  TfLiteInterpreterOptionsDelete(options);
  TfLiteModelDelete(model);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
  CHECK(scales_by(interpreter, 7)); /* a delegate's kernel has no options from the model */
  CHECK_EQ_INT(TfLiteInterpreterResizeInputTensor(interpreter, 0, (const int[]){4}, 1), kTfLiteOk);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
  CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteOk);
  TfLiteInterpreterDelete(interpreter);
  TfLiteOpaqueDelegateDelete(delegate); /* not made by the library: left alone */
  free(delegate);
  CHECK_EQ_INT(msgs.count, 0);
}

int main(void) {
  test_xnnpack_options();
  test_registration();
  test_delegate();
  return check_report();
}
