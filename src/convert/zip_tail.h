/* The zip archive that stands behind a model in its file (labels and other associated files). Knows just enough of the
 * format to find where the archive begins. */
#ifndef LN_CONVERT_ZIP_TAIL_H_
#define LN_CONVERT_ZIP_TAIL_H_

#include <stddef.h>

/* The archive at the end of the file, from its first entry on; *tail_bytes 0: there is none. Readers of zip archives
 * find their way by distances from the end, so that it may stand behind a model of another size. */
void ln_zip_tail_find(const void* bytes, size_t file_bytes, const void** tail, size_t* tail_bytes);

#endif
