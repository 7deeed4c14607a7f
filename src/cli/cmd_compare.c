/* linnet compare: how far two models' outputs, or a model's and stored ones, are from each other. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "npy.h"
#include "session.h"
#include "term.h"
#include "values.h"

typedef struct difference {
  const char* name;
  size_t count, differing;
  double largest, relative, mean, cosine;
  bool comparable;
} difference;

/* Strings are the same or differ by 1. */
static difference compare_strings(const char* name, const TfLiteTensor* a, const TfLiteTensor* b, const npy* stored) {
  difference d = {.name = name, .count = value_count(a)};
  d.comparable = d.count == (b != NULL ? value_count(b) : stored->count);
  for (size_t i = 0; d.comparable && i < d.count; ++i) {
    size_t length_a = 0, length_b = 0;
    const char *x = value_string(a, i, &length_a),
               *y = b != NULL ? value_string(b, i, &length_b) : npy_string(stored, i, &length_b);
    d.differing += x == NULL || y == NULL || length_a != length_b || memcmp(x, y, length_a) != 0;
  }
  d.largest = d.relative = d.differing > 0 ? 1 : 0;
  d.mean = d.count > 0 ? (double)d.differing / (double)d.count : 0;
  d.cosine = 1 - d.mean;
  return d;
}

/* `b` is another tensor, or NULL and then `stored` counts. */
static difference compare_tensors(const char* name, const TfLiteTensor* a, const TfLiteTensor* b, const npy* stored) {
  const bool same_type = b != NULL ? TfLiteTensorType(b) == TfLiteTensorType(a)
                                   : stored != NULL && (stored->rank < 0 || stored->type == TfLiteTensorType(a));
  if (same_type && TfLiteTensorType(a) == kTfLiteString &&
      (b != NULL || (stored != NULL && stored->rank >= 0 && !stored->is_wide)))
    return compare_strings(name, a, b, stored);
  difference d = {.name = name, .count = value_count(a)};
  double aa = 0, bb = 0, ab = 0;
  const size_t width = value_bytes(TfLiteTensorType(a));
  d.comparable = width != 0 && (b != NULL ? value_count(b) == d.count
                                          : same_type && stored != NULL && stored->bytes == TfLiteTensorByteSize(a));
  for (size_t i = 0; d.comparable && i < d.count; ++i) {
    const double x = value_number(a, i, true);
    double y;
    if (b != NULL) {
      y = value_number(b, i, true);
    } else {
      TfLiteTensor copy = *a;
      copy.data.data = (void*)(uintptr_t)stored->data;
      y = value_number(&copy, i, true);
    }
    const double distance = x == y || (isnan(x) && isnan(y)) ? 0 : isnan(x) || isnan(y) ? INFINITY : fabs(x - y);
    d.differing += distance > 0;
    d.largest = fmax(d.largest, distance);
    d.relative = fmax(d.relative, y != 0 ? distance / fabs(y) : distance > 0 ? INFINITY : 0);
    d.mean += distance / (double)d.count;
    aa += x * x;
    bb += y * y;
    ab += x * y;
  }
  d.cosine = aa > 0 && bb > 0 ? ab / sqrt(aa * bb) : aa == bb ? 1 : 0;
  return d;
}

typedef struct report {
  bool json;
  double tolerance, largest;
  int compared, different;
} report;

/* Nothing is printed before there is something to say. */
static void begin(const report* r) {
  if (r->json) {
    json_open_object(NULL);
    json_open_array("tensors");
  } else {
    printf("%-40s %10s %10s %12s %12s %12s %10s\n", "tensor", "elements", "differing", "max abs", "max rel", "mean abs",
           "cosine");
  }
}

static void add(report* r, const difference* d) {
  if (r->compared == 0) begin(r);
  const bool differs = !d->comparable || d->largest > r->tolerance;
  ++r->compared;
  r->different += differs;
  r->largest = fmax(r->largest, d->comparable ? d->largest : INFINITY);
  if (r->json) {
    json_open_object(NULL);
    json_string("tensor", d->name);
    json_bool("comparable", d->comparable);
    json_integer("elements", (int64_t)d->count);
    json_integer("differing", (int64_t)d->differing);
    json_number("max_abs", d->largest);
    json_number("max_rel", d->relative);
    json_number("mean_abs", d->mean);
    json_number("cosine", d->cosine);
    json_close_object();
  } else if (!d->comparable) {
    printf("%-40.40s  cannot be compared: types or sizes differ\n", d->name);
  } else {
    printf("%-40.40s %10zu %10zu %12.4g %12.4g %12.4g %10.6f%s\n", d->name, d->count, d->differing, d->largest,
           d->relative, d->mean, d->cosine, differs ? "  differs" : "");
  }
}

static int copy_inputs(const session* a, const session* b) {
  if (session_input_count(a) != session_input_count(b))
    return cli_fail(CLI_FAILED, "the models have %d and %d inputs", session_input_count(a), session_input_count(b));
  for (int i = 0; i < session_input_count(a); ++i) {
    const TfLiteTensor* from = session_input(a, i);
    TfLiteTensor* to = session_input(b, i);
    if (TfLiteTensorType(from) == kTfLiteString && TfLiteTensorType(to) == kTfLiteString) {
      if (!value_set_string_buffer(to, TfLiteTensorData(from), TfLiteTensorByteSize(from)))
        return cli_fail(CLI_FAILED, "no memory for the strings of input %d", i);
      continue;
    }
    const size_t count = value_count(from);
    if (value_count(to) != count)
      return cli_fail(CLI_FAILED, "input %d has %zu elements in one model, %zu in the other", i, count,
                      value_count(to));
    if (TfLiteTensorType(from) == TfLiteTensorType(to)) {
      TfLiteTensorCopyFromBuffer(to, TfLiteTensorData(from), TfLiteTensorByteSize(from));
      continue;
    }
    /* A float model and its quantized form: the same real numbers, as near as the other can hold them. */
    const TfLiteQuantizationParams q = TfLiteTensorQuantizationParams(to);
    const TfLitePtrUnion data = {.data = TfLiteTensorData(to)};
    for (size_t k = 0; data.data != NULL && k < count; ++k) {
      const double x = value_number(from, k, true);
      const double steps = q.scale > 0 ? round(x / (double)q.scale) + q.zero_point : x;
      if (TfLiteTensorType(to) == kTfLiteFloat32)
        data.f[k] = (float)x;
      else if (TfLiteTensorType(to) == kTfLiteInt8)
        data.int8[k] = (int8_t)fmin(127, fmax(-128, steps));
      else if (TfLiteTensorType(to) == kTfLiteUInt8)
        data.uint8[k] = (uint8_t)fmin(255, fmax(0, steps));
      else
        return cli_fail(CLI_FAILED, "input %d is %s in one model, %s in the other", i,
                        TfLiteTypeGetName(TfLiteTensorType(from)), TfLiteTypeGetName(TfLiteTensorType(to)));
    }
  }
  return CLI_OK;
}

static const TfLiteTensor* find_tensor(const session* s, const char* name) {
  for (int i = 0;; ++i) {
    const TfLiteTensor* t = TfLiteInterpreterGetTensor(s->interpreter, i);
    if (t == NULL) return NULL;
    if (TfLiteTensorName(t) != NULL && strcmp(TfLiteTensorName(t), name) == 0 && TfLiteTensorData(t) != NULL) return t;
  }
}

static void compare_all(const session* a, const session* b, report* r) {
  for (int i = 0;; ++i) {
    const TfLiteTensor* t = TfLiteInterpreterGetTensor(a->interpreter, i);
    if (t == NULL) return;
    const char* name = TfLiteTensorName(t);
    if (name == NULL || name[0] == 0 || TfLiteTensorData(t) == NULL || t->allocation_type == kTfLiteMmapRo) continue;
    const TfLiteTensor* other = find_tensor(b, name);
    if (other == NULL) continue;
    const difference d = compare_tensors(name, t, other, NULL);
    add(r, &d);
  }
}

static int compare_models(const cli_args* args, session* a, long long seed, report* r) {
  session b;
  const session_options options = {.threads = 1, .preserve_all = cli_has(args, "all-tensors")};
  int code = session_open(cli_operand(args, 1), &options, &b);
  if (code == CLI_OK) code = session_allocate(&b);
  session_fill_random(a, (uint64_t)seed);
  if (code == CLI_OK) code = copy_inputs(a, &b);
  if (code == CLI_OK) code = session_invoke(a);
  if (code == CLI_OK) code = session_invoke(&b);
  if (code == CLI_OK && session_output_count(a) != session_output_count(&b))
    code = cli_fail(CLI_FAILED, "the models have %d and %d outputs", session_output_count(a), session_output_count(&b));
  if (code == CLI_OK && cli_has(args, "all-tensors")) compare_all(a, &b, r);
  for (int i = 0; code == CLI_OK && !cli_has(args, "all-tensors") && i < session_output_count(a); ++i) {
    const difference d = compare_tensors(session_output_name(a, i), session_output(a, i), session_output(&b, i), NULL);
    add(r, &d);
  }
  session_close(&b);
  return code;
}

static int compare_stored(const cli_args* args, session* a, long long seed, report* r) {
  char path[1024], message[512];
  session_fill_random(a, (uint64_t)seed);
  int code = session_invoke(a);
  for (int i = 0; code == CLI_OK && i < session_output_count(a); ++i) {
    npy stored;
    snprintf(path, sizeof path, "%s/output%d.npy", cli_value(args, "golden"), i);
    if (!npy_read(path, &stored, message, sizeof message)) return cli_fail(CLI_INPUT, "%s", message);
    const difference d = compare_tensors(session_output_name(a, i), session_output(a, i), NULL, &stored);
    add(r, &d);
    npy_free(&stored);
  }
  return code;
}

static int run(const cli_args* args) {
  long long seed;
  report r = {.json = cli_has(args, "json")};
  session a;
  if (!cli_integer(args, "seed", 0, INT64_MAX, 0, &seed) || !cli_number(args, "tolerance", 0, 1e300, 0, &r.tolerance))
    return CLI_USAGE;
  if ((cli_operand_count(args) == 2) == cli_has(args, "golden"))
    return cli_fail(CLI_USAGE, "compare needs a second model or --golden DIR, one of them; see: linnet help compare");
  const session_options options = {.threads = 1, .preserve_all = cli_has(args, "all-tensors")};
  int code = session_open(cli_operand(args, 0), &options, &a);
  if (code == CLI_OK) code = session_allocate(&a);
  if (code == CLI_OK)
    code = cli_has(args, "golden") ? compare_stored(args, &a, seed, &r) : compare_models(args, &a, seed, &r);
  if (code == CLI_OK && r.compared == 0) begin(&r);
  if ((code == CLI_OK || r.compared > 0) && r.json) {
    json_close_array();
    json_bool("same", r.different == 0);
    json_close_object();
    json_end();
  }
  session_close(&a);
  return code == CLI_OK && r.different > 0 ? CLI_DIFFERS : code;
}

static const cli_option kOptions[] = {
    {"golden", "DIR", "compare with DIR/output0.npy, ... as `linnet run --output-dir` writes them"},
    {"seed", "N", "inputs are random by this seed (0)"},
    {"tolerance", "X", "largest absolute difference that still counts as the same (0)"},
    {"all-tensors", NULL, "compare every tensor whose name both models have, not only the outputs"},
    {"json", NULL, "print JSON"},
    {NULL, NULL, NULL},
};

const cli_command cli_compare_command = {
    "compare",
    "compare two models' outputs, or a model's with stored ones",
    "MODEL [MODEL]",
    "Runs two models on the same random inputs, or one on the inputs of a seed whose outputs were stored, and prints\n"
    "for each tensor how far they are apart. Quantized values are compared as real numbers, so a float model can be\n"
    "compared with its quantized form. Exits with 1 where a difference is over the tolerance.",
    "  linnet compare float.tflite int8.tflite --tolerance 0.05\n"
    "  linnet compare old.tflite new.tflite --all-tensors\n"
    "  linnet run model.tflite --output-dir golden && linnet compare model.tflite --golden golden\n",
    kOptions,
    1,
    2,
    run,
};
