/* A checkpoint: an index file, a sorted table of strings in blocks with checksums, and data shards. Reads all that the
 * index says, checks every block and every tensor that is taken; variables cut into slices are put together. */
#ifndef LN_CONVERT_IMPORT_TF_BUNDLE_H_
#define LN_CONVERT_IMPORT_TF_BUNDLE_H_

#include "convert/import/tf_import.h"

typedef struct ln_tf_bundle ln_tf_bundle;

/* Opens PREFIX.index; stops the job where it is not one. */
ln_tf_bundle* ln_tf_bundle_open(ln_job* job, const char* prefix);

/* Says that the variable of this node is stored under `key`; `slice`, if not "", is the part of it that the variable
 * is, as RestoreV2 says it: "10 4 0,5:-". */
void ln_tf_bundle_alias(ln_tf_bundle* bundle, const char* node, const char* key, const char* slice);

/* Says that a variable was saved in the place of `node`, which it began as; no matter where `node` has a key itself. */
void ln_tf_bundle_share(ln_tf_bundle* bundle, const char* node, const char* copy);

/* Follows a graph's restore operators to what they fill, and notes each as an alias. */
void ln_tf_bundle_follow_restores(ln_tf_bundle* bundle, ln_tf_importer* importer);

/* Gives the variable its value, type and shape; leaves it where the checkpoint lacks it. */
void ln_tf_bundle_load(const ln_tf_bundle* bundle, const char* node, ln_tf_variable* variable);

/* What an alias stands for as a constant, strings too; NULL: there is none, or not in the checkpoint. */
ln_tensor* ln_tf_bundle_constant(const ln_tf_bundle* bundle, const char* node, ln_subgraph* subgraph);

/* Names a table's keys (0) or values (1) among the aliases; no node is called so. */
const char* ln_tf_bundle_column(ln_job* job, const char* table_node, int which);

#endif
