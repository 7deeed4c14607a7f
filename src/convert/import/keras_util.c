/* What lowerings of Keras's layers share: configurations, arguments, weights, reshapes. */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "convert/floats.h"
#include "convert/import/keras_import.h"
#include "convert/permute.h"

void ln_keras_fail(ln_keras_call* call, const char* format, ...) {
  char text[800];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  ln_problem(call->job, call->b.place, "%s", text);
  ln_tensor* none = ln_graph_tensor(call->b.subgraph, call->name, LN_TYPE_FLOAT32, -1, NULL);
  none->broken = true;
  ln_keras_return(call, none);
}

void ln_keras_return(ln_keras_call* call, ln_tensor* tensor) {
  call->out = ln_job_grow(call->job, call->out, (size_t)call->out_count, &call->out_capacity, sizeof(ln_tensor*));
  call->out[call->out_count++] = tensor;
}

const char* ln_keras_name(ln_keras_call* call, const char* what) {
  return ln_job_text(call->job, "%s/%s", call->name, what);
}

ln_form ln_keras_form(const ln_keras_call* call) { return (ln_form){call->b, call->name}; }

static const char* name_of_part(ln_keras_call* call, const char* what) {
  return what != NULL ? ln_keras_name(call, what) : call->name;
}

ln_tensor* ln_keras_unary(ln_keras_call* call, int code, ln_tensor* x, const char* what) {
  return ln_build_unary(&call->b, code, x, name_of_part(call, what));
}

ln_tensor* ln_keras_binary(ln_keras_call* call, int code, ln_tensor* x, ln_tensor* y, const char* what) {
  return ln_build_binary(&call->b, code, x, y, name_of_part(call, what));
}

ln_tensor* ln_keras_with_number(ln_keras_call* call, int code, ln_tensor* x, double value, const char* what) {
  return ln_build_with_number(&call->b, code, x, value, name_of_part(call, what));
}

/* ---- Configuration ---- */

static const cJSON* get(const cJSON* object, const char* key) {
  const cJSON* item = cJSON_GetObjectItemCaseSensitive(object, key);
  return cJSON_IsNull(item) ? NULL : item;
}

const cJSON* ln_keras_get(const ln_keras_call* call, const char* key) { return get(call->config, key); }

double ln_keras_number(const ln_keras_call* call, const char* key, double fallback) {
  const cJSON* item = get(call->config, key);
  if (cJSON_IsBool(item)) return cJSON_IsTrue(item);
  return cJSON_IsNumber(item) ? item->valuedouble : fallback;
}

int32_t ln_keras_to_int(const cJSON* json, int32_t fallback) {
  if (cJSON_IsBool(json)) return cJSON_IsTrue(json);
  if (!cJSON_IsNumber(json) || json->valuedouble != json->valuedouble) return fallback;
  const double number = json->valuedouble;
  return number >= INT32_MAX ? INT32_MAX : number <= INT32_MIN ? INT32_MIN : (int32_t)number;
}

int32_t ln_keras_int(const ln_keras_call* call, const char* key, int32_t fallback) {
  return ln_keras_to_int(get(call->config, key), fallback);
}

bool ln_keras_flag(const ln_keras_call* call, const char* key, bool fallback) {
  const cJSON* item = get(call->config, key);
  return cJSON_IsBool(item) ? cJSON_IsTrue(item) : fallback;
}

const char* ln_keras_string(const ln_keras_call* call, const char* key, const char* fallback) {
  const cJSON* item = get(call->config, key);
  return cJSON_IsString(item) ? item->valuestring : fallback;
}

int ln_keras_list(const cJSON* json, int most, int32_t* numbers) {
  if (cJSON_IsNumber(json)) {
    if (most < 1) return -1;
    numbers[0] = ln_keras_to_int(json, 0);
    return 1;
  }
  int count = 0;
  if (!cJSON_IsArray(json)) return -1;
  for (const cJSON* item = json->child; item != NULL; item = item->next) {
    if (!cJSON_IsNumber(item) || count == most) return -1;
    numbers[count++] = ln_keras_to_int(item, 0);
  }
  return count;
}

bool ln_keras_ints(ln_keras_call* call, const char* key, int count, int32_t fallback, int32_t* numbers) {
  const cJSON* item = get(call->config, key);
  for (int i = 0; i < count; ++i) numbers[i] = fallback;
  if (item == NULL) return true;
  const int found = ln_keras_list(item, count, numbers);
  if (found == 1)
    for (int i = 1; i < count; ++i) numbers[i] = numbers[0];
  if (found != 1 && found != count) {
    ln_keras_fail(call, "its \"%s\" is no number and no list of %d numbers", key, count);
    return false;
  }
  return true;
}

/* ---- Arguments of operations ---- */

const cJSON* ln_keras_arg(const ln_keras_call* call, int position, const char* name) {
  if (position >= 0 && cJSON_IsArray(call->args)) {
    const cJSON* item = cJSON_GetArrayItem(call->args, position);
    if (item != NULL) return cJSON_IsNull(item) ? NULL : item;
  }
  return get(call->kwargs, name);
}

const cJSON* ln_keras_either(const ln_keras_call* call, int position, const char* name) {
  const cJSON* item = ln_keras_arg(call, position, name);
  return item != NULL ? item : get(call->config, name);
}

bool ln_keras_is_none(const ln_keras_call* call, const char* name) {
  return cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(call->config, name)) && ln_keras_arg(call, 1, name) == NULL;
}

/* The shape of nested lists of numbers, and how many there are; false: they are not even. */
static bool list_shape(const cJSON* json, int depth, int* rank, int32_t* dims) {
  if (!cJSON_IsArray(json)) {
    *rank = depth;
    return cJSON_IsNumber(json) || cJSON_IsBool(json);
  }
  if (depth == LN_MAX_DIMS) return false;
  dims[depth] = cJSON_GetArraySize(json);
  for (const cJSON* item = json->child; item != NULL; item = item->next) {
    int rank_here = 0;
    int32_t dims_here[LN_MAX_DIMS];
    memcpy(dims_here, dims, sizeof dims_here);
    if (!list_shape(item, depth + 1, &rank_here, dims_here)) return false;
    if (item != json->child && (rank_here != *rank || memcmp(dims_here, dims, sizeof dims_here) != 0)) return false;
    *rank = rank_here;
    memcpy(dims, dims_here, sizeof dims_here);
  }
  return json->child != NULL;
}

static void fill_list(const cJSON* json, int type, char** at) {
  if (cJSON_IsArray(json)) {
    for (const cJSON* item = json->child; item != NULL; item = item->next) fill_list(item, type, at);
    return;
  }
  const int32_t whole = ln_keras_to_int(json, 0);
  if (type == LN_TYPE_FLOAT32) {
    const float number = cJSON_IsNumber(json) ? (float)json->valuedouble : (float)whole;
    memcpy(*at, &number, 4);
    *at += 4;
  } else if (type == LN_TYPE_INT64) {
    const int64_t wide = whole;
    memcpy(*at, &wide, 8);
    *at += 8;
  } else if (type == LN_TYPE_INT32) {
    memcpy(*at, &whole, 4);
    *at += 4;
  } else {
    *(*at)++ = (char)whole;
  }
}

ln_tensor* ln_keras_operand(ln_keras_call* call, const cJSON* json, int type) {
  ln_tensor* tensor = ln_keras_reference(call, json);
  if (tensor != NULL) return tensor;
  int rank = 0;
  int32_t dims[LN_MAX_DIMS] = {0};
  if (cJSON_IsObject(json)) { /* a numpy array in Keras's form */
    const char* class_name = "";
    const cJSON* item = get(json, "class_name");
    if (cJSON_IsString(item)) class_name = item->valuestring;
    json = strcmp(class_name, "__numpy__") == 0 || strcmp(class_name, "__tensor__") == 0
               ? get(get(json, "config"), "value")
               : NULL;
  }
  if (json == NULL || !list_shape(json, 0, &rank, dims)) return NULL;
  if (rank == 0) return ln_build_number(&call->b, type, json->valuedouble, ln_keras_name(call, "number"));
  if (type != LN_TYPE_FLOAT32 && type != LN_TYPE_INT32 && type != LN_TYPE_INT64 && type != LN_TYPE_BOOL) return NULL;
  size_t count = 1;
  for (int i = 0; i < rank; ++i) count *= (size_t)dims[i];
  char* data = ln_job_alloc(call->job, count, 8);
  char* at = data;
  fill_list(json, type, &at);
  return ln_graph_constant(call->b.subgraph, ln_keras_name(call, "numbers"), type, rank, dims, data);
}

int ln_keras_stored_type(const char* name) {
  static const struct {
    const char* name;
    int type;
  } kTypes[] = {{"float32", LN_TYPE_FLOAT32}, {"float64", LN_TYPE_FLOAT64},    {"int8", LN_TYPE_INT8},
                {"uint8", LN_TYPE_UINT8},     {"int16", LN_TYPE_INT16},        {"int32", LN_TYPE_INT32},
                {"int64", LN_TYPE_INT64},     {"uint32", LN_TYPE_UINT32},      {"bool", LN_TYPE_BOOL},
                {"float", LN_TYPE_FLOAT32},   {"int", LN_TYPE_INT32},          {"string", LN_TYPE_STRING},
                {"float16", LN_TYPE_FLOAT16}, {"bfloat16", LN_TYPE_BFLOAT16},  {"uint16", LN_TYPE_UINT16},
                {"uint64", LN_TYPE_UINT64},   {"complex64", LN_TYPE_COMPLEX64}};
  const char* quote = strchr(name, '\''); /* "<dtype: 'float32'>" */
  if (quote != NULL) name = quote + 1;
  const size_t length = strcspn(name, "'");
  for (size_t i = 0; i < sizeof kTypes / sizeof kTypes[0]; ++i)
    if (strlen(kTypes[i].name) == length && memcmp(kTypes[i].name, name, length) == 0) return kTypes[i].type;
  return -1;
}

int ln_keras_type(const char* name) { return ln_computed_type(ln_keras_stored_type(name)); }

/* ---- Weights ---- */

/* Weights that quantize("int8") has made integers, as the floats that they stand for: each divided by the scale of its
 * last dimensions, or, in tables of embeddings, of its row. False: there are no scales that fit. */
static bool dequantize(ln_keras_call* call, const ln_keras_weights* weights, const char* name, ln_keras_array* array) {
  ln_keras_array scale;
  const char* scales = ln_job_text(call->job, "%s_scale", name);
  if (!ln_keras_read(weights, 2, scales, &scale) && !ln_keras_read(weights, 1, scales, &scale)) return false;
  const bool rows = strcmp(name, "embeddings") == 0;
  size_t count = 1, repeats = 1, scale_count = 1;
  for (int i = 0; i < array->rank; ++i) count *= (size_t)array->dims[i];
  for (int i = 0; i < scale.rank; ++i) scale_count *= (size_t)scale.dims[i];
  int first = 0;
  while (first < scale.rank - 1 && scale.dims[first] == 1) ++first;
  const int own = scale.rank - first, shift = rows ? 0 : array->rank - own;
  bool fits = scale.type == LN_TYPE_FLOAT32 && shift >= 0 && own <= array->rank && count > 0;
  for (int i = 0; i < own && fits; ++i) fits = scale.dims[first + i] == array->dims[shift + i];
  if (!fits) return false;
  for (int i = own; i < array->rank && rows; ++i) repeats *= (size_t)array->dims[i];
  ln_keras_align(call->job, array);
  ln_keras_align(call->job, &scale);
  float* data = ln_job_alloc_raw(call->job, count * sizeof *data);
  for (size_t i = 0; i < count; ++i)
    data[i] = (float)((const int32_t*)array->data)[i] / ((const float*)scale.data)[i / repeats % scale_count];
  array->type = LN_TYPE_FLOAT32;
  array->data = data;
  return true;
}

bool ln_keras_weight_of(ln_keras_call* call, const ln_keras_weights* weights, int index, const char* name, int rank,
                        const int32_t* dims, ln_keras_array* array) {
  if (!ln_keras_read(weights, index, name, array)) {
    ln_keras_fail(call, "its weight \"%s\" is not in the file", name);
    return false;
  }
  if (array->type == LN_TYPE_INT32 && !dequantize(call, weights, name, array)) {
    ln_keras_fail(
        call, "its weight \"%s\" is of integers without scales that fit: save the model before quantize() is called",
        name);
    return false;
  }
  bool fits = array->rank == rank && array->type == LN_TYPE_FLOAT32;
  for (int i = 0; i < rank && fits && dims != NULL; ++i) fits = dims[i] < 0 || array->dims[i] == dims[i];
  for (int i = 0; i < rank && fits; ++i) fits = array->dims[i] > 0;
  if (fits) return true;
  char found[160] = "", wanted[160] = "";
  for (int i = 0; i < array->rank; ++i)
    snprintf(found + strlen(found), sizeof found - strlen(found), "%s%d", i > 0 ? "x" : "", array->dims[i]);
  for (int i = 0; i < rank; ++i)
    if (dims != NULL && dims[i] >= 0)
      snprintf(wanted + strlen(wanted), sizeof wanted - strlen(wanted), "%s%d", i > 0 ? "x" : "", dims[i]);
    else
      snprintf(wanted + strlen(wanted), sizeof wanted - strlen(wanted), "%s?", i > 0 ? "x" : "");
  ln_keras_fail(call, "its weight \"%s\" is of shape [%s] in the file; floats of [%s] are right", name, found, wanted);
  return false;
}

bool ln_keras_weight(ln_keras_call* call, int index, const char* name, int rank, const int32_t* dims,
                     ln_keras_array* array) {
  return ln_keras_weight_of(call, &call->weights, index, name, rank, dims, array);
}

ln_tensor* ln_keras_constant(ln_keras_call* call, const ln_keras_array* array, const char* name) {
  ln_keras_array aligned = *array;
  ln_keras_align(call->job, &aligned);
  return ln_graph_constant(call->b.subgraph, ln_keras_name(call, name), array->type, array->rank, array->dims,
                           aligned.data);
}

ln_keras_array ln_keras_permute(ln_job* job, const ln_keras_array* array, const int32_t* order) {
  ln_keras_array result = *array;
  for (int i = 0; i < array->rank; ++i) result.dims[i] = array->dims[order[i]];
  result.data = ln_permute(job, array->data, array->type == LN_TYPE_INT64 ? 8 : 4, array->rank, array->dims, order);
  return result;
}

ln_tensor* ln_keras_zeros(ln_keras_call* call, int32_t count) {
  return ln_graph_constant(call->b.subgraph, ln_keras_name(call, "zeros"), LN_TYPE_FLOAT32, 1, &count,
                           ln_job_alloc(call->job, (size_t)count, sizeof(float)));
}

/* ---- Layout ---- */

bool ln_keras_channels_first(const ln_keras_call* call) {
  return strcmp(ln_keras_string(call, "data_format", ""), "channels_first") == 0;
}

ln_tensor* ln_keras_to_last(ln_keras_call* call, ln_tensor* x) {
  int32_t order[LN_MAX_DIMS];
  if (!ln_keras_channels_first(call) || x->rank < 3) return x;
  for (int i = 0; i < x->rank; ++i) order[i] = i == 0 ? 0 : i == x->rank - 1 ? 1 : i + 1;
  return ln_build_transpose(&call->b, x, order, ln_keras_name(call, "to_channels_last"));
}

ln_tensor* ln_keras_to_first(ln_keras_call* call, ln_tensor* x, const char* name) {
  int32_t order[LN_MAX_DIMS];
  if (!ln_keras_channels_first(call) || x->rank < 3) return x;
  for (int i = 0; i < x->rank; ++i) order[i] = i == 0 ? 0 : i == 1 ? x->rank - 1 : i - 1;
  return ln_build_transpose(&call->b, x, order, name);
}

ln_tensor* ln_keras_shape(ln_keras_call* call, ln_tensor* x, int rank, const int32_t* dims, const char* name) {
  const ln_form form = {call->b, name};
  return ln_form_shape(&form, x, rank, dims, NULL);
}

ln_tensor* ln_keras_reshape(ln_keras_call* call, ln_tensor* x, int rank, const int32_t* dims, const char* name) {
  const ln_form form = {call->b, name};
  return ln_form_reshape(&form, x, rank, dims, NULL);
}

/* ---- Operators ---- */

ln_tensor* ln_keras_fully_connected(ln_keras_call* call, ln_tensor* x, ln_tensor* weights, ln_tensor* bias,
                                    const char* name) {
  ln_tensor* const inputs[] = {x, weights, bias};
  ln_node* node = ln_build_node(&call->b, LN_OP_FULLY_CONNECTED, 3, inputs);
  LN_SET(node, FullyConnectedOptions, keep_num_dims, x->rank > 2);
  return ln_build_done(node, name, 1);
}

ln_tensor* ln_keras_softmax(ln_keras_call* call, ln_tensor* x, int axis, const char* name) {
  if (x->rank < 1) return x;
  if (axis < 0) axis += x->rank;
  if (axis < 0 || axis >= x->rank) {
    ln_keras_fail(call, "its softmax is along axis %d of an input of rank %d", axis, x->rank);
    return x;
  }
  int32_t order[LN_MAX_DIMS];
  const bool last = axis == x->rank - 1;
  for (int i = 0; i < x->rank; ++i) order[i] = i == axis ? x->rank - 1 : i == x->rank - 1 ? axis : i;
  if (!last) x = ln_build_transpose(&call->b, x, order, ln_keras_name(call, "to_last"));
  ln_node* node = ln_build_node(&call->b, LN_OP_SOFTMAX, 1, &x);
  LN_SET_FLOAT(node, SoftmaxOptions, beta, 1);
  x = ln_build_done(node, last ? name : ln_keras_name(call, "softmax"), 1);
  return last ? x : ln_build_transpose(&call->b, x, order, name);
}

/* ---- Masks ---- */

ln_tensor* ln_keras_mask_of(const ln_keras_call* call, const ln_tensor* tensor) {
  for (const ln_keras_mask* m = call->importer->masks; m != NULL; m = m->next)
    if (m->tensor == tensor) return m->mask;
  return NULL;
}

void ln_keras_set_mask(ln_keras_call* call, const ln_tensor* tensor, ln_tensor* mask) {
  ln_keras_mask* m = ln_job_alloc(call->job, 1, sizeof *m);
  *m = (ln_keras_mask){call->importer->masks, tensor, mask};
  call->importer->masks = m;
}
