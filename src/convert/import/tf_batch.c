/* Models that keep a state for each of so many sequences, whose inputs do not say how many: the variables do. Knows
 * variables by their shapes only. */
#include "convert/import/tf_import.h"

void ln_tf_set_batch(ln_tf_importer* importer, int rank, int32_t* dims) {
  if (rank < 1 || dims[0] >= 0) return;
  importer->has_unknown_batch = true;
  if (importer->batch > 0) dims[0] = importer->batch;
}

/* The first extent of all variables that are assigned and have one beside others; -1: they have none in common. */
static int32_t batch_of_states(const ln_tf_importer* importer) {
  int32_t batch = -1;
  for (const ln_tf_variable* v = importer->variables; v != NULL; v = v->next) {
    if (!v->assigned || v->rank < 2) continue;
    if (v->dims[0] < 1 || (batch >= 0 && batch != v->dims[0])) return -1;
    batch = v->dims[0];
  }
  return batch;
}

/* Whether an import shows that inputs cannot have another extent than the states: something does not fit, or a state is
 * assigned what has the inputs' extent, or fits by the number alone that was put for it. */
static bool depends_on_states(const ln_tf_importer* importer, int32_t batch) {
  return importer->job->problem_count != 0 || importer->keeps_batch ||
         (importer->graph->one_sided && batch == LN_U0_FIRST);
}

ln_graph* ln_tf_import_by_states(ln_job* job, const char* path, const LinnetConvertOptions* options,
                                 ln_tf_import* import) {
  const ln_tf_importer* first = import(job, path, options, -1);
  const int32_t batch = first->has_unknown_batch ? batch_of_states(first) : -1;
  if (batch < 0 || !depends_on_states(first, batch)) return first->graph;
  const ln_job_findings found = ln_job_take_findings(job);
  const ln_tf_importer* second = import(job, path, options, batch);
  if (job->problem_count != 0) {
    ln_job_restore_findings(job, &found);
    return first->graph;
  }
  ln_warn(job, NULL, "states are kept for %d sequences, so that inputs have as many", batch);
  return second->graph;
}
