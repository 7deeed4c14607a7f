/* Variables: they keep their state over invokes, are reset when asked, and each interpreter has its own. */
#include "client.h"

static messages msgs;

/* Gives {1, 2} and tells whether the sum of the last three inputs is `n` times that. */
static bool sum_is(TfLiteInterpreter* interpreter, float n) {
  return set_floats(interpreter, 0, FLOATS(1, 2), 2) && TfLiteInterpreterInvoke(interpreter) == kTfLiteOk &&
         output_is(interpreter, 0, FLOATS(n, 2 * n), 2);
}

/* Adds {1, 2} to the resource variable and tells what it has become. */
static bool state_becomes(TfLiteInterpreter* interpreter, float first, float second) {
  return set_floats(interpreter, 0, FLOATS(1, 2), 2) && TfLiteInterpreterInvoke(interpreter) == kTfLiteOk &&
         output_is(interpreter, 0, FLOATS(first, second), 2);
}

static void test_null(void) {
  CHECK_EQ_INT(TfLiteInterpreterResetVariableTensors(NULL), kTfLiteError);
  CHECK_EQ_INT(TfLiteInterpreterGetVariableTensorCount(NULL), 0);
  CHECK(TfLiteInterpreterGetVariableTensor(NULL, 0) == NULL);
}

static void test_state(void) {
  TfLiteInterpreter* interpreter = create_interpreter("variable_tensor", &msgs);
  CHECK_EQ_INT(TfLiteInterpreterGetVariableTensorCount(interpreter), 1);
  TfLiteTensor* state = TfLiteInterpreterGetVariableTensor(interpreter, 0);
  CHECK(state != NULL && state->is_variable && TfLiteTensorData(state) == NULL);
  CHECK_EQ_STR(TfLiteTensorName(state), "state");
  CHECK(TfLiteInterpreterGetVariableTensor(interpreter, 1) == NULL);
  CHECK(TfLiteInterpreterGetVariableTensor(interpreter, -1) == NULL);
  CHECK(TfLiteInterpreterGetVariableTensor(interpreter, INT32_MAX) == NULL);
  CHECK_EQ_INT(TfLiteInterpreterResetVariableTensors(interpreter), kTfLiteOk); /* nothing is there yet */
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
  CHECK(TfLiteInterpreterGetVariableTensor(interpreter, 0) == state);
  CHECK_EQ_INT(TfLiteTensorGetAllocationStrategy(state), kTfLiteAllocationStrategyArena);
  CHECK_EQ_INT(TfLiteTensorGetDataStability(state), kTfLiteRunStabilityAcrossRuns);

  CHECK(sum_is(interpreter, 1));
  CHECK(sum_is(interpreter, 2));
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk); /* nothing to do: the state stays */
  CHECK(sum_is(interpreter, 3));
  CHECK(sum_is(interpreter, 3));
  CHECK_EQ_INT(TfLiteInterpreterResetVariableTensors(interpreter), kTfLiteOk);
  CHECK(sum_is(interpreter, 1));

  /* A client may read and write the state. */
  float values[6] = {0};
  CHECK_EQ_INT(TfLiteTensorCopyToBuffer(state, values, sizeof values), kTfLiteOk);
  CHECK(values[2] == 1 && values[5] == 2);
  values[2] = 4;
  values[5] = 8;
  CHECK_EQ_INT(TfLiteTensorCopyFromBuffer(state, values, sizeof values), kTfLiteOk);
  CHECK(sum_is(interpreter, 5));

  /* Shapes that change bring new variables. */
  CHECK_EQ_INT(TfLiteInterpreterResizeInputTensor(interpreter, 0, (const int[]){2, 2}, 2), kTfLiteOk);
  CHECK(TfLiteInterpreterAllocateTensors(interpreter) != kTfLiteOk); /* the state is for one row */
  CHECK_EQ_INT(TfLiteInterpreterResizeInputTensor(interpreter, 0, (const int[]){1, 2}, 2), kTfLiteOk);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
  CHECK(sum_is(interpreter, 1));
  TfLiteInterpreterDelete(interpreter);
}

static void test_two_interpreters(void) {
  TfLiteInterpreter* a = ready_interpreter("variable_tensor", &msgs);
  TfLiteInterpreter* b = ready_interpreter("variable_tensor", &msgs);
  CHECK(sum_is(a, 1) && sum_is(a, 2));
  CHECK(sum_is(b, 1));
  TfLiteInterpreterDelete(a);
  CHECK(sum_is(b, 2));
  TfLiteInterpreterDelete(b);
}

/* A resource variable lives in the interpreter, not in a tensor: it is set up once, and resetting leaves it alone. */
static void test_resource(void) {
  TfLiteInterpreter* interpreter = ready_interpreter("call_once_variable", &msgs);
  CHECK_EQ_INT(TfLiteInterpreterGetVariableTensorCount(interpreter), 0);
  CHECK(state_becomes(interpreter, 11, 22));
  CHECK(state_becomes(interpreter, 12, 24));
  CHECK_EQ_INT(TfLiteInterpreterResetVariableTensors(interpreter), kTfLiteOk);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
  CHECK(state_becomes(interpreter, 13, 26));
  TfLiteInterpreterDelete(interpreter);
  interpreter = ready_interpreter("call_once_variable", &msgs);
  CHECK(state_becomes(interpreter, 11, 22));
  TfLiteInterpreterDelete(interpreter);
}

/* What an operator keeps by itself is a variable as well. */
static void test_operator_state(void) {
  TfLiteInterpreter* interpreter = create_interpreter("operator_state", &msgs);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
  for (int round = 0; round < 2; ++round) {
    CHECK(set_floats(interpreter, 0, FLOATS(1, 2), 2));
    CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteOk);
    CHECK(output_is(interpreter, 0, FLOATS(1), 1));
    CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk); /* nothing to do: the state stays */
    CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteOk);
    CHECK(output_is(interpreter, 0, FLOATS(3), 1));
    CHECK_EQ_INT(TfLiteInterpreterResetVariableTensors(interpreter), kTfLiteOk);
  }
  TfLiteInterpreterDelete(interpreter);
}

int main(void) {
  test_null();
  test_state();
  test_two_interpreters();
  test_resource();
  test_operator_state();
  return check_report();
}
