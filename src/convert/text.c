#include "convert/text.h"

#include <stdio.h>
#include <string.h>

static void reserve(ln_text* text, size_t more) {
  if (more <= text->capacity - text->length) return;
  if (more > SIZE_MAX / 4 - text->length) ln_stop(text->job, "no memory: a text of %zu bytes", text->length);
  const size_t wider = 2 * (text->length + more) + 256;
  char* moved = ln_job_alloc_raw(text->job, wider);
  if (text->length != 0) memcpy(moved, text->data, text->length);
  text->data = moved;
  text->capacity = wider;
}

void ln_text_append(ln_text* text, const char* data, size_t length) {
  reserve(text, length);
  if (length != 0) memcpy(text->data + text->length, data, length);
  text->length += length;
}

void ln_text_put(ln_text* text, const char* format, ...) {
  va_list args, again;
  va_start(args, format);
  va_copy(again, args);
  const int length = vsnprintf(NULL, 0, format, again);
  va_end(again);
  if (length > 0) {
    reserve(text, (size_t)length + 1);
    vsnprintf(text->data + text->length, (size_t)length + 1, format, args);
    text->length += (size_t)length;
  }
  va_end(args);
}

/* The bytes of the character that begins here, 0: it is none (RFC 3629). */
static int utf8_length(const unsigned char* s) {
  const int count = s[0] < 0x80                   ? 1
                    : s[0] >= 0xc2 && s[0] < 0xe0 ? 2
                    : s[0] >= 0xe0 && s[0] < 0xf0 ? 3
                    : s[0] >= 0xf0 && s[0] < 0xf5 ? 4
                                                  : 0;
  for (int i = 1; i < count; ++i)
    if ((s[i] & 0xc0) != 0x80) return 0;
  if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf0 && s[1] < 0x90) ||
      (s[0] == 0xf4 && s[1] > 0x8f))
    return 0;
  return count;
}

static bool is_plain(unsigned char c) {
  return c >= 0x20 && c != 0x7f && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&' && c != '\'';
}

void ln_text_json(ln_text* text, const char* string) {
  const unsigned char* s = (const unsigned char*)string;
  ln_text_append(text, "\"", 1);
  while (*s != 0) {
    const int length = utf8_length(s);
    /* U+2028 and U+2029 end a line of a script. */
    const bool separator = length == 3 && s[0] == 0xe2 && s[1] == 0x80 && (s[2] == 0xa8 || s[2] == 0xa9);
    if (length == 0)
      ln_text_put(text, "\\ufffd");
    else if (length == 1 && !is_plain(*s))
      ln_text_put(text, "\\u%04x", *s);
    else if (separator)
      ln_text_put(text, "\\u20%02x", s[2] - 0x80);
    else
      ln_text_append(text, (const char*)s, (size_t)length);
    s += length > 0 ? length : 1;
  }
  ln_text_append(text, "\"", 1);
}
