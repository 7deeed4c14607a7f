/* A model file, read and verified: everything the file says, as plain structs whose strings, vectors and data point
 * into the caller's bytes or the mapping. Executes nothing; sees `base` only. Immutable once loaded, so any number of
 * threads and interpreters may read it. */
#ifndef LN_MODEL_MODEL_H_
#define LN_MODEL_MODEL_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/file_map.h"
#include "model/flatbuffer.h"

/* A borrowed vector of scalars in the file. FlatBuffers vectors may lie at any alignment when the caller's buffer does,
 * so those of int32, int64 and float are copied into the model's own memory where they are not aligned. */
typedef struct ln_i32_span {
  const int32_t* data;
  int32_t count;
} ln_i32_span;

typedef struct ln_bytes {
  const uint8_t* data;
  size_t size;
} ln_bytes;

typedef struct ln_model_quantization {
  bool present;
  int32_t scale_count, zero_point_count;
  const float* scales;
  const int64_t* zero_points;
  int32_t quantized_dimension;
  uint8_t details_type; /* schema union QuantizationDetails: 0 none, 2 blockwise, 3 multi axis */
  int32_t block_size, block_scales_tensor, block_zero_points_tensor; /* where details_type says so; tensors -1: none */
  ln_i32_span block_dimensions;
} ln_model_quantization;

typedef struct ln_model_sparse_dim {
  uint8_t format; /* 0 dense, 1 CSR */
  int32_t dense_size;
  ln_i32_span segments, indices; /* widened to int32 */
} ln_model_sparse_dim;

typedef struct ln_model_sparsity {
  ln_i32_span traversal_order, block_map;
  ln_model_sparse_dim* dims;
  int32_t dim_count;
} ln_model_sparsity;

typedef struct ln_model_tensor {
  const char* name; /* "" if none */
  uint8_t type;     /* schema TensorType */
  bool is_variable;
  bool has_shape; /* the file has a shape vector */
  bool has_rank;
  ln_i32_span shape;
  ln_i32_span shape_signature; /* count 0 where the file has none */
  uint32_t buffer;
  ln_bytes data; /* constant data; data.data is NULL where the tensor has none */
  ln_model_quantization quantization;
  ln_model_sparsity* sparsity; /* NULL: dense */
} ln_model_tensor;

typedef struct ln_model_operator {
  int32_t opcode_index;
  ln_i32_span inputs, outputs, intermediates; /* tensor indices; -1 in inputs and intermediates: left out */
  uint8_t options_type;                       /* schema BuiltinOptions, 0 none */
  uint8_t options2_type;                      /* schema BuiltinOptions2, 0 none */
  ln_fb_table options;                        /* table at options or options2; buf NULL: none */
  ln_fb_table options2;
  ln_bytes custom_options;                 /* inline or large (offset/size) */
  const uint8_t* mutating_variable_inputs; /* NULL or inputs.count flags */
} ln_model_operator;

typedef struct ln_model_opcode {
  int32_t builtin_code;    /* the newer field where it is set, else the deprecated byte; 32: custom */
  const char* custom_name; /* "" if none */
  int32_t version;
} ln_model_opcode;

typedef struct ln_model_subgraph {
  const char* name;
  ln_model_tensor* tensors;
  int32_t tensor_count;
  ln_model_operator* operators;
  int32_t operator_count;
  ln_i32_span inputs, outputs;
} ln_model_subgraph;

typedef struct ln_model_argument {
  const char* name;
  int32_t tensor;
} ln_model_argument;

typedef struct ln_model_signature {
  const char* key;
  int32_t subgraph;
  ln_model_argument* inputs;
  ln_model_argument* outputs;
  int32_t input_count, output_count;
} ln_model_signature;

typedef struct ln_model_metadata {
  const char* name;
  ln_bytes data;
} ln_model_metadata;

typedef struct ln_model {
  ln_bytes file;    /* all of it */
  const char* path; /* as given, "" for a buffer; for messages */
  const char* description;
  int32_t version;
  ln_model_opcode* opcodes;
  int32_t opcode_count;
  ln_model_subgraph* subgraphs;
  int32_t subgraph_count;
  ln_bytes* buffers;
  int32_t buffer_count;
  ln_model_metadata* metadata;
  int32_t metadata_count;
  ln_model_signature* signatures;
  int32_t signature_count;
  size_t weight_bytes;        /* buffers used by constant tensors, each once */
  struct ln_model_impl* impl; /* mapping, reference count, memory: model.c's own */
} ln_model;

/* What was wrong, in one sentence that names the place; the first thing found. */
typedef struct ln_model_error {
  char text[512];
} ln_model_error;

/* Loads from a file (mapped) or from memory (kept, not copied, any alignment). `strict` checks everything that can be
 * known without running; otherwise only what safety needs. NULL: `error` says why. The result has one reference. */
ln_model* ln_model_load_file(const char* path, bool strict, ln_model_error* error);
ln_model* ln_model_load_memory(const void* data, size_t size_bytes, bool strict, ln_model_error* error);

/* References; thread-safe. The last release frees. NULL is a no-op. */
void ln_model_retain(ln_model* model);
void ln_model_release(ln_model* model);

/* A 64-byte aligned block made once per (key, variant) by `pack` and freed with the model; thread-safe; see
 * LinnetBackend in linnet.h. `keep`: the bytes depend on nothing but the model's and our own code, and any bytes would
 * do no harm, so that they may come from a cache file and go into it. */
const void* ln_model_shared_pack(ln_model* model, const void* key, uint64_t variant, size_t size_bytes, bool keep,
                                 void (*pack)(void* destination, void* arg), void* arg);
size_t ln_model_packed_bytes(const ln_model* model); /* of all such blocks */

/* The cache file from now on, if there is none yet; a failure leaves the model without one. Saving writes it where
 * blocks have been made that it does not hold. */
void ln_model_use_cache(ln_model* model, const char* path);
void ln_model_save_cache(ln_model* model);
/* Of the file that the model lies in; all 0: unknown. */
const ln_file_identity* ln_model_identity(const ln_model* model);

/* Names from the schema's lists; "UNKNOWN" for numbers outside. */
const char* ln_builtin_operator_name(int32_t code);   /* "CONV_2D" */
const char* ln_tensor_type_name(uint8_t schema_type); /* "FLOAT32" */

/* Bytes of `elements` elements of a schema tensor type, sub-byte types rounded up; false: overflow or no fixed size. */
bool ln_tensor_type_bytes(uint8_t schema_type, size_t elements, size_t* size_bytes);

#endif
