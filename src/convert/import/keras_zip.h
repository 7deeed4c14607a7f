/* Where an entry lies in a zip that stores it as it is, so that it can be read in place. What is compressed is the zip
 * library's matter. */
#ifndef LN_CONVERT_IMPORT_KERAS_ZIP_H_
#define LN_CONVERT_IMPORT_KERAS_ZIP_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ln_zip_entry {
  const unsigned char* data;
  size_t size_bytes;
  uint32_t crc;
} ln_zip_entry;

/* Looks an entry up in a whole zip. False: there is none of the name, it is not stored as it is, or the zip is of a
 * kind that is not read here (more than 4 GiB, several disks), or damaged. */
bool ln_zip_find_stored(const unsigned char* zip, size_t zip_bytes, const char* name, ln_zip_entry* entry);

#endif
