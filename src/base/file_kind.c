#include "base/file_kind.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

ln_file_kind ln_file_kind_of(const char* path) {
  struct stat status;
  if (stat(path, &status) != 0) return LN_FILE_ABSENT;
  return S_ISREG(status.st_mode) ? LN_FILE_PLAIN : S_ISDIR(status.st_mode) ? LN_FILE_FOLDER : LN_FILE_OTHER;
}

static bool is_same(const struct stat* a, const struct stat* b) {
  return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Of the folder that a path's last part lies in; `last` is that part. */
static bool stat_folder(const char* path, struct stat* status, const char** last) {
  char folder[PATH_MAX];
  const char* slash = strrchr(path, '/');
  const size_t length = slash != NULL ? (size_t)(slash - path) + 1 : 0;
  if (length + 2 > sizeof folder) return false;
  memcpy(folder, path, length);
  memcpy(folder + length, ".", 2);
  *last = path + length;
  return stat(folder, status) == 0;
}

bool ln_file_is_same(const char* path, const char* other) {
  struct stat a, b;
  const bool there = stat(path, &a) == 0;
  const char *last, *other_last;
  if (there != (stat(other, &b) == 0)) return false;
  if (there) return is_same(&a, &b);
  return stat_folder(path, &a, &last) && stat_folder(other, &b, &other_last) && is_same(&a, &b) &&
         strcmp(last, other_last) == 0;
}

bool ln_file_real_name(const char* path, char* name, size_t size_bytes) {
  char found[PATH_MAX];
  if (realpath(path, found) == NULL || strlen(found) >= size_bytes) return false;
  memcpy(name, found, strlen(found) + 1);
  return true;
}
