/* Protobuf's text form, for any message: the descriptors that protobuf-c generates say what fields there are. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "convert/import/tf_proto.h"

enum { MAX_DEPTH = 64, MAX_WORD = 64 };

typedef struct parser {
  ln_job* job;
  const char *at, *end;
  const char* what;
  int line, depth;
} parser;

static _Noreturn void wrong(parser* p, const char* text) { ln_stop(p->job, "%s, line %d: %s", p->what, p->line, text); }

static void skip_space(parser* p) {
  for (; p->at < p->end; ++p->at) {
    if (*p->at == '#')
      while (p->at + 1 < p->end && p->at[1] != '\n') ++p->at;
    else if (*p->at == '\n')
      ++p->line;
    else if (!isspace((unsigned char)*p->at))
      return;
  }
}

static bool take(parser* p, char c) {
  skip_space(p);
  if (p->at >= p->end || *p->at != c) return false;
  ++p->at;
  return true;
}

/* A name, a number or a constant's name: what stands up to a separator. */
static void take_word(parser* p, char word[MAX_WORD]) {
  size_t length = 0;
  skip_space(p);
  while (p->at < p->end && (isalnum((unsigned char)*p->at) || strchr("_.+-", *p->at) != NULL)) {
    if (length + 1 >= MAX_WORD) wrong(p, "a word is too long");
    word[length++] = *p->at++;
  }
  word[length] = 0;
  if (length == 0) wrong(p, "a name or number is missing");
}

static int digit(char c, int base) {
  const int value = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : 99;
  return value < base ? value : -1;
}

static int take_digits(parser* p, int base, int most) {
  int value = 0, count = 0;
  while (count < most && p->at < p->end && digit(*p->at, base) >= 0) {
    value = value * base + digit(*p->at++, base);
    ++count;
  }
  if (count == 0) wrong(p, "an escape in a string is wrong");
  return value & 255;
}

static char take_escape(parser* p) {
  static const char kFrom[] = "abfnrtv\\'\"?", kTo[] = "\a\b\f\n\r\t\v\\'\"?";
  if (p->at >= p->end) wrong(p, "a string does not end");
  const char c = *p->at;
  if (c >= '0' && c <= '7') return (char)take_digits(p, 8, 3);
  ++p->at;
  if (c == 'x' || c == 'X') return (char)take_digits(p, 16, 2);
  const char* found = c != 0 ? strchr(kFrom, c) : NULL;
  if (found == NULL) wrong(p, "an escape in a string is wrong");
  return kTo[found - kFrom];
}

/* One or more strings in quotes, as one. Escapes only make it shorter. */
static ProtobufCBinaryData take_string(parser* p) {
  size_t length = 0, capacity = 0;
  char* bytes = NULL;
  skip_space(p);
  if (p->at >= p->end || (*p->at != '"' && *p->at != '\'')) wrong(p, "a string is missing");
  for (; p->at < p->end && (*p->at == '"' || *p->at == '\''); skip_space(p)) {
    const char quote = *p->at++;
    for (;;) {
      if (p->at >= p->end || *p->at == '\n') wrong(p, "a string does not end");
      char c = *p->at++;
      if (c == quote) break;
      if (c == '\\') c = take_escape(p);
      bytes = ln_job_grow(p->job, bytes, length, &capacity, 1);
      bytes[length++] = c;
    }
  }
  bytes = ln_job_grow(p->job, bytes, length, &capacity, 1);
  bytes[length] = 0;
  return (ProtobufCBinaryData){length, (uint8_t*)bytes};
}

/* DataType is a plain number in our messages: its constants' names. */
static bool type_number(const char* word, long long* number) {
  static const char* const kNames[] = {"DT_INVALID",  "DT_FLOAT",   "DT_DOUBLE", "DT_INT32",      "DT_UINT8",
                                       "DT_INT16",    "DT_INT8",    "DT_STRING", "DT_COMPLEX64",  "DT_INT64",
                                       "DT_BOOL",     "DT_QINT8",   "DT_QUINT8", "DT_QINT32",     "DT_BFLOAT16",
                                       "DT_QINT16",   "DT_QUINT16", "DT_UINT16", "DT_COMPLEX128", "DT_HALF",
                                       "DT_RESOURCE", "DT_VARIANT", "DT_UINT32", "DT_UINT64"};
  for (size_t i = 0; i < sizeof kNames / sizeof kNames[0]; ++i) {
    const size_t length = strlen(kNames[i]);
    if (strncmp(word, kNames[i], length) != 0) continue;
    if (word[length] == 0) return *number = (long long)i, true;
    if (strcmp(word + length, "_REF") == 0) return *number = (long long)i + LN_DT_REF, true;
  }
  return false;
}

static void* parse_message(parser* p, const ProtobufCMessageDescriptor* kind);

static size_t width_of(const ProtobufCFieldDescriptor* field) {
  switch (field->type) {
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_DOUBLE:
      return 8;
    case PROTOBUF_C_TYPE_BOOL:
      return sizeof(protobuf_c_boolean);
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
      return sizeof(void*);
    case PROTOBUF_C_TYPE_BYTES:
      return sizeof(ProtobufCBinaryData);
    default:
      return 4;
  }
}

static void parse_number(parser* p, ProtobufCType type, void* to) {
  char word[MAX_WORD] = "";
  char* end;
  long long number;
  take_word(p, word);
  if (type == PROTOBUF_C_TYPE_FLOAT || type == PROTOBUF_C_TYPE_DOUBLE) {
    const double value = strtod(word, &end);
    if (*end != 0 && strcmp(end, "f") != 0) wrong(p, "a number is wrong");
    const float narrow = (float)value;
    memcpy(to, type == PROTOBUF_C_TYPE_FLOAT ? (const void*)&narrow : (const void*)&value,
           type == PROTOBUF_C_TYPE_FLOAT ? sizeof narrow : sizeof value);
    return;
  }
  if (strcmp(word, "true") == 0 || strcmp(word, "false") == 0) {
    number = word[0] == 't';
  } else if (!type_number(word, &number)) {
    number = word[0] == '-' ? strtoll(word, &end, 0) : (long long)strtoull(word, &end, 0);
    if (*end != 0) wrong(p, "a number is wrong");
  }
  const int32_t narrow = (int32_t)number;
  const protobuf_c_boolean boolean = number != 0;
  if (type == PROTOBUF_C_TYPE_BOOL)
    memcpy(to, &boolean, sizeof boolean);
  else if (type == PROTOBUF_C_TYPE_INT64 || type == PROTOBUF_C_TYPE_UINT64)
    memcpy(to, &number, sizeof number);
  else
    memcpy(to, &narrow, sizeof narrow);
}

static void parse_value(parser* p, const ProtobufCFieldDescriptor* field, void* to) {
  if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
    void* message = parse_message(p, field->descriptor);
    memcpy(to, &message, sizeof message);
  } else if (field->type == PROTOBUF_C_TYPE_STRING) {
    char* text = (char*)take_string(p).data;
    memcpy(to, &text, sizeof text);
  } else if (field->type == PROTOBUF_C_TYPE_BYTES) {
    const ProtobufCBinaryData bytes = take_string(p);
    memcpy(to, &bytes, sizeof bytes);
  } else {
    parse_number(p, field->type, to);
  }
}

/* A field that our messages lack is stepped over, with all that it holds. */
static void skip_value(parser* p) {
  const bool message = take(p, '{') || take(p, '<');
  if (!message) {
    take(p, ':');
    skip_space(p);
    if (p->at < p->end && (*p->at == '"' || *p->at == '\'')) {
      take_string(p);
      return;
    }
    if (take(p, '[')) {
      while (!take(p, ']')) {
        skip_value(p);
        take(p, ',');
      }
      return;
    }
    if (!take(p, '{')) {
      char word[MAX_WORD];
      take_word(p, word);
      return;
    }
  }
  if (++p->depth > MAX_DEPTH) wrong(p, "messages are nested too deeply");
  while (!take(p, '}') && !take(p, '>')) {
    char word[MAX_WORD];
    take_word(p, word);
    skip_value(p);
    if (!take(p, ',')) take(p, ';');
  }
  --p->depth;
}

static void add_element(parser* p, const ProtobufCFieldDescriptor* field, char* message) {
  size_t* count = (size_t*)(void*)(message + field->quantifier_offset);
  char** list = (char**)(void*)(message + field->offset);
  const size_t width = width_of(field);
  /* The capacity is what doubling has made it: the next power of two. */
  if ((*count & (*count - 1)) == 0) {
    char* wider = ln_job_alloc(p->job, *count == 0 ? 1 : *count * 2, width);
    if (*count != 0) memcpy(wider, *list, *count * width);
    *list = wider;
  }
  parse_value(p, field, *list + *count * width);
  ++*count;
}

static void parse_field(parser* p, const ProtobufCMessageDescriptor* kind, char* message) {
  char name[MAX_WORD];
  take_word(p, name);
  const ProtobufCFieldDescriptor* field = protobuf_c_message_descriptor_get_field_by_name(kind, name);
  if (field == NULL) {
    skip_value(p);
    return;
  }
  take(p, ':');
  if (field->label == PROTOBUF_C_LABEL_REPEATED) {
    if (!take(p, '[')) {
      add_element(p, field, message);
      return;
    }
    while (!take(p, ']')) {
      add_element(p, field, message);
      take(p, ',');
    }
    return;
  }
  parse_value(p, field, message + field->offset);
  if (field->type != PROTOBUF_C_TYPE_MESSAGE && field->type != PROTOBUF_C_TYPE_STRING)
    *(protobuf_c_boolean*)(void*)(message + field->quantifier_offset) = 1;
}

static void* new_message(ln_job* job, const ProtobufCMessageDescriptor* kind) {
  ProtobufCMessage* message = ln_job_alloc(job, 1, kind->sizeof_message);
  kind->message_init(message);
  return message;
}

static void* parse_message(parser* p, const ProtobufCMessageDescriptor* kind) {
  char* message = new_message(p->job, kind);
  const bool angle = !take(p, '{');
  if (angle && !take(p, '<')) wrong(p, "{ is missing");
  if (++p->depth > MAX_DEPTH) wrong(p, "messages are nested too deeply");
  while (!take(p, angle ? '>' : '}')) {
    parse_field(p, kind, message);
    if (!take(p, ',')) take(p, ';');
  }
  --p->depth;
  return message;
}

void* ln_tf_parse_text(ln_job* job, const ProtobufCMessageDescriptor* kind, const char* text, size_t size,
                       const char* what) {
  parser p = {job, text, text + size, what, 1, 0};
  char* message = new_message(job, kind);
  for (skip_space(&p); p.at < p.end; skip_space(&p)) {
    parse_field(&p, kind, message);
    if (!take(&p, ',')) take(&p, ';');
  }
  return message;
}
