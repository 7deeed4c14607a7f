/* Finds operators: through the caller's callbacks alone where there are any, else among the operators that the caller
 * added, then among the library's own. */
#include <string.h>

#include "api/objects.h"
#include "ops/builtin_ops.h"
#include "ops/custom_ops.h"

static bool has_callbacks(const ln_resolver_callbacks* r) {
  return r != NULL &&
         (r->builtin != NULL || r->custom != NULL || r->external_builtin != NULL || r->external_custom != NULL);
}

/* Keeps a registration that comes from elsewhere, of which only `size_bytes` exist. */
static const TfLiteRegistration* keep(ln_resolver_state* state, const void* registration, size_t size_bytes) {
  if (registration == NULL) return NULL;
  state->current = (TfLiteRegistration){0};
  memcpy(&state->current, registration, size_bytes);
  return &state->current;
}

static bool has_functions(const TfLiteOperator* op) {
  return op->init != NULL || op->init_with_data != NULL || op->free != NULL || op->free_with_data != NULL ||
         op->prepare != NULL || op->prepare_with_data != NULL || op->invoke != NULL || op->invoke_with_data != NULL;
}

/* An operator without any function counts as not found, so that a fallback is asked. */
static const TfLiteRegistration* wrap(ln_resolver_state* state, const TfLiteOperator* op) {
  if (op == NULL || !has_functions(op)) return NULL;
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
  const ln_resolver_callbacks* r = state->options != NULL ? &state->options->resolver : NULL;
  const TfLiteRegistration* found = NULL;
  if (has_callbacks(r)) {
    if (r->external_builtin != NULL) found = wrap(state, r->external_builtin(r->user_data, code, version));
    if (found == NULL && r->builtin != NULL)
      found = keep(state, r->builtin(r->user_data, (TfLiteBuiltinOperator)code, version), r->registration_bytes);
    return found;
  }
  if (state->options != NULL) found = find_added(state->options, code, NULL, version);
  return found != NULL || !state->builtin_ops ? found : ln_find_builtin_op(code, version);
}

static const TfLiteRegistration* find_custom(void* user_data, const char* name, int version) {
  ln_resolver_state* state = user_data;
  const ln_resolver_callbacks* r = state->options != NULL ? &state->options->resolver : NULL;
  const TfLiteRegistration* found = NULL;
  if (!has_callbacks(r)) {
    if (state->options != NULL) found = find_added(state->options, kTfLiteBuiltinCustom, name, version);
    return found != NULL || !state->builtin_ops ? found : ln_find_custom_op(name, version);
  }
  if (r->external_custom != NULL) found = wrap(state, r->external_custom(r->user_data, name, version));
  if (found == NULL && r->custom != NULL)
    found = keep(state, r->custom(r->user_data, name, version), r->registration_bytes);
  return found;
}

static bool is_own(const TfLiteRegistration* found, int32_t code, int version) {
  return found == ln_find_builtin_op(code, version);
}

ln_op_resolver ln_make_resolver(ln_resolver_state* state, const TfLiteInterpreterOptions* options, bool builtin_ops) {
  *state = (ln_resolver_state){options, builtin_ops, {0}};
  return (ln_op_resolver){find_builtin, find_custom, is_own, state};
}
