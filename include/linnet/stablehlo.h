/* Part of Linnet. Licensed under the Apache License, Version 2.0; see LICENSE. */
/* What nodes of StableHLO operators hold in `builtin_data` where TensorFlow Lite's own builtin_op_data.h has no struct
 * for them: for delegates that look at such nodes. Each struct is named for the operator; its members are the fields of
 * the operator's options in the schema, in its order. Names, meanings and defaults are those of StableHLO's
 * specification; an array holds as many values as the member behind it says.
 *
 * A node whose options the file leaves out has a zeroed struct. Nothing is checked but the number of values: operators
 * check the rest against their tensors. Strings and bytes are borrowed from the model.
 *
 * STABLEHLO_WHILE has a TfLiteWhileParams. */
#ifndef LINNET_STABLEHLO_H_
#define LINNET_STABLEHLO_H_

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LINNET_STABLEHLO_MAX_DIMENSIONS 8

typedef enum LinnetStablehloComparisonDirection {
  kLinnetStablehloEqual = 0,
  kLinnetStablehloNotEqual = 1,
  kLinnetStablehloGreaterEqual = 2,
  kLinnetStablehloGreater = 3,
  kLinnetStablehloLessEqual = 4,
  kLinnetStablehloLess = 5
} LinnetStablehloComparisonDirection;

typedef enum LinnetStablehloComparisonType {
  kLinnetStablehloCompareByType = 0, /* as the operands' type says */
  kLinnetStablehloCompareFloat = 1,
  kLinnetStablehloCompareTotalOrder = 2, /* floats with -NaN below and NaN above all, -0 below 0 */
  kLinnetStablehloCompareSigned = 3,
  kLinnetStablehloCompareUnsigned = 4
} LinnetStablehloComparisonType;

/** operand dimension i becomes result dimension broadcast_dimensions[i]. */
typedef struct LinnetStablehloBroadcastInDimParams {
  int64_t broadcast_dimensions[LINNET_STABLEHLO_MAX_DIMENSIONS];
  int32_t num_broadcast_dimensions;
} LinnetStablehloBroadcastInDimParams;

/** Window attributes that are left out have no values: strides and dilations of 1, no padding, no reversal. Padding has
 * two values for each spatial dimension, before and behind; a negative one crops. */
typedef struct LinnetStablehloConvolutionParams {
  int64_t window_strides[LINNET_STABLEHLO_MAX_DIMENSIONS];
  int32_t num_window_strides;
  int64_t padding[2 * LINNET_STABLEHLO_MAX_DIMENSIONS];
  int32_t num_padding;
  int64_t lhs_dilation[LINNET_STABLEHLO_MAX_DIMENSIONS];
  int32_t num_lhs_dilation;
  int64_t rhs_dilation[LINNET_STABLEHLO_MAX_DIMENSIONS];
  int32_t num_rhs_dilation;
  bool window_reversal[LINNET_STABLEHLO_MAX_DIMENSIONS];
  int32_t num_window_reversal;
  int64_t input_batch_dimension;
  int64_t input_feature_dimension;
  int64_t input_spatial_dimensions[LINNET_STABLEHLO_MAX_DIMENSIONS];
  int32_t num_input_spatial_dimensions;
  int64_t kernel_input_feature_dimension;
  int64_t kernel_output_feature_dimension;
  int64_t kernel_spatial_dimensions[LINNET_STABLEHLO_MAX_DIMENSIONS];
  int32_t num_kernel_spatial_dimensions;
  int64_t output_batch_dimension;
  int64_t output_feature_dimension;
  int64_t output_spatial_dimensions[LINNET_STABLEHLO_MAX_DIMENSIONS];
  int32_t num_output_spatial_dimensions;
  int64_t feature_group_count;
  int64_t batch_group_count;
} LinnetStablehloConvolutionParams;

typedef struct LinnetStablehloCustomCallParams {
  const char* call_target_name; /* "" if there is none */
  bool has_side_effect;
  const char* backend_config; /* "" if there is none */
  int32_t api_version;
} LinnetStablehloCustomCallParams;

typedef struct LinnetStablehloReduceParams {
  int64_t dimensions[LINNET_STABLEHLO_MAX_DIMENSIONS];
  int32_t num_dimensions;
  int32_t body_subgraph_index;
} LinnetStablehloReduceParams;

typedef struct LinnetStablehloSliceParams {
  int64_t start_indices[LINNET_STABLEHLO_MAX_DIMENSIONS];
  int32_t num_start_indices;
  int64_t limit_indices[LINNET_STABLEHLO_MAX_DIMENSIONS];
  int32_t num_limit_indices;
  int64_t strides[LINNET_STABLEHLO_MAX_DIMENSIONS];
  int32_t num_strides;
} LinnetStablehloSliceParams;

typedef struct LinnetStablehloCompareParams {
  int32_t comparison_direction; /* LinnetStablehloComparisonDirection */
  int32_t compare_type;         /* LinnetStablehloComparisonType */
} LinnetStablehloCompareParams;

typedef struct LinnetStablehloDynamicSliceParams {
  int64_t slice_sizes[LINNET_STABLEHLO_MAX_DIMENSIONS];
  int32_t num_slice_sizes;
} LinnetStablehloDynamicSliceParams;

typedef struct LinnetStablehloIotaParams {
  int64_t iota_dimension;
} LinnetStablehloIotaParams;

typedef struct LinnetStablehloDotGeneralParams {
  int64_t lhs_batching_dimensions[LINNET_STABLEHLO_MAX_DIMENSIONS];
  int32_t num_lhs_batching_dimensions;
  int64_t rhs_batching_dimensions[LINNET_STABLEHLO_MAX_DIMENSIONS];
  int32_t num_rhs_batching_dimensions;
  int64_t lhs_contracting_dimensions[LINNET_STABLEHLO_MAX_DIMENSIONS];
  int32_t num_lhs_contracting_dimensions;
  int64_t rhs_contracting_dimensions[LINNET_STABLEHLO_MAX_DIMENSIONS];
  int32_t num_rhs_contracting_dimensions;
} LinnetStablehloDotGeneralParams;

typedef struct LinnetStablehloSortParams {
  int64_t dimension; /* a negative one counts from the end */
  bool is_stable;
  int32_t comparator_subgraph_index;
} LinnetStablehloSortParams;

typedef struct LinnetStablehloTransposeParams {
  int64_t permutation[LINNET_STABLEHLO_MAX_DIMENSIONS];
  int32_t num_permutation;
} LinnetStablehloTransposeParams;

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* LINNET_STABLEHLO_H_ */
