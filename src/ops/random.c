/* RANDOM_UNIFORM, RANDOM_STANDARD_NORMAL, MULTINOMIAL: random numbers from two seeds, the original's and the same on
 * every machine; STABLEHLO_RNG_BIT_GENERATOR: random bits from a state that is an input. Preparing a node starts its
 * numbers anew. */
#include "kernels/generic/random.h"

#include <string.h>

#include "base/entropy.h"
#include "ops/builtin_ops.h"
#include "ops/op_util.h"

/* So many numbers are made between two looks at the clock; whole blocks of the generator. */
enum { kChunk = 1 << 16 };

typedef struct random_data {
  ln_philox philox;
  int first_temporary;
} random_data;

LN_DEFINE_INIT(init, random_data, .first_temporary = -1)

/* Two seeds of 0 are none: the numbers differ from interpreter to interpreter. */
static TfLiteStatus seed(TfLiteContext* context, const TfLiteNode* node) {
  const TfLiteRandomParams* params = node->builtin_data;
  random_data* data = node->user_data;
  LN_CHECK(context, params != NULL, "the options are missing");
  const bool seeded = params->seed != 0 || params->seed2 != 0;
  data->philox = seeded ? ln_philox_seed((uint64_t)(int64_t)params->seed, (uint64_t)(int64_t)params->seed2)
                        : ln_philox_seed(ln_entropy(), ln_entropy());
  return kTfLiteOk;
}

/* ---- Floats ---- */

static TfLiteStatus resize_floats(TfLiteContext* context, const TfLiteNode* node) {
  const TfLiteTensor* shape;
  TfLiteTensor* output;
  int32_t dims[LN_MAX_RANK];
  int rank;
  LN_TRY(ln_get_input(context, node, 0, &shape));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(ln_read_ints(context, shape, "the shape", LN_MAX_RANK, dims, &rank));
  return ln_resize(context, output, rank, dims);
}

static TfLiteStatus floats_prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor* shape;
  TfLiteTensor* output;
  LN_TRY(ln_check_io(context, node, 1, 1, 1));
  LN_TRY(seed(context, node));
  LN_TRY(ln_get_input(context, node, 0, &shape));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_CHECK(context, ln_rank(shape) == 1, "the shape has rank %d; 1 is right", ln_rank(shape));
  LN_TRY(ln_check_type(context, output, "output", kTfLiteFloat32));
  if (ln_is_constant(shape)) return resize_floats(context, node);
  ln_set_dynamic(output);
  return kTfLiteOk;
}

static TfLiteStatus floats_invoke(TfLiteContext* context, TfLiteNode* node, void (*fill)(ln_philox*, float*, size_t)) {
  random_data* data = node->user_data;
  TfLiteTensor* output;
  LN_TRY(ln_get_output(context, node, 0, &output));
  if (ln_is_dynamic(output)) LN_TRY(resize_floats(context, node));
  const size_t count = (size_t)ln_num_elements(output);
  for (size_t i = 0; i < count; i += kChunk) {
    if (i > 0 && ln_is_cancelled(context)) return kTfLiteCancelled;
    fill(&data->philox, output->data.f + i, count - i < kChunk ? count - i : kChunk);
  }
  return kTfLiteOk;
}

static TfLiteStatus uniform_invoke(TfLiteContext* context, TfLiteNode* node) {
  return floats_invoke(context, node, ln_random_uniform);
}

static TfLiteStatus normal_invoke(TfLiteContext* context, TfLiteNode* node) {
  return floats_invoke(context, node, ln_random_normal);
}

/* ---- MULTINOMIAL ---- */

static TfLiteStatus resize_choices(TfLiteContext* context, const TfLiteNode* node) {
  const TfLiteTensor *logits, *samples;
  TfLiteTensor* output;
  int32_t count;
  int counts;
  LN_TRY(ln_get_input(context, node, 0, &logits));
  LN_TRY(ln_get_input(context, node, 1, &samples));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(ln_read_ints(context, samples, "the number of samples", 1, &count, &counts));
  LN_CHECK(context, counts == 1 && count >= 0, "the number of samples is missing or below 0");
  return ln_resize(context, output, 2, (const int32_t[]){ln_dim(logits, 0), count});
}

static TfLiteStatus multinomial_prepare(TfLiteContext* context, TfLiteNode* node) {
  random_data* data = node->user_data;
  const TfLiteTensor *logits, *samples;
  TfLiteTensor* output;
  LN_TRY(ln_check_io(context, node, 2, 2, 1));
  LN_TRY(seed(context, node));
  LN_TRY(ln_set_temporaries(context, node, 1, &data->first_temporary));
  LN_TRY(ln_get_input(context, node, 0, &logits));
  LN_TRY(ln_get_input(context, node, 1, &samples));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(ln_check_type(context, logits, "the logits", kTfLiteFloat32));
  LN_CHECK(context, ln_rank(logits) == 2, "the logits have rank %d; 2 is right", ln_rank(logits));
  LN_CHECK(context, ln_dim(logits, 1) >= 1, "no classes to choose from");
  LN_TRY(ln_check_type(context, samples, "the number of samples", kTfLiteInt32));
  LN_CHECK(context, output->type == kTfLiteInt64 || output->type == kTfLiteInt32,
           "output is %s; INT32 or INT64 is right", TfLiteTypeGetName(output->type));
  const int32_t classes = ln_dim(logits, 1);
  LN_TRY(ln_set_temporary(context, node, 0, kTfLiteFloat64, kTfLiteArenaRw, 1, &classes));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(ln_get_input(context, node, 1, &samples));
  if (ln_is_constant(samples)) return resize_choices(context, node);
  ln_set_dynamic(output);
  return kTfLiteOk;
}

/* The original goes on far behind what one invoke can have used, so that TensorFlow's way of drawing would fit too. */
static uint64_t blocks_to_skip(uint64_t rows, uint64_t samples) { return rows * ((samples + 3) / 4 * 4) * 2 * 256; }

static TfLiteStatus multinomial_invoke(TfLiteContext* context, TfLiteNode* node) {
  random_data* data = node->user_data;
  const TfLiteTensor* logits;
  TfLiteTensor* output;
  LN_TRY(ln_get_input(context, node, 0, &logits));
  LN_TRY(ln_get_output(context, node, 0, &output));
  if (ln_is_dynamic(output)) LN_TRY(resize_choices(context, node));
  const size_t rows = (size_t)ln_dim(logits, 0), classes = (size_t)ln_dim(logits, 1);
  const size_t samples = (size_t)ln_dim(output, 1);
  double* sums = ln_get_temporary(context, node, 0)->data.f64;
  ln_word_pairs pairs = {data->philox, {0}, 4};
  ln_philox_skip(&data->philox, blocks_to_skip(rows, samples));
  for (size_t row = 0; row < rows; ++row) {
    ln_cumulate_exp(logits->data.f + row * classes, classes, sums);
    for (size_t i = row * samples; i < (row + 1) * samples; ++i) {
      if (i % kChunk == kChunk - 1 && ln_is_cancelled(context)) return kTfLiteCancelled;
      const size_t choice = ln_random_choice(&pairs, sums, classes);
      if (output->type == kTfLiteInt64)
        output->data.i64[i] = (int64_t)choice;
      else
        output->data.i32[i] = (int32_t)choice;
    }
  }
  return kTfLiteOk;
}

/* ---- STABLEHLO_RNG_BIT_GENERATOR. The state's words, lowest first, are a key of two and a counter. ---- */

static bool is_threefry(const TfLiteNode* node) {
  const TfLiteStablehloRngBitGeneratorParams* params = node->builtin_data;
  return params->algorithm == kTfLiteRngAlgorithmThreefry;
}

static TfLiteStatus bits_prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteStablehloRngBitGeneratorParams* params = node->builtin_data;
  const TfLiteTensor* state;
  TfLiteTensor *next, *output;
  LN_CHECK(context, params != NULL, "the options are missing");
  LN_CHECK(context, params->algorithm >= kTfLiteRngAlgorithmDefault && params->algorithm <= kTfLiteRngAlgorithmThreefry,
           "unknown algorithm %d; DEFAULT, PHILOX or THREEFRY is right", (int)params->algorithm);
  LN_TRY(ln_check_io(context, node, 1, 1, 2));
  LN_TRY(ln_get_input(context, node, 0, &state));
  LN_TRY(ln_get_output(context, node, 0, &next));
  LN_TRY(ln_get_output(context, node, 1, &output));
  LN_TRY(ln_check_type(context, state, "the state", kTfLiteUInt64));
  LN_TRY(ln_check_type(context, next, "output 0", kTfLiteUInt64));
  LN_CHECK(context, ln_rank(state) == 1, "the state has rank %d; 1 is right", ln_rank(state));
  const int words = ln_dim(state, 0);
  LN_CHECK(context, words == 2 || (words == 3 && !is_threefry(node)), "a state of %d numbers; %s", words,
           is_threefry(node) ? "2 are right" : "2 or 3 are right");
  LN_CHECK(context,
           output->type == kTfLiteInt32 || output->type == kTfLiteUInt32 || output->type == kTfLiteInt64 ||
               output->type == kTfLiteUInt64,
           "output 1 is %s; INT32, UINT32, INT64 or UINT64 is right", TfLiteTypeGetName(output->type));
  LN_CHECK(context, !ln_is_dynamic(output), "output 1 has no shape of its own");
  LN_TRY(ln_resize_like(context, next, state));
  return ln_resize_like(context, output, output);
}

/* Philox's counter goes on by one in its lower half; the upper half tells streams apart. */
static void fill_philox(ln_philox* philox, uint32_t* out, size_t words) {
  uint32_t block[4];
  for (size_t i = 0; i < words; ++i) {
    if (i % 4 == 0) {
      ln_philox_block(philox, block);
      if (++philox->counter[0] == 0) ++philox->counter[1];
    }
    out[i] = block[i % 4];
  }
}

static void fill_threefry(const uint32_t key[2], uint32_t counter[2], uint32_t* out, size_t words) {
  uint32_t block[2];
  for (size_t i = 0; i < words; ++i) {
    if (i % 2 == 0) {
      ln_threefry_block(key, counter, block);
      if (++counter[0] == 0) ++counter[1];
    }
    out[i] = block[i % 2];
  }
}

static TfLiteStatus bits_invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor* state;
  TfLiteTensor *next, *output;
  LN_TRY(ln_get_input(context, node, 0, &state));
  LN_TRY(ln_get_output(context, node, 0, &next));
  LN_TRY(ln_get_output(context, node, 1, &output));
  const size_t words = output->bytes / sizeof(uint32_t);
  uint64_t numbers[3];
  memcpy(numbers, state->data.raw_const, state->bytes);
  ln_philox philox = ln_philox_seed(numbers[0], numbers[ln_dim(state, 0) == 3 ? 2 : 0]);
  philox.counter[0] = (uint32_t)numbers[1];
  philox.counter[1] = (uint32_t)(numbers[1] >> 32);
  if (is_threefry(node))
    fill_threefry(philox.key, philox.counter, (uint32_t*)(void*)output->data.raw, words);
  else
    fill_philox(&philox, (uint32_t*)(void*)output->data.raw, words);
  numbers[1] = philox.counter[0] | (uint64_t)philox.counter[1] << 32;
  memcpy(next->data.raw, numbers, next->bytes);
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_random_uniform = {
    .init = init, .free = ln_free_node_data, .prepare = floats_prepare, .invoke = uniform_invoke};
const TfLiteRegistration ln_op_random_standard_normal = {
    .init = init, .free = ln_free_node_data, .prepare = floats_prepare, .invoke = normal_invoke};
const TfLiteRegistration ln_op_multinomial = {
    .init = init, .free = ln_free_node_data, .prepare = multinomial_prepare, .invoke = multinomial_invoke};
const TfLiteRegistration ln_op_stablehlo_rng_bit_generator = {.prepare = bits_prepare, .invoke = bits_invoke};
