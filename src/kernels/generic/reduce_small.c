/* The definitions of reductions of small integers, their ladder, and which shapes they serve. */
#include "kernels/generic/reduce_small.h"

#if defined(__x86_64__)
#include "kernels/x86/reduce_small_x86.h"
#elif defined(__aarch64__)
#include "kernels/arm/rungs_arm.h"
#endif

static void sum_bytes(const uint8_t* in, size_t rows, size_t count, uint8_t flip, uint32_t* sums) {
  for (size_t r = 0; r < rows; ++r, in += count) {
    uint32_t sum = 0;
    for (size_t i = 0; i < count; ++i) sum += (uint32_t)(in[i] ^ flip);
    sums[r] = sum;
  }
}

static void sum_s16(const int16_t* in, size_t rows, size_t count, uint32_t* sums) {
  for (size_t r = 0; r < rows; ++r, in += count) {
    uint32_t sum = 0;
    for (size_t i = 0; i < count; ++i) sum += (uint32_t)(int32_t)in[i];
    sums[r] = sum;
  }
}

/* Loops over a fixed number of neighbours, which compilers make vectors of. */
enum { kLanes = 16, kColumns = 64 };

#define LN_MOST(name, type)                                                                                           \
  static void most_##name(const type* in, size_t rows, size_t count, type flip, type* out) {                          \
    for (size_t r = 0; r < rows; ++r, in += count) {                                                                  \
      type most[kLanes], found = (type)(in[0] ^ flip);                                                                \
      size_t i = 0;                                                                                                   \
      for (size_t l = 0; l < kLanes; ++l) most[l] = found;                                                            \
      for (; i + kLanes <= count; i += kLanes)                                                                        \
        for (size_t l = 0; l < kLanes; ++l) {                                                                         \
          const type x = (type)(in[i + l] ^ flip);                                                                    \
          most[l] = x > most[l] ? x : most[l];                                                                        \
        }                                                                                                             \
      for (; i < count; ++i) found = (type)(in[i] ^ flip) > found ? (type)(in[i] ^ flip) : found;                     \
      for (size_t l = 0; l < kLanes; ++l) found = most[l] > found ? most[l] : found;                                  \
      out[r] = (type)(found ^ flip);                                                                                  \
    }                                                                                                                 \
  }                                                                                                                   \
  static void most_##name##_down(const type* in, size_t count, size_t stride, size_t columns, type flip, type* out) { \
    type most[kColumns];                                                                                              \
    for (size_t c = 0; c < columns; c += kColumns) {                                                                  \
      const size_t n = columns - c < kColumns ? columns - c : kColumns;                                               \
      for (size_t l = 0; l < n; ++l) most[l] = (type)(in[c + l] ^ flip);                                              \
      for (size_t i = 1; i < count; ++i)                                                                              \
        for (size_t l = 0; l < n; ++l) {                                                                              \
          const type x = (type)(in[i * stride + c + l] ^ flip);                                                       \
          most[l] = x > most[l] ? x : most[l];                                                                        \
        }                                                                                                             \
      for (size_t l = 0; l < n; ++l) out[c + l] = (type)(most[l] ^ flip);                                             \
    }                                                                                                                 \
  }

LN_MOST(bytes, uint8_t)
LN_MOST(s16, int16_t)

static const ln_reduce_small_kernel ln_reduce_small_generic = {.name = "reduce_small_ref",
                                                               .isa = LN_ISA_GENERIC,
                                                               .sum_bytes = sum_bytes,
                                                               .sum_s16 = sum_s16,
                                                               .most_bytes = most_bytes,
                                                               .most_s16 = most_s16,
                                                               .most_bytes_down = most_bytes_down,
                                                               .most_s16_down = most_s16_down};

static const ln_reduce_small_kernel* const ladder[] = {
    &ln_reduce_small_generic,
#if defined(__x86_64__)
    &ln_reduce_small_avx2,
#elif defined(__aarch64__)
    &ln_reduce_small_neon,
#endif
};

const ln_reduce_small_kernel* const* ln_reduce_small_rungs(size_t* count) {
  *count = sizeof ladder / sizeof ladder[0];
  return ladder;
}

const ln_reduce_small_kernel* ln_reduce_small_best(void) {
  const ln_reduce_small_kernel* best = ladder[0];
  for (size_t i = 1; i < sizeof ladder / sizeof ladder[0]; ++i)
    if (ln_cpu_has(ladder[i]->isa)) best = ladder[i];
  return best;
}

static bool is_inner(const ln_reduce_shape* s) {
  return s->reduced_rank == 1 && s->count > 0 && s->reduced_strides[0] == 1 && s->kept_rank <= 1;
}

static bool is_outer(const ln_reduce_shape* s) {
  const int kept = s->kept_rank;
  return s->reduced_rank == 1 && s->count > 0 && kept >= 1 && kept <= 2 && s->kept_strides[kept - 1] == 1;
}

bool ln_reduce_small_extreme(ln_reduction kind, ln_small type, const ln_reduce_shape* s, const void* in, void* out) {
  const ln_reduce_small_kernel* kernel = ln_reduce_small_best();
  const bool wide = type == LN_SMALL_S16, inner = is_inner(s);
  if ((kind != LN_REDUCE_MAX && kind != LN_REDUCE_MIN) || (!inner && !is_outer(s))) return false;
  const uint8_t sign = type == LN_SMALL_S8 ? 0x80 : 0, flip = kind == LN_REDUCE_MAX ? sign : sign ^ 0xff;
  const int16_t flip16 = kind == LN_REDUCE_MAX ? 0 : -1;
  if (inner) {
    if (wide)
      kernel->most_s16(in, s->outputs, s->count, flip16, out);
    else
      kernel->most_bytes(in, s->outputs, s->count, flip, out);
    return true;
  }
  const size_t width = s->kept_extents[s->kept_rank - 1], line_stride = s->kept_rank == 2 ? s->kept_strides[0] : 0;
  for (size_t line = 0; line * width < s->outputs; ++line) {
    const size_t from = line * line_stride, to = line * width, stride = s->reduced_strides[0];
    if (wide)
      kernel->most_s16_down((const int16_t*)in + from, s->count, stride, width, flip16, (int16_t*)out + to);
    else
      kernel->most_bytes_down((const uint8_t*)in + from, s->count, stride, width, flip, (uint8_t*)out + to);
  }
  return true;
}

/* Rows only: columns of bytes are pool_q8.h's. */
bool ln_reduce_small_sum(const ln_reduce_quantized* p, ln_small type, const ln_reduce_shape* s, const void* in,
                         void* out) {
  enum { kRows = 64 };
  if (!is_inner(s)) return type != LN_SMALL_S16 && ln_reduce_sum_bytes(p, s, type == LN_SMALL_S8, in, out);
  const ln_reduce_small_kernel* kernel = ln_reduce_small_best();
  const uint8_t flip = type == LN_SMALL_S8 ? 0x80 : 0;
  uint32_t sums[kRows];
  for (size_t r = 0; r < s->outputs; r += kRows) {
    const size_t rows = s->outputs - r < kRows ? s->outputs - r : kRows;
    if (type == LN_SMALL_S16) {
      kernel->sum_s16((const int16_t*)in + r * s->count, rows, s->count, sums);
      ln_reduce_finish_s16(p, s->count, sums, rows, (int16_t*)out + r);
    } else {
      kernel->sum_bytes((const uint8_t*)in + r * s->count, rows, s->count, flip, sums);
      for (size_t i = 0; flip != 0 && i < rows; ++i) sums[i] -= (uint32_t)(s->count * 0x80);
      ln_reduce_finish_bytes(p, s->count, type == LN_SMALL_S8, sums, rows, (uint8_t*)out + r);
    }
  }
  return true;
}
