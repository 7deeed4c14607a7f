/* Names the digit in an 8x8 picture with a model file of this folder, float or int8: how a program uses the C
 * interface. Only the public header is needed. Usage: digits MODEL.tflite */
#include <stdint.h>
#include <stdio.h>

#include "tensorflow/lite/c/c_api.h"

enum { PIXELS = 64, CLASSES = 10 };

/* A sample that training never saw, brightness from 0 to 16. */
/* clang-format off */
static const uint8_t picture[PIXELS] = {
     0,  0,  0, 10, 12, 15, 16, 13,
     0,  0,  6, 15,  6,  4, 14,  9,
     0,  0, 10,  6,  0,  3, 14,  2,
     0,  1, 14,  1,  0, 12,  6,  0,
     0,  0,  3,  0,  5, 13,  0,  0,
     0,  0,  0,  1, 13,  3,  0,  0,
     0,  0,  0,  6, 13,  0,  0,  0,
     0,  0,  0, 14,  6,  0,  0,  0,
};
/* clang-format on */

static int8_t quantize(float value, TfLiteQuantizationParams to) {
  float steps = value / to.scale + (float)to.zero_point;
  steps += steps < 0 ? -0.5f : 0.5f;
  return (int8_t)(steps < -128 ? -128 : steps > 127 ? 127 : steps);
}

static TfLiteStatus fill_input(TfLiteTensor* input) {
  float values[PIXELS];
  int8_t steps[PIXELS];
  for (int i = 0; i < PIXELS; i++) values[i] = (float)picture[i] / 16.0f;
  if (TfLiteTensorType(input) != kTfLiteInt8) return TfLiteTensorCopyFromBuffer(input, values, sizeof values);
  for (int i = 0; i < PIXELS; i++) steps[i] = quantize(values[i], TfLiteTensorQuantizationParams(input));
  return TfLiteTensorCopyFromBuffer(input, steps, sizeof steps);
}

static TfLiteStatus read_output(const TfLiteTensor* output, float probabilities[CLASSES]) {
  if (TfLiteTensorType(output) != kTfLiteInt8) {
    return TfLiteTensorCopyToBuffer(output, probabilities, CLASSES * sizeof probabilities[0]);
  }
  int8_t steps[CLASSES];
  TfLiteStatus status = TfLiteTensorCopyToBuffer(output, steps, sizeof steps);
  if (status != kTfLiteOk) return status;
  TfLiteQuantizationParams from = TfLiteTensorQuantizationParams(output);
  for (int i = 0; i < CLASSES; i++) probabilities[i] = from.scale * (float)(steps[i] - from.zero_point);
  return kTfLiteOk;
}

static TfLiteStatus classify(TfLiteInterpreter* interpreter, float probabilities[CLASSES]) {
  TfLiteStatus status = TfLiteInterpreterAllocateTensors(interpreter);
  if (status == kTfLiteOk) status = fill_input(TfLiteInterpreterGetInputTensor(interpreter, 0));
  if (status == kTfLiteOk) status = TfLiteInterpreterInvoke(interpreter);
  if (status == kTfLiteOk) status = read_output(TfLiteInterpreterGetOutputTensor(interpreter, 0), probabilities);
  return status;
}

int main(int argc, char** argv) {
  float probabilities[CLASSES];
  TfLiteStatus status = kTfLiteError;
  TfLiteModel* model = argc == 2 ? TfLiteModelCreateFromFile(argv[1]) : NULL;
  TfLiteInterpreter* interpreter = model ? TfLiteInterpreterCreate(model, NULL) : NULL;
  if (interpreter) status = classify(interpreter, probabilities);
  TfLiteInterpreterDelete(interpreter);
  TfLiteModelDelete(model);
  if (status != kTfLiteOk) {
    fprintf(stderr, "usage: digits MODEL.tflite (it must be a digits model that can be read and run)\n");
    return 1;
  }
  int best = 0;
  for (int i = 1; i < CLASSES; i++) best = probabilities[i] > probabilities[best] ? i : best;
  printf("digit %d, probability %.3f\n", best, (double)probabilities[best]);
  return 0;
}
