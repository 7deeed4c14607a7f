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
  size_t count; /* of elements */
  size_t width; /* bytes of one; of strings, padded with zeros */
  bool is_wide; /* strings of 32-bit characters */
} npy;

/* A .npy file; any other ending is taken as raw bytes (rank -1). False: `message` says why. */
bool npy_read(const char* path, npy* array, char* message, size_t message_size);
void npy_free(npy* array);
/* String `i` of an array of narrow strings, without the zeros behind it. */
const char* npy_string(const npy* array, size_t i, size_t* length);
/* Puts the array into a tensor, numbers as they are, strings as UTF-8; raw bytes into any type. False: another type or
 * size. */
bool npy_to_tensor(const npy* array, TfLiteTensor* tensor);
bool npy_write(const char* path, const TfLiteTensor* tensor, char* message, size_t message_size);

#endif
