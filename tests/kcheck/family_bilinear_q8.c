/* kcheck: bilinear resizing of bytes. */
#include <stdio.h>
#include <string.h>

#include "kcheck/kcheck.h"
#include "kernels/generic/bilinear_q8.h"

static ln_resize_shape random_shape(void) {
  ln_resize_shape s = {.batch = (int32_t)kc_range(1, 2),
                       .in_height = (int32_t)kc_range(1, 9),
                       .in_width = (int32_t)kc_range(1, 9),
                       .channels = (int32_t)kc_size(50, 16),
                       .out_height = (int32_t)kc_range(1, 20),
                       .out_width = (int32_t)kc_range(1, kc_chance(20) ? 150 : 20)};
  s.align_corners = kc_chance(40);
  s.half_pixel = !s.align_corners && kc_chance(50);
  s.end_row = s.out_height;
  if (kc_chance(30)) {
    s.first_row = (int32_t)kc_range(0, s.out_height - 1);
    s.end_row = (int32_t)kc_range(s.first_row, s.out_height);
  }
  return s;
}

static void check_shape(const ln_bilinear_q8* rung) {
  const ln_resize_shape s = random_shape();
  const size_t in_size = (size_t)s.batch * (size_t)s.in_height * (size_t)s.in_width * (size_t)s.channels;
  const size_t size = (size_t)s.batch * (size_t)s.out_height * (size_t)s.out_width * (size_t)s.channels;
  uint8_t* in = kc_memory(in_size);
  uint8_t *out = kc_memory(size), *expected = kc_memory(size);
  kc_fill_u8(in, in_size);
  memset(out, 99, size);
  memset(expected, 99, size);
  const bool is_signed = kc_chance(50);
  if (is_signed) {
    rung->run_s8(&s, (const int8_t*)in, (int8_t*)out);
    ln_resize_bilinear_s8_ref(&s, (const int8_t*)in, (int8_t*)expected);
  } else {
    rung->run_u8(&s, in, out);
    ln_resize_bilinear_u8_ref(&s, in, expected);
  }
  kc_same(out, expected, size, 1, "%s, %dx%d to %dx%d, %d channels, align %d, half %d", is_signed ? "int8" : "uint8",
          s.in_height, s.in_width, s.out_height, s.out_width, s.channels, s.align_corners, s.half_pixel);
  kc_release();
}

static void check(void) {
  size_t count;
  const ln_bilinear_q8* const* rungs = ln_bilinear_q8_rungs(&count);
  for (size_t i = 0; i < count; ++i)
    if (kc_rung(rungs[i]->name, rungs[i]->isa))
      for (int round = 0; round < 2 * kc_rounds(); ++round) check_shape(rungs[i]);
}

typedef struct run {
  const ln_bilinear_q8* rung;
  ln_resize_shape shape;
  bool is_signed;
  uint8_t *in, *out;
} run;

static void work(void* arg) {
  const run* r = arg;
  if (r->is_signed)
    r->rung->run_s8(&r->shape, (const int8_t*)r->in, (int8_t*)r->out);
  else
    r->rung->run_u8(&r->shape, r->in, r->out);
}

static void bench(void) {
  size_t count;
  const ln_bilinear_q8* const* rungs = ln_bilinear_q8_rungs(&count);
  run r = {.shape = {1, 33, 33, 21, 129, 129, true, false, 0, 129}};
  r.in = kc_memory(33 * 33 * 21);
  r.out = kc_memory(129 * 129 * 21);
  kc_fill_u8(r.in, 33 * 33 * 21);
  for (int is_signed = 0; is_signed < 2; ++is_signed) {
    r.is_signed = is_signed != 0;
    for (size_t i = 0; i < count; ++i) {
      r.rung = rungs[i];
      if (ln_cpu_present(rungs[i]->isa))
        kc_time(rungs[i]->name, is_signed ? "int8, 129x129x21" : "uint8, 129x129x21", 129 * 129 * 21, "result", work,
                &r);
    }
  }
}

const kc_family kc_family_bilinear_q8 = {"bilinear_q8", check, bench};
