/* Activations: as layers, and as functions that other layers name. */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "convert/import/keras_import.h"

/* One function's work: its argument, and the numbers that the layer or the function's configuration has. */
typedef struct activation {
  ln_keras_call* call;
  const ln_builder* b;
  const cJSON* config;
  const char* name;
  bool is_layer; /* some defaults differ */
} activation;

static double number(const activation* a, const char* key, double fallback) {
  const cJSON* item = cJSON_GetObjectItemCaseSensitive(a->config, key);
  if (cJSON_IsObject(item))
    item = cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(item, "config"), "value");
  return cJSON_IsNumber(item) ? item->valuedouble : fallback;
}

static ln_tensor* unary(const activation* a, int code, ln_tensor* x, const char* what) {
  return ln_build_unary(a->b, code, x, what != NULL ? ln_keras_name(a->call, what) : a->name);
}

static ln_tensor* with(const activation* a, int code, ln_tensor* x, double n, const char* what) {
  return ln_build_with_number(a->b, code, x, n, what != NULL ? ln_keras_name(a->call, what) : a->name);
}

static ln_tensor* both(const activation* a, int code, ln_tensor* x, ln_tensor* y, const char* what) {
  return ln_build_binary(a->b, code, x, y, what != NULL ? ln_keras_name(a->call, what) : a->name);
}

static ln_tensor* clip(const activation* a, ln_tensor* x, double low, double high, const char* what) {
  return with(a, LN_OP_MINIMUM, with(a, LN_OP_MAXIMUM, x, low, "clipped_below"), high, what);
}

/* scale * (max(x, 0) + alpha * (exp(min(x, 0) / per) - 1)): elu, selu, celu. */
static ln_tensor* exponential_unit(const activation* a, ln_tensor* x, double scale, double alpha, double per) {
  if (scale == 1 && alpha == 1 && per == 1) return unary(a, LN_OP_ELU, x, NULL);
  ln_tensor* low = with(a, LN_OP_MINIMUM, x, 0, "negative");
  if (per != 1) low = with(a, LN_OP_MUL, low, 1 / per, "scaled");
  low = with(a, LN_OP_MUL, unary(a, LN_OP_ELU, low, "elu"), alpha, "alpha");
  ln_tensor* sum = both(a, LN_OP_ADD, unary(a, LN_OP_RELU, x, "positive"), low, scale != 1 ? "sum" : NULL);
  return scale != 1 ? with(a, LN_OP_MUL, sum, scale, NULL) : sum;
}

/* max(x, 0) + log(1 + exp(-|x|)): without overflow. */
static ln_tensor* softplus(const activation* a, ln_tensor* x, const char* what) {
  ln_tensor* small = unary(a, LN_OP_EXP, unary(a, LN_OP_NEG, unary(a, LN_OP_ABS, x, "abs"), "neg"), "exp");
  small = unary(a, LN_OP_LOG, with(a, LN_OP_ADD, small, 1, "one_more"), "log");
  return both(a, LN_OP_ADD, unary(a, LN_OP_RELU, x, "positive"), small, what);
}

static ln_tensor* leaky(const activation* a, ln_tensor* x, double slope) {
  ln_node* node = ln_build_node(a->b, LN_OP_LEAKY_RELU, 1, &x);
  LN_SET_FLOAT(node, LeakyReluOptions, alpha, (float)slope);
  return ln_build_done(node, a->name, 1);
}

/* The steps that Keras takes for relu's options. */
static ln_tensor* relu(const activation* a, ln_tensor* x) {
  const double slope = number(a, "negative_slope", number(a, "alpha", 0)), most = number(a, "max_value", INFINITY),
               threshold = number(a, "threshold", 0);
  if (slope != 0 && most == INFINITY && threshold == 0) return leaky(a, x, slope);
  if (slope == 0 && threshold == 0 && most == INFINITY) return unary(a, LN_OP_RELU, x, NULL);
  if (slope == 0 && threshold == 0 && most == 6) return unary(a, LN_OP_RELU6, x, NULL);
  ln_tensor* negative = NULL;
  if (slope != 0) {
    ln_tensor* below = with(a, LN_OP_ADD, unary(a, LN_OP_NEG, x, "neg"), threshold, "below");
    negative = with(a, LN_OP_MUL, unary(a, LN_OP_RELU, below, "negative"), slope, "sloped");
  }
  ln_tensor* y;
  if (threshold != 0) {
    ln_tensor* counts =
        ln_build_cast(a->b, with(a, LN_OP_GREATER, x, threshold, "counts"), x->type, ln_keras_name(a->call, "mask"));
    y = both(a, LN_OP_MUL, x, counts, "thresholded");
  } else {
    y = unary(a, LN_OP_RELU, x, "positive");
  }
  if (most != INFINITY) y = clip(a, y, 0, most, negative != NULL ? "clipped" : NULL);
  return negative != NULL ? both(a, LN_OP_SUB, y, negative, NULL) : y;
}

static ln_tensor* softmax(const activation* a, ln_tensor* x) {
  const cJSON* axis = cJSON_GetObjectItemCaseSensitive(a->config, "axis");
  if (cJSON_IsArray(axis) && cJSON_GetArraySize(axis) == 1) axis = axis->child;
  if (cJSON_IsArray(axis)) {
    int32_t axes[LN_MAX_DIMS];
    const int count = ln_keras_list(axis, LN_MAX_DIMS, axes);
    for (int i = 0; i < count; ++i)
      if (axes[i] < -x->rank || axes[i] >= x->rank) {
        ln_keras_fail(a->call, "its axis %d does not fit an input of rank %d", axes[i], x->rank);
        return x;
      }
    if (count < 1) return ln_keras_softmax(a->call, x, -1, a->name);
    ln_tensor* most = ln_build_reduce(a->b, LN_OP_REDUCE_MAX, x, count, axes, true, ln_keras_name(a->call, "most"));
    ln_tensor* e = unary(a, LN_OP_EXP, both(a, LN_OP_SUB, x, most, "below"), "exp");
    ln_tensor* sum = ln_build_reduce(a->b, LN_OP_SUM, e, count, axes, true, ln_keras_name(a->call, "sum"));
    return both(a, LN_OP_DIV, e, sum, NULL);
  }
  return ln_keras_softmax(a->call, x, ln_keras_to_int(axis, -1), a->name);
}

static ln_tensor* glu(const activation* a, ln_tensor* x) {
  int axis = (int)number(a, "axis", -1);
  if (x->rank < 1 || axis < -x->rank || axis >= x->rank) return x;
  ln_tensor* const inputs[] = {
      ln_graph_int(a->b->subgraph, ln_keras_name(a->call, "axis"), axis < 0 ? axis + x->rank : axis), x};
  ln_node* node = ln_build_node(a->b, LN_OP_SPLIT, 2, inputs);
  LN_SET(node, SplitOptions, num_splits, 2);
  ln_tensor* first = ln_build_done(node, ln_keras_name(a->call, "halves"), 2);
  return both(a, LN_OP_MUL, first, unary(a, LN_OP_LOGISTIC, node->outputs[1], "gate"), NULL);
}

static ln_tensor* gelu(const activation* a, ln_tensor* x) {
  const cJSON* approximate = cJSON_GetObjectItemCaseSensitive(a->config, "approximate");
  ln_node* node = ln_build_node(a->b, LN_OP_GELU, 1, &x);
  LN_SET(node, GeluOptions, approximate, cJSON_IsTrue(approximate));
  return ln_build_done(node, a->name, 1);
}

static ln_tensor* hard_sigmoid(const activation* a, ln_tensor* x) {
  if (ln_keras_is_2(a->call->weights.file))
    return clip(a, with(a, LN_OP_ADD, with(a, LN_OP_MUL, x, 0.2, "scaled"), 0.5, "shifted"), 0, 1, NULL);
  return with(a, LN_OP_MUL, unary(a, LN_OP_RELU6, with(a, LN_OP_ADD, x, 3, "shifted"), "relu6"), 1.0 / 6, NULL);
}

static ln_tensor* silu(const activation* a, ln_tensor* x) {
  return both(a, LN_OP_MUL, x, unary(a, LN_OP_LOGISTIC, x, "sigmoid"), NULL);
}

static ln_tensor* softsign(const activation* a, ln_tensor* x) {
  return both(a, LN_OP_DIV, x, with(a, LN_OP_ADD, unary(a, LN_OP_ABS, x, "abs"), 1, "one_more"), NULL);
}

static ln_tensor* mish(const activation* a, ln_tensor* x) {
  return both(a, LN_OP_MUL, x, unary(a, LN_OP_TANH, softplus(a, x, "softplus"), "tanh"), NULL);
}

static ln_tensor* log_sigmoid(const activation* a, ln_tensor* x) {
  return unary(a, LN_OP_NEG, softplus(a, unary(a, LN_OP_NEG, x, "negated"), "softplus"), NULL);
}

static ln_tensor* soft_shrink(const activation* a, ln_tensor* x) {
  const double t = number(a, "threshold", 0.5);
  ln_tensor* above = unary(a, LN_OP_RELU, with(a, LN_OP_SUB, x, t, "above"), "positive");
  ln_tensor* below = unary(a, LN_OP_RELU, with(a, LN_OP_SUB, unary(a, LN_OP_NEG, x, "neg"), t, "below"), "negative");
  return both(a, LN_OP_SUB, above, below, NULL);
}

/* x where `counts`, `other` elsewhere. */
static ln_tensor* where(const activation* a, ln_tensor* counts, ln_tensor* x, double other) {
  ln_tensor* const inputs[] = {counts, x, ln_build_number(a->b, x->type, other, ln_keras_name(a->call, "other"))};
  return ln_build_done(ln_build_node(a->b, LN_OP_SELECT_V2, 3, inputs), a->name, 1);
}

static ln_tensor* hard_shrink(const activation* a, ln_tensor* x) {
  return where(a, with(a, LN_OP_GREATER, unary(a, LN_OP_ABS, x, "abs"), number(a, "threshold", 0.5), "counts"), x, 0);
}

static ln_tensor* threshold(const activation* a, ln_tensor* x) {
  const double t = number(a, "threshold", number(a, "threshold_value", 0));
  return where(a, with(a, LN_OP_GREATER, x, t, "counts"), x, number(a, "default_value", number(a, "value", 0)));
}

static ln_tensor* squareplus(const activation* a, ln_tensor* x) {
  ln_tensor* root =
      unary(a, LN_OP_SQRT, with(a, LN_OP_ADD, both(a, LN_OP_MUL, x, x, "square"), number(a, "b", 4), "sum"), "root");
  return with(a, LN_OP_MUL, both(a, LN_OP_ADD, x, root, "twice"), 0.5, NULL);
}

static ln_tensor* sparse_plus(const activation* a, ln_tensor* x) {
  ln_tensor* middle = with(a, LN_OP_ADD, clip(a, x, -1, 1, "middle"), 1, "from_0");
  middle = with(a, LN_OP_MUL, both(a, LN_OP_MUL, middle, middle, "square"), 0.25, "quarter");
  return both(a, LN_OP_ADD, middle, unary(a, LN_OP_RELU, with(a, LN_OP_SUB, x, 1, "above"), "high"), NULL);
}

static ln_tensor* sparse_sigmoid(const activation* a, ln_tensor* x) {
  return clip(a, with(a, LN_OP_MUL, with(a, LN_OP_ADD, x, 1, "from_0"), 0.5, "half"), 0, 1, NULL);
}

static ln_tensor* tanh_shrink(const activation* a, ln_tensor* x) {
  return both(a, LN_OP_SUB, x, unary(a, LN_OP_TANH, x, "tanh"), NULL);
}

static ln_tensor* selu(const activation* a, ln_tensor* x) {
  return exponential_unit(a, x, 1.0507009873554804934, 1.6732632423543772848, 1);
}

static ln_tensor* elu(const activation* a, ln_tensor* x) { return exponential_unit(a, x, 1, number(a, "alpha", 1), 1); }

static ln_tensor* celu(const activation* a, ln_tensor* x) {
  const double alpha = number(a, "alpha", 1);
  return exponential_unit(a, x, 1, alpha, alpha);
}

static ln_tensor* leaky_relu(const activation* a, ln_tensor* x) {
  return leaky(a, x, number(a, "negative_slope", number(a, "alpha", a->is_layer ? 0.3 : 0.2)));
}

static ln_tensor* softplus_of(const activation* a, ln_tensor* x) { return softplus(a, x, NULL); }

static ln_tensor* sparsemax(const activation* a, ln_tensor* x) {
  return ln_keras_sparsemax(a->call, x, (int32_t)number(a, "axis", -1), a->name);
}

/* The functions. Operations and layers have the same names, written as classes: hard_sigmoid, HardSigmoid. With a code:
 * that operator alone. */
static const struct {
  const char* name;
  ln_tensor* (*make)(const activation* a, ln_tensor* x);
  int code;
} kActivations[] = {
    {"relu", relu, 0},
    {"relu6", NULL, LN_OP_RELU6},
    {"softmax", softmax, 0},
    {"sigmoid", NULL, LN_OP_LOGISTIC},
    {"hard_sigmoid", hard_sigmoid, 0},
    {"tanh", NULL, LN_OP_TANH},
    {"elu", elu, 0},
    {"selu", selu, 0},
    {"gelu", gelu, 0},
    {"silu", silu, 0},
    {"swish", silu, 0},
    {"hard_silu", NULL, LN_OP_HARD_SWISH},
    {"hard_swish", NULL, LN_OP_HARD_SWISH},
    {"softplus", softplus_of, 0},
    {"softsign", softsign, 0},
    {"exponential", NULL, LN_OP_EXP},
    {"leaky_relu", leaky_relu, 0},
    {"mish", mish, 0},
    {"log_softmax", NULL, LN_OP_LOG_SOFTMAX},
    {"celu", celu, 0},
    {"glu", glu, 0},
    {"log_sigmoid", log_sigmoid, 0},
    {"tanh_shrink", tanh_shrink, 0},
    {"soft_shrink", soft_shrink, 0},
    {"hard_shrink", hard_shrink, 0},
    {"hard_tanh", NULL, LN_OP_RELU_N1_TO_1},
    {"squareplus", squareplus, 0},
    {"sparse_plus", sparse_plus, 0},
    {"sparsemax", sparsemax, 0},
    {"sparse_sigmoid", sparse_sigmoid, 0},
    {"threshold", threshold, 0},
    {"thresholded_relu", threshold, 0},
};
enum { ACTIVATIONS = sizeof kActivations / sizeof kActivations[0] };

/* Without regard to case and underscores. */
static bool same_name(const char* a, const char* b) {
  for (;; ++a, ++b) {
    while (*a == '_') ++a;
    while (*b == '_') ++b;
    if (tolower((unsigned char)*a) != tolower((unsigned char)*b)) return false;
    if (*a == 0) return true;
  }
}

bool ln_keras_is_activation(const char* class_name) {
  for (size_t i = 0; i < ACTIVATIONS; ++i)
    if (same_name(kActivations[i].name, class_name)) return true;
  return false;
}

ln_tensor* ln_keras_activation(ln_keras_call* call, const char* function, const cJSON* config, ln_tensor* x,
                               const char* name) {
  /* A class's name is that of the layer or operation itself. */
  const bool is_layer = function[0] >= 'A' && function[0] <= 'Z' && !call->is_operation;
  const activation a = {call, &call->b, config, name, is_layer};
  if (x->broken || strcmp(function, "linear") == 0) return x;
  for (size_t i = 0; i < ACTIVATIONS; ++i)
    if (same_name(kActivations[i].name, function))
      return kActivations[i].make != NULL ? kActivations[i].make(&a, x) : unary(&a, kActivations[i].code, x, NULL);
  ln_problem(call->job, call->b.place,
             "its activation \"%s\" is none of keras.activations, and the file holds no Python code of it; save the "
             "model as a "
             "SavedModel with model.export()",
             function);
  x->broken = true;
  return x;
}

ln_tensor* ln_keras_activate(ln_keras_call* call, const cJSON* json, ln_tensor* x, const char* name) {
  if (json == NULL || cJSON_IsNull(json)) return x;
  if (cJSON_IsString(json)) return ln_keras_activation(call, json->valuestring, NULL, x, name);
  const cJSON *class_name = cJSON_GetObjectItemCaseSensitive(json, "class_name"),
              *config = cJSON_GetObjectItemCaseSensitive(json, "config");
  if (!cJSON_IsString(class_name)) {
    ln_problem(call->job, call->b.place, "its activation has no name");
    x->broken = true;
    return x;
  }
  if (strcmp(class_name->valuestring, "function") == 0)
    return ln_keras_activation(call, cJSON_IsString(config) ? config->valuestring : "?", NULL, x, name);
  /* A layer as an activation, which may have weights. */
  int count;
  ln_tensor** outs = ln_keras_apply(call, json, ln_keras_part(&call->weights, "activation", NULL), &x, 1, &count);
  return count > 0 ? outs[0] : x;
}

static void activation_layer(ln_keras_call* call) {
  ln_keras_return(call, ln_keras_activate(call, ln_keras_get(call, "activation"), call->in[0], call->name));
}

void ln_keras_named_activation(ln_keras_call* call) {
  ln_keras_return(call, ln_keras_activation(call, call->class_name, call->config, call->in[0], call->name));
}

static ln_tensor* select(ln_keras_call* call, ln_tensor* mask, ln_tensor* x, float other, const char* name) {
  ln_tensor* const inputs[] = {mask, x, ln_graph_float(call->b.subgraph, ln_keras_name(call, "masked_out"), other)};
  return ln_build_done(ln_build_node(&call->b, LN_OP_SELECT_V2, 3, inputs), name, 1);
}

/* What a mask leaves out is made very small before, and 0 behind. */
static void softmax_layer(ln_keras_call* call) {
  ln_tensor* mask = call->in_count > 1 ? call->in[1] : ln_keras_mask_of(call, call->in[0]);
  if (mask == NULL) {
    ln_keras_named_activation(call);
    return;
  }
  if (mask->type != LN_TYPE_BOOL)
    mask = ln_build_with_number(&call->b, LN_OP_GREATER, mask, 0.5, ln_keras_name(call, "mask"));
  ln_tensor* x = select(call, mask, call->in[0], -1e9f, ln_keras_name(call, "kept"));
  x = ln_keras_activation(call, call->class_name, call->config, x, ln_keras_name(call, "softmax"));
  ln_keras_return(call, x->broken ? x : select(call, mask, x, 0, call->name));
}

static void prelu(ln_keras_call* call) {
  ln_keras_array alpha;
  const ln_tensor* x = call->in[0];
  if (x->rank < 2 || !ln_keras_weight(call, 0, "alpha", x->rank - 1, NULL, &alpha)) return;
  ln_keras_return(
      call, ln_build_binary(&call->b, LN_OP_PRELU, call->in[0], ln_keras_constant(call, &alpha, "alpha"), call->name));
}

const ln_keras_lowering ln_keras_activations[] = {
    {"Activation", activation_layer, 0, LN_KERAS_KEEPS_MASK},
    {"ReLU", ln_keras_named_activation, 0, LN_KERAS_KEEPS_MASK},
    {"LeakyReLU", ln_keras_named_activation, 0, LN_KERAS_KEEPS_MASK},
    {"ELU", ln_keras_named_activation, 0, LN_KERAS_KEEPS_MASK},
    {"ThresholdedReLU", ln_keras_named_activation, 0, LN_KERAS_KEEPS_MASK},
    {"Softmax", softmax_layer, 0, LN_KERAS_KEEPS_MASK},
    {"PReLU", prelu, 0, LN_KERAS_KEEPS_MASK},
    {NULL, NULL, 0, 0},
};
