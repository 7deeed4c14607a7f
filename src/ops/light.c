#include "ops/light.h"

#include "kernels/generic/rows_f32.h"
#include "ops/builtin_ops.h"
#include "tensorflow/lite/builtin_ops.h"

enum { kMostElements = 16384 }; /* more are worth several threads */

static const TfLiteTensor* tensor_at(TfLiteContext* context, const TfLiteIntArray* tensors, int index) {
  return index < tensors->size && tensors->data[index] >= 0 ? context->GetTensor(context, tensors->data[index]) : NULL;
}

static bool is_plain(const TfLiteTensor* t) {
  return t != NULL && !ln_is_dynamic(t) && ln_type_size(t->type) > 0 && !ln_is_half(t->type) && t->dims != NULL &&
         t->bytes > 0;
}

static size_t elements_of(const TfLiteTensor* t) { return t->bytes / ln_type_size(t->type); }

/* ---- Element by element: the inputs have as many elements as the output, or one ---- */

static int make_binary(TfLiteContext* context, const TfLiteNode* node, int32_t code, ln_light* l) {
  const TfLiteTensor *a = tensor_at(context, node->inputs, 0), *b = tensor_at(context, node->inputs, 1),
                     *out = tensor_at(context, node->outputs, 0);
  if (!is_plain(a) || !is_plain(b) || !is_plain(out) || a->type != b->type) return 0;
  const size_t count = elements_of(out), of_a = elements_of(a), of_b = elements_of(b);
  *l = (ln_light){.a = node->inputs->data[0],
                  .b = node->inputs->data[1],
                  .out = node->outputs->data[0],
                  .a_step = of_a > 1,
                  .b_step = of_b > 1,
                  .count = count};
  if (count > kMostElements || (of_a != count && of_a != 1) || (of_b != count && of_b != 1)) return 0;
  ln_binary_row row;
  const bool found =
      code == kTfLiteBuiltinMul ? ln_mul_row_of(node, &row, &l->params) : ln_add_row_of(node, &row, &l->params);
  if (!found) return 0;
  l->binary = ln_binary_best(row);
  return 1;
}

static int make_unary(TfLiteContext* context, const TfLiteNode* node, int32_t code, ln_light* l) {
  const TfLiteTensor *in = tensor_at(context, node->inputs, 0), *out = tensor_at(context, node->outputs, 0);
  ln_unary_row row;
  if (!is_plain(in) || !is_plain(out) || in->type != out->type || in->bytes != out->bytes) return 0;
  *l = (ln_light){.a = node->inputs->data[0], .out = node->outputs->data[0], .count = elements_of(in)};
  if (l->count > kMostElements || !ln_sigmoid_row_of(node, code, in->type, &row, &l->params)) return 0;
  l->unary = ln_unary_best(row);
  return 1;
}

/* ---- Stretches of bytes ---- */

static bool make_copy(TfLiteContext* context, int32_t in, size_t in_offset, int32_t out, size_t out_offset,
                      ln_light* l) {
  const TfLiteTensor *from = in >= 0 ? context->GetTensor(context, in) : NULL,
                     *to = out >= 0 ? context->GetTensor(context, out) : NULL;
  if (!is_plain(from) || !is_plain(to) || from->type != to->type) return false;
  const size_t count = from->bytes < to->bytes ? from->bytes : to->bytes;
  if (in_offset > from->bytes - count || out_offset > to->bytes - count) return false;
  *l = (ln_light){.a = in, .out = out, .count = count, .a_offset = in_offset, .out_offset = out_offset};
  return true;
}

/* All dimensions before the axis are 1, so that parts along it lie one behind the other. */
static bool is_outermost(const TfLiteTensor* t, int axis) {
  for (int i = 0; i < axis; ++i)
    if (ln_dim(t, i) != 1) return false;
  return true;
}

static bool find_axis(const TfLiteTensor* t, int32_t value, int* axis) {
  *axis = value < 0 ? value + ln_rank(t) : value;
  return *axis >= 0 && *axis < ln_rank(t);
}

static int make_split(TfLiteContext* context, const TfLiteNode* node, ln_light* l, int most) {
  const TfLiteTensor *axis_tensor = tensor_at(context, node->inputs, 0), *in = tensor_at(context, node->inputs, 1);
  int axis;
  size_t offset = 0;
  if (!is_plain(in) || !is_plain(axis_tensor) || !ln_is_constant(axis_tensor) || axis_tensor->type != kTfLiteInt32 ||
      axis_tensor->data.i32 == NULL || !find_axis(in, axis_tensor->data.i32[0], &axis) || !is_outermost(in, axis) ||
      node->outputs->size > most)
    return 0;
  for (int i = 0; i < node->outputs->size; ++i) {
    if (!make_copy(context, node->inputs->data[1], offset, node->outputs->data[i], 0, &l[i])) return 0;
    offset += l[i].count;
  }
  return node->outputs->size;
}

static int make_join(TfLiteContext* context, const TfLiteNode* node, ln_light* l, int most) {
  const TfLiteConcatenationParams* params = node->builtin_data;
  const TfLiteTensor* out = tensor_at(context, node->outputs, 0);
  int axis;
  size_t offset = 0;
  if (params == NULL || params->activation != kTfLiteActNone || !is_plain(out) || out->type != kTfLiteFloat32 ||
      !find_axis(out, params->axis, &axis) || !is_outermost(out, axis) || node->inputs->size > most)
    return 0;
  for (int i = 0; i < node->inputs->size; ++i) {
    if (!make_copy(context, node->inputs->data[i], 0, node->outputs->data[0], offset, &l[i])) return 0;
    offset += l[i].count;
  }
  return offset == out->bytes ? node->inputs->size : 0;
}

static bool read_constant(TfLiteContext* context, const TfLiteNode* node, int index, int count,
                          const int32_t** values) {
  const TfLiteTensor* t = tensor_at(context, node->inputs, index);
  if (!is_plain(t) || !ln_is_constant(t) || t->type != kTfLiteInt32 || t->data.i32 == NULL ||
      elements_of(t) != (size_t)count)
    return false;
  *values = t->data.i32;
  return true;
}

/* Steps of 1 from a place along the first dimension that is not 1, whole along all others. */
static int make_stretch(TfLiteContext* context, const TfLiteNode* node, ln_light* l) {
  const TfLiteStridedSliceParams* p = node->builtin_data;
  const TfLiteTensor *in = tensor_at(context, node->inputs, 0), *out = tensor_at(context, node->outputs, 0);
  const int32_t *begin, *end, *stride;
  if (p == NULL || !is_plain(in) || !is_plain(out) || p->ellipsis_mask != 0 || p->new_axis_mask != 0 || p->offset)
    return 0;
  const int rank = ln_rank(in);
  if (rank < 1 || !read_constant(context, node, 1, rank, &begin) || !read_constant(context, node, 2, rank, &end) ||
      !read_constant(context, node, 3, rank, &stride))
    return 0;
  int cut = 0;
  while (cut < rank - 1 && ln_dim(in, cut) == 1) ++cut;
  size_t inner = ln_type_size(in->type), first = 0;
  for (int i = cut + 1; i < rank; ++i) inner *= (size_t)ln_dim(in, i);
  for (int i = 0; i < rank; ++i) {
    const bool from_start = (p->begin_mask >> i & 1) != 0 || begin[i] == 0;
    const bool to_end = (p->end_mask >> i & 1) != 0 || end[i] >= ln_dim(in, i);
    if (stride[i] != 1 || (i != cut && (!from_start || !to_end || (p->shrink_axis_mask >> i & 1) != 0))) return 0;
    if (i == cut && !from_start) {
      if (begin[i] < 0 || begin[i] >= ln_dim(in, i)) return 0;
      first = (size_t)begin[i];
    }
  }
  return make_copy(context, node->inputs->data[0], first * inner, node->outputs->data[0], 0, l) &&
         l->count == out->bytes;
}

static int make_reshape(TfLiteContext* context, const TfLiteNode* node, ln_light* l) {
  const TfLiteTensor *in = tensor_at(context, node->inputs, 0), *out = tensor_at(context, node->outputs, 0);
  return is_plain(in) && is_plain(out) && in->bytes == out->bytes &&
         make_copy(context, node->inputs->data[0], 0, node->outputs->data[0], 0, l);
}

int ln_light_make(TfLiteContext* context, const TfLiteNode* node, const TfLiteRegistration* registration,
                  ln_light* light, int most) {
  const int32_t code = registration->builtin_code;
  const TfLiteRegistration* own = ln_find_builtin_op(code, 1);
  if (own == NULL || own->invoke != registration->invoke || most < 1) return 0;
  for (int i = 0; i < node->outputs->size; ++i) {
    const TfLiteTensor* out = tensor_at(context, node->outputs, i);
    if (!is_plain(out) || out->allocation_type != kTfLiteArenaRw) return 0; /* or computed once */
  }
  switch (code) {
    case kTfLiteBuiltinAdd:
    case kTfLiteBuiltinSub:
    case kTfLiteBuiltinMul:
      return make_binary(context, node, code, light);
    case kTfLiteBuiltinLogistic:
    case kTfLiteBuiltinTanh:
      return make_unary(context, node, code, light);
    case kTfLiteBuiltinSplit:
      return make_split(context, node, light, most);
    case kTfLiteBuiltinConcatenation:
      return make_join(context, node, light, most);
    case kTfLiteBuiltinStridedSlice:
      return make_stretch(context, node, light);
    case kTfLiteBuiltinReshape:
      return make_reshape(context, node, light);
    default:
      return 0;
  }
}

bool ln_light_bind(TfLiteContext* context, ln_light* l) {
  const char *a = context->GetTensor(context, l->a)->data.raw_const,
             *b = l->binary != NULL ? context->GetTensor(context, l->b)->data.raw_const : a;
  char* out = context->GetTensor(context, l->out)->data.raw;
  if (a == NULL || b == NULL || out == NULL) return false;
  l->a_data = a + l->a_offset;
  l->b_data = b;
  l->out_data = out + l->out_offset;
  return true;
}
