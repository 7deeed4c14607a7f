#include "json.h"

#include <math.h>
#include <stdio.h>

static bool first = true;

/* Bytes of the UTF-8 character at `p`, 0 where there is none: too short, too long for its value, or half of a pair. */
static int character_bytes(const unsigned char* p) {
  const int bytes = *p < 0x80                 ? 1
                    : *p >= 0xC2 && *p < 0xE0 ? 2
                    : *p >= 0xE0 && *p < 0xF0 ? 3
                    : *p >= 0xF0 && *p < 0xF5 ? 4
                                              : 0;
  for (int i = 1; i < bytes; ++i)
    if ((p[i] & 0xC0) != 0x80) return 0;
  const bool is_long = (*p == 0xE0 && p[1] < 0xA0) || (*p == 0xF0 && p[1] < 0x90);
  const bool is_no_character = (*p == 0xED && p[1] >= 0xA0) || (*p == 0xF4 && p[1] >= 0x90);
  return is_long || is_no_character ? 0 : bytes;
}

/* Bytes that are no UTF-8, which names in a model may hold, become the replacement character. */
static void write_text(const char* text) {
  putchar('"');
  for (const unsigned char* p = (const unsigned char*)text; *p != 0;) {
    const int bytes = character_bytes(p);
    if (*p == '"' || *p == '\\')
      printf("\\%c", *p);
    else if (*p < 0x20 || *p == 0x7F)
      printf("\\u%04x", *p);
    else if (bytes == 0)
      printf("\\ufffd");
    else
      fwrite(p, 1, (size_t)bytes, stdout);
    p += bytes > 0 ? bytes : 1;
  }
  putchar('"');
}

static void begin(const char* key) {
  if (!first) putchar(',');
  first = false;
  if (key == NULL) return;
  write_text(key);
  putchar(':');
}

static void open(const char* key, char bracket) {
  begin(key);
  putchar(bracket);
  first = true;
}

static void close(char bracket) {
  putchar(bracket);
  first = false;
}

void json_open_object(const char* key) { open(key, '{'); }

void json_close_object(void) { close('}'); }

void json_open_array(const char* key) { open(key, '['); }

void json_close_array(void) { close(']'); }

void json_string(const char* key, const char* value) {
  begin(key);
  write_text(value);
}

void json_integer(const char* key, int64_t value) {
  begin(key);
  printf("%lld", (long long)value);
}

void json_number(const char* key, double value) {
  begin(key);
  if (isfinite(value))
    printf("%.9g", value);
  else
    fputs("null", stdout);
}

void json_bool(const char* key, bool value) {
  begin(key);
  fputs(value ? "true" : "false", stdout);
}

void json_end(void) {
  putchar('\n');
  first = true;
}
