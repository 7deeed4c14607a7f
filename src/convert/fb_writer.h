/* Makes a FlatBuffer, from its end towards its start: what is referred to is written before what refers to it. A
 * reference is the distance from the end. Large data is not copied but remembered until the whole is written out. The
 * same calls give the same bytes. */
#ifndef LN_CONVERT_FB_WRITER_H_
#define LN_CONVERT_FB_WRITER_H_

#include <stdio.h>

#include "convert/job.h"
#include "model/flatbuffer.h"

typedef struct ln_fb_writer ln_fb_writer;
typedef uint32_t ln_fb_ref; /* 0: nothing */

typedef struct ln_fb_slot {
  int slot;
  uint8_t bytes; /* of a number: 1, 2, 4, 8; 0: `number` is a reference, left out where it is 0 */
  bool always;   /* a number of 0 is written too */
  uint64_t number;
} ln_fb_slot;

ln_fb_writer* ln_fb_writer_new(ln_job* job);
ln_fb_ref ln_fb_write_vector(ln_fb_writer* writer, const void* data, size_t count, size_t width);
/* A vector of bytes at a multiple of 16; `data` is borrowed until the end. */
ln_fb_ref ln_fb_write_data(ln_fb_writer* writer, const void* data, size_t size_bytes);
/* A table of two numbers: at which byte of the file data stand, and how many bytes they have. They are put behind the
 * FlatBuffer, at a multiple of 16: that is how a file of more than 2 GiB is made. `data` is borrowed until the end. */
ln_fb_ref ln_fb_write_data_behind(ln_fb_writer* writer, const void* data, size_t size_bytes, int offset_slot,
                                  int size_slot);
ln_fb_ref ln_fb_write_string(ln_fb_writer* writer, const char* text);
ln_fb_ref ln_fb_write_refs(ln_fb_writer* writer, const ln_fb_ref* refs, size_t count); /* of tables or strings */
ln_fb_ref ln_fb_write_table(ln_fb_writer* writer, const ln_fb_slot* slots, size_t count);
/* A table of another FlatBuffer that the verifier has passed, with all that hangs on it; `table` is LN_TABLE_.... */
ln_fb_ref ln_fb_write_copy(ln_fb_writer* writer, ln_fb_table source, int table);
/* The root and the identifier; nothing more can be added. */
void ln_fb_write_end(ln_fb_writer* writer, ln_fb_ref root, const char identifier[4]);

/* With what is behind it. */
size_t ln_fb_writer_bytes(const ln_fb_writer* writer);
void ln_fb_writer_copy(const ln_fb_writer* writer, void* destination);
bool ln_fb_writer_save(const ln_fb_writer* writer, FILE* file); /* false: errno */

#endif
