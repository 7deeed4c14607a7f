#include "convert/import/tf_subgraphs.h"

#include <string.h>

/* A tensor that a part takes; constants need no input. */
static bool is_passed(const ln_tf_value* value) {
  return value->tensor != NULL && !ln_tensor_is_constant(value->tensor);
}

static ln_tensor* like(ln_subgraph* subgraph, const ln_tensor* tensor) {
  int32_t dims[LN_MAX_DIMS];
  for (int i = 0; i < tensor->rank; ++i) dims[i] = ln_dim(tensor, i);
  ln_tensor* copy = ln_graph_input(subgraph, tensor->name, tensor->type, tensor->rank, dims);
  if (tensor->rank > 0) memcpy(copy->shape, tensor->shape, sizeof copy->shape);
  copy->broken = tensor->broken;
  return copy;
}

static ln_tf_part begin_part(ln_tf_call* call, const char* what, const ln_tf_value* args, int count,
                             const bool* passed) {
  ln_tf_importer* importer = call->scope->importer;
  ln_tf_part part = {importer, ln_graph_subgraph(importer->graph, ln_tf_name(call, what)), NULL, count};
  part.args = ln_job_alloc(call->job, (size_t)count, sizeof *part.args);
  for (int i = 0; i < count; ++i) {
    part.args[i] = args[i];
    if (args[i].kind == LN_TF_COMPLEX) {
      ln_problem(call->job, call->b.place, "complex numbers cannot go into branches and loops; their parts can");
      part.args[i] = (ln_tf_value){.kind = LN_TF_NOTHING};
    }
    if (passed[i])
      part.args[i].tensor = like(part.subgraph, args[i].tensor);
    else if (args[i].tensor != NULL)
      part.args[i].tensor = ln_graph_adopt(part.subgraph, args[i].tensor);
  }
  return part;
}

/* What is computed from shapes outside of a branch is so within. */
static void keep_values(const ln_tf_part* part, const ln_tf_value* args, const bool* passed) {
  for (int i = 0; i < part->arg_count; ++i)
    for (int w = 0; w < 2 && passed[i]; ++w) {
      part->args[i].tensor->value[w] = args[i].tensor->value[w];
      part->args[i].tensor->value_bytes[w] = args[i].tensor->value_bytes[w];
    }
}

static ln_tensor* result_tensor(ln_tf_call* call, ln_tf_part* part, const ln_tf_value* value, int index) {
  if (value->tensor == NULL) {
    ln_problem(call->job, call->b.place, "result %d of its \"%s\" is no tensor", index, part->subgraph->name);
    ln_tensor* none = ln_graph_tensor(part->subgraph, call->name, LN_TYPE_FLOAT32, -1, NULL);
    none->broken = true;
    return none;
  }
  return ln_graph_adopt(part->subgraph, value->tensor);
}

/* The shape that both have; unknown extents where they differ. */
static void join_shape(ln_tensor* out, const ln_tensor* a, const ln_tensor* b) {
  int32_t dims[LN_MAX_DIMS];
  int rank = a->rank == b->rank ? a->rank : -1;
  for (int i = 0; i < rank; ++i) dims[i] = ln_dim(a, i) == ln_dim(b, i) ? ln_dim(a, i) : -1;
  ln_tensor_set_shape(out, rank, dims);
  if (ln_shapes_equal(a, b)) memcpy(out->shape, a->shape, sizeof out->shape);
  out->broken = a->broken || b->broken;
}

void ln_tf_make_if(ln_tf_call* call, ln_tensor* condition, const ln_tf_value* args, int arg_count, ln_tf_make* make,
                   void* then_arg, void* else_arg) {
  bool* passed = ln_job_alloc(call->job, (size_t)arg_count, sizeof *passed);
  for (int i = 0; i < arg_count; ++i) passed[i] = is_passed(&args[i]);
  ln_tf_part parts[] = {begin_part(call, "then", args, arg_count, passed),
                        begin_part(call, "else", args, arg_count, passed)};
  for (int k = 0; k < 2; ++k) keep_values(&parts[k], args, passed);
  int counts[2];
  ln_tf_value* results[] = {make(&parts[0], then_arg, &counts[0]), make(&parts[1], else_arg, &counts[1])};
  if (counts[0] != counts[1]) {
    ln_tf_fail(call, "its branches have %d and %d results", counts[0], counts[1]);
    return;
  }
  ln_node* node = ln_build_node(&call->b, LN_OP_IF, 1, &condition);
  for (int i = 0; i < arg_count; ++i)
    if (passed[i]) ln_node_add_input(node, args[i].tensor);
  LN_SET(node, IfOptions, then_subgraph_index, 0);
  LN_SET(node, IfOptions, else_subgraph_index, 0);
  for (int k = 0; k < 2; ++k) node->calls[k] = parts[k].subgraph;
  for (int i = 0; i < counts[0]; ++i) {
    ln_tensor* out[2];
    const ln_tf_value *a = &results[0][i], *b = &results[1][i];
    if (a->tensor == NULL && b->tensor == NULL && a->kind == b->kind && a->kind != LN_TF_COMPLEX &&
        a->variable == b->variable && a->table == b->table) {
      ln_tf_return_value(call, i, *a);
      continue;
    }
    for (int k = 0; k < 2; ++k) {
      out[k] = result_tensor(call, &parts[k], &results[k][i], i);
      ln_graph_output(parts[k].subgraph, out[k]);
    }
    ln_tensor* result =
        ln_node_add_output(node, i == 0 ? call->name : ln_job_text(call->job, "%s:%d", call->name, i), out[0]->type);
    join_shape(result, out[0], out[1]);
    ln_tf_value value = results[0][i];
    value.tensor = result;
    ln_tf_return_value(call, i, value);
  }
}

/* Which arguments the body returns as they came: those that are constants need not go round. */
static void find_invariants(const ln_tf_part* body, const ln_tf_value* results, const ln_tf_value* args, bool* passed) {
  for (int i = 0; i < body->arg_count; ++i)
    if (passed[i] && results[i].tensor == body->args[i].tensor && ln_tensor_is_constant(args[i].tensor))
      passed[i] = false;
}

/* The tensor of one int32 that says an extent which is not known: that of another value of the loop, where both numbers
 * that are put for it are the same. */
static ln_tensor* find_extent(ln_tf_call* call, const ln_tf_value* args, int count, const int32_t shape[2]) {
  static const int32_t kOne[] = {1};
  for (int i = 0; i < count; ++i) {
    ln_tensor* like = args[i].tensor;
    if (like == NULL || like->broken) continue;
    for (int32_t k = 0; k < like->rank; ++k)
      if (like->shape[0][k] == shape[0] && like->shape[1][k] == shape[1])
        return ln_build_slice(&call->b, ln_tf_extents(call, like, LN_TYPE_INT32, "shape"), &k, kOne,
                              ln_tf_name(call, "extent"));
  }
  return NULL;
}

/* A list of zeros like what the loop makes of it. NULL: an extent is not known from anywhere. */
static ln_tensor* first_list(ln_tf_call* call, const ln_tf_value* args, int count, const ln_tf_value* list,
                             const ln_tensor* made) {
  int32_t dims[LN_MAX_DIMS] = {0};
  ln_tensor* extents[LN_MAX_DIMS] = {NULL};
  for (int i = 1; i < made->rank; ++i) {
    dims[i - 1] = ln_dim(made, i);
    const int32_t shape[] = {made->shape[0][i], made->shape[1][i]};
    if (dims[i - 1] < 0) extents[i - 1] = find_extent(call, args, count, shape);
    if (dims[i - 1] < 0 && extents[i - 1] == NULL) return NULL;
  }
  ln_tf_value typed = *list;
  typed.type = made->type;
  ln_tensor* zeros = ln_tf_zero_list(call, &typed, made->rank - 1, dims, extents);
  for (int w = 0; w < 2; ++w)
    if (zeros->rank == made->rank)
      memcpy(zeros->shape[w] + 1, made->shape[w] + 1, (size_t)(made->rank - 1) * sizeof(int32_t));
  return zeros;
}

void ln_tf_make_while(ln_tf_call* call, const ln_tf_value* first, int count, ln_tf_make* make, void* condition_arg,
                      void* body_arg) {
  bool* passed = ln_job_alloc(call->job, (size_t)count, sizeof *passed);
  int result_count;
  ln_tf_value* args = ln_job_copy(call->job, first, (size_t)count * sizeof *args);
  for (int i = 0; i < count; ++i) passed[i] = args[i].tensor != NULL;
  /* Once to see what changes in it, then with the rest as constants: nothing calls the first body, which is swept away.
   */
  ln_job* job = call->job;
  ln_tf_part trial = begin_part(call, "body", args, count, passed);
  ln_tf_value* results = make(&trial, body_arg, &result_count);
  if (result_count != count) {
    ln_tf_fail(call, "its body takes %d values and returns %d", count, result_count);
    return;
  }
  find_invariants(&trial, results, args, passed);
  for (int i = 0; i < count; ++i)
    if (args[i].kind == LN_TF_LIST && args[i].tensor == NULL && results[i].tensor != NULL &&
        results[i].tensor->rank > 0) {
      args[i].tensor = first_list(call, args, count, &args[i], results[i].tensor);
      passed[i] = args[i].tensor != NULL;
    }
  ln_tf_part parts[] = {begin_part(call, "cond", args, count, passed), begin_part(call, "body", args, count, passed)};
  int counts[2];
  ln_tf_value* made[] = {make(&parts[0], condition_arg, &counts[0]), make(&parts[1], body_arg, &counts[1])};
  if (counts[0] != 1 || made[0][0].tensor == NULL) {
    ln_tf_fail(call, "its condition has %d results", counts[0]);
    return;
  }
  ln_graph_output(parts[0].subgraph, ln_graph_adopt(parts[0].subgraph, made[0][0].tensor));
  ln_node* node = ln_build_node(&call->b, LN_OP_WHILE, 0, NULL);
  LN_SET(node, WhileOptions, cond_subgraph_index, 0);
  LN_SET(node, WhileOptions, body_subgraph_index, 0);
  for (int k = 0; k < 2; ++k) node->calls[k] = parts[k].subgraph;
  for (int i = 0; i < count; ++i) {
    if (!passed[i]) {
      ln_tf_return_value(call, i, args[i]);
      continue;
    }
    ln_node_add_input(node, ln_graph_adopt(call->b.subgraph, args[i].tensor));
    ln_tensor* out = result_tensor(call, &parts[1], &made[1][i], i);
    ln_graph_output(parts[1].subgraph, out);
    ln_tensor* result = ln_node_add_output(node, ln_job_text(job, "%s:%d", call->name, i), args[i].tensor->type);
    join_shape(result, args[i].tensor, out);
    ln_tf_value value = made[1][i];
    value.tensor = result;
    ln_tf_return_value(call, i, value);
  }
}
