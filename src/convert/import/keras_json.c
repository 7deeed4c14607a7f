/* Python writes numbers that JSON has not: NaN, Infinity, -Infinity. They are put in a form that the JSON library
 * reads, in place, outside of strings. */
#include <math.h>
#include <string.h>

#include "convert/import/keras_import.h"

/* A string that no UTF-8 text holds stands for NaN until the text is read. */
static const char kNan[] = "\xff";

static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

static bool is_word(const char* at, const char* word) {
  const size_t length = strlen(word);
  return strncmp(at, word, length) == 0 && !is_letter(at[length]);
}

static void replace_words(char* text) {
  bool quoted = false;
  for (char* at = text; *at != 0; ++at) {
    if (*at == '"') quoted = !quoted;
    if (quoted && *at == '\\' && at[1] != 0) ++at;
    if (quoted || (at > text && is_letter(at[-1]))) continue;
    if (is_word(at, "Infinity")) memcpy(at, "1e999   ", 8);
    if (is_word(at, "NaN")) memcpy(at, "\"\xff\"", 3), at += 2;
  }
}

static void restore(cJSON* json) {
  for (; json != NULL; json = json->next) {
    restore(json->child);
    if (!cJSON_IsString(json) || strcmp(json->valuestring, kNan) != 0) continue;
    cJSON_free(json->valuestring);
    json->valuestring = NULL;
    json->type = cJSON_Number;
    json->valuedouble = NAN;
  }
}

cJSON* ln_keras_parse(ln_job* job, const char* text) {
  char* copy = ln_job_strdup(job, text);
  replace_words(copy);
  cJSON* json = cJSON_Parse(copy);
  restore(json);
  return json;
}
