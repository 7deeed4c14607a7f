/* Calls of functions, which are inlined, and the branches and loops of TensorFlow 2, which become IF and WHILE. */
#include <string.h>

#include "convert/import/tf_subgraphs.h"

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
    {"While", while_op, 0},
    {"StatelessWhile", while_op, 0},
    {NULL, NULL, 0},
};
