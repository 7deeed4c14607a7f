#include "kernels/generic/detection.h"

#include <math.h>

void ln_decode_boxes_f32_ref(const float* codes, size_t stride, const float* anchors, const ln_center_size* scale,
                             ln_box* boxes, size_t n) {
  for (size_t i = 0; i < n; ++i, codes += stride, anchors += 4) {
    const double anchor_h = (double)anchors[2], anchor_w = (double)anchors[3];
    const float y = (float)((double)codes[0] / (double)scale->y * anchor_h + (double)anchors[0]);
    const float x = (float)((double)codes[1] / (double)scale->x * anchor_w + (double)anchors[1]);
    const float half_h = (float)(0.5 * exp((double)codes[2] / (double)scale->h) * anchor_h);
    const float half_w = (float)(0.5 * exp((double)codes[3] / (double)scale->w) * anchor_w);
    boxes[i] = (ln_box){y - half_h, x - half_w, y + half_h, x + half_w};
  }
}

bool ln_boxes_valid_f32_ref(const ln_box* boxes, size_t n) {
  for (size_t i = 0; i < n; ++i)
    if (boxes[i].ymin > boxes[i].ymax || boxes[i].xmin > boxes[i].xmax) return false;
  return true;
}

/* True if index a must stand before index b. */
static bool before(const float* values, int32_t a, int32_t b) {
  if (values[a] > values[b]) return true;
  return !(values[b] > values[a]) && a < b;
}

static void sink(const float* values, int32_t* heap, size_t n, size_t at) {
  for (;;) {
    size_t last = at;
    for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < n; ++child)
      if (before(values, heap[last], heap[child])) last = child;
    if (last == at) return;
    const int32_t swap = heap[at];
    heap[at] = heap[last];
    heap[last] = swap;
    at = last;
  }
}

/* A heap whose root stands last: with the index as the tie-break, it gives what a stable sort gives. */
void ln_arg_sort_f32_ref(const float* values, int32_t* indices, size_t n) {
  for (size_t i = n / 2; i > 0; --i) sink(values, indices, n, i - 1);
  for (size_t end = n; end > 1; --end) {
    const int32_t swap = indices[0];
    indices[0] = indices[end - 1];
    indices[end - 1] = swap;
    sink(values, indices, end - 1, 0);
  }
}

static float larger(float a, float b) { return a < b ? b : a; }
static float smaller(float a, float b) { return b < a ? b : a; }

static float intersection_over_union(const ln_box* a, const ln_box* b) {
  const float area_a = (a->ymax - a->ymin) * (a->xmax - a->xmin), area_b = (b->ymax - b->ymin) * (b->xmax - b->xmin);
  if (area_a <= 0 || area_b <= 0) return 0;
  const float height = smaller(a->ymax, b->ymax) - larger(a->ymin, b->ymin);
  const float width = smaller(a->xmax, b->xmax) - larger(a->xmin, b->xmin);
  const float common = larger(height, 0) * larger(width, 0);
  return common / (area_a + area_b - common);
}

size_t ln_suppress_boxes_f32_ref(const ln_box* boxes, const float* scores, size_t n, float threshold, float overlap,
                                 size_t limit, int32_t* selected, uint8_t* active) {
  size_t candidates = 0, taken = 0;
  for (size_t i = 0; i < n; ++i)
    if (scores[i] >= threshold) selected[candidates++] = (int32_t)i;
  ln_arg_sort_f32_ref(scores, selected, candidates);
  for (size_t i = 0; i < candidates; ++i) active[i] = 1;
  for (size_t i = 0; i < candidates && taken < limit; ++i) {
    if (!active[i]) continue;
    const int32_t best = selected[i];
    selected[taken++] = best; /* taken <= i: what is overwritten has been looked at */
    for (size_t k = i + 1; k < candidates; ++k)
      if (active[k] && intersection_over_union(&boxes[best], &boxes[selected[k]]) > overlap) active[k] = 0;
  }
  return taken;
}
