/* A model and an interpreter over it, as the subcommands use them. */
#ifndef LINNET_CLI_SESSION_H_
#define LINNET_CLI_SESSION_H_

#include "cli.h"
#include "linnet/linnet.h"

typedef struct session {
  TfLiteModel* model;
  TfLiteInterpreter* interpreter;
  TfLiteSignatureRunner* runner; /* NULL: the primary subgraph */
} session;

typedef struct session_options {
  int threads;
  bool preserve_all;
  const char* signature;    /* NULL: the primary subgraph */
  double timeout_ms;        /* of one invoke; 0: none */
  const char* weight_cache; /* a file for packed weights, NULL: none */
} session_options;

/* Loads and creates; what is wrong is said on stderr. Ends with session_close, also after a failure. */
int session_open(const char* path, const session_options* options, session* s);
int session_allocate(session* s); /* CLI_FAILED: said on stderr */
int session_invoke(session* s);
void session_close(session* s);

int session_input_count(const session* s);
int session_output_count(const session* s);
TfLiteTensor* session_input(const session* s, int index);
const TfLiteTensor* session_output(const session* s, int index);
const char* session_input_name(const session* s, int index);
const char* session_output_name(const session* s, int index);
/* An input by its name or its number, -1: none. */
int session_find_input(const session* s, const char* name);
TfLiteStatus session_resize(session* s, int index, const int* dims, int rank);

/* Fills inputs with numbers from a seed: floats in [-1, 1), integers over their range (int32 and int64: 0
 * to 9), strings of letters. */
void session_fill_random(session* s, uint64_t seed);

/* "FLOAT32 [1, 224, 224, 3]". */
const char* session_describe(const TfLiteTensor* tensor, char* buffer, size_t size);

#endif
