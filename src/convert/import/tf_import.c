#include "convert/import/tf_import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "convert/import/tf_subgraphs.h"

enum { NEW, OPEN, DONE };
enum { MAX_DEPTH = 200, MAX_LOWERED = 2000000 };

static uint32_t hash_of(const char* name, size_t length) {
  uint32_t hash = 2166136261u;
  for (size_t i = 0; i < length; ++i) hash = (hash ^ (unsigned char)name[i]) * 16777619u;
  return hash;
}

int ln_tf_find(const ln_tf_body* body, const char* name, size_t length) {
  for (size_t at = hash_of(name, length) & (body->table_size - 1); body->table[at] != 0;
       at = (at + 1) & (body->table_size - 1)) {
    const char* found = body->defs[body->table[at] - 1]->name;
    if (strlen(found) == length && memcmp(found, name, length) == 0) return (int)body->table[at] - 1;
  }
  return -1;
}

static ln_tf_body* new_body(ln_tf_importer* importer, const LnPb__FunctionDef* function, LnPb__NodeDef** defs,
                            size_t count) {
  ln_tf_body* body = ln_job_alloc(importer->job, 1, sizeof *body);
  *body = (ln_tf_body){.next = importer->bodies, .function = function, .defs = defs, .count = count, .table_size = 16};
  if (count > INT32_MAX / 4) ln_stop(importer->job, "the graph has too many nodes: %zu", count);
  while (body->table_size < 2 * count + 2) body->table_size *= 2;
  body->table = ln_job_alloc(importer->job, body->table_size, sizeof *body->table);
  for (size_t i = 0; i < count; ++i) {
    const size_t length = strlen(defs[i]->name);
    if (ln_tf_find(body, defs[i]->name, length) >= 0)
      ln_stop(importer->job, "two nodes are called \"%s\"", defs[i]->name);
    size_t at = hash_of(defs[i]->name, length) & (body->table_size - 1);
    while (body->table[at] != 0) at = (at + 1) & (body->table_size - 1);
    body->table[at] = (uint32_t)i + 1;
  }
  body->lowerings = ln_job_alloc(importer->job, count, sizeof *body->lowerings);
  importer->bodies = body;
  return body;
}

ln_tf_body* ln_tf_graph_body(ln_tf_importer* importer) {
  for (ln_tf_body* body = importer->bodies; body != NULL; body = body->next)
    if (body->function == NULL) return body;
  return new_body(importer, NULL, importer->source->node, importer->source->n_node);
}

static bool says(const LnPb__FunctionDef* f, const char* attribute, const ProtobufCBinaryData* value) {
  for (size_t i = 0; i < f->n_attr; ++i) {
    const LnPb__AttrValue* own = f->attr[i]->value;
    if (f->attr[i]->key == NULL || strcmp(f->attr[i]->key, attribute) != 0 || own == NULL) continue;
    return own->s.len == value->len && value->len > 0 && memcmp(own->s.data, value->data, value->len) == 0;
  }
  return false;
}

/* Keras 2 writes some layers twice, one function for each kind of device, which say that they compute the same. */
static const LnPb__FunctionDef* for_cpu(const LnPb__FunctionDefLibrary* library, const LnPb__FunctionDef* f) {
  static uint8_t kGpu[] = "GPU", kCpu[] = "CPU";
  const ProtobufCBinaryData gpu = {3, kGpu}, cpu = {3, kCpu};
  if (!says(f, "api_preferred_device", &gpu)) return f;
  for (size_t i = 0; i < f->n_attr; ++i) {
    if (f->attr[i]->key == NULL || strcmp(f->attr[i]->key, "api_implements") != 0 || f->attr[i]->value == NULL)
      continue;
    for (size_t k = 0; k < library->n_function; ++k) {
      const LnPb__FunctionDef* other = library->function[k];
      if (says(other, "api_implements", &f->attr[i]->value->s) && says(other, "api_preferred_device", &cpu) &&
          other->signature->n_input_arg == f->signature->n_input_arg &&
          other->signature->n_output_arg == f->signature->n_output_arg)
        return other;
    }
  }
  return f;
}

ln_tf_body* ln_tf_function(ln_tf_importer* importer, const char* name) {
  const LnPb__FunctionDefLibrary* library = importer->source->library;
  const LnPb__FunctionDef* f = NULL;
  for (ln_tf_body* body = importer->bodies; body != NULL; body = body->next)
    if (body->function != NULL && strcmp(body->function->signature->name, name) == 0) return body;
  for (size_t i = 0; library != NULL && i < library->n_function && f == NULL; ++i)
    if (strcmp(library->function[i]->signature->name, name) == 0) f = for_cpu(library, library->function[i]);
  if (f == NULL) return NULL;
  for (ln_tf_body* body = importer->bodies; body != NULL; body = body->next)
    if (body->function == f) return body;
  return new_body(importer, f, f->node_def, f->n_node_def);
}

ln_tf_scope* ln_tf_new_scope(ln_tf_importer* importer, ln_tf_body* body, ln_subgraph* subgraph, const char* prefix) {
  ln_tf_scope* scope = ln_job_alloc(importer->job, 1, sizeof *scope);
  scope->importer = importer;
  scope->body = body;
  scope->subgraph = subgraph;
  scope->prefix = prefix;
  scope->nodes = ln_job_alloc(importer->job, body->count, sizeof *scope->nodes);
  for (size_t i = 0; i < body->count; ++i) {
    scope->nodes[i].def = body->defs[i];
    scope->nodes[i].scope = scope;
  }
  return scope;
}

/* In functions an output is named by its operator's argument. Those of one output argument count by the number alone.
 */
static const struct {
  const char* op;
  const char* names;
} kOutputNames[] = {
    {"FusedBatchNorm", "y batch_mean batch_variance reserve_space_1 reserve_space_2"},
    {"FusedBatchNormV2", "y batch_mean batch_variance reserve_space_1 reserve_space_2"},
    {"FusedBatchNormV3", "y batch_mean batch_variance reserve_space_1 reserve_space_2 reserve_space_3"},
    {"TopK", "values indices"},
    {"TopKV2", "values indices"},
    {"Unique", "y idx"},
    {"UniqueV2", "y idx"},
    {"UniqueWithCounts", "y idx count"},
    {"UniqueWithCountsV2", "y idx count"},
    {"NonMaxSuppressionV4", "selected_indices valid_outputs"},
    {"NonMaxSuppressionV5", "selected_indices selected_scores valid_outputs"},
    {"CombinedNonMaxSuppression", "nmsed_boxes nmsed_scores nmsed_classes valid_detections"},
    {"SoftmaxCrossEntropyWithLogits", "loss backprop"},
    {"SparseSoftmaxCrossEntropyWithLogits", "loss backprop"},
    {"StatelessRandomGetKeyCounter", "key counter"},
    {"Switch", "output_false output_true"},
    {"RefSwitch", "output_false output_true"},
    {"Merge", "output value_index"},
    {"RefMerge", "output value_index"},
    {"TensorListPopBack", "output_handle tensor"},
    {"MaxPoolWithArgmax", "output argmax"},
    {"BroadcastGradientArgs", "r0 r1"},
    {"RaggedRange", "rt_nested_splits rt_dense_values"},
    {"StringSplit", "indices values shape"},
    {"StringSplitV2", "indices values shape"},
    {"StringNGrams", "ngrams ngrams_splits"},
    {"UnicodeDecode", "row_splits char_values"},
    {"UnicodeDecodeWithOffsets", "row_splits char_values char_to_byte_starts"},
    {"ListDiff", "out idx"},
    {"LogMatrixDeterminant", "sign log_abs_determinant"},
    {"TensorListConcatV2", "tensor lengths"},
    {"LookupTableExport", "keys values"},
    {"LookupTableExportV2", "keys values"},
};

/* The number of the output argument `name` of an operator; 0 where it has only one. */
static int output_number(const char* op, const char* name, size_t length) {
  for (size_t i = 0; i < sizeof kOutputNames / sizeof kOutputNames[0]; ++i) {
    if (strcmp(kOutputNames[i].op, op) != 0) continue;
    int number = 0;
    for (const char* at = kOutputNames[i].names; *at != 0; ++number) {
      const size_t span = strcspn(at, " ");
      if (span == length && strncmp(at, name, length) == 0) return number;
      at += span;
      at += strspn(at, " ");
    }
  }
  return 0;
}

static bool parse_number(const char* text, int* number) {
  char* end;
  const long value = strtol(text, &end, 10);
  *number = (int)value;
  return end != text && *end == 0 && value >= 0 && value < 100000;
}

bool ln_tf_resolve(const ln_tf_body* body, const char* reference, int* node, int* output) {
  const char* colon = strchr(reference, ':');
  const size_t length = colon != NULL ? (size_t)(colon - reference) : strlen(reference);
  *output = 0;
  if (body->function != NULL) {
    const LnPb__OpDef* signature = body->function->signature;
    for (size_t i = 0; i < signature->n_input_arg; ++i) {
      const char* arg = signature->input_arg[i]->name;
      if (strlen(arg) == length && strncmp(arg, reference, length) == 0) return *node = -1 - (int)i, true;
    }
  }
  *node = ln_tf_find(body, reference, length);
  if (*node < 0) return false;
  if (colon == NULL) return true;
  const char* second = strchr(colon + 1, ':');
  if (second == NULL) return parse_number(colon + 1, output);
  if (!parse_number(second + 1, output)) return false;
  *output += output_number(body->defs[*node]->op, colon + 1, (size_t)(second - colon - 1));
  return true;
}

int ln_tf_input_node(const ln_tf_body* body, const char* input) {
  int node, output;
  return ln_tf_resolve(body, input[0] == '^' ? input + 1 : input, &node, &output) ? node : -1;
}

static const ln_tf_lowering* find_lowering(const char* op) {
  static const ln_tf_lowering kNone = {NULL, ln_tf_named_call, 0};
  static const ln_tf_lowering* const kFamilies[] = {
      ln_tf_math,      ln_tf_layers,     ln_tf_arrays,    ln_tf_shapes,       ln_tf_reductions,
      ln_tf_control,   ln_tf_control_v1, ln_tf_lists,     ln_tf_state,        ln_tf_detection,
      ln_tf_variables, ln_tf_tables,     ln_tf_functions, ln_tf_matrices,     ln_tf_images,
      ln_tf_segments,  ln_tf_signals,    ln_tf_random,    ln_tf_quantization, ln_tf_moves,
      ln_tf_gradients, ln_tf_places,     ln_tf_strings,   ln_tf_complex,      ln_tf_linear};
  for (size_t i = 0; i < sizeof kFamilies / sizeof kFamilies[0]; ++i)
    for (const ln_tf_lowering* l = kFamilies[i]; l->op != NULL; ++l)
      if (strcmp(l->op, op) == 0) return l;
  return &kNone;
}

/* Operators whose inputs are looked at by their own lowering only: control flow of TensorFlow 1. */
static bool has_own_order(const char* op) {
  return strcmp(op, "Merge") == 0 || strcmp(op, "Switch") == 0 || strcmp(op, "Exit") == 0 ||
         strcmp(op, "RefMerge") == 0 || strcmp(op, "RefSwitch") == 0 || strcmp(op, "RefExit") == 0 ||
         strcmp(op, "Enter") == 0 || strcmp(op, "RefEnter") == 0;
}

static ln_tf_value value_of(ln_tf_scope* scope, int node, int output) {
  const ln_tf_value nothing = {.kind = LN_TF_NOTHING};
  ln_tf_value ruled;
  if (node < 0) return scope->args != NULL ? scope->args[-1 - node] : nothing;
  if (scope->rule.value != NULL && scope->rule.value(scope, &scope->nodes[node], output, &ruled)) return ruled;
  const ln_tf_node* n = &scope->nodes[node];
  return output < n->out_count ? n->outs[output] : nothing;
}

/* The name without the calls of functions that Keras and TensorFlow 2 put around a model. */
static const char* readable(ln_job* job, const char* name) {
  static const char* const kCalls[] = {"StatefulPartitionedCall", "PartitionedCall"};
  char* text = ln_job_alloc(job, strlen(name) + 1, 1);
  size_t used = 0;
  for (const char* slash; (slash = strchr(name, '/')) != NULL; name = slash + 1) {
    size_t length = (size_t)(slash - name);
    while (length > 0 && name[length - 1] >= '0' && name[length - 1] <= '9') --length;
    if (length > 0 && length < (size_t)(slash - name) && name[length - 1] == '_') --length;
    bool is_call = false;
    for (int i = 0; i < 2; ++i)
      is_call = is_call || (strlen(kCalls[i]) == length && strncmp(name, kCalls[i], length) == 0);
    if (is_call) continue;
    memcpy(text + used, name, (size_t)(slash + 1 - name));
    used += (size_t)(slash + 1 - name);
  }
  memcpy(text + used, name, strlen(name) + 1);
  return text;
}

static void lower(ln_tf_scope* scope, ln_tf_node* node) {
  ln_tf_importer* importer = scope->importer;
  ln_job* job = importer->job;
  if (++importer->lowered > MAX_LOWERED) ln_stop(job, "the graph's functions make more than %d nodes", MAX_LOWERED);
  ln_tf_call call = {scope, job, {scope->subgraph, NULL}, node->def, NULL, NULL, 0, node};
  call.name = scope->prefix[0] != 0 ? ln_job_text(job, "%s%s", scope->prefix, node->def->name) : node->def->name;
  call.b.place = ln_job_place(job, node->def->op, readable(job, call.name), "");
  call.in = ln_job_alloc(job, node->def->n_input, sizeof *call.in);
  for (size_t i = 0; i < node->def->n_input && !has_own_order(node->def->op); ++i) {
    int from, output;
    if (node->def->input[i][0] == '^') continue;
    if (!ln_tf_resolve(scope->body, node->def->input[i], &from, &output))
      ln_stop(job, "node \"%s\" takes \"%s\", which is not there", node->def->name, node->def->input[i]);
    call.in[call.in_count++] = value_of(scope, from, output);
  }
  const ln_tf_lowering** lowering = &scope->body->lowerings[node - scope->nodes];
  if (*lowering == NULL) *lowering = find_lowering(node->def->op);
  if (!ln_tf_lower_complex(&call, *lowering)) (*lowering)->lower(&call);
  node->state = DONE;
}

typedef struct visit {
  int node;
  size_t next; /* input to look at */
} visit;

/* Whether a rule of the scope has the value, so that the node itself is not needed. */
static bool is_ruled(ln_tf_scope* scope, int node, int output) {
  ln_tf_value value;
  return scope->rule.value != NULL && scope->rule.value(scope, &scope->nodes[node], output, &value);
}

static void lower_with_inputs(ln_tf_scope* scope, int index) {
  ln_job* job = scope->importer->job;
  visit* stack = NULL;
  size_t depth = 0, capacity = 0;
  const uint8_t* touches = scope->importer->has_assigned ? ln_tf_touches(scope->importer, scope->body) : NULL;
  stack = ln_job_grow(job, stack, depth, &capacity, sizeof *stack);
  stack[depth++] = (visit){index, 0};
  scope->nodes[index].state = OPEN;
  while (depth > 0) {
    visit* top = &stack[depth - 1];
    const LnPb__NodeDef* def = scope->body->defs[top->node];
    bool pushed = false;
    for (; top->next < def->n_input && !pushed; ++top->next) {
      int from, output;
      const bool edge = def->input[top->next][0] == '^';
      if (edge ? !touches : has_own_order(def->op)) continue;
      if (!ln_tf_resolve(scope->body, def->input[top->next] + edge, &from, &output))
        ln_stop(job, "node \"%s\" takes \"%s\", which is not there", def->name, def->input[top->next]);
      if (edge && (from < 0 || touches[from] == LN_TF_TOUCHES_NOTHING)) continue;
      if (from < 0 || scope->nodes[from].state == DONE || is_ruled(scope, from, output)) continue;
      if (scope->nodes[from].state == OPEN)
        ln_stop(job, "nodes \"%s\" and \"%s\" wait for each other: the graph has a cycle", def->name,
                scope->body->defs[from]->name);
      stack = ln_job_grow(job, stack, depth, &capacity, sizeof *stack);
      ++stack[depth - 1].next;
      stack[depth++] = (visit){from, 0};
      scope->nodes[from].state = OPEN;
      pushed = true;
      break;
    }
    if (pushed) continue;
    lower(scope, &scope->nodes[stack[depth - 1].node]);
    --depth;
  }
}

ln_tf_value ln_tf_output(ln_tf_scope* scope, int node, int output) {
  if (node >= 0 && scope->nodes[node].state == OPEN)
    ln_stop(scope->importer->job, "node \"%s\" waits for itself: the graph has a cycle", scope->body->defs[node]->name);
  if (node >= 0 && scope->nodes[node].state == NEW && !is_ruled(scope, node, output)) lower_with_inputs(scope, node);
  return value_of(scope, node, output);
}

ln_tf_value ln_tf_get(ln_tf_scope* scope, const char* reference) {
  int node, output;
  if (!ln_tf_resolve(scope->body, reference, &node, &output))
    ln_stop(scope->importer->job, "the graph has no node \"%s\"", reference);
  return ln_tf_output(scope, node, output);
}

static const char* returned(const LnPb__FunctionDef* function, const char* name) {
  for (size_t i = 0; i < function->n_ret; ++i)
    if (strcmp(function->ret[i]->key, name) == 0) return function->ret[i]->value;
  return NULL;
}

/* What a function does besides its results it does whenever it is called; TensorFlow 1's graphs only do what is asked
 * for. */
static void lower_effects(ln_tf_scope* scope) {
  if (!scope->importer->has_assigned) return;
  const uint8_t* touches = ln_tf_touches(scope->importer, scope->body);
  for (size_t i = 0; i < scope->body->count; ++i)
    if (touches[i] == LN_TF_WRITES) ln_tf_output(scope, (int)i, 0);
}

ln_tf_value* ln_tf_inline(ln_tf_importer* importer, ln_tf_body* body, ln_subgraph* subgraph, const char* prefix,
                          const ln_tf_value* args, int arg_count, int* out_count) {
  ln_job* job = importer->job;
  const LnPb__OpDef* signature = body->function->signature;
  if ((size_t)arg_count != signature->n_input_arg)
    ln_stop(job, "function \"%s\" takes %zu arguments and is called with %d", signature->name, signature->n_input_arg,
            arg_count);
  if (++importer->depth > MAX_DEPTH) ln_stop(job, "functions call each other more than %d deep", MAX_DEPTH);
  ln_tf_scope* scope = ln_tf_new_scope(importer, body, subgraph, prefix);
  scope->args = args;
  *out_count = (int)signature->n_output_arg;
  ln_tf_value* outs = ln_job_alloc(job, signature->n_output_arg, sizeof *outs);
  for (size_t i = 0; i < signature->n_output_arg; ++i) {
    const char* reference = returned(body->function, signature->output_arg[i]->name);
    if (reference == NULL)
      ln_stop(job, "function \"%s\" does not say what it returns as \"%s\"", signature->name,
              signature->output_arg[i]->name);
    outs[i] = ln_tf_get(scope, reference);
  }
  lower_effects(scope);
  --importer->depth;
  return outs;
}

ln_tf_importer* ln_tf_new_importer(ln_job* job, const LnPb__GraphDef* source, const LinnetConvertOptions* options,
                                   int32_t batch) {
  ln_tf_importer* importer = ln_job_alloc(job, 1, sizeof *importer);
  importer->job = job;
  importer->graph = ln_graph_new(job);
  importer->source = source;
  importer->allow_custom = options->allow_custom;
  importer->initial_values = options->initial_values;
  importer->batch = batch;
  return importer;
}

const char* ln_tf_next_word(ln_job* job, const char** list) {
  if (*list == NULL) return NULL;
  *list += strspn(*list, " ,\t\n");
  /* A comma between the numbers of a shape separates no words. */
  size_t length = 0;
  for (const char* at = *list; *at != 0 && strchr(" \t\n", *at) == NULL; ++at, ++length)
    if (*at == ',' && (at[1] == 0 || strchr("0123456789-", at[1]) == NULL)) break;
  if (length == 0) return NULL;
  char* word = ln_job_alloc(job, length + 1, 1);
  memcpy(word, *list, length);
  *list += length;
  return word;
}
