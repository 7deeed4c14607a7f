/* Bilinear resizing where the order of roundings is free, or there are none: first two lines of the picture are mixed,
 * then neighbours in what came out. For a block of columns of the output so much of it as they need lies in a buffer.
 * `number` holds sums exactly, but for floats. Part of bilinear_body.h. */

enum { kFewChannels = 4 };

#define LN_FLOAT_FRACTION(p) ((p).fraction)
#define LN_FIXED_FRACTION(p) ((p).fraction_q10)
#define LN_AS_IT_IS(x) (x)
#define LN_ROUND_S16(x) (int16_t)(int32_t)(((x) + ((x) > 0 ? 524288.0 : -524288.0)) * (1.0 / 1048576.0))

/* `at` gives a column's or row's position, `one` is the distance of two pixels. */
#define LN_BILINEAR_LINES(name, type, number, one, fraction_of, finish)                                           \
  LN_INLINE void mix_block_##name(const number* a, const number* b, number near, number far, type* out) {         \
    number sums[kChannels];                                                                                       \
    type mixed[kChannels];                                                                                        \
    for (size_t j = 0; j < kChannels; ++j) sums[j] = a[j] * near + b[j] * far;                                    \
    for (size_t j = 0; j < kChannels; ++j) mixed[j] = finish(sums[j]);                                            \
    memcpy(out, mixed, sizeof mixed);                                                                             \
  }                                                                                                               \
  /* Behind whole vectors blocks of which the last begins earlier. */                                             \
  LN_INLINE void mix_line_##name(const number* restrict line, const position* xs, size_t count, size_t depth,     \
                                 type* restrict out) {                                                            \
    const size_t whole = depth / kWide * kWide;                                                                   \
    for (size_t k = 0; k < count; ++k, out += depth) {                                                            \
      const number far = fraction_of(xs[k]), near = (one)-far;                                                    \
      const number *a = line + (xs[k].low - xs[0].low), *b = line + (xs[k].high - xs[0].low);                     \
      for (size_t j = 0; j < whole; ++j) {                                                                        \
        const number sum = a[j] * near + b[j] * far;                                                              \
        out[j] = finish(sum);                                                                                     \
      }                                                                                                           \
      for (size_t j = whole; j < depth; j += kChannels) {                                                         \
        const size_t at = j + kChannels <= depth ? j : depth - kChannels;                                         \
        mix_block_##name(a + at, b + at, near, far, out + at);                                                    \
      }                                                                                                           \
    }                                                                                                             \
  }                                                                                                               \
  /* Few channels are rounded together. */                                                                        \
  LN_INLINE void mix_few_##name(const number* restrict line, const position* xs, size_t count, size_t depth,      \
                                type* restrict out) {                                                             \
    number sums[kChannels * kColumns];                                                                            \
    for (size_t k = 0; k < count; ++k) {                                                                          \
      const number far = fraction_of(xs[k]), near = (one)-far;                                                    \
      const number *a = line + (xs[k].low - xs[0].low), *b = line + (xs[k].high - xs[0].low);                     \
      for (size_t j = 0; j < depth; ++j) sums[k * depth + j] = a[j] * near + b[j] * far;                          \
    }                                                                                                             \
    for (size_t e = 0; e < count * depth; ++e) out[e] = finish(sums[e]);                                          \
  }                                                                                                               \
  static void mix_row_##name(const type* top, const type* bottom, const position* xs, size_t count, size_t depth, \
                             number far, type* out) {                                                             \
    number line[kSpan];                                                                                           \
    const size_t span = xs[count - 1].high + depth - xs[0].low;                                                   \
    const number near = (one)-far;                                                                                \
    for (size_t e = 0; e < span; ++e) line[e] = (number)top[e] * near + (number)bottom[e] * far;                  \
    if (depth == 1)                                                                                               \
      mix_few_##name(line, xs, count, 1, out);                                                                    \
    else if (depth == 3)                                                                                          \
      mix_few_##name(line, xs, count, 3, out);                                                                    \
    else if (depth == kFewChannels)                                                                               \
      mix_few_##name(line, xs, count, kFewChannels, out);                                                         \
    else if (depth < kChannels)                                                                                   \
      mix_few_##name(line, xs, count, depth, out);                                                                \
    else                                                                                                          \
      mix_line_##name(line, xs, count, depth, out);                                                               \
  }                                                                                                               \
  /* false: one column alone does not fit. */                                                                     \
  static bool run_lines_##name(const ln_resize_shape* s, const axis* rows, const axis* columns, const type* in,   \
                               type* out) {                                                                       \
    const size_t depth = (size_t)s->channels, line = (size_t)s->in_width * depth, width = (size_t)s->out_width;   \
    for (size_t first = 0, count; first < width; first += count) {                                                \
      position xs[kColumns];                                                                                      \
      count = width - first < kColumns ? width - first : kColumns;                                                \
      for (size_t k = 0; k < count; ++k) xs[k] = columns->at(columns, (int32_t)(first + k), depth);               \
      count = fit_columns(xs, count, depth);                                                                      \
      if (count == 0) return false;                                                                               \
      for (int32_t n = 0; n < s->batch; ++n)                                                                      \
        for (int32_t i = s->first_row; i < s->end_row; ++i) {                                                     \
          const position y = rows->at(rows, i, line);                                                             \
          const type* picture = in + (size_t)n * (size_t)s->in_height * line + xs[0].low;                         \
          type* to = out + (((size_t)n * (size_t)s->out_height + (size_t)i) * width + first) * depth;             \
          mix_row_##name(picture + y.low, picture + y.high, xs, count, depth, fraction_of(y), to);                \
        }                                                                                                         \
    }                                                                                                             \
    return true;                                                                                                  \
  }

LN_BILINEAR_LINES(f32, float, float, 1.0f, LN_FLOAT_FRACTION, LN_AS_IT_IS)
LN_BILINEAR_LINES(s8, int8_t, int32_t, 1024, LN_FIXED_FRACTION, LN_ROUND_S8)
LN_BILINEAR_LINES(s16, int16_t, double, 1024.0, LN_FIXED_FRACTION, LN_ROUND_S16)

static void run_f32(const ln_resize_shape* s, const float* in, float* out) {
  const axis rows = float_axis(s->in_height, s->out_height, s), columns = float_axis(s->in_width, s->out_width, s);
  if (!suits_lines(s) || !run_lines_f32(s, &rows, &columns, in, out)) ln_resize_bilinear_f32_ref(s, in, out);
}

static void run_s8(const ln_resize_shape* s, const int8_t* in, int8_t* out) {
  const axis rows = fixed_axis(s->in_height, s->out_height, s), columns = fixed_axis(s->in_width, s->out_width, s);
  if (!rows.is_near || !columns.is_near)
    ln_resize_bilinear_s8_ref(s, in, out);
  else if (!suits_lines(s) || !run_lines_s8(s, &rows, &columns, in, out))
    run_pixels_s8(s, &rows, &columns, in, out);
}

static void run_s16(const ln_resize_shape* s, const int16_t* in, int16_t* out) {
  const axis rows = fixed_axis(s->in_height, s->out_height, s), columns = fixed_axis(s->in_width, s->out_width, s);
  if (!rows.is_near || !columns.is_near || !suits_lines(s) || !run_lines_s16(s, &rows, &columns, in, out))
    ln_resize_bilinear_s16_ref(s, in, out);
}
