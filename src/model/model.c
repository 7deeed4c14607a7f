/* Lifetime of a model: references, memory, packed weights. */
#include "model/model.h"

#include <stdatomic.h>
#include <string.h>

#include "base/alloc.h"
#include "model/model_impl.h"

void* ln_model_alloc(ln_model* model, size_t count, size_t size_bytes) {
  if (size_bytes != 0 && count > (SIZE_MAX / 2 - sizeof(ln_model_block)) / size_bytes) return NULL;
  ln_model_block* block = ln_calloc(1, sizeof(ln_model_block) + count * size_bytes);
  if (block == NULL) return NULL;
  block->next = model->impl->blocks;
  model->impl->blocks = block;
  return block + 1;
}

ln_model* ln_model_new(void) {
  ln_model* model = ln_calloc(1, sizeof *model);
  ln_model_impl* impl = ln_calloc(1, sizeof *impl);
  if (model == NULL || impl == NULL || !ln_mutex_init(&impl->mutex)) {
    ln_free(model);
    ln_free(impl);
    return NULL;
  }
  atomic_init(&impl->references, 1);
  model->impl = impl;
  model->path = "";
  model->description = "";
  return model;
}

void ln_model_retain(ln_model* model) {
  if (model != NULL) atomic_fetch_add(&model->impl->references, 1);
}

void ln_model_release(ln_model* model) {
  if (model == NULL || atomic_fetch_sub(&model->impl->references, 1) != 1) return;
  ln_model_impl* impl = model->impl;
  for (ln_model_pack* pack = impl->packs; pack != NULL;) {
    ln_model_pack* next = pack->next;
    ln_free(pack);
    pack = next;
  }
  for (ln_model_slab* slab = impl->slabs; slab != NULL;) {
    ln_model_slab* next = slab->next;
    ln_aligned_free(slab->data);
    ln_free(slab);
    slab = next;
  }
  for (ln_model_block* block = impl->blocks; block != NULL;) {
    ln_model_block* next = block->next;
    ln_free(block);
    block = next;
  }
  ln_pack_cache_close(impl->cache);
  ln_file_map_close(&impl->map);
  ln_mutex_destroy(&impl->mutex);
  ln_free(impl);
  ln_free(model);
}

/* As large as all weights, within bounds; a slab of its own for what is larger. */
static ln_model_slab* add_slab(ln_model* model, size_t size_bytes) {
  enum { kLeast = 4096, kMost = 16 << 20 };
  const size_t weights = model->weight_bytes, usual = weights < kLeast ? kLeast : weights < kMost ? weights : kMost;
  ln_model_slab* slab = ln_calloc(1, sizeof *slab);
  if (slab == NULL) return NULL;
  *slab = (ln_model_slab){.next = model->impl->slabs, .size_bytes = usual > size_bytes ? usual : size_bytes};
  slab->data = ln_take_large(&slab->size_bytes);
  if (slab->data == NULL) {
    ln_free(slab);
    return NULL;
  }
  return model->impl->slabs = slab;
}

/* 64-byte aligned memory that lives as long as the model, NULL: none. */
static void* take_pack(ln_model* model, size_t size_bytes) {
  ln_model_slab* slab = model->impl->slabs;
  if (size_bytes > SIZE_MAX - 64) return NULL;
  if (slab == NULL || slab->size_bytes - slab->used_bytes < size_bytes) slab = add_slab(model, size_bytes);
  if (slab == NULL) return NULL;
  void* data = slab->data + slab->used_bytes;
  ln_fetch_pages(data, size_bytes);
  const size_t used = (slab->used_bytes + size_bytes + 63) & ~(size_t)63;
  slab->used_bytes = used < slab->size_bytes ? used : slab->size_bytes;
  return data;
}

/* Where the key lies in the model's file, SIZE_MAX: elsewhere. */
static size_t place_of(const ln_model* model, const void* key) {
  const uintptr_t begin = (uintptr_t)model->file.data, at = (uintptr_t)key;
  return at >= begin && at - begin < model->file.size ? at - begin : SIZE_MAX;
}

/* The bytes that a pack was made of are not needed any more, as a rule; what is less than a page was made of few.
 * Buffers stand in the order of nodes or in the opposite one, so that the next one is near the last. */
static void leave_source(const ln_model* model, const void* key, size_t packed_bytes) {
  enum { kWorthwhile = 4096 };
  ln_model_impl* impl = model->impl;
  if (packed_bytes < kWorthwhile) return;
  for (int32_t n = 0; n < 2 * model->buffer_count; ++n) {
    const int32_t i = n % 2 == 0 ? impl->left + n / 2 : impl->left - n / 2 - 1;
    if (i < 0 || i >= model->buffer_count || model->buffers[i].data != key) continue;
    ln_file_map_leave(&impl->map, key, model->buffers[i].size);
    impl->left = i;
    return;
  }
}

/* From the cache file, or made; NULL: no memory. */
static const void* find_or_make(ln_model* model, ln_model_pack* new_pack, void (*pack)(void* destination, void* arg),
                                void* arg) {
  ln_model_impl* impl = model->impl;
  const size_t place = place_of(model, new_pack->key);
  new_pack->keep = new_pack->keep && place != SIZE_MAX;
  const bool cached = new_pack->keep && impl->cache != NULL;
  const void* kept = cached ? ln_pack_cache_find(impl->cache, place, new_pack->variant, new_pack->size_bytes) : NULL;
  if (kept != NULL) return kept;
  void* made = take_pack(model, new_pack->size_bytes);
  if (made == NULL) return NULL;
  pack(made, arg);
  leave_source(model, new_pack->key, new_pack->size_bytes);
  impl->cache_lacks = impl->cache_lacks || cached;
  return made;
}

const void* ln_model_shared_pack(ln_model* model, const void* key, uint64_t variant, size_t size_bytes, bool keep,
                                 void (*pack)(void* destination, void* arg), void* arg) {
  ln_model_impl* impl = model->impl;
  const void* result = NULL;
  ln_mutex_lock(&impl->mutex);
  ln_model_pack* found = impl->packs;
  while (found != NULL && (found->key != key || found->variant != variant)) found = found->next;
  if (found != NULL) {
    if (found->size_bytes == size_bytes) result = found->data;
  } else {
    found = ln_calloc(1, sizeof *found);
    if (found != NULL) {
      *found = (ln_model_pack){impl->packs, key, variant, size_bytes, NULL, keep};
      result = found->data = find_or_make(model, found, pack, arg);
    }
    if (result != NULL) {
      impl->packs = found;
      impl->packed_bytes += size_bytes;
    } else {
      ln_free(found);
    }
  }
  ln_mutex_unlock(&impl->mutex);
  return result;
}

void ln_model_use_cache(ln_model* model, const char* path) {
  ln_model_impl* impl = model->impl;
  ln_mutex_lock(&impl->mutex);
  if (impl->cache == NULL) {
    impl->cache = ln_pack_cache_open(path, model);
    impl->cache_lacks = impl->cache != NULL && impl->packs != NULL;
  }
  ln_mutex_unlock(&impl->mutex);
}

static void save_cache(ln_model* model) {
  ln_model_impl* impl = model->impl;
  size_t count = 0;
  for (const ln_model_pack* p = impl->packs; p != NULL; p = p->next) count += p->keep;
  ln_pack_block* blocks = ln_calloc(count, sizeof *blocks);
  if (blocks == NULL) return;
  size_t i = 0;
  for (const ln_model_pack* p = impl->packs; p != NULL; p = p->next)
    if (p->keep) blocks[i++] = (ln_pack_block){place_of(model, p->key), p->variant, p->data, p->size_bytes};
  ln_pack_cache_save(impl->cache, model, blocks, count);
  ln_free(blocks);
}

/* Tried once, so that a file that cannot be written costs no time again. */
void ln_model_save_cache(ln_model* model) {
  ln_model_impl* impl = model->impl;
  ln_mutex_lock(&impl->mutex);
  if (impl->cache_lacks) save_cache(model);
  impl->cache_lacks = false;
  ln_mutex_unlock(&impl->mutex);
}

const ln_file_identity* ln_model_identity(const ln_model* model) { return &model->impl->map.identity; }

size_t ln_model_packed_bytes(const ln_model* model) {
  ln_mutex_lock(&model->impl->mutex);
  const size_t bytes = model->impl->packed_bytes;
  ln_mutex_unlock(&model->impl->mutex);
  return bytes;
}
