/* The tiles of results that Winograd's convolutions make, and the elements of the input that each of them reads: where
 * they lie, and how they are shared out. Plain numbers, for floats and bytes alike. */
#ifndef LN_OPS_WINOGRAD_TILES_H_
#define LN_OPS_WINOGRAD_TILES_H_

#include "ops/matrix.h"

typedef struct ln_winograd_tiles {
  const ln_im2col* shape;
  size_t out_y, out_x;               /* results of a tile; it reads as many more as the filter has taps beside one */
  size_t down, across, total, items; /* of one image; of all; what they are shared out in */
} ln_winograd_tiles;

/* What a tile reads: rows y0 to y1 and columns x0 to x1 of it lie in the input, from `offset` on (in elements); all 0:
 * it sees nothing but padding. */
typedef struct ln_winograd_window {
  size_t y0, y1, x0, x1, offset;
} ln_winograd_window;

/* What it makes: its first result, in pixels of all images, and how many rows and columns of it there are. */
typedef struct ln_winograd_place {
  size_t first, rows, columns;
} ln_winograd_place;

/* Windows of all channels, next to each other, over pictures of sizes that the arithmetic here takes. */
static inline bool ln_winograd_takes(const ln_im2col* s, size_t batch, size_t columns) {
  return s->channels == s->pixel_stride && s->stride_y == 1 && s->stride_x == 1 && s->dilation_y == 1 &&
         s->dilation_x == 1 && s->grid_height >= 1 && s->grid_width >= 1 && batch > 0 && batch <= 1024 &&
         s->channels <= 4096 && columns <= 4096;
}

static inline ln_winograd_tiles ln_winograd_tiles_of(const ln_im2col* s, size_t batch, size_t out_y, size_t out_x) {
  ln_winograd_tiles t = {.shape = s,
                         .out_y = out_y,
                         .out_x = out_x,
                         .down = ((size_t)s->grid_height + out_y - 1) / out_y,
                         .across = ((size_t)s->grid_width + out_x - 1) / out_x};
  t.total = batch * t.down * t.across;
  t.items = 1;
  return t;
}

/* Which share of the tiles' results is wanted. */
static inline double ln_winograd_useful(const ln_winograd_tiles* t, size_t batch) {
  return (double)batch * (double)t->shape->grid_height * (double)t->shape->grid_width /
         (double)(t->total * t->out_y * t->out_x);
}

/* Shares them out to the workers, at most so many at once; the number of items. */
static inline size_t ln_winograd_share(ln_winograd_tiles* t, size_t most, size_t workers) {
  size_t items = (t->total + most - 1) / most;
  if (workers > 1) items = ln_round_up(items, workers);
  t->items = items < t->total ? items : t->total;
  return t->items;
}

/* Where the tiles of an item begin. */
static inline size_t ln_winograd_item_begin(const ln_winograd_tiles* t, size_t item) {
  return ln_share_begin(t->total, t->items, item);
}

/* Filters of one column are lines of the picture turned. */
static inline bool ln_winograd_is_upright(const ln_im2col* s) { return s->filter_width == 1; }

/* Of `size` elements from `at` on those within the extent; both 0: none. */
static inline void ln_winograd_edges(int64_t at, int64_t size, int32_t extent, size_t* first, size_t* end) {
  const int64_t from = at < 0 ? -at : 0, to = extent - at < size ? extent - at : size;
  *first = from < to ? (size_t)from : 0;
  *end = from < to ? (size_t)to : 0;
}

static inline ln_winograd_window ln_winograd_window_of(const ln_winograd_tiles* t, size_t tile) {
  const ln_im2col* s = t->shape;
  const size_t x = tile % t->across, y = tile / t->across % t->down, image = tile / t->across / t->down;
  const int64_t top = s->origin_y + (int64_t)(y * t->out_y), left = s->origin_x + (int64_t)(x * t->out_x);
  const int64_t height = (int64_t)t->out_y + s->filter_height - 1, width = (int64_t)t->out_x + s->filter_width - 1;
  ln_winograd_window w = {0};
  if (top >= s->in_height || left >= s->in_width || top <= -height || left <= -width) return w;
  ln_winograd_edges(top, height, s->in_height, &w.y0, &w.y1);
  ln_winograd_edges(left, width, s->in_width, &w.x0, &w.x1);
  w.offset = ((image * (size_t)s->in_height + (size_t)(top + (int64_t)w.y0)) * (size_t)s->in_width +
              (size_t)(left + (int64_t)w.x0)) *
             s->channels;
  return w;
}

static inline ln_winograd_place ln_winograd_place_of(const ln_winograd_tiles* t, size_t tile) {
  const size_t x = tile % t->across * t->out_x, y = tile / t->across % t->down * t->out_y;
  const size_t image = tile / t->across / t->down;
  const size_t height = (size_t)t->shape->grid_height, width = (size_t)t->shape->grid_width;
  return (ln_winograd_place){.first = (image * height + y) * width + x,
                             .rows = height - y < t->out_y ? height - y : t->out_y,
                             .columns = width - x < t->out_x ? width - x : t->out_x};
}

#endif
