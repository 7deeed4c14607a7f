#include "convert/number_lookup.h"

#include <stdlib.h>
#include <string.h>

#include "model/model.h"

/* Up to so many keys are all compared; lists of at most so many elements are made of more. */
enum { MAX_COMPARED = 64, MAX_CELLS = 1 << 24, DIVISORS = 64 };

typedef struct lookup {
  const ln_builder* b;
  ln_job* job;
  const char* name;
  const int64_t* keys;
  int32_t* order; /* of the keys that count, which are all different: the smallest first */
  size_t count;
  int32_t missing; /* the element for what is no key */
  const ln_elements* elements;
} lookup;

static const char* name_of(const lookup* l, const char* what) { return ln_job_text(l->job, "%s/%s", l->name, what); }

ln_tensor* ln_pick_elements(const ln_builder* b, const ln_elements* elements, const int32_t* places, size_t count,
                            const char* name) {
  ln_job* job = b->subgraph->graph->job;
  const int32_t dims[] = {(int32_t)count};
  if (elements->type == LN_TYPE_STRING) {
    ln_chars* strings = ln_job_alloc(job, count, sizeof *strings);
    for (size_t i = 0; i < count; ++i) strings[i] = elements->strings[places[i]];
    return ln_graph_strings(b->subgraph, name, 1, dims, strings);
  }
  size_t width = 0;
  if (!ln_tensor_type_bytes((uint8_t)elements->type, 1, &width)) width = 0;
  char* data = ln_job_alloc(job, count, width);
  for (size_t i = 0; i < count; ++i)
    memcpy(data + i * width, (const char*)elements->numbers + (size_t)places[i] * width, width);
  return ln_graph_constant(b->subgraph, name, elements->type, 1, dims, data);
}

static ln_tensor* numbers64(const lookup* l, int rank, const int32_t* dims, const int64_t* data, const char* what) {
  size_t count = 1;
  for (int i = 0; i < rank; ++i) count *= (size_t)dims[i];
  return ln_graph_constant(l->b->subgraph, name_of(l, what), LN_TYPE_INT64, rank, dims,
                           ln_job_copy(l->job, data, count * sizeof *data));
}

static ln_tensor* binary(const lookup* l, int code, ln_tensor* x, ln_tensor* y, const char* what) {
  return ln_build_binary(l->b, code, x, y, what != NULL ? name_of(l, what) : l->name);
}

/* ---- Keys that lie close together ---- */

static bool is_close(int64_t first, int64_t last, size_t count) {
  const uint64_t span = (uint64_t)last - (uint64_t)first;
  return first > INT64_MIN && last < INT64_MAX && (span < 4096 || span / 8 < count);
}

bool ln_keys_are_close(const int64_t* keys, size_t count) {
  int64_t first = INT64_MAX, last = INT64_MIN;
  for (size_t i = 0; i < count; ++i) {
    first = keys[i] < first ? keys[i] : first;
    last = keys[i] > last ? keys[i] : last;
  }
  return count > 0 && is_close(first, last, count);
}

/* An element for each number from the smallest key to the largest, and one at each end for what lies outside. */
static ln_tensor* gather(const lookup* l, ln_tensor* x) {
  const int64_t low = l->keys[l->order[0]] - 1, high = l->keys[l->order[l->count - 1]] + 1;
  const size_t span = (size_t)(high - low) + 1;
  int32_t* places = ln_job_alloc(l->job, span, sizeof *places);
  for (size_t i = 0; i < span; ++i) places[i] = l->missing;
  for (size_t i = 0; i < l->count; ++i) places[l->keys[l->order[i]] - low] = l->order[i];
  ln_tensor* least = numbers64(l, 0, NULL, &low, "low");
  x = binary(l, LN_OP_MAXIMUM, x, least, "not_below");
  x = binary(l, LN_OP_MINIMUM, x, numbers64(l, 0, NULL, &high, "high"), "not_above");
  x = binary(l, LN_OP_SUB, x, least, "place");
  return binary(l, LN_OP_GATHER, ln_pick_elements(l->b, l->elements, places, span, name_of(l, "values")), x, NULL);
}

/* ---- Keys that lie far apart ---- */

static size_t remainder_of(int64_t key, size_t divisor) {
  const int64_t d = (int64_t)divisor, rest = key % d;
  return (size_t)(rest < 0 ? rest + d : rest);
}

/* The most keys of one remainder. */
static size_t most_alike(const lookup* l, size_t divisor, uint32_t* counts) {
  size_t most = 0;
  memset(counts, 0, divisor * sizeof *counts);
  for (size_t i = 0; i < l->count; ++i) {
    const size_t n = ++counts[remainder_of(l->keys[l->order[i]], divisor)];
    most = n > most ? n : most;
  }
  return most;
}

/* Of some divisors from the count of keys on, the one with which the least must be compared. */
static size_t choose_divisor(const lookup* l, size_t* width) {
  uint32_t* counts = ln_job_alloc(l->job, l->count + 2 * DIVISORS + 2, sizeof *counts);
  size_t best = 1;
  *width = l->count;
  if (l->count <= MAX_COMPARED) return best;
  for (size_t divisor = l->count | 1; divisor <= l->count + 2 * DIVISORS; divisor += 2) {
    const size_t most = most_alike(l, divisor, counts);
    if (most < *width) {
      *width = most;
      best = divisor;
    }
  }
  return best;
}

/* With one more dimension, the keys of x's remainder are compared: the sum of (place + 1) where one is x names the
 * element, 0 the one for what is no key. Free cells hold a number of another remainder. */
static ln_tensor* compare(const lookup* l, ln_tensor* x) {
  size_t width;
  const size_t divisor = choose_divisor(l, &width);
  if (width * divisor > MAX_CELLS || x->rank + 1 > LN_MAX_DIMS) return NULL;
  int64_t* keys = ln_job_alloc(l->job, divisor * width, sizeof *keys);
  int32_t* places = ln_job_alloc(l->job, divisor * width, sizeof *places);
  uint32_t* used = ln_job_alloc(l->job, divisor, sizeof *used);
  int32_t* in_order = ln_job_alloc(l->job, l->count + 1, sizeof *in_order);
  for (size_t i = 0; i < divisor * width; ++i) keys[i] = (int64_t)((i / width + 1) % divisor);
  in_order[0] = l->missing;
  for (size_t i = 0; i < l->count; ++i) {
    const size_t row = remainder_of(l->keys[l->order[i]], divisor), cell = row * width + used[row]++;
    keys[cell] = l->keys[l->order[i]];
    places[cell] = (int32_t)i + 1;
    in_order[i + 1] = l->order[i];
  }
  const bool whole = divisor == 1;
  const int32_t dims[] = {(int32_t)divisor, (int32_t)width}, axes[] = {x->rank};
  const int32_t* shape = dims + whole;
  ln_tensor* all_keys = numbers64(l, 2 - whole, shape, keys, "keys");
  ln_tensor* all_places =
      ln_graph_constant(l->b->subgraph, name_of(l, "places"), LN_TYPE_INT32, 2 - whole, shape, places);
  if (!whole) {
    ln_tensor* row = ln_build_with_number(l->b, LN_OP_FLOOR_MOD, x, (double)divisor, name_of(l, "row"));
    all_keys = binary(l, LN_OP_GATHER, all_keys, row, "row_keys");
    all_places = binary(l, LN_OP_GATHER, all_places, row, "row_places");
  }
  ln_tensor* axis = ln_graph_int(l->b->subgraph, name_of(l, "axis"), axes[0]);
  x = binary(l, LN_OP_EQUAL, binary(l, LN_OP_EXPAND_DIMS, x, axis, "column"), all_keys, "is");
  x = ln_build_cast(l->b, x, LN_TYPE_INT32, name_of(l, "counts"));
  x = binary(l, LN_OP_MUL, x, all_places, "terms");
  x = ln_build_reduce(l->b, LN_OP_SUM, x, 1, axes, false, name_of(l, "place"));
  return binary(l, LN_OP_GATHER, ln_pick_elements(l->b, l->elements, in_order, l->count + 1, name_of(l, "values")), x,
                NULL);
}

typedef struct entry {
  int64_t key;
  int32_t place;
} entry;

static int compare_entries(const void* a, const void* b) {
  const entry *x = a, *y = b;
  if (x->key != y->key) return x->key < y->key ? -1 : 1;
  return (x->place > y->place) - (x->place < y->place);
}

ln_tensor* ln_build_lookup(const ln_builder* b, ln_tensor* x, const int64_t* keys, size_t count,
                           const ln_elements* elements, const char* name) {
  ln_job* job = b->subgraph->graph->job;
  if (x->broken || x->rank < 0 || count >= INT32_MAX) return x->broken ? x : NULL;
  lookup l = {b, job, name, keys, ln_job_alloc(job, count + 1, sizeof(int32_t)), 0, (int32_t)count, elements};
  entry* sorted = ln_job_alloc(job, count, sizeof *sorted);
  for (size_t i = 0; i < count; ++i) sorted[i] = (entry){keys[i], (int32_t)i};
  if (count != 0) qsort(sorted, count, sizeof *sorted, compare_entries);
  for (size_t i = 0; i < count; ++i)
    if (i + 1 == count || sorted[i + 1].key != sorted[i].key) l.order[l.count++] = sorted[i].place;
  x = ln_build_cast(b, x, LN_TYPE_INT64, name_of(&l, "int64"));
  if (l.count == 0) return NULL;
  return is_close(keys[l.order[0]], keys[l.order[l.count - 1]], l.count) ? gather(&l, x) : compare(&l, x);
}
