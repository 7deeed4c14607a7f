/* Interpreter options. */
#include <string.h>

#include "api/objects.h"
#include "base/alloc.h"
#include "linnet/linnet.h"
#include "runtime/delegate_object.h"

TfLiteInterpreterOptions* TfLiteInterpreterOptionsCreate(void) {
  TfLiteInterpreterOptions* options = ln_calloc(1, sizeof *options);
  if (options == NULL) {
    ln_report(NULL, "No memory for interpreter options.");
    return NULL;
  }
  options->num_threads = -1;
  return options;
}

TfLiteInterpreterOptions* TfLiteInterpreterOptionsCopy(const TfLiteInterpreterOptions* from) {
  if (from == NULL) return NULL;
  TfLiteInterpreterOptions* options = TfLiteInterpreterOptionsCreate();
  if (options == NULL) return NULL;
  *options = *from;
  options->delegates = NULL;
  options->delegate_count = 0;
  options->ops = NULL;
  options->op_count = 0;
  options->weight_cache = NULL;
  if (from->weight_cache != NULL && LinnetInterpreterOptionsSetWeightCache(options, from->weight_cache) != kTfLiteOk)
    options->failed = true;
  for (int32_t i = 0; i < from->delegate_count; ++i) TfLiteInterpreterOptionsAddDelegate(options, from->delegates[i]);
  for (int32_t i = 0; i < from->op_count; ++i) ln_options_add_op(options, &from->ops[i]);
  if (!options->failed || from->failed) return options;
  TfLiteInterpreterOptionsDelete(options);
  ln_report(&from->reporter, "No memory for a copy of interpreter options.");
  return NULL;
}

void TfLiteInterpreterOptionsDelete(TfLiteInterpreterOptions* options) {
  if (options == NULL) return;
  for (int32_t i = 0; i < options->op_count; ++i) {
    ln_free(options->ops[i].name);
    ln_operator_release(options->ops[i].registration.registration_external);
  }
  for (int32_t i = 0; i < options->delegate_count; ++i) ln_delegate_release(options->delegates[i]);
  ln_free(options->weight_cache);
  ln_free(options->ops);
  ln_free(options->delegates);
  ln_free(options);
}

void TfLiteInterpreterOptionsSetNumThreads(TfLiteInterpreterOptions* options, int32_t num_threads) {
  if (options != NULL) options->num_threads = num_threads;
}

void TfLiteInterpreterOptionsAddDelegate(TfLiteInterpreterOptions* options, TfLiteOpaqueDelegate* delegate) {
  if (options == NULL || delegate == NULL) return;
  const size_t count = (size_t)options->delegate_count + 1;
  TfLiteDelegate** delegates = ln_realloc(options->delegates, count * sizeof *delegates);
  if (delegates == NULL) {
    options->failed = true;
    return;
  }
  options->delegates = delegates;
  delegates[options->delegate_count++] = delegate;
  ln_delegate_retain(delegate);
}

void TfLiteInterpreterOptionsSetErrorReporter(TfLiteInterpreterOptions* options,
                                              void (*reporter)(void* user_data, const char* format, va_list args),
                                              void* user_data) {
  if (options != NULL) options->reporter = (ln_reporter){reporter, user_data};
}

TfLiteStatus TfLiteInterpreterOptionsEnableCancellation(TfLiteInterpreterOptions* options, bool enable) {
  if (options == NULL) return kTfLiteError;
  options->cancellable = enable;
  return kTfLiteOk;
}

void ln_options_add_op(TfLiteInterpreterOptions* options, const ln_added_op* op) {
  const size_t count = (size_t)options->op_count + 1;
  ln_added_op* ops = ln_realloc(options->ops, count * sizeof *ops);
  if (ops != NULL) options->ops = ops;
  char* name = op->name != NULL ? ln_strdup(op->name) : NULL;
  if (ops == NULL || (name == NULL && op->name != NULL)) {
    ln_free(name);
    options->failed = true;
    return;
  }
  ln_added_op* added = &ops[options->op_count++];
  *added = *op;
  added->name = name;
  /* A program built with older headers has a shorter struct, with whatever lies behind it; see also node.c. */
  if (!ln_operator_retain(added->registration.registration_external)) added->registration.registration_external = NULL;
}

void TfLiteInterpreterOptionsAddOperator(TfLiteInterpreterOptions* options, TfLiteOperator* registration) {
  if (options == NULL || registration == NULL) return;
  const bool custom = registration->builtin_code == kTfLiteBuiltinCustom;
  const ln_added_op op = {registration->builtin_code, custom ? registration->custom_name : NULL, registration->version,
                          registration->version, ln_registration_of(registration)};
  ln_options_add_op(options, &op);
}

void TfLiteInterpreterOptionsAddBuiltinOp(TfLiteInterpreterOptions* options, TfLiteBuiltinOperator op,
                                          const TfLiteRegistration* registration, int32_t min_version,
                                          int32_t max_version) {
  if (options == NULL || registration == NULL) return;
  const ln_added_op added = {(int32_t)op, NULL, min_version, max_version, *registration};
  ln_options_add_op(options, &added);
}

void TfLiteInterpreterOptionsAddCustomOp(TfLiteInterpreterOptions* options, const char* name,
                                         const TfLiteRegistration* registration, int32_t min_version,
                                         int32_t max_version) {
  if (options == NULL || registration == NULL || name == NULL) return;
  ln_added_op added = {kTfLiteBuiltinCustom, ln_strdup(name), min_version, max_version, *registration};
  if (added.name == NULL) options->failed = true;
  if (added.name != NULL) ln_options_add_op(options, &added);
  ln_free(added.name);
}

static void set_resolver(TfLiteInterpreterOptions* options, ln_resolver_callbacks callbacks) {
  if (options != NULL) options->resolver = callbacks;
}

/* The generations' callbacks differ only in the struct that they return a pointer to; it is widened where it is used.
 */
typedef const void* (*find_builtin_any)(void*, TfLiteBuiltinOperator, int);
typedef const void* (*find_custom_any)(void*, const char*, int);

#define LN_SET_RESOLVER(registration)                                                                \
  set_resolver(options, (ln_resolver_callbacks){                                                     \
                            sizeof(registration), (find_builtin_any)(void (*)(void))find_builtin_op, \
                            (find_custom_any)(void (*)(void))find_custom_op, NULL, NULL, op_resolver_user_data})

void TfLiteInterpreterOptionsSetOpResolver(
    TfLiteInterpreterOptions* options, const TfLiteRegistration* (*find_builtin_op)(void*, TfLiteBuiltinOperator, int),
    const TfLiteRegistration* (*find_custom_op)(void*, const char*, int), void* op_resolver_user_data) {
  LN_SET_RESOLVER(TfLiteRegistration);
}

void TfLiteInterpreterOptionsSetOpResolverV3(
    TfLiteInterpreterOptions* options,
    const TfLiteRegistration_V3* (*find_builtin_op)(void*, TfLiteBuiltinOperator, int),
    const TfLiteRegistration_V3* (*find_custom_op)(void*, const char*, int), void* op_resolver_user_data) {
  LN_SET_RESOLVER(TfLiteRegistration_V3);
}

void TfLiteInterpreterOptionsSetOpResolverV2(
    TfLiteInterpreterOptions* options,
    const TfLiteRegistration_V2* (*find_builtin_op)(void*, TfLiteBuiltinOperator, int),
    const TfLiteRegistration_V2* (*find_custom_op)(void*, const char*, int), void* op_resolver_user_data) {
  LN_SET_RESOLVER(TfLiteRegistration_V2);
}

void TfLiteInterpreterOptionsSetOpResolverV1(
    TfLiteInterpreterOptions* options,
    const TfLiteRegistration_V1* (*find_builtin_op)(void*, TfLiteBuiltinOperator, int),
    const TfLiteRegistration_V1* (*find_custom_op)(void*, const char*, int), void* op_resolver_user_data) {
  LN_SET_RESOLVER(TfLiteRegistration_V1);
}

void TfLiteInterpreterOptionsSetOpResolverExternal(TfLiteInterpreterOptions* options,
                                                   const TfLiteOperator* (*find_builtin_op)(void*, int, int),
                                                   const TfLiteOperator* (*find_custom_op)(void*, const char*, int),
                                                   void* op_resolver_user_data) {
  set_resolver(options, (ln_resolver_callbacks){0, NULL, NULL, find_builtin_op, find_custom_op, op_resolver_user_data});
}

void TfLiteInterpreterOptionsSetOpResolverExternalWithFallback(
    TfLiteInterpreterOptions* options, const TfLiteOperator* (*find_builtin_op_external)(void*, int, int),
    const TfLiteOperator* (*find_custom_op_external)(void*, const char*, int),
    const TfLiteRegistration* (*find_builtin_op)(void*, TfLiteBuiltinOperator, int),
    const TfLiteRegistration* (*find_custom_op)(void*, const char*, int), void* op_resolver_user_data) {
  set_resolver(options,
               (ln_resolver_callbacks){sizeof(TfLiteRegistration), (find_builtin_any)(void (*)(void))find_builtin_op,
                                       (find_custom_any)(void (*)(void))find_custom_op, find_builtin_op_external,
                                       find_custom_op_external, op_resolver_user_data});
}

void TfLiteInterpreterOptionsSetUseNNAPI(TfLiteInterpreterOptions* options, bool enable) {
  (void)options, (void)enable; /* Android's; elsewhere the original ignores it as well */
}

void TfLiteInterpreterOptionsSetEnableDelegateFallback(TfLiteInterpreterOptions* options, bool enable) {
  (void)options, (void)enable; /* deprecated, and without effect in the original too */
}

void TfLiteInterpreterOptionsSetTelemetryProfiler(TfLiteInterpreterOptions* options,
                                                  struct TfLiteTelemetryProfilerStruct* profiler) {
  (void)options, (void)profiler; /* nothing is reported to it: see LinnetInterpreterSetProfiling */
}

TfLiteStatus LinnetInterpreterOptionsSetInvokeTimeout(TfLiteInterpreterOptions* options, double timeout_ms) {
  if (options == NULL || !(timeout_ms >= 0) || timeout_ms > 1e12) return kTfLiteError;
  options->timeout_ms = timeout_ms;
  return kTfLiteOk;
}

TfLiteStatus LinnetInterpreterOptionsSetMemoryLimit(TfLiteInterpreterOptions* options, size_t limit_bytes) {
  if (options == NULL) return kTfLiteError;
  options->memory_limit_bytes = limit_bytes;
  return kTfLiteOk;
}

TfLiteStatus LinnetInterpreterOptionsSetPreserveAllTensors(TfLiteInterpreterOptions* options, bool preserve) {
  if (options == NULL) return kTfLiteError;
  options->preserve_all_tensors = preserve;
  return kTfLiteOk;
}

TfLiteStatus LinnetInterpreterOptionsSetWeightCache(TfLiteInterpreterOptions* options, const char* path) {
  if (options == NULL) return kTfLiteError;
  char* copy = path != NULL ? ln_strdup(path) : NULL;
  if (path != NULL && (copy == NULL || path[0] == 0)) {
    ln_report(&options->reporter,
              copy == NULL ? "No memory for the weight cache's path." : "The weight cache's path is empty.");
    ln_free(copy);
    return kTfLiteError;
  }
  ln_free(options->weight_cache);
  options->weight_cache = copy;
  return kTfLiteOk;
}

TfLiteStatus LinnetInterpreterOptionsSetPlanOnly(TfLiteInterpreterOptions* options, bool plan_only) {
  if (options == NULL) return kTfLiteError;
  options->plan_only = plan_only;
  return kTfLiteOk;
}
