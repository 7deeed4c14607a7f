/* Pictures and arrays read at computed places, between their elements and beyond their ends: gathers, weighed. */
#ifndef LN_CONVERT_WARP_H_
#define LN_CONVERT_WARP_H_

#include "convert/form.h"

/* What counts beyond the ends. */
enum { LN_FILL_CONSTANT, LN_FILL_NEAREST, LN_FILL_REFLECT, LN_FILL_MIRROR, LN_FILL_WRAP };

typedef struct ln_warp {
  bool nearest;    /* the nearest element; else the neighbours are weighed */
  int fill;        /* LN_FILL_... */
  ln_tensor* with; /* a scalar, for LN_FILL_CONSTANT */
} ln_warp;

/* As TensorFlow's ImageProjectiveTransform: x [N,H,W,C] of float32, transforms [1,8] or [N,8], as
 * [N,size[0],size[1],C]. LN_FILL_MIRROR is none of its modes. NULL: an extent but the batch is not known, or too large.
 */
ln_tensor* ln_build_projection(const ln_form* f, ln_tensor* x, ln_tensor* transforms, const int32_t size[2],
                               const ln_warp* how, const char* what);

/* As Keras's map_coordinates: x of float32 and 1 to 4 known extents; coordinates [rank of x, ...]. NULL: an extent is
 * not known, or they are too large. */
ln_tensor* ln_build_at_coordinates(const ln_form* f, ln_tensor* x, ln_tensor* coordinates, const ln_warp* how,
                                   const char* what);

#endif
