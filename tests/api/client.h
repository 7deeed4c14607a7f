/* What the interface's test programs share: the models of tests/data, a reporter that remembers, a ready interpreter.
 * Public headers only, as a client. */
#ifndef LN_TESTS_API_CLIENT_H_
#define LN_TESTS_API_CLIENT_H_

#include <stdarg.h>
#include <stdlib.h>

#include "check.h"
#include "tensorflow/lite/c/c_api.h"
#include "tensorflow/lite/c/c_api_experimental.h"
#include "tensorflow/lite/c/common.h"

/* What an error reporter was told, one message after another. */
typedef struct messages {
  char text[4096];
  int count;
} messages;

static inline void remember(void* user_data, const char* format, va_list args) {
  messages* m = user_data;
  const size_t used = strlen(m->text);
  vsnprintf(m->text + used, sizeof m->text - used, format, args);
  ++m->count;
}

/* True if `part` has been said since the last call; forgets all. */
static inline bool said(messages* m, const char* part) {
  const bool found = strstr(m->text, part) != NULL;
  if (!found) printf("  said: %s\n", m->text);
  *m = (messages){.count = 0};
  return found;
}

static inline const char* data_path(const char* name) {
  static char path[256];
  snprintf(path, sizeof path, "tests/data/%s.tflite", name);
  return path;
}

static inline TfLiteModel* load_model(const char* name) {
  TfLiteModel* model = TfLiteModelCreateFromFile(data_path(name));
  if (!CHECK(model != NULL)) {
    printf("%s cannot be loaded\n", data_path(name));
    exit(check_report());
  }
  return model;
}

static inline TfLiteInterpreterOptions* options_with(messages* m) {
  TfLiteInterpreterOptions* options = TfLiteInterpreterOptionsCreate();
  TfLiteInterpreterOptionsSetErrorReporter(options, remember, m);
  return options;
}

/* An interpreter over a model of tests/data whose messages go to `m`. NULL where it cannot be created. */
static inline TfLiteInterpreter* create_interpreter(const char* name, messages* m) {
  TfLiteModel* model = load_model(name);
  TfLiteInterpreterOptions* options = options_with(m);
  TfLiteInterpreter* interpreter = TfLiteInterpreterCreate(model, options);
  TfLiteInterpreterOptionsDelete(options);
  TfLiteModelDelete(model);
  return interpreter;
}

/* The same, allocated; ends the program where that fails, as nothing can be tested then. */
static inline TfLiteInterpreter* ready_interpreter(const char* name, messages* m) {
  TfLiteInterpreter* interpreter = create_interpreter(name, m);
  if (interpreter == NULL || TfLiteInterpreterAllocateTensors(interpreter) != kTfLiteOk) {
    CHECK(!"the interpreter is ready");
    printf("%s: %s\n", name, m->text);
    exit(check_report());
  }
  return interpreter;
}

/* Fills input `index` with `count` floats, invokes, and compares output 0 with `expected`. */
static inline bool set_floats(TfLiteInterpreter* interpreter, int32_t index, const float* values, size_t count) {
  TfLiteTensor* input = TfLiteInterpreterGetInputTensor(interpreter, index);
  return TfLiteTensorCopyFromBuffer(input, values, count * sizeof *values) == kTfLiteOk;
}

static inline bool output_is(const TfLiteInterpreter* interpreter, int32_t index, const float* expected, size_t count) {
  float values[64];
  const TfLiteTensor* output = TfLiteInterpreterGetOutputTensor(interpreter, index);
  if (count > 64 || TfLiteTensorCopyToBuffer(output, values, count * sizeof *values) != kTfLiteOk) return false;
  for (size_t i = 0; i < count; ++i) {
    if (fabsf(values[i] - expected[i]) < 1e-5f) continue;
    printf("  output %d [%zu]: %g, expected %g\n", (int)index, i, (double)values[i], (double)expected[i]);
    return false;
  }
  return true;
}

#define FLOATS(...) ((const float[]){__VA_ARGS__})

#endif
