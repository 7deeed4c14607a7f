#include "ops/string_util.h"

static int32_t word_at(const char* data, size_t i) {
  int32_t word;
  memcpy(&word, data + i * sizeof word, sizeof word);
  return word;
}

TfLiteStatus ln_read_strings(TfLiteContext* context, const TfLiteTensor* t, ln_strings* strings) {
  const int64_t wanted = ln_num_elements(t);
  const size_t words = t->data.raw != NULL ? t->bytes / sizeof(int32_t) : 0;
  *strings = (ln_strings){t->data.raw, 0};
  if (words == 0 && wanted == 0) return kTfLiteOk;
  const int32_t count = words > 0 ? word_at(t->data.raw, 0) : -1;
  LN_CHECK(context, count >= 0 && words >= 2 && (size_t)count <= words - 2,
           "a string tensor of %zu bytes cannot hold the %d strings that it names", t->bytes, count);
  LN_CHECK(context, count >= wanted, "a string tensor holds %d strings; its shape has %lld", count, (long long)wanted);
  for (size_t i = 0, last = ((size_t)count + 2) * sizeof(int32_t); i <= (size_t)count; ++i) {
    const int32_t offset = word_at(t->data.raw, i + 1);
    LN_CHECK(context, offset >= 0 && (size_t)offset >= last && (size_t)offset <= t->bytes,
             "offset %zu of a string tensor of %zu bytes is %d; it must be in [%zu, %zu]", i, t->bytes, offset, last,
             t->bytes);
    last = (size_t)offset;
  }
  strings->count = (size_t)count;
  return kTfLiteOk;
}

TfLiteStatus ln_write_strings(TfLiteContext* context, TfLiteTensor* t, size_t count,
                              ln_string (*at)(const void* arg, size_t i), const void* arg) {
  size_t total = 0;
  bool fits = ln_add_size(count, 2, &total) && ln_mul_size(total, sizeof(int32_t), &total);
  for (size_t i = 0; fits && total <= INT32_MAX && i < count; ++i) fits = ln_add_size(total, at(arg, i).size, &total);
  LN_CHECK(context, fits && total <= INT32_MAX, "%zu strings need more than 2 GiB", count);
  LN_CHECK(context, TfLiteTensorRealloc(total, t) == kTfLiteOk && t->data.raw != NULL && t->bytes == total,
           "no memory for %zu bytes of strings", total);
  int32_t word = (int32_t)count, offset = (int32_t)((count + 2) * sizeof word);
  memcpy(t->data.raw, &word, sizeof word);
  for (size_t i = 0; i <= count; ++i) {
    memcpy(t->data.raw + (i + 1) * sizeof offset, &offset, sizeof offset);
    if (i == count) break;
    const ln_string s = at(arg, i);
    if (s.size > 0) memcpy(t->data.raw + offset, s.data, s.size);
    offset += (int32_t)s.size;
  }
  return kTfLiteOk;
}
