/* Strings as constants, and the runtime's hash tables, which go from int64 to string and from string to int64. */
#ifndef LN_CONVERT_TABLES_H_
#define LN_CONVERT_TABLES_H_

#include "convert/build.h"

typedef struct ln_chars {
  size_t len;
  const uint8_t* data;
} ln_chars;

/* A constant of as many strings as its shape takes. */
ln_tensor* ln_graph_strings(ln_subgraph* subgraph, const char* name, int rank, const int32_t* dims,
                            const ln_chars* strings);

/* The strings of a constant, in the job's memory. */
ln_chars* ln_strings_of(ln_job* job, const ln_tensor* constant, size_t* count);

/* The handle of table number `id` in the builder's subgraph. */
ln_tensor* ln_build_table(const ln_builder* b, int32_t id, int key_type, int value_type, const char* name);
void ln_build_table_import(const ln_builder* b, ln_tensor* handle, ln_tensor* keys, ln_tensor* values);
/* The values of `keys`; `missing` for those that are not in the table. */
ln_tensor* ln_build_table_find(const ln_builder* b, ln_tensor* handle, ln_tensor* keys, ln_tensor* missing,
                               const char* name);

#endif
