#include "ops/pad_util.h"

#include "ops/move_util.h"

TfLiteStatus ln_padded_dims(TfLiteContext* context, int rank, const int32_t* dims, const ln_edge_padding* padding,
                            int32_t* padded) {
  for (int i = 0; i < rank; ++i) {
    const int64_t low = padding->low[i], high = padding->high[i], interior = padding->interior[i];
    LN_CHECK(context, interior >= 0, "the interior padding of dimension %d is %lld; it must be at least 0", i,
             (long long)interior);
    LN_CHECK(context, ln_fits_i32(low) && ln_fits_i32(high) && ln_fits_i32(interior),
             "the padding of dimension %d is %lld, %lld, %lld; each must fit 32 bits", i, (long long)low,
             (long long)high, (long long)interior);
    const int64_t between = dims[i] > 0 ? (dims[i] - 1) * interior : 0, extent = dims[i] + between + low + high;
    LN_CHECK(context, ln_fits_i32(extent), "the padded extent of dimension %d would be %lld, which overflows", i,
             (long long)extent);
    padded[i] = (int32_t)extent;
  }
  return kTfLiteOk;
}

void ln_pad_edges(int rank, const int32_t* dims, const void* in, const ln_edge_padding* padding, const void* value,
                  const int32_t* padded, void* out, size_t element_bytes) {
  ptrdiff_t src[LN_MAX_RANK], dst[LN_MAX_RANK], from = 0, to = 0;
  size_t count = 1;
  bool has_input = true;
  for (int i = 0; i < rank; ++i) {
    count *= (size_t)padded[i];
    has_input = has_input && dims[i] > 0;
  }
  if (count == 0) return;
  ln_copy_shape fill = {0}, shape = {0};
  ln_copy_add(&fill, count, 0, (ptrdiff_t)element_bytes);
  ln_strided_copy(&fill, value, out, element_bytes);
  if (!has_input) return;
  ln_strides(rank, dims, element_bytes, src);
  ln_strides(rank, padded, element_bytes, dst);
  for (int i = 0; i < rank; ++i) {
    /* Element k stands at low + k * step; those in [0, padded) are kept. */
    const int64_t step = padding->interior[i] + 1, low = padding->low[i];
    const int64_t first = low < 0 ? (-low + step - 1) / step : 0;
    const int64_t room = padded[i] - 1 - low, end = room < 0 ? 0 : room / step + 1;
    const int64_t kept = (end < dims[i] ? end : dims[i]) - first;
    if (kept <= 0) return;
    from += (ptrdiff_t)first * src[i];
    to += (ptrdiff_t)(low + first * step) * dst[i];
    ln_copy_add(&shape, (size_t)kept, src[i], kept > 1 ? (ptrdiff_t)step * dst[i] : dst[i]);
  }
  ln_strided_copy(&shape, (const char*)in + from, (char*)out + to, element_bytes);
}
