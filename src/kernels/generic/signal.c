#include "kernels/generic/signal.h"

#include <string.h>

static int16_t clamp_s16(int32_t x) { return (int16_t)(x < INT16_MIN ? INT16_MIN : x > INT16_MAX ? INT16_MAX : x); }

/* How many bits a number takes. */
static int bit_count(uint64_t x) {
  int n = 0;
  for (; x != 0; x >>= 1) ++n;
  return n;
}

void ln_signal_window_s16_ref(const int16_t* in, const int16_t* weights, size_t n, int32_t shift, int16_t* out) {
  for (size_t i = 0; i < n; ++i) out[i] = clamp_s16((in[i] * weights[i]) >> shift);
}

int32_t ln_signal_auto_scale_s16_ref(const int16_t* in, size_t n, int16_t* out) {
  /* The magnitude of -32768 is kept in 16 bits as -32768, so that any later sample counts as larger. */
  int16_t largest = 0;
  for (size_t i = 0; i < n; ++i) {
    if (in[i] > largest)
      largest = in[i];
    else if (-in[i] > largest)
      largest = (int16_t)-in[i];
  }
  const int32_t shift = largest > 0 ? 15 - bit_count((uint64_t)largest) : 0;
  for (size_t i = 0; i < n; ++i) out[i] = (int16_t)(in[i] * (1 << shift));
  return shift;
}

void ln_signal_energy_s16_ref(const int16_t* in, size_t n, uint32_t* out) {
  for (size_t i = 0; i < n; ++i) out[i] = (uint32_t)(in[2 * i] * in[2 * i]) + (uint32_t)(in[2 * i + 1] * in[2 * i + 1]);
}

void ln_signal_filter_bank_u32_ref(const ln_signal_bands* bands, const uint32_t* spectrum, size_t count,
                                   uint64_t* out) {
  uint64_t sum = 0;
  for (size_t i = 0; i <= count; ++i) {
    const size_t frequency = (size_t)bands->first_frequency[i], weight = (size_t)bands->first_weight[i];
    uint64_t next = 0;
    for (int16_t k = 0; k < bands->width[i]; ++k) {
      const uint64_t energy = spectrum[frequency + (size_t)k];
      sum += (uint64_t)bands->weights[weight + (size_t)k] * energy;
      next += (uint64_t)bands->other_weights[weight + (size_t)k] * energy;
    }
    if (i > 0) out[i - 1] = sum; /* the first sum is no band */
    sum = next;
  }
}

/* Bit by bit. One that does not fit the 16 or 32 bits of its half when rounded up is left. */
static uint32_t square_root(uint64_t x) {
  const uint64_t top = x >> 32 == 0 ? UINT16_MAX : UINT32_MAX;
  uint64_t root = 0;
  if (x == 0) return 0;
  for (uint64_t bit = UINT64_C(1) << ((bit_count(x) - 1) & ~1); bit != 0; bit >>= 2) {
    const bool fits = x >= root + bit;
    if (fits) x -= root + bit;
    root = (root >> 1) + (fits ? bit : 0);
  }
  return (uint32_t)(x > root && root != top ? root + 1 : root);
}

void ln_signal_square_root_u64_ref(const uint64_t* in, size_t n, int32_t shift, uint32_t* out) {
  for (size_t i = 0; i < n; ++i) out[i] = square_root(in[i]) >> shift;
}

void ln_signal_subtract_noise_u32_ref(const ln_signal_subtraction* s, const uint32_t* in, size_t n, uint32_t* noise,
                                      uint32_t* out) {
  for (size_t i = 0; i < n; ++i) {
    const uint32_t scaled = in[i] << s->smoothing_bits;
    const uint64_t sum = (uint64_t)scaled * s->smoothing[i & 1] + (uint64_t)noise[i] * s->one_minus_smoothing[i & 1];
    const uint32_t estimate = (uint32_t)(sum >> s->bits);
    noise[i] = estimate > scaled && s->clamping ? scaled : estimate;
    const uint32_t rest = estimate > scaled ? 0 : (scaled - estimate) >> s->smoothing_bits;
    const uint32_t least = (uint32_t)(((uint64_t)in[i] * s->min_signal_remaining) >> s->bits);
    out[i] = rest > least ? rest : least;
  }
}

/* log2(1 + i / 128) - i / 128 in units of 2^-16. */
static const int16_t kLogarithms[] = {
    0,    224,  442,  654,  861,  1063, 1259, 1450, 1636, 1817, 1992, 2163, 2329, 2490, 2646, 2797, 2944, 3087, 3224,
    3358, 3487, 3611, 3732, 3848, 3960, 4068, 4172, 4272, 4368, 4460, 4549, 4633, 4714, 4791, 4864, 4934, 5001, 5063,
    5123, 5178, 5231, 5280, 5326, 5368, 5408, 5444, 5477, 5507, 5533, 5557, 5578, 5595, 5610, 5622, 5631, 5637, 5640,
    5641, 5638, 5633, 5626, 5615, 5602, 5586, 5568, 5547, 5524, 5498, 5470, 5439, 5406, 5370, 5332, 5291, 5249, 5203,
    5156, 5106, 5054, 5000, 4944, 4885, 4825, 4762, 4697, 4630, 4561, 4490, 4416, 4341, 4264, 4184, 4103, 4020, 3935,
    3848, 3759, 3668, 3575, 3481, 3384, 3286, 3186, 3084, 2981, 2875, 2768, 2659, 2549, 2437, 2323, 2207, 2090, 1971,
    1851, 1729, 1605, 1480, 1353, 1224, 1094, 963,  830,  695,  559,  421,  282,  142,  0,
};

/* ln(x) in units of 2^-16 for x > 1: the integer part of log2 is the place of the highest bit; the fraction f behind it
 * gives log2(1 + f) by the table, between whose elements the reference adds a 128th of the way that it should. */
static uint32_t natural_log(uint32_t x) {
  const int whole = bit_count(x) - 1;
  const uint32_t rest = x - (UINT32_C(1) << whole);
  const int32_t fraction = (int32_t)(whole < 16 ? rest << (16 - whole) : rest >> (whole - 16));
  const int32_t segment = fraction >> 9, low = kLogarithms[segment], high = kLogarithms[segment + 1];
  const int32_t between = ((high - low) * (fraction - (segment << 9))) >> 16;
  const uint32_t log2 = ((uint32_t)whole << 16) + (uint32_t)(fraction + low + between);
  return (uint32_t)((UINT64_C(45426) * log2 + 32768) >> 16); /* ln 2 = 45426 / 65536 */
}

void ln_signal_log_u32_ref(const uint32_t* in, size_t n, int32_t shift, uint32_t scale, int16_t* out) {
  for (size_t i = 0; i < n; ++i) {
    const uint32_t x = in[i] << shift, result = x > 1 ? (scale * natural_log(x) + 32768) >> 16 : 0;
    out[i] = (int16_t)(result < INT16_MAX ? result : INT16_MAX);
  }
}

/* A parabola for each power of two; 0, 1 and 2 have an element each. */
static int16_t gain_of(uint32_t noise, const int16_t* gains) {
  if (noise <= 2) return gains[noise];
  const int bits = bit_count(noise);
  const int16_t* c = gains + 4 * bits - 6;
  const int32_t fraction = (int32_t)((bits < 11 ? noise << (11 - bits) : noise >> (bits - 11)) & 0x3ff);
  const int32_t slope = ((c[2] * fraction) >> 5) + c[1] * 32;
  const int32_t sum = (int32_t)((uint32_t)slope * (uint32_t)fraction + (1u << 14));
  return (int16_t)((sum >> 15) + c[0]);
}

/* x^2 / 4 below 2, x - 1 from there: x in units of 2^-12, the result in units of 2^-6. */
static uint32_t compress(uint32_t x) { return x < (2u << 12) ? (x * x) >> 20 : (x >> 6) - (1u << 6); }

void ln_signal_pcan_u32_ref(const uint32_t* in, const uint32_t* noise, size_t n, const int16_t* gains, int32_t shift,
                            uint32_t* out) {
  for (size_t i = 0; i < n; ++i) {
    const uint32_t gain = (uint32_t)gain_of(noise[i], gains);
    out[i] = compress((uint32_t)(((uint64_t)in[i] * gain) >> shift));
  }
}

/* `bytes` of one sum. */
static void hand_out(char* sums, size_t size, size_t step, size_t bytes, char* out) {
  memcpy(out, sums, step * bytes);
  memmove(sums, sums + step * bytes, (size - step) * bytes);
  memset(sums + (size - step) * bytes, 0, step * bytes);
}

void ln_signal_overlap_add_s16_ref(const int16_t* frame, size_t size, size_t step, int16_t* sums, int16_t* out) {
  for (size_t i = 0; i < size; ++i) sums[i] = clamp_s16(sums[i] + frame[i]);
  hand_out((char*)sums, size, step, sizeof *sums, (char*)out);
}

void ln_signal_overlap_add_f32_ref(const float* frame, size_t size, size_t step, float* sums, float* out) {
  for (size_t i = 0; i < size; ++i) sums[i] += frame[i];
  hand_out((char*)sums, size, step, sizeof *sums, (char*)out);
}
