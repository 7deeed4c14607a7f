/* StringLookup and IntegerLookup: places of words or numbers in a vocabulary, and back. Words are looked up in a hash
 * table of the runtime, numbers by operators (convert/number_lookup.h). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "convert/import/keras_import.h"
#include "convert/number_lookup.h"
#include "model/model.h"

enum { MAX_TOKENS = 1 << 22, MAX_OOV = 1 << 20 };
enum { NOTHING = INT32_MAX }; /* a place that no encoding counts */

typedef struct entry {
  ln_chars text;
  int64_t number;
} entry;

typedef struct lookup {
  ln_keras_call* call;
  bool is_text, invert;
  int32_t oov_count;
  const cJSON *mask, *oov;
  entry* tokens; /* without the special ones */
  size_t count, capacity;
  int32_t start;    /* place of the first token */
  bool was_special; /* the vocabulary in the file began with the special ones */
} lookup;

static bool read_token(const lookup* l, const cJSON* json, entry* e) {
  *e = (entry){{0, NULL}, 0};
  if (l->is_text) {
    if (!cJSON_IsString(json)) return false;
    e->text = (ln_chars){strlen(json->valuestring), (const uint8_t*)json->valuestring};
    return true;
  }
  const double most = 9007199254740992.0; /* 2^53: doubles are exact up to it */
  if (!cJSON_IsNumber(json) || !(json->valuedouble >= -most && json->valuedouble <= most)) return false;
  e->number = (int64_t)json->valuedouble;
  return (double)e->number == json->valuedouble;
}

static void add(lookup* l, entry e) {
  l->tokens = ln_job_grow(l->call->job, l->tokens, l->count, &l->capacity, sizeof *l->tokens);
  l->tokens[l->count++] = e;
}

static bool parse_lines(lookup* l, const char* text, size_t size) {
  for (size_t at = 0; at < size;) {
    const char* end = memchr(text + at, '\n', size - at);
    size_t length = end != NULL ? (size_t)(end - text) - at : size - at;
    const size_t next = at + length + 1;
    if (length > 0 && text[at + length - 1] == '\r') --length;
    entry e = {{length, (const uint8_t*)text + at}, 0};
    char word[32] = "", *stop;
    if (!l->is_text) {
      if (length < sizeof word) memcpy(word, text + at, length);
      errno = 0;
      e.number = strtoll(word, &stop, 10);
      if ((stop == word || *stop != 0 || errno != 0) && length != 0) return false;
    }
    add(l, e);
    at = next;
  }
  while (l->count > 0 && l->tokens[l->count - 1].text.len == 0) --l->count;
  return true;
}

static bool is_token(const lookup* l, const entry* e, const cJSON* json) {
  entry other;
  if (json == NULL || !read_token(l, json, &other)) return false;
  if (!l->is_text) return e->number == other.number;
  return e->text.len == other.text.len &&
         (other.text.len == 0 || memcmp(e->text.data, other.text.data, other.text.len) == 0);
}

/* Vocabularies may begin with the mask and as many unknown tokens as there are places for them. */
static void drop_special(lookup* l, bool has_mask) {
  if (l->count < (size_t)l->start) return;
  for (int32_t i = 0; i < l->start; ++i)
    if (!is_token(l, &l->tokens[i], has_mask && i == 0 ? l->mask : l->oov)) return;
  l->tokens += l->start;
  l->count -= (size_t)l->start;
  l->was_special = true;
}

static bool read_vocabulary(lookup* l, bool has_mask) {
  const cJSON* list = ln_keras_get(l->call, "vocabulary");
  bool good = list == NULL || cJSON_IsArray(list);
  if (list == NULL) {
    size_t size = 0;
    const char* text = ln_keras_asset(&l->call->weights, "vocabulary.txt", &size);
    good = text == NULL || parse_lines(l, text, size);
  }
  for (const cJSON* item = good && list != NULL ? list->child : NULL; item != NULL; item = item->next) {
    entry e;
    good = good && read_token(l, item, &e);
    if (good) add(l, e);
  }
  if (!good) {
    ln_keras_fail(l->call, "its vocabulary is no list of %s", l->is_text ? "words" : "whole numbers up to 2^53");
    return false;
  }
  drop_special(l, has_mask);
  if (l->count > 0 && l->count <= MAX_TOKENS) return true;
  ln_keras_fail(l->call, l->count == 0
                             ? "its vocabulary is not in the file: it was never adapted, or is saved in .keras "
                               "files alone; give it to the layer as a list"
                             : "its vocabulary has more than 4194304 entries");
  return false;
}

/* ---- Where they are ---- */

/* Of words in a hash table. */
static ln_tensor* find_words(lookup* l, ln_tensor* x, const entry* mask, int32_t mask_place, int64_t missing) {
  ln_keras_call* call = l->call;
  ln_keras_importer* importer = call->importer;
  const int32_t dims[] = {(int32_t)l->count + (mask != NULL)};
  ln_keras_table* t = importer->tables;
  while (t != NULL && t->config != call->config) t = t->next;
  if (t == NULL) {
    ln_chars* texts = ln_job_alloc(call->job, l->count + 1, sizeof *texts);
    int64_t* places = ln_job_alloc(call->job, l->count + 1, sizeof *places);
    for (size_t i = 0; i < l->count; ++i) {
      texts[i] = l->tokens[i].text;
      places[i] = l->start + (int64_t)i;
    }
    if (mask != NULL) texts[l->count] = mask->text;
    places[l->count] = mask_place;
    if (importer->init == NULL) importer->init = ln_graph_subgraph(importer->graph, "init");
    t = ln_job_alloc(call->job, 1, sizeof *t);
    *t = (ln_keras_table){importer->tables, call->config, importer->tables != NULL ? importer->tables->id + 1 : 0};
    importer->tables = t;
    const ln_builder b = {importer->init, call->b.place};
    ln_build_table_import(
        &b, ln_build_table(&b, t->id, LN_TYPE_STRING, LN_TYPE_INT64, call->name),
        ln_graph_strings(importer->init, ln_keras_name(call, "vocabulary"), 1, dims, texts),
        ln_graph_constant(importer->init, ln_keras_name(call, "places"), LN_TYPE_INT64, 1, dims, places));
  }
  ln_tensor* handle = ln_build_table(&call->b, t->id, LN_TYPE_STRING, LN_TYPE_INT64, ln_keras_name(call, "table"));
  return ln_build_table_find(&call->b, handle, x,
                             ln_build_number(&call->b, LN_TYPE_INT64, (double)missing, ln_keras_name(call, "unknown")),
                             ln_keras_name(call, "found"));
}

/* Of numbers, and what stands at places, by operators. */
static ln_tensor* find_numbers(lookup* l, ln_tensor* x, const entry* mask, int32_t mask_place, const entry* missing) {
  const size_t count = l->count + (mask != NULL);
  int64_t *keys = ln_job_alloc(l->call->job, count, sizeof *keys),
          *values = ln_job_alloc(l->call->job, count + 1, sizeof *values);
  ln_chars* texts = ln_job_alloc(l->call->job, count + 1, sizeof *texts);
  for (size_t i = 0; i <= count; ++i) {
    const entry* e = i < l->count ? &l->tokens[i] : i < count ? mask : missing;
    const int64_t place = i < l->count ? l->start + (int64_t)i : mask_place;
    if (i < count) keys[i] = l->invert ? place : e->number;
    values[i] = l->invert || i == count ? e->number : place;
    texts[i] = e->text;
  }
  const ln_elements elements = {l->is_text ? LN_TYPE_STRING : LN_TYPE_INT64, values, texts};
  ln_tensor* found = ln_build_lookup(&l->call->b, x, keys, count, &elements, ln_keras_name(l->call, "found"));
  if (found == NULL)
    ln_keras_fail(l->call,
                  "its vocabulary of %zu numbers cannot be looked up in an input of rank %d: too many are alike, or "
                  "there are too many dimensions; give them other numbers before the model",
                  l->count, x->rank);
  return found;
}

/* Numbers that are not in the vocabulary are spread over places by their remainder. */
static ln_tensor* spread(lookup* l, ln_tensor* x, ln_tensor* found, int32_t oov_start) {
  ln_keras_call* call = l->call;
  ln_tensor* rest = ln_build_with_number(&call->b, LN_OP_FLOOR_MOD, x, l->oov_count, ln_keras_name(call, "remainder"));
  rest = ln_build_with_number(&call->b, LN_OP_ADD, rest, oov_start, ln_keras_name(call, "unknown"));
  ln_tensor* const inputs[] = {
      ln_build_with_number(&call->b, LN_OP_EQUAL, found, -1, ln_keras_name(call, "is_unknown")), rest, found};
  return ln_build_done(ln_build_node(&call->b, LN_OP_SELECT_V2, 3, inputs), ln_keras_name(call, "places"), 1);
}

/* What each place of `depth` counts: as the file has it, or of the configuration, where special tokens that the
 * vocabulary leaves out count as the mean, and what is only padding counts nothing. NULL, noted: there is none. */
static ln_tensor* idf_weights(lookup* l, int32_t depth) {
  ln_keras_call* call = l->call;
  ln_keras_array stored;
  if (depth > 0 && ln_keras_read(&call->weights, 0, "idf_weights", &stored) && stored.rank == 1 &&
      stored.dims[0] == depth && stored.type == LN_TYPE_FLOAT32)
    return ln_keras_constant(call, &stored, "idf_weights");
  const ln_tensor* given = ln_keras_operand(call, ln_keras_get(call, "idf_weights"), LN_TYPE_FLOAT32);
  const int32_t front = l->was_special ? 0 : l->start, end = l->start + (int32_t)l->count;
  if (given == NULL || given->rank != 1 || ln_dim(given, 0) != end - front || depth < end || depth > MAX_TOKENS) {
    ln_keras_fail(
        call,
        "its idf_weights are not in the file, or not one for each word; layers that were adapted have them in "
        ".keras files");
    return NULL;
  }
  float* weights = ln_job_alloc(call->job, (size_t)depth, sizeof *weights);
  double sum = 0;
  memcpy(weights + front, given->data, (size_t)(end - front) * sizeof *weights);
  for (int32_t i = front; i < end; ++i) sum += (double)weights[i];
  for (int32_t i = 0; i < front; ++i) weights[i] = (float)(sum / (end - front));
  return ln_graph_constant(call->b.subgraph, ln_keras_name(call, "idf_weights"), LN_TYPE_FLOAT32, 1, &depth, weights);
}

static bool check(const lookup* l, const ln_tensor* x) {
  ln_keras_call* call = l->call;
  const bool wants_text = l->is_text && !l->invert;
  if (wants_text != (x->type == LN_TYPE_STRING))
    ln_keras_fail(call, "its input is of type %s; %s is right", ln_tensor_type_name(x->type),
                  wants_text ? "STRING" : "INT64");
  else if (ln_keras_flag(call, "sparse", false))
    ln_keras_fail(call, "its output is sparse; with sparse=False it can be converted");
  else if (l->oov_count < 0 || l->oov_count > MAX_OOV)
    ln_keras_fail(call, "its num_oov_indices is %d; 0 to %d can be converted", l->oov_count, MAX_OOV);
  else if (!l->invert && l->oov_count > 1 &&
           (l->is_text || strcmp(ln_keras_string(call, "oov_method", "floormod"), "floormod") != 0))
    ln_keras_fail(
        call,
        "what is not in its vocabulary is spread over %d places by a hash of text, which the runtime has no operator "
        "for; num_oov_indices=1%s can be converted",
        l->oov_count, l->is_text ? "" : " or oov_method=\"floormod\"");
  else
    return true;
  return false;
}

static void look_up(ln_keras_call* call) {
  static char kNoWord[] = "";
  static const cJSON kNothing = {.type = cJSON_String, .valuestring = kNoWord};
  const bool is_vectorization = strcmp(call->class_name, "TextVectorization") == 0;
  lookup l = {.call = call,
              .is_text = is_vectorization || strcmp(call->class_name, "StringLookup") == 0,
              .invert = ln_keras_flag(call, "invert", false)};
  const bool as_int = strcmp(ln_keras_string(call, "output_mode", "int"), "int") == 0;
  ln_tensor* x = call->in[0];
  entry special = {{0, NULL}, 0}, oov = {{0, NULL}, -1};
  l.oov_count = ln_keras_int(call, "num_oov_indices", 1);
  l.mask = is_vectorization ? &kNothing : ln_keras_get(call, "mask_token");
  l.oov = ln_keras_get(call, "oov_token");
  if (!check(&l, x)) return;
  const int32_t oov_start = l.mask != NULL && as_int;
  l.start = oov_start + l.oov_count;
  if ((l.mask != NULL && !read_token(&l, l.mask, &special)) || (l.invert && !read_token(&l, l.oov, &oov))) {
    ln_keras_fail(call, "its mask_token or oov_token is no %s", l.is_text ? "word" : "whole number up to 2^53");
    return;
  }
  if (!read_vocabulary(&l, oov_start != 0)) return;
  const entry* mask = l.mask != NULL ? &special : NULL;
  const int32_t mask_place = as_int ? 0 : NOTHING;
  if (!l.invert) oov.number = l.oov_count == 1 ? oov_start : -1;
  if (x->type != LN_TYPE_STRING) x = ln_build_cast(&call->b, x, LN_TYPE_INT64, ln_keras_name(call, "int64"));
  ln_tensor* found = l.is_text && !l.invert ? find_words(&l, x, mask, mask_place, oov.number)
                                            : find_numbers(&l, x, mask, mask_place, &oov);
  if (found == NULL) return;
  if (!l.invert && l.oov_count > 1) found = spread(&l, x, found, oov_start);
  const int32_t depth = ln_keras_flag(call, "pad_to_max_tokens", false) ? ln_keras_int(call, "max_tokens", -1)
                                                                        : l.start + (int32_t)l.count;
  ln_tensor* idf = NULL;
  if (strcmp(ln_keras_string(call, "output_mode", "int"), "tf_idf") == 0) {
    idf = idf_weights(&l, depth);
    if (idf == NULL) return;
  }
  ln_keras_encode(call, found, depth, idf);
}

/* Without anything that looks into the text it is a lookup of words, of which the empty one is no word. */
static void text_vectorization(ln_keras_call* call) {
  static const char* const kLooks[] = {"standardize", "split", "ngrams", "output_sequence_length"};
  bool looks = ln_keras_flag(call, "ragged", false);
  for (size_t i = 0; i < sizeof kLooks / sizeof kLooks[0]; ++i) looks = looks || ln_keras_get(call, kLooks[i]) != NULL;
  if (looks)
    ln_keras_refuse_text(call);
  else
    look_up(call);
}

const ln_keras_lowering ln_keras_lookups[] = {
    {"TextVectorization", text_vectorization, 0, 0},
    {"StringLookup", look_up, 0, 0},
    {"IntegerLookup", look_up, 0, 0},
    {NULL, NULL, 0, 0},
};
