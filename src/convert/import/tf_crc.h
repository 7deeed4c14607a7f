/* CRC-32C (Castagnoli), as checkpoints store it. */
#ifndef LN_CONVERT_IMPORT_TF_CRC_H_
#define LN_CONVERT_IMPORT_TF_CRC_H_

#include <stddef.h>
#include <stdint.h>

/* The checksum of data in the form that is stored beside them: turned by 15 bits and moved by a constant, so that a
 * checksum over data with checksums in them is no fixed point. */
uint32_t ln_crc32c_masked(const void* data, size_t size_bytes);

#endif
