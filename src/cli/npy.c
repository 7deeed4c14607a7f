#include "npy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "values.h"

static const struct {
  const char* descr;
  TfLiteType type;
  int bytes;
} kTypes[] = {{"<f4", kTfLiteFloat32, 4},  {"<f8", kTfLiteFloat64, 8}, {"<f2", kTfLiteFloat16, 2},
              {"|i1", kTfLiteInt8, 1},     {"|u1", kTfLiteUInt8, 1},   {"|b1", kTfLiteBool, 1},
              {"<i2", kTfLiteInt16, 2},    {"<u2", kTfLiteUInt16, 2},  {"<i4", kTfLiteInt32, 4},
              {"<u4", kTfLiteUInt32, 4},   {"<i8", kTfLiteInt64, 8},   {"<u8", kTfLiteUInt64, 8},
              {"<c8", kTfLiteComplex64, 8}};

/* numpy's strings: S and a number of bytes, U and a number of 32-bit characters. */
static size_t parse_strings(npy* a, const char* descr) {
  const char kind = descr[1];
  if ((descr[0] != '|' && descr[0] != '<') || (kind != 'S' && kind != 'U')) return 0;
  char* end;
  const unsigned long long width = strtoull(descr + 2, &end, 10);
  if (end == descr + 2 || *end != '\'' || width > (1u << 20)) return 0;
  a->type = kTfLiteString;
  a->is_wide = kind == 'U';
  /* Arrays of empty strings are kept as arrays of one character. */
  return (size_t)(width > 0 ? width : 1) * (a->is_wide ? 4 : 1);
}

static bool parse_shape(const char* text, npy* a, size_t* elements) {
  *elements = 1;
  for (const char* p = strchr(text, '(') + 1; *p != ')';) {
    char* end;
    while (*p == ' ' || *p == ',') ++p;
    if (*p == ')') break;
    const long long extent = strtoll(p, &end, 10);
    if (end == p || extent < 0 || extent > INT32_MAX || a->rank == NPY_MAX_RANK) return false;
    if (extent != 0 && *elements > SIZE_MAX / 16 / (size_t)extent) return false;
    *elements *= (size_t)extent;
    a->dims[a->rank++] = (int)extent;
    p = end;
  }
  return true;
}

/* The header is a Python dictionary: {'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }. */
static const char* parse(npy* a, const uint8_t* file, size_t size) {
  if (size < 10 || memcmp(file, "\x93NUMPY", 6) != 0) return "it is no .npy file";
  const size_t begin = file[6] == 1 ? 10 : 12;
  if (size < begin) return "its header is cut off";
  const size_t length =
      file[8] | (size_t)file[9] << 8 | (begin == 12 ? (size_t)file[10] << 16 | (size_t)file[11] << 24 : 0);
  if (length > size - begin || length > 65535) return "its header is cut off";
  char header[65536];
  memcpy(header, file + begin, length);
  header[length] = 0;
  const char *descr = strstr(header, "'descr'"), *order = strstr(header, "'fortran_order'"),
             *shape = strstr(header, "'shape'");
  if (descr == NULL || order == NULL || shape == NULL || strchr(shape, '(') == NULL || strchr(shape, ')') == NULL)
    return "its header lacks descr, fortran_order or shape";
  if (strncmp(order + 15 + strspn(order + 15, ": "), "False", 5) != 0)
    return "it is in Fortran order; C order is right";
  const char* quote = strchr(descr + 7, '\'');
  size_t width = 0, elements;
  for (size_t i = 0; quote != NULL && i < sizeof kTypes / sizeof kTypes[0]; ++i) {
    if (strncmp(quote + 1, kTypes[i].descr, 3) != 0 || quote[4] != '\'') continue;
    a->type = kTypes[i].type;
    width = (size_t)kTypes[i].bytes;
  }
  if (width == 0 && quote != NULL) width = parse_strings(a, quote + 1);
  if (width == 0) return "its type is not one of f2, f4, f8, c8, i1 to i8, u1 to u8, b1, S, U, little-endian";
  if (!parse_shape(shape, a, &elements)) return "its shape is malformed or too large";
  a->data = file + begin + length;
  a->count = elements;
  a->width = width;
  if (elements > SIZE_MAX / width) return "its shape is too large";
  a->bytes = elements * width;
  return a->bytes <= size - begin - length ? NULL : "its data is cut off";
}

bool npy_read(const char* path, npy* a, char* message, size_t message_size) {
  size_t size;
  *a = (npy){0};
  a->file = file_read(path, &size, message, message_size);
  if (a->file == NULL) return false;
  const char* dot = strrchr(path, '.');
  if (dot == NULL || strcmp(dot, ".npy") != 0) {
    a->rank = -1;
    a->data = a->file;
    a->bytes = size;
    return true;
  }
  const char* why = parse(a, a->file, size);
  if (why == NULL) return true;
  snprintf(message, message_size, "'%s' cannot be read: %s", path, why);
  npy_free(a);
  return false;
}

const char* npy_string(const npy* a, size_t i, size_t* length) {
  const char* text = (const char*)a->data + i * a->width;
  *length = a->width;
  while (*length > 0 && text[*length - 1] == 0) --*length;
  return text;
}

static const char* string_of(const void* array, size_t i, size_t* length) { return npy_string(array, i, length); }

static size_t put_utf8(char* to, uint32_t c) {
  if (c < 0x80) return to[0] = (char)c, 1;
  const size_t more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  to[0] = (char)((0xFF00 >> (more + 1) & 0xFF) | c >> (6 * more));
  for (size_t i = 1; i <= more; ++i) to[i] = (char)(0x80 | (c >> (6 * (more - i)) & 0x3F));
  return more + 1;
}

/* The array with every string as UTF-8: no character takes more than its four bytes. */
static bool narrow(const npy* a, npy* utf8) {
  char* bytes = calloc(a->count + 1, a->width);
  if (bytes == NULL) return false;
  for (size_t i = 0; i < a->count; ++i) {
    const uint8_t* from = (const uint8_t*)a->data + i * a->width;
    char* to = bytes + i * a->width;
    for (size_t k = 0; k + 4 <= a->width; k += 4) {
      const uint32_t c =
          from[k] | (uint32_t)from[k + 1] << 8 | (uint32_t)from[k + 2] << 16 | (uint32_t)from[k + 3] << 24;
      if (c != 0) to += put_utf8(to, c > 0x10FFFF ? 0xFFFD : c);
    }
  }
  *utf8 = *a;
  utf8->file = bytes;
  utf8->data = bytes;
  return true;
}

static bool strings_to_tensor(const npy* a, TfLiteTensor* tensor) {
  npy utf8;
  if (!a->is_wide) return value_set_strings(tensor, a->count, string_of, a);
  if (!narrow(a, &utf8)) return false;
  const bool done = value_set_strings(tensor, a->count, string_of, &utf8);
  npy_free(&utf8);
  return done;
}

bool npy_to_tensor(const npy* a, TfLiteTensor* tensor) {
  const bool is_string = TfLiteTensorType(tensor) == kTfLiteString;
  if (a->rank >= 0 && a->type != TfLiteTensorType(tensor)) return false;
  if (is_string && a->rank < 0) return value_set_string_buffer(tensor, a->data, a->bytes);
  if (is_string) return a->count == value_shape_count(tensor) && strings_to_tensor(a, tensor);
  return TfLiteTensorCopyFromBuffer(tensor, a->data, a->bytes) == kTfLiteOk;
}

void npy_free(npy* a) {
  free(a->file);
  a->file = NULL;
}

/* The tensor's bytes as numpy keeps them: those of strings padded to the longest. NULL: no memory. */
static char* numpy_bytes(const TfLiteTensor* t, size_t* width, size_t* size) {
  const bool is_string = TfLiteTensorType(t) == kTfLiteString;
  const size_t count = value_count(t);
  size_t length;
  *size = TfLiteTensorByteSize(t);
  if (is_string) {
    *width = 1;
    for (size_t i = 0; i < count; ++i)
      if (value_string(t, i, &length) != NULL && length > *width) *width = length;
    if (count > 0 && *width > SIZE_MAX / 2 / count) return NULL;
    *size = count * *width;
  }
  char* bytes = calloc(1, *size + 1);
  if (bytes == NULL) return NULL;
  if (!is_string && TfLiteTensorData(t) != NULL) memcpy(bytes, TfLiteTensorData(t), *size);
  for (size_t i = 0; is_string && i < count; ++i) {
    const char* text = value_string(t, i, &length);
    if (text != NULL) memcpy(bytes + i * *width, text, length);
  }
  return bytes;
}

bool npy_write(const char* path, const TfLiteTensor* t, char* message, size_t message_size) {
  const char* descr = NULL;
  char strings[32];
  size_t width = 0, size;
  for (size_t i = 0; i < sizeof kTypes / sizeof kTypes[0]; ++i)
    if (kTypes[i].type == TfLiteTensorType(t)) descr = kTypes[i].descr;
  if (descr == NULL && TfLiteTensorType(t) != kTfLiteString)
    return snprintf(message, message_size, "'%s': this tensor type has no .npy form", path), false;
  char* bytes = numpy_bytes(t, &width, &size);
  if (bytes == NULL) return snprintf(message, message_size, "no memory"), false;
  snprintf(strings, sizeof strings, "|S%zu", width);
  char header[512] = "\x93NUMPY\1";
  int used = 10 + snprintf(header + 10, sizeof header - 10, "{'descr': '%s', 'fortran_order': False, 'shape': (",
                           descr != NULL ? descr : strings);
  for (int i = 0; i < TfLiteTensorNumDims(t) && used < 400; ++i)
    used += snprintf(header + used, sizeof header - (size_t)used, "%d, ", TfLiteTensorDim(t, i));
  used += snprintf(header + used, sizeof header - (size_t)used, "), }");
  while ((used + 1) % 64 != 0) header[used++] = ' ';
  header[used++] = '\n';
  header[8] = (char)((used - 10) & 255);
  header[9] = (char)((used - 10) >> 8);
  char* file = malloc((size_t)used + size);
  if (file != NULL) {
    memcpy(file, header, (size_t)used);
    memcpy(file + used, bytes, size);
  }
  const bool ok = file != NULL && file_write(path, file, (size_t)used + size, message, message_size);
  if (file == NULL) snprintf(message, message_size, "no memory");
  free(file);
  free(bytes);
  return ok;
}
