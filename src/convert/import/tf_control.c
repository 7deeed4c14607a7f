/* Calls of functions, which are inlined, and the branches and loops of TensorFlow 2, which become IF and WHILE. */
#include <string.h>

#include "convert/import/tf_subgraphs.h"

enum { MAX_BRANCHES = 64 };

static ln_tf_body* function_of(ln_tf_call* call, const char* attribute) {
  const LnPb__AttrValue* f = ln_tf_attr(call->def, attribute);
  const char* name = f != NULL && f->func != NULL && f->func->name != NULL ? f->func->name : "";
  ln_tf_body* body = ln_tf_function(call->scope->importer, name);
  if (body == NULL) ln_tf_fail(call, "its function \"%s\" is not in the graph's library", name);
  return body;
}

static void inline_function(ln_tf_call* call, ln_tf_body* body) {
  int count;
  ln_tf_value* outs = ln_tf_inline(call->scope->importer, body, call->b.subgraph,
                                   ln_job_text(call->job, "%s/", call->name), call->in, call->in_count, &count);
  for (int i = 0; i < count; ++i) ln_tf_return_value(call, i, outs[i]);
}

static void partitioned_call(ln_tf_call* call) {
  ln_tf_body* body = function_of(call, "f");
  if (body != NULL) inline_function(call, body);
}

/* An operator that is a function's name. */
void ln_tf_named_call(ln_tf_call* call) {
  ln_tf_body* body = ln_tf_function(call->scope->importer, call->def->op);
  if (body != NULL)
    inline_function(call, body);
  else
    ln_tf_unknown(call);
}

typedef struct body_work {
  ln_tf_call* call;
  ln_tf_body* body;
} body_work;

static ln_tf_value* make_body(ln_tf_part* part, void* arg, int* count) {
  const body_work* w = arg;
  return ln_tf_inline(part->importer, w->body, part->subgraph, ln_job_text(part->importer->job, "%s/", w->call->name),
                      part->args, part->arg_count, count);
}

static void if_op(ln_tf_call* call) {
  body_work works[] = {{call, function_of(call, "then_branch")}, {call, function_of(call, "else_branch")}};
  if (works[0].body == NULL || works[1].body == NULL || call->in_count < 1) return;
  int64_t condition;
  ln_tensor* chosen = ln_tf_in(call, 0);
  if (ln_tensor_ints(chosen, 1, &condition)) {
    call->in += 1;
    call->in_count -= 1;
    inline_function(call, works[condition != 0 ? 0 : 1].body);
    return;
  }
  ln_tf_make_if(call, chosen, call->in + 1, call->in_count - 1, make_body, &works[0], &works[1]);
}

/* One of several branches by a number; what is none of theirs means the last: IFs within each other. */
typedef struct case_work {
  ln_tf_call* call;
  ln_tf_body** bodies;
  int count;
} case_work;

static ln_tf_value* make_case(ln_tf_part* part, void* arg, int* count);

/* Arguments: the number, then those of the branches. */
static void lower_case(ln_tf_call* call, const case_work* w) {
  case_work rest = {w->call, w->bodies + 1, w->count - 1};
  if (w->count == 1) {
    call->in += 1;
    call->in_count -= 1;
    inline_function(call, w->bodies[0]);
    return;
  }
  /* Numbers are counted down on the way in: 0 means the first that is left, and what is below 0 never does. */
  ln_tensor* index = call->in[0].tensor;
  ln_tf_value* args = ln_job_copy(call->job, call->in, (size_t)call->in_count * sizeof *args);
  args[0].tensor = ln_tf_number(call, LN_OP_SUB, index, 1, "next_branch");
  case_work first = {w->call, w->bodies, 1};
  ln_tf_make_if(call, ln_tf_number(call, LN_OP_EQUAL, index, 0, "is_branch"), args, call->in_count, make_case, &first,
                &rest);
}

static ln_tf_value* make_case(ln_tf_part* part, void* arg, int* count) {
  const case_work* w = arg;
  ln_tf_node results = {.def = w->call->def, .scope = w->call->scope};
  ln_tf_call call = *w->call;
  call.b.subgraph = part->subgraph;
  call.in = part->args;
  call.in_count = part->arg_count;
  call.node = &results;
  lower_case(&call, w);
  *count = results.out_count;
  return results.outs;
}

static void case_op(ln_tf_call* call) {
  const LnPb__AttrValue* branches = ln_tf_attr(call->def, "branches");
  const size_t count = branches != NULL && branches->list != NULL ? branches->list->n_func : 0;
  ln_tensor* index = ln_tf_in_i32(call, 0);
  if (count < 1 || count > MAX_BRANCHES || index->broken) {
    ln_tf_fail(call, "it has %zu branches; 1 to %d can be converted", count, MAX_BRANCHES);
    return;
  }
  case_work w = {call, ln_job_alloc(call->job, count, sizeof *w.bodies), (int)count};
  for (size_t i = 0; i < count; ++i) {
    const char* name = branches->list->func[i]->name;
    w.bodies[i] = ln_tf_function(call->scope->importer, name != NULL ? name : "");
    if (w.bodies[i] == NULL) {
      ln_tf_fail(call, "its function \"%s\" is not in the graph's library", name != NULL ? name : "");
      return;
    }
  }
  call->in[0] = (ln_tf_value){.kind = LN_TF_TENSOR, .tensor = index};
  lower_case(call, &w);
}

static void while_op(ln_tf_call* call) {
  body_work works[] = {{call, function_of(call, "cond")}, {call, function_of(call, "body")}};
  if (works[0].body == NULL || works[1].body == NULL) return;
  ln_tf_make_while(call, call->in, call->in_count, make_body, &works[0], &works[1]);
}

const ln_tf_lowering ln_tf_control[] = {
    {"PartitionedCall", partitioned_call, 0},
    {"StatefulPartitionedCall", partitioned_call, 0},
    {"If", if_op, 0},
    {"StatelessIf", if_op, 0},
    {"Case", case_op, 0},
    {"StatelessCase", case_op, 0},
    {"While", while_op, 0},
    {"StatelessWhile", while_op, 0},
    {NULL, NULL, 0},
};
