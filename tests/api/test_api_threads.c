/* One model, many threads: each with interpreters of its own that use several threads themselves; operators, delegates
 * and errors do not get mixed up. */
#include <pthread.h>
#include <stdatomic.h>

#include "client.h"
#include "linnet/linnet.h"
#include "tensorflow/lite/c/operator.h"

enum { THREADS = 4, ROUNDS = 10, INPUTS = 72, OUTPUTS = 108 };

static TfLiteModel* model;
static float expected[OUTPUTS];
static atomic_int mistakes;

/* Checks count without locks, so threads count their mistakes and main checks that there are none. */
static void must(bool ok, int line) {
  if (!ok) printf("line %d does not hold\n", line);
  if (!ok) atomic_fetch_add(&mistakes, 1);
}

#define MUST(condition) must((condition), __LINE__)

static bool run_chain(TfLiteInterpreter* interpreter, float output[OUTPUTS]) {
  float input[INPUTS];
  for (int i = 0; i < INPUTS; ++i) input[i] = (float)(i % 7) - 3;
  return set_floats(interpreter, 0, input, INPUTS) && TfLiteInterpreterInvoke(interpreter) == kTfLiteOk &&
         TfLiteTensorCopyToBuffer(TfLiteInterpreterGetOutputTensor(interpreter, 0), output, OUTPUTS * sizeof *output) ==
             kTfLiteOk;
}

static TfLiteStatus take_nothing(TfLiteOpaqueContext* context, TfLiteOpaqueDelegate* delegate, void* data) {
  (void)context, (void)delegate;
  ++*(int*)data;
  return kTfLiteOk;
}

static void* work(void* arg) {
  const int number = *(const int*)arg;
  messages msgs = {.count = 0};
  for (int round = 0; round < ROUNDS; ++round) {
    int looks = 0;
    const TfLiteOpaqueDelegateBuilder builder = {.data = &looks, .Prepare = take_nothing};
    TfLiteOpaqueDelegate* delegate = TfLiteOpaqueDelegateCreate(&builder);
    TfLiteOperator* op = TfLiteOperatorCreate(kTfLiteBuiltinCustom, "Unused", number, NULL);
    TfLiteInterpreterOptions* options = options_with(&msgs);
    TfLiteInterpreterOptionsSetNumThreads(options, 1 + (number + round) % 3);
    TfLiteInterpreterOptionsAddDelegate(options, delegate);
    TfLiteInterpreterOptionsAddOperator(options, op);
    TfLiteInterpreter* interpreter = TfLiteInterpreterCreate(model, options);
    TfLiteOperatorDelete(op);
    TfLiteInterpreterOptionsDelete(options);
    MUST(TfLiteInterpreterAllocateTensors(interpreter) == kTfLiteOk && looks == 1 && msgs.count == 0);
    float output[OUTPUTS];
    for (int i = 0; i < 3; ++i) MUST(run_chain(interpreter, output));
    MUST(memcmp(output, expected, sizeof output) == 0); /* the same bits with any number of threads */

    char path[32];
    snprintf(path, sizeof path, "/nope/%d/%d", number, round);
    MUST(TfLiteModelCreateFromFileWithErrorReporter(path, remember, &msgs) == NULL);
    MUST(strstr(LinnetLastError(), path) != NULL && strstr(msgs.text, path) != NULL && msgs.count == 1);
    msgs = (messages){.count = 0};
    TfLiteInterpreterDelete(interpreter);
    TfLiteOpaqueDelegateDelete(delegate);
  }
  return NULL;
}

int main(void) {
  model = load_model("chain");
  TfLiteInterpreter* interpreter = TfLiteInterpreterCreate(model, NULL);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
  CHECK(run_chain(interpreter, expected));
  TfLiteInterpreterDelete(interpreter);
  pthread_t threads[THREADS];
  int numbers[THREADS];
  for (int i = 0; i < THREADS; ++i) {
    numbers[i] = i;
    CHECK_EQ_INT(pthread_create(&threads[i], NULL, work, &numbers[i]), 0);
  }
  for (int i = 0; i < THREADS; ++i) CHECK_EQ_INT(pthread_join(threads[i], NULL), 0);
  CHECK_EQ_INT(atomic_load(&mistakes), 0);
  TfLiteModelDelete(model);
  return check_report();
}
