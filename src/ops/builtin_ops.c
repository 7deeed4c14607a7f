#include "ops/builtin_ops.h"

#include <stddef.h>

typedef struct builtin_op {
  int32_t code;
  int first_version, last_version;
  const TfLiteRegistration* registration;
} builtin_op;

static const builtin_op kOps[] = {
#define LN_OP(code, name, first_version, last_version, registration) {code, first_version, last_version, &registration},
#include "ops/builtin_ops.def"
#undef LN_OP
};

const TfLiteRegistration* ln_find_builtin_op(int32_t code, int version) {
  for (size_t i = 0; i < sizeof kOps / sizeof kOps[0]; ++i) {
    const builtin_op* op = &kOps[i];
    if (op->code == code && version >= op->first_version && version <= op->last_version &&
        op->registration->invoke != NULL)
      return op->registration;
  }
  return NULL;
}
