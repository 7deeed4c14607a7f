/* Recurrent layers of dense cells, and Bidirectional. What a step takes of its input is computed for all steps at once;
 * the rest is one step's operators, for keras_loop.c to put into a loop. A fused operator of TFLite keeps its state
 * from one run to the next, which no layer does that is not stateful: so none is used.
 *
 * Keras's gates are in the order i, f, c, o (LSTM) and z, r, h (GRU). */
#include <string.h>

#include "base/checked.h"
#include "convert/import/keras_import.h"

enum { SIMPLE, GRU, LSTM, MAX_STATES = 2, MAX_CELLS = LN_KERAS_MAX_STATES / MAX_STATES };

typedef struct cell {
  ln_keras_call* call;
  int kind;
  int32_t units;
  const cJSON *activation, *recurrent_activation;
  bool reset_after;
  int state_count;
  ln_keras_array kernel, recurrent, recurrent_h; /* [gates * units, in]; GRU without reset_after: h apart */
  const float *bias, *recurrent_bias;
} cell;

/* A step's operators are made in a subgraph: `b`. */
static ln_tensor* constant(const ln_builder* b, const ln_keras_array* array, const char* name) {
  return ln_graph_constant(b->subgraph, name, LN_TYPE_FLOAT32, array->rank, array->dims, array->data);
}

static ln_tensor* floats(const ln_builder* b, const float* values, int32_t count, const char* name, ln_job* job) {
  return ln_graph_constant(b->subgraph, name, LN_TYPE_FLOAT32, 1, &count,
                           values != NULL ? (const void*)values : ln_job_alloc(job, (size_t)count, sizeof(float)));
}

static ln_tensor* activate(cell* c, const ln_builder* b, const cJSON* json, const char* fallback, ln_tensor* x) {
  const ln_builder outer = c->call->b;
  c->call->b = *b;
  ln_tensor* y = json != NULL ? ln_keras_activate(c->call, json, x, ln_keras_name(c->call, "gate"))
                              : ln_keras_activation(c->call, fallback, NULL, x, ln_keras_name(c->call, "gate"));
  c->call->b = outer;
  return y;
}

static ln_tensor* binary(cell* c, const ln_builder* b, int code, ln_tensor* x, ln_tensor* y, const char* what) {
  return ln_build_binary(b, code, x, y, ln_keras_name(c->call, what));
}

static ln_tensor* product(cell* c, const ln_builder* b, ln_tensor* h, const ln_keras_array* weights, const float* bias,
                          const char* what) {
  ln_tensor* const inputs[] = {
      h, constant(b, weights, ln_keras_name(c->call, "recurrent_kernel")),
      floats(b, bias, weights->dims[0], ln_keras_name(c->call, "recurrent_bias"), c->call->job)};
  return ln_build_done(ln_build_node(b, LN_OP_FULLY_CONNECTED, 3, inputs), ln_keras_name(c->call, what), 1);
}

/* The parts of [N, count * units]. */
static void split(cell* c, const ln_builder* b, ln_tensor* x, int count, ln_tensor** parts) {
  if (count == 1) {
    parts[0] = x;
    return;
  }
  ln_tensor* const inputs[] = {ln_graph_int(b->subgraph, ln_keras_name(c->call, "axis"), 1), x};
  ln_node* node = ln_build_node(b, LN_OP_SPLIT, 2, inputs);
  LN_SET(node, SplitOptions, num_splits, count);
  ln_build_done(node, ln_keras_name(c->call, "gates"), count);
  for (int i = 0; i < count; ++i) parts[i] = node->outputs[i];
}

static void lstm_step(cell* c, const ln_builder* b, ln_tensor* x, ln_tensor** states) {
  ln_tensor* gates[4] = {NULL};
  split(c, b, binary(c, b, LN_OP_ADD, x, product(c, b, states[0], &c->recurrent, NULL, "recurrent"), "sum"), 4, gates);
  ln_tensor* in = activate(c, b, c->recurrent_activation, "sigmoid", gates[0]);
  ln_tensor* forget = activate(c, b, c->recurrent_activation, "sigmoid", gates[1]);
  ln_tensor* fresh = activate(c, b, c->activation, "tanh", gates[2]);
  ln_tensor* out = activate(c, b, c->recurrent_activation, "sigmoid", gates[3]);
  states[1] = binary(c, b, LN_OP_ADD, binary(c, b, LN_OP_MUL, forget, states[1], "kept"),
                     binary(c, b, LN_OP_MUL, in, fresh, "taken"), "carry");
  states[0] = binary(c, b, LN_OP_MUL, out, activate(c, b, c->activation, "tanh", states[1]), "state");
}

static void gru_step(cell* c, const ln_builder* b, ln_tensor* x, ln_tensor** states) {
  ln_tensor *in[3] = {NULL}, *inner[3] = {NULL}, *h = states[0];
  split(c, b, x, 3, in);
  split(c, b, product(c, b, h, &c->recurrent, c->recurrent_bias, "recurrent"), c->reset_after ? 3 : 2, inner);
  ln_tensor* z =
      activate(c, b, c->recurrent_activation, "sigmoid", binary(c, b, LN_OP_ADD, in[0], inner[0], "update_sum"));
  ln_tensor* r =
      activate(c, b, c->recurrent_activation, "sigmoid", binary(c, b, LN_OP_ADD, in[1], inner[1], "reset_sum"));
  ln_tensor* part = c->reset_after
                        ? binary(c, b, LN_OP_MUL, r, inner[2], "reset_part")
                        : product(c, b, binary(c, b, LN_OP_MUL, r, h, "reset"), &c->recurrent_h, NULL, "part");
  ln_tensor* fresh = activate(c, b, c->activation, "tanh", binary(c, b, LN_OP_ADD, in[2], part, "new_sum"));
  /* z h + (1 - z) fresh */
  states[0] = binary(c, b, LN_OP_ADD, fresh,
                     binary(c, b, LN_OP_MUL, z, binary(c, b, LN_OP_SUB, h, fresh, "difference"), "kept"), "state");
}

static void simple_step(cell* c, const ln_builder* b, ln_tensor* x, ln_tensor** states) {
  states[0] = activate(c, b, c->activation, "tanh",
                       binary(c, b, LN_OP_ADD, x, product(c, b, states[0], &c->recurrent, NULL, "recurrent"), "sum"));
}

static void step(cell* c, const ln_builder* b, ln_tensor* x, ln_tensor** states) {
  (c->kind == LSTM ? lstm_step : c->kind == GRU ? gru_step : simple_step)(c, b, x, states);
}

/* ---- Reading ---- */

static const cJSON* get(const cJSON* config, const char* key) {
  const cJSON* item = cJSON_GetObjectItemCaseSensitive(config, key);
  return cJSON_IsNull(item) ? NULL : item;
}

static bool flag(const cJSON* config, const char* key, bool fallback) {
  const cJSON* item = get(config, key);
  return cJSON_IsBool(item) ? cJSON_IsTrue(item) : fallback;
}

static int kind_of(const char* class_name) {
  if (strstr(class_name, "LSTM") != NULL) return LSTM;
  return strstr(class_name, "GRU") != NULL ? GRU : SIMPLE;
}

/* A kernel of cuDNN, which has each gate's matrix as [units, in] in the place of [in, units]. */
static ln_keras_array from_cudnn(ln_job* job, ln_keras_array kernel, int32_t gates) {
  const int32_t in = kernel.dims[0], units = kernel.dims[1] / gates;
  ln_keras_align(job, &kernel);
  const float* from = kernel.data;
  float* to = ln_job_alloc(job, (size_t)in * (size_t)kernel.dims[1], sizeof *to);
  for (int32_t g = 0; g < gates; ++g)
    for (int32_t i = 0; i < in; ++i)
      memcpy(to + ((size_t)g * (size_t)in + (size_t)i) * (size_t)units,
             from + ((size_t)i * (size_t)gates + (size_t)g) * (size_t)units, (size_t)units * sizeof *to);
  kernel.dims[0] = gates * units;
  kernel.dims[1] = in;
  kernel.data = to;
  return kernel;
}

/* cuDNN has two biases of all gates, of which an LSTM takes the sum. False: noted. */
static bool read_cudnn_bias(ln_keras_call* call, const ln_keras_weights* weights, cell* c, int32_t count) {
  ln_keras_array bias;
  const int32_t both = 2 * count;
  if (!ln_keras_weight_of(call, weights, 2, "bias", 1, &both, &bias)) return false;
  ln_keras_align(call->job, &bias);
  const float* from = bias.data;
  float* sum = ln_job_alloc(call->job, (size_t)count, sizeof *sum);
  for (int32_t i = 0; i < count; ++i) sum[i] = c->kind == LSTM ? from[i] + from[count + i] : from[i];
  c->bias = sum;
  if (c->kind == GRU) c->recurrent_bias = from + count;
  return true;
}

/* A cell by its configuration; false: noted. `in`: the extent of its input. */
static bool read_cell(ln_keras_call* call, const char* class_name, const cJSON* config, const ln_keras_weights* weights,
                      int32_t in, cell* c) {
  static const int32_t kSwap[] = {1, 0};
  memset(c, 0, sizeof *c);
  c->call = call;
  c->kind = kind_of(class_name);
  c->units = ln_keras_to_int(get(config, "units"), -1);
  if (c->units < 1 || c->units > 1 << 20) {
    ln_keras_fail(call, "%d units make no sense", c->units);
    return false;
  }
  c->activation = get(config, "activation");
  c->recurrent_activation = get(config, "recurrent_activation");
  /* Null is linear; what is missing has a default. */
  if (c->activation == NULL && cJSON_GetObjectItemCaseSensitive(config, "activation") != NULL)
    c->activation = cJSON_GetObjectItemCaseSensitive(config, "activation");
  const bool cudnn = strncmp(class_name, "CuDNN", 5) == 0;
  c->reset_after = c->kind == GRU && (cudnn || flag(config, "reset_after", false));
  c->state_count = c->kind == LSTM ? 2 : 1;
  const int gates = c->kind == LSTM ? 4 : c->kind == GRU ? 3 : 1;
  const int32_t dims[] = {in, gates * c->units}, recurrent[] = {c->units, gates * c->units};
  if (!ln_keras_weight_of(call, weights, 0, "kernel", 2, dims, &c->kernel) ||
      !ln_keras_weight_of(call, weights, 1, "recurrent_kernel", 2, recurrent, &c->recurrent))
    return false;
  if (cudnn) {
    c->kernel = from_cudnn(call->job, c->kernel, gates);
    c->recurrent = from_cudnn(call->job, c->recurrent, gates);
    return read_cudnn_bias(call, weights, c, gates * c->units);
  }
  c->kernel = ln_keras_permute(call->job, &c->kernel, kSwap);
  c->recurrent = ln_keras_permute(call->job, &c->recurrent, kSwap);
  if (c->kind == GRU && !c->reset_after) {
    c->recurrent_h = c->recurrent;
    c->recurrent.dims[0] = 2 * c->units;
    c->recurrent_h.dims[0] = c->units;
    c->recurrent_h.data = (const float*)c->recurrent.data + 2 * (size_t)c->units * (size_t)c->units;
  }
  if (!flag(config, "use_bias", true)) return true;
  ln_keras_array bias;
  const int32_t bias_dims[] = {2, gates * c->units};
  if (!ln_keras_weight_of(call, weights, 2, "bias", c->reset_after ? 2 : 1, c->reset_after ? bias_dims : bias_dims + 1,
                          &bias))
    return false;
  ln_keras_align(call->job, &bias);
  c->bias = bias.data;
  if (c->reset_after) c->recurrent_bias = c->bias + gates * c->units;
  return true;
}

/* ---- Layers ---- */

/* All cells of a layer, stacked: each takes what the one before gives. */
typedef struct stack {
  cell* cells;
  int count;
} stack;

static ln_tensor* project(cell* c, const ln_builder* b, ln_tensor* x) {
  ln_tensor* const inputs[] = {x, constant(b, &c->kernel, ln_keras_name(c->call, "kernel")),
                               floats(b, c->bias, c->kernel.dims[0], ln_keras_name(c->call, "bias"), c->call->job)};
  ln_node* node = ln_build_node(b, LN_OP_FULLY_CONNECTED, 3, inputs);
  LN_SET(node, FullyConnectedOptions, keep_num_dims, x->rank > 2);
  return ln_build_done(node, ln_keras_name(c->call, "projected"), 1);
}

/* All cells on one step: x [N, gates * units] of a single cell, [N, in] of several. */
static void cells_step(void* arg, const ln_builder* b, ln_tensor* x, ln_tensor** states) {
  const stack* all = arg;
  int at = 0;
  for (int i = 0; i < all->count; ++i) {
    cell* c = &all->cells[i];
    if (all->count > 1) x = project(c, b, x);
    step(c, b, x, states + at);
    x = states[at];
    at += c->state_count;
  }
}

/* Zeros [first..., of x's extents]. */
static ln_tensor* zeros(ln_keras_call* call, ln_tensor* x, int rank, const int32_t* dims, const char* name) {
  ln_tensor* const inputs[] = {ln_keras_shape(call, x, rank, dims, ln_keras_name(call, "zeros_shape")),
                               ln_graph_float(call->b.subgraph, ln_keras_name(call, "zero"), 0)};
  return ln_build_done(ln_build_node(&call->b, LN_OP_FILL, 2, inputs), name, 1);
}

/* The cells of a layer; the count; 0: noted. */
static int read_cells(ln_keras_call* call, int32_t in, cell* cells) {
  const ln_keras_weights own = ln_keras_part(&call->weights, "cell", NULL);
  if (strcmp(call->class_name, "RNN") != 0) {
    ln_keras_array probe; /* Keras 2's files have them at the layer itself */
    const bool inner = ln_keras_read(&own, 0, "kernel", &probe);
    return read_cell(call, call->class_name, call->config, inner ? &own : &call->weights, in, &cells[0]);
  }
  const cJSON* json = ln_keras_get(call, "cell");
  const cJSON* class_name = get(json, "class_name");
  if (!cJSON_IsString(class_name)) {
    ln_keras_fail(call, "it has no cell");
    return 0;
  }
  const bool stacked = strcmp(class_name->valuestring, "StackedRNNCells") == 0;
  const cJSON* list = stacked ? get(get(json, "config"), "cells") : NULL;
  const cJSON* item = stacked ? (list != NULL ? list->child : NULL) : json;
  int count = 0;
  int seen[3] = {0};
  for (; item != NULL; item = stacked ? item->next : NULL) {
    const cJSON *name = get(item, "class_name"), *config = get(item, "config"), *own_name = get(config, "name");
    static const char* const kGroups[] = {"simple_rnn_cell", "gru_cell", "lstm_cell"};
    const char* text = cJSON_IsString(name) ? name->valuestring : "?";
    if (count == MAX_CELLS ||
        (strcmp(text, "LSTMCell") != 0 && strcmp(text, "GRUCell") != 0 && strcmp(text, "SimpleRNNCell") != 0)) {
      ln_keras_fail(call,
                    "its cell \"%s\" cannot be converted; up to %d of LSTMCell, GRUCell and SimpleRNNCell can, and the "
                    "file holds no Python code of others: save the model as a SavedModel with model.export()",
                    text, MAX_CELLS);
      return 0;
    }
    ln_keras_weights weights = own;
    const int kind = kind_of(text), before = seen[kind]++;
    if (stacked)
      weights = ln_keras_part(&own,
                              before > 0 ? ln_job_text(call->job, "cells/%s_%d", kGroups[kind], before)
                                         : ln_job_text(call->job, "cells/%s", kGroups[kind]),
                              cJSON_IsString(own_name) ? own_name->valuestring : NULL);
    if (!read_cell(call, text, config, &weights, count > 0 ? cells[count - 1].units : in, &cells[count])) return 0;
    ++count;
  }
  if (count == 0) ln_keras_fail(call, "it has no cell");
  return count;
}

static ln_tensor* swap_time(ln_keras_call* call, ln_tensor* x, const char* name) {
  static const int32_t kSwap[] = {1, 0, 2};
  return ln_build_transpose(&call->b, x, kSwap, name);
}

/* ---- States that stay from one run to the next ---- */

static ln_tensor* handle(const ln_builder* b, const char* name) {
  ln_node* node = ln_graph_node(b->subgraph, LN_OP_VAR_HANDLE, b->place);
  ln_node_set_string(node, LN_SLOT(VarHandleOptions, container), "");
  ln_node_set_string(node, LN_SLOT(VarHandleOptions, shared_name), name);
  ln_tensor* variable = ln_node_add_output(node, name, LN_TYPE_RESOURCE);
  ln_tensor_set_shape(variable, 0, NULL);
  return variable;
}

/* Whether another call has made the variable. */
static bool is_kept(const ln_keras_importer* importer, const char* name) {
  for (const ln_node* node = importer->init != NULL ? importer->init->first : NULL; node != NULL; node = node->next)
    if (node->code == LN_OP_VAR_HANDLE && strcmp(node->outputs[0]->name, name) == 0) return true;
  return false;
}

ln_tensor* ln_keras_kept_state(ln_keras_call* call, int rank, const int32_t* dims, int index, ln_tensor** variable) {
  ln_keras_importer* importer = call->importer;
  const char* name = ln_job_text(call->job, "%s/state_%d", call->name, index);
  if (is_kept(importer, name)) {
    ln_keras_fail(
        call,
        "it is stateful and called more than once, in an order that the file does not say; a SavedModel, which "
        "model.export() makes, can be converted");
    return NULL;
  }
  if (importer->init == NULL) importer->init = ln_graph_subgraph(importer->graph, "init");
  const ln_builder init = {importer->init, call->b.place};
  size_t count = 1;
  for (int i = 0; i < rank; ++i)
    if (dims[i] < 0 || !ln_mul_size(count, (size_t)dims[i], &count))
      ln_stop(call->job, "layer \"%s\": its states are too large", call->name);
  ln_tensor* const first[] = {
      handle(&init, name), ln_graph_constant(importer->init, ln_keras_name(call, "zeros"), LN_TYPE_FLOAT32, rank, dims,
                                             ln_job_alloc(call->job, count, sizeof(float)))};
  ln_build_node(&init, LN_OP_ASSIGN_VARIABLE, 2, first);
  *variable = handle(&call->b, name);
  ln_tensor* state = ln_node_add_output(ln_build_node(&call->b, LN_OP_READ_VARIABLE, 1, variable),
                                        ln_keras_name(call, "kept_state"), LN_TYPE_FLOAT32);
  ln_tensor_set_shape(state, rank, dims);
  return state;
}

void ln_keras_keep_state(ln_keras_call* call, ln_tensor* variable, ln_tensor* state) {
  ln_tensor* const inputs[] = {variable, state};
  ln_build_node(&call->b, LN_OP_ASSIGN_VARIABLE, 2, inputs);
}

void ln_keras_call_init(const ln_keras_importer* importer, ln_subgraph* main) {
  if (importer->init == NULL) return;
  ln_node* node = ln_graph_node_before(main, main->first, LN_OP_CALL_ONCE, NULL);
  LN_SET(node, CallOnceOptions, init_subgraph_index, 0);
  node->calls[0] = importer->init;
}

static void recurrent(ln_keras_call* call) {
  cell cells[MAX_CELLS];
  stack all = {cells, 0};
  ln_keras_sequence s;
  ln_tensor *x = call->in[0], *states[LN_KERAS_MAX_STATES] = {NULL}, *variables[LN_KERAS_MAX_STATES] = {NULL};
  memset(&s, 0, sizeof s);
  if (x->rank != 3 || !ln_dim_is_known(x, 2)) {
    ln_keras_fail(call, "its input has rank %d; 3, [batch, time, features] with known features, is right", x->rank);
    return;
  }
  const bool stateful = ln_keras_flag(call, "stateful", false) && call->in_count == 1,
             by_time = ln_keras_flag(call, "time_major", false);
  const int batch = by_time ? 1 : 0;
  if (stateful && !ln_dim_is_known(x, batch)) {
    ln_keras_fail(call,
                  "it is stateful, and its batch has no fixed size; with batch_size in its Input it can be converted");
    return;
  }
  all.count = read_cells(call, ln_dim(x, 2), cells);
  if (all.count == 0) return;
  for (int i = 0; i < all.count; ++i) {
    s.output = s.state_count;
    for (int k = 0; k < cells[i].state_count; ++k) {
      const int32_t dims[] = {LN_KERAS_DIM(batch), cells[i].units};
      const int index = s.state_count++;
      if (stateful) {
        const int32_t known[] = {ln_dim(x, batch), cells[i].units};
        states[index] = ln_keras_kept_state(call, 2, known, index, &variables[index]);
        if (states[index] == NULL) return;
        continue;
      }
      states[index] =
          call->in_count > index + 1 ? call->in[index + 1] : zeros(call, x, 2, dims, ln_keras_name(call, "zero_state"));
    }
  }
  if (call->in_count != 1 && call->in_count != 1 + s.state_count) {
    ln_keras_fail(call, "it has %d inputs; its own and %d states are right", call->in_count, s.state_count);
    return;
  }
  s.call = call;
  s.step = cells_step;
  s.cell = &all;
  s.x = by_time ? x : swap_time(call, x, ln_keras_name(call, "by_time"));
  if (all.count == 1) s.x = project(&cells[0], &call->b, s.x);
  if (s.x->broken) return;
  ln_tensor* y = ln_keras_run_sequence(&s, states);
  for (int i = 0; i < s.state_count && stateful; ++i) ln_keras_keep_state(call, variables[i], states[i]);
  if (ln_keras_returns_steps(call) && !by_time) y = swap_time(call, y, call->name);
  ln_keras_return_sequence(call, y);
  if (ln_keras_flag(call, "return_state", false))
    for (int i = 0; i < s.state_count; ++i) ln_keras_return(call, states[i]);
}

/* ---- Bidirectional ---- */

static ln_tensor* reversed(ln_keras_call* call, ln_tensor* x, int32_t time, const char* name) {
  const int32_t axis[] = {time};
  return ln_build_binary(&call->b, LN_OP_REVERSE_V2, x,
                         ln_graph_ints(call->b.subgraph, ln_keras_name(call, "axis"), 1, axis), name);
}

static bool merge(ln_keras_call* call, ln_tensor* a, ln_tensor* b) {
  const char* mode = ln_keras_string(call, "merge_mode", NULL);
  if (ln_keras_get(call, "merge_mode") == NULL) {
    ln_keras_return(call, a);
    ln_keras_return(call, b);
    return true;
  }
  ln_tensor* both[] = {a, b};
  if (mode != NULL && strcmp(mode, "concat") == 0)
    ln_keras_return(call, ln_build_concat(&call->b, 2, both, a->rank - 1, call->name));
  else if (mode != NULL && strcmp(mode, "sum") == 0)
    ln_keras_return(call, ln_build_binary(&call->b, LN_OP_ADD, a, b, call->name));
  else if (mode != NULL && strcmp(mode, "mul") == 0)
    ln_keras_return(call, ln_build_binary(&call->b, LN_OP_MUL, a, b, call->name));
  else if (mode != NULL && strcmp(mode, "ave") == 0)
    ln_keras_return(call, ln_build_with_number(&call->b, LN_OP_MUL,
                                               ln_build_binary(&call->b, LN_OP_ADD, a, b, ln_keras_name(call, "sum")),
                                               0.5, call->name));
  else
    ln_keras_fail(call, "its merge_mode is not known; concat, sum, mul, ave and None can be converted");
  return call->out[0]->broken == false;
}

/* The layer that goes the other way, where the file has none: the same with go_backwards turned. */
static const cJSON* turned(ln_keras_call* call, const cJSON* layer) {
  cJSON* copy = cJSON_Duplicate(layer, 1);
  cJSON* config = cJSON_GetObjectItemCaseSensitive(copy, "config");
  if (!cJSON_IsObject(config)) {
    cJSON_Delete(copy);
    return NULL;
  }
  const bool backwards = flag(config, "go_backwards", false);
  cJSON_DeleteItemFromObjectCaseSensitive(config, "go_backwards");
  cJSON_AddBoolToObject(config, "go_backwards", !backwards);
  ln_job_defer(call->job, (void (*)(void*))cJSON_Delete, copy);
  return copy;
}

/* The weights of a layer within: in .h5 files by its name, or, as Keras 2 called those that it made itself,
 * forward_NAME, backward_NAME. */
static ln_keras_weights weights_of(ln_keras_call* call, const cJSON* layer, const char* direction) {
  const cJSON* name = get(get(layer, "config"), "name");
  const char *text = cJSON_IsString(name) ? name->valuestring : "",
             *attribute = ln_job_text(call->job, "%s_layer", direction);
  const ln_keras_weights part = ln_keras_part(&call->weights, attribute, text);
  if (part.scope_count != call->weights.scope_count || strcmp(part.path, call->weights.path) != 0) return part;
  return ln_keras_part(&call->weights, attribute, ln_job_text(call->job, "%s_%s", direction, text));
}

static void bidirectional(ln_keras_call* call) {
  const cJSON *forward = ln_keras_get(call, "layer"), *backward = ln_keras_get(call, "backward_layer");
  if (forward != NULL && backward == NULL) backward = turned(call, forward);
  if (forward == NULL || backward == NULL) {
    ln_keras_fail(call, "it wraps no layer");
    return;
  }
  ln_tensor* in[2][1 + MAX_STATES];
  const int given = (call->in_count - 1) / 2;
  if (call->in_count % 2 == 0 || given > MAX_STATES) {
    ln_keras_fail(call, "it has %d inputs; its own and the states of both directions are right", call->in_count);
    return;
  }
  for (int k = 0; k < 2; ++k) {
    in[k][0] = call->in[0];
    for (int i = 0; i < given; ++i) in[k][1 + i] = call->in[1 + k * given + i];
  }
  int counts[2];
  ln_tensor* mask = ln_keras_mask_of(call, call->in[0]);
  if (mask != NULL && ln_keras_drops_mask(call)) ln_keras_set_mask(call, call->in[0], NULL);
  ln_tensor** a = ln_keras_apply(call, forward, weights_of(call, forward, "forward"), in[0], 1 + given, &counts[0]);
  ln_tensor** b = ln_keras_apply(call, backward, weights_of(call, backward, "backward"), in[1], 1 + given, &counts[1]);
  if (mask != NULL) ln_keras_set_mask(call, call->in[0], mask);
  if (counts[0] == 0 || counts[1] == 0 || a[0]->broken || b[0]->broken) return;
  /* Not by the rank: the last output of a recurrent convolution has dimensions of its own. */
  const bool all_steps = flag(get(forward, "config"), "return_sequences", false);
  ln_tensor* back = b[0];
  if (all_steps)
    back = reversed(call, back, flag(get(forward, "config"), "time_major", false) ? 0 : 1,
                    ln_keras_name(call, "backward"));
  if (!merge(call, a[0], back)) return;
  if (mask != NULL && all_steps) ln_keras_set_mask(call, call->out[0], mask);
  for (int i = 1; i < counts[0]; ++i) ln_keras_return(call, a[i]);
  for (int i = 1; i < counts[1]; ++i) ln_keras_return(call, b[i]);
}

const ln_keras_lowering ln_keras_rnn[] = {
    {"SimpleRNN", recurrent, 0, 0},
    {"GRU", recurrent, 0, 0},
    {"LSTM", recurrent, 0, 0},
    {"CuDNNGRU", recurrent, 0, 0},
    {"CuDNNLSTM", recurrent, 0, 0},
    {"RNN", recurrent, 0, 0},
    {"Bidirectional", bidirectional, 0, 0},
    {NULL, NULL, 0, 0},
};
