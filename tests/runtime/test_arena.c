/* How much memory real models take: pinned in tests/runtime/arena_bytes.txt, so that a change of the planner, of what
 * works in place or of scratch memory shows as a difference there. `test_arena --print MODEL…` writes new lines. */
#include <stdlib.h>

#include "check.h"
#include "linnet/linnet.h"

static const char kList[] = "tests/runtime/arena_bytes.txt";

static void model_path(char* path, size_t size, const char* name) {
  const char* shared = getenv("LINNET_SHARED");
  snprintf(path, size, "%s/models/models/%s", shared != NULL ? shared : "../shared", name);
}

static void silent(void* user_data, const char* format, va_list args) { (void)user_data, (void)format, (void)args; }

/* False: the model does not load or allocate. */
static bool measure(const char* path, bool plan_only, LinnetMemory* memory) {
  const LinnetModelOptions model_options = {sizeof model_options, kLinnetVerifyStrict, silent, NULL};
  TfLiteModel* model = LinnetModelCreateFromFile(path, &model_options);
  if (model == NULL) return false;
  TfLiteInterpreterOptions* options = TfLiteInterpreterOptionsCreate();
  TfLiteInterpreterOptionsSetErrorReporter(options, silent, NULL);
  bool ok = false;
  if (plan_only) {
    ok = LinnetModelPlanMemory(model, options, memory) == kTfLiteOk;
  } else {
    TfLiteInterpreter* interpreter = TfLiteInterpreterCreate(model, options);
    ok = interpreter != NULL && TfLiteInterpreterAllocateTensors(interpreter) == kTfLiteOk &&
         LinnetInterpreterGetMemory(interpreter, memory) == kTfLiteOk;
    TfLiteInterpreterDelete(interpreter);
  }
  TfLiteInterpreterOptionsDelete(options);
  TfLiteModelDelete(model);
  return ok;
}

static void check_line(const char* name, size_t arena_bytes, size_t persistent_bytes) {
  char path[512];
  LinnetMemory real = {0}, planned = {0};
  model_path(path, sizeof path, name);
  FILE* file = fopen(path, "rb");
  if (file == NULL) {
    SKIP(name);
    return;
  }
  fclose(file);
  if (!CHECK(measure(path, false, &real)) || !CHECK(measure(path, true, &planned))) return;
  CHECK_EQ_INT(real.arena_bytes, arena_bytes);
  CHECK_EQ_INT(real.persistent_bytes, persistent_bytes);
  CHECK_EQ_INT(planned.arena_bytes, arena_bytes);
  CHECK_EQ_INT(planned.persistent_bytes, persistent_bytes);
  if (real.arena_bytes != arena_bytes || real.persistent_bytes != persistent_bytes)
    printf("  the line would be: %s %zu %zu\n", name, real.arena_bytes, real.persistent_bytes);
}

int main(int argc, char** argv) {
  for (int i = 2; i < argc && strcmp(argv[1], "--print") == 0; ++i) {
    char path[512];
    LinnetMemory memory;
    model_path(path, sizeof path, argv[i]);
    if (measure(path, false, &memory)) printf("%s %zu %zu\n", argv[i], memory.arena_bytes, memory.persistent_bytes);
  }
  if (argc > 1) return 0;
  FILE* list = fopen(kList, "r");
  CHECK(list != NULL);
  char name[256];
  size_t arena_bytes, persistent_bytes;
  while (list != NULL && fscanf(list, "%255s %zu %zu", name, &arena_bytes, &persistent_bytes) == 3)
    check_line(name, arena_bytes, persistent_bytes);
  if (list != NULL) fclose(list);
  return check_report();
}
