#include "base/hash.h"

#include <string.h>

enum { LANES = 8, BLOCK = LANES * 8 };

static const uint64_t kFactor = UINT64_C(0x9E3779B97F4A7C15);

/* A bijection of `state` for every word and of the word for every state, so that one changed word is always found. The
 * rotation brings the upper bits, which an odd factor moves nowhere, into play. */
static uint64_t mix(uint64_t state, uint64_t word) {
  const uint64_t product = (state ^ word) * kFactor;
  return product << 31 | product >> 33;
}

/* Eight lanes, as one would wait for its multiplication. */
uint64_t ln_hash_bytes(const void* data, size_t size_bytes) {
  const char* from = data;
  uint64_t lanes[LANES], words[LANES];
  for (size_t i = 0; i < LANES; ++i) lanes[i] = (i + 1) * kFactor;
  size_t left = size_bytes;
  for (; left >= BLOCK; left -= BLOCK, from += BLOCK) {
    memcpy(words, from, BLOCK);
    for (size_t i = 0; i < LANES; ++i) lanes[i] = mix(lanes[i], words[i]);
  }
  memset(words, 0, BLOCK);
  if (left > 0) memcpy(words, from, left);
  for (size_t i = 0; i < LANES; ++i) lanes[i] = mix(lanes[i], words[i]);
  uint64_t hash = size_bytes;
  for (size_t i = 0; i < LANES; ++i) hash = mix(hash, lanes[i]);
  hash = mix(hash, hash >> 29);
  return hash ^ hash >> 32;
}
