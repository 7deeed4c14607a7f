/* The sparsity of a tensor: dimensions stored level by level, each dense or as compressed rows, the innermost ones
 * perhaps blocks of the others. After it, walking the levels stays inside the shape, the index vectors and the data. */
#include "model/load.h"
#include "model/schema.h"

enum { FORMAT_DENSE, FORMAT_COMPRESSED, MAX_LEVELS = 16, TAG_INT32 = 1, TAG_UINT16 = 2, TAG_UINT8 = 3 };

typedef struct place {
  ln_loader* loader;
  int32_t subgraph, tensor;
  const char* name;
} place;

static bool fail(const place* p, const char* what, int32_t index) {
  return ln_load_fail(p->loader, "Subgraph %d, tensor %d \"%s\": its sparsity is malformed: %s %d.", p->subgraph,
                      p->tensor, p->name, what, index);
}

/* A SparseIndexVector, widened to int32. */
static bool load_indices(ln_loader* loader, ln_fb_table level, int tag_slot, ln_i32_span* span) {
  const uint8_t tag = ln_fb_u8(level, tag_slot, 0);
  const ln_fb_table none = {NULL, 0};
  const ln_fb_table holder = tag >= TAG_INT32 && tag <= TAG_UINT8 ? ln_fb_sub_table(level, tag_slot + 1) : none;
  if (tag == TAG_INT32) return ln_load_ints(loader, holder, LN_SLOT(Int32Vector, values), span);
  const ln_fb_vector vector = ln_fb_get_vector(holder, LN_SLOT(Int32Vector, values));
  *span = (ln_i32_span){NULL, (int32_t)vector.count};
  if (!ln_load_charge(loader, sizeof(int32_t) * (uint64_t)vector.count)) return false;
  int32_t* values = ln_load_alloc(loader, vector.count, sizeof(int32_t));
  if (values == NULL) return false;
  for (uint32_t i = 0; i < vector.count; ++i)
    values[i] = tag == TAG_UINT16 ? ln_fb_load_u16(vector.data + 2 * (size_t)i) : vector.data[i];
  span->data = values;
  return true;
}

/* Segments rise from 0 to the number of indices, one for each row and one more; every index lies inside the extent. */
static bool check_compressed(const ln_model_sparse_dim* level, size_t rows, int32_t extent) {
  const ln_i32_span segments = level->segments, indices = level->indices;
  if (segments.count < 1 || (size_t)segments.count - 1 != rows || segments.data[0] != 0) return false;
  for (int32_t i = 1; i < segments.count; ++i)
    if (segments.data[i] < segments.data[i - 1]) return false;
  if (segments.data[segments.count - 1] != indices.count) return false;
  for (int32_t i = 0; i < indices.count; ++i)
    if (indices.data[i] < 0 || indices.data[i] >= extent) return false;
  return true;
}

/* The order is a permutation with the tensor's dimensions first and the blocks behind. */
static bool check_order(const place* p, ln_i32_span order, int32_t rank) {
  bool seen[MAX_LEVELS] = {false};
  for (int32_t i = 0; i < order.count; ++i) {
    const int32_t dim = order.data[i];
    if (dim < 0 || dim >= order.count || seen[dim] || (dim < rank) != (i < rank))
      return fail(p, "no permutation with the blocks last: the traversal order at", i);
    seen[dim] = true;
  }
  return true;
}

/* Extent of each dimension in blocks, and of each block: indexed as the traversal order's values. */
static bool find_extents(const place* p, const ln_model_tensor* t, const ln_model_sparsity* s,
                         int32_t extents[MAX_LEVELS]) {
  const int32_t rank = t->shape.count;
  for (int32_t i = 0; i < rank; ++i) extents[i] = t->shape.data[i];
  for (int32_t i = 0; i < s->block_map.count; ++i) {
    const int32_t dim = s->block_map.data[i];
    if (dim < 0 || dim >= rank || (i > 0 && dim <= s->block_map.data[i - 1]))
      return fail(p, "no rising list of dimensions: the block map at", i);
    /* The level of the block; the original takes the block's size from the level of that number. */
    int32_t level = rank;
    while (s->traversal_order.data[level] != rank + i) ++level;
    const int32_t size = s->dims[level].dense_size;
    if (s->dims[level].format != FORMAT_DENSE || size < 1 || extents[dim] % size != 0 ||
        s->dims[s->traversal_order.data[rank + i]].dense_size != size)
      return fail(p, "not dense with a size that divides its dimension: the block", i);
    extents[rank + i] = size;
    extents[dim] /= size;
  }
  return true;
}

/* Checks the levels from the outermost and counts the values that they lead to. */
static bool check_levels(const place* p, const ln_model_sparsity* s, const int32_t extents[MAX_LEVELS],
                         size_t* values) {
  *values = 1;
  for (int32_t i = 0; i < s->dim_count; ++i) {
    const ln_model_sparse_dim* level = &s->dims[i];
    const int32_t extent = extents[s->traversal_order.data[i]];
    if (level->format == FORMAT_DENSE) {
      if (level->dense_size != extent) return fail(p, "another size than the shape has: level", i);
      if (extent != 0 && *values > SIZE_MAX / 32 / (size_t)extent) return fail(p, "too many values: level", i);
      *values *= (size_t)extent;
    } else if (level->format == FORMAT_COMPRESSED) {
      if (!check_compressed(level, *values, extent)) return fail(p, "segments or indices that do not fit: level", i);
      *values = (size_t)level->indices.count;
    } else {
      return fail(p, "no format that exists: level", i);
    }
  }
  return true;
}

static bool load_levels(ln_loader* loader, ln_fb_table table, ln_fb_vector vector, ln_model_sparsity* s) {
  for (uint32_t i = 0; i < vector.count; ++i) {
    const ln_fb_table level = ln_fb_vector_table(table, vector, i);
    s->dims[i].format = ln_fb_u8(level, LN_SLOT(DimensionMetadata, format), FORMAT_DENSE);
    s->dims[i].dense_size = ln_fb_i32(level, LN_SLOT(DimensionMetadata, dense_size), 0);
    if (s->dims[i].format == FORMAT_COMPRESSED &&
        (!load_indices(loader, level, LN_SLOT(DimensionMetadata, array_segments_type), &s->dims[i].segments) ||
         !load_indices(loader, level, LN_SLOT(DimensionMetadata, array_indices_type), &s->dims[i].indices)))
      return false;
  }
  return true;
}

bool ln_load_sparsity(ln_loader* loader, int32_t subgraph, int32_t index, ln_fb_table table, ln_model_tensor* t) {
  if (table.buf == NULL) return true;
  const place p = {loader, subgraph, index, t->name};
  ln_model_sparsity* s = ln_load_alloc(loader, 1, sizeof *s);
  if (s == NULL || !ln_load_ints(loader, table, LN_SLOT(SparsityParameters, traversal_order), &s->traversal_order) ||
      !ln_load_ints(loader, table, LN_SLOT(SparsityParameters, block_map), &s->block_map))
    return false;
  const ln_fb_vector levels = ln_fb_get_vector(table, LN_SLOT(SparsityParameters, dim_metadata));
  if (levels.count > MAX_LEVELS || (int64_t)levels.count != (int64_t)t->shape.count + s->block_map.count ||
      (int64_t)levels.count != s->traversal_order.count)
    return fail(&p, "the number of its levels does not fit the shape and the blocks:", (int32_t)levels.count);
  s->dims = ln_load_alloc(loader, levels.count, sizeof *s->dims);
  s->dim_count = (int32_t)levels.count;
  int32_t extents[MAX_LEVELS];
  size_t values, needed;
  if (s->dims == NULL || !load_levels(loader, table, levels, s) ||
      !check_order(&p, s->traversal_order, t->shape.count) || !find_extents(&p, t, s, extents) ||
      !check_levels(&p, s, extents, &values))
    return false;
  t->sparsity = s;
  if (t->data.data == NULL) return true;
  if (!ln_tensor_type_bytes(t->type, values, &needed) || needed != t->data.size)
    return ln_load_fail(loader,
                        "Subgraph %d, tensor %d \"%s\": buffer %u has %zu bytes; the sparsity leads to %zu values.",
                        subgraph, index, t->name, t->buffer, t->data.size, values);
  return true;
}
