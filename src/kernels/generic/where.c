#include "kernels/generic/where.h"

/* The innermost axis is walked in one loop, the others are counted up behind it. */
#define LN_WHERE(suffix, type)                                                                  \
  static size_t count_##suffix(const void* in, size_t n) {                                      \
    size_t found = 0;                                                                           \
    for (size_t i = 0; i < n; ++i) found += ((const type*)in)[i] != 0;                          \
    return found;                                                                               \
  }                                                                                             \
  static void list_##suffix(const void* in, int rank, const int32_t* dims, int64_t* out) {      \
    int64_t index[LN_WHERE_MAX_RANK] = {0};                                                     \
    const int inner = rank - 1;                                                                 \
    const type* from = in;                                                                      \
    for (int axis = 0; axis >= 0; from += dims[inner]) {                                        \
      for (int32_t i = 0; i < dims[inner]; ++i) {                                               \
        if (from[i] == 0) continue;                                                             \
        for (int k = 0; k < inner; ++k) *out++ = index[k];                                      \
        *out++ = i;                                                                             \
      }                                                                                         \
      for (axis = inner - 1; axis >= 0 && ++index[axis] == dims[axis]; --axis) index[axis] = 0; \
    }                                                                                           \
  }

LN_WHERE(u8, uint8_t)
LN_WHERE(u16, uint16_t)
LN_WHERE(u32, uint32_t)
LN_WHERE(u64, uint64_t)
LN_WHERE(f32, float)
LN_WHERE(f64, double)

const ln_where ln_where_f32 = {count_f32, list_f32};
const ln_where ln_where_f64 = {count_f64, list_f64};

const ln_where* ln_where_int(size_t bytes) {
  static const ln_where kSizes[] = {
      {count_u8, list_u8}, {count_u16, list_u16}, {count_u32, list_u32}, {count_u64, list_u64}};
  return &kSizes[bytes == 1 ? 0 : bytes == 2 ? 1 : bytes == 4 ? 2 : 3];
}
