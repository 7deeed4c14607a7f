/* Tables with the entries that the graph's own initializers give: constants, or lines of a text file, which is an asset
 * of a SavedModel or lies beside the graph; those that could be changed but are not also with what a checkpoint has.
 * Numbers are looked up by operators (convert/number_lookup.h), words in a HASHTABLE that is filled in the subgraph
 * that runs once. TFLite's go from string to int64 and from int64 to string: where values are neither, the table says
 * their places. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "convert/import/tf_bundle.h"
#include "convert/number_lookup.h"
#include "model/model.h"

enum { WHOLE_LINE = -2, LINE_NUMBER = -1, MAX_DEPTH = 8, MAX_SITES = 10000, MAX_FILLERS = 64 };

/* Where an initializer was found: a body, and how it is called. */
typedef struct site {
  const struct site* outer; /* NULL: the graph */
  const LnPb__NodeDef* call;
  ln_tf_body* body;
  const char** names; /* of the function's arguments that are handles */
} site;

typedef struct filler {
  const site* where;
  const LnPb__NodeDef* def;
} filler;

/* What is looked for, and where. */
typedef struct search {
  ln_tf_importer* importer;
  const ln_tf_table* table;
  const uint8_t* among; /* of the graph's nodes; NULL: of all */
  int sites, most, count;
  filler found[MAX_FILLERS];
} search;

static bool is_filler(const search* q, const char* op) {
  return strncmp(op, "LookupTableImport", 17) == 0 ||
         strncmp(op, q->table->is_mutable ? "LookupTableInsert" : "InitializeTable", q->table->is_mutable ? 17 : 15) ==
             0;
}

static const char* handle_name(ln_tf_importer* importer, const site* s, const char* reference) {
  return ln_tf_handle_name(importer, s->body, reference, s->names);
}

/* What fills the table, in the graph or in what it calls; the sites that it is found at are made in the job. True: as
 * much as is wanted is found. */
static bool find_fillers(search* q, const site* s, int depth) {
  ln_tf_importer* importer = q->importer;
  if (++q->sites > MAX_SITES) return false;
  for (size_t i = 0; i < s->body->count; ++i) {
    const LnPb__NodeDef* def = s->body->defs[i];
    if (depth == 0 && q->among != NULL && !q->among[i]) continue;
    if (is_filler(q, def->op) && def->n_input >= 2) {
      const char* name = handle_name(importer, s, def->input[0]);
      if (name == NULL || strcmp(name, q->table->name) != 0) continue;
      q->found[q->count++] = (filler){s, def};
      if (q->count == q->most) return true;
    }
    const LnPb__AttrValue* f = ln_tf_attr(def, "f");
    ln_tf_body* body =
        f != NULL && f->func != NULL && f->func->name != NULL ? ln_tf_function(importer, f->func->name) : NULL;
    if (body == NULL || depth >= MAX_DEPTH) continue;
    const size_t count = body->function->signature->n_input_arg;
    site* inner = ln_job_alloc(importer->job, 1, sizeof *inner);
    *inner = (site){s, def, body, ln_job_alloc(importer->job, count, sizeof(char*))};
    for (size_t k = 0; k < count && k < def->n_input; ++k)
      if (def->input[k][0] != '^') inner->names[k] = handle_name(importer, s, def->input[k]);
    if (find_fillers(q, inner, depth + 1)) return true;
  }
  return false;
}

/* A scope for the site in the subgraph that runs once. */
static ln_tf_scope* scope_of(ln_tf_importer* importer, const site* s) {
  ln_tf_scope* scope = ln_tf_new_scope(importer, s->body, ln_tf_init_subgraph(importer), "");
  if (s->outer == NULL) return scope;
  ln_tf_scope* outer = scope_of(importer, s->outer);
  const size_t count = s->body->function->signature->n_input_arg;
  ln_tf_value* args = ln_job_alloc(importer->job, count, sizeof *args);
  for (size_t i = 0; i < count && i < s->call->n_input; ++i)
    if (s->call->input[i][0] != '^' && s->names[i] == NULL) args[i] = ln_tf_get(outer, s->call->input[i]);
  scope->args = args;
  return scope;
}

/* ---- Text files ---- */

/* The node that a reference in a site stands for; NULL: none. */
static const LnPb__NodeDef* trace(ln_job* job, const site* s, const char* reference) {
  for (int steps = 0; steps < 100; ++steps) {
    int node, output;
    if (!ln_tf_resolve(s->body, reference, &node, &output)) return NULL;
    if (node < 0) {
      const size_t arg = (size_t)(-1 - node);
      if (s->outer == NULL || arg >= s->call->n_input) return NULL;
      reference = s->call->input[arg];
      s = s->outer;
      continue;
    }
    const LnPb__NodeDef* def = s->body->defs[node];
    if (def->n_input < 1) return def;
    reference = def->input[0];
    /* TensorFlow 2 puts the path into a variable. */
    if (strcmp(def->op, "ReadVariableOp") == 0) {
      const char* assign = ln_job_text(job, "%s/Assign", reference);
      const int at = ln_tf_find(s->body, assign, strlen(assign));
      if (at < 0 || s->body->defs[at]->n_input < 2) return NULL;
      reference = s->body->defs[at]->input[1];
    } else if (strcmp(def->op, "Identity") != 0 && strcmp(def->op, "PlaceholderWithDefault") != 0) {
      return def;
    }
  }
  return NULL;
}

/* The path of the file whose name a constant holds: where the SavedModel lists it as an asset, that one. */
static const char* file_path(ln_tf_importer* importer, const filler* f) {
  ln_job* job = importer->job;
  const LnPb__NodeDef* def = trace(job, f->where, f->def->input[1]);
  if (def == NULL) return NULL;
  const LnPb__MetaGraphDef* meta = importer->meta;
  for (size_t i = 0; meta != NULL && i < meta->n_asset_file_def; ++i) {
    const LnPb__AssetFileDef* asset = meta->asset_file_def[i];
    if (asset->filename == NULL || asset->tensor_info == NULL || asset->tensor_info->name == NULL) continue;
    const size_t length = strcspn(asset->tensor_info->name, ":");
    if (strlen(def->name) == length && strncmp(def->name, asset->tensor_info->name, length) == 0)
      return ln_job_text(job, "%s/assets/%s", importer->folder, asset->filename);
  }
  const LnPb__AttrValue* value = ln_tf_attr(def, "value");
  if (value == NULL || value->tensor == NULL || value->tensor->n_string_val != 1) return NULL;
  const ProtobufCBinaryData text = value->tensor->string_val[0];
  char* path = ln_job_alloc(job, text.len + 1, 1);
  if (text.len != 0) memcpy(path, text.data, text.len);
  if (path[0] == '/' && ln_tf_exists(path)) return path;
  const char* slash = strrchr(path, '/');
  return ln_job_text(job, "%s/%s", importer->folder, slash != NULL ? slash + 1 : path);
}

/* Column number `index` of a line. False: there is none. */
static bool column(ln_chars line, int64_t index, char delimiter, ln_chars* out) {
  if (index == WHOLE_LINE) return *out = line, true;
  const unsigned char* at = line.data;
  const unsigned char* end = line.data + line.len;
  for (; index > 0; --index, ++at) {
    at = memchr(at, delimiter, (size_t)(end - at));
    if (at == NULL) return false;
  }
  const unsigned char* stop = memchr(at, delimiter, (size_t)(end - at));
  *out = (ln_chars){(size_t)((stop != NULL ? stop : end) - at), at};
  return true;
}

typedef struct lines {
  ln_job* job;
  const char* path;
  ln_chars* all;
  size_t count;
} lines;

static lines read_lines(ln_job* job, const char* path, int64_t most) {
  const ln_tf_file file = ln_tf_open(job, path);
  lines l = {job, path, NULL, 0};
  size_t capacity = 0;
  for (size_t at = 0; at < file.size && (most < 0 || l.count < (size_t)most);) {
    const unsigned char* end = memchr(file.data + at, '\n', file.size - at);
    size_t length = end != NULL ? (size_t)(end - file.data) - at : file.size - at;
    const size_t next = at + length + 1;
    if (length > 0 && file.data[at + length - 1] == '\r') --length;
    l.all = ln_job_grow(job, l.all, l.count, &capacity, sizeof *l.all);
    l.all[l.count++] = (ln_chars){length, file.data + at};
    at = next;
  }
  if (l.count > INT32_MAX) ln_stop(job, "%s has too many lines", path);
  return l;
}

/* A column of all lines as a constant: of strings, or of int64. Lines count from `offset`. */
static ln_tensor* column_tensor(ln_subgraph* subgraph, const lines* l, int64_t index, int64_t offset, char delimiter,
                                int type) {
  const int32_t dims[] = {(int32_t)l->count};
  int64_t* numbers = ln_job_alloc(l->job, l->count, sizeof *numbers);
  ln_chars* texts = ln_job_alloc(l->job, l->count, sizeof *texts);
  for (size_t i = 0; i < l->count; ++i) {
    numbers[i] = (int64_t)((uint64_t)offset + i);
    if (index == LINE_NUMBER) continue;
    if (!column(l->all[i], index, delimiter, &texts[i]))
      ln_stop(l->job, "%s: line %zu has no column %lld", l->path, i + 1, (long long)index);
    if (type != LN_TYPE_INT64) continue;
    char word[32] = "", *end;
    if (texts[i].len < sizeof word && texts[i].len > 0) memcpy(word, texts[i].data, texts[i].len);
    errno = 0;
    numbers[i] = strtoll(word, &end, 10);
    if (end == word || *end != 0 || errno != 0)
      ln_stop(l->job, "%s: line %zu has no whole number in column %lld", l->path, i + 1, (long long)index);
  }
  if (type == LN_TYPE_INT64) return ln_graph_constant(subgraph, l->path, type, 1, dims, numbers);
  return ln_graph_strings(subgraph, l->path, 1, dims, texts);
}

/* ---- What a table holds ---- */

static void fill_from_file(ln_tf_importer* importer, const ln_tf_table* t, const filler* f, ln_tensor* entries[2]) {
  const LnPb__NodeDef* def = f->def;
  const int64_t indices[] = {ln_tf_int(def, "key_index", WHOLE_LINE), ln_tf_int(def, "value_index", LINE_NUMBER)};
  const int types[] = {t->key_type, t->value_type};
  const char* path = file_path(importer, f);
  if (path == NULL) return;
  lines l = read_lines(importer->job, path, ln_tf_int(def, "vocab_size", -1));
  const int64_t offset = ln_tf_int(def, "offset", 0);
  const char* delimiter = ln_tf_string(importer->job, def, "delimiter", "\t");
  for (int i = 0; i < 2; ++i) {
    if (indices[i] < WHOLE_LINE || (indices[i] == LINE_NUMBER && types[i] != LN_TYPE_INT64)) return;
    entries[i] = column_tensor(ln_tf_init_subgraph(importer), &l, indices[i], offset, delimiter[0], types[i]);
  }
}

/* ---- Tables that could be changed ---- */

/* The operator that initializes a SavedModel: a signature's, of TensorFlow 1 in a collection; NULL: there is none. */
static const char* initializer_of(const LnPb__MetaGraphDef* meta) {
  for (size_t i = 0; meta != NULL && i < meta->n_signature_def; ++i) {
    const LnPb__SignatureEntry* entry = meta->signature_def[i];
    if (strcmp(entry->key, "__saved_model_init_op") != 0 || entry->value == NULL) continue;
    for (size_t k = 0; k < entry->value->n_outputs; ++k)
      if (entry->value->outputs[k]->value != NULL) return entry->value->outputs[k]->value->name;
  }
  for (size_t i = 0; meta != NULL && i < meta->n_collection_def; ++i) {
    const LnPb__CollectionEntry* entry = meta->collection_def[i];
    if (entry->key == NULL || entry->value == NULL || entry->value->node_list == NULL ||
        entry->value->node_list->n_value == 0)
      continue;
    if (strcmp(entry->key, "saved_model_main_op") == 0 || strcmp(entry->key, "legacy_init_op") == 0)
      return entry->value->node_list->value[0];
  }
  return NULL;
}

static bool note_reached(void* arg, int node) {
  uint8_t* reached = arg;
  reached[node] = 1;
  return true;
}

/* The graph's nodes that the initialization reaches; NULL: none is known. */
static const uint8_t* initialization(ln_tf_importer* importer) {
  const ln_tf_body* body = ln_tf_graph_body(importer);
  const char* start = initializer_of(importer->meta);
  if (start == NULL || ln_tf_input_node(body, start) < 0) return NULL;
  uint8_t* reached = ln_job_alloc(importer->job, body->count, 1);
  ln_tf_walk_back(importer, start, note_reached, reached);
  return reached;
}

/* Keys and values of what fills a table, one after the other. */
typedef struct parts {
  ln_tensor* of[MAX_FILLERS + 1][2];
  int count;
} parts;

static bool are_entries(const ln_tf_table* t, ln_tensor* const pair[2]) {
  return ln_tensor_is_constant(pair[0]) && ln_tensor_is_constant(pair[1]) && pair[0]->type == t->key_type &&
         pair[1]->type == t->value_type && ln_tensor_elements(pair[0]) == ln_tensor_elements(pair[1]);
}

static bool find_parts(ln_tf_call* call, const ln_tf_table* t, parts* p) {
  ln_tf_importer* importer = call->scope->importer;
  const site graph = {NULL, NULL, ln_tf_graph_body(importer), NULL};
  search* q = ln_job_alloc(call->job, 1, sizeof *q);
  *q = (search){.importer = importer, .table = t, .among = initialization(importer), .most = MAX_FILLERS};
  p->count = 0;
  for (int i = 0; i < 2 && importer->bundle != NULL; ++i)
    p->of[0][i] = ln_tf_bundle_constant(importer->bundle, ln_tf_bundle_column(call->job, t->node, i),
                                        ln_tf_init_subgraph(importer));
  if (importer->bundle != NULL && p->of[0][0] != NULL && p->of[0][1] != NULL) p->count = 1;
  /* A graph whose initialization is not known starts as the checkpoint says. */
  if ((q->among != NULL || p->count == 0) && find_fillers(q, &graph, 0)) return false;
  for (int i = 0; i < q->count; ++i) {
    const filler* f = &q->found[i];
    const LnPb__NodeDef* source = trace(call->job, f->where, f->def->input[1]);
    if (f->def->n_input < 3 || (source != NULL && strcmp(source->op, "RestoreV2") == 0)) continue;
    if (strncmp(f->def->op, "LookupTableImport", 17) == 0) p->count = 0;
    ln_tf_scope* scope = scope_of(importer, f->where);
    for (int k = 0; k < 2; ++k) p->of[p->count][k] = ln_tf_get(scope, f->def->input[k + 1]).tensor;
    ++p->count;
  }
  return true;
}

/* One of all parts' elements, in a row. */
static ln_elements join(ln_job* job, const parts* p, int which, size_t total) {
  const int type = p->of[0][which]->type;
  size_t width = sizeof(ln_chars), at = 0;
  if (type != LN_TYPE_STRING) ln_tensor_type_bytes((uint8_t)type, 1, &width);
  char* all = ln_job_alloc(job, total, width);
  for (int i = 0; i < p->count; ++i) {
    size_t count = (size_t)ln_tensor_elements(p->of[i][which]);
    const void* from =
        type == LN_TYPE_STRING ? (const void*)ln_strings_of(job, p->of[i][which], &count) : p->of[i][which]->data;
    if (count != 0) memcpy(all + at * width, from, count * width);
    at += count;
  }
  if (type == LN_TYPE_STRING) return (ln_elements){type, NULL, (const ln_chars*)(const void*)all};
  return (ln_elements){type, all, NULL};
}

typedef struct key {
  ln_chars bytes;
  int32_t place;
} key;

static int compare_bytes(const ln_chars* a, const ln_chars* b) {
  const size_t shorter = a->len < b->len ? a->len : b->len;
  const int order = shorter != 0 ? memcmp(a->data, b->data, shorter) : 0;
  return order != 0 ? order : (a->len > b->len) - (a->len < b->len);
}

static int compare_keys(const void* a, const void* b) {
  const key *x = a, *y = b;
  const int order = compare_bytes(&x->bytes, &y->bytes);
  return order != 0 ? order : (x->place > y->place) - (x->place < y->place);
}

static ln_chars bytes_at(const ln_elements* e, size_t i) {
  size_t width = 0;
  if (e->type == LN_TYPE_STRING) return e->strings[i];
  ln_tensor_type_bytes((uint8_t)e->type, 1, &width);
  return (ln_chars){width, (const uint8_t*)e->numbers + i * width};
}

/* Whether element `i` is one of the keys that a dense table has for none. */
static bool is_unused(ln_job* job, const ln_tf_table* t, const ln_elements* keys, size_t i) {
  for (int k = 0; k < 2; ++k) {
    if (t->unused[k] == NULL || !ln_tensor_is_constant(t->unused[k]) || t->unused[k]->type != t->key_type) continue;
    const ln_chars own = bytes_at(keys, i);
    size_t count = 1;
    const ln_elements other = {t->key_type, t->unused[k]->data,
                               t->key_type == LN_TYPE_STRING ? ln_strings_of(job, t->unused[k], &count) : NULL};
    const ln_chars none = bytes_at(&other, 0);
    if (compare_bytes(&own, &none) == 0) return true;
  }
  return false;
}

/* The last of what was put under each key counts. False: noted. */
static bool fill_mutable(ln_tf_call* call, ln_tf_table* t) {
  ln_job* job = call->job;
  parts* p = ln_job_alloc(job, 1, sizeof *p);
  size_t total = 0, count = 0;
  if (!find_parts(call, t, p)) {
    ln_tf_fail(call, "table \"%s\" is filled by %d operators or more", t->name, MAX_FILLERS);
    return false;
  }
  for (int i = 0; i < p->count; ++i) {
    if (!are_entries(t, p->of[i])) {
      ln_tf_fail(call, "what table \"%s\" is filled with is no constant of keys and one of as many numbers or strings",
                 t->name);
      return false;
    }
    total += (size_t)ln_tensor_elements(p->of[i][0]);
  }
  if (p->count == 0 || total > INT32_MAX) {
    ln_tf_fail(call, "nothing in the graph or its checkpoint says what table \"%s\" holds", t->name);
    return false;
  }
  const ln_elements keys = join(job, p, 0, total), values = join(job, p, 1, total);
  key* sorted = ln_job_alloc(job, total, sizeof *sorted);
  uint8_t* kept = ln_job_alloc(job, total, 1);
  int32_t* places = ln_job_alloc(job, total, sizeof *places);
  for (size_t i = 0; i < total; ++i) sorted[i] = (key){bytes_at(&keys, i), (int32_t)i};
  if (total != 0) qsort(sorted, total, sizeof *sorted, compare_keys);
  for (size_t i = 0; i < total; ++i)
    kept[sorted[i].place] = i + 1 == total || compare_bytes(&sorted[i].bytes, &sorted[i + 1].bytes) != 0;
  for (size_t i = 0; i < total; ++i)
    if (kept[i] && !is_unused(job, t, &keys, i)) places[count++] = (int32_t)i;
  const ln_builder init = {ln_tf_init_subgraph(call->scope->importer), call->b.place};
  t->keys = ln_pick_elements(&init, &keys, places, count, ln_job_text(job, "%s/keys", t->name));
  t->values = ln_pick_elements(&init, &values, places, count, ln_job_text(job, "%s/values", t->name));
  return true;
}

/* ---- Tables that are filled once ---- */

/* Finds the entries where they are first asked for. False: noted. */
static bool fill_table(ln_tf_call* call, ln_tf_table* t) {
  ln_tf_importer* importer = call->scope->importer;
  const site graph = {NULL, NULL, ln_tf_graph_body(importer), NULL};
  if (t->keys != NULL) return true;
  if (t->is_mutable) return fill_mutable(call, t);
  search* q = ln_job_alloc(call->job, 1, sizeof *q);
  *q = (search){.importer = importer, .table = t, .most = 1};
  if (!find_fillers(q, &graph, 0)) {
    ln_tf_fail(call, "nothing in the graph says what table \"%s\" holds", t->name);
    return false;
  }
  const filler f = q->found[0];
  ln_tensor* entries[2] = {NULL, NULL};
  if (strstr(f.def->op, "FromTextFile") != NULL) {
    fill_from_file(importer, t, &f, entries);
  } else if (f.def->n_input >= 3) {
    ln_tf_scope* scope = scope_of(importer, f.where);
    for (int i = 0; i < 2; ++i) entries[i] = ln_tf_get(scope, f.def->input[i + 1]).tensor;
  }
  for (int i = 0; i < 2; ++i)
    if (entries[i] == NULL || !ln_tensor_is_constant(entries[i])) {
      ln_tf_fail(call, "the entries of table \"%s\" are neither constants nor a text file", t->name);
      return false;
    }
  if (entries[0]->rank != 1 || entries[1]->rank != 1 || ln_dim(entries[0], 0) != ln_dim(entries[1], 0) ||
      entries[0]->type != t->key_type || entries[1]->type != t->value_type) {
    ln_tf_fail(call,
               "table \"%s\" has no list of keys and one of as many values; vectors as values cannot be converted",
               t->name);
    return false;
  }
  t->keys = entries[0];
  t->values = entries[1];
  return true;
}

static int64_t* keys_of(ln_job* job, const ln_tf_table* t) {
  const int32_t count = ln_dim(t->keys, 0);
  int64_t* keys = ln_job_alloc(job, (size_t)count, sizeof *keys);
  if (!ln_tensor_ints(t->keys, count, keys)) ln_stop(job, "table \"%s\": its keys are no integers", t->name);
  return keys;
}

/* The numbers 0 to `count`, of which the last one is not in a constant of `count`. */
static int64_t* counted(ln_job* job, int32_t count) {
  int64_t* numbers = ln_job_alloc(job, (size_t)count + 1, sizeof *numbers);
  for (int32_t i = 0; i <= count; ++i) numbers[i] = i;
  return numbers;
}

/* The values, and behind them the one for what is no key; NULL: as many of them again, of which none is meant. */
static ln_elements elements_of(ln_job* job, const ln_tf_table* t, const ln_tensor* missing) {
  const size_t count = (size_t)ln_dim(t->values, 0);
  ln_elements e = {t->value_type, NULL, NULL};
  if (e.type == LN_TYPE_STRING) {
    size_t found, one = 0;
    ln_chars* strings = ln_job_alloc(job, count + 1, sizeof *strings);
    const ln_chars* from = ln_strings_of(job, t->values, &found);
    const ln_chars* last = missing != NULL ? ln_strings_of(job, missing, &one) : NULL;
    if (found != 0) memcpy(strings, from, (found < count ? found : count) * sizeof *strings);
    if (one != 0) strings[count] = last[0];
    e.strings = strings;
    return e;
  }
  const size_t width = count != 0 ? t->values->data_bytes / count : 0;
  char* numbers = ln_job_alloc(job, count + 1, width);
  if (count != 0) memcpy(numbers, t->values->data, count * width);
  if (missing != NULL && missing->data_bytes >= width) memcpy(numbers + count * width, missing->data, width);
  e.numbers = numbers;
  return e;
}

/* ---- The runtime's hash tables ---- */

enum { TO_NUMBERS, TO_WORDS };

/* The handle, in the builder's subgraph, of the table from words to their int64 values, or to their places where the
 * values are of another type; or of the one from int64 keys, or the places of words, to words. */
static ln_tensor* handle_of(ln_tf_call* call, const ln_builder* b, ln_tf_table* t, int way) {
  ln_tf_importer* importer = call->scope->importer;
  static const int kTypes[] = {LN_TYPE_STRING, LN_TYPE_INT64};
  ln_tensor* found = ln_tf_find_handle(t->handles[way], b->subgraph);
  if (found != NULL) return found;
  if (!t->is_filled[way]) t->ids[way] = importer->hash_tables++;
  found = ln_build_table(b, t->ids[way], kTypes[way], kTypes[!way], t->name);
  ln_tf_add_handle(importer->job, &t->handles[way], found);
  if (t->is_filled[way]) return found;
  t->is_filled[way] = true;
  const ln_builder init = {ln_tf_init_subgraph(importer), b->place};
  const ln_tensor* own = way == TO_NUMBERS ? t->values : t->keys;
  ln_tensor* numbers =
      ln_graph_constant(init.subgraph, ln_job_text(call->job, "%s/numbers", t->name), LN_TYPE_INT64, 1, own->shape[0],
                        own->type == LN_TYPE_STRING || (way == TO_NUMBERS && own->type != LN_TYPE_INT64)
                            ? counted(call->job, ln_dim(own, 0))
                        : way == TO_NUMBERS ? own->data
                                            : keys_of(call->job, t));
  ln_build_table_import(&init, handle_of(call, &init, t, way), way == TO_NUMBERS ? t->keys : numbers,
                        way == TO_NUMBERS ? numbers : t->values);
  return found;
}

static ln_tensor* find_in(ln_tf_call* call, ln_tf_table* t, int way, ln_tensor* x, ln_tensor* missing,
                          const char* name) {
  return ln_build_table_find(&call->b, handle_of(call, &call->b, t, way), x, missing, name);
}

/* ---- Operators ---- */

ln_tf_table* ln_tf_table_of(ln_tf_importer* importer, const char* name) {
  ln_tf_table* t = importer->tables;
  while (t != NULL && strcmp(t->name, name) != 0) t = t->next;
  if (t != NULL) return t;
  t = ln_job_alloc(importer->job, 1, sizeof *t);
  *t = (ln_tf_table){.next = importer->tables, .name = name, .key_type = -1, .value_type = -1};
  return importer->tables = t;
}

static ln_tf_table* table_of(ln_tf_call* call) {
  const char* shared = ln_tf_string(call->job, call->def, "shared_name", "");
  return ln_tf_table_of(call->scope->importer, shared[0] != 0 ? shared : call->def->name);
}

static void hash_table(ln_tf_call* call) {
  ln_tf_table* t = table_of(call);
  const int key = ln_tf_type(ln_tf_dtype(call->def, "key_dtype", 0)),
            value = ln_tf_type(ln_tf_dtype(call->def, "value_dtype", 0));
  if ((key != LN_TYPE_INT64 && key != LN_TYPE_INT32 && key != LN_TYPE_STRING) || value < 0 ||
      value == LN_TYPE_RESOURCE || value == LN_TYPE_VARIANT) {
    ln_tf_fail(call, "a table from %s to %s; those from STRING, INT64 or INT32 to strings or numbers can be converted",
               key >= 0 ? ln_tensor_type_name((uint8_t)key) : "another type",
               value >= 0 ? ln_tensor_type_name((uint8_t)value) : "another type");
    return;
  }
  if (t->node == NULL) {
    t->node = call->def->name;
    t->key_type = key;
    t->value_type = value;
  }
  ln_tf_return_value(call, 0, (ln_tf_value){.kind = LN_TF_TABLE, .table = t});
}

/* Whether anything puts entries into a table that the model only reads. */
static bool is_filled(ln_tf_call* call, const ln_tf_table* t) {
  ln_tf_importer* importer = call->scope->importer;
  const site graph = {NULL, NULL, ln_tf_graph_body(importer), NULL};
  search* q = ln_job_alloc(call->job, 1, sizeof *q);
  *q = (search){.importer = importer, .table = t, .most = 1};
  return find_fillers(q, &graph, 0);
}

/* Tables that may be written while the model runs, where this one does not: TFLite's are filled once. */
static void mutable_table(ln_tf_call* call) {
  ln_tf_table* t = table_of(call);
  const bool dense = strncmp(call->def->op, "MutableDense", 12) == 0;
  t->is_mutable = true;
  if (call->scope->importer->allow_custom && (t->changes || !is_filled(call, t))) {
    ln_tf_custom(call);
  } else if (t->changes) {
    ln_tf_fail(
        call,
        "the model changes this table while it runs, which TFLite's tables cannot be; one that it only reads can "
        "be converted");
  } else {
    for (int i = 0; i < 2 && dense && i < call->in_count; ++i) t->unused[i] = ln_tf_in(call, i);
    hash_table(call);
  }
}

/* Where the table was refused that is said; a custom one has custom operators. */
static void change(ln_tf_call* call) {
  if (call->in_count > 0 && call->in->kind == LN_TF_TENSOR && !call->in->tensor->broken)
    ln_tf_unknown(call);
  else
    ln_tf_break(call);
}

static ln_tf_table* in_table(ln_tf_call* call) {
  if (call->in_count > 0 && call->in->kind == LN_TF_TABLE && fill_table(call, call->in->table)) return call->in->table;
  if (call->in_count == 0 || call->in->kind == LN_TF_NOTHING) ln_tf_fail(call, "its first input is no table");
  return NULL;
}

/* A table that stayed as a custom operator. */
static bool is_custom(const ln_tf_call* call) {
  return call->in_count > 0 && call->in->kind == LN_TF_TENSOR && !call->in->tensor->broken;
}

/* The elements at `places`, int64, of which the number of all entries is the one for what is no key. */
static ln_tensor* values_at(ln_tf_call* call, ln_tf_table* t, ln_tensor* places, ln_tensor* missing) {
  const int32_t count = ln_dim(t->values, 0);
  const bool fixed = ln_tensor_is_constant(missing);
  if (t->value_type == LN_TYPE_STRING && !fixed) return find_in(call, t, TO_WORDS, places, missing, call->name);
  const ln_elements elements = elements_of(call->job, t, fixed ? missing : NULL);
  int32_t* all = ln_job_alloc(call->job, (size_t)count + 1, sizeof *all);
  for (int32_t i = 0; i <= count; ++i) all[i] = i;
  ln_tensor* list = ln_pick_elements(&call->b, &elements, all, (size_t)count + 1, ln_tf_name(call, "values"));
  ln_tensor* found = ln_tf_binary(call, LN_OP_GATHER, list, places, fixed ? NULL : "value");
  if (fixed) return found;
  return ln_tf_choose(call, ln_tf_number(call, LN_OP_EQUAL, places, count, "is_missing"), missing, found, NULL);
}

static ln_tensor* find_word(ln_tf_call* call, ln_tf_table* t, ln_tensor* x, ln_tensor* missing) {
  if (t->value_type == LN_TYPE_INT64) return find_in(call, t, TO_NUMBERS, x, missing, call->name);
  ln_tensor* none = ln_tf_scalar(call, LN_TYPE_INT64, (double)ln_dim(t->keys, 0), "none");
  return values_at(call, t, find_in(call, t, TO_NUMBERS, x, none, ln_tf_name(call, "place")), missing);
}

/* NULL: there is no way. */
static ln_tensor* find_number(ln_tf_call* call, ln_tf_table* t, ln_tensor* x, ln_tensor* missing) {
  const int32_t count = ln_dim(t->keys, 0);
  const int64_t* keys = keys_of(call->job, t);
  const bool fixed = ln_tensor_is_constant(missing);
  if (t->value_type == LN_TYPE_STRING && (!fixed || !ln_keys_are_close(keys, (size_t)count)))
    return find_in(call, t, TO_WORDS, ln_build_cast(&call->b, x, LN_TYPE_INT64, ln_tf_name(call, "i64")), missing,
                   call->name);
  const ln_elements places = {LN_TYPE_INT64, counted(call->job, count), NULL},
                    elements = fixed ? elements_of(call->job, t, missing) : places;
  x = ln_build_lookup(&call->b, x, keys, (size_t)count, &elements, fixed ? call->name : ln_tf_name(call, "place"));
  return x == NULL || fixed ? x : values_at(call, t, x, missing);
}

static void find(ln_tf_call* call) {
  if (call->in_count > 0 && call->in->kind == LN_TF_TENSOR) {
    if (is_custom(call))
      ln_tf_unknown(call);
    else
      ln_tf_return(call, 0, ln_tf_in(call, 0));
    return;
  }
  ln_tf_table* t = in_table(call);
  if (t == NULL) return;
  ln_tensor *x = ln_tf_in(call, 1), *missing = ln_tf_in(call, 2);
  if (!x->broken && !missing->broken && (x->type != t->key_type || missing->type != t->value_type)) {
    ln_tf_fail(call, "its keys and default are %s and %s; %s and %s is right", ln_tensor_type_name(x->type),
               ln_tensor_type_name(missing->type), ln_tensor_type_name((uint8_t)t->key_type),
               ln_tensor_type_name((uint8_t)t->value_type));
    return;
  }
  ln_tensor* y = t->key_type == LN_TYPE_STRING ? find_word(call, t, x, missing) : find_number(call, t, x, missing);
  if (y != NULL)
    ln_tf_return(call, 0, y);
  else
    ln_tf_fail(
        call,
        "the %d numbers of table \"%s\" cannot be looked up in an input of rank %d: there are none, too many are "
        "alike, or there are too many dimensions; give them other numbers before the model",
        ln_dim(t->keys, 0), t->name, x->rank);
}

static int compare_numbers(const void* a, const void* b) {
  const int64_t *x = a, *y = b;
  return (*x > *y) - (*x < *y);
}

/* How many different keys there are: of words the runtime's table knows. */
static void size(ln_tf_call* call) {
  static const int32_t kOne[] = {1};
  if (is_custom(call)) {
    ln_tf_unknown(call);
    return;
  }
  ln_tf_table* t = in_table(call);
  if (t == NULL) return;
  if (t->key_type != LN_TYPE_STRING) {
    const size_t count = (size_t)ln_dim(t->keys, 0);
    int64_t *keys = keys_of(call->job, t), *different = ln_job_alloc(call->job, 1, sizeof *different);
    if (count != 0) qsort(keys, count, sizeof *keys, compare_numbers);
    for (size_t i = 0; i < count; ++i) *different += i == 0 || keys[i] != keys[i - 1];
    ln_tf_return(call, 0, ln_graph_constant(call->b.subgraph, call->name, LN_TYPE_INT64, 0, NULL, different));
    return;
  }
  ln_tensor* handle = handle_of(call, &call->b, t, TO_NUMBERS);
  ln_node* node = ln_build_node(&call->b, LN_OP_HASHTABLE_SIZE, 1, &handle);
  ln_tensor* out = ln_node_add_output(node, ln_tf_name(call, "size"), LN_TYPE_INT64);
  ln_tensor_set_shape(out, 1, kOne);
  ln_tf_return(call, 0, ln_build_reshape(&call->b, out, 0, NULL, call->name));
}

static void entries(ln_tf_call* call) {
  if (is_custom(call)) {
    ln_tf_unknown(call);
    return;
  }
  ln_tf_table* t = in_table(call);
  if (t == NULL) return;
  ln_tf_return(call, 0, ln_graph_adopt(call->b.subgraph, t->keys));
  ln_tf_return(call, 1, ln_graph_adopt(call->b.subgraph, t->values));
}

const ln_tf_lowering ln_tf_tables[] = {
    {"HashTable", hash_table, 0},
    {"HashTableV2", hash_table, 0},
    {"MutableHashTable", mutable_table, 0},
    {"MutableHashTableV2", mutable_table, 0},
    {"MutableDenseHashTable", mutable_table, 0},
    {"MutableDenseHashTableV2", mutable_table, 0},
    {"LookupTableInsert", change, 0},
    {"LookupTableInsertV2", change, 0},
    {"LookupTableImport", change, 0},
    {"LookupTableImportV2", change, 0},
    {"LookupTableRemoveV2", change, 0},
    {"LookupTableFind", find, 0},
    {"LookupTableFindV2", find, 0},
    {"LookupTableExport", entries, 0},
    {"LookupTableExportV2", entries, 0},
    {"LookupTableSize", size, 0},
    {"LookupTableSizeV2", size, 0},
    {NULL, NULL, 0},
};
