/* The elements of tensors, of all types, as numbers and as strings. */
#ifndef LINNET_CLI_VALUES_H_
#define LINNET_CLI_VALUES_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tensorflow/lite/c/c_api.h"

/* Bytes of one number, 0 for what is none of whole bytes (strings, resources, 4-bit numbers). A complex number is two.
 */
size_t value_bytes(TfLiteType type);
/* How many numbers, or strings, the tensor holds; 0 without data. */
size_t value_count(const TfLiteTensor* tensor);
/* Number `i`, NaN where the tensor has no data; a quantized one is dequantized if `real`. */
double value_number(const TfLiteTensor* tensor, size_t i, bool real);

/* String `i` of a STRING tensor, which is not terminated; NULL where there is none. */
const char* value_string(const TfLiteTensor* tensor, size_t i, size_t* length);
/* Gives a STRING tensor `count` strings, `text(arg, i, &length)` each. False: no memory, or they are too long together.
 */
bool value_set_strings(TfLiteTensor* tensor, size_t count,
                       const char* (*text)(const void* arg, size_t i, size_t* length), const void* arg);
/* The same from a buffer in the runtime's own layout: int32 count, count + 1 offsets, bytes. False: it is none. */
bool value_set_string_buffer(TfLiteTensor* tensor, const void* data, size_t size_bytes);
/* How many elements its shape asks for. */
size_t value_shape_count(const TfLiteTensor* tensor);

#endif
