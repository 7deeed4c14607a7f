#include "convert/build.h"

#include <stdio.h>
#include <string.h>

#include "convert/integers.h"
#include "model/model.h"

ln_node* ln_build_node(const ln_builder* b, int code, int input_count, ln_tensor* const* inputs) {
  ln_node* node = ln_graph_node(b->subgraph, code, b->place);
  for (int i = 0; i < input_count; ++i)
    ln_node_add_input(node, inputs[i] != NULL ? ln_graph_adopt(b->subgraph, inputs[i]) : NULL);
  return node;
}

ln_tensor* ln_build_done(ln_node* node, const char* name, int output_count) {
  ln_tensor* other = output_count == 1 ? ln_build_integers(node, name) : NULL;
  if (other != NULL) return other;
  for (int i = 0; i < output_count; ++i)
    ln_node_add_output(node, i == 0 ? name : ln_job_text(node->subgraph->graph->job, "%s:%d", name, i),
                       ln_node_output_type(node, i));
  ln_infer(node);
  return output_count > 0 ? node->outputs[0] : NULL;
}

ln_tensor* ln_build_unary(const ln_builder* b, int code, ln_tensor* x, const char* name) {
  return ln_build_done(ln_build_node(b, code, 1, &x), name, 1);
}

ln_tensor* ln_build_binary(const ln_builder* b, int code, ln_tensor* x, ln_tensor* y, const char* name) {
  ln_tensor* const inputs[] = {x, y};
  return ln_build_done(ln_build_node(b, code, 2, inputs), name, 1);
}

/* The nearest there is; 0 for NaN. */
static int64_t to_int64(double number) {
  if (number >= 0x1p63) return INT64_MAX;
  return number > -0x1p63 ? (int64_t)number : number < 0 ? INT64_MIN : 0;
}

ln_tensor* ln_build_number(const ln_builder* b, int type, double number, const char* name) {
  ln_job* job = b->subgraph->graph->job;
  void* data = ln_job_alloc(job, 1, sizeof(int64_t));
  const float f = (float)number;
  const int64_t wide = type == LN_TYPE_FLOAT32 || type == LN_TYPE_FLOAT64 ? 0 : to_int64(number);
  const int32_t narrow = (int32_t)wide;
  switch (type) {
    case LN_TYPE_FLOAT32:
      memcpy(data, &f, sizeof f);
      break;
    case LN_TYPE_FLOAT64:
      memcpy(data, &number, sizeof number);
      break;
    case LN_TYPE_INT64:
    case LN_TYPE_UINT64:
      memcpy(data, &wide, sizeof wide);
      break;
    case LN_TYPE_INT32:
    case LN_TYPE_UINT32:
      memcpy(data, &narrow, sizeof narrow);
      break;
    case LN_TYPE_INT16:
    case LN_TYPE_UINT16: {
      const int16_t half = (int16_t)wide;
      memcpy(data, &half, sizeof half);
      break;
    }
    case LN_TYPE_BOOL:
    case LN_TYPE_INT8:
    case LN_TYPE_UINT8:
      *(uint8_t*)data = (uint8_t)wide;
      break;
    default:
      ln_problem(job, b->place, "it needs a constant of type %s, which cannot be made",
                 ln_tensor_type_name((uint8_t)type));
  }
  return ln_graph_constant(b->subgraph, name, type, 0, NULL, data);
}

ln_tensor* ln_build_with_number(const ln_builder* b, int code, ln_tensor* x, double number, const char* name) {
  return ln_build_binary(b, code, x, ln_build_number(b, x->type, number, name), name);
}

ln_tensor* ln_build_cast(const ln_builder* b, ln_tensor* x, int type, const char* name) {
  if (x->type == type) return x;
  ln_node* node = ln_build_node(b, LN_OP_CAST, 1, &x);
  LN_SET(node, CastOptions, in_data_type, x->type);
  LN_SET(node, CastOptions, out_data_type, type);
  return ln_build_done(node, name, 1);
}

ln_tensor* ln_build_reshape(const ln_builder* b, ln_tensor* x, int rank, const int32_t* dims, const char* name) {
  ln_tensor* const inputs[] = {
      x, ln_graph_ints(b->subgraph, ln_job_text(b->subgraph->graph->job, "%s/shape", name), rank, dims)};
  ln_node* node = ln_build_node(b, LN_OP_RESHAPE, 2, inputs);
  ln_node_set_vector(node, LN_SLOT(ReshapeOptions, new_shape), (uint32_t)rank, dims);
  return ln_build_done(node, name, 1);
}

/* The numbers of a shape that is known but for one extent, which is -1; false: more are unknown. */
static bool read_shape(const ln_tensor* shape, int32_t* dims, int* rank) {
  int unknown = 0;
  if (shape->rank != 1 || !ln_dim_is_known(shape, 0) || shape->shape[0][0] > LN_MAX_DIMS) return false;
  if (shape->value[0] == NULL || shape->value[1] == NULL) return false;
  *rank = shape->shape[0][0];
  for (int i = 0; i < *rank; ++i) {
    int64_t at[2];
    for (int w = 0; w < 2; ++w) {
      int32_t narrow;
      if (shape->type == LN_TYPE_INT64)
        memcpy(&at[w], (const char*)shape->value[w] + 8 * i, 8);
      else
        at[w] = (memcpy(&narrow, (const char*)shape->value[w] + 4 * i, 4), narrow);
    }
    dims[i] = at[0] == at[1] ? (int32_t)at[0] : -1;
    unknown += dims[i] == -1;
  }
  return unknown <= 1;
}

ln_tensor* ln_build_reshape_to(const ln_builder* b, ln_tensor* x, ln_tensor* shape, const char* name) {
  int32_t dims[LN_MAX_DIMS];
  int rank;
  if (read_shape(shape, dims, &rank)) return ln_build_reshape(b, x, rank, dims, name);
  return ln_build_binary(b, LN_OP_RESHAPE, x, ln_build_cast(b, shape, LN_TYPE_INT32, name), name);
}

static ln_tensor* list(const ln_builder* b, const char* name, const char* what, int count, const int32_t* numbers) {
  return ln_graph_ints(b->subgraph, ln_job_text(b->subgraph->graph->job, "%s/%s", name, what), count, numbers);
}

ln_tensor* ln_build_transpose(const ln_builder* b, ln_tensor* x, const int32_t* permutation, const char* name) {
  if (x->rank < 0) {
    if (!x->broken) ln_problem(b->subgraph->graph->job, b->place, "it must be transposed, and its rank is not known");
    x->broken = true;
    return x;
  }
  return ln_build_binary(b, LN_OP_TRANSPOSE, x, list(b, name, "perm", x->rank, permutation), name);
}

ln_tensor* ln_build_reduce(const ln_builder* b, int code, ln_tensor* x, int axis_count, const int32_t* axes, bool keep,
                           const char* name) {
  ln_tensor* const inputs[] = {x, list(b, name, "axes", axis_count, axes)};
  ln_node* node = ln_build_node(b, code, 2, inputs);
  LN_SET(node, ReducerOptions, keep_dims, keep);
  return ln_build_done(node, name, 1);
}

ln_tensor* ln_build_concat(const ln_builder* b, int count, ln_tensor* const* inputs, int axis, const char* name) {
  if (count == 1) return inputs[0];
  ln_node* node = ln_build_node(b, LN_OP_CONCATENATION, count, inputs);
  LN_SET(node, ConcatenationOptions, axis, axis);
  return ln_build_done(node, name, 1);
}

ln_tensor* ln_build_conv_2d(const ln_builder* b, ln_tensor* const inputs[3], int padding, const int32_t* stride,
                            const int32_t* dilation, const char* name) {
  ln_node* node = ln_build_node(b, LN_OP_CONV_2D, 3, inputs);
  LN_SET(node, Conv2DOptions, padding, padding);
  LN_SET(node, Conv2DOptions, stride_h, stride[0]);
  LN_SET(node, Conv2DOptions, stride_w, stride[1]);
  if (dilation != NULL) {
    LN_SET(node, Conv2DOptions, dilation_h_factor, dilation[0]);
    LN_SET(node, Conv2DOptions, dilation_w_factor, dilation[1]);
  }
  return ln_build_done(node, name, 1);
}

ln_tensor* ln_build_pool_2d(const ln_builder* b, int code, ln_tensor* x, int padding, const int32_t size[2],
                            const int32_t stride[2], const char* name) {
  ln_node* node = ln_build_node(b, code, 1, &x);
  LN_SET(node, Pool2DOptions, padding, padding);
  LN_SET(node, Pool2DOptions, stride_h, stride[0]);
  LN_SET(node, Pool2DOptions, stride_w, stride[1]);
  LN_SET(node, Pool2DOptions, filter_height, size[0]);
  LN_SET(node, Pool2DOptions, filter_width, size[1]);
  return ln_build_done(node, name, 1);
}

ln_tensor* ln_build_pack(const ln_builder* b, int count, ln_tensor* const* inputs, int axis, const char* name) {
  ln_job* job = b->subgraph->graph->job;
  if (count > 0 && inputs[0]->type == LN_TYPE_BOOL) { /* the original's PACK does not know it, CONCATENATION does */
    ln_tensor** parts = ln_job_alloc(job, (size_t)count, sizeof *parts);
    for (int i = 0; i < count; ++i)
      parts[i] = ln_build_binary(b, LN_OP_EXPAND_DIMS, inputs[i],
                                 ln_graph_int(b->subgraph, ln_job_text(job, "%s/axis", name), axis), name);
    return ln_build_concat(b, count, parts, axis, name);
  }
  ln_node* node = ln_build_node(b, LN_OP_PACK, count, inputs);
  LN_SET(node, PackOptions, values_count, count);
  LN_SET(node, PackOptions, axis, axis);
  return ln_build_done(node, name, 1);
}

/* What the original's UNPACK takes. */
static bool unpacks(int type) {
  return type == LN_TYPE_FLOAT32 || type == LN_TYPE_INT32 || type == LN_TYPE_INT16 || type == LN_TYPE_INT8 ||
         type == LN_TYPE_UINT8 || type == LN_TYPE_BOOL;
}

void ln_build_unpack(const ln_builder* b, ln_tensor* x, int axis, int count, const char* name, ln_tensor** parts) {
  if (unpacks(x->type)) {
    ln_node* node = ln_build_node(b, LN_OP_UNPACK, 1, &x);
    LN_SET(node, UnpackOptions, num, count);
    LN_SET(node, UnpackOptions, axis, axis);
    ln_build_done(node, name, count);
    for (int i = 0; i < count; ++i) parts[i] = node->outputs[i];
    return;
  }
  for (int i = 0; i < count; ++i) {
    ln_tensor* const inputs[] = {x, ln_build_number(b, LN_TYPE_INT32, i, name)};
    ln_node* node = ln_build_node(b, LN_OP_GATHER, 2, inputs);
    LN_SET(node, GatherOptions, axis, axis);
    parts[i] = ln_build_done(node, name, 1);
  }
}

ln_tensor* ln_build_pad(const ln_builder* b, ln_tensor* x, const int32_t* pads, ln_tensor* value, const char* name) {
  const int32_t dims[2] = {x->rank, 2};
  ln_job* job = b->subgraph->graph->job;
  if (x->rank < 0) return x->broken = true, x;
  ln_tensor* const inputs[] = {x,
                               ln_graph_constant(b->subgraph, ln_job_text(job, "%s/paddings", name), LN_TYPE_INT32, 2,
                                                 dims, ln_job_copy(job, pads, 2 * sizeof(int32_t) * (size_t)x->rank)),
                               value};
  return ln_build_done(ln_build_node(b, value != NULL ? LN_OP_PADV2 : LN_OP_PAD, value != NULL ? 3 : 2, inputs), name,
                       1);
}

ln_tensor* ln_build_slice(const ln_builder* b, ln_tensor* x, const int32_t* begin, const int32_t* size,
                          const char* name) {
  if (x->rank < 0) return x->broken = true, x;
  ln_tensor* const inputs[] = {x, list(b, name, "begin", x->rank, begin), list(b, name, "size", x->rank, size)};
  return ln_build_done(ln_build_node(b, LN_OP_SLICE, 3, inputs), name, 1);
}

ln_tensor* ln_build_strided_slice(const ln_builder* b, ln_tensor* x, int count, const int32_t* begin,
                                  const int32_t* end, const int32_t* step, const ln_slice_masks* masks,
                                  const char* name) {
  ln_tensor* const inputs[] = {x, list(b, name, "begin", count, begin), list(b, name, "end", count, end),
                               list(b, name, "step", count, step)};
  ln_node* node = ln_build_node(b, LN_OP_STRIDED_SLICE, 4, inputs);
  LN_SET(node, StridedSliceOptions, begin_mask, masks->begin);
  LN_SET(node, StridedSliceOptions, end_mask, masks->end);
  LN_SET(node, StridedSliceOptions, ellipsis_mask, masks->ellipsis);
  LN_SET(node, StridedSliceOptions, new_axis_mask, masks->new_axis);
  LN_SET(node, StridedSliceOptions, shrink_axis_mask, masks->shrink_axis);
  return ln_build_done(node, name, 1);
}

ln_tensor* ln_build_erf(const ln_builder* b, ln_tensor* x, const char* name) {
  ln_node* node = ln_graph_custom(b->subgraph, "Erf", "", 0, b->place);
  ln_node_add_input(node, ln_graph_adopt(b->subgraph, x));
  ln_tensor* out = ln_node_add_output(node, name, x->type);
  out->rank = x->rank;
  memcpy(out->shape, x->shape, sizeof out->shape);
  out->broken = x->broken;
  return out;
}
