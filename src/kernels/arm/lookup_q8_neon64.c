/* Looking bytes up with NEON: the table lies in sixteen registers, four of which give a byte at a time; an index that
 * lies beyond them leaves what was found before. */
#include <arm_neon.h>
#include <string.h>

#include "kernels/arm/rungs_arm.h"

static inline uint8x16_t look_up(const uint8x16x4_t table[4], uint8x16_t x) {
  const uint8x16_t step = vdupq_n_u8(64);
  uint8x16_t found = vqtbl4q_u8(table[0], x);
  x = vsubq_u8(x, step);
  found = vqtbx4q_u8(found, table[1], x);
  x = vsubq_u8(x, step);
  found = vqtbx4q_u8(found, table[2], x);
  return vqtbx4q_u8(found, table[3], vsubq_u8(x, step));
}

static void run(const uint8_t bytes[256], const uint8_t* in, uint8_t* out, size_t count) {
  enum { kBlock = 16 };
  const uint8x16x4_t table[4] = {vld1q_u8_x4(bytes), vld1q_u8_x4(bytes + 64), vld1q_u8_x4(bytes + 128),
                                 vld1q_u8_x4(bytes + 192)};
  uint8_t block[kBlock] = {0};
  size_t i = 0;
  for (; i + kBlock <= count; i += kBlock) vst1q_u8(out + i, look_up(table, vld1q_u8(in + i)));
  if (i == count) return;
  memcpy(block, in + i, count - i);
  vst1q_u8(block, look_up(table, vld1q_u8(block)));
  memcpy(out + i, block, count - i);
}

const ln_lookup_q8 ln_lookup_q8_neon = {
    .name = "lookup_q8_neon", .isa = LN_ISA_NEON, .run = run, .run_16 = ln_lookup_16};
