/* SPACE_TO_DEPTH and DEPTH_TO_SPACE: blocks of pixels become channels, and back. [N,H,W,C]. */
#include "ops/builtin_ops.h"
#include "ops/move_util.h"

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node, int block, bool to_depth) {
  const TfLiteTensor* input;
  TfLiteTensor* output;
  size_t bytes;
  LN_TRY(ln_check_io(context, node, 1, 1, 1));
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(ln_element_bytes(context, input, &bytes));
  LN_TRY(ln_check_type(context, output, "output", input->type));
  LN_CHECK(context, ln_rank(input) == 4, "input has rank %d; 4 is right", ln_rank(input));
  LN_CHECK(context, block >= 1 && block <= 46340, "block_size is %d; it must be in [1, 46340]", block);
  int32_t dims[4] = {ln_dim(input, 0), ln_dim(input, 1), ln_dim(input, 2), ln_dim(input, 3)};
  if (to_depth) {
    LN_CHECK(context, dims[1] % block == 0 && dims[2] % block == 0, "%d x %d pixels are not whole blocks of %d",
             dims[1], dims[2], block);
    dims[1] /= block;
    dims[2] /= block;
    LN_CHECK(context, ln_mul_i32(dims[3], block * block, &dims[3]), "the output's channels overflow");
  } else {
    LN_CHECK(context, dims[3] % (block * block) == 0, "%d channels are not whole blocks of %d", dims[3], block * block);
    dims[3] /= block * block;
    LN_CHECK(context, ln_mul_i32(dims[1], block, &dims[1]) && ln_mul_i32(dims[2], block, &dims[2]),
             "the output's height or width overflows");
  }
  return ln_resize(context, output, 4, dims);
}

/* The larger picture [N, H, b, W, b, C] and the deeper one [N, H, W, b, b, C] hold the same rows of C elements. They
 * are walked in the first one's order, whose lines are long. */
static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node, int block, bool to_depth) {
  const TfLiteTensor* input;
  TfLiteTensor* output;
  size_t bytes;
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(ln_element_bytes(context, input, &bytes));
  if (output->bytes == 0) return kTfLiteOk;
  const TfLiteTensor *deep = to_depth ? output : input, *wide = to_depth ? input : output;
  const ptrdiff_t b = block, row = ln_dim(wide, 3) * (ptrdiff_t)bytes, line = ln_dim(wide, 2) * row;
  const ptrdiff_t cell = ln_dim(deep, 3) * (ptrdiff_t)bytes, cells = ln_dim(deep, 2) * cell;
  const size_t extents[6] = {(size_t)ln_dim(deep, 0), (size_t)ln_dim(deep, 1), (size_t)ln_dim(deep, 2),
                             (size_t)block,           (size_t)block,           (size_t)ln_dim(wide, 3)};
  static const int kOrder[6] = {0, 1, 3, 2, 4, 5};
  const ptrdiff_t wide_strides[6] = {ln_dim(wide, 1) * line, b * line, b * row, line, row, (ptrdiff_t)bytes};
  const ptrdiff_t deep_strides[6] = {ln_dim(deep, 1) * cells, cells, cell, b * row, row, (ptrdiff_t)bytes};
  ln_copy_shape shape = {0};
  for (int k = 0; k < 6; ++k) {
    const int i = kOrder[k];
    ln_copy_add(&shape, extents[i], to_depth ? wide_strides[i] : deep_strides[i],
                to_depth ? deep_strides[i] : wide_strides[i]);
  }
  ln_parallel_copy(context, &shape, input->data.raw, output->data.raw, bytes);
  return kTfLiteOk;
}

static int space_block(const TfLiteNode* node) {
  const TfLiteSpaceToDepthParams* params = node->builtin_data;
  return params != NULL ? params->block_size : 0;
}

static int depth_block(const TfLiteNode* node) {
  const TfLiteDepthToSpaceParams* params = node->builtin_data;
  return params != NULL ? params->block_size : 0;
}

static TfLiteStatus space_prepare(TfLiteContext* context, TfLiteNode* node) {
  return prepare(context, node, space_block(node), true);
}

static TfLiteStatus space_invoke(TfLiteContext* context, TfLiteNode* node) {
  return invoke(context, node, space_block(node), true);
}

static TfLiteStatus depth_prepare(TfLiteContext* context, TfLiteNode* node) {
  return prepare(context, node, depth_block(node), false);
}

static TfLiteStatus depth_invoke(TfLiteContext* context, TfLiteNode* node) {
  return invoke(context, node, depth_block(node), false);
}

const TfLiteRegistration ln_op_space_to_depth = {.prepare = space_prepare, .invoke = space_invoke};
const TfLiteRegistration ln_op_depth_to_space = {.prepare = depth_prepare, .invoke = depth_invoke};
