/* Golden cases: a model, inputs, and the outputs that it must give, read from the tables in shared/models and
 * shared/ops. Uses the public interface only. */
#ifndef LN_TESTS_GOLDEN_H_
#define LN_TESTS_GOLDEN_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tensorflow/lite/c/c_api_types.h"

enum { GOLDEN_MAX_RANK = 8, GOLDEN_MAX_TENSORS = 64 };

typedef struct golden_tensor {
  int step;
  bool is_output, resized;
  int slot;
  char name[256]; /* the argument's name where the case runs a signature */
  TfLiteType type;
  int rank;
  int dims[GOLDEN_MAX_RANK];
  const unsigned char* data;
  size_t size_bytes;
  /* Outputs: a float passes when |got - want| <= absolute + relative * |want|; an 8- or 16-bit integer within `steps`.
   */
  double absolute, relative;
  int steps;
  bool only_shape; /* random results: only type and shape are compared */
} golden_tensor;

typedef struct golden_case {
  char name[256];
  const void* model;
  size_t model_bytes;
  char signature[128]; /* "": the primary subgraph */
  int steps;           /* invokes; outputs of step k are compared after the k-th */
  bool last_step_only; /* inputs of step 0 are set before every invoke, outputs compared after the last */
  golden_tensor tensors[GOLDEN_MAX_TENSORS];
  int tensor_count;
} golden_case;

/* Calls `visit` for every case whose name contains `filter`; false: the table cannot be read (said on stderr). */
typedef void (*golden_visitor)(const golden_case* c, void* arg);
bool golden_read_models(const char* shared, const char* filter, golden_visitor visit, void* arg);
bool golden_read_ops(const char* shared, const char* filter, golden_visitor visit, void* arg);

/* Runs one case. False: `message` says what differs first. */
bool golden_run(const golden_case* c, int threads, char* message, size_t message_size);

/* Compares one output; false: `message` says how it differs. */
bool golden_compare(const golden_tensor* want, const void* got, size_t got_bytes, char* message, size_t message_size);

/* A whole file in memory that lives until the program ends; NULL: cannot be read. */
const unsigned char* golden_file(const char* path, size_t* size_bytes);

TfLiteType golden_type(const char* name); /* "f32", "float32", …; kTfLiteNoType: unknown */
/* "2x3", "scalar", a blank-free shape; false: malformed. */
bool golden_shape(const char* text, int* rank, int dims[GOLDEN_MAX_RANK]);

/* Splits a line at `separator` in place; the number of fields, at most `max`. */
int golden_split(char* line, char separator, char** fields, int max);

#endif
