/* TfLiteOperator objects. The set of live objects is what the runtime trusts in registrations that come from elsewhere.
 */
#include "api/objects.h"
#include "base/alloc.h"
#include "runtime/interpreter.h"

void* TfLiteKernelInitFailed(void) {
  /* The original's value: delegates carry a copy of this function, and what theirs returns must be known here. */
  return (void*)(intptr_t)-1;
}

TfLiteOperator* TfLiteOperatorCreate(TfLiteBuiltinOperator builtin_code, const char* custom_name, int version,
                                     void* user_data) {
  TfLiteOperator* op = ln_calloc(1, sizeof *op);
  if (op == NULL) {
    ln_report(NULL, "No memory for an operator.");
    return NULL;
  }
  atomic_init(&op->references, 1);
  op->builtin_code = (int32_t)builtin_code;
  op->version = version;
  op->user_data = user_data;
  op->custom_name = custom_name != NULL ? ln_strdup(custom_name) : NULL;
  if ((op->custom_name != NULL || custom_name == NULL) && ln_live_add(op)) return op;
  ln_free(op->custom_name);
  ln_free(op);
  ln_report(NULL, "No memory for an operator.");
  return NULL;
}

void TfLiteOperatorDelete(TfLiteOperator* registration) { ln_operator_release(registration); }

TfLiteRegistration ln_registration_of(const TfLiteOperator* op) {
  return (TfLiteRegistration){.builtin_code = op->builtin_code,
                              .custom_name = op->custom_name,
                              .version = op->version,
                              .registration_external = (TfLiteOperator*)(uintptr_t)op,
                              .inplace_operator = op->inplace_operator};
}

TfLiteBuiltinOperator TfLiteOperatorGetBuiltInCode(const TfLiteOperator* registration) {
  return (TfLiteBuiltinOperator)(registration != NULL ? registration->builtin_code : kTfLiteBuiltinCustom);
}

const char* TfLiteOperatorGetCustomName(const TfLiteOperator* registration) {
  return registration != NULL ? registration->custom_name : NULL;
}

int TfLiteOperatorGetVersion(const TfLiteOperator* registration) {
  return registration != NULL ? registration->version : -1;
}

void* TfLiteOperatorGetUserData(const TfLiteOperator* registration) {
  return registration != NULL ? registration->user_data : NULL;
}

void TfLiteOperatorSetInit(TfLiteOperator* registration, void* (*init)(TfLiteOpaqueContext*, const char*, size_t)) {
  if (registration != NULL) registration->init = init;
}

TfLiteStatus TfLiteOperatorSetInitWithData(TfLiteOperator* registration,
                                           void* (*init)(void*, TfLiteOpaqueContext*, const char*, size_t)) {
  if (registration == NULL) return kTfLiteError;
  registration->init_with_data = init;
  return kTfLiteOk;
}

void TfLiteOperatorSetFree(TfLiteOperator* registration, void (*free)(TfLiteOpaqueContext*, void*)) {
  if (registration != NULL) registration->free = free;
}

TfLiteStatus TfLiteOperatorSetFreeWithData(TfLiteOperator* registration,
                                           void (*free)(void*, TfLiteOpaqueContext*, void*)) {
  if (registration == NULL) return kTfLiteError;
  registration->free_with_data = free;
  return kTfLiteOk;
}

void TfLiteOperatorSetPrepare(TfLiteOperator* registration,
                              TfLiteStatus (*prepare)(TfLiteOpaqueContext*, TfLiteOpaqueNode*)) {
  if (registration != NULL) registration->prepare = prepare;
}

TfLiteStatus TfLiteOperatorSetPrepareWithData(TfLiteOperator* registration,
                                              TfLiteStatus (*prepare)(void*, TfLiteOpaqueContext*, TfLiteOpaqueNode*)) {
  if (registration == NULL) return kTfLiteError;
  registration->prepare_with_data = prepare;
  return kTfLiteOk;
}

void TfLiteOperatorSetInvoke(TfLiteOperator* registration,
                             TfLiteStatus (*invoke)(TfLiteOpaqueContext*, TfLiteOpaqueNode*)) {
  if (registration != NULL) registration->invoke = invoke;
}

TfLiteStatus TfLiteOperatorSetInvokeWithData(TfLiteOperator* registration,
                                             TfLiteStatus (*invoke)(void*, TfLiteOpaqueContext*, TfLiteOpaqueNode*)) {
  if (registration == NULL) return kTfLiteError;
  registration->invoke_with_data = invoke;
  return kTfLiteOk;
}

void TfLiteOperatorSetAsyncKernel(TfLiteOperator* registration,
                                  struct TfLiteAsyncKernel* (*async_kernel)(TfLiteOpaqueContext*, TfLiteOpaqueNode*)) {
  if (registration != NULL) registration->async_kernel = async_kernel;
}

TfLiteStatus TfLiteOperatorSetAsyncKernelWithData(TfLiteOperator* registration,
                                                  struct TfLiteAsyncKernel* (*async_kernel)(void*, TfLiteOpaqueContext*,
                                                                                            TfLiteOpaqueNode*)) {
  if (registration == NULL) return kTfLiteError;
  registration->async_kernel_with_data = async_kernel;
  return kTfLiteOk;
}

void TfLiteOperatorSetInplaceOperator(TfLiteOperator* registration, uint64_t inplace_operator) {
  if (registration != NULL) registration->inplace_operator = inplace_operator;
}
