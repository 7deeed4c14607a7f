#include "ops/lstm_basic.h"

#include <string.h>

#include "kernels/generic/fixed_point.h"
#include "kernels/generic/lstm_basic.h"

enum { kInput, kPrevious, kWeights, kBias, kPreviousState };
enum { kOutput, kState, kJoined, kGates, kOutputs };

typedef struct basic_lstm {
  const TfLiteTensor *input, *previous, *weights, *bias, *previous_state;
  TfLiteTensor* outputs[kOutputs];
} basic_lstm;

static TfLiteStatus get_tensors(TfLiteContext* context, const TfLiteNode* node, basic_lstm* t) {
  LN_TRY(ln_check_io(context, node, 5, 5, kOutputs));
  LN_TRY(ln_get_input(context, node, kInput, &t->input));
  LN_TRY(ln_get_input(context, node, kPrevious, &t->previous));
  LN_TRY(ln_get_input(context, node, kWeights, &t->weights));
  LN_TRY(ln_get_input(context, node, kBias, &t->bias));
  LN_TRY(ln_get_input(context, node, kPreviousState, &t->previous_state));
  for (int i = 0; i < kOutputs; ++i) LN_TRY(ln_get_output(context, node, i, &t->outputs[i]));
  return kTfLiteOk;
}

static TfLiteStatus check_shapes(TfLiteContext* context, const basic_lstm* t) {
  LN_CHECK(context,
           ln_rank(t->input) == 2 && ln_rank(t->previous) == 2 && ln_rank(t->weights) == 2 && ln_rank(t->bias) == 1 &&
               ln_rank(t->previous_state) == 2,
           "ranks %d, %d, %d, %d, %d; 2, 2, 2, 1, 2 are right", ln_rank(t->input), ln_rank(t->previous),
           ln_rank(t->weights), ln_rank(t->bias), ln_rank(t->previous_state));
  const int32_t rows = ln_dim(t->input, 0), cells = ln_dim(t->previous, 1);
  const int64_t depth = (int64_t)ln_dim(t->input, 1) + cells;
  LN_CHECK(context, ln_dim(t->previous, 0) == rows && ln_same_shape(t->previous, t->previous_state),
           "the previous output and state are %d x %d and %d x %d; %d rows of the same are right",
           ln_dim(t->previous, 0), cells, ln_dim(t->previous_state, 0), ln_dim(t->previous_state, 1), rows);
  LN_CHECK(context,
           cells <= INT32_MAX / 4 && ln_dim(t->weights, 0) == 4 * cells && ln_dim(t->weights, 1) == depth &&
               ln_dim(t->bias, 0) == 4 * cells,
           "the weights are %d x %d for %d cells and %lld inputs", ln_dim(t->weights, 0), ln_dim(t->weights, 1), cells,
           (long long)depth);
  return kTfLiteOk;
}

static TfLiteStatus check_types(TfLiteContext* context, const basic_lstm* t) {
  const bool quantized = t->input->type == kTfLiteUInt8;
  const TfLiteType type = quantized ? kTfLiteUInt8 : kTfLiteFloat32, wide = quantized ? kTfLiteInt16 : kTfLiteFloat32;
  LN_TRY(ln_check_type(context, t->input, "input", type));
  LN_TRY(ln_check_type(context, t->previous, "the previous output", type));
  LN_TRY(ln_check_type(context, t->weights, "the weights", type));
  LN_TRY(ln_check_type(context, t->bias, "the bias", quantized ? kTfLiteInt32 : type));
  LN_TRY(ln_check_type(context, t->previous_state, "the previous state", wide));
  LN_TRY(ln_check_type(context, t->outputs[kOutput], "output 0", type));
  LN_TRY(ln_check_type(context, t->outputs[kState], "output 1", wide));
  LN_TRY(ln_check_type(context, t->outputs[kJoined], "output 2", type));
  LN_TRY(ln_check_type(context, t->outputs[kGates], "output 3", wide));
  if (!quantized) return kTfLiteOk;
  LN_CHECK(context, t->outputs[kState]->params.scale == 16.0f / 32768, "the state's scale is %g; 1/2048 is right",
           (double)t->outputs[kState]->params.scale);
  LN_CHECK(context, t->bias->params.scale > 0, "the bias's scale is %g; it must be above 0",
           (double)t->bias->params.scale);
  return kTfLiteOk;
}

TfLiteStatus ln_lstm_basic_prepare(TfLiteContext* context, TfLiteNode* node) {
  basic_lstm t;
  LN_TRY(get_tensors(context, node, &t));
  LN_TRY(check_types(context, &t));
  LN_TRY(check_shapes(context, &t));
  LN_CHECK(context, !ln_is_constant(t.previous) && !ln_is_constant(t.previous_state),
           "the previous output or state is a constant; both are written");
  /* They keep the output and the state for the next invoke, variables or not. */
  for (int i = kPrevious; i <= kPreviousState; i += kPreviousState - kPrevious) {
    TfLiteTensor* kept = &context->tensors[node->inputs->data[i]];
    if (kept->allocation_type == kTfLiteArenaRw) kept->allocation_type = kTfLiteArenaRwPersistent;
  }
  const int32_t joined[2] = {ln_dim(t.input, 0), ln_dim(t.weights, 1)};
  const int32_t gates[2] = {ln_dim(t.input, 0), ln_dim(t.weights, 0)};
  LN_TRY(ln_resize_like(context, t.outputs[kOutput], t.previous));
  LN_TRY(ln_resize_like(context, t.outputs[kState], t.previous));
  LN_TRY(ln_resize(context, t.outputs[kJoined], 2, joined));
  return ln_resize(context, t.outputs[kGates], 2, gates);
}

static void join(const basic_lstm* t, size_t rows) {
  const size_t inputs = t->input->bytes / rows, previous = t->previous->bytes / rows;
  char* to = t->outputs[kJoined]->data.raw;
  for (size_t r = 0; r < rows; ++r, to += inputs + previous) {
    memcpy(to, t->input->data.raw + r * inputs, inputs);
    memcpy(to + inputs, t->previous->data.raw + r * previous, previous);
  }
}

static void step_row(const basic_lstm* t, const ln_lstm_basic_quantized* q, size_t row) {
  const size_t cells = (size_t)ln_dim(t->previous, 1), depth = (size_t)ln_dim(t->weights, 1);
  const size_t joined = row * depth, gates = row * 4 * cells, at = row * cells;
  const TfLitePtrUnion out = t->outputs[kOutput]->data, state = t->outputs[kState]->data;
  if (t->input->type == kTfLiteFloat32)
    ln_lstm_basic_f32_ref(cells, depth, t->outputs[kJoined]->data.f + joined, t->weights->data.f, t->bias->data.f,
                          t->previous_state->data.f + at, t->outputs[kGates]->data.f + gates, state.f + at, out.f + at);
  else
    ln_lstm_basic_qu8_ref(q, cells, depth, t->outputs[kJoined]->data.uint8 + joined, t->weights->data.uint8,
                          t->bias->data.i32, t->previous_state->data.i16 + at, t->outputs[kGates]->data.i16 + gates,
                          state.i16 + at, out.uint8 + at);
}

TfLiteStatus ln_lstm_basic_invoke(TfLiteContext* context, TfLiteNode* node) {
  basic_lstm t;
  ln_lstm_basic_quantized q = {0};
  LN_TRY(get_tensors(context, node, &t));
  const size_t rows = (size_t)ln_dim(t.input, 0);
  if (rows == 0 || t.outputs[kOutput]->bytes == 0) return kTfLiteOk;
  if (t.input->type == kTfLiteUInt8) {
    q.weights_zero_point = t.weights->params.zero_point;
    ln_quantize_multiplier(4096.0 * (double)t.bias->params.scale, &q.multiplier, &q.shift);
  }
  join(&t, rows);
  for (size_t r = 0; r < rows; ++r) step_row(&t, &q, r);
  memcpy(t.previous->data.raw, t.outputs[kOutput]->data.raw, t.outputs[kOutput]->bytes);
  memcpy(t.previous_state->data.raw, t.outputs[kState]->data.raw, t.outputs[kState]->bytes);
  return kTfLiteOk;
}
