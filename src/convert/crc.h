/* Checksums of 32 bits: CRC-32C (Castagnoli), as checkpoints store it, and CRC-32, that of zips. */
#ifndef LN_CONVERT_CRC_H_
#define LN_CONVERT_CRC_H_

#include "convert/job.h"

/* Of large data, gone through in stretches (ln_job_touch). */
uint32_t ln_crc32(ln_job* job, const void* data, size_t size_bytes);
uint32_t ln_crc32c(ln_job* job, const void* data, size_t size_bytes);

/* In the form that is stored beside data: turned by 15 bits and moved by a constant, so that a checksum over data with
 * checksums in them is no fixed point. */
uint32_t ln_crc32c_masked(ln_job* job, const void* data, size_t size_bytes);

#endif
