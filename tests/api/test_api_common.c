/* The functions of common.h: arrays, tensors' memory, copies, names. */
#include <stdint.h>

#include "client.h"

static void test_arrays(void) {
  CHECK_EQ_INT(TfLiteIntArrayGetSizeInBytes(0), sizeof(int));
  CHECK_EQ_INT(TfLiteIntArrayGetSizeInBytes(3), 4 * sizeof(int));
  CHECK_EQ_INT(TfLiteFloatArrayGetSizeInBytes(3), 4 * sizeof(float));
  CHECK(TfLiteIntArrayCreate(-1) == NULL);
  CHECK(TfLiteFloatArrayCreate(-1) == NULL);
  TfLiteIntArray* a = TfLiteIntArrayCreate(3);
  for (int i = 0; i < 3; ++i) a->data[i] = i * i;
  TfLiteIntArray* b = TfLiteIntArrayCopy(a);
  CHECK_EQ_INT(TfLiteIntArrayEqual(a, b), 1);
  CHECK_EQ_INT(TfLiteIntArrayEqual(a, NULL), 0);
  CHECK_EQ_INT(TfLiteIntArrayEqual(NULL, NULL), 1);
  CHECK_EQ_INT(TfLiteIntArrayEqualsArray(a, 3, (const int[]){0, 1, 4}), 1);
  CHECK_EQ_INT(TfLiteIntArrayEqualsArray(a, 2, (const int[]){0, 1}), 0);
  CHECK_EQ_INT(TfLiteIntArrayEqualsArray(NULL, 0, NULL), 1);
  CHECK_EQ_INT(TfLiteIntArrayEqualsArray(NULL, 1, (const int[]){0}), 0);
  b->data[1] = 7;
  CHECK_EQ_INT(TfLiteIntArrayEqual(a, b), 0);
  CHECK(TfLiteIntArrayCopy(NULL) == NULL);
  TfLiteIntArrayFree(a);
  TfLiteIntArrayFree(b);
  TfLiteIntArrayFree(NULL);
  TfLiteIntArray* empty = TfLiteIntArrayCreate(0);
  CHECK(empty != NULL && empty->size == 0 && TfLiteIntArrayEqualsArray(empty, 0, NULL) == 1);
  TfLiteIntArrayFree(empty);
  TfLiteFloatArray* f = TfLiteFloatArrayCreate(2);
  f->data[0] = 1;
  f->data[1] = 2;
  TfLiteFloatArray* g = TfLiteFloatArrayCopy(f);
  CHECK(g->size == 2 && g->data[1] == 2);
  TfLiteFloatArrayFree(f);
  TfLiteFloatArrayFree(g);
  TfLiteFloatArrayFree(NULL);
  CHECK(TfLiteFloatArrayCopy(NULL) == NULL);
}

static void test_names(void) {
  CHECK_EQ_STR(TfLiteTypeGetName(kTfLiteFloat32), "FLOAT32");
  CHECK_EQ_STR(TfLiteTypeGetName(kTfLiteInt4), "INT4");
  CHECK_EQ_STR(TfLiteTypeGetName(kTfLiteNoType), "NOTYPE");
  CHECK_EQ_STR(TfLiteTypeGetName((TfLiteType)999), "Unknown type");
  CHECK(TfLiteKernelInitFailed() == (void*)(intptr_t)-1);
}

static void test_realloc(void) {
  TfLiteTensor t = {.type = kTfLiteUInt8, .allocation_type = kTfLiteDynamic};
  CHECK_EQ_INT(TfLiteTensorRealloc(4, &t), kTfLiteOk);
  CHECK(t.bytes == 4 && t.data.uint8[3] == 0);
  memcpy(t.data.raw, "abcd", 4);
  CHECK_EQ_INT(TfLiteTensorRealloc(1000, &t), kTfLiteOk);
  CHECK(memcmp(t.data.raw, "abcd", 5) == 0);
  CHECK_EQ_INT(TfLiteTensorRealloc(2, &t), kTfLiteOk);
  CHECK_EQ_INT(t.bytes, 2);
  CHECK_EQ_INT(TfLiteTensorResizeMaybeCopy(100, &t, false), kTfLiteOk);
  CHECK_EQ_INT(t.bytes, 100);
  CHECK_EQ_INT(TfLiteTensorRealloc(0, &t), kTfLiteOk);
  CHECK(t.bytes == 0 && t.data.raw != NULL);
  CHECK_EQ_INT(TfLiteTensorRealloc(SIZE_MAX / 2, &t), kTfLiteError);
  CHECK_EQ_INT(TfLiteTensorRealloc(8, &t), kTfLiteOk);
  TfLiteTensorDataFree(&t);
  CHECK(t.data.raw == NULL);
  TfLiteTensorDataFree(&t);
  CHECK_EQ_INT(TfLiteTensorRealloc(8, NULL), kTfLiteError);
  char arena[4];
  TfLiteTensor fixed = {.allocation_type = kTfLiteArenaRw, .data.raw = arena, .bytes = 4};
  CHECK_EQ_INT(TfLiteTensorRealloc(100, &fixed), kTfLiteOk); /* not its own memory: left alone */
  CHECK(fixed.bytes == 4 && fixed.data.raw == arena);
}

/* A caller's allocator without `reallocate`. */
static int live_blocks;

static void* give(void* data, size_t bytes, size_t alignment) {
  ++live_blocks;
  return data == &live_blocks && alignment <= 64 ? aligned_alloc(64, (bytes + 63) / 64 * 64) : NULL;
}

static void take(void* data, void* block, size_t bytes, size_t alignment) {
  (void)data, (void)bytes, (void)alignment;
  --live_blocks;
  free(block);
}

static void test_allocator(void) {
  TfLiteAllocator allocator = {&live_blocks, give, NULL, take};
  TfLiteTensor t = {.allocation_type = kTfLiteDynamic};
  CHECK_EQ_INT(TfLiteTensorReallocWithAllocator(3, &t, &allocator), kTfLiteOk);
  memcpy(t.data.raw, "xyz", 3);
  CHECK_EQ_INT(TfLiteTensorReallocWithAllocator(200, &t, &allocator), kTfLiteOk);
  CHECK(memcmp(t.data.raw, "xyz", 4) == 0);
  CHECK_EQ_INT(TfLiteTensorResizeMaybeCopyWithAllocator(300, &t, false, &allocator), kTfLiteOk);
  CHECK_EQ_INT(live_blocks, 1);
  TfLiteTensorDataFreeWithAllocator(&t, &allocator);
  CHECK_EQ_INT(live_blocks, 0);
}

static TfLiteQuantization affine_of(float scale, int zero_point) {
  /* What a tensor owns must come from the library's allocator, which is malloc here. */
  TfLiteAffineQuantization* affine = calloc(1, sizeof *affine);
  affine->scale = TfLiteFloatArrayCreate(1);
  affine->zero_point = TfLiteIntArrayCreate(1);
  affine->scale->data[0] = scale;
  affine->zero_point->data[0] = zero_point;
  return (TfLiteQuantization){kTfLiteAffineQuantization, affine};
}

static void test_copies(void) {
  TfLiteTensor a = {.allocation_type = kTfLiteDynamic, .type = kTfLiteInt8, .name = "a"};
  CHECK_EQ_INT(TfLiteTensorRealloc(4, &a), kTfLiteOk);
  memcpy(a.data.raw, "1234", 4);
  a.dims = TfLiteIntArrayCreate(1);
  a.dims->data[0] = 4;
  a.quantization = affine_of(0.5f, 3);
  TfLiteTensor b = TfLiteTensorClone(a);
  CHECK(b.data.raw != a.data.raw && memcmp(b.data.raw, "1234", 4) == 0);
  CHECK(b.dims != a.dims && TfLiteIntArrayEqual(a.dims, b.dims));
  const TfLiteAffineQuantization* q = b.quantization.params;
  CHECK(q != a.quantization.params && q->scale->data[0] == 0.5f && q->zero_point->data[0] == 3);
  memcpy(a.data.raw, "5678", 4);
  CHECK_EQ_INT(TfLiteTensorCopy(&a, &b), kTfLiteOk);
  CHECK(memcmp(b.data.raw, "5678", 4) == 0);
  CHECK_EQ_INT(TfLiteTensorCopy(&a, NULL), kTfLiteOk);
  CHECK_EQ_INT(TfLiteTensorCopy(NULL, &b), kTfLiteOk);
  CHECK_EQ_INT(TfLiteTensorCopy(&a, &a), kTfLiteOk);
  CHECK_EQ_INT(TfLiteTensorRealloc(3, &b), kTfLiteOk);
  CHECK_EQ_INT(TfLiteTensorCopy(&a, &b), kTfLiteError);
  TfLiteTensorFree(&a);
  CHECK(a.data.raw == NULL && a.dims == NULL && a.quantization.params == NULL);
  TfLiteTensorFree(&a);
  TfLiteTensorFree(NULL);

  TfLiteIntArray* dims = TfLiteIntArrayCreate(2);
  dims->data[0] = dims->data[1] = 2;
  static char buffer[16];
  TfLiteTensorReset(kTfLiteFloat32, "reset", dims, (TfLiteQuantizationParams){2, 1}, buffer, 16, kTfLiteArenaRw, NULL,
                    true, &b);
  CHECK(b.type == kTfLiteFloat32 && b.dims == dims && b.bytes == 16 && b.is_variable && b.params.zero_point == 1);
  CHECK(b.quantization.type == kTfLiteNoQuantization);
  CHECK(TfLiteTensorGetDimsSignature(&b) == dims);
  TfLiteTensorFree(&b);
  TfLiteQuantizationFree(NULL);
  TfLiteSparsityFree(NULL);
  TfLiteTensorReset(kTfLiteFloat32, "", NULL, (TfLiteQuantizationParams){0, 0}, NULL, 0, kTfLiteMemNone, NULL, false,
                    NULL);
}

static void test_facts(void) {
  TfLiteTensor t = {.allocation_type = kTfLiteArenaRwPersistent};
  CHECK_EQ_INT(TfLiteTensorGetAllocationStrategy(&t), kTfLiteAllocationStrategyArena);
  CHECK_EQ_INT(TfLiteTensorGetBufferAddressStability(&t), kTfLiteRunStabilityUnstable);
  CHECK_EQ_INT(TfLiteTensorGetDataStability(&t), kTfLiteRunStabilityAcrossRuns);
  CHECK_EQ_INT(TfLiteTensorGetDataKnownStep(&t), kTfLiteRunStepEval);
  CHECK_EQ_INT(TfLiteTensorGetShapeKnownStep(&t), kTfLiteRunStepPrepare);
  t.allocation_type = kTfLitePersistentRo;
  CHECK_EQ_INT(TfLiteTensorGetAllocationStrategy(&t), kTfLiteAllocationStrategyMalloc);
  CHECK_EQ_INT(TfLiteTensorGetBufferAddressStability(&t), kTfLiteRunStabilitySingleRun);
  CHECK_EQ_INT(TfLiteTensorGetDataKnownStep(&t), kTfLiteRunStepPrepare);
  t.allocation_type = kTfLiteMmapRo;
  CHECK_EQ_INT(TfLiteTensorGetAllocationStrategy(&t), kTfLiteAllocationStrategyMMap);
  CHECK_EQ_INT(TfLiteTensorGetShapeKnownStep(&t), kTfLiteRunStepInit);
  t.allocation_type = kTfLiteCustom;
  CHECK_EQ_INT(TfLiteTensorGetAllocationStrategy(&t), kTfLiteAllocationStrategyUnknown);
  CHECK_EQ_INT(TfLiteTensorGetDataStability(&t), kTfLiteRunStabilityUnknown);
  CHECK_EQ_INT(TfLiteTensorGetAllocationStrategy(NULL), kTfLiteAllocationStrategyUnknown);
  CHECK_EQ_INT(TfLiteTensorGetShapeKnownStep(NULL), kTfLiteRunStepUnknown);
  CHECK(TfLiteTensorGetDimsSignature(NULL) == NULL);
}

static void test_delegate_objects(void) {
  const TfLiteDelegate plain = TfLiteDelegateCreate();
  CHECK(plain.Prepare == NULL && plain.data_ == NULL && plain.flags == 0 && plain.opaque_delegate_builder == NULL);
  int data;
  const TfLiteOpaqueDelegateBuilder builder = {.data = &data, .flags = 1};
  TfLiteOpaqueDelegate* opaque = TfLiteOpaqueDelegateCreate(&builder);
  CHECK(TfLiteOpaqueDelegateGetData(opaque) == &data);
  TfLiteOpaqueDelegateDelete(opaque);
  TfLiteOpaqueDelegateDelete(NULL);
  CHECK(TfLiteOpaqueDelegateCreate(NULL) == NULL);
  CHECK(TfLiteOpaqueDelegateGetData(NULL) == NULL);
}

int main(void) {
  test_arrays();
  test_names();
  test_realloc();
  test_allocator();
  test_copies();
  test_facts();
  test_delegate_objects();
  return check_report();
}
