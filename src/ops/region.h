/* Regions of StableHLO operators: a subgraph on scalars that says how values are combined or compared. One that is a
 * single well-known operator is run as its kernel, over many elements at once; any other by running the subgraph once
 * for each element. */
#ifndef LN_OPS_REGION_H_
#define LN_OPS_REGION_H_

#include "kernels/generic/element.h"
#include "ops/op_util.h"

typedef enum ln_region_kind {
  LN_REGION_GRAPH,    /* run the subgraph */
  LN_REGION_ROW,      /* row(argument a, argument b) */
  LN_REGION_ARGUMENT, /* argument a as it is */
} ln_region_kind;

/* Most arguments of a region. */
enum { LN_REGION_MAX_ARGUMENTS = 32 };

typedef struct ln_region {
  int32_t subgraph;
  ln_region_kind kind;
  ln_element_op op; /* of `row` */
  ln_binary_row row;
  int a, b;
  int inputs, outputs;
} ln_region;

/* Reports a subgraph that is not there or does not take scalars of the `inputs` types and give ones of the `outputs`
 * types. */
TfLiteStatus ln_region_prepare(TfLiteContext* context, int32_t subgraph, const TfLiteType* inputs, int input_count,
                               const TfLiteType* outputs, int output_count, ln_region* region);

/* For LN_REGION_GRAPH: makes it ready in invoke (others may have run the subgraph with other shapes), and runs it on
 * one set of values. */
TfLiteStatus ln_region_enter(TfLiteContext* context, const ln_region* region);
TfLiteStatus ln_region_call(TfLiteContext* context, const ln_region* region, const void* const* in, void* const* out);

#endif
