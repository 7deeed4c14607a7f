/* SignalFramer, SignalDelay, SignalStacker, SignalOverlapAdd: what cuts a stream of samples into frames and puts frames
 * together again. Each keeps the end of the stream from one invoke to the next. */
#include <string.h>

#include "kernels/generic/signal.h"
#include "ops/signal_util.h"

/* ---- SignalFramer: [..., n] to overlapping frames [..., n / step, size], and whether all of them are whole ---- */

typedef struct framer_data {
  ln_signal_state state; /* int32_t: samples kept beyond those at the start; then int16_t [outer, capacity] */
  int32_t size, step;
  size_t capacity; /* the size, rounded up to whole steps */
  bool prefill;
} framer_data;

LN_DEFINE_INIT(framer_init, framer_data, .state.first = -1)

/* Bytes of a header and of `rows` rows of `columns` elements. */
static TfLiteStatus set_rows(TfLiteContext* context, TfLiteNode* node, ln_signal_state* state, size_t header_bytes,
                             size_t rows, size_t columns, size_t element_bytes) {
  size_t bytes;
  LN_CHECK(context,
           ln_mul_size(rows, columns, &bytes) && ln_mul_size(bytes, element_bytes, &bytes) &&
               ln_add_size(bytes, header_bytes, &bytes),
           "a state of %zu times %zu samples is too large", rows, columns);
  return ln_signal_set_state(context, node, state, bytes);
}

static TfLiteStatus framer_prepare(TfLiteContext* context, TfLiteNode* node) {
  framer_data* d = node->user_data;
  const TfLiteTensor* input;
  TfLiteTensor *output, *valid;
  ln_flex_map o;
  int32_t dims[LN_MAX_RANK];
  LN_TRY(ln_check_io(context, node, 1, 1, 2));
  LN_TRY(ln_open_options(context, node, &o));
  LN_TRY(ln_option_i32(context, &o, "frame_size", 0, 1, 1 << 30, &d->size));
  LN_TRY(ln_option_i32(context, &o, "frame_step", 0, 1, 1 << 30, &d->step));
  LN_TRY(ln_option_bool(context, &o, "prefill", false, &d->prefill));
  LN_CHECK(context, !d->prefill || d->step <= d->size,
           "frame_step is %d; with prefill at most frame_size, %d, is right", (int)d->step, (int)d->size);
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_check_type(context, input, "input", kTfLiteInt16));
  const int rank = ln_rank(input);
  LN_CHECK(context, rank >= 1 && rank < LN_MAX_RANK, "input has rank %d; 1 to %d is right", rank, LN_MAX_RANK - 1);
  const int32_t samples = ln_dim(input, rank - 1);
  LN_CHECK(context, samples >= d->step && samples % d->step == 0, "%d samples; a multiple of frame_step, %d, is right",
           (int)samples, (int)d->step);
  d->capacity = ((size_t)d->size + (size_t)d->step - 1) / (size_t)d->step * (size_t)d->step;
  LN_TRY(set_rows(context, node, &d->state, sizeof(int32_t), ln_signal_outer(input, 1), d->capacity, sizeof(int16_t)));
  LN_TRY(ln_get_input(context, node, 0, &input)); /* the state's tensor may have moved it */
  LN_TRY(ln_signal_get_output(context, node, 0, kTfLiteInt16, &output));
  LN_TRY(ln_signal_get_output(context, node, 1, kTfLiteBool, &valid));
  for (int i = 0; i < rank - 1; ++i) dims[i] = ln_dim(input, i);
  dims[rank - 1] = samples / d->step;
  dims[rank] = d->size;
  LN_TRY(ln_resize(context, output, rank + 1, dims));
  return ln_resize(context, valid, 0, NULL);
}

/* One row of the input. `kept` are the samples of rows that have not been handed out for good; returns their number. */
static size_t frame_row(const framer_data* d, const int16_t* in, size_t frames, int16_t* kept, size_t count,
                        int16_t* out, bool* valid) {
  const size_t size = (size_t)d->size, step = (size_t)d->step;
  for (size_t f = 0; f < frames; ++f, in += step, out += size) {
    memcpy(kept + count, in, step * sizeof *in);
    count += step;
    if (count < size) {
      memset(out, 0, size * sizeof *out);
      *valid = false;
      continue;
    }
    memcpy(out, kept, size * sizeof *out);
    count -= step;
    memmove(kept, kept + step, count * sizeof *kept);
  }
  return count;
}

static TfLiteStatus framer_invoke(TfLiteContext* context, TfLiteNode* node) {
  framer_data* d = node->user_data;
  const TfLiteTensor* input;
  TfLiteTensor *output, *valid;
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(ln_get_output(context, node, 1, &valid));
  const size_t rows = ln_signal_outer(input, 1), samples = (size_t)ln_dim(input, ln_rank(input) - 1);
  const size_t frames = samples / (size_t)d->step, at_start = d->prefill ? (size_t)(d->size - d->step) : 0;
  int32_t* more = ln_signal_get_state(context, node, &d->state);
  int16_t* kept = (int16_t*)(void*)(more + 1);
  size_t count = at_start + (size_t)*more;
  valid->data.b[0] = true;
  for (size_t r = 0; r < rows; ++r)
    count = frame_row(d, input->data.i16 + r * samples, frames, kept + r * d->capacity, at_start + (size_t)*more,
                      output->data.i16 + r * frames * (size_t)d->size, valid->data.b);
  *more = (int32_t)(count - at_start);
  return kTfLiteOk;
}

/* ---- SignalDelay: [..., n], each row of the stream `length` samples later ---- */

typedef struct delay_data {
  ln_signal_state state; /* int16_t [outer, length] */
  int32_t length;
} delay_data;

LN_DEFINE_INIT(delay_init, delay_data, .state.first = -1)

static TfLiteStatus delay_prepare(TfLiteContext* context, TfLiteNode* node) {
  delay_data* d = node->user_data;
  const TfLiteTensor* input;
  TfLiteTensor* output;
  ln_flex_map o;
  LN_TRY(ln_check_io(context, node, 1, 1, 1));
  LN_TRY(ln_open_options(context, node, &o));
  LN_TRY(ln_option_i32(context, &o, "delay_length", 0, 0, INT32_MAX, &d->length));
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_check_type(context, input, "input", kTfLiteInt16));
  LN_CHECK(context, ln_rank(input) >= 1, "input is a scalar; rank 1 or more is right");
  LN_TRY(set_rows(context, node, &d->state, 0, ln_signal_outer(input, 1), (size_t)d->length, sizeof(int16_t)));
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_signal_get_output(context, node, 0, kTfLiteInt16, &output));
  return ln_resize_like(context, output, input);
}

static TfLiteStatus delay_invoke(TfLiteContext* context, TfLiteNode* node) {
  delay_data* d = node->user_data;
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_output(context, node, 0, &output));
  const size_t rows = ln_signal_outer(input, 1), samples = (size_t)ln_dim(input, ln_rank(input) - 1);
  const size_t length = (size_t)d->length, old = length < samples ? length : samples, fresh = samples - old;
  int16_t* kept = ln_signal_get_state(context, node, &d->state);
  if (samples == 0) return kTfLiteOk;
  for (size_t r = 0; r < rows; ++r) {
    const int16_t* in = input->data.i16 + r * samples;
    int16_t *out = output->data.i16 + r * samples, *row = length > 0 ? kept + r * length : out;
    memcpy(out, row, length > 0 ? old * sizeof *out : 0);
    memcpy(out + old, in, fresh * sizeof *out);
    if (length == 0) continue;
    memmove(row, row + old, (length - old) * sizeof *row);
    memcpy(row + length - old, in + fresh, old * sizeof *row);
  }
  return kTfLiteOk;
}

/* ---- SignalStacker: feature vectors put together with those before and behind, every `step` ones ---- */

typedef struct stacker_data {
  ln_signal_state state; /* int32_t: numbers kept, whether the first vector has come; then int16_t [capacity] */
  int32_t channels, left, right, step;
  size_t capacity;
} stacker_data;

LN_DEFINE_INIT(stacker_init, stacker_data, .state.first = -1)

static TfLiteStatus stacker_prepare(TfLiteContext* context, TfLiteNode* node) {
  stacker_data* d = node->user_data;
  const TfLiteTensor* input;
  TfLiteTensor *output, *valid;
  ln_flex_map o;
  int32_t numbers;
  LN_TRY(ln_check_io(context, node, 1, 1, 2));
  LN_TRY(ln_open_options(context, node, &o));
  LN_TRY(ln_option_i32(context, &o, "num_channels", 0, 1, INT32_MAX, &d->channels));
  LN_TRY(ln_option_i32(context, &o, "stacker_left_context", 0, 0, 1 << 29, &d->left));
  LN_TRY(ln_option_i32(context, &o, "stacker_right_context", 0, 0, 1 << 29, &d->right));
  LN_TRY(ln_option_i32(context, &o, "stacker_step", 0, 1, d->left + d->right + 1, &d->step));
  LN_CHECK(context, ln_mul_i32(d->channels, d->left + d->right + 1, &numbers), "%d channels of %d vectors are too many",
           (int)d->channels, (int)(d->left + d->right + 1));
  d->capacity = (size_t)numbers;
  LN_TRY(set_rows(context, node, &d->state, 2 * sizeof(int32_t), 1, d->capacity, sizeof(int16_t)));
  LN_TRY(ln_signal_get_vector(context, node, 0, "input", kTfLiteInt16, d->channels, &input));
  LN_TRY(ln_signal_get_output(context, node, 0, kTfLiteInt16, &output));
  LN_TRY(ln_signal_get_output(context, node, 1, kTfLiteBool, &valid));
  LN_TRY(ln_resize(context, output, 1, &numbers));
  return ln_resize(context, valid, 0, NULL);
}

static TfLiteStatus stacker_invoke(TfLiteContext* context, TfLiteNode* node) {
  stacker_data* d = node->user_data;
  const TfLiteTensor* input;
  TfLiteTensor *output, *valid;
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(ln_get_output(context, node, 1, &valid));
  int32_t* state = ln_signal_get_state(context, node, &d->state);
  int16_t* kept = (int16_t*)(void*)(state + 2);
  const size_t channels = (size_t)d->channels, step = channels * (size_t)d->step;
  /* The first vector stands for those before it as well. */
  const int32_t copies = state[1] != 0 ? 1 : d->left + 1;
  size_t count = (size_t)state[0];
  for (int32_t i = 0; i < copies; ++i, count += channels)
    memcpy(kept + count, input->data.i16, channels * sizeof *kept);
  valid->data.b[0] = count == d->capacity;
  if (count == d->capacity) {
    memcpy(output->data.i16, kept, count * sizeof *kept);
    count -= step;
    memmove(kept, kept + step, count * sizeof *kept);
  } else {
    memset(output->data.i16, 0, d->capacity * sizeof *kept);
  }
  state[0] = (int32_t)count;
  state[1] = 1;
  return kTfLiteOk;
}

/* ---- SignalOverlapAdd: frames [..., n, size] to samples [..., n * step] ---- */

typedef struct overlap_data {
  ln_signal_state state; /* sums of the input's type, [outer, size] */
  int32_t step;
} overlap_data;

LN_DEFINE_INIT(overlap_init, overlap_data, .state.first = -1)

static TfLiteStatus overlap_prepare(TfLiteContext* context, TfLiteNode* node) {
  overlap_data* d = node->user_data;
  const TfLiteTensor* input;
  TfLiteTensor* output;
  ln_flex_map o;
  int32_t dims[LN_MAX_RANK];
  LN_TRY(ln_check_io(context, node, 1, 1, 1));
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_CHECK(context, input->type == kTfLiteInt16 || input->type == kTfLiteFloat32,
           "input is %s; INT16 or FLOAT32 is right", TfLiteTypeGetName(input->type));
  const int rank = ln_rank(input);
  LN_CHECK(context, rank >= 2 && rank <= LN_MAX_RANK, "input has rank %d; 2 to %d is right", rank, LN_MAX_RANK);
  const int32_t size = ln_dim(input, rank - 1);
  LN_TRY(ln_open_options(context, node, &o));
  LN_TRY(ln_option_i32(context, &o, "frame_step", 0, 1, size, &d->step));
  LN_TRY(set_rows(context, node, &d->state, 0, ln_signal_outer(input, 2), (size_t)size, ln_type_size(input->type)));
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_signal_get_output(context, node, 0, input->type, &output));
  for (int i = 0; i < rank - 2; ++i) dims[i] = ln_dim(input, i);
  LN_CHECK(context, ln_mul_i32(ln_dim(input, rank - 2), d->step, &dims[rank - 2]), "%d frames, %d apart, are too many",
           ln_dim(input, rank - 2), (int)d->step);
  return ln_resize(context, output, rank - 1, dims);
}

static TfLiteStatus overlap_invoke(TfLiteContext* context, TfLiteNode* node) {
  overlap_data* d = node->user_data;
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_output(context, node, 0, &output));
  const int rank = ln_rank(input);
  const size_t rows = ln_signal_outer(input, 2), frames = (size_t)ln_dim(input, rank - 2);
  const size_t size = (size_t)ln_dim(input, rank - 1), step = (size_t)d->step;
  void* state = ln_signal_get_state(context, node, &d->state);
  for (size_t i = 0; i < rows * frames; ++i) {
    const size_t row = i / frames;
    if (input->type == kTfLiteInt16)
      ln_signal_overlap_add_s16_ref(input->data.i16 + i * size, size, step, (int16_t*)state + row * size,
                                    output->data.i16 + i * step);
    else
      ln_signal_overlap_add_f32_ref(input->data.f + i * size, size, step, (float*)state + row * size,
                                    output->data.f + i * step);
  }
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_signal_framer = {
    .init = framer_init, .free = ln_free_node_data, .prepare = framer_prepare, .invoke = framer_invoke};
const TfLiteRegistration ln_op_signal_delay = {
    .init = delay_init, .free = ln_free_node_data, .prepare = delay_prepare, .invoke = delay_invoke};
const TfLiteRegistration ln_op_signal_stacker = {
    .init = stacker_init, .free = ln_free_node_data, .prepare = stacker_prepare, .invoke = stacker_invoke};
const TfLiteRegistration ln_op_signal_overlap_add = {
    .init = overlap_init, .free = ln_free_node_data, .prepare = overlap_prepare, .invoke = overlap_invoke};
