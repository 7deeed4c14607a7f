/* Deletion in any order: model, options, operator, delegate, interpreters and runners, all orders of six, each of those
 * that are left used after every step. */
#include "linnet/linnet.h"
#include "scale_op.h"

enum { MODEL, OPTIONS, OPERATOR, DELEGATE, FIRST, SECOND, KINDS };

static messages msgs;

/* An opaque delegate that looks at the graph and takes nothing. */
static TfLiteStatus look(TfLiteOpaqueContext* context, TfLiteOpaqueDelegate* delegate, void* data) {
  (void)delegate;
  ++*(int*)data;
  TfLiteIntArray* plan;
  return plain_context(context)->GetExecutionPlan(plain_context(context), &plan);
}

typedef struct objects {
  TfLiteModel* model;
  TfLiteInterpreterOptions* options;
  TfLiteOperator* op;
  TfLiteOpaqueDelegate* delegate;
  TfLiteInterpreter* interpreters[2];
} objects;

static int looks;

static objects make(void) {
  const TfLiteOpaqueDelegateBuilder builder = {.data = &looks, .Prepare = look};
  objects o = {load_model("custom_operator"),
               options_with(&msgs),
               scale_operator(),
               TfLiteOpaqueDelegateCreate(&builder),
               {NULL, NULL}};
  looks = 0;
  TfLiteInterpreterOptionsAddOperator(o.options, o.op);
  TfLiteInterpreterOptionsAddDelegate(o.options, o.delegate);
  for (int i = 0; i < 2; ++i) {
    o.interpreters[i] = TfLiteInterpreterCreate(o.model, o.options);
    CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(o.interpreters[i]), kTfLiteOk);
  }
  CHECK_EQ_INT(looks, 2);
  return o;
}

static void delete_one(objects* o, int kind) {
  switch (kind) {
    case MODEL:
      TfLiteModelDelete(o->model);
      o->model = NULL;
      break;
    case OPTIONS:
      TfLiteInterpreterOptionsDelete(o->options);
      o->options = NULL;
      break;
    case OPERATOR:
      TfLiteOperatorDelete(o->op);
      o->op = NULL;
      break;
    case DELEGATE:
      TfLiteOpaqueDelegateDelete(o->delegate);
      o->delegate = NULL;
      break;
    default:
      TfLiteInterpreterDelete(o->interpreters[kind - FIRST]);
      o->interpreters[kind - FIRST] = NULL;
  }
}

/* Everything that is left works: interpreters with other shapes too, which ask the delegate again. */
static bool works(const objects* o) {
  for (int i = 0; i < 2; ++i) {
    TfLiteInterpreter* interpreter = o->interpreters[i];
    if (interpreter == NULL) continue;
    for (int length = 3; length >= 2; --length)
      if (TfLiteInterpreterResizeInputTensor(interpreter, 0, &length, 1) != kTfLiteOk ||
          TfLiteInterpreterAllocateTensors(interpreter) != kTfLiteOk)
        return false;
    if (!scales_by(interpreter, 2.5f)) return false;
  }
  /* Options keep the operator and the delegate. */
  if (o->model != NULL && o->options != NULL) {
    TfLiteInterpreter* another = TfLiteInterpreterCreate(o->model, o->options);
    const bool ok = TfLiteInterpreterAllocateTensors(another) == kTfLiteOk && scales_by(another, 2.5f);
    TfLiteInterpreterDelete(another);
    if (!ok) return false;
  }
  if (o->op != NULL && TfLiteOperatorGetVersion(o->op) != 1) return false;
  return o->delegate == NULL || TfLiteOpaqueDelegateGetData(o->delegate) == &looks;
}

static void test_orders(void) {
  int order[KINDS] = {0, 1, 2, 3, 4, 5}, orders = 0;
  for (bool more = true; more; ++orders) {
    objects o = make();
    bool ok = works(&o);
    for (int i = 0; i < KINDS; ++i) {
      delete_one(&o, order[i]);
      ok = ok && works(&o);
    }
    if (!CHECK(ok)) printf("  order %d %d %d %d %d %d\n", order[0], order[1], order[2], order[3], order[4], order[5]);
    CHECK_EQ_INT(scale_seen.init, scale_seen.free);
    /* The next order, by size. */
    int i = KINDS - 2;
    while (i >= 0 && order[i] > order[i + 1]) --i;
    more = i >= 0;
    if (!more) continue;
    int k = KINDS - 1;
    while (order[k] < order[i]) --k;
    const int swapped = order[i];
    order[i] = order[k];
    order[k] = swapped;
    for (int a = i + 1, b = KINDS - 1; a < b; ++a, --b) {
      const int kept = order[a];
      order[a] = order[b];
      order[b] = kept;
    }
  }
  CHECK_EQ_INT(orders, 720);
}

/* Runners and their interpreter, all six orders; a runner without its interpreter answers as none. */
static void test_runners(void) {
  static const int kOrders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
  for (int k = 0; k < 6; ++k) {
    TfLiteInterpreter* interpreter = create_interpreter("two_signatures", &msgs);
    TfLiteSignatureRunner* runners[2] = {TfLiteInterpreterGetSignatureRunner(interpreter, "add"),
                                         TfLiteInterpreterGetSignatureRunner(interpreter, "scale")};
    for (int i = 0; i < 3; ++i) {
      const int what = kOrders[k][i];
      if (what == 2) {
        TfLiteInterpreterDelete(interpreter);
        interpreter = NULL;
      } else {
        TfLiteSignatureRunnerDelete(runners[what]);
        runners[what] = NULL;
      }
      for (int r = 0; r < 2; ++r) {
        const bool alive = interpreter != NULL && runners[r] != NULL;
        const size_t inputs = r == 0 ? 2 : 1;
        CHECK_EQ_INT(TfLiteSignatureRunnerGetInputCount(runners[r]), alive ? inputs : 0);
        CHECK_EQ_INT(TfLiteSignatureRunnerAllocateTensors(runners[r]), alive ? kTfLiteOk : kTfLiteError);
        CHECK_EQ_INT(TfLiteSignatureRunnerInvoke(runners[r]), alive ? kTfLiteOk : kTfLiteError);
      }
    }
  }
}

/* A buffer is the caller's until the last interpreter over it is gone; other models over it do not matter. */
static void test_shared_buffer(void) {
  FILE* file = fopen(data_path("dynamic_add"), "rb");
  char bytes[4096];
  const size_t size = file != NULL ? fread(bytes, 1, sizeof bytes, file) : 0;
  if (file != NULL) fclose(file);
  TfLiteModel* a = TfLiteModelCreate(bytes, size);
  TfLiteModel* b = TfLiteModelCreate(bytes, size);
  TfLiteInterpreter* of_a = TfLiteInterpreterCreate(a, NULL);
  TfLiteInterpreter* of_b = TfLiteInterpreterCreate(b, NULL);
  TfLiteModelDelete(a);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(of_a), kTfLiteOk);
  TfLiteInterpreterDelete(of_a);
  TfLiteModelDelete(b);
  CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(of_b), kTfLiteOk);
  CHECK(set_floats(of_b, 0, FLOATS(1, 1, 1), 3));
  CHECK_EQ_INT(TfLiteInterpreterInvoke(of_b), kTfLiteOk);
  CHECK(output_is(of_b, 0, FLOATS(2, 3, 4), 3));
  TfLiteInterpreterDelete(of_b);
}

int main(void) {
  test_orders();
  test_runners();
  test_shared_buffer();
  return check_report();
}
