#include "session.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "values.h"

static void silent(void* user_data, const char* format, va_list args) { (void)user_data, (void)format, (void)args; }

int session_open(const char* path, const session_options* options, session* s) {
  *s = (session){0};
  LinnetModelOptions model_options = {.struct_size = sizeof model_options, .reporter = silent};
  s->model = LinnetModelCreateFromFile(path, &model_options);
  if (s->model == NULL) return cli_fail(CLI_INPUT, "%s", LinnetLastError());
  TfLiteInterpreterOptions* o = TfLiteInterpreterOptionsCreate();
  if (o == NULL) return cli_fail(CLI_FAILED, "no memory");
  TfLiteInterpreterOptionsSetNumThreads(o, options->threads);
  TfLiteInterpreterOptionsSetErrorReporter(o, silent, NULL);
  LinnetInterpreterOptionsSetPreserveAllTensors(o, options->preserve_all);
  LinnetInterpreterOptionsSetInvokeTimeout(o, options->timeout_ms);
  if (options->weight_cache != NULL && LinnetInterpreterOptionsSetWeightCache(o, options->weight_cache) != kTfLiteOk) {
    TfLiteInterpreterOptionsDelete(o);
    return cli_fail(CLI_USAGE, "--weight-cache is \"%s\"; the name of a file is right", options->weight_cache);
  }
  s->interpreter = TfLiteInterpreterCreate(s->model, o);
  TfLiteInterpreterOptionsDelete(o);
  if (s->interpreter == NULL) return cli_fail(CLI_FAILED, "%s", LinnetLastError());
  if (options->signature == NULL) return CLI_OK;
  s->runner = TfLiteInterpreterGetSignatureRunner(s->interpreter, options->signature);
  if (s->runner == NULL)
    return cli_fail(CLI_USAGE, "%s has no signature \"%s\"; see: linnet inspect", path, options->signature);
  return CLI_OK;
}

int session_allocate(session* s) {
  const TfLiteStatus status = s->runner != NULL ? TfLiteSignatureRunnerAllocateTensors(s->runner)
                                                : TfLiteInterpreterAllocateTensors(s->interpreter);
  return status == kTfLiteOk ? CLI_OK : cli_fail(CLI_FAILED, "%s", LinnetLastError());
}

int session_invoke(session* s) {
  const TfLiteStatus status =
      s->runner != NULL ? TfLiteSignatureRunnerInvoke(s->runner) : TfLiteInterpreterInvoke(s->interpreter);
  return status == kTfLiteOk ? CLI_OK : cli_fail(CLI_FAILED, "%s", LinnetLastError());
}

void session_close(session* s) {
  TfLiteSignatureRunnerDelete(s->runner);
  TfLiteInterpreterDelete(s->interpreter);
  TfLiteModelDelete(s->model);
  *s = (session){0};
}

int session_input_count(const session* s) {
  return s->runner != NULL ? (int)TfLiteSignatureRunnerGetInputCount(s->runner)
                           : TfLiteInterpreterGetInputTensorCount(s->interpreter);
}

int session_output_count(const session* s) {
  return s->runner != NULL ? (int)TfLiteSignatureRunnerGetOutputCount(s->runner)
                           : TfLiteInterpreterGetOutputTensorCount(s->interpreter);
}

TfLiteTensor* session_input(const session* s, int index) {
  if (s->runner == NULL) return TfLiteInterpreterGetInputTensor(s->interpreter, index);
  return TfLiteSignatureRunnerGetInputTensor(s->runner, TfLiteSignatureRunnerGetInputName(s->runner, index));
}

const TfLiteTensor* session_output(const session* s, int index) {
  if (s->runner == NULL) return TfLiteInterpreterGetOutputTensor(s->interpreter, index);
  return TfLiteSignatureRunnerGetOutputTensor(s->runner, TfLiteSignatureRunnerGetOutputName(s->runner, index));
}

const char* session_input_name(const session* s, int index) {
  return s->runner != NULL ? TfLiteSignatureRunnerGetInputName(s->runner, index)
                           : TfLiteTensorName(session_input(s, index));
}

const char* session_output_name(const session* s, int index) {
  return s->runner != NULL ? TfLiteSignatureRunnerGetOutputName(s->runner, index)
                           : TfLiteTensorName(session_output(s, index));
}

int session_find_input(const session* s, const char* name) {
  for (int i = 0; i < session_input_count(s); ++i)
    if (session_input_name(s, i) != NULL && strcmp(session_input_name(s, i), name) == 0) return i;
  char* end;
  const long number = strtol(name, &end, 10);
  return end != name && *end == 0 && number >= 0 && number < session_input_count(s) ? (int)number : -1;
}

TfLiteStatus session_resize(session* s, int index, const int* dims, int rank) {
  if (s->runner != NULL)
    return TfLiteSignatureRunnerResizeInputTensor(s->runner, session_input_name(s, index), dims, rank);
  return TfLiteInterpreterResizeInputTensor(s->interpreter, index, dims, rank);
}

/* splitmix64: the same numbers on every machine. */
static uint64_t next_random(uint64_t* state) {
  uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
  z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
  z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
  return z ^ z >> 31;
}

/* Words of one to eight letters. */
static const char* random_word(const void* state, size_t i, size_t* length) {
  static char letters[8];
  uint64_t own = *(const uint64_t*)state + i * UINT64_C(0xD1342543DE82EF95);
  *length = 1 + next_random(&own) % sizeof letters;
  for (size_t k = 0; k < *length; ++k) letters[k] = (char)('a' + next_random(&own) % 26);
  return letters;
}

static void fill(TfLiteTensor* t, uint64_t* state) {
  const TfLiteType type = TfLiteTensorType(t);
  const size_t width = value_bytes(type);
  if (type == kTfLiteString) {
    value_set_strings(t, value_shape_count(t), random_word, state);
    next_random(state);
    return;
  }
  uint8_t* data = TfLiteTensorData(t);
  const size_t bytes = TfLiteTensorByteSize(t);
  if (data == NULL || width == 0) return;
  for (size_t at = 0; at < bytes; at += width) {
    const uint64_t r = next_random(state);
    const float f = (float)(r >> 40) / 8388608.0f - 1.0f;
    const double d = (double)f;
    const int64_t small = (int64_t)(r % 10);
    const int32_t small32 = (int32_t)small;
    /* Half precision: the numbers of three digits from 0.5 to 1, of either sign. */
    const uint16_t half = (uint16_t)((r & 0x8000) | 0x3800 | (r & 0x3ff)),
                   brain = (uint16_t)((r & 0x8000) | 0x3f00 | (r & 0x7f));
    if (type == kTfLiteFloat32 || type == kTfLiteComplex64)
      memcpy(data + at, &f, 4);
    else if (type == kTfLiteFloat16 || type == kTfLiteBFloat16)
      memcpy(data + at, type == kTfLiteFloat16 ? &half : &brain, 2);
    else if (type == kTfLiteFloat64 || type == kTfLiteComplex128)
      memcpy(data + at, &d, 8);
    else if (type == kTfLiteBool)
      data[at] = (uint8_t)(r & 1);
    else if (type == kTfLiteInt32 || type == kTfLiteUInt32)
      memcpy(data + at, &small32, 4);
    else if (type == kTfLiteInt64 || type == kTfLiteUInt64)
      memcpy(data + at, &small, 8);
    else
      memcpy(data + at, &r, width);
  }
}

void session_fill_random(session* s, uint64_t seed) {
  uint64_t state = seed;
  for (int i = 0; i < session_input_count(s); ++i) fill(session_input(s, i), &state);
}

const char* session_describe(const TfLiteTensor* t, char* buffer, size_t size) {
  int used = snprintf(buffer, size, "%s [", TfLiteTypeGetName(TfLiteTensorType(t)));
  for (int i = 0; i < TfLiteTensorNumDims(t) && (size_t)used < size; ++i)
    used += snprintf(buffer + used, size - (size_t)used, "%s%d", i > 0 ? ", " : "", TfLiteTensorDim(t, i));
  if ((size_t)used < size) snprintf(buffer + used, size - (size_t)used, "]");
  return buffer;
}
