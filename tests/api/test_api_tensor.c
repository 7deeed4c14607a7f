/* Tensors as clients see them. */
#include <unistd.h>

#include "client.h"

static messages msgs;

static void test_null(void) {
  CHECK_EQ_INT(TfLiteTensorType(NULL), kTfLiteNoType);
  CHECK_EQ_INT(TfLiteTensorNumDims(NULL), -1);
  CHECK_EQ_INT(TfLiteTensorDim(NULL, 0), -1);
  CHECK_EQ_INT(TfLiteTensorByteSize(NULL), 0);
  CHECK(TfLiteTensorData(NULL) == NULL);
  CHECK(TfLiteTensorName(NULL) == NULL);
  CHECK_NEAR(TfLiteTensorQuantizationParams(NULL).scale, 0, 0);
  float value = 0;
  CHECK_EQ_INT(TfLiteTensorCopyFromBuffer(NULL, &value, 4), kTfLiteError);
  CHECK_EQ_INT(TfLiteTensorCopyToBuffer(NULL, &value, 4), kTfLiteError);
}

static void test_float(void) {
  TfLiteInterpreter* interpreter = ready_interpreter("dynamic_add", &msgs);
  TfLiteTensor* input = TfLiteInterpreterGetInputTensor(interpreter, 0);
  CHECK_EQ_INT(TfLiteTensorType(input), kTfLiteFloat32);
  CHECK_EQ_INT(TfLiteTensorNumDims(input), 2);
  CHECK_EQ_INT(TfLiteTensorDim(input, 0), 1);
  CHECK_EQ_INT(TfLiteTensorDim(input, 1), 3);
  CHECK_EQ_INT(TfLiteTensorDim(input, 2), -1);
  CHECK_EQ_INT(TfLiteTensorDim(input, -1), -1);
  CHECK_EQ_INT(TfLiteTensorByteSize(input), 12);
  CHECK_EQ_STR(TfLiteTensorName(input), "x");
  CHECK_NEAR(TfLiteTensorQuantizationParams(input).scale, 0, 0);
  CHECK_EQ_INT(TfLiteTensorGetDimsSignature(input)->data[0], -1);

  float values[4] = {1, 2, 3, 4};
  static const size_t kWrong[] = {0, 1, 8, 11, 13, 16, SIZE_MAX};
  for (size_t i = 0; i < sizeof kWrong / sizeof kWrong[0]; ++i) {
    CHECK_EQ_INT(TfLiteTensorCopyFromBuffer(input, values, kWrong[i]), kTfLiteError);
    CHECK_EQ_INT(TfLiteTensorCopyToBuffer(input, values, kWrong[i]), kTfLiteError);
  }
  CHECK_EQ_INT(TfLiteTensorCopyFromBuffer(input, NULL, 12), kTfLiteError);
  CHECK_EQ_INT(TfLiteTensorCopyToBuffer(input, NULL, 12), kTfLiteError);
  CHECK_EQ_INT(TfLiteTensorCopyFromBuffer(input, values, 12), kTfLiteOk);
  CHECK(memcmp(TfLiteTensorData(input), values, 12) == 0);
  values[0] = 9;
  CHECK_EQ_INT(TfLiteTensorCopyToBuffer(input, values, 12), kTfLiteOk);
  CHECK_NEAR(values[0], 1, 0);

  /* A constant can be read and not written. */
  int found = 0;
  for (int i = 0; TfLiteInterpreterGetTensor(interpreter, i) != NULL; ++i) {
    TfLiteTensor* t = TfLiteInterpreterGetTensor(interpreter, i);
    if (strcmp(TfLiteTensorName(t), "constant") != 0) continue;
    ++found;
    CHECK_EQ_INT(TfLiteTensorGetAllocationStrategy(t), kTfLiteAllocationStrategyMMap);
    CHECK_EQ_INT(TfLiteTensorCopyToBuffer(t, values, 12), kTfLiteOk);
    CHECK_NEAR(values[2], 3, 0);
    CHECK_EQ_INT(TfLiteTensorCopyFromBuffer(t, values, 12), kTfLiteError);
  }
  CHECK_EQ_INT(found, 1);
  TfLiteInterpreterDelete(interpreter);
}

static void test_quantized(void) {
  TfLiteModel* model = TfLiteModelCreateFromFile("examples/digits/digits_int8.tflite");
  TfLiteInterpreter* interpreter = TfLiteInterpreterCreate(model, NULL);
  TfLiteModelDelete(model);
  const TfLiteTensor* input = TfLiteInterpreterGetInputTensor(interpreter, 0);
  if (!CHECK(input != NULL)) return;
  CHECK_EQ_INT(TfLiteTensorType(input), kTfLiteInt8);
  const TfLiteQuantizationParams params = TfLiteTensorQuantizationParams(input);
  CHECK(params.scale > 0 && params.zero_point >= -128 && params.zero_point <= 127);
  const TfLiteAffineQuantization* affine = input->quantization.params;
  CHECK_EQ_INT(input->quantization.type, kTfLiteAffineQuantization);
  CHECK(affine->scale->size == 1 && affine->zero_point->data[0] == params.zero_point);
  TfLiteInterpreterDelete(interpreter);
}

/* An input that is a constant in the file has memory of its own for the caller. */
static void test_constant_input(void) {
  const char* shared = getenv("LINNET_SHARED");
  char path[1024];
  snprintf(path, sizeof path, "%s/models/models/tflite/test_model.tflite", shared != NULL ? shared : "../shared");
  if (access(path, R_OK) != 0) {
    SKIP("no shared folder (LINNET_SHARED): an input that is a constant");
    return;
  }
  TfLiteModel* model = TfLiteModelCreateFromFile(path);
  CHECK(model != NULL);
  TfLiteInterpreterOptions* options = options_with(&msgs);
  TfLiteInterpreter* interpreter = TfLiteInterpreterCreate(model, options);
  TfLiteTensor* input = TfLiteInterpreterGetInputTensor(interpreter, 0);
  if (interpreter != NULL) {
    void* bytes = calloc(1, TfLiteTensorByteSize(input));
    CHECK_EQ_INT(TfLiteTensorCopyFromBuffer(input, bytes, TfLiteTensorByteSize(input)), kTfLiteOk);
    free(bytes);
  }
  TfLiteInterpreterDelete(interpreter);
  TfLiteInterpreterOptionsDelete(options);
  TfLiteModelDelete(model);
}

int main(void) {
  test_null();
  test_float();
  test_quantized();
  test_constant_input();
  return check_report();
}
