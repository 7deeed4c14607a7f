/* What is cut apart and put together again, or the other way round: concatenations of all pieces of a split, splits and
 * slices of a concatenation, slices of slices, concatenations of concatenations, unpacked packs. */
#include <string.h>

#include "convert/passes/passes.h"

static int axis_of(const ln_node* concat) {
  const int rank = concat->outputs[0]->rank;
  const int64_t axis = LN_GET(concat, ConcatenationOptions, axis);
  return rank < 1 || axis < -rank || axis >= rank ? -1 : (int)(axis < 0 ? axis + rank : axis);
}

static bool is_quantized(const ln_tensor* t) { return t->quantization != NULL; }

/* CONCATENATION of every output of a SPLIT or SPLIT_V, in order, along the same axis. */
static ln_tensor* joined_split(const ln_node* concat) {
  const ln_node* split = ln_made_by(concat->inputs[0]);
  int64_t axis;
  if (split == NULL || (split->code != LN_OP_SPLIT && split->code != LN_OP_SPLIT_V) ||
      split->output_count != concat->input_count || !ln_has_no_activation(concat))
    return NULL;
  for (int i = 0; i < concat->input_count; ++i)
    if (concat->inputs[i] != split->outputs[i]) return NULL;
  ln_tensor* x = split->inputs[split->code == LN_OP_SPLIT ? 1 : 0];
  if (!ln_tensor_ints(split->inputs[split->code == LN_OP_SPLIT ? 0 : 2], 1, &axis) || is_quantized(x)) return NULL;
  if (axis < 0) axis += x->rank;
  return axis == axis_of(concat) && ln_shapes_equal(x, concat->outputs[0]) ? x : NULL;
}

/* The concatenation along the same axis that makes input i, NULL: it is none, or others need it. */
static const ln_node* inner_concat(const ln_node* concat, int i) {
  const int axis = axis_of(concat);
  const ln_node* inner = ln_private_producer(concat->inputs[i], LN_OP_CONCATENATION);
  return axis >= 0 && inner != NULL && ln_has_no_activation(inner) && axis_of(inner) == axis &&
                 !is_quantized(concat->inputs[i])
             ? inner
             : NULL;
}

/* A concatenation whose input is a concatenation along the same axis takes that one's inputs. */
static bool flatten(ln_node* concat) {
  int count = 0;
  bool found = false;
  for (int i = 0; i < concat->input_count; ++i) {
    const ln_node* inner = inner_concat(concat, i);
    found = found || inner != NULL;
    count += inner != NULL ? inner->input_count : 1;
  }
  if (!found || count > 1000) return false;
  ln_tensor** inputs = ln_job_alloc(concat->subgraph->graph->job, (size_t)count, sizeof(ln_tensor*));
  int at = 0;
  for (int i = 0; i < concat->input_count; ++i) {
    const ln_node* inner = inner_concat(concat, i);
    if (inner == NULL) inputs[at++] = concat->inputs[i];
    for (int k = 0; inner != NULL && k < inner->input_count; ++k) inputs[at++] = inner->inputs[k];
  }
  const int old = concat->input_count;
  for (int i = 0; i < count; ++i)
    if (i < old)
      ln_node_set_input(concat, i, inputs[i]);
    else
      ln_node_add_input(concat, inputs[i]);
  for (; concat->input_count > count; --concat->input_count) ln_node_set_input(concat, concat->input_count - 1, NULL);
  return true;
}

/* Where the parts of a concatenation begin along its axis; false: an extent is unknown. */
static bool begins_of(const ln_node* concat, int axis, int64_t* begins, int limit) {
  if (concat->input_count > limit) return false;
  int64_t at = 0;
  for (int i = 0; i < concat->input_count; ++i) {
    begins[i] = at;
    if (concat->inputs[i] == NULL || ln_dim(concat->inputs[i], axis) < 0) return false;
    at += concat->inputs[i]->shape[0][axis];
  }
  return true;
}

enum { MAX_PARTS = 64 };

/* The concatenation that made a tensor, if it only puts together; NULL else. */
static const ln_node* concat_behind(const ln_tensor* t) {
  const ln_node* node = ln_made_by(t);
  return node != NULL && node->code == LN_OP_CONCATENATION && ln_has_no_activation(node) && !is_quantized(t) &&
                 axis_of(node) >= 0
             ? node
             : NULL;
}

/* SPLIT of a concatenation of as many parts of the same extent: each is one of them. */
static bool split_concat(ln_node* split) {
  int64_t axis;
  const ln_node* concat = concat_behind(split->inputs[1]);
  if (concat == NULL || concat->input_count != split->output_count || !ln_tensor_ints(split->inputs[0], 1, &axis))
    return false;
  if (axis < 0) axis += split->inputs[1]->rank;
  if (axis != axis_of(concat)) return false;
  for (int i = 0; i < split->output_count; ++i)
    if (!ln_shapes_equal(split->outputs[i], concat->inputs[i]) || ln_dim(concat->inputs[i], (int)axis) < 0 ||
        ln_is_output(split->outputs[i]))
      return false;
  for (int i = 0; i < split->output_count; ++i) ln_tensor_replace(split->outputs[i], concat->inputs[i]);
  ln_node_remove(split);
  return true;
}

/* Begin and size of a SLICE, with -1 made explicit; false: not constant. */
static bool read_slice(const ln_node* node, int64_t* begin, int64_t* size) {
  const ln_tensor* x = node->inputs[0];
  if (node->code != LN_OP_SLICE || x->rank < 1 || is_quantized(x) || !ln_tensor_ints(node->inputs[1], x->rank, begin) ||
      !ln_tensor_ints(node->inputs[2], x->rank, size))
    return false;
  for (int i = 0; i < x->rank; ++i) {
    if (begin[i] < 0) return false;
    if (size[i] < 0 && ln_dim(x, i) >= 0) size[i] = ln_dim(x, i) - begin[i];
    if (size[i] < -1) return false;
  }
  return true;
}

static ln_tensor* numbers(ln_subgraph* s, const char* name, int rank, const int64_t* values) {
  int32_t narrow[LN_MAX_DIMS];
  for (int i = 0; i < rank; ++i) narrow[i] = (int32_t)values[i];
  return ln_graph_ints(s, name, rank, narrow);
}

static void set_slice(ln_node* node, ln_tensor* x, const int64_t* begin, const int64_t* size) {
  ln_node_set_input(node, 0, x);
  ln_node_set_input(node, 1, numbers(node->subgraph, "begin", x->rank, begin));
  ln_node_set_input(node, 2, numbers(node->subgraph, "size", x->rank, size));
}

/* A slice that stays within one part of a concatenation is a slice of that part. */
static bool slice_concat(ln_node* node) {
  int64_t begin[LN_MAX_DIMS], size[LN_MAX_DIMS], begins[MAX_PARTS];
  const ln_node* concat = concat_behind(node->inputs[0]);
  if (concat == NULL || !read_slice(node, begin, size)) return false;
  const int axis = axis_of(concat);
  if (size[axis] < 1 || !begins_of(concat, axis, begins, MAX_PARTS)) return false;
  for (int i = 0; i < concat->input_count; ++i) {
    ln_tensor* part = concat->inputs[i];
    if (begin[axis] < begins[i] || begin[axis] + size[axis] > begins[i] + part->shape[0][axis]) continue;
    if (part->rank != node->inputs[0]->rank) return false;
    begin[axis] -= begins[i];
    set_slice(node, part, begin, size);
    return true;
  }
  return false;
}

static bool slice_slice(ln_node* node) {
  int64_t begin[LN_MAX_DIMS], size[LN_MAX_DIMS], inner_begin[LN_MAX_DIMS], inner_size[LN_MAX_DIMS];
  const ln_node* inner = ln_private_producer(node->inputs[0], LN_OP_SLICE);
  if (inner == NULL || !read_slice(node, begin, size) || !read_slice(inner, inner_begin, inner_size)) return false;
  for (int i = 0; i < node->inputs[0]->rank; ++i) {
    if (size[i] < 0 && inner_size[i] >= 0) size[i] = inner_size[i] - begin[i];
    begin[i] += inner_begin[i];
    if (begin[i] > INT32_MAX) return false;
  }
  set_slice(node, inner->inputs[0], begin, size);
  return true;
}

/* All of x from its beginning. */
static bool slice_of_all(const ln_node* node) {
  int64_t begin[LN_MAX_DIMS], size[LN_MAX_DIMS];
  if (!read_slice(node, begin, size) || !ln_shapes_equal(node->inputs[0], node->outputs[0])) return false;
  for (int i = 0; i < node->inputs[0]->rank; ++i)
    if (begin[i] != 0 || (ln_dim(node->inputs[0], i) < 0 && size[i] != -1)) return false;
  return !ln_is_output(node->outputs[0]) || node->inputs[0]->producer != NULL;
}

/* UNPACK of a PACK along the same axis. */
static bool unpack_pack(ln_node* node) {
  const ln_node* pack = ln_made_by(node->inputs[0]);
  const int rank = node->inputs[0]->rank;
  if (pack == NULL || pack->code != LN_OP_PACK || pack->input_count != node->output_count || rank < 1) return false;
  int64_t in = LN_GET(pack, PackOptions, axis), out = LN_GET(node, UnpackOptions, axis);
  if (in < 0) in += rank;
  if (out < 0) out += rank;
  if (in != out) return false;
  for (int i = 0; i < node->output_count; ++i)
    if (ln_is_output(node->outputs[i]) || is_quantized(node->outputs[i])) return false;
  for (int i = 0; i < node->output_count; ++i) ln_tensor_replace(node->outputs[i], pack->inputs[i]);
  ln_node_remove(node);
  return true;
}

/* PACK of all outputs of an UNPACK along the same axis. */
static ln_tensor* packed_unpack(const ln_node* pack) {
  const ln_node* unpack = ln_made_by(pack->inputs[0]);
  const int rank = pack->outputs[0]->rank;
  if (unpack == NULL || unpack->code != LN_OP_UNPACK || unpack->output_count != pack->input_count || rank < 1)
    return NULL;
  int64_t in = LN_GET(unpack, UnpackOptions, axis), out = LN_GET(pack, PackOptions, axis);
  if (in < 0) in += rank;
  if (out < 0) out += rank;
  for (int i = 0; i < pack->input_count; ++i)
    if (pack->inputs[i] != unpack->outputs[i]) return NULL;
  ln_tensor* x = unpack->inputs[0];
  return in == out && !is_quantized(x) && ln_shapes_equal(x, pack->outputs[0]) ? x : NULL;
}

static int simplify(ln_node* node) {
  ln_tensor* same = NULL;
  switch (node->code) {
    case LN_OP_CONCATENATION:
      same = joined_split(node);
      if (same == NULL) return flatten(node);
      break;
    case LN_OP_PACK:
      same = packed_unpack(node);
      break;
    case LN_OP_SPLIT:
      return split_concat(node);
    case LN_OP_UNPACK:
      return unpack_pack(node);
    case LN_OP_SLICE:
      if (slice_of_all(node)) same = node->inputs[0];
      if (same == NULL) return slice_concat(node) || slice_slice(node);
      break;
    default:
      break;
  }
  if (same == NULL || same->is_variable || (ln_is_output(node->outputs[0]) && same->producer == NULL)) return 0;
  ln_bypass(node, same);
  return 1;
}

int ln_pass_pieces(ln_subgraph* subgraph) {
  int changes = 0;
  for (ln_node *node = subgraph->first, *next; node != NULL; node = next) {
    next = node->next;
    if (node->input_count > 0 && node->inputs[0] != NULL && node->output_count > 0) changes += simplify(node);
  }
  return changes;
}
