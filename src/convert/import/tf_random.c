/* Random numbers: of the same distributions as TensorFlow's, other numbers. */
#include <string.h>

#include "convert/import/tf_import.h"

static ln_tensor* draw(ln_tf_call* call, int code, ln_tensor* shape, const char* what) {
  ln_node* node = ln_build_node(&call->b, code, 1, &shape);
  LN_SET(node, RandomOptions, seed, ln_tf_int(call->def, "seed", 0));
  LN_SET(node, RandomOptions, seed2, ln_tf_int(call->def, "seed2", 0));
  return ln_build_done(node, what != NULL ? ln_tf_name(call, what) : call->name, 1);
}

/* Seeds of TensorFlow's stateless operators, where they are constant. */
static void stateless_floats(ln_tf_call* call) {
  const ln_tensor* seed = ln_tf_in(call, 1);
  const int code = ln_tf_code(call, ln_tf_random);
  int64_t numbers[2] = {0, 0};
  if (ln_tf_dtype(call->def, "dtype", LN_DT_FLOAT) != LN_DT_FLOAT) {
    ln_tf_fail(call, "only float32 numbers can be drawn");
    return;
  }
  if (!ln_tensor_ints(seed, 2, numbers) && ln_tensor_ints(seed, 1, numbers)) numbers[1] = 0;
  ln_tensor* shape = ln_tf_in_i32(call, 0);
  ln_node* node = ln_build_node(&call->b, code, 1, &shape);
  LN_SET(node, RandomOptions, seed, numbers[0]);
  LN_SET(node, RandomOptions, seed2, numbers[1]);
  ln_tf_return(call, 0, ln_build_done(node, call->name, 1));
}

static void random_floats(ln_tf_call* call) {
  if (ln_tf_dtype(call->def, "dtype", LN_DT_FLOAT) != LN_DT_FLOAT) {
    ln_tf_fail(call, "only float32 numbers can be drawn");
    return;
  }
  ln_tf_return(call, 0, draw(call, ln_tf_code(call, ln_tf_random), ln_tf_in_i32(call, 0), NULL));
}

/* floor(u * (high - low)) + low */
static void random_ints(ln_tf_call* call) {
  const int type = ln_tf_type(ln_tf_dtype(call->def, "Tout", LN_DT_INT32));
  ln_tensor *low = ln_tf_in(call, 1), *high = ln_tf_in(call, 2);
  ln_tensor* span = ln_build_cast(&call->b, ln_tf_binary(call, LN_OP_SUB, high, low, "span"), LN_TYPE_FLOAT32,
                                  ln_tf_name(call, "span"));
  ln_tensor* u = draw(call, LN_OP_RANDOM_UNIFORM, ln_tf_in_i32(call, 0), "uniform");
  ln_tensor* whole = ln_tf_unary(call, LN_OP_FLOOR, ln_tf_binary(call, LN_OP_MUL, u, span, "scaled"), "floor");
  whole = ln_build_cast(&call->b, whole, type, ln_tf_name(call, "whole"));
  ln_tf_return(call, 0, ln_tf_binary(call, LN_OP_ADD, whole, low, NULL));
}

static void multinomial(ln_tf_call* call) {
  const int type = ln_tf_type(ln_tf_dtype(call->def, "output_dtype", LN_DT_INT64));
  ln_tensor* const inputs[] = {ln_tf_in(call, 0), ln_tf_in_i32(call, 1)};
  ln_node* node = ln_build_node(&call->b, LN_OP_MULTINOMIAL, 2, inputs);
  LN_SET(node, RandomOptions, seed, ln_tf_int(call->def, "seed", 0));
  LN_SET(node, RandomOptions, seed2, ln_tf_int(call->def, "seed2", 0));
  ln_tf_return(call, 0, ln_build_cast(&call->b, ln_build_done(node, ln_tf_name(call, "drawn"), 1), type, call->name));
}

/* The key is the seed here; the counter and the algorithm are not looked at. */
static void key_of_seed(ln_tf_call* call) {
  ln_tf_return(call, 0, ln_tf_in(call, 0));
  ln_tf_return(call, 1, ln_tf_in(call, 0));
}

static void default_algorithm(ln_tf_call* call) { ln_tf_return(call, 0, ln_tf_scalar(call, LN_TYPE_INT32, 1, NULL)); }

const ln_tf_lowering ln_tf_random[] = {
    {"RandomUniform", random_floats, LN_OP_RANDOM_UNIFORM},
    {"RandomStandardNormal", random_floats, LN_OP_RANDOM_STANDARD_NORMAL},
    {"RandomUniformInt", random_ints, 0},
    {"StatelessRandomUniform", stateless_floats, LN_OP_RANDOM_UNIFORM},
    {"StatelessRandomUniformV2", stateless_floats, LN_OP_RANDOM_UNIFORM},
    {"StatelessRandomNormal", stateless_floats, LN_OP_RANDOM_STANDARD_NORMAL},
    {"StatelessRandomNormalV2", stateless_floats, LN_OP_RANDOM_STANDARD_NORMAL},
    {"StatelessRandomGetKeyCounter", key_of_seed, 0},
    {"StatelessRandomGetAlg", default_algorithm, 0},
    {"Multinomial", multinomial, 0},
    {NULL, NULL, 0},
};
