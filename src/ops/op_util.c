#include "ops/op_util.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/together.h"

TfLiteStatus ln_check_io(TfLiteContext* context, const TfLiteNode* node, int min_inputs, int max_inputs, int outputs) {
  return ln_check_io_sparse(context, node, min_inputs, max_inputs, outputs, -1);
}

TfLiteStatus ln_check_io_sparse(TfLiteContext* context, const TfLiteNode* node, int min_inputs, int max_inputs,
                                int outputs, int sparse_input) {
  const int inputs_found = node->inputs != NULL ? node->inputs->size : 0;
  const int outputs_found = node->outputs != NULL ? node->outputs->size : 0;
  LN_CHECK(context, inputs_found >= min_inputs && inputs_found <= max_inputs, "%d inputs; the operator takes %d to %d",
           inputs_found, min_inputs, max_inputs);
  LN_CHECK(context, outputs_found == outputs, "%d outputs; the operator has %d", outputs_found, outputs);
  for (int i = 0; i < outputs; ++i) {
    TfLiteTensor* output;
    LN_TRY(ln_get_output(context, node, i, &output));
  }
  for (int i = 0; i < inputs_found; ++i) {
    const TfLiteTensor* input = ln_optional_input(context, node, i);
    LN_CHECK(context, input == NULL || input->sparsity == NULL || i == sparse_input,
             "input %d is sparse; a dense tensor is right", i);
  }
  return kTfLiteOk;
}

static TfLiteTensor* tensor_at(TfLiteContext* context, int index) {
  if (index < 0 || (size_t)index >= context->tensors_size) return NULL;
  return context->tensors != NULL ? &context->tensors[index] : context->GetTensor(context, index);
}

TfLiteStatus ln_get_input(TfLiteContext* context, const TfLiteNode* node, int index, const TfLiteTensor** tensor) {
  *tensor = ln_optional_input(context, node, index);
  LN_CHECK(context, *tensor != NULL, "input %d is left out; the operator needs it", index);
  return kTfLiteOk;
}

TfLiteStatus ln_get_output(TfLiteContext* context, const TfLiteNode* node, int index, TfLiteTensor** tensor) {
  *tensor = NULL;
  if (node->outputs != NULL && index >= 0 && index < node->outputs->size)
    *tensor = tensor_at(context, node->outputs->data[index]);
  LN_CHECK(context, *tensor != NULL, "output %d is left out; the operator needs it", index);
  return kTfLiteOk;
}

const TfLiteTensor* ln_optional_input(TfLiteContext* context, const TfLiteNode* node, int index) {
  if (node->inputs == NULL || index < 0 || index >= node->inputs->size) return NULL;
  return tensor_at(context, node->inputs->data[index]);
}

TfLiteStatus ln_get_variable(TfLiteContext* context, const TfLiteNode* node, int index, TfLiteTensor** tensor) {
  *tensor = NULL;
  if (node->inputs != NULL && index >= 0 && index < node->inputs->size)
    *tensor = tensor_at(context, node->inputs->data[index]);
  LN_CHECK(context, *tensor != NULL, "input %d is left out; the operator keeps its state there", index);
  LN_CHECK(context, (*tensor)->is_variable, "input %d is not a variable tensor; the operator keeps its state there",
           index);
  return kTfLiteOk;
}

int64_t ln_num_elements(const TfLiteTensor* t) {
  int64_t count = 1;
  for (int i = 0; i < ln_rank(t); ++i) count *= t->dims->data[i];
  return count;
}

bool ln_same_shape(const TfLiteTensor* a, const TfLiteTensor* b) {
  if (ln_rank(a) != ln_rank(b)) return false;
  for (int i = 0; i < ln_rank(a); ++i)
    if (ln_dim(a, i) != ln_dim(b, i)) return false;
  return true;
}

size_t ln_type_size(TfLiteType type) {
  switch (type) {
    case kTfLiteBool:
    case kTfLiteInt8:
    case kTfLiteUInt8:
    case kTfLiteFloat8E4M3FN:
    case kTfLiteFloat8E5M2:
      return 1;
    case kTfLiteInt16:
    case kTfLiteUInt16:
    case kTfLiteFloat16:
    case kTfLiteBFloat16:
      return 2;
    case kTfLiteFloat32:
    case kTfLiteInt32:
    case kTfLiteUInt32:
      return 4;
    case kTfLiteInt64:
    case kTfLiteUInt64:
    case kTfLiteFloat64:
    case kTfLiteComplex64:
      return 8;
    case kTfLiteComplex128:
      return 16;
    default:
      return 0;
  }
}

TfLiteStatus ln_check_type(TfLiteContext* context, const TfLiteTensor* t, const char* what, TfLiteType type) {
  LN_CHECK(context, t->type == type, "%s is %s; it must be %s", what, TfLiteTypeGetName(t->type),
           TfLiteTypeGetName(type));
  return kTfLiteOk;
}

TfLiteStatus ln_set_type(TfLiteContext* context, TfLiteTensor* output, TfLiteType type) {
  if (output->type == type) return kTfLiteOk;
  if (ln_type_size(output->type) == 0 || ln_type_size(type) == 0) return ln_check_type(context, output, "output", type);
  output->type = type;
  return kTfLiteOk;
}

TfLiteStatus ln_refuse_type(TfLiteContext* context, const char* what, TfLiteType type, const TfLiteType* first,
                            size_t row_bytes) {
  char list[400] = "";
  size_t used = 0;
  for (const char* row = (const char*)first; *(const TfLiteType*)(const void*)row != kTfLiteNoType;) {
    const TfLiteType right = *(const TfLiteType*)(const void*)row;
    row += row_bytes;
    const bool is_last = *(const TfLiteType*)(const void*)row == kTfLiteNoType;
    const int more = snprintf(list + used, sizeof list - used, "%s%s",
                              used == 0 ? ""
                              : is_last ? " or "
                                        : ", ",
                              TfLiteTypeGetName(right));
    if (more < 0 || (size_t)more >= sizeof list - used) break;
    used += (size_t)more;
  }
  LN_FAIL(context, "%s %s; %s is right", what, TfLiteTypeGetName(type), list);
}

TfLiteStatus ln_read_ints(TfLiteContext* context, const TfLiteTensor* t, const char* what, int max, int32_t* values,
                          int* count) {
  const int64_t elements = ln_num_elements(t);
  LN_CHECK(context, t->type == kTfLiteInt32 || t->type == kTfLiteInt64, "%s is %s; it must be INT32 or INT64", what,
           TfLiteTypeGetName(t->type));
  LN_CHECK(context, elements <= max, "%s has %lld elements; at most %d are allowed", what, (long long)elements, max);
  LN_CHECK(context, t->data.raw != NULL || elements == 0, "%s has no data", what);
  for (int i = 0; i < (int)elements; ++i) {
    const int64_t value = t->type == kTfLiteInt32 ? t->data.i32[i] : t->data.i64[i];
    LN_CHECK(context, ln_fits_i32(value), "%s[%d] is %lld; it must fit 32 bits", what, i, (long long)value);
    values[i] = (int32_t)value;
  }
  *count = (int)elements;
  return kTfLiteOk;
}

TfLiteStatus ln_normalize_axis(TfLiteContext* context, int axis, int rank, int* result) {
  LN_CHECK(context, axis >= -rank && axis < rank, "axis is %d; it must be in [%d, %d)", axis, -rank, rank);
  *result = axis < 0 ? axis + rank : axis;
  return kTfLiteOk;
}

TfLiteStatus ln_resize(TfLiteContext* context, TfLiteTensor* tensor, int rank, const int32_t* dims) {
  size_t elements = 1;
  for (int i = 0; i < rank; ++i) {
    LN_CHECK(context, dims[i] >= 0, "dimension %d of tensor \"%s\" would be %d; it must be at least 0", i,
             tensor->name != NULL ? tensor->name : "", dims[i]);
    LN_CHECK(context, ln_mul_size(elements, (size_t)dims[i], &elements) && elements <= PTRDIFF_MAX / 16,
             "the size of tensor \"%s\" overflows", tensor->name != NULL ? tensor->name : "");
  }
  TfLiteIntArray* array = TfLiteIntArrayCreate(rank);
  LN_CHECK(context, array != NULL, "no memory for the shape of tensor \"%s\"",
           tensor->name != NULL ? tensor->name : "");
  for (int i = 0; i < rank; ++i) array->data[i] = dims[i];
  return context->ResizeTensor(context, tensor, array);
}

TfLiteStatus ln_resize_like(TfLiteContext* context, TfLiteTensor* tensor, const TfLiteTensor* other) {
  static const int32_t kScalar[1] = {0};
  return other->dims != NULL ? ln_resize(context, tensor, other->dims->size, other->dims->data)
                             : ln_resize(context, tensor, 0, kScalar);
}

void ln_set_dynamic(TfLiteTensor* tensor) {
  if (tensor->allocation_type == kTfLiteDynamic) return;
  tensor->allocation_type = kTfLiteDynamic;
  tensor->data.raw = NULL;
}

bool ln_set_persistent(TfLiteTensor* tensor) {
  if (tensor->allocation_type == kTfLitePersistentRo) return true;
  if (tensor->allocation_type != kTfLiteArenaRw && tensor->allocation_type != kTfLiteDynamic) return false;
  if (tensor->allocation_type == kTfLiteDynamic) TfLiteTensorDataFree(tensor);
  tensor->allocation_type = kTfLitePersistentRo;
  tensor->data.raw = NULL;
  return true;
}

TfLiteStatus ln_compute_once(TfLiteContext* context, TfLiteNode* node,
                             TfLiteStatus (*invoke)(TfLiteContext* context, TfLiteNode* node)) {
  TfLiteTensor* output;
  bool in_file = true; /* where it never changes */
  for (int i = 0; i < node->inputs->size; ++i) {
    const TfLiteTensor* input = ln_optional_input(context, node, i);
    if (input != NULL && !ln_is_constant(input)) return kTfLiteOk;
    in_file = in_file && (input == NULL || input->allocation_type == kTfLiteMmapRo);
  }
  LN_TRY(ln_get_output(context, node, 0, &output));
  if (in_file && output->allocation_type == kTfLitePersistentRo) return kTfLiteOk; /* computed before */
  if (ln_is_dynamic(output) || !ln_set_persistent(output)) return kTfLiteOk;
  TfLiteStatus status = ln_resize_like(context, output, output);
  if (status == kTfLiteOk && ln_num_elements(output) > 0) status = invoke(context, node);
  if (status == kTfLiteOk) return kTfLiteOk;
  TfLiteTensorDataFree(output);
  output->allocation_type = kTfLiteArenaRw;
  return status;
}

TfLiteStatus ln_broadcast_dims(TfLiteContext* context, const TfLiteTensor* a, const TfLiteTensor* b, int* rank,
                               int32_t dims[LN_MAX_RANK]) {
  const int rank_a = ln_rank(a), rank_b = ln_rank(b);
  const int out = rank_a > rank_b ? rank_a : rank_b;
  LN_CHECK(context, out <= LN_MAX_RANK, "rank %d; at most %d is allowed", out, LN_MAX_RANK);
  for (int i = 0; i < out; ++i) {
    const int da = i < out - rank_a ? 1 : ln_dim(a, i - (out - rank_a));
    const int db = i < out - rank_b ? 1 : ln_dim(b, i - (out - rank_b));
    LN_CHECK(context, da == db || da == 1 || db == 1, "the inputs' dimensions %d and %d do not broadcast", da, db);
    dims[i] = da == 1 ? db : da;
  }
  *rank = out;
  return kTfLiteOk;
}

TfLiteStatus ln_compute_window(TfLiteContext* context, TfLitePadding padding, int32_t in, int32_t filter,
                               int32_t stride, int32_t dilation, ln_window* window) {
  LN_CHECK(context, stride >= 1, "stride is %d; it must be at least 1", stride);
  LN_CHECK(context, dilation >= 1, "dilation is %d; it must be at least 1", dilation);
  LN_CHECK(context, filter >= 1, "the filter's extent is %d; it must be at least 1", filter);
  LN_CHECK(context, padding == kTfLitePaddingSame || padding == kTfLitePaddingValid,
           "padding is neither SAME nor VALID");
  const int64_t effective = (int64_t)(filter - 1) * dilation + 1;
  int64_t out =
      padding == kTfLitePaddingSame ? ((int64_t)in + stride - 1) / stride : ((int64_t)in + stride - effective) / stride;
  LN_CHECK(context, ln_fits_i32(effective) && out >= 0, "the filter spans %lld of an input of %d", (long long)effective,
           in);
  int64_t total = (out - 1) * stride + effective - in;
  if (total < 0) total = 0;
  LN_CHECK(context, ln_fits_i32(total), "the padding of %lld overflows", (long long)total);
  window->out = (int32_t)out;
  window->pad_before = padding == kTfLitePaddingSame ? (int32_t)(total / 2) : 0;
  window->pad_after_extra = padding == kTfLitePaddingSame ? (int32_t)(total % 2) : 0;
  return kTfLiteOk;
}

TfLiteStatus ln_place_windows(TfLiteContext* context, TfLitePadding padding, int32_t before, int32_t after,
                              ln_axis* axis) {
  int32_t extent;
  ln_window window;
  LN_CHECK(context, ln_add_i32(axis->in, before + after, &extent), "the padded picture is too large");
  LN_TRY(ln_compute_window(context, padding, extent, axis->filter, axis->stride, axis->dilation, &window));
  axis->out = window.out;
  axis->before = window.pad_before + before;
  return kTfLiteOk;
}

void ln_lay_flat(ln_axis* y, ln_axis* x) {
  if (x->in != 1 || x->filter != 1 || x->out != 1 || x->before != 0 || y->dilation != 1) return;
  *x = *y;
  *y = (ln_axis){.in = 1, .filter = 1, .stride = 1, .dilation = 1, .out = 1};
}

TfLiteStatus ln_activation_range_f32(TfLiteContext* context, TfLiteFusedActivation activation, float* low,
                                     float* high) {
  *low = -FLT_MAX;
  *high = FLT_MAX;
  switch (activation) {
    case kTfLiteActNone:
      return kTfLiteOk;
    case kTfLiteActRelu:
      *low = 0.0f;
      return kTfLiteOk;
    case kTfLiteActRelu6:
      *low = 0.0f;
      *high = 6.0f;
      return kTfLiteOk;
    case kTfLiteActReluN1To1:
      *low = -1.0f;
      *high = 1.0f;
      return kTfLiteOk;
    default:
      LN_FAIL(context, "fused activation %d; NONE, RELU, RELU6 and RELU_N1_TO_1 are allowed", (int)activation);
  }
}

static TfLiteStatus quantize_bound(TfLiteContext* context, const TfLiteTensor* output, float bound, int32_t* result) {
  const float scaled = roundf(bound / output->params.scale);
  LN_CHECK(context, scaled >= -2147483648.0f && scaled < 2147483648.0f,
           "the output's scale %g is too small for the fused activation", (double)output->params.scale);
  const int64_t value = (int64_t)scaled + output->params.zero_point;
  LN_CHECK(context, ln_fits_i32(value), "the output's zero point %d overflows", (int)output->params.zero_point);
  *result = (int32_t)value;
  return kTfLiteOk;
}

TfLiteStatus ln_activation_range_i32(TfLiteContext* context, TfLiteFusedActivation activation,
                                     const TfLiteTensor* output, int32_t* low, int32_t* high) {
  float real_low, real_high;
  switch (output->type) {
    case kTfLiteUInt8:
      *low = 0, *high = UINT8_MAX;
      break;
    case kTfLiteInt8:
      *low = INT8_MIN, *high = INT8_MAX;
      break;
    case kTfLiteInt16:
      *low = INT16_MIN, *high = INT16_MAX;
      break;
    default:
      LN_FAIL(context, "output is %s; a quantized one must be UINT8, INT8 or INT16", TfLiteTypeGetName(output->type));
  }
  LN_TRY(ln_activation_range_f32(context, activation, &real_low, &real_high));
  if (activation == kTfLiteActNone) return kTfLiteOk;
  int32_t bound;
  LN_TRY(quantize_bound(context, output, real_low, &bound));
  if (bound > *low) *low = bound;
  if (activation == kTfLiteActRelu) return kTfLiteOk;
  LN_TRY(quantize_bound(context, output, real_high, &bound));
  if (bound < *high) *high = bound;
  return kTfLiteOk;
}

TfLiteStatus ln_get_affine(TfLiteContext* context, const TfLiteTensor* t, const char* what,
                           const TfLiteAffineQuantization** affine) {
  *affine = t->quantization.type == kTfLiteAffineQuantization ? t->quantization.params : NULL;
  LN_CHECK(context, *affine != NULL && (*affine)->scale != NULL && (*affine)->scale->size > 0,
           "%s is not quantized; it needs a scale", what);
  return kTfLiteOk;
}

TfLiteStatus ln_set_temporaries(TfLiteContext* context, TfLiteNode* node, int count, int* first) {
  if (*first < 0) LN_TRY(context->AddTensors(context, count, first));
  if (node->temporaries != NULL && node->temporaries->size == count) return kTfLiteOk;
  TfLiteIntArray* list = TfLiteIntArrayCreate(count);
  LN_CHECK(context, list != NULL, "no memory for %d temporaries", count);
  for (int i = 0; i < count; ++i) list->data[i] = *first + i;
  TfLiteIntArrayFree(node->temporaries);
  node->temporaries = list;
  return kTfLiteOk;
}

TfLiteStatus ln_set_temporary(TfLiteContext* context, TfLiteNode* node, int slot, TfLiteType type,
                              TfLiteAllocationType lifetime, int rank, const int32_t* dims) {
  TfLiteTensor* tensor = ln_get_temporary(context, node, slot);
  tensor->type = type;
  tensor->allocation_type = lifetime;
  return ln_resize(context, tensor, rank, dims);
}

TfLiteStatus ln_set_scratch(TfLiteContext* context, TfLiteNode* node, int slot, size_t size_bytes) {
  LN_CHECK(context, size_bytes <= INT32_MAX, "scratch memory of %zu bytes is needed; at most 2 GiB is allowed",
           size_bytes);
  const int32_t extent = (int32_t)size_bytes;
  return ln_set_temporary(context, node, slot, kTfLiteUInt8, kTfLiteArenaRw, 1, &extent);
}

TfLiteTensor* ln_get_temporary(TfLiteContext* context, const TfLiteNode* node, int slot) {
  return tensor_at(context, node->temporaries->data[slot]);
}

void ln_parallel_for(TfLiteContext* context, void (*task)(void* arg, size_t tile), void* arg, size_t tile_count) {
  const ln_share share = ln_this_share;
  if (share.count > 0) {
    const size_t end = ln_share_begin(tile_count, share.count, share.self + 1);
    for (size_t tile = ln_share_begin(tile_count, share.count, share.self); tile < end; ++tile) task(arg, tile);
    return;
  }
  LinnetBackend* backend = tile_count > 1 ? LinnetBackendOf(context) : NULL;
  if (backend != NULL) {
    backend->ParallelFor(backend, task, arg, tile_count);
    return;
  }
  for (size_t tile = 0; tile < tile_count; ++tile) task(arg, tile);
}

bool ln_is_worth_sharing(TfLiteContext* context, double duration_ns) {
  if (ln_this_share.count > 0) return ln_this_share.count > 1;
  LinnetBackend* backend = LinnetBackendOf(context);
  return backend != NULL && duration_ns >= backend->ParallelGrainNs(backend);
}

static bool are_worth_sharing(TfLiteContext* context, size_t operations) {
  return ln_is_worth_sharing(context, (double)operations / LN_VISITS_PER_NS);
}

void ln_parallel_sized(TfLiteContext* context, void (*task)(void* arg, size_t tile), void* arg, size_t tile_count,
                       size_t operations) {
  if (tile_count > 1 && are_worth_sharing(context, operations)) {
    ln_parallel_for(context, task, arg, tile_count);
    return;
  }
  for (size_t tile = 0; tile < tile_count; ++tile) task(arg, tile);
}

typedef struct range_job {
  void (*run)(void* arg, size_t begin, size_t end);
  void* arg;
  size_t count, most, shares;
} range_job;

static void run_share(void* arg, size_t share) {
  const range_job* j = arg;
  const size_t end = ln_share_begin(j->count, j->shares, share + 1);
  for (size_t at = ln_share_begin(j->count, j->shares, share), n; at < end; at += n) {
    n = end - at < j->most ? end - at : j->most;
    j->run(j->arg, at, at + n);
  }
}

void ln_parallel_ranges(TfLiteContext* context, void (*run)(void* arg, size_t begin, size_t end), void* arg,
                        size_t count, size_t most, size_t operations) {
  enum { kLong = 2000000, kSharesOfLong = 4 };
  range_job job = {run, arg, count, most, 1};
  if (count > 1 && are_worth_sharing(context, operations))
    job.shares = (size_t)ln_thread_count(context) * (operations < kLong ? 1 : kSharesOfLong);
  if (job.shares > count) job.shares = count;
  ln_parallel_for(context, run_share, &job, job.shares);
}

void ln_set_together(TfLiteContext* context, double duration_ns, int32_t in_lines, int32_t out_lines) {
  LinnetBackend* backend = LinnetBackendOf(context);
  const LinnetTogether together = {.duration_ns = duration_ns, .in_lines = in_lines, .out_lines = out_lines};
  if (backend != NULL && duration_ns < LN_SHORT_NS) backend->SetTogether(backend, &together);
}

int ln_thread_count(TfLiteContext* context) {
  LinnetBackend* backend = LinnetBackendOf(context);
  return backend != NULL ? backend->ThreadCount(backend) : 1;
}

bool ln_is_cancelled(TfLiteContext* context) {
  LinnetBackend* backend = LinnetBackendOf(context);
  return backend != NULL && backend->IsCancelled(backend);
}

void* ln_new_node_data(const void* first, size_t size_bytes) {
  void* data = ln_malloc(size_bytes);
  if (data == NULL) return TfLiteKernelInitFailed();
  return memcpy(data, first, size_bytes);
}

void ln_free_node_data(TfLiteContext* context, void* data) {
  (void)context;
  ln_free(data);
}
