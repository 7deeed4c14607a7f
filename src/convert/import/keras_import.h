/* From a Keras model's configuration to the graph. A model is a list of layers with the calls of each ("inbound
 * nodes"); a layer that is itself a model, or wraps another, is called the same way as the file's own model. Each class
 * of layer has a function here that makes the TFLite operators of one call: see ln_keras_lowering. */
#ifndef LN_CONVERT_IMPORT_KERAS_IMPORT_H_
#define LN_CONVERT_IMPORT_KERAS_IMPORT_H_

#include <cjson/cJSON.h>

#include "convert/form.h"
#include "convert/import/import.h"
#include "convert/import/keras_file.h"

/* A mask that goes along with a tensor: which time steps count. */
typedef struct ln_keras_mask {
  struct ln_keras_mask* next;
  const ln_tensor* tensor;
  ln_tensor* mask; /* bool [batch, steps] */
} ln_keras_mask;

/* Where a layer's weights are, by its name. */
typedef struct ln_keras_place {
  const char* name;
  ln_keras_weights weights;
} ln_keras_place;

/* The hash table of a layer, by its configuration. */
typedef struct ln_keras_table {
  struct ln_keras_table* next;
  const cJSON* config;
  int32_t id;
} ln_keras_table;

typedef struct ln_keras_importer {
  ln_job* job;
  ln_graph* graph;
  ln_keras_mask* masks;
  ln_subgraph* init; /* gives states that are kept their first values, and fills tables; NULL: there are none */
  ln_keras_table* tables;
  ln_keras_place* places; /* of all models */
  size_t place_count, place_capacity;
  int nested; /* models within */
  int depth;  /* of layers within layers */
  int calls;  /* of all layers */
} ln_keras_importer;

/* One call of one layer. */
typedef struct ln_keras_call {
  ln_keras_importer* importer;
  ln_job* job;
  ln_builder b;
  const char* class_name;
  const char* name;    /* of the layer, for its outputs; never empty */
  const cJSON* config; /* of the layer */
  bool is_operation;   /* one of keras.ops, no layer */
  bool is_model;
  ln_keras_weights weights;
  const cJSON *args, *kwargs; /* NULL where a layer is called by another */
  struct ln_keras_model* model;
  ln_tensor** in; /* all tensors of the arguments, in order */
  int in_count;
  size_t in_capacity;
  ln_tensor** out;
  int out_count;
  size_t out_capacity;
} ln_keras_call;

enum { LN_KERAS_DROPS_MASK, LN_KERAS_KEEPS_MASK, LN_KERAS_USES_MASK };

typedef struct ln_keras_lowering {
  const char* class_name; /* ends with NULL */
  void (*lower)(ln_keras_call* call);
  int code; /* for functions that serve several classes */
  int mask; /* LN_KERAS_..: what becomes of a mask that comes with the input */
} ln_keras_lowering;

extern const ln_keras_lowering ln_keras_core[], ln_keras_conv[], ln_keras_pool[], ln_keras_norm[], ln_keras_shapes[],
    ln_keras_activations[], ln_keras_merge[], ln_keras_rnn[], ln_keras_attention[], ln_keras_preprocessing[],
    ln_keras_signals[], ln_keras_lookups[], ln_keras_operations[], ln_keras_arrays[], ln_keras_elements[],
    ln_keras_tensorflow[], ln_keras_refused[], ln_keras_numbers[], ln_keras_order[], ln_keras_moves[],
    ln_keras_functions[], ln_keras_matrices[], ln_keras_spectra[], ln_keras_pictures[];

/* Calls a layer (its JSON with class_name and config) on tensors; `count` outputs are returned. */
ln_tensor** ln_keras_apply(ln_keras_call* call, const cJSON* json, ln_keras_weights weights, ln_tensor* const* in,
                           int in_count, int* out_count);

/* The name of a layer's group in a file, by its class. */
const char* ln_keras_group_name(ln_job* job, const char* class_name);

/* Makes the operators of a call that is a layer's or an operation's. */
void ln_keras_lower(ln_keras_call* call);

/* JSON as Python writes it, with the numbers NaN, Infinity and -Infinity; NULL: it is none. */
cJSON* ln_keras_parse(ln_job* job, const char* text);

/* ---- For lowerings ---- */

/* Notes that the call cannot be converted; its outputs are broken. */
void ln_keras_fail(ln_keras_call* call, const char* format, ...) LN_PRINTF(2, 3);
/* The same for a layer that looks into text. */
void ln_keras_refuse_text(ln_keras_call* call);
void ln_keras_return(ln_keras_call* call, ln_tensor* tensor);
/* A name for a tensor on the way: NAME/what. */
const char* ln_keras_name(ln_keras_call* call, const char* what);

/* For lowerings that importers share. */
ln_form ln_keras_form(const ln_keras_call* call);

/* An element-wise operator of the layer; `what` names it within the layer, NULL: it is the layer's own result. */
ln_tensor* ln_keras_unary(ln_keras_call* call, int code, ln_tensor* x, const char* what);
ln_tensor* ln_keras_binary(ln_keras_call* call, int code, ln_tensor* x, ln_tensor* y, const char* what);
ln_tensor* ln_keras_with_number(ln_keras_call* call, int code, ln_tensor* x, double value, const char* what);

/* The layer's configuration. */
const cJSON* ln_keras_get(const ln_keras_call* call, const char* key); /* NULL: missing or null */
double ln_keras_number(const ln_keras_call* call, const char* key, double fallback);
int32_t ln_keras_int(const ln_keras_call* call, const char* key, int32_t fallback);
bool ln_keras_flag(const ln_keras_call* call, const char* key, bool fallback);
const char* ln_keras_string(const ln_keras_call* call, const char* key, const char* fallback);
/* A number for each of `count` dimensions: one number counts for all. False, noted: something else is there. */
bool ln_keras_ints(ln_keras_call* call, const char* key, int count, int32_t fallback, int32_t* numbers);
/* A list of numbers; the count; -1: it is none, or longer. A single number is a list of one. */
int ln_keras_list(const cJSON* json, int most, int32_t* numbers);
/* A number in JSON as int32, limited to its range. */
int32_t ln_keras_to_int(const cJSON* json, int32_t fallback);

/* An argument of an operation: by position or name; NULL: left out or null. */
const cJSON* ln_keras_arg(const ln_keras_call* call, int position, const char* name);
/* The same, or the operation's configuration. */
const cJSON* ln_keras_either(const ln_keras_call* call, int position, const char* name);
/* Whether the configuration says None for it, which is another thing than not to say it. */
bool ln_keras_is_none(const ln_keras_call* call, const char* name);
/* An argument as a tensor: a layer's output, or a constant of `type` (of a number, or of nested lists). NULL: none. */
ln_tensor* ln_keras_operand(ln_keras_call* call, const cJSON* json, int type);
/* Both operands of an operation: the second takes the first's type, or the other way round. False: noted. */
bool ln_keras_operands(ln_keras_call* call, ln_tensor** x, ln_tensor** y);
/* The axes of an argument, non-negative; all where there are none. -1: noted. */
int ln_keras_axes(ln_keras_call* call, const ln_tensor* x, const char* key, int32_t* axes);
/* The tensor that JSON names, NULL: it names none. */
ln_tensor* ln_keras_reference(ln_keras_call* call, const cJSON* json);
/* The LN_TYPE_... of an input of the type that Keras names so; -1: none. */
int ln_keras_stored_type(const char* name);
/* The one in which it is computed: float32 for floats of other widths. */
int ln_keras_type(const char* name);

/* The layer's weight with this rank (and dims, where they are not -1; NULL: any); false: noted. */
bool ln_keras_weight(ln_keras_call* call, int index, const char* name, int rank, const int32_t* dims,
                     ln_keras_array* array);
/* Of a part of the layer. */
bool ln_keras_weight_of(ln_keras_call* call, const ln_keras_weights* weights, int index, const char* name, int rank,
                        const int32_t* dims, ln_keras_array* array);
ln_tensor* ln_keras_constant(ln_keras_call* call, const ln_keras_array* array, const char* name);
/* Weights with their dimensions in another order. */
ln_keras_array ln_keras_permute(ln_job* job, const ln_keras_array* array, const int32_t* order);
ln_tensor* ln_keras_zeros(ln_keras_call* call, int32_t count);

/* The input as NHWC where the layer's data_format is channels_first, and the result back. */
bool ln_keras_channels_first(const ln_keras_call* call);
ln_tensor* ln_keras_to_last(ln_keras_call* call, ln_tensor* x);
ln_tensor* ln_keras_to_first(ln_keras_call* call, ln_tensor* x, const char* name);

/* A reshape where dims[i] may be LN_KERAS_DIM(k): x's extent k, also where it is unknown. */
#define LN_KERAS_DIM(k) LN_DIM_OF(k)
ln_tensor* ln_keras_reshape(ln_keras_call* call, ln_tensor* x, int rank, const int32_t* dims, const char* name);
/* Such a shape as a tensor of int32. */
ln_tensor* ln_keras_shape(ln_keras_call* call, ln_tensor* x, int rank, const int32_t* dims, const char* name);

/* x through a dense layer with weights [out,in] and bias [out] or NULL. */
ln_tensor* ln_keras_fully_connected(ln_keras_call* call, ln_tensor* x, ln_tensor* weights, ln_tensor* bias,
                                    const char* name);
ln_tensor* ln_keras_softmax(ln_keras_call* call, ln_tensor* x, int axis, const char* name);
/* Returns numbers of categories as the layer's output_mode says: as they are, one-hot, or summed up over the last
 * dimension, times `idf` where that is not NULL. Those that are none of 0 to depth - 1 count for nothing. */
void ln_keras_encode(ln_keras_call* call, ln_tensor* x, int32_t depth, ln_tensor* idf);
/* A picture [N,H,W,C] in another size; `antialias` where it becomes smaller. NULL, noted: it cannot be converted. */
ln_tensor* ln_keras_resize(ln_keras_call* call, ln_tensor* x, int32_t height, int32_t width, const char* interpolation,
                           bool antialias, const char* name);
/* The middle of a picture [N,H,W,C], or one with a border around it, of the shape that it is to get. NULL: noted. */
ln_tensor* ln_keras_to_aspect_ratio(ln_keras_call* call, ln_tensor* x, const int32_t size[2], bool pad);
/* Convolutions that are layers or operations, whose kernel is an argument. */
void ln_keras_conv_3d(ln_keras_call* call);
void ln_keras_transpose_conv(ln_keras_call* call);
/* The activation that `json` names (NULL: linear). */
ln_tensor* ln_keras_activate(ln_keras_call* call, const cJSON* json, ln_tensor* x, const char* name);
/* By a function's name and its arguments; NULL, noted: there is none. */
ln_tensor* ln_keras_activation(ln_keras_call* call, const char* function, const cJSON* config, ln_tensor* x,
                               const char* name);

/* State `index` of a layer, which stays from one run to the next: its value now, zeros at first, and the variable, to
 * which ln_keras_keep_state assigns what is left of it. NULL, noted: another call of the layer has it. */
ln_tensor* ln_keras_kept_state(ln_keras_call* call, int rank, const int32_t* dims, int index, ln_tensor** variable);
void ln_keras_keep_state(ln_keras_call* call, ln_tensor* variable, ln_tensor* state);

/* One step after the other (keras_loop.c): in the body of a WHILE or, where the layer is unrolled or has a single step,
 * as the operators of each step. */
typedef struct ln_keras_sequence {
  ln_keras_call* call;
  /* Makes one step's operators with `b`: x [N,...] of the step; `states`, in and out. */
  void (*step)(void* cell, const ln_builder* b, ln_tensor* x, ln_tensor** states);
  void* cell;
  int state_count;
  int output;   /* the state that is what a step gives */
  ln_tensor* x; /* [T,N,...] */
} ln_keras_sequence;

enum { LN_KERAS_MAX_STATES = 32 };

/* What the layer gives, [T,N,...] where it gives all steps; `states` become the last ones. From which end, with which
 * mask, the call says. */
ln_tensor* ln_keras_run_sequence(const ln_keras_sequence* of, ln_tensor** states);
/* Whether the mask of its input is none of the call's: Keras 3 gives it on where there is one tensor alone, so that a
 * layer that is called with states has one only as an argument. */
bool ln_keras_drops_mask(const ln_keras_call* call);
/* Whether the layer gives all steps. */
bool ln_keras_returns_steps(const ln_keras_call* call);
/* Returns what it gives, with the input's mask where it is all steps. */
void ln_keras_return_sequence(ln_keras_call* call, ln_tensor* y);

/* Lets `main` begin with the first values of states, if there are any. */
void ln_keras_call_init(const ln_keras_importer* importer, ln_subgraph* main);

/* Along an axis whose extent is known; else broken, noted and returned. */
ln_tensor* ln_keras_sparsemax(ln_keras_call* call, ln_tensor* x, int32_t axis, const char* name);

/* An operation or layer that is one of keras.activations, by the call's class. */
bool ln_keras_is_activation(const char* class_name);
void ln_keras_named_activation(ln_keras_call* call);

/* A mask of a tensor, NULL: none. */
ln_tensor* ln_keras_mask_of(const ln_keras_call* call, const ln_tensor* tensor);
void ln_keras_set_mask(ln_keras_call* call, const ln_tensor* tensor, ln_tensor* mask);

#endif
