#include "kernels/generic/nms.h"

#include <math.h>
#include <stdbool.h>

/* ---- A heap with the highest score on top. Where scores are equal, what comes first is decided by how elements move
 * in it: as in the original, a hole goes down to a leaf (to the right child of equal ones) before the last element goes
 * up from there. ---- */

static void rise(ln_nms_candidate* heap, size_t hole, ln_nms_candidate c) {
  for (; hole > 0 && heap[(hole - 1) / 2].score < c.score; hole = (hole - 1) / 2) heap[hole] = heap[(hole - 1) / 2];
  heap[hole] = c;
}

static ln_nms_candidate pop(ln_nms_candidate* heap, size_t* count) {
  const ln_nms_candidate top = heap[0];
  const size_t size = --*count;
  size_t hole = 0;
  while (2 * hole + 1 < size) {
    size_t child = 2 * hole + 2;
    if (child == size || heap[child].score < heap[child - 1].score) --child;
    heap[hole] = heap[child];
    hole = child;
  }
  if (size > 0) rise(heap, hole, heap[size]);
  return top;
}

/* ---- Boxes ---- */

static float low(float a, float b) { return b < a ? b : a; }

static float high(float a, float b) { return a < b ? b : a; }

/* Intersection over union; 0 where a box is empty. */
static float overlap(const float* a, const float* b) {
  const float a_top = low(a[0], a[2]), a_bottom = high(a[0], a[2]), a_left = low(a[1], a[3]),
              a_right = high(a[1], a[3]);
  const float b_top = low(b[0], b[2]), b_bottom = high(b[0], b[2]), b_left = low(b[1], b[3]),
              b_right = high(b[1], b[3]);
  const float a_area = (a_bottom - a_top) * (a_right - a_left), b_area = (b_bottom - b_top) * (b_right - b_left);
  if (a_area <= 0.0f || b_area <= 0.0f) return 0.0f;
  const float height = high(low(a_bottom, b_bottom) - high(a_top, b_top), 0.0f);
  const float width = high(low(a_right, b_right) - high(a_left, b_left), 0.0f);
  const float common = height * width, all = a_area + b_area - common;
  return all == 0.0f ? 0.0f : common / all;
}

/* Compares the candidate with the boxes taken since it was last compared; false: it is dropped. */
static bool compare(const ln_nms* nms, const float* boxes, const int32_t* taken, size_t taken_count,
                    ln_nms_candidate* c) {
  const float scale = nms->sigma > 0.0f ? -0.5f / nms->sigma : 0.0f;
  for (size_t i = taken_count; i > c->compared; --i) {
    const float shared = overlap(boxes + 4 * (size_t)c->box, boxes + 4 * (size_t)taken[i - 1]);
    if (shared >= nms->overlap_limit) return false;
    if (nms->sigma > 0.0f) c->score *= expf(scale * shared * shared);
    if (c->score <= nms->score_limit) break;
  }
  c->compared = taken_count;
  return true;
}

void ln_nms_begin_f32(const ln_nms* nms, const float* scores, size_t n, ln_nms_state* state) {
  state->heap_count = state->taken_count = 0;
  for (size_t i = 0; i < n; ++i) {
    if (!(scores[i] > nms->score_limit)) continue;
    rise(state->heap, state->heap_count, (ln_nms_candidate){scores[i], (int32_t)i, 0});
    ++state->heap_count;
  }
}

void ln_nms_step_f32(const ln_nms* nms, const float* boxes, ln_nms_state* state) {
  ln_nms_candidate c = pop(state->heap, &state->heap_count);
  const float before = c.score;
  if (!compare(nms, boxes, state->taken, state->taken_count, &c)) return;
  if (c.score == before) {
    state->taken[state->taken_count] = c.box;
    state->taken_scores[state->taken_count] = c.score;
    ++state->taken_count;
  }
  /* One that was taken goes back too: it meets itself next, and where the limit is above 1 it is taken again. */
  if (c.score > nms->score_limit) rise(state->heap, state->heap_count++, c);
}
