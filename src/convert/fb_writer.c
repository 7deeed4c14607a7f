#include "convert/fb_writer.h"

#include <string.h>

#include "model/schema.h"

enum { BLOCK_BYTES = 1 << 13, MAX_SLOTS = 32, KEPT_VTABLES = 64, DATA_ALIGNMENT = 16 };

typedef struct segment {
  const unsigned char* data;
  size_t size;
} segment;

typedef struct vtable {
  size_t size;
  ln_fb_ref at;
  uint16_t words[MAX_SLOTS + 2];
} vtable;

/* Data behind the FlatBuffer, and the number in it that says where: known when the FlatBuffer is whole. */
typedef struct behind {
  segment bytes;
  uint64_t at; /* from the end of the FlatBuffer */
  unsigned char* number;
} behind;

struct ln_fb_writer {
  ln_job* job;
  segment* segments; /* the last one first in the file */
  size_t segment_count, segment_capacity;
  unsigned char* room; /* free bytes end where the open segment begins */
  size_t room_bytes;
  bool open;
  uint64_t used;
  vtable vtables[KEPT_VTABLES];
  int vtable_count;
  behind* behinds;
  size_t behind_count, behind_capacity;
  uint64_t behind_bytes;
  int watched_slot; /* of the next table, where its number is written; -1: none */
  unsigned char* watched;
};

ln_fb_writer* ln_fb_writer_new(ln_job* job) {
  ln_fb_writer* writer = ln_job_alloc(job, 1, sizeof *writer);
  writer->job = job;
  writer->watched_slot = -1;
  return writer;
}

static void count_bytes(ln_fb_writer* w, size_t bytes) {
  w->used += bytes;
  if (w->used > INT32_MAX) ln_stop(w->job, "the model would be larger than 2 GiB, more than a .tflite file can hold");
}

static segment* add_segment(ln_fb_writer* w) {
  w->segments = ln_job_grow(w->job, w->segments, w->segment_count, &w->segment_capacity, sizeof *w->segments);
  return &w->segments[w->segment_count++];
}

static void push(ln_fb_writer* w, const void* data, size_t bytes) {
  if (bytes == 0) return;
  count_bytes(w, bytes);
  if (bytes > w->room_bytes) {
    w->room_bytes = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
    w->room = ln_job_alloc(w->job, w->room_bytes, 1);
    w->open = false;
  }
  w->room_bytes -= bytes;
  memcpy(w->room + w->room_bytes, data, bytes);
  if (!w->open) *add_segment(w) = (segment){w->room + w->room_bytes + bytes, 0};
  w->open = true;
  segment* last = &w->segments[w->segment_count - 1];
  last->data -= bytes;
  last->size += bytes;
}

/* Pads so that, after `ahead` more bytes, the position is a multiple of `alignment`. */
static void align(ln_fb_writer* w, size_t alignment, size_t ahead) {
  static const unsigned char zeros[DATA_ALIGNMENT];
  push(w, zeros, (alignment - (size_t)((w->used + ahead) % alignment)) % alignment);
}

static void push_number(ln_fb_writer* w, uint64_t number, size_t bytes) {
  unsigned char little[8];
  for (size_t i = 0; i < bytes; ++i) little[i] = (unsigned char)(number >> 8 * i);
  push(w, little, bytes);
}

ln_fb_ref ln_fb_write_vector(ln_fb_writer* w, const void* data, size_t count, size_t width) {
  align(w, width > 4 ? width : 4, count * width);
  push(w, data, count * width);
  push_number(w, count, 4);
  return (ln_fb_ref)w->used;
}

ln_fb_ref ln_fb_write_data(ln_fb_writer* w, const void* data, size_t size_bytes) {
  align(w, DATA_ALIGNMENT, size_bytes);
  if (size_bytes != 0) {
    count_bytes(w, size_bytes);
    *add_segment(w) = (segment){data, size_bytes};
    w->open = false;
  }
  push_number(w, size_bytes, 4);
  return (ln_fb_ref)w->used;
}

ln_fb_ref ln_fb_write_string(ln_fb_writer* w, const char* text) {
  const size_t length = strlen(text);
  align(w, 4, length + 1);
  push(w, text, length + 1);
  push_number(w, length, 4);
  return (ln_fb_ref)w->used;
}

static void push_ref(ln_fb_writer* w, ln_fb_ref ref) { push_number(w, w->used + 4 - ref, 4); }

ln_fb_ref ln_fb_write_refs(ln_fb_writer* w, const ln_fb_ref* refs, size_t count) {
  align(w, 4, 0);
  for (size_t i = count; i-- > 0;) push_ref(w, refs[i]);
  push_number(w, count, 4);
  return (ln_fb_ref)w->used;
}

/* Where an equal vtable stands, 0: nowhere. */
static ln_fb_ref find_vtable(const ln_fb_writer* w, const vtable* wanted) {
  for (int i = 0; i < w->vtable_count && i < KEPT_VTABLES; ++i)
    if (w->vtables[i].size == wanted->size && memcmp(w->vtables[i].words, wanted->words, wanted->size) == 0)
      return w->vtables[i].at;
  return 0;
}

ln_fb_ref ln_fb_write_table(ln_fb_writer* w, const ln_fb_slot* slots, size_t count) {
  uint64_t at[MAX_SLOTS] = {0};
  const uint64_t start = w->used;
  int last = -1;
  for (size_t i = 0; i < count; ++i) {
    const ln_fb_slot* s = &slots[i];
    if (s->number == 0 && !(s->bytes != 0 && s->always)) continue;
    if (s->slot >= MAX_SLOTS) ln_stop(w->job, "a table has more than %d fields", MAX_SLOTS);
    const size_t bytes = s->bytes != 0 ? s->bytes : 4;
    align(w, bytes, bytes);
    if (s->bytes != 0) push_number(w, s->number, bytes);
    if (s->slot == w->watched_slot) w->watched = w->room + w->room_bytes;
    if (s->bytes == 0) push_ref(w, (ln_fb_ref)s->number);
    at[s->slot] = w->used;
    if (s->slot > last) last = s->slot;
  }
  align(w, 4, 4);
  const uint64_t table = w->used + 4;
  vtable v = {0};
  v.size = 4 + 2 * (size_t)(last + 1);
  v.words[0] = (uint16_t)v.size;
  v.words[1] = (uint16_t)(table - start);
  for (int i = 0; i <= last; ++i) v.words[i + 2] = (uint16_t)(at[i] != 0 ? table - at[i] : 0);
  const ln_fb_ref found = find_vtable(w, &v);
  v.at = (ln_fb_ref)(table + v.size);
  push_number(w, (uint32_t)((found != 0 ? found : v.at) - (uint32_t)table), 4);
  if (found != 0) return (ln_fb_ref)table;
  for (size_t i = v.size / 2; i-- > 0;) push_number(w, v.words[i], 2);
  w->vtables[w->vtable_count++ % KEPT_VTABLES] = v;
  return (ln_fb_ref)table;
}

/* What is behind another is at a multiple of 16 of a FlatBuffer that is one, too. */
static uint64_t rounded(uint64_t bytes) { return (bytes + DATA_ALIGNMENT - 1) / DATA_ALIGNMENT * DATA_ALIGNMENT; }

ln_fb_ref ln_fb_write_data_behind(ln_fb_writer* w, const void* data, size_t size_bytes, int offset_slot,
                                  int size_slot) {
  const ln_fb_slot slots[] = {{offset_slot, 8, true, 0}, {size_slot, 8, true, size_bytes}};
  w->watched_slot = offset_slot;
  const ln_fb_ref table = ln_fb_write_table(w, slots, 2);
  w->watched_slot = -1;
  w->behinds = ln_job_grow(w->job, w->behinds, w->behind_count, &w->behind_capacity, sizeof *w->behinds);
  w->behinds[w->behind_count++] = (behind){{data, size_bytes}, w->behind_bytes, w->watched};
  w->behind_bytes = rounded(w->behind_bytes + size_bytes);
  return table;
}

static ln_fb_slot copy_field(ln_fb_writer* w, ln_fb_table source, const ln_schema_field* field) {
  ln_fb_slot slot = {field->slot, 0, true, 0};
  const ln_fb_vector vector =
      ln_fb_get_vector(source, field->kind > LN_KIND_F32 && field->kind != LN_KIND_TAG ? field->slot : UINT8_MAX);
  switch ((ln_kind)field->kind) {
    case LN_KIND_STRING:
      slot.number = ln_fb_write_string(w, ln_fb_string(source, field->slot));
      break;
    case LN_KIND_TABLE:
      slot.number = ln_fb_write_copy(w, ln_fb_sub_table(source, field->slot), field->ref);
      break;
    case LN_KIND_UNION: {
      const int table = ln_schema_union_table(field->ref, ln_fb_u8(source, field->slot - 1, 0));
      if (table != LN_TABLE_NONE) slot.number = ln_fb_write_copy(w, ln_fb_sub_table(source, field->slot), table);
      break;
    }
    case LN_KIND_VECTOR_TABLE:
    case LN_KIND_VECTOR_STRING: {
      ln_fb_ref* refs = ln_job_alloc(w->job, vector.count, sizeof *refs);
      for (uint32_t i = 0; i < vector.count; ++i) {
        const ln_fb_table element = ln_fb_vector_table(source, vector, i);
        refs[i] = field->kind == LN_KIND_VECTOR_TABLE
                      ? ln_fb_write_copy(w, element, field->ref)
                      : ln_fb_write_string(w, (const char*)element.buf + element.pos + 4);
      }
      slot.number = ln_fb_write_refs(w, refs, vector.count);
      break;
    }
    default: {
      const size_t bytes = (size_t)ln_kind_bytes((ln_kind)field->kind);
      if (field->kind > LN_KIND_F32 && field->kind != LN_KIND_TAG) {
        slot.number = ln_fb_write_vector(w, vector.data, vector.count, bytes);
        break;
      }
      slot.bytes = (uint8_t)bytes;
      const uint8_t* at = source.buf + ln_fb_field(source, field->slot);
      for (size_t i = 0; i < bytes; ++i) slot.number |= (uint64_t)at[i] << 8 * i;
    }
  }
  return slot;
}

ln_fb_ref ln_fb_write_copy(ln_fb_writer* w, ln_fb_table source, int table) {
  const ln_schema_table* schema = ln_schema_get_table(table);
  ln_fb_slot slots[MAX_SLOTS];
  size_t count = 0;
  for (int i = 0; i < schema->field_count; ++i)
    if (ln_fb_field(source, schema->fields[i].slot) != 0) slots[count++] = copy_field(w, source, &schema->fields[i]);
  return ln_fb_write_table(w, slots, count);
}

void ln_fb_write_end(ln_fb_writer* w, ln_fb_ref root, const char identifier[4]) {
  align(w, DATA_ALIGNMENT, 8);
  push(w, identifier, 4);
  push_ref(w, root);
  for (size_t i = 0; i < w->behind_count; ++i)
    for (int k = 0; k < 8; ++k)
      w->behinds[i].number[k] = (unsigned char)((rounded(w->used) + w->behinds[i].at) >> 8 * k);
}

size_t ln_fb_writer_bytes(const ln_fb_writer* w) {
  return (size_t)(w->behind_count != 0 ? rounded(w->used) + w->behind_bytes : w->used);
}

void ln_fb_writer_copy(const ln_fb_writer* w, void* destination) {
  unsigned char* to = destination;
  for (size_t i = w->segment_count; i-- > 0; to += w->segments[i].size)
    memcpy(to, w->segments[i].data, w->segments[i].size);
  to = (unsigned char*)destination + rounded(w->used);
  for (size_t i = 0; i < w->behind_count; ++i)
    memcpy(to + w->behinds[i].at, w->behinds[i].bytes.data, w->behinds[i].bytes.size);
}

static bool save(const ln_fb_writer* w, FILE* file, const segment* s) {
  for (size_t at = 0, part; at < s->size; at += part) {
    part = s->size - at < LN_JOB_STRETCH_BYTES ? s->size - at : LN_JOB_STRETCH_BYTES;
    if (fwrite(s->data + at, 1, part, file) != part) return false;
    ln_job_touch(w->job, part);
  }
  return true;
}

/* Zeros up to the next multiple of 16. */
static bool save_padding(FILE* file, uint64_t bytes) {
  static const unsigned char zeros[DATA_ALIGNMENT];
  const size_t missing = (size_t)(rounded(bytes) - bytes);
  return fwrite(zeros, 1, missing, file) == missing;
}

bool ln_fb_writer_save(const ln_fb_writer* w, FILE* file) {
  const size_t steps = w->segment_count + w->behind_count;
  for (size_t i = w->segment_count; i-- > 0;) {
    ln_job_progress(w->job, "writing", w->segment_count - i, steps);
    if (!save(w, file, &w->segments[i])) return false;
  }
  if (w->behind_count == 0) return true;
  if (!save_padding(file, w->used)) return false;
  for (size_t i = 0; i < w->behind_count; ++i) {
    ln_job_progress(w->job, "writing", w->segment_count + i + 1, steps);
    if (!save(w, file, &w->behinds[i].bytes) || !save_padding(file, w->behinds[i].bytes.size)) return false;
  }
  return true;
}
