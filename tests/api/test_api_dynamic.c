/* Tensors whose size shows only while the graph runs, and strings: sizes, wrong contents, a bound on memory. */
#include "linnet/linnet.h"
#include "scale_op.h"

static messages msgs;

/* ---- An operator whose output has as many elements as the first element of its input says ---- */

static TfLiteStatus count_prepare(TfLiteContext* context, TfLiteNode* node) {
  TfLiteTensor* output = context->GetTensor(context, node->outputs->data[0]);
  TfLiteTensorDataFree(output);
  output->allocation_type = kTfLiteDynamic;
  return kTfLiteOk;
}

static TfLiteStatus count_invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor* input = context->GetTensor(context, node->inputs->data[0]);
  TfLiteTensor* output = context->GetTensor(context, node->outputs->data[0]);
  TF_LITE_ENSURE_STATUS(context->ResizeTensorExplicit(context, output, 1, (const int[]){(int)input->data.f[0]}));
  for (int i = 0; i < output->dims->data[0]; ++i) output->data.f[i] = input->data.f[1];
  return kTfLiteOk;
}

static TfLiteInterpreter* create_counter(size_t memory_limit) {
  TfLiteRegistration count = scale_registration();
  count.prepare = count_prepare;
  count.invoke = count_invoke;
  TfLiteModel* model = load_model("custom_operator");
  TfLiteInterpreterOptions* options = options_with(&msgs);
  TfLiteInterpreterOptionsAddCustomOp(options, SCALE_NAME, &count, 1, 1);
  CHECK_EQ_INT(LinnetInterpreterOptionsSetMemoryLimit(options, memory_limit), kTfLiteOk);
  TfLiteInterpreter* interpreter = TfLiteInterpreterCreate(model, options);
  TfLiteInterpreterOptionsDelete(options);
  TfLiteModelDelete(model);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
  return interpreter;
}

static TfLiteStatus run_count(TfLiteInterpreter* interpreter, float count, float value) {
  CHECK(set_floats(interpreter, 0, FLOATS(count, value), 2));
  return TfLiteInterpreterInvoke(interpreter);
}

static void test_output(void) {
  static const int kCounts[] = {3, 5, 0, 1, 1000, 2};
  TfLiteInterpreter* interpreter = create_counter(0);
  const TfLiteTensor* output = TfLiteInterpreterGetOutputTensor(interpreter, 0);
  CHECK_EQ_INT(TfLiteTensorGetAllocationStrategy(output), kTfLiteAllocationStrategyMalloc);
  CHECK_EQ_INT(TfLiteTensorGetShapeKnownStep(output), kTfLiteRunStepEval);
  for (size_t i = 0; i < sizeof kCounts / sizeof kCounts[0]; ++i) {
    CHECK_EQ_INT(run_count(interpreter, (float)kCounts[i], (float)i), kTfLiteOk);
    CHECK(TfLiteInterpreterGetOutputTensor(interpreter, 0) == output);
    CHECK_EQ_INT(TfLiteTensorNumDims(output), 1);
    CHECK_EQ_INT(TfLiteTensorDim(output, 0), kCounts[i]);
    CHECK_EQ_INT(TfLiteTensorByteSize(output), 4 * kCounts[i]);
    CHECK(TfLiteTensorData(output) != NULL);
    for (int k = 0; k < kCounts[i]; ++k)
      if (!CHECK_NEAR(((const float*)TfLiteTensorData(output))[k], (float)i, 0)) break;
  }
  LinnetMemory memory;
  CHECK_EQ_INT(LinnetInterpreterGetMemory(interpreter, &memory), kTfLiteOk);
  CHECK(memory.dynamic_bytes >= 8 && memory.peak_bytes >= 4000);

  /* A size that cannot be, and the next that can. */
  CHECK_EQ_INT(run_count(interpreter, -1, 1), kTfLiteError);
  CHECK_EQ_INT(run_count(interpreter, 2, 1), kTfLiteOk);
  CHECK(output_is(interpreter, 0, FLOATS(1, 1), 2));
  TfLiteInterpreterDelete(interpreter);

  interpreter = create_counter(10000);
  msgs = (messages){.count = 0};
  CHECK_EQ_INT(run_count(interpreter, 1000000, 1), kTfLiteError);
  CHECK(said(&msgs, "10000"));
  CHECK_EQ_INT(run_count(interpreter, 1000, 1), kTfLiteOk);
  CHECK_EQ_INT(run_count(interpreter, 3000, 1), kTfLiteError);
  CHECK_EQ_INT(run_count(interpreter, 2, 3), kTfLiteOk);
  CHECK(output_is(interpreter, 0, FLOATS(3, 3), 2));
  TfLiteInterpreterDelete(interpreter);
  msgs = (messages){.count = 0};
}

/* An output that is dynamic has no memory of the caller's. */
static void test_custom_allocation(void) {
  TfLiteInterpreter* interpreter = create_counter(0);
  static _Alignas(64) float memory[16];
  const TfLiteCustomAllocation allocation = {memory, sizeof memory};
  CHECK_EQ_INT(TfLiteInterpreterSetCustomAllocationForTensor(
                   interpreter, TfLiteInterpreterGetOutputTensorIndex(interpreter, 0), &allocation, 0),
               kTfLiteError);
  CHECK_EQ_INT(run_count(interpreter, 2, 3), kTfLiteOk);
  TfLiteInterpreterDelete(interpreter);
  msgs = (messages){.count = 0};
}

/* ---- Strings: how many, where each begins and the last ends, then their bytes ---- */

static TfLiteStatus set_strings(TfLiteInterpreter* interpreter, const void* bytes, size_t size) {
  TfLiteTensor* input = TfLiteInterpreterGetInputTensor(interpreter, 0);
  TF_LITE_ENSURE_STATUS(TfLiteTensorRealloc(size, input));
  return TfLiteTensorCopyFromBuffer(input, bytes, size);
}

static void test_strings(void) {
  static const int32_t kTwo[] = {2, 16, 19, 19, 0x656e6f};
  static const int32_t kLong[] = {2, 16, 17, 24, 0x64636261, 0x68676665};
  TfLiteInterpreter* interpreter = ready_interpreter("string_reshape", &msgs);
  const TfLiteTensor* output = TfLiteInterpreterGetOutputTensor(interpreter, 0);
  TfLiteTensor* input = TfLiteInterpreterGetInputTensor(interpreter, 0);
  CHECK_EQ_INT(TfLiteTensorType(input), kTfLiteString);
  CHECK(TfLiteTensorCopyFromBuffer(input, kTwo, 19) == kTfLiteError); /* it has no size yet */
  CHECK_EQ_INT(set_strings(interpreter, kTwo, 19), kTfLiteOk);
  CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteOk);
  CHECK(TfLiteTensorByteSize(output) == 19 && memcmp(TfLiteTensorData(output), kTwo, 19) == 0);
  CHECK_EQ_INT(set_strings(interpreter, kLong, 24), kTfLiteOk);
  CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteOk);
  CHECK(TfLiteTensorByteSize(output) == 24 && memcmp(TfLiteTensorData(output), kLong, 24) == 0);
  char bytes[24];
  CHECK_EQ_INT(TfLiteTensorCopyToBuffer(output, bytes, 19), kTfLiteError);
  CHECK_EQ_INT(TfLiteTensorCopyToBuffer(output, bytes, 24), kTfLiteOk);
  CHECK(memcmp(bytes, kLong, 24) == 0);
  CHECK_EQ_INT(set_strings(interpreter, kTwo, 19), kTfLiteOk);
  CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteOk);
  CHECK_EQ_INT(TfLiteTensorByteSize(output), 19);
  TfLiteInterpreterDelete(interpreter);
}

/* Bytes that are no strings: an answer each time, and the interpreter goes on. */
static void test_broken_strings(void) {
  static const int32_t kGood[] = {2, 16, 19, 19, 0x656e6f};
  static const struct {
    int32_t words[6];
    size_t size;
  } kBroken[] = {{{0}, 0},
                 {{2}, 1},
                 {{2}, 4},
                 {{-1, 16, 19, 19}, 16},
                 {{INT32_MAX, 16, 19, 19}, 16},
                 {{2, 16, 19, INT32_MAX}, 16},
                 {{2, 16, 12, 19, 0x656e6f}, 19},
                 {{2, -16, 19, 19, 0x656e6f}, 19},
                 {{0, 8}, 8},
                 {{3, 20, 20, 20, 20}, 20}};
  TfLiteInterpreter* interpreter = ready_interpreter("string_reshape", &msgs);
  TfLiteInterpreterInvoke(interpreter); /* nothing has been written */
  for (size_t i = 0; i < sizeof kBroken / sizeof kBroken[0]; ++i) {
    CHECK_EQ_INT(set_strings(interpreter, kBroken[i].words, kBroken[i].size), kTfLiteOk);
    const TfLiteStatus status = TfLiteInterpreterInvoke(interpreter);
    CHECK(status == kTfLiteOk || status == kTfLiteError);
    CHECK_EQ_INT(set_strings(interpreter, kGood, 19), kTfLiteOk);
    CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteOk);
    CHECK_EQ_INT(TfLiteTensorByteSize(TfLiteInterpreterGetOutputTensor(interpreter, 0)), 19);
  }
  TfLiteInterpreterDelete(interpreter);
  msgs = (messages){.count = 0};
}

/* Operators that look at each string find out. Good strings may have bytes behind them. */
static void test_moved_strings(void) {
  static const int32_t kGood[] = {3, 20, 21, 24, 24, 0x6e6f656f};
  static const struct {
    int32_t words[7];
    size_t size;
  } kBroken[] = {{{0}, 0},
                 {{3}, 4},
                 {{-1, 20, 20, 20, 20}, 20},
                 {{INT32_MAX, 20, 20, 20, 20}, 20},
                 {{INT32_MIN, 20, 20, 20, 20}, 20},
                 {{3, 20, 20, 20}, 16},
                 {{2, 16, 16, 16}, 16},
                 {{3, 20, 20, 20, 21}, 20},
                 {{3, 20, 24, 21, 24, 0}, 24},
                 {{3, 16, 20, 20, 20}, 20},
                 {{3, -20, 20, 20, 20}, 20},
                 {{3, 20, INT32_MIN, 20, 20}, 20},
                 {{3, 20, INT32_MAX, INT32_MAX, INT32_MAX}, 20}};
  TfLiteInterpreter* interpreter = ready_interpreter("string_moves", &msgs);
  CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteError); /* nothing has been written */
  for (size_t i = 0; i < sizeof kBroken / sizeof kBroken[0]; ++i) {
    CHECK_EQ_INT(set_strings(interpreter, kBroken[i].words, kBroken[i].size), kTfLiteOk);
    CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteError);
    CHECK_EQ_INT(set_strings(interpreter, kGood, sizeof kGood), kTfLiteOk);
    CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteOk);
    CHECK(memcmp(TfLiteTensorData(TfLiteInterpreterGetOutputTensor(interpreter, 0)), "\0\1\0", 3) == 0);
    CHECK_EQ_INT(TfLiteTensorByteSize(TfLiteInterpreterGetOutputTensor(interpreter, 1)), 17);
    CHECK_EQ_INT(TfLiteTensorByteSize(TfLiteInterpreterGetOutputTensor(interpreter, 2)), 40);
  }
  TfLiteInterpreterDelete(interpreter);
  msgs = (messages){.count = 0};
}

/* What follows from shapes alone is known before the graph runs. */
static void test_shape_parts(void) {
  TfLiteInterpreter* interpreter = ready_interpreter("shape_parts", &msgs);
  const TfLiteTensor* output = TfLiteInterpreterGetOutputTensor(interpreter, 0);
  for (int batch = 1; batch < 4; ++batch) {
    const int dims[] = {batch, 2, 3};
    CHECK_EQ_INT(TfLiteInterpreterResizeInputTensor(interpreter, 0, dims, 3), kTfLiteOk);
    CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
    CHECK_EQ_INT(TfLiteTensorGetAllocationStrategy(output), kTfLiteAllocationStrategyArena);
    CHECK(TfLiteTensorNumDims(output) == 2 && TfLiteTensorDim(output, 0) == batch && TfLiteTensorDim(output, 1) == 6);
    float values[18];
    for (int i = 0; i < 6 * batch; ++i) values[i] = (float)(i * batch);
    CHECK(set_floats(interpreter, 0, values, (size_t)(6 * batch)));
    CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteOk);
    CHECK(output_is(interpreter, 0, values, (size_t)(6 * batch)));
  }
  TfLiteInterpreterDelete(interpreter);
}

int main(void) {
  test_output();
  test_custom_allocation();
  test_strings();
  test_broken_strings();
  test_moved_strings();
  test_shape_parts();
  return check_report();
}
