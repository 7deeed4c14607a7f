/* Delegates as objects: plain ones by value, opaque ones made from a builder. */
#include "base/alloc.h"
#include "runtime/delegate_object.h"
#include "runtime/interpreter.h"

TfLiteDelegate TfLiteDelegateCreate(void) { return (TfLiteDelegate){0}; }

TfLiteOpaqueDelegate* TfLiteOpaqueDelegateCreate(const TfLiteOpaqueDelegateBuilder* opaque_delegate_builder) {
  if (opaque_delegate_builder == NULL) return NULL;
  ln_delegate_object* object = ln_calloc(1, sizeof *object);
  if (object == NULL || !ln_live_add(object)) {
    ln_free(object);
    ln_report(NULL, "No memory for a delegate.");
    return NULL;
  }
  atomic_init(&object->references, 1);
  object->builder = *opaque_delegate_builder;
  object->base.data_ = object->builder.data;
  object->base.flags = object->builder.flags;
  object->base.opaque_delegate_builder = &object->builder;
  return &object->base;
}

void TfLiteOpaqueDelegateDelete(TfLiteOpaqueDelegate* delegate) { ln_delegate_release(delegate); }

void* TfLiteOpaqueDelegateGetData(const TfLiteOpaqueDelegate* delegate) {
  return delegate != NULL ? delegate->data_ : NULL;
}
