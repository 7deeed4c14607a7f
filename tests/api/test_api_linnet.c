/* What linnet.h adds: looking into models, memory before and after, the profile, the processor, the allocator. */
#include "client.h"
#include "linnet/linnet.h"

enum { CHAIN_INPUTS = 72, CHAIN_OUTPUTS = 108, CHAIN_NODES = 6 };

static messages msgs;

static bool run_chain(TfLiteInterpreter* interpreter, float output[CHAIN_OUTPUTS]) {
  float input[CHAIN_INPUTS];
  for (int i = 0; i < CHAIN_INPUTS; ++i) input[i] = (float)(i % 7) - 3;
  return set_floats(interpreter, 0, input, CHAIN_INPUTS) && TfLiteInterpreterInvoke(interpreter) == kTfLiteOk &&
         TfLiteTensorCopyToBuffer(TfLiteInterpreterGetOutputTensor(interpreter, 0), output,
                                  CHAIN_OUTPUTS * sizeof *output) == kTfLiteOk;
}

/* ---- Models ---- */

static void test_model(void) {
  TfLiteModel* model = load_model("two_signatures");
  LinnetModelInfo info;
  CHECK_EQ_INT(LinnetModelGetInfo(model, &info), kTfLiteOk);
  CHECK_EQ_INT(info.version, 3);
  CHECK(info.description != NULL);
  CHECK(info.subgraph_count == 2 && info.signature_count == 2 && info.operator_code_count == 2);
  CHECK_EQ_INT(info.weight_bytes, 4);
  const void* bytes;
  size_t size;
  CHECK_EQ_INT(LinnetModelGetBytes(model, &bytes, &size), kTfLiteOk);
  CHECK(size == info.file_bytes && memcmp((const char*)bytes + 4, "TFL3", 4) == 0);

  LinnetSubgraphInfo graph;
  CHECK_EQ_INT(LinnetModelGetSubgraph(model, 1, &graph), kTfLiteOk);
  CHECK_EQ_STR(graph.name, "scale");
  CHECK(graph.operator_count == 1 && graph.input_count == 1 && graph.output_count == 1 && graph.tensor_count == 3);
  LinnetTensorInfo tensor;
  CHECK_EQ_INT(LinnetModelGetTensor(model, 1, graph.inputs[0], &tensor), kTfLiteOk);
  CHECK_EQ_STR(tensor.name, "a");
  CHECK(tensor.type == kTfLiteFloat32 && tensor.rank == 1 && tensor.shape[0] == 2 && tensor.data == NULL);
  CHECK(tensor.scale_count == 0 && !tensor.is_variable && !tensor.is_sparse && tensor.shape_signature == NULL);
  LinnetOperatorInfo op;
  CHECK_EQ_INT(LinnetModelGetOperator(model, 1, 0, &op), kTfLiteOk);
  CHECK_EQ_STR(op.name, "MUL");
  CHECK(op.builtin_code == kTfLiteBuiltinMul && op.version == 1 && !op.is_custom && op.input_count == 2);
  CHECK_EQ_INT(LinnetModelGetTensor(model, 1, op.inputs[1], &tensor), kTfLiteOk);
  float three;
  CHECK(tensor.data != NULL && tensor.data_bytes == sizeof three && tensor.buffer > 0);
  memcpy(&three, tensor.data, sizeof three);
  CHECK_EQ_INT(three, 3);
  LinnetSignatureInfo signature;
  CHECK_EQ_INT(LinnetModelGetSignature(model, 0, &signature), kTfLiteOk);
  CHECK_EQ_STR(signature.key, "add");
  CHECK(signature.subgraph == 0 && signature.input_count == 2 && signature.output_count == 1);
  const char* name = NULL;
  int32_t index = -1;
  CHECK_EQ_INT(LinnetModelGetSignatureTensor(model, 0, true, 0, &name, &index), kTfLiteOk);
  CHECK_EQ_STR(name, "sum");
  CHECK_EQ_INT(LinnetModelGetSignatureTensor(model, 0, false, 1, NULL, NULL), kTfLiteOk);
  TfLiteModelDelete(model);

  model = load_model("custom_operator");
  CHECK_EQ_INT(LinnetModelGetOperator(model, 0, 0, &op), kTfLiteOk);
  CHECK_EQ_STR(op.name, "LinnetTestScale");
  CHECK(op.is_custom && op.builtin_code == kTfLiteBuiltinCustom);
  TfLiteModelDelete(model);
  model = load_model("dynamic_add");
  CHECK_EQ_INT(LinnetModelGetTensor(model, 0, 0, &tensor), kTfLiteOk);
  CHECK(tensor.signature_rank == 2 && tensor.shape_signature[0] == -1 && tensor.shape_signature[1] == 3);
  TfLiteModelDelete(model);
}

static void test_model_quantization(void) {
  TfLiteModel* model = TfLiteModelCreateFromFile("examples/digits/digits_int8.tflite");
  LinnetSubgraphInfo graph;
  LinnetTensorInfo tensor;
  CHECK_EQ_INT(LinnetModelGetSubgraph(model, 0, &graph), kTfLiteOk);
  CHECK_EQ_INT(LinnetModelGetTensor(model, 0, graph.inputs[0], &tensor), kTfLiteOk);
  CHECK(tensor.type == kTfLiteInt8 && tensor.scale_count == 1 && tensor.zero_point_count == 1 && tensor.scales[0] > 0);
  int per_channel = 0;
  for (int32_t i = 0; i < graph.tensor_count; ++i)
    if (LinnetModelGetTensor(model, 0, i, &tensor) == kTfLiteOk && tensor.scale_count > 1)
      per_channel += tensor.shape[tensor.quantized_dimension] == tensor.scale_count;
  CHECK(per_channel > 0);
  TfLiteModelDelete(model);
}

static void test_model_wrong(void) {
  static const int32_t kWrong[] = {-1, 99, INT32_MAX, INT32_MIN};
  TfLiteModel* model = load_model("two_signatures");
  LinnetModelInfo info;
  LinnetSubgraphInfo graph = {.name = "kept"};
  LinnetTensorInfo tensor;
  LinnetOperatorInfo op;
  LinnetSignatureInfo signature;
  const char* name = "kept";
  const void* data;
  size_t size;
  int32_t index;
  for (size_t i = 0; i < sizeof kWrong / sizeof kWrong[0]; ++i) {
    const int32_t wrong = kWrong[i];
    CHECK_EQ_INT(LinnetModelGetSubgraph(model, wrong, &graph), kTfLiteError);
    CHECK_EQ_INT(LinnetModelGetTensor(model, wrong, 0, &tensor), kTfLiteError);
    CHECK_EQ_INT(LinnetModelGetTensor(model, 0, wrong, &tensor), kTfLiteError);
    CHECK_EQ_INT(LinnetModelGetOperator(model, wrong, 0, &op), kTfLiteError);
    CHECK_EQ_INT(LinnetModelGetOperator(model, 0, wrong, &op), kTfLiteError);
    CHECK_EQ_INT(LinnetModelGetSignature(model, wrong, &signature), kTfLiteError);
    CHECK_EQ_INT(LinnetModelGetSignatureTensor(model, wrong, false, 0, &name, &index), kTfLiteError);
    CHECK_EQ_INT(LinnetModelGetSignatureTensor(model, 0, false, wrong, &name, &index), kTfLiteError);
    CHECK_EQ_INT(LinnetModelGetMetadata(model, wrong, &name, &data, &size), kTfLiteError);
  }
  CHECK_EQ_STR(graph.name, "kept");
  CHECK_EQ_STR(name, "kept");
  CHECK_EQ_INT(LinnetModelGetInfo(NULL, &info), kTfLiteError);
  CHECK_EQ_INT(LinnetModelGetInfo(model, NULL), kTfLiteError);
  CHECK_EQ_INT(LinnetModelGetSubgraph(NULL, 0, &graph), kTfLiteError);
  CHECK_EQ_INT(LinnetModelGetSubgraph(model, 0, NULL), kTfLiteError);
  CHECK_EQ_INT(LinnetModelGetTensor(NULL, 0, 0, &tensor), kTfLiteError);
  CHECK_EQ_INT(LinnetModelGetTensor(model, 0, 0, NULL), kTfLiteError);
  CHECK_EQ_INT(LinnetModelGetOperator(NULL, 0, 0, &op), kTfLiteError);
  CHECK_EQ_INT(LinnetModelGetOperator(model, 0, 0, NULL), kTfLiteError);
  CHECK_EQ_INT(LinnetModelGetSignature(NULL, 0, &signature), kTfLiteError);
  CHECK_EQ_INT(LinnetModelGetSignature(model, 0, NULL), kTfLiteError);
  CHECK_EQ_INT(LinnetModelGetSignatureTensor(NULL, 0, false, 0, &name, &index), kTfLiteError);
  CHECK_EQ_INT(LinnetModelGetMetadata(NULL, 0, &name, &data, &size), kTfLiteError);
  CHECK_EQ_INT(LinnetModelGetBytes(NULL, &data, &size), kTfLiteError);
  CHECK_EQ_INT(LinnetModelGetBytes(model, NULL, &size), kTfLiteError);
  CHECK_EQ_INT(LinnetModelGetBytes(model, &data, NULL), kTfLiteError);
  TfLiteModelDelete(model);
}

/* ---- Memory ---- */

static bool overlap(const LinnetPlacement* a, const LinnetPlacement* b) {
  return a->offset_bytes < b->offset_bytes + b->size_bytes && b->offset_bytes < a->offset_bytes + a->size_bytes;
}

/* Tensors that are alive at the same time share no byte, but for those that an operator computes in place. */
static void check_placements(const TfLiteInterpreter* interpreter, const LinnetMemory* memory) {
  LinnetPlacement places[32];
  int count = 0;
  for (int32_t i = 0; i < 32; ++i) {
    LinnetPlacement* p = &places[count];
    if (LinnetInterpreterGetPlacement(interpreter, 0, i, p) != kTfLiteOk) continue;
    CHECK(p->offset_bytes % 64 == 0 && p->offset_bytes + p->size_bytes <= memory->arena_bytes);
    CHECK(p->first_node <= p->last_node && p->allocation_type == kTfLiteArenaRw);
    ++count;
  }
  CHECK(count >= 7);
  for (int a = 0; a < count; ++a)
    for (int b = 0; b < a; ++b) {
      const bool together = places[a].first_node <= places[b].last_node && places[b].first_node <= places[a].last_node;
      const bool in_place = places[a].offset_bytes == places[b].offset_bytes;
      CHECK(!together || in_place || !overlap(&places[a], &places[b]));
    }
}

static void test_memory(void) {
  TfLiteModel* model = load_model("chain");
  LinnetMemory planned, taken;
  CHECK_EQ_INT(LinnetModelPlanMemory(model, NULL, &planned), kTfLiteOk);
  TfLiteInterpreter* interpreter = TfLiteInterpreterCreate(model, NULL);
  CHECK_EQ_INT(LinnetInterpreterGetMemory(interpreter, &taken), kTfLiteOk);
  CHECK_EQ_INT(taken.arena_bytes, 0);
  LinnetPlacement place;
  CHECK_EQ_INT(LinnetInterpreterGetPlacement(interpreter, 0, 0, &place), kTfLiteError);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
  CHECK_EQ_INT(LinnetInterpreterGetMemory(interpreter, &taken), kTfLiteOk);
  CHECK_EQ_INT(taken.arena_bytes, planned.arena_bytes);
  CHECK_EQ_INT(taken.persistent_bytes, planned.persistent_bytes);
  CHECK_EQ_INT(taken.weight_bytes, planned.weight_bytes);
  CHECK_EQ_INT(taken.dynamic_bytes, 0);
  CHECK(taken.weight_bytes > 0 && taken.arena_bytes >= 2 * 576 && taken.arena_bytes < 65536);
  CHECK(taken.peak_bytes >= taken.arena_bytes + taken.persistent_bytes);
  check_placements(interpreter, &taken);
  CHECK_EQ_INT(LinnetInterpreterGetPlacement(interpreter, 1, 0, &place), kTfLiteError);
  CHECK_EQ_INT(LinnetInterpreterGetPlacement(interpreter, -1, 0, &place), kTfLiteError);
  CHECK_EQ_INT(LinnetInterpreterGetPlacement(interpreter, 0, -1, &place), kTfLiteError);
  CHECK_EQ_INT(LinnetInterpreterGetPlacement(interpreter, 0, 9999, &place), kTfLiteError);
  CHECK_EQ_INT(LinnetInterpreterGetPlacement(interpreter, 0, 0, NULL), kTfLiteError);
  CHECK_EQ_INT(LinnetInterpreterGetPlacement(NULL, 0, 0, &place), kTfLiteError);
  CHECK_EQ_INT(LinnetInterpreterGetMemory(NULL, &taken), kTfLiteError);
  CHECK_EQ_INT(LinnetInterpreterGetMemory(interpreter, NULL), kTfLiteError);
  CHECK_EQ_INT(LinnetModelPlanMemory(NULL, NULL, &planned), kTfLiteError);
  CHECK_EQ_INT(LinnetModelPlanMemory(model, NULL, NULL), kTfLiteError);
  TfLiteInterpreterDelete(interpreter);
  TfLiteModelDelete(model);

  /* What cannot be prepared cannot be planned either, and says why. */
  model = load_model("custom_operator");
  TfLiteInterpreterOptions* options = options_with(&msgs);
  CHECK(LinnetModelPlanMemory(model, options, &planned) != kTfLiteOk);
  CHECK(said(&msgs, "unresolved custom op"));
  TfLiteInterpreterOptionsDelete(options);
  TfLiteModelDelete(model);
}

static const float* floats_of(const TfLiteInterpreter* interpreter, const char* name) {
  for (int i = 0; TfLiteInterpreterGetTensor(interpreter, i) != NULL; ++i) {
    const TfLiteTensor* t = TfLiteInterpreterGetTensor(interpreter, i);
    if (strcmp(TfLiteTensorName(t), name) == 0) return TfLiteTensorData(t);
  }
  return NULL;
}

static void test_preserve(void) {
  TfLiteModel* model = load_model("chain");
  TfLiteInterpreterOptions* options = options_with(&msgs);
  CHECK_EQ_INT(LinnetInterpreterOptionsSetPreserveAllTensors(options, true), kTfLiteOk);
  TfLiteInterpreter* interpreter = TfLiteInterpreterCreate(model, options);
  TfLiteInterpreterOptionsDelete(options);
  TfLiteModelDelete(model);
  float output[CHAIN_OUTPUTS];
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
  CHECK(run_chain(interpreter, output));
  const float *first = floats_of(interpreter, "first"), *positive = floats_of(interpreter, "positive");
  const float *second = floats_of(interpreter, "second"), *both = floats_of(interpreter, "both");
  int negative = 0;
  bool right = first != NULL && positive != NULL && second != NULL && both != NULL;
  for (int i = 0; right && i < 6 * 6 * 4; ++i) {
    negative += first[i] < 0;
    right = positive[i] == fmaxf(first[i], 0) && fabsf(both[i] - positive[i] - second[i]) < 1e-6f;
  }
  CHECK(right);
  CHECK(negative > 0);
  TfLiteInterpreterDelete(interpreter);
}

/* ---- Profile ---- */

static void test_profile(void) {
  /* RELU is done by the convolution before it. */
  enum { RUN_NODES = CHAIN_NODES - 1 };
  static const char* const kNames[] = {"CONV_2D", "CONV_2D", "ADD", "CONV_2D", "SOFTMAX"};
  static const int32_t kNodes[] = {0, 2, 3, 4, 5};
  TfLiteInterpreter* interpreter = ready_interpreter("chain", &msgs);
  float output[CHAIN_OUTPUTS];
  LinnetProfileEntry entry;
  CHECK(run_chain(interpreter, output));
  CHECK_EQ_INT(LinnetInterpreterGetProfileCount(interpreter), 0);
  CHECK_EQ_INT(LinnetInterpreterGetProfileEntry(interpreter, 0, &entry), kTfLiteError);
  CHECK_EQ_INT(LinnetInterpreterSetProfiling(interpreter, true), kTfLiteOk);
  for (int i = 0; i < 3; ++i) CHECK(run_chain(interpreter, output));
  CHECK_EQ_INT(LinnetInterpreterGetProfileCount(interpreter), RUN_NODES);
  for (int32_t i = 0; i < RUN_NODES; ++i) {
    CHECK_EQ_INT(LinnetInterpreterGetProfileEntry(interpreter, i, &entry), kTfLiteOk);
    CHECK(entry.subgraph == 0 && entry.node == kNodes[i] && entry.calls == 3 && entry.detail != NULL);
    CHECK_EQ_STR(entry.name, kNames[i]);
    CHECK(entry.min_ns <= entry.max_ns && entry.max_ns <= entry.total_ns && entry.total_ns >= 3 * entry.min_ns);
  }
  CHECK_EQ_INT(LinnetInterpreterGetProfileEntry(interpreter, RUN_NODES, &entry), kTfLiteError);
  CHECK_EQ_INT(LinnetInterpreterGetProfileEntry(interpreter, -1, &entry), kTfLiteError);
  CHECK_EQ_INT(LinnetInterpreterGetProfileEntry(interpreter, 0, NULL), kTfLiteError);
  CHECK_EQ_INT(LinnetInterpreterSetProfiling(interpreter, false), kTfLiteOk);
  CHECK(run_chain(interpreter, output));
  CHECK_EQ_INT(LinnetInterpreterGetProfileEntry(interpreter, 0, &entry), kTfLiteOk); /* what was measured stays */
  CHECK_EQ_INT(entry.calls, 3);
  CHECK_EQ_INT(LinnetInterpreterSetProfiling(interpreter, true), kTfLiteOk);
  CHECK_EQ_INT(LinnetInterpreterGetProfileCount(interpreter), 0);
  TfLiteInterpreterDelete(interpreter);
  CHECK_EQ_INT(LinnetInterpreterSetProfiling(NULL, true), kTfLiteError);
  CHECK_EQ_INT(LinnetInterpreterGetProfileCount(NULL), 0);
  CHECK_EQ_INT(LinnetInterpreterGetProfileEntry(NULL, 0, &entry), kTfLiteError);

  /* Nodes of other subgraphs are entries of their own. */
  interpreter = ready_interpreter("branch", &msgs);
  CHECK_EQ_INT(LinnetInterpreterSetProfiling(interpreter, true), kTfLiteOk);
  for (int i = 0; i < 2; ++i) CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteOk);
  int inner = 0;
  for (int32_t i = 0; LinnetInterpreterGetProfileEntry(interpreter, i, &entry) == kTfLiteOk; ++i)
    inner += entry.subgraph > 0 && entry.calls == 2;
  CHECK_EQ_INT(inner, 1);
  TfLiteInterpreterDelete(interpreter);
}

/* ---- Processor ---- */

static void test_processor(void) {
  char features[256], best[32], *word;
  CHECK_EQ_INT(LinnetSetCpu(NULL), kTfLiteOk); /* the best, whatever LINNET_CPU says */
  snprintf(features, sizeof features, "%s", LinnetCpuFeatures());
  snprintf(best, sizeof best, "%s", LinnetCpuInUse());
  CHECK(strncmp(features, "generic", 7) == 0);
  CHECK_CONTAINS(features, best);
  CHECK_EQ_INT(LinnetSetCpu("nothing"), kTfLiteError);
  CHECK_EQ_INT(LinnetSetCpu(""), kTfLiteError);
  CHECK_EQ_STR(LinnetCpuInUse(), best);
  float expected[CHAIN_OUTPUTS] = {0}, actual[CHAIN_OUTPUTS] = {0};
  int count = 0;
  for (word = strtok(features, " "); word != NULL; word = strtok(NULL, " "), ++count) {
    CHECK_EQ_INT(LinnetSetCpu(word), kTfLiteOk);
    CHECK_EQ_STR(LinnetCpuInUse(), word);
    CHECK(LinnetMeasurePeak() > 0);
    CHECK(LinnetMeasureBytePeak() > 0);
    TfLiteInterpreter* interpreter = ready_interpreter("chain", &msgs);
    CHECK(run_chain(interpreter, count == 0 ? expected : actual));
    TfLiteInterpreterDelete(interpreter);
    for (int i = 0; count > 0 && i < CHAIN_OUTPUTS; ++i)
      if (!CHECK_NEAR(actual[i], expected[i], 1e-5)) break;
  }
  CHECK(count >= 1);
  CHECK_EQ_INT(LinnetSetCpu(NULL), kTfLiteOk);
  CHECK_EQ_STR(LinnetCpuInUse(), word = best);
}

/* ---- Allocator ---- */

static struct { int live, total; } blocks;

static void* counted_allocate(void* user_data, size_t bytes) {
  void* block = user_data == &blocks ? malloc(bytes) : NULL;
  blocks.live += block != NULL;
  ++blocks.total;
  return block;
}

static void* counted_reallocate(void* user_data, void* block, size_t bytes) {
  if (block == NULL) return counted_allocate(user_data, bytes);
  return realloc(block, bytes);
}

static void counted_deallocate(void* user_data, void* block) {
  (void)user_data;
  blocks.live -= block != NULL;
  free(block);
}

static void test_allocator(void) {
  LinnetAllocator allocator = {&blocks, counted_allocate, counted_reallocate, NULL};
  LinnetSetAllocator(&allocator); /* incomplete: ignored */
  TfLiteInterpreterDelete(ready_interpreter("chain", &msgs));
  CHECK_EQ_INT(blocks.total, 0);
  allocator.deallocate = counted_deallocate;
  LinnetSetAllocator(&allocator);
  allocator = (LinnetAllocator){0}; /* it was copied */
  TfLiteInterpreter* interpreter = ready_interpreter("chain", &msgs);
  float output[CHAIN_OUTPUTS];
  const int after_allocation = blocks.total;
  CHECK(after_allocation > 10 && blocks.live > 10);
  CHECK(run_chain(interpreter, output) && run_chain(interpreter, output));
  CHECK_EQ_INT(blocks.total, after_allocation); /* an invoke of a static graph takes nothing */
  TfLiteInterpreterDelete(interpreter);
  CHECK_EQ_INT(blocks.live, 0);
  LinnetSetAllocator(NULL);
  TfLiteInterpreterDelete(ready_interpreter("chain", &msgs));
  CHECK_EQ_INT(blocks.live, 0);
}

int main(void) {
  CHECK(strchr(LinnetVersion(), '.') != NULL);
  test_model();
  test_model_quantization();
  test_model_wrong();
  test_memory();
  test_preserve();
  test_profile();
  test_processor();
  test_allocator();
  return check_report();
}
