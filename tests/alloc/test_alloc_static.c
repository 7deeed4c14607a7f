/* An invoke of a static graph makes no allocation, the first one after AllocateTensors included: counted for every
 * golden case of shared/models whose shapes are all known before it runs. */
#include <stdlib.h>

#include "alloc/alloc_hook.h"
#include "api/objects.h"
#include "check.h"
#include "golden/golden.h"
#include "linnet/linnet.h"
#include "runtime/interpreter.h"

static int counted, dynamic;

static void silent(void* user_data, const char* format, va_list args) { (void)user_data, (void)format, (void)args; }

static bool is_static(const ln_interpreter* interpreter) {
  for (int32_t s = 0; s < interpreter->subgraph_count; ++s) {
    const ln_subgraph* subgraph = interpreter->subgraphs[s];
    for (int32_t i = 0; i < subgraph->tensor_count; ++i)
      if (subgraph->tensors[i].allocation_type == kTfLiteDynamic) return false;
  }
  return true;
}

static bool set_inputs(TfLiteInterpreter* interpreter, const golden_case* c) {
  for (int i = 0; i < c->tensor_count; ++i) {
    const golden_tensor* t = &c->tensors[i];
    if (t->is_output || t->step != 0) continue;
    TfLiteTensor* tensor = TfLiteInterpreterGetInputTensor(interpreter, t->slot);
    if (TfLiteTensorCopyFromBuffer(tensor, t->data, t->size_bytes) != kTfLiteOk) return false;
  }
  return true;
}

static bool resize(TfLiteInterpreter* interpreter, const golden_case* c) {
  for (int i = 0; i < c->tensor_count; ++i) {
    const golden_tensor* t = &c->tensors[i];
    if (!t->is_output && t->step == 0 && t->resized &&
        TfLiteInterpreterResizeInputTensor(interpreter, t->slot, t->dims, t->rank) != kTfLiteOk)
      return false;
  }
  return true;
}

static void visit(const golden_case* c, void* arg) {
  (void)arg;
  if (c->signature[0] != 0) return;
  TfLiteModel* model = TfLiteModelCreateWithErrorReporter(c->model, c->model_bytes, silent, NULL);
  TfLiteInterpreterOptions* options = TfLiteInterpreterOptionsCreate();
  TfLiteInterpreterOptionsSetErrorReporter(options, silent, NULL);
  TfLiteInterpreter* interpreter = TfLiteInterpreterCreate(model, options);
  TfLiteInterpreterOptionsDelete(options);
  CHECK(alloc_state.calls > 0);
  if (CHECK(interpreter != NULL) && CHECK(resize(interpreter, c)) &&
      CHECK(TfLiteInterpreterAllocateTensors(interpreter) == kTfLiteOk)) {
    if (!is_static(interpreter->interpreter)) {
      ++dynamic;
    } else if (CHECK(set_inputs(interpreter, c))) {
      alloc_hook_arm(0, false);
      CHECK(TfLiteInterpreterInvoke(interpreter) == kTfLiteOk);
      if (!CHECK_EQ_INT(alloc_state.calls, 0)) printf("  %s\n", c->name);
      ++counted;
    }
  }
  TfLiteInterpreterDelete(interpreter);
  TfLiteModelDelete(model);
}

int main(void) {
  const char* shared = getenv("LINNET_SHARED");
  char path[512];
  if (shared == NULL) shared = "../shared";
  snprintf(path, sizeof path, "%s/models/cases.tsv", shared);
  FILE* file = fopen(path, "rb");
  if (file == NULL) {
    SKIP("models of the shared folder are not there");
    return check_report();
  }
  fclose(file);
  alloc_hook_install();
  CHECK(golden_read_models(shared, "", visit, NULL));
  printf("%d cases counted, %d have tensors of unknown size\n", counted, dynamic);
  CHECK(counted > 250);
  return check_report();
}
