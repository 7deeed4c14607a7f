/* The file: a head, a list of entries, the blocks at multiples of 64. All numbers as the processor has them. Everything
 * is checked as if an enemy had written it; the blocks' contents are weights, of which kernels can bear any bytes. */
#include "model/pack_cache.h"

#include <string.h>

#include "base/alloc.h"
#include "base/cpu.h"
#include "base/file_save.h"
#include "base/hash.h"
#include "model/pack_layout.h"

enum { ALIGNMENT = 64, MOST_ENTRIES = 1 << 16 };

static const uint64_t kMagic = UINT64_C(0x3153544857534e4c); /* "LNSWHTS1" */

typedef struct file_head {
  uint64_t magic, layout;
  uint64_t model_bytes, model_hash;
  ln_file_identity model_identity; /* all 0: not to be relied on */
  uint64_t file_bytes, entry_count;
  uint64_t hash; /* of the head with 0 here, xor that of the entries */
} file_head;

typedef struct file_entry {
  uint64_t place, variant, size_bytes, offset, hash;
} file_entry;

struct ln_pack_cache {
  char* path;
  ln_file_map map;
  file_head head;            /* of the file, entry_count 0 where it is not believed */
  const file_entry* entries; /* in the mapping */
  bool keep;                 /* it is a model: not to be replaced, whoever says so */
};

/* What the packed bytes depend on besides the model: the sources of kernels and operators, and the instruction sets
 * that kernels are chosen by. */
static uint64_t layout_key(void) {
  uint64_t sets = 0;
  for (int i = 0; i < LN_ISA_COUNT; ++i) sets |= (uint64_t)ln_cpu_has((ln_isa)i) << i;
  const uint64_t words[3] = {LN_PACK_LAYOUT, sets, sizeof(void*)};
  return ln_hash_bytes(words, sizeof words);
}

static uint64_t hash_list(const file_head* head, const file_entry* entries) {
  file_head plain = *head;
  plain.hash = 0;
  return ln_hash_bytes(&plain, sizeof plain) ^ ln_hash_bytes(entries, (size_t)head->entry_count * sizeof *entries);
}

static bool is_same_file(const ln_file_identity* a, const ln_file_identity* b) {
  return a->inode != 0 && a->device == b->device && a->inode == b->inode && a->modified_ns == b->modified_ns &&
         a->changed_ns == b->changed_ns;
}

/* A model that is the very file it was when the head was written need not be read for its hash. */
static bool is_for(const file_head* head, const ln_model* model) {
  return head->model_bytes == model->file.size &&
         (is_same_file(&head->model_identity, ln_model_identity(model)) ||
          head->model_hash == ln_hash_bytes(model->file.data, model->file.size));
}

static bool check_entries(const file_head* head, const file_entry* entries) {
  const uint64_t first = sizeof *head + head->entry_count * sizeof *entries;
  for (uint64_t i = 0; i < head->entry_count; ++i)
    if (entries[i].offset % ALIGNMENT != 0 || entries[i].offset < first || entries[i].offset > head->file_bytes ||
        entries[i].size_bytes > head->file_bytes - entries[i].offset)
      return false;
  return true;
}

static bool check_file(ln_pack_cache* cache, const ln_model* model) {
  const ln_file_map* map = &cache->map;
  file_head* head = &cache->head;
  if (map->size_bytes < sizeof *head) return false;
  memcpy(head, map->data, sizeof *head);
  if (head->magic != kMagic || head->layout != layout_key() || head->file_bytes != map->size_bytes ||
      head->entry_count > MOST_ENTRIES || head->entry_count > (map->size_bytes - sizeof *head) / sizeof(file_entry))
    return false;
  cache->entries = (const file_entry*)(const void*)((const char*)map->data + sizeof *head);
  return head->hash == hash_list(head, cache->entries) && check_entries(head, cache->entries) && is_for(head, model);
}

ln_pack_cache* ln_pack_cache_open(const char* path, const ln_model* model) {
  char reason[128];
  ln_pack_cache* cache = ln_calloc(1, sizeof *cache);
  if (cache == NULL) return NULL;
  cache->path = ln_strdup(path);
  if (cache->path == NULL) {
    ln_free(cache);
    return NULL;
  }
  if (!ln_file_map_open(path, &cache->map, reason, sizeof reason)) return cache;
  cache->keep = cache->map.size_bytes >= 8 && memcmp((const char*)cache->map.data + 4, "TFL3", 4) == 0;
  if (!check_file(cache, model)) {
    ln_file_map_close(&cache->map);
    cache->head = (file_head){0};
  }
  return cache;
}

void ln_pack_cache_close(ln_pack_cache* cache) {
  if (cache == NULL) return;
  ln_file_map_close(&cache->map);
  ln_free(cache->path);
  ln_free(cache);
}

static const void* intact_data(const ln_pack_cache* cache, const file_entry* entry) {
  const char* data = (const char*)cache->map.data + entry->offset;
  return ln_hash_bytes(data, (size_t)entry->size_bytes) == entry->hash ? data : NULL;
}

const void* ln_pack_cache_find(const ln_pack_cache* cache, uint64_t place, uint64_t variant, size_t size_bytes) {
  for (uint64_t i = 0; i < cache->head.entry_count; ++i) {
    const file_entry* entry = &cache->entries[i];
    if (entry->place == place && entry->variant == variant && entry->size_bytes == size_bytes)
      return intact_data(cache, entry);
  }
  return NULL;
}

/* ---- Writing ---- */

static bool is_among(const ln_pack_block* blocks, size_t count, const file_entry* entry) {
  for (size_t i = 0; i < count; ++i)
    if (blocks[i].place == entry->place && blocks[i].variant == entry->variant) return true;
  return false;
}

/* The blocks given and the file's others, as many as the return value says; `all` has room for them. */
static size_t merge(const ln_pack_cache* cache, const ln_pack_block* blocks, size_t count, ln_pack_block* all) {
  size_t total = count;
  memcpy(all, blocks, count * sizeof *all);
  for (uint64_t i = 0; i < cache->head.entry_count; ++i) {
    const file_entry* entry = &cache->entries[i];
    const void* data = is_among(blocks, count, entry) ? NULL : intact_data(cache, entry);
    if (data != NULL) all[total++] = (ln_pack_block){entry->place, entry->variant, data, (size_t)entry->size_bytes};
  }
  return total;
}

static size_t padding_behind(uint64_t offset) { return (size_t)(-offset % ALIGNMENT); }

/* `entries` and `parts` have room for all blocks, and for the head and the list and what lies between. */
static bool write_file(const ln_pack_cache* cache, const ln_model* model, const ln_pack_block* blocks, size_t count,
                       file_entry* entries, ln_file_part* parts) {
  static const char kZeros[ALIGNMENT];
  file_head head = {.magic = kMagic,
                    .layout = layout_key(),
                    .model_bytes = model->file.size,
                    .model_hash = ln_hash_bytes(model->file.data, model->file.size),
                    .model_identity = *ln_model_identity(model),
                    .entry_count = count};
  size_t used = 0;
  uint64_t offset = sizeof head + count * sizeof *entries;
  parts[used++] = (ln_file_part){&head, sizeof head};
  parts[used++] = (ln_file_part){entries, count * sizeof *entries};
  for (size_t i = 0; i < count; ++i) {
    parts[used++] = (ln_file_part){kZeros, padding_behind(offset)};
    offset += padding_behind(offset);
    entries[i] = (file_entry){blocks[i].place, blocks[i].variant, blocks[i].size_bytes, offset,
                              ln_hash_bytes(blocks[i].data, blocks[i].size_bytes)};
    parts[used++] = (ln_file_part){blocks[i].data, blocks[i].size_bytes};
    offset += blocks[i].size_bytes;
  }
  head.file_bytes = offset;
  head.hash = hash_list(&head, entries);
  return ln_file_save(cache->path, parts, used);
}

void ln_pack_cache_save(ln_pack_cache* cache, const ln_model* model, const ln_pack_block* blocks, size_t count) {
  const size_t most = count + (size_t)cache->head.entry_count;
  if (cache->keep || most == 0 || most > MOST_ENTRIES) return;
  ln_pack_block* all = ln_calloc(most, sizeof *all);
  file_entry* entries = ln_calloc(most, sizeof *entries);
  ln_file_part* parts = ln_calloc(2 * most + 2, sizeof *parts);
  if (all != NULL && entries != NULL && parts != NULL)
    (void)write_file(cache, model, all, merge(cache, blocks, count, all), entries, parts);
  ln_free(all);
  ln_free(entries);
  ln_free(parts);
}
