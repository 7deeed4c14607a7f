#include "stub_ops.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tensorflow/lite/builtin_ops.h"
#include "tensorflow/lite/c/c_api_experimental.h"
#include "tensorflow/lite/c/common.h"

enum { MARKS = 1 << 14, CUSTOM = 32 };

/* What was written to a tensor last. */
typedef struct mark {
  const TfLiteContext* context;
  int tensor;
  uint32_t era;
  unsigned char byte;
} mark;

static mark marks[MARKS];
static uint32_t era = 1;
static unsigned char next_byte;

static mark* find_mark(const TfLiteContext* context, int tensor) {
  size_t at = ((uintptr_t)context / 16 * 31 + (size_t)tensor) % MARKS;
  for (size_t tries = 0; tries < MARKS; ++tries, at = (at + 1) % MARKS)
    if (marks[at].era != era || (marks[at].context == context && marks[at].tensor == tensor)) return &marks[at];
  return NULL;
}

static bool is_plain(const TfLiteTensor* t) {
  return t->type != kTfLiteString && t->type != kTfLiteResource && t->type != kTfLiteVariant && t->data.raw != NULL;
}

static void write_tensor(TfLiteContext* context, int index) {
  TfLiteTensor* t = &context->tensors[index];
  mark* m = find_mark(context, index);
  if (m == NULL || !is_plain(t)) return;
  *m = (mark){context, index, era, ++next_byte};
  memset(t->data.raw, next_byte, t->bytes);
}

static void check_tensor(TfLiteContext* context, int index, const char* what) {
  const TfLiteTensor* t = &context->tensors[index];
  const mark* m = find_mark(context, index);
  if (m == NULL || m->era != era || !is_plain(t)) return;
  for (size_t i = 0; i < t->bytes; ++i) {
    if ((unsigned char)t->data.raw[i] == m->byte) continue;
    fprintf(stderr, "tensor %d: byte %zu of %zu was overwritten, found as %s\n", index, i, t->bytes, what);
    abort();
  }
}

/* ---- The operators: what they do follows from their code ---- */

static bool has_dynamic_outputs(int kind) { return kind % 5 == 4; }
static int temporary_count(int kind) { return kind % 4 == 1 ? 2 : 0; }

static TfLiteStatus resize_like(TfLiteContext* context, int output, const TfLiteIntArray* dims) {
  return context->ResizeTensor(context, &context->tensors[output], TfLiteIntArrayCopy(dims));
}

static TfLiteStatus set_temporaries(TfLiteContext* context, TfLiteNode* node, int count) {
  if (node->temporaries == NULL || node->temporaries->size != count) {
    int first;
    if (count == 0) return kTfLiteOk;
    if (context->AddTensors(context, count, &first) != kTfLiteOk) return kTfLiteError;
    TfLiteIntArrayFree(node->temporaries);
    node->temporaries = TfLiteIntArrayCreate(count);
    if (node->temporaries == NULL) return kTfLiteError;
    for (int i = 0; i < count; ++i) node->temporaries->data[i] = first + i;
  }
  for (int i = 0; i < count; ++i) {
    TfLiteTensor* t = &context->tensors[node->temporaries->data[i]];
    t->type = kTfLiteInt8;
    t->allocation_type = kTfLiteArenaRw;
    TfLiteIntArray* dims = TfLiteIntArrayCreate(1);
    if (dims == NULL) return kTfLiteError;
    dims->data[0] = 17 + 40 * i;
    if (context->ResizeTensor(context, t, dims) != kTfLiteOk) return kTfLiteError;
  }
  return kTfLiteOk;
}

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node, int kind) {
  if (set_temporaries(context, node, temporary_count(kind)) != kTfLiteOk) return kTfLiteError;
  const int input = node->inputs->size > 0 ? node->inputs->data[0] : -1;
  for (int i = 0; i < node->outputs->size; ++i) {
    const int output = node->outputs->data[i];
    if (context->tensors[output].type == kTfLiteString || has_dynamic_outputs(kind)) {
      context->tensors[output].allocation_type = kTfLiteDynamic;
      continue;
    }
    const TfLiteTensor* shape = &context->tensors[kind % 2 != 0 && input >= 0 ? input : output];
    if (resize_like(context, output, shape->dims) != kTfLiteOk) return kTfLiteError;
  }
  return kTfLiteOk;
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node, int kind) {
  for (int i = 0; i < node->inputs->size; ++i)
    if (node->inputs->data[i] >= 0) check_tensor(context, node->inputs->data[i], "an input");
  for (int i = 0; i < temporary_count(kind); ++i) write_tensor(context, node->temporaries->data[i]);
  for (int i = 0; i < node->outputs->size; ++i) {
    const int output = node->outputs->data[i];
    TfLiteTensor* t = &context->tensors[output];
    if (has_dynamic_outputs(kind) && t->type != kTfLiteString && resize_like(context, output, t->dims) != kTfLiteOk)
      return kTfLiteError;
    write_tensor(context, output);
  }
  for (int i = 0; i < temporary_count(kind); ++i)
    check_tensor(context, node->temporaries->data[i], "a temporary behind the outputs");
  for (int i = 0; i < node->outputs->size; ++i) check_tensor(context, node->outputs->data[i], "an output");
  return kTfLiteOk;
}

#define STUB(kind)                                                                                    \
  static TfLiteStatus prepare_##kind(TfLiteContext* c, TfLiteNode* n) { return prepare(c, n, kind); } \
  static TfLiteStatus invoke_##kind(TfLiteContext* c, TfLiteNode* n) { return invoke(c, n, kind); }
STUB(0)
STUB(1)
STUB(2)
STUB(3)
STUB(4)
STUB(5)
STUB(6)
STUB(7)
#undef STUB

#define STUB(kind) \
  { .prepare = prepare_##kind, .invoke = invoke_##kind, .version = 1, .inplace_operator = kTfLiteInplaceOpNone }
static const TfLiteRegistration kStubs[] = {STUB(0), STUB(1), STUB(2), STUB(3), STUB(4), STUB(5), STUB(6), STUB(7)};
#undef STUB

static TfLiteRegistration builtin_stubs[256], custom_stub;

static const TfLiteRegistration* find_builtin(void* user_data, TfLiteBuiltinOperator code, int version) {
  (void)user_data;
  TfLiteRegistration* r = &builtin_stubs[(unsigned)code & 255];
  *r = kStubs[(unsigned)code % 8];
  r->builtin_code = (int32_t)code;
  r->version = version;
  /* Those that write nothing before they have read may share their first input's memory. */
  if (code % 3 == 0) r->inplace_operator = kTfLiteInplaceOpInput0Shared;
  return r;
}

static const TfLiteRegistration* find_custom(void* user_data, const char* name, int version) {
  (void)user_data;
  custom_stub = kStubs[7];
  custom_stub.builtin_code = CUSTOM;
  custom_stub.custom_name = name;
  custom_stub.version = version;
  return &custom_stub;
}

void stub_ops_use(TfLiteInterpreterOptions* options) {
  TfLiteInterpreterOptionsSetOpResolver(options, find_builtin, find_custom, NULL);
}

void stub_ops_forget(void) { ++era; }
