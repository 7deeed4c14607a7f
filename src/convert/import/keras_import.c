#include "convert/import/keras_import.h"

#include <stdio.h>
#include <string.h>

#include "convert/floats.h"

enum { MAX_DEPTH = 50, MAX_PENDING = 2000, MAX_CALLS = 200000, MAX_LAYERS = 20000, MAX_JSON_DEPTH = 60 };
enum { NEW, OPEN, DONE };

typedef struct node {
  uint8_t state;
  const cJSON* json; /* the call's arguments; NULL: the layer is an input */
  ln_tensor** outs;
  int out_count;
} node;

typedef struct layer {
  const cJSON* json;
  const char* name;
  const char* index_name; /* the group in .keras files */
  node* nodes;
  int node_count;
} layer;

/* A model that is being called. */
typedef struct ln_keras_model {
  ln_keras_importer* importer;
  ln_builder b;
  const char* name;
  const char* prefix; /* of its layers' names: "" or ends with / */
  ln_keras_weights weights;
  layer* layers;
  int count;
  uint32_t* table; /* of layers by name's hash */
  uint32_t table_size;
  int pending;
} ln_keras_model;

static const char* text_of(const cJSON* json, const char* key, const char* fallback) {
  const cJSON* item = cJSON_GetObjectItemCaseSensitive(json, key);
  return cJSON_IsString(item) ? item->valuestring : fallback;
}

static const ln_keras_lowering* const kTables[] = {
    ln_keras_core,        ln_keras_conv,    ln_keras_pool,       ln_keras_norm,      ln_keras_shapes,
    ln_keras_activations, ln_keras_merge,   ln_keras_rnn,        ln_keras_attention, ln_keras_preprocessing,
    ln_keras_signals,     ln_keras_lookups, ln_keras_tensorflow, ln_keras_refused,
};

/* Of keras.ops; in ln_keras_pool are those whose names layers have not. */
static const ln_keras_lowering* const kOperations[] = {
    ln_keras_operations, ln_keras_arrays,   ln_keras_elements, ln_keras_numbers,  ln_keras_order, ln_keras_moves,
    ln_keras_functions,  ln_keras_matrices, ln_keras_spectra,  ln_keras_pictures, ln_keras_pool,
};

static const ln_keras_lowering* find_in(const ln_keras_lowering* table, const char* class_name) {
  for (const ln_keras_lowering* l = table; l->class_name != NULL; ++l)
    if (strcmp(l->class_name, class_name) == 0) return l;
  return NULL;
}

static const ln_keras_lowering kActivation = {"", ln_keras_named_activation, 0, 0};

static const ln_keras_lowering* find_lowering(const char* class_name, bool is_operation) {
  if (is_operation) {
    const ln_keras_lowering* found = NULL;
    for (size_t i = 0; i < sizeof kOperations / sizeof kOperations[0] && found == NULL; ++i)
      found = find_in(kOperations[i], class_name);
    return found == NULL && ln_keras_is_activation(class_name) ? &kActivation : found;
  }
  for (size_t i = 0; i < sizeof kTables / sizeof kTables[0]; ++i) {
    const ln_keras_lowering* found = find_in(kTables[i], class_name);
    if (found != NULL) return found;
  }
  return NULL;
}

/* A class that somebody derived from keras.Model, for training of its own say, and made from inputs and outputs: its
 * configuration is a functional model's. */
static bool is_derived(const char* class_name, const cJSON* config) {
  return strcmp(class_name, "Functional") != 0 && strcmp(class_name, "Model") != 0 &&
         strcmp(class_name, "Sequential") != 0 && find_lowering(class_name, false) == NULL &&
         cJSON_IsArray(cJSON_GetObjectItemCaseSensitive(config, "layers")) &&
         cJSON_GetObjectItemCaseSensitive(config, "input_layers") != NULL &&
         cJSON_GetObjectItemCaseSensitive(config, "output_layers") != NULL;
}

static bool is_functional(const cJSON* json) {
  const char* class_name = text_of(json, "class_name", "");
  return strcmp(class_name, "Functional") == 0 || strcmp(class_name, "Model") == 0 ||
         is_derived(class_name, cJSON_GetObjectItemCaseSensitive(json, "config"));
}

static bool is_model(const cJSON* json) {
  return strcmp(text_of(json, "class_name", ""), "Sequential") == 0 || is_functional(json);
}

/* "keras.src.ops.numpy": an operation, where keras.layers has a class of the same name. Files of HDF5 do not say the
 * module; there it is what is neither trainable nor not, as layers are, holds no layers, and has no type or no layer's
 * name. */
static bool is_operation(const cJSON* json) {
  const cJSON* module = cJSON_GetObjectItemCaseSensitive(json, "module");
  if (cJSON_IsString(module)) return strstr(module->valuestring, ".ops") != NULL;
  const cJSON* calls = cJSON_GetObjectItemCaseSensitive(json, "inbound_nodes");
  const cJSON* config = cJSON_GetObjectItemCaseSensitive(json, "config");
  const cJSON* name = cJSON_GetObjectItemCaseSensitive(json, "class_name");
  return cJSON_IsArray(calls) && cJSON_IsObject(calls->child) &&
         cJSON_GetObjectItemCaseSensitive(config, "trainable") == NULL &&
         cJSON_GetObjectItemCaseSensitive(config, "layers") == NULL &&
         (cJSON_GetObjectItemCaseSensitive(config, "dtype") == NULL ||
          (cJSON_IsString(name) && find_lowering(name->valuestring, false) == NULL));
}

static ln_tensor** call_model(ln_keras_importer* importer, const cJSON* config, bool sequential, ln_builder b,
                              const char* prefix, ln_keras_weights weights, ln_tensor* const* in, int in_count,
                              int* out_count);

/* ---- One call ---- */

static ln_tensor* broken(ln_keras_call* call) {
  ln_tensor* none = ln_graph_tensor(call->b.subgraph, call->name, LN_TYPE_FLOAT32, -1, NULL);
  none->broken = true;
  return none;
}

/* Keras's layers pass a mask on, use it up, or lose it. */
static void pass_mask(ln_keras_call* call, const ln_keras_lowering* lowering) {
  if (lowering->mask != LN_KERAS_KEEPS_MASK) return;
  for (int i = 0; i < call->in_count; ++i) {
    ln_tensor* mask = ln_keras_mask_of(call, call->in[i]);
    if (mask == NULL) continue;
    for (int k = 0; k < call->out_count; ++k)
      if (call->out[k] != call->in[i]) ln_keras_set_mask(call, call->out[k], mask);
    return;
  }
}

/* Operations that make floats of integers first. */
static bool is_of_floats(const char* class_name) {
  static const char* const kNames[] = {"Exp",   "Log",  "Sqrt",  "Sin",  "Cos",   "Tan",   "Tanh", "Sinh", "Cosh",
                                       "Floor", "Ceil", "Log1p", "Log2", "Log10", "Expm1", "Var",  "Std"};
  for (size_t i = 0; i < sizeof kNames / sizeof kNames[0]; ++i)
    if (strcmp(kNames[i], class_name) == 0) return true;
  return false;
}

void ln_keras_lower(ln_keras_call* call) {
  const ln_keras_lowering* lowering = find_lowering(call->class_name, call->is_operation);
  for (int i = 0; i < call->in_count; ++i)
    if (call->in[i]->broken) {
      ln_keras_return(call, broken(call));
      return;
    }
  if (lowering == NULL) {
    ln_keras_fail(
        call,
        "it is none of the known classes of keras.layers and keras.ops, and the file holds no Python code of it; "
        "replace it, or save the model as a SavedModel with model.export(), which holds what it computes");
    return;
  }
  /* Policies of quantized layers name the one that was before. */
  const cJSON* policy = cJSON_GetObjectItemCaseSensitive(ln_keras_get(call, "dtype"), "config");
  if (text_of(policy, "source_name", "")[0] != 0 && strcmp(text_of(policy, "mode", "?"), "int8") != 0) {
    ln_keras_fail(call,
                  "its weights are quantized (%s); those of int8 are read: save the model before quantize() is called",
                  text_of(policy, "mode", "?"));
    return;
  }
  if (call->in_count == 0) {
    ln_keras_fail(call, "it has no input");
    return;
  }
  if (call->is_operation && is_of_floats(call->class_name))
    call->in[0] = ln_build_cast(&call->b, call->in[0], LN_TYPE_FLOAT32, ln_keras_name(call, "float"));
  lowering->lower(call);
  if (call->out_count == 0) ln_keras_return(call, broken(call));
  pass_mask(call, lowering);
}

static ln_keras_call new_call(ln_keras_importer* importer, ln_builder b, const cJSON* json, const char* prefix) {
  ln_keras_call call;
  memset(&call, 0, sizeof call);
  call.importer = importer;
  call.job = importer->job;
  call.b = b;
  call.class_name = text_of(json, "class_name", "?");
  call.config = cJSON_GetObjectItemCaseSensitive(json, "config");
  call.is_operation = is_operation(json);
  call.is_model = is_model(json);
  const char* name = text_of(call.config, "name", text_of(json, "name", ""));
  call.name = ln_job_text(importer->job, "%s%s", prefix, name[0] != 0 ? name : call.class_name);
  call.b.place = ln_job_place(importer->job, call.class_name, call.name, "");
  if (++importer->calls > MAX_CALLS) ln_stop(importer->job, "the model has more than %d calls of layers", MAX_CALLS);
  return call;
}

static void add_input(ln_keras_call* call, ln_tensor* tensor) {
  call->in = ln_job_grow(call->job, call->in, (size_t)call->in_count, &call->in_capacity, sizeof(ln_tensor*));
  call->in[call->in_count++] = tensor;
}

/* The call's layer, whatever it is. */
static void run(ln_keras_call* call) {
  ln_keras_importer* importer = call->importer;
  if (++importer->depth > MAX_DEPTH)
    ln_stop(importer->job, "layer \"%s\": more than %d layers are within each other", call->name, MAX_DEPTH);
  if (call->is_model && !call->is_operation) {
    int count = 0;
    ln_tensor** outs =
        call_model(importer, call->config, strcmp(call->class_name, "Sequential") == 0, call->b,
                   ln_job_text(importer->job, "%s/", call->name), call->weights, call->in, call->in_count, &count);
    for (int i = 0; i < count; ++i) ln_keras_return(call, outs[i]);
  } else {
    ln_keras_lower(call);
  }
  --importer->depth;
}

ln_tensor** ln_keras_apply(ln_keras_call* call, const cJSON* json, ln_keras_weights weights, ln_tensor* const* in,
                           int in_count, int* out_count) {
  ln_keras_call inner = new_call(call->importer, call->b, json, ln_job_text(call->job, "%s/", call->name));
  inner.weights = weights;
  for (int i = 0; i < in_count; ++i) add_input(&inner, in[i]);
  run(&inner);
  *out_count = inner.out_count;
  return inner.out;
}

/* ---- Models ---- */

static uint32_t hash_of(const char* name) {
  uint32_t hash = 2166136261u;
  for (; *name != 0; ++name) hash = (hash ^ (unsigned char)*name) * 16777619u;
  return hash;
}

static layer* find_layer(const ln_keras_model* model, const char* name) {
  for (uint32_t at = hash_of(name) & (model->table_size - 1); model->table[at] != 0;
       at = (at + 1) & (model->table_size - 1))
    if (strcmp(model->layers[model->table[at] - 1].name, name) == 0) return &model->layers[model->table[at] - 1];
  return NULL;
}

static ln_tensor* tensor_at(ln_keras_model* model, const char* name, int node_index, int tensor_index);

/* A reference to a layer's output: [name, node, tensor] of Keras 2, or an object with keras_history. */
static bool read_reference(const cJSON* json, const char** name, int* node_index, int* tensor_index) {
  if (cJSON_IsObject(json)) {
    if (strcmp(text_of(json, "class_name", ""), "__keras_tensor__") != 0) return false;
    json = cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(json, "config"), "keras_history");
  }
  const cJSON* parts[3] = {NULL};
  if (!cJSON_IsArray(json)) return false;
  /* A number where Keras 2 names a layer. */
  if (cJSON_IsString(json->child) && strcmp(json->child->valuestring, "_CONSTANT_VALUE") == 0) return false;
  for (int i = 0; i < 3; ++i) parts[i] = i == 0 ? json->child : parts[i - 1] != NULL ? parts[i - 1]->next : NULL;
  if (parts[0] == NULL || !cJSON_IsString(parts[0]) || !cJSON_IsNumber(parts[1]) || !cJSON_IsNumber(parts[2]))
    return false;
  *name = parts[0]->valuestring;
  *node_index = ln_keras_to_int(parts[1], -1);
  *tensor_index = ln_keras_to_int(parts[2], -1);
  return true;
}

/* Numbers that a layer is called with, beside what other layers make. */
static bool collect_constant(ln_keras_call* call, const cJSON* json) {
  const char* class_name = text_of(json, "class_name", "");
  if (strcmp(class_name, "__tensor__") != 0 && strcmp(class_name, "__numpy__") != 0) return false;
  const int type = ln_keras_type(text_of(cJSON_GetObjectItemCaseSensitive(json, "config"), "dtype", "float32"));
  ln_tensor* numbers = type < 0 ? NULL : ln_keras_operand(call, json, type);
  if (numbers == NULL)
    ln_stop(call->job, "layer \"%s\": the numbers it is called with are no array of a known type", call->name);
  add_input(call, numbers);
  return true;
}

/* Takes in all tensors of an argument. */
static void collect(ln_keras_call* call, const cJSON* json, int depth) {
  const char* name;
  int node_index, tensor_index;
  if (depth > MAX_JSON_DEPTH) ln_stop(call->job, "layer \"%s\": its arguments are nested too deep", call->name);
  if (read_reference(json, &name, &node_index, &tensor_index)) {
    add_input(call, tensor_at(call->model, name, node_index, tensor_index));
    return;
  }
  if (json == NULL || (!cJSON_IsArray(json) && !cJSON_IsObject(json))) return;
  if (!call->is_operation && collect_constant(call, json)) return;
  for (const cJSON* item = json->child; item != NULL; item = item->next)
    if (depth > 0 || call->is_operation || item->string == NULL || strstr(item->string, "mask") == NULL)
      collect(call, item, depth + 1);
}

/* Keras 3 gives masks as arguments; a list has one for each input. */
static void collect_masks(ln_keras_call* call) {
  const cJSON* mask = cJSON_GetObjectItemCaseSensitive(call->kwargs, "mask");
  const char* name;
  int node_index, tensor_index;
  if (call->is_operation || mask == NULL) return;
  const bool single = read_reference(mask, &name, &node_index, &tensor_index);
  const cJSON* item = single || !cJSON_IsArray(mask) ? mask : mask->child;
  for (int i = 0; i < call->in_count && item != NULL; ++i, item = single ? NULL : item->next)
    if (read_reference(item, &name, &node_index, &tensor_index))
      ln_keras_set_mask(call, call->in[i], tensor_at(call->model, name, node_index, tensor_index));
}

static void read_arguments(ln_keras_call* call, const cJSON* json) {
  if (cJSON_IsObject(json)) { /* Keras 3 */
    call->args = cJSON_GetObjectItemCaseSensitive(json, "args");
    call->kwargs = cJSON_GetObjectItemCaseSensitive(json, "kwargs");
  } else { /* Keras 2: a list of [layer, node, tensor, {further arguments}] */
    call->args = json;
    if (cJSON_IsArray(json) && json->child != NULL && cJSON_IsString(json->child)) {
      collect(call, json, 0);
      call->kwargs = cJSON_GetArrayItem(json, 3);
      return;
    }
    const cJSON* first = cJSON_IsArray(json) ? json->child : NULL;
    call->kwargs = first != NULL ? cJSON_GetArrayItem(first, 3) : NULL;
  }
  collect(call, call->args, 0);
  if (cJSON_IsObject(call->kwargs)) collect(call, call->kwargs, 0);
  collect_masks(call);
}

/* A layer that several models share is saved with the first of them only. */
static ln_keras_weights weights_of(const ln_keras_model* model, const layer* l) {
  const ln_keras_weights own = ln_keras_layer_part(&model->weights, l->index_name, l->name);
  if (model->importer->nested == 0 || ln_keras_is_there(&own)) return own;
  for (size_t i = 0; i < model->importer->place_count; ++i) {
    const ln_keras_place* place = &model->importer->places[i];
    if (strcmp(place->name, l->name) == 0 && ln_keras_is_there(&place->weights)) return place->weights;
  }
  return own;
}

static void run_node(ln_keras_model* model, layer* l, node* n) {
  ln_keras_importer* importer = model->importer;
  if (n->state == OPEN)
    ln_stop(importer->job, "layer \"%s\" of \"%s\" needs its own output: the model has a cycle", l->name, model->name);
  if (++model->pending > MAX_PENDING)
    ln_stop(importer->job, "layer \"%s\": more than %d layers of \"%s\" wait for each other", l->name, MAX_PENDING,
            model->name);
  n->state = OPEN;
  ln_keras_call call = new_call(importer, model->b, l->json, model->prefix);
  call.model = model;
  call.weights = weights_of(model, l);
  read_arguments(&call, n->json);
  run(&call);
  n->outs = call.out;
  n->out_count = call.out_count;
  n->state = DONE;
  --model->pending;
}

static ln_tensor* tensor_at(ln_keras_model* model, const char* name, int node_index, int tensor_index) {
  ln_job* job = model->importer->job;
  layer* l = find_layer(model, name);
  /* In Keras 2's files those of all models that are called do. */
  if (l != NULL && node_index > 0 && node_index >= l->node_count && ln_keras_is_2(model->weights.file) &&
      is_model(l->json))
    node_index = l->node_count - 1;
  if (l == NULL) ln_stop(job, "model \"%s\" names a layer \"%s\", which it has not", model->name, name);
  if (node_index < 0 || node_index >= l->node_count)
    ln_stop(job, "layer \"%s\" has %d calls; call %d is asked for", name, l->node_count, node_index);
  node* n = &l->nodes[node_index];
  if (n->state != DONE) {
    if (n->json == NULL) ln_stop(job, "layer \"%s\" is an input that the model does not list", name);
    run_node(model, l, n);
  }
  if (tensor_index < 0 || tensor_index >= n->out_count) {
    if (n->out_count > 0 && n->outs[0]->broken) return n->outs[0];
    ln_stop(job, "layer \"%s\" has %d outputs; output %d is asked for", name, n->out_count, tensor_index);
  }
  return n->outs[tensor_index];
}

/* Keras names a layer's group by its class: "BatchNormalization" is batch_normalization, the second one
 * batch_normalization_1. */
const char* ln_keras_group_name(ln_job* job, const char* class_name) {
  char text[256];
  size_t length = 0;
  for (size_t i = 0; class_name[i] != 0 && length < sizeof text - 2; ++i) {
    const char c = class_name[i], last = i > 0 ? class_name[i - 1] : 0, next = class_name[i + 1];
    const bool upper = c >= 'A' && c <= 'Z';
    if (upper && i > 0 && ((next >= 'a' && next <= 'z') || (last >= 'a' && last <= 'z'))) text[length++] = '_';
    if (c != ' ') text[length++] = upper ? (char)(c - 'A' + 'a') : c;
  }
  text[length] = 0;
  return ln_job_strdup(job, text);
}

static void name_groups(ln_keras_model* model) {
  ln_job* job = model->importer->job;
  for (int i = 0; i < model->count; ++i) {
    layer* l = &model->layers[i];
    const char* class_name = text_of(l->json, "class_name", "?");
    if (strcmp(class_name, "Model") == 0) class_name = "Functional";
    if (strcmp(class_name, "GroupQueryAttention") == 0) class_name = "GroupedQueryAttention"; /* its name in Python */
    int before = 0;
    for (int k = 0; k < i; ++k)
      before += strcmp(text_of(model->layers[k].json, "class_name", "?"), text_of(l->json, "class_name", "?")) == 0 &&
                is_operation(model->layers[k].json) == is_operation(l->json);
    const char* name = ln_keras_group_name(job, class_name);
    l->index_name = before > 0 ? ln_job_text(job, "%s_%d", name, before) : name;
  }
}

static const cJSON* list_of(ln_keras_importer* importer, const cJSON* config, const char* key, const char* name) {
  const cJSON* list =
      cJSON_IsArray(config) && strcmp(key, "layers") == 0 ? config : cJSON_GetObjectItemCaseSensitive(config, key);
  if (!cJSON_IsArray(list) && !cJSON_IsObject(list))
    ln_stop(importer->job, "model \"%s\" has no list \"%s\" in its configuration", name, key);
  return list;
}

static void read_layers(ln_keras_model* model, const cJSON* config) {
  ln_job* job = model->importer->job;
  const cJSON* list = list_of(model->importer, config, "layers", model->name);
  model->count = cJSON_GetArraySize(list);
  if (model->count > MAX_LAYERS) ln_stop(job, "model \"%s\" has more than %d layers", model->name, MAX_LAYERS);
  model->layers = ln_job_alloc(job, (size_t)model->count, sizeof *model->layers);
  model->table_size = 16;
  while (model->table_size < 2u * (uint32_t)model->count + 2) model->table_size *= 2;
  model->table = ln_job_alloc(job, model->table_size, sizeof *model->table);
  int index = 0;
  for (const cJSON* item = list->child; item != NULL; item = item->next, ++index) {
    layer* l = &model->layers[index];
    l->json = item;
    const char* name = text_of(cJSON_GetObjectItemCaseSensitive(item, "config"), "name", "");
    l->name = text_of(item, "name", name[0] != 0 ? name : ln_job_text(job, "layer %d", index));
    if (find_layer(model, l->name) != NULL)
      ln_stop(job, "model \"%s\" has two layers that are called \"%s\"", model->name, l->name);
    uint32_t at = hash_of(l->name) & (model->table_size - 1);
    while (model->table[at] != 0) at = (at + 1) & (model->table_size - 1);
    model->table[at] = (uint32_t)index + 1;
    const cJSON* calls = cJSON_GetObjectItemCaseSensitive(item, "inbound_nodes");
    l->node_count = cJSON_IsArray(calls) ? cJSON_GetArraySize(calls) : 0;
    l->nodes = ln_job_alloc(job, (size_t)l->node_count + 1, sizeof *l->nodes);
    int k = 0;
    for (const cJSON* c = cJSON_IsArray(calls) ? calls->child : NULL; c != NULL; c = c->next) l->nodes[k++].json = c;
    if (l->node_count == 0) l->node_count = 1;
  }
  name_groups(model);
}

typedef struct reference {
  const char* name; /* of the layer */
  const char* key;  /* in a dictionary; NULL */
  int node_index, tensor_index;
} reference;

typedef struct references {
  reference* items;
  size_t count, capacity;
} references;

static void flatten(ln_keras_importer* importer, const cJSON* json, const char* key, references* list, int depth) {
  reference r = {NULL, key, 0, 0};
  if (depth > MAX_JSON_DEPTH) ln_stop(importer->job, "the model's inputs or outputs are nested too deep");
  if (read_reference(json, &r.name, &r.node_index, &r.tensor_index)) {
    list->items = ln_job_grow(importer->job, list->items, list->count, &list->capacity, sizeof r);
    list->items[list->count++] = r;
    return;
  }
  if (json == NULL || (!cJSON_IsArray(json) && !cJSON_IsObject(json))) return;
  const size_t first = list->count;
  for (const cJSON* item = json->child; item != NULL; item = item->next)
    flatten(importer, item, item->string != NULL ? item->string : key, list, depth + 1);
  if (!cJSON_IsObject(json)) return;
  /* Dictionaries count by their keys' order. */
  for (size_t i = first + 1; i < list->count; ++i)
    for (size_t k = i; k > first && strcmp(list->items[k].key, list->items[k - 1].key) < 0; --k) {
      const reference other = list->items[k];
      list->items[k] = list->items[k - 1];
      list->items[k - 1] = other;
    }
}

static ln_tensor** call_sequential(ln_keras_model* model, ln_tensor* const* in, int in_count, int* out_count) {
  ln_tensor** at = ln_job_copy(model->importer->job, in, (size_t)in_count * sizeof *in);
  *out_count = in_count;
  for (int i = 0; i < model->count; ++i) {
    layer* l = &model->layers[i];
    if (strcmp(text_of(l->json, "class_name", ""), "InputLayer") == 0) continue;
    ln_keras_call call = new_call(model->importer, model->b, l->json, model->prefix);
    call.weights = weights_of(model, l);
    for (int k = 0; k < *out_count; ++k) add_input(&call, at[k]);
    run(&call);
    at = call.out;
    *out_count = call.out_count;
  }
  return at;
}

static ln_tensor** call_functional(ln_keras_model* model, const cJSON* config, ln_tensor* const* in, int in_count,
                                   references* outputs, int* out_count) {
  ln_job* job = model->importer->job;
  references inputs = {NULL, 0, 0};
  flatten(model->importer, list_of(model->importer, config, "input_layers", model->name), NULL, &inputs, 0);
  flatten(model->importer, list_of(model->importer, config, "output_layers", model->name), NULL, outputs, 0);
  if ((size_t)in_count != inputs.count)
    ln_stop(job, "model \"%s\" has %zu inputs and is called with %d", model->name, inputs.count, in_count);
  for (int i = 0; i < in_count; ++i) {
    layer* l = find_layer(model, inputs.items[i].name);
    if (l == NULL) ln_stop(job, "model \"%s\" has no layer \"%s\", its input", model->name, inputs.items[i].name);
    l->nodes[0].state = DONE;
    l->nodes[0].outs = ln_job_copy(job, &in[i], sizeof in[i]);
    l->nodes[0].out_count = 1;
  }
  ln_tensor** outs = ln_job_alloc(job, outputs->count, sizeof *outs);
  for (size_t i = 0; i < outputs->count; ++i) {
    const layer* l = find_layer(model, outputs->items[i].name);
    int call = outputs->items[i].node_index;
    /* Where a model names its outputs, the calls of a functional model within count from 1. */
    if (l != NULL && call > 0 && is_functional(l->json)) --call;
    outs[i] = tensor_at(model, outputs->items[i].name, call, outputs->items[i].tensor_index);
  }
  *out_count = (int)outputs->count;
  return outs;
}

static ln_keras_model* new_model(ln_keras_importer* importer, const cJSON* config, ln_builder b, const char* prefix,
                                 ln_keras_weights weights) {
  ln_keras_model* model = ln_job_alloc(importer->job, 1, sizeof *model);
  model->importer = importer;
  model->b = b;
  model->name = text_of(config, "name", "model");
  model->prefix = prefix;
  model->weights = weights;
  read_layers(model, config);
  return model;
}

static ln_tensor** call_model(ln_keras_importer* importer, const cJSON* config, bool sequential, ln_builder b,
                              const char* prefix, ln_keras_weights weights, ln_tensor* const* in, int in_count,
                              int* out_count) {
  ln_keras_model* model = new_model(importer, config, b, prefix, weights);
  references outputs = {NULL, 0, 0};
  return sequential ? call_sequential(model, in, in_count, out_count)
                    : call_functional(model, config, in, in_count, &outputs, out_count);
}

/* Where all layers of all models have their weights. */
static void find_places(const ln_keras_model* model, int depth) {
  ln_keras_importer* importer = model->importer;
  for (int i = 0; i < model->count && depth < MAX_DEPTH; ++i) {
    const layer* l = &model->layers[i];
    const cJSON* config = cJSON_GetObjectItemCaseSensitive(l->json, "config");
    const ln_keras_weights weights = ln_keras_layer_part(&model->weights, l->index_name, l->name);
    importer->places = ln_job_grow(importer->job, importer->places, importer->place_count, &importer->place_capacity,
                                   sizeof *importer->places);
    importer->places[importer->place_count++] = (ln_keras_place){l->name, weights};
    if (!is_model(l->json) || is_operation(l->json)) continue;
    ++importer->nested;
    find_places(new_model(importer, config, model->b, "", weights), depth + 1);
  }
}

/* ---- The whole file ---- */

static void delete_json(void* what) { cJSON_Delete(what); }

/* batch_shape (Keras 3) or batch_input_shape; null is an unknown extent. */
static bool read_shape(const cJSON* config, const char* key, bool without_batch, int32_t* dims, int* rank) {
  const cJSON* list = cJSON_GetObjectItemCaseSensitive(config, key);
  if (!cJSON_IsArray(list) || cJSON_GetArraySize(list) + without_batch > LN_MAX_DIMS) return false;
  *rank = 0;
  if (without_batch) dims[(*rank)++] = -1;
  for (const cJSON* item = list->child; item != NULL; item = item->next)
    dims[(*rank)++] = cJSON_IsNumber(item) && item->valuedouble >= 0 ? ln_keras_to_int(item, -1) : -1;
  return true;
}

static const char* type_name(const cJSON* config) {
  const cJSON* type = cJSON_GetObjectItemCaseSensitive(config, "dtype");
  if (cJSON_IsObject(type)) return text_of(cJSON_GetObjectItemCaseSensitive(type, "config"), "name", "float32");
  return cJSON_IsString(type) ? type->valuestring : "float32";
}

static ln_tensor* make_input(ln_keras_importer* importer, ln_subgraph* main, const cJSON* config, const char* name,
                             const cJSON* build_shape) {
  int32_t dims[LN_MAX_DIMS];
  int rank;
  const int type = ln_keras_stored_type(type_name(config));
  if (!read_shape(config, "batch_shape", false, dims, &rank) &&
      !read_shape(config, "batch_input_shape", false, dims, &rank) && !read_shape(config, "shape", true, dims, &rank) &&
      !read_shape(build_shape, "build_input_shape", false, dims, &rank))
    ln_stop(importer->job, "input \"%s\" has no shape of at most %d dimensions: the model was never built", name,
            LN_MAX_DIMS);
  if (type < 0)
    ln_stop(importer->job, "input \"%s\" is of type \"%s\", which cannot be converted", name, type_name(config));
  if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(config, "sparse")) ||
      cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(config, "ragged")))
    ln_stop(importer->job, "input \"%s\" is sparse or ragged; dense ones can be converted", name);
  return ln_graph_input(main, name, type, rank, dims);
}

/* As it is computed with. */
static ln_tensor* computed(ln_subgraph* main, ln_tensor* input) {
  ln_job* job = main->graph->job;
  const ln_builder b = {main, ln_job_place(job, "InputLayer", input->name, "")};
  ln_warn_of_width(job, input->type);
  return ln_build_cast(&b, input, ln_computed_type(input->type), ln_job_text(job, "%s/computed", input->name));
}

static void convert_sequential(ln_keras_model* model, const cJSON* config, ln_subgraph* main, ln_signature* signature) {
  ln_keras_importer* importer = model->importer;
  if (model->count == 0) ln_stop(importer->job, "model \"%s\" has no layers", model->name);
  const layer* first = &model->layers[0];
  const cJSON* first_config = cJSON_GetObjectItemCaseSensitive(first->json, "config");
  const char* class_name = text_of(first->json, "class_name", "");
  const bool has_input = strcmp(class_name, "InputLayer") == 0;
  const char* name = has_input ? first->name : ln_job_text(importer->job, "%s_input", first->name);
  /* A type that the first layer computes in is its input's, but where it takes numbers of things. */
  ln_tensor* in = make_input(importer, main, first_config, name, config);
  ln_signature_input(signature, name, in);
  in = computed(main, in);
  int count;
  ln_tensor** outs = call_sequential(model, &in, 1, &count);
  for (int i = 0; i < count; ++i) {
    ln_graph_output(main, outs[i]);
    ln_signature_output(signature, ln_job_text(importer->job, "output_%d", i), outs[i]);
  }
}

static void convert_functional(ln_keras_model* model, const cJSON* config, ln_subgraph* main, ln_signature* signature) {
  ln_keras_importer* importer = model->importer;
  references inputs = {NULL, 0, 0}, outputs = {NULL, 0, 0};
  flatten(importer, list_of(importer, config, "input_layers", model->name), NULL, &inputs, 0);
  ln_tensor** in = ln_job_alloc(importer->job, inputs.count, sizeof *in);
  for (size_t i = 0; i < inputs.count; ++i) {
    const layer* l = find_layer(model, inputs.items[i].name);
    if (l == NULL)
      ln_stop(importer->job, "model \"%s\" has no layer \"%s\", its input", model->name, inputs.items[i].name);
    in[i] = make_input(importer, main, cJSON_GetObjectItemCaseSensitive(l->json, "config"), l->name, NULL);
    ln_signature_input(signature, l->name, in[i]);
    in[i] = computed(main, in[i]);
  }
  int count;
  ln_tensor** outs = call_functional(model, config, in, (int)inputs.count, &outputs, &count);
  for (int i = 0; i < count; ++i) {
    const char* key = outputs.items[i].key;
    ln_graph_output(main, outs[i]);
    ln_signature_output(signature, key != NULL ? key : ln_job_text(importer->job, "output_%d", i), outs[i]);
  }
}

ln_graph* ln_import_keras(ln_job* job, const char* path, const LinnetConvertOptions* options) {
  (void)options;
  ln_keras_file* file = ln_keras_open(job, path);
  cJSON* json = ln_keras_parse(job, ln_keras_config(file));
  if (json == NULL) ln_stop(job, "%s: its configuration is no JSON, or is nested too deep", path);
  ln_job_defer(job, delete_json, json);
  const char* class_name = text_of(json, "class_name", "");
  const cJSON* config = cJSON_GetObjectItemCaseSensitive(json, "config");
  if (!is_model(json) || !cJSON_IsObject(config) || cJSON_GetObjectItemCaseSensitive(config, "layers") == NULL)
    if (!is_model(json) || !cJSON_IsArray(config))
      ln_stop(
          job,
          "%s: it holds a \"%s\", whose layers are only in its Python code; Sequential and functional models can be "
          "converted: save it as a SavedModel with model.export()",
          path, class_name);
  if (is_derived(class_name, config))
    ln_warn(job, NULL, "%s: \"%s\" is a class of its own: what its call() does besides its layers is not in the file",
            path, class_name);
  ln_keras_importer importer;
  memset(&importer, 0, sizeof importer);
  importer.job = job;
  importer.graph = ln_graph_new(job);
  ln_subgraph* main = ln_graph_subgraph(importer.graph, "main");
  const ln_builder b = {main, NULL};
  ln_keras_model* model = new_model(&importer, config, b, "", ln_keras_root(file));
  find_places(model, 0);
  ln_signature* signature = ln_graph_signature(importer.graph, "serving_default", main);
  if (strcmp(class_name, "Sequential") == 0)
    convert_sequential(model, config, main, signature);
  else
    convert_functional(model, config, main, signature);
  ln_keras_call_init(&importer, main);
  return importer.graph;
}

ln_tensor* ln_keras_reference(ln_keras_call* call, const cJSON* json) {
  const char* name;
  int node_index, tensor_index;
  if (call->model == NULL || !read_reference(json, &name, &node_index, &tensor_index)) return NULL;
  return tensor_at(call->model, name, node_index, tensor_index);
}
