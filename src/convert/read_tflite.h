/* A .tflite file as a graph, so that passes can change it. */
#ifndef LN_CONVERT_READ_TFLITE_H_
#define LN_CONVERT_READ_TFLITE_H_

#include "convert/graph.h"

/* Loads and checks the file; data stays in its mapping until the job ends. */
ln_graph* ln_read_tflite(ln_job* job, const char* path);

#endif
