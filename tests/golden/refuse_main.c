/* refuse: every model that the original refuses or dies of (shared/models/refuse.tsv and invalid/expected.tsv), and the
 * ones that only load, ends in an error with a text, or runs; a crash or a hang ends this program. Inputs are zeros.
 * Models that the original refuses for a custom operator which comes with this library run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "golden.h"
#include "linnet/linnet.h"

static int passed, failed;

static void silent(void* user_data, const char* format, va_list args) { (void)user_data, (void)format, (void)args; }

/* The stage at which the model fails, "runs" if it does not. */
static const char* run_model(const unsigned char* data, size_t size_bytes) {
  TfLiteModel* model = TfLiteModelCreateWithErrorReporter(data, size_bytes, silent, NULL);
  if (model == NULL) return "load";
  TfLiteInterpreterOptions* options = TfLiteInterpreterOptionsCreate();
  TfLiteInterpreterOptionsSetErrorReporter(options, silent, NULL);
  LinnetInterpreterOptionsSetInvokeTimeout(options, 20000);
  TfLiteInterpreter* interpreter = TfLiteInterpreterCreate(model, options);
  const char* stage = "runs";
  if (interpreter == NULL) {
    stage = "create";
  } else if (TfLiteInterpreterAllocateTensors(interpreter) != kTfLiteOk) {
    stage = "allocate";
  } else {
    for (int i = 0; i < TfLiteInterpreterGetInputTensorCount(interpreter); ++i) {
      const TfLiteTensor* input = TfLiteInterpreterGetInputTensor(interpreter, i);
      if (TfLiteTensorData(input) != NULL) memset(TfLiteTensorData(input), 0, TfLiteTensorByteSize(input));
    }
    if (TfLiteInterpreterInvoke(interpreter) != kTfLiteOk) stage = "invoke";
  }
  TfLiteInterpreterDelete(interpreter);
  TfLiteInterpreterOptionsDelete(options);
  TfLiteModelDelete(model);
  return stage;
}

/* Sound models whose custom operators are known here. */
static bool must_run(const char* path) {
  static const char* const kNames[] = {"/audio_preprocessor_int8.tflite", "/max_unpooling_2d_valid.tflite"};
  for (size_t i = 0; i < sizeof kNames / sizeof kNames[0]; ++i)
    if (strstr(path, kNames[i]) != NULL) return true;
  return false;
}

/* `reason` is the table's: a model whose file is sound may run here, any other must fail. */
static void check_model(const char* path, const char* reason) {
  size_t size_bytes;
  const unsigned char* data = golden_file(path, &size_bytes);
  if (data == NULL) {
    ++failed;
    printf("FAIL %s cannot be read\n", path);
    return;
  }
  const char* stage = run_model(data, size_bytes);
  const bool runs = strcmp(stage, "runs") == 0;
  const bool may_run =
      strcmp(reason, "runtime_crash") == 0 || strcmp(reason, "quantized_dimension") == 0 || must_run(path);
  const char* wrong = runs && !may_run                     ? "runs, and must not"
                      : !runs && must_run(path)            ? LinnetLastError()
                      : !runs && LinnetLastError()[0] == 0 ? "fails without a text"
                                                           : NULL;
  if (wrong != NULL) {
    ++failed;
    printf("FAIL %s: %s\n", path, wrong);
  } else {
    ++passed;
    printf("%s: %s%s%s\n", strrchr(path, '/') + 1, stage, runs ? "" : ": ", runs ? "" : LinnetLastError());
  }
}

/* A table whose first column names a file in `folder`; `reason_column` < 0: every file is unsound. */
static void check_table(const char* folder, const char* table, int reason_column) {
  char path[1024];
  size_t size_bytes;
  snprintf(path, sizeof path, "%s/%s", folder, table);
  const unsigned char* data = golden_file(path, &size_bytes);
  if (data == NULL) {
    ++failed;
    printf("FAIL %s cannot be read\n", path);
    return;
  }
  char* text = malloc(size_bytes + 1);
  memcpy(text, data, size_bytes + 1);
  char* save = NULL;
  strtok_r(text, "\n", &save);
  for (char* line = strtok_r(NULL, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
    char* f[8];
    const int count = golden_split(line, '\t', f, 8);
    snprintf(path, sizeof path, "%s/%s", folder, f[0]);
    check_model(path, reason_column >= 0 && reason_column < count ? f[reason_column] : "invalid");
  }
  free(text);
}

int main(void) {
  char folder[512], path[1024];
  const char* shared = getenv("LINNET_SHARED");
  if (shared == NULL) shared = "../shared";
  snprintf(path, sizeof path, "%s/models/refuse.tsv", shared);
  FILE* file = fopen(path, "rb");
  if (file == NULL) {
    printf("%s is not there: refused models skipped\n0 passed, 0 failed, 1 skipped\n", path);
    return 0;
  }
  fclose(file);
  snprintf(folder, sizeof folder, "%s/models", shared);
  check_table(folder, "refuse.tsv", 2);
  snprintf(folder, sizeof folder, "%s/models/invalid", shared);
  check_table(folder, "expected.tsv", -1);
  printf("%d passed, %d failed, 0 skipped\n", passed, failed);
  return failed != 0;
}
