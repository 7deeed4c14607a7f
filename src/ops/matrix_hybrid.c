/* The float activations of hybrid products, made bytes as the kernel takes them: rows side by side, a long one in
 * parts, of which each thread finds the range and makes the bytes of its own. */
#include <math.h>

#include "kernels/generic/hybrid_quantize.h"
#include "ops/matrix.h"
#include "ops/op_util.h"

/* Scales of some rows are found first: what one waits for overlaps with the next one. */
enum { kTogether = 4, kMostParts = 64 };

typedef struct part_range {
  float low, high;
} part_range;

typedef struct quantize_run {
  const ln_quantize_q8* kernel;
  const float* values;
  uint8_t* quantized;
  float* scales;
  int32_t* zero_points;
  size_t rows, count;
  bool asymmetric;
  uint8_t flip;
  int32_t up;   /* the bytes are moved up by that */
  size_t parts; /* of a row that is cut up: */
  part_range* ranges;
  ln_row_scale how;
} quantize_run;

static ln_row_scale choose(const quantize_run* r, size_t row) {
  const ln_row_scale how = ln_choose_row_scale(r->kernel, r->values + row * r->count, r->count, r->asymmetric);
  r->scales[row] = how.scale;
  r->zero_points[row] = how.zero_point + r->up;
  return how;
}

static void quantize_rows(void* arg, size_t first, size_t end) {
  const quantize_run* r = arg;
  for (size_t row = first; row < end; row += kTogether) {
    const size_t some = end - row < kTogether ? end - row : kTogether;
    ln_row_scale how[kTogether];
    for (size_t i = 0; i < some; ++i) how[i] = choose(r, row + i);
    for (size_t i = 0; i < some; ++i)
      ln_scale_row_q8(r->kernel, &how[i], r->values + (row + i) * r->count, r->count, r->flip,
                      r->quantized + (row + i) * r->count);
  }
}

/* NaN is looked over, but at the very first place, from which the range of the whole row starts. */
static void find_range(void* arg, size_t part) {
  quantize_run* r = arg;
  const size_t end = ln_share_begin(r->count, r->parts, part + 1);
  size_t at = ln_share_begin(r->count, r->parts, part);
  while (part > 0 && at < end && isnan(r->values[at])) ++at;
  r->ranges[part] = (part_range){NAN, NAN};
  if (at < end) r->kernel->range_f32(r->values + at, end - at, &r->ranges[part].low, &r->ranges[part].high);
}

static void quantize_part(void* arg, size_t part) {
  const quantize_run* r = arg;
  const size_t at = ln_share_begin(r->count, r->parts, part), end = ln_share_begin(r->count, r->parts, part + 1);
  ln_scale_row_q8(r->kernel, &r->how, r->values + at, end - at, r->flip, r->quantized + at);
}

/* The first row. */
static void quantize_in_parts(TfLiteContext* context, quantize_run* r) {
  part_range ranges[kMostParts];
  r->ranges = ranges;
  ln_parallel_for(context, find_range, r, r->parts);
  part_range all = ranges[0];
  for (size_t i = 1; i < r->parts; ++i) {
    all.low = ranges[i].low < all.low ? ranges[i].low : all.low;
    all.high = ranges[i].high > all.high ? ranges[i].high : all.high;
  }
  r->how = ln_row_scale_of(all.low, all.high, r->asymmetric);
  r->scales[0] = r->how.scale;
  r->zero_points[0] = r->how.zero_point + r->up;
  ln_parallel_for(context, quantize_part, r, r->parts);
}

void ln_matrix_quantize(TfLiteContext* context, const ln_matrix* matrix, const float* values, size_t rows, size_t count,
                        bool asymmetric, void* quantized, float* scales, int32_t* zero_points) {
  const bool moved = matrix->in_type == kTfLiteUInt8;
  quantize_run run = {.kernel = ln_quantize_q8_best(),
                      .values = values,
                      .quantized = quantized,
                      .scales = scales,
                      .zero_points = zero_points,
                      .rows = rows,
                      .count = count,
                      .asymmetric = asymmetric,
                      .flip = moved ? 0x80 : 0,
                      .up = moved ? 128 : 0};
  const double kFloatsPerNs = 4;
  if (rows == 1 && ln_is_worth_sharing(context, (double)count / kFloatsPerNs))
    run.parts = (size_t)ln_thread_count(context) < kMostParts ? (size_t)ln_thread_count(context) : kMostParts;
  if (run.parts > 1 && run.parts <= count)
    quantize_in_parts(context, &run);
  else
    ln_parallel_ranges(context, quantize_rows, &run, rows, rows, rows * count);
}
