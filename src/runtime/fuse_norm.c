/* MEAN, SQUARED_DIFFERENCE, MEAN, ADD of epsilon, RSQRT, MUL by the scale (if any) make f; x * f plus (shift - mean *
 * f) is the rest, where NEG stands for a shift that is 0. Nothing in between may be read elsewhere. */
#include "runtime/fuse_norm.h"

#include <string.h>

#include "tensorflow/lite/c/builtin_op_data.h"

typedef struct norm {
  const fuse_state* f;
  int32_t x, count;
  int32_t* positions;
} norm;

/* The activation of an element-wise operator is none. */
static bool is_plain(const ln_node* node) {
  const void* data = node->node.builtin_data;
  switch (node->registration.builtin_code) {
    case kTfLiteBuiltinAdd:
      return data != NULL && ((const TfLiteAddParams*)data)->activation == kTfLiteActNone;
    case kTfLiteBuiltinSub:
      return data != NULL && ((const TfLiteSubParams*)data)->activation == kTfLiteActNone;
    case kTfLiteBuiltinMul:
      return data != NULL && ((const TfLiteMulParams*)data)->activation == kTfLiteActNone;
    default:
      return true;
  }
}

/* Takes the node at `position` if it is that operator of floats: its output, -1: it is not. */
static int32_t take(norm* n, int32_t position, int32_t code) {
  if (position < 0 || code_at(n->f, position) != code || n->count == NORM_NODES) return -1;
  const ln_node* node = node_at(n->f, position);
  const int32_t out = output_of(node);
  if (!is_plain(node) || !is_float(n->f, out)) return -1;
  n->positions[n->count++] = position;
  return out;
}

/* The only reader of `tensor`, if it is that operator. */
static int32_t take_reader(norm* n, int32_t tensor, int32_t code) {
  if (tensor < 0 || n->f->readers[tensor].count != 1) return -1;
  return take(n, n->f->readers[tensor].last, code);
}

/* Whether the operator at `position` reads a and b, in this or, for those where it is the same, the other order. */
static bool reads(const norm* n, int32_t position, int32_t a, int32_t b) {
  const ln_node* node = node_at(n->f, position);
  const int32_t code = node->registration.builtin_code, x = input_of(node, 0), y = input_of(node, 1);
  return node->node.inputs->size == 2 && ((x == a && y == b) || (code != kTfLiteBuiltinSub && x == b && y == a));
}

static int32_t last_of(const norm* n) { return n->positions[n->count - 1]; }

/* The other one of a node's two inputs; -1: it has others. */
static int32_t other_input(const norm* n, int32_t position, int32_t tensor) {
  const ln_node* node = node_at(n->f, position);
  if (node->node.inputs->size != 2) return -1;
  return input_of(node, 0) == tensor ? input_of(node, 1) : input_of(node, 1) == tensor ? input_of(node, 0) : -1;
}

static bool is_over_channels(const norm* n, int32_t position, int32_t x) {
  const ln_node* node = node_at(n->f, position);
  const TfLiteReducerParams* params = node->node.builtin_data;
  const int32_t axis = input_of(node, 1);
  if (params == NULL || !params->keep_dims || node->node.inputs->size != 2 || input_of(node, 0) != x || axis < 0)
    return false;
  const TfLiteTensor *t = &n->f->subgraph->tensors[axis], *in = &n->f->subgraph->tensors[x];
  int32_t value;
  if (t->type != kTfLiteInt32 || t->allocation_type != kTfLiteMmapRo || t->data.raw == NULL || t->bytes != sizeof value)
    return false;
  memcpy(&value, t->data.raw, sizeof value);
  return in->dims->size > 0 && (value == -1 || value == in->dims->size - 1);
}

static bool is_one_number(const norm* n, int32_t tensor) {
  if (!is_float(n->f, tensor)) return false;
  const TfLiteTensor* t = &n->f->subgraph->tensors[tensor];
  return t->allocation_type == kTfLiteMmapRo && t->data.raw != NULL && t->bytes == sizeof(float) && t->dims->size <= 1;
}

/* The reader of `tensor`, which has two, that is not at `position`; -1: it has others. */
static int32_t other_reader(const norm* n, int32_t tensor, int32_t position) {
  const readers* r = &n->f->readers[tensor];
  if (r->count != 2 || r->last == r->before) return -1;
  return r->last == position ? r->before : r->before == position ? r->last : -1;
}

/* The factor 1 / sqrt(variance + epsilon) * scale, -1: it is not made so. */
static int32_t find_factor(norm* n, int32_t mean, int32_t constants[NORM_CONSTANTS]) {
  const readers* r = &n->f->readers[mean];
  const int32_t before = r->before;
  if (r->count != 2 || before < 0) return -1;
  const int32_t at = code_at(n->f, before) == kTfLiteBuiltinSquaredDifference ? before : r->last;
  const int32_t squares = take(n, at, kTfLiteBuiltinSquaredDifference);
  if (squares < 0 || !reads(n, at, n->x, mean)) return -1;
  const int32_t variance = take_reader(n, squares, kTfLiteBuiltinMean);
  if (variance < 0 || !is_over_channels(n, last_of(n), squares)) return -1;
  const int32_t sum = take_reader(n, variance, kTfLiteBuiltinAdd);
  if (sum < 0) return -1;
  constants[0] = other_input(n, last_of(n), variance);
  if (!is_one_number(n, constants[0])) return -1;
  const int32_t root = take_reader(n, sum, kTfLiteBuiltinRsqrt);
  if (root < 0 || n->f->readers[root].count != 1) return root;
  const int32_t factor = take_reader(n, root, kTfLiteBuiltinMul);
  if (factor < 0) return -1;
  constants[1] = other_input(n, last_of(n), root);
  return is_by_channel(n->f, constants[1], n->x) ? factor : -1;
}

/* shift - mean * factor, where `product` is the position of the last MUL; -1: it is not made so. */
static int32_t find_shift(norm* n, int32_t mean, int32_t factor, int32_t product, int32_t constants[NORM_CONSTANTS]) {
  const readers* r = &n->f->readers[mean];
  const int32_t squares = n->positions[0];
  const int32_t reader = other_reader(n, mean, squares);
  if (r->count != 2 || reader < 0) return -1;
  if (reader != product) {
    const int32_t negative = take(n, reader, kTfLiteBuiltinNeg);
    if (negative < 0 || n->f->readers[negative].count != 1) return -1;
    const int32_t shift = take(n, product, kTfLiteBuiltinMul);
    return shift >= 0 && reads(n, product, negative, factor) ? shift : -1;
  }
  const int32_t moved = take(n, product, kTfLiteBuiltinMul);
  if (moved < 0 || !reads(n, product, mean, factor)) return -1;
  const int32_t shift = take_reader(n, moved, kTfLiteBuiltinSub);
  if (shift < 0) return -1;
  constants[2] = input_of(node_at(n->f, last_of(n)), 0);
  return is_by_channel(n->f, constants[2], n->x) && reads(n, last_of(n), constants[2], moved) ? shift : -1;
}

int ln_find_norm(const fuse_state* f, int32_t position, int32_t followers[NORM_NODES],
                 int32_t constants[NORM_CONSTANTS]) {
  if (code_at(f, position) != kTfLiteBuiltinMean) return 0;
  norm n = {.f = f, .x = input_of(node_at(f, position), 0), .positions = followers};
  const int32_t mean = output_of(node_at(f, position));
  /* x is read earlier than before: nobody may write it until then. */
  if (!is_float(f, n.x) || !is_float(f, mean) || f->subgraph->tensors[n.x].is_variable ||
      f->readers[n.x].writer >= position || !is_over_channels(&n, position, n.x))
    return 0;
  constants[0] = constants[1] = constants[2] = -1;
  const int32_t factor = find_factor(&n, mean, constants);
  if (factor < 0) return 0;
  const readers* r = &f->readers[factor];
  if (r->count != 2 || r->before < 0 || r->before == r->last) return 0;
  const bool first = code_at(f, r->before) == kTfLiteBuiltinMul && reads(&n, r->before, n.x, factor);
  const int32_t scaled_at = first ? r->before : r->last;
  const int32_t shift = find_shift(&n, mean, factor, first ? r->last : r->before, constants);
  const int32_t scaled = take(&n, scaled_at, kTfLiteBuiltinMul);
  if (shift < 0 || scaled < 0 || !reads(&n, scaled_at, n.x, factor)) return 0;
  const int32_t out = take_reader(&n, scaled, kTfLiteBuiltinAdd);
  if (out < 0 || f->readers[shift].count != 1 || !reads(&n, last_of(&n), scaled, shift)) return 0;
  return n.count;
}
