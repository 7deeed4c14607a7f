/* TILE: the input repeated along each dimension. */
#include "ops/builtin_ops.h"
#include "ops/move_util.h"

static TfLiteStatus resize_output(TfLiteContext* context, const TfLiteNode* node, TfLiteTensor* output) {
  const TfLiteTensor *input, *multiples;
  int32_t times[LN_MAX_RANK], dims[LN_MAX_RANK];
  int count;
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_input(context, node, 1, &multiples));
  LN_TRY(ln_read_ints(context, multiples, "multiples", LN_MAX_RANK, times, &count));
  LN_CHECK(context, count == ln_rank(input), "multiples has %d elements; the input's rank is %d", count,
           ln_rank(input));
  for (int i = 0; i < count; ++i)
    LN_CHECK(context, times[i] >= 0 && ln_mul_i32(ln_dim(input, i), times[i], &dims[i]),
             "multiples[%d] is %d; it must be at least 0, and the product must fit 32 bits", i, times[i]);
  return ln_resize(context, output, count, dims);
}

/* So many bytes of the input, and how often they stand behind one another in the output. */
typedef struct level {
  size_t bytes, times;
} level;

/* From the innermost one. Dimensions that are not repeated belong to the block outside of them. */
static int find_levels(const TfLiteTensor* input, const TfLiteTensor* output, size_t element_bytes,
                       level levels[LN_MAX_RANK + 1]) {
  int count = 0;
  level l = {element_bytes, 1};
  for (int i = ln_rank(input) - 1; i >= 0; --i) {
    const size_t extent = (size_t)ln_dim(input, i);
    if (extent > 1 && l.times > 1) {
      levels[count++] = l;
      l.times = 1;
    }
    l.bytes *= extent;
    l.times *= (size_t)ln_dim(output, i) / extent;
  }
  levels[count++] = l;
  return count;
}

/* Every block is written once, and again from what has been written. Returns where the output goes on. */
static char* repeat(const level* levels, int i, const char* from, char* to) {
  char* end = to;
  if (i == 0) {
    memcpy(to, from, levels[0].bytes);
    end += levels[0].bytes;
  } else {
    for (size_t k = 0; k < levels[i].bytes; k += levels[i - 1].bytes) end = repeat(levels, i - 1, from + k, end);
  }
  const size_t made = (size_t)(end - to);
  ln_fill_elements(to, made, end, levels[i].times - 1);
  return end + made * (levels[i].times - 1);
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor *input, *multiples;
  TfLiteTensor* output;
  ln_move move;
  level levels[LN_MAX_RANK + 1];
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_input(context, node, 1, &multiples));
  LN_TRY(ln_get_output(context, node, 0, &output));
  if (!ln_is_constant(multiples)) LN_TRY(resize_output(context, node, output));
  LN_TRY(ln_move_begin(context, input, output, &move));
  if (ln_num_elements(output) > 0)
    repeat(levels, find_levels(input, output, move.bytes, levels) - 1, move.from, move.to);
  return ln_move_end(context, output, &move, kTfLiteOk);
}

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor *input, *multiples;
  TfLiteTensor* output;
  size_t bytes;
  LN_TRY(ln_check_io(context, node, 2, 2, 1));
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_input(context, node, 1, &multiples));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(ln_move_bytes(context, input, &bytes));
  LN_TRY(ln_check_type(context, output, "output", input->type));
  if (ln_is_constant(multiples)) {
    LN_TRY(resize_output(context, node, output));
    return ln_compute_once(context, node, invoke);
  }
  ln_set_dynamic(output);
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_tile = {.prepare = prepare, .invoke = invoke};
