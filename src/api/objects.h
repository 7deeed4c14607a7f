/* The exported interface's opaque objects, for the files of this folder only. */
#ifndef LN_API_OBJECTS_H_
#define LN_API_OBJECTS_H_

#include "runtime/operator_object.h"
#include "runtime/runtime.h"
#include "tensorflow/lite/c/c_api.h"
#include "tensorflow/lite/c/c_api_experimental.h"

struct TfLiteModel {
  ln_model* model;
};

/* An operator that the caller added: builtin (name NULL) or custom. */
typedef struct ln_added_op {
  int32_t code;
  char* name; /* owned */
  int min_version, max_version;
  TfLiteRegistration registration;
} ln_added_op;

/* The resolver callbacks that the caller set. Generations of the interface differ in how much of the registration there
 * is that the callbacks point to; newer members read as zero. */
typedef struct ln_resolver_callbacks {
  size_t registration_bytes;
  const void* (*builtin)(void* user_data, TfLiteBuiltinOperator op, int version);
  const void* (*custom)(void* user_data, const char* name, int version);
  const TfLiteOperator* (*external_builtin)(void* user_data, int op, int version);
  const TfLiteOperator* (*external_custom)(void* user_data, const char* name, int version);
  void* user_data;
} ln_resolver_callbacks;

struct TfLiteInterpreterOptions {
  int num_threads;
  ln_reporter reporter;
  bool cancellable, preserve_all_tensors, plan_only;
  double timeout_ms;
  size_t memory_limit_bytes;
  char* weight_cache;         /* owned; NULL: none */
  TfLiteDelegate** delegates; /* borrowed, but for a reference to those made here */
  int32_t delegate_count;
  ln_added_op* ops;
  int32_t op_count;
  bool failed; /* an addition found no memory: creating an interpreter will fail */
  ln_resolver_callbacks resolver;
};

/* Outlives its deletion while there are runners, which then find nothing in it. */
struct TfLiteInterpreter {
  ln_interpreter* interpreter; /* NULL once deleted */
  size_t references;           /* its own and one for each runner */
};

/* Drops a reference; the last one frees. */
void ln_interpreter_handle_release(TfLiteInterpreter* interpreter);

/* What the resolver needs while an interpreter is created. */
typedef struct ln_resolver_state {
  const TfLiteInterpreterOptions* options;
  bool builtin_ops;           /* fall back to the library's own */
  TfLiteRegistration current; /* the one found last, in the newest form */
} ln_resolver_state;

/* A resolver over the options' operators, callbacks and, if asked, the library's own. `state` outlives it. */
ln_op_resolver ln_make_resolver(ln_resolver_state* state, const TfLiteInterpreterOptions* options, bool builtin_ops);

/* Adds an operator (copied) to the options; marks them failed where there is no memory. */
void ln_options_add_op(TfLiteInterpreterOptions* options, const ln_added_op* op);

/* Creates an interpreter and applies the options' delegates. NULL: reported. */
ln_interpreter* ln_create_from_options(ln_model* model, const TfLiteInterpreterOptions* options, bool builtin_ops,
                                       bool plan_only);

/* A registration that stands for an operator object. */
TfLiteRegistration ln_registration_of(const TfLiteOperator* op);

#endif
