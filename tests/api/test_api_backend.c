/* What an operator may ask of the interpreter that runs it: threads, packed weights, resources, subgraphs, a name. */
#include <stdatomic.h>

#include "linnet/linnet.h"
#include "scale_op.h"

enum { TILES = 1000 };

static messages msgs;

static TfLiteInterpreter* create(TfLiteModel* model, const TfLiteRegistration* scale, int threads) {
  TfLiteInterpreterOptions* options = options_with(&msgs);
  TfLiteInterpreterOptionsSetNumThreads(options, threads);
  TfLiteInterpreterOptionsAddCustomOp(options, SCALE_NAME, scale, 1, 1);
  TfLiteInterpreter* interpreter = TfLiteInterpreterCreate(model, options);
  TfLiteInterpreterOptionsDelete(options);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
  return interpreter;
}

/* ---- Threads ---- */

static atomic_int tile_runs[TILES];

static void run_tile(void* arg, size_t tile) {
  if (arg == &tile_runs) atomic_fetch_add(&tile_runs[tile], 1);
}

static TfLiteStatus parallel_invoke(TfLiteContext* context, TfLiteNode* node) {
  LinnetBackend* backend = LinnetBackendOf(context);
  const int threads = backend->ThreadCount(backend);
  CHECK(threads >= 1 && threads <= context->recommended_num_threads);
  CHECK((backend->ParallelGrainNs(backend) == UINT32_MAX) == (threads == 1)); /* at first something is shared out */
  static const size_t kCounts[] = {0, 1, 2, 3, TILES};
  for (size_t k = 0; k < sizeof kCounts / sizeof kCounts[0]; ++k) {
    for (int i = 0; i < TILES; ++i) atomic_store(&tile_runs[i], 0);
    backend->ParallelFor(backend, run_tile, &tile_runs, kCounts[k]);
    bool once = true;
    for (size_t i = 0; i < TILES; ++i) once = once && atomic_load(&tile_runs[i]) == (i < kCounts[k]);
    CHECK(once);
  }
  CHECK(!backend->IsCancelled(backend));
  return scale_invoke(context, node);
}

static void test_threads(void) {
  static const int kThreads[] = {-1, 1, 2, 4, 1000};
  TfLiteModel* model = load_model("custom_operator");
  for (size_t i = 0; i < sizeof kThreads / sizeof kThreads[0]; ++i) {
    TfLiteRegistration scale = scale_registration();
    scale.invoke = parallel_invoke;
    TfLiteInterpreter* interpreter = create(model, &scale, kThreads[i]);
    CHECK(scales_by(interpreter, 2.5f));
    CHECK(scales_by(interpreter, 2.5f));
    TfLiteInterpreterDelete(interpreter);
  }
  TfLiteModelDelete(model);
}

/* ---- Packed weights: made once for all interpreters of a model ---- */

static const float kWeights[4] = {1, 2, 3, 4};
static int packings;
static const void* pack_given;

static void pack_reversed(void* destination, void* arg) {
  float* out = destination;
  CHECK(arg == &packings);
  ++packings;
  for (int i = 0; i < 4; ++i) out[i] = kWeights[3 - i];
}

static TfLiteStatus pack_prepare(TfLiteContext* context, TfLiteNode* node) {
  LinnetBackend* backend = LinnetBackendOf(context);
  const float* packed = backend->SharedPack(backend, kWeights, 1, sizeof kWeights, pack_reversed, &packings);
  TF_LITE_ENSURE(context, packed != NULL);
  CHECK((uintptr_t)packed % 64 == 0 && packed[0] == 4 && packed[3] == 1);
  CHECK(pack_given == NULL || pack_given == packed);
  pack_given = packed;
  CHECK(backend->SharedPack(backend, kWeights, 1, 8, pack_reversed, &packings) == NULL); /* another size */
  CHECK(backend->SharedPack(backend, NULL, 1, 8, pack_reversed, &packings) == NULL);
  const float* other = backend->SharedPack(backend, kWeights, 2, sizeof kWeights, pack_reversed, &packings);
  CHECK(other != NULL && other != packed);
  backend->SetKernelName(backend, "scale_by_pack");
  return scale_prepare(context, node);
}

static void test_packs(void) {
  TfLiteRegistration scale = scale_registration();
  scale.prepare = pack_prepare;
  TfLiteModel* model = load_model("custom_operator");
  TfLiteInterpreter* a = create(model, &scale, 1);
  TfLiteInterpreter* b = create(model, &scale, 1);
  TfLiteModelDelete(model);
  CHECK_EQ_INT(packings, 2); /* one for each variant */
  LinnetMemory memory;
  CHECK_EQ_INT(LinnetInterpreterGetMemory(b, &memory), kTfLiteOk);
  CHECK(memory.packed_bytes >= 2 * sizeof kWeights);
  TfLiteInterpreterDelete(a);
  CHECK(scales_by(b, 2.5f));
  CHECK_EQ_INT(((const float*)pack_given)[0], 4); /* still there: the model lives in b */
  LinnetProfileEntry entry;
  CHECK_EQ_INT(LinnetInterpreterSetProfiling(b, true), kTfLiteOk);
  CHECK(scales_by(b, 2.5f));
  CHECK_EQ_INT(LinnetInterpreterGetProfileEntry(b, 0, &entry), kTfLiteOk);
  CHECK_EQ_STR(entry.name, SCALE_NAME);
  CHECK_EQ_STR(entry.detail, "scale_by_pack");
  TfLiteInterpreterDelete(b);
}

/* ---- Resources ---- */

static int resources_freed;

static void free_resource(void* data) {
  ++resources_freed;
  free(data);
}

static int* number(int value) {
  int* data = malloc(sizeof *data);
  if (data == NULL) exit(1);
  *data = value;
  return data;
}

static TfLiteStatus resource_prepare(TfLiteContext* context, TfLiteNode* node) {
  LinnetBackend* backend = LinnetBackendOf(context);
  const int32_t id = backend->ResourceId(backend, "box", "count");
  CHECK(id >= 0 && backend->ResourceId(backend, "box", "count") == id);
  CHECK(backend->ResourceId(backend, "box", "other") != id);
  CHECK(backend->ResourceId(backend, "boxcount", "") != id);
  CHECK_EQ_INT(backend->ResourceId(backend, NULL, "x"), backend->ResourceId(backend, "", "x"));
  CHECK_EQ_INT(backend->ResourceId(backend, NULL, NULL), backend->ResourceId(backend, "", ""));
  CHECK(backend->FindResource(backend, -1) == NULL);
  CHECK(backend->FindResource(backend, 9999) == NULL);
  CHECK(backend->FindResource(backend, backend->ResourceId(backend, "box", "other")) == NULL);
  if (backend->FindResource(backend, id) == NULL)
    CHECK_EQ_INT(backend->SetResource(backend, id, number(1), free_resource), kTfLiteOk);
  const int before = resources_freed;
  CHECK_EQ_INT(backend->SetResource(backend, 9999, number(0), free_resource), kTfLiteError); /* freed as well */
  CHECK_EQ_INT(resources_freed, before + 1);
  return scale_prepare(context, node);
}

static TfLiteStatus resource_invoke(TfLiteContext* context, TfLiteNode* node) {
  LinnetBackend* backend = LinnetBackendOf(context);
  const int32_t id = backend->ResourceId(backend, "box", "count");
  const LinnetResource* resource = backend->FindResource(backend, id);
  TF_LITE_ENSURE(context, resource != NULL);
  const int next = *(const int*)resource->data + 1;
  TF_LITE_ENSURE_STATUS(backend->SetResource(backend, id, number(next), free_resource));
  *(float*)node->user_data = (float)next;
  return scale_invoke(context, node);
}

static void test_resources(void) {
  TfLiteRegistration scale = scale_registration();
  scale.prepare = resource_prepare;
  scale.invoke = resource_invoke;
  TfLiteModel* model = load_model("custom_operator");
  TfLiteInterpreter* a = create(model, &scale, 1);
  TfLiteInterpreter* b = create(model, &scale, 1);
  TfLiteModelDelete(model);
  resources_freed = 0;
  CHECK(scales_by(a, 2) && scales_by(a, 3));
  CHECK(scales_by(b, 2)); /* each interpreter has its own */
  CHECK_EQ_INT(resources_freed, 3);
  TfLiteInterpreterDelete(a);
  CHECK_EQ_INT(resources_freed, 4);
  TfLiteInterpreterDelete(b);
  CHECK_EQ_INT(resources_freed, 5);
  msgs = (messages){.count = 0};
}

/* ---- Subgraphs: wrong ones, and the one that runs ---- */

static TfLiteStatus subgraph_invoke(TfLiteContext* context, TfLiteNode* node) {
  static const int32_t kWrong[] = {-1, 1, INT32_MAX};
  LinnetBackend* b = LinnetBackendOf(context);
  CHECK(b->struct_size >= sizeof(LinnetBackend));
  CHECK_EQ_INT(b->SubgraphCount(b), 1);
  for (size_t i = 0; i < sizeof kWrong / sizeof kWrong[0]; ++i) {
    CHECK(b->SubgraphContext(b, kWrong[i]) == NULL);
    CHECK(b->SubgraphInputs(b, kWrong[i]) == NULL);
    CHECK(b->SubgraphOutputs(b, kWrong[i]) == NULL);
    CHECK(b->SubgraphOnceFlag(b, kWrong[i]) == NULL);
    CHECK(!b->SubgraphIsDynamic(b, kWrong[i]));
    CHECK_EQ_INT(b->SubgraphAllocate(b, kWrong[i]), kTfLiteError);
    CHECK_EQ_INT(b->SubgraphInvoke(b, kWrong[i]), kTfLiteError);
    CHECK_EQ_INT(b->SubgraphResizeInput(b, kWrong[i], 0, node->inputs), kTfLiteError);
  }
  CHECK(b->SubgraphContext(b, 0) == context);
  CHECK(b->SubgraphInputs(b, 0)->size == 1 && b->SubgraphOutputs(b, 0)->size == 1);
  CHECK_EQ_INT(b->SubgraphInvoke(b, 0), kTfLiteError);
  CHECK_EQ_INT(b->SubgraphResizeInput(b, 0, 0, NULL), kTfLiteError);
  TfLiteIntArray* three = TfLiteIntArrayCreate(1);
  three->data[0] = 3;
  CHECK_EQ_INT(b->SubgraphResizeInput(b, 0, 0, three), kTfLiteError);
  TfLiteIntArrayFree(three);
  bool* once = b->SubgraphOnceFlag(b, 0);
  CHECK(once != NULL && once == b->SubgraphOnceFlag(b, 0) && !*once);
  return scale_invoke(context, node);
}

static void test_subgraphs(void) {
  TfLiteRegistration scale = scale_registration();
  scale.invoke = subgraph_invoke;
  TfLiteModel* model = load_model("custom_operator");
  TfLiteInterpreter* interpreter = create(model, &scale, 1);
  TfLiteModelDelete(model);
  CHECK(scales_by(interpreter, 2.5f));
  CHECK(scales_by(interpreter, 2.5f));
  TfLiteInterpreterDelete(interpreter);
  msgs = (messages){.count = 0};
}

int main(void) {
  test_threads();
  test_packs();
  test_resources();
  test_subgraphs();
  return check_report();
}
