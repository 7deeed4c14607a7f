/* STABLEHLO_DOT_GENERAL: sums of products over the contracting dimensions, for every index of the batching ones. An
 * operand whose dimensions do not lie in order for the product is copied so that they do. */
#include "linnet/stablehlo.h"
#include "ops/builtin_ops.h"
#include "ops/contract.h"
#include "ops/move_util.h"

/* An operand's dimensions by what they are for: batching, free, contracting; in order, not in the tensor's. */
typedef struct side {
  int order[LN_MAX_RANK], batch, free, contract; /* numbers of each */
  size_t parts, rows, depth;                     /* the products of their extents */
  bool converted, arranged;
  size_t part_step, row_step, depth_step; /* in elements, of what the product reads */
} side;

enum { kScratch, kLeftNumbers, kLeft, kRightNumbers, kRight, kResult, kTemporaries };

typedef struct dot_data {
  side left, right;
  ln_contraction contraction;
  bool staged; /* the result is of another type than the sums */
  int first_temporary;
} dot_data;

LN_DEFINE_INIT(init, dot_data, .first_temporary = -1)

static void free_data(TfLiteContext* context, void* user_data) {
  (void)context;
  dot_data* data = user_data;
  if (data != NULL) ln_matrix_free(&data->contraction.matrix);
  ln_free(data);
}

static TfLiteStatus sort_dimensions(TfLiteContext* context, const char* what, const TfLiteTensor* t,
                                    const int64_t* batching, int batching_count, const int64_t* contracting,
                                    int contracting_count, side* s) {
  const int rank = ln_rank(t);
  bool taken[LN_MAX_RANK] = {false};
  LN_CHECK(context, rank <= LN_MAX_RANK && batching_count + contracting_count <= rank,
           "%s has rank %d, %d batching and %d contracting dimensions; the rank must be at least both and at most %d",
           what, rank, batching_count, contracting_count, LN_MAX_RANK);
  *s = (side){.batch = batching_count, .contract = contracting_count, .parts = 1, .rows = 1, .depth = 1};
  s->free = rank - batching_count - contracting_count;
  for (int i = 0; i < batching_count + contracting_count; ++i) {
    const int64_t axis = i < batching_count ? batching[i] : contracting[i - batching_count];
    LN_CHECK(context, axis >= 0 && axis < rank && !taken[axis],
             "dimension %lld of %s does not exist or is named twice; its rank is %d", (long long)axis, what, rank);
    taken[axis] = true;
    s->order[i < batching_count ? i : i + s->free] = (int)axis;
  }
  for (int i = 0, k = batching_count; i < rank; ++i)
    if (!taken[i]) s->order[k++] = i;
  for (int i = 0; i < rank; ++i) {
    size_t* product = i < s->batch ? &s->parts : i < s->batch + s->free ? &s->rows : &s->depth;
    LN_CHECK(context, ln_mul_size(*product, (size_t)ln_dim(t, s->order[i]), product), "the extents of %s overflow",
             what);
  }
  return kTfLiteOk;
}

/* True if dimensions order[first … end) are one walk over the tensor; *step is its stride. */
static bool is_one_walk(const TfLiteTensor* t, const side* s, int first, int end, size_t* step) {
  ptrdiff_t strides[LN_MAX_RANK];
  size_t walked = 0;
  ln_strides(ln_rank(t), t->dims->data, 1, strides);
  *step = 0;
  for (int i = end - 1; i >= first; --i) {
    const size_t extent = (size_t)ln_dim(t, s->order[i]), stride = (size_t)strides[s->order[i]];
    if (extent == 1) continue;
    if (*step == 0)
      *step = walked = stride;
    else if (stride != walked)
      return false;
    walked *= extent;
  }
  return true;
}

/* Whether the product can read the operand as it lies; else it is arranged as [parts][rows][depth]. */
static void plan_side(const TfLiteTensor* t, bool depth_in_line, side* s) {
  s->arranged = false;
  if (ln_num_elements(t) > 0 && ln_rank(t) > 0) {
    const int rows = s->batch, depth = s->batch + s->free;
    s->arranged = !is_one_walk(t, s, 0, rows, &s->part_step) || !is_one_walk(t, s, rows, depth, &s->row_step) ||
                  !is_one_walk(t, s, depth, ln_rank(t), &s->depth_step) || (depth_in_line && s->depth_step > 1);
  }
  if (!s->arranged) {
    if (s->depth_step == 0) s->depth_step = 1;
    return;
  }
  s->part_step = s->rows * s->depth;
  s->row_step = s->depth;
  s->depth_step = 1;
}

static TfLiteStatus check_pairs(TfLiteContext* context, const TfLiteTensor* a, const TfLiteTensor* b, const side* left,
                                const side* right) {
  LN_CHECK(context, left->batch == right->batch && left->contract == right->contract,
           "lhs has %d batching and %d contracting dimensions, rhs %d and %d; they must be as many", left->batch,
           left->contract, right->batch, right->contract);
  for (int i = 0; i < left->batch + left->contract; ++i) {
    const int x = left->order[i < left->batch ? i : i + left->free];
    const int y = right->order[i < left->batch ? i : i + right->free];
    LN_CHECK(context, ln_dim(a, x) == ln_dim(b, y), "dimension %d of lhs is %d, %d of rhs %d; they must be equal", x,
             ln_dim(a, x), y, ln_dim(b, y));
  }
  return kTfLiteOk;
}

static TfLiteStatus resize_result(TfLiteContext* context, const TfLiteTensor* a, const TfLiteTensor* b,
                                  const dot_data* d, TfLiteTensor* output) {
  int32_t dims[2 * LN_MAX_RANK];
  int rank = 0;
  for (int i = 0; i < d->left.batch + d->left.free; ++i) dims[rank++] = ln_dim(a, d->left.order[i]);
  for (int i = d->right.batch; i < d->right.batch + d->right.free; ++i) dims[rank++] = ln_dim(b, d->right.order[i]);
  LN_CHECK(context, rank <= LN_MAX_RANK, "the result would have rank %d; at most %d is allowed", rank, LN_MAX_RANK);
  return ln_resize(context, output, rank, dims);
}

/* A temporary of as many elements as the tensor, or of none. */
static TfLiteStatus set_stage(TfLiteContext* context, TfLiteNode* node, int slot, bool used, const TfLiteTensor* like,
                              TfLiteType type) {
  const int32_t none = 0;
  if (!used) return ln_set_temporary(context, node, slot, type, kTfLiteArenaRw, 1, &none);
  return ln_set_temporary(context, node, slot, type, kTfLiteArenaRw, ln_rank(like),
                          like->dims != NULL ? like->dims->data : NULL);
}

static TfLiteStatus get_tensors(TfLiteContext* context, const TfLiteNode* node, const TfLiteTensor** a,
                                const TfLiteTensor** b, TfLiteTensor** output) {
  LN_TRY(ln_get_input(context, node, 0, a));
  LN_TRY(ln_get_input(context, node, 1, b));
  return ln_get_output(context, node, 0, output);
}

/* The tensor that the product reads. */
static const TfLiteTensor* read_by_product(TfLiteContext* context, const TfLiteNode* node, const TfLiteTensor* t,
                                           const side* s, int numbers, int arranged) {
  return s->arranged    ? ln_get_temporary(context, node, arranged)
         : s->converted ? ln_get_temporary(context, node, numbers)
                        : t;
}

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  const LinnetStablehloDotGeneralParams* p = node->builtin_data;
  dot_data* d = node->user_data;
  ln_contraction* c = &d->contraction;
  const TfLiteTensor *a, *b;
  TfLiteTensor* output;
  LN_CHECK(context, p != NULL, "the options are missing");
  LN_TRY(ln_check_io(context, node, 2, 2, 1));
  LN_TRY(ln_set_temporaries(context, node, kTemporaries, &d->first_temporary));
  LN_TRY(get_tensors(context, node, &a, &b, &output));
  LN_TRY(ln_contract_number(context, a, b, output, &c->number));
  LN_TRY(sort_dimensions(context, "lhs", a, p->lhs_batching_dimensions, p->num_lhs_batching_dimensions,
                         p->lhs_contracting_dimensions, p->num_lhs_contracting_dimensions, &d->left));
  LN_TRY(sort_dimensions(context, "rhs", b, p->rhs_batching_dimensions, p->num_rhs_batching_dimensions,
                         p->rhs_contracting_dimensions, p->num_rhs_contracting_dimensions, &d->right));
  LN_TRY(check_pairs(context, a, b, &d->left, &d->right));
  LN_TRY(resize_result(context, a, b, d, output));
  const TfLiteType type = ln_type_of_number(c->number);
  d->left.converted = a->type != type;
  d->right.converted = b->type != type;
  d->staged = output->type != type;
  plan_side(a, true, &d->left);
  plan_side(b, false, &d->right);
  LN_TRY(set_stage(context, node, kLeftNumbers, d->left.converted, a, type));
  LN_TRY(set_stage(context, node, kLeft, d->left.arranged, a, type));
  LN_TRY(set_stage(context, node, kRightNumbers, d->right.converted, b, type));
  LN_TRY(set_stage(context, node, kRight, d->right.arranged, b, type));
  LN_TRY(set_stage(context, node, kResult, d->staged, output, type));
  c->parts = d->left.parts;
  c->rows = d->left.rows;
  c->columns = d->right.rows;
  c->depth = d->left.depth;
  c->a_part = d->left.part_step;
  c->a_row = d->left.row_step;
  c->b_part = d->right.part_step;
  c->b_column = d->right.row_step;
  c->b_depth = d->right.depth_step;
  c->out_row = c->columns;
  c->out_part = c->rows * c->columns;
  LN_TRY(ln_contract_prepare(context, c, read_by_product(context, node, b, &d->right, kRightNumbers, kRight)));
  return ln_set_scratch(context, node, kScratch, c->scratch_bytes);
}

/* The operand's data as the product reads it. */
static const TfLiteTensor* arrange(TfLiteContext* context, const TfLiteNode* node, const TfLiteTensor* t, const side* s,
                                   ln_number number, int numbers, int arranged) {
  const char* data = t->data.raw;
  if (s->converted) {
    TfLiteTensor* stage = ln_get_temporary(context, node, numbers);
    ln_element_load(t, number, stage->data.raw);
    data = stage->data.raw;
  }
  if (s->arranged) {
    ptrdiff_t strides[LN_MAX_RANK], to[LN_MAX_RANK];
    int32_t dims[LN_MAX_RANK];
    const int rank = ln_rank(t);
    const size_t width = ln_number_size(number);
    ln_copy_shape shape = {0};
    for (int i = 0; i < rank; ++i) dims[i] = ln_dim(t, s->order[i]);
    ln_strides(rank, t->dims->data, width, strides);
    ln_strides(rank, dims, width, to);
    for (int i = 0; i < rank; ++i) ln_copy_add(&shape, (size_t)dims[i], strides[s->order[i]], to[i]);
    ln_strided_copy(&shape, data, ln_get_temporary(context, node, arranged)->data.raw, width);
  }
  return read_by_product(context, node, t, s, numbers, arranged);
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  dot_data* d = node->user_data;
  const TfLiteTensor *a, *b;
  TfLiteTensor* output;
  LN_TRY(get_tensors(context, node, &a, &b, &output));
  if (output->bytes == 0) return kTfLiteOk;
  const ln_number number = d->contraction.number;
  const TfLiteTensor* left = arrange(context, node, a, &d->left, number, kLeftNumbers, kLeft);
  const TfLiteTensor* right = arrange(context, node, b, &d->right, number, kRightNumbers, kRight);
  void* out = d->staged ? ln_get_temporary(context, node, kResult)->data.raw : output->data.raw;
  LN_TRY(ln_contract_run(context, &d->contraction, ln_get_temporary(context, node, kScratch)->data.raw, left->data.raw,
                         right, out));
  if (d->staged) ln_element_store(number, out, output);
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_stablehlo_dot_general = {
    .init = init, .free = free_data, .prepare = prepare, .invoke = invoke};
