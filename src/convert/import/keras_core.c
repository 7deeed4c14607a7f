/* Dense layers, embeddings, layers that do nothing but in training, layers that hold another. */
#include <string.h>

#include "convert/import/keras_einsum.h"

static void identity(ln_keras_call* call) { ln_keras_return(call, call->in[0]); }

static void dense(ln_keras_call* call) {
  static const int32_t kSwap[] = {1, 0};
  ln_tensor* x = call->in[0];
  ln_keras_array kernel, bias;
  if (x->rank < 2) {
    ln_keras_fail(call, "its input has rank %d; at least 2 is right", x->rank);
    return;
  }
  x = ln_build_cast(&call->b, x, LN_TYPE_FLOAT32, ln_keras_name(call, "float"));
  if (x->broken) return;
  const int32_t dims[] = {ln_dim(x, x->rank - 1), ln_keras_int(call, "units", -1)};
  if (!ln_keras_weight(call, 0, "kernel", 2, dims, &kernel)) return;
  const bool has_bias = ln_keras_flag(call, "use_bias", true);
  if (has_bias && !ln_keras_weight(call, 1, "bias", 1, &kernel.dims[1], &bias)) return;
  ln_tensor* b = has_bias ? ln_keras_constant(call, &bias, "bias") : ln_keras_zeros(call, kernel.dims[1]);
  kernel = ln_keras_permute(call->job, &kernel, kSwap);
  ln_tensor* y =
      ln_keras_fully_connected(call, x, ln_keras_constant(call, &kernel, "kernel"), b,
                               ln_keras_get(call, "activation") != NULL ? ln_keras_name(call, "dense") : call->name);
  ln_keras_return(call, ln_keras_activate(call, ln_keras_get(call, "activation"), y, call->name));
}

/* The scales of quantized weights are in the order of the result; they are read as those of the kernel's last
 * dimensions. False, noted: those are not the same. */
static bool scales_fit(ln_keras_call* call, const char* out, const char* kernel, int length) {
  const cJSON* policy = cJSON_GetObjectItemCaseSensitive(ln_keras_get(call, "dtype"), "config");
  if (cJSON_GetObjectItemCaseSensitive(policy, "source_name") == NULL) return true;
  const size_t out_length = strlen(out);
  int same = 0, own = 0;
  for (int i = 0; i < length; ++i) own += strchr(out, kernel[i]) != NULL;
  while (same < length && (size_t)same < out_length && kernel[length - 1 - same] == out[out_length - 1 - (size_t)same])
    ++same;
  if (same == own) return true;
  ln_keras_fail(call,
                "its weights are quantized, and the last letters of its equation are not the kernel's: save the "
                "model before quantize() is called");
  return false;
}

/* bias_axes are letters of the equation's result; the bias has 1 for the dimensions between them. */
static void einsum_dense(ln_keras_call* call) {
  const char *equation = ln_keras_string(call, "equation", ""), *axes = ln_keras_string(call, "bias_axes", "");
  const char* arrow = strstr(equation, "->");
  const char* comma = strchr(equation, ',');
  ln_keras_array kernel, bias;
  if (arrow == NULL || comma == NULL || comma > arrow) {
    ln_keras_fail(call, "its equation \"%s\" cannot be converted", equation);
    return;
  }
  int rank = 0;
  for (const char* c = comma + 1; c < arrow; ++c) rank += *c != ' ';
  if (rank > LN_MAX_DIMS || !ln_keras_weight(call, 0, "kernel", rank, NULL, &kernel)) {
    if (call->out_count == 0) ln_keras_fail(call, "its equation \"%s\" cannot be converted", equation);
    return;
  }
  if (!scales_fit(call, arrow + 2, comma + 1, (int)(arrow - comma - 1))) return;
  ln_tensor* x = ln_build_cast(&call->b, call->in[0], LN_TYPE_FLOAT32, ln_keras_name(call, "float"));
  ln_tensor* y = ln_keras_einsum_weights(call, equation, x, &kernel, ln_keras_name(call, "einsum"));
  if (y == NULL || y->broken) return;
  if (axes[0] != 0) {
    ln_keras_array probe;
    if (!ln_keras_read(&call->weights, 1, "bias", &probe)) {
      ln_keras_fail(call, "its weight \"bias\" is not in the file");
      return;
    }
    if (!ln_keras_weight(call, 1, "bias", probe.rank, NULL, &bias)) return;
    y = ln_build_binary(&call->b, LN_OP_ADD, y, ln_keras_constant(call, &bias, "bias"), ln_keras_name(call, "biased"));
  }
  ln_keras_return(call, ln_keras_activate(call, ln_keras_get(call, "activation"), y, call->name));
}

static void embedding(ln_keras_call* call) {
  const int32_t dims[] = {ln_keras_int(call, "input_dim", -1), ln_keras_int(call, "output_dim", -1)};
  ln_keras_array table;
  ln_tensor* x = call->in[0];
  if (!ln_keras_weight(call, 0, "embeddings", 2, dims, &table)) return;
  if (x->type != LN_TYPE_INT64) x = ln_build_cast(&call->b, x, LN_TYPE_INT32, ln_keras_name(call, "indices"));
  ln_tensor* const inputs[] = {ln_keras_constant(call, &table, "embeddings"), x};
  ln_node* node = ln_build_node(&call->b, LN_OP_GATHER, 2, inputs);
  ln_tensor* y = ln_build_done(node, call->name, 1);
  ln_keras_return(call, y);
  if (ln_keras_flag(call, "mask_zero", false))
    ln_keras_set_mask(call, y, ln_build_with_number(&call->b, LN_OP_NOT_EQUAL, x, 0, ln_keras_name(call, "mask")));
}

/* With reverse=True, products with all embeddings, or with another table. */
static void reversible_embedding(ln_keras_call* call) {
  static const int32_t kSwap[] = {1, 0};
  if (!cJSON_IsTrue(ln_keras_arg(call, 1, "reverse"))) {
    embedding(call);
    return;
  }
  const bool tied = ln_keras_flag(call, "tie_weights", true);
  const int32_t inner = ln_keras_int(call, "output_dim", -1), all = ln_keras_int(call, "input_dim", -1);
  const int32_t dims[] = {tied ? all : inner, tied ? inner : all};
  const cJSON* cap = ln_keras_get(call, "logit_soft_cap");
  ln_keras_array table;
  ln_tensor* x = call->in[0];
  if (x->rank < 2 || !ln_keras_weight(call, !tied, tied ? "embeddings" : "reverse_embeddings", 2, dims, &table)) {
    if (call->in[0]->rank < 2) ln_keras_fail(call, "its input has rank %d; at least 2 is right", x->rank);
    return;
  }
  if (!tied) table = ln_keras_permute(call->job, &table, kSwap);
  x = ln_keras_fully_connected(call, x, ln_keras_constant(call, &table, "reverse_embeddings"),
                               ln_keras_zeros(call, all), cap != NULL ? ln_keras_name(call, "logits") : call->name);
  if (cap != NULL) {
    const double most = ln_keras_number(call, "logit_soft_cap", 1);
    x = ln_build_with_number(&call->b, LN_OP_DIV, x, most, ln_keras_name(call, "capped"));
    x = ln_build_unary(&call->b, LN_OP_TANH, x, ln_keras_name(call, "tanh"));
    x = ln_build_with_number(&call->b, LN_OP_MUL, x, most, call->name);
  }
  ln_keras_return(call, x);
}

/* Preprocessing layers one behind the other. */
static void pipeline(ln_keras_call* call) {
  const cJSON* layers = ln_keras_get(call, "layers");
  ln_tensor* x = call->in[0];
  for (const cJSON* layer = cJSON_IsArray(layers) ? layers->child : NULL; layer != NULL; layer = layer->next) {
    const cJSON* class_name = cJSON_GetObjectItemCaseSensitive(layer, "class_name");
    const char* group = ln_keras_group_name(call->job, cJSON_IsString(class_name) ? class_name->valuestring : "?");
    int same = 0, count;
    for (const cJSON* before = layers->child; before != layer; before = before->next) {
      const cJSON* other = cJSON_GetObjectItemCaseSensitive(before, "class_name");
      same += cJSON_Compare(other, class_name, true);
    }
    const char* place =
        same > 0 ? ln_job_text(call->job, "layers/%s_%d", group, same) : ln_job_text(call->job, "layers/%s", group);
    ln_tensor** outs = ln_keras_apply(call, layer, ln_keras_part(&call->weights, place, NULL), &x, 1, &count);
    if (count != 1) {
      ln_keras_fail(call, "a layer within has %d outputs; 1 can be converted", count);
      return;
    }
    x = outs[0];
  }
  ln_keras_return(call, x);
}

static void masking(ln_keras_call* call) {
  ln_tensor* x = call->in[0];
  const int32_t axis[] = {x->rank - 1};
  if (x->rank < 2) {
    ln_keras_fail(call, "its input has rank %d; at least 2 is right", x->rank);
    return;
  }
  ln_tensor* counts = ln_build_with_number(&call->b, LN_OP_NOT_EQUAL, x, ln_keras_number(call, "mask_value", 0),
                                           ln_keras_name(call, "counts"));
  ln_tensor* any = ln_build_reduce(&call->b, LN_OP_REDUCE_ANY, counts, 1, axis, true, ln_keras_name(call, "any"));
  ln_tensor* y = ln_build_binary(&call->b, LN_OP_MUL, x,
                                 ln_build_cast(&call->b, any, x->type, ln_keras_name(call, "factors")), call->name);
  ln_keras_return(call, y);
  ln_keras_set_mask(call, y,
                    ln_build_reduce(&call->b, LN_OP_REDUCE_ANY, counts, 1, axis, false, ln_keras_name(call, "mask")));
}

/* Batch and time as one dimension: the layer within works on each time step alike. */
static void time_distributed(ln_keras_call* call) {
  const cJSON* layer = ln_keras_get(call, "layer");
  ln_tensor* x = call->in[0];
  int32_t dims[LN_MAX_DIMS];
  int count;
  if (layer == NULL || x->rank < 3) {
    ln_keras_fail(call, "its input has rank %d; at least 3 is right", x->rank);
    return;
  }
  dims[0] = ln_dim_is_known(x, 0) && ln_dim_is_known(x, 1) && (int64_t)ln_dim(x, 0) * ln_dim(x, 1) < INT32_MAX
                ? ln_dim(x, 0) * ln_dim(x, 1)
                : -1;
  for (int i = 2; i < x->rank; ++i) dims[i - 1] = LN_KERAS_DIM(i);
  ln_tensor* steps = ln_keras_reshape(call, x, x->rank - 1, dims, ln_keras_name(call, "steps"));
  ln_tensor** outs = ln_keras_apply(call, layer, ln_keras_part(&call->weights, "layer", NULL), &steps, 1, &count);
  if (count != 1 || outs[0]->broken || outs[0]->rank + 1 > LN_MAX_DIMS || outs[0]->rank < 1) {
    if (count != 1) ln_keras_fail(call, "the layer within has %d outputs; 1 can be converted", count);
    return;
  }
  ln_tensor* y = outs[0];
  dims[0] = ln_dim(x, 0);
  dims[1] = ln_dim(x, 1);
  for (int i = 1; i < y->rank; ++i) dims[i + 1] = LN_KERAS_DIM(i);
  if (dims[0] < 0 && dims[1] < 0) { /* both are the input's */
    const int32_t head[] = {LN_KERAS_DIM(0), LN_KERAS_DIM(1)};
    int32_t tail[LN_MAX_DIMS];
    for (int i = 1; i < y->rank; ++i) tail[i - 1] = LN_KERAS_DIM(i);
    ln_tensor* parts[] = {ln_keras_shape(call, x, 2, head, ln_keras_name(call, "batch_and_time")),
                          y->rank > 1 ? ln_keras_shape(call, y, y->rank - 1, tail, ln_keras_name(call, "rest")) : NULL};
    ln_tensor* shape = ln_build_concat(&call->b, y->rank > 1 ? 2 : 1, parts, 0, ln_keras_name(call, "new_shape"));
    ln_keras_return(call, ln_build_binary(&call->b, LN_OP_RESHAPE, y, shape, call->name));
    return;
  }
  ln_keras_return(call, ln_keras_reshape(call, y, y->rank + 1, dims, call->name));
}

/* A layer of keras.applications.convnext. */
static void layer_scale(ln_keras_call* call) {
  ln_keras_array gamma;
  const int32_t rank = call->in[0]->rank, dims[] = {rank > 0 ? ln_dim(call->in[0], rank - 1) : -1};
  if (ln_keras_weight(call, 0, "gamma", 1, dims, &gamma))
    ln_keras_return(
        call, ln_build_binary(&call->b, LN_OP_MUL, call->in[0], ln_keras_constant(call, &gamma, "gamma"), call->name));
}

/* A layer of keras.applications.inception_resnet_v2: a + b * scale. */
static void custom_scale(ln_keras_call* call) {
  ln_tensor* scale = ln_keras_operand(call, ln_keras_get(call, "scale"), LN_TYPE_FLOAT32);
  if (call->in_count != 2 || scale == NULL) {
    ln_keras_fail(call, "it has %d inputs and %s; 2 and a number are right", call->in_count,
                  scale != NULL ? "a scale" : "no scale");
    return;
  }
  ln_tensor* scaled = ln_build_binary(&call->b, LN_OP_MUL, call->in[1], scale, ln_keras_name(call, "scaled"));
  ln_keras_return(call, ln_build_binary(&call->b, LN_OP_ADD, call->in[0], scaled, call->name));
}

static void rescaling(ln_keras_call* call) {
  ln_tensor* x = ln_build_cast(&call->b, call->in[0], LN_TYPE_FLOAT32, ln_keras_name(call, "float"));
  ln_tensor* scale = ln_keras_operand(call, ln_keras_get(call, "scale"), LN_TYPE_FLOAT32);
  ln_tensor* offset = ln_keras_operand(call, ln_keras_get(call, "offset"), LN_TYPE_FLOAT32);
  if (scale == NULL || offset == NULL) {
    ln_keras_fail(call, "its scale and offset are no numbers");
    return;
  }
  x = ln_build_binary(&call->b, LN_OP_MUL, x, scale, ln_keras_name(call, "scaled"));
  ln_keras_return(call, ln_build_binary(&call->b, LN_OP_ADD, x, offset, call->name));
}

const ln_keras_lowering ln_keras_core[] = {
    {"Dense", dense, 0, LN_KERAS_KEEPS_MASK},
    {"EinsumDense", einsum_dense, 0, LN_KERAS_KEEPS_MASK},
    {"Embedding", embedding, 0, 0},
    {"ReversibleEmbedding", reversible_embedding, 0, 0},
    {"Masking", masking, 0, 0},
    {"TimeDistributed", time_distributed, 0, LN_KERAS_KEEPS_MASK},
    {"Rescaling", rescaling, 0, 0},
    {"CustomScaleLayer", custom_scale, 0, 0},
    {"LayerScale", layer_scale, 0, LN_KERAS_KEEPS_MASK},
    {"StochasticDepth", identity, 0, LN_KERAS_KEEPS_MASK},
    {"Identity", identity, 0, LN_KERAS_KEEPS_MASK},
    {"Dropout", identity, 0, LN_KERAS_KEEPS_MASK},
    {"AlphaDropout", identity, 0, LN_KERAS_KEEPS_MASK},
    {"SpatialDropout1D", identity, 0, LN_KERAS_KEEPS_MASK},
    {"SpatialDropout2D", identity, 0, LN_KERAS_KEEPS_MASK},
    {"SpatialDropout3D", identity, 0, LN_KERAS_KEEPS_MASK},
    {"GaussianDropout", identity, 0, LN_KERAS_KEEPS_MASK},
    {"GaussianNoise", identity, 0, LN_KERAS_KEEPS_MASK},
    {"ActivityRegularization", identity, 0, LN_KERAS_KEEPS_MASK},
    {"RandomFlip", identity, 0, 0},
    {"RandomRotation", identity, 0, 0},
    {"RandomZoom", identity, 0, 0},
    {"RandomTranslation", identity, 0, 0},
    {"RandomContrast", identity, 0, 0},
    {"RandomBrightness", identity, 0, 0},
    {"RandomColorDegeneration", identity, 0, 0},
    {"RandomColorJitter", identity, 0, 0},
    {"RandomCrop", identity, 0, 0},
    {"RandomElasticTransform", identity, 0, 0},
    {"RandomErasing", identity, 0, 0},
    {"RandomGaussianBlur", identity, 0, 0},
    {"RandomGrayscale", identity, 0, 0},
    {"RandomHue", identity, 0, 0},
    {"RandomInvert", identity, 0, 0},
    {"RandomPerspective", identity, 0, 0},
    {"RandomPosterization", identity, 0, 0},
    {"RandomSaturation", identity, 0, 0},
    {"RandomSharpness", identity, 0, 0},
    {"RandomShear", identity, 0, 0},
    {"AugMix", identity, 0, 0},
    {"RandAugment", identity, 0, 0},
    {"CutMix", identity, 0, 0},
    {"MixUp", identity, 0, 0},
    {"Solarization", identity, 0, 0},
    {"Equalization", identity, 0, 0},
    {"MaxNumBoundingBoxes", identity, 0, 0},
    {"Pipeline", pipeline, 0, 0},
    {NULL, NULL, 0, 0},
};

static void refuse_lambda(ln_keras_call* call) {
  ln_keras_fail(call,
                "a Lambda is Python code, which the file holds only as bytes of Python; make it of layers or "
                "keras.ops, or save the model as a SavedModel with model.export()");
}

void ln_keras_refuse_text(ln_keras_call* call) {
  ln_keras_fail(
      call,
      "%s hashes or splits text, which the runtime has no operators for; do it before the model, and give the "
      "model numbers, or words to a StringLookup; of a SavedModel (model.export()) --allow-custom keeps its operators "
      "as "
      "custom ones",
      call->class_name);
}

const ln_keras_lowering ln_keras_refused[] = {
    {"Lambda", refuse_lambda, 0, 0},
    {"Hashing", ln_keras_refuse_text, 0, 0},
    {"HashedCrossing", ln_keras_refuse_text, 0, 0},
    {"FeatureSpace", ln_keras_refuse_text, 0, 0},
    {NULL, NULL, 0, 0},
};
