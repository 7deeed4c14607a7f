/* kcheck: bilinear resizing. */
#include <stdio.h>
#include <string.h>

#include "kcheck/kcheck.h"
#include "kernels/generic/bilinear.h"

/* By a power of two, so that positions are whole parts of a pixel. */
static int32_t enlarged(int32_t size, bool align_corners) {
  const int shift = (int)kc_range(0, 4);
  return align_corners ? ((size - 1) << shift) + 1 : size << shift;
}

static ln_resize_shape random_shape(void) {
  ln_resize_shape s = {.batch = (int32_t)kc_range(1, 2),
                       .in_height = (int32_t)kc_range(1, 9),
                       .in_width = (int32_t)kc_range(1, 9),
                       .channels = kc_chance(3) ? (int32_t)kc_range(1000, 5000) : (int32_t)kc_size(50, 16),
                       .out_height = (int32_t)kc_range(1, 20),
                       .out_width = (int32_t)kc_range(1, kc_chance(20) ? 150 : 20)};
  s.align_corners = kc_chance(40);
  s.half_pixel = !s.align_corners && kc_chance(50);
  if (kc_chance(40)) s.out_width = enlarged(s.in_width, s.align_corners);
  if (kc_chance(40)) s.out_height = enlarged(s.in_height, s.align_corners);
  s.end_row = s.out_height;
  if (kc_chance(30)) {
    s.first_row = (int32_t)kc_range(0, s.out_height - 1);
    s.end_row = (int32_t)kc_range(s.first_row, s.out_height);
  }
  return s;
}

enum { kU8, kS8, kS16, kF32, kTypes };

static void run_rung(const ln_bilinear* rung, int type, const ln_resize_shape* s, const void* in, void* out) {
  if (type == kU8)
    rung->run_u8(s, in, out);
  else if (type == kS8)
    rung->run_s8(s, in, out);
  else if (type == kS16)
    rung->run_s16(s, in, out);
  else
    rung->run_f32(s, in, out);
}

static void run_ref(int type, const ln_resize_shape* s, const void* in, void* out) {
  if (type == kU8)
    ln_resize_bilinear_u8_ref(s, in, out);
  else if (type == kS8)
    ln_resize_bilinear_s8_ref(s, in, out);
  else if (type == kS16)
    ln_resize_bilinear_s16_ref(s, in, out);
  else
    ln_resize_bilinear_f32_ref(s, in, out);
}

static void check_shape(const ln_bilinear* rung) {
  static const size_t kWidths[kTypes] = {1, 1, 2, 4};
  const ln_resize_shape s = random_shape();
  const int type = (int)kc_range(0, kTypes - 1);
  const size_t in_size = (size_t)s.batch * (size_t)s.in_height * (size_t)s.in_width * (size_t)s.channels;
  const size_t size = (size_t)s.batch * (size_t)s.out_height * (size_t)s.out_width * (size_t)s.channels;
  uint8_t *in = kc_memory(in_size * kWidths[type]), *out = kc_memory(size * kWidths[type]);
  uint8_t* expected = kc_memory(size * kWidths[type]);
  if (type == kF32)
    kc_fill_f32((float*)(void*)in, in_size, 10);
  else
    kc_fill_u8(in, in_size * kWidths[type]);
  memset(out, 66, size * kWidths[type]);
  memset(expected, 66, size * kWidths[type]);
  run_rung(rung, type, &s, in, out);
  run_ref(type, &s, in, expected);
  if (type == kF32)
    kc_close((const float*)(void*)out, (const float*)(void*)expected, size, 1e-6f, 10.0f,
             "float, %dx%d to %dx%d, %d channels", s.in_height, s.in_width, s.out_height, s.out_width, s.channels);
  else
    kc_same(out, expected, size, kWidths[type], "type %d, %dx%d to %dx%d, %d channels, align %d, half %d", type,
            s.in_height, s.in_width, s.out_height, s.out_width, s.channels, s.align_corners, s.half_pixel);
  kc_release();
}

static void check(void) {
  size_t count;
  const ln_bilinear* const* rungs = ln_bilinear_rungs(&count);
  for (size_t i = 0; i < count; ++i)
    if (kc_rung(rungs[i]->name, rungs[i]->isa))
      for (int round = 0; round < 2 * kc_rounds(); ++round) check_shape(rungs[i]);
}

typedef struct run {
  const ln_bilinear* rung;
  ln_resize_shape shape;
  int type;
  uint8_t *in, *out;
} run;

static void work(void* arg) {
  const run* r = arg;
  run_rung(r->rung, r->type, &r->shape, r->in, r->out);
}

static void bench(void) {
  static const char* const kNames[kTypes] = {"uint8, 129x129x21", "int8, 129x129x21", "int16, 129x129x21",
                                             "float, 129x129x21"};
  size_t count;
  const ln_bilinear* const* rungs = ln_bilinear_rungs(&count);
  run r = {.shape = {1, 33, 33, 21, 129, 129, false, false, 0, 129}};
  r.in = kc_memory(33 * 33 * 21 * sizeof(float));
  r.out = kc_memory(129 * 129 * 21 * sizeof(float));
  memset(r.in, 1, 33 * 33 * 21 * sizeof(float));
  for (r.type = 0; r.type < kTypes; ++r.type)
    for (size_t i = 0; i < count; ++i) {
      r.rung = rungs[i];
      if (ln_cpu_present(rungs[i]->isa)) kc_time(rungs[i]->name, kNames[r.type], 129 * 129 * 21, "result", work, &r);
    }
  r.shape.align_corners = true; /* by four */
  r.type = kU8;
  for (size_t i = 0; i < count; ++i) {
    r.rung = rungs[i];
    if (ln_cpu_present(rungs[i]->isa)) kc_time(rungs[i]->name, "uint8, by four", 129 * 129 * 21, "result", work, &r);
  }
}

const kc_family kc_family_bilinear = {"bilinear", check, bench};
