/* A client as others write it, C and C++ at once: runs tests/data/dynamic_add.tflite and prints the result. Which of
 * the three prefixes it includes by is chosen when it is compiled. */
#include <stdio.h>
#if defined(PREFIX_TFLITE)
#include "tflite/c/c_api.h"
#include "tflite/c/c_api_experimental.h"
#include "tflite/c/common.h"
#include "tflite/delegates/xnnpack/xnnpack_delegate.h"
#elif defined(PREFIX_CORE)
#include "tensorflow/lite/core/c/c_api.h"
#include "tensorflow/lite/core/c/c_api_experimental.h"
#include "tensorflow/lite/core/c/common.h"
#include "tensorflow/lite/delegates/xnnpack/xnnpack_delegate.h"
#else
#include "tensorflow/lite/c/c_api.h"
#include "tensorflow/lite/c/c_api_experimental.h"
#include "tensorflow/lite/c/common.h"
#include "tensorflow/lite/delegates/xnnpack/xnnpack_delegate.h"
#endif
#include "linnet/linnet.h"

static void quiet(void* user_data, const char* format, va_list args) {
  (void)user_data;
  (void)format;
  (void)args;
}

int main(int argc, char** argv) {
  const float input[3] = {1, 1, 1};
  float output[3] = {0, 0, 0};
  TfLiteXNNPackDelegateOptions wishes = TfLiteXNNPackDelegateOptionsDefault();
  TfLiteDelegate* delegate = TfLiteXNNPackDelegateCreate(&wishes);
  TfLiteModel* model = TfLiteModelCreateFromFile(argc > 1 ? argv[1] : "");
  TfLiteInterpreterOptions* options = TfLiteInterpreterOptionsCreate();
  TfLiteInterpreterOptionsSetNumThreads(options, 2);
  TfLiteInterpreterOptionsSetErrorReporter(options, quiet, NULL);
  TfLiteInterpreterOptionsAddDelegate(options, delegate);
  TfLiteInterpreter* interpreter = TfLiteInterpreterCreate(model, options);
  TfLiteInterpreterOptionsDelete(options);
  TfLiteModelDelete(model);
  if (TfLiteInterpreterAllocateTensors(interpreter) != kTfLiteOk) return 1;
  TfLiteTensor* x = TfLiteInterpreterGetInputTensor(interpreter, 0);
  if (TfLiteTensorCopyFromBuffer(x, input, sizeof input) != kTfLiteOk) return 2;
  if (TfLiteInterpreterInvoke(interpreter) != kTfLiteOk) return 3;
  const TfLiteTensor* y = TfLiteInterpreterGetOutputTensor(interpreter, 0);
  if (TfLiteTensorCopyToBuffer(y, output, sizeof output) != kTfLiteOk) return 4;
  printf("%s %d %g %g %g\n", TfLiteVersion(), y->dims->data[1], (double)output[0], (double)output[1],
         (double)output[2]);
  TfLiteInterpreterDelete(interpreter);
  TfLiteXNNPackDelegateDelete(delegate);
  return 0;
}
