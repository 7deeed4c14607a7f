/* The largest of a row of bytes with NEON: sixteen at a time, the last sixteen over those before. */
#include <arm_neon.h>

#include "base/compiler.h"
#include "kernels/arm/rungs_arm.h"

enum { kBlock = 16, kNowhere = 255 };

static inline uint8x16_t load(const uint8_t* p, uint8x16_t flip) { return veorq_u8(vld1q_u8(p), flip); }

/* kNowhere: it is not there. */
static inline uint8_t place_in(uint8x16_t x, uint8x16_t largest) {
  static const uint8_t places[kBlock] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  return vminvq_u8(vbslq_u8(vceqq_u8(x, largest), vld1q_u8(places), vdupq_n_u8(kNowhere)));
}

static int32_t find(const uint8_t* row, size_t count, uint8x16_t flip) {
  uint8x16_t most = load(row + count - kBlock, flip);
  for (size_t i = 0; i + kBlock <= count; i += kBlock) most = vmaxq_u8(most, load(row + i, flip));
  const uint8x16_t largest = vdupq_n_u8(vmaxvq_u8(most));
  for (size_t i = 0; i + kBlock <= count; i += kBlock) {
    const uint8_t place = place_in(load(row + i, flip), largest);
    if (place != kNowhere) return (int32_t)i + place;
  }
  return (int32_t)(count - kBlock) + place_in(load(row + count - kBlock, flip), largest);
}

static void run(const uint8_t* in, size_t rows, size_t count, uint8_t flip, int32_t* best) {
  if (count < kBlock) {
    ln_arg_max_q8_ref(in, rows, count, flip, best);
    return;
  }
  for (size_t m = 0; m < rows; ++m, in += count) best[m] = find(in, count, vdupq_n_u8(flip));
}

const ln_arg_max_q8 ln_arg_max_q8_neon = {.name = "arg_max_q8_neon", .isa = LN_ISA_NEON, .run = run};
