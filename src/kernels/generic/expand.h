/* Weights that are stored in less room than they need for arithmetic, made plain: integers of four and of two bits,
 * sparse arrays. Knows no tensor. */
#ifndef LN_KERNELS_EXPAND_H_
#define LN_KERNELS_EXPAND_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Two's complement, the first of a byte in its low bits. */
void ln_expand_s4(const uint8_t* packed, size_t count, int8_t* out);
void ln_expand_s2(const uint8_t* packed, size_t count, int8_t* out);

/* A sparse array is a tree of levels. A dense level has `size` children under each of its parent's places; those of a
 * compressed level under place p are indices[segments[p]] to indices[segments[p + 1] - 1]. `stride` is what one step of
 * the level is in the plain array, in elements. */
typedef struct ln_sparse_level {
  bool is_compressed;
  int32_t size;
  const int32_t *segments, *indices;
  size_t stride;
} ln_sparse_level;

/* places[i] = where value i, in the order of the levels, lies in the plain array. Without the last levels, if they are
 * dense: where value 0 of each of the blocks that those make lies. */
void ln_list_sparse(const ln_sparse_level* levels, int count, size_t* places);

/* Spreads the values, which lie in the order of the levels, over `out`, which is zeroed before. The caller has checked
 * that the levels stay inside of both. */
void ln_expand_sparse(const ln_sparse_level* levels, int count, size_t element_bytes, const void* values, void* out);

#endif
