/* Reads the golden tables and the files that they name. */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "golden.h"

typedef struct cached_file {
  char path[1024];
  unsigned char* data;
  size_t size_bytes;
  struct cached_file* next;
} cached_file;

static cached_file* cache;

const unsigned char* golden_file(const char* path, size_t* size_bytes) {
  for (cached_file* f = cache; f != NULL; f = f->next)
    if (strcmp(f->path, path) == 0) return *size_bytes = f->size_bytes, f->data;
  FILE* file = fopen(path, "rb");
  if (file == NULL) return NULL;
  cached_file* entry = calloc(1, sizeof *entry);
  snprintf(entry->path, sizeof entry->path, "%s", path);
  fseek(file, 0, SEEK_END);
  entry->size_bytes = (size_t)ftell(file);
  rewind(file);
  entry->data = malloc(entry->size_bytes + 1);
  const size_t got = fread(entry->data, 1, entry->size_bytes, file);
  fclose(file);
  if (got != entry->size_bytes) return NULL;
  entry->data[got] = 0;
  entry->next = cache;
  cache = entry;
  *size_bytes = got;
  return entry->data;
}

TfLiteType golden_type(const char* name) {
  static const struct {
    const char *brief, *full;
    TfLiteType type;
  } kNames[] = {
      {"f32", "float32", kTfLiteFloat32},     {"f16", "float16", kTfLiteFloat16},
      {"f64", "float64", kTfLiteFloat64},     {"i8", "int8", kTfLiteInt8},
      {"u8", "uint8", kTfLiteUInt8},          {"i16", "int16", kTfLiteInt16},
      {"u16", "uint16", kTfLiteUInt16},       {"i32", "int32", kTfLiteInt32},
      {"u32", "uint32", kTfLiteUInt32},       {"i64", "int64", kTfLiteInt64},
      {"u64", "uint64", kTfLiteUInt64},       {"bool", "bool", kTfLiteBool},
      {"str", "string", kTfLiteString},       {"bf16", "bfloat16", kTfLiteBFloat16},
      {"c64", "complex64", kTfLiteComplex64}, {"c128", "complex128", kTfLiteComplex128},
  };
  for (size_t i = 0; i < sizeof kNames / sizeof kNames[0]; ++i)
    if (strcmp(name, kNames[i].brief) == 0 || strcmp(name, kNames[i].full) == 0) return kNames[i].type;
  return kTfLiteNoType;
}

bool golden_shape(const char* text, int* rank, int dims[GOLDEN_MAX_RANK]) {
  *rank = 0;
  if (strcmp(text, "scalar") == 0) return true;
  for (const char* p = text;; ++p) {
    char* end;
    if (*rank == GOLDEN_MAX_RANK) return false;
    dims[(*rank)++] = (int)strtol(p, &end, 10);
    if (end == p) return false;
    if (*end == 0) return true;
    if (*end != 'x') return false;
    p = end;
  }
}

int golden_split(char* line, char separator, char** fields, int max) {
  int count = 0;
  for (char* p = line; p != NULL && count < max;) {
    fields[count++] = p;
    p = strchr(p, separator);
    if (p != NULL) *p++ = 0;
  }
  return count;
}

/* ---- shared/models/cases.tsv: a line per tensor, a case's lines together ---- */

enum {
  COL_CASE,
  COL_MODEL,
  COL_SIGNATURE,
  COL_STEP,
  COL_ROLE,
  COL_SLOT,
  COL_TENSOR,
  COL_NAME,
  COL_DTYPE,
  COL_SHAPE,
  COL_RESIZED,
  COL_SCALE,
  COL_ZERO,
  COL_FILE,
  COL_FROM,
  COL_TOL,
  COL_LOOSE,
  COL_MAX,
  COL_NOTE,
  COL_COUNT
};

static bool add_model_line(golden_case* c, const char* folder, char** f) {
  char path[1024];
  if (c->tensor_count == 0) {
    snprintf(c->name, sizeof c->name, "%s", f[COL_CASE]);
    snprintf(path, sizeof path, "%s/%s", folder, f[COL_MODEL]);
    c->model = golden_file(path, &c->model_bytes);
    if (c->model == NULL) return false;
    if (strcmp(f[COL_SIGNATURE], "-") != 0) snprintf(c->signature, sizeof c->signature, "%s", f[COL_SIGNATURE]);
  }
  if (c->tensor_count == GOLDEN_MAX_TENSORS) return false;
  golden_tensor* t = &c->tensors[c->tensor_count++];
  t->step = atoi(f[COL_STEP]);
  if (t->step >= c->steps) c->steps = t->step + 1;
  t->is_output = strcmp(f[COL_ROLE], "out") == 0;
  t->resized = strcmp(f[COL_RESIZED], "1") == 0;
  t->slot = atoi(f[COL_SLOT]);
  snprintf(t->name, sizeof t->name, "%s", f[COL_NAME]);
  t->type = golden_type(f[COL_DTYPE]);
  if (t->type == kTfLiteNoType || !golden_shape(f[COL_SHAPE], &t->rank, t->dims)) return false;
  if (t->is_output) {
    const double tolerance = atof(f[COL_TOL]), of_range = 2e-5 * atof(f[COL_MAX]);
    t->absolute = tolerance > of_range ? tolerance : of_range;
  }
  snprintf(path, sizeof path, "%s/%s", folder, f[COL_FILE]);
  t->data = golden_file(path, &t->size_bytes);
  return t->data != NULL;
}

bool golden_read_models(const char* shared, const char* filter, golden_visitor visit, void* arg) {
  char folder[512], path[1024];
  size_t size_bytes;
  snprintf(folder, sizeof folder, "%s/models", shared);
  snprintf(path, sizeof path, "%s/cases.tsv", folder);
  const unsigned char* table = golden_file(path, &size_bytes);
  if (table == NULL) return fprintf(stderr, "%s cannot be read\n", path), false;
  char* text = malloc(size_bytes + 1);
  memcpy(text, table, size_bytes + 1);
  golden_case* c = calloc(1, sizeof *c);
  bool ok = true;
  char* save = NULL;
  strtok_r(text, "\n", &save); /* the header */
  for (char* line = strtok_r(NULL, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
    char* f[COL_COUNT];
    if (golden_split(line, '\t', f, COL_COUNT) < COL_MAX + 1) continue;
    if (c->tensor_count > 0 && strcmp(c->name, f[COL_CASE]) != 0) {
      visit(c, arg);
      memset(c, 0, sizeof *c);
    }
    if (strstr(f[COL_CASE], filter) == NULL) continue;
    if (!add_model_line(c, folder, f)) ok = false, fprintf(stderr, "%s: %s cannot be used\n", f[COL_CASE], f[COL_FILE]);
  }
  if (c->tensor_count > 0) visit(c, arg);
  free(c);
  free(text);
  return ok;
}

/* ---- shared/ops/cases.tsv: a line per case, tensors as name|dtype|shape|offset|length joined by ; ---- */

enum {
  OP_CASE,
  OP_GROUP,
  OP_KIND,
  OP_FLAGS,
  OP_INVOKES,
  OP_FILE,
  OP_MODEL_OFFSET,
  OP_MODEL_LENGTH,
  OP_INPUTS,
  OP_OUTPUTS,
  OP_ABS,
  OP_REL,
  OP_STEPS,
  OP_DIFF_OPT,
  OP_DIFF_XNN,
  OP_GOLDEN,
  OP_OPS,
  OP_COUNT
};

/* A size in decimal; one that no size_t holds becomes SIZE_MAX, which no file's length reaches. */
static size_t size_of(const char* text) {
  const unsigned long long value = strtoull(text, NULL, 10);
  return value < SIZE_MAX ? (size_t)value : SIZE_MAX;
}

static bool add_op_tensors(golden_case* c, char* list, bool is_output, char** f, const unsigned char* blob,
                           size_t size) {
  if (strcmp(list, "-") == 0) return true;
  char* items[GOLDEN_MAX_TENSORS];
  const int count = golden_split(list, ';', items, GOLDEN_MAX_TENSORS);
  for (int i = 0; i < count; ++i) {
    char* part[5];
    if (golden_split(items[i], '|', part, 5) != 5 || c->tensor_count == GOLDEN_MAX_TENSORS) return false;
    golden_tensor* t = &c->tensors[c->tensor_count++];
    const size_t offset = size_of(part[3]);
    t->is_output = is_output;
    t->slot = i;
    t->step = is_output ? c->steps - 1 : 0;
    t->resized = !is_output && strstr(f[OP_FLAGS], "resize") != NULL;
    t->type = golden_type(part[1]);
    t->size_bytes = size_of(part[4]);
    if (t->type == kTfLiteNoType || !golden_shape(part[2], &t->rank, t->dims)) return false;
    if (offset > size || t->size_bytes > size - offset) return false;
    t->data = blob + offset;
    t->absolute = atof(f[OP_ABS]);
    t->relative = atof(f[OP_REL]);
    t->steps = strcmp(f[OP_GOLDEN], "ref") == 0 && strstr(f[OP_FLAGS], "ref_divergent") == NULL ? 0 : atoi(f[OP_STEPS]);
    t->only_shape = is_output && strcmp(f[OP_KIND], "random") == 0;
  }
  return true;
}

static bool read_ops_table(const char* table_path, const char* folder, const char* filter, golden_visitor visit,
                           void* arg) {
  char path[1024];
  size_t size_bytes;
  const unsigned char* table = golden_file(table_path, &size_bytes);
  if (table == NULL) return fprintf(stderr, "%s cannot be read\n", table_path), false;
  char* text = malloc(size_bytes + 1);
  memcpy(text, table, size_bytes + 1);
  golden_case* c = calloc(1, sizeof *c);
  bool ok = true;
  char* save = NULL;
  strtok_r(text, "\n", &save);
  for (char* line = strtok_r(NULL, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
    char* f[OP_COUNT];
    if (golden_split(line, '\t', f, OP_COUNT) != OP_COUNT || strstr(f[OP_CASE], filter) == NULL) continue;
    memset(c, 0, sizeof *c);
    snprintf(c->name, sizeof c->name, "%s", f[OP_CASE]);
    snprintf(path, sizeof path, "%s/ops/%s", folder, f[OP_FILE]);
    size_t blob_bytes = 0;
    const unsigned char* blob = golden_file(path, &blob_bytes);
    const size_t offset = size_of(f[OP_MODEL_OFFSET]);
    c->model_bytes = size_of(f[OP_MODEL_LENGTH]);
    c->steps = atoi(f[OP_INVOKES]);
    c->last_step_only = true;
    if (blob == NULL || offset > blob_bytes || c->model_bytes > blob_bytes - offset ||
        (c->model = blob + offset, !add_op_tensors(c, f[OP_INPUTS], false, f, blob, blob_bytes)) ||
        !add_op_tensors(c, f[OP_OUTPUTS], true, f, blob, blob_bytes)) {
      ok = false;
      fprintf(stderr, "%s cannot be used\n", f[OP_CASE]);
      continue;
    }
    visit(c, arg);
  }
  free(c);
  free(text);
  return ok;
}

bool golden_read_ops(const char* folder, const char* filter, golden_visitor visit, void* arg) {
  char pattern[1024];
  glob_t tables;
  snprintf(pattern, sizeof pattern, "%s/ops/*cases.tsv", folder);
  if (glob(pattern, 0, NULL, &tables) != 0) return fprintf(stderr, "%s: no table\n", pattern), false;
  bool ok = true;
  for (size_t i = 0; i < tables.gl_pathc; ++i)
    if (!read_ops_table(tables.gl_pathv[i], folder, filter, visit, arg)) ok = false;
  globfree(&tables);
  return ok;
}
