/* numpy's .npy files: one array, C order, little-endian. */
#ifndef LINNET_CLI_NPY_H_
#define LINNET_CLI_NPY_H_

#include <stdbool.h>
#include <stddef.h>

#include "tensorflow/lite/c/c_api.h"

enum { NPY_MAX_RANK = 16 };

typedef struct npy {
  TfLiteType type;
  int rank;
  int dims[NPY_MAX_RANK];
  void* file;       /* owned */
  const void* data; /* in it */
  size_t bytes;
} npy;

/* A .npy file; any other ending is taken as raw bytes (rank -1). False: `message` says why. */
bool npy_read(const char* path, npy* array, char* message, size_t message_size);
void npy_free(npy* array);
bool npy_write(const char* path, const TfLiteTensor* tensor, char* message, size_t message_size);

#endif
