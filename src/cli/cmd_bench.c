/* linnet bench: how long a model takes, and which operators take it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "json.h"
#include "profile.h"
#include "session.h"
#include "term.h"

typedef struct times {
  double* ns; /* owned, sorted */
  long long count;
  double mean;
} times;

static double now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int compare_doubles(const void* a, const void* b) {
  const double x = *(const double*)a, y = *(const double*)b;
  return (x > y) - (x < y);
}

static double at_share(const times* t, double share) {
  long long i = (long long)(share * (double)t->count);
  if (i >= t->count) i = t->count - 1;
  return t->ns[i];
}

static int measure(session* s, long long warmup, long long runs, bool profile, times* t) {
  int code = CLI_OK;
  t->ns = calloc((size_t)runs, sizeof *t->ns);
  if (t->ns == NULL) return cli_fail(CLI_FAILED, "no memory");
  for (long long i = 0; i < warmup && code == CLI_OK; ++i) code = session_invoke(s);
  if (profile) LinnetInterpreterSetProfiling(s->interpreter, true);
  for (; t->count < runs && code == CLI_OK; ++t->count) {
    const double start = now_ns();
    code = session_invoke(s);
    t->ns[t->count] = now_ns() - start;
    t->mean += t->ns[t->count] / (double)runs;
    if (t->count % 16 == 0) term_progress("running", t->count, runs);
  }
  term_progress("running", runs, runs);
  qsort(t->ns, (size_t)t->count, sizeof *t->ns, compare_doubles);
  return code;
}

static void print_table(const session* s, const times* t, const LinnetMemory* m, bool profile) {
  char a[32], b[32], c[32], d[32];
  printf("runs     %lld on %s\n", t->count, LinnetCpuInUse());
  printf("time     min %s  median %s  p90 %s  mean %s\n", term_time(t->ns[0], a, sizeof a),
         term_time(at_share(t, 0.5), b, sizeof b), term_time(at_share(t, 0.9), c, sizeof c),
         term_time(t->mean, d, sizeof d));
  printf("memory   activations %s  packed weights %s  weights in the file %s  peak %s\n",
         term_bytes((double)(m->arena_bytes + m->persistent_bytes + m->dynamic_bytes), a, sizeof a),
         term_bytes((double)m->packed_bytes, b, sizeof b), term_bytes((double)m->weight_bytes, c, sizeof c),
         term_bytes((double)m->peak_bytes, d, sizeof d));
  if (!profile) return;
  profile_print(s, t->count);
}

static void print_json(const session* s, const char* model, const times* t, const LinnetMemory* m, bool profile) {
  json_open_object(NULL);
  json_string("model", model);
  json_string("cpu", LinnetCpuInUse());
  json_integer("runs", t->count);
  json_number("min_ms", t->ns[0] / 1e6);
  json_number("median_ms", at_share(t, 0.5) / 1e6);
  json_number("p90_ms", at_share(t, 0.9) / 1e6);
  json_number("mean_ms", t->mean / 1e6);
  json_integer("arena_bytes", (int64_t)m->arena_bytes);
  json_integer("persistent_bytes", (int64_t)m->persistent_bytes);
  json_integer("packed_bytes", (int64_t)m->packed_bytes);
  json_integer("weight_bytes", (int64_t)m->weight_bytes);
  json_integer("peak_bytes", (int64_t)m->peak_bytes);
  if (profile) profile_print_json(s, t->count);
  json_close_object();
  json_end();
}

static int bench(const cli_args* args, session* s, long long warmup, long long runs) {
  times t = {0};
  LinnetMemory memory = {0};
  const bool profile = cli_has(args, "profile");
  int code = session_allocate(s);
  if (code == CLI_OK) session_fill_random(s, 0);
  if (code == CLI_OK) code = measure(s, warmup, runs, profile, &t);
  LinnetInterpreterGetMemory(s->interpreter, &memory);
  if (code == CLI_OK && cli_has(args, "json"))
    print_json(s, cli_operand(args, 0), &t, &memory, profile);
  else if (code == CLI_OK)
    print_table(s, &t, &memory, profile);
  free(t.ns);
  return code;
}

static int run(const cli_args* args) {
  long long threads, warmup, runs;
  session s;
  if (!cli_integer(args, "threads", 1, 256, 1, &threads) || !cli_integer(args, "warmup", 0, 1000000, 5, &warmup) ||
      !cli_integer(args, "runs", 1, 10000000, 50, &runs))
    return CLI_USAGE;
  const char* cpu = cli_value(args, "cpu");
  if (cpu != NULL && LinnetSetCpu(cpu) != kTfLiteOk)
    return cli_fail(CLI_USAGE, "--cpu is \"%s\"; this processor has: %s", cpu, LinnetCpuFeatures());
  const session_options options = {.threads = (int)threads,
                                   .signature = cli_value(args, "signature"),
                                   .weight_cache = cli_value(args, "weight-cache")};
  int code = session_open(cli_operand(args, 0), &options, &s);
  if (code == CLI_OK) code = bench(args, &s, warmup, runs);
  session_close(&s);
  return code;
}

static const cli_option kOptions[] = {
    {"warmup", "N", "runs that are not counted, first (5)"},
    {"runs", "N", "runs that are counted (50)"},
    {"threads", "N", "threads (1)"},
    {"weight-cache", "FILE", "keep packed weights in FILE, so that the next start is faster"},
    {"cpu", "SET", "use kernels of at most this instruction set: generic, avx2, ..."},
    {"profile", NULL, "time every node: tables by operator and by node"},
    {"signature", "KEY", "run this signature instead of the first subgraph"},
    {"json", NULL, "print JSON"},
    {NULL, NULL, NULL},
};

const cli_command cli_bench_command = {
    "bench",
    "measure time and memory, per operator if asked",
    "MODEL",
    "Runs a model on random inputs and prints the smallest, median, 90th percentile and mean time of a run, and the\n"
    "memory. With --profile each node is timed as well, which costs two looks at the clock a node.",
    "  linnet bench model.tflite\n"
    "  linnet bench model.tflite --threads 2 --profile\n"
    "  linnet bench model.tflite --cpu generic --json\n",
    kOptions,
    1,
    1,
    run,
};
