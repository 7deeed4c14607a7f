/* References of TfLiteOperator objects. What is not in the set of live objects is never followed. */
#include "runtime/operator_object.h"

#include "base/alloc.h"
#include "runtime/interpreter.h"

bool ln_operator_retain(TfLiteOperator* op) {
  if (op == NULL || !ln_live_has(op)) return false;
  atomic_fetch_add(&op->references, 1);
  return true;
}

void ln_operator_release(TfLiteOperator* op) {
  if (op == NULL || atomic_fetch_sub(&op->references, 1) != 1) return;
  ln_live_remove(op);
  ln_free(op->custom_name);
  ln_free(op);
}
