/* golden: compares the library with the golden outputs of shared/models or shared/ops.
 *
 *   golden models|ops [--threads 1,2,4] [--filter TEXT] [--list FILE] [--folder DIR]
 *
 * --folder DIR has the cases in place of the shared folder.
 * --list FILE runs only the cases named in FILE, a name a
 * line, and fails for those that do not exist. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "golden.h"

typedef struct totals {
  int threads[8];
  int thread_count;
  int passed, failed;
  char* list; /* "\nname\nname\n" or NULL */
} totals;

static void visit(const golden_case* c, void* arg) {
  totals* t = arg;
  if (t->list != NULL) {
    char line[300];
    snprintf(line, sizeof line, "\n%s\n", c->name);
    if (strstr(t->list, line) == NULL) return;
  }
  for (int i = 0; i < t->thread_count; ++i) {
    char message[1024] = "";
    if (golden_run(c, t->threads[i], message, sizeof message)) {
      ++t->passed;
    } else {
      ++t->failed;
      printf("FAIL %s (%d threads): %s\n", c->name, t->threads[i], message);
      fflush(stdout);
    }
  }
}

static char* read_list(const char* path) {
  size_t size_bytes;
  const unsigned char* data = golden_file(path, &size_bytes);
  if (data == NULL) return NULL;
  char* list = malloc(size_bytes + 3);
  list[0] = '\n';
  memcpy(list + 1, data, size_bytes);
  memcpy(list + 1 + size_bytes, "\n", 2);
  return list;
}

int main(int argc, char** argv) {
  static totals t = {.threads = {1}, .thread_count = 1};
  const char* filter = "";
  bool own = false;
  const char* shared = getenv("LINNET_SHARED");
  if (shared == NULL) shared = "../shared";
  if (argc < 2 || (strcmp(argv[1], "models") != 0 && strcmp(argv[1], "ops") != 0)) {
    fprintf(stderr, "usage: golden models|ops [--threads 1,2,4] [--filter TEXT] [--list FILE] [--folder DIR]\n");
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
    } else if (strcmp(argv[i], "--list") == 0 && i + 1 < argc) {
      t.list = read_list(argv[++i]);
      if (t.list == NULL) return fprintf(stderr, "%s cannot be read\n", argv[i]), 2;
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
  printf("%d passed, %d failed, 0 skipped\n", t.passed, t.failed);
  return t.failed != 0;
}
