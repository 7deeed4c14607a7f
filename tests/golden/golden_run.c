/* Runs one golden case through the C interface and compares what comes out. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "golden.h"
#include "linnet/linnet.h"
#include "tensorflow/lite/c/c_api.h"
#include "tensorflow/lite/c/common.h"

static double half_to_double(uint16_t h) {
  const int exponent = (h >> 10) & 31, fraction = h & 1023;
  double value = exponent == 31  ? (fraction != 0 ? NAN : INFINITY)
                 : exponent == 0 ? ldexp(fraction, -24)
                                 : ldexp(1024 + fraction, exponent - 25);
  return (h & 0x8000) != 0 ? -value : value;
}

static double bfloat_to_double(uint16_t h) {
  const uint32_t bits = (uint32_t)h << 16;
  float value;
  memcpy(&value, &bits, 4);
  return value;
}

/* Element i of a floating tensor (complex ones count twice); an integer's value where it is at most 16 bits wide. */
static double element(TfLiteType type, const unsigned char* data, size_t i) {
  float f;
  double d;
  uint16_t h;
  switch (type) {
    case kTfLiteFloat32:
    case kTfLiteComplex64:
      memcpy(&f, data + 4 * i, 4);
      return f;
    case kTfLiteFloat64:
    case kTfLiteComplex128:
      memcpy(&d, data + 8 * i, 8);
      return d;
    case kTfLiteInt8:
      return (int8_t)data[i];
    case kTfLiteUInt8:
      return data[i];
    default:
      memcpy(&h, data + 2 * i, 2);
      return type == kTfLiteFloat16 ? half_to_double(h) : type == kTfLiteBFloat16 ? bfloat_to_double(h) : (int16_t)h;
  }
}

static size_t element_bytes(TfLiteType type) {
  switch (type) {
    case kTfLiteFloat32:
    case kTfLiteComplex64:
      return 4;
    case kTfLiteFloat64:
    case kTfLiteComplex128:
      return 8;
    case kTfLiteInt8:
    case kTfLiteUInt8:
      return 1;
    case kTfLiteFloat16:
    case kTfLiteBFloat16:
    case kTfLiteInt16:
      return 2;
    default:
      return 0; /* compared as bytes */
  }
}

static uint32_t word(const unsigned char* p) {
  return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* String i of a string buffer; its length without the NULs at its end, which numpy, that wrote the golden files, adds
 * to empty strings and cannot tell from none. */
static const unsigned char* string_at(const unsigned char* buffer, uint32_t i, size_t* length) {
  const uint32_t begin = word(buffer + 4 + 4 * (size_t)i);
  *length = word(buffer + 8 + 4 * (size_t)i) - begin;
  while (*length > 0 && buffer[begin + *length - 1] == 0) --*length;
  return buffer + begin;
}

static bool compare_strings(const golden_tensor* want, const unsigned char* got, size_t got_bytes, char* message,
                            size_t message_size) {
  const uint32_t count = word(want->data);
  if (got_bytes < 4 || word(got) != count) return snprintf(message, message_size, "another number of strings"), false;
  for (uint32_t i = 0; i < count; ++i) {
    size_t want_length, got_length;
    const unsigned char* w = string_at(want->data, i, &want_length);
    const unsigned char* g = string_at(got, i, &got_length);
    if (want_length != got_length || memcmp(w, g, want_length) != 0)
      return snprintf(message, message_size, "output %d: string %u differs", want->slot, i), false;
  }
  return true;
}

bool golden_compare(const golden_tensor* want, const void* got, size_t got_bytes, char* message, size_t message_size) {
  if (want->type == kTfLiteString) return compare_strings(want, got, got_bytes, message, message_size);
  if (got_bytes != want->size_bytes)
    return snprintf(message, message_size, "output %d: %zu bytes, expected %zu", want->slot, got_bytes,
                    want->size_bytes),
           false;
  if (want->only_shape || got_bytes == 0 || memcmp(got, want->data, got_bytes) == 0) return true;
  const size_t width = element_bytes(want->type);
  if (width == 0) return snprintf(message, message_size, "output %d: bytes differ", want->slot), false;
  const bool integer = want->type == kTfLiteInt8 || want->type == kTfLiteUInt8 || want->type == kTfLiteInt16;
  size_t differing = 0, worst = 0;
  double worst_difference = -1, largest = 0;
  for (size_t i = 0; i < got_bytes / width; ++i) {
    const double g = element(want->type, got, i), w = element(want->type, want->data, i);
    if (g == w || (isnan(g) && isnan(w))) continue;
    const double difference = isnan(g) || isnan(w) ? INFINITY : fabs(g - w);
    if (difference > largest) largest = difference;
    if (difference <= (integer ? want->steps : want->absolute + want->relative * fabs(w))) continue;
    ++differing;
    if (difference > worst_difference) worst_difference = difference, worst = i;
  }
  if (differing == 0) return true;
  snprintf(message, message_size, "output %d: %zu of %zu elements differ, worst at %zu: %.9g, expected %.9g",
           want->slot, differing, got_bytes / width, worst, element(want->type, got, worst),
           element(want->type, want->data, worst));
  return false;
}

/* Keeps the library's messages off the terminal; LinnetLastError has the last one. */
static void silent(void* user_data, const char* format, va_list args) { (void)user_data, (void)format, (void)args; }

typedef struct session {
  TfLiteInterpreter* interpreter;
  TfLiteSignatureRunner* runner; /* NULL: the primary subgraph */
} session;

static TfLiteStatus resize(session* s, const golden_tensor* t) {
  return s->runner != NULL ? TfLiteSignatureRunnerResizeInputTensor(s->runner, t->name, t->dims, t->rank)
                           : TfLiteInterpreterResizeInputTensor(s->interpreter, t->slot, t->dims, t->rank);
}

static TfLiteTensor* input_tensor(session* s, const golden_tensor* t) {
  return s->runner != NULL ? TfLiteSignatureRunnerGetInputTensor(s->runner, t->name)
                           : TfLiteInterpreterGetInputTensor(s->interpreter, t->slot);
}

static const TfLiteTensor* output_tensor(session* s, const golden_tensor* t) {
  return s->runner != NULL ? TfLiteSignatureRunnerGetOutputTensor(s->runner, t->name)
                           : TfLiteInterpreterGetOutputTensor(s->interpreter, t->slot);
}

static bool set_input(session* s, const golden_tensor* t, char* message, size_t message_size) {
  TfLiteTensor* tensor = input_tensor(s, t);
  if (tensor == NULL) return snprintf(message, message_size, "input %d does not exist", t->slot), false;
  if (TfLiteTensorType(tensor) != t->type)
    return snprintf(message, message_size, "input %d has type %d", t->slot, (int)TfLiteTensorType(tensor)), false;
  if (t->type == kTfLiteString && TfLiteTensorRealloc(t->size_bytes, tensor) != kTfLiteOk)
    return snprintf(message, message_size, "input %d: no memory", t->slot), false;
  if (TfLiteTensorCopyFromBuffer(tensor, t->data, t->size_bytes) != kTfLiteOk)
    return snprintf(message, message_size, "input %d takes %zu bytes, the case has %zu", t->slot,
                    TfLiteTensorByteSize(tensor), t->size_bytes),
           false;
  return true;
}

static bool check_output(session* s, const golden_tensor* t, char* message, size_t message_size) {
  const TfLiteTensor* tensor = output_tensor(s, t);
  if (tensor == NULL) return snprintf(message, message_size, "output %d does not exist", t->slot), false;
  if (TfLiteTensorType(tensor) != t->type)
    return snprintf(message, message_size, "output %d has type %d", t->slot, (int)TfLiteTensorType(tensor)), false;
  bool same = TfLiteTensorNumDims(tensor) == t->rank;
  for (int i = 0; same && i < t->rank; ++i) same = TfLiteTensorDim(tensor, i) == t->dims[i];
  if (!same) return snprintf(message, message_size, "output %d has another shape", t->slot), false;
  return golden_compare(t, TfLiteTensorData(tensor), TfLiteTensorByteSize(tensor), message, message_size);
}

static bool run_steps(const golden_case* c, session* s, char* message, size_t message_size) {
  for (int i = 0; i < c->tensor_count; ++i)
    if (!c->tensors[i].is_output && c->tensors[i].step == 0 && c->tensors[i].resized &&
        resize(s, &c->tensors[i]) != kTfLiteOk)
      return snprintf(message, message_size, "resize: %s", LinnetLastError()), false;
  const TfLiteStatus allocated = s->runner != NULL ? TfLiteSignatureRunnerAllocateTensors(s->runner)
                                                   : TfLiteInterpreterAllocateTensors(s->interpreter);
  if (allocated != kTfLiteOk) return snprintf(message, message_size, "allocate: %s", LinnetLastError()), false;
  for (int step = 0; step < c->steps; ++step) {
    for (int i = 0; i < c->tensor_count; ++i)
      if (!c->tensors[i].is_output && (c->tensors[i].step == step || c->last_step_only) &&
          !set_input(s, &c->tensors[i], message, message_size))
        return false;
    const TfLiteStatus invoked =
        s->runner != NULL ? TfLiteSignatureRunnerInvoke(s->runner) : TfLiteInterpreterInvoke(s->interpreter);
    if (invoked != kTfLiteOk) return snprintf(message, message_size, "invoke: %s", LinnetLastError()), false;
    for (int i = 0; i < c->tensor_count; ++i)
      if (c->tensors[i].is_output && c->tensors[i].step == step &&
          !check_output(s, &c->tensors[i], message, message_size))
        return false;
  }
  return true;
}

bool golden_run(const golden_case* c, int threads, char* message, size_t message_size) {
  TfLiteModel* model = TfLiteModelCreateWithErrorReporter(c->model, c->model_bytes, silent, NULL);
  if (model == NULL) return snprintf(message, message_size, "load: %s", LinnetLastError()), false;
  TfLiteInterpreterOptions* options = TfLiteInterpreterOptionsCreate();
  TfLiteInterpreterOptionsSetNumThreads(options, threads);
  TfLiteInterpreterOptionsSetErrorReporter(options, silent, NULL);
  session s = {TfLiteInterpreterCreate(model, options), NULL};
  TfLiteInterpreterOptionsDelete(options);
  bool ok = s.interpreter != NULL;
  if (!ok) snprintf(message, message_size, "create: %s", LinnetLastError());
  if (ok && c->signature[0] != 0) {
    s.runner = TfLiteInterpreterGetSignatureRunner(s.interpreter, c->signature);
    ok = s.runner != NULL;
    if (!ok) snprintf(message, message_size, "signature %s does not exist", c->signature);
  }
  ok = ok && run_steps(c, &s, message, message_size);
  TfLiteSignatureRunnerDelete(s.runner);
  TfLiteInterpreterDelete(s.interpreter);
  TfLiteModelDelete(model);
  return ok;
}
