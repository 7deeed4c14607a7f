/* The interval between sorted boundaries that each value falls into. */
#ifndef LN_KERNELS_BUCKETIZE_H_
#define LN_KERNELS_BUCKETIZE_H_

#include <stddef.h>
#include <stdint.h>

/* out[i] = how many of the `count` boundaries are at most in[i]; all of them for NaN. Integers are compared as floats.
 */
typedef void (*ln_bucketize_row)(const float* boundaries, size_t count, const void* in, int32_t* out, size_t n);

void ln_bucketize_f32_ref(const float* boundaries, size_t count, const void* in, int32_t* out, size_t n);
void ln_bucketize_f64_ref(const float* boundaries, size_t count, const void* in, int32_t* out, size_t n);
void ln_bucketize_i32_ref(const float* boundaries, size_t count, const void* in, int32_t* out, size_t n);
void ln_bucketize_i64_ref(const float* boundaries, size_t count, const void* in, int32_t* out, size_t n);

#endif
