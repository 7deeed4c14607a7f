/* LSH_PROJECTION: bits that are alike for inputs that are alike. Each bit is the sign of a sum over the input's rows of
 * weight times a hash of a seed and the row; a row of seeds gives a number (sparse) or its bits one by one (dense). */
#include <string.h>

#include "kernels/generic/fingerprint.h"
#include "ops/builtin_ops.h"
#include "ops/op_util.h"

enum { kSeeds, kInput, kWeights };
enum { kMaxBits = 32 };

typedef struct lsh_data {
  int first_temporary;
} lsh_data;

LN_DEFINE_INIT(init, lsh_data, .first_temporary = -1)

/* Rows have equal shares of the input's bytes, whatever its type. Strings have no fixed share: the bytes of one are
 * known in invoke only. */
static size_t row_bytes(const TfLiteTensor* input) { return input->bytes / (size_t)ln_dim(input, 0); }

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteLSHProjectionParams* params = node->builtin_data;
  lsh_data* data = node->user_data;
  const TfLiteTensor *seeds, *input, *weights;
  TfLiteTensor* output;
  LN_CHECK(context, params != NULL, "the options are missing");
  LN_TRY(ln_check_io(context, node, 2, 3, 1));
  LN_TRY(ln_set_temporaries(context, node, 1, &data->first_temporary));
  LN_TRY(ln_get_input(context, node, kSeeds, &seeds));
  LN_TRY(ln_get_input(context, node, kInput, &input));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(ln_check_type(context, seeds, "the seeds", kTfLiteFloat32));
  LN_TRY(ln_check_type(context, output, "output", kTfLiteInt32));
  LN_CHECK(context, ln_rank(seeds) == 2, "the seeds have rank %d; 2 is right", ln_rank(seeds));
  LN_CHECK(context, ln_dim(seeds, 1) <= kMaxBits, "%d bits of a number; at most %d are allowed", ln_dim(seeds, 1),
           kMaxBits);
  LN_CHECK(context, ln_rank(input) >= 1 && ln_dim(input, 0) >= 1, "input has no rows");
  weights = ln_optional_input(context, node, kWeights);
  if (weights != NULL) {
    LN_TRY(ln_check_type(context, weights, "the weights", kTfLiteFloat32));
    LN_CHECK(context, ln_rank(weights) == 1 && ln_dim(weights, 0) == ln_dim(input, 0),
             "%lld weights for %d rows of the input", (long long)ln_num_elements(weights), ln_dim(input, 0));
  }
  LN_CHECK(context, params->type == kTfLiteLshProjectionSparse || params->type == kTfLiteLshProjectionDense,
           "unknown projection type %d; SPARSE or DENSE is right", (int)params->type);
  int32_t extent = ln_dim(seeds, 0);
  if (params->type == kTfLiteLshProjectionDense)
    LN_CHECK(context, ln_mul_i32(extent, ln_dim(seeds, 1), &extent), "%d x %d seeds are too many", ln_dim(seeds, 0),
             ln_dim(seeds, 1));
  LN_TRY(ln_resize(context, output, 1, &extent));
  /* A row behind its seed; strings take theirs in invoke. */
  return ln_set_scratch(context, node, 0, input->type == kTfLiteString ? 0 : sizeof(float) + row_bytes(input));
}

typedef struct lsh_run {
  TfLiteContext* context;
  const TfLiteTensor* input;
  const float* weights; /* or NULL */
  char* key;
  size_t visits; /* bytes hashed since the last look at the clock, each row counted as a few more */
} lsh_run;

/* Hashes of one bit alone can take longer than an invoke may. */
static TfLiteStatus sign_bit(lsh_run* run, float seed, bool* bit) {
  enum { kVisits = 1 << 20, kRowVisits = 64 };
  const size_t rows = (size_t)ln_dim(run->input, 0), bytes = row_bytes(run->input);
  double score = 0.0;
  memcpy(run->key, &seed, sizeof seed);
  for (size_t i = 0; i < rows; ++i) {
    run->visits += bytes + kRowVisits;
    if (run->visits >= kVisits) {
      if (ln_is_cancelled(run->context)) return kTfLiteCancelled;
      run->visits = 0;
    }
    if (bytes > 0) memcpy(run->key + sizeof seed, run->input->data.raw_const + i * bytes, bytes);
    const uint64_t hash = ln_fingerprint(run->key, sizeof seed + bytes);
    const double value = (double)(hash > INT64_MAX ? -(int64_t)~hash - 1 : (int64_t)hash);
    score += run->weights != NULL ? (double)run->weights[i] * value : value;
  }
  *bit = score > 0.0;
  return kTfLiteOk;
}

static TfLiteStatus project(TfLiteContext* context, const TfLiteNode* node, TfLiteLSHProjectionType type, char* key) {
  const TfLiteTensor *seeds, *input, *weights = ln_optional_input(context, node, kWeights);
  TfLiteTensor* output;
  LN_TRY(ln_get_input(context, node, kSeeds, &seeds));
  LN_TRY(ln_get_input(context, node, kInput, &input));
  LN_TRY(ln_get_output(context, node, 0, &output));
  if (output->bytes == 0) return kTfLiteOk;
  lsh_run run = {context, input, weights != NULL ? weights->data.f : NULL, key, 0};
  const int32_t numbers = ln_dim(seeds, 0), bits = ln_dim(seeds, 1);
  int32_t* out = output->data.i32;
  for (int32_t n = 0; n < numbers; ++n) {
    uint32_t number = 0;
    for (int32_t b = 0; b < bits; ++b) {
      bool bit;
      LN_TRY(sign_bit(&run, seeds->data.f[(size_t)n * (size_t)bits + (size_t)b], &bit));
      number = number << 1 | bit;
      if (type == kTfLiteLshProjectionDense) *out++ = bit;
    }
    /* Numbers of different rows differ above their bits; 32 bits leave no room, and the original's shift counts as 0.
     */
    number += (uint32_t)n << bits % 32;
    if (type == kTfLiteLshProjectionSparse) memcpy(out++, &number, sizeof number);
  }
  return kTfLiteOk;
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteLSHProjectionParams* params = node->builtin_data;
  const TfLiteTensor* input;
  LN_TRY(ln_get_input(context, node, kInput, &input));
  if (input->type != kTfLiteString)
    return project(context, node, params->type, ln_get_temporary(context, node, 0)->data.raw);
  char* key = ln_malloc(sizeof(float) + row_bytes(input));
  LN_CHECK(context, key != NULL, "no memory for a row of %zu bytes", row_bytes(input));
  const TfLiteStatus status = project(context, node, params->type, key);
  ln_free(key);
  return status;
}

const TfLiteRegistration ln_op_lsh_projection = {
    .init = init, .free = ln_free_node_data, .prepare = prepare, .invoke = invoke};
