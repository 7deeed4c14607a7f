#include "convert/import/tf_cut.h"

#include <string.h>

enum { TENSOR_CONTENT = 4, VARINT = 0, FIXED64 = 1, LENGTH = 2, FIXED32 = 5 };

/* Where a tensor's bytes lie in the message. */
typedef struct mark {
  uint64_t offset, size;
} mark;

typedef struct cutter {
  ln_job* job;
  const unsigned char* base;
  unsigned char* out;
  size_t used, capacity;
} cutter;

static void put(cutter* c, const void* data, size_t size) {
  if (c->capacity - c->used < size) {
    const size_t wider = 2 * c->capacity + size + 4096;
    unsigned char* moved = ln_job_alloc_raw(c->job, wider);
    if (c->used != 0) memcpy(moved, c->out, c->used);
    c->out = moved;
    c->capacity = wider;
  }
  if (size != 0) memcpy(c->out + c->used, data, size);
  c->used += size;
}

static bool take_varint(const unsigned char** at, const unsigned char* end, uint64_t* value) {
  *value = 0;
  for (int shift = 0; shift < 64 && *at < end; shift += 7) {
    const unsigned char byte = *(*at)++;
    *value |= (uint64_t)(byte & 127) << shift;
    if (byte < 128) return true;
  }
  return false;
}

/* A length in five bytes, whatever it is, so that it can be set when what follows is there. */
static void set_length(unsigned char* at, size_t length) {
  for (int i = 0; i < 5; ++i) at[i] = (unsigned char)((length >> 7 * i & 127) | (i < 4 ? 128 : 0));
}

/* Messages of this schema do not hold their own kind, so that the depth is that of the schema. */
static bool cut_message(cutter* c, const ProtobufCMessageDescriptor* kind, const unsigned char* at,
                        const unsigned char* end) {
  static const unsigned char kRoom[5];
  while (at < end) {
    const unsigned char* start = at;
    uint64_t tag, length;
    if (!take_varint(&at, end, &tag)) return false;
    const unsigned char* content = at;
    switch (tag & 7) {
      case VARINT:
        if (!take_varint(&at, end, &length)) return false;
        break;
      case FIXED64:
      case FIXED32:
        length = (tag & 7) == FIXED64 ? 8 : 4;
        if ((uint64_t)(end - at) < length) return false;
        at += length;
        break;
      case LENGTH: {
        if (!take_varint(&at, end, &length) || (uint64_t)(end - at) < length) return false;
        const ProtobufCFieldDescriptor* field =
            protobuf_c_message_descriptor_get_field(kind, (unsigned)(tag >> 3 & INT32_MAX));
        const unsigned char* inner = at;
        at += length;
        const bool is_tensor = kind == &ln_pb__tensor_proto__descriptor && tag >> 3 == TENSOR_CONTENT;
        const bool is_message = field != NULL && field->type == PROTOBUF_C_TYPE_MESSAGE;
        if (!is_tensor && !is_message) break;
        put(c, start, (size_t)(content - start));
        const size_t length_at = c->used;
        put(c, kRoom, sizeof kRoom);
        if (is_tensor) {
          const mark m = {(uint64_t)(inner - c->base), length};
          put(c, &m, sizeof m);
        } else if (!cut_message(c, field->descriptor, inner, at)) {
          return false;
        }
        const size_t written = c->used - length_at - sizeof kRoom;
        if (written > INT32_MAX) return false;
        set_length(c->out + length_at, written);
        continue;
      }
      default:
        return false;
    }
    put(c, start, (size_t)(at - start));
  }
  return true;
}

unsigned char* ln_tf_cut(ln_job* job, const ProtobufCMessageDescriptor* kind, const void* data, size_t size,
                         size_t* cut_size) {
  cutter c = {job, data, NULL, 0, 0};
  put(&c, "", 0);
  if (!cut_message(&c, kind, data, (const unsigned char*)data + size)) return NULL;
  *cut_size = c.used;
  return c.out;
}

/* All tensor contents are marks of ours. */
static void join_tensor(LnPb__TensorProto* tensor, const unsigned char* data, size_t size) {
  mark m;
  if (!tensor->has_tensor_content || tensor->tensor_content.len != sizeof m) return;
  memcpy(&m, tensor->tensor_content.data, sizeof m);
  if (m.offset > size || m.size > size - m.offset) return;
  tensor->tensor_content = (ProtobufCBinaryData){(size_t)m.size, (uint8_t*)(uintptr_t)(data + m.offset)};
}

void ln_tf_join(const ProtobufCMessageDescriptor* kind, void* message, const void* data, size_t size) {
  if (kind == &ln_pb__tensor_proto__descriptor) join_tensor(message, data, size);
  for (unsigned i = 0; i < kind->n_fields; ++i) {
    const ProtobufCFieldDescriptor* field = &kind->fields[i];
    if (field->type != PROTOBUF_C_TYPE_MESSAGE) continue;
    const char* at = (const char*)message + field->offset;
    if (field->label != PROTOBUF_C_LABEL_REPEATED) {
      void* inner;
      memcpy(&inner, at, sizeof inner);
      if (inner != NULL) ln_tf_join(field->descriptor, inner, data, size);
      continue;
    }
    size_t count;
    void** inners;
    memcpy(&count, (const char*)message + field->quantifier_offset, sizeof count);
    memcpy(&inners, at, sizeof inners);
    for (size_t k = 0; k < count; ++k) ln_tf_join(field->descriptor, inners[k], data, size);
  }
}
