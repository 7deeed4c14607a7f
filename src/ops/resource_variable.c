/* VAR_HANDLE, READ_VARIABLE, ASSIGN_VARIABLE: tensors that live in the interpreter under a name. A RESOURCE tensor
 * holds the number of one. */
#include <string.h>

#include "ops/builtin_ops.h"
#include "ops/op_util.h"

/* A variable's value: a copy of what was assigned last. */
typedef struct variable {
  TfLiteType type;
  TfLiteIntArray* dims;
  size_t bytes;
  void* data;
} variable;

static void free_variable(void* data) {
  variable* v = data;
  if (v == NULL) return;
  TfLiteIntArrayFree(v->dims);
  ln_free(v->data);
  ln_free(v);
}

static TfLiteStatus get_id(TfLiteContext* context, const TfLiteNode* node, int32_t* id) {
  const TfLiteTensor* handle;
  LN_TRY(ln_get_input(context, node, 0, &handle));
  LN_CHECK(context, handle->data.i32 != NULL && handle->bytes >= sizeof(int32_t), "the resource handle has no value");
  *id = handle->data.i32[0];
  return kTfLiteOk;
}

static TfLiteStatus check_handle(TfLiteContext* context, const TfLiteNode* node) {
  const TfLiteTensor* handle;
  LN_CHECK(context, LinnetBackendOf(context) != NULL, "this runtime keeps no variables for the operator");
  LN_TRY(ln_get_input(context, node, 0, &handle));
  return ln_check_type(context, handle, "input 0", kTfLiteResource);
}

static TfLiteStatus handle_prepare(TfLiteContext* context, TfLiteNode* node) {
  TfLiteTensor* output;
  LN_CHECK(context, node->builtin_data != NULL && LinnetBackendOf(context) != NULL,
           "the options are missing, or this runtime keeps no variables");
  LN_TRY(ln_check_io(context, node, 0, 0, 1));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(ln_check_type(context, output, "output", kTfLiteResource));
  return ln_resize(context, output, 0, NULL);
}

static TfLiteStatus handle_invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteVarHandleParams* params = node->builtin_data;
  LinnetBackend* backend = LinnetBackendOf(context);
  TfLiteTensor* output;
  LN_TRY(ln_get_output(context, node, 0, &output));
  const int32_t id = backend->ResourceId(backend, params->container, params->shared_name);
  LN_CHECK(context, id >= 0, "no memory for the variable \"%s\"",
           params->shared_name != NULL ? params->shared_name : "");
  output->data.i32[0] = id;
  return kTfLiteOk;
}

static TfLiteStatus assign_prepare(TfLiteContext* context, TfLiteNode* node) {
  LN_TRY(ln_check_io(context, node, 2, 2, 0));
  return check_handle(context, node);
}

static TfLiteStatus assign_invoke(TfLiteContext* context, TfLiteNode* node) {
  LinnetBackend* backend = LinnetBackendOf(context);
  const TfLiteTensor* value;
  int32_t id;
  LN_TRY(get_id(context, node, &id));
  LN_TRY(ln_get_input(context, node, 1, &value));
  LinnetResource* resource = backend->FindResource(backend, id);
  variable* v = resource != NULL && resource->free == free_variable ? resource->data : NULL;
  if (v != NULL && v->type == value->type && v->bytes == value->bytes && TfLiteIntArrayEqual(v->dims, value->dims)) {
    if (v->bytes > 0) memcpy(v->data, value->data.raw, v->bytes);
    return kTfLiteOk;
  }
  v = ln_calloc(1, sizeof *v);
  LN_CHECK(context, v != NULL, "no memory for the variable");
  *v = (variable){value->type, TfLiteIntArrayCopy(value->dims), value->bytes, ln_malloc(value->bytes)};
  if (v->dims == NULL || v->data == NULL) {
    free_variable(v);
    LN_FAIL(context, "no memory for a variable of %zu bytes", value->bytes);
  }
  if (v->bytes > 0) memcpy(v->data, value->data.raw, v->bytes);
  LN_CHECK(context, backend->SetResource(backend, id, v, free_variable) == kTfLiteOk, "variable %d does not exist", id);
  return kTfLiteOk;
}

static TfLiteStatus read_prepare(TfLiteContext* context, TfLiteNode* node) {
  TfLiteTensor* output;
  LN_TRY(ln_check_io(context, node, 1, 1, 1));
  LN_TRY(check_handle(context, node));
  LN_TRY(ln_get_output(context, node, 0, &output));
  ln_set_dynamic(output); /* its shape is the last assignment's */
  return kTfLiteOk;
}

static TfLiteStatus read_invoke(TfLiteContext* context, TfLiteNode* node) {
  LinnetBackend* backend = LinnetBackendOf(context);
  TfLiteTensor* output;
  int32_t id;
  LN_TRY(get_id(context, node, &id));
  LN_TRY(ln_get_output(context, node, 0, &output));
  const LinnetResource* resource = backend->FindResource(backend, id);
  const variable* v = resource != NULL && resource->free == free_variable ? resource->data : NULL;
  LN_CHECK(context, v != NULL, "the variable is read before anything was assigned to it");
  LN_CHECK(context, v->type == output->type, "the variable holds %s; the output is %s", TfLiteTypeGetName(v->type),
           TfLiteTypeGetName(output->type));
  LN_TRY(ln_resize(context, output, v->dims->size, v->dims->data));
  LN_CHECK(context, TfLiteTensorRealloc(v->bytes, output) == kTfLiteOk, "no memory for %zu bytes", v->bytes);
  if (v->bytes > 0) memcpy(output->data.raw, v->data, v->bytes);
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_var_handle = {.prepare = handle_prepare, .invoke = handle_invoke};
const TfLiteRegistration ln_op_assign_variable = {.prepare = assign_prepare, .invoke = assign_invoke};
const TfLiteRegistration ln_op_read_variable = {.prepare = read_prepare, .invoke = read_invoke};
