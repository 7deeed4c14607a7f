/* Runs changed models through the whole library: load, create, allocate, fill, invoke, resize, delete. Nothing of what
 * a model says may crash, hang, leak or read outside; refusing is right. Uses the public interface; the mutator looks
 * into the schema.
 *
 *   fuzz_models [--count N] [--seed S] [--jobs J] [--filter TEXT] [--stubs 0|1]
 *                                                                   run N mutants
 *   fuzz_models --replay SEED INDEX [FILE]                          run one in this process, and write it to FILE
 *
 * Each job is a process of its own, started again behind a mutant that kills it. A mutant that takes longer than 20
 * seconds counts as a hang. LINNET_SHARED names the folder with the models (default ../shared). */
#include <dirent.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "golden/golden.h"
#include "linnet/linnet.h"
#include "model/verify.h"
#include "mutate.h"
#include "stub_ops.h"
#include "tensorflow/lite/c/c_api.h"
#include "tensorflow/lite/c/c_api_experimental.h"

enum { MAX_SEEDS = 4096, MAX_JOBS = 16, HANG_SECONDS = 20, SMALL_BYTES = 100000, BIG_BYTES = 500000 };
static const size_t kMemoryLimit = (size_t)256 << 20, kBlockLimit = (size_t)512 << 20;

typedef struct seed_model {
  char name[256];
  const unsigned char* data;
  size_t size_bytes;
} seed_model;

static seed_model seeds[3][MAX_SEEDS]; /* operators' cases, small models, larger ones */
static int seed_counts[3];

static bool use_stubs; /* operators that check memory instead of the library's own */

/* What a job has done; shared with the process that watches it. */
typedef struct job {
  volatile uint64_t index; /* of the mutant at work */
  uint64_t first;          /* of this process */
  volatile double started; /* when it began; 0: none */
  uint64_t next, end;
  uint64_t well_formed, loaded, created, prepared, invoked, crashed, hung;
  char text[2048]; /* model and changes of the mutant at work */
} job;

/* ---- Models to start from ---- */

static void add_seed(const char* name, const unsigned char* data, size_t size_bytes, bool is_case) {
  char reason[256];
  const int list = is_case ? 0 : size_bytes <= SMALL_BYTES ? 1 : 2;
  if (size_bytes > BIG_BYTES || seed_counts[list] == MAX_SEEDS ||
      !ln_verify_structure(data, size_bytes, false, reason, sizeof reason))
    return;
  seed_model* s = &seeds[list][seed_counts[list]++];
  snprintf(s->name, sizeof s->name, "%.255s", name);
  s->data = data;
  s->size_bytes = size_bytes;
}

static void add_case(const golden_case* c, void* arg) {
  const char* filter = arg;
  if (strstr(c->name, filter) != NULL) add_seed(c->name, c->model, c->model_bytes, true);
}

static int by_name(const void* a, const void* b) {
  return strcmp(((const seed_model*)a)->name, ((const seed_model*)b)->name);
}

static void add_folder(const char* folder, const char* filter) {
  DIR* dir = opendir(folder);
  if (dir == NULL) return;
  for (struct dirent* entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
    char path[1024];
    size_t size_bytes;
    if (entry->d_name[0] == '.') continue;
    snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
    if (strstr(entry->d_name, ".tflite") == NULL) {
      add_folder(path, filter);
    } else if (strstr(path, filter) != NULL) {
      const unsigned char* data = golden_file(path, &size_bytes);
      if (data != NULL)
        add_seed(strstr(path, "models/") != NULL ? strstr(path, "models/") : path, data, size_bytes, false);
    }
  }
  closedir(dir);
}

static void add_seeds(const char* shared, const char* filter) {
  char folder[1024];
  snprintf(folder, sizeof folder, "%s/models/models", shared);
  add_folder(folder, filter);
  golden_read_ops(shared, filter, add_case, (void*)(uintptr_t)filter);
  for (int i = 0; i < 3; ++i) qsort(seeds[i], (size_t)seed_counts[i], sizeof seeds[i][0], by_name);
}

static const seed_model* pick_seed(fuzz_random* r) {
  const uint32_t draw = fuzz_below(r, 100);
  int list = draw < 70 ? 0 : draw < 97 ? 1 : 2;
  while (seed_counts[list] == 0) list = (list + 1) % 3;
  return &seeds[list][fuzz_below(r, (uint32_t)seed_counts[list])];
}

/* ---- Running one ---- */

static void silent(void* user_data, const char* format, va_list args) { (void)user_data, (void)format, (void)args; }

/* Blocks that are out, and how many more may be taken before one is refused. */
static atomic_llong live_blocks, blocks_left;

static void* bounded_allocate(void* user_data, size_t size_bytes) {
  (void)user_data;
  if (size_bytes > kBlockLimit || atomic_fetch_sub(&blocks_left, 1) == 0) return NULL;
  void* block = malloc(size_bytes);
  if (block != NULL) atomic_fetch_add(&live_blocks, 1);
  return block;
}

static void* bounded_reallocate(void* user_data, void* block, size_t size_bytes) {
  (void)user_data;
  if (block == NULL) return bounded_allocate(NULL, size_bytes);
  return size_bytes <= kBlockLimit && atomic_fetch_sub(&blocks_left, 1) != 0 ? realloc(block, size_bytes) : NULL;
}

static void counted_free(void* user_data, void* block) {
  (void)user_data;
  if (block != NULL) atomic_fetch_sub(&live_blocks, 1);
  free(block);
}

static void fill_strings(fuzz_random* r, TfLiteTensor* tensor) {
  int64_t count = 1;
  for (int i = 0; i < TfLiteTensorNumDims(tensor) && count < 1000; ++i) count *= TfLiteTensorDim(tensor, i);
  if (count < 0 || count >= 1000) return;
  const size_t bytes = 4 * ((size_t)count + 2) + 3 * (size_t)count;
  if (TfLiteTensorRealloc(bytes, tensor) != kTfLiteOk || TfLiteTensorData(tensor) == NULL) return;
  char* block = calloc(1, bytes);
  int32_t* header = (int32_t*)(void*)block;
  header[0] = (int32_t)count;
  for (int64_t i = 0; i <= count; ++i) header[1 + i] = (int32_t)(4 * (count + 2) + 3 * i);
  for (size_t i = 4 * ((size_t)count + 2); i < bytes; ++i) block[i] = (char)('a' + fuzz_below(r, 26));
  TfLiteTensorCopyFromBuffer(tensor, block, bytes);
  free(block);
}

static void fill_input(fuzz_random* r, TfLiteTensor* tensor) {
  static const float kFloats[] = {0, 1, -1, 0.5f, 1e30f, -1e30f, 1e-40f};
  if (tensor == NULL) return;
  if (TfLiteTensorType(tensor) == kTfLiteString) {
    fill_strings(r, tensor);
    return;
  }
  const size_t bytes = TfLiteTensorByteSize(tensor);
  if (TfLiteTensorData(tensor) == NULL || bytes == 0 || bytes > kMemoryLimit) return;
  unsigned char* block = malloc(bytes);
  if (block == NULL) return;
  const TfLiteType type = TfLiteTensorType(tensor);
  const bool small = fuzz_below(r, 4) != 0;
  for (size_t i = 0; i < bytes; ++i)
    block[i] = (unsigned char)(type == kTfLiteBool ? fuzz_below(r, 2) : small ? 0 : fuzz_next(r));
  if (type == kTfLiteFloat32)
    for (size_t i = 0; i + 4 <= bytes; i += 4) {
      const float value = small ? (float)fuzz_below(r, 2000) / 500 - 2 : kFloats[fuzz_below(r, 7)];
      memcpy(block + i, &value, 4);
    }
  else if (small && (type == kTfLiteInt32 || type == kTfLiteInt64 || type == kTfLiteInt16))
    for (size_t i = 0; i + 8 <= bytes; i += type == kTfLiteInt64 ? 8 : type == kTfLiteInt32 ? 4 : 2)
      block[i] = (unsigned char)fuzz_below(r, 4);
  TfLiteTensorCopyFromBuffer(tensor, block, bytes);
  free(block);
}

static void touch_output(const TfLiteTensor* tensor) {
  if (tensor == NULL) return;
  const unsigned char* data = TfLiteTensorData(tensor);
  const size_t bytes = TfLiteTensorByteSize(tensor);
  unsigned sum = 0;
  for (size_t i = 0; data != NULL && i < bytes; ++i) sum += data[i];
  static volatile unsigned sink;
  sink += sum;
}

static void resize_some(fuzz_random* r, TfLiteInterpreter* interpreter, int32_t inputs) {
  const int32_t input = (int32_t)fuzz_below(r, (uint32_t)inputs);
  const TfLiteTensor* tensor = TfLiteInterpreterGetInputTensor(interpreter, input);
  if (tensor == NULL || TfLiteTensorNumDims(tensor) > 8) return;
  int dims[8];
  const int rank = TfLiteTensorNumDims(tensor);
  for (int i = 0; i < rank; ++i) dims[i] = fuzz_below(r, 3) != 0 ? TfLiteTensorDim(tensor, i) : (int)fuzz_below(r, 6);
  if (fuzz_below(r, 16) == 0 && rank > 0) dims[fuzz_below(r, (uint32_t)rank)] = (int)fuzz_next(r);
  TfLiteInterpreterResizeInputTensor(interpreter, input, dims, fuzz_below(r, 8) == 0 && rank > 0 ? rank - 1 : rank);
}

static void use_signature(fuzz_random* r, TfLiteInterpreter* interpreter) {
  TfLiteSignatureRunner* runner =
      TfLiteInterpreterGetSignatureRunner(interpreter, TfLiteInterpreterGetSignatureKey(interpreter, 0));
  if (runner == NULL) return;
  if (TfLiteSignatureRunnerAllocateTensors(runner) == kTfLiteOk) {
    for (size_t i = 0; i < TfLiteSignatureRunnerGetInputCount(runner); ++i)
      fill_input(r, TfLiteSignatureRunnerGetInputTensor(runner, TfLiteSignatureRunnerGetInputName(runner, (int32_t)i)));
    if (TfLiteSignatureRunnerInvoke(runner) == kTfLiteOk)
      for (size_t i = 0; i < TfLiteSignatureRunnerGetOutputCount(runner); ++i)
        touch_output(
            TfLiteSignatureRunnerGetOutputTensor(runner, TfLiteSignatureRunnerGetOutputName(runner, (int32_t)i)));
  }
  TfLiteSignatureRunnerDelete(runner);
}

/* Asks a model for all that it says. */
static void ask_model(const TfLiteModel* model) {
  LinnetModelInfo info = {0};
  if (LinnetModelGetInfo(model, &info) != kTfLiteOk) return;
  for (int32_t s = 0; s < info.subgraph_count; ++s) {
    LinnetSubgraphInfo subgraph = {0};
    LinnetModelGetSubgraph(model, s, &subgraph);
    for (int32_t i = -1; i <= subgraph.tensor_count; ++i) {
      LinnetTensorInfo tensor = {0};
      LinnetModelGetTensor(model, s, i, &tensor);
    }
    for (int32_t i = -1; i <= subgraph.operator_count; ++i) {
      LinnetOperatorInfo op = {0};
      LinnetModelGetOperator(model, s, i, &op);
    }
  }
  for (int32_t i = -1; i <= info.signature_count; ++i) {
    LinnetSignatureInfo signature = {0};
    const char* name;
    int32_t tensor;
    LinnetModelGetSignature(model, i, &signature);
    LinnetModelGetSignatureTensor(model, i, false, 0, &name, &tensor);
  }
  for (int32_t i = -1; i <= info.metadata_count; ++i) {
    const char* name;
    const void* data;
    size_t size_bytes;
    LinnetModelGetMetadata(model, i, &name, &data, &size_bytes);
  }
}

/* Asks an interpreter for what it knows of itself. */
static void ask_interpreter(const TfLiteInterpreter* interpreter, int32_t tensors) {
  LinnetMemory memory = {0};
  LinnetInterpreterGetMemory(interpreter, &memory);
  for (int32_t i = -1; i <= tensors; ++i) {
    LinnetPlacement placement;
    LinnetInterpreterGetPlacement(interpreter, 0, i, &placement);
    const TfLiteTensor* tensor = TfLiteInterpreterGetTensor(interpreter, i);
    if (tensor != NULL && TfLiteTensorName(tensor) != NULL) (void)strlen(TfLiteTensorName(tensor));
  }
  for (int32_t i = 0; i < LinnetInterpreterGetProfileCount(interpreter); ++i) {
    LinnetProfileEntry entry;
    LinnetInterpreterGetProfileEntry(interpreter, i, &entry);
  }
}

static void run_interpreter(fuzz_random* r, TfLiteInterpreter* interpreter, job* j) {
  const int32_t inputs = TfLiteInterpreterGetInputTensorCount(interpreter);
  bool prepared = false, invoked = false;
  if (fuzz_below(r, 8) == 0) LinnetInterpreterSetProfiling(interpreter, true);
  for (uint32_t round = 0, rounds = 1 + fuzz_below(r, 3); round < rounds; ++round) {
    if (TfLiteInterpreterAllocateTensors(interpreter) != kTfLiteOk) break;
    prepared = true;
    for (int32_t i = 0; i < inputs; ++i) fill_input(r, TfLiteInterpreterGetInputTensor(interpreter, i));
    if (TfLiteInterpreterInvoke(interpreter) == kTfLiteOk) {
      invoked = true;
      for (int32_t i = 0; i < TfLiteInterpreterGetOutputTensorCount(interpreter); ++i)
        touch_output(TfLiteInterpreterGetOutputTensor(interpreter, i));
    }
    if (fuzz_below(r, 2) != 0 && inputs > 0) resize_some(r, interpreter, inputs);
  }
  if (fuzz_below(r, 8) == 0) TfLiteInterpreterResetVariableTensors(interpreter);
  if (fuzz_below(r, 4) == 0 && TfLiteInterpreterGetSignatureCount(interpreter) > 0) use_signature(r, interpreter);
  if (fuzz_below(r, 4) == 0) ask_interpreter(interpreter, 1000);
  j->prepared += prepared;
  j->invoked += invoked;
}

static void run_model(fuzz_random* r, const void* data, size_t size_bytes, job* j) {
  const LinnetModelOptions model_options = {
      sizeof model_options, fuzz_below(r, 2) != 0 ? kLinnetVerifyStrict : kLinnetVerifyFast, silent, NULL};
  TfLiteModel* model = LinnetModelCreate(data, size_bytes, &model_options);
  if (model == NULL) return;
  ++j->loaded;
  TfLiteInterpreterOptions* options = TfLiteInterpreterOptionsCreate();
  TfLiteInterpreterOptionsSetErrorReporter(options, silent, NULL);
  TfLiteInterpreterOptionsSetNumThreads(options, fuzz_below(r, 8) == 0 ? 2 : 1);
  LinnetInterpreterOptionsSetInvokeTimeout(options, 500);
  LinnetInterpreterOptionsSetMemoryLimit(options, kMemoryLimit);
  if (fuzz_below(r, 8) == 0) LinnetInterpreterOptionsSetPreserveAllTensors(options, true);
  if (use_stubs) stub_ops_use(options);
  if (fuzz_below(r, 4) == 0) ask_model(model);
  LinnetMemory memory;
  if (fuzz_below(r, 8) == 0) LinnetModelPlanMemory(model, options, &memory);
  stub_ops_forget();
  TfLiteInterpreter* interpreter = TfLiteInterpreterCreate(model, options);
  TfLiteInterpreterOptionsDelete(options);
  TfLiteModelDelete(model);
  if (interpreter != NULL) {
    ++j->created;
    run_interpreter(r, interpreter, j);
  }
  TfLiteInterpreterDelete(interpreter);
}

/* The bytes at the end of a read-only mapping, so that a write to them, or a read behind them, ends the process. */
typedef struct guarded {
  unsigned char *mapping, *data;
  size_t mapping_bytes, size_bytes;
} guarded;

static guarded guard(size_t size_bytes) {
  const size_t page = (size_t)sysconf(_SC_PAGESIZE), whole = (size_bytes + page - 1) / page * page;
  guarded g = {NULL, NULL, whole + page, size_bytes};
  g.mapping = mmap(NULL, g.mapping_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (g.mapping == MAP_FAILED || mprotect(g.mapping + whole, page, PROT_NONE) != 0) exit(1);
  g.data = g.mapping + whole - size_bytes;
  return g;
}

/* Makes the mutant. Its model and changes go into `text`. */
static guarded make_mutant(uint64_t seed, uint64_t index, fuzz_random* r, char* text, size_t text_size) {
  r->state = seed * 0x100000001b3u ^ (index + 1) * 0x9e3779b97f4a7c15u;
  const seed_model* s = pick_seed(r);
  const guarded g = guard(s->size_bytes);
  memcpy(g.data, s->data, s->size_bytes);
  const int used = snprintf(text, text_size, "%s: ", s->name);
  fuzz_mutate(g.data, s->size_bytes, r, text + used, text_size - (size_t)used);
  if (mprotect(g.mapping, g.mapping_bytes - (size_t)sysconf(_SC_PAGESIZE), PROT_READ) != 0) exit(1);
  return g;
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void save(const guarded* g, const char* path) {
  FILE* file = fopen(path, "wb");
  if (file == NULL || fwrite(g->data, 1, g->size_bytes, file) != g->size_bytes)
    fprintf(stderr, "%s: not written\n", path);
  if (file != NULL) fclose(file);
}

static void run_mutant(uint64_t seed, uint64_t index, job* j, const char* save_to) {
  fuzz_random r;
  char reason[256];
  const guarded g = make_mutant(seed, index, &r, j->text, sizeof j->text);
  if (save_to != NULL) {
    save(&g, save_to);
    printf("%s\n", j->text);
  }
  j->started = now();
  j->well_formed += ln_verify_structure(g.data, g.size_bytes, false, reason, sizeof reason);
  const long long live = atomic_load(&live_blocks);
  atomic_store(&blocks_left, fuzz_below(&r, 16) == 0 ? (long long)fuzz_below(&r, 300) : -1);
  run_model(&r, g.data, g.size_bytes, j);
  /* What stays after the first mutants of a process are leaks. */
  if (j->index - j->first > 20 && atomic_load(&live_blocks) > live) {
    fprintf(stderr, "%lld blocks were not freed\n", atomic_load(&live_blocks) - live);
    abort();
  }
  j->started = 0;
  munmap(g.mapping, g.mapping_bytes);
}

/* ---- Jobs ---- */

static void work(uint64_t seed, job* j) {
  j->first = j->next;
  while (j->next < j->end) {
    j->index = j->next++;
    run_mutant(seed, j->index, j, NULL);
  }
  exit(0);
}

static pid_t start(uint64_t seed, job* j) {
  fflush(NULL);
  const pid_t pid = fork();
  if (pid == 0) work(seed, j);
  return pid;
}

/* Looks after the jobs until all have ended. */
static void watch(uint64_t seed, job* jobs, int count) {
  pid_t pids[MAX_JOBS];
  for (int i = 0; i < count; ++i) pids[i] = start(seed, &jobs[i]);
  int running = count;
  for (int turn = 1; running > 0; ++turn) {
    usleep(50000);
    for (int i = 0; i < count; ++i) {
      job* j = &jobs[i];
      int status;
      if (pids[i] == 0) continue;
      const double started = j->started;
      const bool hangs = started != 0 && now() - started > HANG_SECONDS;
      if (hangs) kill(pids[i], SIGKILL);
      if (waitpid(pids[i], &status, hangs ? 0 : WNOHANG) != pids[i]) continue;
      const bool ended = WIFEXITED(status) && WEXITSTATUS(status) == 0;
      if (!ended) {
        printf("FAIL %s: --replay %llu %llu: %s\n", hangs ? "hang" : "crash", (unsigned long long)seed,
               (unsigned long long)j->index, j->text);
        fflush(stdout);
        j->hung += hangs;
        j->crashed += !hangs;
        j->started = 0;
      }
      pids[i] = ended ? 0 : start(seed, j);
      running -= ended;
    }
    if (turn % 600 != 0) continue;
    uint64_t done = 0;
    for (int i = 0; i < count; ++i) done += jobs[i].index;
    fprintf(stderr, "… %llu\n", (unsigned long long)done);
  }
}

static int fuzz(uint64_t seed, uint64_t count, int job_count) {
  job* jobs = mmap(NULL, sizeof(job) * MAX_JOBS, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (jobs == MAP_FAILED) return 1;
  for (int i = 0; i < job_count; ++i) {
    jobs[i].next = count * (uint64_t)i / (uint64_t)job_count;
    jobs[i].end = count * (uint64_t)(i + 1) / (uint64_t)job_count;
  }
  watch(seed, jobs, job_count);
  job sum = {0};
  for (int i = 0; i < job_count; ++i) {
    sum.well_formed += jobs[i].well_formed;
    sum.loaded += jobs[i].loaded;
    sum.created += jobs[i].created;
    sum.prepared += jobs[i].prepared;
    sum.invoked += jobs[i].invoked;
    sum.crashed += jobs[i].crashed;
    sum.hung += jobs[i].hung;
  }
  printf("%llu well formed, %llu loaded, %llu created, %llu prepared, %llu invoked, %llu crashed, %llu hung\n",
         (unsigned long long)sum.well_formed, (unsigned long long)sum.loaded, (unsigned long long)sum.created,
         (unsigned long long)sum.prepared, (unsigned long long)sum.invoked, (unsigned long long)sum.crashed,
         (unsigned long long)sum.hung);
  const uint64_t failed = sum.crashed + sum.hung;
  printf("%llu passed, %llu failed, 0 skipped\n", (unsigned long long)(count - failed), (unsigned long long)failed);
  return failed != 0;
}

int main(int argc, char** argv) {
  static const LinnetAllocator kBounded = {NULL, bounded_allocate, bounded_reallocate, counted_free};
  uint64_t count = 20000, seed = 1;
  int jobs = 2;
  const char *filter = "", *shared = getenv("LINNET_SHARED");
  char** replay = NULL;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (strcmp(argv[i], "--count") == 0) count = strtoull(argv[i + 1], NULL, 10);
    if (strcmp(argv[i], "--seed") == 0) seed = strtoull(argv[i + 1], NULL, 10);
    if (strcmp(argv[i], "--jobs") == 0) jobs = atoi(argv[i + 1]);
    if (strcmp(argv[i], "--stubs") == 0) use_stubs = atoi(argv[i + 1]) != 0;
    if (strcmp(argv[i], "--filter") == 0) filter = argv[i + 1];
    if (strcmp(argv[i], "--replay") == 0 && i + 2 < argc) {
      replay = &argv[i + 1];
      break;
    }
  }
  if (jobs < 1 || jobs > MAX_JOBS) jobs = 2;
  add_seeds(shared != NULL ? shared : "../shared", filter);
  if (seed_counts[0] + seed_counts[1] + seed_counts[2] == 0) {
    printf("no models: set LINNET_SHARED\n0 passed, 0 failed, %llu skipped\n", (unsigned long long)count);
    return 0;
  }
  LinnetSetAllocator(&kBounded);
  if (replay == NULL) return fuzz(seed, count, jobs);
  static job alone;
  run_mutant(strtoull(replay[0], NULL, 10), strtoull(replay[1], NULL, 10), &alone, argc > 4 ? argv[4] : "/dev/null");
  return 0;
}
