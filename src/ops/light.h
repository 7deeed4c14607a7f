/* Nodes that work on a few rows of data, such as those between the products of a recurrent layer, made ready to be run
 * without the interpreter: a row function with its parameters and tensors, or a stretch of bytes to copy. */
#ifndef LN_OPS_LIGHT_H_
#define LN_OPS_LIGHT_H_

#include <string.h>

#include "kernels/generic/binary.h"
#include "kernels/generic/unary.h"
#include "ops/op_util.h"

/* What one such node, or an output of it, does. Tensors are of one context. */
typedef struct ln_light {
  ln_binary_row binary; /* or */
  ln_unary_row unary;   /* or both NULL: a copy of `count` bytes */
  const void* params;   /* the node's */
  int32_t a, b, out;    /* b: of a binary one */
  size_t a_step, b_step, count;
  size_t a_offset, out_offset; /* of a copy, in bytes */
  const char *a_data, *b_data; /* by ln_light_bind */
  char* out_data;
} ln_light;

/* The node as at most `most` of these, with known shapes; 0: it is not of the library's light ones. */
int ln_light_make(TfLiteContext* context, const TfLiteNode* node, const TfLiteRegistration* registration,
                  ln_light* light, int most);

/* Finds the tensors' memory, which must stay where it is until the last ln_light_run; false: there is none. */
bool ln_light_bind(TfLiteContext* context, ln_light* light);

static inline void ln_light_run(const ln_light* l) {
  if (l->binary != NULL)
    l->binary(l->params, l->a_data, l->a_step, l->b_data, l->b_step, l->out_data, l->count);
  else if (l->unary != NULL)
    l->unary(l->params, l->a_data, l->out_data, l->count);
  else
    memmove(l->out_data, l->a_data, l->count);
}

/* Row functions and parameters of prepared nodes of ADD and SUB, of MUL, and of LOGISTIC and TANH; false: another form.
 */
bool ln_add_row_of(const TfLiteNode* node, ln_binary_row* row, const void** params);
bool ln_mul_row_of(const TfLiteNode* node, ln_binary_row* row, const void** params);
bool ln_sigmoid_row_of(const TfLiteNode* node, int32_t code, TfLiteType type, ln_unary_row* row, const void** params);

#endif
