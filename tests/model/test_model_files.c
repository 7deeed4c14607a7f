/* All model files of shared/: which load and which do not, at every alignment; then the same files cut short and with
 * bytes changed, which must never lead outside (run it under the address sanitizer). */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "golden/golden.h"
#include "model/model.h"

enum { SMALL_BYTES = 6000, CUTS = 60, FLIPS_PER_FILE = 40 };

static int passed, failed, skipped;
static uint64_t random_state = 0x9e3779b97f4a7c15u;
static volatile uint64_t sink;

static void check(bool ok, const char* file, const char* what, const char* detail) {
  ok ? ++passed : ++failed;
  if (!ok) printf("FAIL %s: %s: %s\n", file, what, detail);
}

static uint64_t next_random(void) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return random_state;
}

/* ---- Reading everything that a model says ---- */

static uint64_t sum_bytes(const void* data, size_t bytes) {
  uint64_t sum = bytes;
  for (size_t i = 0; i < bytes; ++i) sum = sum * 31 + ((const unsigned char*)data)[i];
  return sum;
}

static uint64_t sum_ints(ln_i32_span span) {
  return span.count == 0 ? 0 : sum_bytes(span.data, (size_t)span.count * sizeof(int32_t));
}

static uint64_t sum_tensor(const ln_model_tensor* t) {
  const ln_model_quantization* q = &t->quantization;
  uint64_t sum = sum_bytes(t->name, strlen(t->name)) + sum_ints(t->shape) + sum_ints(t->shape_signature);
  if (t->data.data != NULL) sum += sum_bytes(t->data.data, t->data.size);
  /* FLOAT32 and INT32 must be where they can be read as such. */
  if (t->data.size != 0 && (t->type == 0 || t->type == 2)) sum += (uintptr_t)t->data.data % 4;
  if (q->scale_count > 0) {
    sum += sum_bytes(q->scales, (size_t)q->scale_count * sizeof(float));
    sum += sum_bytes(q->zero_points, (size_t)q->zero_point_count * sizeof(int64_t));
  }
  for (int32_t i = 0; t->sparsity != NULL && i < t->sparsity->dim_count; ++i)
    sum += sum_ints(t->sparsity->dims[i].segments) + sum_ints(t->sparsity->dims[i].indices);
  return sum;
}

static uint64_t sum_model(const ln_model* m) {
  uint64_t sum = sum_bytes(m->description, strlen(m->description));
  for (int32_t s = 0; s < m->subgraph_count; ++s) {
    const ln_model_subgraph* g = &m->subgraphs[s];
    sum = sum * 31 + sum_ints(g->inputs) + sum_ints(g->outputs);
    for (int32_t i = 0; i < g->tensor_count; ++i) sum = sum * 31 + sum_tensor(&g->tensors[i]);
    for (int32_t i = 0; i < g->operator_count; ++i) {
      const ln_model_operator* op = &g->operators[i];
      sum = sum * 31 + sum_ints(op->inputs) + sum_ints(op->outputs) + sum_ints(op->intermediates);
      if (op->custom_options.size != 0) sum += sum_bytes(op->custom_options.data, op->custom_options.size);
    }
  }
  for (int32_t i = 0; i < m->metadata_count; ++i) sum += strlen(m->metadata[i].name) + m->metadata[i].data.size;
  for (int32_t i = 0; i < m->signature_count; ++i) sum += strlen(m->signatures[i].key);
  return sum;
}

/* Loads a copy of the bytes that ends where its block ends, `shift` bytes from an aligned address. */
static bool load_copy(const void* data, size_t size_bytes, size_t shift, bool strict, uint64_t* sum,
                      ln_model_error* error) {
  const size_t block_bytes = size_bytes + shift > 0 ? size_bytes + shift : 1;
  char* block = malloc(block_bytes);
  if (block == NULL) exit(1);
  char* copy = block + (block_bytes - size_bytes);
  memcpy(copy, data, size_bytes);
  error->text[0] = 0;
  ln_model* m = ln_model_load_memory(copy, size_bytes, strict, error);
  *sum = m != NULL ? sum_model(m) : 0;
  sink += *sum;
  const bool loaded = m != NULL;
  ln_model_release(m);
  free(block);
  return loaded;
}

/* ---- What is done with each file ---- */

static void test_damage(const char* name, const unsigned char* data, size_t size_bytes) {
  ln_model_error error;
  uint64_t sum;
  int silent = 0;
  for (size_t i = 0; i < CUTS; ++i)
    if (!load_copy(data, size_bytes * i / CUTS, i % 4, i % 2 == 0, &sum, &error) && error.text[0] == 0) ++silent;
  unsigned char* damaged = malloc(size_bytes);
  if (damaged == NULL) exit(1);
  for (int i = 0; i < FLIPS_PER_FILE; ++i) {
    memcpy(damaged, data, size_bytes);
    for (uint64_t flips = 1 + next_random() % 4; flips > 0; --flips) {
      const uint64_t where = next_random() % size_bytes, what = next_random() % 4;
      damaged[where] = what == 0 ? 0xff : what == 1 ? 0 : what == 2 ? 0x7f : (unsigned char)next_random();
    }
    if (!load_copy(damaged, size_bytes, next_random() % 8, i % 2 == 0, &sum, &error) && error.text[0] == 0) ++silent;
  }
  free(damaged);
  check(silent == 0, name, "damaged files are refused with words", "");
}

static void test_bytes(const char* name, const unsigned char* data, size_t size_bytes, bool loads, const char* words) {
  ln_model_error error;
  uint64_t sum, first = 0;
  for (size_t shift = 0; shift < 8; ++shift) {
    const bool loaded = load_copy(data, size_bytes, shift, shift % 2 == 0, &sum, &error);
    check(loaded == loads, name, loads ? "loads" : "is refused", loaded ? "loaded" : error.text);
    if (!loads) check(strstr(error.text, words) == error.text, name, words, error.text);
    if (shift == 0) first = sum;
    check(sum == first, name, "says the same at every alignment", "");
  }
  if (size_bytes <= SMALL_BYTES) test_damage(name, data, size_bytes);
}

static bool in_table(const char* shared, const char* table, const char* model, const char* word) {
  char path[1024];
  size_t size_bytes;
  snprintf(path, sizeof path, "%s/models/%s", shared, table);
  const unsigned char* text = golden_file(path, &size_bytes);
  if (text == NULL) return false;
  const char* end = (const char*)text + size_bytes;
  for (const char* line = (const char*)text; line != NULL && line < end;) {
    char copy[512];
    snprintf(copy, sizeof copy, "%.*s", (int)strcspn(line, "\n"), line);
    char* fields[16];
    const int count = golden_split(copy, '\t', fields, 16);
    if (count >= 2 && strcmp(fields[0], model) == 0 && strcmp(fields[1], word) == 0) return true;
    line = strchr(line, '\n');
    if (line != NULL) ++line;
  }
  return false;
}

static void test_file(const char* shared, const char* name, bool loads) {
  static const struct {
    const char *file, *words;
  } kWords[] = {
      {"0_subgraphs", "No subgraph in the model."},
      {"transpose.tflite", "Model provided is schema version 2 not equal to supported version 3."},
      {"schema_version_2", "Model provided is schema version 2 not equal to supported version 3."},
      {"lstm", "BytesRequired number of elements overflowed. Tensor 23 is invalidly specified in schema."},
      {"", "The model is not a valid Flatbuffer buffer"},
  };
  char path[1024];
  size_t size_bytes;
  snprintf(path, sizeof path, "%s/models/%s", shared, name);
  const unsigned char* data = golden_file(path, &size_bytes);
  check(data != NULL, name, "can be read", "");
  if (data == NULL) return;
  int i = 0;
  while (strstr(name, kWords[i].file) == NULL) ++i;
  ln_model_error error;
  ln_model* m = ln_model_load_file(path, true, &error);
  check((m != NULL) == loads, name, loads ? "loads from its file" : "is refused from its file", m ? "" : error.text);
  ln_model_release(m);
  test_bytes(name, data, size_bytes, loads, kWords[i].words);
}

/* Every .tflite of a folder of shared/models, and of the folders in it. */
static int test_folder(const char* shared, const char* folder) {
  char path[1024];
  snprintf(path, sizeof path, "%s/models/%s", shared, folder);
  DIR* dir = opendir(path);
  if (dir == NULL) return 0;
  int count = 0;
  for (struct dirent* entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
    char name[512];
    snprintf(name, sizeof name, "%s/%s", folder, entry->d_name);
    if (strstr(entry->d_name, ".tflite") != NULL) {
      /* The tables say what the original does; it loads one file less than it should. */
      const bool refused = strstr(name, "person_detect.tflite") == NULL &&
                           (in_table(shared, "refuse.tsv", name, "load") ||
                            in_table(shared, "invalid/expected.tsv", entry->d_name, "load"));
      test_file(shared, name, !refused);
      ++count;
    } else if (entry->d_name[0] != '.') {
      count += test_folder(shared, name);
    }
  }
  closedir(dir);
  return count;
}

static void test_operator_case(const golden_case* c, void* arg) {
  int* count = arg;
  ++*count;
  test_bytes(c->name, c->model, c->model_bytes, true, "");
}

int main(void) {
  const char* shared = getenv("LINNET_SHARED");
  if (shared == NULL) shared = "../shared";
  int operators = 0;
  const int models = test_folder(shared, "models") + test_folder(shared, "invalid");
  if (models == 0) {
    printf("%s/models has no models: set LINNET_SHARED\n", shared);
    ++skipped;
  }
  char path[1024];
  size_t size_bytes;
  snprintf(path, sizeof path, "%s/ops/cases.tsv", shared);
  if (golden_file(path, &size_bytes) == NULL) {
    printf("%s is not there\n", path);
    ++skipped;
  } else {
    check(golden_read_ops(shared, "", test_operator_case, &operators), path, "can be read", "");
  }
  printf("%d models, %d operators' models\n", models, operators);
  printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped);
  return failed != 0;
}
