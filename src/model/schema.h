/* The file format's tables as data: what a generic walker (the verifier, a mutator) needs to know of every table. */
#ifndef LN_MODEL_SCHEMA_H_
#define LN_MODEL_SCHEMA_H_

#include <stdint.h>

typedef enum ln_kind {
  LN_KIND_I8,
  LN_KIND_U8,
  LN_KIND_I16,
  LN_KIND_U16,
  LN_KIND_I32,
  LN_KIND_U32,
  LN_KIND_I64,
  LN_KIND_U64,
  LN_KIND_F32,
  LN_KIND_VECTOR_I8,
  LN_KIND_VECTOR_U8,
  LN_KIND_VECTOR_I16,
  LN_KIND_VECTOR_U16,
  LN_KIND_VECTOR_I32,
  LN_KIND_VECTOR_U32,
  LN_KIND_VECTOR_I64,
  LN_KIND_VECTOR_U64,
  LN_KIND_VECTOR_F32,
  LN_KIND_STRING,
  LN_KIND_TABLE,
  LN_KIND_VECTOR_TABLE,
  LN_KIND_VECTOR_STRING,
  LN_KIND_TAG,
  LN_KIND_UNION
} ln_kind;

typedef struct ln_schema_field {
  uint8_t slot;
  uint8_t kind;
  int16_t ref; /* LN_TABLE_… or LN_UNION_…, where the kind refers to one */
  const char* name;
} ln_schema_field;

typedef struct ln_schema_table {
  const char* name;
  const ln_schema_field* fields;
  int field_count;
} ln_schema_table;

enum {
  LN_TABLE_NONE = -1,
#define LN_TABLE_NAME(name) LN_TABLE_##name,
#include "model/schema.def"
#undef LN_TABLE_NAME
  LN_TABLE_COUNT
};

#define LN_UNION_MEMBER(tag, table)
#define LN_UNION_BEGIN(name) LN_UNION_##name,
#define LN_UNION_END(name)
enum {
#include "model/schema.def"
  LN_UNION_COUNT
};
#undef LN_UNION_MEMBER
#undef LN_UNION_BEGIN
#undef LN_UNION_END

#define LN_TABLE_BEGIN(name)
#define LN_FIELD(table, slot, name, kind, ref) LN_SLOT_##table##_##name = slot,
#define LN_TABLE_END(name)
enum {
#include "model/schema.def"
};
#undef LN_TABLE_BEGIN
#undef LN_FIELD
#undef LN_TABLE_END

/* The vtable slot of a field: LN_SLOT(Tensor, type). */
#define LN_SLOT(table, field) LN_SLOT_##table##_##field

/* `table` is one of LN_TABLE_…. */
const ln_schema_table* ln_schema_get_table(int table);
/* The table that a union's tag stands for, -1: none (tag 0 or a tag that the schema does not have). */
int ln_schema_union_table(int union_index, uint8_t tag);
/* The table that holds a builtin operator's options, LN_TABLE_NONE: it has none. */
int ln_schema_operator_options(int32_t builtin_code);
/* Bytes of one scalar, or of one element of a vector of scalars; 0 for other kinds. */
int ln_kind_bytes(ln_kind kind);

#endif
