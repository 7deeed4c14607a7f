/* The report of a conversion: one page (report.html, which is built in) with the graph before and after the passes,
 * what each of them made of what, sizes and costs. It needs nothing but itself. */
#ifndef LN_CONVERT_REPORT_H_
#define LN_CONVERT_REPORT_H_

#include "convert/graph.h"

typedef struct ln_report ln_report;

/* Describes the graph as it was imported from `source` and begins its trace. `started_ns`: when the job began. */
ln_report* ln_report_begin(ln_graph* graph, const char* source, uint64_t started_ns);
/* Writes the page, behind the model at `destination`. */
void ln_report_end(ln_report* report, const char* destination, const char* path);

#endif
