/* Arithmetic that says when a result does not fit. Each returns false and leaves *result alone on overflow. */
#ifndef LN_BASE_CHECKED_H_
#define LN_BASE_CHECKED_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline bool ln_add_size(size_t a, size_t b, size_t* result) {
  if (a > SIZE_MAX - b) return false;
  *result = a + b;
  return true;
}

static inline bool ln_mul_size(size_t a, size_t b, size_t* result) {
  if (b != 0 && a > SIZE_MAX / b) return false;
  *result = a * b;
  return true;
}

static inline bool ln_fits_i32(int64_t value) { return value >= INT32_MIN && value <= INT32_MAX; }

static inline bool ln_mul_i32(int32_t a, int32_t b, int32_t* result) {
  const int64_t product = (int64_t)a * b;
  if (!ln_fits_i32(product)) return false;
  *result = (int32_t)product;
  return true;
}

static inline bool ln_add_i32(int32_t a, int32_t b, int32_t* result) {
  const int64_t sum = (int64_t)a + b;
  if (!ln_fits_i32(sum)) return false;
  *result = (int32_t)sum;
  return true;
}

#endif
