/* PAD and PADV2 with a value, MIRROR_PAD with the input's own elements. */
#include "ops/builtin_ops.h"
#include "ops/move_util.h"

typedef struct paddings {
  int32_t before[LN_MAX_RANK], after[LN_MAX_RANK];
} paddings;

static TfLiteStatus read_paddings(TfLiteContext* context, const TfLiteNode* node, const TfLiteTensor* input,
                                  paddings* p) {
  const TfLiteTensor* t;
  int32_t values[2 * LN_MAX_RANK];
  int count;
  const int rank = ln_rank(input);
  LN_TRY(ln_get_input(context, node, 1, &t));
  LN_CHECK(context, rank <= LN_MAX_RANK, "rank %d; at most %d is allowed", rank, LN_MAX_RANK);
  LN_TRY(ln_read_ints(context, t, "paddings", 2 * LN_MAX_RANK, values, &count));
  LN_CHECK(context, count == 2 * rank, "paddings has %d elements; %d are right for rank %d", count, 2 * rank, rank);
  for (int i = 0; i < rank; ++i) {
    LN_CHECK(context, values[2 * i] >= 0 && values[2 * i + 1] >= 0,
             "padding of dimension %d is %d, %d; at least 0 is right", i, values[2 * i], values[2 * i + 1]);
    p->before[i] = values[2 * i];
    p->after[i] = values[2 * i + 1];
  }
  return kTfLiteOk;
}

static TfLiteStatus resize_output(TfLiteContext* context, const TfLiteNode* node, TfLiteTensor* output) {
  const TfLiteTensor* input;
  paddings p;
  int32_t dims[LN_MAX_RANK];
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(read_paddings(context, node, input, &p));
  for (int i = 0; i < ln_rank(input); ++i)
    LN_CHECK(context, ln_add_i32(ln_dim(input, i), p.before[i], &dims[i]) && ln_add_i32(dims[i], p.after[i], &dims[i]),
             "the padded extent of dimension %d overflows", i);
  return ln_resize(context, output, ln_rank(input), dims);
}

static TfLiteStatus prepare_inputs(TfLiteContext* context, TfLiteNode* node, int inputs) {
  const TfLiteTensor *input, *padding, *value;
  TfLiteTensor* output;
  size_t bytes;
  LN_TRY(ln_check_io(context, node, inputs, inputs, 1));
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_input(context, node, 1, &padding));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(ln_element_bytes(context, input, &bytes));
  LN_TRY(ln_check_type(context, output, "output", input->type));
  if (inputs == 3) {
    LN_TRY(ln_get_input(context, node, 2, &value));
    LN_CHECK(context, value->type == input->type && ln_num_elements(value) == 1,
             "the padding value must be one element of the input's type");
  }
  if (ln_is_constant(padding)) return resize_output(context, node, output);
  ln_set_dynamic(output);
  return kTfLiteOk;
}

static TfLiteStatus pad_prepare(TfLiteContext* context, TfLiteNode* node) { return prepare_inputs(context, node, 2); }

static TfLiteStatus padv2_prepare(TfLiteContext* context, TfLiteNode* node) { return prepare_inputs(context, node, 3); }

typedef struct pad_job {
  const paddings* paddings;
  const int32_t *dims, *padded; /* of the input and the output */
  const char *element, *from;
  char* to;
  size_t bytes;
  int32_t skip; /* mirrors: 1 where the edge is not repeated */
  ptrdiff_t src[LN_MAX_RANK], dst[LN_MAX_RANK];
  int first, last; /* the first axis that is not of extent 1, the last that is padded */
} pad_job;

static size_t clip(size_t x, size_t low, size_t high) { return x < low ? low : x > high ? high : x; }

/* Indices [begin, end) of an axis. Every byte of the output is written once. */
static void pad_axis(const pad_job* j, int axis, const char* from, char* to, size_t begin, size_t end) {
  const size_t step = (size_t)j->dst[axis], before = (size_t)j->paddings->before[axis];
  const size_t inside = clip(before, begin, end), behind = clip(before + (size_t)j->dims[axis], begin, end);
  ln_fill_elements(j->element, j->bytes, to + begin * step, (inside - begin) * step / j->bytes);
  if (inside < behind) from += (inside - before) * (size_t)j->src[axis];
  if (axis == j->last)
    memcpy(to + inside * step, from, (behind - inside) * step);
  else
    for (size_t i = inside; i < behind; ++i, from += j->src[axis])
      pad_axis(j, axis + 1, from, to + i * step, 0, (size_t)j->padded[axis + 1]);
  ln_fill_elements(j->element, j->bytes, to + behind * step, (end - behind) * step / j->bytes);
}

static void pad_range(void* arg, size_t begin, size_t end) {
  const pad_job* j = arg;
  pad_axis(j, j->first, j->from, j->to, begin, end);
}

/* What both kinds of padding do: the outermost axis that has an extent is shared out. */
static void run_axes(TfLiteContext* context, pad_job* j, void (*run)(void*, size_t, size_t), const TfLiteTensor* output,
                     int rank) {
  ln_strides(rank, j->dims, j->bytes, j->src);
  ln_strides(rank, j->padded, j->bytes, j->dst);
  for (int i = 0; i < rank; ++i)
    if (j->paddings->before[i] != 0 || j->paddings->after[i] != 0) j->last = i;
  while (j->first < j->last && j->padded[j->first] == 1) ++j->first;
  const size_t extent = (size_t)j->padded[j->first];
  ln_parallel_ranges(context, run, j, extent, extent, output->bytes / 4);
}

static TfLiteStatus pad_invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor *input, *padding, *value = ln_optional_input(context, node, 2);
  TfLiteTensor* output;
  paddings p;
  char element[LN_ELEMENT_MAX];
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_input(context, node, 1, &padding));
  LN_TRY(ln_get_output(context, node, 0, &output));
  if (!ln_is_constant(padding)) LN_TRY(resize_output(context, node, output));
  LN_TRY(read_paddings(context, node, input, &p));
  pad_job job = {.paddings = &p,
                 .dims = input->dims->data,
                 .padded = output->dims->data,
                 .element = element,
                 .from = input->data.raw,
                 .to = output->data.raw};
  LN_TRY(ln_element_bytes(context, input, &job.bytes));
  if (output->bytes == 0) return kTfLiteOk;
  if (value != NULL)
    memcpy(element, value->data.raw, job.bytes);
  else
    ln_zero_element(output, element);
  const int rank = ln_rank(input);
  if (input->bytes == 0 || rank == 0) {
    ln_fill_elements(rank == 0 ? input->data.raw : element, job.bytes, output->data.raw, output->bytes / job.bytes);
    return kTfLiteOk;
  }
  run_axes(context, &job, pad_range, output, rank);
  return kTfLiteOk;
}

/* ---- MIRROR_PAD ---- */

static TfLiteStatus mirror_prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteMirrorPaddingParams* params = node->builtin_data;
  LN_CHECK(context, params != NULL && params->mode != kTfLiteMirrorPaddingUnknown,
           "mode is neither REFLECT nor SYMMETRIC");
  return prepare_inputs(context, node, 2);
}

/* Which index of the input an index of the output shows. */
static size_t mirrored(const pad_job* j, int axis, size_t index) {
  const int64_t extent = j->dims[axis], at = (int64_t)index - j->paddings->before[axis];
  if (at < 0) return (size_t)(-at - 1 + j->skip);
  return (size_t)(at < extent ? at : 2 * extent - 1 - j->skip - at);
}

/* As pad_axis. */
static void mirror_axis(const pad_job* j, int axis, const char* from, char* to, size_t begin, size_t end) {
  const size_t src = (size_t)j->src[axis], dst = (size_t)j->dst[axis], before = (size_t)j->paddings->before[axis];
  if (axis < j->last) {
    for (size_t i = begin; i < end; ++i)
      mirror_axis(j, axis + 1, from + mirrored(j, axis, i) * src, to + i * dst, 0, (size_t)j->padded[axis + 1]);
    return;
  }
  const size_t inside = clip(before, begin, end), behind = clip(before + (size_t)j->dims[axis], begin, end);
  for (size_t i = begin; i < inside; ++i) memcpy(to + i * dst, from + mirrored(j, axis, i) * src, src);
  if (inside < behind) memcpy(to + inside * dst, from + (inside - before) * src, (behind - inside) * src);
  for (size_t i = behind; i < end; ++i) memcpy(to + i * dst, from + mirrored(j, axis, i) * src, src);
}

static void mirror_range(void* arg, size_t begin, size_t end) {
  const pad_job* j = arg;
  mirror_axis(j, j->first, j->from, j->to, begin, end);
}

static TfLiteStatus mirror_invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteMirrorPaddingParams* params = node->builtin_data;
  const TfLiteTensor *input, *padding;
  TfLiteTensor* output;
  paddings p;
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_input(context, node, 1, &padding));
  LN_TRY(ln_get_output(context, node, 0, &output));
  if (!ln_is_constant(padding)) LN_TRY(resize_output(context, node, output));
  LN_TRY(read_paddings(context, node, input, &p));
  pad_job job = {.paddings = &p,
                 .dims = input->dims->data,
                 .padded = output->dims->data,
                 .skip = params->mode == kTfLiteMirrorPaddingReflect ? 1 : 0,
                 .from = input->data.raw,
                 .to = output->data.raw};
  LN_TRY(ln_element_bytes(context, input, &job.bytes));
  const int rank = ln_rank(input);
  for (int i = 0; i < rank; ++i)
    LN_CHECK(context, p.before[i] <= ln_dim(input, i) - job.skip && p.after[i] <= ln_dim(input, i) - job.skip,
             "padding of dimension %d is %d, %d; at most %d can be mirrored", i, p.before[i], p.after[i],
             ln_dim(input, i) - job.skip);
  if (output->bytes == 0) return kTfLiteOk;
  if (rank == 0) {
    memcpy(output->data.raw, input->data.raw, job.bytes);
    return kTfLiteOk;
  }
  run_axes(context, &job, mirror_range, output, rank);
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_pad = {.prepare = pad_prepare, .invoke = pad_invoke};
const TfLiteRegistration ln_op_padv2 = {.prepare = padv2_prepare, .invoke = pad_invoke};
const TfLiteRegistration ln_op_mirror_pad = {.prepare = mirror_prepare, .invoke = mirror_invoke};
