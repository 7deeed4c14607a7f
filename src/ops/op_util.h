/* What every operator needs: its tensors, checks that report, shapes, activation ranges, temporaries, threads. Sees the
 * public interface, `base`'s allocator and checked arithmetic, and nothing of the interpreter.
 *
 * Messages: the runtime puts the place (file, subgraph, node, operator) in front, so a message here says what was found
 * and what would be right: "stride_h is 0; it must be at least 1". */
#ifndef LN_OPS_OP_UTIL_H_
#define LN_OPS_OP_UTIL_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "linnet/linnet.h"
#include "tensorflow/lite/c/builtin_op_data.h"
#include "tensorflow/lite/c/common.h"

/* Reports and fails. */
#define LN_FAIL(context, ...)                       \
  do {                                              \
    (context)->ReportError((context), __VA_ARGS__); \
    return kTfLiteError;                            \
  } while (0)

/* Reports and fails unless `condition` holds. */
#define LN_CHECK(context, condition, ...)              \
  do {                                                 \
    if (!(condition)) LN_FAIL((context), __VA_ARGS__); \
  } while (0)

/* Passes a failure on. */
#define LN_TRY(expression)                          \
  do {                                              \
    const TfLiteStatus ln_status_ = (expression);   \
    if (ln_status_ != kTfLiteOk) return ln_status_; \
  } while (0)

/* ---- Tensors. Pointers are good until the next AddTensors of the context; do not keep them from prepare to invoke.
 * ---- */

/* Checks the counts of inputs (min to max) and outputs, that no output is left out, and that no input is sparse: a
 * sparse tensor has less data than its shape says. */
TfLiteStatus ln_check_io(TfLiteContext* context, const TfLiteNode* node, int min_inputs, int max_inputs, int outputs);
/* The same for operators that take a sparse tensor as one of their inputs. */
TfLiteStatus ln_check_io_sparse(TfLiteContext* context, const TfLiteNode* node, int min_inputs, int max_inputs,
                                int outputs, int sparse_input);
/* Reports where the input is left out or does not exist. */
TfLiteStatus ln_get_input(TfLiteContext* context, const TfLiteNode* node, int index, const TfLiteTensor** tensor);
TfLiteStatus ln_get_output(TfLiteContext* context, const TfLiteNode* node, int index, TfLiteTensor** tensor);
/* NULL where it is left out or does not exist. */
const TfLiteTensor* ln_optional_input(TfLiteContext* context, const TfLiteNode* node, int index);
/* An input that is a variable and is written. */
TfLiteStatus ln_get_variable(TfLiteContext* context, const TfLiteNode* node, int index, TfLiteTensor** tensor);

static inline int ln_rank(const TfLiteTensor* t) { return t->dims != NULL ? t->dims->size : 0; }
static inline int ln_dim(const TfLiteTensor* t, int axis) { return t->dims->data[axis]; }
int64_t ln_num_elements(const TfLiteTensor* t); /* 1 for a scalar */
bool ln_same_shape(const TfLiteTensor* a, const TfLiteTensor* b);
/* Known when the operator is prepared: in the file, or computed once. */
static inline bool ln_is_constant(const TfLiteTensor* t) {
  return t->allocation_type == kTfLiteMmapRo || t->allocation_type == kTfLitePersistentRo;
}
static inline bool ln_is_dynamic(const TfLiteTensor* t) { return t->allocation_type == kTfLiteDynamic; }
/* Bytes of one element; 0 for strings, resources, sub-byte types. */
size_t ln_type_size(TfLiteType type);
/* FLOAT16 and BFLOAT16, which are computed as floats and rounded. */
static inline bool ln_is_half(TfLiteType type) { return type == kTfLiteFloat16 || type == kTfLiteBFloat16; }
/* Reports unless the tensor has that type. `what` names it: "input", "bias". */
TfLiteStatus ln_check_type(TfLiteContext* context, const TfLiteTensor* t, const char* what, TfLiteType type);
/* Gives the output the type that its inputs decide: some files say another one there. Reported where either type has no
 * size of its own. */
TfLiteStatus ln_set_type(TfLiteContext* context, TfLiteTensor* output, TfLiteType type);
/* Reports that `what` is of a type that is not in a table: `first` is the type in its first row, which begins with it,
 * rows are row_bytes long, kTfLiteNoType ends it. Always kTfLiteError. */
TfLiteStatus ln_refuse_type(TfLiteContext* context, const char* what, TfLiteType type, const TfLiteType* first,
                            size_t row_bytes);
/* Copies a constant or computed int32 or int64 tensor of at most `max` elements into `values`; reports other types,
 * more elements, values outside int32. */
TfLiteStatus ln_read_ints(TfLiteContext* context, const TfLiteTensor* t, const char* what, int max, int32_t* values,
                          int* count);
/* A negative axis counts from the end; reports one outside [-rank, rank). */
TfLiteStatus ln_normalize_axis(TfLiteContext* context, int axis, int rank, int* result);

/* ---- Shapes. `dims` are copied. Resizing checks for extents < 0 and for sizes that overflow. ---- */

#define LN_MAX_RANK 8

TfLiteStatus ln_resize(TfLiteContext* context, TfLiteTensor* tensor, int rank, const int32_t* dims);
TfLiteStatus ln_resize_like(TfLiteContext* context, TfLiteTensor* tensor, const TfLiteTensor* other);
/* Makes the tensor one whose shape is known only in invoke (call ln_resize there). */
void ln_set_dynamic(TfLiteTensor* tensor);
/* Makes the output of a node whose inputs are all constant a constant too, to be computed once, in prepare. False where
 * it has memory of a client's: it is to be computed in invoke. */
bool ln_set_persistent(TfLiteTensor* tensor);
/* The same for the one output, which has got its shape, of a node that is being prepared: where all its inputs are
 * constant, makes it constant and runs `invoke` for it. The runtime does not run such a node again, and shapes that
 * follow from the output are known beforehand. */
TfLiteStatus ln_compute_once(TfLiteContext* context, TfLiteNode* node,
                             TfLiteStatus (*invoke)(TfLiteContext* context, TfLiteNode* node));
/* numpy's rule; reports shapes that do not go together and ranks over LN_MAX_RANK. */
TfLiteStatus ln_broadcast_dims(TfLiteContext* context, const TfLiteTensor* a, const TfLiteTensor* b, int* rank,
                               int32_t dims[LN_MAX_RANK]);
/* Output extent and padding of a window over one spatial axis. `pad_after_extra` is 1 where SAME padding is odd.
 * Reports strides, dilations, filters < 1 and outputs < 0. */
typedef struct ln_window {
  int32_t out, pad_before, pad_after_extra;
} ln_window;
TfLiteStatus ln_compute_window(TfLiteContext* context, TfLitePadding padding, int32_t in, int32_t filter,
                               int32_t stride, int32_t dilation, ln_window* window);
/* One direction of a picture, y or x, and a filter's windows in it. */
typedef struct ln_axis {
  int32_t in, filter, stride, dilation; /* given */
  int32_t out, before;                  /* how many windows; what is padded before the first, a fused PAD's too */
} ln_axis;
/* Sets the last two; `before` and `after` are what a fused PAD pads. Reports what ln_compute_window does, and pictures
 * that are too large. */
TfLiteStatus ln_place_windows(TfLiteContext* context, TfLitePadding padding, int32_t before, int32_t after,
                              ln_axis* axis);
/* A column of pixels lies in memory as a line of them, for which kernels are made: y becomes x. (They take dilated
 * columns, but no dilated lines.) */
void ln_lay_flat(ln_axis* y, ln_axis* x);

/* ---- Quantization ---- */

/* The range that a fused activation leaves, for floats and for a quantized output (its scale, zero point and type). */
TfLiteStatus ln_activation_range_f32(TfLiteContext* context, TfLiteFusedActivation activation, float* low, float* high);
TfLiteStatus ln_activation_range_i32(TfLiteContext* context, TfLiteFusedActivation activation,
                                     const TfLiteTensor* output, int32_t* low, int32_t* high);
/* The affine parameters with at least one scale, reported where the tensor has none. */
TfLiteStatus ln_get_affine(TfLiteContext* context, const TfLiteTensor* t, const char* what,
                           const TfLiteAffineQuantization** affine);

/* ---- Scratch memory: tensors of the node's own, in the arena. ---- */

/* Gives the node `count` temporaries: on the first call (*first is -1) adds them to the context, later only lists them.
 * Call it in prepare before any tensor pointer is taken. */
TfLiteStatus ln_set_temporaries(TfLiteContext* context, TfLiteNode* node, int count, int* first);
/* Sets type, lifetime (kTfLiteArenaRw, or kTfLiteArenaRwPersistent to keep it between invokes) and shape of one. */
TfLiteStatus ln_set_temporary(TfLiteContext* context, TfLiteNode* node, int slot, TfLiteType type,
                              TfLiteAllocationType lifetime, int rank, const int32_t* dims);
/* A temporary of `size_bytes` bytes. */
TfLiteStatus ln_set_scratch(TfLiteContext* context, TfLiteNode* node, int slot, size_t size_bytes);
TfLiteTensor* ln_get_temporary(TfLiteContext* context, const TfLiteNode* node, int slot);

/* ---- Threads ----
 * Neighbouring tiles are one thread's as far as that goes, and those of the next operator the same one's. So jobs are
 * cut into even stretches of their outermost dimension, as many for each thread: what a thread has made it then reads
 * again. A cache line that another has read takes 28 ns to be written (Zen 4), as long as the arithmetic of hundreds of
 * floats. */

/* Runs the tiles on the interpreter's threads; in order on the caller under a foreign runtime. */
void ln_parallel_for(TfLiteContext* context, void (*task)(void* arg, size_t tile), void* arg, size_t tile_count);
/* Whether it pays to share out what takes one thread so long. It may be another answer in the next invoke. */
bool ln_is_worth_sharing(TfLiteContext* context, double duration_ns);
/* For a job of `operations` multiply-adds, or element visits that take as long: one that is too small to be
 * worth waking others for runs on the caller. */
void ln_parallel_sized(TfLiteContext* context, void (*task)(void* arg, size_t tile), void* arg, size_t tile_count,
                       size_t operations);
/* The same for stretches [begin, end) of `count` things, of at most `most` each. Every thread has one even share; long
 * jobs are cut into some more, for threads that are behind. */
void ln_parallel_ranges(TfLiteContext* context, void (*run)(void* arg, size_t begin, size_t end), void* arg,
                        size_t count, size_t most, size_t operations);
static inline size_t ln_round_up(size_t x, size_t step) { return (x + step - 1) / step * step; }
/* Where share i begins of `count` things that are cut into `shares` even ones; twice as many shares have the same
 * bounds, and others between them. */
static inline size_t ln_share_begin(size_t count, size_t shares, size_t i) {
  if (shares == 1) return count * i; /* most often, and divisions take as long as a small node */
  return count / shares * i + (size_t)(((uint64_t)(count % shares) * i + shares - 1) / shares);
}
enum { LN_VISITS_PER_NS = 4 };
enum { LN_SHORT_NS = 50000 }; /* of one thread: a job that threads that took parts from each other would lose by */
int ln_thread_count(TfLiteContext* context);
/* Says of the node that is being prepared what LinnetTogether says, if it takes a short time. */
void ln_set_together(TfLiteContext* context, double duration_ns, int32_t in_lines, int32_t out_lines);
/* True once the invoke was cancelled or ran out of time: what runs long gives up with kTfLiteCancelled. It costs a look
 * at the clock. */
bool ln_is_cancelled(TfLiteContext* context);

/* ---- Node data ---- */

/* A copy of `first` for a node to keep, and its end: the registration's free. */
void* ln_new_node_data(const void* first, size_t size_bytes);
void ln_free_node_data(TfLiteContext* context, void* data);

/* Defines `name`, the init of a registration whose node data is a `type`, initialized so. */
#define LN_DEFINE_INIT(name, type, ...)                                          \
  static void* name(TfLiteContext* context, const char* buffer, size_t length) { \
    static const type kFirst = {__VA_ARGS__};                                    \
    (void)context, (void)buffer, (void)length;                                   \
    return ln_new_node_data(&kFirst, sizeof kFirst);                             \
  }

#endif
