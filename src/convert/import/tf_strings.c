/* Text: TFLite moves, compares and looks up whole strings, and has no operators that look into them. Those are refused
 * with what would help, or stay as custom operators. */
#include <string.h>

#include "convert/import/tf_import.h"
#include "convert/number_lookup.h"

/* ---- Choosing ---- */

/* A list of strings and which of them a tensor is made of. */
typedef struct picked {
  ln_chars* strings;
  size_t count;
  ln_tensor* places;
} picked;

static int64_t* counted(ln_job* job, size_t count) {
  int64_t* numbers = ln_job_alloc(job, count, sizeof *numbers);
  for (size_t i = 0; i < count; ++i) numbers[i] = (int64_t)i;
  return numbers;
}

static bool pick(ln_tf_call* call, const ln_tensor* x, picked* p) {
  const ln_node* node = x->producer;
  const ln_tensor* list = x;
  if (node != NULL && node->code == LN_OP_GATHER && node->input_count == 2 && node->inputs[0]->rank == 1 &&
      LN_GET(node, GatherOptions, axis) == 0 && LN_GET(node, GatherOptions, batch_dims) == 0)
    list = node->inputs[0];
  if (!ln_tensor_is_constant(list)) return false;
  p->strings = ln_strings_of(call->job, list, &p->count);
  p->places = list != x ? ln_build_cast(&call->b, node->inputs[1], LN_TYPE_INT64, ln_tf_name(call, "places"))
                        : ln_graph_constant(call->b.subgraph, ln_tf_name(call, "places"), LN_TYPE_INT64, x->rank,
                                            x->shape[0], counted(call->job, p->count));
  return true;
}

bool ln_tf_choose_strings(ln_tf_call* call, ln_tensor* condition, ln_tensor* x, ln_tensor* y) {
  picked a, b;
  if (x->type != LN_TYPE_STRING || y->type != LN_TYPE_STRING) return false;
  if (!pick(call, x, &a) || !pick(call, y, &b)) {
    ln_tf_fail(
        call,
        "it chooses between strings that are not constants; TFLite can where they come out of a table whose keys "
        "are numbers close together: choose before the lookup, or outside of the model");
    return true;
  }
  const size_t count = a.count + b.count;
  int32_t* all = ln_job_alloc(call->job, count, sizeof *all);
  ln_chars* strings = ln_job_alloc(call->job, count, sizeof *strings);
  for (size_t i = 0; i < count; ++i) {
    all[i] = (int32_t)i;
    strings[i] = i < a.count ? a.strings[i] : b.strings[i - a.count];
  }
  const ln_elements elements = {LN_TYPE_STRING, NULL, strings};
  ln_tensor* second = ln_tf_number(call, LN_OP_ADD, b.places, (double)a.count, "second");
  ln_tensor* list = ln_pick_elements(&call->b, &elements, all, count, ln_tf_name(call, "strings"));
  ln_tf_return(call, 0,
               ln_tf_binary(call, LN_OP_GATHER, list, ln_tf_choose(call, condition, a.places, second, "place"), NULL));
  return true;
}

/* ---- What looks into strings ---- */

enum { HASHES, SPLITS, CHANGES, MEASURES, JOINS, READS, WRITES, PICTURES };

/* The layer that a node's name says: "words/split" of "model/words/split/StringSplit". */
static const char* scope_of(ln_tf_call* call) {
  char* name = ln_job_strdup(call->job, call->b.place->name);
  char *first = strchr(name, '/'), *last = strrchr(name, '/');
  if (first == NULL) return "";
  *last = 0;
  return first != last ? first + 1 : name;
}

static void look_into(ln_tf_call* call) {
  static const char* const kWhat[] = {"hashes text",
                                      "splits text",
                                      "changes text",
                                      "measures text",
                                      "joins text",
                                      "reads numbers from text",
                                      "writes numbers as text",
                                      "decodes files of pictures"};
  if (call->scope->importer->allow_custom) {
    ln_tf_custom(call);
    return;
  }
  const char* scope = scope_of(call);
  const char* before =
      scope[0] != 0 ? ln_job_text(call->job, "split the model before \"%s\"", scope) : "split the model before it";
  ln_problem(call->job, call->b.place,
             "it %s, which TFLite has no operators for; %s and give the rest what it computes (numbers, or words to a "
             "table), or keep it as a custom operator with --allow-custom",
             kWhat[ln_tf_code(call, ln_tf_strings)], before);
  ln_tf_break(call);
}

const ln_tf_lowering ln_tf_strings[] = {
    {"StringToHashBucket", look_into, HASHES},
    {"StringToHashBucketFast", look_into, HASHES},
    {"StringToHashBucketStrong", look_into, HASHES},
    {"SparseCross", look_into, HASHES},
    {"SparseCrossV2", look_into, HASHES},
    {"SparseCrossHashed", look_into, HASHES},
    {"RaggedCross", look_into, HASHES},
    {"StringSplit", look_into, SPLITS},
    {"StringSplitV2", look_into, SPLITS},
    {"StringNGrams", look_into, SPLITS},
    {"Substr", look_into, SPLITS},
    {"UnicodeDecode", look_into, SPLITS},
    {"UnicodeDecodeWithOffsets", look_into, SPLITS},
    {"StringLower", look_into, CHANGES},
    {"StringUpper", look_into, CHANGES},
    {"StringStrip", look_into, CHANGES},
    {"RegexReplace", look_into, CHANGES},
    {"StaticRegexReplace", look_into, CHANGES},
    {"UnicodeTranscode", look_into, CHANGES},
    {"UnicodeEncode", look_into, CHANGES},
    {"EncodeBase64", look_into, CHANGES},
    {"DecodeBase64", look_into, CHANGES},
    {"StringLength", look_into, MEASURES},
    {"RegexFullMatch", look_into, MEASURES},
    {"StaticRegexFullMatch", look_into, MEASURES},
    {"UnicodeScript", look_into, MEASURES},
    {"StringJoin", look_into, JOINS},
    {"ReduceJoin", look_into, JOINS},
    {"UnsortedSegmentJoin", look_into, JOINS},
    {"StringToNumber", look_into, READS},
    {"DecodeRaw", look_into, READS},
    {"DecodePaddedRaw", look_into, READS},
    {"DecodeCSV", look_into, READS},
    {"ParseExampleV2", look_into, READS},
    {"ParseExample", look_into, READS},
    {"ParseSingleExample", look_into, READS},
    {"ParseTensor", look_into, READS},
    {"AsString", look_into, WRITES},
    {"StringFormat", look_into, WRITES},
    {"DecodeJpeg", look_into, PICTURES},
    {"DecodePng", look_into, PICTURES},
    {"DecodeGif", look_into, PICTURES},
    {"DecodeBmp", look_into, PICTURES},
    {"DecodeImage", look_into, PICTURES},
    {"DecodeAndCropJpeg", look_into, PICTURES},
    {NULL, NULL, 0},
};
