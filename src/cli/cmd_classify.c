/* linnet classify: the best labels for a picture. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "json.h"
#include "labels.h"
#include "picture.h"
#include "session.h"
#include "term.h"
#include "values.h"

/* How pixels 0..255 become the input's numbers. */
typedef struct mapping {
  double mean, std; /* for floats: (pixel - mean) / std */
} mapping;

typedef struct shape {
  int height, width, channels;
} shape;

/* [N,H,W,C], [N,H,W] or [H,W]; N must be 1 and C 1 or 3. */
static bool picture_shape(const TfLiteTensor* t, shape* s) {
  const int rank = TfLiteTensorNumDims(t);
  int d[4] = {1, 0, 0, 1};
  if (rank == 4)
    for (int i = 0; i < 4; ++i) d[i] = TfLiteTensorDim(t, i);
  else if (rank == 3)
    for (int i = 0; i < 3; ++i) d[i] = TfLiteTensorDim(t, i);
  else if (rank == 2)
    for (int i = 0; i < 2; ++i) d[i + 1] = TfLiteTensorDim(t, i);
  else
    return false;
  *s = (shape){d[1], d[2], d[3]};
  return d[0] == 1 && d[1] > 0 && d[2] > 0 && (d[3] == 1 || d[3] == 3);
}

static int64_t quantized(double real, TfLiteQuantizationParams q, int64_t low, int64_t high) {
  const double steps = trunc(real / (double)q.scale + q.zero_point);
  return !(steps > (double)low) ? low : steps > (double)high ? high : (int64_t)steps;
}

/* uint8 inputs take the pixels as they are, int8 ones the quantized value that the mapping gives, or the pixel's byte.
 */
static int set_input(TfLiteTensor* t, const picture* p, const mapping* m, bool raw) {
  const size_t count = (size_t)p->width * (size_t)p->height * (size_t)p->channels;
  const TfLitePtrUnion data = {.data = TfLiteTensorData(t)};
  const TfLiteQuantizationParams q = TfLiteTensorQuantizationParams(t);
  const TfLiteType type = TfLiteTensorType(t);
  if (data.data == NULL || value_count(t) != count) return cli_fail(CLI_FAILED, "the input has another size");
  for (size_t i = 0; i < count; ++i) {
    const double real = (p->pixels[i] - m->mean) / m->std;
    if (type == kTfLiteFloat32)
      data.f[i] = (float)real;
    else if (type == kTfLiteUInt8 || raw)
      data.uint8[i] = p->pixels[i];
    else if (type == kTfLiteInt8)
      data.int8[i] = (int8_t)quantized(real, q, INT8_MIN, INT8_MAX);
    else
      return cli_fail(CLI_FAILED, "the input is %s; FLOAT32, UINT8 or INT8 is right", TfLiteTypeGetName(type));
  }
  return CLI_OK;
}

typedef struct ranked {
  double score;
  int index;
} ranked;

static int compare_ranked(const void* a, const void* b) {
  const ranked *x = a, *y = b;
  if (x->score != y->score) return x->score > y->score ? -1 : 1;
  return x->index < y->index ? -1 : x->index > y->index;
}

typedef struct result {
  ranked* best; /* owned; all classes, the best first */
  int count, top;
  double time_ns;
  LinnetMemory memory;
} result;

static int rank_output(const TfLiteTensor* t, int top, result* r) {
  r->count = (int)value_count(t);
  r->best = calloc((size_t)r->count + 1, sizeof *r->best);
  if (r->best == NULL) return cli_fail(CLI_FAILED, "no memory");
  for (int i = 0; i < r->count; ++i) {
    const double score = value_number(t, (size_t)i, true);
    r->best[i] = (ranked){isnan(score) ? -INFINITY : score, i};
  }
  qsort(r->best, (size_t)r->count, sizeof *r->best, compare_ranked);
  r->top = top < r->count ? top : r->count;
  return CLI_OK;
}

static void print_json(const result* r, const labels* names, const char* model, const char* image) {
  json_open_object(NULL);
  json_string("model", model);
  json_string("image", image);
  json_open_array("classes");
  for (int i = 0; i < r->top; ++i) {
    json_open_object(NULL);
    json_integer("class", r->best[i].index);
    json_string("label", labels_name(names, r->best[i].index));
    json_number("score", r->best[i].score);
    json_close_object();
  }
  json_close_array();
  json_number("time_ms", r->time_ns / 1e6);
  json_integer("arena_bytes", (int64_t)r->memory.arena_bytes);
  json_integer("weight_bytes", (int64_t)r->memory.weight_bytes);
  json_integer("peak_bytes", (int64_t)r->memory.peak_bytes);
  json_close_object();
  json_end();
}

static void print_table(const result* r, const labels* names) {
  char bar[256], time_text[32], arena[32], weights[32];
  double largest = r->top > 0 ? r->best[0].score : 0;
  if (largest < 1) largest = 1;
  for (int i = 0; i < r->top; ++i)
    printf("%8.4f  %s  %4d  %s\n", r->best[i].score, term_bar(r->best[i].score / largest, 24, bar, sizeof bar),
           r->best[i].index, labels_name(names, r->best[i].index));
  printf("\n%s, %s for activations, %s of weights\n", term_time(r->time_ns, time_text, sizeof time_text),
         term_bytes((double)r->memory.peak_bytes, arena, sizeof arena),
         term_bytes((double)r->memory.weight_bytes, weights, sizeof weights));
}

static double now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int get_filter(const cli_args* args, picture_filter* filter) {
  const char* name = cli_value(args, "resize");
  if (name == NULL || strcmp(name, "bilinear") == 0)
    *filter = PICTURE_BILINEAR;
  else if (strcmp(name, "nearest") == 0)
    *filter = PICTURE_NEAREST;
  else if (strcmp(name, "pil") == 0)
    *filter = PICTURE_PIL;
  else
    return cli_fail(CLI_USAGE, "--resize is \"%s\"; bilinear, nearest or pil is right", name);
  return CLI_OK;
}

/* Reads the picture and brings it to the input. */
static int load_picture(const cli_args* args, const char* path, const mapping* m, session* s) {
  picture file, fitted;
  picture_filter filter = PICTURE_BILINEAR;
  char message[512];
  shape wanted;
  const int code = get_filter(args, &filter);
  if (code != CLI_OK) return code;
  if (session_input_count(s) != 1 || !picture_shape(session_input(s, 0), &wanted))
    return cli_fail(CLI_FAILED, "the model takes no picture: one input [1, height, width, 1 or 3] is right");
  if (!picture_read(path, &file, message, sizeof message)) return cli_fail(CLI_INPUT, "%s", message);
  const bool ok = picture_convert(&file, wanted.width, wanted.height, wanted.channels, filter, &fitted);
  picture_free(&file);
  if (!ok) return cli_fail(CLI_FAILED, "no memory for a picture of %d x %d", wanted.width, wanted.height);
  const int set = set_input(session_input(s, 0), &fitted, m, cli_has(args, "raw"));
  picture_free(&fitted);
  return set;
}

static int classify(const cli_args* args, session* s, const mapping* m, int top, result* r, labels* names) {
  const void* bytes;
  size_t size;
  int code = session_allocate(s);
  if (code == CLI_OK) code = load_picture(args, cli_value(args, "image"), m, s);
  const double start = now_ns();
  if (code == CLI_OK) code = session_invoke(s);
  r->time_ns = now_ns() - start;
  if (code != CLI_OK) return code;
  if (session_output_count(s) < 1) return cli_fail(CLI_FAILED, "the model has no output");
  LinnetInterpreterGetMemory(s->interpreter, &r->memory);
  code = rank_output(session_output(s, 0), top, r);
  if (code != CLI_OK) return code;
  if (cli_has(args, "labels")) return labels_from_file(cli_value(args, "labels"), names);
  return LinnetModelGetBytes(s->model, &bytes, &size) == kTfLiteOk ? labels_from_model(bytes, size, names) : CLI_OK;
}

static int run(const cli_args* args) {
  long long threads, top;
  mapping m;
  session s = {0};
  result r = {0};
  labels names = {0};
  if (!cli_integer(args, "threads", 1, 256, 1, &threads) || !cli_integer(args, "top", 1, 1000000, 5, &top) ||
      !cli_number(args, "mean", -1e6, 1e6, 0, &m.mean) || !cli_number(args, "std", 1e-6, 1e6, 255, &m.std))
    return CLI_USAGE;
  if (!cli_has(args, "model") || !cli_has(args, "image"))
    return cli_fail(CLI_USAGE, "classify needs --model and --image; see: linnet help classify");
  const session_options options = {.threads = (int)threads};
  int code = session_open(cli_value(args, "model"), &options, &s);
  if (code == CLI_OK) code = classify(args, &s, &m, (int)top, &r, &names);
  if (code == CLI_OK && cli_has(args, "json"))
    print_json(&r, &names, cli_value(args, "model"), cli_value(args, "image"));
  else if (code == CLI_OK)
    print_table(&r, &names);
  free(r.best);
  labels_free(&names);
  session_close(&s);
  return code;
}

static const cli_option kOptions[] = {
    {"model", "FILE", "the model, a .tflite file"},
    {"image", "FILE", "the picture: BMP, PNM, PNG or JPEG"},
    {"labels", "FILE", "names of the classes, one a line; else those zipped into the model"},
    {"top", "N", "how many classes to print (5)"},
    {"resize", "HOW", "bilinear (half-pixel positions, no smoothing), nearest, or pil (as Pillow's BILINEAR)"},
    {"mean", "X", "for float and int8 inputs: (pixel - mean) / std (0)"},
    {"std", "X", "see --mean (255)"},
    {"raw", NULL, "give int8 inputs the pixels' bytes as they are"},
    {"threads", "N", "threads (1)"},
    {"json", NULL, "print JSON"},
    {NULL, NULL, NULL},
};

const cli_command cli_classify_command = {
    "classify",
    "name what a picture shows",
    "--model FILE --image FILE",
    "Runs an image classifier on a picture and prints the best classes with their scores. The whole picture is\n"
    "squeezed to the model's size, without cropping. uint8 inputs take the pixels as they are; float inputs and\n"
    "int8 inputs take (pixel - mean) / std, quantized where the input is. Scores of quantized models are\n"
    "dequantized. Equal scores stand in the order of their classes.",
    "  linnet classify --model mobilenet.tflite --image cat.jpg\n"
    "  linnet classify --model digits.tflite --image seven.bmp --top 3 --json\n"
    "  linnet classify --model float.tflite --image cat.jpg --mean 127.5 --std 127.5 --labels imagenet.txt\n",
    kOptions,
    0,
    0,
    run,
};
