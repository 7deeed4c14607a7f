/* The file of packed weights: taken when it fits, made anew when it does not, whatever it holds; written whole. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cpu.h"
#include "base/hash.h"
#include "check.h"
#include "model/model.h"

enum { PACKS = 3, MOST_BYTES = 1 << 16 };

/* The file's head in words, and an entry's. */
enum { MODEL_HASH = 3, INODE = 5, FILE_BYTES = 8, ENTRY_COUNT = 9, HASH = 10, HEAD_WORDS = 11 };
enum { PLACE, VARIANT, SIZE, OFFSET, BLOCK_HASH, ENTRY_WORDS };

static const char kModel[] = "tests/data/chain.tflite";
static char folder[256], path[320];
static unsigned char model_bytes[MOST_BYTES];
static size_t model_size, weight_at; /* a byte of its constants */
static int made;

static const struct {
  size_t place;
  uint64_t variant;
  size_t size_bytes;
} kPacks[PACKS] = {{8, 1, 100}, {8, 2, 700}, {64, UINT64_MAX, 1}};

static void fill(void* destination, void* arg) {
  const size_t i = *(const size_t*)arg;
  ++made;
  for (size_t k = 0; k < kPacks[i].size_bytes; ++k) ((unsigned char*)destination)[k] = (unsigned char)(k * 7 + i);
}

static bool is_right(const unsigned char* data, size_t i) {
  bool right = data != NULL && (uintptr_t)data % 64 == 0;
  for (size_t k = 0; right && k < kPacks[i].size_bytes; ++k) right = data[k] == (unsigned char)(k * 7 + i);
  return right;
}

/* What a process does: how many packs it had to make, -1: one was wrong. */
static int use_model(ln_model* model, size_t count) {
  bool right = model != NULL;
  made = 0;
  if (!right) return -1;
  ln_model_use_cache(model, path);
  for (size_t i = 0; i < count; ++i)
    right = is_right(ln_model_shared_pack(model, model->file.data + kPacks[i].place, kPacks[i].variant,
                                          kPacks[i].size_bytes, true, fill, &i),
                     i) &&
            right;
  ln_model_save_cache(model);
  ln_model_release(model);
  return right ? made : -1;
}

static int use(size_t count) {
  ln_model_error error;
  return use_model(ln_model_load_memory(model_bytes, model_size, false, &error), count);
}

static size_t read_file(const char* name, void* data) {
  FILE* file = fopen(name, "rb");
  if (file == NULL) return 0;
  const size_t size_bytes = fread(data, 1, MOST_BYTES, file);
  fclose(file);
  return size_bytes;
}

static void write_file(const void* data, size_t size_bytes) {
  FILE* file = fopen(path, "wb");
  if (file == NULL) return;
  CHECK(fwrite(data, 1, size_bytes, file) == size_bytes);
  fclose(file);
}

static int count_files(void) {
  int count = 0;
  DIR* dir = opendir(folder);
  if (dir == NULL) return -1;
  for (struct dirent* entry = readdir(dir); entry != NULL; entry = readdir(dir)) count += entry->d_name[0] != '.';
  closedir(dir);
  return count;
}

static size_t find_weight(void) {
  ln_model_error error;
  ln_model* model = ln_model_load_memory(model_bytes, model_size, false, &error);
  size_t at = 0;
  for (int32_t i = 0; model != NULL && i < model->buffer_count && at == 0; ++i)
    if (model->buffers[i].size > 0) at = (size_t)(model->buffers[i].data - model->file.data);
  ln_model_release(model);
  return at;
}

static void test_hit_and_miss(void) {
  CHECK(use(2) == 2); /* no file */
  CHECK(use(2) == 0);
  CHECK(use(3) == 1); /* one more */
  CHECK(use(2) == 0);
  CHECK(use(3) == 0); /* others' blocks stay in the file */
  CHECK(count_files() == 1);
}

/* A byte changed anywhere, any length: made anew where it matters, and the file is whole again. */
static void test_damage(void) {
  enum { kList = (HEAD_WORDS + PACKS * ENTRY_WORDS) * 8 };
  static unsigned char good[MOST_BYTES], bad[MOST_BYTES];
  const size_t size_bytes = read_file(path, good);
  int wrong = 0, unseen = 0, lost = 0;
  for (size_t at = 0; at < size_bytes; at += at < kList ? 1 : 5) {
    memcpy(bad, good, size_bytes);
    bad[at] ^= (unsigned char)(1 << at % 8);
    write_file(bad, size_bytes);
    const int count = use(3);
    wrong += count < 0;
    unseen += count == 0;
    lost += use(3) != 0;
  }
  CHECK(size_bytes > 1000 && wrong == 0 && lost == 0);
  CHECK(unseen < 3 * 64); /* what lies between the blocks is read by nobody */
  for (size_t length = 0; length < size_bytes; length += length < kList ? 1 : 5) {
    write_file(good, length);
    wrong += use(3) != 3;
  }
  write_file(good, size_bytes);
  CHECK(wrong == 0 && use(3) == 0);
  memcpy(bad, good, size_bytes);
  memset(bad + size_bytes, 0, 64);
  write_file(bad, size_bytes + 64);
  CHECK_EQ_INT(use(3), 3);
  CHECK_EQ_INT(use(3), 0);
}

static void set_hash(uint64_t* words, size_t size_bytes) {
  const size_t room = size_bytes / 8 - HEAD_WORDS;
  const uint64_t entries = words[ENTRY_COUNT] <= room / ENTRY_WORDS ? words[ENTRY_COUNT] : 0;
  words[HASH] = 0;
  words[HASH] =
      ln_hash_bytes(words, HEAD_WORDS * 8) ^ ln_hash_bytes(words + HEAD_WORDS, (size_t)entries * ENTRY_WORDS * 8);
}

/* Numbers that lie, under hashes that are right. */
static void test_lies(void) {
  static uint64_t good[MOST_BYTES / 8], bad[MOST_BYTES / 8];
  const size_t size_bytes = read_file(path, good);
  const uint64_t kLies[] = {0,
                            1,
                            63,
                            64,
                            88,
                            size_bytes,
                            size_bytes + 1,
                            UINT32_MAX,
                            INT64_MAX,
                            UINT64_MAX,
                            UINT64_MAX - 63,
                            UINT64_MAX / ENTRY_WORDS / 8 + 1};
  int wrong = 0, kept = 0;
  for (size_t word = 0; word < HEAD_WORDS + PACKS * ENTRY_WORDS; ++word)
    for (size_t i = 0; i < sizeof kLies / sizeof kLies[0]; ++i) {
      memcpy(bad, good, size_bytes);
      if (bad[word] == kLies[i] || word == HASH) continue;
      bad[word] = kLies[i];
      set_hash(bad, size_bytes);
      write_file(bad, size_bytes);
      const int count = use(3);
      wrong += count < 0;
      kept += count == 0;
    }
  CHECK(wrong == 0);
  CHECK(kept <= 4 * (int)(sizeof kLies / sizeof kLies[0])); /* the identity is for models that are files */
  write_file(good, size_bytes);
  CHECK(use(3) == 0);
}

static void test_foreign(void) {
  CHECK(use(3) == 0);
  model_bytes[weight_at] ^= 1;
  CHECK(use(3) == 3); /* another model */
  CHECK(use(3) == 0);
  model_bytes[weight_at] ^= 1;
  CHECK(use(3) == 3);
  if (ln_cpu_best() != LN_ISA_GENERIC && ln_cpu_force("generic")) {
    CHECK(use(3) == 3); /* other kernels */
    CHECK(use(3) == 0);
    ln_cpu_force(NULL);
    CHECK(use(3) == 3);
  }
}

/* A model that is a file is known again without being read, unless it has changed a moment ago. */
static void test_identity(void) {
  static uint64_t words[MOST_BYTES / 8];
  ln_model_error error;
  CHECK(use_model(ln_model_load_file(kModel, false, &error), 3) == 0);
  unlink(path);
  CHECK(use_model(ln_model_load_file(kModel, false, &error), 3) == 3);
  const size_t size_bytes = read_file(path, words);
  if (words[INODE] == 0) {
    SKIP("the model was written a moment ago");
    return;
  }
  words[MODEL_HASH] ^= 1;
  set_hash(words, size_bytes);
  write_file(words, size_bytes);
  CHECK(use_model(ln_model_load_file(kModel, false, &error), 3) == 0);
  CHECK(use(3) == 3);
  CHECK(words[FILE_BYTES] == size_bytes);
  char copy[400];
  snprintf(copy, sizeof copy, "%s/copy.tflite", folder);
  FILE* file = fopen(copy, "wb");
  CHECK(file != NULL && fwrite(model_bytes, 1, model_size, file) == model_size && fclose(file) == 0);
  unlink(path);
  CHECK(use_model(ln_model_load_file(copy, false, &error), 3) == 3);
  CHECK(read_file(path, words) == size_bytes && words[INODE] == 0);
  CHECK(use_model(ln_model_load_file(copy, false, &error), 3) == 0);
  unlink(copy);
}

/* What cannot or must not be written stays, and costs nothing but the packing. */
static void test_places(void) {
  static unsigned char before[MOST_BYTES], after[MOST_BYTES];
  char own[sizeof path];
  struct stat status;
  memcpy(own, path, sizeof own);
  CHECK(chmod(path, 0444) == 0 && use(3) == 0);
  snprintf(path, sizeof path, "%s/none/cache", folder);
  CHECK_EQ_INT(use(3), 3);
  CHECK_EQ_INT(use(3), 3);
  snprintf(path, sizeof path, "%s", folder);
  CHECK(use(3) == 3 && stat(folder, &status) == 0 && S_ISDIR(status.st_mode));
  snprintf(path, sizeof path, "/dev/null");
  CHECK(use(3) == 3 && stat(path, &status) == 0 && S_ISCHR(status.st_mode));
  snprintf(path, sizeof path, "%s/link", folder);
  CHECK(symlink(own, path) == 0 && use(3) == 0 && use(2) == 0);
  model_bytes[weight_at] ^= 1;
  CHECK(use(3) == 3 && lstat(path, &status) == 0 && S_ISLNK(status.st_mode));
  model_bytes[weight_at] ^= 1;
  unlink(path);
  snprintf(path, sizeof path, "%s/model", folder);
  write_file(model_bytes, model_size);
  CHECK(use(3) == 3); /* given by mistake */
  CHECK(read_file(path, after) == model_size && memcmp(after, model_bytes, model_size) == 0);
  unlink(path);
  memcpy(path, own, sizeof own);
  CHECK(read_file(path, before) > 0 && count_files() == 1);
}

static void test_processes(void) {
  enum { PROCESSES = 4 };
  int bad = 0;
  for (int p = 0; p < PROCESSES; ++p) {
    if (fork() != 0) continue;
    int wrong = 0;
    for (int i = 0; i < 200; ++i) {
      if ((i + p) % 7 == 0) unlink(path);
      wrong += use(1 + (size_t)((i + p) % 3)) < 0;
    }
    _exit(wrong > 0);
  }
  for (int p = 0; p < PROCESSES; ++p) {
    int status = 1;
    bad += wait(&status) < 0 || status != 0;
  }
  CHECK(bad == 0 && count_files() <= 1);
  CHECK(use(3) >= 0);
  CHECK_EQ_INT(use(3), 0);
}

/* Interpreters that were there before a file was named. */
static void test_late(void) {
  ln_model_error error;
  unlink(path);
  ln_model* model = ln_model_load_memory(model_bytes, model_size, false, &error);
  size_t i = 0;
  CHECK(model != NULL && is_right(ln_model_shared_pack(model, model->file.data + kPacks[0].place, kPacks[0].variant,
                                                       kPacks[0].size_bytes, true, fill, &i),
                                  0));
  CHECK(use_model(model, 1) == 0 && use(1) == 0);
  /* What depends on more than the model is not kept. */
  model = ln_model_load_memory(model_bytes, model_size, false, &error);
  ln_model_use_cache(model, path);
  i = 1;
  made = 0;
  CHECK(is_right(ln_model_shared_pack(model, model->file.data + 8, 2, 700, false, fill, &i), 1) && made == 1);
  CHECK(is_right(ln_model_shared_pack(model, &made, 2, 700, true, fill, &i), 1) && made == 2);
  ln_model_save_cache(model);
  ln_model_release(model);
  CHECK(use(2) == 1);
}

int main(void) {
  const char* base = getenv("TMPDIR");
  snprintf(folder, sizeof folder, "%.200s/linnet_cache_XXXXXX", base != NULL ? base : "/tmp");
  model_size = read_file(kModel, model_bytes);
  weight_at = find_weight();
  if (mkdtemp(folder) == NULL || weight_at == 0) {
    printf("no folder for files, or no %s\n0 passed, 1 failed, 0 skipped\n", kModel);
    return 1;
  }
  snprintf(path, sizeof path, "%s/cache", folder);
  test_hit_and_miss();
  test_damage();
  test_lies();
  test_foreign();
  test_identity();
  test_places();
  test_processes();
  test_late();
  unlink(path);
  rmdir(folder);
  return check_report();
}
