/* Stretches of the plan that all threads run at the same time. */
#ifndef LN_RUNTIME_TOGETHER_H_
#define LN_RUNTIME_TOGETHER_H_

#include "runtime/interpreter.h"

/* Finds the stretches; the whole plan has been prepared, placed and marked. */
void ln_subgraph_plan_together(ln_subgraph* subgraph);

/* Runs the stretch that begins at `position`. False: it has not been run, as another thread did not come. */
bool ln_subgraph_run_together(ln_subgraph* subgraph, int32_t position, TfLiteStatus* status);

#endif
