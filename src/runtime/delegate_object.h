/* Opaque delegates as objects: what TfLiteOpaqueDelegateCreate makes. A plain delegate is its maker's memory, and is no
 * object here. */
#ifndef LN_RUNTIME_DELEGATE_OBJECT_H_
#define LN_RUNTIME_DELEGATE_OBJECT_H_

#include <stdatomic.h>

#include "tensorflow/lite/c/common.h"

typedef struct ln_delegate_object {
  TfLiteDelegate base; /* first: delegates are turned back into objects; points to `builder` */
  TfLiteOpaqueDelegateBuilder builder;
  atomic_int references;
} ln_delegate_object;

/* Takes a reference to a delegate that this library made, so that its maker may give it up while interpreters use it;
 * any other is left alone. */
void ln_delegate_retain(TfLiteDelegate* delegate);
void ln_delegate_release(TfLiteDelegate* delegate); /* NULL is a no-op */

#endif
