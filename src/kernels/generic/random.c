#include "kernels/generic/random.h"

#include <math.h>
#include <string.h>

void ln_philox_block(const ln_philox* philox, uint32_t block[4]) {
  uint32_t key0 = philox->key[0], key1 = philox->key[1];
  memcpy(block, philox->counter, sizeof philox->counter);
  for (int round = 0; round < 10; ++round) {
    const uint64_t a = UINT64_C(0xD2511F53) * block[0], b = UINT64_C(0xCD9E8D57) * block[2];
    block[0] = (uint32_t)(b >> 32) ^ block[1] ^ key0;
    block[1] = (uint32_t)b;
    block[2] = (uint32_t)(a >> 32) ^ block[3] ^ key1;
    block[3] = (uint32_t)a;
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
}

void ln_threefry_block(const uint32_t key[2], const uint32_t counter[2], uint32_t block[2]) {
  static const int kTurns[2][4] = {{13, 15, 26, 6}, {17, 29, 16, 24}};
  const uint32_t keys[3] = {key[0], key[1], key[0] ^ key[1] ^ 0x1BD11BDAu};
  uint32_t x = counter[0] + key[0], y = counter[1] + key[1];
  for (uint32_t four = 0; four < 5; ++four) {
    for (int i = 0; i < 4; ++i) {
      const int turn = kTurns[four % 2][i];
      x += y;
      y = (y << turn | y >> (32 - turn)) ^ x;
    }
    x += keys[(four + 1) % 3];
    y += keys[(four + 2) % 3] + four + 1;
  }
  block[0] = x;
  block[1] = y;
}

ln_philox ln_philox_seed(uint64_t seed, uint64_t seed2) {
  return (ln_philox){{(uint32_t)seed, (uint32_t)(seed >> 32)}, {0, 0, (uint32_t)seed2, (uint32_t)(seed2 >> 32)}};
}

void ln_philox_skip(ln_philox* philox, uint64_t blocks) {
  uint32_t* c = philox->counter;
  const uint64_t low = (c[0] | (uint64_t)c[1] << 32) + blocks;
  c[0] = (uint32_t)low;
  c[1] = (uint32_t)(low >> 32);
  if (low < blocks && ++c[2] == 0) ++c[3];
}

static void next_block(ln_philox* philox, uint32_t block[4]) {
  ln_philox_block(philox, block);
  ln_philox_skip(philox, 1);
}

/* The low 23 bits as a fraction, the low 52 of two words as one. */
static float fraction_f32(uint32_t word) { return (float)(word & 0x7fffff) * 0x1p-23f; }

static double fraction_f64(uint32_t high, uint32_t low) {
  return (double)((uint64_t)(high & 0xfffff) << 32 | low) * 0x1p-52;
}

void ln_random_uniform(ln_philox* philox, float* out, size_t n) {
  uint32_t block[4];
  for (size_t i = 0; i < n; ++i) {
    if (i % 4 == 0) next_block(philox, block);
    out[i] = fraction_f32(block[i % 4]);
  }
}

/* ---- The normal distribution. The C library's functions differ from machine to machine in the last place; these are
 * made of correctly rounded operations and are good to a few places of a double. ---- */

/* log(x) for 0 < x < 1 by the series of 2 atanh((m - 1) / (m + 1)) for x = m * 2^e with m near 1. */
static double log_of(double x) {
  int exponent;
  double m = frexp(x, &exponent);
  if (m < 0.70710678118654752) m *= 2, --exponent;
  const double s = (m - 1) / (m + 1), square = s * s;
  double sum = 0;
  for (int k = 25; k >= 1; k -= 2) sum = sum * square + 1.0 / k;
  return exponent * 0.69314718055994531 + 2 * s * sum;
}

/* sin(r) and cos(r) for |r| <= pi / 4 by their series. */
static void sin_cos_near_0(double r, double* sine, double* cosine) {
  const double square = r * r;
  double s = 1, c = 1;
  for (int k = 19; k >= 3; k -= 2) s = 1 - s * square / (double)(k * (k - 1));
  for (int k = 18; k >= 2; k -= 2) c = 1 - c * square / (double)(k * (k - 1));
  *sine = r * s;
  *cosine = c;
}

/* For 0 <= x < 7; pi / 2 is taken off in two parts. */
static void sin_cos(double x, double* sine, double* cosine) {
  const int quarter = (int)(x * 0.63661977236758134 + 0.5);
  double s, c;
  sin_cos_near_0((x - quarter * 1.5707963267948966) - quarter * 6.123233995736766e-17, &s, &c);
  const double sines[4] = {s, c, -s, -c};
  *sine = sines[quarter & 3];
  *cosine = sines[(quarter + 1) & 3];
}

/* Box and Muller's transform of two words to two numbers. */
static void make_normal(uint32_t word0, uint32_t word1, float pair[2]) {
  const float u = fmaxf(fraction_f32(word0), 1.0e-7f);
  const float angle = (float)(2 * 3.14159265358979323846 * (double)fraction_f32(word1));
  const float radius = sqrtf(-2.0f * (float)log_of((double)u));
  double sine, cosine;
  sin_cos((double)angle, &sine, &cosine);
  pair[0] = (float)sine * radius;
  pair[1] = (float)cosine * radius;
}

void ln_random_normal(ln_philox* philox, float* out, size_t n) {
  uint32_t block[4];
  float pair[2];
  for (size_t i = 0; i < n; ++i) {
    if (i % 4 == 0) next_block(philox, block);
    if (i % 2 == 0) make_normal(block[i % 4], block[i % 4 + 1], pair);
    out[i] = pair[i % 2];
  }
}

/* ---- Choices ---- */

void ln_cumulate_exp(const float* logits, size_t n, double* sums) {
  double largest = -INFINITY, sum = 0;
  for (size_t i = 0; i < n; ++i)
    if (isfinite(logits[i]) && (double)logits[i] > largest) largest = (double)logits[i];
  for (size_t i = 0; i < n; ++i) {
    if (isfinite(logits[i])) sum += exp((double)logits[i] - largest);
    sums[i] = sum;
  }
}

size_t ln_random_choice(ln_word_pairs* pairs, const double* sums, size_t n) {
  if (pairs->used == 4) {
    next_block(&pairs->philox, pairs->block);
    pairs->used = 0;
  }
  const double wanted = fraction_f64(pairs->block[pairs->used], pairs->block[pairs->used + 1]) * sums[n - 1];
  pairs->used += 2;
  size_t low = 0, high = n;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (sums[middle] > wanted)
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}
