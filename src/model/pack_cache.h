/* The file in which a model's packed weights are kept from one process to the next. What it says is believed only if it
 * was made by the same kernels for the same bytes, and each block only if its hash is right; anything else counts as
 * not there. Knows what a block is for as little as model.c. */
#ifndef LN_MODEL_PACK_CACHE_H_
#define LN_MODEL_PACK_CACHE_H_

#include "model/model.h"

typedef struct ln_pack_cache ln_pack_cache;

/* A block: what it was made of, by its place in the model's file, and how. */
typedef struct ln_pack_block {
  uint64_t place, variant;
  const void* data;
  size_t size_bytes;
} ln_pack_block;

/* The file at `path` (copied), which need not exist yet. NULL: no memory. */
ln_pack_cache* ln_pack_cache_open(const char* path, const ln_model* model);
void ln_pack_cache_close(ln_pack_cache* cache); /* NULL is a no-op. What was found is gone then. */

/* The block's bytes, 64-byte aligned, in the mapping; NULL: not there, or damaged. */
const void* ln_pack_cache_find(const ln_pack_cache* cache, uint64_t place, uint64_t variant, size_t size_bytes);

/* Writes a new file with these blocks, and those of the file that are not among them. Where it cannot be written it
 * stays as it is. */
void ln_pack_cache_save(ln_pack_cache* cache, const ln_model* model, const ln_pack_block* blocks, size_t count);

#endif
