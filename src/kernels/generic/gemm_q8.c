/* Matrix multiplication of bytes: the definition on tiles of plain C, packing, the ladder. */
#include "kernels/generic/gemm_q8.h"

#include <math.h>
#include <string.h>

#include "base/compiler.h"
#include "kernels/generic/im2col.h"
#if defined(__x86_64__)
#include "kernels/x86/gemm_q8_x86.h"
#elif defined(__aarch64__) || defined(__arm__)
#include "kernels/arm/rungs_arm.h"
#endif

enum { kRows = 4, kColumns = 8 };

/* Pairs of depth, so that a compiler can see two products that are added. */
LN_INLINE void tile(size_t rows, const ln_gemm_q8_rows* r, const int16_t* a, uint32_t* sums) {
  const size_t a_stride = r->a_stride, groups = r->groups;
  const int8_t* b = r->b;
  uint32_t tile[kRows][kColumns];
  memset(tile, 0, sizeof tile);
  for (size_t s = 0; s < r->segments; ++s, a += r->a_segment) {
    for (size_t p = 0; p < groups; ++p, b += 2 * kColumns) {
      for (size_t m = 0; m < rows; ++m) {
        int16_t x[2];
        memcpy(x, a + m * a_stride + 2 * p, sizeof x);
        const int32_t x0 = x[0], x1 = x[1];
        for (size_t n = 0; n < kColumns; ++n) tile[m][n] += (uint32_t)(x0 * b[2 * n] + x1 * b[2 * n + 1]);
      }
    }
  }
  memcpy(sums, tile, rows * sizeof tile[0]);
}

static void sums_of(size_t rows, const ln_gemm_q8_rows* r, size_t first, uint32_t* sums) {
  const int16_t* a = (const int16_t*)r->a + first * r->a_stride;
  if (rows == kRows)
    tile(kRows, r, a, sums);
  else
    for (size_t m = 0; m < rows; ++m) tile(1, r, a + m * r->a_stride, sums + m * kColumns);
}

/* Clamped before the cast, so that no value is too large for it. */
static uint8_t scale_and_round(double scale, const ln_requant_q8_out* out, int32_t sum) {
  const double x = round(sum * scale) + out->zero_point;
  const int32_t value = !(x > out->low) ? out->low : x >= out->high ? out->high : (int32_t)x;
  return (uint8_t)(value ^ out->flip);
}

static void run(const ln_gemm_q8_rows* r, const ln_gemm_q8_numbers* n, uint8_t* out, size_t out_stride) {
  uint32_t sums[kRows * kColumns];
  for (size_t first = 0; first < r->rows; first += kRows) {
    const size_t rows = r->rows - first < kRows ? r->rows - first : kRows;
    sums_of(rows, r, first, sums);
    for (size_t m = 0; m < rows; ++m) {
      const uint32_t term = n->row_terms != NULL ? (uint32_t)n->row_terms[first + m] : 0;
      for (size_t c = 0; c < r->columns; ++c) {
        const uint32_t sum = sums[m * kColumns + c] + n->bias[c] + term;
        uint8_t* to = out + (first + m) * out_stride + c;
        if (n->scale != NULL) {
          *to = scale_and_round(n->scale[c], &n->range, (int32_t)sum);
          continue;
        }
        const ln_requant_q8 numbers = {n->bias[c],       n->multiplier[c], n->offset[c],
                                       n->sign_shift[c], n->shift[c],      n->left != NULL ? n->left[c] : 0};
        *to = ln_requant_q8_apply(&numbers, &n->range, sum);
      }
    }
  }
}

static void run_sums(const ln_gemm_q8_rows* r, int32_t* sums) { sums_of(r->rows, r, 0, (uint32_t*)(void*)sums); }

static void sum_rows(size_t rows, size_t depth, const void* a, size_t a_stride, int32_t factor, int32_t* terms) {
  const int16_t* row = a;
  for (size_t m = 0; m < rows; ++m, row += a_stride) {
    uint32_t sum = 0;
    for (size_t k = 0; k < depth; ++k) sum += (uint32_t)row[k];
    terms[m] = (int32_t)((uint32_t)terms[m] + sum * (uint32_t)factor);
  }
}

static const ln_gemm_q8 ln_gemm_q8_4x8_generic = {.name = "gemm_q8_4x8_generic",
                                                  .isa = LN_ISA_GENERIC,
                                                  .id = 2008,
                                                  .mr = kRows,
                                                  .nr = kColumns,
                                                  .kr = 2,
                                                  .step = kColumns,
                                                  .a_size = 2,
                                                  .run = run,
                                                  .run_sums = run_sums,
                                                  .sum_rows = sum_rows};

static const ln_gemm_q8* const ladder[] = {
    &ln_gemm_q8_4x8_generic,
#if defined(__x86_64__)
    &ln_gemm_q8_6x16_avx2,       &ln_gemm_q8_pairs_6x16_avx2, &ln_gemm_q8_6x16_avxvnni,
    &ln_gemm_q8_6x64_avx512vnni, &ln_gemm_q8_6x64_avx512vbmi, &ln_gemm_q8_16x64_amx,
#elif defined(__aarch64__)
    &ln_gemm_q8_neon,
    &ln_gemm_q8_4x16_dotprod,
    &ln_gemm_q8_6x16_i8mm,
#elif defined(__arm__)
    &ln_gemm_q8_neon,
#endif
};

const ln_gemm_q8* const* ln_gemm_q8_rungs(size_t* count) {
  *count = sizeof ladder / sizeof ladder[0];
  return ladder;
}

const ln_gemm_q8* ln_gemm_q8_best(void) {
  const ln_gemm_q8* best = ladder[0];
  for (size_t i = 1; i < sizeof ladder / sizeof ladder[0]; ++i)
    if (ln_cpu_has(ladder[i]->isa) && ladder[i]->split == NULL) best = ladder[i];
  return best;
}

const ln_gemm_q8* ln_gemm_q8_picky(void) {
  const ln_isa isa = ln_gemm_q8_best()->isa;
  for (size_t i = 0; i < sizeof ladder / sizeof ladder[0]; ++i)
    if (ladder[i]->split != NULL && ladder[i]->isa == isa && ln_cpu_multiplies_twice()) return ladder[i];
  return NULL;
}

/* More than an eighth of all groups twice would not be faster. */
bool ln_gemm_q8_fits(const ln_gemm_q8* kernel, const ln_gemm_layout* layout, size_t segments, const uint8_t* b,
                     uint8_t flip) {
  const size_t stride = layout->column_stride, depth = layout->channels / segments;
  const size_t groups = ln_gemm_q8_groups(kernel, layout->channels, segments), step = kernel->step;
  size_t all = 0, vectors = 0;
  if (layout->taps_y * layout->taps_x != 1 || layout->channel_stride != 1 || groups > UINT16_MAX) return false;
  for (size_t n = 0; n < layout->columns; n += step, ++vectors) {
    const size_t columns = layout->columns - n < step ? layout->columns - n : step;
    size_t count = 0;
    for (size_t s = 0; s < segments; ++s)
      count += kernel->surplus(b + n * stride + s * depth, stride, columns, depth, flip);
    if (count >= ln_gemm_q8_surplus_room(groups)) return false;
    all += count;
  }
  return all <= vectors * groups / 8;
}

static size_t round_up(size_t x, size_t step) { return (x + step - 1) / step * step; }

size_t ln_gemm_q8_packed_size(const ln_gemm_q8* kernel, size_t columns, size_t depth, size_t segments) {
  return round_up(columns, kernel->step) * ln_gemm_q8_depth(kernel, depth, segments);
}

void ln_gemm_q8_copy(const ln_gemm_q8* kernel, const uint8_t* in, size_t count, uint8_t flip, void* out, size_t at) {
  if (kernel->a_size == 1)
    ln_copy_q8(in, count, flip, (uint8_t*)out + at);
  else
    (kernel->copy != NULL ? kernel->copy : ln_copy_q8_wide)(in, count, flip, (int16_t*)out + at);
}

void ln_gemm_q8_row(const ln_gemm_q8* kernel, const ln_gemm_q8_rows* row, const ln_gemm_q8_numbers* numbers,
                    uint8_t* out) {
  if (kernel->run_row != NULL) {
    kernel->run_row(row, numbers, out);
    return;
  }
  const size_t nr = kernel->nr, panel = row->groups * kernel->kr * nr;
  ln_gemm_q8_rows part = *row;
  for (size_t n = 0; n < row->columns; n += nr, part.b += panel) {
    const ln_gemm_q8_numbers some = ln_gemm_q8_numbers_from(numbers, n);
    part.columns = row->columns - n < nr ? row->columns - n : nr;
    kernel->run(&part, &some, out + n, nr);
  }
}

/* Where a segment of a panel goes: `width` columns, of which `columns` exist. */
typedef struct packing {
  const uint8_t* from; /* the first column's */
  size_t stride, line; /* from column to column, and along one: either is 1 */
  size_t segment, columns, width;
  uint8_t flip;
  int8_t* to;
  int32_t* sums;
} packing;

/* Columns [first, end), groups from `begin` on, with what fills the last vector behind the last column: group by group,
 * so that what is written lies together. `kr` is a constant where it is called. */
LN_INLINE void pack_plain(size_t kr, const packing* p, size_t first, size_t end, size_t begin) {
  const size_t groups = (p->segment + kr - 1) / kr;
  for (size_t g = begin; g < groups; ++g) {
    const uint8_t* from = p->from + first * p->stride + g * kr;
    const size_t count = p->segment - g * kr < kr ? p->segment - g * kr : kr;
    int8_t* to = p->to + (g * p->width + first) * kr;
    for (size_t c = first; c < end; ++c, from += p->stride, to += kr) {
      int8_t some[8] = {0};
      int32_t sum = 0;
      if (count == kr)
        for (size_t i = 0; i < kr; ++i) some[i] = (int8_t)(from[i] ^ p->flip);
      else
        for (size_t i = 0; i < count; ++i) some[i] = (int8_t)(from[i] ^ p->flip);
      for (size_t i = 0; i < kr; ++i) sum += some[i];
      memcpy(to, some, kr);
      p->sums[c] = (int32_t)((uint32_t)p->sums[c] + (uint32_t)sum);
    }
    if (end == p->columns) memset(to, 0, (p->width - end) * kr);
  }
}

/* What the kernel turns, a line of the cache of all columns before the next one; then the rest. */
LN_INLINE void pack_segment(size_t kr, const ln_gemm_q8* kernel, const packing* p) {
  enum { kTogether = 8, kLine = 2 * LN_GEMM_Q8_TURN };
  const size_t turned = kernel->turn == NULL ? 0 : p->columns / kTogether * kTogether;
  const size_t whole = turned == 0 ? 0 : p->segment / LN_GEMM_Q8_TURN * LN_GEMM_Q8_TURN;
  for (size_t k = 0; k < whole; k += kLine)
    for (size_t c = 0; c < turned; c += kTogether)
      for (size_t i = k; i < whole && i < k + kLine; i += LN_GEMM_Q8_TURN)
        kernel->turn(p->from + c * p->stride + i, p->stride, p->flip, p->to + i * p->width + c * kr, p->width * kr,
                     p->sums + c);
  if (turned > 0) pack_plain(kr, p, 0, turned, whole / kr);
  if (turned < p->width) pack_plain(kr, p, turned, p->columns, 0);
}

/* Columns that lie side by side, as those of a right side that is an input: lines of a group are interleaved. */
LN_INLINE void pack_across(size_t kr, const packing* p) {
  for (size_t k = 0; k < p->segment; k += kr) {
    const size_t count = p->segment - k < kr ? p->segment - k : kr;
    const uint8_t* from = p->from + k * p->line;
    int8_t* to = p->to + k * p->width;
    if (count == kr) LN_INDEPENDENT for (size_t c = 0; c < p->columns; ++c) {
        for (size_t i = 0; i < kr; ++i) to[c * kr + i] = (int8_t)(from[i * p->line + c] ^ p->flip);
      }
    else
      for (size_t c = 0; c < p->columns; ++c)
        for (size_t i = 0; i < kr; ++i) to[c * kr + i] = i < count ? (int8_t)(from[i * p->line + c] ^ p->flip) : 0;
    memset(to + p->columns * kr, 0, (p->width - p->columns) * kr);
    for (size_t i = 0; i < count; ++i)
      LN_INDEPENDENT for (size_t c = 0; c < p->columns; ++c) p->sums[c] += (int8_t)(from[i * p->line + c] ^ p->flip);
  }
}

LN_INLINE void pack_one(size_t kr, const ln_gemm_q8* kernel, const packing* p) {
  if (p->line == 1)
    pack_segment(kr, kernel, p);
  else
    pack_across(kr, p);
}

/* Columns without gaps, or side by side. */
static void pack_segments(const ln_gemm_q8* kernel, const ln_gemm_layout* layout, size_t segments, const uint8_t* b,
                          uint8_t flip, int8_t* packed, int32_t* column_sums) {
  packing p = {.stride = layout->column_stride,
               .line = layout->channel_stride,
               .segment = layout->channels / segments,
               .flip = flip,
               .to = packed};
  const size_t depth = round_up(p.segment, kernel->kr);
  memset(column_sums, 0, layout->columns * sizeof *column_sums);
  for (size_t n = 0; n < layout->columns; n += kernel->nr) {
    int8_t* const panel = p.to;
    p.columns = layout->columns - n < kernel->nr ? layout->columns - n : kernel->nr;
    p.width = round_up(p.columns, kernel->step);
    p.sums = column_sums + n;
    for (size_t s = 0; s < segments; ++s, p.to += depth * p.width) {
      p.from = b + n * p.stride + s * p.segment * p.line;
      if (kernel->kr == 8)
        pack_one(8, kernel, &p);
      else if (kernel->kr == 4)
        pack_one(4, kernel, &p);
      else if (kernel->kr == 2)
        pack_one(2, kernel, &p);
      else
        pack_one(1, kernel, &p);
    }
    if (kernel->split != NULL) {
      kernel->split(p.width / kernel->step, depth / kernel->kr * segments, panel);
      p.to = panel + ln_gemm_q8_depth(kernel, layout->channels, segments) * p.width;
    }
  }
}

void ln_gemm_q8_pack(const ln_gemm_q8* kernel, const ln_gemm_layout* layout, size_t segments, const uint8_t* b,
                     uint8_t flip, int8_t* packed, int32_t* column_sums) {
  if (layout->taps_y * layout->taps_x == 1 && (layout->channel_stride == 1 || layout->column_stride == 1)) {
    pack_segments(kernel, layout, segments, b, flip, packed, column_sums);
    return;
  }
  const size_t nr = kernel->nr, kr = kernel->kr, taps = layout->taps_y * layout->taps_x;
  const size_t depth = taps * layout->channels, segment = depth / segments, gap = round_up(segment, kr) - segment;
  memset(packed, 0, ln_gemm_q8_packed_size(kernel, layout->columns, depth, segments));
  for (size_t n = 0; n < layout->columns; ++n) {
    const size_t panel = n / nr * nr, left = layout->columns - panel;
    const size_t width = left < nr ? ln_gemm_q8_width(kernel, left) : nr;
    int8_t* column = packed + panel * ln_gemm_q8_depth(kernel, depth, segments) + (n - panel) * kr;
    uint32_t sum = 0;
    size_t k = 0, end = segment;
    for (size_t t = 0; t < taps; ++t) {
      const uint8_t* tap = b + ln_gemm_tap_place(layout, n, t);
      for (size_t i = 0; i < layout->channels; ++i, ++k) {
        if (k == end) {
          k += gap;
          end = k + segment;
        }
        const int8_t value = (int8_t)(tap[i * layout->channel_stride] ^ flip);
        column[k / kr * kr * width + k % kr] = value;
        sum += (uint32_t)(int32_t)value;
      }
    }
    column_sums[n] = (int32_t)sum;
  }
}
