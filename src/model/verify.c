#include "model/verify.h"

#include <stdio.h>
#include <string.h>

#include "model/flatbuffer.h"
#include "model/schema.h"

enum { MAX_DEPTH = 32 };

typedef struct verifier {
  const uint8_t* data;
  size_t size;   /* offsets are 32 bits, so that no more than 2 GiB can be a FlatBuffer */
  size_t budget; /* tables and table references that may still be visited: shared tables must not multiply the work */
  int depth;
  bool strict; /* alignment counts */
  char* message;
  size_t message_size;
} verifier;

static bool fail(verifier* v, const char* table, const char* field, const char* what, size_t offset) {
  snprintf(v->message, v->message_size, "%s.%s %s at offset %zu", table, field, what, offset);
  return false;
}

static bool inside(const verifier* v, size_t offset, size_t bytes) {
  return offset <= v->size && bytes <= v->size - offset;
}

static bool misaligned(const verifier* v, size_t offset, size_t alignment) {
  return v->strict && offset % alignment != 0;
}

/* Follows the 32-bit offset that stands at `at`; the target can hold a length or a table's first word. */
static bool follow(const verifier* v, size_t at, size_t* target) {
  if (!inside(v, at, 4)) return false;
  const uint32_t offset = ln_fb_load_u32(v->data + at);
  *target = at + offset;
  return offset != 0 && offset <= INT32_MAX && inside(v, *target, 4);
}

static bool verify_table(verifier* v, int table, size_t pos);

static bool verify_string(const verifier* v, size_t pos) {
  const size_t length = ln_fb_load_u32(v->data + pos);
  return inside(v, pos + 4, length) && inside(v, pos + 4 + length, 1) && v->data[pos + 4 + length] == 0;
}

static bool verify_offsets(verifier* v, const char* table, const ln_schema_field* f, size_t pos) {
  const size_t count = ln_fb_load_u32(v->data + pos);
  if (count > v->size / 4 || !inside(v, pos + 4, 4 * count)) return fail(v, table, f->name, "leaves the file", pos);
  for (size_t i = 0; i < count; ++i) {
    size_t target;
    if (v->budget == 0) return fail(v, table, f->name, "refers to the same tables too often", pos);
    --v->budget;
    if (!follow(v, pos + 4 + 4 * i, &target)) return fail(v, table, f->name, "has an offset that leaves the file", pos);
    if (misaligned(v, target, 4)) return fail(v, table, f->name, "has an element that is not aligned", target);
    if (f->kind == LN_KIND_VECTOR_STRING ? !verify_string(v, target) : !verify_table(v, f->ref, target)) {
      if (f->kind == LN_KIND_VECTOR_STRING) fail(v, table, f->name, "has a string that does not end", target);
      return false;
    }
  }
  return true;
}

static bool verify_reference(verifier* v, const char* table, const ln_schema_field* f, size_t at, uint8_t tag) {
  size_t target;
  if (!follow(v, at, &target)) return fail(v, table, f->name, "has an offset that leaves the file", at);
  if (misaligned(v, target, 4)) return fail(v, table, f->name, "is not aligned", target);
  switch (f->kind) {
    case LN_KIND_STRING:
      return verify_string(v, target) || fail(v, table, f->name, "is a string that does not end", target);
    case LN_KIND_TABLE:
      return verify_table(v, f->ref, target);
    case LN_KIND_VECTOR_TABLE:
    case LN_KIND_VECTOR_STRING:
      return verify_offsets(v, table, f, target);
    case LN_KIND_UNION: {
      const int member = ln_schema_union_table(f->ref, tag);
      /* A tag from a newer schema: nobody will look at the value. */
      return member < 0 || verify_table(v, member, target);
    }
    default: {
      const size_t width = (size_t)ln_kind_bytes((ln_kind)f->kind), count = ln_fb_load_u32(v->data + target);
      return (count <= v->size / width && inside(v, target + 4, count * width)) ||
             fail(v, table, f->name, "is a vector that leaves the file", target);
    }
  }
}

static bool verify_field(verifier* v, const ln_schema_table* t, const ln_schema_field* f, ln_fb_table here,
                         size_t table_bytes) {
  const size_t at = ln_fb_field(here, f->slot);
  if (at == 0) return true;
  const int scalar = f->kind <= LN_KIND_F32 || f->kind == LN_KIND_TAG ? ln_kind_bytes((ln_kind)f->kind) : 0;
  const size_t width = scalar != 0 ? (size_t)scalar : 4;
  if (at - here.pos < 4 || at - here.pos + width > table_bytes)
    return fail(v, t->name, f->name, "lies outside its table", at);
  if (misaligned(v, at, width)) return fail(v, t->name, f->name, "is not aligned", at);
  if (scalar != 0) return true;
  const uint8_t tag = f->kind == LN_KIND_UNION ? ln_fb_u8(here, f->slot - 1, 0) : 0;
  return verify_reference(v, t->name, f, at, tag);
}

static bool verify_table(verifier* v, int table, size_t pos) {
  const ln_schema_table* t = ln_schema_get_table(table);
  if (v->depth >= MAX_DEPTH) return fail(v, t->name, "", "is nested too deeply", pos);
  if (v->budget == 0) return fail(v, t->name, "", "is referred to too often", pos);
  --v->budget;
  if (!inside(v, pos, 4)) return fail(v, t->name, "", "leaves the file", pos);
  const int64_t vtable = (int64_t)pos - (int32_t)ln_fb_load_u32(v->data + pos);
  if (misaligned(v, pos, 4) || misaligned(v, (size_t)vtable, 2))
    return fail(v, t->name, "", "or its vtable is not aligned", pos);
  if (vtable < 0 || !inside(v, (size_t)vtable, 4)) return fail(v, t->name, "vtable", "leaves the file", pos);
  const size_t vtable_bytes = ln_fb_load_u16(v->data + vtable);
  const size_t table_bytes = ln_fb_load_u16(v->data + vtable + 2);
  if (vtable_bytes < 4 || vtable_bytes % 2 != 0 || !inside(v, (size_t)vtable, vtable_bytes))
    return fail(v, t->name, "vtable", "has a wrong size", (size_t)vtable);
  if (table_bytes < 4 || !inside(v, pos, table_bytes)) return fail(v, t->name, "", "leaves the file", pos);
  ++v->depth;
  for (int i = 0; i < t->field_count; ++i)
    if (!verify_field(v, t, &t->fields[i], (ln_fb_table){v->data, pos}, table_bytes)) return false;
  --v->depth;
  return true;
}

bool ln_verify_structure(const uint8_t* data, size_t size_bytes, bool strict, char* message, size_t message_size) {
  verifier v = {data, size_bytes < INT32_MAX ? size_bytes : INT32_MAX, 0, 0, strict, message, message_size};
  v.budget = v.size + 16;
  if (v.size < 8) {
    snprintf(message, message_size, "it has %zu bytes; a FlatBuffer has at least 8", size_bytes);
    return false;
  }
  if (memcmp(data + 4, "TFL3", 4) != 0) {
    snprintf(message, message_size, "its identifier is not TFL3");
    return false;
  }
  size_t root;
  if (!follow(&v, 0, &root)) return fail(&v, "Model", "", "leaves the file", 0);
  return verify_table(&v, LN_TABLE_Model, root);
}
