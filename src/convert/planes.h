/* What is done to [N,D,H,W,C] by operators of pictures: along H and W of N * D pictures [H,W,C], then along D of
 * pictures [D,H*W,C]. For both importers. */
#ifndef LN_CONVERT_PLANES_H_
#define LN_CONVERT_PLANES_H_

#include "convert/form.h"

/* One of both steps on x [N,H,W,C]: along its first two axes (`of_depth` false), or along the first alone. */
typedef ln_tensor* ln_plane_step(const ln_form* f, ln_tensor* x, bool of_depth, const void* arg);

/* x has rank 5; any of its extents may be unknown. */
ln_tensor* ln_over_planes(const ln_form* f, ln_tensor* x, ln_plane_step* step, const void* arg);

/* Pools of windows in three dimensions; `code` is that of two. Maxima of maxima, and means of means, also over windows
 * that padding cuts, as these are boxes too. */
ln_tensor* ln_pool_planes(const ln_form* f, int code, ln_tensor* x, int padding, const int32_t size[3],
                          const int32_t stride[3]);

#endif
