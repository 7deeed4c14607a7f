/* The float activations of hybrid products, made bytes as the kernel takes them: rows side by side, a single one in
 * parts. */
#include "ops/matrix.h"
#include "ops/row_quantize.h"

/* Scales of some rows are found first: what one waits for overlaps with the next one. */
enum { kTogether = 4 };

typedef struct quantize_run {
  const ln_quantize_q8* kernel;
  const float* values;
  uint8_t* quantized;
  float* scales;
  int32_t* zero_points;
  size_t rows, count;
  bool asymmetric;
  uint8_t flip;
  int32_t up; /* the bytes are moved up by that */
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
  if (rows == 1) {
    const ln_row_scale how = ln_quantize_row(context, values, count, asymmetric, run.flip, quantized, NULL);
    scales[0] = how.scale;
    zero_points[0] = how.zero_point + run.up;
    return;
  }
  ln_parallel_ranges(context, quantize_rows, &run, rows, rows, rows * count);
}
