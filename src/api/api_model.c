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

/* False, reported: the caller has not said how much of the options there is. */
static bool read_options(const LinnetModelOptions* options, bool* strict, ln_reporter* reporter) {
  *strict = true;
  *reporter = (ln_reporter){NULL, NULL};
  if (options == NULL) return true;
  if (options->struct_size < sizeof *options) {
    ln_report(NULL, "LinnetModelOptions: struct_size is %zu; it must be at least %zu.", options->struct_size,
              sizeof *options);
    return false;
  }
  *strict = options->verification != kLinnetVerifyFast;
  *reporter = (ln_reporter){options->reporter, options->reporter_user_data};
  return true;
}

TfLiteModel* LinnetModelCreateFromFile(const char* path, const LinnetModelOptions* options) {
  bool strict;
  ln_reporter reporter;
  return read_options(options, &strict, &reporter) ? from_file(path, strict, &reporter) : NULL;
}

TfLiteModel* LinnetModelCreate(const void* data, size_t size_bytes, const LinnetModelOptions* options) {
  bool strict;
  ln_reporter reporter;
  return read_options(options, &strict, &reporter) ? from_memory(data, size_bytes, strict, &reporter) : NULL;
}

void TfLiteModelDelete(TfLiteModel* model) {
  if (model == NULL) return;
  ln_model_release(model->model);
  ln_free(model);
}
