/* A graph as a .tflite model: what is used of it, numbered; equal constants once; the same bytes for the same graph. */
#ifndef LN_CONVERT_WRITE_H_
#define LN_CONVERT_WRITE_H_

#include "convert/fb_writer.h"
#include "convert/graph.h"

/* The whole model. Removes nothing from the graph; sets `index` of subgraphs and tensors. */
ln_fb_writer* ln_write_model(ln_graph* graph);

/* Stops where something stands at `path` that is no plain file: it is never replaced. */
void ln_check_output(ln_job* job, const char* path);

/* Writes it to a temporary name beside `path` and renames it: `path` is whole, or as it was. */
void ln_write_file(ln_graph* graph, const char* path);

/* The same for other bytes. */
void ln_write_bytes(ln_job* job, const char* path, const void* data, size_t size_bytes);

#endif
