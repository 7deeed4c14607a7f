/* Freezing: of a GraphDef and a checkpoint one GraphDef with constants, and in it only what the outputs need. What
 * trains, saves or asserts hangs on control edges and on nobody's inputs, so that walking back from the outputs leaves
 * it out. */
#include <string.h>

#include "convert/import/tf_bundle.h"
#include "convert/write.h"
#include "model/model.h"

typedef struct freezer {
  ln_job* job;
  ln_tf_importer* importer;
  ln_tf_body* body;
  bool* needed;
  bool* is_wanted; /* as an output: an identity stays then */
  int* stack;
  size_t depth;
} freezer;

static bool is_op(const LnPb__NodeDef* def, const char* op) {
  return strcmp(def->op, op) == 0 || (strncmp(def->op, "Ref", 3) == 0 && strcmp(def->op + 3, op) == 0);
}

static bool is_variable(const LnPb__NodeDef* def) {
  return strcmp(def->op, "VariableV2") == 0 || strcmp(def->op, "Variable") == 0;
}

static const LnPb__NodeDef* input_of(const freezer* f, const LnPb__NodeDef* def, size_t index, int* node, int* output) {
  if (index >= def->n_input || def->input[index][0] == '^') return NULL;
  if (!ln_tf_resolve(f->body, def->input[index], node, output) || *node < 0)
    ln_stop(f->job, "node \"%s\" takes \"%s\", which is not there", def->name, def->input[index]);
  return f->body->defs[*node];
}

static bool reads_variable(const freezer* f, const LnPb__NodeDef* def) {
  int node, output;
  if (strcmp(def->op, "ReadVariableOp") != 0) return false;
  const LnPb__NodeDef* from = input_of(f, def, 0, &node, &output);
  return from != NULL && strcmp(from->op, "VarHandleOp") == 0;
}

/* Edges of branches and loops: a constant in a branch must wait for it, or it would be there always. */
static bool is_gate(const freezer* f, const LnPb__NodeDef* def) {
  int node, output;
  if (is_op(def, "Switch") || is_op(def, "Merge") || is_op(def, "Enter") || strcmp(def->op, "LoopCond") == 0)
    return true;
  if (strcmp(def->op, "Identity") != 0) return false;
  const LnPb__NodeDef* from = input_of(f, def, 0, &node, &output);
  return from != NULL && (is_op(from, "Switch") || is_op(from, "Merge"));
}

/* What only passes its input on: consumers take the input itself. */
static bool is_passed_over(const freezer* f, int node) {
  const LnPb__NodeDef* def = f->body->defs[node];
  if (f->is_wanted[node] || is_gate(f, def)) return false;
  return strcmp(def->op, "Identity") == 0 || strcmp(def->op, "StopGradient") == 0 ||
         strcmp(def->op, "CheckNumerics") == 0 || strcmp(def->op, "PreventGradient") == 0 ||
         strcmp(def->op, "Snapshot") == 0;
}

/* The input that a reference means after what is passed over. */
static char* final_reference(const freezer* f, char* reference) {
  int node, output;
  for (int steps = 0; steps < 100000; ++steps) {
    if (!ln_tf_resolve(f->body, reference, &node, &output) || node < 0)
      ln_stop(f->job, "the graph has no node \"%s\"", reference);
    if (!is_passed_over(f, node) || f->body->defs[node]->n_input == 0) return reference;
    reference = f->body->defs[node]->input[0];
    if (reference[0] == '^') break;
  }
  ln_stop(f->job, "node \"%s\" waits for itself: the graph has a cycle", reference);
}

static void need(freezer* f, const char* reference) {
  int node, output;
  if (!ln_tf_resolve(f->body, reference, &node, &output) || node < 0)
    ln_stop(f->job, "the graph has no node \"%s\"", reference);
  if (f->needed[node]) return;
  f->needed[node] = true;
  f->stack[f->depth++] = node;
}

/* Rewires a needed node's inputs, and needs what they mean. */
static void visit(freezer* f, LnPb__NodeDef* def) {
  size_t kept = 0;
  if (reads_variable(f, def) || is_variable(def)) return;
  for (size_t i = 0; i < def->n_input; ++i) {
    char* input = def->input[i];
    if (input[0] == '^') {
      int node, output;
      if (!ln_tf_resolve(f->body, input + 1, &node, &output) || node < 0 || !is_gate(f, f->body->defs[node])) continue;
      need(f, input + 1);
    } else {
      input = final_reference(f, input);
      need(f, input);
    }
    def->input[kept++] = input;
  }
  def->n_input = kept;
}

static LnPb__AttrEntry* attribute(ln_job* job, char* key) {
  LnPb__AttrEntry* entry = ln_job_alloc(job, 1, sizeof *entry);
  ln_pb__attr_entry__init(entry);
  entry->key = key;
  entry->value = ln_job_alloc(job, 1, sizeof *entry->value);
  ln_pb__attr_value__init(entry->value);
  return entry;
}

static int32_t dtype_of(int type) {
  for (int dtype = 1; dtype <= LN_DT_UINT64; ++dtype)
    if (ln_tf_stored_type(dtype) == type) return dtype;
  return LN_DT_FLOAT;
}

static LnPb__TensorProto* tensor_of(ln_job* job, const ln_tf_variable* v) {
  LnPb__TensorProto* tensor = ln_job_alloc(job, 1, sizeof *tensor);
  ln_pb__tensor_proto__init(tensor);
  tensor->has_dtype = 1;
  tensor->dtype = dtype_of(v->type);
  tensor->tensor_shape = ln_job_alloc(job, 1, sizeof *tensor->tensor_shape);
  ln_pb__tensor_shape_proto__init(tensor->tensor_shape);
  tensor->tensor_shape->n_dim = (size_t)v->rank;
  tensor->tensor_shape->dim = ln_job_alloc(job, (size_t)v->rank, sizeof(LnPb__Dim*));
  for (int i = 0; i < v->rank; ++i) {
    LnPb__Dim* dim = ln_job_alloc(job, 1, sizeof *dim);
    ln_pb__dim__init(dim);
    dim->has_size = 1;
    dim->size = v->dims[i];
    tensor->tensor_shape->dim[i] = dim;
  }
  tensor->has_tensor_content = 1;
  tensor->tensor_content = (ProtobufCBinaryData){v->data_bytes, (uint8_t*)(uintptr_t)v->data};
  return tensor;
}

/* Turns a node into a constant with the variable's value. */
static void make_constant(const freezer* f, LnPb__NodeDef* def, const LnPb__NodeDef* handle) {
  static char kConst[] = "Const", kDtype[] = "dtype", kValue[] = "value";
  ln_tf_variable v = {.name = ln_tf_string(f->job, handle, "shared_name", ""), .rank = -1};
  if (v.name[0] == 0) v.name = handle->name;
  if (f->importer->bundle != NULL) ln_tf_bundle_load(f->importer->bundle, handle->name, &v);
  if (v.data == NULL) {
    ln_problem(f->job, ln_job_place(f->job, handle->op, handle->name, ""),
               "the checkpoint has no value for this variable");
    return;
  }
  LnPb__AttrEntry *dtype = attribute(f->job, kDtype), *value = attribute(f->job, kValue);
  dtype->value->has_type = 1;
  dtype->value->type = dtype_of(v.type);
  value->value->tensor = tensor_of(f->job, &v);
  def->op = kConst;
  def->n_input = 0;
  def->attr = ln_job_alloc(f->job, 2, sizeof(LnPb__AttrEntry*));
  def->attr[0] = dtype;
  def->attr[1] = value;
  def->n_attr = 2;
}

static void want(freezer* f, const char* reference) {
  int node, output;
  if (!ln_tf_resolve(f->body, reference, &node, &output) || node < 0)
    ln_stop(f->job, "the graph has no node \"%s\" for an output", reference);
  f->is_wanted[node] = true;
  need(f, reference);
}

static void find_needed(freezer* f, const char* path, const LinnetConvertOptions* options) {
  const char* list = options->outputs;
  const char** names;
  size_t count = 0;
  for (const char* word; (word = ln_tf_next_word(f->job, &list)) != NULL; ++count) want(f, word);
  if (count == 0) {
    ln_tf_default_outputs(f->importer, &names, &count);
    if (count == 0) ln_stop(f->job, "%s: no node is an output; --outputs names them", path);
    for (size_t i = 0; i < count; ++i) want(f, names[i]);
  }
  while (f->depth > 0) visit(f, f->body->defs[f->stack[--f->depth]]);
}

void ln_freeze_graphdef(ln_job* job, const char* path, const char* destination, const LinnetConvertOptions* options) {
  LnPb__GraphDef* graph = ln_tf_read_graph(job, path);
  ln_tf_importer* importer = ln_tf_new_importer(job, graph, options, -1);
  ln_tf_body* body = ln_tf_graph_body(importer);
  freezer f = {job, importer, body, NULL, NULL, NULL, 0};
  f.needed = ln_job_alloc(job, body->count, sizeof *f.needed);
  f.is_wanted = ln_job_alloc(job, body->count, sizeof *f.is_wanted);
  f.stack = ln_job_alloc(job, body->count, sizeof *f.stack);
  if (options->checkpoint != NULL) {
    ln_tf_bundle* bundle = ln_tf_bundle_open(job, options->checkpoint);
    ln_tf_bundle_follow_restores(bundle, importer);
    importer->bundle = bundle;
  }
  find_needed(&f, path, options);
  size_t kept = 0;
  for (size_t i = 0; i < body->count; ++i) {
    int node, output;
    if (!f.needed[i]) continue;
    LnPb__NodeDef* def = body->defs[i];
    if (is_variable(def))
      make_constant(&f, def, def);
    else if (reads_variable(&f, def))
      make_constant(&f, def, input_of(&f, def, 0, &node, &output));
    else if (strcmp(def->op, "VarHandleOp") == 0)
      ln_problem(job, ln_job_place(job, def->op, def->name, ""),
                 "this variable is not only read, so that it cannot be a constant");
  }
  if (job->problem_count != 0) return;
  LnPb__NodeDef** nodes = ln_job_alloc(job, body->count, sizeof(LnPb__NodeDef*));
  for (size_t i = 0; i < body->count; ++i)
    if (f.needed[i]) nodes[kept++] = body->defs[i];
  graph->node = nodes;
  graph->n_node = kept;
  const size_t bytes = ln_pb__graph_def__get_packed_size(graph);
  uint8_t* packed = ln_job_alloc_raw(job, bytes);
  ln_pb__graph_def__pack(graph, packed);
  ln_write_bytes(job, destination, packed, bytes);
}
