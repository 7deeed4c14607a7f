/* A 64-bit fingerprint of bytes, the same on every machine: FarmHash's Fingerprint64 (Geoff Pike, 2014), which models
 * with LSH_PROJECTION were trained with. Pointers and sizes only. */
#ifndef LN_KERNELS_FINGERPRINT_H_
#define LN_KERNELS_FINGERPRINT_H_

#include <stddef.h>
#include <stdint.h>

uint64_t ln_fingerprint(const void* bytes, size_t count);

#endif
