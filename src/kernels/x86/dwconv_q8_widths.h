/* Depthwise convolution of bytes with vpdpbusd: packing and running all channels, in blocks of the widths that the
 * including file lists in kWidths, the widest first, the last of kNarrowest. Where channels are no multiple, the last
 * block has some of those before it again. No include guard on purpose. */

typedef struct block_place {
  const block_width* width;
  size_t first, count;
} block_place;

/* The block that begins at channel `at`, or before it: the narrowest that has all channels that are left, as long as
 * there are so many in all, or else the widest that is full. Fewer than kNarrowest channels fill no block. */
static block_place block_at(size_t channels, size_t at) {
  const block_width* width = kWidths;
  while (width->lanes > channels && width->lanes > kNarrowest) ++width;
  while (width->lanes > kNarrowest && (width + 1)->lanes >= channels - at) ++width;
  if (width->lanes > channels) return (block_place){width, 0, channels};
  return (block_place){width, at + width->lanes <= channels ? at : channels - width->lanes, width->lanes};
}

static size_t most_groups(int32_t height) { return (2 * (size_t)height + 3) / 4; }

/* Blocks lie where they would if all needed the most groups. */
static size_t block_size(size_t lanes, int32_t height, int32_t width) {
  return sizeof(block_head) + 32 * lanes + (size_t)width * most_groups(height) * 4 * lanes;
}

static size_t packed_size(size_t channels, int32_t height, int32_t width) {
  size_t size = 0;
  if (height > kMaxHeight || width > LN_DWCONV_Q8_MAX_FILTER) return 0;
  for (size_t c = 0; c < channels;) {
    const block_place block = block_at(channels, c);
    size += block_size(block.width->lanes, height, width);
    c = block.first + block.count;
  }
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

/* Where second parts need a group of their own and the first ones do not fill theirs, both lie alike in their groups.
 */
static void map_slots(const ln_dwconv_q8_filter* f, size_t first, size_t end, block_head* head) {
  size_t used = 0;
  memset(head, 0, sizeof *head);
  for (int32_t y = 0; y < f->height; ++y) head->slots.rows[used++] = (uint8_t)y;
  head->slots.first = head->slots.second = (uint32_t)used;
  for (int32_t y = 0; y < f->height; ++y)
    if (row_has_second(f, y, first, end)) head->slots.rows[used++] = (uint8_t)y;
  head->slots.used = (uint32_t)used;
  head->groups = (uint32_t)(used + 3) / 4;
  head->parts = 1;
  if (kWidths[0].run_lines == NULL) return;
  if (f->height <= 4 && used > 4) head->parts = 2;
  if (head->parts == 2) {
    head->slots.second = 4;
    head->slots.used = 8;
    for (size_t slot = 0; slot < 8; ++slot) head->slots.rows[slot] = slot % 4;
  } else if (used == head->slots.first) {
    for (; used < 4 * head->groups; ++used) head->slots.rows[used] = (uint8_t)used;
  }
}

static bool pack(const ln_dwconv_q8_filter* f, void* packed) {
  char* at = packed;
  if (!parts_suffice(f)) return false;
  memset(packed, 0, packed_size(f->channels, f->height, f->width));
  for (size_t c = 0; c < f->channels;) {
    const block_place block = block_at(f->channels, c);
    block_head* head = (block_head*)(void*)at;
    void* body = at + sizeof *head;
    c = block.first + block.count;
    map_slots(f, block.first, c, head);
    if (!block.width->pack(f, block.first, block.count, head, body)) return false;
    at += block_size(block.width->lanes, f->height, f->width);
  }
  return true;
}

LN_INLINE void run_block(const block_width* width, size_t filter_width, const block_head* head,
                         const block_place* block, const ln_dwconv_q8_stretch* s) {
  if (width->run_lines != NULL && width->run_lines(filter_width, head, block->first, block->count, s)) return;
  for (size_t line = 0; line < s->lines; ++line) {
    cursor c;
    start(&c, s, line * s->line_step, head->slots.used, head, block->first);
    width->run(filter_width, head->groups, block->count, head + 1, &c, s, s->out + line * s->out_line + block->first);
  }
}

static void run(size_t channels, int32_t height, int32_t width, const void* packed, const ln_dwconv_q8_stretch* s) {
  const char* at = packed;
  for (size_t c = 0; c < channels;) {
    const block_place block = block_at(channels, c);
    const block_head* head = (const block_head*)(const void*)at;
    c = block.first + block.count;
    run_block(block.width, (size_t)width, head, &block, s);
    at += block_size(block.width->lanes, height, width);
  }
}
