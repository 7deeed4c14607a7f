#include "ops/sparse_matrix.h"

#include <string.h>

#include "ops/matrix.h"
#include "ops/weights.h"

void ln_sparse_matrix_free(ln_sparse_matrix* matrix) {
  ln_aligned_free(matrix->block);
  *matrix = (ln_sparse_matrix){.block = NULL};
}

/* Blocks as the tensor has them, in the order of its levels. */
typedef struct listing {
  size_t count, block, columns; /* columns: of the plain array */
  size_t element_bytes;
  const char* values;
  size_t* places;      /* [count] in the plain array */
  uint32_t* by_column; /* [count] */
  uint32_t* order;     /* [count] by row, then by column */
  uint32_t* heads;     /* [max(blocks of a row, rows) + 1] */
} listing;

static size_t row_of(const listing* l, size_t i) { return l->places[i] / l->columns; }
static size_t column_of(const listing* l, size_t i) { return l->places[i] % l->columns / l->block; }

/* One pass of a sort by counting: those of equal keys stay in the order of `from` (NULL: their own). */
static void sort_by(const listing* l, size_t (*key)(const listing* l, size_t i), size_t keys, const uint32_t* from,
                    uint32_t* to) {
  memset(l->heads, 0, (keys + 1) * sizeof *l->heads);
  for (size_t i = 0; i < l->count; ++i) ++l->heads[key(l, i) + 1];
  for (size_t i = 1; i < keys; ++i) l->heads[i] += l->heads[i - 1];
  for (size_t i = 0; i < l->count; ++i) {
    const uint32_t block = from != NULL ? from[i] : (uint32_t)i;
    to[l->heads[key(l, block)]++] = block;
  }
}

static void write_rows(const listing* l, size_t rows, uint32_t* starts, uint32_t* columns, char* values) {
  const size_t block_bytes = l->block * l->element_bytes;
  size_t used = 0, row = 0;
  starts[0] = 0;
  for (size_t i = 0; i < l->count; ++i) {
    const size_t block = l->order[i], column = l->places[block] % l->columns;
    while (row < row_of(l, block)) starts[++row] = (uint32_t)used;
    /* A place that is named twice has its last value, as in an array that is filled. */
    if (used > starts[row] && columns[used - 1] == column) --used;
    columns[used] = (uint32_t)column;
    memcpy(values + used * block_bytes, l->values + block * block_bytes, block_bytes);
    ++used;
  }
  while (row < rows) starts[++row] = (uint32_t)used;
}

static TfLiteStatus take_lists(TfLiteContext* context, listing* l, size_t rows) {
  const size_t blocks = l->columns / l->block, keys = (rows > blocks ? rows : blocks) + 1;
  const bool fits = l->count < UINT32_MAX && l->count < SIZE_MAX / 32 && keys < SIZE_MAX / 32;
  LN_CHECK(context, fits, "%zu blocks of sparse weights are too many", l->count);
  l->places = ln_malloc(l->count * sizeof *l->places + (2 * l->count + keys) * sizeof *l->heads);
  LN_CHECK(context, l->places != NULL, "no memory to sort %zu blocks of sparse weights", l->count);
  l->by_column = (uint32_t*)(void*)(l->places + l->count);
  l->order = l->by_column + l->count;
  l->heads = l->order + l->count;
  return kTfLiteOk;
}

static TfLiteStatus make_rows(TfLiteContext* context, ln_sparse_matrix* matrix, const listing* l, size_t rows) {
  const size_t starts = (rows + 1) * sizeof(uint32_t), columns = l->count * sizeof(uint32_t);
  const size_t values = l->count * l->block * l->element_bytes; /* bytes that the tensor has */
  size_t bytes = 3 * 64;
  const bool fits =
      ln_add_size(bytes, starts, &bytes) && ln_add_size(bytes, columns, &bytes) && ln_add_size(bytes, values, &bytes);
  matrix->block = fits ? ln_aligned_malloc(64, bytes) : NULL;
  LN_CHECK(context, matrix->block != NULL, "no memory for %zu blocks of sparse weights", l->count);
  char* block = matrix->block;
  uint32_t* const starts_at = ln_carve(&block, starts);
  uint32_t* const columns_at = ln_carve(&block, columns);
  write_rows(l, rows, starts_at, columns_at, block);
  matrix->rows = (ln_sparse_rows){rows, l->block, starts_at, columns_at, block};
  return kTfLiteOk;
}

/* Vector kernels multiply some ten times as many dense values by several rows as sparse ones. A copy of these is as
 * large as the plain weights, so very large ones stay as they are. */
static bool is_dense(size_t stored, size_t rows, size_t columns, size_t activations) {
  enum { kSeveral = 4, kLargest = 1 << 26 };
  size_t whole;
  if (!ln_mul_size(rows, columns, &whole)) return false;
  if (stored / 3 >= whole / 4) return true;
  return activations >= kSeveral && ln_gemm_q8_best()->isa != LN_ISA_GENERIC && whole <= kLargest &&
         stored >= whole / 8;
}

TfLiteStatus ln_sparse_matrix_make(TfLiteContext* context, ln_sparse_matrix* matrix, const TfLiteTensor* weights,
                                   size_t activations) {
  ln_sparse_level levels[LN_MAX_LEVELS];
  int level_count;
  size_t stored;
  ln_sparse_matrix_free(matrix);
  LN_TRY(ln_get_levels(context, weights, levels, &level_count, &stored));
  const size_t rows = (size_t)ln_dim(weights, 0), columns = (size_t)ln_dim(weights, 1);
  if (rows == 0 || columns == 0 || is_dense(stored, rows, columns, activations)) return kTfLiteOk;
  /* Columns that the last level has side by side. */
  const ln_sparse_level* last = &levels[level_count - 1];
  const bool in_blocks = !last->is_compressed && last->stride == 1 && columns > 1;
  listing l = {.block = in_blocks ? (size_t)last->size : 1,
               .columns = columns,
               .element_bytes = ln_type_size(weights->type),
               .values = weights->data.raw_const};
  l.count = stored / l.block;
  LN_TRY(take_lists(context, &l, rows));
  ln_list_sparse(levels, level_count - in_blocks, l.places);
  sort_by(&l, column_of, columns / l.block, NULL, l.by_column);
  sort_by(&l, row_of, rows, l.by_column, l.order);
  const TfLiteStatus status = make_rows(context, matrix, &l, rows);
  ln_free(l.places);
  return status;
}
