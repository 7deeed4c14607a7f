/* Quantized rows of bytes: parameters for the rungs, the ladder. */
#include "kernels/generic/rows_q8.h"

#include <math.h>
#include <string.h>

#if defined(__x86_64__)
#include "kernels/x86/rows_q8_x86.h"
#elif defined(__aarch64__) || defined(__arm__)
#include "kernels/arm/rungs_arm.h"
#endif

static bool is_zero_point(int32_t value, bool is_signed) {
  return is_signed ? value >= INT8_MIN && value <= INT8_MAX : value >= 0 && value <= UINT8_MAX;
}

static bool is_range(int32_t low, int32_t high, bool is_signed) {
  return low <= high && is_zero_point(low, is_signed) && is_zero_point(high, is_signed);
}

/* 2^30 / 2^31, nothing to round. */
static bool is_half(int32_t multiplier, int shift) { return multiplier == INT32_C(1) << 30 && shift == 0; }

static uint32_t start_of(const ln_requant_q8* r, uint32_t offset, uint32_t left_shift, bool halves) {
  return halves ? offset << (left_shift - 1) : r->bias + (offset << left_shift);
}

static double factor_of(int32_t multiplier, int shift) { return ldexp((double)multiplier, shift - 31); }

/* How wide a doubt is, a power of 2, and what that makes of the short way's numbers. */
static int32_t width_of(double least) {
  int32_t width = 8;
  while (width < 1024 && width < least) width *= 2;
  return width;
}

static float base_of(const ln_requant_q8_out* range, int32_t width) {
  return (float)((range->zero_point << 16) + 0x8000 + width);
}

static uint32_t sure_of(int32_t width) { return 0x10000 - 2 * (uint32_t)width; }

/* What a float of this size can be off by when it is rounded, whatever the mode. */
static double unit_of(double x) {
  int exponent;
  (void)frexp(x, &exponent);
  return ldexp(1, exponent - 24);
}

/* With c the larger of the factors from an input to the output, the fixed-point sum is off by two units of
 * 2^-left_shift from the inputs' roundings and a half from its own, so that the rounded number is that of a value
 * within 2^-16 * c of the real one. In floats all is counted in 2^-16. Two terms less their zero points of up to
 * 2^24 * c are off by 2 * c each for their factors, the zero points' part in the base and the first sum by a unit of
 * their own, the second sum, where it matters, by 1, and so is the whole number that is made of it: 5 * c + 2 and those
 * units in all. */
static void make_short(const ln_add_quantized* s, bool is_signed, ln_add_q8* p) {
  const double to_output = factor_of(s->out_multiplier, s->out_shift) * (double)(1 << s->left_shift);
  const double a = factor_of(s->a_multiplier, s->a_shift) * to_output;
  const double b = factor_of(s->b_multiplier, s->b_shift) * to_output * (s->sign < 0 ? -1 : 1);
  const double largest = fabs(a) > fabs(b) ? fabs(a) : fabs(b), least = is_signed ? INT8_MIN : 0;
  p->a_factor = (float)(a * 65536);
  p->b_factor = (float)(b * 65536);
  const double zeros = (double)p->a_factor * s->a_offset + (double)p->b_factor * s->b_offset;
  const double near = base_of(&p->range, 1024) + zeros, low = near + least * (double)p->b_factor;
  const double most = fmax(fabs(low), fabs(low + 255 * (double)p->b_factor));
  const int32_t width = width_of(5 * largest + 2 + unit_of(fabs(near)) + unit_of(most));
  p->base = (float)(base_of(&p->range, width) + zeros);
  const bool open = s->left_shift == 20 && largest > 0x1p-6 && 255 * (fabs(a) + fabs(b)) < 32000;
  p->sure = open ? sure_of(width) : 0;
}

bool ln_add_q8_make(const ln_add_quantized* s, bool is_signed, ln_add_q8* p) {
  const uint32_t up = is_signed ? 128 : 0;
  if (!is_zero_point(-s->a_offset, is_signed) || !is_zero_point(-s->b_offset, is_signed) ||
      !is_zero_point(s->out_offset, is_signed) || !is_range(s->low, s->high, is_signed) || s->left_shift > 20)
    return false;
  /* Inputs are below 2^8 * 2^20; they become no larger, and two of them are added. */
  const int64_t most = INT64_C(1) << (s->left_shift + 8);
  p->left_shift = (uint32_t)s->left_shift;
  p->subtract = s->sign < 0;
  p->flip = is_signed ? 0x80 : 0;
  p->range = ln_requant_q8_range(s->out_offset, s->low, s->high, is_signed);
  if (!ln_requant_q8_make(0, most, s->a_multiplier, s->a_shift, &p->a) ||
      !ln_requant_q8_make(0, most, s->b_multiplier, s->b_shift, &p->b) ||
      !ln_requant_q8_make(0, 2 * most, s->out_multiplier, s->out_shift, &p->out))
    return false;
  if (p->a.left + p->b.left + p->out.left > 0) return false;
  p->a_halves = is_half(s->a_multiplier, s->a_shift) && s->left_shift > 0;
  p->b_halves = is_half(s->b_multiplier, s->b_shift) && s->left_shift > 0;
  p->a_start = start_of(&p->a, (uint32_t)s->a_offset - up, p->left_shift, p->a_halves);
  make_short(s, is_signed, p);
  p->b_start = start_of(&p->b, (uint32_t)s->b_offset - up, p->left_shift, p->b_halves);
  return true;
}

bool ln_mul_q8_make(const ln_mul_quantized* s, bool is_signed, ln_mul_q8* p) {
  const int32_t up = is_signed ? 128 : 0;
  if (!is_zero_point(-s->a_offset, is_signed) || !is_zero_point(-s->b_offset, is_signed) ||
      !is_zero_point(s->out_offset, is_signed) || !is_range(s->low, s->high, is_signed))
    return false;
  p->a_zero = up - s->a_offset;
  p->b_zero = up - s->b_offset;
  p->flip = is_signed ? 0x80 : 0;
  p->range = ln_requant_q8_range(s->out_offset, s->low, s->high, is_signed);
  if (!ln_requant_q8_make(0, 1 << 16, s->multiplier, s->shift, &p->out) || p->out.left != 0) return false;
  /* Both roundings of requant_q8.h's formula are one, of the product moved by half a unit of the first away from 0:
   * floor((floor((x * M + 2^30) / 2^31) + h) / 2^e) = floor((x * M + 2^30 + h * 2^31) / 2^(31+e)). */
  p->past_half = s->shift < 0 ? ldexpf(1.0f, s->shift - 1) : 0.0f;
  ln_requant_q8_short numbers = {0, 0};
  /* The zero point comes behind the conversion, which must hold what is before it. */
  p->is_short = ln_requant_q8_make_short(&p->out, 0, 1 << 16, &p->range, &numbers) && numbers.scale < 32000;
  p->scale = numbers.scale;
  p->d = ln_requant_q8_d(&p->out);
  return true;
}

/* ---- A product and a sum for each channel ---- */

size_t ln_scale_shift_q8_size(size_t channels) { return (channels + LN_SCALE_SHIFT_MORE) * (4 * sizeof(float) + 2); }

static int32_t number(uint8_t byte, bool is_signed) { return is_signed ? (int8_t)byte : byte; }

/* A factor takes in the constant's number, and `start` the sum's. The product's zero point is that of the sum's first
 * input. Of the errors above `start`, 2 * 2^-16, takes the place of the second factor's and of the first sum's. The
 * product is off by 2^-23 of itself for its factor and for the sum with `from`, and by as much of that; products beyond
 * 256 leave the range. */
void ln_scale_shift_q8_fill(ln_scale_shift_q8* p, const uint8_t* scale, const uint8_t* shift, void* memory) {
  const size_t count = p->channels + LN_SCALE_SHIFT_MORE;
  float *factor = memory, *below = factor + count, *from = below + count, *start = from + count;
  uint8_t *scales = (uint8_t*)(start + count), *shifts = scales + count;
  const ln_add_quantized* s = &p->sum;
  const double product = factor_of(p->product.multiplier, p->product.shift);
  p->is_sound = ln_mul_q8_make(&p->product, p->is_signed, &p->mul) && ln_add_q8_make(s, p->is_signed, &p->add);
  const double sum = factor_of(s->b_multiplier, s->b_shift) * factor_of(s->out_multiplier, s->out_shift) *
                     (double)(1 << s->left_shift) * s->sign * 65536;
  const double largest = p->is_sound ? fmax(fabs((double)p->add.a_factor), fabs((double)p->add.b_factor)) / 65536 : 0;
  const int32_t width = width_of(largest + 2 * fabs((double)p->add.a_factor) / 65536 + 4);
  const float base = p->is_sound ? base_of(&p->add.range, width) : 0;
  p->sure = p->is_sound && p->add.sure != 0 ? sure_of(width) : 0;
  double most = 256;
  for (size_t i = 0; i < count; ++i) {
    scales[i] = scale[i % p->channels];
    shifts[i] = shift[i % p->channels];
    factor[i] = (float)(product * (number(scales[i], p->is_signed) + p->product.b_offset));
    const double zero = (double)factor[i] * p->product.a_offset;
    const double half = copysign((double)p->mul.past_half, (double)factor[i]);
    below[i] = (float)(zero - half);
    from[i] = (float)(zero + half);
    most = fmax(most, fabs(zero) + 1);
    start[i] = (float)(sum * (number(shifts[i], p->is_signed) + s->b_offset) + (double)base);
  }
  p->sure_product = p->product.shift > -31 ? 0.5f - (float)((2 * 256 + most) * 0x1p-23) : 0.0f;
  p->factor = factor;
  p->below = below;
  p->from = from;
  p->start = start;
  p->scale = scales;
  p->shift = shifts;
}

void ln_scale_shift_q8_ref(const ln_scale_shift_q8* p, const uint8_t* x, uint8_t* out, size_t n) {
  const ln_binary_row mul = p->is_signed ? ln_binary_mul_qs8_ref : ln_binary_mul_qu8_ref;
  const ln_binary_row add = p->is_signed ? ln_binary_add_qs8_ref : ln_binary_add_qu8_ref;
  for (size_t i = 0; i < n; i += p->channels) {
    const size_t count = n - i < p->channels ? n - i : p->channels;
    mul(&p->product, x + i, 1, p->scale, 1, out + i, count);
    add(&p->sum, out + i, 1, p->shift, 1, out + i, count);
  }
}

/* ---- A product with a number for each channel ---- */

/* Vectors of factors are written whole. */
static size_t scale_count(size_t channels) { return channels + 2 * (size_t)LN_SCALE_SHIFT_MORE; }

size_t ln_scale_q8_size(size_t channels) { return scale_count(channels) * (3 * sizeof(float) + 1); }

/* In units of 2^-16, whatever the rounding mode, x * factor + from is off by 2 for the factor as long as the product is
 * below 2^24, beyond which the result is the range's end; by one unit of `from`, by 1 for the sum, and by 1 for the
 * whole number that is made of it: 4 and that unit. */
void ln_scale_q8_make(ln_scale_q8* p, void* memory) {
  const size_t count = scale_count(p->channels);
  p->factor = memory;
  p->below = p->factor + count;
  p->from = p->below + count;
  p->scale = (uint8_t*)(p->from + count);
  p->is_short = ln_mul_q8_make(&p->product, p->is_signed, &p->mul) && p->mul.is_short;
  if (!p->is_short) return;
  p->unit = factor_of(p->product.multiplier, p->product.shift) * 65536;
  const double most = 0x1p24 + 255 * fabs((double)p->product.a_offset) * p->unit;
  const int32_t width = width_of(4 + unit_of(most));
  p->sure = sure_of(width);
  p->base = (double)base_of(&p->mul.range, width);
}

void ln_scale_q8_ref(const ln_scale_q8* p, const uint8_t* x, uint8_t* out, size_t n) {
  const ln_binary_row mul = p->is_signed ? ln_binary_mul_qs8_ref : ln_binary_mul_qu8_ref;
  for (size_t i = 0; i < n; i += p->channels)
    mul(&p->product, x + i, 1, p->scale, 1, out + i, n - i < p->channels ? n - i : p->channels);
}

static void fill_bytes(const ln_scale_q8* p, const uint8_t* scale) { memcpy(p->scale, scale, p->channels); }

static const ln_rows_q8_variant none[] = {{NULL, NULL}};

static const ln_rows_q8 ln_rows_q8_generic = {.name = "rows_q8_ref",
                                              .isa = LN_ISA_GENERIC,
                                              .binary = none,
                                              .scale_shift = ln_scale_shift_q8_ref,
                                              .scale_fill = fill_bytes,
                                              .scale = ln_scale_q8_ref};

static const ln_rows_q8* const ladder[] = {
    &ln_rows_q8_generic,
#if defined(__x86_64__)
    &ln_rows_q8_avx2,
    &ln_rows_q8_avx512,
#elif defined(__aarch64__) || defined(__arm__)
    &ln_rows_q8_neon,
#endif
};

const ln_rows_q8* const* ln_rows_q8_rungs(size_t* count) {
  *count = sizeof ladder / sizeof ladder[0];
  return ladder;
}

static const ln_rows_q8* best_rung(void) {
  const ln_rows_q8* best = ladder[0];
  for (size_t i = 1; i < sizeof ladder / sizeof ladder[0]; ++i)
    if (ln_cpu_has(ladder[i]->isa)) best = ladder[i];
  return best;
}

ln_scale_shift_q8_row ln_scale_shift_q8_best(void) { return best_rung()->scale_shift; }

const ln_rows_q8* ln_scale_q8_best(void) { return best_rung(); }

ln_turn_bytes_fn ln_turn_bytes_best(void) { return best_rung()->turn; }

ln_binary_row ln_rows_q8_best(ln_binary_row ref) {
  const ln_rows_q8_variant* v = best_rung()->binary;
  while (v->ref != NULL && v->ref != ref) ++v;
  return v->ref != NULL ? v->row : ref;
}
