/* Which nodes can be run as one is told by their codes and parameters, as a delegate would tell it; the operators ask
 * the backend what was fused into them (LinnetFusion). Nodes of other people's registrations and of delegates stay. */
#include "runtime/fuse.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "runtime/fuse_norm.h"
#include "runtime/fuse_order.h"
#include "runtime/fuse_rows.h"
#include "tensorflow/lite/builtin_ops.h"
#include "tensorflow/lite/c/builtin_op_data.h"

static void count_readers(fuse_state* f) {
  const ln_subgraph* s = f->subgraph;
  for (int32_t i = 0; i < s->tensor_count; ++i) f->readers[i] = (readers){0, -1, -1, -1};
  for (int32_t p = 0; p < f->plan_size; ++p) {
    const TfLiteNode* node = &node_at(f, p)->node;
    for (int i = 0; i < node->inputs->size; ++i) {
      if (node->inputs->data[i] < 0) continue;
      readers* r = &f->readers[node->inputs->data[i]];
      ++r->count;
      r->before = r->last;
      r->last = p;
    }
    for (int i = 0; i < node->outputs->size; ++i) {
      readers* r = &f->readers[node->outputs->data[i]];
      if (r->writer >= 0) r->count += 2; /* not one tensor, so to speak: left alone */
      r->writer = p;
    }
  }
  for (int i = 0; i < s->outputs->size; ++i) f->readers[s->outputs->data[i]].count += 2;
  for (int32_t i = 0; i < s->tensor_count; ++i)
    if (s->tensors[i].is_variable || s->states[i].has_custom) f->readers[i].count += 2;
}

/* ---- What may be fused into a node ---- */

static bool is_padded_convolution(const ln_node* node) {
  const TfLiteConvParams* conv = node->node.builtin_data;
  const TfLiteDepthwiseConvParams* depthwise = node->node.builtin_data;
  if (node->node.builtin_data == NULL) return false;
  return (node->registration.builtin_code == kTfLiteBuiltinConv2d ? conv->padding : depthwise->padding) ==
         kTfLitePaddingValid;
}

/* The padding that the constant `paddings` of a PAD means for a picture; false where it is another one. */
static bool read_padding(const fuse_state* f, const ln_node* pad, LinnetFusion* fusion) {
  const int32_t list = input_of(pad, 1), in = input_of(pad, 0);
  if (in < 0 || pad->node.inputs->size > 2) return false;
  int32_t values[8];
  if (f->subgraph->tensors[in].dims->size != 4 || !read_constants(f, list, values, 8)) return false;
  for (int i = 0; i < 8; ++i)
    if (values[i] < 0 || values[i] > INT16_MAX || ((i < 2 || i > 5) && values[i] != 0)) return false;
  fusion->pad_top = values[2];
  fusion->pad_bottom = values[3];
  fusion->pad_left = values[4];
  fusion->pad_right = values[5];
  return true;
}

/* Whether the padded picture is floats, or bytes that mean the same as those of the source: PAD fills with what is zero
 * among the padded ones. */
static bool pads_with_zeros(const fuse_state* f, int32_t source, int32_t padded, int32_t weights) {
  if (is_float(f, padded)) return is_float(f, source) && is_float(f, weights);
  if (!is_byte(f, padded) || !is_byte(f, weights) || source < 0) return false;
  const TfLiteTensor *from = &f->subgraph->tensors[source], *to = &f->subgraph->tensors[padded];
  return from->type == to->type && from->params.scale == to->params.scale &&
         from->params.zero_point == to->params.zero_point;
}

/* The position of a padding of zeros whose only reader is the convolution at `position`; -1: none. */
static int32_t find_padding(const fuse_state* f, int32_t position, LinnetFusion* fusion) {
  const ln_node* node = node_at(f, position);
  const int32_t code = node->registration.builtin_code, in = input_of(node, 0);
  if ((code != kTfLiteBuiltinConv2d && code != kTfLiteBuiltinDepthwiseConv2d) || in < 0 ||
      !is_padded_convolution(node) || f->readers[in].count != 1)
    return -1;
  const int32_t writer = f->readers[in].writer;
  if (code_at(f, writer) != kTfLiteBuiltinPad) return -1;
  const int32_t source = input_of(node_at(f, writer), 0);
  /* It is read later than before: nobody may write it until then. */
  if (!pads_with_zeros(f, source, in, input_of(node, 1)) || f->subgraph->tensors[source].is_variable ||
      f->readers[source].writer >= writer)
    return -1;
  return read_padding(f, node_at(f, writer), fusion) ? writer : -1;
}

/* The position of a DEQUANTIZE whose floats nobody but the product at `position` reads, as its weights, and which has
 * them from FLOAT16 constants of the file; -1: none. The floats are never made then. */
static int32_t find_half_weights(const fuse_state* f, int32_t position, LinnetFusion* fusion) {
  const ln_node* node = node_at(f, position);
  const int32_t code = node->registration.builtin_code, weights = input_of(node, 1);
  if ((code != kTfLiteBuiltinConv2d && code != kTfLiteBuiltinFullyConnected) || !is_float(f, input_of(node, 0)) ||
      !is_float(f, weights) || f->readers[weights].count != 1)
    return -1;
  const int32_t writer = f->readers[weights].writer;
  if (code_at(f, writer) != kTfLiteBuiltinDequantize) return -1;
  const int32_t halves = input_of(node_at(f, writer), 0);
  const TfLiteTensor* t = halves >= 0 ? &f->subgraph->tensors[halves] : NULL;
  if (t == NULL || t->type != kTfLiteFloat16 || t->allocation_type != kTfLiteMmapRo || t->data.raw == NULL ||
      t->sparsity != NULL || !TfLiteIntArrayEqual(t->dims, f->subgraph->tensors[weights].dims))
    return -1;
  fusion->half_weights = true;
  return writer;
}

static LinnetFusedActivation activation_for(int32_t code) {
  switch (code) {
    case kTfLiteBuiltinRelu:
      return kLinnetFusedRelu;
    case kTfLiteBuiltinRelu6:
      return kLinnetFusedRelu6;
    case kTfLiteBuiltinReluN1To1:
      return kLinnetFusedReluN1To1;
    case kTfLiteBuiltinRelu0To1:
      return kLinnetFusedRelu0To1;
    case kTfLiteBuiltinHardSwish:
      return kLinnetFusedHardSwish;
    case kTfLiteBuiltinLogistic:
      return kLinnetFusedLogistic;
    case kTfLiteBuiltinTanh:
      return kLinnetFusedTanh;
    default:
      return kLinnetFusedNone;
  }
}

static bool is_product_of(const ln_node* mul, int32_t a, int32_t b) {
  const TfLiteFusedActivation* activation = activation_of(mul);
  const int32_t x = input_of(mul, 0), y = input_of(mul, 1);
  return activation != NULL && *activation == kTfLiteActNone && ((x == a && y == b) || (x == b && y == a));
}

/* x * logistic(x), of which `logistic` and `mul` are the positions; x has no other reader. */
static bool find_swish(const fuse_state* f, int32_t x, int32_t* logistic, int32_t* mul) {
  const readers* r = &f->readers[x];
  if (r->count != 2 || code_at(f, r->before) != kTfLiteBuiltinLogistic || code_at(f, r->last) != kTfLiteBuiltinMul)
    return false;
  const int32_t gate = output_of(node_at(f, r->before));
  if (gate < 0 || f->readers[gate].count != 1 || f->readers[gate].last != r->last) return false;
  *logistic = r->before;
  *mul = r->last;
  return is_product_of(node_at(f, r->last), x, gate);
}

/* x * logistic(x) of bytes, one table instead of two operators: the LOGISTIC at `position` with the scale that all
 * converters give it, and the MUL that is its only reader. x may be read elsewhere. */
static bool find_byte_swish(const fuse_state* f, int32_t position, int32_t* mul) {
  const ln_node* node = node_at(f, position);
  const int32_t x = input_of(node, 0), gate = output_of(node);
  if (node->registration.builtin_code != kTfLiteBuiltinLogistic || !is_byte(f, x) || !is_byte(f, gate)) return false;
  const TfLiteTensor *in = &f->subgraph->tensors[x], *t = &f->subgraph->tensors[gate];
  if (t->type != in->type || t->params.scale != 1.0f / 256 ||
      t->params.zero_point != (t->type == kTfLiteInt8 ? -128 : 0))
    return false;
  const readers* r = &f->readers[gate];
  if (r->count != 1 || code_at(f, r->last) != kTfLiteBuiltinMul || in->is_variable || f->readers[x].writer >= position)
    return false;
  *mul = r->last;
  const int32_t out = output_of(node_at(f, r->last));
  return out >= 0 && f->subgraph->tensors[out].type == in->type && is_product_of(node_at(f, r->last), x, gate);
}

/* The position of an ADD of constants behind the MUL of bytes or floats by constants at `position`, -1: none. */
static int32_t find_sum(const fuse_state* f, int32_t position, LinnetFusion* fusion) {
  const ln_node* node = node_at(f, position);
  const int32_t x = input_of(node, 0), middle = output_of(node);
  if (node->registration.builtin_code != kTfLiteBuiltinMul || node->node.inputs->size != 2 ||
      !(is_byte(f, x) || is_float(f, x)) || middle < 0 || activation_of(node) == NULL ||
      (is_float(f, x) && *activation_of(node) != kTfLiteActNone) || !is_by_channel(f, input_of(node, 1), x) ||
      ln_has_tensor(f->subgraph->inputs, x))
    return -1;
  const TfLiteType type = f->subgraph->tensors[x].type;
  const readers* r = &f->readers[middle];
  if (r->count != 1 || code_at(f, r->last) != kTfLiteBuiltinAdd || f->subgraph->tensors[middle].type != type) return -1;
  const ln_node* add = node_at(f, r->last);
  const int32_t out = output_of(add);
  if (activation_of(add) == NULL || add->node.inputs->size != 2 || input_of(add, 0) != middle || out < 0 ||
      f->subgraph->tensors[out].type != type || !is_by_channel(f, input_of(add, 1), x))
    return -1;
  fusion->adds = true;
  fusion->middle = middle;
  fusion->sum_activation = (int32_t)*activation_of(add);
  return r->last;
}

/* A clamp of floats behind the node at `position`, which clamps nothing itself; -1: none. */
static int32_t find_clamp(const fuse_state* f, int32_t position, LinnetFusion* fusion) {
  const ln_node* node = node_at(f, position);
  const int32_t out = output_of(node);
  if (!is_float(f, out) || *activation_of(node) != kTfLiteActNone || f->readers[out].count != 1) return -1;
  const LinnetFusedActivation activation = activation_for(code_at(f, f->readers[out].last));
  if (activation == kLinnetFusedNone || activation > kLinnetFusedRelu0To1) return -1;
  fusion->activation = activation;
  return f->readers[out].last;
}

/* A convolution of floats whose results are those of a matrix product, pixel by pixel. */
static bool is_pointwise(const fuse_state* f, const ln_node* node) {
  const TfLiteConvParams* params = node->node.builtin_data;
  const int32_t in = input_of(node, 0), weights = input_of(node, 1);
  if (node->registration.builtin_code != kTfLiteBuiltinConv2d || params == NULL || node->node.inputs->size != 3 ||
      !is_float(f, in) || !is_float(f, weights) || params->stride_width != 1 || params->stride_height != 1)
    return false;
  const TfLiteIntArray *picture = f->subgraph->tensors[in].dims, *filter = f->subgraph->tensors[weights].dims;
  return picture->size == 4 && filter->size == 4 && filter->data[1] == 1 && filter->data[2] == 1 &&
         filter->data[3] == picture->data[3];
}

/* An ADD of floats, and a clamp behind it, that follow such a convolution at `position`, as find_activation tells them.
 * The other side has the same shape and is there before the convolution runs. */
static int find_residual(const fuse_state* f, int32_t position, LinnetFusion* fusion, int32_t* addend,
                         int32_t followers[2]) {
  const ln_node* node = node_at(f, position);
  const int32_t out = output_of(node);
  if (!is_pointwise(f, node) || !is_float(f, out) || f->readers[out].count != 1) return 0;
  followers[0] = f->readers[out].last;
  if (code_at(f, followers[0]) != kTfLiteBuiltinAdd) return 0;
  const ln_node* add = node_at(f, followers[0]);
  const int32_t other = input_of(add, input_of(add, 0) == out ? 1 : 0);
  const TfLiteTensor* tensors = f->subgraph->tensors;
  if (activation_of(add) == NULL || add->node.inputs->size != 2 || !is_float(f, output_of(add)) ||
      !is_float(f, other) || tensors[other].is_variable || f->readers[other].writer >= position ||
      !TfLiteIntArrayEqual(tensors[other].dims, tensors[out].dims))
    return 0;
  fusion->adds = true;
  fusion->sum_activation = (int32_t)*activation_of(add);
  *addend = other;
  followers[1] = find_clamp(f, followers[0], fusion);
  return followers[1] >= 0 ? 2 : 1;
}

/* What follows the node at `position`: its positions in followers[2], how many. */
static int find_activation(const fuse_state* f, int32_t position, LinnetFusion* fusion, int32_t followers[2]) {
  const ln_node* node = node_at(f, position);
  const TfLiteFusedActivation* own = activation_of(node);
  const int32_t out = output_of(node), code = node->registration.builtin_code;
  if (find_byte_swish(f, position, &followers[0])) {
    fusion->activation = kLinnetFusedSwish;
    return 1;
  }
  followers[0] = find_sum(f, position, fusion);
  if (followers[0] >= 0) {
    followers[1] = find_clamp(f, followers[0], fusion);
    return followers[1] >= 0 ? 2 : 1;
  }
  if (own == NULL || *own != kTfLiteActNone || !is_float(f, out) || !is_float(f, input_of(node, 0)) ||
      !is_float(f, input_of(node, 1)))
    return 0;
  const bool simple = code == kTfLiteBuiltinAdd || code == kTfLiteBuiltinMul || code == kTfLiteBuiltinSub;
  if (!simple && find_swish(f, out, &followers[0], &followers[1])) {
    fusion->activation = kLinnetFusedSwish;
    return 2;
  }
  if (f->readers[out].count != 1) return 0;
  fusion->activation = activation_for(code_at(f, f->readers[out].last));
  if (simple && fusion->activation > kLinnetFusedRelu0To1) fusion->activation = kLinnetFusedNone;
  followers[0] = f->readers[out].last;
  return fusion->activation != kLinnetFusedNone ? 1 : 0;
}

/* ---- Joins: CONCATENATION of floats in the last dimension whose result only sums of products read, which can take
 * their pixels from the pieces. Where each joins the one before and something new (DenseNet), none is made. ---- */

static bool is_join(const fuse_state* f, int32_t position) {
  const ln_node* node = node_at(f, position);
  const TfLiteConcatenationParams* params = node->node.builtin_data;
  const int32_t out = output_of(node);
  if (code_at(f, position) != kTfLiteBuiltinConcatenation || params == NULL || !is_float(f, out) ||
      params->activation != kTfLiteActNone)
    return false;
  const int rank = f->subgraph->tensors[out].dims->size;
  if (rank == 0 || (params->axis != -1 && params->axis != rank - 1)) return false;
  for (int i = 0; i < node->node.inputs->size; ++i) {
    const int32_t tensor = node->node.inputs->data[i];
    if (!is_float(f, tensor) || f->subgraph->tensors[tensor].is_variable || f->readers[tensor].writer >= position)
      return false;
  }
  return node->node.inputs->size > 0;
}

/* The position of the join that makes the tensor, -1: none. */
static int32_t join_of(const fuse_state* f, int32_t tensor) {
  const int32_t writer = f->readers[tensor].writer;
  return writer >= 0 && f->sizes[writer] > 0 ? writer : -1;
}

static bool takes_pieces(const fuse_state* f, int32_t position, int32_t tensor) {
  LinnetFusion fusion = {0};
  if (position < 0) return false;
  if (f->replaced[position] == JOIN) return true;
  return code_at(f, position) == kTfLiteBuiltinMul && input_of(node_at(f, position), 0) == tensor &&
         find_sum(f, position, &fusion) >= 0;
}

/* From the last to the first, as those that read a join are looked at before it. */
static void mark_joins(fuse_state* f) {
  for (int32_t p = 0; p < f->plan_size; ++p) {
    const TfLiteIntArray* inputs = node_at(f, p)->node.inputs;
    f->sizes[p] = is_join(f, p) ? 1 : 0;
    for (int i = 0; f->sizes[p] > 0 && i < inputs->size && f->sizes[p] <= MOST_PIECES; ++i) {
      const int32_t join = join_of(f, inputs->data[i]);
      f->sizes[p] += join >= 0 ? f->sizes[join] : 1;
    }
  }
  for (int32_t p = f->plan_size - 1; p >= 0; --p) {
    if (f->sizes[p] == 0 || f->sizes[p] > MOST_PIECES) continue;
    const int32_t out = output_of(node_at(f, p));
    const readers* r = &f->readers[out];
    if ((r->count == 1 || (r->count == 2 && takes_pieces(f, r->before, out))) && takes_pieces(f, r->last, out))
      f->replaced[p] = JOIN;
  }
}

/* The pieces of the tensor: itself where no join makes it. `sizes` bounds their number, and the depth too. */
static int32_t list_pieces(const fuse_state* f, int32_t tensor, int32_t* pieces, int32_t count) {
  const int32_t join = join_of(f, tensor);
  if (join < 0 || f->replaced[join] != JOIN) {
    pieces[count] = tensor;
    return count + 1;
  }
  const TfLiteIntArray* inputs = node_at(f, join)->node.inputs;
  for (int i = 0; i < inputs->size; ++i) count = list_pieces(f, inputs->data[i], pieces, count);
  return count;
}

static bool took_pieces(const fuse_state* f, int32_t position, int32_t tensor) {
  if (f->replaced[position] < 0) return f->replaced[position] == GONE;
  const LinnetFusion* fusion = &f->subgraph->nodes[f->replaced[position]]->fusion;
  return fusion->joins && fusion->joined == tensor;
}

static void settle_joins(fuse_state* f) {
  for (int32_t p = f->plan_size - 1; p >= 0; --p) {
    if (f->replaced[p] != JOIN) continue;
    const int32_t out = output_of(node_at(f, p));
    const readers* r = &f->readers[out];
    f->replaced[p] = took_pieces(f, r->last, out) && (r->count == 1 || took_pieces(f, r->before, out)) ? GONE : STAYS;
  }
}

/* ---- The new node ---- */

/* A copy of the list with `count` more. */
static TfLiteIntArray* with_more(const TfLiteIntArray* list, const int32_t* items, int32_t count) {
  TfLiteIntArray* longer = TfLiteIntArrayCreate(list->size + count);
  if (longer == NULL) return NULL;
  memcpy(longer->data, list->data, (size_t)list->size * sizeof *list->data);
  if (count > 0) memcpy(longer->data + list->size, items, (size_t)count * sizeof *items);
  return longer;
}

/* A copy of the node at `position` that reads and writes other tensors, and `count` more; `weights` -1: the same. */
static TfLiteStatus make_node(fuse_state* f, int32_t position, const LinnetFusion* fusion, int32_t input,
                              int32_t weights, const int32_t* more, int32_t count, int32_t output) {
  ln_subgraph* s = f->subgraph;
  const int32_t main_index = s->plan->data[position];
  ln_node* node = ln_subgraph_new_node(s);
  if (node == NULL) return kTfLiteError;
  const ln_node* main = s->nodes[main_index];
  node->registration = main->registration;
  node->registration.registration_external = NULL;
  node->name = main->name;
  node->is_fused = node->is_own = true;
  node->fusion = *fusion;
  if (fusion->adds && node->registration.builtin_code == kTfLiteBuiltinConv2d)
    node->registration.inplace_operator = LN_INPLACE_ADDEND;
  node->stands_for = main_index;
  node->borrows_options = true;
  node->node.builtin_data = main->node.builtin_data;
  node->node.inputs = with_more(main->node.inputs, more, count);
  node->node.outputs = TfLiteIntArrayCopy(main->node.outputs);
  node->node.intermediates = TfLiteIntArrayCreate(0);
  node->node.temporaries = TfLiteIntArrayCreate(0);
  if (node->node.inputs == NULL || node->node.outputs == NULL || node->node.intermediates == NULL ||
      node->node.temporaries == NULL) {
    ln_subgraph_report(s, "no memory for a node");
    return kTfLiteError;
  }
  node->node.inputs->data[0] = input;
  if (weights >= 0) node->node.inputs->data[1] = weights;
  node->node.outputs->data[0] = output;
  node->node.user_data = ln_node_init(s, node, node->node.builtin_data, 0);
  if (node->node.user_data == TfLiteKernelInitFailed()) {
    ln_subgraph_report(s, "no memory for what a node keeps");
    return kTfLiteError;
  }
  f->replaced[position] = s->node_count - 1;
  f->changed = true;
  return kTfLiteOk;
}

/* Whether the tensor may be written earlier than before: nobody has read something else there until then. */
static bool can_write_early(const fuse_state* f, int32_t tensor) {
  const ln_subgraph* s = f->subgraph;
  return tensor >= 0 && (is_float(f, tensor) || is_byte(f, tensor)) && !s->tensors[tensor].is_variable &&
         !s->states[tensor].has_custom && !ln_has_tensor(s->inputs, tensor);
}

/* A layer norm whose result the node at `position` gives becomes one node in the place of its first MEAN. */
static TfLiteStatus fuse_norm_at(fuse_state* f, int32_t position) {
  ln_norm norm;
  if (code_at(f, position) < 0 || !ln_find_norm(f, position, &norm)) return kTfLiteOk;
  const LinnetFusion fusion = {.normalizes = true, .centers = norm.centered};
  const int32_t output = output_of(node_at(f, position)), more[] = {norm.epsilon, norm.scale, norm.shift};
  if (!can_write_early(f, output)) return kTfLiteOk;
  if (make_node(f, norm.mean, &fusion, norm.x, -1, more, 3, output) != kTfLiteOk) return kTfLiteError;
  for (int i = 0; i < norm.count; ++i)
    if (norm.positions[i] != norm.mean) f->replaced[norm.positions[i]] = GONE;
  return kTfLiteOk;
}

static TfLiteStatus fuse_orders_at(fuse_state* f, int32_t position) {
  LinnetFusion fusion = {0};
  int32_t transposes[3];
  if (!ln_find_orders(f, position, &fusion, transposes)) return kTfLiteOk;
  const ln_node* node = node_at(f, position);
  const int32_t left = input_of(transposes[0] >= 0 ? node_at(f, transposes[0]) : node, 0);
  const int32_t right = transposes[1] >= 0 ? input_of(node_at(f, transposes[1]), 0) : input_of(node, 1);
  const int32_t output = output_of(transposes[2] >= 0 ? node_at(f, transposes[2]) : node);
  if (!can_write_early(f, output)) return kTfLiteOk;
  if (make_node(f, position, &fusion, left, right, NULL, 0, output) != kTfLiteOk) return kTfLiteError;
  for (int i = 0; i < 3; ++i)
    if (transposes[i] >= 0) f->replaced[transposes[i]] = GONE;
  return kTfLiteOk;
}

/* The number that the tensor is a constant of, if it is above 0; otherwise 0. */
static float read_factor(const fuse_state* f, int32_t tensor) {
  if (!is_float(f, tensor)) return 0.0f;
  const TfLiteTensor* t = &f->subgraph->tensors[tensor];
  if (t->allocation_type != kTfLiteMmapRo || t->data.raw == NULL || t->bytes != sizeof(float)) return 0.0f;
  return *t->data.f > 0.0f && *t->data.f < INFINITY ? *t->data.f : 0.0f;
}

/* Scores of attention are multiplied by a number before SOFTMAX, which multiplies them again: its beta. */
static TfLiteStatus fuse_factor_at(fuse_state* f, int32_t position) {
  const ln_node* node = node_at(f, position);
  const int32_t in = input_of(node, 0), writer = in >= 0 ? f->readers[in].writer : -1;
  if (!is_float(f, in) || f->readers[in].count != 1 || code_at(f, writer) != kTfLiteBuiltinMul) return kTfLiteOk;
  const ln_node* mul = node_at(f, writer);
  if (mul->node.inputs->size != 2 || activation_of(mul) == NULL || *activation_of(mul) != kTfLiteActNone)
    return kTfLiteOk;
  for (int side = 0; side < 2; ++side) {
    const int32_t source = input_of(mul, 1 - side);
    const LinnetFusion fusion = {.factor = read_factor(f, input_of(mul, side))};
    /* It is read later than before: nobody may write it until then. */
    if (fusion.factor == 0.0f || !is_float(f, source) || f->subgraph->tensors[source].is_variable ||
        f->readers[source].writer >= writer ||
        !TfLiteIntArrayEqual(f->subgraph->tensors[source].dims, f->subgraph->tensors[in].dims))
      continue;
    if (make_node(f, position, &fusion, source, -1, NULL, 0, output_of(node)) != kTfLiteOk) return kTfLiteError;
    f->replaced[writer] = GONE;
    return kTfLiteOk;
  }
  return kTfLiteOk;
}

static TfLiteStatus fuse_at(fuse_state* f, int32_t position) {
  LinnetFusion fusion = {0};
  int32_t followers[2];
  if (code_at(f, position) < 0) return kTfLiteOk;
  if (code_at(f, position) == kTfLiteBuiltinSoftmax) return fuse_factor_at(f, position);
  if (code_at(f, position) == kTfLiteBuiltinBatchMatmul) return fuse_orders_at(f, position);
  const ln_node* node = node_at(f, position);
  const int32_t padding = find_padding(f, position, &fusion);
  int count = find_activation(f, position, &fusion, followers);
  int32_t addend = -1;
  if (count == 0 && padding < 0) count = find_residual(f, position, &fusion, &addend, followers);
  const int32_t halves = find_half_weights(f, position, &fusion);
  if (padding < 0 && count == 0 && halves < 0) return kTfLiteOk;
  int32_t input = padding >= 0 ? input_of(node_at(f, padding), 0) : input_of(node, 0);
  const int32_t output = output_of(count > 0 ? node_at(f, followers[count - 1]) : node);
  if (!can_write_early(f, output)) return kTfLiteOk;
  const int32_t weights = halves >= 0 ? input_of(node_at(f, halves), 0) : -1;
  int32_t more[MOST_PIECES + 1] = {0}, more_count = 0;
  if (addend >= 0) {
    more[0] = addend;
    more_count = 1;
  } else if (fusion.adds) {
    /* The first piece takes the place of input 0, the constant that is added that of the first piece. */
    const int32_t joined = input, constant = input_of(node_at(f, followers[0]), 1);
    more_count = list_pieces(f, joined, more, 0);
    input = more[0];
    more[0] = constant;
    fusion.joins = join_of(f, joined) >= 0 && f->replaced[join_of(f, joined)] == JOIN;
    fusion.joined = joined;
  }
  if (make_node(f, position, &fusion, input, weights, more, more_count, output) != kTfLiteOk) return kTfLiteError;
  if (padding >= 0) f->replaced[padding] = GONE;
  if (halves >= 0) f->replaced[halves] = GONE;
  for (int i = 0; i < count; ++i) f->replaced[followers[i]] = GONE;
  return kTfLiteOk;
}

/* The product at `position` hands the bytes that it makes of its input to those behind it that would make the same.
 * (Loops, which are other subgraphs, run some products by themselves.) */
static TfLiteStatus fuse_rows_at(fuse_state* f, int32_t position) {
  ln_subgraph* s = f->subgraph;
  int32_t list[4] = {-1, -1, -1, -1}; /* in place of a missing bias; the rows */
  const ln_node* node = node_at(f, position);
  const int32_t input = input_of(node, 0), last = input >= 0 ? f->readers[input].last : -1;
  if (s->index != 0) return kTfLiteOk;
  for (int32_t p = position + 1; p <= last; ++p) {
    if (!ln_share_rows(f, position, p)) continue;
    if (list[1] < 0 && ln_add_row_tensors(s, list + 1) != kTfLiteOk) return kTfLiteError;
    const LinnetFusion fusion = {.takes_rows = true};
    const ln_node* other = node_at(f, p);
    const int32_t biased = other->node.inputs->size - 2;
    if (make_node(f, p, &fusion, input, -1, list + biased, 4 - biased, output_of(other)) != kTfLiteOk)
      return kTfLiteError;
  }
  if (list[1] < 0) return kTfLiteOk;
  const LinnetFusion fusion = {.gives_rows = true};
  if (make_node(f, position, &fusion, input, -1, NULL, 0, output_of(node)) != kTfLiteOk) return kTfLiteError;
  TfLiteNode* giving = &s->nodes[s->node_count - 1]->node;
  TfLiteIntArray* outputs = with_more(giving->outputs, list + 1, 3);
  if (outputs == NULL) {
    ln_subgraph_report(s, "no memory for a node");
    return kTfLiteError;
  }
  TfLiteIntArrayFree(giving->outputs);
  giving->outputs = outputs;
  return kTfLiteOk;
}

/* The file's plan and the new one; nothing has changed on a failure. */
static TfLiteStatus fuse_all(fuse_state* f) {
  ln_subgraph* s = f->subgraph;
  const int32_t nodes = s->node_count;
  TfLiteStatus status = kTfLiteOk;
  count_readers(f);
  for (int32_t p = 0; p < f->plan_size; ++p) f->replaced[p] = STAYS;
  /* From the end on, as a norm without its last nodes is one too. */
  for (int32_t p = f->plan_size - 1; p >= 0 && status == kTfLiteOk; --p) status = fuse_norm_at(f, p);
  mark_joins(f);
  for (int32_t p = 0; p < f->plan_size && status == kTfLiteOk; ++p) status = fuse_at(f, p);
  settle_joins(f);
  for (int32_t p = 0; p < f->plan_size && status == kTfLiteOk; ++p) status = fuse_rows_at(f, p);
  TfLiteIntArray* plan = status == kTfLiteOk && f->changed ? TfLiteIntArrayCreate(f->plan_size) : NULL;
  if (status == kTfLiteOk && f->changed && plan == NULL) {
    ln_subgraph_report(s, "no memory for the execution plan");
    status = kTfLiteError;
  }
  if (status != kTfLiteOk)
    while (s->node_count > nodes) ln_subgraph_pop_node(s);
  if (plan == NULL) return status;
  int32_t size = 0;
  for (int32_t p = 0; p < f->plan_size; ++p)
    if (f->replaced[p] != GONE) plan->data[size++] = f->replaced[p] >= 0 ? f->replaced[p] : s->plan->data[p];
  plan->size = size;
  s->unfused_plan = s->plan;
  s->unfused_nodes = nodes;
  s->plan = plan;
  return kTfLiteOk;
}

TfLiteStatus ln_subgraph_fuse(ln_subgraph* subgraph) {
  if (subgraph->fused || subgraph->interpreter->config.preserve_all_tensors) return kTfLiteOk;
  fuse_state f = {.subgraph = subgraph, .plan_size = subgraph->plan->size};
  f.readers = ln_calloc((size_t)subgraph->tensor_count, sizeof *f.readers);
  f.replaced = ln_calloc((size_t)f.plan_size + 1, sizeof *f.replaced);
  f.sizes = ln_calloc((size_t)f.plan_size + 1, sizeof *f.sizes);
  TfLiteStatus status = kTfLiteError;
  if (f.readers != NULL && f.replaced != NULL && f.sizes != NULL)
    status = fuse_all(&f);
  else
    ln_subgraph_report(subgraph, "no memory to look for nodes that can be run as one");
  ln_free(f.readers);
  ln_free(f.replaced);
  ln_free(f.sizes);
  if (status == kTfLiteOk) subgraph->fused = true;
  return status;
}

void ln_subgraph_unfuse(ln_subgraph* subgraph) {
  subgraph->fused = false;
  if (subgraph->unfused_plan == NULL) return;
  while (subgraph->node_count > subgraph->unfused_nodes) ln_subgraph_pop_node(subgraph);
  TfLiteIntArrayFree(subgraph->plan);
  subgraph->plan = subgraph->unfused_plan;
  subgraph->unfused_plan = NULL;
  subgraph->ready = false;
  subgraph->next_to_prepare = 0;
}
