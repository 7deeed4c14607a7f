/* linnet run: inputs in, outputs out. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "json.h"
#include "npy.h"
#include "session.h"
#include "term.h"
#include "values.h"

/* "name=value" taken apart at the last =; false: said on stderr. */
static bool split_pair(const char* text, const char* option, char* name, size_t name_size, const char** value) {
  const char* equals = strrchr(text, '=');
  if (equals == NULL || equals == text || (size_t)(equals - text) >= name_size) {
    cli_fail(CLI_USAGE, "--%s is \"%s\"; NAME=VALUE is right", option, text);
    return false;
  }
  memcpy(name, text, (size_t)(equals - text));
  name[equals - text] = 0;
  *value = equals + 1;
  return true;
}

static int find_input(const session* s, const char* name) {
  const int index = session_find_input(s, name);
  if (index < 0) cli_fail(CLI_USAGE, "there is no input \"%s\"; see: linnet inspect", name);
  return index;
}

static int apply_shape(const char* text, void* arg) {
  session* s = arg;
  char name[256];
  const char* value;
  int dims[16], rank = 0;
  if (!split_pair(text, "shape", name, sizeof name, &value)) return CLI_USAGE;
  for (const char* p = value; *p != 0;) {
    char* end;
    const long extent = strtol(p, &end, 10);
    if (end == p || extent < 0 || extent > INT32_MAX || rank == 16 || (*end != 0 && *end != 'x'))
      return cli_fail(CLI_USAGE, "--shape is \"%s\"; NAME=1x224x224x3 is right", text);
    dims[rank++] = (int)extent;
    p = *end == 'x' ? end + 1 : end;
  }
  const int index = find_input(s, name);
  if (index < 0) return CLI_USAGE;
  return session_resize(s, index, dims, rank) == kTfLiteOk ? CLI_OK : cli_fail(CLI_FAILED, "%s", LinnetLastError());
}

static int apply_input(const char* text, void* arg) {
  session* s = arg;
  char name[256], message[512];
  const char* path;
  npy array;
  if (!split_pair(text, "input", name, sizeof name, &path)) return CLI_USAGE;
  const int index = find_input(s, name);
  if (index < 0) return CLI_USAGE;
  if (!npy_read(path, &array, message, sizeof message)) return cli_fail(CLI_INPUT, "%s", message);
  TfLiteTensor* t = session_input(s, index);
  int code = CLI_OK;
  if (array.rank >= 0 && array.type != TfLiteTensorType(t))
    code = cli_fail(CLI_INPUT, "'%s' holds %s; input \"%s\" is %s", path, TfLiteTypeGetName(array.type), name,
                    TfLiteTypeGetName(TfLiteTensorType(t)));
  else if (TfLiteTensorType(t) == kTfLiteString && !npy_to_tensor(&array, t))
    code = cli_fail(CLI_INPUT,
                    "'%s' does not hold %zu strings; input \"%s\" takes as many, in an array of type S or U, or "
                    "the runtime's own layout",
                    path, value_shape_count(t), name);
  else if (TfLiteTensorType(t) != kTfLiteString && !npy_to_tensor(&array, t))
    code = cli_fail(CLI_INPUT, "'%s' has %zu bytes of data; input \"%s\" takes %zu", path, array.bytes, name,
                    TfLiteTensorByteSize(t));
  npy_free(&array);
  return code;
}

typedef struct statistics {
  double low, high, mean, deviation;
  size_t count, not_numbers;
} statistics;

static statistics measure(const TfLiteTensor* t) {
  const bool is_number = value_bytes(TfLiteTensorType(t)) > 0;
  statistics s = {INFINITY, -INFINITY, 0, 0, is_number ? value_count(t) : 0, 0};
  double sum = 0, squares = 0;
  for (size_t i = 0; i < s.count; ++i) {
    const double x = value_number(t, i, true);
    if (isnan(x)) {
      ++s.not_numbers;
      continue;
    }
    s.low = x < s.low ? x : s.low;
    s.high = x > s.high ? x : s.high;
    sum += x;
    squares += x * x;
  }
  const double n = (double)(s.count - s.not_numbers);
  s.mean = n > 0 ? sum / n : NAN;
  s.deviation = n > 0 ? sqrt(fmax(0, squares / n - s.mean * s.mean)) : NAN;
  if (n == 0) s.low = s.high = NAN;
  return s;
}

enum { SHOWN = 8 };

/* What a terminal or a line should not get is shown as a dot. */
static void print_strings(const TfLiteTensor* t) {
  const size_t count = value_count(t);
  printf("  %zu strings\n  ", count);
  for (size_t i = 0; i < count && i < SHOWN; ++i) {
    size_t length = 0;
    const char* text = value_string(t, i, &length);
    putchar('"');
    for (size_t k = 0; k < length && k < 60; ++k)
      putchar((unsigned char)text[k] < ' ' || text[k] == 127 ? '.' : text[k]);
    printf(length > 60 ? "...\" " : "\" ");
  }
  printf(count > SHOWN ? "...\n" : "\n");
}

static void print_outputs(const session* s) {
  char text[256];
  for (int i = 0; i < session_output_count(s); ++i) {
    const TfLiteTensor* t = session_output(s, i);
    printf("%s  %s\n", session_output_name(s, i), session_describe(t, text, sizeof text));
    if (TfLiteTensorType(t) == kTfLiteString) {
      print_strings(t);
      continue;
    }
    const statistics m = measure(t);
    printf("  min %.6g  max %.6g  mean %.6g  std %.6g", m.low, m.high, m.mean, m.deviation);
    if (m.not_numbers > 0) printf("  NaN %zu", m.not_numbers);
    printf("\n  ");
    for (size_t k = 0; k < m.count && k < SHOWN; ++k) printf("%.6g ", value_number(t, k, true));
    printf(m.count > SHOWN ? "...\n" : "\n");
  }
}

static void json_strings(const TfLiteTensor* t) {
  json_open_array("strings");
  for (size_t i = 0; i < value_count(t); ++i) {
    size_t length = 0;
    const char* from = value_string(t, i, &length);
    char* text = calloc(1, length + 1);
    if (text != NULL && from != NULL) memcpy(text, from, length);
    json_string(NULL, text != NULL ? text : "");
    free(text);
  }
  json_close_array();
}

static void print_json(const session* s) {
  json_open_object(NULL);
  json_open_array("outputs");
  for (int i = 0; i < session_output_count(s); ++i) {
    const TfLiteTensor* t = session_output(s, i);
    const statistics m = measure(t);
    json_open_object(NULL);
    json_string("name", session_output_name(s, i));
    json_string("type", TfLiteTypeGetName(TfLiteTensorType(t)));
    json_open_array("shape");
    for (int k = 0; k < TfLiteTensorNumDims(t); ++k) json_integer(NULL, TfLiteTensorDim(t, k));
    json_close_array();
    json_number("min", m.low);
    json_number("max", m.high);
    json_number("mean", m.mean);
    json_number("std", m.deviation);
    json_integer("nan", (int64_t)m.not_numbers);
    if (TfLiteTensorType(t) == kTfLiteString) json_strings(t);
    json_close_object();
  }
  json_close_array();
  json_close_object();
  json_end();
}

/* Makes the folder where there is none; why it cannot be written into, the first file says. */
static int write_outputs(const session* s, const char* folder) {
  char path[1024], message[512];
  (void)mkdir(folder, 0777);
  for (int i = 0; i < session_output_count(s); ++i) {
    if (snprintf(path, sizeof path, "%s/output%d.npy", folder, i) >= (int)sizeof path)
      return cli_fail(CLI_FAILED, "--output-dir is longer than %d bytes", (int)sizeof path - 32);
    if (!npy_write(path, session_output(s, i), message, sizeof message)) return cli_fail(CLI_FAILED, "%s", message);
  }
  return CLI_OK;
}

static int run_session(const cli_args* args, session* s, long long seed, long long repeat) {
  int code = cli_each(args, "shape", apply_shape, s);
  if (code == CLI_OK) code = session_allocate(s);
  if (code == CLI_OK) session_fill_random(s, (uint64_t)seed);
  if (code == CLI_OK) code = cli_each(args, "input", apply_input, s);
  for (long long i = 0; i < repeat && code == CLI_OK; ++i) {
    code = session_invoke(s);
    term_progress("running", i + 1, repeat);
  }
  if (code == CLI_OK && cli_has(args, "output-dir")) code = write_outputs(s, cli_value(args, "output-dir"));
  if (code != CLI_OK) return code;
  if (cli_has(args, "json"))
    print_json(s);
  else
    print_outputs(s);
  return CLI_OK;
}

static int run(const cli_args* args) {
  long long threads, seed, repeat, timeout;
  session s;
  if (!cli_integer(args, "threads", 1, 256, 1, &threads) || !cli_integer(args, "seed", 0, INT64_MAX, 0, &seed) ||
      !cli_integer(args, "repeat", 1, 1000000000, 1, &repeat) ||
      !cli_integer(args, "timeout", 0, 1000000000, 0, &timeout))
    return CLI_USAGE;
  const session_options options = {.threads = (int)threads,
                                   .signature = cli_value(args, "signature"),
                                   .weight_cache = cli_value(args, "weight-cache"),
                                   .timeout_ms = (double)timeout};
  int code = session_open(cli_operand(args, 0), &options, &s);
  if (code == CLI_OK) code = run_session(args, &s, seed, repeat);
  session_close(&s);
  return code;
}

static const cli_option kOptions[] = {
    {"input", "NAME=FILE", "an input (name or number) from a .npy file or a file of raw bytes; may be repeated"},
    {"seed", "N", "inputs not given are random by this seed (0): floats in [-1, 1), any integers"},
    {"shape", "NAME=SHAPE", "resize an input first: image=1x224x224x3; may be repeated"},
    {"signature", "KEY", "run this signature instead of the first subgraph"},
    {"repeat", "N", "run N times in a row; variables keep their state (1)"},
    {"output-dir", "DIR", "write the outputs to DIR/output0.npy, DIR/output1.npy, ...; makes DIR"},
    {"timeout", "MS", "give a run up after so many milliseconds (0: never)"},
    {"threads", "N", "threads (1)"},
    {"weight-cache", "FILE", "keep packed weights in FILE, so that the next start is faster"},
    {"json", NULL, "print JSON"},
    {NULL, NULL, NULL},
};

const cli_command cli_run_command = {
    "run",
    "run a model on given or random inputs",
    "MODEL",
    "Runs a model once (or --repeat times) and prints each output's type, shape and statistics. Quantized outputs\n"
    "are shown as real numbers; .npy files hold what the tensors hold. Strings come from arrays of type S or U.",
    "  linnet run model.tflite --seed 7\n"
    "  linnet run model.tflite --input image=picture.npy --output-dir out\n"
    "  linnet run model.tflite --shape 0=4x640 --threads 2\n",
    kOptions,
    1,
    1,
    run,
};
