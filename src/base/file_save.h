/* Files written whole or not at all. */
#ifndef LN_BASE_FILE_SAVE_H_
#define LN_BASE_FILE_SAVE_H_

#include <stdbool.h>
#include <stddef.h>

typedef struct ln_file_part {
  const void* data;
  size_t size_bytes;
} ln_file_part;

/* Writes the parts, one behind the other, under another name in the same folder and puts that file in the place of
 * `path`: who has mapped the old one keeps it. False: nothing has changed; what is no plain file is never replaced. */
bool ln_file_save(const char* path, const ln_file_part* parts, size_t count);

#endif
