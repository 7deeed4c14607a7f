/* Loops that are an LSTM layer become UNIDIRECTIONAL_SEQUENCE_LSTM, those of a plain recurrent layer
 * UNIDIRECTIONAL_SEQUENCE_RNN, on demand only: those operators keep their state from one run to the next until the
 * interpreter's variables are reset, which the loop does not.
 *
 * A step is, with z = W x + U h + b of four gates,
 *   c' = sigmoid(zf) c + sigmoid(zi) tanh(zg),  h' = sigmoid(zo) tanh(c'),
 * or, of one, h' = f(z). */
#include <string.h>

#include "convert/infer.h"
#include "convert/passes/passes.h"

enum { IN, FORGET, CELL, OUT, GATES = 4, MAX_TERMS = 8 };

typedef struct recurrence {
  ln_node* loop;
  ln_subgraph* body;
  int h, c, time, list, x; /* the loop's values; list -1: none */
  double from;             /* steps go from this one less 1 down to 0; 0: up from 0 */
  bool one;                /* the list has the last step alone */
  int32_t units, depth, steps, batch;
  int gates;             /* GATES of an LSTM, 1 of a plain layer */
  int activation;        /* of a plain layer, LN_ACT_... */
  const ln_node* summed; /* what sums up in front of a plain layer's activation, which may be its own */
  const ln_node* split;
  int gate[GATES];     /* which output of the split */
  float* extra;        /* [4 * units], added behind the split; NULL: none */
  float *w, *u, *bias; /* [gates * units, depth], [gates * units, units], [gates * units] */
  ln_node* projection; /* in front of the loop, where W x was computed for all steps at once; NULL */
  bool has_w, has_u;
} recurrence;

static ln_node* made_by(const ln_tensor* tensor, int code) {
  return tensor != NULL && tensor->producer != NULL && tensor->producer->code == code &&
                 ln_has_no_activation(tensor->producer)
             ? tensor->producer
             : NULL;
}

static int place_of(ln_tensor* const* list, size_t count, const ln_tensor* tensor) {
  for (size_t i = 0; i < count; ++i)
    if (list[i] == tensor) return (int)i;
  return -1;
}

static int body_input(const recurrence* l, const ln_tensor* t) {
  return place_of(l->body->inputs, l->body->input_count, t);
}

static bool is_invariant(const recurrence* l, int value) { return l->body->outputs[value] == l->body->inputs[value]; }

/* The gate's number in the split, with a constant that is added behind it. */
static bool match_gate(recurrence* l, const ln_tensor* z, int gate) {
  const ln_node* add = made_by(z, LN_OP_ADD);
  const ln_tensor* added = NULL;
  if (add != NULL) {
    const int constant = ln_tensor_is_constant(add->inputs[0]) ? 0 : 1;
    added = add->inputs[constant];
    z = add->inputs[1 - constant];
    if (!ln_tensor_is_constant(added) || !ln_is_float(added)) return false;
  }
  const ln_node* split = made_by(z, LN_OP_SPLIT);
  if (split == NULL || split->output_count != GATES || (l->split != NULL && l->split != split)) return false;
  l->split = split;
  l->gate[gate] = place_of(split->outputs, GATES, z);
  if (z->rank != 2) return false;
  if (l->extra == NULL) {
    l->units = ln_dim(z, 1);
    if (l->units < 1 || l->units > 1 << 14) return false;
    l->extra = ln_job_alloc(l->body->graph->job, GATES * (size_t)l->units, sizeof(float));
  }
  if (ln_dim(z, 1) != l->units) return false;
  if (added == NULL) return true;
  const int64_t count = ln_tensor_elements(added);
  if (count != 1 && count != l->units) return false;
  for (int32_t i = 0; i < l->units; ++i)
    l->extra[l->gate[gate] * l->units + i] += ((const float*)added->data)[count == 1 ? 0 : i];
  return true;
}

/* A product of a sigmoid and something else, which is returned; NULL: it is none. */
static ln_tensor* gated(recurrence* l, const ln_tensor* product, int gate, const ln_tensor* wanted, int wanted_code) {
  const ln_node* mul = made_by(product, LN_OP_MUL);
  for (int i = 0; i < 2 && mul != NULL; ++i) {
    const ln_node* sigmoid = made_by(mul->inputs[i], LN_OP_LOGISTIC);
    ln_tensor* other = mul->inputs[1 - i];
    if (sigmoid == NULL || (wanted != NULL && other != wanted)) continue;
    if (wanted == NULL && made_by(other, wanted_code) == NULL) continue;
    return match_gate(l, sigmoid->inputs[0], gate) ? other : NULL;
  }
  return NULL;
}

/* Which values are h and c, by what a step makes of them. */
static bool match_step(recurrence* l) {
  for (l->h = 0; l->h < (int)l->body->output_count; ++l->h) {
    l->split = NULL;
    l->extra = NULL;
    const ln_tensor* tanh = gated(l, l->body->outputs[l->h], OUT, NULL, LN_OP_TANH);
    if (tanh == NULL) continue;
    const ln_tensor* carry = tanh->producer->inputs[0];
    l->c = place_of(l->body->outputs, l->body->output_count, carry);
    const ln_node* add = made_by(carry, LN_OP_ADD);
    for (int i = 0; i < 2 && add != NULL && l->c >= 0; ++i) {
      if (gated(l, add->inputs[i], FORGET, l->body->inputs[l->c], 0) == NULL) continue;
      const ln_tensor* fresh = gated(l, add->inputs[1 - i], IN, NULL, LN_OP_TANH);
      return fresh != NULL && match_gate(l, fresh->producer->inputs[0], CELL);
    }
  }
  return false;
}

/* ---- What is summed in front of the gates ---- */

static bool counts_from_zero(const recurrence* l, int value) {
  const ln_node* add = made_by(l->body->outputs[value], LN_OP_ADD);
  double first;
  if (add == NULL || !ln_tensor_number(l->loop->inputs[value], &first) || first != 0) return false;
  for (int i = 0; i < 2; ++i)
    if (add->inputs[i] == l->body->inputs[value] && ln_is_number(add->inputs[1 - i], 1)) return true;
  return false;
}

/* What a value of the body is, where it is a constant or one of the loop's that begins as one and stays so. */
static const ln_tensor* constant_of(const recurrence* l, const ln_tensor* t) {
  const int value = body_input(l, t);
  return value >= 0 && is_invariant(l, value) ? l->loop->inputs[value] : t;
}

/* The loop's value that counts the steps: `t` itself, or n - 1 - it where steps go backwards. -1: it is none. */
static int counter_of(recurrence* l, const ln_tensor* t) {
  const ln_node* less = made_by(t, LN_OP_SUB);
  const ln_node* rest = less != NULL && ln_is_number(less->inputs[1], 1) ? made_by(less->inputs[0], LN_OP_SUB) : NULL;
  l->from = 0;
  if (rest != NULL) {
    if (!ln_tensor_number(constant_of(l, rest->inputs[0]), &l->from) || l->from <= 0) return -1;
    t = rest->inputs[1];
  }
  const int value = body_input(l, t);
  return value >= 0 && counts_from_zero(l, value) ? value : -1;
}

/* The loop's value whose element of this step it is; -1: it is none. */
static int element_of(recurrence* l, const ln_tensor* t) {
  const ln_node* gather = made_by(t, LN_OP_GATHER);
  if (gather == NULL || LN_GET(gather, GatherOptions, axis) != 0 || LN_GET(gather, GatherOptions, batch_dims) != 0)
    return -1;
  const int list = body_input(l, gather->inputs[0]);
  l->time = counter_of(l, gather->inputs[1]);
  return list >= 0 && l->time >= 0 && is_invariant(l, list) ? list : -1;
}

/* Columns of FULLY_CONNECTED's weights into w or u. */
static bool take_weights(recurrence* l, const ln_node* node, int32_t first, int32_t count, bool recurrent) {
  const ln_tensor* weights = node->inputs[1];
  if (!ln_tensor_is_constant(weights) || !ln_is_float(weights) || weights->rank != 2 ||
      ln_dim(weights, 0) != l->gates * l->units || first + count > ln_dim(weights, 1) ||
      (recurrent ? l->has_u : l->has_w))
    return false;
  if (recurrent && count != l->units) return false;
  float* to = ln_job_alloc(l->body->graph->job, (size_t)l->gates * (size_t)l->units * (size_t)count, sizeof *to);
  const float* from = weights->data;
  for (int32_t i = 0; i < l->gates * l->units; ++i)
    memcpy(to + (size_t)i * (size_t)count, from + (size_t)i * (size_t)ln_dim(weights, 1) + first,
           (size_t)count * sizeof *to);
  if (recurrent) {
    l->u = to;
    l->has_u = true;
  } else {
    l->w = to;
    l->has_w = true;
    l->depth = count;
  }
  return true;
}

static bool add_bias(recurrence* l, const ln_tensor* bias) {
  if (bias == NULL) return true;
  if (!ln_tensor_is_constant(bias) || !ln_is_float(bias) || ln_tensor_elements(bias) != l->gates * l->units)
    return false;
  for (int32_t i = 0; i < l->gates * l->units; ++i) l->bias[i] += ((const float*)bias->data)[i];
  return true;
}

static bool match_product(recurrence* l, const ln_node* node) {
  const ln_tensor* in = node->inputs[0];
  if (!add_bias(l, node->input_count > 2 ? node->inputs[2] : NULL)) return false;
  if (in == l->body->inputs[l->h]) return take_weights(l, node, 0, l->units, true);
  const ln_node* concat = made_by(in, LN_OP_CONCATENATION);
  if (concat != NULL) {
    if (concat->input_count != 2 || concat->inputs[1] != l->body->inputs[l->h] || in->rank != 2) return false;
    l->x = element_of(l, concat->inputs[0]);
    const int32_t depth = concat->inputs[0]->rank == 2 ? ln_dim(concat->inputs[0], 1) : -1;
    return l->x >= 0 && depth > 0 && ln_dim(node->inputs[1], 1) == depth + l->units &&
           take_weights(l, node, 0, depth, false) && take_weights(l, node, depth, l->units, true);
  }
  l->x = element_of(l, in);
  return l->x >= 0 && take_weights(l, node, 0, ln_dim(node->inputs[1], 1), false);
}

static ln_node* summed_by(const recurrence* l, const ln_tensor* z, int code) {
  const bool is_last = l->summed != NULL && z->producer == l->summed;
  return is_last && l->summed->code == code ? z->producer : made_by(z, code);
}

static bool match_sum(recurrence* l, const ln_tensor* z, int depth) {
  const ln_node* add = summed_by(l, z, LN_OP_ADD);
  if (add != NULL && depth < MAX_TERMS)
    return match_sum(l, add->inputs[0], depth + 1) && match_sum(l, add->inputs[1], depth + 1);
  if (ln_tensor_is_constant(z)) return add_bias(l, z);
  const ln_node* product = summed_by(l, z, LN_OP_FULLY_CONNECTED);
  if (product != NULL) return match_product(l, product);
  /* Of all steps at once, in front of the loop. */
  l->x = element_of(l, z);
  if (l->x < 0) return false;
  l->projection = made_by(l->loop->inputs[l->x], LN_OP_FULLY_CONNECTED);
  const ln_node* p = l->projection;
  return p != NULL && p->inputs[0]->rank == 3 && add_bias(l, p->input_count > 2 ? p->inputs[2] : NULL) &&
         take_weights(l, p, 0, ln_dim(p->inputs[1], 1), false);
}

/* ---- What is around ---- */

static bool is_zeros(const ln_tensor* t) {
  if (t->producer != NULL && t->producer->code == LN_OP_FILL) return ln_is_number(t->producer->inputs[1], 0);
  if (!ln_tensor_is_constant(t) || t->type != LN_TYPE_FLOAT32) return false;
  const float* numbers = t->data;
  for (size_t i = 0; i < t->data_bytes / sizeof *numbers; ++i)
    if (numbers[i] != 0) return false;
  return true;
}

/* Conditions that all say: this step's number is below the number of steps. */
static bool goes_to_end(const recurrence* l, const ln_subgraph* condition, const ln_tensor* t, int depth) {
  const ln_node* both = made_by(t, LN_OP_LOGICAL_AND);
  if (both != NULL && depth < MAX_TERMS)
    return goes_to_end(l, condition, both->inputs[0], depth + 1) &&
           goes_to_end(l, condition, both->inputs[1], depth + 1);
  const ln_node* less = made_by(t, LN_OP_LESS);
  if (less == NULL) return false;
  const int counter = place_of(condition->inputs, condition->input_count, less->inputs[0]),
            limit = place_of(condition->inputs, condition->input_count, less->inputs[1]);
  if (counter < 0 || !counts_from_zero(l, counter)) return false;
  return ln_is_number(limit >= 0 && is_invariant(l, limit) ? l->loop->inputs[limit] : less->inputs[1], l->steps);
}

/* Whether an update begins at this step; `one`: always at 0, of a list of one element. */
static bool starts_at_step(const recurrence* l, const ln_tensor* start, bool* one) {
  int64_t numbers[3];
  const ln_node* concat = made_by(start, LN_OP_CONCATENATION);
  const ln_node* index = concat != NULL ? made_by(concat->inputs[0], LN_OP_RESHAPE) : NULL;
  *one = ln_tensor_ints(start, 3, numbers) && numbers[0] == 0 && numbers[1] == 0 && numbers[2] == 0;
  return *one || (index != NULL && index->inputs[0] == l->body->inputs[l->time]);
}

/* The list that h is put into, step after step; -1: none. */
static int find_list(recurrence* l) {
  for (size_t i = 0; i < l->body->output_count; ++i) {
    const ln_node* update = made_by(l->body->outputs[i], LN_OP_DYNAMIC_UPDATE_SLICE);
    if (update == NULL || update->inputs[0] != l->body->inputs[i]) continue;
    const ln_node* row = update->inputs[1]->producer;
    const ln_tensor* list = l->loop->inputs[i];
    if (row == NULL || (row->code != LN_OP_EXPAND_DIMS && row->code != LN_OP_RESHAPE)) continue;
    if (row->inputs[0] != l->body->outputs[l->h] || !starts_at_step(l, update->inputs[2], &l->one)) continue;
    if (list->rank == 3 && ln_dim(list, 0) == (l->one ? 1 : l->steps) && ln_dim(list, 2) == l->units) return (int)i;
  }
  return -1;
}

/* The sum in front of a plain layer's activation; NULL: it is none that the operator has. */
static ln_tensor* before_activation(recurrence* l, ln_tensor* h) {
  static const int16_t kCodes[][2] = {{LN_OP_TANH, LN_ACT_TANH},
                                      {LN_OP_RELU, LN_ACT_RELU},
                                      {LN_OP_RELU6, LN_ACT_RELU6},
                                      {LN_OP_RELU_N1_TO_1, LN_ACT_RELU_N1_TO_1}};
  ln_node* node = h->producer;
  l->activation = LN_ACT_NONE;
  l->summed = NULL;
  if (node == NULL) return NULL;
  for (size_t i = 0; i < sizeof kCodes / sizeof kCodes[0]; ++i)
    if (node->code == kCodes[i][0]) {
      l->activation = kCodes[i][1];
      return node->inputs[0];
    }
  if (node->code != LN_OP_ADD && node->code != LN_OP_FULLY_CONNECTED) return NULL;
  l->summed = node;
  l->activation = (int)ln_node_get(node, ln_activation_slot(node->code), LN_ACT_NONE);
  return h;
}

/* Sums up into weights and a bias; false: something else is in it. */
static bool match_weights(recurrence* l, const ln_tensor* z) {
  l->bias = ln_job_alloc(l->body->graph->job, (size_t)l->gates * (size_t)l->units, sizeof(float));
  l->x = l->time = -1;
  l->has_w = l->has_u = false;
  l->projection = NULL;
  return match_sum(l, z, 0) && l->has_w && l->has_u && l->x >= 0;
}

static bool match_lstm(recurrence* l) {
  int64_t axis;
  l->gates = GATES;
  return match_step(l) && ln_tensor_ints(l->split->inputs[0], 1, &axis) && (axis == 1 || axis == -1) &&
         match_weights(l, l->split->inputs[1]);
}

static bool match_plain(recurrence* l) {
  l->gates = 1;
  l->extra = NULL;
  for (l->h = 0; l->h < (int)l->body->output_count; ++l->h) {
    ln_tensor* h = l->body->outputs[l->h];
    const ln_tensor* z = h->rank == 2 && h->type == LN_TYPE_FLOAT32 ? before_activation(l, h) : NULL;
    l->units = z != NULL ? ln_dim(h, 1) : 0;
    if (l->units < 1 || l->units > 1 << 14) continue;
    l->gate[0] = 0;
    l->c = l->h;
    if (match_weights(l, z)) return true;
  }
  return false;
}

static bool match(recurrence* l) {
  ln_subgraph* condition = l->loop->calls[0];
  l->body = l->loop->calls[1];
  if (condition == NULL || l->body == NULL || l->body->input_count != (size_t)l->loop->input_count ||
      l->body->output_count != l->body->input_count || condition->output_count != 1)
    return false;
  if (!match_lstm(l) && !match_plain(l)) return false;
  const ln_tensor* x = l->projection != NULL ? l->projection->inputs[0] : l->loop->inputs[l->x];
  if (x->rank != 3 || !ln_tensor_is_static(x) || ln_dim(x, 2) != l->depth || x->type != LN_TYPE_FLOAT32) return false;
  l->steps = ln_dim(x, 0);
  l->batch = ln_dim(x, 1);
  l->list = find_list(l);
  if (l->steps < 1 || (l->from != 0 && l->from != l->steps)) return false;
  if (!is_zeros(l->loop->inputs[l->h]) || !is_zeros(l->loop->inputs[l->c]) ||
      !goes_to_end(l, condition, condition->outputs[0], 0))
    return false;
  for (int i = 0; i < l->loop->output_count; ++i)
    if (l->loop->outputs[i]->uses != 0 && i != l->h && i != l->list) return false;
  return true;
}

/* ---- The operator ---- */

static ln_tensor* gate_part(const recurrence* l, const float* all, int gate, int32_t width, const char* what) {
  ln_subgraph* s = l->loop->subgraph;
  const int32_t dims[] = {l->units, width};
  const float* from = all + (size_t)l->gate[gate] * (size_t)l->units * (size_t)(width > 0 ? width : 1);
  return ln_graph_constant(s, ln_job_text(s->graph->job, "%s/%s", l->loop->outputs[l->h]->name, what), LN_TYPE_FLOAT32,
                           width > 0 ? 2 : 1, dims, from);
}

static ln_tensor* state(const recurrence* l, const char* what) {
  ln_subgraph* s = l->loop->subgraph;
  const int32_t dims[] = {l->batch, l->units};
  ln_tensor* t = ln_graph_tensor(s, ln_job_text(s->graph->job, "%s/%s", l->loop->outputs[l->h]->name, what),
                                 LN_TYPE_FLOAT32, 2, dims);
  t->is_variable = true;
  return t;
}

/* Of all steps the last, [1, batch, units]. */
static ln_tensor* last_of(const recurrence* l, ln_tensor* all) {
  ln_subgraph* s = l->loop->subgraph;
  const int32_t begin[] = {l->steps - 1, 0, 0}, size[] = {1, -1, -1};
  ln_tensor* tensors[] = {all, ln_graph_ints(s, "begin", 3, begin), ln_graph_ints(s, "size", 3, size)};
  ln_node* node = ln_graph_node_before(s, l->loop, LN_OP_SLICE, l->loop->place);
  for (int i = 0; i < 3; ++i) ln_node_add_input(node, tensors[i]);
  ln_tensor* out = ln_node_add_output(node, l->loop->outputs[l->h]->name, LN_TYPE_FLOAT32);
  ln_infer(node);
  return out;
}

static ln_tensor* without_steps(const recurrence* l, ln_tensor* last) {
  ln_subgraph* s = l->loop->subgraph;
  const int32_t dims[] = {l->batch, l->units};
  ln_node* reshape = ln_graph_node_before(s, l->loop, LN_OP_RESHAPE, l->loop->place);
  ln_node_add_input(reshape, last);
  ln_node_add_input(reshape, ln_graph_ints(s, "shape", 2, dims));
  ln_node_set_vector(reshape, LN_SLOT(ReshapeOptions, new_shape), 2, dims);
  ln_tensor* out = ln_node_add_output(reshape, l->loop->outputs[l->h]->name, LN_TYPE_FLOAT32);
  ln_infer(reshape);
  return out;
}

static ln_tensor* reversed(const recurrence* l, ln_tensor* x) {
  static const int32_t kFirst[] = {0};
  ln_node* node = ln_graph_node_before(l->loop->subgraph, l->loop, LN_OP_REVERSE_V2, l->loop->place);
  ln_node_add_input(node, x);
  ln_node_add_input(node, ln_graph_ints(l->loop->subgraph, "axis", 1, kFirst));
  ln_tensor* out = ln_node_add_output(node, x->name, x->type);
  ln_infer(node);
  return out;
}

static ln_node* make_lstm(recurrence* l, ln_tensor* x) {
  ln_tensor* inputs[24] = {x};
  for (int32_t i = 0; i < GATES * l->units; ++i) l->bias[i] += l->extra[i];
  for (int g = 0; g < GATES; ++g) {
    inputs[1 + g] = gate_part(l, l->w, g, l->depth, "weights");
    inputs[5 + g] = gate_part(l, l->u, g, l->units, "recurrent");
    inputs[12 + g] = gate_part(l, l->bias, g, 0, "bias");
  }
  inputs[18] = state(l, "output_state");
  inputs[19] = state(l, "cell_state");
  ln_node* node = ln_graph_node_before(l->loop->subgraph, l->loop, LN_OP_UNIDIRECTIONAL_SEQUENCE_LSTM, l->loop->place);
  for (int i = 0; i < 24; ++i) ln_node_add_input(node, inputs[i]);
  LN_SET(node, UnidirectionalSequenceLSTMOptions, fused_activation_function, LN_ACT_TANH);
  LN_SET(node, UnidirectionalSequenceLSTMOptions, time_major, 1);
  return node;
}

static ln_node* make_plain(recurrence* l, ln_tensor* x) {
  ln_tensor* const inputs[] = {x, gate_part(l, l->w, 0, l->depth, "weights"),
                               gate_part(l, l->u, 0, l->units, "recurrent"), gate_part(l, l->bias, 0, 0, "bias"),
                               state(l, "output_state")};
  ln_node* node = ln_graph_node_before(l->loop->subgraph, l->loop, LN_OP_UNIDIRECTIONAL_SEQUENCE_RNN, l->loop->place);
  for (int i = 0; i < 5; ++i) ln_node_add_input(node, inputs[i]);
  LN_SET(node, SequenceRNNOptions, fused_activation_function, l->activation);
  LN_SET(node, SequenceRNNOptions, time_major, 1);
  return node;
}

static void replace(recurrence* l) {
  ln_tensor* x = l->projection != NULL ? l->projection->inputs[0] : l->loop->inputs[l->x];
  if (l->from != 0) x = reversed(l, x);
  ln_node* node = l->gates == GATES ? make_lstm(l, x) : make_plain(l, x);
  const int32_t dims[] = {l->steps, l->batch, l->units};
  ln_tensor* out = ln_node_add_output(node, l->loop->outputs[l->h]->name, LN_TYPE_FLOAT32);
  ln_tensor_set_shape(out, 3, dims);
  const bool list = l->list >= 0 && l->loop->outputs[l->list]->uses != 0, h = l->loop->outputs[l->h]->uses != 0;
  ln_tensor* last = h || (list && l->one) ? last_of(l, out) : NULL;
  if (list) ln_tensor_replace(l->loop->outputs[l->list], l->one ? last : out);
  if (h) ln_tensor_replace(l->loop->outputs[l->h], without_steps(l, last));
  ln_node_remove(l->loop);
}

int ln_fuse_recurrent(ln_graph* graph) {
  int changes = 0;
  for (ln_subgraph* s = graph->subgraphs; s != NULL; s = s->next)
    for (ln_node *node = s->first, *next; node != NULL; node = next) {
      next = node->next;
      recurrence l = {.loop = node};
      if (node->code != LN_OP_WHILE || !match(&l)) continue;
      replace(&l);
      ++changes;
    }
  if (changes != 0) ln_graph_sweep(graph);
  return changes;
}
