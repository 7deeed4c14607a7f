/* Part of Linnet. Licensed under the Apache License, Version 2.0; see LICENSE. */
/* What Linnet adds to TensorFlow Lite's C interface: looking into a model, memory before it is run, profiles, errors as
 * text, time and memory limits, the instruction set, and what an operator may ask of the interpreter that runs it.
 *
 * Structs that a caller fills begin with `struct_size`: set it to sizeof the struct, so that later versions of the
 * library know how much of it the caller knows. Strings and arrays that a call hands out are borrowed from the model or
 * the interpreter that was asked, and live as long as it does unless something else is said. Unless said otherwise,
 * every function answers kTfLiteError to NULL or out-of-range arguments and leaves its outputs alone. */
#ifndef LINNET_LINNET_H_
#define LINNET_LINNET_H_

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tensorflow/lite/c/c_api.h"
#include "tensorflow/lite/c/common.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- The library ------------------------------------------------------------------------------------------------ */

/** The version of Linnet itself, "major.minor.patch". Static storage. */
TFL_CAPI_EXPORT extern const char* LinnetVersion(void);

/**
 * The text of the last error that a call made on this thread has reported, "" if there was none. It names the place,
 * what was found, and what would be right. Valid until the next error on this thread. Never NULL.
 */
TFL_CAPI_EXPORT extern const char* LinnetLastError(void);

/** Where all of the library's memory comes from. `allocate` and `reallocate` return NULL when there is none. */
typedef struct LinnetAllocator {
  void* user_data;
  void* (*allocate)(void* user_data, size_t size_bytes);                    /* alignment of malloc */
  void* (*reallocate)(void* user_data, void* block, size_t new_size_bytes); /* as realloc */
  void (*deallocate)(void* user_data, void* block);                         /* NULL is no-op */
} LinnetAllocator;

/**
 * Replaces the allocator for the whole process; NULL brings back the C library's. The struct is copied. Call it before
 * any other function of the library, or while no object of the library lives. Not thread-safe.
 */
TFL_CAPI_EXPORT extern void LinnetSetAllocator(const LinnetAllocator* allocator);

/* ---- The processor ---------------------------------------------------------------------------------------------- */

/** The instruction sets this processor has and Linnet knows, best last, separated by blanks: "generic sse41 avx2". */
TFL_CAPI_EXPORT extern const char* LinnetCpuFeatures(void);

/** The instruction set that kernels are chosen for now: one word of LinnetCpuFeatures. */
TFL_CAPI_EXPORT extern const char* LinnetCpuInUse(void);

/**
 * Forces kernels of at most this instruction set ("generic", "avx2", …); NULL takes the best there is. An unknown name,
 * or one the processor lacks, is kTfLiteError. Acts on interpreters created afterwards. The environment variable
 * LINNET_CPU does the same at start-up. Not thread-safe.
 */
TFL_CAPI_EXPORT extern TfLiteStatus LinnetSetCpu(const char* name);

/**
 * How many float multiply-adds per second one core can do with the instruction set in use, as measured now by a loop
 * that touches no memory; it takes some ten milliseconds. What a profile's times can be compared with.
 */
TFL_CAPI_EXPORT extern double LinnetMeasurePeak(void);

/**
 * The same for multiply-adds of bytes: what the kernel in use does with operands that lie in the first cache. 0 if
 * there is no memory for them.
 */
TFL_CAPI_EXPORT extern double LinnetMeasureBytePeak(void);

/* ---- Models ----------------------------------------------------------------------------------------------------- */

/** How much of a model file is checked when it is loaded. Both make it safe to run. */
typedef enum LinnetVerification {
  kLinnetVerifyStrict = 0, /* everything that can be known without running it */
  kLinnetVerifyFast = 1    /* only what memory safety needs: for trusted files that must load quickly */
} LinnetVerification;

typedef struct LinnetModelOptions {
  size_t struct_size;
  LinnetVerification verification;
  void (*reporter)(void* user_data, const char* format, va_list args); /* NULL: stderr */
  void* reporter_user_data;
} LinnetModelOptions;

/**
 * As TfLiteModelCreateFromFile and TfLiteModelCreate, with options (borrowed for the call; NULL: the defaults). The
 * file is mapped read-only; `data` is kept, not copied, needs no alignment, and must outlive the model and its
 * interpreters. Returns an owned model (TfLiteModelDelete), NULL on an error.
 */
TFL_CAPI_EXPORT extern TfLiteModel* LinnetModelCreateFromFile(const char* path, const LinnetModelOptions* options);
TFL_CAPI_EXPORT extern TfLiteModel* LinnetModelCreate(const void* data, size_t size_bytes,
                                                      const LinnetModelOptions* options);

typedef struct LinnetModelInfo {
  const char* description; /* "" if there is none */
  int32_t version;         /* of the schema */
  int32_t subgraph_count, signature_count, metadata_count, buffer_count, operator_code_count;
  size_t file_bytes;   /* all of the file */
  size_t weight_bytes; /* constant tensors' data, each buffer once */
} LinnetModelInfo;

typedef struct LinnetSubgraphInfo {
  const char* name; /* "" if there is none */
  int32_t tensor_count, operator_count, input_count, output_count;
  const int32_t* inputs; /* tensor indices */
  const int32_t* outputs;
} LinnetSubgraphInfo;

typedef struct LinnetTensorInfo {
  const char* name;
  TfLiteType type;
  int32_t rank;         /* -1: not known before it runs */
  const int32_t* shape; /* as in the file: `rank` extents */
  int32_t signature_rank;
  const int32_t* shape_signature; /* -1 for an extent that may change; NULL if the file has none */
  bool is_variable, is_sparse;
  int32_t buffer;   /* index in the model, 0: none */
  const void* data; /* constant data in the file, NULL: none; may lie at any alignment */
  size_t data_bytes;
  int32_t scale_count; /* 0: not quantized, 1: per tensor, more: per channel */
  const float* scales;
  int32_t zero_point_count;
  const int64_t* zero_points;
  int32_t quantized_dimension;
} LinnetTensorInfo;

typedef struct LinnetOperatorInfo {
  const char* name; /* the builtin operator's name or the custom operator's */
  int32_t builtin_code, version;
  bool is_custom;
  int32_t input_count, output_count;
  const int32_t* inputs; /* tensor indices; -1: an optional input left out */
  const int32_t* outputs;
} LinnetOperatorInfo;

typedef struct LinnetSignatureInfo {
  const char* key;
  int32_t subgraph, input_count, output_count;
} LinnetSignatureInfo;

TFL_CAPI_EXPORT extern TfLiteStatus LinnetModelGetInfo(const TfLiteModel* model, LinnetModelInfo* info);
TFL_CAPI_EXPORT extern TfLiteStatus LinnetModelGetSubgraph(const TfLiteModel* model, int32_t subgraph,
                                                           LinnetSubgraphInfo* info);
TFL_CAPI_EXPORT extern TfLiteStatus LinnetModelGetTensor(const TfLiteModel* model, int32_t subgraph, int32_t tensor,
                                                         LinnetTensorInfo* info);
TFL_CAPI_EXPORT extern TfLiteStatus LinnetModelGetOperator(const TfLiteModel* model, int32_t subgraph,
                                                           int32_t operator_index, LinnetOperatorInfo* info);
TFL_CAPI_EXPORT extern TfLiteStatus LinnetModelGetSignature(const TfLiteModel* model, int32_t signature,
                                                            LinnetSignatureInfo* info);
/** One argument of a signature: `name` and `tensor` index in the signature's subgraph. */
TFL_CAPI_EXPORT extern TfLiteStatus LinnetModelGetSignatureTensor(const TfLiteModel* model, int32_t signature,
                                                                  bool is_output, int32_t index, const char** name,
                                                                  int32_t* tensor);
TFL_CAPI_EXPORT extern TfLiteStatus LinnetModelGetMetadata(const TfLiteModel* model, int32_t index, const char** name,
                                                           const void** data, size_t* size_bytes);
/** All the bytes of the file or buffer, zip data behind the model included. */
TFL_CAPI_EXPORT extern TfLiteStatus LinnetModelGetBytes(const TfLiteModel* model, const void** data,
                                                        size_t* size_bytes);

/* ---- Interpreter options ---------------------------------------------------------------------------------------- */

/**
 * Bounds the wall time of one invoke, in milliseconds; 0: no bound. The clock is looked at between nodes (and in every
 * turn of a loop), so that an invoke overruns by at most one node. An invoke given up answers kTfLiteCancelled and can
 * be repeated.
 */
TFL_CAPI_EXPORT extern TfLiteStatus LinnetInterpreterOptionsSetInvokeTimeout(TfLiteInterpreterOptions* options,
                                                                             double timeout_ms);
/** Bounds the memory for activations and dynamic tensors of one interpreter, in bytes; 0: no bound. Beyond:
 * kTfLiteError. */
TFL_CAPI_EXPORT extern TfLiteStatus LinnetInterpreterOptionsSetMemoryLimit(TfLiteInterpreterOptions* options,
                                                                           size_t limit_bytes);
/** Every tensor keeps memory of its own and nothing is fused, so that all can be read after an invoke. For debugging.
 */
TFL_CAPI_EXPORT extern TfLiteStatus LinnetInterpreterOptionsSetPreserveAllTensors(TfLiteInterpreterOptions* options,
                                                                                  bool preserve);
/**
 * Keeps the weights, as the kernels want them, in the file at `path` (copied; NULL: none) for the next process, which
 * then maps them instead of making them: it starts sooner, and processes share the memory. The first allocation of a
 * model's tensors writes the file, under another name that is then put in its place; several processes may do so at
 * once. It is for one model, one version of the library and one set of instructions. A file that was made for others,
 * or is damaged, is ignored and replaced; one that cannot be written is left alone: neither is an error, and results
 * are the same in any case. While a process uses it, it must not be changed in place, as the model's own file. The
 * first interpreter of a model that names a file decides. kTfLiteError: `path` is empty, or no memory.
 */
TFL_CAPI_EXPORT extern TfLiteStatus LinnetInterpreterOptionsSetWeightCache(TfLiteInterpreterOptions* options,
                                                                           const char* path);
/**
 * TfLiteInterpreterAllocateTensors finds shapes and plans memory, but takes none for activations; there is nothing to
 * invoke then. For asking what a model's shapes are.
 */
TFL_CAPI_EXPORT extern TfLiteStatus LinnetInterpreterOptionsSetPlanOnly(TfLiteInterpreterOptions* options,
                                                                        bool plan_only);
/** LinnetInterpreterOptionsSetInvokeTimeout for an interpreter that exists: bounds each invoke from now on. */
TFL_CAPI_EXPORT extern TfLiteStatus LinnetInterpreterSetInvokeTimeout(TfLiteInterpreter* interpreter,
                                                                      double timeout_ms);

/* ---- Memory ----------------------------------------------------------------------------------------------------- */

typedef struct LinnetMemory {
  size_t weight_bytes;     /* constant tensors, in the file's mapping */
  size_t arena_bytes;      /* activations that live within an invoke, laid out by lifetime */
  size_t persistent_bytes; /* variables, what operators keep between invokes, constants computed once */
  size_t dynamic_bytes;    /* tensors whose size is known only while it runs: now */
  size_t packed_bytes;     /* copies of weights in a faster layout */
  size_t peak_bytes;       /* the most that all but the weights have taken together so far */
} LinnetMemory;

/**
 * What an interpreter over `model` would take, found without allocating activations or running anything: the shapes are
 * the file's, `options` (NULL: defaults) as for TfLiteInterpreterCreate. dynamic_bytes is 0 as it cannot be known.
 */
TFL_CAPI_EXPORT extern TfLiteStatus LinnetModelPlanMemory(const TfLiteModel* model,
                                                          const TfLiteInterpreterOptions* options,
                                                          LinnetMemory* memory);
TFL_CAPI_EXPORT extern TfLiteStatus LinnetInterpreterGetMemory(const TfLiteInterpreter* interpreter,
                                                               LinnetMemory* memory);

typedef struct LinnetPlacement {
  TfLiteAllocationType allocation_type;
  size_t offset_bytes; /* in its arena */
  size_t size_bytes;
  int32_t first_node, last_node; /* positions in the execution plan between which its bytes are its own */
} LinnetPlacement;

/** Where a tensor lies after TfLiteInterpreterAllocateTensors; kTfLiteError for one that lies in no arena. */
TFL_CAPI_EXPORT extern TfLiteStatus LinnetInterpreterGetPlacement(const TfLiteInterpreter* interpreter,
                                                                  int32_t subgraph, int32_t tensor,
                                                                  LinnetPlacement* placement);

/* ---- Profile ---------------------------------------------------------------------------------------------------- */

typedef struct LinnetProfileEntry {
  int32_t subgraph, node; /* where several run as one: that which does most of the work */
  const char* name;       /* of the operator */
  const char* detail;     /* the kernel in use, or "" */
  uint64_t calls, total_ns, min_ns, max_ns;
} LinnetProfileEntry;

/** Starts (emptied) or stops a profile per node, in the order in which they run. It costs two looks at the clock a
 * node. Nodes of branches and loops are entries of their own, but for those of a loop that take less than such looks:
 * they count with the loop. */
TFL_CAPI_EXPORT extern TfLiteStatus LinnetInterpreterSetProfiling(TfLiteInterpreter* interpreter, bool enable);
TFL_CAPI_EXPORT extern int32_t LinnetInterpreterGetProfileCount(const TfLiteInterpreter* interpreter);
TFL_CAPI_EXPORT extern TfLiteStatus LinnetInterpreterGetProfileEntry(const TfLiteInterpreter* interpreter,
                                                                     int32_t index, LinnetProfileEntry* entry);

/* ---- For operators ---------------------------------------------------------------------------------------------- */

#define LINNET_BACKEND_MAGIC UINT64_C(0x4c694e6e45744231)

/** A value that lives in the interpreter and is named by a resource tensor: a variable, a hash table. */
typedef struct LinnetResource {
  void* data;
  void (*free)(void* data);
} LinnetResource;

/** An activation that is applied to what an operator gives, before it is written. */
typedef enum LinnetFusedActivation {
  kLinnetFusedNone = 0,
  kLinnetFusedRelu,
  kLinnetFusedRelu6,
  kLinnetFusedReluN1To1,
  kLinnetFusedRelu0To1,
  kLinnetFusedHardSwish,
  kLinnetFusedLogistic,
  kLinnetFusedTanh,
  kLinnetFusedSwish /* x * logistic(x) */
} LinnetFusedActivation;

/** What a node says of itself whose invoke all threads may call at once: it writes nothing but its one output and its
 * temporaries, and that in the library's own loops only, of which each thread then does its share. */
typedef struct LinnetTogether {
  /** Of one thread; more than 0. */
  double duration_ns;
  /** The output is a picture of so many lines, of which each thread writes an even share; 0: it is cut in other ways.
   */
  int32_t out_lines;
  /** The inputs are pictures of so many lines, of which each thread reads its share only; 0: of others' too. */
  int32_t in_lines;
} LinnetTogether;

/** What a node does besides its own options: zeros around the picture that it reads, an activation at its end. Its
 * weights (input 1) may be constants of FLOAT16 in place of the FLOAT32 ones that they stand for. MUL of bytes or
 * floats may add a third input, as ADD does with the TfLiteFusedActivation `sum_activation`, to what the tensor
 * `middle` would hold. If it `joins`, input 0 and those behind the third are what CONCATENATION would put into the
 * tensor `joined`, one behind the other in its last dimension.
 * CONV_2D of floats may add a fourth input in the same way, before the activation at its end; it may be broadcast.
 * MEAN that `normalizes` gives x * f + (shift - mean * f) with f = scale / sqrt(variance + epsilon), over the last
 * dimension, or (x - mean) * f + shift if it `centers`; inputs 2 to 4 are the constants epsilon, scale (-1: 1) and
 * shift (-1: 0).
 * BATCH_MATMUL that `reorders` finds dimension i of its left side, right side and result (0, 1, 2), all of rank 4, at
 * dimension order[0], [1], [2][i] of input 0, 1 and the output, whose last dimensions stay but for the right side's.
 * FULLY_CONNECTED of floats by bytes that `gives_rows` has three more outputs, the bytes of its input's rows, their
 * scales and zero points, which one that `takes_rows` finds in inputs 4 to 6.
 * SOFTMAX of floats multiplies its input by `factor`, which is above 0 then.
 */
typedef struct LinnetFusion {
  int32_t pad_top, pad_bottom, pad_left, pad_right;
  LinnetFusedActivation activation;
  bool half_weights;
  bool adds;
  int32_t middle, sum_activation;
  bool joins;
  int32_t joined;
  bool normalizes, centers;
  bool reorders;
  int32_t order[3][4];
  bool gives_rows, takes_rows;
  float factor;
} LinnetFusion;

/**
 * What an operator, builtin or custom, may ask of the interpreter beyond TfLiteContext. It is the context's external
 * context of type kTfLiteCpuBackendContext; LinnetBackendOf finds and checks it. Every function may be called from
 * prepare and invoke, on the thread they run on, unless said otherwise.
 */
typedef struct LinnetBackend {
  TfLiteExternalContext base;
  uint64_t magic;
  size_t struct_size;

  /**
   * Runs task(arg, 0) … task(arg, tile_count - 1), on all threads of the interpreter, in any order, and returns when
   * all have run. `task` must not call it again. With one thread everything runs on the caller.
   */
  void (*ParallelFor)(struct LinnetBackend* backend, void (*task)(void* arg, size_t tile), void* arg,
                      size_t tile_count);
  /** How many threads ParallelFor uses, at least 1. Results must not depend on it. */
  int (*ThreadCount)(struct LinnetBackend* backend);

  /**
   * A 64-byte aligned copy of constant data in another layout, made once and shared by all interpreters of the model:
   * `key` is the constant tensor's data pointer, `variant` tells layouts of the same data apart. On the first call
   * `pack(destination, arg)` fills `size_bytes`. Owned by the model. NULL: no memory, or a size that differs from the
   * first call's. A tensor that is not constant must be packed by the operator itself.
   */
  const void* (*SharedPack)(struct LinnetBackend* backend, const void* key, uint64_t variant, size_t size_bytes,
                            void (*pack)(void* destination, void* arg), void* arg);

  /** True once the invoke was cancelled or ran out of time: an operator with a long loop gives up with
   * kTfLiteCancelled. */
  bool (*IsCancelled)(struct LinnetBackend* backend);

  /* Other subgraphs of the model. Their tensors are reached through `SubgraphContext`'s GetTensor. A subgraph that is
   * being prepared or run already cannot be entered again: kTfLiteError. */
  int32_t (*SubgraphCount)(struct LinnetBackend* backend);
  /** The subgraph's context, NULL if there is no such one. Borrowed. */
  TfLiteContext* (*SubgraphContext)(struct LinnetBackend* backend, int32_t subgraph);
  const TfLiteIntArray* (*SubgraphInputs)(struct LinnetBackend* backend, int32_t subgraph);
  const TfLiteIntArray* (*SubgraphOutputs)(struct LinnetBackend* backend, int32_t subgraph);
  TfLiteStatus (*SubgraphResizeInput)(struct LinnetBackend* backend, int32_t subgraph, int32_t input_index,
                                      const TfLiteIntArray* dims);
  TfLiteStatus (*SubgraphAllocate)(struct LinnetBackend* backend, int32_t subgraph);
  /** True if, after SubgraphAllocate, an output of it has a size that is known only after it has run. */
  bool (*SubgraphIsDynamic)(struct LinnetBackend* backend, int32_t subgraph);
  TfLiteStatus (*SubgraphInvoke)(struct LinnetBackend* backend, int32_t subgraph);
  /** A flag per subgraph, false at first, that CALL_ONCE keeps. NULL if there is no such subgraph. */
  bool* (*SubgraphOnceFlag)(struct LinnetBackend* backend, int32_t subgraph);

  /** The number for a pair of names, the same for equal pairs within an interpreter; -1: no memory. NULL counts as "".
   */
  int32_t (*ResourceId)(struct LinnetBackend* backend, const char* container, const char* name);
  /** The resource of that number, NULL if there is none yet. */
  LinnetResource* (*FindResource)(struct LinnetBackend* backend, int32_t id);
  /** Puts a resource in place (freeing one that was there) and takes `data` over, on failure too. */
  TfLiteStatus (*SetResource)(struct LinnetBackend* backend, int32_t id, void* data, void (*free)(void* data));

  /** Tells the profile which kernel the node that is being prepared chose: static storage, "gemm_f32_6x16_avx2". */
  void (*SetKernelName)(struct LinnetBackend* backend, const char* kernel);

  /** What the interpreter has fused into the node that is being prepared, NULL: nothing. It does so with nodes of the
   * library's own operators only. Borrowed until prepare returns. */
  const LinnetFusion* (*Fusion)(struct LinnetBackend* backend);

  /** Counts the preparations of a subgraph: as long as it is the same, its execution plan and the shapes in it are. */
  uint32_t (*SubgraphGeneration)(struct LinnetBackend* backend, int32_t subgraph);
  /** How many positions of its execution plan, from the first on, SubgraphInvokePart can run. 0 where the interpreter
   * keeps every tensor, so that no node may be left out. */
  int32_t (*SubgraphPrepared)(struct LinnetBackend* backend, int32_t subgraph);
  /** Runs positions `first` to `end` of the execution plan only. What they read must be there: a tensor's memory is its
   * own from the position that writes it to the last that reads it. No output of theirs may be dynamic. */
  TfLiteStatus (*SubgraphInvokePart)(struct LinnetBackend* backend, int32_t subgraph, int32_t first, int32_t end);

  /** How many nanoseconds a job should take one thread for ParallelFor to be worth its while: a smaller one is done
   * sooner by a plain loop. UINT32_MAX: none is worth it, and ParallelFor runs everything on the caller. It differs
   * from invoke to invoke, as the interpreter finds out what is faster. */
  uint32_t (*ParallelGrainNs)(struct LinnetBackend* backend);

  /** Says of the node that is being prepared that all threads may call its invoke at once. It does so with nodes of the
   * library's own operators only. */
  void (*SetTogether)(struct LinnetBackend* backend, const LinnetTogether* together);
} LinnetBackend;

/** The backend of the interpreter that runs `context`, NULL if another runtime runs it. */
static inline LinnetBackend* LinnetBackendOf(TfLiteContext* context) {
  LinnetBackend* backend = (LinnetBackend*)(void*)context->GetExternalContext(context, kTfLiteCpuBackendContext);
  return backend != NULL && backend->magic == LINNET_BACKEND_MAGIC ? backend : NULL;
}

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* LINNET_LINNET_H_ */
