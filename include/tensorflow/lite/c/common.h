/* Part of Linnet. Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Tensors, nodes, contexts, registrations, delegates: what operators and delegates are written against.
 *
 * Layouts and numbers are part of the binary interface: members are only ever added at the end. Functions here that get
 * NULL for an object do nothing and answer an error, zero or NULL. None of them is safe to call on one object from two
 * threads at a time. Memory that the library frees must come from the library (TfLiteIntArrayCreate,
 * TfLiteTensorRealloc). */
#ifndef TENSORFLOW_LITE_C_COMMON_H_
#define TENSORFLOW_LITE_C_COMMON_H_

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "tensorflow/lite/c/c_api_types.h"

#ifdef __cplusplus
extern "C" {
#endif

struct TfLiteContext;
struct TfLiteDelegate;
struct TfLiteRegistration;
struct TfLiteOpaqueDelegateBuilder;
struct TfLiteAsyncKernel;

/** An operator as an opaque object: see operator.h. The second name is the older one. */
typedef struct TfLiteOperator TfLiteOperator;
typedef struct TfLiteOperator TfLiteRegistrationExternal;

/* ---- Arrays ----------------------------------------------------------------------------------------------------- */

/** Stands in a node's inputs for an optional tensor that the model leaves out. */
#define kTfLiteOptionalTensor (-1)

/* C++ has no members of open length, but its compilers have; this keeps them from saying so. */
#if defined(__cplusplus) && defined(__GNUC__)
#define TFL_OPEN_LENGTH __extension__
#else
#define TFL_OPEN_LENGTH
#endif

/** A list of integers: a tensor's shape, tensor or node indices. */
TFL_OPEN_LENGTH typedef struct TfLiteIntArray {
  int size;
  int data[];
} TfLiteIntArray;

TFL_OPEN_LENGTH typedef struct TfLiteFloatArray {
  int size;
  float data[];
} TfLiteFloatArray;

/** Bytes of an array of `size` elements, the member `size` included; 0 for a negative size. */
TFL_CAPI_EXPORT extern size_t TfLiteIntArrayGetSizeInBytes(int size);

/** An owned array whose elements are not set (TfLiteIntArrayFree). NULL: no memory, or a negative size. */
TFL_CAPI_EXPORT extern TfLiteIntArray* TfLiteIntArrayCreate(int size);

/** 1 if both have the same elements, else 0. Two NULLs are equal. */
TFL_CAPI_EXPORT extern int TfLiteIntArrayEqual(const TfLiteIntArray* a, const TfLiteIntArray* b);

/** 1 if `a` has exactly the `b_size` elements at `b_data`, else 0. NULL counts as an empty array. */
TFL_CAPI_EXPORT extern int TfLiteIntArrayEqualsArray(const TfLiteIntArray* a, int b_size, const int b_data[]);

/** An owned copy. NULL: no memory, or `src` is NULL. */
TFL_CAPI_EXPORT extern TfLiteIntArray* TfLiteIntArrayCopy(const TfLiteIntArray* src);

TFL_CAPI_EXPORT extern void TfLiteIntArrayFree(TfLiteIntArray* a);

/* The same for floats. */
TFL_CAPI_EXPORT extern int TfLiteFloatArrayGetSizeInBytes(int size);
TFL_CAPI_EXPORT extern TfLiteFloatArray* TfLiteFloatArrayCreate(int size);
TFL_CAPI_EXPORT extern TfLiteFloatArray* TfLiteFloatArrayCopy(const TfLiteFloatArray* src);
TFL_CAPI_EXPORT extern void TfLiteFloatArrayFree(TfLiteFloatArray* a);

/* ---- Elements and quantization ---------------------------------------------------------------------------------- */

typedef struct TfLiteComplex64 {
  float re;
  float im;
} TfLiteComplex64;

typedef struct TfLiteComplex128 {
  double re;
  double im;
} TfLiteComplex128;

/** The bits of an IEEE 754 binary16. */
typedef struct TfLiteFloat16 {
  uint16_t data;
} TfLiteFloat16;

/** The upper 16 bits of a float32. */
typedef struct TfLiteBFloat16 {
  uint16_t data;
} TfLiteBFloat16;

/** "FLOAT32", "INT8", ... in static storage; "Unknown type" for a number outside the list. */
TFL_CAPI_EXPORT extern const char* TfLiteTypeGetName(TfLiteType type);

typedef enum TfLiteQuantizationType {
  kTfLiteNoQuantization = 0,
  kTfLiteAffineQuantization = 1,
  kTfLiteBlockwiseQuantization = 2,
  kTfLiteMultiAxisQuantization = 3
} TfLiteQuantizationType;

/** How a tensor's integers stand for real numbers; `params` points to the struct that `type` names, NULL for none. */
typedef struct TfLiteQuantization {
  TfLiteQuantizationType type;
  void* params;
} TfLiteQuantization;

/**
 * real = scale * (integer - zero_point), with one pair for the whole tensor or one for each index along
 * `quantized_dimension`. Both arrays have the same size.
 */
typedef struct TfLiteAffineQuantization {
  TfLiteFloatArray* scale;
  TfLiteIntArray* zero_point;
  int32_t quantized_dimension;
} TfLiteAffineQuantization;

/** A pair for each `blocksize` elements; `scale` and `zero_point` are indices of tensors, -1: none. */
typedef struct TfLiteBlockwiseQuantization {
  int32_t scale;
  int32_t zero_point;
  int32_t blocksize;
  int32_t quantized_dimension;
} TfLiteBlockwiseQuantization;

/** The same over several dimensions; a `blocksize` of 0 means each index has a pair of its own. */
typedef struct TfLiteMultiAxisQuantization {
  int32_t scales;
  int32_t zero_points;
  int32_t blocksize;
  TfLiteIntArray* quantized_dimensions;
} TfLiteMultiAxisQuantization;

/** Frees what `params` points to and sets it to none. */
TFL_CAPI_EXPORT extern void TfLiteQuantizationFree(TfLiteQuantization* quantization);

/* ---- Tensors ---------------------------------------------------------------------------------------------------- */

/** A tensor's data under the type of its elements. */
typedef union TfLitePtrUnion {
  int32_t* i32;
  uint32_t* u32;
  int64_t* i64;
  uint64_t* u64;
  float* f;
  TfLiteFloat16* f16;
  TfLiteBFloat16* bf16;
  double* f64;
  char* raw;
  const char* raw_const;
  uint8_t* uint8;
  bool* b;
  int16_t* i16;
  uint16_t* ui16;
  TfLiteComplex64* c64;
  TfLiteComplex128* c128;
  int8_t* int8;
  void* data;
} TfLitePtrUnion;

/** Where a tensor's data lies and who frees it. */
typedef enum TfLiteAllocationType {
  kTfLiteMemNone = 0,           /* nowhere */
  kTfLiteMmapRo = 1,            /* in the model's file: constant, not to be written */
  kTfLiteArenaRw = 2,           /* in the arena; good within one invoke, and an input or output until the next */
  kTfLiteArenaRwPersistent = 3, /* in the arena of what lives over invokes: variables */
  kTfLiteDynamic = 4,           /* a block of its own, that TfLiteTensorRealloc sizes while a node runs; strings */
  kTfLitePersistentRo = 5,      /* a block of its own, filled by prepare and constant from then on */
  kTfLiteCustom = 6,            /* the caller's: see TfLiteCustomAllocation */
  kTfLiteVariantObject = 7,     /* a C++ object; never made here */
  kTfLiteNonCpu = 8             /* memory of another device */
} TfLiteAllocationType;

/** What `TfLiteAllocationType` implies, for delegates that must know how long they can rely on what they saw. */
typedef enum TfLiteAllocationStrategy {
  kTfLiteAllocationStrategyUnknown = 0,
  kTfLiteAllocationStrategyNone = 1,
  kTfLiteAllocationStrategyMMap = 2,
  kTfLiteAllocationStrategyArena = 3,
  kTfLiteAllocationStrategyMalloc = 4,
  kTfLiteAllocationStrategyNew = 5
} TfLiteAllocationStrategy;

typedef enum TfLiteRunStability {
  kTfLiteRunStabilityUnknown = 0,
  kTfLiteRunStabilityUnstable = 1,  /* may change at any time */
  kTfLiteRunStabilitySingleRun = 2, /* the same within an invoke */
  kTfLiteRunStabilityAcrossRuns = 3 /* the same over all invokes */
} TfLiteRunStability;

typedef enum TfLiteRunStep {
  kTfLiteRunStepUnknown = 0,
  kTfLiteRunStepInit = 1,
  kTfLiteRunStepPrepare = 2,
  kTfLiteRunStepEval = 3
} TfLiteRunStep;

/** A delegate's number for memory of its own; 0 or more. */
typedef int TfLiteBufferHandle;

enum { kTfLiteNullBufferHandle = -1 };

/** How one dimension of a sparse tensor is stored; the arrays are used where it is kTfLiteDimSparseCSR. */
typedef struct TfLiteDimensionMetadata {
  TfLiteDimensionType format;
  int dense_size;
  TfLiteIntArray* array_segments;
  TfLiteIntArray* array_indices;
} TfLiteDimensionMetadata;

typedef struct TfLiteSparsity {
  TfLiteIntArray* traversal_order;
  TfLiteIntArray* block_map;
  TfLiteDimensionMetadata* dim_metadata;
  int dim_metadata_size;
} TfLiteSparsity;

/** Frees the struct and all that it points to. */
TFL_CAPI_EXPORT extern void TfLiteSparsityFree(TfLiteSparsity* sparsity);

/** A caller's memory for a tensor: see TfLiteInterpreterSetCustomAllocationForTensor. `data` at a multiple of 64. */
typedef struct TfLiteCustomAllocation {
  void* data;
  size_t bytes;
} TfLiteCustomAllocation;

/**
 * A caller's allocator for the functions below whose names end in WithAllocator. `reallocate` may be NULL; where it
 * returns NULL the old block must still be good. It must outlive all blocks it gave.
 */
typedef struct TfLiteAllocator {
  void* data;
  void* (*allocate)(void* data, size_t bytes, size_t alignment);
  void* (*reallocate)(void* data, void* block, size_t old_bytes, size_t new_bytes, size_t alignment);
  void (*deallocate)(void* data, void* block, size_t bytes, size_t alignment);
} TfLiteAllocator;

/** Flags of TfLiteInterpreterSetCustomAllocationForTensor. */
typedef enum TfLiteCustomAllocationFlags {
  kTfLiteCustomAllocationFlagsNone = 0,
  kTfLiteCustomAllocationFlagsSkipAlignCheck = 1 /* any alignment that the type can bear */
} TfLiteCustomAllocationFlags;

#define kTfLiteNoBufferIdentifier SIZE_MAX

/**
 * A tensor. Operators read all of it; they change data, and shapes only through TfLiteContext. `bytes` is the size of
 * the data: product of `dims` times the element's size, sub-byte types rounded up; for strings the size of the buffer.
 */
typedef struct TfLiteTensor {
  TfLiteType type;
  TfLitePtrUnion data;
  TfLiteIntArray* dims;            /* the shape now */
  TfLiteQuantizationParams params; /* where one pair holds for the whole tensor; else 0 */
  TfLiteAllocationType allocation_type;
  size_t bytes;
  const void* allocation; /* the runtime's own */
  const char* name;       /* borrowed from the model; never NULL in an interpreter */
  struct TfLiteDelegate* delegate;
  TfLiteBufferHandle buffer_handle; /* the delegate's memory for it, kTfLiteNullBufferHandle: none */
  bool data_is_stale;               /* what is in the delegate's memory is newer than `data` */
  bool is_variable;
  TfLiteQuantization quantization;
  TfLiteSparsity* sparsity;             /* NULL: dense */
  const TfLiteIntArray* dims_signature; /* the shape in the model with -1 for extents that may change, or NULL */
} TfLiteTensor;

/**
 * Frees the data that the tensor owns (kTfLiteDynamic, kTfLitePersistentRo) and sets the pointer to NULL for every
 * kind. With an allocator (NULL: the library's own) the data goes back there.
 */
TFL_CAPI_EXPORT extern void TfLiteTensorDataFree(TfLiteTensor* t);
TFL_CAPI_EXPORT extern void TfLiteTensorDataFreeWithAllocator(TfLiteTensor* t, TfLiteAllocator* allocator);

/** Frees data, shape, signature, quantization and sparsity; the struct itself stays the caller's. */
TFL_CAPI_EXPORT extern void TfLiteTensorFree(TfLiteTensor* t);

/**
 * Frees what the tensor holds and sets it anew, without quantization beyond `quantization`. Takes `dims` over; borrows
 * `name`, `buffer` (unless `allocation_type` says that the tensor owns it) and `allocation`.
 */
TFL_CAPI_EXPORT extern void TfLiteTensorReset(TfLiteType type, const char* name, TfLiteIntArray* dims,
                                              TfLiteQuantizationParams quantization, char* buffer, size_t size,
                                              TfLiteAllocationType allocation_type, const void* allocation,
                                              bool is_variable, TfLiteTensor* tensor);

/**
 * Copies shape, type, data and the delegate's handle into `dst`, which keeps its memory. kTfLiteError: the sizes in
 * bytes differ, or no memory; nothing is changed then. A NULL on either side is kTfLiteOk and does nothing.
 */
TFL_CAPI_EXPORT extern TfLiteStatus TfLiteTensorCopy(const TfLiteTensor* src, TfLiteTensor* dst);

/**
 * A copy that owns (TfLiteTensorFree) its shape, quantization and, where `src` owns its data, data. What could not be
 * had for lack of memory is NULL in it.
 */
TFL_CAPI_EXPORT extern TfLiteTensor TfLiteTensorClone(TfLiteTensor src);

/**
 * Gives a kTfLiteDynamic or kTfLitePersistentRo tensor data of `num_bytes` bytes; other kinds are left alone
 * (kTfLiteOk). What was there is kept as far as both sizes reach, new bytes are zero; with `preserve_data` false
 * nothing need be kept where the size grows. 0 bytes still have an address. kTfLiteError: no memory, or a NULL tensor;
 * the data is then as before (`preserve_data` false: gone).
 */
TFL_CAPI_EXPORT extern TfLiteStatus TfLiteTensorResizeMaybeCopy(size_t num_bytes, TfLiteTensor* tensor,
                                                                bool preserve_data);
TFL_CAPI_EXPORT extern TfLiteStatus TfLiteTensorResizeMaybeCopyWithAllocator(size_t num_bytes, TfLiteTensor* tensor,
                                                                             bool preserve_data,
                                                                             TfLiteAllocator* allocator);

/** The same with `preserve_data` true. */
TFL_CAPI_EXPORT extern TfLiteStatus TfLiteTensorRealloc(size_t num_bytes, TfLiteTensor* tensor);
TFL_CAPI_EXPORT extern TfLiteStatus TfLiteTensorReallocWithAllocator(size_t num_bytes, TfLiteTensor* tensor,
                                                                     TfLiteAllocator* allocator);

/** The shape with -1 for extents that may change: `dims_signature` where there is one, else `dims`. Borrowed. */
TFL_CAPI_EXPORT extern const TfLiteIntArray* TfLiteTensorGetDimsSignature(const TfLiteTensor* t);

/* What follows from the tensor's allocation type: how its data is allocated; how long its address and its values stay
 * the same; from which step on its values and its shape are known. */
TFL_CAPI_EXPORT extern TfLiteAllocationStrategy TfLiteTensorGetAllocationStrategy(const TfLiteTensor* t);
TFL_CAPI_EXPORT extern TfLiteRunStability TfLiteTensorGetBufferAddressStability(const TfLiteTensor* t);
TFL_CAPI_EXPORT extern TfLiteRunStability TfLiteTensorGetDataStability(const TfLiteTensor* t);
TFL_CAPI_EXPORT extern TfLiteRunStep TfLiteTensorGetDataKnownStep(const TfLiteTensor* t);
TFL_CAPI_EXPORT extern TfLiteRunStep TfLiteTensorGetShapeKnownStep(const TfLiteTensor* t);

/** The microcontroller runtime's small tensor; here only named. */
typedef struct TfLiteEvalTensor {
  TfLitePtrUnion data;
  TfLiteIntArray* dims;
  TfLiteType type;
} TfLiteEvalTensor;

/* ---- Nodes and the context that runs them ----------------------------------------------------------------------- */

/**
 * One operator of a subgraph. The lists hold tensor indices (kTfLiteOptionalTensor: left out). An operator may replace
 * `temporaries` in prepare (freeing the old list) by tensors it added; the rest is the runtime's.
 */
typedef struct TfLiteNode {
  TfLiteIntArray* inputs;
  TfLiteIntArray* outputs;
  TfLiteIntArray* intermediates;
  TfLiteIntArray* temporaries;
  void* user_data;    /* what init returned */
  void* builtin_data; /* a builtin operator's parameters (builtin_op_data.h), a delegate's TfLiteDelegateParams */
  const void* custom_initial_data; /* a custom operator's options in the model, `custom_initial_data_size` bytes */
  int custom_initial_data_size;
  struct TfLiteDelegate* delegate; /* whose kernel this node is, NULL: none */
  bool might_have_side_effect;
} TfLiteNode;

/** What a delegate's kernel stands for: nodes, the tensors that come in, those that are needed outside. Borrowed. */
typedef struct TfLiteDelegateParams {
  struct TfLiteDelegate* delegate;
  TfLiteIntArray* nodes_to_replace;
  TfLiteIntArray* input_tensors;
  TfLiteIntArray* output_tensors;
} TfLiteDelegateParams;

typedef struct TfLiteOpaqueDelegateParams {
  TfLiteOpaqueDelegate* delegate;
  void* delegate_data;
  TfLiteIntArray* nodes_to_replace;
  TfLiteIntArray* input_tensors;
  TfLiteIntArray* output_tensors;
} TfLiteOpaqueDelegateParams;

/** What parts of a program may leave with an interpreter for its operators. */
typedef enum TfLiteExternalContextType {
  kTfLiteEigenContext = 0,
  kTfLiteGemmLowpContext = 1,
  kTfLiteEdgeTpuContext = 2,
  kTfLiteCpuBackendContext = 3, /* here: LinnetBackend, see linnet.h */
  kTfLiteLiteRtBufferContext = 4,
  kTfLiteMaxExternalContexts = 5
} TfLiteExternalContextType;

typedef struct TfLiteExternalContext {
  TfLiteExternalContextType type;
  TfLiteStatus (*Refresh)(struct TfLiteContext* context); /* may be NULL */
} TfLiteExternalContext;

/**
 * A subgraph as its operators and a delegate's Prepare see it. Good for the callback it was handed to, on that thread.
 * Pointers to tensors are good until tensors are added. Members that are NULL here belong to the microcontroller
 * runtime; each says so.
 */
typedef struct TfLiteContext {
  size_t tensors_size;

  /** The indices of the nodes in order of execution. Borrowed, until it is asked for again. */
  TfLiteStatus (*GetExecutionPlan)(struct TfLiteContext* context, TfLiteIntArray** execution_plan);

  TfLiteTensor* tensors; /* `tensors_size` of them */
  void* impl_;           /* the runtime's own */

  /**
   * Gives a tensor another shape, and `bytes` to match; takes `new_size` over, on failure too. A tensor in the arena
   * can be resized in prepare only, a dynamic one (whose data is resized with it) in invoke too. kTfLiteError,
   * reported: a constant, a negative extent, a size that overflows, no memory.
   */
  TfLiteStatus (*ResizeTensor)(struct TfLiteContext* context, TfLiteTensor* tensor, TfLiteIntArray* new_size);

  /** Reports a message, as printf formats it, behind the place (model, subgraph, node). */
  void (*ReportError)(struct TfLiteContext* context, const char* format, ...);

  /** Adds tensors without type and shape behind the others; `*first_new_tensor_index` (may be NULL) is the first. */
  TfLiteStatus (*AddTensors)(struct TfLiteContext* context, int tensors_to_add, int* first_new_tensor_index);

  /** A node and its registration; borrowed. kTfLiteError, reported: there is no such node. */
  TfLiteStatus (*GetNodeAndRegistration)(struct TfLiteContext* context, int node_index, TfLiteNode** node,
                                         struct TfLiteRegistration** registration);

  /**
   * In a delegate's Prepare: puts nodes with `registration` in the place of `nodes_to_replace` (borrowed), one for each
   * set of them that can run together. The registration's init gets a TfLiteDelegateParams.
   */
  TfLiteStatus (*ReplaceNodeSubsetsWithDelegateKernels)(struct TfLiteContext* context,
                                                        struct TfLiteRegistration registration,
                                                        const TfLiteIntArray* nodes_to_replace,
                                                        struct TfLiteDelegate* delegate);

  int recommended_num_threads; /* that the interpreter was made for, at least 1 */

  /** What was left under that type, NULL: nothing. Borrowed. */
  TfLiteExternalContext* (*GetExternalContext)(struct TfLiteContext* context, TfLiteExternalContextType type);
  /** Leaves something; borrowed, must outlive the interpreter. kTfLiteCpuBackendContext cannot be replaced. */
  void (*SetExternalContext)(struct TfLiteContext* context, TfLiteExternalContextType type,
                             TfLiteExternalContext* external);

  bool allow_fp32_relax_to_fp16; /* false */
  void* profiler;                /* NULL: see LinnetInterpreterSetProfiling */

  /* The microcontroller runtime's; NULL. Operators add temporaries instead. */
  void* (*AllocatePersistentBuffer)(struct TfLiteContext* context, size_t bytes);
  TfLiteStatus (*AllocateBufferForEval)(struct TfLiteContext* context, size_t bytes, void** buffer);
  TfLiteStatus (*RequestScratchBufferInArena)(struct TfLiteContext* context, size_t bytes, int* buffer_index);
  void* (*GetScratchBuffer)(struct TfLiteContext* context, int buffer_index);

  /** ResizeTensor with a shape of `dims` extents that stays the caller's. */
  TfLiteStatus (*ResizeTensorExplicit)(struct TfLiteContext* context, TfLiteTensor* tensor, int dims, const int* shape);

  /** How `nodes_to_replace` would be divided; borrowed, until it is asked for again or Prepare returns. */
  TfLiteStatus (*PreviewDelegatePartitioning)(struct TfLiteContext* context, const TfLiteIntArray* nodes_to_replace,
                                              TfLiteDelegateParams** partition_params_array, int* num_partitions);

  /** A tensor, NULL: there is no such one. */
  TfLiteTensor* (*GetTensor)(const struct TfLiteContext* context, int tensor_index);
  /** The microcontroller runtime's; answers NULL. */
  TfLiteEvalTensor* (*GetEvalTensor)(const struct TfLiteContext* context, int tensor_index);

  /** The bytes of a metadata entry of the model; borrowed from it. kTfLiteError: there is none of that name. */
  TfLiteStatus (*GetModelMetadata)(const struct TfLiteContext* context, const char* name, const char** data,
                                   size_t* bytes);

  /** The context of another subgraph, for a delegate's Prepare. kTfLiteError: there is no such subgraph. */
  TfLiteStatus (*AcquireSubgraphContext)(struct TfLiteContext* context, int subgraph_index,
                                         struct TfLiteContext** acquired_context);
  TfLiteStatus (*ReleaseSubgraphContext)(struct TfLiteContext* context, int subgraph_index);
} TfLiteContext;

/* ---- Operators -------------------------------------------------------------------------------------------------- */

/** Which inputs an operator can bear in the same memory as an output. */
typedef enum TfLiteInPlaceOp {
  kTfLiteInplaceOpNone = 0,
  kTfLiteInplaceOpDataUnmodified = 1,                        /* output 0 has the data of input 0 */
  kTfLiteInplaceInputCanBeSharedWithCorrespondingOutput = 2, /* the flags below speak of output N, not of output 0 */
  kTfLiteInplaceOpInput0Shared = 4,
  kTfLiteInplaceOpInput1Shared = 8,
  kTfLiteInplaceOpInput2Shared = 16
} TfLiteInPlaceOp;

#define kTfLiteInplaceOpMaxValue UINT64_MAX

enum { kTfLiteMaxSharableOpInputs = 3 };

/**
 * An operator: the functions that make, prepare, run and free its nodes. Any of them may be NULL but `invoke`. The
 * struct is copied where it is registered; what it points to is borrowed. Two interpreters may call one registration's
 * functions at the same time from two threads.
 */
typedef struct TfLiteRegistration {
  /** Called once for each node. `buffer`: see TfLiteOperatorSetInit. The result becomes node->user_data. */
  void* (*init)(TfLiteContext* context, const char* buffer, size_t length);
  /** Gives back what init returned. */
  void (*free)(TfLiteContext* context, void* buffer);
  /** Checks inputs and gives outputs their shapes; called again when shapes may have changed. */
  TfLiteStatus (*prepare)(TfLiteContext* context, TfLiteNode* node);
  /** Computes the outputs. */
  TfLiteStatus (*invoke)(TfLiteContext* context, TfLiteNode* node);
  /** A word that tells nodes of this operator apart in profiles. */
  const char* (*profiling_string)(const TfLiteContext* context, const TfLiteNode* node);
  int32_t builtin_code; /* set by the runtime from the model */
  const char* custom_name;
  int version;
  TfLiteOperator* registration_external; /* its callbacks go before those above; NULL: none */
  struct TfLiteAsyncKernel* (*async_kernel)(TfLiteContext* context, TfLiteNode* node);
  uint64_t inplace_operator; /* TfLiteInPlaceOp flags */
} TfLiteRegistration;

/* The struct as it was when it ended earlier: what callbacks of TfLiteInterpreterOptionsSetOpResolverV1 ... V3 return.
 */
typedef struct TfLiteRegistration_V3 {
  void* (*init)(TfLiteContext* context, const char* buffer, size_t length);
  void (*free)(TfLiteContext* context, void* buffer);
  TfLiteStatus (*prepare)(TfLiteContext* context, TfLiteNode* node);
  TfLiteStatus (*invoke)(TfLiteContext* context, TfLiteNode* node);
  const char* (*profiling_string)(const TfLiteContext* context, const TfLiteNode* node);
  int32_t builtin_code;
  const char* custom_name;
  int version;
  TfLiteOperator* registration_external;
  struct TfLiteAsyncKernel* (*async_kernel)(TfLiteContext* context, TfLiteNode* node);
} TfLiteRegistration_V3;

typedef struct TfLiteRegistration_V2 {
  void* (*init)(TfLiteContext* context, const char* buffer, size_t length);
  void (*free)(TfLiteContext* context, void* buffer);
  TfLiteStatus (*prepare)(TfLiteContext* context, TfLiteNode* node);
  TfLiteStatus (*invoke)(TfLiteContext* context, TfLiteNode* node);
  const char* (*profiling_string)(const TfLiteContext* context, const TfLiteNode* node);
  int32_t builtin_code;
  const char* custom_name;
  int version;
  TfLiteOperator* registration_external;
} TfLiteRegistration_V2;

typedef struct TfLiteRegistration_V1 {
  void* (*init)(TfLiteContext* context, const char* buffer, size_t length);
  void (*free)(TfLiteContext* context, void* buffer);
  TfLiteStatus (*prepare)(TfLiteContext* context, TfLiteNode* node);
  TfLiteStatus (*invoke)(TfLiteContext* context, TfLiteNode* node);
  const char* (*profiling_string)(const TfLiteContext* context, const TfLiteNode* node);
  int32_t builtin_code;
  const char* custom_name;
  int version;
} TfLiteRegistration_V1;

/** What init returns to say that it failed. */
TFL_CAPI_EXPORT extern void* TfLiteKernelInitFailed(void);

/* ---- Delegates -------------------------------------------------------------------------------------------------- */

typedef enum TfLiteDelegateFlags {
  kTfLiteDelegateFlagsNone = 0,
  kTfLiteDelegateFlagsAllowDynamicTensors = 1,     /* can bear shapes that are known only while it runs */
  kTfLiteDelegateFlagsRequirePropagatedShapes = 2, /* with the first: shapes are found by the nodes it replaced */
  kTfLiteDelegateFlagsPerOperatorProfiling = 4,
  kTfLiteDelegateFlagsHintFullyDelegatedToSingleDelegate = 8
} TfLiteDelegateFlags;

/**
 * Something that takes nodes over and runs them in its own way. The caller's: it must outlive every interpreter that it
 * was given to, and serves one interpreter at a time unless it says otherwise.
 */
typedef struct TfLiteDelegate {
  void* data_; /* the delegate's own */

  /** Looks at the graph and asks for nodes by ReplaceNodeSubsetsWithDelegateKernels. A failure undoes all of it. */
  TfLiteStatus (*Prepare)(TfLiteContext* context, struct TfLiteDelegate* delegate);
  /** Copies from the delegate's memory into tensor->data. Needed where its kernels leave data stale. */
  TfLiteStatus (*CopyFromBufferHandle)(TfLiteContext* context, struct TfLiteDelegate* delegate,
                                       TfLiteBufferHandle buffer_handle, TfLiteTensor* tensor);
  /** Copies from tensor->data into the delegate's memory. May be NULL. */
  TfLiteStatus (*CopyToBufferHandle)(TfLiteContext* context, struct TfLiteDelegate* delegate,
                                     TfLiteBufferHandle buffer_handle, TfLiteTensor* tensor);
  /** Told that a handle is not used any more. May be NULL. */
  void (*FreeBufferHandle)(TfLiteContext* context, struct TfLiteDelegate* delegate, TfLiteBufferHandle* handle);
  int64_t flags; /* TfLiteDelegateFlags */
  /** Looked at only in delegates that TfLiteOpaqueDelegateCreate made: the struct was shorter once. */
  struct TfLiteOpaqueDelegateBuilder* opaque_delegate_builder;
} TfLiteDelegate;

/** A delegate with all members zero. */
TFL_CAPI_EXPORT extern TfLiteDelegate TfLiteDelegateCreate(void);

/** The same functions over opaque types, each with `data`. Initialize it with zeros: members may be added. */
typedef struct TfLiteOpaqueDelegateBuilder {
  void* data;
  TfLiteStatus (*Prepare)(TfLiteOpaqueContext* context, TfLiteOpaqueDelegate* delegate, void* data);
  TfLiteStatus (*CopyFromBufferHandle)(TfLiteOpaqueContext* context, TfLiteOpaqueDelegate* delegate, void* data,
                                       TfLiteBufferHandle buffer_handle, TfLiteOpaqueTensor* tensor);
  TfLiteStatus (*CopyToBufferHandle)(TfLiteOpaqueContext* context, TfLiteOpaqueDelegate* delegate, void* data,
                                     TfLiteBufferHandle buffer_handle, TfLiteOpaqueTensor* tensor);
  void (*FreeBufferHandle)(TfLiteOpaqueContext* context, TfLiteOpaqueDelegate* delegate, void* data,
                           TfLiteBufferHandle* handle);
  int64_t flags;
} TfLiteOpaqueDelegateBuilder;

/** A delegate from a builder (copied). Owned (TfLiteOpaqueDelegateDelete); NULL: no memory, or no builder. */
TFL_CAPI_EXPORT extern TfLiteOpaqueDelegate* TfLiteOpaqueDelegateCreate(
    const TfLiteOpaqueDelegateBuilder* opaque_delegate_builder);

/**
 * Gives the caller's delegate up. Options and interpreters that use it keep it until they are deleted themselves; its
 * builder's `data` must live as long. What TfLiteOpaqueDelegateCreate did not make is left alone.
 */
TFL_CAPI_EXPORT extern void TfLiteOpaqueDelegateDelete(TfLiteOpaqueDelegate* delegate);

/** The `data` of its builder. */
TFL_CAPI_EXPORT extern void* TfLiteOpaqueDelegateGetData(const TfLiteOpaqueDelegate* delegate);

/* ---- Checks in operators ----------------------------------------------------------------------------------------
 * Each reports where it stands and leaves the function, which must return TfLiteStatus. With
 * TF_LITE_STRIP_ERROR_STRINGS defined nothing is reported, and the texts are not in the program. */

#ifndef TF_LITE_STRIP_ERROR_STRINGS
#define TF_LITE_KERNEL_LOG(context, ...) (context)->ReportError((context), __VA_ARGS__)
#define TF_LITE_MAYBE_KERNEL_LOG(context, ...)                             \
  do {                                                                     \
    if ((context) != NULL) (context)->ReportError((context), __VA_ARGS__); \
  } while (0)
#else
#define TF_LITE_KERNEL_LOG(context, ...) ((void)sizeof(#__VA_ARGS__))
#define TF_LITE_MAYBE_KERNEL_LOG(context, ...) ((void)sizeof(#__VA_ARGS__))
#endif

#define TF_LITE_STRINGIFY_HELPER(x) #x
#define TF_LITE_STRINGIFY(x) TF_LITE_STRINGIFY_HELPER(x)
#define TF_LITE_VAR_ARG_HEAD(first, ...) first

/** kTfLiteError with the given message unless `value` holds. */
#define TF_LITE_ENSURE_MSG(context, value, ...)              \
  do {                                                       \
    if (!(value)) {                                          \
      TF_LITE_KERNEL_LOG(context, __FILE__ " " __VA_ARGS__); \
      return kTfLiteError;                                   \
    }                                                        \
  } while (0)

/** kTfLiteError unless `a` holds. */
#define TF_LITE_ENSURE(context, a)                                                   \
  do {                                                                               \
    if (!(a)) {                                                                      \
      TF_LITE_KERNEL_LOG(context, "%s:%d %s was not true.", __FILE__, __LINE__, #a); \
      return kTfLiteError;                                                           \
    }                                                                                \
  } while (0)

/** Hands a failure on, without a message. */
#define TF_LITE_ENSURE_STATUS(a)                              \
  do {                                                        \
    const TfLiteStatus tf_lite_status_ = (a);                 \
    if (tf_lite_status_ != kTfLiteOk) return tf_lite_status_; \
  } while (0)

/** Hands a failure on; with a message if one stands behind `status`. */
#define TF_LITE_ENSURE_OK(context, status, ...)                                                       \
  do {                                                                                                \
    const TfLiteStatus tf_lite_status_ = (status);                                                    \
    if (tf_lite_status_ != kTfLiteOk) {                                                               \
      if (sizeof(TF_LITE_VAR_ARG_HEAD("" __VA_ARGS__, 0)) > 1)                                        \
        TF_LITE_MAYBE_KERNEL_LOG(context, __FILE__ ":" TF_LITE_STRINGIFY(__LINE__) ": " __VA_ARGS__); \
      return tf_lite_status_;                                                                         \
    }                                                                                                 \
  } while (0)

/** kTfLiteError unless two integers (of the size of int) are equal. Both may be evaluated twice. */
#define TF_LITE_ENSURE_EQ(context, a, b)                                                                        \
  do {                                                                                                          \
    if ((a) != (b)) {                                                                                           \
      TF_LITE_KERNEL_LOG(context, "%s:%d %s != %s (%d != %d)", __FILE__, __LINE__, #a, #b, (int)(a), (int)(b)); \
      return kTfLiteError;                                                                                      \
    }                                                                                                           \
  } while (0)

/** kTfLiteError unless two TfLiteTypes are equal. */
#define TF_LITE_ENSURE_TYPES_EQ(context, a, b)                                                                   \
  do {                                                                                                           \
    if ((a) != (b)) {                                                                                            \
      TF_LITE_KERNEL_LOG(context, "%s:%d %s != %s (%s != %s)", __FILE__, __LINE__, #a, #b, TfLiteTypeGetName(a), \
                         TfLiteTypeGetName(b));                                                                  \
      return kTfLiteError;                                                                                       \
    }                                                                                                            \
  } while (0)

/** kTfLiteError unless two numbers differ by at most `epsilon`. */
#define TF_LITE_ENSURE_NEAR(context, a, b, epsilon)                                                          \
  do {                                                                                                       \
    const double tf_lite_a_ = (double)(a), tf_lite_b_ = (double)(b);                                         \
    if ((tf_lite_a_ > tf_lite_b_ ? tf_lite_a_ - tf_lite_b_ : tf_lite_b_ - tf_lite_a_) > (double)(epsilon)) { \
      TF_LITE_KERNEL_LOG(context, "%s:%d %s not near %s (%f != %f)", __FILE__, __LINE__, #a, #b, tf_lite_a_, \
                         tf_lite_b_);                                                                        \
      return kTfLiteError;                                                                                   \
    }                                                                                                        \
  } while (0)

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* TENSORFLOW_LITE_C_COMMON_H_ */
