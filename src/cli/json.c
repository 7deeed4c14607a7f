#include "json.h"

#include <math.h>
#include <stdio.h>

static bool first = true;

static void write_text(const char* text) {
  putchar('"');
  for (const unsigned char* p = (const unsigned char*)text; *p != 0; ++p) {
    if (*p == '"' || *p == '\\')
      printf("\\%c", *p);
    else if (*p < 0x20 || *p == 0x7F)
      printf("\\u%04x", *p);
    else
      putchar(*p);
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
