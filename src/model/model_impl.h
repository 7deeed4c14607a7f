/* What a model owns beyond what it says: its mapping, its memory, its references. For model.c and load.c only. */
#ifndef LN_MODEL_MODEL_IMPL_H_
#define LN_MODEL_MODEL_IMPL_H_

#include <stdatomic.h>

#include "base/mutex.h"
#include "model/model.h"
#include "model/pack_cache.h"

typedef struct ln_model_block {
  _Alignas(16) struct ln_model_block* next;
} ln_model_block;

typedef struct ln_model_pack {
  struct ln_model_pack* next;
  const void* key;
  uint64_t variant;
  size_t size_bytes;
  const void* data;
  bool keep; /* may go into the cache file */
} ln_model_pack;

/* Packs of a large model lie together, so that large pages can hold them. */
typedef struct ln_model_slab {
  struct ln_model_slab* next;
  char* data;
  size_t used_bytes, size_bytes;
} ln_model_slab;

typedef struct ln_model_impl {
  atomic_int references;
  ln_file_map map;
  ln_model_block* blocks;
  ln_mutex mutex; /* over all that follows */
  ln_model_pack* packs;
  ln_model_slab* slabs; /* what the packs lie in */
  size_t packed_bytes;
  int32_t left;         /* the buffer that was packed last */
  ln_pack_cache* cache; /* NULL: none was asked for */
  bool cache_lacks;     /* packs that it should hold */
} ln_model_impl;

ln_model* ln_model_new(void);                                           /* NULL: no memory */
void* ln_model_alloc(ln_model* model, size_t count, size_t size_bytes); /* zeroed; freed with the model */

#endif
