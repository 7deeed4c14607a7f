/* From TensorFlow's nodes to the graph. A body (a GraphDef's nodes, or a function's) is worked on in a scope, backwards
 * from what is wanted: so what nobody needs (training, saving, control edges) never shows. A function that is called is
 * worked on in a scope of its own, whose nodes go into the caller's subgraph: calls are inlined. Branches and loops
 * have subgraphs.
 *
 * Each operator has a function here that makes the TFLite operators for one node: see ln_tf_lowering. */
#ifndef LN_CONVERT_IMPORT_TF_IMPORT_H_
#define LN_CONVERT_IMPORT_TF_IMPORT_H_

#include "convert/form.h"
#include "convert/import/import.h"
#include "convert/import/tf_proto.h"

typedef enum ln_tf_kind {
  LN_TF_NOTHING,
  LN_TF_TENSOR,
  LN_TF_COMPLEX,
  LN_TF_VARIABLE,
  LN_TF_TABLE,
  LN_TF_LIST
} ln_tf_kind;

/* A variable of the model: constant where a checkpoint has its value. */
typedef struct ln_tf_variable {
  struct ln_tf_variable* next;
  const char* name; /* of its handle's node, or the reference variable's */
  const char* key;  /* in the checkpoint */
  int type, rank;   /* LN_TYPE_..., as the handle says; rank -1: unknown */
  int32_t* dims;
  const void* data; /* NULL: not in the checkpoint */
  size_t data_bytes;
  bool is_reference; /* of TensorFlow 1: who takes it takes its value */
  bool assigned;     /* while the model runs: it lives in the interpreter */
  bool initialized;  /* the initialization subgraph gives it its value */
  struct ln_tf_handle* handles;
} ln_tf_variable;

/* The RESOURCE tensor by which a subgraph names a variable or a table. */
typedef struct ln_tf_handle {
  struct ln_tf_handle* next;
  ln_tensor* tensor;
} ln_tf_handle;

/* A table with constant entries, by its shared name or its node's. */
typedef struct ln_tf_table {
  struct ln_tf_table* next;
  const char* name;
  const char* node;           /* in the graph */
  bool is_mutable, changes;   /* changes: while the model runs */
  const ln_tensor* unused[2]; /* keys that are none, of a dense table; NULL: there are none */
  int key_type, value_type;   /* LN_TYPE_... */
  ln_tensor *keys, *values;   /* constants of rank 1, of the same length; NULL: not looked for yet */
  ln_tf_handle* handles[2];   /* of the runtime's hash tables for it: from words to numbers, from numbers to words */
  int32_t ids[2];             /* their numbers */
  bool is_filled[2];          /* by the initialization subgraph */
} ln_tf_table;

/* What an output of a node is. A list is TensorList: one tensor with the elements along dimension 0; NULL as long as
 * its elements' shape is not known, which the first one that is put into it says. */
typedef struct ln_tf_value {
  ln_tf_kind kind;
  ln_tensor* tensor;
  ln_tf_variable* variable;
  ln_tf_table* table;
  int32_t count;      /* of a list's elements, -1: as many as `size` says */
  ln_tensor* size;    /* int32 scalar in the subgraph where the list was made; NULL: `count` says it */
  int type;           /* LN_TYPE_... of a list's elements */
  ln_tensor *re, *im; /* the parts of what is LN_TF_COMPLEX; `tensor` is NULL then */
} ln_tf_value;

typedef struct ln_tf_node {
  const LnPb__NodeDef* def;
  struct ln_tf_scope* scope;
  uint8_t state;
  int out_count;
  ln_tf_value* outs;
} ln_tf_node;

/* The nodes of a graph or function, found by name. */
typedef struct ln_tf_body {
  struct ln_tf_body* next;
  const LnPb__FunctionDef* function; /* NULL: the graph */
  LnPb__NodeDef** defs;
  size_t count;
  uint32_t* table; /* of indices + 1 by name's hash; 0: free */
  size_t table_size;
  const struct ln_tf_lowering** lowerings; /* of each node, once it was looked for */
  uint8_t* touches;                        /* tf_effects.c: what each node does to variables; NULL: not looked at yet */
  uint8_t touch;                           /* the most that any of them does */
} ln_tf_body;

typedef struct ln_tf_importer {
  ln_job* job;
  ln_graph* graph;
  const LnPb__GraphDef* source;
  ln_tf_body* bodies;
  ln_tf_variable* variables;
  ln_tf_table* tables;
  int32_t hash_tables;               /* of the runtime, that they need */
  const struct ln_tf_bundle* bundle; /* NULL: no checkpoint */
  const char* folder;                /* where the source lies */
  const LnPb__MetaGraphDef* meta;    /* of a SavedModel; NULL: a GraphDef */
  ln_subgraph* init;                 /* what runs once, before all else; NULL: nothing does */
  bool has_assigned;                 /* some variable changes while the model runs */
  bool allow_custom, initial_values;
  bool told_no_value;     /* what helps where a variable has no value is said once */
  int32_t batch;          /* what inputs have as their first extent where it is not known; -1: that stays */
  bool has_unknown_batch; /* there are such inputs */
  bool keeps_batch;       /* a variable whose first extent is known is assigned what has the inputs' unknown one */
  int depth;              /* of calls */
  size_t lowered;         /* nodes, of all scopes */
} ln_tf_importer;

/* How Switch and Merge are seen where a branch or loop of TensorFlow 1 is being made (tf_control_v1.c). */
typedef struct ln_tf_rule {
  bool (*value)(struct ln_tf_scope* scope, ln_tf_node* node, int output, ln_tf_value* value);
  void* arg;
} ln_tf_rule;

typedef struct ln_tf_scope {
  ln_tf_importer* importer;
  ln_tf_body* body;
  ln_subgraph* subgraph;
  const char* prefix; /* in front of nodes' names; "" or ends with / */
  ln_tf_node* nodes;
  const ln_tf_value* args;   /* of the function */
  struct ln_tf_scope* outer; /* the same body, outside of the branch or loop */
  ln_tf_rule rule;
} ln_tf_scope;

/* One node whose inputs are done. */
typedef struct ln_tf_call {
  ln_tf_scope* scope;
  ln_job* job;
  ln_builder b;
  const LnPb__NodeDef* def;
  const char* name; /* for its first output */
  ln_tf_value* in;
  int in_count;
  ln_tf_node* node;
} ln_tf_call;

typedef struct ln_tf_lowering {
  const char* op; /* ends with NULL */
  void (*lower)(ln_tf_call* call);
  int code; /* for functions that serve several operators */
} ln_tf_lowering;

extern const ln_tf_lowering ln_tf_math[], ln_tf_layers[], ln_tf_arrays[], ln_tf_shapes[], ln_tf_reductions[],
    ln_tf_control[], ln_tf_control_v1[], ln_tf_lists[], ln_tf_state[], ln_tf_detection[], ln_tf_variables[],
    ln_tf_tables[], ln_tf_functions[], ln_tf_matrices[], ln_tf_images[], ln_tf_segments[], ln_tf_signals[],
    ln_tf_random[], ln_tf_quantization[], ln_tf_moves[], ln_tf_gradients[], ln_tf_places[], ln_tf_strings[],
    ln_tf_complex[], ln_tf_linear[];

ln_tf_scope* ln_tf_new_scope(ln_tf_importer* importer, ln_tf_body* body, ln_subgraph* subgraph, const char* prefix);
ln_tf_body* ln_tf_graph_body(ln_tf_importer* importer);
ln_tf_body* ln_tf_function(ln_tf_importer* importer, const char* name);  /* NULL: there is none */
int ln_tf_find(const ln_tf_body* body, const char* name, size_t length); /* index of a node, -1: none */

/* The value of "node", "node:1", "node:output:1" or, in a function, an argument. Lowers what it needs. */
ln_tf_value ln_tf_get(ln_tf_scope* scope, const char* reference);
/* The same for an output of a node by index. */
ln_tf_value ln_tf_output(ln_tf_scope* scope, int node, int output);
/* Which node and output a reference means; false: no such node. A function's argument is node -1 - its number. */
bool ln_tf_resolve(const ln_tf_body* body, const char* reference, int* node, int* output);
/* The node behind a node's input, a control edge too; negative: none, or a function's argument. */
int ln_tf_input_node(const ln_tf_body* body, const char* input);

/* What a function returns for these arguments, in the order of its signature, in `outs` (as many as it has, at least
 * one allocated). The nodes go into `subgraph`. */
ln_tf_value* ln_tf_inline(ln_tf_importer* importer, ln_tf_body* body, ln_subgraph* subgraph, const char* prefix,
                          const ln_tf_value* args, int arg_count, int* out_count);

/* ---- Variables that change, and what is done once ---- */

enum { LN_TF_TOUCHES_NOTHING, LN_TF_READS, LN_TF_WRITES };

/* Visits the graph's nodes from `reference` back along all inputs, each once; not past those where `visit` says no. */
void ln_tf_walk_back(ln_tf_importer* importer, const char* reference, bool (*visit)(void* arg, int node), void* arg);
/* Notes the variables that something changes which `reference`, a node of the graph, needs: by data or control edges,
 * in functions too. To be done for all outputs before any is asked for. */
void ln_tf_mark_assigned(ln_tf_importer* importer, const char* reference);
/* What a body's nodes do to variables, one number a node: functions that they call count. */
const uint8_t* ln_tf_touches(ln_tf_importer* importer, ln_tf_body* body);
/* The name of the handle that is meant, through identities and calls: `names` of a function's arguments, NULL: none. */
const char* ln_tf_handle_name(ln_tf_importer* importer, const ln_tf_body* body, const char* reference,
                              const char* const* names);
/* The variable's value now, in the subgraph of `b`; NULL: it has none. */
ln_tensor* ln_tf_read(ln_tf_importer* importer, const ln_builder* b, ln_tf_variable* variable, const char* name);
/* The table of this name; made when it is first wanted. */
ln_tf_table* ln_tf_table_of(ln_tf_importer* importer, const char* name);
/* What is said behind "has no value": what helps, the first time; "" then. */
const char* ln_tf_no_value(ln_tf_importer* importer);
/* The subgraph that runs once; made when it is first wanted. */
ln_subgraph* ln_tf_init_subgraph(ln_tf_importer* importer);
/* Puts CALL_ONCE in front of the subgraphs of signatures that use what is initialized. After all else. */
void ln_tf_call_init(ln_tf_importer* importer);
/* The handle of a subgraph among `handles`; NULL: none yet. */
ln_tensor* ln_tf_find_handle(const ln_tf_handle* handles, const ln_subgraph* subgraph);
void ln_tf_add_handle(ln_job* job, ln_tf_handle** handles, ln_tensor* tensor);

/* ---- For lowerings ---- */

/* Input `index` as a tensor in the node's subgraph; where it is none, a problem is noted and a broken tensor returned.
 */
ln_tensor* ln_tf_in(ln_tf_call* call, int index);
/* The numbers of a constant integer input; the count; -1, with the problem noted, where it is not constant or longer.
 */
int ln_tf_const_ints(ln_tf_call* call, int index, int most, int32_t* numbers);
/* The input as int32: TFLite's operators take shapes, axes and indices so. */
ln_tensor* ln_tf_in_i32(ln_tf_call* call, int index);
/* An axis of x from an input or attribute, made non-negative; false: noted. */
bool ln_tf_axis(ln_tf_call* call, int64_t axis, int rank, int32_t* result);
void ln_tf_return(ln_tf_call* call, int output, ln_tensor* tensor);
void ln_tf_return_value(ln_tf_call* call, int output, ln_tf_value value);
/* Notes that the node cannot be converted; its outputs are broken. */
void ln_tf_fail(ln_tf_call* call, const char* format, ...) LN_PRINTF(2, 3);
/* Its outputs are broken, with nothing noted. */
void ln_tf_break(ln_tf_call* call);
/* A node without a lowering: a custom operator where that is allowed, a problem else. */
void ln_tf_unknown(ln_tf_call* call);
void ln_tf_custom(ln_tf_call* call);
/* A name for a tensor on the way: NAME/what. */
const char* ln_tf_name(ln_tf_call* call, const char* what);
/* One operator; the output is called NAME/what, or NAME where `what` is NULL. */
ln_tensor* ln_tf_unary(ln_tf_call* call, int code, ln_tensor* x, const char* what);
ln_tensor* ln_tf_binary(ln_tf_call* call, int code, ln_tensor* x, ln_tensor* y, const char* what);
ln_tensor* ln_tf_number(ln_tf_call* call, int code, ln_tensor* x, double number, const char* what);
ln_tensor* ln_tf_choose(ln_tf_call* call, ln_tensor* condition, ln_tensor* x, ln_tensor* y, const char* what);
ln_tensor* ln_tf_scalar(ln_tf_call* call, int type, double number, const char* what);
/* Strings that are chosen by a condition, returned or refused. False: x and y are none. */
bool ln_tf_choose_strings(ln_tf_call* call, ln_tensor* condition, ln_tensor* x, ln_tensor* y);
/* The extents of x as a tensor of int32, or of another type. */
ln_tensor* ln_tf_extents(ln_tf_call* call, ln_tensor* x, int type, const char* what);
/* `code` of the operator's line in a table of lowerings. */
int ln_tf_code(const ln_tf_call* call, const ln_tf_lowering* table);
/* x with `updates` at `indices`, whose last dimension names places: in place of what is there (code LN_OP_CUSTOM), or
 * by LN_OP_ADD or LN_OP_SUB. */
ln_tensor* ln_tf_scatter(ln_tf_call* call, ln_tensor* x, ln_tensor* indices, ln_tensor* updates, int code);
/* A list of `count` or, where that is -1, `size` zeros with a known shape. */
ln_tensor* ln_tf_zero_list(ln_tf_call* call, const ln_tf_value* list, int rank, const int32_t* dims,
                           ln_tensor* const* extents);
/* A constant of zeros. */
ln_tensor* ln_tf_zeros(ln_tf_call* call, int type, int rank, const int32_t* dims);
bool ln_tf_is_nchw(ln_tf_call* call);
ln_tensor* ln_tf_to_nhwc(ln_tf_call* call, ln_tensor* x);
ln_tensor* ln_tf_to_nchw(ln_tf_call* call, ln_tensor* x, const char* name);

/* Lowers a node with complex inputs; false: it has none, or does not look at them. */
bool ln_tf_lower_complex(ln_tf_call* call, const ln_tf_lowering* lowering);

/* ---- Whole files ---- */

/* An input as it is computed with: cast to float32 where it is a float of another width. */
ln_tensor* ln_tf_computed(ln_tf_scope* scope, ln_tensor* input, const LnPb__NodeDef* def);
/* A result as an output of the DataType that the source gives it: cast back. */
ln_tensor* ln_tf_stored(ln_tf_scope* scope, ln_tensor* result, int dtype, const char* name);

ln_tf_importer* ln_tf_new_importer(ln_job* job, const LnPb__GraphDef* source, const LinnetConvertOptions* options,
                                   int32_t batch);
/* Inputs' first extents by what is kept from run to run (tf_batch.c): imports with batch -1 and, where that does not
 * go together with the variables, with theirs. */
typedef ln_tf_importer* ln_tf_import(ln_job* job, const char* path, const LinnetConvertOptions* options, int32_t batch);
ln_graph* ln_tf_import_by_states(ln_job* job, const char* path, const LinnetConvertOptions* options,
                                 ln_tf_import* import);
/* An input's extents, with the batch that is known so. */
void ln_tf_set_batch(ln_tf_importer* importer, int rank, int32_t* dims);
/* Names of the graph that nobody consumes and that compute something. */
void ln_tf_default_outputs(ln_tf_importer* importer, const char*** names, size_t* count);
/* Next word of a list, NULL at the end; moves `*list` behind it. In the job's memory. */
const char* ln_tf_next_word(ln_job* job, const char** list);

#endif
