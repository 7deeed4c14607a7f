/* Pictures and arrays at computed places: see warp.h. Coordinates stay floats until they are indices, so that no
 * operator needs integers that it does not have. */
#include "convert/warp.h"

enum { MAX_ELEMENTS = 1 << 24, MAX_RANK = 4 };

static ln_tensor* limited(const ln_form* f, ln_tensor* c, double most) {
  return ln_form_number(f, LN_OP_MINIMUM, ln_form_number(f, LN_OP_MAXIMUM, c, 0, "at_least"), most, "limited");
}

static ln_tensor* between(const ln_form* f, ln_tensor* c, double most) {
  return ln_form_binary(f, LN_OP_LOGICAL_AND, ln_form_number(f, LN_OP_GREATER_EQUAL, c, 0, "not_before"),
                        ln_form_number(f, LN_OP_LESS_EQUAL, c, most, "not_behind"), "inside");
}

static ln_tensor* both(const ln_form* f, ln_tensor* a, ln_tensor* b) {
  return a == NULL ? b : ln_form_binary(f, LN_OP_LOGICAL_AND, a, b, "valid");
}

/* ---- Projections ---- */

/* times * floor(c / by) */
static ln_tensor* whole_turns(const ln_form* f, ln_tensor* c, double by, double times) {
  c = ln_form_number(f, LN_OP_DIV, c, by, "turns");
  return ln_form_number(f, LN_OP_MUL, ln_form_unary(f, LN_OP_FLOOR, c, "whole"), times, "way");
}

/* [abcd] as [dcba|abcd|dcba], between 0 and n - 1; how far before the start, and behind the end, apart. */
static ln_tensor* reflected(const ln_form* f, ln_tensor* c, int32_t n) {
  const double twice = 2.0 * n;
  ln_tensor* negative = ln_form_number(f, LN_OP_MINIMUM, c, 0, "negative");
  negative =
      ln_form_binary(f, LN_OP_ADD, whole_turns(f, ln_form_unary(f, LN_OP_NEG, negative, "distance"), twice, twice),
                     negative, "one_turn");
  ln_tensor* before = ln_form_choose(
      f, ln_form_number(f, LN_OP_LESS, negative, -(double)n, "far"),
      ln_form_number(f, LN_OP_ADD, negative, twice, "on"),
      ln_form_number(f, LN_OP_SUB, ln_form_unary(f, LN_OP_NEG, negative, "back"), 1, "mirrored"), "before");
  ln_tensor* positive = ln_form_number(f, LN_OP_MAXIMUM, c, 0, "positive");
  positive = ln_form_binary(f, LN_OP_SUB, positive, whole_turns(f, positive, twice, twice), "within");
  ln_tensor* behind =
      ln_form_choose(f, ln_form_number(f, LN_OP_GREATER_EQUAL, positive, n, "over"),
                     ln_form_number(f, LN_OP_ADD, ln_form_unary(f, LN_OP_NEG, positive, "down"), twice - 1, "returned"),
                     positive, "behind");
  return ln_form_choose(f, ln_form_number(f, LN_OP_LESS, c, 0, "is_before"), before, behind, "reflected");
}

/* [abcd] as [abcd|abcd|abcd]; between the last and the first lies a whole step, which TensorFlow leaves out. */
static ln_tensor* wrapped(const ln_form* f, ln_tensor* c, int32_t n) {
  const double step = n - 1;
  ln_tensor* negative = ln_form_number(f, LN_OP_MINIMUM, c, 0, "negative");
  ln_tensor* on =
      ln_form_number(f, LN_OP_ADD, whole_turns(f, ln_form_unary(f, LN_OP_NEG, negative, "distance"), step, n), n, "on");
  ln_tensor* before = ln_form_binary(f, LN_OP_ADD, negative, on, "before");
  ln_tensor* positive = ln_form_number(f, LN_OP_MAXIMUM, c, 0, "positive");
  ln_tensor* behind = ln_form_binary(f, LN_OP_SUB, positive, whole_turns(f, positive, step, n), "behind");
  behind = ln_form_choose(f, ln_form_number(f, LN_OP_GREATER, positive, step, "over"), behind, positive, "wrapped_end");
  return ln_form_choose(f, ln_form_number(f, LN_OP_LESS, c, 0, "is_before"), before, behind, "wrapped");
}

/* Within 0 to n - 1; from -1 to n where what lies there is filled. */
static ln_tensor* bring_inside(const ln_form* f, ln_tensor* c, int32_t n, int fill) {
  if (fill == LN_FILL_CONSTANT) {
    c = ln_form_number(f, LN_OP_MAXIMUM, c, -1, "before");
    return ln_form_number(f, LN_OP_MINIMUM, c, n, "behind");
  }
  if (n > 1 && fill == LN_FILL_REFLECT)
    c = reflected(f, c, n);
  else if (n > 1 && fill == LN_FILL_WRAP)
    c = wrapped(f, c, n);
  return limited(f, c, n - 1);
}

/* (t[k] x + t[k + 1] y + t[k + 2]) / projection, [B,places]; `t` are columns [B,1]. */
static ln_tensor* coordinate(const ln_form* f, ln_tensor* const* t, ln_tensor* const grid[2], ln_tensor* projection) {
  ln_tensor* sum = ln_form_binary(f, LN_OP_ADD, ln_form_binary(f, LN_OP_MUL, t[0], grid[1], "by_x"),
                                  ln_form_binary(f, LN_OP_MUL, t[1], grid[0], "by_y"), "sum");
  return ln_form_binary(f, LN_OP_DIV, ln_form_binary(f, LN_OP_ADD, sum, t[2], "moved"), projection, "coordinate");
}

/* Rows and columns of all places of a picture, [1,height * width] each. */
static void make_grid(const ln_form* f, const int32_t size[2], ln_tensor* grid[2]) {
  const int32_t dims[] = {1, size[0] * size[1]};
  for (int k = 0; k < 2; ++k) {
    float* data = ln_job_alloc(f->b.subgraph->graph->job, (size_t)dims[1], sizeof *data);
    for (int32_t i = 0; i < dims[1]; ++i) data[i] = (float)(k == 0 ? i / size[1] : i % size[1]);
    grid[k] = ln_form_floats(f, 2, dims, data, k == 0 ? "rows" : "columns");
  }
}

/* A picture [N,H * W,C] that is read; one row of places for all pictures where `common`. */
typedef struct source {
  ln_tensor* x;
  int32_t extent[2];
  bool common;
  const ln_warp* how;
} source;

/* What it has at whole coordinates [B,places]. */
static ln_tensor* read_at(const ln_form* f, const source* from, ln_tensor* row, ln_tensor* column) {
  static const int32_t kRow[] = {-1};
  ln_tensor *c[] = {row, column}, *valid = NULL;
  for (int k = 0; k < 2; ++k) {
    if (from->how->fill == LN_FILL_CONSTANT) {
      valid = both(f, valid, between(f, c[k], from->extent[k] - 1));
      c[k] = limited(f, c[k], from->extent[k] - 1);
    }
    c[k] = ln_form_cast(f, c[k], LN_TYPE_INT32, "index");
  }
  ln_tensor* place =
      ln_form_binary(f, LN_OP_ADD, ln_form_number(f, LN_OP_MUL, c[0], from->extent[1], "row_start"), c[1], "place");
  if (from->common) place = ln_form_reshape(f, place, 1, kRow, "places");
  ln_tensor* found = ln_form_gather(f, from->x, place, 1, from->common ? 0 : 1, "found");
  return valid == NULL ? found
                       : ln_form_choose(f, ln_form_expand(f, valid, -1, "is_valid"), found, from->how->with, "filled");
}

/* The nearest whole number, halves away from 0: of the negative ones -1 alone counts. */
static ln_tensor* nearest(const ln_form* f, ln_tensor* c, const ln_warp* how) {
  if (how->fill == LN_FILL_CONSTANT)
    c = ln_form_choose(f, ln_form_number(f, LN_OP_LESS_EQUAL, c, -0.5, "outside"),
                       ln_form_scalar(f, LN_TYPE_FLOAT32, -1, "minus_one"), c, "above");
  ln_tensor* low = ln_form_unary(f, LN_OP_FLOOR, c, "low");
  ln_tensor* half =
      ln_form_number(f, LN_OP_GREATER_EQUAL, ln_form_binary(f, LN_OP_SUB, c, low, "fraction"), 0.5, "half");
  return ln_form_binary(f, LN_OP_ADD, low, ln_form_cast(f, half, LN_TYPE_FLOAT32, "up"), "nearest");
}

static ln_tensor* mix(const ln_form* f, ln_tensor* a, ln_tensor* b, ln_tensor* of_a, ln_tensor* of_b) {
  return ln_form_binary(f, LN_OP_ADD, ln_form_binary(f, LN_OP_MUL, of_a, a, "first"),
                        ln_form_binary(f, LN_OP_MUL, of_b, b, "second"), "mixed");
}

/* Between four neighbours; one beyond the end of what is not filled counts for nothing, and is read as the last. */
static ln_tensor* blend(const ln_form* f, const source* from, ln_tensor* const c[2]) {
  ln_tensor *at[2][2], *weight[2][2], *lines[2];
  for (int k = 0; k < 2; ++k) {
    at[k][0] = ln_form_unary(f, LN_OP_FLOOR, c[k], "low");
    ln_tensor* next = ln_form_number(f, LN_OP_ADD, at[k][0], 1, "next");
    at[k][1] = from->how->fill == LN_FILL_CONSTANT
                   ? next
                   : ln_form_number(f, LN_OP_MINIMUM, next, from->extent[k] - 1, "high");
    weight[k][0] = ln_form_expand(f, ln_form_binary(f, LN_OP_SUB, next, c[k], "weight"), -1, "of_low");
    weight[k][1] = ln_form_expand(f, ln_form_binary(f, LN_OP_SUB, c[k], at[k][0], "weight"), -1, "of_high");
  }
  for (int k = 0; k < 2; ++k)
    lines[k] =
        mix(f, read_at(f, from, at[0][k], at[1][0]), read_at(f, from, at[0][k], at[1][1]), weight[1][0], weight[1][1]);
  return mix(f, lines[0], lines[1], weight[0][0], weight[0][1]);
}

ln_tensor* ln_build_projection(const ln_form* f, ln_tensor* x, ln_tensor* transforms, const int32_t size[2],
                               const ln_warp* how, const char* what) {
  if (x->rank != 4 || transforms->rank != 2 || ln_dim(transforms, 1) != 8) return NULL;
  source from = {.extent = {ln_dim(x, 1), ln_dim(x, 2)}, .common = ln_dim(transforms, 0) == 1, .how = how};
  const int32_t* extent = from.extent;
  for (int k = 0; k < 2; ++k)
    if (extent[k] < 1 || size[k] < 1) return NULL;
  if (!ln_dim_is_known(x, 3) || (int64_t)extent[0] * extent[1] > MAX_ELEMENTS ||
      (int64_t)size[0] * size[1] > MAX_ELEMENTS)
    return NULL;
  ln_tensor *t[8], *grid[2], *c[2];
  make_grid(f, size, grid);
  for (int i = 0; i < 8; ++i) t[i] = ln_form_part(f, transforms, 1, i, 1, "part");
  ln_tensor* projection = ln_form_binary(f, LN_OP_ADD, ln_form_binary(f, LN_OP_MUL, t[6], grid[1], "by_x"),
                                         ln_form_binary(f, LN_OP_MUL, t[7], grid[0], "by_y"), "sum");
  projection = ln_form_number(f, LN_OP_ADD, projection, 1, "projection");
  ln_tensor* finite = ln_form_number(f, LN_OP_NOT_EQUAL, projection, 0, "finite");
  projection = ln_form_choose(f, finite, projection, ln_form_scalar(f, LN_TYPE_FLOAT32, 1, "one"), "divisor");
  for (int k = 0; k < 2; ++k)
    c[k] = bring_inside(f, coordinate(f, t + (k == 0 ? 3 : 0), grid, projection), extent[k], how->fill);
  const int32_t flat[] = {LN_DIM_OF(0), extent[0] * extent[1], LN_DIM_OF(3)};
  from.x = ln_form_reshape(f, x, 3, flat, "elements");
  ln_tensor* y = how->nearest ? read_at(f, &from, nearest(f, c[0], how), nearest(f, c[1], how)) : blend(f, &from, c);
  y = ln_form_choose(f, ln_form_expand(f, finite, -1, "is_finite"), y, how->with, "filled");
  const int32_t shape[] = {LN_DIM_OF(0), size[0], size[1], LN_DIM_OF(2)};
  return ln_form_reshape(f, y, 4, shape, what);
}

/* ---- Coordinates ---- */

/* An index as Keras brings it inside; what it reads beyond the end (mirrored, at the end itself) is the last. */
static ln_tensor* index_inside(const ln_form* f, ln_tensor* c, int32_t n, int fill, ln_tensor** valid) {
  if (fill == LN_FILL_CONSTANT) {
    *valid = both(f, *valid, between(f, c, n - 1));
  } else if (fill == LN_FILL_WRAP) {
    c = ln_form_number(f, LN_OP_FLOOR_MOD, c, n, "wrapped");
  } else if (fill != LN_FILL_NEAREST) {
    c = ln_form_number(f, LN_OP_FLOOR_MOD, ln_form_unary(f, LN_OP_ABS, c, "distance"), 2.0 * n, "turn");
    ln_tensor* back = ln_form_number(f, LN_OP_ADD, ln_form_unary(f, LN_OP_NEG, c, "back"),
                                     2.0 * n - (fill == LN_FILL_REFLECT), "mirrored");
    c = ln_form_choose(f, ln_form_number(f, LN_OP_LESS, c, n, "under"), c, back, "reflected");
  }
  return limited(f, c, n - 1);
}

/* What one corner of the cell around each place adds: its element by the product of its weights. Bit i of `corner` from
 * the top: whether it is the upper one along dimension i. */
typedef struct cell {
  int rank;
  int32_t extent[MAX_RANK];
  ln_tensor *at[MAX_RANK][2], *weight[MAX_RANK][2];
} cell;

static ln_tensor* corner_of(const ln_form* f, ln_tensor* x, const cell* c, int corner, const ln_warp* how) {
  ln_tensor *place = NULL, *valid = NULL, *share = NULL;
  for (int i = 0; i < c->rank; ++i) {
    const int upper = corner >> (c->rank - 1 - i) & 1;
    ln_tensor* index = index_inside(f, c->at[i][upper], c->extent[i], how->fill, &valid);
    index = ln_form_cast(f, index, LN_TYPE_INT32, "index");
    if (place != NULL)
      index = ln_form_binary(f, LN_OP_ADD, ln_form_number(f, LN_OP_MUL, place, c->extent[i], "start"), index, "place");
    place = index;
    if (!how->nearest)
      share = share == NULL ? c->weight[i][upper] : ln_form_binary(f, LN_OP_MUL, share, c->weight[i][upper], "share");
  }
  ln_tensor* found = ln_form_gather(f, x, place, 0, 0, "found");
  if (valid != NULL) found = ln_form_choose(f, valid, found, how->with, "filled");
  return share != NULL ? ln_form_binary(f, LN_OP_MUL, share, found, "weighed") : found;
}

ln_tensor* ln_build_at_coordinates(const ln_form* f, ln_tensor* x, ln_tensor* coordinates, const ln_warp* how,
                                   const char* what) {
  static const int32_t kFlat[] = {-1};
  ln_tensor *parts[MAX_RANK], *sum = NULL;
  cell c = {.rank = x->rank};
  int64_t elements = 1;
  if (c.rank < 1 || c.rank > MAX_RANK || coordinates->rank < 2 || ln_dim(coordinates, 0) != c.rank) return NULL;
  for (int i = 0; i < c.rank; ++i) {
    if (ln_dim(x, i) < 1) return NULL;
    c.extent[i] = ln_dim(x, i);
    elements *= c.extent[i];
    if (elements > MAX_ELEMENTS) return NULL;
  }
  ln_build_unpack(&f->b, coordinates, 0, c.rank, ln_form_name(f, "coordinate"), parts);
  for (int i = 0; i < c.rank; ++i) {
    c.at[i][0] = ln_form_unary(f, how->nearest ? LN_OP_ROUND : LN_OP_FLOOR, parts[i], "low");
    if (how->nearest) continue;
    c.at[i][1] = ln_form_number(f, LN_OP_ADD, c.at[i][0], 1, "high");
    c.weight[i][1] = ln_form_binary(f, LN_OP_SUB, parts[i], c.at[i][0], "of_high");
    c.weight[i][0] = ln_form_unary(f, LN_OP_NEG, ln_form_number(f, LN_OP_SUB, c.weight[i][1], 1, "less"), "of_low");
  }
  x = ln_form_reshape(f, x, 1, kFlat, "elements");
  const int corners = how->nearest ? 1 : 1 << c.rank;
  for (int i = 0; i < corners; ++i) {
    ln_tensor* part = corner_of(f, x, &c, i, how);
    sum = sum == NULL ? part : ln_form_binary(f, LN_OP_ADD, sum, part, i + 1 < corners ? "sum" : what);
  }
  return sum;
}
