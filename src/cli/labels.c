#include "labels.h"

#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "file.h"

static int split(labels* l) {
  size_t lines = 1;
  for (const char* p = l->text; *p != 0; ++p) lines += *p == '\n';
  l->names = calloc(lines, sizeof *l->names);
  if (l->names == NULL) return cli_fail(CLI_FAILED, "no memory for labels");
  for (char* p = l->text; p != NULL && *p != 0;) {
    char* end = strchr(p, '\n');
    if (end != NULL) *end++ = 0;
    const size_t length = strlen(p);
    if (length > 0 && p[length - 1] == '\r') p[length - 1] = 0;
    l->names[l->count++] = p;
    p = end;
  }
  return CLI_OK;
}

int labels_from_file(const char* path, labels* l) {
  size_t size;
  char message[512];
  *l = (labels){0};
  l->text = (char*)file_read(path, &size, message, sizeof message);
  return l->text != NULL ? split(l) : cli_fail(CLI_INPUT, "labels: %s", message);
}

static uint32_t u16(const uint8_t* p) { return p[0] | (uint32_t)p[1] << 8; }

static uint32_t u32(const uint8_t* p) { return u16(p) | u16(p + 2) << 16; }

void zip_each(const uint8_t* data, size_t size,
              void (*visit)(const char* name, size_t name_length, const uint8_t* content, size_t length, void* arg),
              void* arg) {
  /* The end record stands within the last 64 KiB, its comment behind it. */
  const size_t low = size > 65557 ? size - 65557 : 0;
  size_t end = size < 22 ? 0 : size - 22;
  while (size >= 22 && end > low && memcmp(data + end, "PK\5\6", 4) != 0) --end;
  if (size < 22 || memcmp(data + end, "PK\5\6", 4) != 0) return;
  const uint32_t directory_bytes = u32(data + end + 12), count = u16(data + end + 10);
  if (directory_bytes > end) return;
  /* Offsets count from the archive's start, which may lie behind a model: found from where the directory really is. */
  const size_t directory = end - directory_bytes;
  const size_t shift = directory >= u32(data + end + 16) ? directory - u32(data + end + 16) : 0;
  size_t at = directory;
  for (uint32_t i = 0; i < count && at + 46 <= end && memcmp(data + at, "PK\1\2", 4) == 0; ++i) {
    const size_t name_length = u16(data + at + 28), extra = (size_t)u16(data + at + 30) + u16(data + at + 32);
    const size_t length = u32(data + at + 24), local = shift + u32(data + at + 42);
    const bool stored = u16(data + at + 10) == 0;
    if (at + 46 + name_length > end) return;
    if (stored && local + 30 <= size && memcmp(data + local, "PK\3\4", 4) == 0) {
      const size_t content = local + 30 + u16(data + local + 26) + u16(data + local + 28);
      if (content <= size && length <= size - content)
        visit((const char*)data + at + 46, name_length, data + content, length, arg);
    }
    at += 46 + name_length + extra;
  }
}

static void take_text(const char* name, size_t name_length, const uint8_t* content, size_t length, void* arg) {
  labels* l = arg;
  if (l->text != NULL || name_length < 4 || memcmp(name + name_length - 4, ".txt", 4) != 0) return;
  l->text = malloc(length + 1);
  if (l->text == NULL) return;
  memcpy(l->text, content, length);
  l->text[length] = 0;
}

int labels_from_model(const void* data, size_t size, labels* l) {
  *l = (labels){0};
  zip_each(data, size, take_text, l);
  return l->text != NULL ? split(l) : CLI_OK;
}

const char* labels_name(const labels* l, int index) { return index >= 0 && index < l->count ? l->names[index] : ""; }

void labels_free(labels* l) {
  free(l->text);
  free(l->names);
  *l = (labels){0};
}
