/* Files of packed weights that lie: changed at random, mostly under hashes that are right, so that the lies are
 * believed. Nothing may crash, hang, leak or read outside; wrong results are right. Uses the public interface and the
 * hash.
 *
 *   fuzz_weight_cache [--count N] [--seed S] [--first I]      mutants I to N of seed S; the one at work is
 *                                                             build/fuzz_weight_cache.bin, which a crash leaves behind
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "linnet/linnet.h"
#include "mutate.h"
#include "tensorflow/lite/c/c_api.h"

enum { MOST_WORDS = 1 << 14, MODELS = 2 };
enum { FILE_BYTES = 8, ENTRY_COUNT = 9, HASH = 10, HEAD_WORDS = 11 };
enum { SIZE = 2, OFFSET = 3, BLOCK_HASH = 4, ENTRY_WORDS = 5 };

static const char* const kModels[MODELS] = {"examples/digits/digits_float.tflite",
                                            "examples/digits/digits_int8.tflite"};
static const char kPath[] = "build/fuzz_weight_cache.bin";

typedef struct file {
  uint64_t words[MOST_WORDS];
  size_t size_bytes;
} file;

static file seeds[MODELS];

static void silent(void* user_data, const char* format, va_list args) { (void)user_data, (void)format, (void)args; }

static bool run_model(const char* path) {
  TfLiteModel* model = TfLiteModelCreateFromFile(path);
  TfLiteInterpreterOptions* options = TfLiteInterpreterOptionsCreate();
  TfLiteInterpreterOptionsSetErrorReporter(options, silent, NULL);
  LinnetInterpreterOptionsSetWeightCache(options, kPath);
  TfLiteInterpreter* interpreter = TfLiteInterpreterCreate(model, options);
  bool good = interpreter != NULL && TfLiteInterpreterAllocateTensors(interpreter) == kTfLiteOk;
  if (good) {
    TfLiteTensor* input = TfLiteInterpreterGetInputTensor(interpreter, 0);
    memset(TfLiteTensorData(input), 0x3c, TfLiteTensorByteSize(input));
    good = TfLiteInterpreterInvoke(interpreter) == kTfLiteOk;
  }
  TfLiteInterpreterDelete(interpreter);
  TfLiteInterpreterOptionsDelete(options);
  TfLiteModelDelete(model);
  return good;
}

static bool read_seed(file* f) {
  FILE* from = fopen(kPath, "rb");
  if (from == NULL) return false;
  f->size_bytes = fread(f->words, 1, sizeof f->words, from);
  fclose(from);
  return f->size_bytes > 8 * HEAD_WORDS && f->size_bytes < sizeof f->words / 2;
}

static bool write_mutant(const file* f) {
  FILE* to = fopen(kPath, "wb");
  if (to == NULL) return false;
  const bool good = fwrite(f->words, 1, f->size_bytes, to) == f->size_bytes;
  return fclose(to) == 0 && good;
}

static uint64_t odd_number(fuzz_random* r, const file* f) {
  const uint64_t kOdd[] = {
      0, 1, 63, 64, 128, f->size_bytes, f->size_bytes - 64, UINT32_MAX, INT64_MAX, UINT64_MAX - 63};
  return fuzz_below(r, 2) != 0 ? kOdd[fuzz_below(r, sizeof kOdd / sizeof kOdd[0])]
                               : f->words[fuzz_below(r, (uint32_t)(f->size_bytes / 8))];
}

/* Entries that are inside get the hash of what they name; the list and the head get theirs. */
static void set_hashes(file* f) {
  const uint64_t count = f->words[ENTRY_COUNT];
  if (count > (f->size_bytes / 8 - HEAD_WORDS) / ENTRY_WORDS) return;
  for (uint64_t i = 0; i < count; ++i) {
    uint64_t* entry = f->words + HEAD_WORDS + i * ENTRY_WORDS;
    if (entry[OFFSET] <= f->size_bytes && entry[SIZE] <= f->size_bytes - entry[OFFSET])
      entry[BLOCK_HASH] = ln_hash_bytes((const char*)f->words + entry[OFFSET], (size_t)entry[SIZE]);
  }
  f->words[HASH] = 0;
  f->words[HASH] =
      ln_hash_bytes(f->words, 8 * HEAD_WORDS) ^ ln_hash_bytes(f->words + HEAD_WORDS, (size_t)count * 8 * ENTRY_WORDS);
}

static void mutate(fuzz_random* r, file* f) {
  const uint32_t changes = 1 + fuzz_below(r, 8), list = (uint32_t)(HEAD_WORDS + f->words[ENTRY_COUNT] * ENTRY_WORDS);
  const uint32_t bytes = (uint32_t)f->size_bytes;
  for (uint32_t i = 0; i < changes; ++i) {
    const uint32_t kind = fuzz_below(r, 10);
    if (kind < 4) ((unsigned char*)f->words)[fuzz_below(r, bytes)] = (unsigned char)fuzz_next(r);
    if (kind >= 4 && kind < 7) f->words[fuzz_below(r, list)] = odd_number(r, f);
    if (kind >= 7) f->words[list + fuzz_below(r, bytes / 8 - list)] = odd_number(r, f);
  }
  if (fuzz_below(r, 10) == 0) f->size_bytes = fuzz_below(r, 2 * bytes);
  if (fuzz_below(r, 4) != 0) f->words[FILE_BYTES] = f->size_bytes;
  if (fuzz_below(r, 8) != 0 && f->size_bytes > 8 * HEAD_WORDS) set_hashes(f);
}

int main(int argc, char** argv) {
  uint64_t count = 2000, seed = 1, first = 0, failed = 0;
  static file mutant;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (strcmp(argv[i], "--count") == 0) count = strtoull(argv[i + 1], NULL, 10);
    if (strcmp(argv[i], "--seed") == 0) seed = strtoull(argv[i + 1], NULL, 10);
    if (strcmp(argv[i], "--first") == 0) first = strtoull(argv[i + 1], NULL, 10);
  }
  for (int i = 0; i < MODELS; ++i) {
    unlink(kPath);
    if (!run_model(kModels[i]) || !read_seed(&seeds[i])) {
      printf("%s does not run here, or leaves no %s\n0 passed, 1 failed, 0 skipped\n", kModels[i], kPath);
      return 1;
    }
  }
  for (uint64_t index = first; index < count; ++index) {
    fuzz_random r = {seed * UINT64_C(0x9E3779B97F4A7C15) + index};
    const uint32_t model = fuzz_below(&r, MODELS);
    mutant = seeds[model];
    mutate(&r, &mutant);
    failed += !write_mutant(&mutant) || !run_model(kModels[model]);
  }
  unlink(kPath);
  printf("%llu passed, %llu failed, 0 skipped\n", (unsigned long long)(count - first - failed),
         (unsigned long long)failed);
  return failed != 0;
}
