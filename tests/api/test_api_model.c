/* Models from files and buffers: good ones, wrong ones, and what may be deleted when. */
#include "client.h"
#include "linnet/linnet.h"

static messages msgs;

static char* read_file(const char* path, size_t* size) {
  FILE* file = fopen(path, "rb");
  if (file == NULL) return NULL;
  char* bytes = malloc(1 << 20);
  *size = fread(bytes, 1, 1 << 20, file);
  fclose(file);
  return bytes;
}

static void test_files(void) {
  TfLiteModel* model = TfLiteModelCreateFromFile(data_path("dynamic_add"));
  CHECK(model != NULL);
  TfLiteModelDelete(model);
  model = TfLiteModelCreateFromFileWithErrorReporter(data_path("dynamic_add"), remember, &msgs);
  CHECK(model != NULL);
  CHECK_EQ_INT(msgs.count, 0);
  TfLiteModelDelete(model);

  CHECK(TfLiteModelCreateFromFileWithErrorReporter("/nope", remember, &msgs) == NULL);
  CHECK(said(&msgs, "Could not open '/nope'."));
  CHECK(TfLiteModelCreateFromFileWithErrorReporter("tests/data", remember, &msgs) == NULL);
  CHECK(said(&msgs, "tests/data"));
  CHECK(TfLiteModelCreateFromFileWithErrorReporter("/dev/null", remember, &msgs) == NULL);
  CHECK(TfLiteModelCreateFromFileWithErrorReporter("", remember, &msgs) == NULL);
  CHECK(TfLiteModelCreateFromFileWithErrorReporter(NULL, remember, &msgs) == NULL);
  CHECK_EQ_INT(msgs.count, 3);
  CHECK(TfLiteModelCreateFromFileWithErrorReporter("tests/check.h", remember, &msgs) == NULL);
  CHECK(said(&msgs, "The model is not a valid Flatbuffer buffer"));
  CHECK_CONTAINS(LinnetLastError(), "Flatbuffer");
}

static void test_buffers(void) {
  size_t size = 0;
  char* bytes = read_file(data_path("dynamic_add"), &size);
  char* shifted = malloc(size + 16);
  if (!CHECK(bytes != NULL && shifted != NULL)) exit(check_report());

  CHECK(TfLiteModelCreateWithErrorReporter(NULL, 0, remember, &msgs) == NULL);
  CHECK(said(&msgs, "The model allocation is null/empty"));
  CHECK(TfLiteModelCreateWithErrorReporter(NULL, size, remember, &msgs) == NULL);
  CHECK(TfLiteModelCreateWithErrorReporter(bytes, 0, remember, &msgs) == NULL);
  for (size_t n = 1; n < size; n += 7) CHECK(TfLiteModelCreateWithErrorReporter(bytes, n, remember, &msgs) == NULL);
  CHECK(msgs.count > 10);
  bytes[0] ^= 0x55;
  CHECK(TfLiteModelCreateWithErrorReporter(bytes, size, remember, &msgs) == NULL);
  bytes[0] ^= 0x55;

  /* Any alignment will do, and the result is the same. */
  for (size_t shift = 0; shift < 16; ++shift) {
    memcpy(shifted + shift, bytes, size);
    TfLiteModel* model = TfLiteModelCreate(shifted + shift, size);
    TfLiteInterpreter* interpreter = TfLiteInterpreterCreate(model, NULL);
    TfLiteModelDelete(model);
    CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
    CHECK(set_floats(interpreter, 0, FLOATS(1, 1, 1), 3));
    CHECK_EQ_INT(TfLiteInterpreterInvoke(interpreter), kTfLiteOk);
    CHECK(output_is(interpreter, 0, FLOATS(2, 3, 4), 3));
    TfLiteInterpreterDelete(interpreter);
  }
  free(bytes);
  free(shifted);
}

static void test_options(void) {
  LinnetModelOptions options = {.struct_size = sizeof options, .reporter = remember, .reporter_user_data = &msgs};
  TfLiteModel* model = LinnetModelCreateFromFile(data_path("chain"), &options);
  CHECK(model != NULL);
  TfLiteModelDelete(model);
  options.verification = kLinnetVerifyFast;
  model = LinnetModelCreateFromFile(data_path("chain"), &options);
  CHECK(model != NULL);
  TfLiteModelDelete(model);
  msgs = (messages){.count = 0};
  CHECK(LinnetModelCreateFromFile("/nope", &options) == NULL);
  CHECK(said(&msgs, "Could not open '/nope'."));
  CHECK(LinnetModelCreate(NULL, 4, &options) == NULL);
  CHECK(said(&msgs, "null/empty"));
  model = LinnetModelCreateFromFile(data_path("chain"), NULL);
  CHECK(model != NULL);
  TfLiteModelDelete(model);
  options.struct_size = 0;
  CHECK(LinnetModelCreateFromFile(data_path("chain"), &options) == NULL);
  CHECK_CONTAINS(LinnetLastError(), "struct_size");
}

static void test_lifetimes(void) {
  TfLiteModel* model = load_model("dynamic_add");
  TfLiteInterpreter* a = TfLiteInterpreterCreate(model, NULL);
  TfLiteInterpreter* b = TfLiteInterpreterCreate(model, NULL);
  TfLiteModelDelete(model);
  TfLiteInterpreter* both[] = {a, b};
  for (int i = 0; i < 2; ++i) {
    CHECK_EQ_INT(TfLiteInterpreterAllocateTensors(both[i]), kTfLiteOk);
    CHECK(set_floats(both[i], 0, FLOATS(0, (float)i, 0), 3));
    CHECK_EQ_INT(TfLiteInterpreterInvoke(both[i]), kTfLiteOk);
  }
  CHECK(output_is(a, 0, FLOATS(1, 2, 3), 3));
  TfLiteInterpreterDelete(a);
  CHECK(output_is(b, 0, FLOATS(1, 3, 3), 3));
  TfLiteInterpreterDelete(b);
  TfLiteModelDelete(NULL);
}

int main(void) {
  test_files();
  test_buffers();
  test_options();
  test_lifetimes();
  return check_report();
}
