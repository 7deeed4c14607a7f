/* The k-th allocation of a conversion fails, for every k, over small sources of every kind (tests/data/convert): it
 * ends with an error and the destination as it was, or with the same bytes as ever; nothing is leaked, no temporary
 * file is left. Once with one allocation failing, once with all later ones too. Where there are very many allocations
 * some are picked, spread evenly. */
#include <stdlib.h>
#include <unistd.h>

#include "alloc/alloc_hook.h"
#include "check.h"
#include "linnet/convert.h"

enum { MOST_RUNS = 1500 };

typedef TfLiteStatus (*convert_function)(const char*, const char*, const LinnetConvertOptions*);

typedef struct subject {
  const char *source, *checkpoint;
  convert_function run;
  bool report;
} subject;

static const subject kSubjects[] = {
    {"tests/data/branch.tflite", NULL, LinnetOptimize, true},
    {"tests/data/convert/frozen.pb", NULL, LinnetConvert, false},
    {"tests/data/convert/graph.pbtxt", "tests/data/convert/variables.ckpt", LinnetConvert, false},
    {"tests/data/convert/graph.pbtxt", "tests/data/convert/variables.ckpt", LinnetFreeze, false},
    {"tests/data/convert/saved_model", NULL, LinnetConvert, true},
    {"tests/data/convert/small.keras", NULL, LinnetConvert, false},
    {"tests/data/convert/small.h5", NULL, LinnetConvert, false},
};

static char folder[] = "/tmp/linnet_alloc_XXXXXX", destination[64], report[64], partial[96];

typedef struct outcome {
  TfLiteStatus status;
  int errors; /* sentences that say why it failed */
  int misleading;
  char text[300];
} outcome;

static void said(void* user_data, LinnetSaid what, const char* text) {
  outcome* o = user_data;
  if (what != kLinnetSaidError && what != kLinnetSaidProblem) return;
  if (what == kLinnetSaidError) ++o->errors;
  if (strstr(text, "memory") == NULL && strstr(text, "allocat") == NULL) {
    if (o->misleading++ == 0) snprintf(o->text, sizeof o->text, "%s", text);
  }
}

static outcome convert(const subject* s) {
  outcome o = {kTfLiteOk, 0, 0, ""};
  LinnetConvertOptions options = {sizeof options, NULL,  NULL,  s->checkpoint, NULL, NULL,
                                  NULL,           NULL,  false, said,          &o,   s->report ? report : NULL,
                                  NULL,           false, false, false};
  o.status = s->run(s->source, destination, &options);
  return o;
}

/* A hash of the file, 0: there is none. */
static uint64_t hash_file(const char* path) {
  FILE* file = fopen(path, "rb");
  uint64_t hash = 14695981039346656037u;
  if (file == NULL) return 0;
  for (int c; (c = fgetc(file)) != EOF;) hash = (hash ^ (unsigned char)c) * 1099511628211u;
  fclose(file);
  return hash;
}

static void run_with(const subject* s, size_t k, bool go_on, uint64_t wanted) {
  remove(destination);
  const size_t blocks = alloc_state.blocks;
  alloc_hook_arm(k, go_on);
  const outcome o = convert(s);
  const size_t failed = alloc_state.failed;
  alloc_hook_arm(0, false);
  const uint64_t hash = hash_file(destination);
  bool ok = alloc_state.blocks == blocks && access(partial, F_OK) != 0;
  /* With a report the model is written before the page. */
  if (o.status == kTfLiteOk)
    ok = ok && hash == wanted && o.errors == 0;
  else
    ok = ok && failed > 0 && o.errors == 1 && o.misleading == 0 && (hash == 0 || (s->report && hash == wanted));
  if (!check_note(ok, __FILE__, __LINE__, s->source))
    printf(": allocation %zu%s: status %d, %d errors, %zu blocks more, file %s%s%s\n", k, go_on ? " and later" : "",
           (int)o.status, o.errors, alloc_state.blocks - blocks,
           hash == 0        ? "missing"
           : hash == wanted ? "as ever"
                            : "different",
           o.text[0] != 0 ? ": " : "", o.text);
}

static void check_subject(const subject* s) {
  alloc_hook_arm(0, false);
  const outcome o = convert(s);
  const size_t count = alloc_state.calls;
  const uint64_t wanted = hash_file(destination);
  if (o.status != kTfLiteOk && strstr(o.text, "cannot read") != NULL) {
    SKIP("this build lacks a library for one kind of source");
    return;
  }
  if (!CHECK(o.status == kTfLiteOk && wanted != 0)) return;
  const size_t step = count / MOST_RUNS + 1;
  for (size_t k = 1; k <= count; k += step) {
    run_with(s, k, false, wanted);
    run_with(s, k, true, wanted);
  }
  printf("%s: %zu allocations, every %zu. of them\n", s->source, count, step);
}

int main(void) {
  if (mkdtemp(folder) == NULL) return EXIT_FAILURE;
  snprintf(destination, sizeof destination, "%s/out", folder);
  snprintf(report, sizeof report, "%s/page", folder);
  snprintf(partial, sizeof partial, "%s.partial", destination);
  alloc_hook_install();
  for (size_t i = 0; i < sizeof kSubjects / sizeof kSubjects[0]; ++i) check_subject(&kSubjects[i]);
  remove(destination);
  remove(report);
  rmdir(folder);
  return check_report();
}
