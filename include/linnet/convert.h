/* Part of Linnet. Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Making .tflite files: from TensorFlow's and Keras's own files, or from other .tflite files. The functions are in
 * liblinnet_convert, which the linnet command contains and the runtime library does not.
 *
 * Every function reads files and writes one file. What it writes goes to a temporary name beside the destination and is
 * renamed when it is whole: on an error the destination is as it was. Nothing is printed: what there is to say is
 * handed to `say`. Functions may be called from several threads at once. */
#ifndef LINNET_CONVERT_H_
#define LINNET_CONVERT_H_

#include <stdbool.h>
#include <stddef.h>

#include "tensorflow/lite/c/c_api.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum LinnetSaid {
  kLinnetSaidError = 0, /* the reason why the call fails, one sentence */
  kLinnetSaidProblem,   /* an operator that cannot be converted: one call each, all of them, before the error */
  kLinnetSaidWarning,
  kLinnetSaidPass /* what an optimization did */
} LinnetSaid;

typedef struct LinnetConvertOptions {
  size_t struct_size;
  const char* inputs;     /* "name", "name:1,224,224,3" separated by blanks (-1: may change); NULL: found */
  const char* outputs;    /* names separated by blanks; NULL: found */
  const char* checkpoint; /* prefix of a checkpoint with the variables' values; NULL: the source has them */
  const char* signatures; /* keys of a SavedModel separated by blanks; NULL: all of them */
  const char* tags;       /* of a SavedModel's graph separated by blanks; NULL: "serve" */
  const char* skip;       /* names of passes that are not to run, separated by blanks; "all" */
  const char* labels;     /* a text file with a label a line, put into the model as its associated file; NULL: none */
  bool allow_custom;      /* operators without a builtin become custom ones instead of failing */
  void (*say)(void* user_data, LinnetSaid what, const char* text); /* `text` is valid for the call; NULL: silent */
  void* user_data;
  const char* report; /* where a page goes that shows the graph before and after, and what each pass did; NULL: none */
  /* Called now and then with what is being done and how far it is: `done` of `total`, or `total` 0 where that is not
   * known. NULL: nobody asks. */
  void (*progress)(void* user_data, const char* what, long done, long total);
  bool data_behind;    /* weights are put behind the FlatBuffer, as they are where they have more than 2 GiB */
  bool fuse_rnn;       /* LSTM and SimpleRNN loops become operators that keep their state until variables are reset */
  bool initial_values; /* a variable that no checkpoint has takes the constant of the graph's own initializer */
} LinnetConvertOptions;

/**
 * Applies the optimization passes to a .tflite file. Outputs are what they were: integers to the bit, floats but for
 * the order of roundings. `options` may be NULL; inputs, outputs, checkpoint, signatures, tags and labels are not used.
 */
extern TfLiteStatus LinnetOptimize(const char* source, const char* destination, const LinnetConvertOptions* options);

/**
 * A frozen GraphDef from a GraphDef (binary or text) and the checkpoint that `options` name: variables become
 * constants, and only what the outputs need stays.
 */
extern TfLiteStatus LinnetFreeze(const char* source, const char* destination, const LinnetConvertOptions* options);

/**
 * A .tflite file from a GraphDef (binary or text, frozen or with a checkpoint), a SavedModel's folder, or a Keras file
 * (.h5, .keras): told apart by what they hold.
 */
extern TfLiteStatus LinnetConvert(const char* source, const char* destination, const LinnetConvertOptions* options);

/** The optimization passes in the order they run: `index` from 0; false behind the last. Strings are static. */
extern bool LinnetGetPass(int index, const char** name, const char** description);

/** The packages that were missing when this was built, separated by ", " ("": none): what needs them says so. Static.
 */
extern const char* LinnetConvertMissing(void);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* LINNET_CONVERT_H_ */
