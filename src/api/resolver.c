/* Finds operators: the caller's resolver callbacks first, then the operators the caller added, then the library's own.
 */
#include <string.h>

#include "api/objects.h"
#include "ops/builtin_ops.h"

/* The size of the struct that the callbacks of a generation return; newer members read as zero. */
static size_t registration_bytes(ln_resolver_kind kind) {
  switch (kind) {
    case LN_RESOLVER_V1:
      return sizeof(TfLiteRegistration_V1);
    case LN_RESOLVER_V2:
      return sizeof(TfLiteRegistration_V2);
    case LN_RESOLVER_V3:
      return sizeof(TfLiteRegistration_V3);
    default:
      return sizeof(TfLiteRegistration);
  }
}

static const TfLiteRegistration* widen(ln_resolver_state* state, const void* registration) {
  if (registration == NULL) return NULL;
  state->current = (TfLiteRegistration){0};
  memcpy(&state->current, registration, registration_bytes(state->options->resolver.kind));
  return &state->current;
}

static const TfLiteRegistration* wrap(ln_resolver_state* state, const TfLiteOperator* op) {
  if (op == NULL) return NULL;
  state->current = ln_registration_of(op);
  return &state->current;
}

static const TfLiteRegistration* find_added(const TfLiteInterpreterOptions* options, int32_t code, const char* name,
                                            int version) {
  for (int32_t i = options->op_count - 1; i >= 0; --i) {
    const ln_added_op* op = &options->ops[i];
    if (version < op->min_version || version > op->max_version) continue;
    if (name != NULL ? op->name != NULL && strcmp(op->name, name) == 0 : op->name == NULL && op->code == code)
      return &op->registration;
  }
  return NULL;
}

static const TfLiteRegistration* find_builtin(void* user_data, int32_t code, int version) {
  ln_resolver_state* state = user_data;
  const TfLiteRegistration* found = NULL;
  if (state->options != NULL) {
    const ln_resolver_callbacks* r = &state->options->resolver;
    if (r->external_builtin != NULL) found = wrap(state, r->external_builtin(r->user_data, code, version));
    if (found == NULL && r->builtin != NULL)
      found = widen(state, r->builtin(r->user_data, (TfLiteBuiltinOperator)code, version));
    if (found == NULL) found = find_added(state->options, code, NULL, version);
  }
  return found != NULL || !state->builtin_ops ? found : ln_find_builtin_op(code, version);
}

static const TfLiteRegistration* find_custom(void* user_data, const char* name, int version) {
  ln_resolver_state* state = user_data;
  if (state->options == NULL) return NULL;
  const ln_resolver_callbacks* r = &state->options->resolver;
  const TfLiteRegistration* found = NULL;
  if (r->external_custom != NULL) found = wrap(state, r->external_custom(r->user_data, name, version));
  if (found == NULL && r->custom != NULL) found = widen(state, r->custom(r->user_data, name, version));
  return found != NULL ? found : find_added(state->options, kTfLiteBuiltinCustom, name, version);
}

ln_op_resolver ln_make_resolver(ln_resolver_state* state, const TfLiteInterpreterOptions* options, bool builtin_ops) {
  *state = (ln_resolver_state){options, builtin_ops, {0}};
  return (ln_op_resolver){find_builtin, find_custom, state};
}
