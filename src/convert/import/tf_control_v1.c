/* The branches and loops of TensorFlow 1: Switch, Merge, Enter, Exit, NextIteration are edges of one flat graph. A
 * branch is what lies between the Switches of one predicate and a Merge; a loop what lies between the Enters and Exits
 * of one frame. Each is worked on in scopes of their own over the same nodes, in which a rule says what stands at the
 * edge. */
#include <string.h>

#include "convert/import/tf_subgraphs.h"

static bool is_op(const LnPb__NodeDef* def, const char* name) {
  return strcmp(def->op, name) == 0 || (strncmp(def->op, "Ref", 3) == 0 && strcmp(def->op + 3, name) == 0);
}

/* What is wanted from outside of a branch or loop, in the order found. */
typedef struct captures {
  ln_job* job;
  ln_tf_value* values;
  int count;
  size_t capacity;
} captures;

typedef struct branch {
  ln_tf_call* call;
  ln_tf_scope* outer;
  int predicate, predicate_output; /* node and output that the Switches look at */
  int side;                        /* 1: taken where it is true */
  const char* result;              /* input of the Merge */
  captures* captured;
  ln_tf_part* part; /* NULL while captures are collected */
} branch;

/* The first ones, which are a loop's variables, are not invariant, whatever they begin as. */
static int capture(captures* c, int first, ln_tf_value value) {
  for (int i = first; i < c->count; ++i)
    if (c->values[i].tensor == value.tensor && c->values[i].variable == value.variable &&
        c->values[i].table == value.table && c->values[i].kind == value.kind && c->values[i].size == value.size &&
        c->values[i].count == value.count && c->values[i].re == value.re && c->values[i].im == value.im)
      return i;
  c->values = ln_job_grow(c->job, c->values, (size_t)c->count, &c->capacity, sizeof *c->values);
  c->values[c->count] = value;
  return c->count++;
}

static bool resolve(const ln_tf_scope* scope, const char* reference, int* node, int* output) {
  return ln_tf_resolve(scope->body, reference, node, output);
}

/* In a branch: a Switch of its predicate is the value from outside, an input of the subgraph. */
static bool branch_rule(ln_tf_scope* scope, ln_tf_node* node, int output, ln_tf_value* value) {
  const branch* b = scope->rule.arg;
  int predicate, predicate_output, data, data_output;
  if (!is_op(node->def, "Switch") || node->def->n_input < 2) return false;
  if (!resolve(scope, node->def->input[1], &predicate, &predicate_output) || predicate != b->predicate ||
      predicate_output != b->predicate_output)
    return false;
  (void)output;
  if (!resolve(scope, node->def->input[0], &data, &data_output)) return false;
  const ln_tf_value outside = ln_tf_output(b->outer, data, data_output);
  const int index = capture(b->captured, 0, outside);
  *value = b->part != NULL && index < b->part->arg_count ? b->part->args[index] : outside;
  return true;
}

static ln_tf_value* make_branch(ln_tf_part* part, void* arg, int* count) {
  branch* b = arg;
  b->part = part;
  ln_tf_scope* scope = ln_tf_new_scope(part->importer, b->outer->body, part->subgraph, b->outer->prefix);
  scope->args = b->outer->args;
  scope->outer = b->outer;
  scope->rule = (ln_tf_rule){branch_rule, b};
  ln_tf_value* result = ln_job_alloc(part->importer->job, 1, sizeof *result);
  *result = ln_tf_get(scope, b->result);
  *count = 1;
  return result;
}

static int find_switch(ln_tf_scope* scope, int node, int output, int* side, unsigned char* seen, int depth);

static int find_from_input(ln_tf_scope* scope, const LnPb__NodeDef* def, size_t input, int* side, unsigned char* seen,
                           int depth) {
  int from, output;
  if (input >= def->n_input) return -1;
  const char* reference = def->input[input][0] == '^' ? def->input[input] + 1 : def->input[input];
  if (!resolve(scope, reference, &from, &output)) return -1;
  return find_switch(scope, from, output, side, seen, depth + 1);
}

/* Behind a branch inside of this one: what its own Switch takes. */
static int find_behind_merge(ln_tf_scope* scope, const LnPb__NodeDef* def, int* side, unsigned char* seen, int depth) {
  for (size_t i = 0; i < def->n_input; ++i) {
    const int inner = find_from_input(scope, def, i, side, seen, depth);
    for (size_t k = 0; k < 2 && inner >= 0; ++k) {
      const int found = find_from_input(scope, scope->body->defs[inner], k, side, seen, depth);
      if (found >= 0) return found;
    }
  }
  return -1;
}

/* Behind a loop inside of the branch: what enters its frame. */
static int find_behind_exit(ln_tf_scope* scope, const LnPb__NodeDef* def, int* side, unsigned char* seen, int depth) {
  int at, output;
  for (int steps = 0; steps < 3; ++steps) {
    if (def->n_input < 1 || !resolve(scope, def->input[0], &at, &output) || at < 0) return -1;
    def = scope->body->defs[at];
  }
  if (!is_op(def, "Enter")) return -1;
  const char* frame = ln_tf_string(scope->importer->job, def, "frame_name", "");
  for (size_t i = 0; i < scope->body->count; ++i) {
    const LnPb__NodeDef* enter = scope->body->defs[i];
    if (!is_op(enter, "Enter") || !ln_tf_is(enter, "frame_name", frame, false)) continue;
    const int found = find_from_input(scope, enter, 0, side, seen, depth);
    if (found >= 0) return found;
  }
  return -1;
}

/* The Switch that a Merge's input comes from first, by any way back; -1: none. Marks what was seen. Control edges come
 * from an Identity of the Switch of the predicate itself. */
static int find_switch(ln_tf_scope* scope, int node, int output, int* side, unsigned char* seen, int depth) {
  if (node < 0 || seen[node] || depth > 4000) return -1;
  const LnPb__NodeDef* def = scope->body->defs[node];
  seen[node] = 1;
  if (is_op(def, "Switch")) {
    *side = output;
    return node;
  }
  if (is_op(def, "Merge")) return find_behind_merge(scope, def, side, seen, depth);
  if (is_op(def, "Exit")) return find_behind_exit(scope, def, side, seen, depth);
  for (size_t i = 0; i < def->n_input; ++i) {
    const int found = find_from_input(scope, def, i, side, seen, depth);
    if (found >= 0) return found;
  }
  return -1;
}

static void merge(ln_tf_call* call) {
  ln_tf_scope* scope = call->scope;
  int sides[2] = {0, 1}, switches[2] = {-1, -1};
  if (call->def->n_input < 2) {
    ln_tf_fail(call, "it merges fewer than two values");
    return;
  }
  for (int i = 0; i < 2; ++i) {
    int node, output;
    unsigned char* seen = ln_job_alloc(call->job, scope->body->count, 1);
    if (resolve(scope, call->def->input[i], &node, &output))
      switches[i] = find_switch(scope, node, output, &sides[i], seen, 0);
  }
  const int any = switches[0] >= 0 ? switches[0] : switches[1];
  if (any < 0) {
    ln_tf_fail(call, "no Switch leads to it, so that nothing says which of its inputs is meant");
    return;
  }
  if (switches[0] < 0) sides[0] = 1 - sides[1];
  if (switches[1] < 0) sides[1] = 1 - sides[0];
  const int taken = sides[0] == 1 ? 0 : 1;
  captures captured = {call->job, NULL, 0, 0};
  branch b = {call, scope, 0, 0, 1, call->def->input[taken], &captured, NULL};
  if (!resolve(scope, scope->body->defs[any]->input[1], &b.predicate, &b.predicate_output)) return;
  branch other = b;
  other.side = 0;
  other.result = call->def->input[1 - taken];
  const ln_tf_value predicate = ln_tf_output(scope, b.predicate, b.predicate_output);
  int64_t chosen;
  if (predicate.tensor != NULL && ln_tensor_ints(predicate.tensor, 1, &chosen)) {
    ln_tf_part part = {scope->importer, scope->subgraph, NULL, 0};
    int count;
    ln_tf_return_value(call, 0, *make_branch(&part, chosen != 0 ? &b : &other, &count));
    return;
  }
  /* A trial of both finds what they take from outside; nothing calls its subgraphs, so that they are swept away. */
  ln_graph* graph = scope->importer->graph;
  for (int i = 0; i < 2; ++i) {
    ln_tf_part part = {scope->importer, ln_graph_subgraph(graph, "trial"), NULL, 0};
    int count;
    make_branch(&part, i == 0 ? &b : &other, &count);
  }
  if (predicate.tensor == NULL) {
    ln_tf_fail(call, "its predicate is no tensor");
    return;
  }
  ln_tf_make_if(call, predicate.tensor, captured.values, captured.count, make_branch, &b, &other);
}

/* Outside of any branch a Switch passes its value to both sides. */
static void switch_op(ln_tf_call* call) {
  const ln_tf_value value = ln_tf_get(call->scope, call->def->input[0]);
  ln_tf_return_value(call, 0, value);
  ln_tf_return_value(call, 1, value);
}

typedef struct loop {
  ln_tf_call* call;
  ln_tf_scope* outer;
  int* merges;   /* of the loop's variables */
  int* switches; /* of each, -1: none */
  int variable_count;
  int condition; /* input node of LoopCond */
  int condition_output;
  captures* captured; /* the variables' first values, then what is taken from outside */
  ln_tf_part* part;
  bool is_body;
} loop;

/* In a loop: a variable's Merge (and, in the body, its Switch) is an input; an Enter that is constant comes from
 * outside. */
static bool loop_rule(ln_tf_scope* scope, ln_tf_node* node, int output, ln_tf_value* value) {
  const loop* l = scope->rule.arg;
  const int index = (int)(node - scope->nodes);
  (void)output;
  for (int i = 0; i < l->variable_count; ++i) {
    if (index != l->merges[i] && index != l->switches[i]) continue;
    *value = l->part->args[i];
    return true;
  }
  if (!is_op(node->def, "Enter")) return false;
  const int at = capture(l->captured, l->variable_count, ln_tf_get(l->outer, node->def->input[0]));
  *value = at < l->part->arg_count ? l->part->args[at] : l->captured->values[at];
  return true;
}

static ln_tf_value* make_loop_part(ln_tf_part* part, void* arg, int* count) {
  loop* l = arg;
  ln_job* job = part->importer->job;
  l->part = part;
  ln_tf_scope* scope = ln_tf_new_scope(part->importer, l->outer->body, part->subgraph, l->outer->prefix);
  scope->args = l->outer->args;
  scope->outer = l->outer;
  scope->rule = (ln_tf_rule){loop_rule, l};
  *count = l->is_body ? part->arg_count : 1;
  ln_tf_value* results = ln_job_alloc(job, (size_t)*count, sizeof *results);
  if (!l->is_body) {
    results[0] = ln_tf_output(scope, l->condition, l->condition_output);
    return results;
  }
  for (int i = 0; i < part->arg_count; ++i) results[i] = part->args[i];
  for (int i = 0; i < l->variable_count; ++i) {
    int next, output;
    const LnPb__NodeDef* def = scope->body->defs[l->merges[i]];
    if (!resolve(scope, def->input[1], &next, &output) || next < 0 || !is_op(scope->body->defs[next], "NextIteration"))
      ln_stop(job, "loop variable \"%s\" has no NextIteration", def->name);
    results[i] = ln_tf_get(scope, scope->body->defs[next]->input[0]);
  }
  return results;
}

static int input_node(const ln_tf_scope* scope, int node, size_t input) {
  int from, output;
  const LnPb__NodeDef* def = scope->body->defs[node];
  return input < def->n_input && resolve(scope, def->input[input], &from, &output) ? from : -1;
}

/* All loop variables of the frame that the Exit belongs to. False: it is not as loops are. */
static bool find_loop(ln_tf_call* call, loop* l, int* exit_variable) {
  ln_tf_scope* scope = call->scope;
  const ln_tf_body* body = scope->body;
  const int gate = input_node(scope, (int)(call->node - scope->nodes), 0);
  if (gate < 0 || !is_op(body->defs[gate], "Switch")) return false;
  const int test = input_node(scope, gate, 1);
  if (test < 0 || strcmp(body->defs[test]->op, "LoopCond") != 0) return false;
  if (!resolve(scope, body->defs[test]->input[0], &l->condition, &l->condition_output)) return false;
  l->merges = ln_job_alloc(call->job, body->count, sizeof *l->merges);
  l->switches = ln_job_alloc(call->job, body->count, sizeof *l->switches);
  *exit_variable = -1;
  for (size_t i = 0; i < body->count; ++i) {
    if (!is_op(body->defs[i], "Switch") || input_node(scope, (int)i, 1) != test) continue;
    const int m = input_node(scope, (int)i, 0);
    if (m < 0 || !is_op(body->defs[m], "Merge") || body->defs[m]->n_input < 2) return false;
    if ((int)i == gate) *exit_variable = l->variable_count;
    l->merges[l->variable_count] = m;
    l->switches[l->variable_count++] = (int)i;
  }
  return *exit_variable >= 0;
}

static void capture_first_values(loop* l) {
  for (int i = 0; i < l->variable_count; ++i) {
    const int enter = input_node(l->outer, l->merges[i], 0);
    if (enter < 0 || !is_op(l->outer->body->defs[enter], "Enter"))
      ln_stop(l->call->job, "loop variable \"%s\" has no Enter", l->outer->body->defs[l->merges[i]]->name);
    captures* c = l->captured;
    c->values = ln_job_grow(c->job, c->values, (size_t)c->count, &c->capacity, sizeof *c->values);
    c->values[c->count++] = ln_tf_get(l->outer, l->outer->body->defs[enter]->input[0]);
  }
}

/* The loop is made once for its first Exit; the others take their variables from the same node. */
static void exit_op(ln_tf_call* call) {
  ln_tf_scope* scope = call->scope;
  captures captured = {call->job, NULL, 0, 0};
  loop condition = {call, scope, NULL, NULL, 0, 0, 0, &captured, NULL, false};
  int which;
  if (!find_loop(call, &condition, &which)) {
    ln_tf_fail(call, "it is not the exit of a loop as while_loop makes it");
    return;
  }
  ln_tf_node* gate = &scope->nodes[condition.switches[0]];
  if (gate->out_count == 0 || gate->outs[0].kind == LN_TF_NOTHING) {
    capture_first_values(&condition);
    loop body = condition;
    body.is_body = true;
    ln_graph* graph = scope->importer->graph;
    for (int i = 0; i < 2; ++i) {
      ln_tf_part part = {scope->importer, ln_graph_subgraph(graph, "trial"), NULL, captured.count};
      int count;
      part.args = ln_job_alloc(call->job, (size_t)captured.count, sizeof *part.args);
      for (int k = 0; k < captured.count; ++k) part.args[k] = captured.values[k];
      make_loop_part(&part, i == 0 ? &condition : &body, &count);
    }
    ln_tf_make_while(call, captured.values, captured.count, make_loop_part, &condition, &body);
    for (int i = 0; i < condition.variable_count; ++i) {
      ln_tf_node* s = &scope->nodes[condition.switches[i]];
      s->outs = ln_job_alloc(call->job, 1, sizeof *s->outs);
      s->out_count = 1;
      s->outs[0] = i < call->node->out_count ? call->node->outs[i] : (ln_tf_value){.kind = LN_TF_NOTHING};
    }
  }
  const ln_tf_node* variable = &scope->nodes[condition.switches[which]];
  if (variable->out_count > 0)
    ln_tf_return_value(call, 0, variable->outs[0]);
  else
    ln_tf_fail(call, "its loop could not be made");
}

static void enter_op(ln_tf_call* call) { ln_tf_return_value(call, 0, ln_tf_get(call->scope, call->def->input[0])); }

static void pass(ln_tf_call* call) {
  if (call->in_count > 0) ln_tf_return_value(call, 0, call->in[0]);
}

const ln_tf_lowering ln_tf_control_v1[] = {
    {"Merge", merge, 0},   {"RefMerge", merge, 0},     {"Switch", switch_op, 0}, {"RefSwitch", switch_op, 0},
    {"Exit", exit_op, 0},  {"RefExit", exit_op, 0},    {"Enter", enter_op, 0},   {"RefEnter", enter_op, 0},
    {"LoopCond", pass, 0}, {"NextIteration", pass, 0}, {NULL, NULL, 0},
};
