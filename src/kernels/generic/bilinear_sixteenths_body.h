/* Bilinear resizing of uint8 where all positions are whole sixteenths of a pixel, as in pictures enlarged by a power of
 * two: the definition's floats are then exact (products are below 2^10 and multiples of 2^-8), so that integers of 16
 * bits give its results. Lines of the picture are mixed first. Part of bilinear_body.h. */

/* A position's fraction in sixteenths, -1: it is no whole number of them. Between a pixel and itself none matters. */
static int32_t sixteenths_of(const position* p) {
  const float scaled = p->fraction * 16;
  if (!(scaled >= -16 && scaled <= 16) || scaled != (float)(int32_t)scaled) return -1;
  return p->low == p->high ? 0 : (int32_t)scaled;
}

/* How many of the columns from the first on can be taken that way; their fractions are left in fraction_q10.
 * between[k]: so many columns from k on lie between the same two pixels. */
static size_t count_sixteenths(position* xs, size_t count, size_t depth, uint8_t* between) {
  for (size_t k = 0; k < count; ++k) {
    xs[k].fraction_q10 = sixteenths_of(&xs[k]);
    if (xs[k].fraction_q10 < 0) return 0;
  }
  count = fit_columns(xs, count, depth);
  for (size_t k = count; k-- > 0;) {
    const bool goes_on = k + 1 < count && xs[k].low == xs[k + 1].low && xs[k].high == xs[k + 1].high;
    between[k] = goes_on ? (uint8_t)(between[k + 1] + 1) : 1;
  }
  return count;
}

/* `count` pixels between the same two: `width` of their channels, kChannels or kWide. */
LN_INLINE void mix_sixteenths(size_t width, const uint16_t* a, const uint16_t* b, const position* xs, size_t count,
                              size_t depth, uint8_t* out) {
  uint16_t base[kWide], slope[kWide];
  for (size_t i = 0; i < width; ++i) {
    base[i] = (uint16_t)(a[i] * 16 + 128);
    slope[i] = (uint16_t)(b[i] - a[i]);
  }
  for (size_t k = 0; k < count; ++k, out += depth) {
    const uint16_t far = (uint16_t)xs[k].fraction_q10;
    uint16_t mixed[kWide];
    uint8_t bytes[kWide];
    for (size_t i = 0; i < width; ++i) mixed[i] = (uint16_t)(base[i] + slope[i] * far);
    if (width == kWide)
      LN_UPPER_BYTES(mixed, bytes)
    else
      for (size_t i = 0; i < width; ++i) bytes[i] = (uint8_t)(mixed[i] >> 8);
    memcpy(out, bytes, width);
  }
}

/* Blocks of kWide channels, the last of which begins earlier. Where pixels have less, each block writes over the pixels
 * behind, which come later; kChannels twice for those that nothing is behind in the row. */
static void mix_pixels_sixteenths(const uint16_t* a, const uint16_t* b, const position* xs, size_t count, size_t behind,
                                  size_t depth, uint8_t* out) {
  if (depth >= kWide) {
    for (size_t j = 0; j < depth; j += kWide) {
      if (j + kWide > depth) j = depth - kWide;
      mix_sixteenths(kWide, a + j, b + j, xs, count, depth, out + j);
    }
    return;
  }
  const size_t wide = behind > 0 ? count : count - 1; /* kChannels are half of kWide */
  mix_sixteenths(kWide, a, b, xs, wide, depth, out);
  if (wide == count) return;
  mix_sixteenths(kChannels, a, b, xs + wide, count - wide, depth, out + wide * depth);
  const size_t j = depth - kChannels;
  mix_sixteenths(kChannels, a + j, b + j, xs + wide, count - wide, depth, out + wide * depth + j);
}

static void mix_columns_sixteenths(const uint16_t* line, const block* t, uint8_t* out) {
  const position* xs = t->xs;
  const size_t depth = t->depth;
  for (size_t k = 0, n; k < t->count; k += n, out += n * depth) {
    const uint16_t *a = line + (xs[k].low - xs[0].low), *b = line + (xs[k].high - xs[0].low);
    n = t->between[k];
    const size_t different = a == b ? 1 : n;
    mix_pixels_sixteenths(a, b, xs + k, different, t->count - k - different, depth, out);
    for (size_t i = different; i < n; ++i) memcpy(out + i * depth, out, depth);
  }
}

/* Pixels of less than kChannels are rounded together. */
static void mix_narrow_sixteenths(const uint16_t* line, const block* t, uint8_t* out) {
  const position* xs = t->xs;
  const size_t count = t->count, depth = t->depth;
  uint16_t sums[kChannels * kColumns];
  uint16_t* to = sums;
  for (size_t k = 0; k < count; ++k, to += depth) {
    const uint16_t *a = line + (xs[k].low - xs[0].low), *b = line + (xs[k].high - xs[0].low);
    const int32_t far = xs[k].fraction_q10, near = 16 - far;
    for (size_t j = 0; j < depth; ++j) to[j] = (uint16_t)(a[j] * near + b[j] * far + 128);
  }
  for (size_t e = 0; e < count * depth; ++e) out[e] = (uint8_t)(sums[e] >> 8);
}

static void mix_row_sixteenths(const block* t, const uint8_t* top, const uint8_t* bottom, int32_t far, uint8_t* out) {
  uint16_t line[kSpan + kWide];
  const size_t span = t->xs[t->count - 1].high + t->depth - t->xs[0].low;
  for (size_t e = 0; e < span; ++e) line[e] = (uint16_t)(top[e] * (16 - far) + bottom[e] * far);
  memset(line + span, 0, kWide * sizeof *line);
  if (t->depth >= kChannels)
    mix_columns_sixteenths(line, t, out);
  else
    mix_narrow_sixteenths(line, t, out);
}
