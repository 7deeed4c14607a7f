/* Part of Linnet. Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Types that every header of the C interface shares: status codes, tensor types, opaque handles. The numbers are part
 * of the binary interface and of model files; none ever changes. */
#ifndef TENSORFLOW_LITE_C_C_API_TYPES_H_
#define TENSORFLOW_LITE_C_C_API_TYPES_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Marks what the shared library exports. On Windows a client that links the library statically defines it as empty. */
#ifndef TFL_CAPI_EXPORT
#if defined(_WIN32)
#ifdef TFL_COMPILE_LIBRARY
#define TFL_CAPI_EXPORT __declspec(dllexport)
#else
#define TFL_CAPI_EXPORT __declspec(dllimport)
#endif
#elif defined(__GNUC__)
#define TFL_CAPI_EXPORT __attribute__((visibility("default")))
#else
#define TFL_CAPI_EXPORT
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** What a call came to. Everything but kTfLiteOk is a failure, after which each object can still be used and deleted.
 */
typedef enum TfLiteStatus {
  kTfLiteOk = 0,
  kTfLiteError = 1,                  /* the model, the arguments, the order of calls, or memory: see the report */
  kTfLiteDelegateError = 2,          /* a delegate failed; the graph is as it was before the delegate */
  kTfLiteApplicationError = 3,       /* the delegate and the graph do not fit each other */
  kTfLiteDelegateDataNotFound = 4,   /* data that a delegate keeps between runs is missing, */
  kTfLiteDelegateDataWriteError = 5, /* cannot be written, */
  kTfLiteDelegateDataReadError = 6,  /* or cannot be read */
  kTfLiteUnresolvedOps = 7,          /* an operator of the model is not known here */
  kTfLiteCancelled = 8,              /* the invoke was cancelled or ran out of time */
  kTfLiteOutputShapeNotKnown = 9     /* from an operator's prepare: its output's shape shows when it has run */
} TfLiteStatus;

/** The type of a tensor's elements. */
typedef enum TfLiteType {
  kTfLiteNoType = 0,
  kTfLiteFloat32 = 1,
  kTfLiteInt32 = 2,
  kTfLiteUInt8 = 3,
  kTfLiteInt64 = 4,
  kTfLiteString = 5, /* int32 count, int32 offsets[count + 1] from the start of the buffer, then the bytes */
  kTfLiteBool = 6,   /* one byte, 0 or 1 */
  kTfLiteInt16 = 7,
  kTfLiteComplex64 = 8, /* two float32: real, imaginary */
  kTfLiteInt8 = 9,
  kTfLiteFloat16 = 10, /* IEEE 754 binary16 */
  kTfLiteFloat64 = 11,
  kTfLiteComplex128 = 12,
  kTfLiteUInt64 = 13,
  kTfLiteResource = 14, /* int32 that names a variable or a table of the interpreter */
  kTfLiteVariant = 15,
  kTfLiteUInt32 = 16,
  kTfLiteUInt16 = 17,
  kTfLiteInt4 = 18,     /* two in a byte, the first in the low half */
  kTfLiteBFloat16 = 19, /* the upper half of a float32 */
  kTfLiteInt2 = 20,     /* four in a byte, the first lowest */
  kTfLiteUInt4 = 21,
  kTfLiteFloat8E4M3FN = 22,
  kTfLiteFloat8E5M2 = 23
} TfLiteType;

/**
 * Quantization of a whole tensor: real = scale * (integer - zero_point). scale is 0 where the tensor is not quantized
 * or has a scale for each channel (see TfLiteAffineQuantization).
 */
typedef struct TfLiteQuantizationParams {
  float scale;
  int32_t zero_point;
} TfLiteQuantizationParams;

/** How one dimension of a sparse tensor is stored. */
typedef enum TfLiteDimensionType {
  kTfLiteDimDense = 0,    /* every index */
  kTfLiteDimSparseCSR = 1 /* the indices that are there, in segments */
} TfLiteDimensionType;

/* Objects seen from outside only. An opaque context, node or tensor is a TfLiteContext, TfLiteNode or TfLiteTensor. */
typedef struct TfLiteOpaqueContext TfLiteOpaqueContext;
typedef struct TfLiteOpaqueNode TfLiteOpaqueNode;
typedef struct TfLiteOpaqueTensor TfLiteOpaqueTensor;
typedef struct TfLiteDelegate TfLiteDelegate;
typedef struct TfLiteOpaqueDelegateStruct TfLiteOpaqueDelegateStruct;

/* What functions that take any delegate are declared with. Programs that define TFLITE_USE_OPAQUE_DELEGATE as 1 see an
 * incomplete type, so that they cannot come to depend on TfLiteDelegate's layout. */
#if defined(TFLITE_USE_OPAQUE_DELEGATE) && TFLITE_USE_OPAQUE_DELEGATE
typedef TfLiteOpaqueDelegateStruct TfLiteOpaqueDelegate;
#else
typedef TfLiteDelegate TfLiteOpaqueDelegate;
#endif

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* TENSORFLOW_LITE_C_C_API_TYPES_H_ */
