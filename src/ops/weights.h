/* Weights as kernels want them: dense, of whole bytes; and the scales of those that are quantized in blocks. Sees
 * tensors and kernels/generic/expand.h. */
#ifndef LN_OPS_WEIGHTS_H_
#define LN_OPS_WEIGHTS_H_

#include "kernels/generic/expand.h"
#include "ops/op_util.h"

/* False where the tensor's data must be expanded first: INT4, INT2 and sparse tensors. */
bool ln_weights_are_plain(const TfLiteTensor* t);

/* INT8 for INT4 and INT2, the tensor's own type otherwise. */
TfLiteType ln_plain_type(TfLiteType type);

/* A plain copy of weights that are not; *plain is NULL for those that are. The caller frees it. */
TfLiteStatus ln_expand_weights(TfLiteContext* context, const TfLiteTensor* t, void** plain);

/* The data of plain weights, or of their plain copy *plain (one that was there is freed). */
TfLiteStatus ln_get_plain(TfLiteContext* context, const TfLiteTensor* t, void** plain, const void** data);

/* What the sparsity of a tensor says, checked against its shape and bytes, and how many values it stores. */
enum { LN_MAX_LEVELS = 2 * LN_MAX_RANK };
TfLiteStatus ln_get_levels(TfLiteContext* context, const TfLiteTensor* t, ln_sparse_level levels[LN_MAX_LEVELS],
                           int* count, size_t* values);

/* Fills `out`, of as many elements as the tensor has, from a sparse tensor. */
TfLiteStatus ln_densify(TfLiteContext* context, const TfLiteTensor* t, void* out);

/* ---- Weights [rows, columns] with a float16 scale for every `blocksize` values of a row ---- */

bool ln_is_blockwise(const TfLiteTensor* t);

/* Prepare; `name` is what to call the weights. */
TfLiteStatus ln_check_blocks(TfLiteContext* context, const TfLiteTensor* t, const char* name);

/* [rows, columns / blocksize], which may lie at an odd address. */
TfLiteStatus ln_get_block_scales(TfLiteContext* context, const TfLiteTensor* t, const TfLiteTensor** scales);

#endif
