#include "kernels/generic/expand.h"

#include <string.h>

void ln_expand_s4(const uint8_t* packed, size_t count, int8_t* out) {
  for (size_t i = 0; i < count; ++i) {
    const int bits = packed[i / 2] >> (i % 2 * 4) & 15;
    out[i] = (int8_t)((bits ^ 8) - 8);
  }
}

void ln_expand_s2(const uint8_t* packed, size_t count, int8_t* out) {
  for (size_t i = 0; i < count; ++i) {
    const int bits = packed[i / 4] >> (i % 4 * 2) & 3;
    out[i] = (int8_t)((bits ^ 2) - 2);
  }
}

typedef struct spread {
  const ln_sparse_level* levels;
  int count;
  size_t element_bytes;
  const char* values;
  char* out;
  size_t* places; /* instead of values to `out`, or NULL */
} spread;

/* The part of the tree under place `place` of level `depth`, which begins at `at` in the plain array. */
static void spread_level(const spread* s, int depth, size_t place, size_t at) {
  if (depth == s->count && s->places != NULL) {
    s->places[place] = at;
    return;
  }
  if (depth == s->count) {
    if (s->out != NULL) memcpy(s->out + at * s->element_bytes, s->values + place * s->element_bytes, s->element_bytes);
    return;
  }
  const ln_sparse_level* level = &s->levels[depth];
  if (level->is_compressed) {
    for (int32_t i = level->segments[place]; i < level->segments[place + 1]; ++i)
      spread_level(s, depth + 1, (size_t)i, at + (size_t)level->indices[i] * level->stride);
  } else {
    for (size_t i = 0; i < (size_t)level->size; ++i)
      spread_level(s, depth + 1, place * (size_t)level->size + i, at + i * level->stride);
  }
}

void ln_expand_sparse(const ln_sparse_level* levels, int count, size_t element_bytes, const void* values, void* out) {
  const spread s = {levels, count, element_bytes, values, out, NULL};
  spread_level(&s, 0, 0, 0);
}

void ln_list_sparse(const ln_sparse_level* levels, int count, size_t* places) {
  const spread s = {.levels = levels, .count = count, .places = places};
  spread_level(&s, 0, 0, 0);
}
