#include "convert/infer.h"

#include <stdio.h>
#include <string.h>

#include "convert/doubt.h"
#include "convert/permute.h"
#include "convert/write.h"
#include "linnet/linnet.h"
#include "model/model.h"

/* What is larger is not computed, unless its inputs are as large: a broadcast of a number would make the file grow. */
enum { MAX_FOLDED_BYTES = 1 << 20, MAX_OUTPUTS = 64, MAX_COPIED_BYTES = 4096, USUAL_BYTES = 1 << 28 };

typedef struct result {
  bool ok, ran;
  int32_t count;
  struct {
    int32_t rank; /* -1: known only when it runs */
    int32_t dims[LN_MAX_DIMS];
    const void* data;
    size_t bytes;
  } outputs[MAX_OUTPUTS];
  char error[400];
} result;

typedef struct question {
  const ln_node* node;
  int which;
  bool run;
  bool withhold; /* values that depend on the numbers put for unknown extents are inputs */
  ln_job* keep;  /* takes the outputs' data */
  result* answer;
} question;

static void delete_model(void* what) { TfLiteModelDelete(what); }
static void delete_options(void* what) { TfLiteInterpreterOptionsDelete(what); }
static void delete_interpreter(void* what) { TfLiteInterpreterDelete(what); }

static void quiet(void* user_data, const char* format, va_list args) {
  (void)user_data;
  (void)format;
  (void)args;
}

/* SELECT leaves its output as the file has it where all its inputs have one element. */
static void set_single_shape(ln_tensor* output, const ln_node* node) {
  output->rank = 0;
  for (int i = 0; i < node->input_count; ++i)
    if (node->inputs[i] != NULL && node->inputs[i]->rank > output->rank) output->rank = node->inputs[i]->rank;
  for (int w = 0; w < 2; ++w)
    for (int i = 0; i < output->rank; ++i) output->shape[w][i] = 1;
}

/* The node alone, as a graph of its own. What is known of its inputs is constant in it, the rest are inputs. */
static ln_graph* isolate(ln_job* job, const question* q) {
  const ln_node* node = q->node;
  ln_graph* graph = ln_graph_new(job);
  ln_subgraph* subgraph = ln_graph_subgraph(graph, "node");
  ln_node* copy = ln_graph_node(subgraph, node->code, node->place);
  copy->options_table = node->options_table;
  copy->options = node->options;
  copy->option_count = node->option_count;
  copy->version = node->version;
  for (int i = 0; i < node->input_count; ++i) {
    const ln_tensor* from = node->inputs[i];
    ln_tensor* to = NULL;
    for (int k = 0; k < i && from != NULL; ++k)
      if (node->inputs[k] == from) to = copy->inputs[k];
    if (from != NULL && to == NULL) {
      to = ln_graph_tensor(subgraph, from->name, from->type, from->rank, from->shape[q->which]);
      to->quantization = from->quantization;
      to->is_variable = from->is_variable;
      if (from->value[q->which] != NULL && !(q->withhold && from->data == NULL) &&
          (q->run || from->value_bytes[q->which] <= MAX_COPIED_BYTES)) {
        to->data = from->value[q->which];
        to->data_bytes = from->value_bytes[q->which];
      } else if (!from->is_variable) {
        subgraph->inputs = ln_job_grow(job, subgraph->inputs, subgraph->input_count, &subgraph->input_capacity,
                                       sizeof *subgraph->inputs);
        subgraph->inputs[subgraph->input_count++] = to;
      }
    }
    ln_node_add_input(copy, to);
  }
  for (int i = 0; i < node->output_count; ++i) {
    ln_tensor* to = ln_node_add_output(copy, node->outputs[i]->name, node->outputs[i]->type);
    to->quantization = node->outputs[i]->quantization;
    if (node->code == LN_OP_SELECT || node->code == LN_OP_SELECT_V2) set_single_shape(to, node);
    ln_graph_output(subgraph, to);
  }
  return graph;
}

static bool fail(result* answer) {
  const char* text = LinnetLastError();
  /* "Subgraph 0, node 0 CONV_2D: ...": the place says it better. */
  const char* colon = strncmp(text, "Subgraph ", 9) == 0 ? strstr(text, ": ") : NULL;
  snprintf(answer->error, sizeof answer->error, "%s", colon != NULL ? colon + 2 : text);
  return false;
}

static bool take_output(const question* q, const TfLiteTensor* tensor, int index) {
  result* answer = q->answer;
  const bool known = q->run || tensor->allocation_type != kTfLiteDynamic;
  answer->outputs[index].rank = known ? TfLiteTensorNumDims(tensor) : -1;
  if (answer->outputs[index].rank > LN_MAX_DIMS) return false;
  for (int i = 0; i < answer->outputs[index].rank; ++i) answer->outputs[index].dims[i] = TfLiteTensorDim(tensor, i);
  if (!q->run) return true;
  answer->outputs[index].bytes = TfLiteTensorByteSize(tensor);
  answer->outputs[index].data = ln_job_try_copy(q->keep, TfLiteTensorData(tensor), answer->outputs[index].bytes);
  if (answer->outputs[index].data != NULL) return true;
  snprintf(answer->error, sizeof answer->error, "no memory for its output");
  return false;
}

static void ask(ln_job* job, void* arg) {
  const question* q = arg;
  result* answer = q->answer;
  const ln_fb_writer* bytes = ln_write_model(isolate(job, q));
  void* file = ln_job_alloc_raw(job, ln_fb_writer_bytes(bytes));
  ln_fb_writer_copy(bytes, file);
  const LinnetModelOptions model_options = {sizeof model_options, kLinnetVerifyFast, quiet, NULL};
  TfLiteModel* model = LinnetModelCreate(file, ln_fb_writer_bytes(bytes), &model_options);
  if (model == NULL) {
    fail(answer);
    return;
  }
  ln_job_defer(job, delete_model, model);
  TfLiteInterpreterOptions* options = TfLiteInterpreterOptionsCreate();
  if (options == NULL) ln_stop(job, "no memory");
  ln_job_defer(job, delete_options, options);
  TfLiteInterpreterOptionsSetErrorReporter(options, quiet, NULL);
  if (!q->run) LinnetInterpreterOptionsSetPlanOnly(options, true);
  TfLiteInterpreter* interpreter = TfLiteInterpreterCreate(model, options);
  if (interpreter == NULL) {
    fail(answer);
    return;
  }
  ln_job_defer(job, delete_interpreter, interpreter);
  if (TfLiteInterpreterAllocateTensors(interpreter) != kTfLiteOk ||
      (q->run && TfLiteInterpreterInvoke(interpreter) != kTfLiteOk)) {
    fail(answer);
    return;
  }
  answer->count = TfLiteInterpreterGetOutputTensorCount(interpreter);
  answer->ok = answer->count <= MAX_OUTPUTS;
  for (int i = 0; i < answer->count && answer->ok; ++i)
    answer->ok = take_output(q, TfLiteInterpreterGetOutputTensor(interpreter, i), i);
  if (!answer->ok && answer->error[0] == 0)
    snprintf(answer->error, sizeof answer->error, "it has too many outputs or dimensions");
}

static bool is_left_alone(const ln_node* node) {
  switch (node->code) {
    case LN_OP_IF:
    case LN_OP_WHILE:
    case LN_OP_CALL_ONCE:
    case LN_OP_CUSTOM:
    case LN_OP_HASHTABLE:
    case LN_OP_HASHTABLE_FIND:
    case LN_OP_HASHTABLE_IMPORT:
    case LN_OP_HASHTABLE_SIZE:
    case LN_OP_VAR_HANDLE:
    case LN_OP_READ_VARIABLE:
    case LN_OP_ASSIGN_VARIABLE:
      return true;
    default:
      return false;
  }
}

/* Whether the outputs are functions of constants and shapes, and small enough to be kept. */
static bool can_run(const ln_node* node, int which) {
  switch (node->code) {
    case LN_OP_SHAPE:
    case LN_OP_RANK:
      return true;
    case LN_OP_RANDOM_UNIFORM:
    case LN_OP_RANDOM_STANDARD_NORMAL:
    case LN_OP_MULTINOMIAL:
    case LN_OP_DEQUANTIZE:
    case LN_OP_DENSIFY:
      return false;
    default:
      break;
  }
  for (int i = 0; i < node->input_count; ++i)
    if (node->inputs[i] != NULL && (node->inputs[i]->value[which] == NULL || node->inputs[i]->is_variable))
      return false;
  return true;
}

static size_t input_bytes(const ln_node* node, int which) {
  size_t bytes = 0;
  for (int i = 0; i < node->input_count; ++i)
    if (node->inputs[i] != NULL) bytes += node->inputs[i]->value_bytes[which];
  return bytes;
}

/* False: the outputs' sizes are known and too large. */
static bool is_small(const ln_node* node, const result* shapes, int which) {
  double bytes = 0;
  for (int i = 0; i < shapes->count; ++i) {
    double elements = 1;
    for (int k = 0; k < shapes->outputs[i].rank; ++k) elements *= shapes->outputs[i].dims[k];
    bytes += 4 * elements;
  }
  return bytes <= MAX_FOLDED_BYTES || bytes <= 2 * (double)input_bytes(node, which);
}

/* Why the job stopped, if it did. */
static void hear(const ln_job* job, void* arg) {
  result* answer = ((question*)arg)->answer;
  if (job->error[0] == 0) return;
  answer->ok = false;
  snprintf(answer->error, sizeof answer->error, "%.*s", (int)sizeof answer->error - 1, job->error);
}

static double known_bytes(const ln_node* node, int which) {
  double bytes = 0;
  for (int i = 0; i < node->input_count; ++i) {
    double elements = 4;
    for (int k = 0; node->inputs[i] != NULL && k < node->inputs[i]->rank; ++k)
      elements *= node->inputs[i]->shape[which][k];
    bytes += elements;
  }
  return bytes;
}

/* That there is no memory for a node of usual size is no fact about the node: it ends the conversion. */
static void ask_about(const ln_node* node, int which, bool run, bool withhold, result* answer) {
  memset(answer, 0, sizeof *answer);
  question q = {node, which, run, withhold, node->subgraph->graph->job, answer};
  ln_job_run(ask, &q, hear);
  answer->ran = answer->ok && run;
  if (!answer->ok && known_bytes(node, which) < USUAL_BYTES &&
      (strstr(answer->error, "memory") != NULL || strstr(answer->error, "llocat") != NULL))
    ln_stop(q.keep, "no memory: %s", answer->error);
}

/* The order in which a TRANSPOSE of plain elements puts dimensions. */
static bool read_order(const ln_node* node, int which, int32_t* order, size_t* width) {
  const ln_tensor *x = node->inputs[0], *list = node->inputs[1];
  unsigned seen = 0;
  size_t two;
  if (list->type != LN_TYPE_INT32 || list->value_bytes[which] != (size_t)x->rank * sizeof *order) return false;
  if (!ln_tensor_type_bytes(x->type, 1, width) || !ln_tensor_type_bytes(x->type, 2, &two) || two != 2 * *width)
    return false; /* strings, elements of less than a byte */
  memcpy(order, list->value[which], list->value_bytes[which]);
  for (int i = 0; i < x->rank; ++i) {
    if (order[i] < 0 || order[i] >= x->rank || (seen >> order[i] & 1) != 0) return false;
    seen |= 1u << order[i];
  }
  return true;
}

/* What only moves weights needs no runtime, which would copy them twice: the same bytes, or in another order. */
static bool move_value(const ln_node* node, int which, result* answer) {
  const ln_tensor* x = node->inputs[0];
  int32_t order[LN_MAX_DIMS];
  size_t width = 0;
  if (answer->count != 1 || answer->outputs[0].rank < 0) return false;
  if (node->code == LN_OP_RESHAPE || node->code == LN_OP_SQUEEZE || node->code == LN_OP_EXPAND_DIMS)
    answer->outputs[0].data = x->value[which];
  else if (node->code == LN_OP_TRANSPOSE && read_order(node, which, order, &width))
    answer->outputs[0].data =
        ln_permute(node->subgraph->graph->job, x->value[which], width, x->rank, x->shape[which], order);
  else
    return false;
  answer->outputs[0].bytes = x->value_bytes[which];
  answer->ran = true;
  return true;
}

static void answer_for(const ln_node* node, int which, result* answer) {
  ask_about(node, which, false, false, answer);
  if (!answer->ok || !can_run(node, which) || !is_small(node, answer, which)) return;
  if (move_value(node, which, answer)) return;
  result ran;
  ask_about(node, which, true, false, &ran);
  if (ran.ok) *answer = ran;
}

void ln_tensor_set_shape(ln_tensor* tensor, int rank, const int32_t* dims) {
  static const int32_t kUnknown[2][2] = {{LN_U0_FIRST, LN_U0_OTHER}, {LN_U1_FIRST, LN_U1_OTHER}};
  if (rank > LN_MAX_DIMS)
    ln_stop(tensor->subgraph->graph->job, "tensor \"%s\" has %d dimensions; at most %d can be converted", tensor->name,
            rank, LN_MAX_DIMS);
  tensor->rank = rank;
  for (int w = 0; w < 2; ++w)
    for (int i = 0; i < rank; ++i) tensor->shape[w][i] = dims[i] >= 0 ? dims[i] : kUnknown[w][i > 0];
}

/* Whether element `index` of a vector, put together of single numbers, is 0. */
static bool is_zero_at(const ln_tensor* vector, int index) {
  const ln_node* pack = vector->producer;
  int64_t number;
  return pack != NULL && pack->code == LN_OP_PACK && index < pack->input_count && pack->inputs[index]->rank == 0 &&
         ln_tensor_ints(pack->inputs[index], 1, &number) && number == 0;
}

/* A STRIDED_SLICE whose places are known only when it runs, but which takes one place of some dimensions and leaves the
 * others as they are: these are known. false: it is another one. */
static bool set_places_shape(const ln_node* node, ln_tensor* output) {
  const int64_t shrink = LN_GET(node, StridedSliceOptions, shrink_axis_mask),
                from_start = LN_GET(node, StridedSliceOptions, begin_mask),
                to_end = LN_GET(node, StridedSliceOptions, end_mask),
                ellipsis = LN_GET(node, StridedSliceOptions, ellipsis_mask);
  const ln_tensor *input = node->inputs[0], *begin = node->inputs[1];
  const int32_t places = begin->rank == 1 ? ln_dim(begin, 0) : -1, left = ellipsis != 0 ? places - 1 : places;
  int64_t steps[LN_MAX_DIMS];
  if (LN_GET(node, StridedSliceOptions, new_axis_mask) != 0 || (ellipsis & (ellipsis - 1)) != 0 || places < 1 ||
      places > LN_MAX_DIMS || left > input->rank)
    return false;
  const bool has_steps = ln_tensor_ints(node->inputs[3], places, steps);
  int rank = 0, axis = 0;
  for (int i = 0; i <= places; ++i) {
    const bool is_rest = i == places || (ellipsis >> i & 1) != 0;
    const bool whole = has_steps && i < places && steps[i] == 1 && (to_end >> i & 1) != 0 &&
                       ((from_start >> i & 1) != 0 || is_zero_at(begin, i));
    const bool one = !is_rest && (shrink >> i & 1) != 0;
    if (!is_rest && !one && !whole) return false;
    /* What no place names lies at the ellipsis, or behind the last. */
    const int count = !is_rest ? 1 : i == places && ellipsis != 0 ? 0 : input->rank - left;
    for (int k = 0; k < count; ++k, ++axis) {
      for (int w = 0; w < 2 && !one; ++w) output->shape[w][rank] = input->shape[w][axis];
      rank += !one;
    }
  }
  output->rank = rank;
  return true;
}

/* The rank of an output that is known only when it runs, as far as the operator says it. */
static void set_dynamic_shape(ln_node* node, ln_tensor* output) {
  int32_t dims[LN_MAX_DIMS];
  for (int i = 0; i < LN_MAX_DIMS; ++i) dims[i] = -1;
  const ln_tensor *input = node->input_count > 0 ? node->inputs[0] : NULL,
                  *second = node->input_count > 1 ? node->inputs[1] : NULL;
  int rank = -1;
  if (node->code == LN_OP_STRIDED_SLICE && set_places_shape(node, output)) return;
  switch (node->code) {
    case LN_OP_WHERE:
      rank = 2;
      dims[1] = input->rank;
      break;
    case LN_OP_UNIQUE:
    case LN_OP_RANGE:
    case LN_OP_NON_MAX_SUPPRESSION_V4:
    case LN_OP_NON_MAX_SUPPRESSION_V5:
      rank = 1;
      break;
    case LN_OP_SLICE:
    case LN_OP_PAD:
    case LN_OP_PADV2:
    case LN_OP_MIRROR_PAD:
    case LN_OP_TILE:
    case LN_OP_RESIZE_BILINEAR:
    case LN_OP_RESIZE_NEAREST_NEIGHBOR:
    case LN_OP_TOPK_V2:
      rank = input->rank;
      if (node->code == LN_OP_RESIZE_BILINEAR || node->code == LN_OP_RESIZE_NEAREST_NEIGHBOR) {
        dims[0] = ln_dim(input, 0);
        dims[3] = ln_dim(input, 3);
      }
      break;
    case LN_OP_RESHAPE:
      if (second != NULL && second->rank == 1) rank = ln_dim(second, 0);
      break;
    case LN_OP_BROADCAST_TO:
      if (second->rank == 1) rank = ln_dim(second, 0);
      break;
    case LN_OP_FILL:
      if (input->rank == 1) rank = ln_dim(input, 0);
      break;
    default:
      break;
  }
  ln_tensor_set_shape(output, rank, dims);
}

static void set_output(ln_node* node, int index, const result* answers) {
  ln_tensor* output = node->outputs[index];
  if (answers[0].outputs[index].rank < 0 || answers[1].outputs[index].rank != answers[0].outputs[index].rank) {
    set_dynamic_shape(node, output);
    return;
  }
  output->rank = answers[0].outputs[index].rank;
  for (int w = 0; w < 2; ++w) {
    memcpy(output->shape[w], answers[w].outputs[index].dims, sizeof output->shape[w]);
    output->value[w] = answers[w].ran ? answers[w].outputs[index].data : NULL;
    output->value_bytes[w] = answers[w].ran ? answers[w].outputs[index].bytes : 0;
  }
  if (output->value[0] == NULL || output->value[1] == NULL || !ln_tensor_is_static(output)) return;
  if (output->value_bytes[0] != output->value_bytes[1] ||
      (output->value[0] != output->value[1] && memcmp(output->value[0], output->value[1], output->value_bytes[0]) != 0))
    return;
  output->data = output->value[0];
  output->data_bytes = output->value_bytes[0];
  output->producer = NULL;
}

static bool is_same_in_both(const ln_node* node) {
  for (int i = 0; i < node->input_count; ++i) {
    const ln_tensor* input = node->inputs[i];
    if (input != NULL && (!ln_tensor_is_static(input) || input->value[0] != input->value[1])) return false;
  }
  return true;
}

/* Where a number put for an unknown extent is one that the operator does not take as a value, as a place behind the end
 * of a table of positions: the shapes alone, without such values. false: it is not the values. */
static bool answer_without_values(const ln_node* node, result* answers) {
  bool probed = false;
  for (int i = 0; i < node->input_count; ++i)
    probed = probed || (node->inputs[i] != NULL && node->inputs[i]->value[0] != NULL && node->inputs[i]->data == NULL);
  if (!probed) return false;
  result shapes[2];
  for (int w = 0; w < 2; ++w) {
    ask_about(node, w, false, true, &shapes[w]);
    if (!shapes[w].ok) return false;
  }
  memcpy(answers, shapes, sizeof shapes);
  return true;
}

bool ln_fold_node(ln_node* node) {
  if (is_left_alone(node) || !can_run(node, 0)) return false;
  result answer;
  answer_for(node, 0, &answer);
  if (!answer.ran) return false;
  for (int i = 0; i < node->output_count; ++i) {
    ln_tensor* output = node->outputs[i];
    output->rank = answer.outputs[i].rank;
    for (int w = 0; w < 2; ++w) {
      memcpy(output->shape[w], answer.outputs[i].dims, sizeof output->shape[w]);
      output->value[w] = answer.outputs[i].data;
      output->value_bytes[w] = answer.outputs[i].bytes;
    }
    output->data = output->value[0];
    output->data_bytes = output->value_bytes[0];
  }
  ln_node_remove(node);
  return true;
}

/* What was computed may hold for the two numbers only. */
static void doubt(const ln_node* node, result answers[2]) {
  const void* values[2] = {answers[0].outputs[0].data, answers[1].outputs[0].data};
  const size_t bytes[2] = {answers[0].outputs[0].bytes, answers[1].outputs[0].bytes};
  if (!answers[0].ran || !answers[1].ran) return;
  if (!ln_doubt_values(node, values, bytes)) answers[0].ran = answers[1].ran = false;
  answers[1].outputs[0].data = values[1];
}

void ln_infer(ln_node* node) {
  ln_job* job = node->subgraph->graph->job;
  ln_job_progress(job, "importing, operators", (size_t)node->subgraph->node_count, 0);
  if (is_left_alone(node)) return;
  bool broken = false, unranked = false;
  for (int i = 0; i < node->input_count; ++i) {
    if (node->inputs[i] == NULL) continue;
    broken = broken || node->inputs[i]->broken;
    unranked = unranked || node->inputs[i]->rank < 0;
  }
  for (int i = 0; i < node->output_count; ++i) node->outputs[i]->broken = broken;
  if (broken || unranked) return;
  result answers[2];
  answer_for(node, 0, &answers[0]);
  if (is_same_in_both(node))
    answers[1] = answers[0];
  else
    answer_for(node, 1, &answers[1]);
  const bool first = answers[0].ok, second = answers[1].ok;
  if (first && !second) node->subgraph->graph->one_sided = true;
  if ((!first || !second) && !answer_without_values(node, answers)) {
    if (!first) {
      ln_problem(job, node->place, "as %s: %s", ln_builtin_operator_name(node->code), answers[0].error);
      for (int i = 0; i < node->output_count; ++i) node->outputs[i]->broken = true;
      return;
    }
    answers[1] = answers[0];
  }
  doubt(node, answers);
  int constants = 0;
  for (int i = 0; i < node->output_count; ++i) {
    set_output(node, i, answers);
    constants += node->outputs[i]->data != NULL;
  }
  if (constants != 0 && constants == node->output_count) ln_node_remove(node);
}
