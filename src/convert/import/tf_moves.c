/* Less common movers of elements: rolls, permutations, partitions, older forms of operators. */
#include <string.h>

#include "convert/import/tf_import.h"

static ln_tensor* ints(ln_tf_call* call, const char* what, int count, const int32_t* numbers) {
  return ln_graph_ints(call->b.subgraph, ln_tf_name(call, what), count, numbers);
}

/* The last `shift` of an axis, then the rest. */
static ln_tensor* roll_axis(ln_tf_call* call, ln_tensor* x, int32_t axis, int32_t shift, const char* name) {
  int32_t begin[LN_MAX_DIMS] = {0}, size[LN_MAX_DIMS];
  const int32_t extent = ln_dim(x, axis);
  if (extent < 0) {
    ln_tf_fail(call, "it rolls dimension %d, whose extent must be known", axis);
    return NULL;
  }
  if (extent == 0 || shift % extent == 0) return x;
  shift = (int32_t)(((int64_t)shift % extent + extent) % extent);
  for (int i = 0; i < x->rank; ++i) size[i] = -1;
  begin[axis] = extent - shift;
  ln_tensor* parts[2] = {ln_build_slice(&call->b, x, begin, size, ln_tf_name(call, "end")), NULL};
  begin[axis] = 0;
  size[axis] = extent - shift;
  parts[1] = ln_build_slice(&call->b, x, begin, size, ln_tf_name(call, "begin"));
  return ln_build_concat(&call->b, 2, parts, axis, name);
}

static void roll(ln_tf_call* call) {
  int32_t shifts[LN_MAX_DIMS], axes[LN_MAX_DIMS];
  ln_tensor* x = ln_tf_in(call, 0);
  const int count = ln_tf_const_ints(call, 1, LN_MAX_DIMS, shifts);
  if (count < 0 || ln_tf_const_ints(call, 2, LN_MAX_DIMS, axes) != count) {
    ln_tf_fail(call, "its shifts and axes must be constant, one shift an axis");
    return;
  }
  for (int i = 0; i < count && x != NULL; ++i) {
    if (!ln_tf_axis(call, axes[i], x->rank, &axes[i])) return;
    x = roll_axis(call, x, axes[i], shifts[i], i + 1 == count ? call->name : ln_tf_name(call, "roll"));
  }
  if (x != NULL) ln_tf_return(call, 0, x);
}

/* 0, 1, ... as many as x has along its first dimension. */
static ln_tensor* numbered(ln_tf_call* call, ln_tensor* x) {
  static const int32_t kZero[] = {0}, kOne[] = {1};
  ln_tensor* count =
      ln_build_slice(&call->b, ln_tf_extents(call, x, LN_TYPE_INT32, "shape"), kZero, kOne, ln_tf_name(call, "count"));
  ln_tensor* const inputs[] = {ln_tf_scalar(call, LN_TYPE_INT32, 0, "zero"),
                               ln_build_reshape(&call->b, count, 0, NULL, ln_tf_name(call, "limit")),
                               ln_tf_scalar(call, LN_TYPE_INT32, 1, "one")};
  return ln_build_done(ln_build_node(&call->b, LN_OP_RANGE, 3, inputs), ln_tf_name(call, "numbers"), 1);
}

static void invert_permutation(ln_tf_call* call) {
  ln_tensor* x = ln_tf_in_i32(call, 0);
  ln_tensor* places = ln_tf_binary(call, LN_OP_EXPAND_DIMS, x, ln_tf_scalar(call, LN_TYPE_INT32, -1, "axis"), "places");
  ln_tensor* const inputs[] = {places, numbered(call, x), ln_tf_extents(call, x, LN_TYPE_INT32, "extents")};
  ln_tensor* result =
      ln_build_done(ln_build_node(&call->b, LN_OP_SCATTER_ND, 3, inputs), ln_tf_name(call, "inverse"), 1);
  ln_tf_return(call, 0, ln_build_cast(&call->b, result, ln_tf_in(call, 0)->type, call->name));
}

/* Which of the constants x are not among y. */
static void list_diff(ln_tf_call* call) {
  int32_t x[64], y[64], out[64], places[64];
  const int count = ln_tf_const_ints(call, 0, 64, x), others = ln_tf_const_ints(call, 1, 64, y);
  int kept = 0;
  if (count < 0 || others < 0) {
    ln_tf_fail(call, "its lists must be constant, of at most 64 numbers");
    return;
  }
  for (int i = 0; i < count; ++i) {
    bool found = false;
    for (int k = 0; k < others; ++k) found = found || y[k] == x[i];
    if (found) continue;
    out[kept] = x[i];
    places[kept++] = i;
  }
  const int type = ln_tf_type(ln_tf_dtype(call->def, "T", LN_DT_INT32));
  ln_tf_return(call, 0, ln_build_cast(&call->b, ints(call, "out", kept, out), type, call->name));
  ln_tf_return(call, 1, ints(call, "idx", kept, places));
}

/* The form whose second input says of each dimension whether it is reversed. */
static void reverse(ln_tf_call* call) {
  int32_t flags[LN_MAX_DIMS], axes[LN_MAX_DIMS];
  ln_tensor* x = ln_tf_in(call, 0);
  const int rank = ln_tf_const_ints(call, 1, LN_MAX_DIMS, flags);
  int count = 0;
  if (rank < 0) {
    ln_tf_fail(call, "which dimensions are reversed must be constant");
    return;
  }
  for (int i = 0; i < rank; ++i)
    if (flags[i] != 0) axes[count++] = i;
  /* REVERSE_V2 takes neighbors only. */
  for (int i = 0; i < count; ++i) x = ln_tf_binary(call, LN_OP_REVERSE_V2, x, ints(call, "axis", 1, &axes[i]), NULL);
  ln_tf_return(call, 0, x);
}

static void bitcast(ln_tf_call* call) {
  const int from = ln_tf_dtype(call->def, "T", LN_DT_FLOAT), to = ln_tf_dtype(call->def, "type", LN_DT_FLOAT);
  const int type = ln_tf_type(to);
  ln_tensor* x = ln_tf_in(call, 0);
  if (type < 0) {
    ln_tf_fail(call, "its type cannot be a tensor's");
    return;
  }
  if (ln_tf_type(from) != ln_tf_stored_type(from) || ln_tf_type(to) != ln_tf_stored_type(to)) {
    ln_tf_fail(call,
               "it takes the bits of a float that is no float32, as which it is computed; cast before or behind it");
    return;
  }
  ln_node* node = ln_build_node(&call->b, LN_OP_BITCAST, 1, &x);
  ln_tensor* out = ln_node_add_output(node, call->name, type);
  ln_infer(node);
  ln_tf_return(call, 0, out);
}

/* Numbers of dimensions or what belongs to them, from one order of dimensions to another: "NHWC", "NCHW". */
static void permute_format(ln_tf_call* call) {
  const char *from = ln_tf_string(call->job, call->def, "src_format", "NHWC"),
             *to = ln_tf_string(call->job, call->def, "dst_format", "NCHW");
  const bool vector = strcmp(call->def->op, "DataFormatVecPermute") == 0;
  ln_tensor* x = ln_tf_in(call, 0);
  int32_t order[LN_MAX_DIMS], rows = x->rank > 0 ? ln_dim(x, 0) : 0;
  int count = 0;
  const size_t length = strlen(from);
  if (length > LN_MAX_DIMS || strlen(to) != length ||
      (vector && rows != (int32_t)length && rows + 2 != (int32_t)length)) {
    ln_tf_fail(call, "it goes from \"%s\" to \"%s\"", from, to);
    return;
  }
  if (vector) {
    /* Two rows fewer: of the spatial dimensions alone. */
    const bool spatial = rows + 2 == (int32_t)length;
    for (const char* c = to; *c != 0; ++c) {
      if (spatial && (*c == 'N' || *c == 'C')) continue;
      int32_t place = 0;
      for (const char* d = from; *d != 0 && *d != *c; ++d) place += !spatial || (*d != 'N' && *d != 'C');
      order[count++] = place;
    }
  } else {
    for (size_t i = 0; i < length; ++i) {
      const char* found = strchr(to, from[i]);
      order[count++] = found != NULL ? (int32_t)(found - to) : 0;
    }
  }
  ln_tensor* list = ints(call, "order", count, order);
  if (vector) {
    ln_tf_return(call, 0, ln_tf_binary(call, LN_OP_GATHER, x, list, NULL));
    return;
  }
  ln_tensor* places = ln_tf_binary(call, LN_OP_GATHER, list, ln_tf_in_i32(call, 0), "places");
  ln_tf_return(call, 0, ln_build_cast(&call->b, places, x->type, call->name));
}

static void empty(ln_tf_call* call) {
  const int type = ln_tf_type(ln_tf_dtype(call->def, "dtype", LN_DT_FLOAT));
  ln_tf_return(call, 0,
               ln_tf_binary(call, LN_OP_FILL, ln_tf_in_i32(call, 0), ln_tf_scalar(call, type, 0, "zero"), NULL));
}

/* SpaceToBatch and BatchToSpace of pictures, with one block size. */
static void square_blocks(ln_tf_call* call) {
  const int32_t size = (int32_t)ln_tf_int(call->def, "block_size", 0), block[] = {size, size};
  ln_tensor* const inputs[] = {ln_tf_in(call, 0), ints(call, "block", 2, block), ln_tf_in_i32(call, 1)};
  const int code = ln_tf_code(call, ln_tf_moves);
  ln_tf_return(call, 0, ln_build_done(ln_build_node(&call->b, code, 3, inputs), call->name, 1));
}

/* UNIQUE of a vector, and how often each is there: the sum of a row of comparisons. */
static void unique(ln_tf_call* call) {
  int32_t axis;
  static const int32_t kLast[] = {1};
  const bool counts = strstr(call->def->op, "Counts") != NULL, second = strstr(call->def->op, "V2") != NULL;
  ln_tensor* x = ln_tf_in(call, 0);
  if (second && (ln_tf_const_ints(call, 1, 1, &axis) < 0 || x->rank != 1)) {
    ln_tf_fail(call, "it looks for unique parts; unique elements of a vector can be converted");
    return;
  }
  const int type = ln_tf_type(ln_tf_dtype(call->def, "out_idx", LN_DT_INT32));
  ln_node* node = ln_build_node(&call->b, LN_OP_UNIQUE, 1, &x);
  LN_SET(node, UniqueOptions, idx_out_type, type);
  ln_build_done(node, call->name, 2);
  for (int i = 0; i < 2; ++i) ln_tf_return(call, i, node->outputs[i]);
  if (!counts) return;
  ln_tensor* column =
      ln_tf_binary(call, LN_OP_EXPAND_DIMS, node->outputs[0], ln_tf_scalar(call, LN_TYPE_INT32, 1, "axis"), "column");
  ln_tensor* same = ln_build_cast(&call->b, ln_tf_binary(call, LN_OP_EQUAL, column, x, "same"), LN_TYPE_INT32,
                                  ln_tf_name(call, "ones"));
  ln_tensor* sum = ln_build_reduce(&call->b, LN_OP_SUM, same, 1, kLast, false, ln_tf_name(call, "sum"));
  ln_tf_return(call, 2, ln_build_cast(&call->b, sum, type, ln_tf_name(call, "count")));
}

/* The rows whose number is that of the output. */
static void dynamic_partition(ln_tf_call* call) {
  static const int32_t kFlat[] = {-1};
  const int64_t count = ln_tf_int(call->def, "num_partitions", 0);
  ln_tensor *x = ln_tf_in(call, 0), *numbers = ln_tf_in_i32(call, 1);
  if (numbers->rank != 1 || count < 1 || count > 64) {
    ln_tf_fail(call, "it makes %lld partitions by numbers of rank %d; 1 to 64 by rank 1 can be converted",
               (long long)count, numbers->rank);
    return;
  }
  for (int i = 0; i < count; ++i) {
    ln_tensor* mine = ln_tf_number(call, LN_OP_EQUAL, numbers, i, "mine");
    ln_tensor* rows =
        ln_build_reshape(&call->b, ln_tf_unary(call, LN_OP_WHERE, mine, "where"), 1, kFlat, ln_tf_name(call, "rows"));
    ln_tf_return(call, i, ln_tf_binary(call, LN_OP_GATHER, x, rows, NULL));
  }
}

/* Where constant indices put each piece: all pieces behind each other, then in order. Of equal indices the last one
 * counts. */
static void dynamic_stitch(ln_tf_call* call) {
  const int count = call->in_count / 2;
  ln_tensor** pieces = ln_job_alloc(call->job, (size_t)count, sizeof(ln_tensor*));
  int64_t total = 0, most = -1;
  for (int pass = 0; pass < 2; ++pass) {
    int32_t* order = ln_job_alloc(call->job, (size_t)(most + 1), sizeof *order);
    for (int64_t i = 0; i <= most && pass == 1; ++i) order[i] = -1;
    total = 0;
    for (int i = 0; i < count; ++i) {
      const ln_tensor* indices = ln_tf_in(call, i);
      const int64_t elements = ln_tensor_elements(indices);
      int64_t* places = ln_job_alloc(call->job, elements > 0 ? (size_t)elements : 1, sizeof *places);
      if (elements < 0 || elements > 1 << 20 || !ln_tensor_ints(indices, (int)elements, places)) {
        ln_tf_fail(call, "its indices must be constant");
        return;
      }
      for (int64_t k = 0; k < elements; ++k) {
        if (places[k] < 0 || places[k] > 1 << 24) {
          ln_tf_fail(call, "its index %lld is out of range", (long long)places[k]);
          return;
        }
        if (pass == 1) order[places[k]] = (int32_t)(total + k);
        if (places[k] > most) most = places[k];
      }
      total += elements;
      if (total > 1 << 26) {
        ln_tf_fail(call, "it has too many indices");
        return;
      }
      if (pass == 0) continue;
      /* The dimensions of the indices become one. */
      int32_t dims[LN_MAX_DIMS] = {(int32_t)elements};
      ln_tensor* data = ln_tf_in(call, count + i);
      const int rank = data->rank - indices->rank + 1;
      for (int k = 1; k < rank; ++k) dims[k] = ln_dim(data, k + indices->rank - 1);
      if (rank < 1) {
        ln_tf_fail(call, "its data have rank %d, its indices %d", data->rank, indices->rank);
        return;
      }
      pieces[i] = indices->rank == 1 ? data : ln_build_reshape(&call->b, data, rank, dims, ln_tf_name(call, "piece"));
    }
    if (pass == 0) continue;
    for (int64_t i = 0; i <= most; ++i)
      if (order[i] < 0) {
        ln_tf_fail(call, "no index puts anything at %lld", (long long)i);
        return;
      }
    ln_tensor* all = ln_build_concat(&call->b, count, pieces, 0, ln_tf_name(call, "all"));
    ln_tf_return(call, 0, ln_tf_binary(call, LN_OP_GATHER, all, ints(call, "order", (int)(most + 1), order), NULL));
  }
}

static void scatter_add(ln_tf_call* call) {
  ln_tensor *x = ln_tf_in(call, 0), *updates = ln_tf_in(call, 2);
  ln_tf_return(call, 0, ln_tf_scatter(call, x, ln_tf_in_i32(call, 1), updates, LN_OP_ADD));
}

const ln_tf_lowering ln_tf_moves[] = {
    {"Roll", roll, 0},
    {"InvertPermutation", invert_permutation, 0},
    {"ListDiff", list_diff, 0},
    {"Reverse", reverse, 0},
    {"Bitcast", bitcast, 0},
    {"DataFormatVecPermute", permute_format, 0},
    {"DataFormatDimMap", permute_format, 0},
    {"Empty", empty, 0},
    {"SpaceToBatch", square_blocks, LN_OP_SPACE_TO_BATCH_ND},
    {"BatchToSpace", square_blocks, LN_OP_BATCH_TO_SPACE_ND},
    {"Unique", unique, 0},
    {"UniqueV2", unique, 0},
    {"UniqueWithCounts", unique, 0},
    {"UniqueWithCountsV2", unique, 0},
    {"DynamicPartition", dynamic_partition, 0},
    {"DynamicStitch", dynamic_stitch, 0},
    {"ParallelDynamicStitch", dynamic_stitch, 0},
    {"ScatterNdNonAliasingAdd", scatter_add, 0},
    {NULL, NULL, 0},
};
