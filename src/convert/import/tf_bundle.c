#include "convert/import/tf_bundle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "convert/crc.h"
#include "convert/floats.h"
#include "convert/tables.h"
#include "model/model.h"

enum { FOOTER_BYTES = 48, TRAILER_BYTES = 5, MAX_SHARDS = 4096 };

typedef struct entry {
  const unsigned char* key;
  size_t key_bytes;
  const unsigned char* value;
  size_t value_bytes;
} entry;

typedef struct alias {
  struct alias* next;
  const char *node, *key, *slice;
} alias;

struct ln_tf_bundle {
  ln_job* job;
  const char* prefix;
  ln_tf_file index;
  entry* entries; /* in the keys' order */
  size_t entry_count, entry_capacity;
  int32_t shard_count;
  ln_tf_file* shards; /* opened when wanted; data NULL: not yet */
  alias* aliases;
};

typedef struct cursor {
  const ln_tf_bundle* bundle;
  const unsigned char *at, *end;
} cursor;

static _Noreturn void broken(const ln_tf_bundle* b, const char* what) {
  ln_stop(b->job, "%s.index is broken: %s", b->prefix, what);
}

static uint64_t take_varint(cursor* c) {
  uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (c->at >= c->end) broken(c->bundle, "a number is cut off");
    const unsigned char byte = *c->at++;
    value |= (uint64_t)(byte & 127) << shift;
    if (byte < 128) return value;
  }
  broken(c->bundle, "a number is too long");
}

/* The bytes of a block after its checksum was found right. */
static cursor open_block(const ln_tf_bundle* b, uint64_t offset, uint64_t size) {
  if (offset > b->index.size || size > b->index.size - offset || b->index.size - offset - size < TRAILER_BYTES)
    broken(b, "a block lies outside of the file");
  const unsigned char* data = b->index.data + offset;
  const uint32_t stated = ln_fb_load_u32(data + size + 1);
  if (ln_crc32c_masked(b->job, data, (size_t)size + 1) != stated) broken(b, "a block's checksum is wrong");
  if (data[size] != 0) broken(b, "a block is compressed, which checkpoints are not");
  if (size < 4) broken(b, "a block is too short");
  const uint64_t restarts = ln_fb_load_u32(data + size - 4);
  if (restarts > (size - 4) / 4) broken(b, "a block has too many restarts");
  return (cursor){b, data, data + size - 4 - 4 * restarts};
}

/* The entries of a block, each with the part of the key before that it shares. */
static void read_block(ln_tf_bundle* b, cursor c, void (*visit)(ln_tf_bundle* b, const entry* e)) {
  unsigned char* key = NULL;
  size_t key_bytes = 0;
  while (c.at < c.end) {
    const uint64_t shared = take_varint(&c), added = take_varint(&c), value_bytes = take_varint(&c);
    if (shared > key_bytes || added > (uint64_t)(c.end - c.at) || value_bytes > (uint64_t)(c.end - c.at) - added)
      broken(b, "an entry lies outside of its block");
    unsigned char* next = ln_job_alloc(b->job, (size_t)(shared + added) + 1, 1);
    if (shared != 0) memcpy(next, key, (size_t)shared);
    memcpy(next + shared, c.at, (size_t)added);
    key = next;
    key_bytes = (size_t)(shared + added);
    c.at += added;
    const entry e = {key, key_bytes, c.at, (size_t)value_bytes};
    c.at += value_bytes;
    visit(b, &e);
  }
}

static int compare(const unsigned char* a, size_t a_bytes, const unsigned char* b, size_t b_bytes) {
  const int order = memcmp(a, b, a_bytes < b_bytes ? a_bytes : b_bytes);
  return order != 0 ? order : (a_bytes > b_bytes) - (a_bytes < b_bytes);
}

static void add_entry(ln_tf_bundle* b, const entry* e) {
  if (b->entry_count > 0) {
    const entry* last = &b->entries[b->entry_count - 1];
    if (compare(last->key, last->key_bytes, e->key, e->key_bytes) >= 0) broken(b, "its keys are not in order");
  }
  b->entries = ln_job_grow(b->job, b->entries, b->entry_count, &b->entry_capacity, sizeof *b->entries);
  b->entries[b->entry_count++] = *e;
}

static void read_data_block(ln_tf_bundle* b, const entry* e) {
  cursor c = {b, e->value, e->value + e->value_bytes};
  const uint64_t offset = take_varint(&c), size = take_varint(&c);
  read_block(b, open_block(b, offset, size), add_entry);
}

static const entry* find(const ln_tf_bundle* b, const void* key, size_t key_bytes) {
  size_t low = 0, high = b->entry_count;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    const int order = compare(b->entries[middle].key, b->entries[middle].key_bytes, key, key_bytes);
    if (order == 0) return &b->entries[middle];
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return NULL;
}

ln_tf_bundle* ln_tf_bundle_open(ln_job* job, const char* prefix) {
  static const unsigned char kMagic[8] = {0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb};
  ln_tf_bundle* b = ln_job_alloc(job, 1, sizeof *b);
  b->job = job;
  b->prefix = ln_job_strdup(job, prefix);
  b->index = ln_tf_open(job, ln_job_text(job, "%s.index", prefix));
  if (b->index.size < FOOTER_BYTES || memcmp(b->index.data + b->index.size - 8, kMagic, 8) != 0)
    broken(b, "it does not end as a checkpoint's index does");
  cursor footer = {b, b->index.data + b->index.size - FOOTER_BYTES, b->index.data + b->index.size - 8};
  take_varint(&footer);
  take_varint(&footer);
  const uint64_t offset = take_varint(&footer), size = take_varint(&footer);
  read_block(b, open_block(b, offset, size), read_data_block);
  const entry* first = find(b, "", 0);
  if (first == NULL) broken(b, "it has no header");
  const LnPb__BundleHeader* header =
      ln_tf_unpack(job, &ln_pb__bundle_header__descriptor, first->value, first->value_bytes,
                   b->index.data == NULL ? "" : "the checkpoint's header");
  if (header->endianness != 0) ln_stop(job, "%s was written on a big-endian machine, which cannot be read", prefix);
  b->shard_count = header->num_shards;
  if (b->shard_count < 1 || b->shard_count > MAX_SHARDS) broken(b, "it has no shard, or too many");
  b->shards = ln_job_alloc(job, (size_t)b->shard_count, sizeof *b->shards);
  return b;
}

void ln_tf_bundle_alias(ln_tf_bundle* b, const char* node, const char* key, const char* slice) {
  alias* a = ln_job_alloc(b->job, 1, sizeof *a);
  *a = (alias){b->aliases, node, key, slice};
  b->aliases = a;
}

static const alias* find_alias(const ln_tf_bundle* b, const char* node) {
  const alias* a = b->aliases;
  while (a != NULL && strcmp(a->node, node) != 0) a = a->next;
  return a;
}

void ln_tf_bundle_share(ln_tf_bundle* b, const char* node, const char* copy) {
  const alias* saved = find_alias(b, copy);
  if (saved != NULL && find_alias(b, node) == NULL) ln_tf_bundle_alias(b, node, saved->key, saved->slice);
}

static const LnPb__BundleEntry* unpack_entry(const ln_tf_bundle* b, const entry* e) {
  return ln_tf_unpack(b->job, &ln_pb__bundle_entry__descriptor, e->value, e->value_bytes, "an entry of the checkpoint");
}

/* An entry's bytes in its shard. */
static const unsigned char* place_of(const ln_tf_bundle* b, const LnPb__BundleEntry* e, const char* key, size_t size) {
  if (e->shard_id < 0 || e->shard_id >= b->shard_count) broken(b, "an entry names a shard that there is not");
  ln_tf_file* shard = &b->shards[e->shard_id];
  if (shard->data == NULL)
    *shard = ln_tf_open(b->job, ln_job_text(b->job, "%s.data-%05d-of-%05d", b->prefix, e->shard_id, b->shard_count));
  if (e->offset < 0 || (uint64_t)e->offset > shard->size || size > shard->size - (uint64_t)e->offset)
    ln_stop(b->job, "%s: \"%s\" ends behind shard %d, which has %zu bytes", b->prefix, key, e->shard_id, shard->size);
  return shard->data + e->offset;
}

/* `checked` are the bytes that the checksum is of. */
static void check(const ln_tf_bundle* b, const LnPb__BundleEntry* e, const char* key, const void* checked,
                  size_t size) {
  if (ln_crc32c_masked(b->job, checked, size) != e->crc32c)
    ln_stop(b->job, "%s: the checksum of \"%s\" is wrong: the data of shard %d are damaged", b->prefix, key,
            e->shard_id);
}

static const unsigned char* data_of(const ln_tf_bundle* b, const LnPb__BundleEntry* e, const char* key, size_t size) {
  const unsigned char* data = place_of(b, e, key, size);
  check(b, e, key, data, size);
  return data;
}

static size_t bytes_of(const ln_tf_bundle* b, const char* key, int type, int rank, const int32_t* dims) {
  size_t count = 1, bytes;
  for (int i = 0; i < rank; ++i)
    if (dims[i] < 0 || !ln_mul_size(count, (size_t)dims[i], &count)) count = SIZE_MAX;
  if (count == SIZE_MAX || type < 0 || !ln_tensor_type_bytes((uint8_t)type, count, &bytes))
    ln_stop(b->job, "%s: \"%s\" has a type or shape that tensors cannot have", b->prefix, key);
  return bytes;
}

/* Numbers as the keys of slices have them: those that are more sort behind. 7 bits a byte, the first one's high bits
 * say how many bytes there are. */
static size_t put_signed(unsigned char* to, int64_t value) {
  static const unsigned char kHeader[11][2] = {{0, 0},    {0x80, 0}, {0xc0, 0}, {0xe0, 0},    {0xf0, 0},   {0xf8, 0},
                                               {0xfc, 0}, {0xfe, 0}, {0xff, 0}, {0xff, 0x80}, {0xff, 0xc0}};
  unsigned char all[10];
  const uint64_t bits = (uint64_t)value, magnitude = value < 0 ? ~bits : bits;
  size_t length = 1;
  while (length < 10 && 7 * length - 1 < 64 && magnitude >> (7 * length - 1) != 0) ++length;
  memset(all, value < 0 ? 255 : 0, sizeof all);
  for (int i = 0; i < 8; ++i) all[9 - i] = (unsigned char)(bits >> 8 * i);
  memcpy(to, all + 10 - length, length);
  to[0] ^= kHeader[length][0];
  if (length > 1) to[1] ^= kHeader[length][1];
  return length;
}

static const entry* find_slice(const ln_tf_bundle* b, const char* key, const LnPb__TensorSlice* slice) {
  const size_t length = strlen(key);
  unsigned char* bytes = ln_job_alloc(b->job, 2 * length + 8 + 20 * slice->n_extent, 1);
  size_t at = 0;
  bytes[at++] = 0;
  for (size_t i = 0; i < length; ++i) {
    bytes[at++] = (unsigned char)key[i];
    if ((unsigned char)key[i] == 255) bytes[at++] = 0;
  }
  bytes[at++] = 0;
  bytes[at++] = 1;
  if (slice->n_extent != 0) bytes[at++] = 1;
  bytes[at++] = (unsigned char)slice->n_extent;
  for (size_t i = 0; i < slice->n_extent; ++i) {
    at += put_signed(bytes + at, slice->extent[i]->has_start ? slice->extent[i]->start : 0);
    at += put_signed(bytes + at, slice->extent[i]->has_length ? slice->extent[i]->length : -1);
  }
  return find(b, bytes, at);
}

typedef struct box {
  int32_t start[LN_MAX_DIMS], length[LN_MAX_DIMS];
} box;

/* Copies a box of `whole` to or from its own packed bytes. */
static void copy_box(unsigned char* whole, const int32_t* dims, int rank, const box* part, unsigned char* packed,
                     size_t width, bool into_whole) {
  size_t rows = 1;
  for (int i = 0; i + 1 < rank; ++i) rows *= (size_t)part->length[i];
  const size_t row_bytes = width * (size_t)(rank > 0 ? part->length[rank - 1] : 1);
  for (size_t row = 0; row < rows; ++row) {
    size_t rest = row, offset = 0, stride = 1;
    for (int i = rank - 1; i >= 0; --i) {
      const size_t length = (size_t)part->length[i];
      size_t index = (size_t)part->start[i];
      if (i < rank - 1 && length != 0) {
        index += rest % length;
        rest /= length;
      }
      offset += index * stride;
      stride *= (size_t)dims[i];
    }
    unsigned char *a = whole + offset * width, *p = packed + row * row_bytes;
    memcpy(into_whole ? a : p, into_whole ? p : a, row_bytes);
  }
}

static box box_of(const ln_tf_bundle* b, const char* key, const LnPb__TensorSlice* slice, const int32_t* dims,
                  int rank) {
  box part = {{0}, {0}};
  if (slice->n_extent != (size_t)rank) ln_stop(b->job, "%s: a slice of \"%s\" has another rank", b->prefix, key);
  for (int i = 0; i < rank; ++i) {
    const LnPb__SliceExtent* e = slice->extent[i];
    const int64_t start = e->has_start ? e->start : 0, length = e->has_length ? e->length : dims[i] - start;
    if (start < 0 || length < 0 || start > dims[i] || length > dims[i] - start)
      ln_stop(b->job, "%s: a slice of \"%s\" lies outside of it", b->prefix, key);
    part.start[i] = (int32_t)start;
    part.length[i] = (int32_t)length;
  }
  return part;
}

/* All slices put together. */
static const void* join(const ln_tf_bundle* b, const LnPb__BundleEntry* e, const char* key, int type, int rank,
                        const int32_t* dims, size_t bytes) {
  unsigned char* whole = ln_job_alloc(b->job, bytes, 1);
  size_t width = 1;
  ln_tensor_type_bytes((uint8_t)type, 1, &width);
  for (size_t i = 0; i < e->n_slices; ++i) {
    const box part = box_of(b, key, e->slices[i], dims, rank);
    const entry* found = find_slice(b, key, e->slices[i]);
    if (found == NULL) ln_stop(b->job, "%s: slice %zu of \"%s\" is missing", b->prefix, i, key);
    const size_t part_bytes = bytes_of(b, key, type, rank, part.length);
    const unsigned char* data = data_of(b, unpack_entry(b, found), key, part_bytes);
    copy_box(whole, dims, rank, &part, (unsigned char*)(uintptr_t)data, width, true);
  }
  return whole;
}

/* The part of a variable that RestoreV2 says: the whole's extents, a blank, then start,length or - for each dimension.
 */
static void cut(const ln_tf_bundle* b, const char* key, const char* slice, ln_tf_variable* v) {
  const char* last = strrchr(slice, ' ');
  box part = {{0}, {0}};
  if (last == NULL) return;
  const char* at = last + 1;
  for (int i = 0; i < v->rank; ++i) {
    char* end = NULL;
    part.start[i] = 0;
    part.length[i] = v->dims[i];
    if (*at == '-') {
      end = (char*)(uintptr_t)at + 1;
    } else {
      const long start = strtol(at, &end, 10), length = *end == ',' ? strtol(end + 1, &end, 10) : -1;
      if (start < 0 || length < 0 || start > v->dims[i] || length > v->dims[i] - start)
        ln_stop(b->job, "\"%s\" is restored from \"%s\", which lies outside of it", key, slice);
      part.start[i] = (int32_t)start;
      part.length[i] = (int32_t)length;
    }
    at = *end == ':' ? end + 1 : end;
  }
  size_t width = 1;
  ln_tensor_type_bytes((uint8_t)v->type, 1, &width);
  const size_t bytes = bytes_of(b, key, v->type, v->rank, part.length);
  unsigned char* packed = ln_job_alloc(b->job, bytes, 1);
  copy_box((unsigned char*)(uintptr_t)v->data, v->dims, v->rank, &part, packed, width, false);
  v->data = packed;
  v->data_bytes = bytes;
  int32_t* dims = ln_job_alloc(b->job, (size_t)v->rank, sizeof *dims);
  if (v->rank > 0) memcpy(dims, part.length, (size_t)v->rank * sizeof *dims);
  v->dims = dims;
}

void ln_tf_bundle_load(const ln_tf_bundle* b, const char* node, ln_tf_variable* v) {
  const char *key = node, *slice = "";
  const alias* a = find_alias(b, node);
  if (a != NULL) {
    key = a->key;
    slice = a->slice;
  }
  const entry* found = find(b, key, strlen(key));
  if (found == NULL && key == node) {
    key = v->name;
    found = find(b, key, strlen(key));
  }
  if (found == NULL) return;
  const LnPb__BundleEntry* e = unpack_entry(b, found);
  v->key = key;
  v->type = ln_tf_stored_type(e->dtype);
  v->rank = ln_tf_shape(b->job, e->shape, key, &v->dims);
  if (e->shape == NULL) v->rank = 0;
  if (v->type == LN_TYPE_STRING) ln_stop(b->job, "%s: \"%s\" is of strings, which cannot be read", b->prefix, key);
  const size_t bytes = bytes_of(b, key, v->type, v->rank, v->dims);
  v->data_bytes = bytes;
  v->data = e->n_slices != 0 ? join(b, e, key, v->type, v->rank, v->dims, bytes) : data_of(b, e, key, bytes);
  if (e->n_slices == 0 && e->size != (int64_t)bytes)
    ln_stop(b->job, "%s: \"%s\" has %lld bytes; its shape takes %zu", b->prefix, key, (long long)e->size, bytes);
  cut(b, key, slice, v);
}

/* Strings: their lengths in 7 bits a byte, a checksum of the lengths, the bytes of all. The entry's own checksum is of
 * the lengths in 4 bytes each and of what follows them. */
static ln_tensor* strings_of(const ln_tf_bundle* b, const LnPb__BundleEntry* e, const char* key,
                             ln_subgraph* subgraph) {
  int32_t* dims = NULL;
  const int rank = e->shape != NULL ? ln_tf_shape(b->job, e->shape, key, &dims) : 0;
  const size_t size = e->size > 0 ? (size_t)e->size : 0;
  const unsigned char *at = place_of(b, e, key, size), *end = at + size;
  size_t count = 1, total = 0;
  for (int i = 0; i < rank; ++i)
    if (dims[i] < 0 || !ln_mul_size(count, (size_t)dims[i], &count)) count = SIZE_MAX;
  if (e->n_slices != 0 || rank < 0 || count > size)
    ln_stop(b->job, "%s: \"%s\" has %zu bytes of strings, in %zu slices; its shape takes others", b->prefix, key, size,
            e->n_slices);
  ln_chars* strings = ln_job_alloc(b->job, count, sizeof *strings);
  unsigned char* checked = ln_job_alloc(b->job, 4 * count + size, 1);
  for (size_t i = 0; i < count; ++i) {
    uint64_t length = 0;
    bool ended = false;
    for (int shift = 0; shift < 35 && !ended && at < end; shift += 7, ++at) {
      length |= (uint64_t)(*at & 127) << shift;
      ended = *at < 128;
    }
    total += (size_t)length;
    if (!ended || length > size || total > size)
      ln_stop(b->job, "%s: the strings of \"%s\" are damaged", b->prefix, key);
    strings[i].len = (size_t)length;
    for (int k = 0; k < 4; ++k) checked[4 * i + (size_t)k] = (unsigned char)(length >> 8 * k);
  }
  if ((size_t)(end - at) < 4 || (size_t)(end - at) - 4 != total)
    ln_stop(b->job, "%s: the strings of \"%s\" are damaged", b->prefix, key);
  memcpy(checked + 4 * count, at, total + 4);
  check(b, e, key, checked, 4 * count + 4 + total);
  at += 4;
  for (size_t i = 0; i < count; ++i) {
    strings[i].data = at;
    at += strings[i].len;
  }
  return ln_graph_strings(subgraph, key, rank, dims, strings);
}

ln_tensor* ln_tf_bundle_constant(const ln_tf_bundle* b, const char* node, ln_subgraph* subgraph) {
  const alias* a = find_alias(b, node);
  const entry* found = a != NULL ? find(b, a->key, strlen(a->key)) : NULL;
  if (found == NULL) return NULL;
  const LnPb__BundleEntry* e = unpack_entry(b, found);
  if (ln_tf_stored_type(e->dtype) == LN_TYPE_STRING) return strings_of(b, e, a->key, subgraph);
  ln_tf_variable v = {.name = node};
  ln_tf_bundle_load(b, node, &v);
  size_t width;
  if (v.rank < 0 || v.data == NULL || !ln_tensor_type_bytes((uint8_t)v.type, 1, &width)) return NULL;
  const void* data = ln_job_copy(b->job, v.data, v.data_bytes);
  return ln_graph_constant(subgraph, a->key, ln_computed_type(v.type), v.rank, v.dims,
                           ln_computed_numbers(b->job, v.type, v.data_bytes / width, data));
}
