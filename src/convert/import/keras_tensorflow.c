/* TensorFlow's functions in functional models of Keras 2 (TFOpLambda, SlicingOpLambda): each is one of keras.ops under
 * another name, with some arguments called otherwise. */
#include <string.h>

#include "convert/import/keras_import.h"

typedef struct function {
  const char *name, *operation;
  const char* renamed[4]; /* pairs: TensorFlow's argument, that of keras.ops */
} function;

static const function kFunctions[] = {
    {"__operators__.add", "Add", {NULL}},
    {"math.add", "Add", {NULL}},
    {"math.subtract", "Subtract", {NULL}},
    {"math.multiply", "Multiply", {NULL}},
    {"math.truediv", "Divide", {NULL}},
    {"math.divide", "Divide", {NULL}},
    {"math.floordiv", "FloorDivide", {NULL}},
    {"math.pow", "Power", {NULL}},
    {"math.maximum", "Maximum", {NULL}},
    {"math.minimum", "Minimum", {NULL}},
    {"math.greater", "Greater", {NULL}},
    {"math.greater_equal", "GreaterEqual", {NULL}},
    {"math.less", "Less", {NULL}},
    {"math.less_equal", "LessEqual", {NULL}},
    {"math.equal", "Equal", {NULL}},
    {"math.not_equal", "NotEqual", {NULL}},
    {"math.logical_and", "LogicalAnd", {NULL}},
    {"math.logical_or", "LogicalOr", {NULL}},
    {"math.logical_not", "LogicalNot", {NULL}},
    {"math.abs", "Absolute", {NULL}},
    {"math.negative", "Negative", {NULL}},
    {"math.exp", "Exp", {NULL}},
    {"math.log", "Log", {NULL}},
    {"math.log1p", "Log1p", {NULL}},
    {"math.sqrt", "Sqrt", {NULL}},
    {"math.rsqrt", "Rsqrt", {NULL}},
    {"math.square", "Square", {NULL}},
    {"math.sin", "Sin", {NULL}},
    {"math.cos", "Cos", {NULL}},
    {"math.tanh", "Tanh", {NULL}},
    {"math.sigmoid", "Sigmoid", {NULL}},
    {"math.erf", "Erf", {NULL}},
    {"math.floor", "Floor", {NULL}},
    {"math.ceil", "Ceil", {NULL}},
    {"math.sign", "Sign", {NULL}},
    {"math.reciprocal", "Reciprocal", {NULL}},
    {"math.softplus", "Softplus", {NULL}},
    {"math.reduce_mean", "Mean", {NULL}},
    {"math.reduce_sum", "Sum", {NULL}},
    {"math.reduce_max", "Max", {NULL}},
    {"math.reduce_min", "Min", {NULL}},
    {"math.reduce_prod", "Prod", {NULL}},
    {"math.reduce_variance", "Var", {NULL}},
    {"math.reduce_std", "Std", {NULL}},
    {"math.reduce_logsumexp", "Logsumexp", {NULL}},
    {"math.argmax", "Argmax", {NULL}},
    {"math.argmin", "Argmin", {NULL}},
    {"math.cumsum", "Cumsum", {NULL}},
    {"nn.relu", "Relu", {NULL}},
    {"nn.relu6", "Relu6", {NULL}},
    {"nn.sigmoid", "Sigmoid", {NULL}},
    {"nn.tanh", "Tanh", {NULL}},
    {"nn.elu", "Elu", {NULL}},
    {"nn.selu", "Selu", {NULL}},
    {"nn.silu", "Silu", {NULL}},
    {"nn.softplus", "Softplus", {NULL}},
    {"nn.softmax", "Softmax", {NULL}},
    {"nn.log_softmax", "LogSoftmax", {NULL}},
    {"nn.gelu", "Gelu", {NULL}},
    {"cast", "Cast", {NULL}},
    {"concat", "Concatenate", {NULL}},
    {"stack", "Stack", {NULL}},
    {"unstack", "Unstack", {NULL}},
    {"split", "Split", {"num_or_size_splits", "indices_or_sections", NULL}},
    {"reshape", "Reshape", {NULL}},
    {"transpose", "Transpose", {"perm", "axes", NULL}},
    {"compat.v1.transpose", "Transpose", {"perm", "axes", NULL}},
    {"expand_dims", "ExpandDims", {NULL}},
    {"squeeze", "Squeeze", {NULL}},
    {"compat.v1.squeeze", "Squeeze", {NULL}},
    {"tile", "Tile", {"multiples", "repeats", NULL}},
    {"repeat", "Repeat", {NULL}},
    {"reverse", "Flip", {NULL}},
    {"pad", "Pad", {"paddings", "pad_width", NULL}},
    {"compat.v1.pad", "Pad", {"paddings", "pad_width", NULL}},
    {"clip_by_value", "Clip", {"clip_value_min", "x_min", "clip_value_max", "x_max"}},
    {"where", "Where", {"x", "x1", "y", "x2"}},
    {"linalg.matmul", "Matmul", {"b", "x2", NULL}},
    {"compat.v1.gather", "Take", {NULL}},
    {"one_hot", "OneHot", {"depth", "num_classes", NULL}},
    {"zeros_like", "ZerosLike", {NULL}},
    {"ones_like", "OnesLike", {NULL}},
    {"identity", "Copy", {NULL}},
    {"stop_gradient", "StopGradient", {NULL}},
    {"image.resize", "Resize", {"method", "interpolation", NULL}},
};

static void delete_json(void* what) { cJSON_Delete(what); }

/* The first argument as the only one by position: a tensor, a list of tensors, or a number in the form of a call. */
static cJSON* first_argument(ln_keras_call* call) {
  cJSON* list = cJSON_CreateArray();
  if (list == NULL) ln_stop(call->job, "no memory");
  ln_job_defer(call->job, delete_json, list);
  const cJSON* json = call->args;
  const cJSON* name = cJSON_IsArray(json) ? json->child : NULL;
  if (name != NULL && cJSON_IsString(name) && strcmp(name->valuestring, "_CONSTANT_VALUE") == 0)
    json = name->next != NULL ? name->next->next : NULL;
  else if (name != NULL && cJSON_IsArray(name) && name->next == NULL)
    json = name; /* a list of one */
  if (json == NULL || !cJSON_AddItemReferenceToArray(list, (cJSON*)(uintptr_t)json)) return NULL;
  return list;
}

static cJSON* named_arguments(ln_keras_call* call, const function* f) {
  cJSON* renamed = cJSON_CreateObject();
  if (renamed == NULL) ln_stop(call->job, "no memory");
  ln_job_defer(call->job, delete_json, renamed);
  for (cJSON* item = cJSON_IsObject(call->kwargs) ? call->kwargs->child : NULL; item != NULL; item = item->next) {
    const char* key = item->string;
    for (int i = 0; i < 4 && f->renamed[i] != NULL; i += 2)
      if (strcmp(f->renamed[i], key) == 0) key = f->renamed[i + 1];
    if (strcmp(key, "name") == 0) continue;
    if (!cJSON_AddItemReferenceToObject(renamed, key, item)) ln_stop(call->job, "no memory");
  }
  return renamed;
}

static void call_as(ln_keras_call* call, const function* f) {
  ln_keras_call inner = *call;
  inner.class_name = f->operation;
  inner.is_operation = true;
  inner.args = first_argument(call);
  inner.kwargs = named_arguments(call, f);
  inner.out = NULL;
  inner.out_count = 0;
  inner.out_capacity = 0;
  ln_keras_lower(&inner);
  for (int i = 0; i < inner.out_count; ++i) ln_keras_return(call, inner.out[i]);
}

static void tensorflow(ln_keras_call* call) {
  const char* name = ln_keras_string(call, "function", "?");
  for (size_t i = 0; i < sizeof kFunctions / sizeof kFunctions[0]; ++i) {
    if (strcmp(kFunctions[i].name, name) != 0) continue;
    call_as(call, &kFunctions[i]);
    return;
  }
  ln_keras_fail(
      call, "it calls tf.%s, which is not known here; model.export() makes a SavedModel that says what it does", name);
}

static void slicing(ln_keras_call* call) {
  static const function kSlice = {"getitem", "GetItem", {"slice_spec", "key", NULL}};
  call_as(call, &kSlice);
}

const ln_keras_lowering ln_keras_tensorflow[] = {
    {"TFOpLambda", tensorflow, 0, 0},
    {"SlicingOpLambda", slicing, 0, 0},
    {NULL, NULL, 0, 0},
};
