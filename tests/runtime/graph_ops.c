/* The custom operators of the runtime's tests. */
#include <string.h>

#include "base/clock.h"
#include "ops/op_util.h"
#include "runtime/graph.h"

ln_interpreter* cancel_target;
int live_kernels, backend_faults;

static TfLiteTensor* in(TfLiteContext* c, const TfLiteNode* n, int i) { return &c->tensors[n->inputs->data[i]]; }
static TfLiteTensor* out(TfLiteContext* c, const TfLiteNode* n) { return &c->tensors[n->outputs->data[0]]; }
static int extent(const TfLiteTensor* t) { return t->dims->data[0]; }

static TfLiteStatus like_input(TfLiteContext* c, TfLiteNode* n) {
  LN_TRY(ln_check_io(c, n, 1, 8, 1));
  return ln_resize_like(c, out(c, n), in(c, n, 0));
}

static TfLiteStatus add1(TfLiteContext* c, TfLiteNode* n) {
  for (int i = 0; i < extent(in(c, n, 0)); ++i) out(c, n)->data.f[i] = in(c, n, 0)->data.f[i] + 1;
  return kTfLiteOk;
}

static TfLiteStatus same(TfLiteContext* c, TfLiteNode* n) {
  if (out(c, n)->data.raw != in(c, n, 0)->data.raw)
    memcpy(out(c, n)->data.raw, in(c, n, 0)->data.raw, in(c, n, 0)->bytes);
  return kTfLiteOk;
}

static TfLiteStatus sum(TfLiteContext* c, TfLiteNode* n) {
  for (int i = 0; i < extent(in(c, n, 0)); ++i) out(c, n)->data.f[i] = in(c, n, 0)->data.f[i] + in(c, n, 1)->data.f[i];
  return kTfLiteOk;
}

/* mix: the output keeps its extent from the file; temporaries are filled with a pattern and read back. */
static void* mix_init(TfLiteContext* c, const char* buffer, size_t length) {
  (void)c, (void)buffer, (void)length;
  int* first = ln_malloc(sizeof *first);
  if (first == NULL) return NULL;
  *first = -1;
  ++live_kernels;
  return first;
}

static void mix_free(TfLiteContext* c, void* data) {
  (void)c;
  --live_kernels;
  ln_free(data);
}

static TfLiteStatus mix_prepare(TfLiteContext* c, TfLiteNode* n) {
  LN_CHECK(c, n->user_data != NULL, "no memory for the operator");
  const int32_t wide = 100, narrow = 3;
  LN_TRY(ln_set_temporaries(c, n, 2, n->user_data));
  LN_TRY(ln_set_temporary(c, n, 0, kTfLiteFloat32, kTfLiteArenaRw, 1, &wide));
  return ln_set_temporary(c, n, 1, kTfLiteFloat32, kTfLiteArenaRw, 1, &narrow);
}

static TfLiteStatus mix(TfLiteContext* c, TfLiteNode* n) {
  float hash = 1;
  TfLiteTensor *wide = ln_get_temporary(c, n, 0), *narrow = ln_get_temporary(c, n, 1), *result = out(c, n);
  for (int i = 0; i < extent(wide); ++i) wide->data.f[i] = (float)i;
  for (int i = 0; i < extent(narrow); ++i) narrow->data.f[i] = 7;
  for (int k = 0; k < n->inputs->size; ++k)
    for (int i = 0; i < extent(in(c, n, k)); ++i)
      hash = (float)((int)(hash * 31 + in(c, n, k)->data.f[i] * (float)(i + k + 1)) % 9973);
  for (int i = 0; i < extent(result); ++i) result->data.f[i] = hash + (float)i;
  for (int i = 0; i < extent(wide); ++i) LN_CHECK(c, wide->data.f[i] == (float)i, "the temporary was overwritten");
  for (int i = 0; i < extent(narrow); ++i) LN_CHECK(c, narrow->data.f[i] == 7, "the temporary was overwritten");
  return kTfLiteOk;
}

static TfLiteStatus grow_prepare(TfLiteContext* c, TfLiteNode* n) {
  ln_set_dynamic(out(c, n));
  return kTfLiteOk;
}

static TfLiteStatus grow(TfLiteContext* c, TfLiteNode* n) {
  const int32_t count = (int32_t)in(c, n, 0)->data.f[0];
  LN_TRY(ln_resize(c, out(c, n), 1, &count));
  for (int i = 0; i < count; ++i) out(c, n)->data.f[i] = (float)i;
  return kTfLiteOk;
}

/* spread: as mix, but the output's extent follows from the inputs too. */
static TfLiteStatus spread(TfLiteContext* c, TfLiteNode* n) {
  int hash = 1;
  for (int k = 0; k < n->inputs->size; ++k)
    for (int i = 0; i < extent(in(c, n, k)); ++i) hash = (hash * 31 + (int)in(c, n, k)->data.f[i]) % 9973;
  const int32_t count = 1 + hash % 90;
  LN_TRY(ln_resize(c, out(c, n), 1, &count));
  for (int i = 0; i < count; ++i) out(c, n)->data.f[i] = (float)(hash + i);
  return kTfLiteOk;
}

/* mix_like: as mix, the output gets input 0's shape. */
static TfLiteStatus mix_like_prepare(TfLiteContext* c, TfLiteNode* n) {
  LN_TRY(mix_prepare(c, n));
  return like_input(c, n);
}

static TfLiteStatus state(TfLiteContext* c, TfLiteNode* n) {
  for (int i = 0; i < extent(in(c, n, 0)); ++i) out(c, n)->data.f[i] = in(c, n, 1)->data.f[i] += in(c, n, 0)->data.f[i];
  return kTfLiteOk;
}

/* once: the factor is kept in a persistent temporary. */
static TfLiteStatus once_prepare(TfLiteContext* c, TfLiteNode* n) {
  LN_CHECK(c, n->user_data != NULL, "no memory for the operator");
  const int32_t one = 1;
  LN_TRY(ln_set_temporaries(c, n, 1, n->user_data));
  LN_TRY(ln_set_temporary(c, n, 0, kTfLiteFloat32, kTfLiteArenaRwPersistent, 1, &one));
  return like_input(c, n);
}

static TfLiteStatus once(TfLiteContext* c, TfLiteNode* n) {
  float* factor = ln_get_temporary(c, n, 0)->data.f;
  if (*factor == 0) *factor = in(c, n, 0)->data.f[0];
  for (int i = 0; i < extent(in(c, n, 0)); ++i) out(c, n)->data.f[i] = *factor * in(c, n, 0)->data.f[i];
  return kTfLiteOk;
}

static TfLiteStatus fail_loudly(TfLiteContext* c, TfLiteNode* n) {
  (void)n;
  LN_FAIL(c, "100%% wrong: %d", 42);
}

static TfLiteStatus fail_silently(TfLiteContext* c, TfLiteNode* n) {
  (void)c, (void)n;
  return kTfLiteError;
}

static TfLiteStatus widen_prepare(TfLiteContext* c, TfLiteNode* n) {
  const int32_t wide = 4096;
  LN_TRY(ln_resize(c, in(c, n, 0), 1, &wide));
  return like_input(c, n);
}

static TfLiteStatus cancel(TfLiteContext* c, TfLiteNode* n) {
  if (cancel_target != NULL) ln_interpreter_cancel(cancel_target);
  return add1(c, n);
}

static TfLiteStatus slow(TfLiteContext* c, TfLiteNode* n) {
  for (const uint64_t start = ln_clock_ns(); ln_clock_ns() - start < 3000000;) continue;
  return add1(c, n);
}

static TfLiteStatus call_subgraph(TfLiteContext* c, TfLiteNode* n, int32_t subgraph) {
  LinnetBackend* b = LinnetBackendOf(c);
  TfLiteContext* callee = b->SubgraphContext(b, subgraph);
  LN_CHECK(c, callee != NULL, "no such subgraph");
  LN_TRY(b->SubgraphResizeInput(b, subgraph, 0, in(c, n, 0)->dims));
  LN_TRY(b->SubgraphAllocate(b, subgraph));
  const TfLiteTensor* to = callee->GetTensor(callee, b->SubgraphInputs(b, subgraph)->data[0]);
  memcpy(to->data.raw, in(c, n, 0)->data.raw, to->bytes);
  LN_TRY(b->SubgraphInvoke(b, subgraph));
  const TfLiteTensor* from = callee->GetTensor(callee, b->SubgraphOutputs(b, subgraph)->data[0]);
  memcpy(out(c, n)->data.raw, from->data.raw, from->bytes);
  return kTfLiteOk;
}

static TfLiteStatus call(TfLiteContext* c, TfLiteNode* n) { return call_subgraph(c, n, 1); }
static TfLiteStatus self(TfLiteContext* c, TfLiteNode* n) { return call_subgraph(c, n, 0); }

static void fill_tile(void* arg, size_t tile) { ((float*)arg)[tile] = (float)tile; }

static TfLiteStatus parallel(TfLiteContext* c, TfLiteNode* n) {
  ln_parallel_for(c, fill_tile, out(c, n)->data.f, (size_t)extent(out(c, n)));
  return kTfLiteOk;
}

static void pack_bytes(void* destination, void* arg) { memset(destination, *(int*)arg, 10); }
static void free_resource(void* data) { ln_free(data); }

static TfLiteStatus backend(TfLiteContext* c, TfLiteNode* n) {
  LinnetBackend* b = LinnetBackendOf(c);
  int five = 5, six = 6;
  backend_faults = 0;
  const char* first = b->SharedPack(b, in(c, n, 1)->data.raw, 1, 10, pack_bytes, &five);
  backend_faults += first == NULL || first[9] != 5;
  backend_faults += b->SharedPack(b, in(c, n, 1)->data.raw, 1, 10, pack_bytes, &six) != first;
  backend_faults += b->SharedPack(b, in(c, n, 1)->data.raw, 1, 11, pack_bytes, &six) != NULL;
  const int32_t id = b->ResourceId(b, "", "x");
  backend_faults += id < 0 || b->ResourceId(b, NULL, "x") != id || b->ResourceId(b, "y", "x") == id;
  for (int i = 0; i < 2; ++i) backend_faults += b->SetResource(b, id, ln_malloc(1), free_resource) != kTfLiteOk;
  backend_faults += b->FindResource(b, id) == NULL || b->FindResource(b, 99) != NULL;
  backend_faults += b->SetResource(b, 99, ln_malloc(1), free_resource) == kTfLiteOk;
  backend_faults += b->SubgraphContext(b, 99) != NULL || b->SubgraphInputs(b, -1) != NULL;
  backend_faults +=
      b->SubgraphOnceFlag(b, 0) == NULL || *b->SubgraphOnceFlag(b, 0) || b->SubgraphOnceFlag(b, 9) != NULL;
  backend_faults += b->IsCancelled(b) || b->ThreadCount(b) != 1;
  return add1(c, n);
}

static TfLiteStatus backend_prepare(TfLiteContext* c, TfLiteNode* n) {
  LinnetBackendOf(c)->SetKernelName(LinnetBackendOf(c), "a_kernel");
  return like_input(c, n);
}

static TfLiteStatus copy_later(TfLiteContext* c, TfLiteNode* n) {
  const int32_t wide = 4096;
  return ln_resize(c, out(c, n), 1, &wide);
}

static TfLiteStatus text(TfLiteContext* c, TfLiteNode* n) {
  TfLiteTensor* t = out(c, n);
  const int32_t one = 1, words[3] = {1, 12, 12};
  if (TfLiteTensorRealloc(12, t) != kTfLiteOk) return kTfLiteError;
  memcpy(t->data.raw, words, sizeof words);
  return ln_resize(c, t, 1, &one);
}

static const TfLiteRegistration kOps[] = {
    {.custom_name = "add1", .prepare = like_input, .invoke = add1},
    {.custom_name = "add1_shared",
     .prepare = like_input,
     .invoke = add1,
     .inplace_operator = kTfLiteInplaceOpInput0Shared},
    {.custom_name = "same",
     .prepare = like_input,
     .invoke = same,
     .inplace_operator = kTfLiteInplaceOpInput0Shared | kTfLiteInplaceOpDataUnmodified},
    {.custom_name = "sum", .prepare = like_input, .invoke = sum, .inplace_operator = kTfLiteInplaceOpInput1Shared},
    {.custom_name = "mix", .init = mix_init, .free = mix_free, .prepare = mix_prepare, .invoke = mix},
    {.custom_name = "mix_shared",
     .init = mix_init,
     .free = mix_free,
     .prepare = mix_prepare,
     .invoke = mix,
     .inplace_operator = kTfLiteInplaceOpInput0Shared | kTfLiteInplaceOpInput1Shared},
    {.custom_name = "grow", .prepare = grow_prepare, .invoke = grow},
    {.custom_name = "spread", .prepare = grow_prepare, .invoke = spread},
    {.custom_name = "mix_like",
     .init = mix_init,
     .free = mix_free,
     .prepare = mix_like_prepare,
     .invoke = mix,
     .inplace_operator = kTfLiteInplaceOpInput0Shared},
    {.custom_name = "state", .prepare = like_input, .invoke = state},
    {.custom_name = "once", .init = mix_init, .free = mix_free, .prepare = once_prepare, .invoke = once},
    {.custom_name = "fail_prepare", .prepare = fail_loudly, .invoke = add1},
    {.custom_name = "fail_invoke", .prepare = like_input, .invoke = fail_loudly},
    {.custom_name = "silent", .prepare = fail_silently, .invoke = add1},
    {.custom_name = "widen", .prepare = widen_prepare, .invoke = add1},
    {.custom_name = "cancel", .prepare = like_input, .invoke = cancel},
    {.custom_name = "slow", .prepare = like_input, .invoke = slow},
    {.custom_name = "call", .prepare = like_input, .invoke = call},
    {.custom_name = "self", .prepare = like_input, .invoke = self},
    {.custom_name = "parallel", .invoke = parallel},
    {.custom_name = "backend", .prepare = backend_prepare, .invoke = backend},
    {.custom_name = "copy_later", .prepare = like_input, .invoke = copy_later},
    {.custom_name = "text", .invoke = text},
};

static const TfLiteRegistration* find_custom(void* user_data, const char* name, int version) {
  (void)user_data, (void)version;
  for (size_t i = 0; i < sizeof kOps / sizeof kOps[0]; ++i)
    if (strcmp(kOps[i].custom_name, name) == 0) return &kOps[i];
  return NULL;
}

static const TfLiteRegistration* find_builtin(void* user_data, int32_t code, int version) {
  (void)user_data, (void)code, (void)version;
  return NULL;
}

const ln_op_resolver kTestResolver = {find_builtin, find_custom, NULL, NULL};
