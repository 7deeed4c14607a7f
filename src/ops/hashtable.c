/* HASHTABLE, HASHTABLE_IMPORT, HASHTABLE_FIND, HASHTABLE_SIZE: tables from int64 to string and from string to int64
 * that live in the interpreter and are filled once. A RESOURCE tensor holds the number of one.
 *
 * A table is sorted by key and searched by halving: no choice of keys makes it slow. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ops/builtin_ops.h"
#include "ops/string_util.h"

enum { kHandle, kKeys, kValues }; /* kValues: what is imported, or what a key that is missing stands for */

typedef struct table_entry {
  ln_string text; /* in the table's own memory */
  int64_t number;
  size_t position; /* among what was imported */
} table_entry;

typedef struct table {
  TfLiteType key_type, value_type;
  bool filled;
  size_t count;
  table_entry* entries;
  char* text;
} table;

/* Below 0, 0 or above 0; of two that begin alike the shorter one is first. */
static int compare_strings(ln_string a, ln_string b) {
  const size_t common = a.size < b.size ? a.size : b.size;
  const int order = common > 0 ? memcmp(a.data, b.data, common) : 0;
  return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

static void free_table(void* data) {
  table* t = data;
  if (t == NULL) return;
  ln_free(t->entries);
  ln_free(t->text);
  ln_free(t);
}

static bool is_pair(TfLiteType key, TfLiteType value) {
  return (key == kTfLiteInt64 && value == kTfLiteString) || (key == kTfLiteString && value == kTfLiteInt64);
}

/* The table that the handle names; NULL with a report. */
static table* find_table(TfLiteContext* context, const TfLiteNode* node) {
  LinnetBackend* backend = LinnetBackendOf(context);
  const TfLiteTensor* handle = ln_optional_input(context, node, kHandle);
  const LinnetResource* resource = NULL;
  if (handle->data.i32 != NULL && handle->bytes >= sizeof(int32_t))
    resource = backend->FindResource(backend, handle->data.i32[0]);
  if (resource != NULL && resource->free == free_table) return resource->data;
  context->ReportError(context, "the resource handle names no hash table");
  return NULL;
}

static TfLiteStatus check_handle(TfLiteContext* context, const TfLiteNode* node) {
  const TfLiteTensor* handle;
  LN_CHECK(context, LinnetBackendOf(context) != NULL, "this runtime keeps no tables for the operator");
  LN_TRY(ln_get_input(context, node, kHandle, &handle));
  LN_TRY(ln_check_type(context, handle, "the table's handle", kTfLiteResource));
  LN_CHECK(context, ln_rank(handle) == 1 && ln_dim(handle, 0) == 1,
           "the table's handle has %lld elements and rank %d; the shape [1] is right",
           (long long)ln_num_elements(handle), ln_rank(handle));
  return kTfLiteOk;
}

/* ---- HASHTABLE ---- */

static TfLiteStatus table_prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteHashtableParams* params = node->builtin_data;
  TfLiteTensor* output;
  LN_CHECK(context, params != NULL, "the options are missing");
  LN_CHECK(context, LinnetBackendOf(context) != NULL, "this runtime keeps no tables for the operator");
  LN_TRY(ln_check_io(context, node, 0, 0, 1));
  LN_CHECK(context, is_pair(params->key_dtype, params->value_dtype),
           "a table from %s to %s; from INT64 to STRING or from STRING to INT64 is right",
           TfLiteTypeGetName(params->key_dtype), TfLiteTypeGetName(params->value_dtype));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(ln_check_type(context, output, "output", kTfLiteResource));
  return ln_resize(context, output, 1, (const int32_t[]){1});
}

/* Tables are told apart by the number in their options. */
static TfLiteStatus table_invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteHashtableParams* params = node->builtin_data;
  LinnetBackend* backend = LinnetBackendOf(context);
  TfLiteTensor* output;
  char name[16];
  LN_TRY(ln_get_output(context, node, 0, &output));
  snprintf(name, sizeof name, "%d", params->table_id);
  const int32_t id = backend->ResourceId(backend, "hash table", name);
  LN_CHECK(context, id >= 0, "no memory for the hash table %s", name);
  output->data.i32[0] = id;
  const LinnetResource* resource = backend->FindResource(backend, id);
  if (resource != NULL && resource->free == free_table) {
    const table* t = resource->data;
    LN_CHECK(context, t->key_type == params->key_dtype,
             "the hash table %s exists with keys of %s already; these are %s", name, TfLiteTypeGetName(t->key_type),
             TfLiteTypeGetName(params->key_dtype));
    return kTfLiteOk;
  }
  LN_CHECK(context, resource == NULL, "the hash table %s has the name of a variable", name);
  table* t = ln_calloc(1, sizeof *t);
  LN_CHECK(context, t != NULL, "no memory for the hash table %s", name);
  t->key_type = params->key_dtype;
  t->value_type = params->value_dtype;
  LN_CHECK(context, backend->SetResource(backend, id, t, free_table) == kTfLiteOk, "no hash table %s", name);
  return kTfLiteOk;
}

/* ---- HASHTABLE_IMPORT ---- */

static TfLiteStatus import_prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor *keys, *values;
  LN_TRY(ln_check_io(context, node, 3, 3, 0));
  LN_TRY(check_handle(context, node));
  LN_TRY(ln_get_input(context, node, kKeys, &keys));
  LN_TRY(ln_get_input(context, node, kValues, &values));
  LN_CHECK(context, is_pair(keys->type, values->type),
           "keys of %s and values of %s; INT64 and STRING or STRING and INT64 are right", TfLiteTypeGetName(keys->type),
           TfLiteTypeGetName(values->type));
  LN_CHECK(context, ln_same_shape(keys, values), "keys and values have different shapes");
  return kTfLiteOk;
}

static int compare_numbers(const void* a, const void* b) {
  const table_entry *x = a, *y = b;
  if (x->number != y->number) return x->number < y->number ? -1 : 1;
  return x->position < y->position ? -1 : 1;
}

static int compare_texts(const void* a, const void* b) {
  const table_entry *x = a, *y = b;
  const int order = compare_strings(x->text, y->text);
  return order != 0 ? order : x->position < y->position ? -1 : 1;
}

static bool same_key(const table* t, const table_entry* a, const table_entry* b) {
  return t->key_type == kTfLiteInt64 ? a->number == b->number : compare_strings(a->text, b->text) == 0;
}

/* Of equal keys the first counts. */
static void sort_entries(table* t, size_t count) {
  if (count > 1)
    qsort(t->entries, count, sizeof *t->entries, t->key_type == kTfLiteInt64 ? compare_numbers : compare_texts);
  t->count = 0;
  for (size_t i = 0; i < count; ++i)
    if (t->count == 0 || !same_key(t, &t->entries[t->count - 1], &t->entries[i]))
      t->entries[t->count++] = t->entries[i];
}

static TfLiteStatus fill(TfLiteContext* context, table* t, const ln_strings* texts, const int64_t* numbers,
                         size_t count) {
  size_t bytes = 0;
  for (size_t i = 0; i < count; ++i) bytes += ln_string_at(texts, i).size;
  t->entries = ln_calloc(count, sizeof *t->entries);
  t->text = ln_malloc(bytes);
  if (t->entries == NULL || t->text == NULL) {
    ln_free(t->entries);
    ln_free(t->text);
    t->entries = NULL;
    t->text = NULL;
    LN_FAIL(context, "no memory for a hash table of %zu entries", count);
  }
  char* end = t->text;
  for (size_t i = 0; i < count; ++i) {
    const ln_string text = ln_string_at(texts, i);
    if (text.size > 0) memcpy(end, text.data, text.size);
    t->entries[i] = (table_entry){{end, text.size}, numbers[i], i};
    end += text.size;
  }
  sort_entries(t, count);
  t->filled = true;
  return kTfLiteOk;
}

/* Converters leave the import in the model's own graph too: all but the first are passed over. */
static TfLiteStatus import_invoke(TfLiteContext* context, TfLiteNode* node) {
  table* t = find_table(context, node);
  if (t == NULL) return kTfLiteError;
  const TfLiteTensor *keys, *values;
  ln_strings texts;
  LN_TRY(ln_get_input(context, node, kKeys, &keys));
  LN_TRY(ln_get_input(context, node, kValues, &values));
  LN_CHECK(context, keys->type == t->key_type, "keys of %s for a table with keys of %s", TfLiteTypeGetName(keys->type),
           TfLiteTypeGetName(t->key_type));
  LN_CHECK(context, ln_same_shape(keys, values), "keys and values have different shapes");
  if (t->filled) return kTfLiteOk;
  const bool by_number = keys->type == kTfLiteInt64;
  LN_TRY(ln_read_strings(context, by_number ? values : keys, &texts));
  return fill(context, t, &texts, by_number ? keys->data.i64 : values->data.i64, (size_t)ln_num_elements(keys));
}

/* ---- HASHTABLE_FIND ---- */

static TfLiteStatus find_prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor *keys, *missing;
  TfLiteTensor* output;
  LN_TRY(ln_check_io(context, node, 3, 3, 1));
  LN_TRY(check_handle(context, node));
  LN_TRY(ln_get_input(context, node, kKeys, &keys));
  LN_TRY(ln_get_input(context, node, kValues, &missing));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_CHECK(context, is_pair(keys->type, output->type),
           "keys of %s and an output of %s; INT64 and STRING or STRING and INT64 are right",
           TfLiteTypeGetName(keys->type), TfLiteTypeGetName(output->type));
  LN_TRY(ln_check_type(context, missing, "the default value", output->type));
  LN_CHECK(context, ln_num_elements(missing) >= 1, "the default value is empty");
  return ln_resize_like(context, output, keys);
}

static const table_entry* look_up(const table* t, const table_entry* key) {
  size_t low = 0, high = t->count;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    const table_entry* e = &t->entries[middle];
    const int order = t->key_type == kTfLiteInt64 ? (e->number > key->number) - (e->number < key->number)
                                                  : compare_strings(e->text, key->text);
    if (order == 0) return e;
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return NULL;
}

typedef struct text_search {
  const table* t;
  const int64_t* keys;
  ln_string missing;
} text_search;

static ln_string find_text(const void* arg, size_t i) {
  const text_search* search = arg;
  const table_entry* e = look_up(search->t, &(table_entry){{NULL, 0}, search->keys[i], 0});
  return e != NULL ? e->text : search->missing;
}

static TfLiteStatus find_texts(TfLiteContext* context, const table* t, const TfLiteTensor* keys,
                               const TfLiteTensor* missing, TfLiteTensor* output) {
  ln_strings defaults;
  LN_TRY(ln_read_strings(context, missing, &defaults));
  const text_search search = {t, keys->data.i64, ln_string_at(&defaults, 0)};
  return ln_write_strings(context, output, (size_t)ln_num_elements(keys), find_text, &search);
}

static TfLiteStatus find_numbers(TfLiteContext* context, const table* t, const TfLiteTensor* keys,
                                 const TfLiteTensor* missing, TfLiteTensor* output) {
  ln_strings texts;
  LN_TRY(ln_read_strings(context, keys, &texts));
  const size_t count = (size_t)ln_num_elements(keys);
  for (size_t i = 0; i < count; ++i) {
    const table_entry* e = look_up(t, &(table_entry){ln_string_at(&texts, i), 0, 0});
    output->data.i64[i] = e != NULL ? e->number : missing->data.i64[0];
  }
  return kTfLiteOk;
}

static TfLiteStatus find_invoke(TfLiteContext* context, TfLiteNode* node) {
  const table* t = find_table(context, node);
  if (t == NULL) return kTfLiteError;
  const TfLiteTensor *keys, *missing;
  TfLiteTensor* output;
  LN_TRY(ln_get_input(context, node, kKeys, &keys));
  LN_TRY(ln_get_input(context, node, kValues, &missing));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_CHECK(context, keys->type == t->key_type, "keys of %s for a table with keys of %s", TfLiteTypeGetName(keys->type),
           TfLiteTypeGetName(t->key_type));
  LN_CHECK(context, t->filled, "the table is looked up before it is filled");
  LN_CHECK(context, ln_num_elements(missing) >= 1, "the default value is empty");
  return keys->type == kTfLiteInt64 ? find_texts(context, t, keys, missing, output)
                                    : find_numbers(context, t, keys, missing, output);
}

/* ---- HASHTABLE_SIZE ---- */

static TfLiteStatus size_prepare(TfLiteContext* context, TfLiteNode* node) {
  TfLiteTensor* output;
  LN_TRY(ln_check_io(context, node, 1, 1, 1));
  LN_TRY(check_handle(context, node));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(ln_check_type(context, output, "output", kTfLiteInt64));
  return ln_resize(context, output, 1, (const int32_t[]){1});
}

static TfLiteStatus size_invoke(TfLiteContext* context, TfLiteNode* node) {
  const table* t = find_table(context, node);
  TfLiteTensor* output;
  if (t == NULL) return kTfLiteError;
  LN_TRY(ln_get_output(context, node, 0, &output));
  output->data.i64[0] = (int64_t)t->count;
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_hashtable = {.prepare = table_prepare, .invoke = table_invoke};
const TfLiteRegistration ln_op_hashtable_import = {.prepare = import_prepare, .invoke = import_invoke};
const TfLiteRegistration ln_op_hashtable_find = {.prepare = find_prepare, .invoke = find_invoke};
const TfLiteRegistration ln_op_hashtable_size = {.prepare = size_prepare, .invoke = size_invoke};
