/* A GraphDef as a whole model: which nodes are inputs and outputs, and the checkpoint that goes with it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "convert/import/tf_bundle.h"

static bool is_op(const LnPb__NodeDef* def, const char* prefix) {
  return strncmp(def->op, prefix, strlen(prefix)) == 0;
}

/* Nodes that stand at an end without being a result. */
static bool is_no_result(const LnPb__NodeDef* def) {
  static const char* const kOps[] = {"NoOp",
                                     "Assert",
                                     "Const",
                                     "Placeholder",
                                     "VarHandleOp",
                                     "Variable",
                                     "Save",
                                     "Restore",
                                     "MergeV2Checkpoints",
                                     "Assign",
                                     "Print",
                                     "VarIsInitializedOp",
                                     "IsVariableInitialized",
                                     "ReadVariableOp",
                                     "ScalarSummary",
                                     "HistogramSummary",
                                     "MergeSummary",
                                     "Enter"};
  for (size_t i = 0; i < sizeof kOps / sizeof kOps[0]; ++i)
    if (is_op(def, kOps[i])) return true;
  return false;
}

/* The predicate of a branch, seen from inside: only control edges take it. */
static bool is_pivot(const ln_tf_body* body, const LnPb__NodeDef* def) {
  int node, output;
  if (strcmp(def->op, "Identity") != 0 || def->n_input == 0) return false;
  return ln_tf_resolve(body, def->input[0], &node, &output) && node >= 0 &&
         (is_op(body->defs[node], "Switch") || is_op(body->defs[node], "RefSwitch"));
}

/* The name of a file that was written, which a saver gives back. */
static bool is_of_saver(const ln_tf_body* body, const LnPb__NodeDef* def) {
  static const char* const kOps[] = {"Save", "SaveSlices", "SaveV2", "ShardedFilename", "MergeV2Checkpoints"};
  for (size_t i = 0; i < def->n_input && is_op(def, "Identity"); ++i) {
    const int node = ln_tf_input_node(body, def->input[i]);
    for (size_t k = 0; node >= 0 && k < sizeof kOps / sizeof kOps[0]; ++k)
      if (is_op(body->defs[node], kOps[k])) return true;
  }
  return false;
}

/* How a node is taken by others. */
enum { TAKEN = 1, CONTROLS = 2 };

static uint8_t* uses_of(ln_job* job, const ln_tf_body* body) {
  uint8_t* uses = ln_job_alloc(job, body->count, sizeof *uses);
  for (size_t i = 0; i < body->count; ++i)
    for (size_t k = 0; k < body->defs[i]->n_input; ++k) {
      const char* input = body->defs[i]->input[k];
      const int node = ln_tf_input_node(body, input);
      if (node >= 0) uses[node] |= input[0] == '^' ? CONTROLS : TAKEN;
    }
  return uses;
}

/* A function's results are named "Identity", "Identity_1", ... where it has become a graph. */
static bool is_result_of_function(const LnPb__NodeDef* def) {
  static const char kName[] = "Identity";
  const size_t length = strlen(kName);
  if (!is_op(def, kName) || strncmp(def->name, kName, length) != 0) return false;
  return def->name[length] == 0 || (def->name[length] == '_' && strspn(def->name + length + 1, "0123456789") > 0 &&
                                    def->name[length + 1 + strspn(def->name + length + 1, "0123456789")] == 0);
}

/* What freezing leaves of inlined functions and loops in such a graph: only control edges take it. */
static bool is_remains(const LnPb__NodeDef* def, uint8_t uses) {
  return uses == CONTROLS && strchr(def->name, '/') != NULL && (is_op(def, "Exit") || is_op(def, "Identity"));
}

void ln_tf_default_outputs(ln_tf_importer* importer, const char*** names, size_t* count) {
  const ln_tf_body* body = ln_tf_graph_body(importer);
  const uint8_t* uses = uses_of(importer->job, body);
  bool of_function = false;
  size_t capacity = 0;
  *names = NULL;
  *count = 0;
  for (size_t i = 0; i < body->count; ++i)
    of_function = of_function || (uses[i] == 0 && is_result_of_function(body->defs[i]));
  for (size_t i = 0; i < body->count; ++i) {
    const LnPb__NodeDef* def = body->defs[i];
    if ((uses[i] & TAKEN) != 0 || is_no_result(def) || is_pivot(body, def) || is_of_saver(body, def) ||
        (of_function && is_remains(def, uses[i])))
      continue;
    *names = ln_job_grow(importer->job, *names, *count, &capacity, sizeof **names);
    (*names)[(*count)++] = def->name;
  }
}

/* "name:1,224,224,3" or "name" or "name:0" of a graph; the shape's numbers where there are some. */
static void parse_input(ln_job* job, const char* word, const char** name, int32_t* dims, int* rank) {
  char* copy = ln_job_strdup(job, word);
  char* colon = strrchr(copy, ':');
  *rank = -1;
  *name = copy;
  if (colon == NULL || (strchr(colon, ',') == NULL && strchr(colon, '[') == NULL)) return;
  *colon = 0;
  *rank = 0;
  for (const char* at = colon + 1; *at != 0;) {
    char* end;
    at += strspn(at, "[],x");
    if (*at == 0) break;
    const long extent = strtol(at, &end, 10);
    if (end == at || extent < -1 || extent > INT32_MAX || *rank == LN_MAX_DIMS)
      ln_stop(job, "--inputs: \"%s\" has no shape of numbers; \"name:1,224,224,3\" is right", word);
    dims[(*rank)++] = (int32_t)extent;
    at = end;
  }
}

/* The input itself where it is cast to be computed with (ln_tf_computed). */
static ln_tensor* as_given(ln_tensor* tensor) {
  const ln_node* cast = tensor != NULL ? tensor->producer : NULL;
  if (cast == NULL || cast->code != LN_OP_CAST || cast->inputs[0]->producer != NULL) return tensor;
  return ln_tensor_is_constant(cast->inputs[0]) ? tensor : cast->inputs[0];
}

/* The DataType of what a node gives. */
static int output_dtype(const LnPb__NodeDef* def) {
  static const char* const kAttributes[] = {"DstT", "Tout", "dtype", "T"};
  for (size_t i = 0; i < sizeof kAttributes / sizeof kAttributes[0]; ++i)
    if (ln_tf_attr(def, kAttributes[i]) != NULL) return ln_tf_dtype(def, kAttributes[i], LN_DT_FLOAT);
  return LN_DT_FLOAT;
}

/* Puts a tensor of the graph's in place of what a node computes. */
static void cut_at(ln_tf_scope* scope, const char* name, int rank, const int32_t* dims) {
  ln_job* job = scope->importer->job;
  int node, output;
  if (!ln_tf_resolve(scope->body, name, &node, &output) || node < 0)
    ln_stop(job, "the graph has no node \"%s\" for an input", name);
  ln_tf_node* n = &scope->nodes[node];
  if (rank < 0 && strncmp(n->def->op, "Placeholder", 11) == 0) {
    ln_tf_output(scope, node, 0);
  } else {
    if (rank < 0)
      ln_stop(job, "input \"%s\" is no placeholder: --inputs \"%s:1,224,224,3\" gives its shape", name, name);
    const char* attribute = ln_tf_attr(n->def, "dtype") != NULL ? "dtype"
                            : ln_tf_attr(n->def, "T") != NULL   ? "T"
                                                                : "DstT";
    const int type = ln_tf_stored_type(ln_tf_dtype(n->def, attribute, LN_DT_FLOAT));
    if (output >= n->out_count) {
      n->outs = ln_job_alloc(job, (size_t)output + 1, sizeof *n->outs);
      n->out_count = output + 1;
    }
    n->outs[output] = (ln_tf_value){
        .kind = LN_TF_TENSOR,
        .tensor = ln_tf_computed(scope, ln_graph_tensor(scope->subgraph, name, type, rank, dims), n->def)};
    n->state = 2;
  }
  ln_tensor* tensor = n->outs != NULL ? as_given(n->outs[output].tensor) : NULL;
  if (tensor == NULL || tensor->broken) return;
  scope->subgraph->inputs = ln_job_grow(job, scope->subgraph->inputs, scope->subgraph->input_count,
                                        &scope->subgraph->input_capacity, sizeof *scope->subgraph->inputs);
  scope->subgraph->inputs[scope->subgraph->input_count++] = tensor;
}

/* The placeholders that were needed become inputs, in the graph's order. */
static void add_placeholders(ln_tf_scope* scope) {
  ln_subgraph* s = scope->subgraph;
  for (size_t i = 0; i < scope->body->count; ++i) {
    const ln_tf_node* n = &scope->nodes[i];
    if (strncmp(n->def->op, "Placeholder", 11) != 0 || n->out_count == 0 || n->outs[0].tensor == NULL) continue;
    ln_tensor* tensor = as_given(n->outs[0].tensor);
    bool there = ln_tensor_is_constant(tensor) || tensor->producer != NULL || tensor->broken;
    for (size_t k = 0; k < s->input_count; ++k) there = there || s->inputs[k] == tensor;
    if (there) continue;
    s->inputs = ln_job_grow(scope->importer->job, s->inputs, s->input_count, &s->input_capacity, sizeof *s->inputs);
    s->inputs[s->input_count++] = tensor;
  }
}

static const char* without_number(ln_job* job, const char* name) {
  char* copy = ln_job_strdup(job, name);
  char* colon = strrchr(copy, ':');
  if (colon != NULL && strcmp(colon, ":0") == 0) *colon = 0;
  return copy;
}

static const char* folder_of(ln_job* job, const char* path) {
  const char* slash = strrchr(path, '/');
  return slash != NULL ? ln_job_text(job, "%.*s", (int)(slash - path), path) : ".";
}

static ln_tf_importer* import(ln_job* job, const char* path, const LinnetConvertOptions* options, int32_t batch) {
  ln_tf_importer* importer = ln_tf_new_importer(job, ln_tf_read_graph(job, path), options, batch);
  ln_graph* graph = importer->graph;
  importer->folder = folder_of(job, path);
  ln_tf_body* body = ln_tf_graph_body(importer);
  if (options->checkpoint != NULL) {
    ln_tf_bundle* bundle = ln_tf_bundle_open(job, options->checkpoint);
    ln_tf_bundle_follow_restores(bundle, importer);
    importer->bundle = bundle;
  }
  ln_tf_scope* scope = ln_tf_new_scope(importer, body, ln_graph_subgraph(graph, "main"), "");
  const char* list = options->inputs;
  for (const char* word; (word = ln_tf_next_word(job, &list)) != NULL;) {
    int32_t dims[LN_MAX_DIMS];
    const char* name;
    int rank;
    parse_input(job, word, &name, dims, &rank);
    cut_at(scope, name, rank, dims);
  }
  const char** names = NULL;
  size_t count = 0, capacity = 0;
  list = options->outputs;
  for (const char* word; (word = ln_tf_next_word(job, &list)) != NULL;) {
    names = ln_job_grow(job, names, count, &capacity, sizeof *names);
    names[count++] = word;
  }
  const bool found = count == 0;
  if (found) ln_tf_default_outputs(importer, &names, &count);
  if (count == 0) ln_stop(job, "%s: no node is an output; --outputs names them", path);
  for (size_t i = 0; i < count; ++i) ln_tf_mark_assigned(importer, names[i]);
  ln_signature* signature = ln_graph_signature(graph, "serving_default", scope->subgraph);
  for (size_t i = 0; i < count; ++i) {
    ln_tf_value value = ln_tf_get(scope, names[i]);
    int node, output;
    if (value.kind == LN_TF_COMPLEX)
      ln_stop(job, "output \"%s\" is complex; its real and imaginary part can be outputs", names[i]);
    if (value.tensor == NULL && found && count > 1) continue; /* a list, a table that nobody takes */
    if (value.tensor == NULL) ln_stop(job, "output \"%s\" is no tensor", names[i]);
    if (ln_tf_resolve(body, names[i], &node, &output) && node >= 0)
      value.tensor = ln_tf_stored(scope, value.tensor, output_dtype(body->defs[node]), names[i]);
    ln_graph_output(scope->subgraph, value.tensor);
    ln_signature_output(signature, without_number(job, names[i]), value.tensor);
  }
  if (scope->subgraph->output_count == 0) ln_stop(job, "%s: no node is an output; --outputs names them", path);
  if (options->inputs == NULL) add_placeholders(scope);
  for (size_t i = 0; i < scope->subgraph->input_count; ++i)
    ln_signature_input(signature, scope->subgraph->inputs[i]->name, scope->subgraph->inputs[i]);
  ln_tf_call_init(importer);
  return importer;
}

ln_graph* ln_import_graphdef(ln_job* job, const char* path, const LinnetConvertOptions* options) {
  return ln_tf_import_by_states(job, path, options, import);
}
