/* Non-maximum suppression: boxes by falling score, without those that overlap one that was taken, or with their scores
 * lowered (Bodla et al., "Soft-NMS", 2017). Pointers and numbers only. */
#ifndef LN_KERNELS_NMS_H_
#define LN_KERNELS_NMS_H_

#include <stddef.h>
#include <stdint.h>

typedef struct ln_nms {
  float overlap_limit; /* intersection over union from which on a box is dropped */
  float score_limit;   /* scores must be above it */
  float sigma;         /* above 0: scores are lowered by exp(-overlap^2 / (2 sigma)) */
} ln_nms;

typedef struct ln_nms_candidate {
  float score;
  int32_t box;
  size_t compared; /* with that many of the boxes taken */
} ln_nms_candidate;

/* Takes at most `limit` of the n boxes [y1, x1, y2, x2], whose corners may be any two that face each other; answers how
 * many. `heap` has n elements, `taken` and `taken_scores` the smaller of n and `limit`. */
size_t ln_nms_f32(const ln_nms* nms, const float* boxes, const float* scores, size_t n, size_t limit,
                  ln_nms_candidate* heap, int32_t* taken, float* taken_scores);

#endif
