/* Derivatives of activations and losses, which graphs have that compute what a model was trained by, or work with the
 * slopes of it. */
#include <string.h>

#include "convert/import/tf_import.h"

/* dy where the features lie between two bounds; 0 else. Inputs: gradients, features. */
static void relu_grad(ln_tf_call* call) {
  ln_tensor *dy = ln_tf_in(call, 0), *x = ln_tf_in(call, 1);
  ln_tensor* inside = ln_tf_number(call, LN_OP_GREATER, x, 0, "above");
  if (strcmp(call->def->op, "Relu6Grad") == 0)
    inside = ln_tf_binary(call, LN_OP_LOGICAL_AND, inside, ln_tf_number(call, LN_OP_LESS, x, 6, "below"), "inside");
  ln_tf_return(call, 0, ln_tf_choose(call, inside, dy, ln_tf_scalar(call, dy->type, 0, "zero"), NULL));
}

/* Inputs: gradients, features. */
static void leaky_relu_grad(ln_tf_call* call) {
  ln_tensor *dy = ln_tf_in(call, 0), *x = ln_tf_in(call, 1);
  ln_tensor* less = ln_tf_number(call, LN_OP_MUL, dy, (double)ln_tf_float(call->def, "alpha", 0.2f), "less");
  ln_tf_return(call, 0, ln_tf_choose(call, ln_tf_number(call, LN_OP_GREATER, x, 0, "above"), dy, less, NULL));
}

/* dy * (y + slope) where y, what the activation made, is below 0; dy * scale else. Inputs: gradients, outputs. */
static void exponential_grad(ln_tf_call* call) {
  const bool selu = strcmp(call->def->op, "SeluGrad") == 0;
  const double scale = selu ? 1.0507009873554805 : 1, slope = selu ? 1.0507009873554805 * 1.6732632423543772 : 1;
  ln_tensor *dy = ln_tf_in(call, 0), *y = ln_tf_in(call, 1);
  ln_tensor* below = ln_tf_binary(call, LN_OP_MUL, dy, ln_tf_number(call, LN_OP_ADD, y, slope, "slope"), "below");
  ln_tensor* above = selu ? ln_tf_number(call, LN_OP_MUL, dy, scale, "above") : dy;
  ln_tf_return(call, 0, ln_tf_choose(call, ln_tf_number(call, LN_OP_LESS, y, 0, "is_below"), below, above, NULL));
}

/* Inputs: gradients, features. dy * sigmoid x, and dy / (1 + |x|)^2 */
static void soft_grad(ln_tf_call* call) {
  ln_tensor *dy = ln_tf_in(call, 0), *x = ln_tf_in(call, 1);
  if (strcmp(call->def->op, "SoftplusGrad") == 0) {
    ln_tf_return(call, 0, ln_tf_binary(call, LN_OP_MUL, dy, ln_tf_unary(call, LN_OP_LOGISTIC, x, "sigmoid"), NULL));
    return;
  }
  x = ln_tf_number(call, LN_OP_ADD, ln_tf_unary(call, LN_OP_ABS, x, "abs"), 1, "more");
  ln_tf_return(call, 0, ln_tf_binary(call, LN_OP_DIV, dy, ln_tf_unary(call, LN_OP_SQUARE, x, "square"), NULL));
}

/* By y, what was computed of x, and dy. */
static void grad_by_result(ln_tf_call* call) {
  ln_tensor *y = ln_tf_in(call, 0), *dy = ln_tf_in(call, 1), *slope = NULL;
  const char* op = call->def->op;
  if (strcmp(op, "SigmoidGrad") == 0) { /* y * (1 - y) */
    ln_tensor* one = ln_tf_scalar(call, y->type, 1, "one");
    slope = ln_tf_binary(call, LN_OP_MUL, y, ln_tf_binary(call, LN_OP_SUB, one, y, "rest"), "slope");
  } else if (strcmp(op, "TanhGrad") == 0) { /* 1 - y^2 */
    ln_tensor* one = ln_tf_scalar(call, y->type, 1, "one");
    slope = ln_tf_binary(call, LN_OP_SUB, one, ln_tf_unary(call, LN_OP_SQUARE, y, "square"), "slope");
  } else if (strcmp(op, "RsqrtGrad") == 0) { /* -y^3 / 2 */
    slope = ln_tf_binary(call, LN_OP_MUL, ln_tf_unary(call, LN_OP_SQUARE, y, "square"), y, "cube");
    slope = ln_tf_number(call, LN_OP_MUL, slope, -0.5, "slope");
  } else if (strcmp(op, "SqrtGrad") == 0) { /* 1 / (2 y) */
    ln_tensor* half = ln_tf_number(call, LN_OP_MUL, dy, 0.5, "half");
    ln_tf_return(call, 0, ln_tf_binary(call, LN_OP_DIV, half, y, NULL));
    return;
  } else { /* 1 / x: -y^2 */
    slope = ln_tf_unary(call, LN_OP_NEG, ln_tf_unary(call, LN_OP_SQUARE, y, "square"), "slope");
  }
  ln_tf_return(call, 0, ln_tf_binary(call, LN_OP_MUL, dy, slope, NULL));
}

static void bias_add_grad(ln_tf_call* call) {
  ln_tensor* dy = ln_tf_in(call, 0);
  int32_t axes[LN_MAX_DIMS], channels;
  int count = 0;
  if (!ln_tf_axis(call, ln_tf_is_nchw(call) ? 1 : -1, dy->rank, &channels)) return;
  for (int32_t i = 0; i < dy->rank; ++i)
    if (i != channels) axes[count++] = i;
  ln_tf_return(call, 0, ln_build_reduce(&call->b, LN_OP_SUM, dy, count, axes, false, call->name));
}

/* The loss, -sum of labels * log softmax x, and its derivative, softmax x - labels. Labels may be numbers of classes.
 */
static void cross_entropy(ln_tf_call* call) {
  static const int32_t kLast[] = {1};
  ln_tensor *x = ln_tf_in(call, 0), *labels = ln_tf_in(call, 1);
  if (x->rank != 2 || x->type != LN_TYPE_FLOAT32) {
    ln_tf_fail(call, "its logits have rank %d; FLOAT32 of rank 2 can be converted", x->rank);
    return;
  }
  if (strncmp(call->def->op, "Sparse", 6) == 0) {
    ln_tensor* extents = ln_tf_extents(call, x, LN_TYPE_INT32, "shape");
    const int32_t begin[] = {1}, size[] = {1};
    ln_tensor* depth = ln_build_slice(&call->b, extents, begin, size, ln_tf_name(call, "classes"));
    depth = ln_build_reshape(&call->b, depth, 0, NULL, ln_tf_name(call, "depth"));
    ln_tensor* const inputs[] = {ln_tf_in_i32(call, 1), depth, ln_tf_scalar(call, LN_TYPE_FLOAT32, 1, "on"),
                                 ln_tf_scalar(call, LN_TYPE_FLOAT32, 0, "off")};
    ln_node* node = ln_build_node(&call->b, LN_OP_ONE_HOT, 4, inputs);
    LN_SET(node, OneHotOptions, axis, -1);
    labels = ln_build_done(node, ln_tf_name(call, "labels"), 1);
  }
  ln_tensor* logs = ln_tf_unary(call, LN_OP_LOG_SOFTMAX, x, "log_softmax");
  ln_tensor* terms = ln_tf_binary(call, LN_OP_MUL, labels, logs, "terms");
  ln_tensor* sum = ln_build_reduce(&call->b, LN_OP_SUM, terms, 1, kLast, false, ln_tf_name(call, "sum"));
  ln_tf_return(call, 0, ln_tf_unary(call, LN_OP_NEG, sum, NULL));
  ln_node* softmax = ln_build_node(&call->b, LN_OP_SOFTMAX, 1, &x);
  LN_SET_FLOAT(softmax, SoftmaxOptions, beta, 1);
  ln_tensor* likely = ln_build_done(softmax, ln_tf_name(call, "softmax"), 1);
  ln_tf_return(call, 1, ln_tf_binary(call, LN_OP_SUB, likely, labels, "backprop"));
}

const ln_tf_lowering ln_tf_gradients[] = {
    {"ReluGrad", relu_grad, 0},
    {"Relu6Grad", relu_grad, 0},
    {"LeakyReluGrad", leaky_relu_grad, 0},
    {"EluGrad", exponential_grad, 0},
    {"SeluGrad", exponential_grad, 0},
    {"SoftplusGrad", soft_grad, 0},
    {"SoftsignGrad", soft_grad, 0},
    {"SigmoidGrad", grad_by_result, 0},
    {"TanhGrad", grad_by_result, 0},
    {"RsqrtGrad", grad_by_result, 0},
    {"SqrtGrad", grad_by_result, 0},
    {"ReciprocalGrad", grad_by_result, 0},
    {"InvGrad", grad_by_result, 0},
    {"BiasAddGrad", bias_add_grad, 0},
    {"SoftmaxCrossEntropyWithLogits", cross_entropy, 0},
    {"SparseSoftmaxCrossEntropyWithLogits", cross_entropy, 0},
    {NULL, NULL, 0},
};
