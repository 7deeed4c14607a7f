#include "mutate.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "model/flatbuffer.h"
#include "model/schema.h"

enum { MAX_SITES = 1 << 16, MAX_CHANGES = 8 };

/* A field of a table that the model has. */
typedef struct site {
  int table; /* LN_TABLE_… */
  const ln_schema_field* field;
  size_t at;     /* of the field */
  size_t target; /* of what it leads to; 0: a scalar */
  size_t entry;  /* of its vtable entry */
} site;

typedef struct mutator {
  uint8_t* data;
  size_t size;
  fuzz_random* r;
  site* sites;
  uint32_t count;
  char* log;
  size_t log_size, log_used;
} mutator;

uint64_t fuzz_next(fuzz_random* r) {
  uint64_t z = r->state += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

uint32_t fuzz_below(fuzz_random* r, uint32_t bound) { return bound == 0 ? 0 : (uint32_t)(fuzz_next(r) % bound); }

LN_PRINTF(2, 3) static void say(mutator* m, const char* format, ...) {
  if (m->log_used >= m->log_size) return;
  va_list args;
  va_start(args, format);
  const int wrote = vsnprintf(m->log + m->log_used, m->log_size - m->log_used, format, args);
  va_end(args);
  m->log_used += (size_t)wrote;
}

static void store(uint8_t* p, uint64_t value, size_t bytes) {
  for (size_t i = 0; i < bytes; ++i) p[i] = (uint8_t)(value >> (8 * i));
}

static uint32_t load(const mutator* m, size_t at) { return ln_fb_load_u32(m->data + at); }

/* ---- Collecting ---- */

static void collect(mutator* m, int table, size_t pos);

static void collect_target(mutator* m, ln_fb_table here, const site* s) {
  if (s->field->kind == LN_KIND_TABLE) collect(m, s->field->ref, s->target);
  if (s->field->kind == LN_KIND_UNION) {
    const int member = ln_schema_union_table(s->field->ref, ln_fb_u8(here, s->field->slot - 1, 0));
    if (member != LN_TABLE_NONE) collect(m, member, s->target);
  }
  if (s->field->kind == LN_KIND_VECTOR_TABLE) {
    for (uint32_t i = 0; i < load(m, s->target); ++i) {
      const size_t at = s->target + 4 + 4 * (size_t)i;
      collect(m, s->field->ref, at + load(m, at));
    }
  }
}

static void collect(mutator* m, int table, size_t pos) {
  const ln_schema_table* schema = ln_schema_get_table(table);
  const ln_fb_table here = {m->data, pos};
  const size_t vtable = (size_t)((int64_t)pos - (int32_t)load(m, pos));
  for (int i = 0; i < schema->field_count && m->count < MAX_SITES; ++i) {
    const ln_schema_field* field = &schema->fields[i];
    const size_t at = ln_fb_field(here, field->slot);
    if (at == 0) continue;
    const bool leads = field->kind >= LN_KIND_VECTOR_I8 && field->kind != LN_KIND_TAG;
    const site s = {table, field, at, leads ? at + load(m, at) : 0, vtable + 4 + 2 * (size_t)field->slot};
    m->sites[m->count++] = s;
    if (leads) collect_target(m, here, &s);
  }
}

/* ---- Values ---- */

static uint64_t pick_integer(fuzz_random* r, uint64_t now) {
  static const int64_t kValues[] = {
      0, 1, -1, 2, 3, 4, 7, 8, 9, 16, 64, 127, 128, 255, 256, 32767, 65536, 0x7fffffff, -0x80000000LL, 1LL << 40};
  switch (fuzz_below(r, 8)) {
    case 0:
    case 1:
      return (uint64_t)kValues[fuzz_below(r, sizeof kValues / sizeof kValues[0])];
    case 2:
      return now + 1;
    case 3:
      return now - 1;
    case 4:
      return fuzz_below(r, 2) != 0 ? now * 2 : now / 2;
    case 5:
      return fuzz_below(r, 200);
    case 6:
      return fuzz_below(r, 16) != 0 ? fuzz_below(r, 4) : fuzz_next(r);
    default:
      return fuzz_below(r, 10);
  }
}

static float pick_float(fuzz_random* r, float now) {
  static const float kValues[] = {0, -0.0f, 1, -1, 0.5f, 1e-30f, 1e30f, 1e-42f, 127.5f, INFINITY, -INFINITY, NAN};
  switch (fuzz_below(r, 4)) {
    case 0:
      return now * 2;
    case 1:
      return (float)fuzz_below(r, 1000) / 100 - 5;
    default:
      return kValues[fuzz_below(r, sizeof kValues / sizeof kValues[0])];
  }
}

/* Fields whose interesting numbers are few: below the bound they all mean something. */
static uint32_t bound_of(const ln_schema_field* field) {
  static const struct {
    const char* name;
    uint32_t bound;
  } kBounds[] = {{"builtin_code", 210}, {"deprecated_builtin_code", 127},
                 {"type", 23},          {"in_data_type", 23},
                 {"out_data_type", 23}, {"output_type", 23},
                 {"out_type", 23},      {"fused_activation_function", 6},
                 {"padding", 2},        {"quantized_bias_type", 23},
                 {"version", 12},       {"builtin_options_type", 127}};
  for (size_t i = 0; i < sizeof kBounds / sizeof kBounds[0]; ++i)
    if (strcmp(field->name, kBounds[i].name) == 0) return kBounds[i].bound;
  return 0;
}

static void change_number(mutator* m, size_t at, size_t bytes, bool is_float) {
  uint64_t now = 0;
  for (size_t i = bytes; i-- > 0;) now = now << 8 | m->data[at + i];
  if (is_float) {
    const uint32_t old_bits = (uint32_t)now;
    float value;
    memcpy(&value, &old_bits, 4);
    value = pick_float(m->r, value);
    uint32_t bits;
    memcpy(&bits, &value, 4);
    store(m->data + at, bits, 4);
    say(m, " = %g", (double)value);
    return;
  }
  const uint64_t value = pick_integer(m->r, now);
  store(m->data + at, value, bytes);
  say(m, " = %" PRId64, (int64_t)value);
}

/* ---- Changes ---- */

static void drop(mutator* m, const site* s) {
  store(m->data + s->entry, 0, 2);
  say(m, " left out");
}

/* Makes the offset lead to what another field of the same kind leads to. */
static void redirect(mutator* m, const site* s) {
  for (int tries = 0; tries < 20; ++tries) {
    const site* other = &m->sites[fuzz_below(m->r, m->count)];
    if (other->field->kind != s->field->kind || other->field->ref != s->field->ref || other->target <= s->at ||
        other->target == s->target || (other->target - s->at) % 4 != 0)
      continue;
    if (s->field->kind == LN_KIND_UNION && other->table != s->table) continue;
    store(m->data + s->at, other->target - s->at, 4);
    say(m, " leads to %zu", other->target);
    return;
  }
  drop(m, s);
}

static void change_count(mutator* m, const site* s) {
  const uint32_t count = load(m, s->target);
  const uint32_t wanted = fuzz_below(m->r, 4) == 0 ? count + 1 + fuzz_below(m->r, 3)
                          : fuzz_below(m->r, 2)    ? count - (count > 0)
                                                   : fuzz_below(m->r, count + 1);
  store(m->data + s->target, wanted, 4);
  say(m, " has %u elements, not %u", wanted, count);
}

static void change_string(mutator* m, const site* s) {
  const uint32_t length = load(m, s->target);
  if (length == 0) return;
  const uint32_t where = fuzz_below(m->r, length);
  if (fuzz_below(m->r, 2) != 0) {
    store(m->data + s->target, where, 4);
    m->data[s->target + 4 + where] = 0;
    say(m, " cut at %u", where);
  } else {
    m->data[s->target + 4 + where] = (uint8_t)fuzz_next(m->r);
    say(m, "[%u] is another letter", where);
  }
}

static void change_tables(mutator* m, const site* s) {
  const uint32_t count = load(m, s->target);
  if (count < 2 || fuzz_below(m->r, 3) == 0) {
    const uint32_t wanted = fuzz_below(m->r, count + 1);
    store(m->data + s->target, wanted, 4);
    say(m, " has %u elements, not %u", wanted, count);
    return;
  }
  /* Tables lie behind the vectors that name them, so any element may name any of them. */
  const size_t to = s->target + 4 + 4 * (size_t)fuzz_below(m->r, count);
  const size_t from = s->target + 4 + 4 * (size_t)fuzz_below(m->r, count);
  const size_t to_table = to + load(m, to), from_table = from + load(m, from);
  store(m->data + to, from_table - to, 4);
  if (fuzz_below(m->r, 2) != 0 && to_table > from) store(m->data + from, to_table - from, 4);
  say(m, "[%zu] is the table of [%zu]", (to - s->target) / 4 - 1, (from - s->target) / 4 - 1);
}

static void change_elements(mutator* m, const site* s, size_t width, bool is_float) {
  const uint32_t count = load(m, s->target);
  const size_t first = s->target + 4;
  if (count > 1 && fuzz_below(m->r, 4) == 0) {
    const size_t a = first + width * fuzz_below(m->r, count), b = first + width * fuzz_below(m->r, count);
    uint8_t kept[8];
    memcpy(kept, m->data + a, width);
    memmove(m->data + a, m->data + b, width);
    memcpy(m->data + b, kept, width);
    say(m, " swaps two elements");
    return;
  }
  /* Bytes are often numbers of four. */
  if (width == 1 && count >= 4 && fuzz_below(m->r, 4) != 0) {
    const uint32_t index = fuzz_below(m->r, count / 4);
    say(m, " at %u", 4 * index);
    change_number(m, first + 4 * (size_t)index, 4, fuzz_below(m->r, 4) == 0);
    return;
  }
  const uint32_t index = fuzz_below(m->r, count);
  say(m, "[%u]", index);
  change_number(m, first + width * index, width, is_float);
}

static void change_vector(mutator* m, const site* s) {
  if (load(m, s->target) == 0 || fuzz_below(m->r, 6) == 0) {
    change_count(m, s);
    return;
  }
  const ln_kind kind = (ln_kind)s->field->kind;
  change_elements(m, s, (size_t)ln_kind_bytes(kind), kind == LN_KIND_VECTOR_F32);
}

static void change(mutator* m, const site* s) {
  say(m, "%s.%s", ln_schema_get_table(s->table)->name, s->field->name);
  const uint32_t way = fuzz_below(m->r, 16);
  if (way == 0) {
    drop(m, s);
  } else if (s->target != 0 && way < 4) {
    redirect(m, s);
  } else if (s->field->kind == LN_KIND_STRING) {
    change_string(m, s);
  } else if (s->field->kind == LN_KIND_VECTOR_TABLE) {
    change_tables(m, s);
  } else if (s->field->kind == LN_KIND_TABLE || s->field->kind == LN_KIND_UNION) {
    redirect(m, s);
  } else if (s->target != 0) {
    change_vector(m, s);
  } else if (bound_of(s->field) != 0 && fuzz_below(m->r, 8) != 0) {
    const uint32_t value = fuzz_below(m->r, bound_of(s->field));
    store(m->data + s->at, value, (size_t)ln_kind_bytes((ln_kind)s->field->kind));
    say(m, " = %u", value);
  } else {
    change_number(m, s->at, (size_t)ln_kind_bytes((ln_kind)s->field->kind), s->field->kind == LN_KIND_F32);
  }
  say(m, "; ");
}

/* Half of the changes fall on a kind of table drawn first, so that the few options get as many as the many tensors. */
static const site* pick_site(mutator* m) {
  if (fuzz_below(m->r, 2) == 0) return &m->sites[fuzz_below(m->r, m->count)];
  const int table = m->sites[fuzz_below(m->r, m->count)].table, other = (int)fuzz_below(m->r, LN_TABLE_COUNT);
  uint32_t members = 0, start = fuzz_below(m->r, m->count);
  for (uint32_t i = 0; i < m->count; ++i) members += m->sites[i].table == other;
  const int wanted = members > 0 ? other : table;
  while (m->sites[start].table != wanted) start = (start + 1) % m->count;
  return &m->sites[start];
}

void fuzz_mutate(uint8_t* data, size_t size_bytes, fuzz_random* r, char* log, size_t log_size) {
  mutator m = {data, size_bytes, r, malloc(MAX_SITES * sizeof(site)), 0, log, log_size, 0};
  if (log_size > 0) log[0] = 0;
  if (m.sites == NULL) return;
  const uint32_t changes = fuzz_below(r, 2) == 0 ? 1 : 1 + fuzz_below(r, MAX_CHANGES);
  collect(&m, LN_TABLE_Model, ln_fb_root(data).pos);
  /* The sites are those of the model as it was: a change of what a later one walks through can make that one hit bytes
   * of something else, never bytes outside. */
  for (uint32_t i = 0; i < changes && m.count > 0; ++i) {
    const site* s = pick_site(&m);
    /* A vector grown by an earlier change must not lead outside. */
    if (s->target != 0 && s->field->kind != LN_KIND_TABLE && s->field->kind != LN_KIND_UNION) {
      const size_t width = s->field->kind == LN_KIND_VECTOR_TABLE ? 4 : (size_t)ln_kind_bytes((ln_kind)s->field->kind);
      const uint64_t bytes = (uint64_t)load(&m, s->target) * (width != 0 ? width : 1);
      if (s->target + 5 > size_bytes || bytes > size_bytes - s->target - 5) continue;
    }
    change(&m, s);
  }
  free(m.sites);
}
