/* Layers that make one tensor of several. */
#include <string.h>

#include "convert/import/keras_einsum.h"

/* Keras puts the missing dimensions of inputs of lower rank behind the batch. */
static ln_tensor* raise_rank(ln_keras_call* call, ln_tensor* x, int rank) {
  int32_t dims[LN_MAX_DIMS];
  if (x->rank == rank || x->rank < 1) return x;
  const int missing = rank - x->rank;
  for (int i = 0; i < rank; ++i) dims[i] = i == 0 ? LN_KERAS_DIM(0) : i <= missing ? 1 : LN_KERAS_DIM(i - missing);
  return ln_keras_reshape(call, x, rank, dims, ln_keras_name(call, "raised"));
}

static void merge(ln_keras_call* call, int code, bool average) {
  int rank = 0;
  for (int i = 0; i < call->in_count; ++i)
    if (call->in[i]->rank > rank) rank = call->in[i]->rank;
  if (call->in_count < 2) {
    ln_keras_fail(call, "it has %d inputs; at least 2 are right", call->in_count);
    return;
  }
  ln_tensor* sum = raise_rank(call, call->in[0], rank);
  for (int i = 1; i < call->in_count; ++i)
    sum = ln_build_binary(&call->b, code, sum, raise_rank(call, call->in[i], rank),
                          i + 1 < call->in_count || average ? ln_keras_name(call, "sum") : call->name);
  if (average) sum = ln_build_with_number(&call->b, LN_OP_MUL, sum, 1.0 / call->in_count, call->name);
  ln_keras_return(call, sum);
}

static void add(ln_keras_call* call) { merge(call, LN_OP_ADD, false); }
static void average(ln_keras_call* call) { merge(call, LN_OP_ADD, true); }
static void multiply(ln_keras_call* call) { merge(call, LN_OP_MUL, false); }
static void maximum(ln_keras_call* call) { merge(call, LN_OP_MAXIMUM, false); }
static void minimum(ln_keras_call* call) { merge(call, LN_OP_MINIMUM, false); }
static void subtract(ln_keras_call* call) {
  if (call->in_count > 2)
    ln_keras_fail(call, "it has %d inputs; 2 are right", call->in_count);
  else
    merge(call, LN_OP_SUB, false);
}

static void concatenate(ln_keras_call* call) {
  int axis = ln_keras_int(call, "axis", -1);
  const int rank = call->in[0]->rank;
  if (axis < 0) axis += rank;
  if (axis < 0 || axis >= rank) {
    ln_keras_fail(call, "its axis does not fit inputs of rank %d", rank);
    return;
  }
  ln_keras_return(call, ln_build_concat(&call->b, call->in_count, call->in, axis, call->name));
}

/* x with a length of 1 along the axis. */
static ln_tensor* normalized(ln_keras_call* call, ln_tensor* x, int axis) {
  const ln_form f = ln_keras_form(call);
  ln_tensor* sum =
      ln_form_reduce(&f, LN_OP_SUM, ln_form_unary(&f, LN_OP_SQUARE, x, "squares"), axis, true, "square_sum");
  sum = ln_form_number(&f, LN_OP_MAXIMUM, sum, 1e-12, "at_least");
  return ln_form_binary(&f, LN_OP_MUL, x, ln_form_unary(&f, LN_OP_RSQRT, sum, "factor"), "normalized");
}

/* The equation of a product of two inputs along an axis of each, in `text`: what they share is the batch and that
 * axis; the result has the batch, the rest of x and the rest of y. */
static void dot_equation(const int32_t axes[2], const int ranks[2], char* text) {
  char rest[2 * LN_MAX_DIMS + 1], letter = 'c';
  int count = 0;
  for (int i = 0; i < 2; ++i) {
    if (i == 1) *text++ = ',';
    for (int k = 0; k < ranks[i]; ++k) {
      *text++ = k == 0 ? 'a' : k == axes[i] ? 'b' : letter;
      if (k > 0 && k != axes[i]) rest[count++] = letter++;
    }
  }
  rest[count] = 0;
  sprintf(text, "->a%s", rest);
}

static void dot(ln_keras_call* call) {
  int32_t axes[2] = {-1, -1};
  char equation[4 * LN_MAX_DIMS + 8];
  ln_tensor *x = call->in[0], *y = call->in_count > 1 ? call->in[1] : NULL;
  const int count = ln_keras_list(ln_keras_get(call, "axes"), 2, axes);
  if (count == 1) axes[1] = axes[0];
  if (y == NULL || count < 1 || x->rank < 2 || y->rank < 2 || x->rank + y->rank - 3 > LN_MAX_DIMS) {
    ln_keras_fail(call,
                  "it has %d inputs; 2 of rank 2 or more with axes, and no more than %d dimensions in the result, "
                  "can be converted",
                  call->in_count, LN_MAX_DIMS);
    return;
  }
  for (int i = 0; i < 2; ++i) {
    const int rank = call->in[i]->rank;
    if (axes[i] < 0) axes[i] += rank;
    if (axes[i] < 1 || axes[i] >= rank) {
      ln_keras_fail(call, "axis %d of an input of rank %d cannot be converted; 1 to %d can", axes[i], rank, rank - 1);
      return;
    }
  }
  const bool normalize = ln_keras_flag(call, "normalize", false);
  const int ranks[] = {x->rank, y->rank};
  dot_equation(axes, ranks, equation);
  if (normalize) x = normalized(call, x, axes[0]);
  if (normalize) y = normalized(call, y, axes[1]);
  const bool alone = ranks[0] == 2 && ranks[1] == 2; /* [N], which becomes [N,1] */
  ln_tensor* out = ln_keras_einsum(call, equation, x, y, alone ? ln_keras_name(call, "products") : call->name);
  const int32_t dims[] = {LN_KERAS_DIM(0), 1};
  if (out != NULL) ln_keras_return(call, alone ? ln_keras_reshape(call, out, 2, dims, call->name) : out);
}

const ln_keras_lowering ln_keras_merge[] = {
    {"Add", add, 0, LN_KERAS_KEEPS_MASK},
    {"Subtract", subtract, 0, LN_KERAS_KEEPS_MASK},
    {"Multiply", multiply, 0, LN_KERAS_KEEPS_MASK},
    {"Average", average, 0, LN_KERAS_KEEPS_MASK},
    {"Maximum", maximum, 0, LN_KERAS_KEEPS_MASK},
    {"Minimum", minimum, 0, LN_KERAS_KEEPS_MASK},
    {"Concatenate", concatenate, 0, LN_KERAS_KEEPS_MASK},
    {"Dot", dot, 0, 0},
    {NULL, NULL, 0, 0},
};
