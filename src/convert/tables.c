#include "convert/tables.h"

#include <string.h>

/* In the file's form: the number of strings, where each begins and the last one ends, the bytes. */
ln_tensor* ln_graph_strings(ln_subgraph* subgraph, const char* name, int rank, const int32_t* dims,
                            const ln_chars* strings) {
  ln_job* job = subgraph->graph->job;
  size_t count = 1;
  for (int i = 0; i < rank; ++i) count *= (size_t)dims[i];
  size_t total = 4 * (count + 2);
  for (size_t i = 0; i < count; ++i) total += strings[i].len;
  if (total > INT32_MAX) ln_stop(job, "a constant of strings has %zu bytes, more than a file can hold", total);
  unsigned char* data = ln_job_alloc(job, total, 1);
  const int32_t number = (int32_t)count;
  memcpy(data, &number, 4);
  size_t at = 4 * (count + 2);
  for (size_t i = 0; i <= count; ++i) {
    const int32_t offset = (int32_t)at;
    memcpy(data + 4 + 4 * i, &offset, 4);
    if (i == count) break;
    if (strings[i].len != 0) memcpy(data + at, strings[i].data, strings[i].len);
    at += strings[i].len;
  }
  return ln_graph_constant_bytes(subgraph, name, LN_TYPE_STRING, rank, dims, data, total);
}

ln_chars* ln_strings_of(ln_job* job, const ln_tensor* constant, size_t* count) {
  const unsigned char* data = constant->data;
  int32_t number = 0, from, to;
  if (constant->data_bytes >= 4) memcpy(&number, data, 4);
  if (number < 0 || (size_t)number > constant->data_bytes / 4) number = 0;
  ln_chars* strings = ln_job_alloc(job, (size_t)number, sizeof *strings);
  *count = (size_t)number;
  for (size_t i = 0; i < *count; ++i) {
    if (4 * (i + 3) > constant->data_bytes) return *count = i, strings;
    memcpy(&from, data + 4 + 4 * i, 4);
    memcpy(&to, data + 8 + 4 * i, 4);
    if (from < 0 || to < from || (size_t)to > constant->data_bytes) return *count = i, strings;
    strings[i] = (ln_chars){(size_t)(to - from), data + from};
  }
  return strings;
}

ln_tensor* ln_build_table(const ln_builder* b, int32_t id, int key_type, int value_type, const char* name) {
  static const int32_t kOne[] = {1};
  ln_node* node = ln_graph_node(b->subgraph, LN_OP_HASHTABLE, b->place);
  LN_SET(node, HashtableOptions, table_id, id);
  LN_SET(node, HashtableOptions, key_dtype, key_type);
  LN_SET(node, HashtableOptions, value_dtype, value_type);
  ln_tensor* handle = ln_node_add_output(node, name, LN_TYPE_RESOURCE);
  ln_tensor_set_shape(handle, 1, kOne);
  return handle;
}

void ln_build_table_import(const ln_builder* b, ln_tensor* handle, ln_tensor* keys, ln_tensor* values) {
  ln_tensor* const inputs[] = {handle, keys, values};
  ln_build_node(b, LN_OP_HASHTABLE_IMPORT, 3, inputs);
}

ln_tensor* ln_build_table_find(const ln_builder* b, ln_tensor* handle, ln_tensor* keys, ln_tensor* missing,
                               const char* name) {
  ln_tensor* const inputs[] = {handle, keys, missing};
  ln_node* node = ln_build_node(b, LN_OP_HASHTABLE_FIND, 3, inputs);
  ln_tensor* out = ln_node_add_output(node, name, missing->type);
  out->rank = keys->rank;
  memcpy(out->shape, keys->shape, sizeof out->shape);
  out->broken = keys->broken || missing->broken;
  return out;
}
