/* What operators on plain numbers of every type share: types, shapes that must agree, element-wise runs. Quantized
 * operands are computed in floats: made real, computed, quantized again. */
#ifndef LN_OPS_ELEMENT_UTIL_H_
#define LN_OPS_ELEMENT_UTIL_H_

#include "kernels/generic/element.h"
#include "ops/op_util.h"

/* False for types whose elements are not numbers of whole bytes. */
bool ln_number_of(TfLiteType type, ln_number* number);

TfLiteType ln_type_of_number(ln_number number);

/* Reports a tensor whose type is none of those. */
TfLiteStatus ln_check_number(TfLiteContext* context, const TfLiteTensor* t, const char* what, ln_number* number);

/* Reports unless both tensors have the same shape. */
TfLiteStatus ln_check_same_shape(TfLiteContext* context, const TfLiteTensor* a, const char* what_a,
                                 const TfLiteTensor* b, const char* what_b);

/* INT8, UINT8 or INT16 with a scale. */
bool ln_is_quantized(const TfLiteTensor* t);

/* Reports unless the tensors' elements mean the same: their type, and for quantized ones scale and zero point. */
TfLiteStatus ln_check_same_meaning(TfLiteContext* context, const TfLiteTensor* a, const char* what_a,
                                   const TfLiteTensor* b, const char* what_b);

/* Reports scales and zero points that cannot be computed with, those of one channel each among them. */
TfLiteStatus ln_check_quantized(TfLiteContext* context, const TfLiteTensor* t, const char* what);

/* The operation of a COMPARE's options (those of linnet/stablehlo.h), and whether its operands change places; false for
 * numbers that mean nothing. */
bool ln_comparison_of(int32_t direction, int32_t compare_type, ln_element_op* op, bool* swapped);

/* An index: element i of a tensor of integers, cut to 32 bits' range (extents are below it). */
bool ln_is_index(const TfLiteTensor* t);
int32_t ln_index_at(const TfLiteTensor* t, size_t i);

/* out[i] = row(a[i], b[i]), on all threads. Quantized: `row` is the one for floats where `in_floats`. */
void ln_element_run_binary(TfLiteContext* context, ln_binary_row row, bool in_floats, const TfLiteTensor* a,
                           const TfLiteTensor* b, TfLiteTensor* output);
void ln_element_run_unary(TfLiteContext* context, ln_unary_row row, bool in_floats, const TfLiteTensor* input,
                          TfLiteTensor* output);

/* All elements of a tensor as numbers of a type (quantized ones: their real values), and back. */
void ln_element_load(const TfLiteTensor* t, ln_number number, void* out);
void ln_element_store(ln_number number, const void* in, TfLiteTensor* t);

#endif
