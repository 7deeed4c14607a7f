/* From an operator's options in the file to the parameter struct that its kernel reads: table-driven after
 * builtin_options.def. Knows no kernel and no tensor. Where the file has no options the struct stays zeroed, and
 * kernels refuse what makes no sense to them, as with the original. */
#include <stddef.h>
#include <string.h>

#include "base/alloc.h"
#include "linnet/stablehlo.h"
#include "model/schema.h"
#include "runtime/runtime.h"
#include "tensorflow/lite/c/builtin_op_data.h"

typedef enum param_kind {
  KIND_BOOL,
  KIND_I32,
  KIND_I64,
  KIND_SEED, /* an int64 cut to an int */
  KIND_F32,
  KIND_STRING, /* NULL where there is none */
  KIND_NAME,   /* "" where there is none */
  KIND_TYPE,
  KIND_VECTOR_I32,
  KIND_VECTOR_I64,
  KIND_VECTOR_BOOL,
  KIND_PADDING, /* from here on: enums */
  KIND_ACTIVATION,
  KIND_WEIGHTS_FORMAT,
  KIND_LSTM_KERNEL,
  KIND_LSH,
  KIND_COMBINER,
  KIND_MIRROR,
  KIND_RNG,
  KIND_REDUCE
} param_kind;

/* Numbers from 0 to `last` in the file; the interface's enum counts from `first`. */
typedef struct enum_rule {
  const char* name;
  uint8_t last, first;
  bool wide; /* an int32 in the file, else a byte */
} enum_rule;

#define ENUM_INDEX(kind) ((kind)-KIND_PADDING)

static const enum_rule kEnums[] = {
    [ENUM_INDEX(KIND_PADDING)] = {"padding", 1, kTfLitePaddingSame, false},
    [ENUM_INDEX(KIND_ACTIVATION)] = {"fused activation", 5, kTfLiteActNone, false},
    [ENUM_INDEX(KIND_WEIGHTS_FORMAT)] = {"weights format", 1, kTfLiteFullyConnectedWeightsFormatDefault, false},
    [ENUM_INDEX(KIND_LSTM_KERNEL)] = {"kernel type", 1, kTfLiteLSTMFullKernel, false},
    [ENUM_INDEX(KIND_LSH)] = {"projection type", 2, kTfLiteLshProjectionUnknown, false},
    [ENUM_INDEX(KIND_COMBINER)] = {"combiner", 2, kTfLiteCombinerTypeSum, false},
    [ENUM_INDEX(KIND_MIRROR)] = {"mode", 1, kTfLiteMirrorPaddingReflect, false},
    [ENUM_INDEX(KIND_RNG)] = {"algorithm", 2, kTfLiteRngAlgorithmDefault, false},
    [ENUM_INDEX(KIND_REDUCE)] = {"reduce function", 6, TfLiteReduceWindowFunctionUnsupported, true},
};

typedef struct param {
  uint8_t slot, kind;
  int8_t fallback;
  uint8_t capacity; /* elements of an array member */
  uint16_t offset, count_offset;
} param;

#define LN_PARAMS_BEGIN(table, params) static const param kParams_##table[] = {
#define LN_PARAM(params, slot, kind, member, fallback) {slot, KIND_##kind, fallback, 0, offsetof(params, member), 0},
#define LN_PARAM_VECTOR(params, slot, kind, member, count_member)  \
  {slot,                                                           \
   KIND_##kind,                                                    \
   0,                                                              \
   sizeof(((params*)0)->member) / sizeof(((params*)0)->member[0]), \
   offsetof(params, member),                                       \
   offsetof(params, count_member)},
#define LN_PARAMS_END(table)   \
  { UINT8_MAX, 0, 0, 0, 0, 0 } \
  }                            \
  ;
#include "runtime/builtin_options.def"
#undef LN_PARAMS_BEGIN
#undef LN_PARAM
#undef LN_PARAM_VECTOR
#undef LN_PARAMS_END

static const struct params_rule {
  int16_t table;
  uint16_t size_bytes;
  const param* params; /* up to slot UINT8_MAX */
} kRules[] = {
#define LN_PARAMS_BEGIN(table, params) {LN_TABLE_##table, sizeof(params), kParams_##table},
#define LN_PARAM(params, slot, kind, member, fallback)
#define LN_PARAM_VECTOR(params, slot, kind, member, count_member)
#define LN_PARAMS_END(table)
#include "runtime/builtin_options.def"
#undef LN_PARAMS_BEGIN
#undef LN_PARAM
#undef LN_PARAM_VECTOR
#undef LN_PARAMS_END
};

typedef struct parser {
  const char* op; /* the operator's name, for messages */
  const ln_reporter* reporter;
  ln_fb_table options;
} parser;

bool ln_tensor_type_from_schema(uint8_t schema_type, TfLiteType* type) {
  static const uint8_t kTypes[] = {
      kTfLiteFloat32,  kTfLiteFloat16,  kTfLiteInt32,     kTfLiteUInt8,        kTfLiteInt64,     kTfLiteString,
      kTfLiteBool,     kTfLiteInt16,    kTfLiteComplex64, kTfLiteInt8,         kTfLiteFloat64,   kTfLiteComplex128,
      kTfLiteUInt64,   kTfLiteResource, kTfLiteVariant,   kTfLiteUInt32,       kTfLiteUInt16,    kTfLiteInt4,
      kTfLiteBFloat16, kTfLiteInt2,     kTfLiteUInt4,     kTfLiteFloat8E4M3FN, kTfLiteFloat8E5M2};
  if (schema_type >= sizeof kTypes) return false;
  *type = (TfLiteType)kTypes[schema_type];
  return true;
}

/* Copies a vector of bytes (to bools), int32 or int64 into an array of the same width. */
static TfLiteStatus copy_vector(const parser* p, int slot, size_t width, size_t capacity, void* values,
                                uint32_t* count) {
  const ln_fb_vector vector = ln_fb_get_vector(p->options, slot);
  if (vector.count > capacity) {
    ln_report(p->reporter, "Found too many dimensions in the input array of operation '%s': %u; at most %zu.", p->op,
              vector.count, capacity);
    return kTfLiteError;
  }
  for (uint32_t i = 0; i < vector.count; ++i) {
    const uint8_t* from = vector.data + i * width;
    if (width == 1)
      ((bool*)values)[i] = *from != 0;
    else if (width == 4)
      ((int32_t*)values)[i] = (int32_t)ln_fb_load_u32(from);
    else
      ((int64_t*)values)[i] = (int64_t)ln_fb_load_u64(from);
  }
  *count = vector.count;
  return kTfLiteOk;
}

static TfLiteStatus read_enum(const parser* p, const param* row, int32_t* value) {
  const enum_rule* rule = &kEnums[ENUM_INDEX(row->kind)];
  const int32_t number =
      rule->wide ? ln_fb_i32(p->options, row->slot, row->fallback) : ln_fb_i8(p->options, row->slot, row->fallback);
  if (number < 0 || number > rule->last) {
    ln_report(p->reporter, "%s is %d; it must be in [0, %d].", rule->name, number, rule->last);
    return kTfLiteError;
  }
  *value = number + rule->first;
  return kTfLiteOk;
}

static TfLiteStatus read_type(const parser* p, const param* row, TfLiteType* type) {
  const int8_t number = ln_fb_i8(p->options, row->slot, row->fallback);
  if (ln_tensor_type_from_schema((uint8_t)number, type)) return kTfLiteOk;
  ln_report(p->reporter, "Unsupported data type %d in its options.", number);
  return kTfLiteError;
}

static TfLiteStatus read_param(const parser* p, const param* row, char* data) {
  void* member = data + row->offset;
  const char* text;
  switch (row->kind) {
    case KIND_BOOL:
      *(bool*)member = ln_fb_bool(p->options, row->slot, row->fallback != 0);
      return kTfLiteOk;
    case KIND_I32:
      *(int32_t*)member = ln_fb_i32(p->options, row->slot, row->fallback);
      return kTfLiteOk;
    case KIND_I64:
      *(int64_t*)member = ln_fb_i64(p->options, row->slot, row->fallback);
      return kTfLiteOk;
    case KIND_SEED:
      *(int32_t*)member = (int32_t)ln_fb_i64(p->options, row->slot, row->fallback);
      return kTfLiteOk;
    case KIND_F32:
      *(float*)member = ln_fb_f32(p->options, row->slot, (float)row->fallback);
      return kTfLiteOk;
    case KIND_STRING:
    case KIND_NAME:
      text = ln_fb_string(p->options, row->slot);
      *(const char**)member = text != NULL || row->kind == KIND_STRING ? text : "";
      return kTfLiteOk;
    case KIND_TYPE:
      return read_type(p, row, member);
    case KIND_VECTOR_I32:
      return copy_vector(p, row->slot, 4, row->capacity, member, (uint32_t*)(void*)(data + row->count_offset));
    case KIND_VECTOR_I64:
      return copy_vector(p, row->slot, 8, row->capacity, member, (uint32_t*)(void*)(data + row->count_offset));
    case KIND_VECTOR_BOOL:
      return copy_vector(p, row->slot, 1, row->capacity, member, (uint32_t*)(void*)(data + row->count_offset));
    default:
      return read_enum(p, row, member);
  }
}

/* The boundaries stand behind the struct in its own block: in the file they need not be aligned. */
static TfLiteStatus parse_bucketize(const parser* p, void** data) {
  const ln_fb_vector vector = ln_fb_get_vector(p->options, 0);
  if (vector.data == NULL) {
    ln_report(p->reporter, "boundaries array not provided for operation 'bucketize'.");
    return kTfLiteError;
  }
  TfLiteBucketizeParams* params = ln_malloc(sizeof *params + (size_t)vector.count * sizeof(float));
  if (params == NULL) {
    ln_report(p->reporter, "no memory for its options");
    return kTfLiteError;
  }
  float* boundaries = (float*)(void*)(params + 1);
  for (uint32_t i = 0; i < vector.count; ++i) {
    const uint32_t bits = ln_fb_load_u32(vector.data + 4 * (size_t)i);
    memcpy(&boundaries[i], &bits, sizeof bits);
  }
  params->num_boundaries = (int)vector.count;
  params->boundaries = boundaries;
  ln_free(*data);
  *data = params;
  return kTfLiteOk;
}

/* One attribute of a reduce window: `expected` values, or `fallback` for all where the file has none. */
static TfLiteStatus read_window(const parser* p, const char* name, int slot, uint32_t expected, int64_t fallback,
                                int64_t* values) {
  const uint32_t count = ln_fb_get_vector(p->options, slot).count;
  if (count != 0 && count != expected) {
    ln_report(p->reporter, "'%s' attribute of 'stablehlo.reduce_window' does not have the expected size (%u != %u).",
              name, count, expected);
    return kTfLiteError;
  }
  for (uint32_t i = 0; i < expected; ++i) values[i] = fallback;
  uint32_t copied;
  return copy_vector(p, slot, 8, expected, values, &copied);
}

static TfLiteStatus parse_reduce_window(const parser* p, TfLiteStablehloReduceWindowParams* params) {
  const uint32_t rank = ln_fb_get_vector(p->options, 0).count;
  if (rank == 0 || rank > TFLITE_STABLEHLO_REDUCE_WINDOW_PARAMS_MAX_DIMENSION_COUNT) {
    ln_report(p->reporter,
              "'window_dimensions' attribute is not optional for 'stablehlo.reduce_window' and cannot be empty: it has "
              "%u elements; 1 to %d are right.",
              rank, TFLITE_STABLEHLO_REDUCE_WINDOW_PARAMS_MAX_DIMENSION_COUNT);
    return kTfLiteError;
  }
  const bool ok = read_window(p, "window_dimensions", 0, rank, 1, params->window_dimensions) == kTfLiteOk &&
                  read_window(p, "window_strides", 1, rank, 1, params->window_strides) == kTfLiteOk &&
                  read_window(p, "base_dilations", 2, rank, 1, params->base_dilations) == kTfLiteOk &&
                  read_window(p, "window_dilations", 3, rank, 1, params->window_dilations) == kTfLiteOk &&
                  read_window(p, "padding", 4, 2 * rank, 0, params->padding) == kTfLiteOk;
  return ok ? kTfLiteOk : kTfLiteError;
}

static TfLiteStatus parse_pad(const parser* p, TfLiteStablehloPadParams* params) {
  const size_t capacity = TFLITE_STABLEHLO_PAD_PARAMS_MAX_DIMENSION_COUNT;
  uint32_t low, high, interior;
  if (copy_vector(p, 0, 8, capacity, params->edge_padding_low, &low) != kTfLiteOk ||
      copy_vector(p, 1, 8, capacity, params->edge_padding_high, &high) != kTfLiteOk ||
      copy_vector(p, 2, 8, capacity, params->interior_padding, &interior) != kTfLiteOk)
    return kTfLiteError;
  if (low == high && high == interior) return kTfLiteOk;
  ln_report(p->reporter, "'stablehlo.pad' operation parameter array sizes are not consistent: %u, %u, %u.", low, high,
            interior);
  return kTfLiteError;
}

/* What the table of members cannot say. */
static TfLiteStatus parse_special(const parser* p, int table, void** data) {
  switch (table) {
    case LN_TABLE_BucketizeOptions:
      return parse_bucketize(p, data);
    case LN_TABLE_StablehloReduceWindowOptions:
      return parse_reduce_window(p, *data);
    case LN_TABLE_StablehloPadOptions:
      return parse_pad(p, *data);
    case LN_TABLE_StableHLOCompositeOptions: {
      const ln_fb_vector attributes = ln_fb_get_vector(p->options, 2);
      TfLiteStablehloCompositeParams* params = *data;
      params->attributes = attributes.data;
      params->attributes_size = attributes.count;
      return kTfLiteOk;
    }
    default:
      return kTfLiteOk;
  }
}

/* Operators that mean nothing without options. */
static bool needs_options(int table) {
  return table == LN_TABLE_LSTMOptions || table == LN_TABLE_BucketizeOptions ||
         table == LN_TABLE_StablehloReduceWindowOptions || table == LN_TABLE_StablehloPadOptions ||
         table == LN_TABLE_StableHLOCompositeOptions || table == LN_TABLE_StablehloCaseOptions ||
         table == LN_TABLE_StablehloScatterOptions || table == LN_TABLE_StablehloGatherOptions ||
         table == LN_TABLE_StablehloReduceOptions || table == LN_TABLE_StablehloSortOptions ||
         table == LN_TABLE_StablehloWhileOptions;
}

static ln_fb_table find_options(const ln_model_operator* op, int table) {
  const ln_fb_table none = {NULL, 0};
  if (ln_schema_union_table(LN_UNION_BuiltinOptions, op->options_type) == table) return op->options;
  if (ln_schema_union_table(LN_UNION_BuiltinOptions2, op->options2_type) == table) return op->options2;
  return none;
}

static TfLiteStatus parse(const parser* p, const struct params_rule* rule, void** data) {
  for (const param* row = rule->params; row->slot != UINT8_MAX; ++row)
    if (read_param(p, row, *data) != kTfLiteOk) return kTfLiteError;
  return parse_special(p, rule->table, data);
}

TfLiteStatus ln_parse_builtin_options(const ln_model* model, const ln_model_operator* op, int32_t builtin_code,
                                      const ln_reporter* reporter, void** data) {
  (void)model;
  *data = NULL;
  const int table = ln_schema_operator_options(builtin_code);
  const struct params_rule* rule = kRules;
  const struct params_rule* end = kRules + sizeof kRules / sizeof kRules[0];
  while (rule != end && rule->table != table) ++rule;
  if (rule == end) return kTfLiteOk;
  const parser p = {ln_builtin_operator_name(builtin_code), reporter, find_options(op, table)};
  if (p.options.buf == NULL && needs_options(table)) {
    ln_report(reporter, "No valid %s builtin options exist.", p.op);
    return kTfLiteError;
  }
  *data = ln_calloc(1, rule->size_bytes);
  if (*data == NULL) {
    ln_report(reporter, "no memory for its options");
    return kTfLiteError;
  }
  if (p.options.buf == NULL || parse(&p, rule, data) == kTfLiteOk) return kTfLiteOk;
  ln_free(*data);
  *data = NULL;
  return kTfLiteError;
}
