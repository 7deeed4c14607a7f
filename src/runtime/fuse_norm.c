/* Layer normalization over the last dimension, which has no operator, told from the operators that it is written in:
 *
 *   m = MEAN x,  d = x - m,  g = RSQRT(MEAN(d^2) + epsilon) [* scale]
 *   result: x * g - m * g [+ shift], or d * g [* scale] [+ shift]
 *
 * in any order of the operands. Reads the plan only. */
#include "runtime/fuse_norm.h"

typedef struct finder {
  const fuse_state* f;
  ln_norm* norm;
  int32_t m, d; /* tensors, -1: none */
} finder;

/* The activation of an element-wise operator is none. */
static bool is_plain(const ln_node* node) {
  const int32_t code = node->registration.builtin_code;
  const TfLiteFusedActivation* activation = activation_of(node);
  if (activation != NULL) return *activation == kTfLiteActNone;
  return code != kTfLiteBuiltinAdd && code != kTfLiteBuiltinSub && code != kTfLiteBuiltinMul;
}

static int32_t other_of(const ln_node* node, int index) { return input_of(node, 1 - index); }

/* The node that makes the float tensor, if it has that code and no activation; it is one of the chain then. */
static const ln_node* made(finder* s, int32_t tensor, int32_t code) {
  ln_norm* norm = s->norm;
  const int32_t position = is_float(s->f, tensor) ? s->f->readers[tensor].writer : -1;
  if (code_at(s->f, position) != code) return NULL;
  const ln_node* node = node_at(s->f, position);
  if (output_of(node) != tensor || !is_plain(node)) return NULL;
  for (int i = 0; i < norm->count; ++i)
    if (norm->positions[i] == position) return node;
  if (norm->count == NORM_NODES) return NULL;
  norm->positions[norm->count++] = position;
  return node;
}

static bool is_number(const fuse_state* f, int32_t tensor) {
  if (!is_float(f, tensor)) return false;
  const TfLiteTensor* t = &f->subgraph->tensors[tensor];
  return t->allocation_type == kTfLiteMmapRo && t->data.raw != NULL && t->bytes == sizeof(float);
}

/* MEAN of the last dimension, which stays as 1. */
static const ln_node* made_by_mean(finder* s, int32_t tensor) {
  const ln_node* node = made(s, tensor, kTfLiteBuiltinMean);
  const TfLiteReducerParams* params = node != NULL ? node->node.builtin_data : NULL;
  if (params == NULL || !params->keep_dims || node->node.inputs->size != 2) return NULL;
  const int32_t x = input_of(node, 0);
  int32_t axis;
  if (!is_float(s->f, x) || !read_constants(s->f, input_of(node, 1), &axis, 1)) return NULL;
  return axis == -1 || axis == s->f->subgraph->tensors[x].dims->size - 1 ? node : NULL;
}

/* Takes back what a trial has taken up. */
static bool undo(finder* s, int count) {
  s->norm->count = count;
  return false;
}

/* Whether m is MEAN x. */
static bool find_mean(finder* s, int32_t x, int32_t m) {
  const int count = s->norm->count;
  const ln_node* mean = made_by_mean(s, m);
  if (mean == NULL || input_of(mean, 0) != x) return undo(s, count);
  s->norm->x = x;
  s->norm->mean = s->f->readers[m].writer;
  s->m = m;
  return true;
}

static bool find_squares(finder* s, int32_t tensor) {
  const ln_node* node = made(s, tensor, kTfLiteBuiltinSquaredDifference);
  s->d = -1;
  if (node != NULL)
    return find_mean(s, input_of(node, 0), input_of(node, 1)) || find_mean(s, input_of(node, 1), input_of(node, 0));
  node = made(s, tensor, kTfLiteBuiltinSquare);
  if (node == NULL) node = made(s, tensor, kTfLiteBuiltinMul);
  if (node == NULL || (node->node.inputs->size == 2 && input_of(node, 0) != input_of(node, 1))) return false;
  s->d = input_of(node, 0);
  node = made(s, s->d, kTfLiteBuiltinSub);
  return node != NULL && find_mean(s, input_of(node, 0), input_of(node, 1));
}

/* RSQRT(variance + epsilon) */
static bool find_inverse(finder* s, int32_t tensor) {
  const ln_node* node = made(s, tensor, kTfLiteBuiltinRsqrt);
  node = node != NULL ? made(s, input_of(node, 0), kTfLiteBuiltinAdd) : NULL;
  for (int i = 0; node != NULL && i < 2; ++i) {
    if (!is_number(s->f, input_of(node, i))) continue;
    s->norm->epsilon = input_of(node, i);
    const ln_node* variance = made_by_mean(s, other_of(node, i));
    return variance != NULL && find_squares(s, input_of(variance, 0));
  }
  return false;
}

/* The inverse, or its product with a constant by channel. */
static bool find_factor(finder* s, int32_t tensor) {
  s->norm->scale = -1;
  if (find_inverse(s, tensor)) return true;
  const ln_node* node = made(s, tensor, kTfLiteBuiltinMul);
  for (int i = 0; node != NULL && i < 2; ++i) {
    const int count = s->norm->count;
    if (find_inverse(s, input_of(node, i))) {
      s->norm->scale = other_of(node, i);
      return true;
    }
    undo(s, count);
  }
  return false;
}

/* Whether the tensor is the product of a and b. */
static bool is_product(finder* s, int32_t tensor, int32_t a, int32_t b) {
  const ln_node* node = made(s, tensor, kTfLiteBuiltinMul);
  return node != NULL &&
         ((input_of(node, 0) == a && input_of(node, 1) == b) || (input_of(node, 0) == b && input_of(node, 1) == a));
}

/* Whether the tensor is -MEAN x times the factor. */
static bool is_negative_product(finder* s, int32_t tensor, int32_t factor) {
  const ln_node* node = made(s, tensor, kTfLiteBuiltinMul);
  for (int i = 0; node != NULL && i < 2; ++i) {
    const ln_node* negative = input_of(node, i) == factor ? made(s, other_of(node, i), kTfLiteBuiltinNeg) : NULL;
    if (negative != NULL) return input_of(negative, 0) == s->m;
  }
  return false;
}

/* Whether the tensor is [shift] - MEAN x * factor. */
static bool find_rest(finder* s, int32_t tensor, int32_t factor) {
  s->norm->shift = -1;
  if (is_negative_product(s, tensor, factor)) return true;
  const ln_node* node = made(s, tensor, kTfLiteBuiltinSub);
  if (node != NULL) {
    s->norm->shift = input_of(node, 0);
    return is_product(s, input_of(node, 1), s->m, factor);
  }
  node = made(s, tensor, kTfLiteBuiltinAdd);
  for (int i = 0; node != NULL && i < 2; ++i) {
    s->norm->shift = other_of(node, i);
    if (is_negative_product(s, input_of(node, i), factor)) return true;
  }
  return false;
}

static bool find_two_products(finder* s, const ln_node* last) {
  const bool sum = last->registration.builtin_code == kTfLiteBuiltinAdd;
  const int count = s->norm->count;
  for (int i = 0; i < (sum ? 2 : 1); ++i)
    for (int k = 0; k < 2; ++k) {
      undo(s, count);
      const ln_node* product = made(s, input_of(last, i), kTfLiteBuiltinMul);
      if (product == NULL || !find_factor(s, input_of(product, k)) || s->norm->x != other_of(product, k)) continue;
      const int32_t factor = input_of(product, k), rest = other_of(last, i);
      if (sum ? find_rest(s, rest, factor) : is_product(s, rest, s->m, factor)) return true;
    }
  return undo(s, count);
}

/* d * factor */
static bool find_centered(finder* s, const ln_node* product) {
  const int count = s->norm->count;
  for (int k = 0; k < 2; ++k) {
    undo(s, count);
    const int32_t d = other_of(product, k);
    s->norm->centered = true;
    if (!find_factor(s, input_of(product, k))) continue;
    if (s->d >= 0 && s->d == d) return true;
    const ln_node* difference = made(s, d, kTfLiteBuiltinSub);
    if (difference != NULL && input_of(difference, 0) == s->norm->x && input_of(difference, 1) == s->m) return true;
  }
  return undo(s, count);
}

/* d * factor [* scale], made by `product`. */
static bool find_scaled(finder* s, const ln_node* product) {
  if (find_centered(s, product)) return true;
  const int count = s->norm->count;
  for (int i = 0; i < 2; ++i) {
    const ln_node* inner = made(s, input_of(product, i), kTfLiteBuiltinMul);
    if (inner != NULL && find_centered(s, inner)) {
      const bool first = s->norm->scale < 0; /* not two of them */
      s->norm->scale = other_of(product, i);
      return first;
    }
    undo(s, count);
  }
  return false;
}

/* d * factor [* scale] + shift */
static bool find_shifted(finder* s, const ln_node* sum) {
  const int count = s->norm->count;
  for (int i = 0; i < 2; ++i) {
    const ln_node* product = made(s, input_of(sum, i), kTfLiteBuiltinMul);
    if (product != NULL && find_scaled(s, product)) {
      s->norm->shift = other_of(sum, i);
      return true;
    }
    undo(s, count);
  }
  return false;
}

/* Whether all reads of what the chain's nodes write, but for the result, are the chain's own. */
static bool is_closed(const fuse_state* f, const ln_norm* norm) {
  for (int i = 1; i < norm->count; ++i) {
    const int32_t tensor = output_of(node_at(f, norm->positions[i]));
    int32_t own = 0;
    for (int k = 0; k < norm->count; ++k) {
      const ln_node* node = node_at(f, norm->positions[k]);
      for (int input = 0; input < node->node.inputs->size; ++input) own += node->node.inputs->data[input] == tensor;
    }
    if (own != f->readers[tensor].count) return false;
  }
  return true;
}

static bool find_any(finder* s, const ln_node* last) {
  switch (last->registration.builtin_code) {
    case kTfLiteBuiltinAdd:
      return find_two_products(s, last) || find_shifted(s, last);
    case kTfLiteBuiltinSub:
      return find_two_products(s, last);
    case kTfLiteBuiltinMul:
      return find_scaled(s, last);
    default:
      return false;
  }
}

bool ln_find_norm(const fuse_state* f, int32_t position, ln_norm* norm) {
  const ln_node* last = node_at(f, position);
  finder s = {f, norm, -1, -1};
  *norm = (ln_norm){.positions = {position}, .count = 1, .scale = -1, .shift = -1};
  if (!is_plain(last) || last->node.inputs->size != 2 || !find_any(&s, last) || !is_closed(f, norm)) return false;
  const TfLiteTensor* x = &f->subgraph->tensors[norm->x];
  return !x->is_variable && f->readers[norm->x].writer < norm->mean &&
         (norm->scale < 0 || is_by_channel(f, norm->scale, norm->x)) &&
         (norm->shift < 0 || is_by_channel(f, norm->shift, norm->x));
}
