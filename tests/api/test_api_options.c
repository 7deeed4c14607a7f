/* Interpreter options: copied when an interpreter is made, NULL everywhere, kept apart from their copies. */
#include "client.h"
#include "linnet/linnet.h"

static messages msgs;

static void test_null(void) {
  CHECK(TfLiteInterpreterOptionsCopy(NULL) == NULL);
  TfLiteInterpreterOptionsDelete(NULL);
  TfLiteInterpreterOptionsSetNumThreads(NULL, 2);
  TfLiteInterpreterOptionsAddDelegate(NULL, NULL);
  TfLiteInterpreterOptionsSetErrorReporter(NULL, remember, NULL);
  TfLiteInterpreterOptionsAddOperator(NULL, NULL);
  TfLiteInterpreterOptionsAddBuiltinOp(NULL, kTfLiteBuiltinAdd, NULL, 1, 1);
  TfLiteInterpreterOptionsAddCustomOp(NULL, "X", NULL, 1, 1);
  TfLiteInterpreterOptionsSetOpResolver(NULL, NULL, NULL, NULL);
  TfLiteInterpreterOptionsSetOpResolverV1(NULL, NULL, NULL, NULL);
  TfLiteInterpreterOptionsSetOpResolverV2(NULL, NULL, NULL, NULL);
  TfLiteInterpreterOptionsSetOpResolverV3(NULL, NULL, NULL, NULL);
  TfLiteInterpreterOptionsSetOpResolverExternal(NULL, NULL, NULL, NULL);
  TfLiteInterpreterOptionsSetOpResolverExternalWithFallback(NULL, NULL, NULL, NULL, NULL, NULL);
  TfLiteInterpreterOptionsSetUseNNAPI(NULL, true);
  TfLiteInterpreterOptionsSetEnableDelegateFallback(NULL, true);
  TfLiteInterpreterOptionsSetTelemetryProfiler(NULL, NULL);
  CHECK_EQ_INT(TfLiteInterpreterOptionsEnableCancellation(NULL, true), kTfLiteError);
  CHECK_EQ_INT(LinnetInterpreterOptionsSetInvokeTimeout(NULL, 1), kTfLiteError);
  CHECK_EQ_INT(LinnetInterpreterOptionsSetMemoryLimit(NULL, 1), kTfLiteError);
  CHECK_EQ_INT(LinnetInterpreterOptionsSetPreserveAllTensors(NULL, true), kTfLiteError);
  CHECK_EQ_INT(LinnetInterpreterOptionsSetWeightCache(NULL, "weights"), kTfLiteError);

  TfLiteInterpreterOptions* options = options_with(&msgs);
  TfLiteInterpreterOptionsAddDelegate(options, NULL);
  TfLiteInterpreterOptionsAddOperator(options, NULL);
  TfLiteInterpreterOptionsAddCustomOp(options, NULL, &(TfLiteRegistration){.version = 1}, 1, 1);
  TfLiteInterpreterOptionsSetErrorReporter(options, NULL, NULL);
  CHECK_EQ_INT(LinnetInterpreterOptionsSetInvokeTimeout(options, -1), kTfLiteError);
  CHECK_EQ_INT(LinnetInterpreterOptionsSetInvokeTimeout(options, (double)NAN), kTfLiteError);
  CHECK_EQ_INT(LinnetInterpreterOptionsSetWeightCache(options, ""), kTfLiteError);
  CHECK_EQ_INT(LinnetInterpreterOptionsSetWeightCache(options, "no/such/folder/weights"), kTfLiteOk);
  TfLiteModel* model = load_model("dynamic_add");
  TfLiteInterpreter* interpreter = TfLiteInterpreterCreate(model, options);
  CHECK(interpreter != NULL);
  TfLiteInterpreterDelete(interpreter);
  TfLiteInterpreterOptionsDelete(options);
  TfLiteModelDelete(model);
}

/* What the original accepts without having it is accepted here as well. */
static void test_accepted(void) {
  static const int kThreads[] = {-1, 0, 1, 2, 7, 1000000, -5};
  TfLiteModel* model = load_model("dynamic_add");
  for (size_t i = 0; i < sizeof kThreads / sizeof kThreads[0]; ++i) {
    TfLiteInterpreterOptions* options = options_with(&msgs);
    TfLiteInterpreterOptionsSetNumThreads(options, kThreads[i]);
    TfLiteInterpreterOptionsSetUseNNAPI(options, true);
    TfLiteInterpreterOptionsSetEnableDelegateFallback(options, true);
    TfLiteInterpreterOptionsSetTelemetryProfiler(options, NULL);
    TfLiteInterpreter* interpreter = TfLiteInterpreterCreate(model, options);
    TfLiteInterpreterOptionsDelete(options);
    CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
    CHECK(set_floats(interpreter, 0, FLOATS(5, 5, 5), 3));
    CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteOk);
    CHECK(output_is(interpreter, 0, FLOATS(6, 7, 8), 3));
    TfLiteInterpreterDelete(interpreter);
  }
  TfLiteModelDelete(model);
}

/* A copy has what the original options had then, and lives on without them. */
static void test_copy(void) {
  messages other = {.count = 0};
  TfLiteModel* model = load_model("custom_operator");
  TfLiteInterpreterOptions* options = options_with(&msgs);
  CHECK_EQ_INT(TfLiteInterpreterOptionsEnableCancellation(options, true), kTfLiteOk);
  TfLiteInterpreterOptions* copy = TfLiteInterpreterOptionsCopy(options);
  TfLiteInterpreterOptionsSetErrorReporter(options, remember, &other);
  TfLiteInterpreterOptionsEnableCancellation(options, false);
  TfLiteInterpreter* from_copy = TfLiteInterpreterCreate(model, copy);
  TfLiteInterpreter* from_options = TfLiteInterpreterCreate(model, options);
  TfLiteInterpreterOptionsDelete(options);
  TfLiteInterpreterOptionsDelete(copy);
  TfLiteModelDelete(model);
  CHECK_EQ_INT(TfLiteInterpreterCancel(from_copy), kTfLiteOk);
  CHECK_EQ_INT(TfLiteInterpreterCancel(from_options), kTfLiteError);
  CHECK(TfLiteInterpreterAllocateTensors(from_copy) != kTfLiteOk);
  CHECK_EQ_INT(other.count, 0);
  CHECK(said(&msgs, "LinnetTestScale"));
  CHECK(TfLiteInterpreterAllocateTensors(from_options) != kTfLiteOk);
  CHECK(said(&other, "LinnetTestScale"));
  TfLiteInterpreterDelete(from_copy);
  TfLiteInterpreterDelete(from_options);
}

int main(void) {
  test_null();
  test_accepted();
  test_copy();
  return check_report();
}
