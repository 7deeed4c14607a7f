/* TRANSPOSE around BATCH_MATMUL, as heads of attention have it: the product can read and write where things lie. */
#ifndef LN_RUNTIME_FUSE_ORDER_H_
#define LN_RUNTIME_FUSE_ORDER_H_

#include "runtime/fuse_state.h"

/* For the BATCH_MATMUL at `position`: the positions of the TRANSPOSE before its left side, its right side and behind
 * it, each -1 where there is none that it can do without. False: none at all. */
bool ln_find_orders(const fuse_state* f, int32_t position, LinnetFusion* fusion, int32_t transposes[3]);

#endif
