/* Operators found by the client's callbacks, in all generations of the interface. */
#include "scale_op.h"

static messages msgs;

/* What the callbacks were asked. */
static struct {
  int builtin, custom, external_builtin, external_custom;
  bool wrong_data;
} asked;

static int token; /* the callbacks' user data */

static bool is_scale(const char* name, int version) { return strcmp(name, SCALE_NAME) == 0 && version == 1; }

/* One pair of callbacks for each generation. What they return has the size of that generation's struct exactly: the
 * sanitizers see a read beyond it. */
#define CALLBACKS(generation)                                                                             \
  static generation* registration_##generation;                                                           \
  static const generation* builtin_##generation(void* user_data, TfLiteBuiltinOperator op, int version) { \
    ++asked.builtin;                                                                                      \
    asked.wrong_data |= user_data != &token;                                                              \
    return op == kTfLiteBuiltinAdd && version == 1 ? registration_##generation : NULL;                    \
  }                                                                                                       \
  static const generation* custom_##generation(void* user_data, const char* name, int version) {          \
    ++asked.custom;                                                                                       \
    asked.wrong_data |= user_data != &token;                                                              \
    return is_scale(name, version) ? registration_##generation : NULL;                                    \
  }                                                                                                       \
  static void make_##generation(void) {                                                                   \
    const TfLiteRegistration newest = scale_registration();                                               \
    registration_##generation = malloc(sizeof(generation));                                               \
    if (registration_##generation == NULL) exit(1);                                                       \
    memcpy(registration_##generation, &newest, sizeof(generation));                                       \
    memset(&asked, 0, sizeof asked);                                                                      \
  }

CALLBACKS(TfLiteRegistration)
CALLBACKS(TfLiteRegistration_V1)
CALLBACKS(TfLiteRegistration_V2)
CALLBACKS(TfLiteRegistration_V3)

/* Runs both models with the options' resolver; deletes the options. */
static void runs(TfLiteInterpreterOptions* options) {
  TfLiteModel* model = load_model("custom_operator");
  TfLiteInterpreter* interpreter = TfLiteInterpreterCreate(model, options);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
  CHECK(scales_by(interpreter, 2.5f));
  TfLiteInterpreterDelete(interpreter);
  TfLiteModelDelete(model);
  model = load_model("dynamic_add");
  interpreter = TfLiteInterpreterCreate(model, options);
  TfLiteInterpreterOptionsDelete(options);
  TfLiteModelDelete(model);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
  CHECK(set_floats(interpreter, 0, FLOATS(1, 2, 3), 3));
  CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteOk);
  CHECK(output_is(interpreter, 0, FLOATS(7, 14, 21), 3));
  TfLiteInterpreterDelete(interpreter);
  CHECK(scale_seen.init == 2 && scale_seen.free == 2);
  CHECK(!asked.wrong_data);
  CHECK_EQ_INT(msgs.count, 0);
}

#define TEST_GENERATION(setter, generation)                             \
  do {                                                                  \
    make_##generation();                                                \
    TfLiteInterpreterOptions* options = options_with(&msgs);            \
    setter(options, builtin_##generation, custom_##generation, &token); \
    runs(options);                                                      \
    CHECK(asked.builtin == 1 && asked.custom == 1);                     \
    free(registration_##generation);                                    \
  } while (0)

static void test_generations(void) {
  TEST_GENERATION(TfLiteInterpreterOptionsSetOpResolver, TfLiteRegistration);
  TEST_GENERATION(TfLiteInterpreterOptionsSetOpResolverV1, TfLiteRegistration_V1);
  TEST_GENERATION(TfLiteInterpreterOptionsSetOpResolverV2, TfLiteRegistration_V2);
  TEST_GENERATION(TfLiteInterpreterOptionsSetOpResolverV3, TfLiteRegistration_V3);
}

/* ---- Opaque operators ---- */

static TfLiteOperator *opaque_add, *opaque_scale, *empty;

static const TfLiteOperator* opaque_builtin(void* user_data, int op, int version) {
  ++asked.external_builtin;
  asked.wrong_data |= user_data != &token;
  return op == kTfLiteBuiltinAdd && version == 1 ? opaque_add : NULL;
}

static const TfLiteOperator* opaque_custom(void* user_data, const char* name, int version) {
  ++asked.external_custom;
  asked.wrong_data |= user_data != &token;
  return is_scale(name, version) ? opaque_scale : NULL;
}

static const TfLiteOperator* none_builtin(void* user_data, int op, int version) {
  (void)user_data, (void)op, (void)version;
  ++asked.external_builtin;
  return NULL;
}

static const TfLiteOperator* empty_custom(void* user_data, const char* name, int version) {
  (void)user_data, (void)name, (void)version;
  ++asked.external_custom;
  return empty;
}

static void make_opaque(void) {
  opaque_scale = scale_operator();
  opaque_add = TfLiteOperatorCreate(kTfLiteBuiltinAdd, NULL, 1, NULL);
  TfLiteOperatorSetInit(opaque_add, scale_opaque_init);
  TfLiteOperatorSetFree(opaque_add, scale_opaque_free);
  TfLiteOperatorSetPrepare(opaque_add, scale_opaque_prepare);
  TfLiteOperatorSetInvoke(opaque_add, scale_opaque_invoke);
  empty = TfLiteOperatorCreate(kTfLiteBuiltinCustom, SCALE_NAME, 1, NULL);
}

static void test_external(void) {
  make_opaque();
  memset(&asked, 0, sizeof asked);
  TfLiteInterpreterOptions* options = options_with(&msgs);
  TfLiteInterpreterOptionsSetOpResolverExternal(options, opaque_builtin, opaque_custom, &token);
  runs(options);
  CHECK(asked.external_builtin == 1 && asked.external_custom == 1);
  TfLiteOperatorDelete(opaque_scale);
  TfLiteOperatorDelete(opaque_add);
  TfLiteOperatorDelete(empty);
}

static void test_fallback(void) {
  make_opaque();
  make_TfLiteRegistration();
  /* What the opaque callbacks do not know, or know without functions, the others are asked for. */
  TfLiteInterpreterOptions* options = options_with(&msgs);
  TfLiteInterpreterOptionsSetOpResolverExternalWithFallback(
      options, none_builtin, empty_custom, builtin_TfLiteRegistration, custom_TfLiteRegistration, &token);
  runs(options);
  CHECK(asked.external_builtin == 1 && asked.external_custom == 1 && asked.builtin == 1 && asked.custom == 1);
  /* What they know, the others are not asked for. */
  memset(&asked, 0, sizeof asked);
  scale_seen = (scale_log){.factor = 7};
  options = options_with(&msgs);
  TfLiteInterpreterOptionsSetOpResolverExternalWithFallback(
      options, opaque_builtin, opaque_custom, builtin_TfLiteRegistration, custom_TfLiteRegistration, &token);
  runs(options);
  CHECK(asked.external_builtin == 1 && asked.external_custom == 1 && asked.builtin == 0 && asked.custom == 0);
  free(registration_TfLiteRegistration);
  TfLiteOperatorDelete(opaque_scale);
  TfLiteOperatorDelete(opaque_add);
  TfLiteOperatorDelete(empty);
}

/* ---- Alone, half, none ---- */

static void test_alone(void) {
  make_TfLiteRegistration();
  /* With callbacks nothing else is asked, neither what was added nor the library's own operators. */
  TfLiteInterpreterOptions* options = options_with(&msgs);
  TfLiteInterpreterOptionsAddCustomOp(options, SCALE_NAME, registration_TfLiteRegistration, 1, 1);
  TfLiteInterpreterOptionsSetOpResolver(options, builtin_TfLiteRegistration, NULL, &token);
  TfLiteModel* model = load_model("custom_operator");
  TfLiteInterpreter* interpreter = TfLiteInterpreterCreate(model, options);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteUnresolvedOps);
  CHECK(said(&msgs, "Encountered unresolved custom op: LinnetTestScale."));
  TfLiteInterpreterDelete(interpreter);
  TfLiteModelDelete(model);
  model = load_model("chain"); /* CONV_2D, which the callback does not know */
  CHECK(TfLiteInterpreterCreate(model, options) == NULL);
  CHECK(said(&msgs, "Didn't find op for builtin opcode 'CONV_2D' version '1'."));
  TfLiteModelDelete(model);
  TfLiteInterpreterOptionsSetOpResolver(options, NULL, custom_TfLiteRegistration, &token);
  model = load_model("dynamic_add");
  CHECK(TfLiteInterpreterCreate(model, options) == NULL);
  CHECK(said(&msgs, "'ADD'"));
  /* Both NULL: as if none had been set. */
  TfLiteInterpreterOptionsSetOpResolver(options, NULL, NULL, &token);
  interpreter = TfLiteInterpreterCreate(model, options);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
  CHECK(set_floats(interpreter, 0, FLOATS(1, 1, 1), 3));
  CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteOk);
  CHECK(output_is(interpreter, 0, FLOATS(2, 3, 4), 3));
  TfLiteInterpreterDelete(interpreter);
  TfLiteModelDelete(model);
  TfLiteInterpreterOptionsDelete(options);
  free(registration_TfLiteRegistration);
  msgs = (messages){.count = 0};
}

/* ---- Custom operators that come with the library ---- */

static void test_library_custom(void) {
  TfLiteModel* model = load_model("library_custom");
  TfLiteInterpreterOptions* options = options_with(&msgs);
  TfLiteInterpreter* interpreter = TfLiteInterpreterCreate(model, options);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
  CHECK(scales_by(interpreter, 1));
  TfLiteInterpreterDelete(interpreter);
  /* The caller's own one of the same name goes before it, in the versions that it has. */
  make_TfLiteRegistration();
  TfLiteInterpreterOptionsAddCustomOp(options, "SignalOverlapAdd", registration_TfLiteRegistration, 2, 3);
  interpreter = TfLiteInterpreterCreate(model, options);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
  CHECK(scales_by(interpreter, 1));
  TfLiteInterpreterDelete(interpreter);
  TfLiteInterpreterOptionsAddCustomOp(options, "SignalOverlapAdd", registration_TfLiteRegistration, 1, 1);
  interpreter = TfLiteInterpreterCreate(model, options);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
  CHECK(scales_by(interpreter, 7));
  TfLiteInterpreterDelete(interpreter);
  TfLiteInterpreterOptionsDelete(options);
  /* Selected operators are the caller's alone. */
  options = options_with(&msgs);
  interpreter = TfLiteInterpreterCreateWithSelectedOps(model, options);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteUnresolvedOps);
  CHECK(said(&msgs, "Encountered unresolved custom op: SignalOverlapAdd."));
  TfLiteInterpreterDelete(interpreter);
  TfLiteInterpreterOptionsDelete(options);
  TfLiteModelDelete(model);
  free(registration_TfLiteRegistration);
  msgs = (messages){.count = 0};
}

int main(void) {
  test_generations();
  test_external();
  test_fallback();
  test_alone();
  test_library_custom();
  return check_report();
}
