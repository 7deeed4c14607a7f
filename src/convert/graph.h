/* The graph that importers make, passes change and the writer writes: subgraphs of TFLite operators over tensors. Knows
 * no file format but the schema's lists (model/schema.def) and nothing of the runtime.
 *
 * HOW AN IMPORTER USES IT
 *
 *   ln_graph* graph = ln_graph_new(job);
 *   ln_subgraph* main = ln_graph_subgraph(graph, "main");                   // the first one is the primary one
 *   int32_t dims[] = {-1, 224, 224, 3};                                      // -1: an extent that may change
 *   ln_tensor* x = ln_graph_input(main, "image", LN_TYPE_FLOAT32, 4, dims);
 *   ln_tensor* w = ln_graph_constant(main, "conv/w", LN_TYPE_FLOAT32, 4, w_dims, data);       // data: borrowed
 *   ln_node* node = ln_graph_node(main, LN_OP_CONV_2D, place);               // behind the last one
 *   ln_node_add_input(node, x); ln_node_add_input(node, w); ln_node_add_input(node, NULL);    // NULL: left out
 *   LN_SET(node, Conv2DOptions, padding, LN_PADDING_SAME);
 *   LN_SET(node, Conv2DOptions, stride_w, 2); LN_SET(node, Conv2DOptions, stride_h, 2);
 *   ln_tensor* y = ln_node_add_output(node, "conv/out", ln_node_output_type(node, 0));
 *   ln_infer(node);                                                          // infer.h: gives y its shape
 *   ln_graph_output(main, y);
 *   ln_signature* s = ln_graph_signature(graph, "serving_default", main);
 *   ln_signature_input(s, "image", x); ln_signature_output(s, "scores", y);
 *
 * build.h has shorter forms for common operators (binary, unary, reshape, transpose, ...).
 *
 * - Nodes stand in the order they run: an importer appends a node after the producers of its inputs.
 * - Everything lives in the job's memory; names and options are copied, constant data is borrowed and must live as long
 *   as the job (ln_job_copy, or a file that is closed by ln_job_defer).
 * - `place` says where in the source a node comes from. Names need not be unique.
 * - What cannot be converted is noted with ln_problem(job, place, ...); give the node's consumers any tensor of the
 * right type (rank -1) and go on: the job fails at the end with the whole list. ln_infer does nothing on inputs of rank
 * -1 that come from a problem.
 *
 * TENSORS have two shapes: with two different numbers put for what is unknown; an extent is unknown where they differ.
 * A value that was computed from constants and shapes alone is kept in both forms likewise: `data` is set where it is
 * the same in both, a constant. */
#ifndef LN_CONVERT_GRAPH_H_
#define LN_CONVERT_GRAPH_H_

#include "convert/job.h"
#include "model/flatbuffer.h"
#include "model/schema.h"

/* LN_OP_CONV_2D ...: the builtin operators' codes; LN_OP_CUSTOM for others. */
enum {
#define LN_OPERATOR(number, name, options) LN_OP_##name = number,
#include "model/schema.def"
#undef LN_OPERATOR
  LN_OP_COUNT
};

/* LN_TYPE_FLOAT32 ...: tensor types as the file numbers them. */
enum {
#define LN_TENSOR_TYPE(number, name, bits) LN_TYPE_##name = number,
#include "model/schema.def"
#undef LN_TENSOR_TYPE
  LN_TYPE_COUNT
};

/* The file's numbers for fused activations, paddings, weights formats. */
enum { LN_ACT_NONE, LN_ACT_RELU, LN_ACT_RELU_N1_TO_1, LN_ACT_RELU6, LN_ACT_TANH, LN_ACT_SIGN_BIT };
enum { LN_PADDING_SAME, LN_PADDING_VALID };

enum { LN_MAX_DIMS = 8 };

typedef struct ln_graph ln_graph;
typedef struct ln_subgraph ln_subgraph;
typedef struct ln_node ln_node;
typedef struct ln_tensor ln_tensor;

typedef struct ln_quantization {
  int32_t scale_count; /* 0: not quantized; 1: per tensor; more: along `dimension` */
  const float* scales;
  const int64_t* zero_points; /* scale_count of them */
  int32_t min_count, max_count;
  const float *mins, *maxs; /* informative only */
  int32_t dimension;
  uint8_t details_type; /* 0: none, 1: custom bytes, 2: blockwise, 3: multi axis */
  const void* custom;
  size_t custom_bytes;
  ln_tensor *block_scales, *block_zero_points;
  int32_t block_size;
  const int32_t* block_dimensions;
  int32_t block_dimension_count;
} ln_quantization;

struct ln_tensor {
  const char* name;
  ln_subgraph* subgraph;
  uint8_t type;                    /* LN_TYPE_... */
  bool is_variable;                /* keeps its value between runs */
  int32_t rank;                    /* -1: not known before it runs */
  int32_t shape[2][LN_MAX_DIMS];   /* with U0 and U1 for what is unknown; beyond LN_MAX_DIMS: not supported */
  int32_t unknown_as[LN_MAX_DIMS]; /* what is written for an unknown extent, 0: 1 */
  const void* data;                /* constant data, NULL: none; strings in the file's own form */
  size_t data_bytes;
  const void*
      value[2]; /* infer.h: what a tensor that is computed from shapes holds with U0 and with U1; NULL: unknown */
  size_t value_bytes[2];
  ln_quantization* quantization; /* NULL: none */
  ln_fb_table sparsity;          /* the table of a file that was read, copied as it is; buf NULL: none */
  ln_fb_table variant;           /* the tensor's table in that file, if it has variant_tensors */
  ln_node* producer;             /* NULL: an input, a constant, a variable */
  int32_t uses;                  /* inputs of nodes and outputs of subgraphs that are this tensor */
  int32_t index;                 /* the writer's */
  bool broken;                   /* comes from a problem that was noted: nothing is said about it again */
};

typedef struct ln_option {
  uint8_t slot, kind; /* ln_kind */
  uint32_t count;     /* elements of a vector, bytes of a string */
  union {
    int64_t i;
    float f;
    const void* data; /* a vector's elements, a string with its 0 */
  } value;
} ln_option;

struct ln_node {
  ln_node *prev, *next; /* the order of execution */
  ln_subgraph* subgraph;
  int32_t code;            /* LN_OP_... */
  const char* custom_name; /* where it is LN_OP_CUSTOM */
  int32_t version;         /* of the file that was read: the least that is written; 1 else */
  const ln_place* place;
  ln_tensor** inputs; /* NULL: an optional one left out */
  int32_t input_count;
  size_t input_capacity;
  ln_tensor** outputs;
  int32_t output_count;
  size_t output_capacity;
  ln_tensor** intermediates;
  int32_t intermediate_count;
  int16_t options_table; /* LN_TABLE_..., LN_TABLE_NONE: none are written */
  ln_option* options;
  int32_t option_count;
  size_t option_capacity;
  ln_subgraph*
      calls[4]; /* the subgraphs that options name by number, by ln_call_slots; the numbers are set when written */
  const void* custom_options;
  size_t custom_options_bytes;
  const uint8_t* mutating_variable_inputs; /* NULL or a flag per input */
  int32_t mark;                            /* a pass's own */
  int32_t number;                          /* the trace's, 0: none yet */
};

struct ln_subgraph {
  ln_graph* graph;
  ln_subgraph* next;
  const char* name;
  ln_node *first, *last;
  int32_t node_count;
  ln_tensor** tensors; /* all, in the order made; unused ones are not written */
  size_t tensor_count, tensor_capacity;
  ln_tensor** inputs;
  size_t input_count, input_capacity;
  ln_tensor** outputs;
  size_t output_count, output_capacity;
  int32_t index;
};

typedef struct ln_argument {
  const char* name;
  ln_tensor* tensor;
} ln_argument;

typedef struct ln_signature {
  struct ln_signature* next;
  ln_graph* graph;
  const char* key;
  ln_subgraph* subgraph;
  ln_argument* inputs;
  size_t input_count, input_capacity;
  ln_argument* outputs;
  size_t output_count, output_capacity;
} ln_signature;

typedef struct ln_metadata {
  struct ln_metadata* next;
  const char* name;
  const void* data;
  size_t size_bytes;
} ln_metadata;

struct ln_graph {
  ln_job* job;
  const char* description;
  ln_subgraph* subgraphs;
  ln_subgraph** last_subgraph;
  int32_t subgraph_count;
  ln_signature* signatures;
  ln_signature** last_signature;
  ln_metadata* metadata;
  ln_metadata** last_metadata;
  struct ln_trace* trace; /* what passes change, for a report; NULL: nobody asks */
  bool one_sided;         /* an operator took the first of the numbers put for unknown extents, but not the second */
  bool data_behind;       /* constants are written behind the FlatBuffer, as they are where they have more than 2 GiB */
  const void* tail;       /* bytes behind the model in its file: a zip of associated files */
  size_t tail_bytes;
};

ln_graph* ln_graph_new(ln_job* job);
ln_subgraph* ln_graph_subgraph(ln_graph* graph, const char* name);

/* A tensor without a producer that is no input or constant: a variable, a node's output before the node is there. Rank
 * -1 (dims NULL): the rank is not known. An extent of -1 is not known. A rank above LN_MAX_DIMS stops the job. */
ln_tensor* ln_graph_tensor(ln_subgraph* subgraph, const char* name, int type, int rank, const int32_t* dims);
ln_tensor* ln_graph_input(ln_subgraph* subgraph, const char* name, int type, int rank, const int32_t* dims);
/* `data`: row-major, as many bytes as type and shape take. The _bytes form is for strings in the file's form. */
ln_tensor* ln_graph_constant(ln_subgraph* subgraph, const char* name, int type, int rank, const int32_t* dims,
                             const void* data);
ln_tensor* ln_graph_constant_bytes(ln_subgraph* subgraph, const char* name, int type, int rank, const int32_t* dims,
                                   const void* data, size_t data_bytes);
/* Constants of numbers that are copied: a scalar or a vector. */
ln_tensor* ln_graph_ints(ln_subgraph* subgraph, const char* name, int count, const int32_t* values);
ln_tensor* ln_graph_int(ln_subgraph* subgraph, const char* name, int32_t value);
ln_tensor* ln_graph_float(ln_subgraph* subgraph, const char* name, float value);
/* A copy of another subgraph's constant in this one; a constant of this one as it is. */
ln_tensor* ln_graph_adopt(ln_subgraph* subgraph, ln_tensor* constant);
void ln_graph_output(ln_subgraph* subgraph, ln_tensor* tensor);

/* Appends a node, or puts it in front of `before` (NULL: at the end). Its options are the schema's defaults. */
ln_node* ln_graph_node(ln_subgraph* subgraph, int code, const ln_place* place);
ln_node* ln_graph_node_before(ln_subgraph* subgraph, ln_node* before, int code, const ln_place* place);
ln_node* ln_graph_custom(ln_subgraph* subgraph, const char* custom_name, const void* options, size_t options_bytes,
                         const ln_place* place);
void ln_node_add_input(ln_node* node, ln_tensor* tensor);
void ln_node_set_input(ln_node* node, int index, ln_tensor* tensor);
ln_tensor* ln_node_add_output(ln_node* node, const char* name, int type);
/* Makes `tensor`, which has no producer, the node's next output; takes it over from a producer that is removed. */
void ln_node_take_output(ln_node* node, ln_tensor* tensor);
/* Puts a node in front of another one of its subgraph. */
void ln_node_move(ln_node* node, ln_node* before);
/* Takes a node out. Its outputs that are still used keep no producer. */
void ln_node_remove(ln_node* node);
/* The type that an output of this operator has by its inputs' types and its options; set both before. */
int ln_node_output_type(const ln_node* node, int output);
/* Puts `other` in place of `tensor` everywhere in its subgraph: inputs of nodes, outputs and signatures. */
void ln_tensor_replace(ln_tensor* tensor, ln_tensor* other);

/* Options by the schema's slots. A number that is the schema's default need not be set. */
#define LN_SET(node, table, field, number) ln_node_set(node, LN_SLOT(table, field), (int64_t)(number))
#define LN_SET_FLOAT(node, table, field, number) ln_node_set_float(node, LN_SLOT(table, field), number)
#define LN_GET(node, table, field) ln_node_get(node, LN_SLOT(table, field), 0)
void ln_node_set(ln_node* node, int slot, int64_t number);
void ln_node_set_float(ln_node* node, int slot, float number);
void ln_node_set_vector(ln_node* node, int slot, uint32_t count, const void* elements); /* copied; of the slot's kind */
void ln_node_set_string(ln_node* node, int slot, const char* text);
int64_t ln_node_get(const ln_node* node, int slot, int64_t fallback);
float ln_node_get_float(const ln_node* node, int slot, float fallback);
const ln_option* ln_node_find(const ln_node* node, int slot); /* NULL: not set */

/* The slots of an operator's options that are numbers of subgraphs, in the order of `calls`; ends with -1. A vector of
 * numbers (STABLEHLO_CASE) counts for as many calls as it has elements. */
const int8_t* ln_call_slots(int code);

/* Takes out the subgraphs that neither a signature nor an operator reaches from the first one. */
void ln_graph_sweep(ln_graph* graph);

ln_signature* ln_graph_signature(ln_graph* graph, const char* key, ln_subgraph* subgraph);
void ln_signature_input(ln_signature* signature, const char* name, ln_tensor* tensor);
void ln_signature_output(ln_signature* signature, const char* name, ln_tensor* tensor);
void ln_graph_metadata(ln_graph* graph, const char* name, const void* data, size_t size_bytes);

/* Facts of tensors. */
bool ln_tensor_is_constant(const ln_tensor* tensor); /* false for NULL */
bool ln_tensor_is_static(const ln_tensor* tensor);   /* rank and all extents known */
bool ln_dim_is_known(const ln_tensor* tensor, int dim);
int32_t ln_dim(const ln_tensor* tensor, int dim);             /* -1: unknown */
int64_t ln_tensor_elements(const ln_tensor* tensor);          /* -1: unknown */
size_t ln_tensor_bytes(const ln_tensor* tensor, int which);   /* of shape[which], by its type */
bool ln_shapes_equal(const ln_tensor* a, const ln_tensor* b); /* the same rank and extents, unknown ones too */
/* The numbers of a constant of an integer type, widened; false: not constant, another type, or not `count` many. */
bool ln_tensor_ints(const ln_tensor* tensor, int count, int64_t* numbers);
/* A constant scalar (or one element) of any number type, as a double. */
bool ln_tensor_number(const ln_tensor* tensor, double* number);

/* What is put for an unknown extent in shape[0] and shape[1]: `first` for a tensor's first dimension, small as a batch,
 * one odd and one even; `other` for the rest, large enough for a picture that many layers make smaller. */
enum { LN_U0_FIRST = 3, LN_U1_FIRST = 4, LN_U0_OTHER = 256, LN_U1_OTHER = 384 };

#endif
