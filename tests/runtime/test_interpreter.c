/* The interpreter over graphs made by hand: results, memory, dynamic shapes, variables, errors, hostile graphs. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "check.h"
#include "runtime/graph.h"

static graph g;
static log_text msgs;

static bool said(const char* text) { return CHECK_CONTAINS(msgs.text, text); }

static ln_interpreter* create(void) {
  const ln_interpreter_config config = config_for(&msgs);
  return ln_interpreter_create(g.model, &config);
}

static ln_interpreter* create_ready(void) {
  ln_interpreter* i = create();
  CHECK(i != NULL && ln_interpreter_allocate(i, 0) == kTfLiteOk);
  return i;
}

static void finish(ln_interpreter* i) {
  ln_interpreter_delete(i);
  graph_end(&g);
}

static size_t offset_of(const ln_interpreter* i, int32_t tensor) {
  LinnetPlacement p = {0};
  CHECK(ln_interpreter_placement(i, 0, tensor, &p) == kTfLiteOk);
  return p.offset_bytes;
}

/* input -> op -> op -> … -> output, `count` nodes; tensors 0 … count. */
static void make_chain(const char* op, int count, int32_t extent) {
  graph_begin(&g, 1);
  for (int i = 0; i <= count; ++i) graph_tensor(&g, 0, SCHEMA_FLOAT32, extent);
  for (int32_t i = 0; i < count; ++i) graph_node(&g, 0, op, LIST(i), LIST(i + 1));
  graph_ends(&g, 0, LIST(0), LIST(count));
}

static void test_chain(void) {
  make_chain("add1", 5, 16);
  ln_interpreter* i = create();
  CHECK(floats(i, 0) == NULL && ln_interpreter_tensor(i, 0, 0)->bytes == 64);
  CHECK(ln_interpreter_invoke(i, 0) == kTfLiteError && said("Invoke called on model that is not ready."));
  CHECK(ln_interpreter_allocate(i, 0) == kTfLiteOk && (uintptr_t)floats(i, 0) % 64 == 0);
  float* before = floats(i, 0);
  for (int k = 0; k < 16; ++k) floats(i, 0)[k] = (float)k;
  CHECK(ln_interpreter_invoke(i, 0) == kTfLiteOk);
  CHECK(floats(i, 5)[0] == 5 && floats(i, 5)[15] == 20 && floats(i, 0)[3] == 3);
  LinnetMemory memory = {0};
  CHECK(ln_interpreter_memory(i, &memory) == kTfLiteOk && memory.arena_bytes == 3 * 64 && memory.peak_bytes == 3 * 64);
  /* The layout is pinned: the input alone, then two places in turn. */
  CHECK(offset_of(i, 0) == 0 && offset_of(i, 1) == 64 && offset_of(i, 2) == 128 && offset_of(i, 3) == 64);
  CHECK(offset_of(i, 4) == 128 && offset_of(i, 5) == 64);
  CHECK(ln_interpreter_allocate(i, 0) == kTfLiteOk && floats(i, 0) == before);
  CHECK(ln_interpreter_resize_input(i, 0, 0, 1, (int[]){16}) == kTfLiteOk && ln_interpreter_invoke(i, 0) == kTfLiteOk);
  CHECK(ln_interpreter_resize_input(i, 0, 0, 1, (int[]){40}) == kTfLiteOk);
  CHECK(ln_interpreter_invoke(i, 0) == kTfLiteError);
  CHECK(ln_interpreter_allocate(i, 0) == kTfLiteOk && ln_interpreter_tensor(i, 0, 5)->dims->data[0] == 40);
  floats(i, 0)[39] = 1;
  CHECK(ln_interpreter_invoke(i, 0) == kTfLiteOk && floats(i, 5)[39] == 6);
  CHECK(ln_interpreter_resize_input(i, 0, 0, 1, (int[]){-1}) == kTfLiteError && said("must be at least 0"));
  CHECK(ln_interpreter_resize_input(i, 0, 1, 1, (int[]){1}) == kTfLiteError && said("input 1 does not exist"));
  CHECK(ln_interpreter_resize_input(i, 0, 0, 3, (int[]){1 << 30, 1 << 30, 1 << 30}) == kTfLiteError);
  CHECK(ln_interpreter_allocate(i, 3) == kTfLiteError && ln_interpreter_tensor(i, 0, 99) == NULL);
  CHECK(ln_interpreter_invoke(i, 0) == kTfLiteOk);
  finish(i);
}

static void test_in_place(void) {
  make_chain("add1_shared", 5, 16);
  ln_interpreter* i = create_ready();
  /* Not over the graph's input; from then on in one place. */
  CHECK(floats(i, 1) != floats(i, 0) && floats(i, 2) == floats(i, 1) && floats(i, 5) == floats(i, 1));
  floats(i, 0)[7] = 1;
  CHECK(ln_interpreter_invoke(i, 0) == kTfLiteOk && floats(i, 5)[7] == 6 && floats(i, 0)[7] == 1);
  ln_interpreter_delete(i);
  ln_interpreter_config config = config_for(&msgs);
  config.preserve_all_tensors = true;
  i = ln_interpreter_create(g.model, &config);
  CHECK(ln_interpreter_allocate(i, 0) == kTfLiteOk && ln_interpreter_invoke(i, 0) == kTfLiteOk);
  CHECK(floats(i, 2) != floats(i, 1) && floats(i, 1)[0] == 1 && floats(i, 4)[0] == 4);
  finish(i);

  /* sum may take its second input over, but here that one is used later, there it is the only reader. */
  graph_begin(&g, 1);
  for (int k = 0; k < 6; ++k) graph_tensor(&g, 0, SCHEMA_FLOAT32, 4);
  graph_node(&g, 0, "add1", LIST(0), LIST(1));
  graph_node(&g, 0, "add1", LIST(0), LIST(2));
  graph_node(&g, 0, "sum", LIST(1, 2), LIST(3));
  graph_node(&g, 0, "sum", LIST(3, 2), LIST(4));
  graph_node(&g, 0, "sum", LIST(4, 4), LIST(5));
  graph_ends(&g, 0, LIST(0), LIST(5));
  i = create_ready();
  CHECK(floats(i, 3) != floats(i, 2) && floats(i, 4) == floats(i, 2) && floats(i, 5) != floats(i, 4));
  floats(i, 0)[0] = 9;
  CHECK(ln_interpreter_invoke(i, 0) == kTfLiteOk && floats(i, 5)[0] == 60);
  finish(i);

  /* What has its data lies where the graph's input does; nobody writes there, and the graph's output lies elsewhere. */
  graph_begin(&g, 1);
  for (int k = 0; k < 6; ++k) graph_tensor(&g, 0, SCHEMA_FLOAT32, 4);
  graph_node(&g, 0, "same", LIST(0), LIST(1));
  graph_node(&g, 0, "same", LIST(1), LIST(2));
  graph_node(&g, 0, "add1_shared", LIST(2), LIST(3));
  graph_node(&g, 0, "sum", LIST(3, 1), LIST(4));
  graph_node(&g, 0, "same", LIST(1), LIST(5));
  graph_ends(&g, 0, LIST(0), LIST(4, 5));
  i = create_ready();
  CHECK(floats(i, 1) == floats(i, 0) && floats(i, 2) == floats(i, 0) && floats(i, 3) != floats(i, 0));
  CHECK(floats(i, 4) != floats(i, 0) && floats(i, 5) != floats(i, 0));
  floats(i, 0)[2] = 5;
  for (int times = 0; times < 2; ++times)
    CHECK(ln_interpreter_invoke(i, 0) == kTfLiteOk && floats(i, 4)[2] == 11 && floats(i, 5)[2] == 5);
  CHECK(floats(i, 0)[2] == 5);
  finish(i);
}

/* Random nodes over two inputs; with `dynamic`, of shapes that are known only while they run. Returns the output. */
static int32_t make_random(bool dynamic) {
  graph_begin(&g, 1);
  const int nodes = 4 + rand() % 30;
  for (int k = 0; k < 2; ++k) graph_tensor(&g, 0, SCHEMA_FLOAT32, 8);
  for (int k = 0; k < nodes; ++k) {
    const int32_t next = 2 + k, far = rand() % next, near = next - 1 - rand() % (next < 3 ? next : 3);
    if (rand() % 4 == 0) {
      const int32_t extent = g.subgraphs[0].tensors[near].shape.data[0];
      graph_node(&g, 0, "same", LIST(near), LIST(graph_tensor(&g, 0, SCHEMA_FLOAT32, extent)));
      continue;
    }
    const int32_t out = graph_tensor(&g, 0, SCHEMA_FLOAT32, rand() % 3 == 0 ? 8 : 1 + rand() % 200);
    const char* op = rand() % 2 ? "mix" : "mix_shared";
    if (dynamic && rand() % 2) op = rand() % 3 ? "mix_like" : "spread";
    graph_node(&g, 0, op, LIST(near, far), LIST(out));
  }
  const int32_t last = graph_tensor(&g, 0, SCHEMA_FLOAT32, 8);
  graph_node(&g, 0, "mix", LIST(last - 1, last - 2, 0), LIST(last));
  graph_ends(&g, 0, LIST(0, 1), LIST(last));
  return last;
}

/* Random graphs give the same with places of their own for all tensors as with shared ones, in every one of some
 * invokes with other inputs. */
static void test_random_graphs(void) {
  enum { INVOKES = 5 };
  srand(7);
  for (int round = 0; round < 120; ++round) {
    float results[2][INVOKES][8];
    const int32_t last = make_random(round % 2 != 0);
    for (int preserve = 0; preserve < 2; ++preserve) {
      ln_interpreter_config config = config_for(&msgs);
      config.preserve_all_tensors = preserve;
      ln_interpreter* i = ln_interpreter_create(g.model, &config);
      CHECK(i != NULL && ln_interpreter_allocate(i, 0) == kTfLiteOk);
      for (int times = 0; times < INVOKES; ++times) {
        const int pair = times / 2;
        for (int k = 0; k < 8 && times % 2 == 0; ++k) floats(i, 0)[k] = floats(i, 1)[k] = (float)(k + round + pair);
        CHECK(ln_interpreter_invoke(i, 0) == kTfLiteOk);
        memcpy(results[preserve][times], floats(i, last), sizeof results[0][0]);
      }
      ln_interpreter_delete(i);
    }
    CHECK(memcmp(results[0], results[1], sizeof results[0]) == 0);
    CHECK(memcmp(results[0][0], results[0][1], sizeof results[0][0]) == 0);
    graph_end(&g);
  }
  CHECK(live_kernels == 0);
}

static void test_dynamic(void) {
  graph_begin(&g, 1);
  for (int k = 0; k < 6; ++k) graph_tensor(&g, 0, SCHEMA_FLOAT32, 2);
  graph_node(&g, 0, "add1", LIST(0), LIST(1));
  graph_node(&g, 0, "grow", LIST(1), LIST(2));
  graph_node(&g, 0, "add1", LIST(2), LIST(3));
  graph_node(&g, 0, "add1_shared", LIST(3), LIST(4));
  graph_node(&g, 0, "sum", LIST(4, 2), LIST(5));
  graph_ends(&g, 0, LIST(0), LIST(5));
  ln_interpreter* i = create_ready();
  float* input = floats(i, 0);
  static const int kSizes[] = {3, 50, 4000, 4000, 1, 0, 70};
  for (size_t k = 0; k < sizeof kSizes / sizeof kSizes[0]; ++k) {
    floats(i, 0)[0] = (float)(kSizes[k] - 1);
    CHECK(ln_interpreter_invoke(i, 0) == kTfLiteOk);
    const TfLiteTensor* out = ln_interpreter_tensor(i, 0, 5);
    CHECK(out->dims->data[0] == kSizes[k] && out->bytes == 4 * (size_t)kSizes[k]);
    bool ok = true;
    for (int n = 0; n < kSizes[k]; ++n) ok = ok && out->data.f[n] == (float)(2 * n + 2);
    CHECK(ok);
    CHECK(ln_interpreter_allocate(i, 0) == kTfLiteOk);
  }
  (void)input;
  LinnetMemory memory = {0};
  CHECK(ln_interpreter_memory(i, &memory) == kTfLiteOk && memory.dynamic_bytes == 70 * 4);
  CHECK(memory.peak_bytes >= 3 * 4000 * 4);
  floats(i, 0)[0] = -5; /* a size below 0 */
  CHECK(ln_interpreter_invoke(i, 0) == kTfLiteError && said("must be at least 0"));
  floats(i, 0)[0] = 6;
  CHECK(ln_interpreter_invoke(i, 0) == kTfLiteOk && floats(i, 5)[6] == 14);
  CHECK(ln_interpreter_resize_input(i, 0, 0, 1, (int[]){3}) == kTfLiteOk && ln_interpreter_allocate(i, 0) == kTfLiteOk);
  floats(i, 0)[0] = 1;
  CHECK(ln_interpreter_invoke(i, 0) == kTfLiteOk && floats(i, 5)[1] == 4);
  finish(i);
}

/* What fails behind a dynamic tensor fails in every invoke, and does no harm. */
static void test_dynamic_failure(void) {
  graph_begin(&g, 1);
  for (int k = 0; k < 5; ++k) graph_tensor(&g, 0, SCHEMA_FLOAT32, 2);
  graph_node(&g, 0, "grow", LIST(0), LIST(1));
  graph_node(&g, 0, "add1", LIST(1), LIST(2));
  graph_node(&g, 0, "add1", LIST(2), LIST(3));
  graph_node(&g, 0, "fail_prepare", LIST(3), LIST(4));
  graph_ends(&g, 0, LIST(0), LIST(4));
  ln_interpreter* i = create_ready();
  floats(i, 0)[0] = 600;
  for (int k = 0; k < 3; ++k) CHECK(ln_interpreter_invoke(i, 0) == kTfLiteError);
  CHECK(said("100% wrong: 42") || said("100%% wrong: 42"));
  finish(i);
}

static void test_state(void) {
  graph_begin(&g, 1);
  graph_tensor(&g, 0, SCHEMA_FLOAT32, 2);
  graph_variable(&g, 0, SCHEMA_FLOAT32, 2);
  graph_tensor(&g, 0, SCHEMA_FLOAT32, 2);
  graph_variable(&g, 0, SCHEMA_INT8, 5);
  const float scale = 1;
  const int64_t zero_point = -3;
  g.tensors[0][3].quantization = (ln_model_quantization){
      .present = true, .scale_count = 1, .zero_point_count = 1, .scales = &scale, .zero_points = &zero_point};
  graph_node(&g, 0, "state", LIST(0, 1), LIST(2));
  graph_ends(&g, 0, LIST(0), LIST(2));
  ln_interpreter* i = create_ready();
  CHECK(ln_interpreter_variables(i, 0)->size == 2);
  CHECK(ln_interpreter_tensor(i, 0, 3)->data.int8[4] == -3 && ln_interpreter_tensor(i, 0, 3)->params.zero_point == -3);
  floats(i, 0)[0] = 2;
  for (int k = 1; k <= 3; ++k) CHECK(ln_interpreter_invoke(i, 0) == kTfLiteOk && floats(i, 2)[0] == (float)(2 * k));
  CHECK(ln_interpreter_allocate(i, 0) == kTfLiteOk && floats(i, 1)[0] == 6);
  CHECK(ln_interpreter_reset_variables(i) == kTfLiteOk && floats(i, 1)[0] == 0);
  CHECK(ln_interpreter_invoke(i, 0) == kTfLiteOk && floats(i, 2)[0] == 2);
  LinnetMemory memory = {0};
  CHECK(ln_interpreter_memory(i, &memory) == kTfLiteOk && memory.persistent_bytes == 128);
  finish(i);
}

/* What a node keeps in a persistent temporary outlives another allocation. */
static void test_persistent(void) {
  make_chain("once", 2, 3);
  ln_interpreter* i = create_ready();
  floats(i, 0)[0] = 2;
  CHECK(ln_interpreter_invoke(i, 0) == kTfLiteOk && floats(i, 2)[0] == 16);
  CHECK(ln_interpreter_resize_input(i, 0, 0, 1, (int[]){300}) == kTfLiteOk &&
        ln_interpreter_allocate(i, 0) == kTfLiteOk);
  floats(i, 0)[0] = 3;
  CHECK(ln_interpreter_invoke(i, 0) == kTfLiteOk && floats(i, 2)[0] == 3 * 2 * 4);
  finish(i);
}

static void test_errors(void) {
  make_chain("nobody", 1, 3);
  ln_interpreter* i = create();
  CHECK(i != NULL && ln_interpreter_allocate(i, 0) != kTfLiteOk);
  CHECK(
      said("Encountered unresolved custom op: nobody.\nSee instructions: "
           "https://www.tensorflow.org/lite/guide/ops_custom "));
  CHECK(said("Node number 0 (nobody) failed to prepare.") && strstr(ln_last_error(), "unresolved") != NULL);
  CHECK(ln_interpreter_invoke(i, 0) == kTfLiteError);
  finish(i);

  make_chain("fail_prepare", 1, 3);
  i = create();
  CHECK(ln_interpreter_allocate(i, 0) == kTfLiteError);
  CHECK(strcmp(ln_last_error(), "graph.tflite: subgraph 0, node 0 fail_prepare: 100% wrong: 42") == 0);
  CHECK(said("100% wrong: 42|Node number 0 (fail_prepare) failed to prepare.|"));
  finish(i);

  make_chain("silent", 1, 3);
  i = create();
  CHECK(ln_interpreter_allocate(i, 0) == kTfLiteError &&
        strstr(ln_last_error(), "Node number 0 (silent) failed") != NULL);
  finish(i);

  make_chain("fail_invoke", 1, 3);
  i = create_ready();
  for (int k = 0; k < 2; ++k) CHECK(ln_interpreter_invoke(i, 0) == kTfLiteError);
  CHECK(said("Node number 0 (fail_invoke) failed to invoke."));
  finish(i);

  make_chain("add1", 1, 3);
  g.codes[0] = (ln_model_opcode){0, "", 99};
  CHECK(create() == NULL &&
        said("Didn't find op for builtin opcode 'ADD' version '99'. An older version of this builtin "
             "might be supported. Are you using an old TFLite binary with a newer model?"));
  graph_end(&g);

  graph_begin(&g, 1);
  for (int k = 0; k < 3; ++k) graph_tensor(&g, 0, SCHEMA_FLOAT32, 2);
  graph_node(&g, 0, "sum", LIST(0, 1), LIST(2));
  graph_ends(&g, 0, LIST(0), LIST(2));
  i = create_ready();
  CHECK(ln_interpreter_invoke(i, 0) == kTfLiteError && said("Input tensor 1 lacks data"));
  finish(i);
}

static void test_giving_up(void) {
  make_chain("cancel", 3, 3);
  ln_interpreter_config config = config_for(&msgs);
  ln_interpreter* i = create_ready();
  CHECK(ln_interpreter_cancel(i) == kTfLiteError);
  ln_interpreter_delete(i);
  config.cancellable = true;
  i = ln_interpreter_create(g.model, &config);
  CHECK(ln_interpreter_allocate(i, 0) == kTfLiteOk);
  cancel_target = i;
  CHECK(ln_interpreter_invoke(i, 0) == kTfLiteCancelled && said("Client requested cancel during Invoke()"));
  cancel_target = NULL;
  CHECK(ln_interpreter_cancel(i) == kTfLiteOk && ln_interpreter_invoke(i, 0) == kTfLiteOk && floats(i, 3)[0] == 3);
  finish(i);

  make_chain("slow", 4, 3);
  i = create_ready();
  CHECK(ln_interpreter_invoke(i, 0) == kTfLiteOk);
  ln_interpreter_set_timeout(i, 4);
  CHECK(ln_interpreter_invoke(i, 0) == kTfLiteCancelled && said("timeout of 4 ms"));
  ln_interpreter_set_timeout(i, 0);
  CHECK(ln_interpreter_invoke(i, 0) == kTfLiteOk);
  finish(i);
}

static void* cancel_soon(void* interpreter) {
  nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
  ln_interpreter_cancel(interpreter);
  return NULL;
}

static void test_cancel_from_another_thread(void) {
  make_chain("slow", 40, 3);
  ln_interpreter_config config = config_for(&msgs);
  config.cancellable = true;
  ln_interpreter* i = ln_interpreter_create(g.model, &config);
  CHECK(ln_interpreter_allocate(i, 0) == kTfLiteOk);
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, cancel_soon, i) == 0);
  CHECK(ln_interpreter_invoke(i, 0) == kTfLiteCancelled);
  pthread_join(thread, NULL);
  finish(i);
}

/* Interpreters of one model in several threads. */
static void* run_alone(void* unused) {
  log_text quiet;
  ln_interpreter_config config = config_for(&quiet);
  config.num_threads = 2;
  (void)unused;
  for (int round = 0; round < 10; ++round) {
    ln_interpreter* i = ln_interpreter_create(g.model, &config);
    if (i == NULL || ln_interpreter_allocate(i, 0) != kTfLiteOk) return NULL;
    floats(i, 0)[0] = 1;
    const bool ok = ln_interpreter_invoke(i, 0) == kTfLiteOk && floats(i, 6)[0] == 7;
    ln_interpreter_delete(i);
    if (!ok) return NULL;
  }
  return &g;
}

static void test_threads(void) {
  make_chain("add1_shared", 6, 50);
  pthread_t threads[4];
  for (int k = 0; k < 4; ++k) CHECK(pthread_create(&threads[k], NULL, run_alone, NULL) == 0);
  for (int k = 0; k < 4; ++k) {
    void* result;
    CHECK(pthread_join(threads[k], &result) == 0 && result == &g);
  }
  graph_end(&g);
}

static void test_subgraphs(void) {
  make_chain("call", 2, 4);
  g.model->subgraph_count = 2;
  g.subgraphs[1] = (ln_model_subgraph){"", g.tensors[1], 0, g.nodes[1], 0, {NULL, 0}, {NULL, 0}};
  for (int k = 0; k < 2; ++k) graph_tensor(&g, 1, SCHEMA_FLOAT32, 1);
  graph_node(&g, 1, "add1", LIST(0), LIST(1));
  graph_ends(&g, 1, LIST(0), LIST(1));
  ln_interpreter* i = create_ready();
  floats(i, 0)[3] = 5;
  CHECK(ln_interpreter_invoke(i, 0) == kTfLiteOk && floats(i, 2)[3] == 7);
  CHECK(ln_interpreter_subgraph_count(i) == 2 && ln_interpreter_tensor(i, 1, 1)->dims->data[0] == 4);
  LinnetMemory memory = {0};
  CHECK(ln_interpreter_memory(i, &memory) == kTfLiteOk && memory.arena_bytes == 192 + 128);
  finish(i);

  make_chain("self", 1, 4);
  i = create_ready();
  CHECK(ln_interpreter_invoke(i, 0) == kTfLiteError && said("cannot be resized while the subgraph runs"));
  finish(i);
}

static void test_backend(void) {
  static const float kWeights[2] = {1, 2};
  graph_begin(&g, 1);
  graph_tensor(&g, 0, SCHEMA_FLOAT32, 2);
  graph_constant(&g, 0, kWeights, 2);
  for (int k = 0; k < 2; ++k) graph_tensor(&g, 0, SCHEMA_FLOAT32, 300);
  graph_node(&g, 0, "backend", LIST(0, 1), LIST(2));
  graph_node(&g, 0, "parallel", LIST(0), LIST(3));
  graph_ends(&g, 0, LIST(0), LIST(2, 3));
  ln_interpreter* i = create_ready();
  CHECK(ln_interpreter_tensor(i, 0, 1)->allocation_type == kTfLiteMmapRo && floats(i, 1) == kWeights);
  CHECK(ln_interpreter_set_profiling(i, true) == kTfLiteOk && ln_interpreter_profile_count(i) == 0);
  for (int k = 0; k < 3; ++k) CHECK(ln_interpreter_invoke(i, 0) == kTfLiteOk && backend_faults == 0);
  LinnetProfileEntry entry = {.name = "", .detail = ""};
  CHECK(ln_interpreter_profile_count(i) == 2 && ln_interpreter_profile_entry(i, 0, &entry) == kTfLiteOk);
  CHECK(strcmp(entry.name, "backend") == 0 && strcmp(entry.detail, "a_kernel") == 0 && entry.calls == 3);
  CHECK(entry.total_ns >= entry.max_ns && entry.max_ns >= entry.min_ns);
  CHECK(ln_interpreter_profile_entry(i, 2, &entry) == kTfLiteError &&
        ln_interpreter_profile_entry(i, -1, &entry) == kTfLiteError);
  LinnetMemory memory = {0};
  CHECK(ln_interpreter_memory(i, &memory) == kTfLiteOk && memory.packed_bytes == 10);
  ln_interpreter_delete(i);
  ln_interpreter_config config = config_for(&msgs);
  config.num_threads = 4;
  i = ln_interpreter_create(g.model, &config);
  CHECK(ln_interpreter_allocate(i, 0) == kTfLiteOk);
  for (int k = 0; k < 20; ++k) CHECK(ln_interpreter_invoke(i, 0) == kTfLiteOk && floats(i, 3)[299] == 299);
  finish(i);
}

static void test_custom_allocation(void) {
  static _Alignas(64) float memory[2][64];
  make_chain("add1_shared", 3, 16);
  ln_interpreter* i = create();
  TfLiteCustomAllocation a = {memory[0], 64}, b = {memory[1], 64}, crooked = {memory[0] + 1, 64},
                         small = {memory[0], 60};
  CHECK(ln_interpreter_set_custom_allocation(i, 0, 9, &a, 0) == kTfLiteError);
  CHECK(ln_interpreter_set_custom_allocation(i, 0, 0, &crooked, 0) == kTfLiteError && said("multiple of 64"));
  CHECK(ln_interpreter_set_custom_allocation(i, 0, 0, &small, 0) == kTfLiteOk);
  CHECK(ln_interpreter_allocate(i, 0) == kTfLiteError && said("Custom allocation is too small for tensor idx: 0"));
  CHECK(ln_interpreter_set_custom_allocation(i, 0, 0, &a, 0) == kTfLiteOk);
  CHECK(ln_interpreter_set_custom_allocation(i, 0, 3, &b, 0) == kTfLiteOk &&
        ln_interpreter_allocate(i, 0) == kTfLiteOk);
  memory[0][2] = 4;
  CHECK(ln_interpreter_invoke(i, 0) == kTfLiteOk && memory[1][2] == 7 && floats(i, 0) == memory[0]);
  CHECK(ln_interpreter_set_custom_allocation(i, 0, 0, &b, 0) == kTfLiteOk);
  CHECK(ln_interpreter_set_custom_allocation(i, 0, 3, &a, 0) == kTfLiteOk);
  CHECK(ln_interpreter_invoke(i, 0) == kTfLiteOk && memory[0][2] == 10); /* other buffers without another allocation */
  CHECK(ln_interpreter_resize_input(i, 0, 0, 1, (int[]){17}) == kTfLiteOk &&
        ln_interpreter_allocate(i, 0) == kTfLiteError);
  CHECK(ln_interpreter_invoke(i, 0) == kTfLiteError);
  finish(i);
}

static void test_limit(void) {
  make_chain("add1", 3, 1000);
  ln_interpreter_config config = config_for(&msgs);
  config.memory_limit_bytes = 8000;
  ln_interpreter* i = ln_interpreter_create(g.model, &config);
  CHECK(ln_interpreter_allocate(i, 0) == kTfLiteError && said("the memory limit is 8000"));
  CHECK(ln_interpreter_resize_input(i, 0, 0, 1, (int[]){500}) == kTfLiteOk &&
        ln_interpreter_allocate(i, 0) == kTfLiteOk);
  CHECK(ln_interpreter_invoke(i, 0) == kTfLiteOk);
  ln_interpreter_delete(i);
  config.memory_limit_bytes = 0;
  config.plan_only = true;
  i = ln_interpreter_create(g.model, &config);
  LinnetMemory memory = {0};
  CHECK(ln_interpreter_allocate(i, 0) == kTfLiteOk && ln_interpreter_memory(i, &memory) == kTfLiteOk);
  CHECK(memory.arena_bytes == 3 * 4032 && floats(i, 0) == NULL && ln_interpreter_invoke(i, 0) == kTfLiteError);
  finish(i);

  make_chain("grow", 1, 1);
  config = config_for(&msgs);
  config.memory_limit_bytes = 8000;
  i = ln_interpreter_create(g.model, &config);
  CHECK(ln_interpreter_allocate(i, 0) == kTfLiteOk);
  floats(i, 0)[0] = 1e6f;
  CHECK(ln_interpreter_invoke(i, 0) == kTfLiteError && said("the memory limit is 8000"));
  floats(i, 0)[0] = 100;
  CHECK(ln_interpreter_invoke(i, 0) == kTfLiteOk && floats(i, 1)[99] == 99);
  finish(i);
}

/* Two nodes over tensors 0 … 4, and what the allocation must say; NULL: it works. */
static void hostile(const char* op, const int32_t* in0, const int32_t* out0, const int32_t* in1, const int32_t* out1,
                    const int32_t* inputs, const int32_t* outputs, const char* message) {
  graph_begin(&g, 1);
  for (int k = 0; k < 5; ++k) graph_tensor(&g, 0, SCHEMA_FLOAT32, 4 * (k + 1));
  graph_variable(&g, 0, SCHEMA_FLOAT32, 4);
  graph_node(&g, 0, op, in0, out0);
  graph_node(&g, 0, op, in1, out1);
  graph_ends(&g, 0, inputs, outputs);
  ln_interpreter* i = create();
  const TfLiteStatus status = i != NULL ? ln_interpreter_allocate(i, 0) : kTfLiteError;
  CHECK((status == kTfLiteOk) == (message == NULL));
  if (message != NULL) CHECK(said(message));
  if (message == NULL && status != kTfLiteOk) printf("  said: %s\n", msgs.text);
  if (i != NULL) ln_interpreter_invoke(i, 0);
  finish(i);
}

static void test_hostile(void) {
  hostile("add1", LIST(0), LIST(1), LIST(1), LIST(2), LIST(0), LIST(2, 2, 0), NULL);
  hostile("add1", LIST(0), LIST(0), LIST(0), LIST(1), LIST(0), LIST(1), "reads it too");
  hostile("add1", LIST(1), LIST(2), LIST(0), LIST(1), LIST(0), LIST(2), "comes after a reader");
  hostile("add1", LIST(5), LIST(5), LIST(0), LIST(1), LIST(0), LIST(1), "reads it too");
  hostile("add1", LIST(5), LIST(1), LIST(0), LIST(5), LIST(0), LIST(1), NULL);
  hostile("add1", LIST(0), LIST(1), LIST(1), LIST(0), LIST(0), LIST(1), NULL);
  /* Written by a node behind its reader, in another shape. */
  hostile("add1", LIST(5), LIST(1), LIST(4), LIST(5), LIST(4), LIST(1), "its shape cannot change");
  hostile("add1", LIST(0), LIST(1), LIST(4), LIST(0), LIST(0, 4), LIST(1), "its shape cannot change");
  hostile("widen", LIST(0), LIST(1), LIST(1), LIST(2), LIST(0), LIST(2), "its shape cannot change");
  hostile("add1_shared", LIST(3), LIST(0), LIST(0), LIST(1), LIST(0), LIST(1), NULL);
  hostile("add1", LIST(0), LIST(1), LIST(1), LIST(2), LIST(0), LIST(4), NULL);
  hostile("add1", NONE, LIST(1), LIST(1), LIST(2), LIST(0), LIST(2), "inputs");

  hostile("add1", LIST(0), LIST(1), LIST(0), LIST(1), LIST(0), LIST(1), "and by another one");
  hostile("add1", LIST(0), LIST(1, 1), LIST(1), LIST(2), LIST(0), LIST(2), "and by another one");

  /* An output that nobody writes is zeros, in memory of its own. */
  make_chain("add1", 3, 16);
  const int32_t unwritten = graph_tensor(&g, 0, SCHEMA_FLOAT32, 16);
  graph_ends(&g, 0, LIST(0), LIST(3, unwritten));
  ln_interpreter* i = create_ready();
  CHECK(ln_interpreter_invoke(i, 0) == kTfLiteOk && floats(i, unwritten)[0] == 0 && floats(i, unwritten)[15] == 0);
  finish(i);

  make_chain("copy_later", 1, 16);
  i = create_ready();
  CHECK(ln_interpreter_invoke(i, 0) == kTfLiteError && said("cannot change its shape while the node runs"));
  CHECK(ln_interpreter_tensor(i, 0, 1)->dims->data[0] == 16 && floats(i, 1) != NULL);
  finish(i);

  /* No nodes, no tensors; an input that is a constant can be written. */
  graph_begin(&g, 1);
  i = create_ready();
  CHECK(ln_interpreter_invoke(i, 0) == kTfLiteOk);
  finish(i);
  graph_begin(&g, 1);
  graph_tensor(&g, 0, SCHEMA_FLOAT32, 3);
  graph_tensor(&g, 0, SCHEMA_FLOAT32, 3);
  graph_ends(&g, 0, LIST(0, 1), LIST(1, 0));
  i = create_ready();
  CHECK(floats(i, 0) != NULL && floats(i, 1) != NULL && floats(i, 0) != floats(i, 1));
  finish(i);
  static const float kData[2] = {1, 2};
  graph_begin(&g, 1);
  graph_constant(&g, 0, kData, 2);
  graph_tensor(&g, 0, SCHEMA_FLOAT32, 2);
  graph_tensor(&g, 0, SCHEMA_FLOAT32, 0);
  graph_node(&g, 0, "add1", LIST(0), LIST(1));
  graph_ends(&g, 0, LIST(0), LIST(1));
  i = create_ready();
  CHECK(floats(i, 0) != kData && ln_interpreter_tensor(i, 0, 0)->allocation_type == kTfLiteCustom);
  floats(i, 0)[0] = 8;
  CHECK(ln_interpreter_invoke(i, 0) == kTfLiteOk && floats(i, 1)[0] == 9 && floats(i, 1)[1] == 3);
  CHECK(ln_interpreter_tensor(i, 0, 2)->allocation_type == kTfLiteMmapRo && floats(i, 2) != NULL);
  finish(i);
}

static void test_strings(void) {
  graph_begin(&g, 1);
  graph_tensor(&g, 0, SCHEMA_STRING, 1);
  graph_tensor(&g, 0, SCHEMA_STRING, 1);
  graph_node(&g, 0, "text", LIST(0), LIST(1));
  graph_ends(&g, 0, LIST(0), LIST(1));
  ln_interpreter* i = create_ready();
  CHECK(ln_interpreter_tensor(i, 0, 0)->allocation_type == kTfLiteDynamic);
  CHECK(ln_interpreter_invoke(i, 0) == kTfLiteOk && ln_interpreter_tensor(i, 0, 1)->bytes == 12);
  CHECK(ln_interpreter_allocate(i, 0) == kTfLiteOk && ln_interpreter_invoke(i, 0) == kTfLiteOk);
  finish(i);
}

/* After the allocation an invoke of a static graph takes no memory. */
static void test_no_allocation(void) {
  count_allocations(true);
  make_chain("mix", 6, 33);
  ln_interpreter* i = create_ready();
  CHECK(ln_interpreter_invoke(i, 0) == kTfLiteOk);
  const long calls = counts.calls;
  for (int k = 0; k < 10; ++k) CHECK(ln_interpreter_invoke(i, 0) == kTfLiteOk);
  CHECK(counts.calls == calls);
  finish(i);
  CHECK(counts.live == 0);
  count_allocations(false);
}

/* go-tflite's reporter passes the va_list itself on as an argument: it must find nothing to format. */
static char misused[256];
static void misusing_report(void* user_data, const char* format, va_list args) {
  (void)user_data, (void)args;
  snprintf(misused, sizeof misused, format, "nonsense");
}

static void test_reporter(void) {
  const ln_reporter reporter = {misusing_report, NULL};
  ln_report(&reporter, "%d%% of %s", 7, "%s%n");
  CHECK(strcmp(misused, "7% of %s%n") == 0 && strcmp(ln_last_error(), "7% of %s%n") == 0);
  ln_report_more(&reporter, "more");
  CHECK(strcmp(misused, "more") == 0 && strcmp(ln_last_error(), "7% of %s%n") == 0);
}

int main(void) {
  test_chain();
  test_in_place();
  test_random_graphs();
  test_dynamic();
  test_dynamic_failure();
  test_state();
  test_persistent();
  test_errors();
  test_giving_up();
  test_cancel_from_another_thread();
  test_threads();
  test_subgraphs();
  test_backend();
  test_custom_allocation();
  test_limit();
  test_hostile();
  test_strings();
  test_no_allocation();
  test_reporter();
  CHECK(live_kernels == 0);
  return check_report();
}
