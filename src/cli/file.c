#include "file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_BYTES = 1 << 30 };

uint8_t* file_read(const char* path, size_t* size, char* message, size_t message_size) {
  struct stat status;
  FILE* file = fopen(path, "rb");
  uint8_t* data = NULL;
  if (file == NULL || fstat(fileno(file), &status) != 0) {
    snprintf(message, message_size, "'%s' cannot be opened: %s", path, strerror(errno));
  } else if (!S_ISREG(status.st_mode) || status.st_size > MAX_BYTES) {
    snprintf(message, message_size, "'%s' is no plain file of at most 1 GiB", path);
  } else {
    const size_t bytes = (size_t)status.st_size;
    data = malloc(bytes + 1);
    if (data == NULL || fread(data, 1, bytes, file) != bytes) {
      snprintf(message, message_size, "'%s' cannot be read: %s", path, data == NULL ? "no memory" : strerror(errno));
      free(data);
      data = NULL;
    } else {
      data[bytes] = 0;
      *size = bytes;
    }
  }
  if (file != NULL) fclose(file);
  return data;
}

bool file_write(const char* path, const void* data, size_t size, char* message, size_t message_size) {
  FILE* file = fopen(path, "wb");
  bool ok = file != NULL && fwrite(data, 1, size, file) == size;
  if (file != NULL) ok = fclose(file) == 0 && ok;
  if (!ok) snprintf(message, message_size, "'%s' cannot be written: %s", path, strerror(errno));
  return ok;
}
