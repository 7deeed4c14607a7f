/* HASHTABLE_LOOKUP: rows of a tensor picked by int32 keys, which stand sorted in another. A key that is not there gives
 * zeros (an empty string) and 0 as its hit. */
#include "ops/builtin_ops.h"
#include "ops/move_util.h"
#include "ops/string_util.h"

enum { kLookups, kKeys, kValues };

static TfLiteStatus check_keys(TfLiteContext* context, const TfLiteTensor* t, const char* what) {
  LN_TRY(ln_check_type(context, t, what, kTfLiteInt32));
  LN_CHECK(context, ln_rank(t) == 1, "%s have rank %d; 1 is right", what, ln_rank(t));
  return kTfLiteOk;
}

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor *lookups, *keys, *values;
  TfLiteTensor *output, *hits;
  LN_TRY(ln_check_io(context, node, 3, 3, 2));
  LN_TRY(ln_get_input(context, node, kLookups, &lookups));
  LN_TRY(ln_get_input(context, node, kKeys, &keys));
  LN_TRY(ln_get_input(context, node, kValues, &values));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(ln_get_output(context, node, 1, &hits));
  LN_TRY(check_keys(context, lookups, "the lookups"));
  LN_TRY(check_keys(context, keys, "the keys"));
  const int rank = ln_rank(values);
  LN_CHECK(context, rank >= 1 && rank <= LN_MAX_RANK, "the values have rank %d; 1 to %d is right", rank, LN_MAX_RANK);
  LN_CHECK(context, ln_dim(values, 0) == ln_dim(keys, 0), "%d keys for %d values", ln_dim(keys, 0), ln_dim(values, 0));
  LN_CHECK(context, values->type == kTfLiteString || ln_type_size(values->type) > 0,
           "the values are %s; whole bytes or STRING are right", TfLiteTypeGetName(values->type));
  LN_CHECK(context, values->type != kTfLiteString || rank == 1, "strings of rank %d; 1 is right", rank);
  LN_TRY(ln_check_type(context, output, "output 0", values->type));
  LN_TRY(ln_check_type(context, hits, "output 1", kTfLiteUInt8));
  int32_t dims[LN_MAX_RANK];
  dims[0] = ln_dim(lookups, 0);
  for (int i = 1; i < rank; ++i) dims[i] = ln_dim(values, i);
  LN_TRY(ln_resize(context, output, rank, dims));
  return ln_resize(context, hits, 1, dims);
}

/* The place of `key` by halving, -1 where it is not met. The probes are those of bsearch, which decide what is found
 * where the keys are not sorted or not distinct. */
static ptrdiff_t find(const int32_t* keys, size_t count, int32_t key) {
  size_t low = 0, high = count;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (keys[middle] == key) return (ptrdiff_t)middle;
    if (keys[middle] < key)
      low = middle + 1;
    else
      high = middle;
  }
  return -1;
}

typedef struct string_search {
  const int32_t *lookups, *keys;
  size_t key_count;
  ln_strings values;
} string_search;

static ln_string find_string(const void* arg, size_t i) {
  const string_search* search = arg;
  const ptrdiff_t at = find(search->keys, search->key_count, search->lookups[i]);
  return at >= 0 ? ln_string_at(&search->values, (size_t)at) : (ln_string){"", 0};
}

static TfLiteStatus copy_strings(TfLiteContext* context, const TfLiteTensor* lookups, const TfLiteTensor* keys,
                                 const TfLiteTensor* values, TfLiteTensor* output) {
  string_search search = {lookups->data.i32, keys->data.i32, (size_t)ln_dim(keys, 0), {NULL, 0}};
  LN_TRY(ln_read_strings(context, values, &search.values));
  return ln_write_strings(context, output, (size_t)ln_dim(lookups, 0), find_string, &search);
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor *lookups, *keys, *values;
  TfLiteTensor *output, *hits;
  LN_TRY(ln_get_input(context, node, kLookups, &lookups));
  LN_TRY(ln_get_input(context, node, kKeys, &keys));
  LN_TRY(ln_get_input(context, node, kValues, &values));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(ln_get_output(context, node, 1, &hits));
  const size_t count = (size_t)ln_dim(lookups, 0), rows = (size_t)ln_dim(keys, 0);
  const size_t bytes = ln_type_size(values->type) * ln_extent(values, 1, ln_rank(values));
  for (size_t i = 0; i < count; ++i) {
    const ptrdiff_t at = find(keys->data.i32, rows, lookups->data.i32[i]);
    hits->data.uint8[i] = at >= 0;
    if (bytes == 0) continue;
    if (at >= 0)
      memcpy(output->data.raw + i * bytes, values->data.raw + (size_t)at * bytes, bytes);
    else
      memset(output->data.raw + i * bytes, 0, bytes);
  }
  return values->type == kTfLiteString ? copy_strings(context, lookups, keys, values, output) : kTfLiteOk;
}

const TfLiteRegistration ln_op_hashtable_lookup = {.prepare = prepare, .invoke = invoke};
