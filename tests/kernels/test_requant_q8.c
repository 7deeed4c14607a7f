/* The short way of requant_q8.h against the reference, in every rounding mode and most of all near the sums at which
 * the result changes: what it does not leave in doubt must be right, and little may be left in doubt. */
#include <fenv.h>

#include "base/compiler.h"
#include "check.h"
#include "kernels/generic/fixed_point.h"
#include "kernels/generic/requant_q8.h"

static uint64_t state = 1;

static int64_t between(int64_t low, int64_t high) {
  state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return low + (int64_t)((state >> 33) % (uint64_t)(high - low + 1));
}

/* As kernels compute it, one operation at a time; false: it is in doubt. `lower` is what is taken off v, as by those
 * that pack numbers with a sign. */
LN_NOINLINE static bool short_way(const ln_requant_q8_short* s, const ln_requant_q8_out* out, int32_t x, int32_t lower,
                                  uint8_t* result) {
  const bool at_zero = ln_requant_q8_starts_at_zero(out);
  volatile float sum = (float)x, start = s->start;
  if (at_zero) start = start - 65536.0f * (float)lower;
  sum = fmaf(sum, s->scale, at_zero || x >= 0 ? start : -start);
  const double rounded = nearbyint((double)sum);
  const int64_t v = (rounded < -2147483648.0 || rounded > 2147483647.0 ? INT32_MIN : (int64_t)rounded) +
                    (at_zero ? 0 : ln_requant_q8_base(out) - 65536 * lower);
  const int64_t upper = (v >> 16) + lower, above = upper < out->low ? out->low : upper;
  *result = (uint8_t)((above > out->high ? out->high : above) ^ out->flip);
  return (v & 0xfff0) != 0;
}

static void test_channel(int mode) {
  const int32_t zero_point = (int32_t)between(0, 255), low = (int32_t)between(0, 1) == 0 ? zero_point : 0;
  const ln_requant_q8_out out = {(uint8_t)zero_point, (uint8_t)low, 255, 0x80};
  const int32_t multiplier = (int32_t)between(INT32_C(1) << 30, INT32_MAX), shift = -(int32_t)between(0, 26);
  const double scale = (double)multiplier / 2147483648.0 / (double)(INT64_C(1) << -shift);
  const int64_t inside = (int64_t)fmin(31000 / scale, INT32_MAX / 2);
  const int64_t largest = ln_requant_q8_starts_at_zero(&out) && between(0, 1) == 0 ? INT32_MAX / 2 : inside;
  ln_requant_q8 r;
  ln_requant_q8_short s = {0, 0};
  int wrong = 0, in_doubt = 0;
  if (!ln_requant_q8_make(0, largest, multiplier, shift, &r)) return;
  fesetround(mode);
  CHECK(ln_requant_q8_make_short(&r, 0, largest, &out, &s));
  for (int i = 0; i < 4000; ++i) {
    /* Every other sum anywhere, the rest where the result changes. */
    const double edge = ((double)between(-1, 257) - zero_point - 0.5) / scale + (double)between(-2, 2);
    const int64_t x = i % 2 == 0 ? between(-largest, largest) : (int64_t)edge;
    if (x < -largest || x > largest) continue;
    uint8_t result;
    if (short_way(&s, &out, (int32_t)x, i % 3 == 0 ? 128 : 0, &result))
      wrong += result != ln_requant_q8_apply(&r, &out, (uint32_t)x + (UINT32_C(1) << 31));
    else
      in_doubt += i % 2 == 0 && -inside <= x && x <= inside;
  }
  fesetround(FE_TONEAREST);
  if (!CHECK(wrong == 0 && in_doubt < 200))
    printf("multiplier %d, shift %d, zero point %d, low %d, mode %d: %d wrong, %d in doubt\n", multiplier, shift,
           zero_point, low, mode, wrong, in_doubt);
}

static void test_limits(void) {
  const ln_requant_q8_out out = {1, 0, 255, 0}, at_zero = {1, 1, 255, 0};
  ln_requant_q8 r;
  ln_requant_q8_short s = {0, 0};
  CHECK(ln_requant_q8_make(0, 1000, INT32_MAX, 1, &r)); /* factors above 1 */
  CHECK(!ln_requant_q8_make_short(&r, 0, 1000, &out, &s));
  CHECK(ln_requant_q8_make(0, 1 << 20, INT32_MAX, -4, &r)); /* 2^16 at most, where 2^15 are possible */
  CHECK(!ln_requant_q8_make_short(&r, 0, 1 << 20, &out, &s));
  CHECK(ln_requant_q8_make_short(&r, 0, 1 << 20, &at_zero, &s));
  CHECK(ln_requant_q8_make_short(&r, 0, 1 << 18, &out, &s));
  CHECK(!ln_requant_q8_make_short(&r, INT32_MIN, 1 << 18, &out, &s));
}

int main(void) {
  static const int kModes[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
  for (int i = 0; i < 4000; ++i) test_channel(kModes[i % 4]);
  test_limits();
  return check_report();
}
