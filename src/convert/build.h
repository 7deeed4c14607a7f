/* Shorter forms for the operators that importers and passes make often. Each appends one node (at the end of the
 * subgraph), infers its output and returns it. `name` is the output's. */
#ifndef LN_CONVERT_BUILD_H_
#define LN_CONVERT_BUILD_H_

#include "convert/infer.h"

/* Where nodes are made: the end of a subgraph, for one place of the source. */
typedef struct ln_builder {
  ln_subgraph* subgraph;
  const ln_place* place;
} ln_builder;

/* A node with these inputs (NULL: left out), without options yet; ln_build_done names and infers its outputs. */
ln_node* ln_build_node(const ln_builder* b, int code, int input_count, ln_tensor* const* inputs);
/* Adds the outputs with the types of ln_node_output_type, infers, returns the first. Names: NAME, NAME:1, ... A node of
 * one output may become others, where its integers are of a type that the operator does not have (integers.h). */
ln_tensor* ln_build_done(ln_node* node, const char* name, int output_count);

ln_tensor* ln_build_unary(const ln_builder* b, int code, ln_tensor* x, const char* name);
/* Any operator of two inputs whose options may stay as they are: ADD, MAXIMUM, LESS, POW, ... */
ln_tensor* ln_build_binary(const ln_builder* b, int code, ln_tensor* x, ln_tensor* y, const char* name);
/* With a number as the second operand, of x's type. */
ln_tensor* ln_build_with_number(const ln_builder* b, int code, ln_tensor* x, double number, const char* name);
ln_tensor* ln_build_cast(const ln_builder* b, ln_tensor* x, int type, const char* name);
/* One extent may be -1: what remains. */
ln_tensor* ln_build_reshape(const ln_builder* b, ln_tensor* x, int rank, const int32_t* dims, const char* name);
/* To a shape that is a tensor: constant where its value is known but for one extent. */
ln_tensor* ln_build_reshape_to(const ln_builder* b, ln_tensor* x, ln_tensor* shape, const char* name);
ln_tensor* ln_build_transpose(const ln_builder* b, ln_tensor* x, const int32_t* permutation, const char* name);
/* MEAN, SUM, REDUCE_MAX, ... */
ln_tensor* ln_build_reduce(const ln_builder* b, int code, ln_tensor* x, int axis_count, const int32_t* axes, bool keep,
                           const char* name);
ln_tensor* ln_build_concat(const ln_builder* b, int count, ln_tensor* const* inputs, int axis, const char* name);
/* x, filter [out,h,w,in] and bias; `stride` and `dilation` of height and width, `dilation` NULL: none. */
ln_tensor* ln_build_conv_2d(const ln_builder* b, ln_tensor* const inputs[3], int padding, const int32_t* stride,
                            const int32_t* dilation, const char* name);
/* MAX_POOL_2D or AVERAGE_POOL_2D; `size` and `stride` of height and width. */
ln_tensor* ln_build_pool_2d(const ln_builder* b, int code, ln_tensor* x, int padding, const int32_t size[2],
                            const int32_t stride[2], const char* name);
/* In a new dimension `axis` (0 to the rank). */
ln_tensor* ln_build_pack(const ln_builder* b, int count, ln_tensor* const* inputs, int axis, const char* name);
/* `parts`: x's `count` slices along `axis` (0 to x's rank - 1), without it; GATHERs where UNPACK has no such type. */
void ln_build_unpack(const ln_builder* b, ln_tensor* x, int axis, int count, const char* name, ln_tensor** parts);
/* `pads`: 2 numbers per dimension, before and after. `value` NULL: zeros. */
ln_tensor* ln_build_pad(const ln_builder* b, ln_tensor* x, const int32_t* pads, ln_tensor* value, const char* name);
ln_tensor* ln_build_slice(const ln_builder* b, ln_tensor* x, const int32_t* begin, const int32_t* size,
                          const char* name);
/* Bit i: of dimension i. */
typedef struct ln_slice_masks {
  int32_t begin, end, ellipsis, new_axis, shrink_axis;
} ln_slice_masks;
/* STRIDED_SLICE with `count` numbers each. */
ln_tensor* ln_build_strided_slice(const ln_builder* b, ln_tensor* x, int count, const int32_t* begin,
                                  const int32_t* end, const int32_t* step, const ln_slice_masks* masks,
                                  const char* name);
/* The error function: a custom operator "Erf" until ln_lower_rest makes builtin ones of it, so that GELU can be
 * recognized. */
ln_tensor* ln_build_erf(const ln_builder* b, ln_tensor* x, const char* name);
/* A constant scalar of a tensor type. */
ln_tensor* ln_build_number(const ln_builder* b, int type, double number, const char* name);

#endif
