/* Recurrence, whatever a step is: steps in the body of a WHILE, or one after the other; with masks, from either end. */
#include <string.h>

#include "convert/import/keras_import.h"

enum { INDEX, COUNT, INPUT, FIRST_STATE, MAX_VALUES = FIRST_STATE + LN_KERAS_MAX_STATES + 3, MAX_UNROLLED = 512 };

typedef struct sequence {
  ln_keras_call* call;
  const ln_keras_sequence* of;
  int state_count;
  int output; /* the state that is what a step gives, or one of its own behind the others */
  ln_tensor* x;
  ln_tensor* mask; /* [T,N,1,...] bool; NULL */
  bool backwards, all_steps, zero_masked;
} sequence;

/* x where the step counts, 0 elsewhere. */
static ln_tensor* counted(const sequence* s, const ln_builder* b, ln_tensor* x, ln_tensor* mask) {
  return ln_build_binary(b, LN_OP_MUL, x, ln_build_cast(b, mask, x->type, ln_keras_name(s->call, "counts")),
                         ln_keras_name(s->call, "output"));
}

/* What a step gives; states in and out. A masked one leaves them. */
static ln_tensor* one_step(const sequence* s, const ln_builder* b, ln_tensor* x, ln_tensor* mask, ln_tensor** states) {
  ln_tensor* before[LN_KERAS_MAX_STATES + 1];
  memcpy(before, states, (size_t)s->state_count * sizeof *states);
  s->of->step(s->of->cell, b, x, states);
  ln_tensor* y = states[s->of->output];
  states[s->output] = y;
  if (mask == NULL) return y;
  for (int i = 0; i < s->state_count; ++i) {
    ln_tensor* const inputs[] = {mask, states[i], before[i]};
    states[i] = ln_build_done(ln_build_node(b, LN_OP_SELECT_V2, 3, inputs), ln_keras_name(s->call, "masked"), 1);
  }
  return s->zero_masked ? counted(s, b, y, mask) : states[s->output];
}

static ln_tensor* row(const sequence* s, const ln_builder* b, ln_tensor* x, ln_tensor* index) {
  ln_tensor* const inputs[] = {x, index};
  return ln_build_done(ln_build_node(b, LN_OP_GATHER, 2, inputs), ln_keras_name(s->call, "step"), 1);
}

static ln_tensor* unrolled(const sequence* s, ln_tensor** states, int32_t steps) {
  const ln_builder* b = &s->call->b;
  ln_tensor** outs = ln_job_alloc(s->call->job, (size_t)steps, sizeof *outs);
  for (int32_t t = 0; t < steps; ++t) {
    const int32_t at = s->backwards ? steps - 1 - t : t;
    ln_tensor* index = ln_graph_int(b->subgraph, ln_keras_name(s->call, "index"), at);
    outs[t] = one_step(s, b, row(s, b, s->x, index), s->mask != NULL ? row(s, b, s->mask, index) : NULL, states);
  }
  return s->all_steps ? ln_build_pack(b, steps, outs, 0, ln_keras_name(s->call, "outputs")) : outs[steps - 1];
}

static ln_tensor* like(ln_subgraph* subgraph, const ln_tensor* tensor) {
  int32_t dims[LN_MAX_DIMS];
  for (int i = 0; i < tensor->rank; ++i) dims[i] = ln_dim(tensor, i);
  ln_tensor* copy = ln_graph_input(subgraph, tensor->name, tensor->type, tensor->rank, dims);
  memcpy(copy->shape, tensor->shape, sizeof copy->shape);
  copy->broken = tensor->broken;
  return copy;
}

/* `list` with this step's output in its row. */
static ln_tensor* with_row(const sequence* s, const ln_builder* b, ln_tensor* list, ln_tensor* index, ln_tensor* y) {
  static const int32_t kOne[] = {1}, kZeros[LN_MAX_DIMS] = {0};
  int32_t dims[LN_MAX_DIMS] = {1};
  const ln_builder outer = s->call->b;
  s->call->b = *b;
  for (int i = 0; i < y->rank && i + 1 < LN_MAX_DIMS; ++i) dims[i + 1] = LN_KERAS_DIM(i);
  ln_tensor* parts[] = {ln_build_reshape(b, index, 1, kOne, ln_keras_name(s->call, "index_1")),
                        ln_graph_ints(b->subgraph, ln_keras_name(s->call, "zeros"), y->rank, kZeros)};
  ln_tensor* const inputs[] = {list, ln_keras_reshape(s->call, y, y->rank + 1, dims, ln_keras_name(s->call, "row")),
                               ln_build_concat(b, 2, parts, 0, ln_keras_name(s->call, "where"))};
  s->call->b = outer;
  return ln_build_done(ln_build_node(b, LN_OP_DYNAMIC_UPDATE_SLICE, 3, inputs), ln_keras_name(s->call, "outputs"), 1);
}

/* The loop's values: index, count of steps, input, states, then the outputs of all steps and the mask, if any. */
static void make_body(const sequence* s, ln_subgraph* body, ln_tensor* const* values, int count) {
  const ln_builder b = {body, s->call->b.place};
  ln_tensor *in[MAX_VALUES] = {NULL}, *out[MAX_VALUES] = {NULL};
  for (int i = 0; i < count; ++i) out[i] = in[i] = like(body, values[i]);
  const int outputs = FIRST_STATE + s->state_count, mask = outputs + s->all_steps;
  ln_tensor* at = in[INDEX];
  if (s->backwards) {
    at = ln_build_binary(&b, LN_OP_SUB, in[COUNT], at, ln_keras_name(s->call, "left"));
    at = ln_build_with_number(&b, LN_OP_SUB, at, 1, ln_keras_name(s->call, "from_end"));
  }
  ln_tensor* y =
      one_step(s, &b, row(s, &b, in[INPUT], at), s->mask != NULL ? row(s, &b, in[mask], at) : NULL, out + FIRST_STATE);
  if (s->all_steps) out[outputs] = with_row(s, &b, in[outputs], in[INDEX], y);
  out[INDEX] = ln_build_with_number(&b, LN_OP_ADD, in[INDEX], 1, ln_keras_name(s->call, "next"));
  for (int i = 0; i < count; ++i) ln_graph_output(body, out[i]);
}

static void make_condition(const sequence* s, ln_subgraph* condition, ln_tensor* const* values, int count) {
  const ln_builder b = {condition, s->call->b.place};
  ln_tensor* in[MAX_VALUES] = {NULL};
  for (int i = 0; i < count; ++i) in[i] = like(condition, values[i]);
  ln_graph_output(condition, ln_build_binary(&b, LN_OP_LESS, in[INDEX], in[COUNT], ln_keras_name(s->call, "goes_on")));
}

static ln_tensor* count_of_steps(const sequence* s) {
  const int32_t length[] = {LN_KERAS_DIM(0)};
  return ln_build_reshape(&s->call->b, ln_keras_shape(s->call, s->x, 1, length, ln_keras_name(s->call, "length")), 0,
                          NULL, ln_keras_name(s->call, "steps"));
}

/* The mask of the step that is computed last. */
static ln_tensor* last_mask(const sequence* s, ln_tensor* steps) {
  const ln_builder* b = &s->call->b;
  return row(s, b, s->mask,
             s->backwards ? ln_graph_int(b->subgraph, ln_keras_name(s->call, "first"), 0)
                          : ln_build_with_number(b, LN_OP_SUB, steps, 1, ln_keras_name(s->call, "last")));
}

/* Room for all outputs, [T,N,...] where a step's is [N,...]: extents that a state's value does not say are x's. */
static ln_tensor* no_outputs(const sequence* s, const ln_tensor* state) {
  ln_keras_call* call = s->call;
  int32_t dims[LN_MAX_DIMS] = {LN_KERAS_DIM(0), LN_KERAS_DIM(1)};
  for (int i = 1; i < state->rank; ++i)
    dims[i + 1] = ln_dim_is_known(state, i) ? ln_dim(state, i) : LN_KERAS_DIM(i + 1);
  ln_tensor* const inputs[] = {ln_keras_shape(call, s->x, state->rank + 1, dims, ln_keras_name(call, "outputs_shape")),
                               ln_graph_float(call->b.subgraph, ln_keras_name(call, "zero"), 0)};
  return ln_build_done(ln_build_node(&call->b, LN_OP_FILL, 2, inputs), ln_keras_name(call, "no_outputs"), 1);
}

static ln_tensor* looped(const sequence* s, ln_tensor** states) {
  ln_keras_call* call = s->call;
  ln_tensor* values[MAX_VALUES] = {NULL};
  int count = FIRST_STATE + s->state_count;
  values[INDEX] = ln_graph_int(call->b.subgraph, ln_keras_name(call, "first"), 0);
  values[COUNT] = count_of_steps(s);
  values[INPUT] = s->x;
  memcpy(values + FIRST_STATE, states, (size_t)s->state_count * sizeof *states);
  const int outputs = count;
  if (s->all_steps) values[count++] = no_outputs(s, states[s->output]);
  if (s->mask != NULL) values[count++] = s->mask;
  ln_subgraph* parts[] = {ln_graph_subgraph(call->importer->graph, ln_keras_name(call, "condition")),
                          ln_graph_subgraph(call->importer->graph, ln_keras_name(call, "body"))};
  make_condition(s, parts[0], values, count);
  make_body(s, parts[1], values, count);
  ln_node* node = ln_build_node(&call->b, LN_OP_WHILE, count, values);
  LN_SET(node, WhileOptions, cond_subgraph_index, 0);
  LN_SET(node, WhileOptions, body_subgraph_index, 0);
  for (int i = 0; i < 2; ++i) node->calls[i] = parts[i];
  for (int i = 0; i < count; ++i) {
    ln_tensor* out = ln_node_add_output(node, ln_keras_name(call, "loop"), values[i]->type);
    out->rank = values[i]->rank;
    memcpy(out->shape, values[i]->shape, sizeof out->shape);
    out->broken = parts[1]->outputs[i]->broken;
  }
  for (int i = 0; i < s->state_count; ++i) states[i] = node->outputs[FIRST_STATE + i];
  if (s->all_steps) return node->outputs[outputs];
  ln_tensor* y = states[s->output];
  return s->mask != NULL && s->zero_masked ? counted(s, &call->b, y, last_mask(s, values[COUNT])) : y;
}

/* [N,T], or [T,N] where the layer has the time first, as [T,N,1,...], of x's rank. */
static ln_tensor* time_mask(ln_keras_call* call, ln_tensor* mask, int rank) {
  static const int32_t kSwap[LN_MAX_DIMS] = {1, 0, 2, 3, 4, 5, 6, 7};
  int32_t dims[LN_MAX_DIMS] = {LN_KERAS_DIM(0), LN_KERAS_DIM(1)};
  for (int i = 2; i < rank; ++i) dims[i] = 1;
  ln_tensor* column = ln_keras_reshape(call, mask, rank, dims, ln_keras_name(call, "mask_column"));
  return ln_keras_flag(call, "time_major", false)
             ? column
             : ln_build_transpose(&call->b, column, kSwap, ln_keras_name(call, "mask_steps"));
}

bool ln_keras_drops_mask(const ln_keras_call* call) {
  const cJSON* mask = cJSON_GetObjectItemCaseSensitive(call->kwargs, "mask");
  return call->args != NULL && call->in_count > 1 && !ln_keras_is_2(call->weights.file) &&
         (mask == NULL || cJSON_IsNull(mask));
}

ln_tensor* ln_keras_run_sequence(const ln_keras_sequence* of, ln_tensor** states) {
  ln_keras_call* call = of->call;
  ln_tensor *mask = ln_keras_drops_mask(call) ? NULL : ln_keras_mask_of(call, call->in[0]),
            *all[LN_KERAS_MAX_STATES + 1] = {NULL};
  sequence s = {.call = call, .of = of, .state_count = of->state_count, .output = of->output, .x = of->x};
  s.backwards = ln_keras_flag(call, "go_backwards", false);
  s.all_steps = ln_keras_returns_steps(call);
  s.zero_masked = ln_keras_flag(call, "zero_output_for_mask", false);
  s.mask = mask != NULL ? time_mask(call, mask, s.x->rank) : NULL;
  memcpy(all, states, (size_t)of->state_count * sizeof *all);
  /* What a masked step gives is what the step before gave, zeros at first, whatever the first state is. */
  if (mask != NULL && !s.zero_masked && (call->in_count > 1 || ln_keras_flag(call, "stateful", false))) {
    s.output = s.state_count++;
    all[s.output] = ln_build_unary(&call->b, LN_OP_ZEROS_LIKE, all[of->output], ln_keras_name(call, "nothing_given"));
  }
  const int32_t steps = ln_dim(s.x, 0);
  const bool unroll = steps == 1 || (steps > 1 && steps <= MAX_UNROLLED && ln_keras_flag(call, "unroll", false));
  ln_tensor* y = unroll ? unrolled(&s, all, steps) : looped(&s, all);
  memcpy(states, all, (size_t)of->state_count * sizeof *all);
  return y;
}

bool ln_keras_returns_steps(const ln_keras_call* call) { return ln_keras_flag(call, "return_sequences", false); }

void ln_keras_return_sequence(ln_keras_call* call, ln_tensor* y) {
  ln_tensor* mask = ln_keras_mask_of(call, call->in[0]);
  ln_keras_return(call, y);
  if (ln_keras_returns_steps(call) && mask != NULL) ln_keras_set_mask(call, y, mask);
}
