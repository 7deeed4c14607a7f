/* The operator of tests/data/custom_operator.tflite, y = factor * x, as a client writes it: once over
 * TfLiteRegistration, once as an opaque operator. It counts its calls. Public headers only. */
#ifndef LN_TESTS_API_SCALE_OP_H_
#define LN_TESTS_API_SCALE_OP_H_

#include "client.h"
#include "tensorflow/lite/c/operator.h"

#define SCALE_NAME "LinnetTestScale"

/* How often each function has been called, what init was given, and what the functions are to do wrong. */
typedef struct scale_log {
  int init, free, prepare, invoke;
  size_t length;         /* of init's buffer */
  const void* user_data; /* of the opaque operator, as handed to its last call */
  bool fail_init;
  TfLiteStatus prepare_status, invoke_status; /* kTfLiteOk: works */
  float factor;                               /* where the model has none */
} scale_log;

static scale_log scale_seen;

static inline void* scale_init(TfLiteContext* context, const char* buffer, size_t length) {
  (void)context;
  ++scale_seen.init;
  scale_seen.length = length;
  if (scale_seen.fail_init) return TfLiteKernelInitFailed();
  float* factor = malloc(sizeof *factor);
  if (factor == NULL) return TfLiteKernelInitFailed();
  *factor = scale_seen.factor;
  if (length == sizeof *factor) memcpy(factor, buffer, sizeof *factor);
  return factor;
}

static inline void scale_free(TfLiteContext* context, void* data) {
  (void)context;
  ++scale_seen.free;
  free(data);
}

static inline TfLiteStatus scale_prepare(TfLiteContext* context, TfLiteNode* node) {
  ++scale_seen.prepare;
  if (scale_seen.prepare_status != kTfLiteOk) return scale_seen.prepare_status;
  const TfLiteTensor* input = context->GetTensor(context, node->inputs->data[0]);
  TfLiteTensor* output = context->GetTensor(context, node->outputs->data[0]);
  TF_LITE_ENSURE_TYPES_EQ(context, input->type, kTfLiteFloat32);
  return context->ResizeTensor(context, output, TfLiteIntArrayCopy(input->dims));
}

static inline TfLiteStatus scale_invoke(TfLiteContext* context, TfLiteNode* node) {
  ++scale_seen.invoke;
  if (scale_seen.invoke_status != kTfLiteOk) return scale_seen.invoke_status;
  const TfLiteTensor* input = context->GetTensor(context, node->inputs->data[0]);
  TfLiteTensor* output = context->GetTensor(context, node->outputs->data[0]);
  const float* factor = node->user_data;
  for (size_t i = 0; i < output->bytes / sizeof(float); ++i) output->data.f[i] = *factor * input->data.f[i];
  return kTfLiteOk;
}

static inline TfLiteRegistration scale_registration(void) {
  scale_seen = (scale_log){.factor = 7};
  return (TfLiteRegistration){
      .init = scale_init, .free = scale_free, .prepare = scale_prepare, .invoke = scale_invoke, .version = 1};
}

/* ---- The same as an opaque operator; opaque contexts and nodes are the plain ones. ---- */

static inline TfLiteContext* plain_context(TfLiteOpaqueContext* context) { return (TfLiteContext*)(void*)context; }

static inline TfLiteNode* plain_node(TfLiteOpaqueNode* node) { return (TfLiteNode*)(void*)node; }

static inline void* scale_opaque_init(TfLiteOpaqueContext* context, const char* buffer, size_t length) {
  return scale_init(plain_context(context), buffer, length);
}

static inline void scale_opaque_free(TfLiteOpaqueContext* context, void* data) {
  scale_free(plain_context(context), data);
}

static inline TfLiteStatus scale_opaque_prepare(TfLiteOpaqueContext* context, TfLiteOpaqueNode* node) {
  return scale_prepare(plain_context(context), plain_node(node));
}

static inline TfLiteStatus scale_opaque_invoke(TfLiteOpaqueContext* context, TfLiteOpaqueNode* node) {
  return scale_invoke(plain_context(context), plain_node(node));
}

static inline TfLiteOperator* scale_operator(void) {
  scale_seen = (scale_log){.factor = 7};
  TfLiteOperator* op = TfLiteOperatorCreate(kTfLiteBuiltinCustom, SCALE_NAME, 1, NULL);
  TfLiteOperatorSetInit(op, scale_opaque_init);
  TfLiteOperatorSetFree(op, scale_opaque_free);
  TfLiteOperatorSetPrepare(op, scale_opaque_prepare);
  TfLiteOperatorSetInvoke(op, scale_opaque_invoke);
  return op;
}

/* Invokes with {1, 2}; true if the output is {factor, 2 * factor}. */
static inline bool scales_by(TfLiteInterpreter* interpreter, float factor) {
  return set_floats(interpreter, 0, FLOATS(1, 2), 2) && TfLiteInterpreterInvoke(interpreter) == kTfLiteOk &&
         output_is(interpreter, 0, FLOATS(factor, 2 * factor), 2);
}

#endif
