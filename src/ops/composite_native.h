/* Composites that have a kernel of their own, by their names. What a composite means its decomposition alone says: a
 * kernel is used only where it has computed the same as the decomposition (ops/composite.c). */
#ifndef LN_OPS_COMPOSITE_NATIVE_H_
#define LN_OPS_COMPOSITE_NATIVE_H_

#include "ops/flexbuffer.h"
#include "ops/op_util.h"

enum { LN_NATIVE_MAX_INPUTS = 6, LN_NATIVE_MAX_OUTPUTS = 2 };

/* A tensor without its runtime, so that a trial can be run on other data. */
typedef struct ln_native_tensor {
  TfLiteType type;
  int rank;
  int32_t dims[LN_MAX_RANK];
  void* data;
} ln_native_tensor;

typedef struct ln_native_call {
  int inputs, outputs;
  ln_native_tensor in[LN_NATIVE_MAX_INPUTS], out[LN_NATIVE_MAX_OUTPUTS];
  void* scratch;
} ln_native_call;

/* What a kernel takes from the attributes and shapes. */
typedef struct ln_native_params {
  float epsilon, scale, cap;
  bool sums, align_corners;
  size_t rows, depth, groups;
  size_t scratch_bytes;
} ln_native_params;

typedef struct ln_native {
  const char* name;
  /* True if the kernel takes tensors of those types and shapes (they have no data yet); fills the params. */
  bool (*takes)(TfLiteContext* context, const ln_flex_map* attributes, const ln_native_call* call, ln_native_params* p);
  /* False where the data are of a kind that the kernel leaves to the decomposition. NULL: it takes any. */
  bool (*takes_data)(const ln_native_call* call);
  void (*run)(TfLiteContext* context, const ln_native_params* p, const ln_native_call* call);
} ln_native;

extern const ln_native ln_native_rms_norm, ln_native_l2_norm, ln_native_group_norm, ln_native_attention,
    ln_native_update_kv_cache, ln_native_upsample_bilinear, ln_native_upsample_nearest;

bool ln_native_is(const ln_native_tensor* t, TfLiteType type, int rank);
size_t ln_native_extent(const ln_native_tensor* t, int first, int end);
bool ln_native_same_shape(const ln_native_tensor* a, const ln_native_tensor* b);

#endif
