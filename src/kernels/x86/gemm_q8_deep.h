/* Products of bytes by panels that lie in the second cache, with AVX-512 VNNI: tiles of two vectors of columns, of a
 * panel of two or four, and as many rows as registers hold, so that weights pass by less often than with four vectors.
 * A part of gemm_q8_avx512vnni.c, which it takes its vectors from. */
#ifndef LN_KERNELS_X86_GEMM_Q8_DEEP_H_
#define LN_KERNELS_X86_GEMM_Q8_DEEP_H_

enum { kDeepVectors = 2, kMostDeepRows = 12 };

/* Where a tile begins, and its share of what is fetched meanwhile. */
typedef struct deep_place {
  const uint8_t* a;
  const int8_t *b, *ahead;
  size_t ahead_step; /* for each group */
  const uint32_t* start;
} deep_place;

/* sums[m][v] = start[v] + the products. */
LN_INLINE void deep_sums(size_t rows, size_t of, const ln_gemm_q8_rows* r, const deep_place* at, uint32_t* sums) {
  const size_t groups = r->groups, a_stride = r->a_stride, step = at->ahead_step;
  const uint8_t* a = at->a;
  const int8_t *b = at->b, *ahead = at->ahead;
  vec tile[kMostDeepRows][kDeepVectors];
  LN_UNROLL for (size_t m = 0; m < rows; ++m) {
    LN_UNROLL for (size_t v = 0; v < kDeepVectors; ++v) tile[m][v] = vec_load(at->start + kLanes * v);
  }
  for (size_t s = 0; s < r->segments; ++s, a += r->a_segment) {
    for (size_t g = 0; g < groups; ++g, b += of * kWeightBytes, ahead += step) {
      vec w[kDeepVectors];
      LN_PREFETCH_FAR(ahead);
      LN_UNROLL for (size_t v = 0; v < kDeepVectors; ++v) w[v] = load_weights(b + kWeightBytes * v);
      LN_UNROLL for (size_t m = 0; m < rows; ++m) {
        uint32_t group;
        memcpy(&group, a + m * a_stride + sizeof group * g, sizeof group);
        const vec x = vec_set(group);
        LN_UNROLL for (size_t v = 0; v < kDeepVectors; ++v) tile[m][v] = add_products(tile[m][v], x, w[v]);
      }
    }
  }
  LN_UNROLL for (size_t m = 0; m < rows; ++m) {
    LN_UNROLL for (size_t v = 0; v < kDeepVectors; ++v) vec_store(sums + (m * kDeepVectors + v) * kLanes, tile[m][v]);
  }
}

/* Each tile is a function of its own: what one saves before it begins would be paid by all. */
#define LN_DEEP(rows)                                                                                        \
  LN_NOINLINE static void deep_of_2_##rows(const ln_gemm_q8_rows* r, const deep_place* at, uint32_t* sums) { \
    deep_sums(rows, 2, r, at, sums);                                                                         \
  }                                                                                                          \
  LN_NOINLINE static void deep_of_4_##rows(const ln_gemm_q8_rows* r, const deep_place* at, uint32_t* sums) { \
    deep_sums(rows, 4, r, at, sums);                                                                         \
  }
#define LN_DEEP_ALL(each) \
  each(1) each(2) each(3) each(4) each(5) each(6) each(7) each(8) each(9) each(10) each(11) each(12)
LN_DEEP_ALL(LN_DEEP)

#define LN_DEEP_ENTRY(rows) {deep_of_2_##rows, deep_of_4_##rows},

/* Tiles of even heights: a last one of a row or two would wait for its own sums, and for weights. */
static void run_deep(size_t of, const ln_gemm_q8_rows* r, const ln_gemm_q8_numbers* n, uint8_t* out,
                     size_t out_stride) {
  static void (*const kTiles[][2])(const ln_gemm_q8_rows*, const deep_place*, uint32_t*) = {LN_DEEP_ALL(LN_DEEP_ENTRY)};
  const size_t tiles = (r->rows + kMostDeepRows - 1) / kMostDeepRows, passes = of / kDeepVectors;
  uint32_t sums[(kMostDeepRows + 1) * kDeepVectors * kLanes];
  for (size_t v = 0; v < of; v += kDeepVectors) {
    const ln_gemm_q8_numbers numbers = ln_gemm_q8_numbers_from(n, v * kLanes);
    const size_t left = r->columns - v * kLanes, columns = left < kDeepVectors * kLanes ? left : kDeepVectors * kLanes;
    for (size_t t = 0; t < tiles; ++t) {
      const size_t m = r->rows * t / tiles, rows = r->rows * (t + 1) / tiles - m;
      const deep_place at = {.a = (const uint8_t*)r->a + m * r->a_stride,
                             .b = r->b + v * kWeightBytes,
                             .ahead = ln_gemm_q8_ahead(r, v / kDeepVectors, passes, m),
                             .ahead_step = ln_gemm_q8_ahead_step(r, passes, rows),
                             .start = first_sums(&numbers)};
      kTiles[rows - 1][of / 4](r, &at, sums);
      fill_up(rows, kDeepVectors, sums);
      finish_2(rows, columns, &numbers, n->row_terms != NULL ? n->row_terms + m : NULL, sums,
               out + m * out_stride + v * kLanes, out_stride);
    }
  }
}

static void run_2(const ln_gemm_q8_rows* r, const ln_gemm_q8_numbers* n, uint8_t* out, size_t out_stride) {
  run_deep(2, r, n, out, out_stride);
}

static void run_4(const ln_gemm_q8_rows* r, const ln_gemm_q8_numbers* n, uint8_t* out, size_t out_stride) {
  run_deep(4, r, n, out, out_stride);
}

#endif
