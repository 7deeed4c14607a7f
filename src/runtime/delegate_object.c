/* References of opaque delegates. What is not in the set of live objects is never followed. */
#include "runtime/delegate_object.h"

#include "base/alloc.h"
#include "runtime/interpreter.h"

void ln_delegate_retain(TfLiteDelegate* delegate) {
  if (ln_live_has(delegate)) atomic_fetch_add(&((ln_delegate_object*)delegate)->references, 1);
}

void ln_delegate_release(TfLiteDelegate* delegate) {
  if (!ln_live_has(delegate)) return;
  ln_delegate_object* object = (ln_delegate_object*)delegate;
  if (atomic_fetch_sub(&object->references, 1) != 1) return;
  ln_live_remove(object);
  ln_free(object);
}
