/* Preparing a matrix product: kernels, numbers per channel. The weights are packed by matrix_pack.c. */
#include "ops/matrix.h"

#include <math.h>
#include <string.h>

#include "kernels/generic/fixed_point.h"
#include "ops/matrix_tile.h"
#include "ops/weights.h"

void ln_matrix_free(ln_matrix* matrix) {
  ln_free(matrix->parts);
  ln_aligned_free(matrix->own_packed);
  ln_aligned_free(matrix->numbers);
  matrix->parts = NULL;
  matrix->own_packed = NULL;
  matrix->packed = NULL;
  matrix->numbers = NULL;
  matrix->part_count = 0;
  matrix->packed_is_constant = matrix->ready = false;
}

TfLiteStatus ln_matrix_make_parts(TfLiteContext* context, ln_matrix* matrix, size_t count) {
  ln_matrix_free(matrix);
  matrix->parts = ln_calloc(count, sizeof *matrix->parts);
  LN_CHECK(context, matrix->parts != NULL, "no memory for %zu parts of the weights", count);
  matrix->part_count = count;
  return kTfLiteOk;
}

static bool is_wide(const ln_matrix* matrix) {
  return matrix->rule == LN_MATRIX_WIDE_FIXED || matrix->rule == LN_MATRIX_WIDE_REAL;
}

/* Bytes of a part's panels; false: too many. */
static bool part_bytes(const ln_matrix* matrix, size_t depth, size_t* bytes) {
  const ln_gemm_q8* q8 = matrix->q8;
  *bytes = 0;
  if (matrix->sparse != NULL || matrix->unpacked) return true;
  if (q8 != NULL && matrix->winograd)
    return ln_mul_size(ln_winograd_q8_packed_size(ln_winograd_q8_best(), matrix->cut, matrix->columns,
                                                  depth / ln_winograd_q8_taps(matrix->cut)),
                       sizeof(int16_t), bytes);
  if (q8 != NULL)
    return depth < SIZE_MAX / q8->kr - 1 &&
           ln_mul_size(ln_round_up(matrix->columns, q8->step), ln_gemm_q8_depth(q8, depth, matrix->segments), bytes) &&
           *bytes < SIZE_MAX / 4;
  const size_t element = matrix->rule == LN_MATRIX_F32 ? sizeof(float) : matrix->weights_type == kTfLiteInt16 ? 2 : 1;
  size_t elements;
  return depth < SIZE_MAX - 1 && ln_mul_size(matrix->padded_columns, ln_round_up(depth, 2), &elements) &&
         ln_mul_size(elements, element, bytes) && *bytes < SIZE_MAX / 4;
}

/* Transformed filters have more taps. (Channels are few enough where there are such.) */
static size_t packed_depth(const ln_matrix* matrix, const ln_matrix_part* part) {
  if (!matrix->winograd || matrix->rule != LN_MATRIX_F32) return part->depth;
  const ln_winograd_facts* f = ln_winograd_facts_of(matrix->form);
  return part->depth / f->all_taps * f->points;
}

/* Depths, offsets and the size of the packed block: all parts' panels, then the sums of their columns. */
static TfLiteStatus lay_out(TfLiteContext* context, ln_matrix* matrix) {
  size_t total = 0, sums;
  matrix->max_depth = 0;
  for (size_t i = 0; i < matrix->part_count; ++i) {
    ln_matrix_part* part = &matrix->parts[i];
    size_t bytes, taps;
    const bool fits = ln_mul_size(part->layout.taps_y, part->layout.taps_x, &taps) &&
                      ln_mul_size(taps, part->layout.channels, &part->depth) &&
                      part_bytes(matrix, packed_depth(matrix, part), &bytes) &&
                      ln_add_size(total, ln_round_up(bytes, 64), &total);
    LN_CHECK(context, fits, "the size of the packed weights overflows");
    part->packed = total - ln_round_up(bytes, 64);
    if (part->depth > matrix->max_depth) matrix->max_depth = part->depth;
  }
  const bool fits = ln_mul_size(matrix->part_count, matrix->padded_columns, &sums) &&
                    ln_mul_size(sums, sizeof(int32_t), &sums) && ln_add_size(total, sums, &matrix->packed_bytes);
  LN_CHECK(context, fits && matrix->packed_bytes < SIZE_MAX / 4, "the size of the packed weights overflows");
  matrix->sums_offset = total;
  return kTfLiteOk;
}

void* ln_carve(char** block, size_t size) {
  void* start = *block;
  *block += ln_round_up(size, 64);
  return start;
}

/* Carves the arrays that the rule needs; NULL: only counts. */
static size_t carve_numbers(ln_matrix* matrix, char* block) {
  const size_t channels = matrix->channel_groups * matrix->padded_columns;
  const size_t biases = matrix->part_count * matrix->padded_columns;
  const bool floats = matrix->rule == LN_MATRIX_F32 || matrix->rule == LN_MATRIX_HYBRID;
  const bool fixed = !floats && matrix->rule != LN_MATRIX_SUMS, bytes = fixed && matrix->q8 != NULL;
  const struct {
    void* array;
    size_t element, count;
    bool needed;
  } kArrays[] = {{&matrix->scale_f, sizeof(float), channels, matrix->rule == LN_MATRIX_HYBRID || bytes},
                 {&matrix->bias_f, sizeof(float), channels, floats},
                 {&matrix->byte_start, sizeof(float), channels, bytes},
                 {&matrix->multiplier, sizeof(int32_t), channels, fixed},
                 {&matrix->shift, sizeof(int32_t), channels, fixed},
                 {&matrix->scale, sizeof(double), channels, fixed},
                 {&matrix->bias, sizeof(int32_t), biases, fixed},
                 {&matrix->wide_bias, sizeof(int64_t), biases, is_wide(matrix)},
                 {&matrix->byte_bias, sizeof(uint32_t), biases, bytes},
                 {&matrix->byte_multiplier, sizeof(uint32_t), channels, bytes},
                 {&matrix->byte_offset, sizeof(uint32_t), channels, bytes},
                 {&matrix->byte_sign_shift, sizeof(uint32_t), channels, bytes},
                 {&matrix->byte_shift, sizeof(uint32_t), channels, bytes},
                 {&matrix->byte_left, sizeof(uint32_t), channels, bytes}};
  size_t total = 0;
  for (size_t i = 0; i < sizeof kArrays / sizeof kArrays[0]; ++i) {
    void* const start = block != NULL && kArrays[i].needed ? block + total : NULL;
    memcpy(kArrays[i].array, &start, sizeof start);
    if (kArrays[i].needed) total += ln_round_up(kArrays[i].count * kArrays[i].element, 64);
  }
  return total;
}

/* All the arrays in one block. The channels are as many as the weights have rows, so their sizes cannot overflow once
 * those of the packed weights do not. */
static TfLiteStatus take_numbers(TfLiteContext* context, ln_matrix* matrix) {
  const size_t channels = matrix->channel_groups * matrix->padded_columns;
  const size_t biases = matrix->part_count * matrix->padded_columns;
  size_t elements;
  LN_CHECK(context, ln_add_size(channels, biases, &elements) && elements < SIZE_MAX / 128,
           "the numbers per channel overflow");
  const size_t size = carve_numbers(matrix, NULL);
  matrix->numbers = ln_aligned_malloc(64, size);
  LN_CHECK(context, matrix->numbers != NULL, "no memory for the numbers of %zu channels", channels);
  memset(matrix->numbers, 0, size);
  carve_numbers(matrix, matrix->numbers);
  return kTfLiteOk;
}

static bool is_byte_type(TfLiteType type) { return type == kTfLiteInt8 || type == kTfLiteUInt8; }

static bool takes_bytes(const ln_matrix* matrix) {
  return matrix->rule != LN_MATRIX_F32 && !is_wide(matrix) && is_byte_type(matrix->in_type) &&
         is_byte_type(matrix->weights_type);
}

static void set_panels(LinnetBackend* backend, ln_matrix* matrix, size_t columns, const char* name) {
  matrix->padded_columns = ln_round_up(matrix->columns, columns);
  if (backend != NULL) backend->SetKernelName(backend, name);
}

/* The picky one where all that it would have to take is known, and fits. */
static const ln_gemm_q8* choose_q8(const ln_matrix* matrix, const TfLiteTensor* weights) {
  const ln_gemm_q8 *best = ln_gemm_q8_best(), *picky = ln_gemm_q8_picky();
  const size_t segments = matrix->segments > 0 ? matrix->segments : 1;
  const uint8_t flip = matrix->weights_type == kTfLiteUInt8 ? 0x80 : 0;
  if (picky == NULL || matrix->winograd || !ln_is_constant(weights) || weights->data.raw_const == NULL ||
      !ln_weights_are_plain(weights))
    return best;
  for (size_t i = 0; i < matrix->part_count; ++i) {
    ln_gemm_layout layout = matrix->parts[i].layout;
    layout.columns = matrix->columns;
    if (!ln_gemm_q8_fits(picky, &layout, segments, weights->data.uint8 + matrix->parts[i].base, flip)) return best;
  }
  return picky;
}

static void choose_kernels(TfLiteContext* context, ln_matrix* matrix, const TfLiteTensor* weights) {
  LinnetBackend* backend = LinnetBackendOf(context);
  matrix->f32 = ln_gemm_f32_best();
  matrix->s16s8 = ln_gemm_s16s8_best();
  matrix->requant = ln_requant_best();
  matrix->q8 = takes_bytes(matrix) && matrix->sparse == NULL ? choose_q8(matrix, weights) : NULL;
  if (matrix->q8 == NULL || matrix->segments == 0) matrix->segments = 1;
  matrix->to_bytes = false;
  /* ln_matrix_quantize makes them unsigned at once. */
  if (matrix->rule == LN_MATRIX_HYBRID && matrix->q8 != NULL) matrix->in_type = kTfLiteUInt8;
  if (matrix->rule == LN_MATRIX_F32)
    set_panels(backend, matrix, matrix->f32->nr, matrix->unpacked ? ln_rows_f32_best()->name : matrix->f32->name);
  else if (matrix->q8 != NULL)
    set_panels(backend, matrix, matrix->q8->nr, matrix->q8->name);
  else
    set_panels(backend, matrix, matrix->s16s8->nr, matrix->s16s8->name);
  if (backend != NULL && matrix->q8 != NULL && matrix->winograd)
    backend->SetKernelName(backend, ln_winograd_q8_best()->name);
  if (backend != NULL && matrix->sparse != NULL) backend->SetKernelName(backend, "sparse product");
}

/* One row waits for its weights, as long for those in the file as for panels, which it takes longer to pack than to
 * read a dozen times. Those that stay in the second cache are faster in panels, and those of other subgraphs, which are
 * loops' as a rule: many rows pass by at once there. */
static bool may_stay_unpacked(TfLiteContext* context, const ln_matrix* matrix, const TfLiteTensor* weights) {
  enum { kLeastBytes = 1 << 20 };
  LinnetBackend* backend = LinnetBackendOf(context);
  const bool is_main = backend == NULL || backend->SubgraphContext(backend, 0) == context;
  return is_main && matrix->one_row && matrix->rule == LN_MATRIX_F32 && matrix->sparse == NULL &&
         weights->type == kTfLiteFloat32 && weights->allocation_type == kTfLiteMmapRo &&
         weights->data.raw_const != NULL && ln_weights_are_plain(weights) && weights->bytes >= kLeastBytes;
}

TfLiteStatus ln_matrix_prepare(TfLiteContext* context, ln_matrix* matrix, const TfLiteTensor* weights) {
  LN_CHECK(context, matrix->columns < SIZE_MAX / 4096, "the number of columns overflows");
  matrix->unpacked = may_stay_unpacked(context, matrix, weights);
  choose_kernels(context, matrix, weights);
  LN_TRY(lay_out(context, matrix));
  LN_TRY(take_numbers(context, matrix));
  return ln_matrix_pack(context, matrix, weights);
}

TfLiteStatus ln_matrix_check_zero_point(TfLiteContext* context, const TfLiteTensor* t, const char* what) {
  const int32_t zero_point = t->params.zero_point;
  const int32_t low = t->type == kTfLiteInt8 ? INT8_MIN : 0, high = t->type == kTfLiteInt8    ? INT8_MAX
                                                                    : t->type == kTfLiteUInt8 ? UINT8_MAX
                                                                                              : 0;
  LN_CHECK(context, zero_point >= low && zero_point <= high, "the zero point of %s is %d; it must be in [%d, %d]", what,
           zero_point, low, high);
  return kTfLiteOk;
}

static TfLiteStatus check_symmetric(TfLiteContext* context, const TfLiteTensor* weights) {
  const TfLiteAffineQuantization* affine;
  LN_TRY(ln_get_affine(context, weights, "the weights", &affine));
  for (int i = 0; affine->zero_point != NULL && i < affine->zero_point->size; ++i)
    LN_CHECK(context, affine->zero_point->data[i] == 0, "the weights' zero point %d is %d; it must be 0", i,
             affine->zero_point->data[i]);
  return kTfLiteOk;
}

TfLiteStatus ln_matrix_set_zero_points(TfLiteContext* context, ln_matrix* matrix, const TfLiteTensor* input,
                                       const TfLiteTensor* weights, bool asymmetric, const TfLiteTensor* output,
                                       TfLiteFusedActivation activation) {
  LN_TRY(ln_matrix_check_zero_point(context, input, "the input"));
  LN_TRY(ln_matrix_check_zero_point(context, output, "the output"));
  const TfLiteAffineQuantization* affine;
  LN_TRY(ln_get_affine(context, weights, "the weights", &affine));
  const bool shifted = weights->type == kTfLiteUInt8 || (asymmetric && affine->scale->size == 1);
  if (shifted)
    LN_TRY(ln_matrix_check_zero_point(context, weights, "the weights"));
  else
    LN_TRY(check_symmetric(context, weights));
  matrix->in_zero_point = input->params.zero_point;
  matrix->weights_zero_point = shifted ? weights->params.zero_point : 0;
  matrix->out_zero_point = output->params.zero_point;
  return ln_activation_range_i32(context, activation, output, &matrix->low, &matrix->high);
}

int16_t ln_matrix_fill(const ln_matrix* matrix) {
  return (int16_t)(matrix->in_zero_point - (matrix->in_type == kTfLiteUInt8 ? 128 : 0));
}

static size_t channel_of(const ln_matrix* matrix, size_t index) {
  return index / matrix->columns * matrix->padded_columns + index % matrix->columns;
}

/* One weight scale for all channels, or one for each. */
static TfLiteStatus check_scales(TfLiteContext* context, const ln_matrix* matrix, const TfLiteTensor* weights,
                                 const TfLiteFloatArray** scales) {
  const TfLiteAffineQuantization* affine;
  const size_t channels = matrix->channel_groups * matrix->columns;
  LN_TRY(ln_get_affine(context, weights, "the weights", &affine));
  LN_CHECK(context, affine->scale->size == 1 || (size_t)affine->scale->size == channels,
           "the weights have %d scales; 1 or %zu are right", affine->scale->size, channels);
  *scales = affine->scale;
  return kTfLiteOk;
}

TfLiteStatus ln_matrix_set_factors(TfLiteContext* context, ln_matrix* matrix, const TfLiteTensor* input,
                                   const TfLiteTensor* weights, const TfLiteTensor* output, bool float_product) {
  const TfLiteFloatArray* scales;
  LN_TRY(check_scales(context, matrix, weights, &scales));
  const float in = input->params.scale, out = output->params.scale;
  matrix->any_large = false;
  for (size_t i = 0; i < matrix->channel_groups * matrix->columns; ++i) {
    const float w = scales->data[scales->size > 1 ? i : 0];
    const double product = float_product ? (double)(in * w) : (double)in * (double)w;
    const double factor = product / (double)out;
    const size_t channel = channel_of(matrix, i);
    int shift;
    LN_CHECK(context, factor >= 0.0 && isfinite(factor),
             "scales of %g (input), %g (weights) and %g (output); all must be positive", (double)in, (double)w,
             (double)out);
    ln_quantize_multiplier(factor, &matrix->multiplier[channel], &shift);
    LN_CHECK(context, shift <= 14 || matrix->rule != LN_MATRIX_WIDE_FIXED,
             "the input's and the weights' scales are %g times the output's; at most 2^14 is allowed", factor);
    matrix->shift[channel] = shift;
    matrix->scale[channel] = factor;
    if (matrix->scale_f != NULL) matrix->scale_f[channel] = (float)factor;
    matrix->any_large = matrix->any_large || factor > 0.5;
  }
  return kTfLiteOk;
}

TfLiteStatus ln_matrix_set_weight_scales(TfLiteContext* context, ln_matrix* matrix, const TfLiteTensor* weights) {
  const TfLiteFloatArray* scales;
  LN_TRY(check_scales(context, matrix, weights, &scales));
  for (size_t i = 0; i < matrix->channel_groups * matrix->columns; ++i)
    matrix->scale_f[channel_of(matrix, i)] = scales->data[scales->size > 1 ? i : 0];
  return kTfLiteOk;
}

static int64_t bias_at(const TfLiteTensor* bias, size_t index) {
  if (bias == NULL) return 0;
  return bias->type == kTfLiteInt64 ? bias->data.i64[index] : bias->data.i32[index];
}

/* sum (x - zx) * (w - zw) = sum x * w - zx * sum w - zw * sum x + depth * zx * zw. All but the third term are the same
 * for every row and go into the bias; sums are kept modulo 2^64 (2^32), as the reference's are. */
static void fold_bias(ln_matrix* matrix, const TfLiteTensor* bias) {
  const int32_t* sums = (const int32_t*)(const void*)((const char*)matrix->packed + matrix->sums_offset);
  const int flip = matrix->weights_type == kTfLiteUInt8 ? 128 : 0;
  const int up =
      matrix->q8 != NULL ? (matrix->in_type == kTfLiteInt8 ? 128 : 0) : (matrix->in_type == kTfLiteUInt8 ? -128 : 0);
  const uint64_t in_zero = (uint64_t)(int64_t)(matrix->in_zero_point + up);
  const uint64_t weights_zero = (uint64_t)(int64_t)(matrix->weights_zero_point - flip);
  for (size_t p = 0; p < matrix->part_count; ++p) {
    const ln_matrix_part* part = &matrix->parts[p];
    for (size_t n = 0; n < matrix->columns; ++n) {
      const size_t at = p * matrix->padded_columns + n;
      const uint64_t own = (uint64_t)bias_at(bias, part->channel_group * matrix->columns + n);
      const uint64_t all = own - in_zero * (uint64_t)(int64_t)sums[at] + part->depth * in_zero * weights_zero;
      if (matrix->wide_bias != NULL) matrix->wide_bias[at] = (int64_t)all;
      matrix->bias[at] = (int32_t)(uint32_t)all;
    }
  }
}

/* The kernel's own form of the factors; false: they are not all ordinary. Sums are bounded by the depth. */
static bool make_byte_numbers(ln_matrix* matrix, const TfLiteTensor* bias) {
  const int64_t largest_weight = matrix->weights_type == kTfLiteUInt8 ? 255 : 128;
  if (matrix->q8 == NULL || !is_byte_type(matrix->out_type) || matrix->max_depth > INT32_MAX ||
      matrix->low > matrix->high)
    return false;
  matrix->byte_range =
      ln_requant_q8_range(matrix->out_zero_point, matrix->low, matrix->high, matrix->out_type == kTfLiteInt8);
  matrix->any_left = matrix->all_short = false;
  if (matrix->rule == LN_MATRIX_REAL) {
    for (size_t i = 0; i < matrix->part_count * matrix->padded_columns; ++i)
      matrix->byte_bias[i] = (uint32_t)matrix->bias[i];
    return true;
  }
  matrix->all_short = true;
  for (size_t i = 0; i < matrix->channel_groups * matrix->padded_columns; ++i)
    matrix->byte_start[i] = ln_requant_q8_no_start(&matrix->byte_range);
  for (size_t p = 0; p < matrix->part_count; ++p) {
    const ln_matrix_part* part = &matrix->parts[p];
    const int64_t largest = (int64_t)part->depth * 255 * largest_weight;
    for (size_t n = 0; n < matrix->columns; ++n) {
      const size_t channel = part->channel_group * matrix->padded_columns + n, at = p * matrix->padded_columns + n;
      const int32_t own = (int32_t)bias_at(bias, part->channel_group * matrix->columns + n);
      ln_requant_q8 r;
      ln_requant_q8_short s = {0, 0};
      if (!ln_requant_q8_make(own, largest, matrix->multiplier[channel], matrix->shift[channel], &r)) return false;
      matrix->byte_bias[at] = (uint32_t)matrix->bias[at] + (UINT32_C(1) << 31);
      matrix->byte_multiplier[channel] = r.multiplier;
      matrix->byte_offset[channel] = r.offset;
      matrix->byte_sign_shift[channel] = r.sign_shift;
      matrix->byte_shift[channel] = r.shift;
      matrix->byte_left[channel] = r.left;
      matrix->any_left = matrix->any_left || r.left > 0;
      matrix->all_short = matrix->all_short && ln_requant_q8_make_short(&r, own, largest, &matrix->byte_range, &s);
      matrix->scale_f[channel] = s.scale;
      matrix->byte_start[channel] = s.start;
    }
  }
  return true;
}

TfLiteStatus ln_matrix_load(TfLiteContext* context, ln_matrix* matrix, const TfLiteTensor* weights,
                            const TfLiteTensor* bias) {
  if (matrix->ready) return kTfLiteOk;
  if (!matrix->packed_is_constant) LN_TRY(ln_matrix_pack_own(context, matrix, weights));
  if (matrix->rule == LN_MATRIX_F32 || matrix->rule == LN_MATRIX_HYBRID) {
    for (size_t i = 0; bias != NULL && i < matrix->channel_groups * matrix->columns; ++i)
      matrix->bias_f[channel_of(matrix, i)] = bias->data.f[i];
  } else if (is_wide(matrix) || matrix->rule != LN_MATRIX_SUMS) {
    fold_bias(matrix, bias);
    matrix->to_bytes = make_byte_numbers(matrix, bias);
  }
  matrix->ready = matrix->packed_is_constant && (bias == NULL || ln_is_constant(bias));
  return kTfLiteOk;
}
