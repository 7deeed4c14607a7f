/* SLICE and STRIDED_SLICE. */
#include "ops/builtin_ops.h"
#include "ops/move_util.h"

/* What a slice comes down to: where it begins, and for each dimension of the output its extent and the step in the
 * input. */
typedef struct slice {
  int rank;
  int32_t dims[2 * LN_MAX_RANK];    /* of the output */
  ptrdiff_t steps[2 * LN_MAX_RANK]; /* in bytes */
  ptrdiff_t begin_bytes;
} slice;

static TfLiteStatus copy_slice(TfLiteContext* context, const TfLiteTensor* input, TfLiteTensor* output,
                               const slice* s) {
  ln_move move;
  ptrdiff_t dst[2 * LN_MAX_RANK];
  LN_TRY(ln_move_begin(context, input, output, &move));
  ln_strides(s->rank, s->dims, move.bytes, dst);
  ln_copy_shape shape = {0};
  for (int i = 0; i < s->rank; ++i) ln_copy_add(&shape, (size_t)s->dims[i], s->steps[i], dst[i]);
  if (ln_num_elements(output) > 0) ln_parallel_copy(context, &shape, move.from + s->begin_bytes, move.to, move.bytes);
  return ln_move_end(context, output, &move, kTfLiteOk);
}

/* Reads the slice that the other inputs ask for; their values must be known. */
typedef TfLiteStatus (*slice_reader)(TfLiteContext* context, const TfLiteNode* node, const TfLiteTensor* input,
                                     slice* s);

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node, int inputs, slice_reader read,
                            TfLiteStatus (*invoke_it)(TfLiteContext* context, TfLiteNode* node)) {
  const TfLiteTensor *input, *t;
  TfLiteTensor* output;
  size_t bytes;
  slice s;
  LN_TRY(ln_check_io(context, node, inputs, inputs, 1));
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(ln_move_bytes(context, input, &bytes));
  LN_TRY(ln_check_type(context, output, "output", input->type));
  LN_CHECK(context, ln_rank(input) <= LN_MAX_RANK, "rank %d; at most %d is allowed", ln_rank(input), LN_MAX_RANK);
  bool known = true;
  for (int i = 1; i < inputs; ++i) {
    LN_TRY(ln_get_input(context, node, i, &t));
    known = known && ln_is_constant(t);
  }
  if (!known) {
    ln_set_dynamic(output);
    return kTfLiteOk;
  }
  LN_TRY(read(context, node, input, &s));
  LN_TRY(ln_resize(context, output, s.rank, s.dims));
  return ln_compute_once(context, node, invoke_it);
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node, slice_reader read) {
  const TfLiteTensor* input;
  TfLiteTensor* output;
  slice s;
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(read(context, node, input, &s));
  if (ln_is_dynamic(output)) LN_TRY(ln_resize(context, output, s.rank, s.dims));
  return copy_slice(context, input, output, &s);
}

static TfLiteStatus read_slice(TfLiteContext* context, const TfLiteNode* node, const TfLiteTensor* input, slice* s) {
  const TfLiteTensor *begin, *size;
  int32_t begins[LN_MAX_RANK], sizes[LN_MAX_RANK];
  int count;
  size_t bytes;
  const int rank = ln_rank(input);
  LN_TRY(ln_move_bytes(context, input, &bytes));
  LN_TRY(ln_get_input(context, node, 1, &begin));
  LN_TRY(ln_get_input(context, node, 2, &size));
  LN_TRY(ln_read_ints(context, begin, "begin", LN_MAX_RANK, begins, &count));
  LN_CHECK(context, count == rank, "begin has %d elements; the input's rank is %d", count, rank);
  LN_TRY(ln_read_ints(context, size, "size", LN_MAX_RANK, sizes, &count));
  LN_CHECK(context, count == rank, "size has %d elements; the input's rank is %d", count, rank);
  s->rank = rank;
  s->begin_bytes = 0;
  ln_strides(rank, input->dims->data, bytes, s->steps);
  for (int i = 0; i < rank; ++i) {
    const int32_t extent = ln_dim(input, i);
    LN_CHECK(context, begins[i] >= 0 && begins[i] <= extent, "begin[%d] is %d; it must be in [0, %d]", i, begins[i],
             extent);
    s->dims[i] = sizes[i] == -1 ? extent - begins[i] : sizes[i];
    LN_CHECK(context, s->dims[i] >= 0 && s->dims[i] <= extent - begins[i],
             "size[%d] is %d; it must be -1 or in [0, %d]", i, sizes[i], extent - begins[i]);
    s->begin_bytes += begins[i] * s->steps[i];
  }
  return kTfLiteOk;
}

/* ---- STRIDED_SLICE: a list of specifications, one per dimension, with masks that say what is special about each ----
 */

typedef struct strided_spec {
  int32_t begin[LN_MAX_RANK * 2], end[LN_MAX_RANK * 2], stride[LN_MAX_RANK * 2];
  int count;
} strided_spec;

static TfLiteStatus read_spec(TfLiteContext* context, const TfLiteNode* node, strided_spec* spec) {
  const TfLiteTensor* t;
  int32_t* const lists[] = {spec->begin, spec->end, spec->stride};
  static const char* const kNames[] = {"begin", "end", "strides"};
  for (int k = 0; k < 3; ++k) {
    int count;
    LN_TRY(ln_get_input(context, node, k + 1, &t));
    LN_TRY(ln_read_ints(context, t, kNames[k], LN_MAX_RANK * 2, lists[k], &count));
    LN_CHECK(context, k == 0 || count == spec->count, "%s has %d elements, begin %d; they must be equal", kNames[k],
             count, spec->count);
    spec->count = count;
  }
  return kTfLiteOk;
}

static int32_t clamp(int64_t value, int32_t low, int32_t high) {
  return value < low ? low : value > high ? high : (int32_t)value;
}

/* One axis: from `begin` in steps of `stride` up to but without `end`, both brought inside the axis. */
static TfLiteStatus read_axis(TfLiteContext* context, const TfLiteStridedSliceParams* p, const strided_spec* spec,
                              int i, int32_t extent, int32_t* begin, int32_t* count) {
  const int32_t stride = spec->stride[i];
  const unsigned bit = 1u << i;
  const int32_t low = stride > 0 ? 0 : -1, high = stride > 0 ? extent : extent - 1;
  LN_CHECK(context, stride != 0, "strides[%d] is 0; it must not be", i);
  int64_t from = spec->begin[i], to = spec->end[i];
  if (p->offset) to += from;
  if (from < 0) from += extent;
  if (((unsigned)p->begin_mask & bit) != 0) from = stride > 0 ? 0 : (int64_t)extent - 1;
  if (((unsigned)p->shrink_axis_mask & bit) != 0) {
    LN_CHECK(context, from >= 0 && from < extent && stride > 0, "index %lld of dimension %d; it must be in [0, %d)",
             (long long)from, i, extent);
    *begin = (int32_t)from;
    *count = 1;
    return kTfLiteOk;
  }
  if (to < 0 && !p->offset) to += extent;
  if (((unsigned)p->end_mask & bit) != 0) to = stride > 0 ? extent : -1;
  *begin = clamp(from, low, high);
  const int64_t distance = (int64_t)clamp(to, low, high) - *begin;
  const int64_t steps = stride > 0 ? (distance + stride - 1) / stride : (distance + stride + 1) / stride;
  *count = (distance > 0) == (stride > 0) && distance != 0 ? (int32_t)steps : 0;
  if (*count == 0) *begin = 0;
  return kTfLiteOk;
}

static void add_dim(slice* s, int32_t extent, ptrdiff_t step) {
  s->dims[s->rank] = extent;
  s->steps[s->rank++] = step;
}

static TfLiteStatus read_strided(TfLiteContext* context, const TfLiteNode* node, const TfLiteTensor* input, slice* s) {
  const TfLiteStridedSliceParams* p = node->builtin_data;
  strided_spec spec;
  ptrdiff_t strides[LN_MAX_RANK];
  size_t bytes;
  const int rank = ln_rank(input);
  LN_CHECK(context, p != NULL, "the options are missing");
  LN_TRY(read_spec(context, node, &spec));
  LN_TRY(ln_move_bytes(context, input, &bytes));
  ln_strides(rank, input->dims->data, bytes, strides);
  int new_axes = 0, ellipses = 0, axis = 0;
  for (int i = 0; i < spec.count; ++i) {
    const bool ellipsis = ((unsigned)p->ellipsis_mask >> i & 1) != 0;
    ellipses += ellipsis;
    new_axes += !ellipsis && ((unsigned)p->new_axis_mask >> i & 1) != 0;
  }
  LN_CHECK(context, ellipses <= 1, "%d ellipses; at most 1 is allowed", ellipses);
  LN_CHECK(context, spec.count - new_axes - ellipses <= rank && rank + new_axes <= LN_MAX_RANK,
           "%d specifications for an input of rank %d", spec.count - new_axes - ellipses, rank);
  const int skipped = rank - (spec.count - new_axes - ellipses);
  *s = (slice){0};
  for (int i = 0; i < spec.count; ++i) {
    if (((unsigned)p->ellipsis_mask >> i & 1) != 0) {
      for (int k = 0; k < skipped; ++k, ++axis) add_dim(s, ln_dim(input, axis), strides[axis]);
    } else if (((unsigned)p->new_axis_mask >> i & 1) != 0) {
      add_dim(s, 1, 0);
    } else {
      int32_t begin, count;
      LN_TRY(read_axis(context, p, &spec, i, ln_dim(input, axis), &begin, &count));
      s->begin_bytes += begin * strides[axis];
      if (((unsigned)p->shrink_axis_mask >> i & 1) == 0) add_dim(s, count, strides[axis] * spec.stride[i]);
      ++axis;
    }
  }
  for (; axis < rank; ++axis) add_dim(s, ln_dim(input, axis), strides[axis]);
  return kTfLiteOk;
}

static TfLiteStatus slice_invoke(TfLiteContext* context, TfLiteNode* node) { return invoke(context, node, read_slice); }

static TfLiteStatus slice_prepare(TfLiteContext* context, TfLiteNode* node) {
  return prepare(context, node, 3, read_slice, slice_invoke);
}

static TfLiteStatus strided_invoke(TfLiteContext* context, TfLiteNode* node) {
  return invoke(context, node, read_strided);
}

static TfLiteStatus strided_prepare(TfLiteContext* context, TfLiteNode* node) {
  return prepare(context, node, 4, read_strided, strided_invoke);
}

const TfLiteRegistration ln_op_slice = {.prepare = slice_prepare, .invoke = slice_invoke};
const TfLiteRegistration ln_op_strided_slice = {.prepare = strided_prepare, .invoke = strided_invoke};
