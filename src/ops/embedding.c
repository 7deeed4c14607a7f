/* EMBEDDING_LOOKUP: rows of a table picked by number, copied as they are or turned into floats. Indices are data: each
 * is checked before it is used. */
#include "kernels/generic/embedding.h"

#include "kernels/generic/half.h"
#include "ops/builtin_ops.h"
#include "ops/move_util.h"
#include "ops/weights.h"

/* 0: no integer that a lookup turns into floats. */
static int integer_bits(TfLiteType type) {
  switch (type) {
    case kTfLiteInt8:
    case kTfLiteUInt8:
      return 8;
    case kTfLiteInt4:
      return 4;
    case kTfLiteInt2:
      return 2;
    default:
      return 0;
  }
}

static const TfLiteAffineQuantization* affine_of(const TfLiteTensor* t) {
  return t->quantization.type == kTfLiteAffineQuantization ? t->quantization.params : NULL;
}

static TfLiteStatus check_scales(TfLiteContext* context, const TfLiteTensor* table) {
  const TfLiteAffineQuantization* affine;
  LN_TRY(ln_get_affine(context, table, "the table", &affine));
  for (int i = 0; affine->zero_point != NULL && i < affine->zero_point->size; ++i)
    LN_CHECK(context, affine->zero_point->data[i] == 0, "the table's zero point %d is %d; 0 is right", i,
             affine->zero_point->data[i]);
  LN_CHECK(context, affine->scale->size == 1 || affine->quantized_dimension == 0,
           "the table is quantized along axis %d; 0 is right", (int)affine->quantized_dimension);
  LN_CHECK(context, affine->scale->size == 1 || affine->scale->size == ln_dim(table, 0), "%d scales for %d rows",
           affine->scale->size, ln_dim(table, 0));
  return kTfLiteOk;
}

/* Rows that are copied must be whole bytes, of the same type. */
static TfLiteStatus check_copy(TfLiteContext* context, const TfLiteTensor* table, const TfLiteTensor* output) {
  LN_TRY(ln_check_type(context, output, "output", table->type));
  const TfLiteAffineQuantization* affine = affine_of(table);
  LN_CHECK(context, affine == NULL || affine->scale->size == 1,
           "rows with scales of their own; FLOAT32 or FLOAT16 is "
           "right for the output");
  if (ln_type_size(table->type) > 0) return kTfLiteOk;
  const int bits = integer_bits(table->type);
  LN_CHECK(context, bits > 0, "the table is %s; its rows cannot be copied", TfLiteTypeGetName(table->type));
  LN_CHECK(context, ln_extent(table, 1, ln_rank(table)) * (size_t)bits % 8 == 0,
           "rows of %zu %s values do not end with a byte", ln_extent(table, 1, ln_rank(table)),
           TfLiteTypeGetName(table->type));
  return kTfLiteOk;
}

static bool is_float(TfLiteType type) { return type == kTfLiteFloat32 || type == kTfLiteFloat16; }

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor *ids, *table;
  TfLiteTensor* output;
  int32_t dims[LN_MAX_RANK];
  LN_TRY(ln_check_io(context, node, 2, 2, 1));
  LN_TRY(ln_get_input(context, node, 0, &ids));
  LN_TRY(ln_get_input(context, node, 1, &table));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(ln_check_type(context, ids, "the ids", kTfLiteInt32));
  LN_CHECK(context, ln_rank(ids) == 1, "the ids have rank %d; 1 is right", ln_rank(ids));
  LN_CHECK(context, ln_rank(table) >= 2 && ln_rank(table) <= LN_MAX_RANK, "the table has rank %d; 2 to %d is right",
           ln_rank(table), LN_MAX_RANK);
  LN_CHECK(context, table->sparsity == NULL, "the table is sparse; a dense one is right");
  const bool widens = is_float(output->type) && integer_bits(table->type) > 0;
  if (ln_is_blockwise(table)) {
    LN_CHECK(context, is_float(output->type), "output is %s; a table in blocks gives FLOAT32 or FLOAT16",
             TfLiteTypeGetName(output->type));
    LN_TRY(ln_check_blocks(context, table, "the table"));
  } else {
    LN_TRY(widens ? check_scales(context, table) : check_copy(context, table, output));
  }
  dims[0] = ln_dim(ids, 0);
  for (int i = 1; i < ln_rank(table); ++i) dims[i] = ln_dim(table, i);
  return ln_resize(context, output, ln_rank(table), dims);
}

static void widen(const TfLiteTensor* table, size_t first, float scale, TfLiteTensor* output, size_t to, size_t count) {
  const int bits = integer_bits(table->type);
  /* A row or block that begins within a byte is read from that byte's first value on, as in the original. */
  const uint8_t* from = table->data.uint8 + first * (size_t)bits / 8;
  if (output->type == kTfLiteFloat32)
    ln_widen_bits_f32(from, bits, scale, output->data.f + to, count);
  else
    ln_widen_bits_f16(from, bits, scale, (uint16_t*)output->data.raw + to, count);
}

static TfLiteStatus widen_blocks(TfLiteContext* context, const TfLiteTensor* table, size_t row, TfLiteTensor* output,
                                 size_t to) {
  const TfLiteBlockwiseQuantization* blocks = table->quantization.params;
  const size_t size = (size_t)blocks->blocksize, count = (size_t)ln_dim(table, 1) / size;
  const TfLiteTensor* scales;
  LN_TRY(ln_get_block_scales(context, table, &scales));
  for (size_t i = 0; i < count; ++i) {
    uint16_t half;
    memcpy(&half, scales->data.raw_const + (row * count + i) * sizeof half, sizeof half);
    widen(table, (row * count + i) * size, ln_half_to_float(half), output, to + i * size, size);
  }
  return kTfLiteOk;
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor *ids, *table;
  TfLiteTensor* output;
  LN_TRY(ln_get_input(context, node, 0, &ids));
  LN_TRY(ln_get_input(context, node, 1, &table));
  LN_TRY(ln_get_output(context, node, 0, &output));
  const size_t count = (size_t)ln_dim(ids, 0), columns = ln_extent(table, 1, ln_rank(table));
  const size_t size = ln_type_size(table->type);
  const size_t row_bytes = size > 0 ? columns * size : columns * (size_t)integer_bits(table->type) / 8;
  const bool widens = is_float(output->type) && integer_bits(table->type) > 0;
  const TfLiteAffineQuantization* affine = affine_of(table);
  for (size_t i = 0; i < count; ++i) {
    const int32_t id = ids->data.i32[i];
    LN_CHECK(context, id >= 0 && id < ln_dim(table, 0), "id %zu is %d; it must be in [0, %d)", i, id, ln_dim(table, 0));
    const size_t row = (size_t)id;
    if (columns == 0) continue;
    if (ln_is_blockwise(table))
      LN_TRY(widen_blocks(context, table, row, output, i * columns));
    else if (widens)
      widen(table, row * columns, affine->scale->data[affine->scale->size > 1 ? id : 0], output, i * columns, columns);
    else
      memcpy(output->data.raw + i * row_bytes, table->data.raw_const + row * row_bytes, row_bytes);
  }
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_embedding_lookup = {.prepare = prepare, .invoke = invoke};
