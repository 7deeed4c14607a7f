#include "kernels/generic/unique.h"

size_t ln_unique_slots(size_t n) {
  size_t slots = 1;
  while (slots < n) slots *= 2;
  return 2 * slots;
}

/* Every bit of the key reaches the low bits (the finalizer of the generator splitmix64). */
static size_t mix(uint64_t key) {
  key = (key ^ key >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  key = (key ^ key >> 27) * UINT64_C(0x94d049bb133111eb);
  return (size_t)(key ^ key >> 31);
}

/* Open addressing: a slot holds a number of a key, -1: none. At most half of the slots are taken. */
size_t ln_unique(const uint64_t* keys, size_t n, int32_t* slots, int32_t* ids, int32_t* first) {
  const size_t mask = ln_unique_slots(n) - 1;
  size_t count = 0;
  for (size_t i = 0; i <= mask; ++i) slots[i] = -1;
  for (size_t i = 0; i < n; ++i) {
    size_t at = mix(keys[i]) & mask;
    while (slots[at] >= 0 && keys[first[slots[at]]] != keys[i]) at = (at + 1) & mask;
    if (slots[at] < 0) {
      first[count] = (int32_t)i;
      slots[at] = (int32_t)count++;
    }
    ids[i] = slots[at];
  }
  return count;
}
