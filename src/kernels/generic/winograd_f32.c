/* Winograd's transforms of floats: the definition, from the polynomials; packing filters; the ladder. */
#include "kernels/generic/winograd_f32.h"

#if defined(__x86_64__)
#include "kernels/x86/winograd_f32_x86.h"
#elif defined(__aarch64__) || defined(__arm__)
#include "kernels/arm/rungs_arm.h"
#endif

enum { MOST_IN = LN_WINOGRAD_MOST_IN, MOST_OUT = LN_WINOGRAD_MOST_OUT, MOST_TAPS = LN_WINOGRAD_MOST_TAPS };

const ln_winograd_facts* ln_winograd_facts_of(ln_winograd_form form) {
  static const ln_winograd_facts facts[LN_WINOGRAD_FORMS] = {
      [LN_WINOGRAD_4X4_3X3] = {3, 4, 6, 2, 2, 9, 36, {0.75f, 1.5f}},
      [LN_WINOGRAD_2X2_3X3] = {3, 2, 4, 1, 2, 9, 16, {1.0f}},
      [LN_WINOGRAD_2X2_5X5] = {5, 2, 6, 2, 2, 25, 36, {0.75f, 1.5f}},
      [LN_WINOGRAD_4_3] = {3, 4, 6, 2, 1, 3, 6, {0.75f, 1.5f}},
      [LN_WINOGRAD_4_7] = {7, 4, 10, 4, 1, 7, 10, {0.375f, 0.875f, 1.25f, 2.5f}},
  };
  return &facts[form];
}

/* The number of point i; none is infinity's. */
static double number_of(const ln_winograd_facts* f, size_t i) {
  if (i == 0) return 0.0;
  const double x = (double)f->numbers[(i - 1) / 2];
  return i % 2 == 1 ? x : -x;
}

/* Coefficients of the product of (x - p) for the finite points p but the one given (infinity's: all of them). */
static void others(const ln_winograd_facts* f, size_t but, double* coefficients) {
  size_t degree = 0;
  coefficients[0] = 1.0;
  for (size_t i = 0; i + 1 < f->in; ++i) {
    if (i == but) continue;
    coefficients[++degree] = 0.0;
    for (size_t k = degree + 1; k-- > 0;)
      coefficients[k] = (k > 0 ? coefficients[k - 1] : 0.0) - number_of(f, i) * (k < degree ? coefficients[k] : 0.0);
  }
  while (++degree < f->in) coefficients[degree] = 0.0;
}

typedef struct matrices {
  double in[MOST_IN][MOST_IN], out[MOST_OUT][MOST_IN], filter[MOST_IN][MOST_TAPS];
} matrices;

static matrices matrices_of(const ln_winograd_facts* f) {
  matrices m = {.in = {{0}}};
  for (size_t i = 0; i < f->in; ++i) {
    const bool infinity = i + 1 == f->in;
    const double at = infinity ? 0.0 : number_of(f, i);
    others(f, i, m.in[i]);
    double power = 1.0, divisor = 0.0;
    for (size_t k = 0; k < f->in; ++k, power *= at) divisor += m.in[i][k] * power;
    power = 1.0;
    for (size_t k = 0; k < f->taps; ++k, power *= at)
      m.filter[i][k] = infinity ? (k + 1 == f->taps ? 1.0 : 0.0) : power / divisor;
    power = 1.0;
    for (size_t k = 0; k < f->out; ++k, power *= at) m.out[k][i] = infinity ? (k + 1 == f->out ? 1.0 : 0.0) : power;
  }
  return m;
}

ln_winograd_factors ln_winograd_factors_of(ln_winograd_form form) {
  const ln_winograd_facts* f = ln_winograd_facts_of(form);
  const matrices m = matrices_of(f);
  ln_winograd_factors factors = {.first = (float)m.filter[0][0]};
  for (size_t i = 0; i < f->pairs; ++i)
    for (size_t k = 0; k < f->taps; ++k) factors.pair[i][k] = (float)m.filter[1 + 2 * i][k];
  return factors;
}

/* to = the matrix along each dimension times from, [size][size] or a line; `from` has `taken` of `size`. */
static void apply(size_t dimensions, size_t made, size_t taken, const double* matrix, size_t matrix_stride,
                  const double* from, double* to) {
  double half[MOST_IN * MOST_IN] = {0};
  const size_t lines = dimensions == 2 ? taken : 1;
  for (size_t y = 0; y < lines; ++y)
    for (size_t j = 0; j < made; ++j) {
      double sum = 0.0;
      for (size_t x = 0; x < taken; ++x) sum += matrix[j * matrix_stride + x] * from[y * taken + x];
      half[y * made + j] = sum;
    }
  for (size_t i = 0; i < (dimensions == 2 ? made : 1); ++i)
    for (size_t j = 0; j < made; ++j) {
      double sum = dimensions == 2 ? 0.0 : half[j];
      for (size_t y = 0; y < taken && dimensions == 2; ++y) sum += matrix[i * matrix_stride + y] * half[y * made + j];
      to[i * made + j] = sum;
    }
}

static void in_ref(ln_winograd_form form, const ln_winograd_in* t, float* v, size_t step) {
  const ln_winograd_facts* f = ln_winograd_facts_of(form);
  const matrices m = matrices_of(f);
  for (size_t c = 0; c < t->channels; ++c) {
    double from[MOST_IN * MOST_IN] = {0}, to[MOST_IN * MOST_IN];
    for (size_t y = t->y0; y < t->y1; ++y)
      for (size_t x = t->x0; x < t->x1; ++x)
        from[y * f->in + x] = (double)t->in[(y - t->y0) * t->row_stride + (x - t->x0) * t->pixel_stride + c];
    apply(f->dimensions, f->in, f->in, m.in[0], MOST_IN, from, to);
    for (size_t p = 0; p < f->points; ++p) v[p * step + c] = (float)to[p];
  }
}

static void out_ref(ln_winograd_form form, const ln_winograd_out* t, const float* products, size_t step) {
  const ln_winograd_facts* f = ln_winograd_facts_of(form);
  const matrices m = matrices_of(f);
  for (size_t n = 0; n < t->channels; ++n) {
    double from[MOST_IN * MOST_IN], to[MOST_IN * MOST_IN];
    for (size_t p = 0; p < f->points; ++p) from[p] = (double)products[p * step + n];
    apply(f->dimensions, f->out, f->in, m.out[0], MOST_IN, from, to);
    for (size_t y = 0; y < t->rows; ++y)
      for (size_t x = 0; x < t->columns; ++x) {
        float sum = (float)to[y * f->out + x] + t->bias[n];
        sum = sum < t->low ? t->low : sum;
        t->out[y * t->row_stride + x * t->pixel_stride + n] = sum > t->high ? t->high : sum;
      }
  }
}

static void filter_ref(ln_winograd_form form, size_t count, const float* taps, size_t tap_stride, float* to,
                       size_t step) {
  const ln_winograd_facts* f = ln_winograd_facts_of(form);
  const matrices m = matrices_of(f);
  for (size_t i = 0; i < count; ++i) {
    double from[MOST_TAPS * MOST_TAPS], made[MOST_IN * MOST_IN];
    for (size_t k = 0; k < f->all_taps; ++k) from[k] = (double)taps[k * tap_stride + i];
    apply(f->dimensions, f->in, f->taps, m.filter[0], MOST_TAPS, from, made);
    for (size_t p = 0; p < f->points; ++p) to[p * step + i] = (float)made[p];
  }
}

#define LN_WINOGRAD_FORM(form, suffix)                                                                            \
  static void in_##suffix(const ln_winograd_in* t, float* v, size_t step) { in_ref(form, t, v, step); }           \
  static void out_##suffix(const ln_winograd_out* t, const float* m, size_t step) { out_ref(form, t, m, step); }  \
  static void filter_##suffix(const ln_winograd_factors* factors, size_t count, const float* taps, size_t stride, \
                              float* to, size_t step) {                                                           \
    (void)factors;                                                                                                \
    filter_ref(form, count, taps, stride, to, step);                                                              \
  }
LN_WINOGRAD_FORM(LN_WINOGRAD_4X4_3X3, 4x4_3x3)
LN_WINOGRAD_FORM(LN_WINOGRAD_2X2_3X3, 2x2_3x3)
LN_WINOGRAD_FORM(LN_WINOGRAD_2X2_5X5, 2x2_5x5)
LN_WINOGRAD_FORM(LN_WINOGRAD_4_3, 4_3)
LN_WINOGRAD_FORM(LN_WINOGRAD_4_7, 4_7)

static const ln_winograd_f32 ln_winograd_f32_generic = {
    .name = "winograd_f32_ref",
    .isa = LN_ISA_GENERIC,
    .forms = {[LN_WINOGRAD_4X4_3X3] = {in_4x4_3x3, out_4x4_3x3, filter_4x4_3x3},
              [LN_WINOGRAD_2X2_3X3] = {in_2x2_3x3, out_2x2_3x3, filter_2x2_3x3},
              [LN_WINOGRAD_2X2_5X5] = {in_2x2_5x5, out_2x2_5x5, filter_2x2_5x5},
              [LN_WINOGRAD_4_3] = {in_4_3, out_4_3, filter_4_3},
              [LN_WINOGRAD_4_7] = {in_4_7, out_4_7, filter_4_7}}};

static const ln_winograd_f32* const ladder[] = {
    &ln_winograd_f32_generic,
#if defined(__x86_64__)
    &ln_winograd_f32_avx2,
    &ln_winograd_f32_avx512,
#elif defined(__aarch64__) || defined(__arm__)
    &ln_winograd_f32_neon,
#endif
};

const ln_winograd_f32* const* ln_winograd_f32_rungs(size_t* count) {
  *count = sizeof ladder / sizeof ladder[0];
  return ladder;
}

const ln_winograd_f32* ln_winograd_f32_best(void) {
  const ln_winograd_f32* best = ladder[0];
  for (size_t i = 1; i < sizeof ladder / sizeof ladder[0]; ++i)
    if (ln_cpu_has(ladder[i]->isa)) best = ladder[i];
  return best;
}

/* Some channels of a panel at a time are turned tap by tap, so that they can be transformed side by side. */
void ln_winograd_f32_pack(const ln_winograd_f32* kernel, ln_winograd_form form, const ln_gemm_f32* gemm, size_t columns,
                          size_t channels, size_t first, size_t count, const float* filters, float* packed) {
  enum { kFloats = 8192 };
  float turned[kFloats];
  const ln_winograd_facts* f = ln_winograd_facts_of(form);
  const ln_winograd_factors factors = ln_winograd_factors_of(form);
  const size_t nr = gemm->nr, step = ln_gemm_f32_packed_size(gemm, columns, channels);
  const size_t block = kFloats / (f->all_taps * nr) / 8 * 8;
  ln_gemm_layout layout = {
      .columns = count, .taps_y = 1, .taps_x = 1, .column_stride = f->all_taps * channels, .channel_stride = 1};
  for (size_t n = 0; n < count; n += nr)
    for (size_t c = 0; c < channels; c += block) {
      layout.channels = channels - c < block ? channels - c : block;
      const size_t each = layout.channels * nr;
      for (size_t k = 0; k < f->all_taps; ++k) gemm->pack(&layout, filters + k * channels + c, n, turned + k * each);
      kernel->forms[form].filter(&factors, each, turned, each, packed + (first + n) * channels + c * nr, step);
    }
}
