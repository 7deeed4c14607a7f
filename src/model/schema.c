#include "model/schema.h"

#include <stddef.h>

#include "model/model.h"

#define LN_TABLE_BEGIN(name) static const ln_schema_field kFields_##name[] = {
#define LN_FIELD(table, slot, name, kind, ref) {slot, LN_KIND_##kind, ref, #name},
#define LN_TABLE_END(name) \
  { UINT8_MAX, 0, 0, "" }  \
  }                        \
  ;
#include "model/schema.def"
#undef LN_TABLE_BEGIN
#undef LN_FIELD
#undef LN_TABLE_END

static const ln_schema_table kTables[LN_TABLE_COUNT] = {
#define LN_TABLE_NAME(name) {#name, kFields_##name, (int)(sizeof kFields_##name / sizeof kFields_##name[0]) - 1},
#include "model/schema.def"
#undef LN_TABLE_NAME
};

typedef struct union_member {
  uint8_t tag;
  int16_t table;
} union_member;

#define LN_UNION_BEGIN(name) static const union_member kMembers_##name[] = {
#define LN_UNION_MEMBER(tag, table) {tag, LN_TABLE_##table},
#define LN_UNION_END(name) \
  { 0, -1 }                \
  }                        \
  ;
#include "model/schema.def"
#undef LN_UNION_BEGIN
#undef LN_UNION_MEMBER
#undef LN_UNION_END

static const union_member* const kUnions[LN_UNION_COUNT] = {
#define LN_UNION_BEGIN(name) kMembers_##name,
#define LN_UNION_MEMBER(tag, table)
#define LN_UNION_END(name)
#include "model/schema.def"
#undef LN_UNION_BEGIN
#undef LN_UNION_MEMBER
#undef LN_UNION_END
};

const ln_schema_table* ln_schema_get_table(int table) { return &kTables[table]; }

int ln_schema_union_table(int union_index, uint8_t tag) {
  for (const union_member* m = kUnions[union_index]; m->table >= 0; ++m)
    if (m->tag == tag) return m->table;
  return -1;
}

int ln_kind_bytes(ln_kind kind) {
  static const uint8_t kBytes[] = {1, 1, 2, 2, 4, 4, 8, 8, 4};
  if (kind <= LN_KIND_F32) return kBytes[kind];
  if (kind <= LN_KIND_VECTOR_F32) return kBytes[kind - LN_KIND_VECTOR_I8];
  return kind == LN_KIND_TAG ? 1 : 0;
}

int ln_schema_operator_options(int32_t builtin_code) {
  static const int16_t kOptions[] = {
#define LN_OPERATOR(number, name, options) [number] = LN_TABLE_##options,
#include "model/schema.def"
#undef LN_OPERATOR
  };
  const int32_t count = (int32_t)(sizeof kOptions / sizeof kOptions[0]);
  return builtin_code >= 0 && builtin_code < count ? kOptions[builtin_code] : LN_TABLE_NONE;
}

const char* ln_builtin_operator_name(int32_t code) {
  switch (code) {
#define LN_OPERATOR(number, name, options) \
  case number:                             \
    return #name;
#include "model/schema.def"
#undef LN_OPERATOR
    default:
      return "UNKNOWN";
  }
}

const char* ln_tensor_type_name(uint8_t schema_type) {
  switch (schema_type) {
#define LN_TENSOR_TYPE(number, name, bits) \
  case number:                             \
    return #name;
#include "model/schema.def"
#undef LN_TENSOR_TYPE
    default:
      return "UNKNOWN";
  }
}

bool ln_tensor_type_bytes(uint8_t schema_type, size_t elements, size_t* size_bytes) {
  size_t bits = 0;
  switch (schema_type) {
#define LN_TENSOR_TYPE(number, name, width) \
  case number:                              \
    bits = width;                           \
    break;
#include "model/schema.def"
#undef LN_TENSOR_TYPE
    default:
      return false;
  }
  if (bits == 0 || elements > (SIZE_MAX / 2 - 7) / bits) return false;
  *size_bytes = (elements * bits + 7) / 8;
  return true;
}
