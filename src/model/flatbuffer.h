/* Reading FlatBuffers tables that the verifier has passed. Nothing is checked here; all loads work at any alignment and
 * on any byte order. */
#ifndef LN_MODEL_FLATBUFFER_H_
#define LN_MODEL_FLATBUFFER_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ln_fb_table {
  const uint8_t* buf; /* start of the FlatBuffer; NULL: no table */
  size_t pos;         /* of the table in it */
} ln_fb_table;

typedef struct ln_fb_vector {
  const uint8_t* data; /* first element; NULL: no vector */
  uint32_t count;
} ln_fb_vector;

uint16_t ln_fb_load_u16(const uint8_t* p);
uint32_t ln_fb_load_u32(const uint8_t* p);
uint64_t ln_fb_load_u64(const uint8_t* p);

/* Position of a table's field in the buffer, 0: absent (the default counts). */
size_t ln_fb_field(ln_fb_table table, int slot);

bool ln_fb_bool(ln_fb_table table, int slot, bool fallback);
int8_t ln_fb_i8(ln_fb_table table, int slot, int8_t fallback);
uint8_t ln_fb_u8(ln_fb_table table, int slot, uint8_t fallback);
int32_t ln_fb_i32(ln_fb_table table, int slot, int32_t fallback);
uint32_t ln_fb_u32(ln_fb_table table, int slot, uint32_t fallback);
int64_t ln_fb_i64(ln_fb_table table, int slot, int64_t fallback);
uint64_t ln_fb_u64(ln_fb_table table, int slot, uint64_t fallback);
float ln_fb_f32(ln_fb_table table, int slot, float fallback);
const char* ln_fb_string(ln_fb_table table, int slot); /* NULL: absent */
ln_fb_table ln_fb_sub_table(ln_fb_table table, int slot);
ln_fb_vector ln_fb_get_vector(ln_fb_table table, int slot);
ln_fb_table ln_fb_vector_table(ln_fb_table owner, ln_fb_vector vector, uint32_t index); /* of offsets */
ln_fb_table ln_fb_root(const uint8_t* buf);

#endif
