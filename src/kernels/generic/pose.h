/* Poses of persons out of a PoseNet's maps: where keypoints are likely, how far the nearest one is off, and how far it
 * is from one keypoint of a person to the next ("PersonLab", Papandreou et al. 2018, arXiv:1803.08225). Coordinates are
 * in cells of the maps, y first; values may be NaN. */
#ifndef LN_KERNELS_POSE_H_
#define LN_KERNELS_POSE_H_

#include <stddef.h>
#include <stdint.h>

#define LN_POSE_KEYPOINTS 17
#define LN_POSE_EDGES 16

typedef struct ln_pose_point {
  float y, x;
} ln_pose_point;

typedef struct ln_pose {
  ln_pose_point points[LN_POSE_KEYPOINTS];
  float scores[LN_POSE_KEYPOINTS]; /* probabilities */
  float score;                     /* their mean, without those that a better pose has taken */
} ln_pose;

/* Maps [height, width, channels], height and width at least 1. */
typedef struct ln_pose_maps {
  int32_t height, width;
  const float* scores;        /* [keypoint], log odds */
  const float* short_offsets; /* [y or x, keypoint] */
  const float* mid_offsets;   /* [forward or backward, y or x, edge] */
} ln_pose_maps;

typedef struct ln_pose_candidate {
  ln_pose_point point;
  int32_t keypoint;
  float score;
} ln_pose_candidate;

/* At most `limit` poses of at least `threshold`; keypoints of one kind within `radius` are the same. Returns how many,
 * and in `order` their indices, best first. `candidates` has an element for each element of the scores; `poses`,
 * `pose_scores` and `order` have `limit` + 1, `limit` and `limit` elements. */
size_t ln_decode_poses_f32_ref(const ln_pose_maps* maps, float threshold, float radius, size_t limit,
                               ln_pose_candidate* candidates, ln_pose* poses, float* pose_scores, int32_t* order);

/* masks[pose][y][x] is 1 where the cell's long offsets, [height, width, y or x, keypoint], lead to that of `count`
 * poses rather than to another, otherwise 0. `keypoints` are count * LN_POSE_KEYPOINTS points, in units of 1 / stride
 * cells. */
void ln_pose_masks_f32_ref(const float* long_offsets, int32_t height, int32_t width, const ln_pose_point* keypoints,
                           size_t count, float stride, float* masks);

#endif
