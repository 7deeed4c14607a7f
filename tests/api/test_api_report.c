/* Messages: they reach the reporter as finished text, or stderr without one; the last one of each thread is kept. */
#include <pthread.h>
#include <unistd.h>

#include "linnet/linnet.h"
#include "scale_op.h"

static messages msgs;

/* ---- What a reporter gets ---- */

static char last_format[4096];
static void* last_user_data;
static int token_place; /* a reporter's user data */

/* A reporter that makes no use of the arguments, as ones do that hand a va_list on as if it were an argument. */
static void keep_format(void* user_data, const char* format, va_list args) {
  (void)args;
  last_user_data = user_data;
  snprintf(last_format, sizeof last_format, "%s", format);
}

static TfLiteStatus report_percent(TfLiteContext* context, TfLiteNode* node) {
  (void)node;
  context->ReportError(context, "%s is %d%% of %s", "it", 50, "%s%n%d");
  return kTfLiteError;
}

static TfLiteStatus report_long(TfLiteContext* context, TfLiteNode* node) {
  (void)node;
  char text[20000];
  memset(text, '%', sizeof text);
  text[sizeof text - 1] = 0;
  context->ReportError(context, "%s", text);
  return kTfLiteError;
}

static TfLiteInterpreter* create(TfLiteRegistration registration, void (*reporter)(void*, const char*, va_list),
                                 void* user_data) {
  TfLiteModel* model = load_model("custom_operator");
  TfLiteInterpreterOptions* options = TfLiteInterpreterOptionsCreate();
  TfLiteInterpreterOptionsSetErrorReporter(options, reporter, user_data);
  TfLiteInterpreterOptionsAddCustomOp(options, SCALE_NAME, &registration, 1, 1);
  TfLiteInterpreter* interpreter = TfLiteInterpreterCreate(model, options);
  TfLiteInterpreterOptionsDelete(options);
  TfLiteModelDelete(model);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
  return interpreter;
}

static void test_text(void) {
  TfLiteRegistration scale = scale_registration();
  scale.invoke = report_percent;
  TfLiteInterpreter* interpreter = create(scale, remember, &msgs);
  CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteError);
  CHECK_CONTAINS(LinnetLastError(), "custom_operator.tflite: subgraph 0, node 0 LinnetTestScale: it is 50% of %s%n%d");
  CHECK(said(&msgs, "it is 50% of %s%n%d"));
  TfLiteInterpreterDelete(interpreter);

  interpreter = create(scale, keep_format, &token_place);
  CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteError);
  CHECK(last_user_data == &token_place);
  CHECK_CONTAINS(last_format, "failed to invoke");
  TfLiteInterpreterDelete(interpreter);

  /* A message longer than any buffer is cut, not overrun. */
  scale.invoke = report_long;
  interpreter = create(scale, remember, &msgs);
  CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteError);
  CHECK(strlen(LinnetLastError()) > 500 && strlen(LinnetLastError()) < 2000);
  CHECK(said(&msgs, "%%%%%%%%"));
  TfLiteInterpreterDelete(interpreter);
}

/* ---- At every step ---- */

static void test_steps(void) {
  TfLiteModel* model = load_model("dynamic_add");
  TfLiteInterpreterOptions* options = options_with(&msgs);
  CHECK(TfLiteInterpreterCreate(NULL, options) == NULL);
  CHECK(said(&msgs, "The model is NULL."));
  CHECK(TfLiteInterpreterCreateWithSelectedOps(model, options) == NULL);
  CHECK(said(&msgs, "dynamic_add.tflite: subgraph 0, node 0 ADD: Didn't find op for builtin opcode 'ADD'"));
  TfLiteInterpreter* interpreter = TfLiteInterpreterCreate(model, options);
  TfLiteInterpreterOptionsDelete(options);
  TfLiteModelDelete(model);
  CHECK_EQ_INT(msgs.count, 0); /* nothing is said where nothing is wrong */
  CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteError);
  CHECK(said(&msgs, "Invoke called on model that is not ready."));
  CHECK_EQ_INT(TfLiteInterpreterResizeInputTensor(interpreter, 3, (const int[]){1}, 1), kTfLiteError);
  CHECK(said(&msgs, "input 3 does not exist"));
  CHECK_EQ_INT(TfLiteInterpreterResizeInputTensor(interpreter, 0, (const int[]){1, 5}, 2), kTfLiteOk);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteError);
  CHECK_EQ_INT(msgs.count, 2);
  CHECK(said(&msgs, "Node number 0 (ADD) failed to prepare"));
  CHECK_CONTAINS(LinnetLastError(), "dynamic_add.tflite: subgraph 0, node 0 ADD: ");
  CHECK_EQ_INT(TfLiteInterpreterEnsureTensorDataIsReadable(interpreter, 99), kTfLiteError);
  CHECK(said(&msgs, "Tensor 99 does not exist."));
  TfLiteInterpreterDelete(interpreter);
}

/* A reporter that calls the library, and so is called again. */
static void report_again(void* user_data, const char* format, va_list args) {
  static int depth;
  TfLiteInterpreter** interpreter = user_data;
  if (depth == 0 && *interpreter != NULL) {
    ++depth;
    CHECK_EQ_INT(TfLiteInterpreterEnsureTensorDataIsReadable(*interpreter, -1), kTfLiteError);
    --depth;
  }
  remember(&msgs, format, args);
}

static void test_reporter_calls_back(void) {
  TfLiteInterpreter* interpreter = NULL;
  TfLiteModel* model = load_model("dynamic_add");
  TfLiteInterpreterOptions* options = TfLiteInterpreterOptionsCreate();
  TfLiteInterpreterOptionsSetErrorReporter(options, report_again, &interpreter);
  interpreter = TfLiteInterpreterCreate(model, options);
  TfLiteInterpreterOptionsDelete(options);
  TfLiteModelDelete(model);
  CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteError);
  CHECK_EQ_INT(msgs.count, 2);
  CHECK_CONTAINS(msgs.text, "Tensor -1 does not exist.");
  CHECK(said(&msgs, "Invoke called on model that is not ready."));
  TfLiteInterpreterDelete(interpreter);
}

/* ---- Without a reporter ---- */

static void test_stderr(void) {
  FILE* kept = tmpfile();
  CHECK(kept != NULL);
  if (kept == NULL) return;
  fflush(stderr);
  const int real = dup(STDERR_FILENO);
  dup2(fileno(kept), STDERR_FILENO);
  CHECK(TfLiteModelCreateFromFile("/nope") == NULL);
  CHECK(TfLiteModelCreateFromFileWithErrorReporter("/nope%d", NULL, NULL) == NULL);
  TfLiteModel* model = load_model("dynamic_add");
  TfLiteInterpreter* interpreter = TfLiteInterpreterCreate(model, NULL);
  CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteError);
  TfLiteInterpreterDelete(interpreter);
  TfLiteModelDelete(model);
  fflush(stderr);
  dup2(real, STDERR_FILENO);
  close(real);
  char text[4096] = {0};
  rewind(kept);
  CHECK(fread(text, 1, sizeof text - 1, kept) > 0);
  fclose(kept);
  CHECK_CONTAINS(text, "ERROR: Could not open '/nope'.");
  CHECK_CONTAINS(text, "ERROR: Could not open '/nope%d'.");
  CHECK_CONTAINS(text, "ERROR: Invoke called on model that is not ready.\n");
}

/* ---- The last error is the thread's own ---- */

/* Checks count without locks: this thread leaves what it has seen. */
static void* other_thread(void* arg) {
  char(*seen)[256] = arg;
  snprintf(seen[0], sizeof seen[0], "%s", LinnetLastError());
  TfLiteModelDelete(TfLiteModelCreateFromFileWithErrorReporter("/there", remember, &(messages){0}));
  snprintf(seen[1], sizeof seen[1], "%s", LinnetLastError());
  return NULL;
}

static void test_last_error(void) {
  CHECK(TfLiteModelCreateFromFileWithErrorReporter("/here", remember, &msgs) == NULL);
  const char* last = LinnetLastError();
  CHECK_CONTAINS(last, "/here");
  pthread_t thread;
  char seen[2][256] = {"?", ""};
  CHECK_EQ_INT(pthread_create(&thread, NULL, other_thread, seen), 0);
  pthread_join(thread, NULL);
  CHECK_EQ_STR(seen[0], "");
  CHECK_CONTAINS(seen[1], "/there");
  CHECK_CONTAINS(LinnetLastError(), "/here");
  TfLiteInterpreter* interpreter = ready_interpreter("dynamic_add", &msgs); /* what works leaves it as it was */
  CHECK_CONTAINS(LinnetLastError(), "/here");
  TfLiteInterpreterDelete(interpreter);
  msgs = (messages){.count = 0};
}

int main(void) {
  CHECK_EQ_STR(LinnetLastError(), "");
  test_text();
  test_steps();
  test_reporter_calls_back();
  test_stderr();
  test_last_error();
  return check_report();
}
