/* What finding nodes that can be run as one knows of a subgraph: who writes and reads a tensor, and what has been
 * replaced. For fuse.c and the files beside it that find one kind. */
#ifndef LN_RUNTIME_FUSE_STATE_H_
#define LN_RUNTIME_FUSE_STATE_H_

#include <string.h>

#include "runtime/fuse.h"
#include "tensorflow/lite/builtin_ops.h"
#include "tensorflow/lite/c/builtin_op_data.h"

/* How a tensor is read: by `count` inputs of the plan's nodes (outputs of the subgraph count twice), the last two of
 * which lie in nodes at these positions. */
typedef struct readers {
  int32_t count, last, before;
  int32_t writer; /* position, -1: none */
} readers;

/* In place of a new node's index. A join goes if all that read it take its pieces instead. */
enum { STAYS = -1, GONE = -2, JOIN = -3 };

enum { MOST_PIECES = 256 };

typedef struct fuse_state {
  ln_subgraph* subgraph;
  readers* readers;  /* per tensor */
  int32_t* replaced; /* per position: the new node's index, or: */
  int32_t* sizes;    /* per position of a join, at least its number of pieces; 0: none */
  int32_t plan_size;
  bool changed;
} fuse_state;

static inline ln_node* node_at(const fuse_state* f, int32_t position) {
  return f->subgraph->nodes[f->subgraph->plan->data[position]];
}

static inline int32_t code_at(const fuse_state* f, int32_t position) {
  const ln_node* node = position >= 0 ? node_at(f, position) : NULL;
  return node != NULL && node->is_own && f->replaced[position] == STAYS ? node->registration.builtin_code : -1;
}

static inline int32_t input_of(const ln_node* node, int index) {
  return index < node->node.inputs->size ? node->node.inputs->data[index] : -1;
}

static inline int32_t output_of(const ln_node* node) {
  return node->node.outputs->size == 1 ? node->node.outputs->data[0] : -1;
}

static inline bool is_float(const fuse_state* f, int32_t tensor) {
  return tensor >= 0 && f->subgraph->tensors[tensor].type == kTfLiteFloat32;
}

static inline bool is_byte(const fuse_state* f, int32_t tensor) {
  if (tensor < 0) return false;
  const TfLiteType type = f->subgraph->tensors[tensor].type;
  return type == kTfLiteInt8 || type == kTfLiteUInt8;
}

/* A constant of bytes or floats with one number a channel of `picture`. */
static inline bool is_by_channel(const fuse_state* f, int32_t tensor, int32_t picture) {
  if (!is_byte(f, tensor) && !is_float(f, tensor)) return false;
  const TfLiteTensor *t = &f->subgraph->tensors[tensor], *p = &f->subgraph->tensors[picture];
  const int32_t channels = p->dims->size > 0 ? p->dims->data[p->dims->size - 1] : 0;
  return t->type == p->type && t->allocation_type == kTfLiteMmapRo && t->data.raw != NULL && channels > 1 &&
         t->bytes == (size_t)channels * (is_byte(f, tensor) ? 1 : sizeof(float)) && t->dims->size > 0 &&
         t->dims->size <= p->dims->size && t->dims->data[t->dims->size - 1] == channels;
}

/* Copies a constant of just so many INT32; false: the tensor is another one. */
static inline bool read_constants(const fuse_state* f, int32_t tensor, int32_t* values, size_t count) {
  const TfLiteTensor* t = tensor >= 0 ? &f->subgraph->tensors[tensor] : NULL;
  if (t == NULL || t->type != kTfLiteInt32 || t->allocation_type != kTfLiteMmapRo || t->data.raw == NULL ||
      t->bytes != count * sizeof *values)
    return false;
  memcpy(values, t->data.raw, count * sizeof *values);
  return true;
}

/* Where the options say which activation follows; NULL: none can, or the options are missing. */
static inline TfLiteFusedActivation* activation_of(const ln_node* node) {
  void* data = node->node.builtin_data;
  if (data == NULL) return NULL;
  switch (node->registration.builtin_code) {
    case kTfLiteBuiltinConv2d:
      return &((TfLiteConvParams*)data)->activation;
    case kTfLiteBuiltinDepthwiseConv2d:
      return &((TfLiteDepthwiseConvParams*)data)->activation;
    case kTfLiteBuiltinFullyConnected:
      return &((TfLiteFullyConnectedParams*)data)->activation;
    case kTfLiteBuiltinAdd:
      return &((TfLiteAddParams*)data)->activation;
    case kTfLiteBuiltinMul:
      return &((TfLiteMulParams*)data)->activation;
    case kTfLiteBuiltinSub:
      return &((TfLiteSubParams*)data)->activation;
    default:
      return NULL;
  }
}

#endif
