/* Signatures: runners by name, wrong names, resizing of open extents only, deletion in any order. */
#include "client.h"

static messages msgs;

static bool run(TfLiteSignatureRunner* runner, const char* const* names, const float (*values)[2], int count) {
  if (TfLiteSignatureRunnerAllocateTensors(runner) != kTfLiteOk) return false;
  for (int i = 0; i < count; ++i)
    if (TfLiteTensorCopyFromBuffer(TfLiteSignatureRunnerGetInputTensor(runner, names[i]), values[i], 8) != kTfLiteOk)
      return false;
  return TfLiteSignatureRunnerInvoke(runner) == kTfLiteOk;
}

static bool gives(const TfLiteSignatureRunner* runner, const char* name, float first, float second) {
  float values[2];
  return TfLiteTensorCopyToBuffer(TfLiteSignatureRunnerGetOutputTensor(runner, name), values, 8) == kTfLiteOk &&
         values[0] == first && values[1] == second;
}

static void test_two(void) {
  TfLiteInterpreter* interpreter = create_interpreter("two_signatures", &msgs);
  CHECK_EQ_INT(TfLiteInterpreterGetSignatureCount(interpreter), 2);
  CHECK_EQ_STR(TfLiteInterpreterGetSignatureKey(interpreter, 0), "add");
  CHECK_EQ_STR(TfLiteInterpreterGetSignatureKey(interpreter, 1), "scale");
  CHECK(TfLiteInterpreterGetSignatureKey(interpreter, 2) == NULL);
  CHECK(TfLiteInterpreterGetSignatureKey(interpreter, -1) == NULL);
  CHECK(TfLiteInterpreterGetSignatureRunner(interpreter, "nope") == NULL);
  CHECK(TfLiteInterpreterGetSignatureRunner(interpreter, NULL) == NULL);
  TfLiteSignatureRunner* add = TfLiteInterpreterGetSignatureRunner(interpreter, "add");
  TfLiteSignatureRunner* scale = TfLiteInterpreterGetSignatureRunner(interpreter, "scale");
  CHECK_EQ_INT(TfLiteSignatureRunnerGetInputCount(add), 2);
  CHECK_EQ_INT(TfLiteSignatureRunnerGetOutputCount(add), 1);
  CHECK_EQ_INT(TfLiteSignatureRunnerGetInputCount(scale), 1);
  CHECK_EQ_STR(TfLiteSignatureRunnerGetInputName(scale, 0), "a");
  CHECK_EQ_STR(TfLiteSignatureRunnerGetOutputName(add, 0), "sum");
  CHECK(TfLiteSignatureRunnerGetInputName(add, 2) == NULL);
  CHECK(TfLiteSignatureRunnerGetInputName(add, -1) == NULL);
  CHECK(TfLiteSignatureRunnerGetOutputName(add, 1) == NULL);
  CHECK(TfLiteSignatureRunnerGetOutputName(add, -1) == NULL);
  CHECK(TfLiteSignatureRunnerGetInputTensor(add, "c") == NULL);
  CHECK(TfLiteSignatureRunnerGetInputTensor(add, NULL) == NULL);
  CHECK(TfLiteSignatureRunnerGetOutputTensor(add, "a") == NULL);
  CHECK(TfLiteSignatureRunnerGetOutputTensor(add, NULL) == NULL);
  CHECK_EQ_INT(TfLiteSignatureRunnerInvoke(scale), kTfLiteError);
  CHECK(said(&msgs, "not ready"));

  CHECK(run(add, (const char* const[]){"a", "b"}, (const float[][2]){{1, 2}, {3, 5}}, 2));
  CHECK(gives(add, "sum", 4, 7));
  CHECK(run(scale, (const char* const[]){"a"}, (const float[][2]){{1, 2}}, 1));
  CHECK(gives(scale, "scaled", 3, 6));
  CHECK(gives(add, "sum", 4, 7)); /* each has tensors of its own */

  /* Both runners of a key are the same subgraph. */
  TfLiteSignatureRunner* again = TfLiteInterpreterGetSignatureRunner(interpreter, "add");
  CHECK(TfLiteSignatureRunnerGetOutputTensor(again, "sum") == TfLiteSignatureRunnerGetOutputTensor(add, "sum"));
  TfLiteSignatureRunnerDelete(again);
  CHECK_EQ_INT(TfLiteSignatureRunnerCancel(add), kTfLiteError);
  TfLiteSignatureRunnerDelete(add);
  TfLiteInterpreterDelete(interpreter);

  /* A runner outlives its interpreter, with nothing in it. */
  CHECK_EQ_INT(TfLiteSignatureRunnerGetInputCount(scale), 0);
  CHECK_EQ_INT(TfLiteSignatureRunnerGetOutputCount(scale), 0);
  CHECK(TfLiteSignatureRunnerGetInputName(scale, 0) == NULL);
  CHECK(TfLiteSignatureRunnerGetInputTensor(scale, "a") == NULL);
  CHECK(TfLiteSignatureRunnerGetOutputTensor(scale, "scaled") == NULL);
  CHECK_EQ_INT(TfLiteSignatureRunnerAllocateTensors(scale), kTfLiteError);
  CHECK_EQ_INT(TfLiteSignatureRunnerInvoke(scale), kTfLiteError);
  CHECK_EQ_INT(TfLiteSignatureRunnerCancel(scale), kTfLiteError);
  CHECK_EQ_INT(TfLiteSignatureRunnerResizeInputTensor(scale, "a", (const int[]){2}, 1), kTfLiteError);
  TfLiteSignatureRunnerDelete(scale);
}

static void test_null(void) {
  CHECK_EQ_INT(TfLiteInterpreterGetSignatureCount(NULL), 0);
  CHECK(TfLiteInterpreterGetSignatureKey(NULL, 0) == NULL);
  CHECK(TfLiteInterpreterGetSignatureRunner(NULL, "add") == NULL);
  CHECK_EQ_INT(TfLiteSignatureRunnerGetInputCount(NULL), 0);
  CHECK_EQ_INT(TfLiteSignatureRunnerGetOutputCount(NULL), 0);
  CHECK(TfLiteSignatureRunnerGetInputName(NULL, 0) == NULL);
  CHECK(TfLiteSignatureRunnerGetOutputName(NULL, 0) == NULL);
  CHECK(TfLiteSignatureRunnerGetInputTensor(NULL, "a") == NULL);
  CHECK(TfLiteSignatureRunnerGetOutputTensor(NULL, "a") == NULL);
  CHECK_EQ_INT(TfLiteSignatureRunnerResizeInputTensor(NULL, "a", NULL, 0), kTfLiteError);
  CHECK_EQ_INT(TfLiteSignatureRunnerAllocateTensors(NULL), kTfLiteError);
  CHECK_EQ_INT(TfLiteSignatureRunnerInvoke(NULL), kTfLiteError);
  CHECK_EQ_INT(TfLiteSignatureRunnerCancel(NULL), kTfLiteError);
  TfLiteSignatureRunnerDelete(NULL);
}

static void test_resize(void) {
  TfLiteInterpreter* interpreter = create_interpreter("dynamic_add", &msgs);
  TfLiteSignatureRunner* runner = TfLiteInterpreterGetSignatureRunner(interpreter, "serving_default");
  CHECK_EQ_INT(TfLiteSignatureRunnerResizeInputTensor(runner, "nope", (const int[]){2, 3}, 2), kTfLiteError);
  CHECK(said(&msgs, "Input name nope was not found"));
  CHECK_EQ_INT(TfLiteSignatureRunnerResizeInputTensor(runner, NULL, (const int[]){2, 3}, 2), kTfLiteError);
  CHECK_EQ_INT(TfLiteSignatureRunnerResizeInputTensor(runner, "x", NULL, 2), kTfLiteError);
  CHECK_EQ_INT(TfLiteSignatureRunnerResizeInputTensor(runner, "x", (const int[]){3}, 1), kTfLiteError);
  msgs = (messages){.count = 0};
  CHECK_EQ_INT(TfLiteSignatureRunnerResizeInputTensor(runner, "x", (const int[]){1, 4}, 2), kTfLiteError);
  CHECK(said(&msgs, "ResizeInputTensorStrict only allows mutating unknown dimensions identified by -1."));
  CHECK_EQ_INT(TfLiteSignatureRunnerResizeInputTensor(runner, "x", (const int[]){2, 3}, 2), kTfLiteOk);
  CHECK_EQ_INT(TfLiteSignatureRunnerAllocateTensors(runner), kTfLiteOk);
  const TfLiteTensor* y = TfLiteSignatureRunnerGetOutputTensor(runner, "y");
  CHECK_EQ_INT(TfLiteTensorByteSize(y), 24);
  TfLiteSignatureRunnerDelete(runner);
  TfLiteInterpreterDelete(interpreter);
}

int main(void) {
  test_null();
  test_two();
  test_resize();
  return check_report();
}
