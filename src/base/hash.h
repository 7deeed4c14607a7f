/* A hash of many bytes at the speed of memory: tells contents apart and finds damage; it does not withstand somebody
 * who looks for two contents with the same hash. Includes libc only. */
#ifndef LN_BASE_HASH_H_
#define LN_BASE_HASH_H_

#include <stddef.h>
#include <stdint.h>

/* Differs between byte orders. */
uint64_t ln_hash_bytes(const void* data, size_t size_bytes);

#endif
