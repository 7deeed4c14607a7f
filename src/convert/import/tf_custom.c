/* Operators that stay as custom ones: their attributes become a FlexBuffer map, as the original writes them. */
#include <stdlib.h>
#include <string.h>

#include "convert/import/tf_import.h"

/* FlexBuffer types. */
enum { FLEX_INT = 1, FLEX_FLOAT = 3, FLEX_KEY = 4, FLEX_STRING = 5, FLEX_MAP = 9, FLEX_VECTOR = 10, FLEX_BOOL = 26 };
enum { WIDTH = 8, LOG_WIDTH = 3 };

typedef struct flex {
  ln_job* job;
  unsigned char* bytes;
  size_t count, capacity;
} flex;

static void put_byte(flex* f, unsigned char byte) {
  f->bytes = ln_job_grow(f->job, f->bytes, f->count, &f->capacity, 1);
  f->bytes[f->count++] = byte;
}

static void put_word(flex* f, uint64_t word) {
  for (int i = 0; i < WIDTH; ++i) put_byte(f, (unsigned char)(word >> 8 * i));
}

static void align(flex* f) {
  while (f->count % WIDTH != 0) put_byte(f, 0);
}

/* A value: a number in place, or where what it refers to begins. */
typedef struct element {
  uint64_t word; /* the number, or the position */
  bool is_position;
  unsigned char type;
} element;

static element put_string(flex* f, const void* data, size_t size) {
  align(f);
  put_word(f, size);
  const size_t at = f->count;
  for (size_t i = 0; i < size; ++i) put_byte(f, ((const unsigned char*)data)[i]);
  put_byte(f, 0);
  return (element){at, true, FLEX_STRING << 2 | LOG_WIDTH};
}

static void put_elements(flex* f, const element* elements, size_t count) {
  for (size_t i = 0; i < count; ++i)
    put_word(f, elements[i].is_position ? f->count - elements[i].word : elements[i].word);
}

static element integer(int64_t value) { return (element){(uint64_t)value, false, FLEX_INT << 2 | LOG_WIDTH}; }

static element number(float value) {
  const double wide = (double)value;
  element e = {0, false, FLEX_FLOAT << 2 | LOG_WIDTH};
  memcpy(&e.word, &wide, sizeof wide);
  return e;
}

static element put_vector(flex* f, const element* elements, size_t count) {
  align(f);
  put_word(f, count);
  const size_t at = f->count;
  put_elements(f, elements, count);
  for (size_t i = 0; i < count; ++i) put_byte(f, elements[i].type);
  return (element){at, true, FLEX_VECTOR << 2 | LOG_WIDTH};
}

static element put_list(flex* f, const LnPb__ListValue* list) {
  const size_t count = list->n_i + list->n_f + list->n_s + list->n_b;
  element* elements = ln_job_alloc(f->job, count, sizeof *elements);
  size_t k = 0;
  for (size_t i = 0; i < list->n_i; ++i) elements[k++] = integer(list->i[i]);
  for (size_t i = 0; i < list->n_f; ++i) elements[k++] = number(list->f[i]);
  for (size_t i = 0; i < list->n_s; ++i) elements[k++] = put_string(f, list->s[i].data, list->s[i].len);
  for (size_t i = 0; i < list->n_b; ++i) elements[k++] = (element){list->b[i] != 0, false, FLEX_BOOL << 2 | LOG_WIDTH};
  return put_vector(f, elements, count);
}

static bool put_attribute(flex* f, const LnPb__AttrValue* v, element* e) {
  if (v->has_i)
    *e = integer(v->i);
  else if (v->has_f)
    *e = number(v->f);
  else if (v->has_b)
    *e = (element){v->b != 0, false, FLEX_BOOL << 2 | LOG_WIDTH};
  else if (v->has_s)
    *e = put_string(f, v->s.data, v->s.len);
  else if (v->has_type)
    *e = integer(v->type);
  else if (v->list != NULL)
    *e = put_list(f, v->list);
  else
    return false;
  return true;
}

static int compare_keys(const void* a, const void* b) {
  return strcmp((*(LnPb__AttrEntry* const*)a)->key, (*(LnPb__AttrEntry* const*)b)->key);
}

/* A map: the keys' vector, sorted, then the values with a reference to it in front. */
static void put_map(flex* f, const LnPb__NodeDef* def) {
  LnPb__AttrEntry** entries = ln_job_alloc(f->job, def->n_attr, sizeof(LnPb__AttrEntry*));
  element *keys = ln_job_alloc(f->job, def->n_attr, sizeof *keys),
          *values = ln_job_alloc(f->job, def->n_attr, sizeof *values);
  size_t given = 0, count = 0;
  for (size_t i = 0; i < def->n_attr; ++i)
    if (def->attr[i]->value != NULL && def->attr[i]->key[0] != '_') entries[given++] = def->attr[i];
  qsort(entries, given, sizeof entries[0], compare_keys);
  for (size_t i = 0; i < given; ++i) {
    if (!put_attribute(f, entries[i]->value, &values[count])) continue;
    keys[count++] = (element){f->count, true, FLEX_KEY << 2};
    for (const char* c = entries[i]->key;; ++c) {
      put_byte(f, (unsigned char)*c);
      if (*c == 0) break;
    }
  }
  align(f);
  put_word(f, count);
  const size_t keys_at = f->count;
  put_elements(f, keys, count);
  put_word(f, f->count - keys_at);
  put_word(f, WIDTH);
  put_word(f, count);
  const size_t map_at = f->count;
  put_elements(f, values, count);
  for (size_t i = 0; i < count; ++i) put_byte(f, values[i].type);
  align(f);
  put_word(f, f->count - map_at);
  put_byte(f, FLEX_MAP << 2 | LOG_WIDTH);
  put_byte(f, WIDTH);
}

/* What operators return whose attribute T does not say it, or says their input's: a letter for each output (s string,
 * l int64, i int32, b bool, u uint8, f float32, r resource; o: what an attribute says, in this order: out_type, Tout,
 * dtype), and = where the first has the first input's shape. */
static const struct {
  const char* op;
  const char* outputs;
} kResults[] = {
    {"StringToHashBucket", "l="},
    {"StringToHashBucketFast", "l="},
    {"StringToHashBucketStrong", "l="},
    {"StringSplit", "lsl"},
    {"StringSplitV2", "lsl"},
    {"StringNGrams", "sl"},
    {"Substr", "s="},
    {"UnicodeDecode", "li"},
    {"UnicodeDecodeWithOffsets", "lil"},
    {"StringLower", "s="},
    {"StringUpper", "s="},
    {"StringStrip", "s="},
    {"RegexReplace", "s="},
    {"StaticRegexReplace", "s="},
    {"UnicodeTranscode", "s="},
    {"UnicodeEncode", "s"},
    {"EncodeBase64", "s="},
    {"DecodeBase64", "s="},
    {"StringLength", "i="},
    {"RegexFullMatch", "b="},
    {"StaticRegexFullMatch", "b="},
    {"UnicodeScript", "i="},
    {"StringJoin", "s"},
    {"ReduceJoin", "s"},
    {"UnsortedSegmentJoin", "s"},
    {"StringToNumber", "o="},
    {"DecodeRaw", "o"},
    {"DecodePaddedRaw", "o"},
    {"ParseTensor", "o"},
    {"AsString", "s="},
    {"StringFormat", "s"},
    {"DecodeJpeg", "u"},
    {"DecodePng", "o"},
    {"DecodeGif", "u"},
    {"DecodeBmp", "u"},
    {"DecodeImage", "o"},
    {"DecodeAndCropJpeg", "u"},
    {"SparseCrossHashed", "lll"},
    {"LookupTableFind", "o"},
    {"LookupTableFindV2", "o="},
    {"LookupTableSize", "l"},
    {"LookupTableSizeV2", "l"},
    {"MutableHashTable", "s"},
    {"MutableHashTableV2", "r"},
    {"MutableDenseHashTableV2", "r"},
    {"MutableHashTableOfTensorsV2", "r"},
};

static const char* results_of(const char* op) {
  for (size_t i = 0; i < sizeof kResults / sizeof kResults[0]; ++i)
    if (strcmp(kResults[i].op, op) == 0) return kResults[i].outputs;
  return "";
}

static int type_of(const LnPb__NodeDef* def, char letter) {
  static const char* const kAttributes[] = {"out_type", "Tout", "dtype"};
  static const struct {
    char letter;
    int type;
  } kTypes[] = {{'s', LN_TYPE_STRING}, {'l', LN_TYPE_INT64},   {'i', LN_TYPE_INT32},   {'b', LN_TYPE_BOOL},
                {'u', LN_TYPE_UINT8},  {'f', LN_TYPE_FLOAT32}, {'r', LN_TYPE_RESOURCE}};
  for (size_t i = 0; i < sizeof kTypes / sizeof kTypes[0]; ++i)
    if (kTypes[i].letter == letter) return kTypes[i].type;
  int type = ln_tf_dtype(def, "T", LN_DT_FLOAT);
  for (size_t i = 0; i < sizeof kAttributes / sizeof kAttributes[0] && letter == 'o'; ++i)
    if (ln_tf_attr(def, kAttributes[i]) != NULL) {
      type = ln_tf_dtype(def, kAttributes[i], LN_DT_FLOAT);
      break;
    }
  return ln_tf_type(type) >= 0 ? ln_tf_type(type) : LN_TYPE_FLOAT32;
}

void ln_tf_custom(ln_tf_call* call) {
  flex f = {call->job, NULL, 0, 0};
  put_map(&f, call->def);
  ln_node* node = ln_graph_custom(call->b.subgraph, call->def->op, f.bytes, f.count, call->b.place);
  for (int i = 0; i < call->in_count; ++i) ln_node_add_input(node, ln_tf_in(call, i));
  const LnPb__AttrValue* shapes = ln_tf_attr(call->def, "_output_shapes");
  const char* results = results_of(call->def->op);
  const size_t known = strcspn(results, "=");
  const size_t given = shapes != NULL && shapes->list != NULL ? shapes->list->n_shape : 0;
  const size_t count = known > 0 ? known : given > 0 ? given : 1;
  for (size_t i = 0; i < count && i < 64; ++i) {
    int32_t* dims = NULL;
    ln_tensor* out = ln_node_add_output(node, i == 0 ? call->name : ln_job_text(call->job, "%s:%d", call->name, (int)i),
                                        type_of(call->def, i < known ? results[i] : 0));
    if (i < given) {
      const int rank = ln_tf_shape(call->job, shapes->list->shape[i], call->name, &dims);
      ln_tensor_set_shape(out, rank, dims);
    } else if (i == 0 && results[known] == '=' && call->in_count > 0) {
      const ln_tensor* like = node->inputs[strcmp(call->def->op, "LookupTableFindV2") == 0 && call->in_count > 1];
      out->rank = like->rank;
      memcpy(out->shape, like->shape, sizeof out->shape);
    }
    ln_tf_return(call, (int)i, out);
  }
}
