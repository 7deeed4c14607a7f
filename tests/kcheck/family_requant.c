/* kcheck: sums to narrow integers. */
#include <stdio.h>

#include "kcheck/kcheck.h"
#include "kernels/generic/requant.h"

enum { kMost = 96 };

static ln_requant random_params(size_t count, bool hostile) {
  int32_t* bias = kc_memory(count * sizeof *bias);
  int32_t* multiplier = kc_memory(count * sizeof *multiplier);
  int32_t* shift = kc_memory(count * sizeof *shift);
  double* scale = kc_memory(count * sizeof *scale);
  kc_fill_s32(bias, count, hostile ? INT32_MIN : -100000, hostile ? INT32_MAX : 100000);
  for (size_t i = 0; i < count; ++i) {
    multiplier[i] = kc_chance(3) ? 0 : (int32_t)kc_range(INT32_C(1) << 30, INT32_MAX);
    shift[i] = (int32_t)(hostile ? kc_range(-31, 30) : kc_range(-14, kc_chance(10) ? 3 : -1));
    scale[i] = (double)multiplier[i] / 2147483648.0 * (shift[i] < 0 ? 1.0 / (double)(1u << -shift[i]) : 1.0);
  }
  const bool is_signed = kc_chance(50);
  const int32_t low = (int32_t)kc_range(is_signed ? -128 : 0, 0), high = (int32_t)kc_range(1, is_signed ? 127 : 255);
  return (ln_requant){bias, multiplier, shift, scale, (int32_t)kc_range(is_signed ? -128 : 0, is_signed ? 127 : 255),
                      low,  high};
}

/* Sums whose results lie at a half, where rounding twice differs from rounding once. */
static void fill_sums(const ln_requant* p, size_t count, int32_t* sums) {
  kc_fill_s32(sums, count, -200000, 200000);
  if (kc_chance(20)) kc_fill_s32(sums, count, INT32_MIN, INT32_MAX);
  for (size_t i = 0; i < count; ++i) {
    if (!kc_chance(30) || p->scale[i] == 0) continue;
    const double at = ((double)kc_range(-200, 200) + 0.5) / p->scale[i] + (double)kc_range(-2, 2);
    if (at > -2e9 && at < 2e9) sums[i] = (int32_t)((uint32_t)(int32_t)at - (uint32_t)p->bias[i]);
  }
}

static void check_rung(const ln_requant_kernel* kernel, const ln_requant_kernel* generic) {
  for (int round = 0; round < 4 * kc_rounds(); ++round) {
    const size_t count = LN_REQUANT_STEP * (size_t)kc_range(1, kMost / LN_REQUANT_STEP);
    const bool hostile = kc_chance(20);
    const ln_requant params = random_params(count, hostile);
    int32_t *a = kc_memory(count * sizeof *a), *b = kc_memory(count * sizeof *b);
    fill_sums(&params, count, a);
    for (size_t i = 0; i < count; ++i) b[i] = a[i];
    if (kc_chance(50)) {
      kernel->fixed(&params, 0, count, a);
      generic->fixed(&params, 0, count, b);
    } else {
      kernel->real(&params, 0, count, a);
      generic->real(&params, 0, count, b);
    }
    kc_same(a, b, count * sizeof *a, sizeof *a, "%zu sums, hostile %d", count, hostile);
    kc_release();
  }
}

/* Sums of up to 48 bits, some of which lie at a half. */
static void check_wide(const ln_requant_kernel* kernel) {
  for (int round = 0; round < 2 * kc_rounds(); ++round) {
    const size_t count = kc_size(kMost, 8), first = (size_t)kc_range(0, 5);
    const ln_requant params = random_params(first + count, false);
    int64_t *bias = kc_memory((first + count) * sizeof *bias), *sums = kc_memory(count * sizeof *sums);
    int32_t *a = kc_memory(count * sizeof *a), *b = kc_memory(count * sizeof *b);
    const int64_t most = INT64_C(1) << kc_range(4, 47);
    for (size_t i = 0; i < first + count; ++i) bias[i] = kc_range(-most, most);
    for (size_t i = 0; i < count; ++i) sums[i] = kc_chance(20) ? kc_range(-8, 8) * (most / 8) : kc_range(-most, most);
    kernel->wide_fixed(&params, bias, first, count, sums, a);
    ln_requant_wide_fixed(&params, bias, first, count, sums, b);
    kc_same(a, b, count * sizeof *a, sizeof *a, "%zu sums of 64 bits", count);
    kc_release();
  }
}

static void check(void) {
  size_t count;
  const ln_requant_kernel* const* rungs = ln_requant_rungs(&count);
  for (size_t i = 0; i < count; ++i)
    if (kc_rung(rungs[i]->name, rungs[i]->isa)) {
      check_rung(rungs[i], rungs[0]);
      check_wide(rungs[i]);
    }
}

typedef struct run {
  const ln_requant_kernel* kernel;
  ln_requant params;
  int32_t* sums;
} run;

static void work_fixed(void* arg) {
  const run* r = arg;
  r->kernel->fixed(&r->params, 0, kMost, r->sums);
}

static void bench(void) {
  size_t count;
  const ln_requant_kernel* const* rungs = ln_requant_rungs(&count);
  run r = {.params = random_params(kMost, false), .sums = kc_memory(kMost * sizeof(int32_t))};
  fill_sums(&r.params, kMost, r.sums);
  for (size_t i = 0; i < count; ++i) {
    r.kernel = rungs[i];
    if (ln_cpu_present(rungs[i]->isa)) kc_time(rungs[i]->name, "fixed, 96 sums", kMost, "sum", work_fixed, &r);
  }
}

const kc_family kc_family_requant = {"requant", check, bench};
