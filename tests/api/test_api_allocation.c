/* Memory of the caller's for tensors: inputs, outputs, variables and what lies between, changed between invokes, too
 * small, in the wrong place. */
#include <stdint.h>

#include "client.h"

static messages msgs;

/* Memory at a multiple of 64, filled with a pattern. */
static void* aligned(size_t bytes) {
  void* memory = aligned_alloc(64, (bytes + 63) / 64 * 64);
  if (memory == NULL) exit(1);
  return memset(memory, 0x7f, (bytes + 63) / 64 * 64);
}

static TfLiteStatus give(TfLiteInterpreter* interpreter, int tensor, void* data, size_t bytes) {
  const TfLiteCustomAllocation allocation = {data, bytes};
  return TfLiteInterpreterSetCustomAllocationForTensor(interpreter, tensor, &allocation,
                                                       kTfLiteCustomAllocationFlagsNone);
}

static void test_wrong(void) {
  TfLiteInterpreter* interpreter = create_interpreter("dynamic_add", &msgs);
  char* memory = aligned(128);
  const TfLiteCustomAllocation good = {memory, 128}, none = {NULL, 128}, odd = {memory + 4, 124};
  const int input = TfLiteInterpreterGetInputTensorIndex(interpreter, 0);
  CHECK_EQ_INT(TfLiteInterpreterSetCustomAllocationForTensor(NULL, input, &good, 0), kTfLiteError);
  CHECK_EQ_INT(TfLiteInterpreterSetCustomAllocationForTensor(interpreter, input, NULL, 0), kTfLiteError);
  CHECK_EQ_INT(TfLiteInterpreterSetCustomAllocationForTensor(interpreter, input, &none, 0), kTfLiteError);
  CHECK_EQ_INT(TfLiteInterpreterSetCustomAllocationForTensor(interpreter, -1, &good, 0), kTfLiteError);
  CHECK_EQ_INT(TfLiteInterpreterSetCustomAllocationForTensor(interpreter, 999, &good, 0), kTfLiteError);
  msgs = (messages){.count = 0};
  CHECK_EQ_INT(TfLiteInterpreterSetCustomAllocationForTensor(interpreter, input, &odd, 0), kTfLiteError);
  CHECK(said(&msgs, "its address must be a multiple of 64"));
  for (int i = 0; TfLiteInterpreterGetTensor(interpreter, i) != NULL; ++i) {
    if (strcmp(TfLiteTensorName(TfLiteInterpreterGetTensor(interpreter, i)), "constant") != 0) continue;
    CHECK_EQ_INT(give(interpreter, i, memory, 128), kTfLiteError);
    CHECK(said(&msgs, "only tensors in the arena"));
  }
  /* After all that the interpreter is as before. */
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
  CHECK(set_floats(interpreter, 0, FLOATS(1, 1, 1), 3));
  CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteOk);
  CHECK(output_is(interpreter, 0, FLOATS(2, 3, 4), 3));

  /* Less alignment where the caller says so. */
  CHECK_EQ_INT(TfLiteInterpreterSetCustomAllocationForTensor(interpreter, input, &odd,
                                                             kTfLiteCustomAllocationFlagsSkipAlignCheck),
               kTfLiteOk);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
  CHECK(set_floats(interpreter, 0, FLOATS(2, 2, 2), 3));
  CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteOk);
  CHECK(output_is(interpreter, 0, FLOATS(3, 4, 5), 3));
  TfLiteInterpreterDelete(interpreter);
  free(memory);
  msgs = (messages){.count = 0};
}

static void test_input_and_output(void) {
  TfLiteInterpreter* interpreter = create_interpreter("dynamic_add", &msgs);
  float *in = aligned(12), *out = aligned(12), *other = aligned(1000);
  const int input = TfLiteInterpreterGetInputTensorIndex(interpreter, 0);
  const int output = TfLiteInterpreterGetOutputTensorIndex(interpreter, 0);
  CHECK_EQ_INT(give(interpreter, input, in, 12), kTfLiteOk);
  CHECK_EQ_INT(give(interpreter, output, out, 12), kTfLiteOk);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
  CHECK(TfLiteTensorData(TfLiteInterpreterGetTensor(interpreter, input)) == in);
  CHECK(TfLiteTensorData(TfLiteInterpreterGetTensor(interpreter, output)) == out);
  in[0] = in[1] = in[2] = 5;
  CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteOk);
  CHECK(out[0] == 6 && out[1] == 7 && out[2] == 8 && in[0] == 5);

  /* Buffers taken in turns, without a new allocation. */
  CHECK_EQ_INT(give(interpreter, output, other, 1000), kTfLiteOk);
  in[0] = 9;
  CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteOk);
  CHECK(other[0] == 10 && out[0] == 6);
  CHECK_EQ_INT(give(interpreter, output, out, 12), kTfLiteOk);
  CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteOk);
  CHECK_EQ_INT(out[0], 10);

  /* A larger shape does not fit; with larger memory it does. */
  CHECK_EQ_INT(TfLiteInterpreterResizeInputTensor(interpreter, 0, (const int[]){2, 3}, 2), kTfLiteOk);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteError);
  CHECK(said(&msgs, "Custom allocation is too small for tensor idx: "));
  CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteError);
  float* large = aligned(24);
  CHECK_EQ_INT(give(interpreter, input, large, 24), kTfLiteOk);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteError); /* the output's is still too small */
  CHECK_EQ_INT(give(interpreter, output, other, 1000), kTfLiteOk);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
  CHECK(set_floats(interpreter, 0, FLOATS(1, 1, 1, 2, 2, 2), 6));
  CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteOk);
  CHECK(other[2] == 4 && other[5] == 5);

  /* Too small between invokes: there is no invoke with it. */
  CHECK_EQ_INT(give(interpreter, output, out, 12), kTfLiteOk);
  CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteError);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteError);
  CHECK_EQ_INT(give(interpreter, output, other, 1000), kTfLiteOk);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
  CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteOk);
  TfLiteInterpreterDelete(interpreter); /* the memory stays the caller's */
  free(in);
  free(out);
  free(other);
  free(large);
  msgs = (messages){.count = 0};
}

/* A variable in the caller's memory is the caller's to reset. */
static void test_variable(void) {
  TfLiteInterpreter* interpreter = create_interpreter("variable_tensor", &msgs);
  float* state = aligned(24);
  const TfLiteTensor* variable = TfLiteInterpreterGetVariableTensor(interpreter, 0);
  int index = 0;
  while (TfLiteInterpreterGetTensor(interpreter, index) != variable) ++index;
  CHECK_EQ_INT(give(interpreter, index, state, 24), kTfLiteOk);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
  memset(state, 0, 24);
  state[2] = 100;
  CHECK(set_floats(interpreter, 0, FLOATS(1, 2), 2));
  CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteOk);
  CHECK(output_is(interpreter, 0, FLOATS(101, 2), 2));
  CHECK(state[1] == 100 && state[2] == 1 && state[5] == 2);
  CHECK_EQ_INT(TfLiteInterpreterResetVariableTensors(interpreter), kTfLiteOk);
  CHECK_EQ_INT(state[1], 100);
  TfLiteInterpreterDelete(interpreter);
  free(state);
}

/* Every tensor of a graph in turn, those that would share memory with another too, before and after the allocation. */
static void test_every_tensor(void) {
  enum { INPUTS = 72, OUTPUTS = 108 };
  float input[INPUTS], expected[OUTPUTS], actual[OUTPUTS];
  for (int i = 0; i < INPUTS; ++i) input[i] = (float)(i % 7) - 3;
  TfLiteInterpreter* interpreter = ready_interpreter("chain", &msgs);
  CHECK(set_floats(interpreter, 0, input, INPUTS));
  CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteOk);
  CHECK_EQ_INT(TfLiteTensorCopyToBuffer(TfLiteInterpreterGetOutputTensor(interpreter, 0), expected, sizeof expected),
               kTfLiteOk);
  TfLiteInterpreterDelete(interpreter);
  int given = 0;
  for (int tensor = 0; tensor < 20; ++tensor) {
    for (int late = 0; late < 2; ++late) {
      interpreter = create_interpreter("chain", &msgs);
      if (late) CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
      TfLiteTensor* t = TfLiteInterpreterGetTensor(interpreter, tensor);
      if (t != NULL && TfLiteTensorGetAllocationStrategy(t) == kTfLiteAllocationStrategyArena) {
        void* memory = aligned(TfLiteTensorByteSize(t));
        CHECK_EQ_INT(give(interpreter, tensor, memory, TfLiteTensorByteSize(t)), kTfLiteOk);
        if (!late) CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
        CHECK(TfLiteTensorData(t) == memory);
        for (int run = 0; run < 2; ++run) {
          CHECK(set_floats(interpreter, 0, input, INPUTS));
          CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteOk);
          CHECK_EQ_INT(
              TfLiteTensorCopyToBuffer(TfLiteInterpreterGetOutputTensor(interpreter, 0), actual, sizeof actual),
              kTfLiteOk);
          CHECK(memcmp(actual, expected, sizeof actual) == 0);
        }
        TfLiteInterpreterDelete(interpreter);
        free(memory);
        ++given;
        continue;
      }
      TfLiteInterpreterDelete(interpreter);
    }
  }
  CHECK(given >= 14);
  msgs = (messages){.count = 0};
}

int main(void) {
  test_wrong();
  test_input_and_output();
  test_variable();
  test_every_tensor();
  return check_report();
}
