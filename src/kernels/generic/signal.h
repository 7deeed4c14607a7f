/* The integer arithmetic of a speech front end, between the samples and the features: the signal operators of the
 * microcontroller runtime (tflite-micro, signal/), whose results these are to the bit. Sums and shifts that leave 32
 * bits are cut off there, and so here. */
#ifndef LN_KERNELS_SIGNAL_H_
#define LN_KERNELS_SIGNAL_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* in * weights >> shift (0 to 31), clamped. */
void ln_signal_window_s16_ref(const int16_t* in, const int16_t* weights, size_t n, int32_t shift, int16_t* out);

/* Doubles all samples as often as the largest allows; returns how often. */
int32_t ln_signal_auto_scale_s16_ref(const int16_t* in, size_t n, int16_t* out);

/* re^2 + im^2 of n complex numbers. */
void ln_signal_energy_s16_ref(const int16_t* in, size_t n, uint32_t* out);

/* Overlapping bands: what a frequency gives to a band by its weight it gives to the next one by its other weight. Each
 * array has bands + 1 elements and has been checked against the spectrum and the weights. */
typedef struct ln_signal_bands {
  const int16_t *weights, *other_weights;
  const int16_t *first_frequency, *first_weight, *width;
} ln_signal_bands;

void ln_signal_filter_bank_u32_ref(const ln_signal_bands* bands, const uint32_t* spectrum, size_t count, uint64_t* out);

/* Square roots, rounded, shifted right by `shift` (0 to 31). */
void ln_signal_square_root_u64_ref(const uint64_t* in, size_t n, int32_t shift, uint32_t* out);

/* Fractions of 2^bits; those of odd channels apart. */
typedef struct ln_signal_subtraction {
  uint32_t smoothing[2], one_minus_smoothing[2], min_signal_remaining;
  int32_t smoothing_bits, bits; /* 0 to 31, 0 to 63 */
  bool clamping;
} ln_signal_subtraction;

/* Takes a noise that is estimated as it goes from the signal, leaving a part of that in any case. */
void ln_signal_subtract_noise_u32_ref(const ln_signal_subtraction* s, const uint32_t* in, size_t n, uint32_t* noise,
                                      uint32_t* out);

/* scale / 2^16 ln(in << shift) in units of 2^-16, at most INT16_MAX; 0 for 0. */
void ln_signal_log_u32_ref(const uint32_t* in, size_t n, int32_t shift, uint32_t scale, int16_t* out);

#define LN_SIGNAL_GAINS 125 /* elements of a table of gains: three for each power of two, padded to four */

/* Automatic gain control: in * gain(noise) >> shift (0 to 63), then compressed. */
void ln_signal_pcan_u32_ref(const uint32_t* in, const uint32_t* noise, size_t n, const int16_t* gains, int32_t shift,
                            uint32_t* out);

/* Adds a frame to the sums of those before it (integers clamped), hands out the first `step` sums and moves the rest up
 * behind them, followed by zeros. step <= size. */
void ln_signal_overlap_add_s16_ref(const int16_t* frame, size_t size, size_t step, int16_t* sums, int16_t* out);
void ln_signal_overlap_add_f32_ref(const float* frame, size_t size, size_t step, float* sums, float* out);

#endif
