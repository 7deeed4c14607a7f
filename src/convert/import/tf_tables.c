/* Hash tables: HASHTABLE with the entries that the graph's own initializers give, filled in the subgraph that runs
 * once. TFLite's tables go from int64 to string and from string to int64. Entries are constants or lines of a text
 * file, which is an asset of a SavedModel or lies beside the graph. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "convert/import/tf_import.h"
#include "convert/tables.h"
#include "model/model.h"

enum { WHOLE_LINE = -2, LINE_NUMBER = -1, MAX_DEPTH = 8, MAX_SITES = 10000 };

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

static bool is_initializer(const char* op) {
  return strncmp(op, "InitializeTable", 15) == 0 || strncmp(op, "LookupTableImport", 17) == 0;
}

static const char* handle_name(ln_tf_importer* importer, const site* s, const char* reference) {
  return ln_tf_handle_name(importer, s->body, reference, s->names);
}

/* The initializer of a table, in the graph or in what it calls; the site that it is found at is made in the job. */
static bool find_initializer(ln_tf_importer* importer, const site* s, const char* table, int depth, int* sites,
                             filler* found) {
  if (++*sites > MAX_SITES) return false;
  for (size_t i = 0; i < s->body->count; ++i) {
    const LnPb__NodeDef* def = s->body->defs[i];
    if (is_initializer(def->op) && def->n_input >= 2) {
      const char* name = handle_name(importer, s, def->input[0]);
      if (name == NULL || strcmp(name, table) != 0) continue;
      *found = (filler){s, def};
      return true;
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
    if (find_initializer(importer, inner, table, depth + 1, sites, found)) return true;
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

/* A column of all lines as a constant: of strings, or of int64. */
static ln_tensor* column_tensor(ln_subgraph* subgraph, const lines* l, int64_t index, char delimiter, int type) {
  const int32_t dims[] = {(int32_t)l->count};
  int64_t* numbers = ln_job_alloc(l->job, l->count, sizeof *numbers);
  ln_chars* texts = ln_job_alloc(l->job, l->count, sizeof *texts);
  for (size_t i = 0; i < l->count; ++i) {
    numbers[i] = (int64_t)i;
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

/* ---- Tables ---- */

static ln_tensor* handle_of(ln_tf_importer* importer, const ln_builder* b, ln_tf_table* t) {
  ln_tensor* found = ln_tf_find_handle(t->handles, b->subgraph);
  if (found != NULL) return found;
  found = ln_build_table(b, t->id, t->key_type, t->value_type, t->name);
  ln_tf_add_handle(importer->job, &t->handles, found);
  return found;
}

static void fill_from_file(ln_tf_importer* importer, const ln_tf_table* t, const filler* f, ln_tensor* entries[2]) {
  const LnPb__NodeDef* def = f->def;
  const int64_t indices[] = {ln_tf_int(def, "key_index", WHOLE_LINE), ln_tf_int(def, "value_index", LINE_NUMBER)};
  const int types[] = {t->key_type, t->value_type};
  const char* path = file_path(importer, f);
  if (path == NULL) return;
  lines l = read_lines(importer->job, path, ln_tf_int(def, "vocab_size", -1));
  const int64_t offset = ln_tf_int(def, "offset", 0);
  if (offset > 0) {
    const size_t skipped = (uint64_t)offset < l.count ? (size_t)offset : l.count;
    l.all += skipped;
    l.count -= skipped;
  }
  const char* delimiter = ln_tf_string(importer->job, def, "delimiter", "\t");
  for (int i = 0; i < 2; ++i) {
    if (indices[i] < WHOLE_LINE || (indices[i] == LINE_NUMBER && types[i] != LN_TYPE_INT64)) return;
    entries[i] = column_tensor(importer->init, &l, indices[i], delimiter[0], types[i]);
  }
}

/* HASHTABLE_IMPORT of what the graph's initializer puts into the table. False: noted. */
static bool fill_table(ln_tf_call* call, ln_tf_table* t) {
  ln_tf_importer* importer = call->scope->importer;
  const site graph = {NULL, NULL, ln_tf_graph_body(importer), NULL};
  filler f;
  if (t->filled) return true;
  int sites = 0;
  if (!find_initializer(importer, &graph, t->name, 0, &sites, &f)) {
    ln_tf_fail(call, "nothing in the graph says what table \"%s\" holds", t->name);
    return false;
  }
  t->filled = true;
  const ln_builder b = {ln_tf_init_subgraph(importer), ln_job_place(importer->job, f.def->op, f.def->name, "")};
  ln_tensor* entries[2] = {NULL, NULL};
  if (strstr(f.def->op, "FromTextFile") != NULL) {
    fill_from_file(importer, t, &f, entries);
  } else if (f.def->n_input >= 3) {
    ln_tf_scope* scope = scope_of(importer, f.where);
    for (int i = 0; i < 2; ++i) entries[i] = ln_tf_get(scope, f.def->input[i + 1]).tensor;
  }
  for (int i = 0; i < 2; ++i)
    if (!ln_tensor_is_constant(entries[i])) {
      ln_tf_fail(call, "the entries of table \"%s\" are neither constants nor a text file", t->name);
      return false;
    }
  ln_build_table_import(&b, handle_of(importer, &b, t), entries[0], entries[1]);
  return true;
}

static void hash_table(ln_tf_call* call) {
  ln_tf_importer* importer = call->scope->importer;
  const char* shared = ln_tf_string(call->job, call->def, "shared_name", "");
  const char* name = shared[0] != 0 ? shared : call->def->name;
  const int key = ln_tf_type(ln_tf_dtype(call->def, "key_dtype", 0)),
            value = ln_tf_type(ln_tf_dtype(call->def, "value_dtype", 0));
  if (!(key == LN_TYPE_INT64 && value == LN_TYPE_STRING) && !(key == LN_TYPE_STRING && value == LN_TYPE_INT64)) {
    if (importer->allow_custom)
      ln_tf_custom(call);
    else
      ln_tf_fail(call, "a table from %s to %s; TFLite has those from INT64 to STRING and from STRING to INT64",
                 key >= 0 ? ln_tensor_type_name((uint8_t)key) : "another type",
                 value >= 0 ? ln_tensor_type_name((uint8_t)value) : "another type");
    return;
  }
  ln_tf_table* t = importer->tables;
  while (t != NULL && strcmp(t->name, name) != 0) t = t->next;
  if (t == NULL) {
    t = ln_job_alloc(call->job, 1, sizeof *t);
    *t = (ln_tf_table){
        importer->tables, name, importer->tables != NULL ? importer->tables->id + 1 : 0, key, value, false, NULL};
    importer->tables = t;
  }
  ln_tf_return_value(call, 0, (ln_tf_value){.kind = LN_TF_TABLE, .table = t});
}

/* Tables that are written while the model runs: TFLite's are filled once. */
static void mutable_table(ln_tf_call* call) {
  if (call->scope->importer->allow_custom)
    ln_tf_custom(call);
  else
    ln_tf_fail(call, "a table that changes while the model runs cannot be converted; a StaticHashTable can");
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
  ln_tensor* handle = handle_of(call->scope->importer, &call->b, t);
  ln_tf_return(call, 0, ln_build_table_find(&call->b, handle, ln_tf_in(call, 1), ln_tf_in(call, 2), call->name));
}

static void size(ln_tf_call* call) {
  static const int32_t kOne[] = {1};
  if (is_custom(call)) {
    ln_tf_unknown(call);
    return;
  }
  ln_tf_table* t = in_table(call);
  if (t == NULL) return;
  ln_tensor* handle = handle_of(call->scope->importer, &call->b, t);
  ln_node* node = ln_build_node(&call->b, LN_OP_HASHTABLE_SIZE, 1, &handle);
  ln_tensor* out = ln_node_add_output(node, ln_tf_name(call, "size"), LN_TYPE_INT64);
  ln_tensor_set_shape(out, 1, kOne);
  ln_tf_return(call, 0, ln_build_reshape(&call->b, out, 0, NULL, call->name));
}

const ln_tf_lowering ln_tf_tables[] = {
    {"HashTable", hash_table, 0},
    {"HashTableV2", hash_table, 0},
    {"MutableHashTable", mutable_table, 0},
    {"MutableHashTableV2", mutable_table, 0},
    {"MutableDenseHashTable", mutable_table, 0},
    {"MutableDenseHashTableV2", mutable_table, 0},
    {"LookupTableFind", find, 0},
    {"LookupTableFindV2", find, 0},
    {"LookupTableSize", size, 0},
    {"LookupTableSizeV2", size, 0},
    {NULL, NULL, 0},
};
