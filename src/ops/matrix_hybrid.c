/* The float activations of hybrid products, made bytes as the kernel takes them: rows side by side, long ones in parts.
 */
#include "kernels/generic/hybrid_quantize.h"
#include "ops/matrix.h"
#include "ops/op_util.h"

enum { kPart = 8192, kRows = 8 };

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
  ln_row_scale how;
} quantize_run;

static ln_row_scale choose(const quantize_run* r, size_t row) {
  const ln_row_scale how = ln_choose_row_scale(r->kernel, r->values + row * r->count, r->count, r->asymmetric);
  r->scales[row] = how.scale;
  r->zero_points[row] = how.zero_point + r->up;
  return how;
}

static void quantize_rows(void* arg, size_t tile) {
  const quantize_run* r = arg;
  const size_t first = tile * kRows, end = r->rows - first < kRows ? r->rows : first + kRows;
  for (size_t row = first; row < end; ++row) {
    const ln_row_scale how = choose(r, row);
    ln_scale_row_q8(r->kernel, &how, r->values + row * r->count, r->count, r->flip, r->quantized + row * r->count);
  }
}

static void quantize_part(void* arg, size_t part) {
  const quantize_run* r = arg;
  const size_t at = part * kPart, count = r->count - at < kPart ? r->count - at : kPart;
  ln_scale_row_q8(r->kernel, &r->how, r->values + at, count, r->flip, r->quantized + at);
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
  if (rows > 1 || count <= kPart) {
    ln_parallel_sized(context, quantize_rows, &run, (rows + kRows - 1) / kRows, rows * count);
  } else if (rows == 1) {
    run.how = choose(&run, 0);
    ln_parallel_sized(context, quantize_part, &run, (count + kPart - 1) / kPart, count);
  }
}
