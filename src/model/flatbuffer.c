#include "model/flatbuffer.h"

#include <string.h>

uint16_t ln_fb_load_u16(const uint8_t* p) { return (uint16_t)(p[0] | p[1] << 8); }

uint32_t ln_fb_load_u32(const uint8_t* p) {
  return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

uint64_t ln_fb_load_u64(const uint8_t* p) { return ln_fb_load_u32(p) | (uint64_t)ln_fb_load_u32(p + 4) << 32; }

size_t ln_fb_field(ln_fb_table table, int slot) {
  if (table.buf == NULL) return 0;
  const size_t vtable = table.pos - (size_t)(int64_t)(int32_t)ln_fb_load_u32(table.buf + table.pos);
  const size_t entry = 4 + 2 * (size_t)slot;
  if (entry + 2 > ln_fb_load_u16(table.buf + vtable)) return 0;
  const uint16_t offset = ln_fb_load_u16(table.buf + vtable + entry);
  return offset != 0 ? table.pos + offset : 0;
}

bool ln_fb_bool(ln_fb_table table, int slot, bool fallback) { return ln_fb_u8(table, slot, fallback) != 0; }

int8_t ln_fb_i8(ln_fb_table table, int slot, int8_t fallback) {
  return (int8_t)ln_fb_u8(table, slot, (uint8_t)fallback);
}

uint8_t ln_fb_u8(ln_fb_table table, int slot, uint8_t fallback) {
  const size_t field = ln_fb_field(table, slot);
  return field != 0 ? table.buf[field] : fallback;
}

int32_t ln_fb_i32(ln_fb_table table, int slot, int32_t fallback) {
  return (int32_t)ln_fb_u32(table, slot, (uint32_t)fallback);
}

uint32_t ln_fb_u32(ln_fb_table table, int slot, uint32_t fallback) {
  const size_t field = ln_fb_field(table, slot);
  return field != 0 ? ln_fb_load_u32(table.buf + field) : fallback;
}

int64_t ln_fb_i64(ln_fb_table table, int slot, int64_t fallback) {
  return (int64_t)ln_fb_u64(table, slot, (uint64_t)fallback);
}

uint64_t ln_fb_u64(ln_fb_table table, int slot, uint64_t fallback) {
  const size_t field = ln_fb_field(table, slot);
  return field != 0 ? ln_fb_load_u64(table.buf + field) : fallback;
}

float ln_fb_f32(ln_fb_table table, int slot, float fallback) {
  const size_t field = ln_fb_field(table, slot);
  if (field == 0) return fallback;
  const uint32_t bits = ln_fb_load_u32(table.buf + field);
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static size_t follow(ln_fb_table table, int slot) {
  const size_t field = ln_fb_field(table, slot);
  return field != 0 ? field + ln_fb_load_u32(table.buf + field) : 0;
}

const char* ln_fb_string(ln_fb_table table, int slot) {
  const size_t pos = follow(table, slot);
  return pos != 0 ? (const char*)table.buf + pos + 4 : NULL;
}

ln_fb_table ln_fb_sub_table(ln_fb_table table, int slot) {
  const size_t pos = follow(table, slot);
  return (ln_fb_table){pos != 0 ? table.buf : NULL, pos};
}

ln_fb_vector ln_fb_get_vector(ln_fb_table table, int slot) {
  const size_t pos = follow(table, slot);
  if (pos == 0) return (ln_fb_vector){NULL, 0};
  return (ln_fb_vector){table.buf + pos + 4, ln_fb_load_u32(table.buf + pos)};
}

ln_fb_table ln_fb_vector_table(ln_fb_table owner, ln_fb_vector vector, uint32_t index) {
  const uint8_t* entry = vector.data + 4 * (size_t)index;
  return (ln_fb_table){owner.buf, (size_t)(entry - owner.buf) + ln_fb_load_u32(entry)};
}

ln_fb_table ln_fb_root(const uint8_t* buf) { return (ln_fb_table){buf, ln_fb_load_u32(buf)}; }
