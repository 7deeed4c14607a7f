/* RFFT2D: the Fourier transform over the last two dimensions, cut or filled with zeros to lengths that are given. */
#include "kernels/generic/fft.h"
#include "ops/builtin_ops.h"
#include "ops/move_util.h"

enum { kRoots, kRows, kColumn, kTemporaries };

typedef struct fft_data {
  int first_temporary;
} fft_data;

LN_DEFINE_INIT(init, fft_data, .first_temporary = -1)

static bool is_power_of_2(int32_t n) { return n > 0 && (n & (n - 1)) == 0; }

static TfLiteStatus get_lengths(TfLiteContext* context, const TfLiteNode* node, int32_t lengths[2]) {
  int count;
  LN_TRY(ln_read_ints(context, ln_optional_input(context, node, 1), "the lengths", 2, lengths, &count));
  LN_CHECK(context, count == 2 && is_power_of_2(lengths[0]) && is_power_of_2(lengths[1]),
           "lengths of %d and %d; powers of two are right", count > 0 ? lengths[0] : 0, count > 1 ? lengths[1] : 0);
  return kTfLiteOk;
}

/* Pairs of doubles. */
static TfLiteStatus set_scratch(TfLiteContext* context, TfLiteNode* node, int slot, TfLiteAllocationType lifetime,
                                size_t rows, size_t columns) {
  LN_CHECK(context, rows <= INT32_MAX && columns <= INT32_MAX, "a transform of %zu x %zu is too large", rows, columns);
  const int32_t dims[3] = {(int32_t)rows, (int32_t)columns, 2};
  return ln_set_temporary(context, node, slot, kTfLiteFloat64, lifetime, 3, dims);
}

static TfLiteStatus resize(TfLiteContext* context, TfLiteNode* node, TfLiteAllocationType lifetime) {
  const TfLiteTensor* input;
  TfLiteTensor* output;
  int32_t lengths[2], dims[LN_MAX_RANK];
  LN_TRY(get_lengths(context, node, lengths));
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_output(context, node, 0, &output));
  const int rank = ln_rank(input);
  for (int i = 0; i < rank - 2; ++i) dims[i] = ln_dim(input, i);
  dims[rank - 2] = lengths[0];
  dims[rank - 1] = lengths[1] / 2 + 1;
  LN_TRY(ln_resize(context, output, rank, dims));
  const size_t height = (size_t)lengths[0], width = (size_t)lengths[1], longest = height > width ? height : width;
  LN_TRY(set_scratch(context, node, kRoots, lifetime, 1, longest / 2 + 1));
  LN_TRY(set_scratch(context, node, kRows, lifetime, height, width / 2 + 1));
  return set_scratch(context, node, kColumn, lifetime, 1, longest);
}

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  fft_data* data = node->user_data;
  const TfLiteTensor *input, *lengths;
  TfLiteTensor* output;
  LN_TRY(ln_check_io(context, node, 2, 2, 1));
  LN_TRY(ln_set_temporaries(context, node, kTemporaries, &data->first_temporary));
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_input(context, node, 1, &lengths));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(ln_check_type(context, input, "input", kTfLiteFloat32));
  LN_TRY(ln_check_type(context, output, "output", kTfLiteComplex64));
  LN_CHECK(context, ln_rank(input) >= 2 && ln_rank(input) <= LN_MAX_RANK, "input has rank %d; 2 to %d is right",
           ln_rank(input), LN_MAX_RANK);
  LN_TRY(ln_check_type(context, lengths, "the lengths", kTfLiteInt32));
  LN_CHECK(context, ln_rank(lengths) == 1 && ln_dim(lengths, 0) == 2, "the lengths are not 2 numbers");
  if (ln_is_constant(lengths)) return resize(context, node, kTfLiteArenaRw);
  ln_set_dynamic(output);
  for (int i = 0; i < kTemporaries; ++i) ln_set_dynamic(ln_get_temporary(context, node, i));
  return kTfLiteOk;
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor* input;
  TfLiteTensor* output;
  int32_t lengths[2];
  LN_TRY(ln_get_output(context, node, 0, &output));
  if (ln_is_dynamic(output)) LN_TRY(resize(context, node, kTfLiteDynamic));
  LN_TRY(get_lengths(context, node, lengths));
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_output(context, node, 0, &output));
  const int rank = ln_rank(input);
  const size_t height = (size_t)lengths[0], width = (size_t)lengths[1], pictures = ln_extent(input, 0, rank - 2);
  const size_t in_height = (size_t)ln_dim(input, rank - 2), in_width = (size_t)ln_dim(input, rank - 1);
  ln_complex64* roots = (ln_complex64*)(void*)ln_get_temporary(context, node, kRoots)->data.raw;
  ln_complex64* rows = (ln_complex64*)(void*)ln_get_temporary(context, node, kRows)->data.raw;
  ln_complex64* column = (ln_complex64*)(void*)ln_get_temporary(context, node, kColumn)->data.raw;
  ln_fft_roots(height > width ? height : width, roots);
  for (size_t i = 0; i < pictures; ++i) {
    if (i % 64 == 63 && ln_is_cancelled(context)) return kTfLiteCancelled;
    ln_rfft2d(input->data.f + i * in_height * in_width, in_height, in_width, height, width, roots, rows, column,
              output->data.f + 2 * i * height * (width / 2 + 1));
  }
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_rfft2d = {.init = init, .free = ln_free_node_data, .prepare = prepare, .invoke = invoke};
