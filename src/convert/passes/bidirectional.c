/* Two fused recurrent layers over the same sequence, one of them from its end, become one operator of both directions.
 * Its second output is in the order of the steps, as the first one. */
#include <string.h>

#include "convert/infer.h"
#include "convert/passes/passes.h"

enum { FORWARD, BACKWARD, CELL_INPUTS = 17, LSTM_STATES = 18, PLAIN_INPUTS = 4 };

/* [T,N,..] as [N,T,..] or back; NULL: the node does something else. */
static bool swaps_time(const ln_node* node) {
  int64_t order[3];
  return node != NULL && node->code == LN_OP_TRANSPOSE && ln_tensor_ints(node->inputs[1], 3, order) && order[0] == 1 &&
         order[1] == 0 && order[2] == 2;
}

static bool reverses(const ln_node* node, int64_t axis) {
  int64_t axes;
  return node != NULL && node->code == LN_OP_REVERSE_V2 && ln_tensor_ints(node->inputs[1], 1, &axes) && axes == axis;
}

/* Where the last step alone is cut out. */
static bool takes_last(const ln_node* node, int32_t steps) {
  int64_t begin[3], size[3];
  return node->code == LN_OP_SLICE && ln_tensor_ints(node->inputs[1], 3, begin) &&
         ln_tensor_ints(node->inputs[2], 3, size) && begin[0] == steps - 1 && begin[1] == 0 && begin[2] == 0 &&
         (size[0] == 1 || size[0] == -1);
}

static const ln_node* user_after(const ln_tensor* tensor, const ln_node* node) {
  for (node = node != NULL ? node->next : tensor->producer->next; node != NULL; node = node->next)
    for (int i = 0; i < node->input_count; ++i)
      if (node->inputs[i] == tensor) return node;
  return NULL;
}

/* Whether all that takes the backward layer's output can take it in the order of steps: it is reversed there, or the
 * last step taken out. */
static bool can_turn(const ln_tensor* y) {
  if (ln_is_output(y)) return false;
  for (const ln_node* user = user_after(y, NULL); user != NULL; user = user_after(y, user)) {
    if (reverses(user, 0) || takes_last(user, ln_dim(y, 0))) continue;
    if (!swaps_time(user) || ln_is_output(user->outputs[0])) return false;
    for (const ln_node* behind = user_after(user->outputs[0], NULL); behind != NULL;
         behind = user_after(user->outputs[0], behind))
      if (!reverses(behind, 1)) return false;
  }
  return true;
}

/* Takes away the reversals of y; the last step is its first. */
static void turn(ln_tensor* y) {
  static const int32_t kFirst[] = {0, 0, 0}, kSize[] = {1, -1, -1};
  for (ln_node *node = y->producer->next, *next; node != NULL; node = next) {
    next = node->next;
    ln_tensor* x = node->input_count > 0 ? node->inputs[0] : NULL;
    const ln_node* swap = ln_made_by(x);
    if (x == y && reverses(node, 0)) {
      ln_bypass(node, y);
    } else if (x == y && takes_last(node, ln_dim(y, 0))) {
      ln_node_set_input(node, 1, ln_graph_ints(node->subgraph, "begin", 3, kFirst));
      ln_node_set_input(node, 2, ln_graph_ints(node->subgraph, "size", 3, kSize));
    } else if (reverses(node, 1) && swaps_time(swap) && swap->inputs[0] == y) {
      ln_bypass(node, x);
    }
  }
}

/* The operators have one activation for both directions, that of LSTM as many cells in both. */
static bool fits(const ln_node* a, const ln_node* b) {
  if (a->code == LN_OP_UNIDIRECTIONAL_SEQUENCE_LSTM) return ln_dim(a->outputs[0], 2) == ln_dim(b->outputs[0], 2);
  return LN_GET(a, SequenceRNNOptions, fused_activation_function) ==
         LN_GET(b, SequenceRNNOptions, fused_activation_function);
}

/* The layer that goes over the sequence as it is where `backward` goes from its end; NULL: there is none. */
static ln_node* partner_of(const ln_node* backward) {
  const ln_node* reverse = ln_made_by(backward->inputs[0]);
  if (!reverses(reverse, 0) || !can_turn(backward->outputs[0])) return NULL;
  for (ln_node* node = backward->subgraph->first; node != NULL; node = node->next)
    if (node->code == backward->code && node->inputs[0] == reverse->inputs[0] && fits(node, backward)) return node;
  return NULL;
}

static ln_node* make_lstm(ln_node* before, ln_node* const* layers) {
  ln_node* node =
      ln_graph_node_before(before->subgraph, before, LN_OP_BIDIRECTIONAL_SEQUENCE_LSTM, layers[FORWARD]->place);
  ln_node_add_input(node, layers[FORWARD]->inputs[0]);
  for (int d = 0; d < 2; ++d)
    for (int i = 1; i <= CELL_INPUTS; ++i) ln_node_add_input(node, layers[d]->inputs[i]);
  for (int d = 0; d < 2; ++d)
    for (int i = 0; i < 2; ++i) ln_node_add_input(node, layers[d]->inputs[LSTM_STATES + i]);
  for (int i = 0; i < 9; ++i) ln_node_add_input(node, NULL);
  LN_SET(node, BidirectionalSequenceLSTMOptions, fused_activation_function, LN_ACT_TANH);
  LN_SET(node, BidirectionalSequenceLSTMOptions, time_major, 1);
  return node;
}

static ln_node* make_plain(ln_node* before, ln_node* const* layers) {
  ln_node* node =
      ln_graph_node_before(before->subgraph, before, LN_OP_BIDIRECTIONAL_SEQUENCE_RNN, layers[FORWARD]->place);
  ln_node_add_input(node, layers[FORWARD]->inputs[0]);
  for (int d = 0; d < 2; ++d)
    for (int i = 1; i <= PLAIN_INPUTS; ++i) ln_node_add_input(node, layers[d]->inputs[i]);
  for (int i = 0; i < 3; ++i) ln_node_add_input(node, NULL);
  LN_SET(node, BidirectionalSequenceRNNOptions, time_major, 1);
  LN_SET(node, BidirectionalSequenceRNNOptions, fused_activation_function,
         LN_GET(layers[FORWARD], SequenceRNNOptions, fused_activation_function));
  return node;
}

/* The concatenation of both outputs, [T,N,..] each, or both as [N,T,..], if nothing else is made of them; NULL else. */
static ln_node* find_concat(const ln_tensor** y, bool* swapped) {
  ln_node* user[2] = {ln_only_user(y[FORWARD]), ln_only_user(y[BACKWARD])};
  *swapped = swaps_time(user[FORWARD]) && swaps_time(user[BACKWARD]);
  for (int d = 0; d < 2 && *swapped; ++d) {
    y[d] = user[d]->outputs[0];
    user[d] = ln_only_user(y[d]);
  }
  ln_node* concat = user[FORWARD];
  if (concat == NULL || concat != user[BACKWARD] || concat->code != LN_OP_CONCATENATION || concat->input_count != 2 ||
      concat->inputs[0] != y[FORWARD] || concat->inputs[1] != y[BACKWARD] || !ln_has_no_activation(concat))
    return NULL;
  const int64_t axis = LN_GET(concat, ConcatenationOptions, axis);
  return axis == 2 || axis == -1 ? concat : NULL;
}

/* One output of both, in place of two that are concatenated. */
static void merge(ln_node* node) {
  const ln_tensor* y[] = {node->outputs[FORWARD], node->outputs[BACKWARD]};
  bool swapped;
  ln_node* concat = find_concat(y, &swapped);
  if (concat == NULL) return;
  const int32_t dims[] = {ln_dim(node->outputs[0], 0), ln_dim(node->outputs[0], 1),
                          ln_dim(node->outputs[0], 2) + ln_dim(node->outputs[1], 2)};
  ln_tensor* both = node->outputs[0];
  ln_tensor* swap = swapped ? concat->inputs[0]->producer->inputs[1] : NULL;
  if (node->code == LN_OP_BIDIRECTIONAL_SEQUENCE_LSTM)
    LN_SET(node, BidirectionalSequenceLSTMOptions, merge_outputs, 1);
  else
    LN_SET(node, BidirectionalSequenceRNNOptions, merge_outputs, 1);
  if (swapped) {
    ln_node* const swaps[] = {concat->inputs[0]->producer, concat->inputs[1]->producer};
    ln_become_binary(concat, LN_OP_TRANSPOSE, both, swap);
    for (int d = 0; d < 2; ++d) ln_node_remove(swaps[d]);
  } else {
    ln_bypass(concat, both);
  }
  node->output_count = 1;
  ln_tensor_set_shape(both, 3, dims);
}

static bool join(ln_node* backward) {
  ln_node* forward = partner_of(backward);
  if (forward == NULL || forward == backward) return false;
  ln_node* const layers[] = {forward, backward};
  /* In front of whichever comes first: both have their input from before the reversal. */
  ln_node* before = forward;
  for (const ln_node* node = forward; node != NULL; node = node->prev)
    if (node == backward) before = backward;
  turn(backward->outputs[0]);
  ln_node* node =
      backward->code == LN_OP_UNIDIRECTIONAL_SEQUENCE_LSTM ? make_lstm(before, layers) : make_plain(before, layers);
  for (int d = 0; d < 2; ++d) {
    ln_tensor* y = layers[d]->outputs[0];
    ln_node_remove(layers[d]);
    ln_node_take_output(node, y);
  }
  merge(node);
  return true;
}

int ln_join_directions(ln_graph* graph) {
  int changes = 0;
  for (ln_subgraph* s = graph->subgraphs; s != NULL; s = s->next)
    for (ln_node* node = s->first; node != NULL;) {
      const bool fused =
          node->code == LN_OP_UNIDIRECTIONAL_SEQUENCE_LSTM || node->code == LN_OP_UNIDIRECTIONAL_SEQUENCE_RNN;
      const bool joined = fused && join(node);
      changes += joined;
      node = joined ? s->first : node->next;
    }
  return changes;
}
