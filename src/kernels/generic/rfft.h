/* Fourier transforms of real signals, forward and inverse, of any even length, in floats and in fixed point: values as
 * fractions of 2^15 or 2^31, divided by the radix before every stage so that none overflows, each product rounded.
 * The results are those of Kiss FFT 1.3.0 to the bit (kissfft's kiss_fftr and kiss_fftri), which the signal operators
 * of the microcontroller runtime use: radix 4, then 2, 3, 5, …; half as many complex points as real ones.
 *
 * A spectrum of a signal of `length` is length / 2 + 1 complex numbers, real part first. */
#ifndef LN_KERNELS_RFFT_H_
#define LN_KERNELS_RFFT_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ln_rfft_stage {
  int32_t radix, points; /* points: of each of the `radix` transforms that the stage puts together */
} ln_rfft_stage;

typedef struct ln_rfft_plan {
  bool inverse;
  int32_t points; /* complex ones: half the length */
  int32_t largest_radix;
  ln_rfft_stage stages[32];
} ln_rfft_plan;

/* False unless half of `length` is a whole number over 1 without prime factors over 5. */
bool ln_rfft_make_plan(int32_t length, bool inverse, ln_rfft_plan* plan);

/* How many scalars the tables and the scratch memory of a plan have. */
static inline size_t ln_rfft_table_count(const ln_rfft_plan* p) {
  return 2 * ((size_t)p->points + (size_t)p->points / 2);
}
static inline size_t ln_rfft_scratch_count(const ln_rfft_plan* p) { return 2 * (size_t)p->points; }

/* For each scalar type: fills the tables; the forward transform, from `length` scalars to length + 2; and the inverse,
 * which divides floats by the length. in and out do not overlap. */
#define LN_DECLARE_RFFT(type, scalar)                                                                           \
  void ln_rfft_tables_##type##_ref(const ln_rfft_plan* plan, scalar* tables);                                   \
  void ln_rfft_##type##_ref(const ln_rfft_plan* plan, const scalar* tables, const scalar* in, scalar* scratch,  \
                            scalar* out);                                                                       \
  void ln_irfft_##type##_ref(const ln_rfft_plan* plan, const scalar* tables, const scalar* in, scalar* scratch, \
                             scalar* out);

LN_DECLARE_RFFT(s16, int16_t)
LN_DECLARE_RFFT(s32, int32_t)
LN_DECLARE_RFFT(f32, float)

#endif
