/* What the operators that move elements share. */
#ifndef LN_OPS_MOVE_UTIL_H_
#define LN_OPS_MOVE_UTIL_H_

#include <string.h>

#include "kernels/generic/strided_copy.h"
#include "ops/op_util.h"
#include "ops/string_util.h"

/* The size of an element that can be moved; reported for types that have no fixed whole number of bytes. */
static inline TfLiteStatus ln_element_bytes(TfLiteContext* context, const TfLiteTensor* t, size_t* bytes) {
  *bytes = ln_type_size(t->type);
  LN_CHECK(context, *bytes != 0, "input is %s; its elements cannot be moved one by one", TfLiteTypeGetName(t->type));
  return kTfLiteOk;
}

/* The product of the extents of axes [first, end). */
static inline size_t ln_extent(const TfLiteTensor* t, int first, int end) {
  size_t product = 1;
  for (int i = first; i < end; ++i) product *= (size_t)ln_dim(t, i);
  return product;
}

/* Row-major strides in bytes. */
static inline void ln_strides(int rank, const int32_t* dims, size_t element_bytes, ptrdiff_t* strides) {
  ptrdiff_t stride = (ptrdiff_t)element_bytes;
  for (int i = rank - 1; i >= 0; --i) {
    strides[i] = stride;
    stride *= dims[i];
  }
}

/* Copies the input's bytes to an output of the same number of elements; a string output is made to fit. */
static inline TfLiteStatus ln_copy_whole(TfLiteContext* context, const TfLiteTensor* input, TfLiteTensor* output) {
  if (output->type == kTfLiteString)
    LN_CHECK(context, TfLiteTensorRealloc(input->bytes, output) == kTfLiteOk, "no memory for %zu bytes of strings",
             input->bytes);
  LN_CHECK(context, input->bytes == output->bytes, "input has %zu bytes, output %zu; they must be equal", input->bytes,
           output->bytes);
  if (input->data.raw != output->data.raw && input->bytes > 0) memcpy(output->data.raw, input->data.raw, input->bytes);
  return kTfLiteOk;
}

/* ln_strided_copy on all threads. */
void ln_parallel_copy(TfLiteContext* context, const ln_copy_shape* shape, const void* from, void* to,
                      size_t element_bytes);
/* `outer` blocks of `row` bytes, from every from_stride bytes to every to_stride. */
void ln_parallel_copy_rows(TfLiteContext* context, size_t outer, size_t row, const void* from, size_t from_stride,
                           void* to, size_t to_stride);

enum { LN_ELEMENT_MAX = 16 };

/* The bytes of an element that means 0: the zero point in 8 bits and int16. */
void ln_zero_element(const TfLiteTensor* t, char element[LN_ELEMENT_MAX]);

/* Writes one element `count` times. */
void ln_fill_elements(const void* element, size_t bytes, char* to, size_t count);

/* ---- Elements of any type. Strings are moved as their numbers in the input, elements of less than a byte as bytes;
 * the output is made of them in the end:
 *
 *     LN_TRY(ln_move_begin(context, input, output, &move));
 *     ... move elements of move.bytes bytes from move.from to move.to, as many as input and output have ...
 *     return ln_move_end(context, output, &move, status);
 *
 * Nothing in between may return: ln_move_end frees, and passes a failure on. ---- */

typedef struct ln_move {
  const char* from;
  char* to;
  size_t bytes;
  char* block; /* stands in for both tensors' data; NULL where elements are whole bytes */
  ln_strings strings;
} ln_move;

/* The bytes that such an element is moved as; reported for resources and the like. */
TfLiteStatus ln_move_bytes(TfLiteContext* context, const TfLiteTensor* t, size_t* bytes);
/* Both tensors have the same type and their final shapes. */
TfLiteStatus ln_move_begin(TfLiteContext* context, const TfLiteTensor* input, TfLiteTensor* output, ln_move* move);
TfLiteStatus ln_move_end(TfLiteContext* context, TfLiteTensor* output, ln_move* move, TfLiteStatus status);

#endif
