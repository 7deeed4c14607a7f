#include "kernels/generic/pose.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "kernels/generic/detection.h"

/* Keypoints: 0 nose, then left and right: 1 2 eyes, 3 4 ears, 5 6 shoulders, 7 8 elbows, 9 10 wrists, 11 12 hips,
 * 13 14 knees, 15 16 ankles. An edge can be followed both ways. */
static const int8_t kEdges[LN_POSE_EDGES][2] = {{0, 1},  {1, 3},  {0, 2},   {2, 4},   {0, 5}, {5, 7},
                                                {7, 9},  {5, 11}, {11, 13}, {13, 15}, {0, 6}, {6, 8},
                                                {8, 10}, {6, 12}, {12, 14}, {14, 16}};

enum { kRefinements = 5, kLongRefinements = 2 };

static float clamp(float x, float high) { return x < 0 ? 0 : high < x ? high : x; }

static float squared_distance(ln_pose_point a, ln_pose_point b) {
  const float dy = b.y - a.y, dx = b.x - a.x;
  return dy * dy + dx * dx;
}

/* ---- A queue by score, as std::priority_queue of libstdc++ keeps it: of equals, which many are in quantized maps, the
 * same one comes first. ---- */

static void raise_to_place(ln_pose_candidate* heap, size_t hole, ln_pose_candidate value) {
  for (; hole > 0 && heap[(hole - 1) / 2].score < value.score; hole = (hole - 1) / 2) heap[hole] = heap[(hole - 1) / 2];
  heap[hole] = value;
}

static void push(ln_pose_candidate* heap, size_t* count, ln_pose_candidate value) {
  raise_to_place(heap, (*count)++, value);
}

/* The hole that the first leaves goes down to the end of the heap, the last rises from there. */
static ln_pose_candidate pop(ln_pose_candidate* heap, size_t* count) {
  const ln_pose_candidate first = heap[0], last = heap[--*count];
  const size_t n = *count;
  size_t hole = 0;
  while (2 * hole + 1 < n) {
    size_t child = 2 * hole + 2;
    if (child == n || heap[child].score < heap[child - 1].score) --child;
    heap[hole] = heap[child];
    hole = child;
  }
  if (n > 0) raise_to_place(heap, hole, last);
  return first;
}

/* ---- Maps ---- */

typedef struct map {
  const float* data;
  int32_t height, width;
  size_t channels;
} map;

/* Two neighbours and the share of the second. */
static float neighbours(float x, int32_t n, size_t* first, size_t* second) {
  const float inside = x >= 0 ? (x <= (float)(n - 1) ? x : (float)(n - 1)) : 0; /* 0 for NaN */
  *first = (size_t)floorf(inside);
  *second = (size_t)ceilf(inside);
  return x - (float)*first;
}

/* Between the four cells around a point. */
static float sample(const map* m, ln_pose_point p, size_t channel) {
  size_t top, bottom, left, right;
  const float down = neighbours(p.y, m->height, &top, &bottom), aside = neighbours(p.x, m->width, &left, &right);
  const float* upper = m->data + top * (size_t)m->width * m->channels + channel;
  const float* lower = m->data + bottom * (size_t)m->width * m->channels + channel;
  left *= m->channels;
  right *= m->channels;
  return (1 - down) * ((1 - aside) * upper[left] + aside * upper[right]) +
         down * ((1 - aside) * lower[left] + aside * lower[right]);
}

/* Follows an offset whose y and x parts are in these channels. */
static ln_pose_point follow(const map* m, ln_pose_point p, size_t y_channel, size_t x_channel) {
  const float y = p.y + sample(m, p, y_channel), x = p.x + sample(m, p, x_channel);
  return (ln_pose_point){clamp(y, (float)(m->height - 1)), clamp(x, (float)(m->width - 1))};
}

typedef struct decoder {
  map scores, short_offsets, mid_offsets;
} decoder;

/* ---- Candidates: keypoints that are likelier than their neighbours ---- */

static bool is_local_maximum(const map* m, int32_t y, int32_t x, size_t channel) {
  const float score = m->data[((size_t)y * (size_t)m->width + (size_t)x) * m->channels + channel];
  for (int32_t i = y > 0 ? y - 1 : 0; i <= y + 1 && i < m->height; ++i)
    for (int32_t k = x > 0 ? x - 1 : 0; k <= x + 1 && k < m->width; ++k)
      if (m->data[((size_t)i * (size_t)m->width + (size_t)k) * m->channels + channel] > score) return false;
  return true;
}

static size_t find_candidates(const decoder* d, float least, ln_pose_candidate* queue) {
  const map* m = &d->scores;
  size_t count = 0, cell = 0;
  for (int32_t y = 0; y < m->height; ++y) {
    for (int32_t x = 0; x < m->width; ++x, ++cell) {
      const float* offsets = d->short_offsets.data + cell * d->short_offsets.channels;
      for (int32_t k = 0; k < LN_POSE_KEYPOINTS; ++k) {
        const float score = m->data[cell * m->channels + (size_t)k];
        if (!(score >= least) || !is_local_maximum(m, y, x, (size_t)k)) continue;
        const ln_pose_point p = {clamp((float)y + offsets[k], (float)(m->height - 1)),
                                 clamp((float)x + offsets[LN_POSE_KEYPOINTS + k], (float)(m->width - 1))};
        push(queue, &count, (ln_pose_candidate){p, k, score});
      }
    }
  }
  return count;
}

/* ---- One pose: from a keypoint to its neighbours in the body, the likeliest first ---- */

static void push_neighbour(const decoder* d, const ln_pose_candidate* from, size_t edge, bool forward,
                           ln_pose_candidate* queue, size_t* count) {
  const size_t target = (size_t)kEdges[edge][forward ? 1 : 0], first = forward ? edge : 2 * LN_POSE_EDGES + edge;
  ln_pose_point p = follow(&d->mid_offsets, from->point, first, first + LN_POSE_EDGES);
  for (int i = 0; i < kRefinements; ++i) p = follow(&d->short_offsets, p, target, target + LN_POSE_KEYPOINTS);
  push(queue, count, (ln_pose_candidate){p, (int32_t)target, sample(&d->scores, p, target)});
}

static void decode_pose(const decoder* d, const ln_pose_candidate* root, ln_pose* pose) {
  ln_pose_candidate queue[2 * LN_POSE_EDGES + 1];
  bool found[LN_POSE_KEYPOINTS] = {false};
  size_t count = 1;
  queue[0] = (ln_pose_candidate){root->point, root->keypoint, sample(&d->scores, root->point, (size_t)root->keypoint)};
  while (count > 0) {
    const ln_pose_candidate next = pop(queue, &count);
    if (found[next.keypoint]) continue;
    found[next.keypoint] = true;
    pose->points[next.keypoint] = next.point;
    pose->scores[next.keypoint] = 1.0f / (1.0f + expf(-next.score));
    for (size_t e = 0; e < LN_POSE_EDGES; ++e)
      if (kEdges[e][0] == next.keypoint && !found[kEdges[e][1]]) push_neighbour(d, &next, e, true, queue, &count);
    for (size_t e = 0; e < LN_POSE_EDGES; ++e)
      if (kEdges[e][1] == next.keypoint && !found[kEdges[e][0]]) push_neighbour(d, &next, e, false, queue, &count);
  }
}

/* The mean of the scores, of those that are not left out; summed from the highest down. */
static float mean_score(const ln_pose* pose, const bool* left_out) {
  int32_t order[LN_POSE_KEYPOINTS];
  float sum = 0;
  for (int32_t k = 0; k < LN_POSE_KEYPOINTS; ++k) order[k] = k;
  ln_arg_sort_f32_ref(pose->scores, order, LN_POSE_KEYPOINTS);
  for (size_t i = 0; i < LN_POSE_KEYPOINTS; ++i)
    if (!left_out[order[i]]) sum += pose->scores[order[i]];
  return sum / LN_POSE_KEYPOINTS;
}

static bool is_taken(const ln_pose* poses, size_t count, const ln_pose_candidate* c, float squared_radius) {
  for (size_t i = 0; i < count; ++i)
    if (squared_distance(c->point, poses[i].points[c->keypoint]) <= squared_radius) return true;
  return false;
}

static void sort_poses(const float* scores, size_t count, int32_t* order) {
  for (size_t i = 0; i < count; ++i) order[i] = (int32_t)i;
  ln_arg_sort_f32_ref(scores, order, count);
}

size_t ln_decode_poses_f32_ref(const ln_pose_maps* maps, float threshold, float radius, size_t limit,
                               ln_pose_candidate* candidates, ln_pose* poses, float* pose_scores, int32_t* order) {
  const decoder d = {{maps->scores, maps->height, maps->width, LN_POSE_KEYPOINTS},
                     {maps->short_offsets, maps->height, maps->width, 2 * LN_POSE_KEYPOINTS},
                     {maps->mid_offsets, maps->height, maps->width, 4 * LN_POSE_EDGES}};
  const float least = (float)-log(1.0 / ((double)threshold + 1e-6) - 1.0), squared_radius = radius * radius;
  const bool none[LN_POSE_KEYPOINTS] = {false};
  size_t queued = find_candidates(&d, least, candidates), count = 0;
  while (count < limit && queued > 0) {
    const ln_pose_candidate root = pop(candidates, &queued);
    if (is_taken(poses, count, &root, squared_radius)) continue;
    decode_pose(&d, &root, &poses[count]);
    pose_scores[count] = mean_score(&poses[count], none);
    if (pose_scores[count] >= threshold) ++count;
  }
  sort_poses(pose_scores, count, order);
  for (size_t i = 0; i < count; ++i) {
    ln_pose* pose = &poses[order[i]];
    bool taken[LN_POSE_KEYPOINTS] = {false};
    for (size_t better = 0; better < i; ++better)
      for (size_t k = 0; k < LN_POSE_KEYPOINTS; ++k)
        if (squared_distance(pose->points[k], poses[order[better]].points[k]) <= squared_radius) taken[k] = true;
    pose->score = mean_score(pose, taken);
  }
  for (size_t i = 0; i < count; ++i) pose_scores[i] = poses[i].score;
  sort_poses(pose_scores, count, order);
  size_t good = 0;
  while (good < count && !(pose_scores[order[good]] < threshold)) ++good;
  return good;
}

void ln_pose_masks_f32_ref(const float* long_offsets, int32_t height, int32_t width, const ln_pose_point* keypoints,
                           size_t count, float stride, float* masks) {
  const map m = {long_offsets, height, width, 2 * LN_POSE_KEYPOINTS};
  const size_t cells = (size_t)height * (size_t)width;
  for (size_t cell = 0; cell < cells && count > 0; ++cell) {
    const size_t y = cell / (size_t)width, x = cell % (size_t)width;
    ln_pose_point ends[LN_POSE_KEYPOINTS];
    for (size_t k = 0; k < LN_POSE_KEYPOINTS; ++k) {
      ln_pose_point p = {(float)y, (float)x};
      for (int i = 0; i <= kLongRefinements; ++i) p = follow(&m, p, k, k + LN_POSE_KEYPOINTS);
      ends[k] = (ln_pose_point){p.y * stride, p.x * stride};
    }
    size_t nearest = 0;
    float least = 0;
    for (size_t i = 0; i < count; ++i) {
      float sum = 0;
      for (size_t k = 0; k < LN_POSE_KEYPOINTS; ++k)
        sum += squared_distance(ends[k], keypoints[i * LN_POSE_KEYPOINTS + k]);
      if (i > 0 && !(sum < least)) continue;
      nearest = i;
      least = sum;
    }
    masks[nearest * cells + cell] = 1;
  }
}
