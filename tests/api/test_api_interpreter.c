/* Interpreters: the usual way, wrong indices, wrong order, resizing, cancelling, bounds. */
#include <pthread.h>
#include <stdint.h>
#include <time.h>

#include "client.h"
#include "linnet/linnet.h"

static messages msgs;

static void test_null(void) {
  CHECK(TfLiteInterpreterCreate(NULL, NULL) == NULL);
  TfLiteInterpreterDelete(NULL);
  CHECK_EQ_INT(TfLiteInterpreterGetInputTensorCount(NULL), 0);
  CHECK_EQ_INT(TfLiteInterpreterGetOutputTensorCount(NULL), 0);
  CHECK(TfLiteInterpreterInputTensorIndices(NULL) == NULL);
  CHECK(TfLiteInterpreterOutputTensorIndices(NULL) == NULL);
  CHECK(TfLiteInterpreterGetInputTensor(NULL, 0) == NULL);
  CHECK(TfLiteInterpreterGetOutputTensor(NULL, 0) == NULL);
  CHECK(TfLiteInterpreterGetTensor(NULL, 0) == NULL);
  CHECK_EQ_INT(TfLiteInterpreterGetInputTensorIndex(NULL, 0), -1);
  CHECK_EQ_INT(TfLiteInterpreterGetOutputTensorIndex(NULL, 0), -1);
  CHECK_EQ_INT(TfLiteInterpreterResizeInputTensor(NULL, 0, NULL, 0), kTfLiteError);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(NULL), kTfLiteError);
  CHECK_EQ_INT(TfLiteInterpreterInvoke(NULL), kTfLiteError);
  CHECK_EQ_INT(TfLiteInterpreterCancel(NULL), kTfLiteError);
  CHECK_EQ_INT(TfLiteInterpreterModifyGraphWithDelegate(NULL, NULL), kTfLiteError);
  CHECK_EQ_INT(TfLiteInterpreterEnsureTensorDataIsReadable(NULL, 0), kTfLiteError);
  TfLiteSetAllowBufferHandleOutput(NULL, true);
}

static void test_indices(void) {
  static const int kWrong[] = {-1, 1, 2, 9999, INT32_MIN, INT32_MAX};
  TfLiteInterpreter* interpreter = ready_interpreter("dynamic_add", &msgs);
  CHECK_EQ_INT(TfLiteInterpreterGetInputTensorCount(interpreter), 1);
  CHECK_EQ_INT(TfLiteInterpreterGetOutputTensorCount(interpreter), 1);
  const int input = TfLiteInterpreterInputTensorIndices(interpreter)[0];
  const int output = TfLiteInterpreterOutputTensorIndices(interpreter)[0];
  CHECK_EQ_INT(TfLiteInterpreterGetInputTensorIndex(interpreter, 0), input);
  CHECK_EQ_INT(TfLiteInterpreterGetOutputTensorIndex(interpreter, 0), output);
  CHECK(TfLiteInterpreterGetTensor(interpreter, input) == TfLiteInterpreterGetInputTensor(interpreter, 0));
  CHECK(TfLiteInterpreterGetTensor(interpreter, output) == TfLiteInterpreterGetOutputTensor(interpreter, 0));
  for (size_t i = 0; i < sizeof kWrong / sizeof kWrong[0]; ++i) {
    CHECK(TfLiteInterpreterGetInputTensor(interpreter, kWrong[i]) == NULL);
    CHECK(TfLiteInterpreterGetOutputTensor(interpreter, kWrong[i]) == NULL);
    CHECK_EQ_INT(TfLiteInterpreterGetInputTensorIndex(interpreter, kWrong[i]), -1);
    CHECK_EQ_INT(TfLiteInterpreterGetOutputTensorIndex(interpreter, kWrong[i]), -1);
    CHECK_EQ_INT(TfLiteInterpreterResizeInputTensor(interpreter, kWrong[i], (const int[]){1, 3}, 2), kTfLiteError);
    if (kWrong[i] > 2 || kWrong[i] < 0) {
      CHECK(TfLiteInterpreterGetTensor(interpreter, kWrong[i]) == NULL);
      CHECK_EQ_INT(TfLiteInterpreterEnsureTensorDataIsReadable(interpreter, kWrong[i]), kTfLiteError);
    }
  }
  CHECK_EQ_INT(TfLiteInterpreterEnsureTensorDataIsReadable(interpreter, input), kTfLiteOk);
  TfLiteInterpreterDelete(interpreter);
  msgs = (messages){.count = 0};
}

static void test_order(void) {
  TfLiteInterpreter* interpreter = create_interpreter("dynamic_add", &msgs);
  TfLiteTensor* input = TfLiteInterpreterGetInputTensor(interpreter, 0);
  CHECK(TfLiteTensorData(input) == NULL);
  CHECK_EQ_INT(TfLiteTensorByteSize(input), 12);
  CHECK(!set_floats(interpreter, 0, FLOATS(1, 1, 1), 3));
  CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteError);
  CHECK(said(&msgs, "Invoke called on model that is not ready."));
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
  CHECK_EQ_INT((uintptr_t)TfLiteTensorData(input) % 64, 0);
  CHECK(set_floats(interpreter, 0, FLOATS(1, 1, 1), 3));
  for (int i = 0; i < 3; ++i) CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteOk);
  CHECK(output_is(interpreter, 0, FLOATS(2, 3, 4), 3));
  TfLiteInterpreterDelete(interpreter);
}

static void test_resize(void) {
  TfLiteInterpreter* interpreter = ready_interpreter("dynamic_add", &msgs);
  CHECK_EQ_INT(TfLiteInterpreterResizeInputTensor(interpreter, 0, (const int[]){1, 3}, 2), kTfLiteOk);
  CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteOk); /* the same shape changes nothing */
  CHECK_EQ_INT(TfLiteInterpreterResizeInputTensor(interpreter, 0, (const int[]){2, 3}, 2), kTfLiteOk);
  CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteError);
  CHECK(said(&msgs, "not ready"));
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
  CHECK(set_floats(interpreter, 0, FLOATS(1, 1, 1, 2, 2, 2), 6));
  CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteOk);
  CHECK(output_is(interpreter, 0, FLOATS(2, 3, 4, 3, 4, 5), 6));
  const TfLiteTensor* output = TfLiteInterpreterGetOutputTensor(interpreter, 0);
  CHECK_EQ_INT(TfLiteTensorDim(output, 0), 2);

  /* Shapes that cannot be: refused at once or at the allocation, and the next good one works. */
  CHECK_EQ_INT(TfLiteInterpreterResizeInputTensor(interpreter, 0, (const int[]){-1, 3}, 2), kTfLiteError);
  CHECK_EQ_INT(TfLiteInterpreterResizeInputTensor(interpreter, 0, NULL, 2), kTfLiteError);
  CHECK_EQ_INT(TfLiteInterpreterResizeInputTensor(interpreter, 0, (const int[]){1, 3}, -1), kTfLiteError);
  CHECK_EQ_INT(TfLiteInterpreterResizeInputTensor(interpreter, 0, (const int[]){INT32_MAX, INT32_MAX, INT32_MAX}, 3),
               kTfLiteError);
  CHECK_EQ_INT(TfLiteInterpreterResizeInputTensor(interpreter, 0, (const int[]){1, 5}, 2), kTfLiteOk);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteError);
  CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteError);
  CHECK(said(&msgs, "Node number 0 (ADD) failed to prepare"));
  CHECK_EQ_INT(TfLiteInterpreterResizeInputTensor(interpreter, 0, (const int[]){0, 3}, 2), kTfLiteOk);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
  CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteOk);
  CHECK_EQ_INT(TfLiteTensorByteSize(output), 0);
  CHECK_EQ_INT(TfLiteInterpreterResizeInputTensor(interpreter, 0, (const int[]){3}, 1), kTfLiteOk);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
  CHECK(set_floats(interpreter, 0, FLOATS(0, 0, 0), 3));
  CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteOk);
  CHECK(
      output_is(TfLiteInterpreterGetOutputTensor(interpreter, 0) != NULL ? interpreter : NULL, 0, FLOATS(1, 2, 3), 3));
  TfLiteInterpreterDelete(interpreter);
  msgs = (messages){.count = 0};
}

static void sleep_ms(long ms) { nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL); }

static void* cancel_soon(void* interpreter) {
  sleep_ms(50);
  return TfLiteInterpreterCancel(interpreter) == kTfLiteOk ? interpreter : NULL;
}

static TfLiteInterpreter* endless(bool cancellable, double timeout_ms) {
  TfLiteModel* model = load_model("while_forever");
  TfLiteInterpreterOptions* options = options_with(&msgs);
  TfLiteInterpreterOptionsEnableCancellation(options, cancellable);
  CHECK_EQ_INT(LinnetInterpreterOptionsSetInvokeTimeout(options, timeout_ms), kTfLiteOk);
  TfLiteInterpreter* interpreter = TfLiteInterpreterCreate(model, options);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
  TfLiteInterpreterOptionsDelete(options);
  TfLiteModelDelete(model);
  return interpreter;
}

static void test_cancel(void) {
  TfLiteInterpreter* interpreter = endless(true, 0);
  CHECK_EQ_INT(TfLiteInterpreterCancel(interpreter), kTfLiteOk); /* before an invoke: that one is not meant */
  for (int i = 0; i < 2; ++i) {
    pthread_t thread;
    void* cancelled;
    CHECK_EQ_INT(pthread_create(&thread, NULL, cancel_soon, interpreter), 0);
    CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteCancelled);
    pthread_join(thread, &cancelled);
    CHECK(cancelled != NULL);
    CHECK(said(&msgs, "cancel"));
  }
  TfLiteInterpreterDelete(interpreter);

  interpreter = endless(false, 30);
  CHECK_EQ_INT(TfLiteInterpreterCancel(interpreter), kTfLiteError);
  CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteCancelled);
  CHECK(said(&msgs, "timeout of 30 ms"));
  CHECK_EQ_INT(LinnetInterpreterSetInvokeTimeout(interpreter, 5), kTfLiteOk);
  CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteCancelled);
  CHECK(said(&msgs, "timeout of 5 ms"));
  CHECK_EQ_INT(LinnetInterpreterSetInvokeTimeout(interpreter, -1), kTfLiteError);
  CHECK_EQ_INT(LinnetInterpreterSetInvokeTimeout(NULL, 1), kTfLiteError);
  TfLiteInterpreterDelete(interpreter);
}

static void test_memory_limit(void) {
  TfLiteModel* model = load_model("dynamic_add");
  TfLiteInterpreterOptions* options = options_with(&msgs);
  CHECK_EQ_INT(LinnetInterpreterOptionsSetMemoryLimit(options, 1000000), kTfLiteOk);
  TfLiteInterpreter* interpreter = TfLiteInterpreterCreate(model, options);
  CHECK_EQ_INT(TfLiteInterpreterResizeInputTensor(interpreter, 0, (const int[]){1000000, 3}, 2), kTfLiteOk);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteError);
  CHECK(said(&msgs, "1000000"));
  CHECK_EQ_INT(TfLiteInterpreterResizeInputTensor(interpreter, 0, (const int[]){100, 3}, 2), kTfLiteOk);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
  CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteOk);
  TfLiteInterpreterDelete(interpreter);
  TfLiteInterpreterOptionsDelete(options);
  TfLiteModelDelete(model);
}

/* Control flow and strings, as a client runs them. */
static void test_kinds(void) {
  TfLiteInterpreter* interpreter = ready_interpreter("while_count", &msgs);
  for (int i = 0; i < 2; ++i)
    CHECK_EQ_INT(TfLiteTensorCopyFromBuffer(TfLiteInterpreterGetInputTensor(interpreter, i), (const int32_t[]){0}, 4),
                 kTfLiteOk);
  CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteOk);
  int32_t sum = 0;
  CHECK_EQ_INT(TfLiteTensorCopyToBuffer(TfLiteInterpreterGetOutputTensor(interpreter, 1), &sum, 4), kTfLiteOk);
  CHECK_EQ_INT(sum, 45);
  TfLiteInterpreterDelete(interpreter);

  interpreter = ready_interpreter("branch", &msgs);
  CHECK(set_floats(interpreter, 1, FLOATS(1, 2), 2));
  CHECK_EQ_INT(TfLiteTensorCopyFromBuffer(TfLiteInterpreterGetInputTensor(interpreter, 0), (const bool[]){true}, 1),
               kTfLiteOk);
  CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteOk);
  CHECK(output_is(interpreter, 0, FLOATS(2, 3), 2));
  TfLiteInterpreterDelete(interpreter);

  /* A string tensor's bytes: how many, where each begins and the last ends, then the strings. */
  static const int32_t kWords[] = {2, 16, 19, 19, 0x656e6f};
  interpreter = ready_interpreter("string_reshape", &msgs);
  TfLiteTensor* input = TfLiteInterpreterGetInputTensor(interpreter, 0);
  CHECK_EQ_INT(TfLiteTensorRealloc(19, input), kTfLiteOk);
  CHECK_EQ_INT(TfLiteTensorCopyFromBuffer(input, kWords, 19), kTfLiteOk);
  CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteOk);
  const TfLiteTensor* output = TfLiteInterpreterGetOutputTensor(interpreter, 0);
  CHECK_EQ_INT(TfLiteTensorNumDims(output), 2);
  CHECK(TfLiteTensorByteSize(output) == 19 && memcmp(TfLiteTensorData(output), kWords, 19) == 0);
  TfLiteInterpreterDelete(interpreter);
}

int main(void) {
  test_null();
  test_indices();
  test_order();
  test_resize();
  test_cancel();
  test_memory_limit();
  test_kinds();
  return check_report();
}
