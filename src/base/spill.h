/* Memory for large data that is written once and read now and then. It lies in a file without a name, so that the
 * system can take its pages away and bring them back: what rests costs no memory. */
#ifndef LN_BASE_SPILL_H_
#define LN_BASE_SPILL_H_

#include <stdbool.h>
#include <stddef.h>

typedef struct ln_spill {
  int file; /* -1: none can be made */
  size_t used_bytes;
} ln_spill;

/* `folder` should be on a disk that has room. What cannot be had is found out by ln_spill_take. */
void ln_spill_open(ln_spill* spill, const char* folder);
/* The blocks stay valid until they are given back. */
void ln_spill_close(ln_spill* spill);

/* A zeroed block at a page's start; NULL: no file, no room on the disk, or not on this system. `*offset` is for
 * ln_spill_write. */
void* ln_spill_take(ln_spill* spill, size_t size_bytes, size_t* offset);
void ln_spill_give_back(void* block, size_t size_bytes);

/* Puts bytes at `offset`, that of a block or behind it, without the fault for each page that a write to memory costs.
 * False: they could not be written. */
bool ln_spill_write(const ln_spill* spill, size_t offset, const void* data, size_t size_bytes);

/* Says that the bytes will not be wanted for a while: a block, or a file mapped by ln_file_map_open. They stay. */
void ln_spill_rest(const void* block, size_t size_bytes);

#endif
