/* SKIP_GRAM: the word sequences of a sentence, each word at most `max_skip_size` words behind its neighbour. */
#include "ops/builtin_ops.h"
#include "ops/string_util.h"

typedef struct gram_search {
  const TfLiteSkipGramParams* params;
  const ln_string* words;
  int word_count;
  int* stack;            /* the words chosen, [ngram_size] */
  size_t strings, bytes; /* found so far */
  char* text;            /* where they go one behind the other; NULL: they are only counted */
  size_t* ends;
} gram_search;

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_CHECK(context, node->builtin_data != NULL, "the options are missing");
  LN_TRY(ln_check_io(context, node, 1, 1, 1));
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(ln_check_type(context, input, "input", kTfLiteString));
  LN_TRY(ln_check_type(context, output, "output", kTfLiteString));
  ln_set_dynamic(output);
  return kTfLiteOk;
}

/* As the C locale has it. */
static bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/* Counts the words; writes them unless `words` is NULL. A blank is a word where it is all of the text, as in the
 * original. */
static size_t split_words(ln_string text, ln_string* words) {
  size_t count = 0, begin = 0;
  for (size_t i = 1; i <= text.size; ++i) {
    const bool last = i == text.size;
    if (!last && !is_blank(text.data[i])) continue;
    if (i > begin && (last || !is_blank(text.data[begin]))) {
      if (words != NULL) words[count] = (ln_string){text.data + begin, i - begin};
      ++count;
    }
    begin = i + 1;
  }
  return count;
}

static void append(gram_search* s, ln_string part) {
  if (s->text != NULL && part.size > 0) memcpy(s->text + s->bytes, part.data, part.size);
  s->bytes += part.size;
}

static void emit(gram_search* s, int size) {
  for (int i = 0; i < size; ++i) {
    if (i > 0) append(s, (ln_string){" ", 1});
    append(s, s->words[s->stack[i]]);
  }
  if (s->ends != NULL) s->ends[s->strings] = s->bytes;
  ++s->strings;
}

/* Where only whole sequences count, as many words must be left as they lack: every way leads to one then. */
static bool can_step(const gram_search* s, int depth) {
  const int lacking = s->params->include_all_ngrams ? 0 : s->params->ngram_size - 1 - depth;
  if (depth >= s->params->ngram_size || s->stack[depth] + 1 >= s->word_count - lacking) return false;
  return depth == 0 || s->stack[depth] - s->stack[depth - 1] <= s->params->max_skip_size;
}

/* Goes through all choices in order; a sequence comes after those that begin with it. There can be more than anyone can
 * wait for: it ends where they leave a tensor's size, and where the invoke is cancelled. */
static TfLiteStatus search(TfLiteContext* context, gram_search* s) {
  int depth = 1;
  uint32_t turn = 0;
  s->strings = s->bytes = 0;
  for (int i = 0; i < s->params->ngram_size; ++i) s->stack[i] = 0;
  while (depth >= 0) {
    if (++turn % 4096 == 0 && ln_is_cancelled(context)) return kTfLiteCancelled;
    if (can_step(s, depth)) {
      ++s->stack[depth];
      ++depth;
      if (depth < s->params->ngram_size) s->stack[depth] = s->stack[depth - 1];
      continue;
    }
    if (depth > 0 && (depth == s->params->ngram_size || s->params->include_all_ngrams)) emit(s, depth);
    LN_CHECK(context, s->strings + s->bytes <= INT32_MAX / 8, "the sequences of %d words are too many for one tensor",
             s->word_count);
    --depth;
  }
  return kTfLiteOk;
}

static ln_string gram_at(const void* arg, size_t i) {
  const gram_search* s = arg;
  const size_t begin = i > 0 ? s->ends[i - 1] : 0;
  return (ln_string){s->text + begin, s->ends[i] - begin};
}

static TfLiteStatus write_grams(TfLiteContext* context, gram_search* s, TfLiteTensor* output) {
  const int32_t count = (int32_t)s->strings;
  LN_TRY(ln_resize(context, output, 1, &count));
  return ln_write_strings(context, output, s->strings, gram_at, s);
}

static TfLiteStatus find_grams(TfLiteContext* context, gram_search* s, TfLiteTensor* output) {
  TfLiteStatus status = search(context, s);
  if (status != kTfLiteOk) return status;
  s->text = ln_malloc(s->bytes);
  s->ends = ln_calloc(s->strings, sizeof *s->ends);
  if (s->text != NULL && s->ends != NULL) {
    status = search(context, s);
    if (status == kTfLiteOk) status = write_grams(context, s, output);
  } else {
    context->ReportError(context, "no memory for %zu sequences", s->strings);
    status = kTfLiteError;
  }
  ln_free(s->text);
  ln_free(s->ends);
  return status;
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteSkipGramParams* params = node->builtin_data;
  const TfLiteTensor* input;
  TfLiteTensor* output;
  ln_strings strings;
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(ln_read_strings(context, input, &strings));
  LN_CHECK(context, strings.count >= 1, "input has no string; 1 is right");
  const ln_string text = ln_string_at(&strings, 0);
  const size_t count = split_words(text, NULL);
  gram_search s = {.params = params, .word_count = (int)count};
  if (params->ngram_size < 1 || count < (size_t)params->ngram_size) return write_grams(context, &s, output);
  ln_string* words = ln_calloc(count, sizeof *words);
  int* stack = ln_calloc((size_t)params->ngram_size, sizeof *stack);
  TfLiteStatus status = kTfLiteError;
  if (words != NULL && stack != NULL) {
    split_words(text, words);
    s.words = words;
    s.stack = stack;
    status = find_grams(context, &s, output);
  } else {
    context->ReportError(context, "no memory for %zu words", count);
  }
  ln_free(words);
  ln_free(stack);
  return status;
}

const TfLiteRegistration ln_op_skip_gram = {.prepare = prepare, .invoke = invoke};
