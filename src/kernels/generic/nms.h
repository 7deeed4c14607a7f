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

/* Boxes taken so far, and those that may be taken yet. */
typedef struct ln_nms_state {
  ln_nms_candidate* heap; /* room for all boxes */
  size_t heap_count, taken_count;
  int32_t* taken; /* room for as many as shall be taken, or all */
  float* taken_scores;
} ln_nms_state;

/* Puts the boxes whose scores are above the limit into the heap. */
void ln_nms_begin_f32(const ln_nms* nms, const float* scores, size_t n, ln_nms_state* state);

/* Looks at the best candidate, of which there must be one: takes it, drops it or lowers its score. A box is
 * [y1, x1, y2, x2], any two corners that face each other. */
void ln_nms_step_f32(const ln_nms* nms, const float* boxes, ln_nms_state* state);

#endif
