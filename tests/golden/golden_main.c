/* golden: compares the library with the golden outputs of shared/models or shared/ops.
 *
 *   golden models|ops [--threads 1,2,4] [--filter TEXT] [--mistaken FILE] [--folder DIR]
 *
 * --folder DIR has the cases in place of the shared folder.
 * --mistaken FILE names cases whose stored outputs are not what the operator means, a line each: case, tab, why. They
 * are run, and counted as skipped; one that agrees all the same is a failure, as its line is wrong then. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "golden.h"

typedef struct totals {
  int threads[8];
  int thread_count;
  int passed, failed, skipped;
  char* mistaken; /* the file between two newlines, or NULL */
} totals;

/* Why the case's stored outputs are wrong, NULL where they are not. */
static const char* mistake(const totals* t, const char* name) {
  char start[300];
  snprintf(start, sizeof start, "\n%s\t", name);
  const char* found = t->mistaken != NULL ? strstr(t->mistaken, start) : NULL;
  return found != NULL ? found + strlen(start) : NULL;
}

static void visit(const golden_case* c, void* arg) {
  totals* t = arg;
  const char* why = mistake(t, c->name);
  for (int i = 0; i < t->thread_count; ++i) {
    char message[1024] = "";
    const bool same = golden_run(c, t->threads[i], message, sizeof message);
    if (why != NULL && !same && strstr(message, "differ") != NULL) {
      ++t->skipped;
      printf("SKIP %s: %.*s\n", c->name, (int)strcspn(why, "\n"), why);
    } else if (same && why == NULL) {
      ++t->passed;
    } else {
      ++t->failed;
      printf("FAIL %s (%d threads): %s\n", c->name, t->threads[i],
             same ? "is said to be mistaken, and agrees" : message);
      fflush(stdout);
    }
  }
}

static char* read_table(const char* path) {
  size_t size_bytes;
  const unsigned char* data = golden_file(path, &size_bytes);
  if (data == NULL) return NULL;
  char* table = malloc(size_bytes + 3);
  table[0] = '\n';
  memcpy(table + 1, data, size_bytes);
  memcpy(table + 1 + size_bytes, "\n", 2);
  return table;
}

int main(int argc, char** argv) {
  static totals t = {.threads = {1}, .thread_count = 1};
  const char* filter = "";
  bool own = false;
  const char* shared = getenv("LINNET_SHARED");
  if (shared == NULL) shared = "../shared";
  if (argc < 2 || (strcmp(argv[1], "models") != 0 && strcmp(argv[1], "ops") != 0)) {
    fprintf(stderr, "usage: golden models|ops [--threads 1,2,4] [--filter TEXT] [--mistaken FILE] [--folder DIR]\n");
    return 2;
  }
  for (int i = 2; i < argc; ++i) {
    if (strcmp(argv[i], "--threads") == 0 && i + 1 < argc) {
      char* parts[8];
      t.thread_count = golden_split(argv[++i], ',', parts, 8);
      for (int k = 0; k < t.thread_count; ++k) t.threads[k] = atoi(parts[k]);
    } else if (strcmp(argv[i], "--folder") == 0 && i + 1 < argc) {
      shared = argv[++i];
      own = true;
    } else if (strcmp(argv[i], "--filter") == 0 && i + 1 < argc) {
      filter = argv[++i];
    } else if (strcmp(argv[i], "--mistaken") == 0 && i + 1 < argc) {
      t.mistaken = read_table(argv[++i]);
      if (t.mistaken == NULL) return fprintf(stderr, "%s cannot be read\n", argv[i]), 2;
    } else {
      return fprintf(stderr, "golden: unknown option %s\n", argv[i]), 2;
    }
  }
  char probe[1024];
  snprintf(probe, sizeof probe, "%s/%s/cases.tsv", shared, argv[1]);
  FILE* file = own ? NULL : fopen(probe, "rb");
  if (file == NULL && !own) {
    printf("%s is not there: golden cases skipped\n0 passed, 0 failed, 1 skipped\n", probe);
    return 0;
  }
  if (file != NULL) fclose(file);
  const bool read = strcmp(argv[1], "models") == 0 ? golden_read_models(shared, filter, visit, &t)
                                                   : golden_read_ops(shared, filter, visit, &t);
  if (!read || t.passed + t.failed == 0) ++t.failed, printf("FAIL: no case, or a case that cannot be read\n");
  printf("%d passed, %d failed, %d skipped\n", t.passed, t.failed, t.skipped);
  return t.failed != 0;
}
