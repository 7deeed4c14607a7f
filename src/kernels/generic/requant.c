#include "kernels/generic/requant.h"

#include <math.h>

#include "kernels/generic/fixed_point.h"
#if defined(__x86_64__)
#include "kernels/x86/requant_x86.h"
#elif defined(__aarch64__) || defined(__arm__)
#include "kernels/arm/rungs_arm.h"
#endif

static int32_t wrapping_add(int32_t a, int32_t b) { return (int32_t)((uint32_t)a + (uint32_t)b); }

static void fixed_ref(const ln_requant* params, size_t first, size_t count, int32_t* values) {
  for (size_t i = 0; i < count; ++i) {
    const int32_t sum = wrapping_add(values[i], params->bias[first + i]);
    const int32_t scaled = ln_requantize(sum, params->multiplier[first + i], params->shift[first + i]);
    values[i] = ln_clamp_i32(wrapping_add(scaled, params->zero_point), params->low, params->high);
  }
}

/* Clamped before the cast, so that no value is too large for it; NaN (an infinite scale times 0) becomes the lowest. */
static int32_t round_and_clamp(double x, const ln_requant* params) {
  const double low = (double)params->low - params->zero_point, high = (double)params->high - params->zero_point;
  const double rounded = round(x);
  if (!(rounded > low)) return params->low;
  return rounded >= high ? params->high : (int32_t)(rounded + params->zero_point);
}

static void real_ref(const ln_requant* params, size_t first, size_t count, int32_t* values) {
  for (size_t i = 0; i < count; ++i)
    values[i] =
        round_and_clamp((double)wrapping_add(values[i], params->bias[first + i]) * params->scale[first + i], params);
}

static const ln_requant_kernel ln_requant_generic = {.name = "requant_ref",
                                                     .isa = LN_ISA_GENERIC,
                                                     .fixed = fixed_ref,
                                                     .real = real_ref,
                                                     .wide_fixed = ln_requant_wide_fixed};

static const ln_requant_kernel* const ladder[] = {
    &ln_requant_generic,
#if defined(__x86_64__)
    &ln_requant_avx2,
#elif defined(__aarch64__) || defined(__arm__)
    &ln_requant_neon,
#endif
};

const ln_requant_kernel* const* ln_requant_rungs(size_t* count) {
  *count = sizeof ladder / sizeof ladder[0];
  return ladder;
}

const ln_requant_kernel* ln_requant_best(void) {
  const ln_requant_kernel* best = ladder[0];
  for (size_t i = 1; i < sizeof ladder / sizeof ladder[0]; ++i)
    if (ln_cpu_has(ladder[i]->isa)) best = ladder[i];
  return best;
}

void ln_requant_wide_fixed(const ln_requant* params, const int64_t* bias, size_t first, size_t count,
                           const int64_t* sums, int32_t* values) {
  for (size_t i = 0; i < count; ++i) {
    const int64_t sum = (int64_t)((uint64_t)sums[i] + (uint64_t)bias[first + i]);
    const int32_t scaled = ln_requantize_i64(sum, params->multiplier[first + i], params->shift[first + i]);
    values[i] = ln_clamp_i32(wrapping_add(scaled, params->zero_point), params->low, params->high);
  }
}

void ln_requant_wide_real(const ln_requant* params, const int64_t* bias, size_t first, size_t count,
                          const int64_t* sums, int32_t* values) {
  for (size_t i = 0; i < count; ++i) {
    const int64_t sum = (int64_t)((uint64_t)sums[i] + (uint64_t)bias[first + i]);
    values[i] = round_and_clamp((double)sum * params->scale[first + i], params);
  }
}

void ln_narrow_s8(const int32_t* values, size_t count, int8_t* out) {
  for (size_t i = 0; i < count; ++i) out[i] = (int8_t)values[i];
}

void ln_narrow_u8(const int32_t* values, size_t count, uint8_t* out) {
  for (size_t i = 0; i < count; ++i) out[i] = (uint8_t)values[i];
}

void ln_narrow_s16(const int32_t* values, size_t count, int16_t* out) {
  for (size_t i = 0; i < count; ++i) out[i] = (int16_t)values[i];
}

void ln_hybrid_store(const ln_hybrid_params* params, size_t first, size_t count, int32_t zero_point, float row_scale,
                     const int32_t* values, float* out) {
  for (size_t i = 0; i < count; ++i) {
    const int32_t offset = (int32_t)((uint32_t)zero_point * (uint32_t)params->column_sums[first + i]);
    const float sum = (float)(int32_t)((uint32_t)values[i] - (uint32_t)offset);
    const float scale = params->scales != NULL ? row_scale * params->scales[first + i] : row_scale;
    const float x = sum * scale + (params->bias != NULL ? params->bias[first + i] : 0.0f);
    const float above = x < params->low ? params->low : x;
    out[i] = above > params->high ? params->high : above;
  }
}
