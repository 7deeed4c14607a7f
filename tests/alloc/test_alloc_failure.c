/* The k-th allocation fails, for every k: everything that is done with a model ends in an error that says so or in the
 * right results, leaks nothing, and can be done again once there is memory. Each model is taken through its whole life:
 * once with one allocation failing, after which the call that failed is made again and must work; once with all later
 * ones failing too, and all calls made nevertheless. */
#include <stdlib.h>
#include <unistd.h>

#include "alloc/alloc_hook.h"
#include "check.h"
#include "golden/golden.h"
#include "linnet/linnet.h"
#include "runtime/runtime.h"
#include "tensorflow/lite/builtin_ops.h"
#include "tensorflow/lite/c/c_api_experimental.h"
#include "tensorflow/lite/c/operator.h"

typedef enum extra {
  NOTHING,
  CUSTOM_OPERATOR,
  OPERATOR_OBJECT,
  DELEGATE,
  FIXED_DELEGATE,
  DELEGATE_OBJECT,
  NEW_CACHE,
  CACHE
} extra;

typedef struct subject {
  const char* name; /* a golden case of shared/models; or a file, whose inputs are then made up */
  int threads;
  extra extra;
  bool grow; /* the first extent of input 0 is doubled for a second part */
  const char* signature;
  bool stateful; /* an invoke that failed has changed variables: made again, it gives other outputs */
} subject;

typedef struct run {
  const subject* subject;
  const golden_case* c; /* NULL: a file */
  TfLiteModel* model;
  TfLiteInterpreter* interpreter;
  TfLiteSignatureRunner* runner;
  TfLiteOperator* op;
  TfLiteOpaqueDelegate* delegate;
  int step;
  bool failed;     /* a call has */
  bool incomplete; /* the outputs need not be right */
  uint64_t hash;   /* of all outputs so far */
  char problem[512];
} run;

static const char kCache[] = "build/test_alloc_failure.weights";

static void silent(void* user_data, const char* format, va_list args) { (void)user_data, (void)format, (void)args; }
static const ln_reporter kSilent = {silent, NULL};

/* ---- A custom operator y = 2.5 x, and a delegate that takes all ADD nodes of two inputs ---- */

static TfLiteStatus scale_prepare(TfLiteContext* context, TfLiteNode* node) {
  (void)context, (void)node;
  return kTfLiteOk;
}

static TfLiteStatus scale_invoke(TfLiteContext* context, TfLiteNode* node) {
  const float* x = context->tensors[node->inputs->data[0]].data.f;
  const TfLiteTensor* output = &context->tensors[node->outputs->data[0]];
  for (size_t i = 0; i < output->bytes / sizeof *x; ++i) output->data.f[i] = 2.5f * x[i];
  return kTfLiteOk;
}

static const TfLiteRegistration kScale = {
    .prepare = scale_prepare, .invoke = scale_invoke, .custom_name = "LinnetTestScale", .version = 1};

static TfLiteStatus sum_prepare(TfLiteContext* context, TfLiteNode* node) {
  TfLiteIntArray* shape = TfLiteIntArrayCopy(context->tensors[node->inputs->data[0]].dims);
  if (shape == NULL) {
    context->ReportError(context, "no memory for a shape");
    return kTfLiteError;
  }
  return context->ResizeTensor(context, &context->tensors[node->outputs->data[0]], shape);
}

static TfLiteStatus sum_invoke(TfLiteContext* context, TfLiteNode* node) {
  TfLiteTensor* output = &context->tensors[node->outputs->data[0]];
  for (size_t i = 0; i < output->bytes / sizeof(float); ++i) {
    output->data.f[i] = 0;
    for (int k = 0; k < node->inputs->size; ++k) {
      const TfLiteTensor* input = &context->tensors[node->inputs->data[k]];
      output->data.f[i] += input->data.f[i % (input->bytes / sizeof(float))];
    }
  }
  return kTfLiteOk;
}

static TfLiteStatus take_adds(TfLiteContext* context, TfLiteDelegate* delegate) {
  TfLiteIntArray* plan;
  if (context->GetExecutionPlan(context, &plan) != kTfLiteOk) return kTfLiteError;
  TfLiteIntArray* wanted = TfLiteIntArrayCreate(plan->size);
  if (wanted == NULL) {
    context->ReportError(context, "no memory for a list of nodes");
    return kTfLiteError;
  }
  wanted->size = 0;
  TfLiteStatus status = kTfLiteOk;
  for (int i = 0; status == kTfLiteOk && i < plan->size; ++i) {
    TfLiteNode* node;
    TfLiteRegistration* registration;
    status = context->GetNodeAndRegistration(context, plan->data[i], &node, &registration);
    if (status == kTfLiteOk && registration->builtin_code == kTfLiteBuiltinAdd)
      wanted->data[wanted->size++] = plan->data[i];
  }
  const TfLiteRegistration sum = {.prepare = sum_prepare, .invoke = sum_invoke, .custom_name = "Sum", .version = 1};
  if (status == kTfLiteOk) status = context->ReplaceNodeSubsetsWithDelegateKernels(context, sum, wanted, delegate);
  TfLiteIntArrayFree(wanted);
  return status;
}

static TfLiteDelegate adder = {.Prepare = take_adds, .flags = kTfLiteDelegateFlagsAllowDynamicTensors};
/* Its nodes are given back when an input is resized, and taken again before the next allocation. */
static TfLiteDelegate fixed_adder = {.Prepare = take_adds};

/* ---- The same two as objects ---- */

static TfLiteStatus object_prepare(TfLiteOpaqueContext* context, TfLiteOpaqueNode* node) {
  return scale_prepare((TfLiteContext*)(void*)context, (TfLiteNode*)(void*)node);
}

static TfLiteStatus object_invoke(TfLiteOpaqueContext* context, TfLiteOpaqueNode* node) {
  return scale_invoke((TfLiteContext*)(void*)context, (TfLiteNode*)(void*)node);
}

static TfLiteStatus object_take_adds(TfLiteOpaqueContext* context, TfLiteOpaqueDelegate* delegate, void* data) {
  (void)data;
  return take_adds((TfLiteContext*)(void*)context, (TfLiteDelegate*)(void*)delegate);
}

/* ---- The calls. Each is false when it failed, and then leaves things so that it can be made again. ---- */

static bool load(run* r) {
  if (r->c != NULL)
    r->model = TfLiteModelCreateWithErrorReporter(r->c->model, r->c->model_bytes, silent, NULL);
  else
    r->model = TfLiteModelCreateFromFileWithErrorReporter(r->subject->name, silent, NULL);
  return r->model != NULL;
}

static bool make_operator(run* r) {
  r->op = TfLiteOperatorCreate(kTfLiteBuiltinCustom, kScale.custom_name, 1, NULL);
  if (r->op == NULL) return false;
  TfLiteOperatorSetPrepare(r->op, object_prepare);
  TfLiteOperatorSetInvoke(r->op, object_invoke);
  return true;
}

static bool make_delegate(run* r) {
  TfLiteOpaqueDelegateBuilder builder = {.Prepare = object_take_adds, .flags = kTfLiteDelegateFlagsAllowDynamicTensors};
  r->delegate = TfLiteOpaqueDelegateCreate(&builder);
  return r->delegate != NULL;
}

/* Options with all that the subject asks for; NULL: no memory for them. */
static TfLiteInterpreterOptions* make_options(const run* r) {
  TfLiteInterpreterOptions* options = TfLiteInterpreterOptionsCreate();
  if (options == NULL) return NULL;
  TfLiteInterpreterOptionsSetErrorReporter(options, silent, NULL);
  TfLiteInterpreterOptionsSetNumThreads(options, r->subject->threads);
  if (r->subject->extra == CUSTOM_OPERATOR)
    TfLiteInterpreterOptionsAddCustomOp(options, kScale.custom_name, &kScale, 1, 1);
  if (r->subject->extra == DELEGATE) TfLiteInterpreterOptionsAddDelegate(options, &adder);
  if (r->subject->extra == FIXED_DELEGATE) TfLiteInterpreterOptionsAddDelegate(options, &fixed_adder);
  if (r->op != NULL) TfLiteInterpreterOptionsAddOperator(options, r->op);
  if (r->delegate != NULL) TfLiteInterpreterOptionsAddDelegate(options, r->delegate);
  const bool cached = r->subject->extra == NEW_CACHE || r->subject->extra == CACHE;
  const bool good = !cached || LinnetInterpreterOptionsSetWeightCache(options, kCache) == kTfLiteOk;
  TfLiteInterpreterOptions* copy = good ? TfLiteInterpreterOptionsCopy(options) : NULL;
  TfLiteInterpreterOptionsDelete(options);
  return copy;
}

static bool plan_memory(run* r) {
  TfLiteInterpreterOptions* options = make_options(r);
  LinnetMemory memory;
  const bool ok = options != NULL && LinnetModelPlanMemory(r->model, options, &memory) == kTfLiteOk;
  TfLiteInterpreterOptionsDelete(options);
  return ok;
}

static bool create(run* r) {
  TfLiteInterpreterOptions* options = make_options(r);
  r->interpreter = options != NULL ? TfLiteInterpreterCreate(r->model, options) : NULL;
  TfLiteInterpreterOptionsDelete(options);
  return r->interpreter != NULL;
}

static const char* signature_of(const run* r) {
  if (r->subject->signature != NULL) return r->subject->signature;
  return r->c != NULL && r->c->signature[0] != 0 ? r->c->signature : NULL;
}

static bool get_runner(run* r) {
  r->runner = TfLiteInterpreterGetSignatureRunner(r->interpreter, signature_of(r));
  return r->runner != NULL;
}

static int input_count(const run* r) {
  return r->runner != NULL ? (int)TfLiteSignatureRunnerGetInputCount(r->runner)
                           : TfLiteInterpreterGetInputTensorCount(r->interpreter);
}

static TfLiteTensor* input_at(const run* r, int i) {
  if (r->runner == NULL) return TfLiteInterpreterGetInputTensor(r->interpreter, i);
  return TfLiteSignatureRunnerGetInputTensor(r->runner, TfLiteSignatureRunnerGetInputName(r->runner, i));
}

static const TfLiteTensor* output_at(const run* r, int i) {
  if (r->runner == NULL) return TfLiteInterpreterGetOutputTensor(r->interpreter, i);
  return TfLiteSignatureRunnerGetOutputTensor(r->runner, TfLiteSignatureRunnerGetOutputName(r->runner, i));
}

static bool resize_to(const run* r, const golden_tensor* t) {
  return (r->runner != NULL
              ? TfLiteSignatureRunnerResizeInputTensor(r->runner, t->name, t->dims, t->rank)
              : TfLiteInterpreterResizeInputTensor(r->interpreter, t->slot, t->dims, t->rank)) == kTfLiteOk;
}

static bool resize(run* r) {
  for (int i = 0; r->c != NULL && i < r->c->tensor_count; ++i) {
    const golden_tensor* t = &r->c->tensors[i];
    if (!t->is_output && t->step == 0 && t->resized && !resize_to(r, t)) return false;
  }
  return true;
}

static bool grow(run* r) {
  const TfLiteTensor* tensor = TfLiteInterpreterGetInputTensor(r->interpreter, 0);
  int dims[GOLDEN_MAX_RANK];
  const int rank = TfLiteTensorNumDims(tensor);
  for (int i = 0; i < rank; ++i) dims[i] = TfLiteTensorDim(tensor, i);
  dims[0] = 4;
  return TfLiteInterpreterResizeInputTensor(r->interpreter, 0, dims, rank) == kTfLiteOk;
}

static bool allocate(run* r) {
  return (r->runner != NULL ? TfLiteSignatureRunnerAllocateTensors(r->runner)
                            : TfLiteInterpreterAllocateTensors(r->interpreter)) == kTfLiteOk;
}

static bool set_bytes(TfLiteTensor* tensor, const void* data, size_t size_bytes) {
  if (TfLiteTensorType(tensor) == kTfLiteString && TfLiteTensorRealloc(size_bytes, tensor) != kTfLiteOk) return false;
  /* (Where a call before failed the tensor has no memory.) */
  return TfLiteTensorCopyFromBuffer(tensor, data, size_bytes) == kTfLiteOk;
}

/* Something for each type: strings, small numbers. */
static bool make_up(TfLiteTensor* tensor) {
  if (TfLiteTensorType(tensor) == kTfLiteString) {
    static const char kStrings[] = "\3\0\0\0\24\0\0\0\26\0\0\0\31\0\0\0\31\0\0\0abcde";
    return set_bytes(tensor, kStrings, sizeof kStrings - 1);
  }
  const size_t size_bytes = TfLiteTensorByteSize(tensor);
  unsigned char* data = calloc(1, size_bytes + 1);
  for (size_t i = 0; i < size_bytes / 4 && TfLiteTensorType(tensor) == kTfLiteFloat32; ++i) {
    const float value = (float)(i % 13) / 8 - 0.5f;
    memcpy(data + 4 * i, &value, 4);
  }
  if (TfLiteTensorType(tensor) == kTfLiteBool) memset(data, 1, size_bytes);
  const bool ok = set_bytes(tensor, data, size_bytes);
  free(data);
  return ok;
}

static bool set_inputs(run* r) {
  for (int i = 0; r->c == NULL && i < input_count(r); ++i)
    if (!make_up(input_at(r, i))) return false;
  for (int i = 0; r->c != NULL && i < r->c->tensor_count; ++i) {
    const golden_tensor* t = &r->c->tensors[i];
    if (t->is_output || (t->step != r->step && !r->c->last_step_only)) continue;
    TfLiteTensor* tensor = r->runner != NULL ? TfLiteSignatureRunnerGetInputTensor(r->runner, t->name)
                                             : TfLiteInterpreterGetInputTensor(r->interpreter, t->slot);
    if (!set_bytes(tensor, t->data, t->size_bytes)) return false;
  }
  return true;
}

static bool invoke(run* r) {
  return (r->runner != NULL ? TfLiteSignatureRunnerInvoke(r->runner) : TfLiteInterpreterInvoke(r->interpreter)) ==
         kTfLiteOk;
}

static bool reset(run* r) { return TfLiteInterpreterResetVariableTensors(r->interpreter) == kTfLiteOk; }

static void mix(run* r, const void* data, size_t size_bytes) {
  const unsigned char* p = data;
  for (size_t i = 0; i < size_bytes; ++i) r->hash = (r->hash ^ p[i]) * UINT64_C(1099511628211);
}

static bool read_outputs(run* r) {
  const int count = r->runner != NULL ? (int)TfLiteSignatureRunnerGetOutputCount(r->runner)
                                      : TfLiteInterpreterGetOutputTensorCount(r->interpreter);
  for (int i = 0; i < count; ++i) {
    const TfLiteTensor* tensor = output_at(r, i);
    for (int k = 0; k < TfLiteTensorNumDims(tensor); ++k) mix(r, &(int32_t){TfLiteTensorDim(tensor, k)}, 4);
    const void* data = TfLiteTensorData(tensor);
    if (data != NULL) mix(r, data, TfLiteTensorByteSize(tensor));
  }
  return true;
}

/* ---- A life ---- */

static void complain(run* r, const char* call, const char* what) {
  if (r->problem[0] == 0)
    snprintf(r->problem, sizeof r->problem, "%s %s (last error: %s)", call, what, LinnetLastError());
}

/* Makes a call; where it failed, and only once, again. `speaks`: it must say why it failed. */
static bool attempt(run* r, const char* name, bool (*call)(run*), bool speaks) {
  const size_t failed_before = alloc_state.failed;
  ln_report(&kSilent, "-");
  if (call(r)) return true;
  /* What comes after a failure that stays fails for other reasons. */
  if (alloc_state.failed == failed_before && !(r->failed && alloc_state.go_on)) complain(r, name, "fails by itself");
  if (alloc_state.failed != failed_before && speaks && strcasestr(LinnetLastError(), "memory") == NULL)
    complain(r, name, "does not say that it lacks memory");
  r->failed = true;
  if (call == invoke && r->subject->stateful) r->incomplete = true;
  if (alloc_state.go_on) {
    r->incomplete = true;
    return false;
  }
  if (call(r)) return true;
  complain(r, name, "cannot be repeated");
  return false;
}

static void run_step(run* r) {
  bool ok = attempt(r, "set_inputs", set_inputs, false);
  ok = attempt(r, "invoke", invoke, true) && ok;
  if (ok) read_outputs(r);
  if (!ok) r->incomplete = true;
}

static void live(run* r) {
  if (r->subject->extra == OPERATOR_OBJECT && !attempt(r, "operator", make_operator, true)) return;
  if (r->subject->extra == DELEGATE_OBJECT && !attempt(r, "delegate", make_delegate, true)) return;
  if (!attempt(r, "load", load, true)) return;
  attempt(r, "plan_memory", plan_memory, true);
  if (!attempt(r, "create", create, true)) return;
  if (signature_of(r) != NULL && !attempt(r, "runner", get_runner, true)) return;
  attempt(r, "resize", resize, true);
  attempt(r, "allocate", allocate, true);
  for (r->step = 0; r->step < (r->c != NULL ? r->c->steps : 2); ++r->step) run_step(r);
  attempt(r, "reset", reset, true);
  r->step = 0;
  run_step(r);
  if (!r->subject->grow) return;
  attempt(r, "grow", grow, true);
  attempt(r, "allocate again", allocate, true);
  run_step(r);
}

/* One life with allocation `fail_at` failing; true: that many there were. */
static bool live_once(run* r, const subject* s, const golden_case* c, size_t fail_at, bool go_on) {
  *r = (run){.subject = s, .c = c, .hash = UINT64_C(14695981039346656037)};
  const size_t blocks_before = alloc_state.blocks;
  if (s->extra == NEW_CACHE) unlink(kCache);
  alloc_hook_arm(fail_at, go_on);
  live(r);
  if (r->model == NULL || r->interpreter == NULL) r->incomplete = true;
  TfLiteSignatureRunnerDelete(r->runner);
  TfLiteInterpreterDelete(r->interpreter);
  TfLiteOpaqueDelegateDelete(r->delegate);
  TfLiteOperatorDelete(r->op);
  TfLiteModelDelete(r->model);
  if (alloc_state.blocks != blocks_before) complain(r, "the life", "leaks");
  return alloc_state.failed > 0;
}

static void print_problem(const subject* s, size_t fail_at, bool go_on, const run* r) {
  printf("  %s: allocation %zu%s: %s\n", s->name, fail_at, go_on ? " and all later ones" : "", r->problem);
}

static void check_subject(const subject* s, const golden_case* c) {
  run right, r;
  live_once(&right, s, c, 0, false);
  if (!CHECK(!right.failed && !right.incomplete && right.problem[0] == 0)) {
    print_problem(s, 0, false, &right);
    return;
  }
  for (int go_on = 0; go_on < 2; ++go_on) {
    int problems = 0;
    size_t k = 1;
    for (; problems < 300 && live_once(&r, s, c, k, go_on != 0); ++k) {
      if (!r.incomplete && r.hash != right.hash) complain(&r, "the life", "gives other outputs");
      if (r.problem[0] == 0) continue;
      ++problems;
      print_problem(s, k, go_on != 0, &r);
    }
    CHECK_EQ_INT(problems, 0);
    CHECK(k > 10);
  }
}

/* ---- The models ---- */

static const subject kFiles[] = {
    {"tests/data/branch.tflite", 1, NOTHING, false, NULL, false},
    {"tests/data/while_count.tflite", 1, NOTHING, false, NULL, false},
    {"tests/data/call_once_variable.tflite", 1, NOTHING, false, NULL, false},
    {"tests/data/string_reshape.tflite", 1, NOTHING, false, NULL, false},
    {"tests/data/two_signatures.tflite", 1, NOTHING, false, "add", false},
    {"tests/data/custom_operator.tflite", 1, CUSTOM_OPERATOR, false, NULL, false},
    {"tests/data/custom_operator.tflite", 1, OPERATOR_OBJECT, false, NULL, false},
    {"tests/data/library_custom.tflite", 1, NOTHING, false, NULL, false},
    {"tests/data/operator_state.tflite", 1, NOTHING, false, NULL, false},
    {"tests/data/variable_tensor.tflite", 1, NOTHING, false, NULL, false},
    {"tests/data/optional_input.tflite", 1, NOTHING, true, NULL, false},
    {"tests/data/dynamic_add.tflite", 1, DELEGATE, true, NULL, false},
    {"tests/data/dynamic_add.tflite", 1, FIXED_DELEGATE, true, NULL, false},
    {"tests/data/dynamic_add.tflite", 1, DELEGATE_OBJECT, true, NULL, false},
    {"tests/data/data_behind.tflite", 1, NOTHING, false, NULL, false},
    {"tests/data/chain.tflite", 2, NOTHING, true, NULL, false},
    {"tests/data/string_moves.tflite", 1, NOTHING, false, NULL, false},
    {"tests/data/shape_parts.tflite", 1, NOTHING, true, NULL, false},
    {"examples/digits/digits_float.tflite", 2, NOTHING, true, NULL, false},
    {"examples/digits/digits_float.tflite", 1, NEW_CACHE, true, NULL, false},
    {"examples/digits/digits_float.tflite", 1, CACHE, true, NULL, false},
    {"examples/digits/digits_int8.tflite", 2, NOTHING, true, NULL, false},
};

static const subject kCases[] = {
    {"tflite/nested_while/r0", 1, NOTHING, false, NULL, false},
    {"tflite/multi_subgraphs_while/r0", 1, NOTHING, false, NULL, false},
    {"tflite/call_once_mul/r0", 1, NOTHING, false, NULL, false},
    {"tflite_quant/resource_vars_calibrated/r0", 1, NOTHING, false, NULL, false},
    {"tflite/string_input_model/r0", 1, NOTHING, false, NULL, false},
    {"tflite/dynamic_shapes/r0", 1, NOTHING, false, NULL, false},
    {"tflite/sub/dyn3", 1, NOTHING, false, NULL, false},
    {"tflite/multi_add/r0", 1, DELEGATE, false, NULL, false},
    {"tflite/multi_add/r0", 1, FIXED_DELEGATE, false, NULL, false},
    {"tflite/unidirectional_sequence_lstm/r0", 1, NOTHING, false, NULL, false},
    {"tflite_quant/unidirectional_sequence_lstm_quantized/r0", 1, NOTHING, false, NULL, false},
    {"tflite_quant/lstm_calibrated/r0", 1, NOTHING, false, NULL, false},
    {"tflm/trained_lstm_int8/r0", 2, NOTHING, false, NULL, false},
    {"tflm/trained_lstm/r0", 2, NOTHING, false, NULL, false},
    {"tflm/keyword_scrambled/r0", 2, NOTHING, false, NULL, false},
    {"tflm/hello_world_float/dyn3", 1, NOTHING, false, NULL, false},
    {"litert/simple_group_norm_op/r0", 1, NOTHING, false, NULL, false},
    {"tflite_misc/odml_sdpa_composite_mha/r0", 2, NOTHING, false, NULL, false},
    {"litert/simple_topk_op/r0", 1, NOTHING, false, NULL, false},
    {"seanet/transpose_conv0/csv", 2, NOTHING, false, NULL, false},
    {"litert/topo_sort_fork_split/r0", 1, NOTHING, false, NULL, false},
};

static const char* shared_folder(void) {
  const char* shared = getenv("LINNET_SHARED");
  return shared != NULL ? shared : "../shared";
}

static bool have(const char* table) {
  char path[512];
  snprintf(path, sizeof path, "%s/%s/cases.tsv", shared_folder(), table);
  FILE* file = fopen(path, "rb");
  if (file != NULL) fclose(file);
  if (file == NULL) SKIP("the shared folder is not there");
  return file != NULL;
}

static int found;

static void visit_named(const golden_case* c, void* arg) {
  const subject* s = arg;
  if (strcmp(c->name, s->name) != 0) return;
  ++found;
  check_subject(s, c);
}

static void check_named(void) {
  for (size_t i = 0; i < sizeof kFiles / sizeof *kFiles; ++i) check_subject(&kFiles[i], NULL);
  if (!have("models")) return;
  for (size_t i = 0; i < sizeof kCases / sizeof *kCases; ++i) {
    subject s = kCases[i];
    found = 0;
    CHECK(golden_read_models(shared_folder(), s.name, visit_named, &s));
    if (!CHECK_EQ_INT(found, 1)) printf("  %s\n", s.name);
  }
}

/* Models that are small, each once. */
static void visit_small(const golden_case* c, void* arg) {
  enum { LARGEST_BYTES = 20000 };
  const void** last_model = arg;
  if (c->model_bytes > LARGEST_BYTES || c->model == *last_model) return;
  *last_model = c->model;
  const subject s = {c->name, 2, NOTHING, false, NULL, false};
  check_subject(&s, c);
}

/* Of each operator the first case. */
static void visit_operator(const golden_case* c, void* arg) {
  char* last = arg;
  const size_t length = strcspn(c->name, "/");
  if (strncmp(last, c->name, length + 1) == 0) return;
  snprintf(last, sizeof c->name, "%s", c->name);
  const subject s = {c->name, 2, NOTHING, false, NULL, strncmp(c->name, "VARIABLES/", 10) == 0};
  check_subject(&s, c);
}

static void check_all(void) {
  const void* last_model = NULL;
  char last_operator[256] = "";
  if (have("models")) CHECK(golden_read_models(shared_folder(), "", visit_small, &last_model));
  if (have("ops")) CHECK(golden_read_ops(shared_folder(), "", visit_operator, last_operator));
}

int main(int argc, char** argv) {
  alloc_hook_install();
  if (argc > 1 && strcmp(argv[1], "all") == 0)
    check_all();
  else
    check_named();
  unlink(kCache);
  return check_report();
}
