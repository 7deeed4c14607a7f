#include "convert/import/keras_einsum.h"

#include <stdio.h>
#include <string.h>

/* The letters of each part, with an ellipsis as capital letters; letters by what becomes of them. */
typedef struct equation {
  char x[LN_MAX_DIMS + 1], y[LN_MAX_DIMS + 1], out[LN_MAX_DIMS + 1];
  char batch[LN_MAX_DIMS + 1], left[LN_MAX_DIMS + 1], right[LN_MAX_DIMS + 1], inner[LN_MAX_DIMS + 1];
} equation;

static bool add_letter(char* part, char letter) {
  const size_t length = strlen(part);
  if (length == LN_MAX_DIMS || strchr(part, letter) != NULL) return false;
  part[length] = letter;
  part[length + 1] = 0;
  return true;
}

/* One part, which ends at a comma, an arrow or the end; an ellipsis stands for `extra` dimensions. */
static const char* read_part(const char* text, char* part, int extra) {
  for (; *text != 0 && *text != ',' && *text != '-'; ++text) {
    if (*text == ' ') continue;
    if (strncmp(text, "...", 3) == 0) {
      for (int i = 0; i < extra; ++i)
        if (!add_letter(part, (char)('0' + i))) return NULL;
      text += 2;
      continue;
    }
    if (!((*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z')) || !add_letter(part, *text)) return NULL;
  }
  return text;
}

static int letters_of(const char* text) {
  int count = 0;
  for (; *text != 0 && *text != ',' && *text != '-'; ++text) count += *text != ' ' && *text != '.';
  return count;
}

static bool parse(const char* text, int x_rank, int y_rank, equation* e) {
  memset(e, 0, sizeof *e);
  const char* comma = strchr(text, ',');
  if (comma == NULL) return false;
  int extra = x_rank - letters_of(text);
  const int second = y_rank - letters_of(comma + 1);
  if (strncmp(comma + 1, "...", 3) == 0 && second > extra) extra = second;
  if (extra < 0 || extra > LN_MAX_DIMS) return false;
  const char* at = read_part(text, e->x, extra);
  if (at == NULL || *at != ',') return false;
  at = read_part(at + 1, e->y, second < 0 ? 0 : second);
  if (at == NULL || strncmp(at, "->", 2) != 0) return false;
  at = read_part(at + 2, e->out, extra);
  if (at == NULL || *at != 0 || (int)strlen(e->x) != x_rank || (int)strlen(e->y) != y_rank) return false;
  for (const char* c = e->x; *c != 0; ++c) {
    const bool shared = strchr(e->y, *c) != NULL, stays = strchr(e->out, *c) != NULL;
    if (!shared && !stays) return false;
    if (!add_letter(shared ? (stays ? e->batch : e->inner) : e->left, *c)) return false;
  }
  for (const char* c = e->y; *c != 0; ++c)
    if (strchr(e->x, *c) == NULL && (strchr(e->out, *c) == NULL || !add_letter(e->right, *c))) return false;
  return strlen(e->out) == strlen(e->batch) + strlen(e->left) + strlen(e->right);
}

/* x with its letters in another order. */
static ln_tensor* arrange(ln_keras_call* call, ln_tensor* x, const char* from, const char* to, const char* name) {
  int32_t order[LN_MAX_DIMS];
  if (strcmp(from, to) == 0) return x;
  for (int i = 0; to[i] != 0; ++i) order[i] = (int32_t)(strchr(from, to[i]) - from);
  return ln_build_transpose(&call->b, x, order, name);
}

/* The extents of letters as one; -1: unknown. */
static int32_t product(const ln_tensor* x, const char* letters, const char* of) {
  int64_t all = 1;
  for (const char* c = of; *c != 0; ++c) {
    const int32_t extent = ln_dim(x, (int)(strchr(letters, *c) - letters));
    if (extent < 0 || all * extent > INT32_MAX) return -1;
    all *= extent;
  }
  return (int32_t)all;
}

/* [batch..., first as one, second as one]. */
static ln_tensor* as_matrices(ln_keras_call* call, ln_tensor* x, const char* letters, const char* batch,
                              const char* first, const char* second) {
  char order[3 * LN_MAX_DIMS + 3];
  int32_t dims[LN_MAX_DIMS + 2];
  snprintf(order, sizeof order, "%s%s%s", batch, first, second);
  ln_tensor* y = arrange(call, x, letters, order, ln_keras_name(call, "arranged"));
  int rank = 0;
  for (; batch[rank] != 0; ++rank) dims[rank] = LN_KERAS_DIM(rank);
  const size_t counts[] = {strlen(first), strlen(second)};
  if (counts[0] == 1 && counts[1] == 1) return y;
  dims[rank] = counts[0] == 1 ? LN_KERAS_DIM(rank) : product(x, letters, first);
  dims[rank + 1] = counts[1] == 1 ? LN_KERAS_DIM((int)strlen(order) - 1) : product(x, letters, second);
  return ln_keras_reshape(call, y, rank + 2, dims, ln_keras_name(call, "matrices"));
}

static ln_tensor* no_einsum(ln_keras_call* call, const char* text) {
  ln_keras_fail(call, "the equation \"%s\" is no sum of products of two tensors that can be converted", text);
  return NULL;
}

ln_tensor* ln_keras_einsum(ln_keras_call* call, const char* text, ln_tensor* x, ln_tensor* y, const char* name) {
  equation e;
  if (x->broken || y->broken) return x->broken ? x : y;
  if (!parse(text, x->rank, y->rank, &e) || strlen(e.batch) > 3) return no_einsum(call, text);
  const size_t batch = strlen(e.batch), left = strlen(e.left);
  ln_tensor* const inputs[] = {as_matrices(call, x, e.x, e.batch, e.left, e.inner),
                               as_matrices(call, y, e.y, e.batch, e.right, e.inner)};
  ln_node* node = ln_build_node(&call->b, LN_OP_BATCH_MATMUL, 2, inputs);
  LN_SET(node, BatchMatMulOptions, adj_y, 1);
  ln_tensor* z = ln_build_done(node, ln_keras_name(call, "products"), 1);
  char order[3 * LN_MAX_DIMS + 3];
  int32_t dims[3 * LN_MAX_DIMS];
  snprintf(order, sizeof order, "%s%s%s", e.batch, e.left, e.right);
  const int rank = (int)strlen(order);
  if (rank > LN_MAX_DIMS) return no_einsum(call, text);
  for (size_t i = 0; i < (size_t)rank; ++i) {
    const char letter[2] = {order[i], 0};
    dims[i] = i < batch          ? LN_KERAS_DIM((int)i)
              : i < batch + left ? (left == 1 ? LN_KERAS_DIM((int)batch) : product(x, e.x, letter))
                                 : (strlen(e.right) == 1 ? LN_KERAS_DIM((int)batch + 1) : product(y, e.y, letter));
  }
  if (left != 1 || strlen(e.right) != 1) z = ln_keras_reshape(call, z, rank, dims, ln_keras_name(call, "spread"));
  return arrange(call, z, order, e.out, name);
}

ln_tensor* ln_keras_einsum_weights(ln_keras_call* call, const char* text, ln_tensor* x, const ln_keras_array* weights,
                                   const char* name) {
  equation e;
  if (x->broken) return x;
  if (!parse(text, x->rank, weights->rank, &e)) return no_einsum(call, text);
  if (e.batch[0] != 0 || e.left[0] == 0) {
    return ln_keras_einsum(call, text, x, ln_keras_constant(call, weights, "kernel"), name);
  }
  int order[LN_MAX_DIMS], count = 0;
  char arranged[2 * LN_MAX_DIMS + 2];
  int32_t dims[2 * LN_MAX_DIMS], matrix[2] = {1, 1};
  for (const char* c = e.right; *c != 0; ++c) order[count++] = (int)(strchr(e.y, *c) - e.y);
  for (const char* c = e.inner; *c != 0; ++c) order[count++] = (int)(strchr(e.y, *c) - e.y);
  const int rights = (int)strlen(e.right), lefts = (int)strlen(e.left);
  ln_keras_array w = ln_keras_permute(call->job, weights, order);
  for (int i = 0; i < count; ++i) matrix[i >= rights] *= w.dims[i];
  ln_keras_array flat = w;
  flat.rank = 2;
  flat.dims[0] = matrix[0];
  flat.dims[1] = matrix[1];
  snprintf(arranged, sizeof arranged, "%s%s", e.left, e.inner);
  x = arrange(call, x, e.x, arranged, ln_keras_name(call, "arranged"));
  for (int i = 0; i < lefts; ++i) dims[i] = LN_KERAS_DIM(i);
  dims[lefts] = matrix[1];
  if (strlen(e.inner) != 1) x = ln_keras_reshape(call, x, lefts + 1, dims, ln_keras_name(call, "flat"));
  x = ln_keras_fully_connected(call, x, ln_keras_constant(call, &flat, "kernel"), ln_keras_zeros(call, matrix[0]),
                               ln_keras_name(call, "products"));
  snprintf(arranged, sizeof arranged, "%s%s", e.left, e.right);
  if (lefts + rights > LN_MAX_DIMS) return no_einsum(call, text);
  for (int i = 0; i < rights; ++i) dims[lefts + i] = w.dims[i];
  if (rights != 1) x = ln_keras_reshape(call, x, lefts + rights, dims, ln_keras_name(call, "spread"));
  return arrange(call, x, arranged, e.out, name);
}

/* ---- Of any number of tensors ---- */

enum { MAX_OPERANDS = 16, MAX_LETTERS = (MAX_OPERANDS + 2) * (LN_MAX_DIMS + 1) };

static void append(char* to, char letter) {
  const size_t length = strlen(to);
  to[length] = letter;
  to[length + 1] = 0;
}

/* Of letters in several places, each once. */
static void add_letters(char* to, const char* letters, const char* among) {
  for (const char* c = letters; *c != 0; ++c)
    if ((among == NULL || strchr(among, *c) != NULL) && strchr(to, *c) == NULL) append(to, *c);
}

/* Sums over the letters that are not wanted, which go. */
static ln_tensor* sum_others(ln_keras_call* call, ln_tensor* x, char* letters, const char* wanted) {
  int32_t axes[LN_MAX_DIMS];
  int count = 0;
  char left[LN_MAX_DIMS + 1] = "";
  for (int i = 0; letters[i] != 0; ++i)
    if (strchr(wanted, letters[i]) == NULL) axes[count++] = i;
  add_letters(left, letters, wanted);
  memcpy(letters, left, sizeof left);
  return count > 0 ? ln_build_reduce(&call->b, LN_OP_SUM, x, count, axes, false, ln_keras_name(call, "summed")) : x;
}

/* One tensor's dimensions in another order; NULL: they are not the same ones. */
static ln_tensor* reorder(ln_keras_call* call, ln_tensor* x, const char* letters, const char* out) {
  int32_t order[LN_MAX_DIMS];
  if (strlen(letters) != strlen(out)) return NULL;
  for (int i = 0; out[i] != 0; ++i) {
    const char* found = strchr(letters, out[i]);
    if (found == NULL) return NULL;
    order[i] = (int32_t)(found - letters);
  }
  return strcmp(letters, out) == 0 ? x : ln_build_transpose(&call->b, x, order, call->name);
}

/* The letters of all operands and the result; false: they do not fit. */
static bool parse_all(const ln_keras_call* call, const char* text, char (*letters)[LN_MAX_DIMS + 1], char* out) {
  int extra = 0;
  for (int i = 0; i < call->in_count; ++i) {
    const int own = strncmp(text, "...", 3) == 0 ? call->in[i]->rank - letters_of(text) : 0;
    const char* end = own >= 0 ? read_part(text, letters[i], own) : NULL;
    if (end == NULL || (int)strlen(letters[i]) != call->in[i]->rank || *end != (i + 1 < call->in_count ? ',' : '-'))
      return false;
    if (own > extra) extra = own;
    text = end + 1;
  }
  return *text == '>' && (text = read_part(text + 1, out, extra)) != NULL && *text == 0;
}

/* One after the other: what two of them make keeps the letters that are still needed. */
void ln_keras_einsum_all(ln_keras_call* call, const char* text) {
  char letters[MAX_OPERANDS][LN_MAX_DIMS + 1] = {""}, out[LN_MAX_DIMS + 1] = "";
  if (call->in_count > MAX_OPERANDS || strstr(text, "...") != NULL || !parse_all(call, text, letters, out)) {
    ln_keras_fail(call,
                  "its equation \"%s\" cannot be converted: up to %d operands with each letter once, and a result, can",
                  text, MAX_OPERANDS);
    return;
  }
  char own[LN_MAX_DIMS + 1];
  memcpy(own, letters[0], sizeof own);
  ln_tensor* y = call->in[0];
  for (int k = 1; k < call->in_count && y != NULL; ++k) {
    char rest[MAX_LETTERS] = "", both[MAX_LETTERS] = "", made[MAX_LETTERS] = "";
    const bool final = k + 1 == call->in_count;
    add_letters(rest, out, NULL);
    for (int i = k + 1; i < call->in_count; ++i) add_letters(rest, letters[i], NULL);
    add_letters(both, rest, NULL);
    add_letters(both, letters[k], NULL);
    y = sum_others(call, y, own, both);
    both[0] = 0;
    add_letters(both, rest, NULL);
    add_letters(both, own, NULL);
    ln_tensor* x = sum_others(call, call->in[k], letters[k], both);
    add_letters(made, final ? out : own, final ? NULL : rest);
    if (!final) add_letters(made, letters[k], rest);
    y = ln_keras_einsum(call, ln_job_text(call->job, "%s,%s->%s", own, letters[k], made), y, x,
                        final ? call->name : ln_keras_name(call, "product"));
    if (strlen(made) <= LN_MAX_DIMS) memcpy(own, made, sizeof own);
  }
  if (call->in_count == 1 && y != NULL) {
    y = reorder(call, sum_others(call, y, own, out), own, out);
    if (y == NULL) ln_keras_fail(call, "the result of its equation \"%s\" has letters that no operand has", text);
  }
  if (y != NULL) ln_keras_return(call, y);
}
