/* Delegates as objects: plain ones by value, opaque ones made from a builder. */
#include "base/alloc.h"
#include "runtime/interpreter.h"

TfLiteDelegate TfLiteDelegateCreate(void) { return (TfLiteDelegate){0}; }

TfLiteOpaqueDelegate* TfLiteOpaqueDelegateCreate(const TfLiteOpaqueDelegateBuilder* opaque_delegate_builder) {
  if (opaque_delegate_builder == NULL) return NULL;
  TfLiteDelegate* delegate = ln_calloc(1, sizeof *delegate);
  TfLiteOpaqueDelegateBuilder* builder = ln_malloc(sizeof *builder);
  if (delegate == NULL || builder == NULL || !ln_live_add(delegate)) {
    ln_free(delegate);
    ln_free(builder);
    return NULL;
  }
  *builder = *opaque_delegate_builder;
  delegate->data_ = builder->data;
  delegate->flags = builder->flags;
  delegate->opaque_delegate_builder = builder;
  return delegate;
}

void TfLiteOpaqueDelegateDelete(TfLiteOpaqueDelegate* delegate) {
  if (delegate == NULL || !ln_live_has(delegate)) return;
  ln_live_remove(delegate);
  ln_free(delegate->opaque_delegate_builder);
  ln_free(delegate);
}

void* TfLiteOpaqueDelegateGetData(const TfLiteOpaqueDelegate* delegate) {
  return delegate != NULL ? delegate->data_ : NULL;
}
