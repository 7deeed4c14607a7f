/* The table of the library's custom operators; see custom_ops.def. */
#include "ops/custom_ops.h"

#include <stddef.h>
#include <string.h>

typedef struct custom_op {
  const char* name;
  const TfLiteRegistration* registration;
} custom_op;

static const custom_op kOps[] = {
#define LN_CUSTOM_OP(name, registration) {name, &registration},
#include "ops/custom_ops.def"
#undef LN_CUSTOM_OP
};

const TfLiteRegistration* ln_find_custom_op(const char* name, int version) {
  for (size_t i = 0; i < sizeof kOps / sizeof kOps[0]; ++i)
    if (version == 1 && name != NULL && strcmp(kOps[i].name, name) == 0) return kOps[i].registration;
  return NULL;
}
