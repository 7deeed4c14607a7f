/* Files mapped into memory, read-only. */
#ifndef LN_BASE_FILE_MAP_H_
#define LN_BASE_FILE_MAP_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Tells a file's contents from what it held before and from other files: any writing changes it. All 0 where the file
 * was changed so short a time ago that the clock might not show one more change. */
typedef struct ln_file_identity {
  uint64_t device, inode, modified_ns, changed_ns;
} ln_file_identity;

typedef struct ln_file_map {
  const void* data; /* NULL for an empty file */
  size_t size_bytes;
  ln_file_identity identity;
} ln_file_map;

/* False: `*map` is empty and `message` (of `message_size` bytes) says why ("No such file or directory"). A directory or
 * another thing that is no plain file is refused. */
bool ln_file_map_open(const char* path, ln_file_map* map, char* message, size_t message_size);
void ln_file_map_close(ln_file_map* map);
/* Gives back the memory of a stretch that will hardly be read again; reading it still works. */
void ln_file_map_leave(const ln_file_map* map, const void* data, size_t size_bytes);

#endif
