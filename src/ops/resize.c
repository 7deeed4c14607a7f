/* RESIZE_BILINEAR and RESIZE_NEAREST_NEIGHBOR over [N,H,W,C]. */
#include "kernels/generic/bilinear.h"
#include "ops/builtin_ops.h"
#include "ops/move_util.h"

static TfLiteStatus resize_output(TfLiteContext* context, const TfLiteNode* node, TfLiteTensor* output) {
  const TfLiteTensor *input, *size;
  int32_t pixels[2];
  int count;
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_input(context, node, 1, &size));
  LN_TRY(ln_read_ints(context, size, "size", 2, pixels, &count));
  LN_CHECK(context, count == 2 && pixels[0] > 0 && pixels[1] > 0, "size has %d elements, %d x %d; 2 above 0 are right",
           count, count > 0 ? pixels[0] : 0, count > 1 ? pixels[1] : 0);
  /* Ten bits of fraction are kept of every position. */
  LN_CHECK(context, pixels[0] < 1 << 20 && pixels[1] < 1 << 20, "size is %d x %d; below %d is right", pixels[0],
           pixels[1], 1 << 20);
  const int32_t dims[4] = {ln_dim(input, 0), pixels[0], pixels[1], ln_dim(input, 3)};
  return ln_resize(context, output, 4, dims);
}

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node, bool align_corners, bool half_pixel) {
  const TfLiteTensor *input, *size;
  TfLiteTensor* output;
  LN_TRY(ln_check_io(context, node, 2, 2, 1));
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_input(context, node, 1, &size));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(ln_check_type(context, output, "output", input->type));
  LN_TRY(ln_check_type(context, size, "size", kTfLiteInt32));
  LN_CHECK(context, ln_rank(input) == 4 && ln_rank(size) == 1, "input has rank %d, size %d; 4 and 1 are right",
           ln_rank(input), ln_rank(size));
  LN_CHECK(context,
           ln_dim(input, 1) > 0 && ln_dim(input, 1) < 1 << 20 && ln_dim(input, 2) > 0 && ln_dim(input, 2) < 1 << 20,
           "input is %d x %d; 1 to %d is right", ln_dim(input, 1), ln_dim(input, 2), (1 << 20) - 1);
  LN_CHECK(context, !align_corners || !half_pixel,
           "align_corners and half_pixel_centers; at most one of them is allowed");
  if (ln_is_constant(size)) return resize_output(context, node, output);
  ln_set_dynamic(output);
  return kTfLiteOk;
}

static TfLiteStatus begin(TfLiteContext* context, TfLiteNode* node, bool align_corners, bool half_pixel,
                          const TfLiteTensor** input, TfLiteTensor** output, ln_resize_shape* shape) {
  LN_TRY(ln_get_input(context, node, 0, input));
  LN_TRY(ln_get_output(context, node, 0, output));
  if (ln_is_dynamic(*output)) LN_TRY(resize_output(context, node, *output));
  *shape = (ln_resize_shape){ln_dim(*input, 0), ln_dim(*input, 1),  ln_dim(*input, 2),
                             ln_dim(*input, 3), ln_dim(*output, 1), ln_dim(*output, 2),
                             align_corners,     half_pixel,         0,
                             ln_dim(*output, 1)};
  return kTfLiteOk;
}

static TfLiteStatus bilinear_prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteResizeBilinearParams* p = node->builtin_data;
  const TfLiteTensor* input;
  LN_CHECK(context, p != NULL, "the options are missing");
  LN_TRY(prepare(context, node, p->align_corners, p->half_pixel_centers));
  LN_TRY(ln_get_input(context, node, 0, &input));
  switch (input->type) {
    case kTfLiteFloat32:
    case kTfLiteUInt8:
    case kTfLiteInt8:
    case kTfLiteInt16:
      return kTfLiteOk;
    default:
      LN_FAIL(context, "input is %s; FLOAT32, UINT8, INT8 or INT16 is right", TfLiteTypeGetName(input->type));
  }
}

typedef struct resize_job {
  ln_resize_shape shape;
  TfLiteType type;
  const void* in;
  void* out;
} resize_job;

static void bilinear_rows(void* arg, size_t begin, size_t end) {
  const resize_job* j = arg;
  ln_resize_shape shape = j->shape;
  shape.first_row = (int32_t)begin;
  shape.end_row = (int32_t)end;
  if (j->type == kTfLiteFloat32)
    ln_bilinear_best()->run_f32(&shape, j->in, j->out);
  else if (j->type == kTfLiteUInt8)
    ln_bilinear_best()->run_u8(&shape, j->in, j->out);
  else if (j->type == kTfLiteInt8)
    ln_bilinear_best()->run_s8(&shape, j->in, j->out);
  else
    ln_bilinear_best()->run_s16(&shape, j->in, j->out);
}

static void nearest_rows(void* arg, size_t begin, size_t end) {
  const resize_job* j = arg;
  ln_resize_shape shape = j->shape;
  shape.first_row = (int32_t)begin;
  shape.end_row = (int32_t)end;
  ln_resize_nearest_ref(&shape, j->in, j->out, ln_type_size(j->type));
}

static void run(TfLiteContext* context, void (*rows)(void* arg, size_t begin, size_t end), const ln_resize_shape* shape,
                const TfLiteTensor* input, TfLiteTensor* output) {
  resize_job job = {*shape, input->type, input->data.raw, output->data.raw};
  const size_t height = (size_t)shape->out_height;
  if (output->bytes > 0) ln_parallel_ranges(context, rows, &job, height, height, (size_t)ln_num_elements(output));
}

static TfLiteStatus bilinear_invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteResizeBilinearParams* p = node->builtin_data;
  const TfLiteTensor* input;
  TfLiteTensor* output;
  ln_resize_shape shape;
  LN_TRY(begin(context, node, p->align_corners, p->half_pixel_centers, &input, &output, &shape));
  run(context, bilinear_rows, &shape, input, output);
  return kTfLiteOk;
}

static TfLiteStatus nearest_prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteResizeNearestNeighborParams* p = node->builtin_data;
  const TfLiteTensor* input;
  size_t bytes;
  LN_CHECK(context, p != NULL, "the options are missing");
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_element_bytes(context, input, &bytes));
  return prepare(context, node, p->align_corners, p->half_pixel_centers);
}

static TfLiteStatus nearest_invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteResizeNearestNeighborParams* p = node->builtin_data;
  const TfLiteTensor* input;
  TfLiteTensor* output;
  ln_resize_shape shape;
  LN_TRY(begin(context, node, p->align_corners, p->half_pixel_centers, &input, &output, &shape));
  run(context, nearest_rows, &shape, input, output);
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_resize_bilinear = {.prepare = bilinear_prepare, .invoke = bilinear_invoke};
const TfLiteRegistration ln_op_resize_nearest_neighbor = {.prepare = nearest_prepare, .invoke = nearest_invoke};
