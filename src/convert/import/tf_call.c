/* What the lowerings share: a node's inputs in the form that TFLite's operators take, its outputs, its failure. */
#include <stdio.h>
#include <string.h>

#include "convert/floats.h"
#include "convert/import/tf_import.h"
#include "model/model.h"

void ln_tf_return_value(ln_tf_call* call, int output, ln_tf_value value) {
  ln_tf_node* node = call->node;
  if (output >= node->out_count) {
    ln_tf_value* wider = ln_job_alloc(call->job, (size_t)output + 1, sizeof *wider);
    if (node->out_count != 0) memcpy(wider, node->outs, (size_t)node->out_count * sizeof *wider);
    node->outs = wider;
    node->out_count = output + 1;
  }
  node->outs[output] = value;
}

void ln_tf_return(ln_tf_call* call, int output, ln_tensor* tensor) {
  ln_tf_return_value(call, output, (ln_tf_value){.kind = LN_TF_TENSOR, .tensor = tensor});
}

static ln_tensor* broken_tensor(ln_tf_call* call) {
  ln_tensor* tensor = ln_graph_tensor(call->b.subgraph, call->name, LN_TYPE_FLOAT32, -1, NULL);
  tensor->broken = true;
  return tensor;
}

/* Whether something of the inputs is broken already, so that nothing is said again. */
static bool is_broken(const ln_tf_call* call) {
  for (int i = 0; i < call->in_count; ++i)
    if ((call->in[i].tensor != NULL && call->in[i].tensor->broken) ||
        (call->in[i].kind == LN_TF_COMPLEX && (call->in[i].re->broken || call->in[i].im->broken)))
      return true;
  return false;
}

void ln_tf_break(ln_tf_call* call) {
  for (int i = 0; i < 8; ++i) ln_tf_return(call, i, broken_tensor(call));
}

void ln_tf_fail(ln_tf_call* call, const char* format, ...) {
  char text[400];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  /* Of what could not be converted before it nothing is known, which is no fault of this node. */
  if (!is_broken(call)) ln_problem(call->job, call->b.place, "%s", text);
  ln_tf_break(call);
}

void ln_tf_unknown(ln_tf_call* call) {
  const LnPb__NodeDef* def = call->def;
  if (call->scope->importer->allow_custom) {
    ln_tf_custom(call);
    return;
  }
  if (is_broken(call)) {
    ln_tf_break(call);
    ln_problem(call->job, call->b.place,
               "no TFLite operators for it are known here; --allow-custom keeps it as a custom operator");
    return;
  }
  ln_tf_fail(call, "no TFLite operators for it are known here; --allow-custom keeps %s as a custom operator", def->op);
}

ln_tensor* ln_tf_in(ln_tf_call* call, int index) {
  if (index >= call->in_count) {
    ln_problem(call->job, call->b.place, "input %d is missing", index);
    return broken_tensor(call);
  }
  const ln_tf_value* value = &call->in[index];
  if (value->kind == LN_TF_VARIABLE && value->variable->is_reference) {
    ln_tensor* now = ln_tf_read(call->scope->importer, &call->b, value->variable, call->name);
    if (now != NULL) return now;
    ln_problem(call->job, call->b.place, "variable \"%s\" has no value%s", value->variable->name,
               ln_tf_no_value(call->scope->importer));
    return broken_tensor(call);
  }
  if (value->tensor == NULL) {
    ln_problem(call->job, call->b.place, "input %d \"%s\" is no tensor but %s", index,
               (size_t)index < call->def->n_input ? call->def->input[index] : "",
               value->kind == LN_TF_VARIABLE  ? "a variable"
               : value->kind == LN_TF_COMPLEX ? "complex"
               : value->kind == LN_TF_TABLE   ? "a table"
                                              : "nothing");
    return broken_tensor(call);
  }
  return ln_tensor_is_constant(value->tensor) ? ln_graph_adopt(call->b.subgraph, value->tensor) : value->tensor;
}

ln_tensor* ln_tf_in_i32(ln_tf_call* call, int index) {
  return ln_build_cast(&call->b, ln_tf_in(call, index), LN_TYPE_INT32, ln_tf_name(call, "i32"));
}

int ln_tf_const_ints(ln_tf_call* call, int index, int most, int32_t* numbers) {
  int64_t wide[64];
  const ln_tensor* tensor = ln_tf_in(call, index);
  if (tensor->broken) return -1;
  const int64_t count = ln_tensor_elements(tensor);
  if (count < 0 || count > most || count > 64 || !ln_tensor_ints(tensor, (int)count, wide)) {
    ln_problem(call->job, call->b.place, "input %d must be constant integers, at most %d", index, most);
    return -1;
  }
  for (int64_t i = 0; i < count; ++i)
    numbers[i] = wide[i] > INT32_MAX ? INT32_MAX : wide[i] < INT32_MIN ? INT32_MIN : (int32_t)wide[i];
  return (int)count;
}

bool ln_tf_axis(ln_tf_call* call, int64_t axis, int rank, int32_t* result) {
  *result = 0;
  if (rank < 0) {
    ln_tf_fail(call, "the rank of its input is not known, and axis %lld counts from it", (long long)axis);
    return false;
  }
  if (axis < -rank || axis >= rank) {
    ln_tf_fail(call, "axis %lld is outside of its input's rank %d", (long long)axis, rank);
    return false;
  }
  *result = (int32_t)(axis < 0 ? axis + rank : axis);
  return true;
}

const char* ln_tf_name(ln_tf_call* call, const char* what) { return ln_job_text(call->job, "%s/%s", call->name, what); }

bool ln_tf_is_nchw(ln_tf_call* call) {
  return ln_tf_is(call->def, "data_format", "NCHW", false) || ln_tf_is(call->def, "data_format", "NCDHW", false);
}

/* Channels from dimension 1 to the end, and back. */
ln_tensor* ln_tf_to_nhwc(ln_tf_call* call, ln_tensor* x) {
  static const int32_t kFour[] = {0, 2, 3, 1}, kFive[] = {0, 2, 3, 4, 1};
  if (!ln_tf_is_nchw(call) || (x->rank != 4 && x->rank != 5)) return x;
  return ln_build_transpose(&call->b, x, x->rank == 4 ? kFour : kFive, ln_tf_name(call, "nhwc"));
}

ln_tensor* ln_tf_to_nchw(ln_tf_call* call, ln_tensor* x, const char* name) {
  static const int32_t kFour[] = {0, 3, 1, 2}, kFive[] = {0, 4, 1, 2, 3};
  if (!ln_tf_is_nchw(call) || (x->rank != 4 && x->rank != 5)) return x;
  return ln_build_transpose(&call->b, x, x->rank == 4 ? kFour : kFive, name);
}

static const char* name_or(ln_tf_call* call, const char* what) {
  return what != NULL ? ln_tf_name(call, what) : call->name;
}

ln_tensor* ln_tf_unary(ln_tf_call* call, int code, ln_tensor* x, const char* what) {
  return ln_build_unary(&call->b, code, x, name_or(call, what));
}

ln_tensor* ln_tf_binary(ln_tf_call* call, int code, ln_tensor* x, ln_tensor* y, const char* what) {
  return ln_build_binary(&call->b, code, x, y, name_or(call, what));
}

ln_tensor* ln_tf_number(ln_tf_call* call, int code, ln_tensor* x, double number, const char* what) {
  return ln_build_with_number(&call->b, code, x, number, name_or(call, what));
}

ln_tensor* ln_tf_scalar(ln_tf_call* call, int type, double number, const char* what) {
  return ln_build_number(&call->b, type, number, name_or(call, what));
}

ln_tensor* ln_tf_choose(ln_tf_call* call, ln_tensor* condition, ln_tensor* x, ln_tensor* y, const char* what) {
  ln_tensor* const inputs[] = {condition, x, y};
  return ln_build_done(ln_build_node(&call->b, LN_OP_SELECT_V2, 3, inputs), name_or(call, what), 1);
}

ln_tensor* ln_tf_extents(ln_tf_call* call, ln_tensor* x, int type, const char* what) {
  ln_node* node = ln_build_node(&call->b, LN_OP_SHAPE, 1, &x);
  LN_SET(node, ShapeOptions, out_type, type);
  return ln_build_done(node, name_or(call, what), 1);
}

int ln_tf_code(const ln_tf_call* call, const ln_tf_lowering* table) {
  while (table->op != NULL && strcmp(table->op, call->def->op) != 0) ++table;
  return table->code;
}

ln_tensor* ln_tf_computed(ln_tf_scope* scope, ln_tensor* input, const LnPb__NodeDef* def) {
  ln_job* job = scope->importer->job;
  const ln_builder b = {scope->subgraph, ln_job_place(job, def->op, def->name, "")};
  ln_warn_of_width(job, input->type);
  return ln_build_cast(&b, input, ln_computed_type(input->type), ln_job_text(job, "%s/computed", input->name));
}

ln_tensor* ln_tf_stored(ln_tf_scope* scope, ln_tensor* result, int dtype, const char* name) {
  ln_job* job = scope->importer->job;
  const int type = ln_tf_stored_type(dtype);
  if (result->broken || type == ln_computed_type(type) || result->type != ln_computed_type(type)) return result;
  const ln_builder b = {scope->subgraph, ln_job_place(job, "output", name, "")};
  return ln_build_cast(&b, result, type, ln_job_text(job, "%s/stored", result->name));
}
