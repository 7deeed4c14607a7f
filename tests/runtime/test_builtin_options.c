/* Options tables made by hand, read into the parameter structs: values, defaults, what is missing, what is refused. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "linnet/stablehlo.h"
#include "model/fb_build.h"
#include "model/schema.h"
#include "runtime/runtime.h"
#include "tensorflow/lite/builtin_ops.h"
#include "tensorflow/lite/c/builtin_op_data.h"

static int passed, failed;
static fb builder;
static char last_error[512];

static void check(bool ok, const char* what) {
  ok ? ++passed : ++failed;
  if (!ok) printf("FAIL %s (last error: %s)\n", what, last_error);
}

#define CHECK(condition) check((condition), #condition)

static void keep(void* user_data, const char* format, va_list args) {
  (void)user_data;
  vsnprintf(last_error, sizeof last_error, format, args);
}

static const ln_reporter kReporter = {keep, NULL};

/* Parses a table of these slots as the options of an operator; NULL: refused. */
static void* parse(int32_t code, const fb_slot* slots, size_t count) {
  size_t size_bytes;
  const fb_ref root = fb_table(&builder, slots, count);
  const unsigned char* bytes = fb_end(&builder, root, &size_bytes);
  ln_model_operator op = {0};
  const int table = ln_schema_operator_options(code);
  for (int tag = 1; tag < 256; ++tag) {
    if (ln_schema_union_table(LN_UNION_BuiltinOptions, (uint8_t)tag) == table) op.options_type = (uint8_t)tag;
    if (ln_schema_union_table(LN_UNION_BuiltinOptions2, (uint8_t)tag) == table) op.options2_type = (uint8_t)tag;
  }
  if (op.options_type != 0) op.options = ln_fb_root(bytes);
  if (op.options2_type != 0) op.options2 = ln_fb_root(bytes);
  void* data = NULL;
  last_error[0] = 0;
  const TfLiteStatus status = ln_parse_builtin_options(NULL, &op, code, &kReporter, &data);
  CHECK((status == kTfLiteOk) == (last_error[0] == 0));
  if (status != kTfLiteOk) CHECK(data == NULL);
  return data;
}

#define PARSE(code, ...) parse(code, (const fb_slot[]){__VA_ARGS__}, sizeof((fb_slot[]){__VA_ARGS__}) / sizeof(fb_slot))

static uint64_t float_bits(float value) {
  uint32_t bits;
  memcpy(&bits, &value, 4);
  return bits;
}

static void test_members(void) {
  fb_begin(&builder);
  TfLiteConvParams* conv = PARSE(kTfLiteBuiltinConv2d, FB_U8(1), FB_I32(2), FB_I32(3), FB_U8(3));
  CHECK(conv != NULL && conv->padding == kTfLitePaddingValid && conv->stride_width == 2 && conv->stride_height == 3);
  CHECK(conv != NULL && conv->activation == kTfLiteActRelu6 && conv->dilation_width_factor == 1);
  CHECK(conv != NULL && conv->dilation_height_factor == 1 && conv->quantized_bias_type == kTfLiteFloat32);
  ln_free(conv);
  conv = PARSE(kTfLiteBuiltinConv2d, FB_NO);
  CHECK(conv != NULL && conv->padding == kTfLitePaddingSame && conv->stride_width == 0);
  ln_free(conv);
  TfLiteConv3DParams* deep = PARSE(kTfLiteBuiltinConv3dTranspose, FB_NO, FB_I32(1), FB_I32(2), FB_I32(3));
  CHECK(deep != NULL && deep->stride_depth == 1 && deep->stride_width == 2 && deep->stride_height == 3);
  ln_free(deep);
  TfLiteAddParams* add = PARSE(kTfLiteBuiltinAdd, FB_NO);
  CHECK(add != NULL && add->pot_scale_int16);
  ln_free(add);
  TfLiteBidirectionalSequenceLSTMParams* lstm =
      PARSE(kTfLiteBuiltinBidirectionalSequenceLstm, FB_U8(4), {4, float_bits(10.5f)});
  CHECK(lstm != NULL && lstm->activation == kTfLiteActTanh && lstm->cell_clip == 10.5f && lstm->time_major);
  ln_free(lstm);
  TfLiteUniqueParams* unique = PARSE(kTfLiteBuiltinUnique, FB_NO);
  CHECK(unique != NULL && unique->index_out_type == kTfLiteInt32);
  ln_free(unique);
  TfLiteCastParams* cast = PARSE(kTfLiteBuiltinCast, FB_U8(2), FB_U8(9));
  CHECK(cast != NULL && cast->in_data_type == kTfLiteInt32 && cast->out_data_type == kTfLiteInt8);
  ln_free(cast);
  TfLiteMirrorPaddingParams* mirror = PARSE(kTfLiteBuiltinMirrorPad, FB_U8(1));
  CHECK(mirror != NULL && mirror->mode == kTfLiteMirrorPaddingSymmetric);
  ln_free(mirror);
  TfLiteRandomParams* seeds = PARSE(kTfLiteBuiltinRandomUniform, FB_U64(0x100000007), FB_U64(-3));
  CHECK(seeds != NULL && seeds->seed == 7 && seeds->seed2 == -3);
  ln_free(seeds);
  TfLiteReduceWindowParams* window = PARSE(kTfLiteBuiltinReduceWindow, FB_I32(4));
  CHECK(window != NULL && window->reduce_function == TfLiteReduceWindowFunctionMax);
  ln_free(window);
}

static void test_refused(void) {
  fb_begin(&builder);
  CHECK(PARSE(kTfLiteBuiltinConv2d, FB_U8(2)) == NULL && strstr(last_error, "padding is 2") == last_error);
  CHECK(PARSE(kTfLiteBuiltinAdd, FB_U8(99)) == NULL && strstr(last_error, "fused activation is 99") != NULL);
  CHECK(PARSE(kTfLiteBuiltinCast, FB_U8(77)) == NULL && strstr(last_error, "Unsupported data type 77") != NULL);
  CHECK(PARSE(kTfLiteBuiltinFullyConnected, FB_NO, FB_U8(-1)) == NULL);
  CHECK(PARSE(kTfLiteBuiltinReduceWindow, FB_I32(7)) == NULL);
}

static void test_vectors(void) {
  const int32_t dims[9] = {1, -1, 3, 4, 5, 6, 7, 8, 9};
  fb_begin(&builder);
  TfLiteReshapeParams* reshape = PARSE(kTfLiteBuiltinReshape, FB_TO(fb_ints(&builder, dims, 8)));
  CHECK(reshape != NULL && reshape->num_dimensions == 8 && memcmp(reshape->shape, dims, 32) == 0);
  ln_free(reshape);
  CHECK(PARSE(kTfLiteBuiltinReshape, FB_TO(fb_ints(&builder, dims, 9))) == NULL);
  CHECK(strstr(last_error, "Found too many dimensions in the input array of operation 'RESHAPE'") == last_error);
  TfLiteSqueezeParams* squeeze = PARSE(kTfLiteBuiltinSqueeze, FB_NO);
  CHECK(squeeze != NULL && squeeze->num_squeeze_dims == 0);
  ln_free(squeeze);
  const float boundaries[3] = {-1, 0.5f, 100};
  TfLiteBucketizeParams* buckets = PARSE(kTfLiteBuiltinBucketize, FB_TO(fb_bytes(&builder, boundaries, 3, 4)));
  CHECK(buckets != NULL && buckets->num_boundaries == 3 && memcmp(buckets->boundaries, boundaries, 12) == 0);
  ln_free(buckets);
  CHECK(PARSE(kTfLiteBuiltinBucketize, FB_NO) == NULL);
  const int64_t longs[4] = {1, 2, 3, 1LL << 40};
  TfLiteStablehloGatherParams* gather =
      PARSE(kTfLiteBuiltinStablehloGather, FB_NO, FB_TO(fb_bytes(&builder, longs, 4, 8)), FB_NO, FB_U64(5));
  CHECK(gather != NULL && gather->num_collapsed_slice_dims == 4 && gather->collapsed_slice_dims[3] == longs[3]);
  CHECK(gather != NULL && gather->index_vector_dim == 5 && gather->num_offset_dims == 0);
  ln_free(gather);
}

static void test_special(void) {
  const int64_t longs[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  fb_begin(&builder);
  TfLiteStablehloReduceWindowParams* window = PARSE(
      kTfLiteBuiltinStablehloReduceWindow, FB_TO(fb_bytes(&builder, longs, 2, 8)),
      FB_TO(fb_bytes(&builder, longs + 3, 2, 8)), FB_NO, FB_NO, FB_TO(fb_bytes(&builder, longs, 4, 8)), FB_I32(1));
  CHECK(window != NULL && window->window_dimensions[1] == 2 && window->window_strides[0] == 4);
  CHECK(window != NULL && window->base_dilations[1] == 1 && window->window_dilations[0] == 1);
  CHECK(window != NULL && window->padding[3] == 4 && window->body_subgraph_index == 1);
  ln_free(window);
  CHECK(PARSE(kTfLiteBuiltinStablehloReduceWindow, FB_NO) == NULL);
  CHECK(PARSE(kTfLiteBuiltinStablehloReduceWindow, FB_TO(fb_bytes(&builder, longs, 2, 8)),
              FB_TO(fb_bytes(&builder, longs, 3, 8))) == NULL);
  CHECK(PARSE(kTfLiteBuiltinStablehloReduceWindow, FB_TO(fb_bytes(&builder, longs, 9, 8))) == NULL);
  CHECK(PARSE(kTfLiteBuiltinStablehloPad, FB_TO(fb_bytes(&builder, longs, 2, 8))) == NULL);
  TfLiteStablehloPadParams* pad =
      PARSE(kTfLiteBuiltinStablehloPad, FB_TO(fb_bytes(&builder, longs, 1, 8)),
            FB_TO(fb_bytes(&builder, longs + 1, 1, 8)), FB_TO(fb_bytes(&builder, longs + 2, 1, 8)));
  CHECK(pad != NULL && pad->edge_padding_low[0] == 1 && pad->edge_padding_high[0] == 2 &&
        pad->interior_padding[0] == 3);
  ln_free(pad);
  TfLiteStablehloCompositeParams* composite =
      PARSE(kTfLiteBuiltinStablehloComposite, FB_TO(fb_text(&builder, "odml.x")), FB_I32(4),
            FB_TO(fb_bytes(&builder, "abc", 3, 1)), FB_NO, FB_I32(2));
  CHECK(composite != NULL && strcmp(composite->name, "odml.x") == 0 && composite->subgraph_index == 4);
  CHECK(composite != NULL && composite->attributes_size == 3 && memcmp(composite->attributes, "abc", 3) == 0);
  CHECK(composite != NULL && composite->version == 2);
  ln_free(composite);
  composite = PARSE(kTfLiteBuiltinStablehloComposite, FB_NO);
  CHECK(composite != NULL && strcmp(composite->name, "") == 0);
  ln_free(composite);
  TfLiteVarHandleParams* handle = PARSE(kTfLiteBuiltinVarHandle, FB_NO, FB_TO(fb_text(&builder, "v")));
  CHECK(handle != NULL && handle->container == NULL && strcmp(handle->shared_name, "v") == 0);
  ln_free(handle);
  const int32_t branches[3] = {3, 1, 2};
  TfLiteStablehloCaseParams* cases = PARSE(kTfLiteBuiltinStablehloCase, FB_TO(fb_ints(&builder, branches, 3)));
  CHECK(cases != NULL && cases->num_branches == 3 && cases->branch_subgraph_indices[0] == 3);
  ln_free(cases);
}

/* The structs of linnet/stablehlo.h. */
static void test_stablehlo(void) {
  const int64_t longs[16] = {4, 3, 2, 1, 1LL << 40, -5, 7, 8, 9};
  fb_begin(&builder);
  LinnetStablehloSliceParams* slice =
      PARSE(kTfLiteBuiltinStablehloSlice, FB_TO(fb_bytes(&builder, longs, 2, 8)),
            FB_TO(fb_bytes(&builder, longs + 2, 3, 8)), FB_TO(fb_bytes(&builder, longs + 5, 1, 8)));
  CHECK(slice != NULL && slice->num_start_indices == 2 && slice->start_indices[1] == 3);
  CHECK(slice != NULL && slice->num_limit_indices == 3 && slice->limit_indices[2] == longs[4]);
  CHECK(slice != NULL && slice->num_strides == 1 && slice->strides[0] == -5);
  ln_free(slice);
  CHECK(PARSE(kTfLiteBuiltinStablehloSlice, FB_TO(fb_bytes(&builder, longs, 9, 8))) == NULL);
  const char reversal[3] = {0, 7, 1};
  LinnetStablehloConvolutionParams* conv =
      PARSE(kTfLiteBuiltinStablehloConvolution, FB_NO, FB_TO(fb_bytes(&builder, longs, 16, 8)), FB_NO, FB_NO,
            FB_TO(fb_bytes(&builder, reversal, 3, 1)), FB_U64(11), FB_U64(12));
  CHECK(conv != NULL && conv->num_padding == 16 && conv->padding[5] == -5 && conv->num_window_strides == 0);
  CHECK(conv != NULL && conv->num_window_reversal == 3 && !conv->window_reversal[0] && conv->window_reversal[1]);
  CHECK(conv != NULL && conv->input_batch_dimension == 11 && conv->input_feature_dimension == 12);
  CHECK(conv != NULL && conv->feature_group_count == 0);
  ln_free(conv);
  LinnetStablehloSortParams* sort = PARSE(kTfLiteBuiltinStablehloSort, FB_U64(-1), FB_U8(1), FB_I32(3));
  CHECK(sort != NULL && sort->dimension == -1 && sort->is_stable && sort->comparator_subgraph_index == 3);
  ln_free(sort);
  LinnetStablehloCompareParams* compare = PARSE(kTfLiteBuiltinStablehloCompare, FB_I32(5), FB_I32(2));
  CHECK(compare != NULL && compare->comparison_direction == kLinnetStablehloLess);
  CHECK(compare != NULL && compare->compare_type == kLinnetStablehloCompareTotalOrder);
  ln_free(compare);
  LinnetStablehloReduceParams* reduce =
      PARSE(kTfLiteBuiltinStablehloReduce, FB_TO(fb_bytes(&builder, longs, 1, 8)), FB_I32(6));
  CHECK(reduce != NULL && reduce->num_dimensions == 1 && reduce->dimensions[0] == 4 &&
        reduce->body_subgraph_index == 6);
  ln_free(reduce);
  LinnetStablehloDotGeneralParams* dot =
      PARSE(kTfLiteBuiltinStablehloDotGeneral, FB_NO, FB_NO, FB_NO, FB_TO(fb_bytes(&builder, longs, 2, 8)));
  CHECK(dot != NULL && dot->num_rhs_contracting_dimensions == 2 && dot->rhs_contracting_dimensions[1] == 3);
  ln_free(dot);
  LinnetStablehloCustomCallParams* call =
      PARSE(kTfLiteBuiltinStablehloCustomCall, FB_TO(fb_text(&builder, "f")), FB_U8(1), FB_NO, FB_I32(4));
  CHECK(call != NULL && strcmp(call->call_target_name, "f") == 0 && call->has_side_effect && call->api_version == 4);
  CHECK(call != NULL && strcmp(call->backend_config, "") == 0);
  ln_free(call);
  TfLiteWhileParams* loop = PARSE(kTfLiteBuiltinStablehloWhile, FB_I32(2), FB_I32(3));
  CHECK(loop != NULL && loop->cond_subgraph_index == 2 && loop->body_subgraph_index == 3);
  ln_free(loop);
}

/* Without options every operator has a zeroed struct, none, or is refused. */
static void test_missing(void) {
  int structs = 0, none = 0, refused = 0;
  for (int32_t code = 0; code <= kTfLiteBuiltinStablehloCase; ++code) {
    const ln_model_operator op = {0};
    void* data = NULL;
    if (ln_parse_builtin_options(NULL, &op, code, &kReporter, &data) != kTfLiteOk)
      ++refused;
    else if (data != NULL)
      structs += *(char*)data == 0;
    else
      ++none;
    ln_free(data);
  }
  CHECK(refused == 11);
  CHECK(structs + none + refused == kTfLiteBuiltinStablehloCase + 1);
  CHECK(structs == 79);
  void* data = NULL;
  const ln_model_operator op = {0};
  CHECK(ln_parse_builtin_options(NULL, &op, -1, &kReporter, &data) == kTfLiteOk && data == NULL);
  CHECK(ln_parse_builtin_options(NULL, &op, kTfLiteBuiltinPad, &kReporter, &data) == kTfLiteOk && data == NULL);
}

static void test_types(void) {
  TfLiteType type;
  for (int i = 0; i < 23; ++i) CHECK(ln_tensor_type_from_schema((uint8_t)i, &type));
  CHECK(!ln_tensor_type_from_schema(23, &type) && !ln_tensor_type_from_schema(255, &type));
  CHECK(ln_tensor_type_from_schema(17, &type) && type == kTfLiteInt4);
  CHECK(ln_tensor_type_from_schema(1, &type) && type == kTfLiteFloat16);
}

int main(void) {
  test_members();
  test_refused();
  test_vectors();
  test_special();
  test_stablehlo();
  test_missing();
  test_types();
  printf("%d passed, %d failed, 0 skipped\n", passed, failed);
  return failed != 0;
}
