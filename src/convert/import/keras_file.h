/* Keras's two containers: HDF5 files (.h5: configuration and weights) and zips (.keras: config.json and
 * model.weights.h5). Gives the configuration's text and weights by where they belong; knows no layers. */
#ifndef LN_CONVERT_IMPORT_KERAS_FILE_H_
#define LN_CONVERT_IMPORT_KERAS_FILE_H_

#include "convert/graph.h"

typedef struct ln_keras_file ln_keras_file;

/* Where a layer's weights are. In a .keras file `path` is the layer's group. In a .h5 file it is the group of the
 * outermost layer, which lists the weights of all layers within by their names, and `scopes` are words that a name must
 * have, in this order. */
typedef struct ln_keras_weights {
  ln_keras_file* file;
  const char* path;
  const char* scopes[8];
  int scope_count;
} ln_keras_weights;

/* A weight in memory: 4 or 8 bytes an element, in the order of its dimensions. A large one of two or more dimensions
 * may lie in the file, at any address: ln_keras_align, or ln_keras_permute, before its elements are looked at. */
typedef struct ln_keras_array {
  int type; /* LN_TYPE_FLOAT32, INT32 or INT64 */
  int rank;
  int32_t dims[LN_MAX_DIMS];
  const void* data;
} ln_keras_array;

/* Opens the file and reads its configuration; stops the job where it is none of Keras's. Closed when the job ends. */
ln_keras_file* ln_keras_open(ln_job* job, const char* path);
const char* ln_keras_config(const ln_keras_file* file);
/* Written by Keras 1 or 2, which mean other things by some names. */
bool ln_keras_is_2(const ln_keras_file* file);

/* The weights of the file's model. */
ln_keras_weights ln_keras_root(ln_keras_file* file);
/* Those of a part: `attribute` is its name in .keras files ("layers/dense_1", "forward_layer/cell"), `scope` the word
 * in names in .h5 files (NULL: none; left out where no name has it). */
ln_keras_weights ln_keras_part(const ln_keras_weights* weights, const char* attribute, const char* scope);
/* The part of a model's layer; `index_name` is the layer's group in .keras files. */
ln_keras_weights ln_keras_layer_part(const ln_keras_weights* weights, const char* index_name, const char* layer);

/* Whether the file has the place at all. True for .h5 files, which have all weights of a model in one. */
bool ln_keras_is_there(const ln_keras_weights* weights);

/* A file of the layer's own beside the weights, with a 0 behind it; NULL: there is none. */
const char* ln_keras_asset(const ln_keras_weights* weights, const char* name, size_t* size_bytes);

/* Reads a weight: number `index` of the layer's own in .keras files, called `name` in .h5 files, or
 * number `index` of those that have no names. False: there is none.
 * Stops the job where it cannot be read. */
bool ln_keras_read(const ln_keras_weights* weights, int index, const char* name, ln_keras_array* array);

/* Brings elements to an address that is a multiple of their size. */
void ln_keras_align(ln_job* job, ln_keras_array* array);

#endif
