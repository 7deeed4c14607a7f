/* What a path names, before it is read or replaced. */
#ifndef LN_BASE_FILE_KIND_H_
#define LN_BASE_FILE_KIND_H_

#include <stdbool.h>
#include <stddef.h>

/* LN_FILE_OTHER: a device, a pipe, a socket. */
typedef enum ln_file_kind { LN_FILE_ABSENT, LN_FILE_PLAIN, LN_FILE_FOLDER, LN_FILE_OTHER } ln_file_kind;

/* Links are followed. */
ln_file_kind ln_file_kind_of(const char* path);
/* Whether both are one file, or would be where there is none yet. */
bool ln_file_is_same(const char* path, const char* other);
/* The name behind all links. False: there is no such file, or it has no room in `size_bytes`. */
bool ln_file_real_name(const char* path, char* name, size_t size_bytes);

#endif
