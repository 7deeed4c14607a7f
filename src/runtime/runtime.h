/* The interpreter as the exported functions see it. Sees `model`, `base` and the public interface; knows operators only
 * as registrations. An interpreter is used by one thread at a time, but for ln_interpreter_cancel. */
#ifndef LN_RUNTIME_RUNTIME_H_
#define LN_RUNTIME_RUNTIME_H_

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "linnet/linnet.h"
#include "model/model.h"
#include "tensorflow/lite/c/common.h"

/* ---- Reporting (report.c) ---- */

typedef struct ln_reporter {
  void (*report)(void* user_data, const char* format, va_list args); /* NULL: stderr, with "ERROR: " in front */
  void* user_data;
} ln_reporter;

/* Formats the message, keeps it as this thread's last error, and hands the finished text to the reporter as `format`
 * with every % doubled and an empty va_list (see facts: clients' reporters misuse the va_list). */
void ln_report(const ln_reporter* reporter, const char* format, ...);
void ln_report_va(const ln_reporter* reporter, const char* format, va_list args);
/* As ln_report for a sentence that follows another: the last error stays what it was. */
void ln_report_more(const ln_reporter* reporter, const char* format, ...);
/* While held, what this thread reports goes nowhere, for attempts that have another behind them. Returns what was set.
 */
bool ln_report_hold(bool hold);
const char* ln_last_error(void); /* "" if none; of this thread */

/* ---- Creation ---- */

typedef struct ln_op_resolver {
  const TfLiteRegistration* (*find_builtin)(void* user_data, int32_t code, int version);
  const TfLiteRegistration* (*find_custom)(void* user_data, const char* name, int version);
  /* Whether that is the library's registration, not a caller's. NULL: none is. */
  bool (*is_own)(const TfLiteRegistration* found, int32_t code, int version);
  void* user_data;
} ln_op_resolver;

typedef struct ln_interpreter_config {
  ln_reporter reporter;
  ln_op_resolver resolver; /* asked only while the interpreter is created; registrations are copied */
  int num_threads;         /* < 1: one */
  bool cancellable;
  bool preserve_all_tensors;
  bool plan_only; /* AllocateTensors plans and accounts but takes no arena: for LinnetModelPlanMemory */
  double timeout_ms;
  size_t memory_limit_bytes;
  const char* weight_cache; /* path, borrowed while the interpreter is created; NULL: none */
} ln_interpreter_config;

typedef struct ln_interpreter ln_interpreter;

/* Takes a reference to the model. An operator that the resolver does not know is reported and makes this fail for
 * builtin ones; unknown custom ones fail in prepare, as delegates may take them. NULL: reported. */
ln_interpreter* ln_interpreter_create(ln_model* model, const ln_interpreter_config* config);
void ln_interpreter_delete(ln_interpreter* interpreter); /* NULL is a no-op */

/* Lets a delegate take nodes; call before the first allocation or at any time after (tensors must then be allocated
 * again). On failure the graph is as it was before. */
TfLiteStatus ln_interpreter_apply_delegate(ln_interpreter* interpreter, TfLiteDelegate* delegate);

/* ---- Use. `subgraph` is 0 for the primary one; indices out of range are reported and fail, pointers are NULL. ---- */

int32_t ln_interpreter_subgraph_count(const ln_interpreter* interpreter);
const TfLiteIntArray* ln_interpreter_inputs(const ln_interpreter* interpreter, int32_t subgraph);
const TfLiteIntArray* ln_interpreter_outputs(const ln_interpreter* interpreter, int32_t subgraph);
const TfLiteIntArray* ln_interpreter_variables(const ln_interpreter* interpreter, int32_t subgraph);
TfLiteTensor* ln_interpreter_tensor(const ln_interpreter* interpreter, int32_t subgraph, int32_t tensor);
/* `input_index` is a position in the subgraph's inputs. Extents must be >= 0. The same shape again is a no-op. */
TfLiteStatus ln_interpreter_resize_input(ln_interpreter* interpreter, int32_t subgraph, int32_t input_index,
                                         int32_t rank, const int* dims);
TfLiteStatus ln_interpreter_allocate(ln_interpreter* interpreter, int32_t subgraph);
TfLiteStatus ln_interpreter_invoke(ln_interpreter* interpreter, int32_t subgraph);
TfLiteStatus ln_interpreter_reset_variables(ln_interpreter* interpreter);
/* Any thread, any time between creation and deletion. kTfLiteError where the interpreter was not made cancellable. */
TfLiteStatus ln_interpreter_cancel(ln_interpreter* interpreter);
void ln_interpreter_set_timeout(ln_interpreter* interpreter, double timeout_ms);
TfLiteStatus ln_interpreter_set_custom_allocation(ln_interpreter* interpreter, int32_t subgraph, int32_t tensor,
                                                  const TfLiteCustomAllocation* allocation, int64_t flags);
/* Buffer handles of delegates. */
TfLiteStatus ln_interpreter_set_buffer_handle(ln_interpreter* interpreter, TfLiteTensor* tensor,
                                              TfLiteBufferHandle handle, TfLiteDelegate* delegate);
TfLiteStatus ln_interpreter_get_buffer_handle(ln_interpreter* interpreter, int32_t tensor, TfLiteBufferHandle* handle,
                                              TfLiteDelegate** delegate);
TfLiteStatus ln_interpreter_ensure_readable(ln_interpreter* interpreter, int32_t tensor);
void ln_interpreter_allow_buffer_handle_output(ln_interpreter* interpreter, bool allow);

const ln_model* ln_interpreter_model(const ln_interpreter* interpreter);
const ln_reporter* ln_interpreter_reporter(const ln_interpreter* interpreter);

/* ---- Looking in (see linnet.h) ---- */

TfLiteStatus ln_interpreter_memory(const ln_interpreter* interpreter, LinnetMemory* memory);
TfLiteStatus ln_interpreter_placement(const ln_interpreter* interpreter, int32_t subgraph, int32_t tensor,
                                      LinnetPlacement* placement);
TfLiteStatus ln_interpreter_set_profiling(ln_interpreter* interpreter, bool enable);
int32_t ln_interpreter_profile_count(const ln_interpreter* interpreter);
TfLiteStatus ln_interpreter_profile_entry(const ln_interpreter* interpreter, int32_t index, LinnetProfileEntry* entry);

/* ---- Options of builtin operators (builtin_options.c) ---- */

/* The node's builtin_data: the operator's parameter struct at its newest size, zeroed where the file says nothing, from
 * ln_malloc (freed with ln_free). *data is NULL for operators without parameters. What is wrong is reported. Strings
 * and float arrays in it point into the model. */
TfLiteStatus ln_parse_builtin_options(const ln_model* model, const ln_model_operator* op, int32_t builtin_code,
                                      const ln_reporter* reporter, void** data);

/* Schema tensor type to TfLiteType; false for a number outside the schema. */
bool ln_tensor_type_from_schema(uint8_t schema_type, TfLiteType* type);

#endif
