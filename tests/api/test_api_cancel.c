/* Giving up an invoke: from another thread, from an operator, by a bound on its time; and going on afterwards. */
#include <pthread.h>
#include <time.h>

#include "linnet/linnet.h"
#include "scale_op.h"

static messages msgs;

static void sleep_ms(long ms) { nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL); }

static TfLiteInterpreter* create(const char* name, const TfLiteRegistration* scale, bool cancellable) {
  TfLiteModel* model = load_model(name);
  TfLiteInterpreterOptions* options = options_with(&msgs);
  CHECK_EQ_INT(TfLiteInterpreterOptionsEnableCancellation(options, cancellable), kTfLiteOk);
  if (scale != NULL) TfLiteInterpreterOptionsAddCustomOp(options, SCALE_NAME, scale, 1, 1);
  TfLiteInterpreter* interpreter = TfLiteInterpreterCreate(model, options);
  TfLiteInterpreterOptionsDelete(options);
  TfLiteModelDelete(model);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
  return interpreter;
}

/* ---- An operator with a long loop looks whether it is still wanted ---- */

static TfLiteStatus wait_for_cancel(TfLiteContext* context, TfLiteNode* node) {
  LinnetBackend* backend = LinnetBackendOf(context);
  for (int i = 0; i < 10000 && scale_seen.factor > 0; ++i) {
    if (backend->IsCancelled(backend)) return kTfLiteCancelled;
    sleep_ms(1);
  }
  return scale_invoke(context, node);
}

static void* cancel_soon(void* interpreter) {
  sleep_ms(30);
  return TfLiteInterpreterCancel(interpreter) == kTfLiteOk ? interpreter : NULL;
}

static void test_operator(void) {
  TfLiteRegistration scale = scale_registration();
  scale.invoke = wait_for_cancel;
  TfLiteInterpreter* interpreter = create("custom_operator", &scale, true);
  pthread_t thread;
  void* cancelled;
  CHECK(set_floats(interpreter, 0, FLOATS(1, 2), 2));
  CHECK_EQ_INT(pthread_create(&thread, NULL, cancel_soon, interpreter), 0);
  CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteCancelled);
  pthread_join(thread, &cancelled);
  CHECK(cancelled != NULL);
  CHECK(said(&msgs, "Client requested cancel during Invoke()"));

  /* A bound on the time is seen in the same way. */
  CHECK_EQ_INT(LinnetInterpreterSetInvokeTimeout(interpreter, 20), kTfLiteOk);
  CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteCancelled);
  CHECK(said(&msgs, "timeout of 20 ms"));
  CHECK_EQ_INT(LinnetInterpreterSetInvokeTimeout(interpreter, 0), kTfLiteOk);
  scale_seen.factor = 0; /* waits no more */
  CHECK(scales_by(interpreter, 2.5f));
  CHECK_EQ_INT(msgs.count, 0);
  TfLiteInterpreterDelete(interpreter);
}

/* ---- A signature's runner cancels its interpreter ---- */

static void* cancel_runner_soon(void* runner) {
  sleep_ms(30);
  return TfLiteSignatureRunnerCancel(runner) == kTfLiteOk ? runner : NULL;
}

static void test_runner(void) {
  TfLiteInterpreter* interpreter = create("while_forever", NULL, true);
  TfLiteSignatureRunner* runner = TfLiteInterpreterGetSignatureRunner(interpreter, "forever");
  CHECK_EQ_INT(TfLiteSignatureRunnerAllocateTensors(runner), kTfLiteOk);
  pthread_t thread;
  void* cancelled;
  CHECK_EQ_INT(pthread_create(&thread, NULL, cancel_runner_soon, runner), 0);
  CHECK_EQ_INT(TfLiteSignatureRunnerInvoke(runner), kTfLiteCancelled);
  pthread_join(thread, &cancelled);
  CHECK(cancelled != NULL);
  CHECK(said(&msgs, "Client requested cancel during Invoke()"));
  CHECK_EQ_INT(LinnetInterpreterSetInvokeTimeout(interpreter, 10), kTfLiteOk);
  CHECK_EQ_INT(TfLiteSignatureRunnerInvoke(runner), kTfLiteCancelled);
  CHECK(said(&msgs, "timeout of 10 ms"));
  TfLiteSignatureRunnerDelete(runner);
  TfLiteInterpreterDelete(interpreter);
  interpreter = create("while_forever", NULL, false);
  runner = TfLiteInterpreterGetSignatureRunner(interpreter, "forever");
  CHECK_EQ_INT(TfLiteSignatureRunnerCancel(runner), kTfLiteError);
  TfLiteSignatureRunnerDelete(runner);
  TfLiteInterpreterDelete(interpreter);
}

/* ---- Out of the middle of a graph: the nodes behind do not run ---- */

static TfLiteInterpreter* the_interpreter;

static TfLiteStatus cancel_here(TfLiteContext* context, TfLiteNode* node) {
  ++scale_seen.invoke;
  TfLiteTensor* output = context->GetTensor(context, node->outputs->data[0]);
  memset(output->data.raw, 0, output->bytes);
  return TfLiteInterpreterCancel(the_interpreter);
}

static TfLiteStatus never(TfLiteContext* context, TfLiteNode* node) {
  (void)context, (void)node;
  CHECK(!"a node runs after the invoke was cancelled");
  return kTfLiteError;
}

static void test_middle(void) {
  TfLiteRegistration relu = scale_registration(), softmax = relu;
  relu.invoke = cancel_here;
  softmax.invoke = never;
  TfLiteModel* model = load_model("chain");
  TfLiteInterpreterOptions* options = options_with(&msgs);
  TfLiteInterpreterOptionsEnableCancellation(options, true);
  TfLiteInterpreterOptionsAddBuiltinOp(options, kTfLiteBuiltinRelu, &relu, 1, 9);
  TfLiteInterpreterOptionsAddBuiltinOp(options, kTfLiteBuiltinSoftmax, &softmax, 1, 9);
  the_interpreter = TfLiteInterpreterCreate(model, options);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(the_interpreter), kTfLiteOk);
  for (int i = 1; i <= 3; ++i) {
    CHECK_EQ_INT(TfLiteInterpreterInvoke(the_interpreter), kTfLiteCancelled);
    CHECK_EQ_INT(scale_seen.invoke, i);
    CHECK_EQ_INT(msgs.count, 1);
    CHECK(said(&msgs, "Client requested cancel during Invoke()"));
  }
  TfLiteInterpreterDelete(the_interpreter);
  TfLiteInterpreterOptionsDelete(options);
  TfLiteModelDelete(model);
}

/* Cancelled from several threads all the time, an invoke ends in one of two ways. */
static void* cancel_often(void* interpreter) {
  for (int i = 0; i < 2000; ++i) TfLiteInterpreterCancel(interpreter);
  return NULL;
}

static void test_often(void) {
  TfLiteInterpreter* interpreter = create("chain", NULL, true);
  pthread_t threads[2];
  for (int i = 0; i < 2; ++i) CHECK_EQ_INT(pthread_create(&threads[i], NULL, cancel_often, interpreter), 0);
  for (int i = 0; i < 50; ++i) {
    const TfLiteStatus status = TfLiteInterpreterInvoke(interpreter);
    CHECK(status == kTfLiteOk || status == kTfLiteCancelled);
  }
  for (int i = 0; i < 2; ++i) pthread_join(threads[i], NULL);
  CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteOk);
  TfLiteInterpreterDelete(interpreter);
  msgs = (messages){.count = 0};
}

int main(void) {
  test_operator();
  test_runner();
  test_middle();
  test_often();
  return check_report();
}
