/* Models from files and buffers. */
#include "api/objects.h"
#include "base/alloc.h"
#include "linnet/linnet.h"

static TfLiteModel* wrap(ln_model* model, const ln_model_error* error, const ln_reporter* reporter) {
  if (model == NULL) {
    ln_report(reporter, "%s", error->text);
    return NULL;
  }
  TfLiteModel* result = ln_malloc(sizeof *result);
  if (result == NULL) {
    ln_report(reporter, "No memory for a model.");
    ln_model_release(model);
    return NULL;
  }
  result->model = model;
  return result;
}

static TfLiteModel* from_memory(const void* data, size_t size_bytes, bool strict, const ln_reporter* reporter) {
  ln_model_error error;
  ln_model* model = ln_model_load_memory(data, size_bytes, strict, &error);
  return wrap(model, &error, reporter);
}

static TfLiteModel* from_file(const char* path, bool strict, const ln_reporter* reporter) {
  ln_model_error error;
  ln_model* model = ln_model_load_file(path, strict, &error);
  return wrap(model, &error, reporter);
}

TfLiteModel* TfLiteModelCreate(const void* model_data, size_t model_size) {
  return from_memory(model_data, model_size, true, NULL);
}

TfLiteModel* TfLiteModelCreateWithErrorReporter(const void* model_data, size_t model_size,
                                                void (*reporter)(void* user_data, const char* format, va_list args),
                                                void* user_data) {
  const ln_reporter r = {reporter, user_data};
  return from_memory(model_data, model_size, true, &r);
}

TfLiteModel* TfLiteModelCreateFromFile(const char* model_path) { return from_file(model_path, true, NULL); }

TfLiteModel* TfLiteModelCreateFromFileWithErrorReporter(
    const char* model_path, void (*reporter)(void* user_data, const char* format, va_list args), void* user_data) {
  const ln_reporter r = {reporter, user_data};
  return from_file(model_path, true, &r);
}

static bool is_strict(const LinnetModelOptions* options) {
  return options == NULL || options->verification != kLinnetVerifyFast;
}

static ln_reporter reporter_of(const LinnetModelOptions* options) {
  if (options == NULL || options->struct_size < sizeof *options) return (ln_reporter){NULL, NULL};
  return (ln_reporter){options->reporter, options->reporter_user_data};
}

TfLiteModel* LinnetModelCreateFromFile(const char* path, const LinnetModelOptions* options) {
  const ln_reporter r = reporter_of(options);
  return from_file(path, is_strict(options), &r);
}

TfLiteModel* LinnetModelCreate(const void* data, size_t size_bytes, const LinnetModelOptions* options) {
  const ln_reporter r = reporter_of(options);
  return from_memory(data, size_bytes, is_strict(options), &r);
}

void TfLiteModelDelete(TfLiteModel* model) {
  if (model == NULL) return;
  ln_model_release(model->model);
  ln_free(model);
}
