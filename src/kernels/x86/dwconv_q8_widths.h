/* Depthwise convolution of bytes with vpdpbusd: packing and running all channels, in blocks of the widths that the
 * including file lists in kWidths, the widest first, the last of kNarrowest. No include guard on purpose. */

/* The block that begins where so many channels are left. */
static const block_width* width_of(size_t left) {
  const block_width* width = kWidths;
  while (width->lanes > left && width->lanes > kNarrowest) ++width;
  return width;
}
static size_t lanes_of(size_t left) { return width_of(left)->lanes; }
static size_t count_of(size_t left) { return left >= kNarrowest ? lanes_of(left) : left >= 8 ? 8 : left; }

static size_t most_groups(int32_t height) { return (2 * (size_t)height + 3) / 4; }

/* Blocks lie where they would if all needed the most groups. */
static size_t block_size(size_t lanes, int32_t height, int32_t width) {
  return sizeof(block_head) + 24 * lanes + (size_t)width * most_groups(height) * 4 * lanes;
}

static size_t packed_size(size_t channels, int32_t height, int32_t width) {
  size_t size = 0;
  if (height > kMaxHeight || width > LN_DWCONV_Q8_MAX_FILTER) return 0;
  for (size_t c = 0; c < channels; c += count_of(channels - c))
    size += block_size(lanes_of(channels - c), height, width);
  return size;
}

static bool row_has_second(const ln_dwconv_q8_filter* f, int32_t y, size_t first, size_t end) {
  for (int32_t x = 0; x < f->width; ++x)
    for (size_t c = first; c < end; ++c) {
      const int32_t weight = ln_dwconv_q8_weight(f, y, x, c);
      if (first_part(weight) != weight) return true;
    }
  return false;
}

static bool parts_suffice(const ln_dwconv_q8_filter* f) {
  const int32_t lowest = f->is_signed ? INT8_MIN : -f->weights_zero_point;
  return lowest >= 2 * INT8_MIN + 1 && lowest + 255 <= 2 * INT8_MAX;
}

static void map_slots(const ln_dwconv_q8_filter* f, size_t first, size_t end, block_head* head) {
  size_t used = 0;
  memset(head, 0, sizeof *head);
  for (int32_t y = 0; y < f->height; ++y) head->slots.rows[used++] = (uint8_t)y;
  head->slots.second = (uint32_t)used;
  for (int32_t y = 0; y < f->height; ++y)
    if (row_has_second(f, y, first, end)) head->slots.rows[used++] = (uint8_t)y;
  head->slots.used = (uint32_t)used;
  head->groups = (uint32_t)(used + 3) / 4;
}

static bool pack(const ln_dwconv_q8_filter* f, void* packed) {
  char* at = packed;
  if (!parts_suffice(f)) return false;
  memset(packed, 0, packed_size(f->channels, f->height, f->width));
  for (size_t c = 0, count; c < f->channels; c += count) {
    const block_width* width = width_of(f->channels - c);
    block_head* head = (block_head*)(void*)at;
    void* body = at + sizeof *head;
    count = count_of(f->channels - c);
    map_slots(f, c, c + count, head);
    if (!width->pack(f, c, count, head, body)) return false;
    at += block_size(width->lanes, f->height, f->width);
  }
  return true;
}

static void run(size_t channels, int32_t height, int32_t width, const void* packed, const ln_dwconv_q8_stretch* s) {
  const char* at = packed;
  for (size_t c = 0, count; c < channels; c += count) {
    const block_width* block = width_of(channels - c);
    const block_head* head = (const block_head*)(const void*)at;
    const void* body = at + sizeof *head;
    cursor cursor;
    count = count_of(channels - c);
    start(&cursor, s, head, c);
    block->run((size_t)width, head->groups, count, body, &cursor, s, s->out + c);
    at += block_size(block->lanes, height, width);
  }
}
