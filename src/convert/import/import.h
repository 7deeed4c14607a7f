/* The ways into the graph: one function for each kind of file. What a build lacks a library for says so. */
#ifndef LN_CONVERT_IMPORT_IMPORT_H_
#define LN_CONVERT_IMPORT_IMPORT_H_

#include "convert/graph.h"
#include "linnet/convert.h"

/* `options` as LinnetConvert was given them. Problems may be noted in the job; the graph is then not to be written. */
ln_graph* ln_import_graphdef(ln_job* job, const char* path, const LinnetConvertOptions* options);
ln_graph* ln_import_savedmodel(ln_job* job, const char* folder, const LinnetConvertOptions* options);
ln_graph* ln_import_keras(ln_job* job, const char* path, const LinnetConvertOptions* options); /* .h5 and .keras */

/* Writes a frozen GraphDef. */
void ln_freeze_graphdef(ln_job* job, const char* path, const char* destination, const LinnetConvertOptions* options);

#endif
