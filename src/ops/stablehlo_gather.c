/* STABLEHLO_GATHER: slices of one size that start where index vectors say; STABLEHLO_SCATTER: such slices combined with
 * updates by a region. A slice that is read is moved to lie within the operand; an element to be written outside of it
 * is dropped. */
#include "ops/builtin_ops.h"
#include "ops/element_util.h"
#include "ops/move_util.h"
#include "ops/region.h"

/* Index vectors lie along a dimension of the indices; the other dimensions are a batch of them. */
typedef struct index_vectors {
  int axis;             /* the indices' rank: each index is a vector of its own */
  int batch_rank, size; /* numbers in a vector */
  int32_t batch[LN_MAX_RANK];
  size_t step;                     /* from one number to the next */
  size_t batch_steps[LN_MAX_RANK]; /* in elements */
  int64_t map[LN_MAX_RANK];        /* the operand's dimension that each number is for */
} index_vectors;

static bool contains(const int64_t* values, int count, int64_t value) {
  for (int i = 0; i < count; ++i)
    if (values[i] == value) return true;
  return false;
}

/* Reports values outside [0, rank) or named twice. */
static TfLiteStatus check_dims(TfLiteContext* context, const char* what, const int64_t* values, int count, int rank) {
  for (int i = 0; i < count; ++i)
    LN_CHECK(context, values[i] >= 0 && values[i] < rank && !contains(values, i, values[i]),
             "%s[%d] is %lld, which is not in [0, %d) or named before", what, i, (long long)values[i], rank);
  return kTfLiteOk;
}

static TfLiteStatus get_vectors(TfLiteContext* context, const TfLiteTensor* indices, int64_t axis, const int64_t* map,
                                int map_count, int operand_rank, index_vectors* v) {
  const int rank = ln_rank(indices);
  LN_CHECK(context, ln_is_index(indices), "the indices are %s; an integer type is right",
           TfLiteTypeGetName(indices->type));
  LN_CHECK(context, rank <= LN_MAX_RANK, "the indices have rank %d; at most %d is allowed", rank, LN_MAX_RANK);
  LN_CHECK(context, axis >= 0 && axis <= rank, "index_vector_dim is %lld; it must be in [0, %d]", (long long)axis,
           rank);
  *v = (index_vectors){.axis = (int)axis, .size = axis == rank ? 1 : ln_dim(indices, (int)axis), .step = 1};
  LN_CHECK(context, map_count == v->size, "index vectors have %d numbers for %d dimensions of the operand", v->size,
           map_count);
  LN_TRY(check_dims(context, "the index map", map, map_count, operand_rank));
  for (int i = 0; i < map_count; ++i) v->map[i] = map[i];
  size_t stride = 1;
  v->batch_rank = axis == rank ? rank : rank - 1;
  for (int i = rank - 1, k = v->batch_rank; i >= 0; --i) {
    if (i == v->axis) {
      v->step = stride;
    } else {
      v->batch[--k] = ln_dim(indices, i);
      v->batch_steps[k] = stride;
    }
    stride *= (size_t)ln_dim(indices, i);
  }
  return kTfLiteOk;
}

/* Where index vector number `number` lies, and its place in the batch. */
static size_t find_vector(const index_vectors* v, size_t number, int32_t* place) {
  size_t at = 0;
  for (int i = v->batch_rank - 1; i >= 0; --i) {
    place[i] = (int32_t)(number % (size_t)v->batch[i]);
    at += (size_t)place[i] * v->batch_steps[i];
    number /= (size_t)v->batch[i];
  }
  return at;
}

static size_t vector_count(const index_vectors* v) {
  size_t count = 1;
  for (int i = 0; i < v->batch_rank; ++i) count *= (size_t)v->batch[i];
  return count;
}

/* ---- GATHER ---- */

static TfLiteStatus get_gather(TfLiteContext* context, const TfLiteNode* node, const TfLiteTensor** operand,
                               const TfLiteTensor** indices, TfLiteTensor** output, index_vectors* v) {
  const TfLiteStablehloGatherParams* p = node->builtin_data;
  LN_CHECK(context, p != NULL, "the options are missing");
  LN_TRY(ln_check_io(context, node, 2, 2, 1));
  LN_TRY(ln_get_input(context, node, 0, operand));
  LN_TRY(ln_get_input(context, node, 1, indices));
  LN_TRY(ln_get_output(context, node, 0, output));
  return get_vectors(context, *indices, p->index_vector_dim, p->start_index_map, p->num_start_index_map,
                     ln_rank(*operand), v);
}

static TfLiteStatus check_slices(TfLiteContext* context, const TfLiteStablehloGatherParams* p,
                                 const TfLiteTensor* operand) {
  const int rank = ln_rank(operand);
  LN_CHECK(context, p->num_slice_sizes == rank, "there are %d slice sizes; the operand's rank is %d",
           p->num_slice_sizes, rank);
  LN_TRY(check_dims(context, "collapsed_slice_dims", p->collapsed_slice_dims, p->num_collapsed_slice_dims, rank));
  for (int i = 0; i < rank; ++i) {
    LN_CHECK(context, p->slice_sizes[i] >= 0 && p->slice_sizes[i] <= ln_dim(operand, i),
             "slice size %d is %lld; it must be in [0, %d]", i, (long long)p->slice_sizes[i], ln_dim(operand, i));
    LN_CHECK(context, p->slice_sizes[i] <= 1 || !contains(p->collapsed_slice_dims, p->num_collapsed_slice_dims, i),
             "slice size %d is %lld; a collapsed dimension's is at most 1", i, (long long)p->slice_sizes[i]);
  }
  LN_CHECK(context, p->num_offset_dims == rank - p->num_collapsed_slice_dims,
           "there are %d offset dimensions; %d of the slices' are left", p->num_offset_dims,
           rank - p->num_collapsed_slice_dims);
  return kTfLiteOk;
}

static TfLiteStatus gather_prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteStablehloGatherParams* p = node->builtin_data;
  const TfLiteTensor *operand, *indices;
  TfLiteTensor* output;
  index_vectors v;
  size_t bytes;
  int32_t dims[2 * LN_MAX_RANK];
  LN_TRY(get_gather(context, node, &operand, &indices, &output, &v));
  LN_TRY(ln_element_bytes(context, operand, &bytes));
  LN_TRY(ln_check_type(context, output, "the result", operand->type));
  LN_TRY(check_slices(context, p, operand));
  const int rank = v.batch_rank + p->num_offset_dims;
  LN_CHECK(context, rank <= LN_MAX_RANK, "the result would have rank %d; at most %d is allowed", rank, LN_MAX_RANK);
  LN_TRY(check_dims(context, "offset_dims", p->offset_dims, p->num_offset_dims, rank));
  for (int i = 0, slice = 0, batch = 0; i < rank; ++i) {
    if (!contains(p->offset_dims, p->num_offset_dims, i)) {
      dims[i] = v.batch[batch++];
      continue;
    }
    while (contains(p->collapsed_slice_dims, p->num_collapsed_slice_dims, slice)) ++slice;
    dims[i] = (int32_t)p->slice_sizes[slice++];
  }
  return ln_resize(context, output, rank, dims);
}

static TfLiteStatus gather_invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteStablehloGatherParams* p = node->builtin_data;
  const TfLiteTensor *operand, *indices;
  TfLiteTensor* output;
  index_vectors v;
  ptrdiff_t src[LN_MAX_RANK] = {0}, dst[LN_MAX_RANK] = {0}, batch_steps[LN_MAX_RANK] = {0};
  int32_t place[LN_MAX_RANK] = {0};
  LN_TRY(get_gather(context, node, &operand, &indices, &output, &v));
  if (output->bytes == 0) return kTfLiteOk;
  const size_t bytes = ln_type_size(operand->type);
  if (ln_rank(operand) > 0) ln_strides(ln_rank(operand), operand->dims->data, bytes, src);
  if (ln_rank(output) > 0) ln_strides(ln_rank(output), output->dims->data, bytes, dst);
  ln_copy_shape slice = {0};
  for (int i = 0, k = 0, batch = 0; i < ln_rank(output); ++i) {
    if (!contains(p->offset_dims, p->num_offset_dims, i)) {
      batch_steps[batch++] = dst[i];
      continue;
    }
    while (contains(p->collapsed_slice_dims, p->num_collapsed_slice_dims, k)) ++k;
    ln_copy_add(&slice, (size_t)p->slice_sizes[k], src[k], dst[i]);
    ++k;
  }
  for (size_t n = 0, count = vector_count(&v); n < count; ++n) {
    const size_t at = find_vector(&v, n, place);
    ptrdiff_t from = 0, to = 0;
    for (int i = 0; i < v.size; ++i) {
      const int axis = (int)v.map[i];
      const int32_t last = ln_dim(operand, axis) - (int32_t)p->slice_sizes[axis];
      const int32_t index = ln_index_at(indices, at + (size_t)i * v.step);
      from += (ptrdiff_t)(index < 0 ? 0 : index > last ? last : index) * src[axis];
    }
    for (int i = 0; i < v.batch_rank; ++i) to += place[i] * batch_steps[i];
    ln_strided_copy(&slice, operand->data.raw + from, output->data.raw + to, bytes);
  }
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_stablehlo_gather = {.prepare = gather_prepare, .invoke = gather_invoke};

/* ---- SCATTER ---- */

enum { MAX_OPERANDS = LN_REGION_MAX_ARGUMENTS / 2 };

typedef struct scatter_data {
  ln_region region;
  index_vectors vectors;
  int window_rank, window_dims[LN_MAX_RANK]; /* of the updates */
  int window_axes[LN_MAX_RANK];              /* the operand's dimensions that they are */
  int batch_dims[LN_MAX_RANK];               /* of the updates: the others */
} scatter_data;

LN_DEFINE_INIT(scatter_init, scatter_data, 0)

/* Which of the updates' dimensions are the window's and which the batch's. */
static TfLiteStatus set_window(TfLiteContext* context, const TfLiteStablehloScatterParams* p,
                               const TfLiteTensor* operand, const TfLiteTensor* updates, scatter_data* d) {
  const int rank = ln_rank(updates);
  int batch = 0, axis = 0;
  LN_CHECK(context, rank <= LN_MAX_RANK, "the updates have rank %d; at most %d is allowed", rank, LN_MAX_RANK);
  LN_TRY(check_dims(context, "update_window_dims", p->update_window_dims, p->num_update_window_dims, rank));
  LN_TRY(check_dims(context, "inserted_window_dims", p->inserted_window_dims, p->num_inserted_window_dims,
                    ln_rank(operand)));
  LN_CHECK(context, p->num_update_window_dims + p->num_inserted_window_dims == ln_rank(operand),
           "there are %d window dimensions and %d inserted ones; the operand's rank is %d", p->num_update_window_dims,
           p->num_inserted_window_dims, ln_rank(operand));
  LN_CHECK(context, rank - p->num_update_window_dims == d->vectors.batch_rank,
           "%d dimensions of the updates are none of the window's; the indices have %d",
           rank - p->num_update_window_dims, d->vectors.batch_rank);
  d->window_rank = 0;
  for (int i = 0; i < rank; ++i) {
    if (!contains(p->update_window_dims, p->num_update_window_dims, i)) {
      LN_CHECK(context, ln_dim(updates, i) == d->vectors.batch[batch],
               "dimension %d of the updates is %d; the indices' is %d", i, ln_dim(updates, i), d->vectors.batch[batch]);
      d->batch_dims[batch++] = i;
      continue;
    }
    while (contains(p->inserted_window_dims, p->num_inserted_window_dims, axis)) ++axis;
    d->window_dims[d->window_rank] = i;
    d->window_axes[d->window_rank++] = axis++;
  }
  return kTfLiteOk;
}

/* Inputs: operands, indices, updates; as many results as operands. */
static TfLiteStatus scatter_prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteStablehloScatterParams* p = node->builtin_data;
  scatter_data* d = node->user_data;
  const int count = node->outputs->size;
  const TfLiteTensor *operand, *indices, *updates;
  TfLiteType types[LN_REGION_MAX_ARGUMENTS];
  LN_CHECK(context, p != NULL, "the options are missing");
  LN_CHECK(context, count >= 1 && count <= MAX_OPERANDS, "there are %d results; 1 to %d are allowed", count,
           MAX_OPERANDS);
  LN_TRY(ln_check_io(context, node, 2 * count + 1, 2 * count + 1, count));
  LN_TRY(ln_get_input(context, node, 0, &operand));
  LN_TRY(ln_get_input(context, node, count, &indices));
  LN_TRY(ln_get_input(context, node, count + 1, &updates));
  LN_CHECK(context, ln_rank(operand) <= LN_MAX_RANK, "the operand has rank %d; at most %d is allowed", ln_rank(operand),
           LN_MAX_RANK);
  LN_TRY(get_vectors(context, indices, p->index_vector_dim, p->scatter_dims_to_operand_dims,
                     p->num_scatter_dims_to_operand_dims, ln_rank(operand), &d->vectors));
  LN_TRY(set_window(context, p, operand, updates, d));
  for (int k = 0; k < count; ++k) {
    const TfLiteTensor *other, *update;
    TfLiteTensor* output;
    ln_number number;
    LN_TRY(ln_get_input(context, node, k, &other));
    LN_TRY(ln_get_input(context, node, count + 1 + k, &update));
    LN_TRY(ln_get_output(context, node, k, &output));
    LN_TRY(ln_check_number(context, other, "an operand", &number));
    LN_TRY(ln_check_same_shape(context, operand, "operand 0", other, "another operand"));
    LN_TRY(ln_check_same_shape(context, updates, "update 0", update, "another update"));
    LN_TRY(ln_check_type(context, update, "an update", other->type));
    LN_TRY(ln_check_type(context, output, "the result", other->type));
    types[k] = types[count + k] = other->type;
    LN_TRY(ln_resize_like(context, output, operand));
  }
  return ln_region_prepare(context, p->update_computation_subgraph_index, types, 2 * count, types, count, &d->region);
}

typedef struct scatter_run {
  TfLiteContext* context;
  const scatter_data* d;
  int count;
  size_t widths[MAX_OPERANDS];
  const char* updates[MAX_OPERANDS];
  char* outputs[MAX_OPERANDS];
} scatter_run;

/* Combines `n` elements that lie side by side in the results and in the updates. */
static TfLiteStatus combine(const scatter_run* run, size_t to, size_t from, size_t n) {
  const ln_region* region = &run->d->region;
  const size_t width = run->widths[0];
  char* value = run->outputs[0] + to * width;
  const char* update = run->updates[0] + from * width;
  if (region->kind == LN_REGION_ARGUMENT) {
    if (region->a == 1) memcpy(value, update, n * width);
    return kTfLiteOk;
  }
  if (region->kind == LN_REGION_ROW) {
    region->row(NULL, region->a == 0 ? value : update, 1, region->b == 0 ? value : update, 1, value, n);
    return kTfLiteOk;
  }
  const void* arguments[LN_REGION_MAX_ARGUMENTS];
  void* results[MAX_OPERANDS];
  for (size_t i = 0; i < n; ++i) {
    for (int k = 0; k < run->count; ++k) {
      arguments[k] = results[k] = run->outputs[k] + (to + i) * run->widths[k];
      arguments[run->count + k] = run->updates[k] + (from + i) * run->widths[k];
    }
    LN_TRY(ln_region_call(run->context, region, arguments, results));
  }
  return kTfLiteOk;
}

/* One window of the updates, which starts at `start` in the operand, element by element or, where its last dimension is
 * the last of both, by rows; what lies outside is dropped. `from`: of its first element. */
static TfLiteStatus scatter_window(const scatter_run* run, const TfLiteTensor* operand, const TfLiteTensor* updates,
                                   const int64_t* start, size_t from) {
  const scatter_data* d = run->d;
  ptrdiff_t operand_steps[LN_MAX_RANK] = {0}, update_steps[LN_MAX_RANK] = {0};
  int32_t index[LN_MAX_RANK] = {0};
  if (ln_rank(operand) > 0) ln_strides(ln_rank(operand), operand->dims->data, 1, operand_steps);
  if (ln_rank(updates) > 0) ln_strides(ln_rank(updates), updates->dims->data, 1, update_steps);
  const int inner = d->window_rank - 1;
  const bool rows =
      inner >= 0 && d->window_axes[inner] == ln_rank(operand) - 1 && d->window_dims[inner] == ln_rank(updates) - 1;
  const int outer = rows ? inner : d->window_rank;
  for (;;) {
    int64_t at[LN_MAX_RANK];
    size_t to = 0, of = from;
    bool inside = true;
    for (int i = 0; i < ln_rank(operand); ++i) at[i] = start[i];
    for (int i = 0; i < outer; ++i) {
      at[d->window_axes[i]] += index[i];
      of += (size_t)index[i] * (size_t)update_steps[d->window_dims[i]];
    }
    const int checked = rows ? ln_rank(operand) - 1 : ln_rank(operand);
    for (int i = 0; i < checked && inside; ++i) {
      inside = at[i] >= 0 && at[i] < ln_dim(operand, i);
      to += inside ? (size_t)at[i] * (size_t)operand_steps[i] : 0;
    }
    if (inside && rows) {
      const int64_t first = at[checked] < 0 ? -at[checked] : 0, room = ln_dim(operand, checked) - at[checked];
      const int64_t extent = ln_dim(updates, ln_rank(updates) - 1), end = extent < room ? extent : room;
      if (end > first)
        LN_TRY(combine(run, to + (size_t)(at[checked] + first), of + (size_t)first, (size_t)(end - first)));
    } else if (inside) {
      LN_TRY(combine(run, to, of, 1));
    }
    int axis = outer - 1;
    for (; axis >= 0; --axis) {
      if (++index[axis] < ln_dim(updates, d->window_dims[axis])) break;
      index[axis] = 0;
    }
    if (axis < 0) return kTfLiteOk;
  }
}

static TfLiteStatus scatter_invoke(TfLiteContext* context, TfLiteNode* node) {
  const scatter_data* d = node->user_data;
  const index_vectors* v = &d->vectors;
  scatter_run run = {.context = context, .d = d, .count = node->outputs->size};
  const TfLiteTensor *operand, *indices, *updates;
  ptrdiff_t steps[LN_MAX_RANK] = {0};
  LN_CHECK(context, run.count >= 1, "there are no results");
  for (int k = 0; k < run.count; ++k) {
    TfLiteTensor* output;
    LN_TRY(ln_get_input(context, node, k, &operand));
    LN_TRY(ln_get_input(context, node, run.count + 1 + k, &updates));
    LN_TRY(ln_get_output(context, node, k, &output));
    LN_TRY(ln_copy_whole(context, operand, output));
    run.widths[k] = ln_type_size(operand->type);
    run.updates[k] = updates->data.raw;
    run.outputs[k] = output->data.raw;
  }
  LN_TRY(ln_get_input(context, node, 0, &operand));
  LN_TRY(ln_get_input(context, node, run.count, &indices));
  LN_TRY(ln_get_input(context, node, run.count + 1, &updates));
  if (ln_num_elements(updates) == 0 || ln_num_elements(operand) == 0) return kTfLiteOk;
  if (d->region.kind == LN_REGION_GRAPH) LN_TRY(ln_region_enter(context, &d->region));
  if (ln_rank(updates) > 0) ln_strides(ln_rank(updates), updates->dims->data, 1, steps);
  for (size_t n = 0, count = vector_count(v); n < count; ++n) {
    int32_t place[LN_MAX_RANK];
    int64_t start[LN_MAX_RANK] = {0};
    const size_t at = find_vector(v, n, place);
    size_t from = 0;
    for (int i = 0; i < v->size; ++i) start[v->map[i]] = ln_index_at(indices, at + (size_t)i * v->step);
    for (int i = 0; i < v->batch_rank; ++i) from += (size_t)place[i] * (size_t)steps[d->batch_dims[i]];
    LN_TRY(scatter_window(&run, operand, updates, start, from));
  }
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_stablehlo_scatter = {
    .init = scatter_init, .free = ln_free_node_data, .prepare = scatter_prepare, .invoke = scatter_invoke};
