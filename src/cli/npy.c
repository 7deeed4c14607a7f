#include "npy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"

static const struct {
  const char* descr;
  TfLiteType type;
  int bytes;
} kTypes[] = {{"<f4", kTfLiteFloat32, 4}, {"<f8", kTfLiteFloat64, 8}, {"<f2", kTfLiteFloat16, 2},
              {"|i1", kTfLiteInt8, 1},    {"|u1", kTfLiteUInt8, 1},   {"|b1", kTfLiteBool, 1},
              {"<i2", kTfLiteInt16, 2},   {"<u2", kTfLiteUInt16, 2},  {"<i4", kTfLiteInt32, 4},
              {"<u4", kTfLiteUInt32, 4},  {"<i8", kTfLiteInt64, 8},   {"<u8", kTfLiteUInt64, 8}};

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
  if (width == 0) return "its type is not one of f2, f4, f8, i1 to i8, u1 to u8, b1, little-endian";
  if (!parse_shape(shape, a, &elements)) return "its shape is malformed or too large";
  a->data = file + begin + length;
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

void npy_free(npy* a) {
  free(a->file);
  a->file = NULL;
}

bool npy_write(const char* path, const TfLiteTensor* t, char* message, size_t message_size) {
  const char* descr = NULL;
  for (size_t i = 0; i < sizeof kTypes / sizeof kTypes[0]; ++i)
    if (kTypes[i].type == TfLiteTensorType(t)) descr = kTypes[i].descr;
  if (descr == NULL) return snprintf(message, message_size, "'%s': this tensor type has no .npy form", path), false;
  char header[512] = "\x93NUMPY\1";
  int used =
      10 + snprintf(header + 10, sizeof header - 10, "{'descr': '%s', 'fortran_order': False, 'shape': (", descr);
  for (int i = 0; i < TfLiteTensorNumDims(t) && used < 400; ++i)
    used += snprintf(header + used, sizeof header - (size_t)used, "%d, ", TfLiteTensorDim(t, i));
  used += snprintf(header + used, sizeof header - (size_t)used, "), }");
  while ((used + 1) % 64 != 0) header[used++] = ' ';
  header[used++] = '\n';
  header[8] = (char)((used - 10) & 255);
  header[9] = (char)((used - 10) >> 8);
  const size_t bytes = TfLiteTensorByteSize(t);
  char* file = malloc((size_t)used + bytes);
  if (file == NULL) return snprintf(message, message_size, "no memory"), false;
  memcpy(file, header, (size_t)used);
  if (bytes > 0) memcpy(file + used, TfLiteTensorData(t), bytes);
  const bool ok = file_write(path, file, (size_t)used + bytes, message, message_size);
  free(file);
  return ok;
}
