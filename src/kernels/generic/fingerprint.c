#include "kernels/generic/fingerprint.h"

/* Primes between 2^63 and 2^64. */
#define K0 UINT64_C(0xc3a5c85c97cb3127)
#define K1 UINT64_C(0xb492b66fbe98f273)
#define K2 UINT64_C(0x9ae16a3b2f90404f)

typedef struct word_pair {
  uint64_t first, second;
} word_pair;

static uint64_t load32(const uint8_t* p) {
  return p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24;
}

static uint64_t load64(const uint8_t* p) { return load32(p) | load32(p + 4) << 32; }

static uint64_t rotate(uint64_t x, int right) { return x >> right | x << (64 - right); }

static uint64_t fold(uint64_t x) { return x ^ x >> 47; }

/* Two words to one. */
static uint64_t join(uint64_t a, uint64_t b, uint64_t factor) {
  const uint64_t once = fold((a ^ b) * factor);
  return fold((b ^ once) * factor) * factor;
}

static uint64_t hash_to_16(const uint8_t* s, size_t n) {
  const uint64_t factor = K2 + n * 2;
  if (n >= 8) {
    const uint64_t a = load64(s) + K2, b = load64(s + n - 8);
    return join(rotate(b, 37) * factor + a, (rotate(a, 25) + b) * factor, factor);
  }
  if (n >= 4) return join(n + (load32(s) << 3), load32(s + n - 4), factor);
  if (n == 0) return K2;
  const uint64_t y = s[0] + ((uint64_t)s[n >> 1] << 8), z = n + ((uint64_t)s[n - 1] << 2);
  return fold(y * K2 ^ z * K0) * K2;
}

static uint64_t hash_to_32(const uint8_t* s, size_t n) {
  const uint64_t factor = K2 + n * 2;
  const uint64_t a = load64(s) * K1, b = load64(s + 8), c = load64(s + n - 8) * factor, d = load64(s + n - 16) * K2;
  return join(rotate(a + b, 43) + rotate(c, 30) + d, a + rotate(b + K2, 18) + c, factor);
}

static uint64_t hash_to_64(const uint8_t* s, size_t n) {
  const uint64_t factor = K2 + n * 2;
  const uint64_t a = load64(s) * K2, b = load64(s + 8), c = load64(s + n - 8) * factor, d = load64(s + n - 16) * K2;
  const uint64_t y = rotate(a + b, 43) + rotate(c, 30) + d, z = join(y, a + rotate(b + K2, 18) + c, factor);
  const uint64_t e = load64(s + 16) * factor, f = load64(s + 24);
  const uint64_t g = (y + load64(s + n - 32)) * factor, h = (z + load64(s + n - 24)) * factor;
  return join(rotate(e + f, 43) + rotate(g, 30) + h, e + rotate(f + a, 18) + g, factor);
}

/* 32 bytes and two words to two words. */
static word_pair absorb(const uint8_t* s, uint64_t a, uint64_t b) {
  const uint64_t start = a + load64(s), middle = start + load64(s + 8) + load64(s + 16), last = load64(s + 24);
  return (word_pair){middle + last, rotate(b + start + last, 21) + rotate(middle, 44) + start};
}

typedef struct long_state {
  uint64_t x, y, z;
  word_pair v, w;
} long_state;

/* 64 bytes. The last round weighs two of the words by 9. */
static void run_round(long_state* h, const uint8_t* s, uint64_t factor, uint64_t weight) {
  h->x = rotate(h->x + h->y + h->v.first + load64(s + 8), 37) * factor ^ h->w.second * weight;
  h->y = rotate(h->y + h->v.second + load64(s + 48), 42) * factor + h->v.first * weight + load64(s + 40);
  h->z = rotate(h->z + h->w.first, 33) * factor;
  h->v = absorb(s, h->v.second * factor, h->x + h->w.first);
  h->w = absorb(s + 32, h->z + h->w.second, h->y + load64(s + 16));
  const uint64_t z = h->z;
  h->z = h->x;
  h->x = z;
}

static uint64_t hash_long(const uint8_t* s, size_t n) {
  const uint64_t seed = 81, y = seed * K1 + 113;
  long_state h = {seed * K2 + load64(s), y, fold(y * K2 + 113) * K2, {0, 0}, {0, 0}};
  const size_t whole = (n - 1) / 64;
  for (size_t i = 0; i < whole; ++i) run_round(&h, s + 64 * i, K1, 1);
  const uint64_t factor = K1 + ((h.z & 0xff) << 1);
  h.w.first += (n - 1) & 63;
  h.v.first += h.w.first;
  h.w.first += h.v.first;
  run_round(&h, s + n - 64, factor, 9);
  return join(join(h.v.first, h.w.first, factor) + fold(h.y) * K0 + h.z, join(h.v.second, h.w.second, factor) + h.x,
              factor);
}

uint64_t ln_fingerprint(const void* bytes, size_t count) {
  if (count <= 16) return hash_to_16(bytes, count);
  if (count <= 32) return hash_to_32(bytes, count);
  return count <= 64 ? hash_to_64(bytes, count) : hash_long(bytes, count);
}
