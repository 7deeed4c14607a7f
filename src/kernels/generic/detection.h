/* What turns an object detector's raw outputs into boxes: decoding against anchors, and non-maximum suppression of
 * boxes that overlap a better one. All values may be NaN or infinite. */
#ifndef LN_KERNELS_DETECTION_H_
#define LN_KERNELS_DETECTION_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ln_box {
  float ymin, xmin, ymax, xmax;
} ln_box;

/* Centre, height and width: of an anchor, of an encoded box relative to its anchor, of the encoding's scales. */
typedef struct ln_center_size {
  float y, x, h, w;
} ln_center_size;

/* centre = code / scale * anchor's size + anchor's centre; size = exp(code / scale) * anchor's size, in doubles. Codes
 * stand `stride` floats apart, y x h w first. */
void ln_decode_boxes_f32_ref(const float* codes, size_t stride, const float* anchors, const ln_center_size* scale,
                             ln_box* boxes, size_t n);

/* False if one ends before it begins. */
bool ln_boxes_valid_f32_ref(const ln_box* boxes, size_t n);

/* Sorts indices of `values`, largest value first, of equals the lower index first. */
void ln_arg_sort_f32_ref(const float* values, int32_t* indices, size_t n);

/* Takes boxes by falling score, each unless it overlaps one taken before by more than `overlap` (intersection over
 * union), at most `limit`, from those with at least `threshold`. `selected` and `active` have n elements; the indices
 * taken come first in `selected`, their number is returned. */
size_t ln_suppress_boxes_f32_ref(const ln_box* boxes, const float* scores, size_t n, float threshold, float overlap,
                                 size_t limit, int32_t* selected, uint8_t* active);

#endif
