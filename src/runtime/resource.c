/* Resources: values that live in the interpreter and are named by a pair of strings. */
#include <string.h>

#include "base/alloc.h"
#include "runtime/interpreter.h"

static ln_interpreter* interpreter_of(LinnetBackend* backend) { return (ln_interpreter*)(void*)backend; }

static bool reserve(ln_interpreter* interpreter) {
  if (interpreter->resource_count < interpreter->resource_capacity) return true;
  const size_t capacity = (size_t)interpreter->resource_capacity * 2 + 8;
  ln_resource_entry* entries = ln_realloc(interpreter->resources, capacity * sizeof *entries);
  if (entries == NULL) return false;
  interpreter->resources = entries;
  interpreter->resource_capacity = (int32_t)capacity;
  return true;
}

int32_t ln_backend_resource_id(LinnetBackend* backend, const char* container, const char* name) {
  ln_interpreter* interpreter = interpreter_of(backend);
  if (container == NULL) container = "";
  if (name == NULL) name = "";
  for (int32_t i = 0; i < interpreter->resource_count; ++i)
    if (strcmp(interpreter->resources[i].container, container) == 0 &&
        strcmp(interpreter->resources[i].name, name) == 0)
      return i;
  ln_resource_entry entry = {0};
  entry.container = ln_strdup(container);
  entry.name = ln_strdup(name);
  if (entry.container == NULL || entry.name == NULL || !reserve(interpreter)) {
    ln_free(entry.container);
    ln_free(entry.name);
    return -1;
  }
  interpreter->resources[interpreter->resource_count] = entry;
  return interpreter->resource_count++;
}

LinnetResource* ln_backend_find_resource(LinnetBackend* backend, int32_t id) {
  const ln_interpreter* interpreter = interpreter_of(backend);
  if (id < 0 || id >= interpreter->resource_count || !interpreter->resources[id].exists) return NULL;
  return &interpreter->resources[id].resource;
}

static void clear(ln_resource_entry* entry) {
  if (entry->exists && entry->resource.free != NULL) entry->resource.free(entry->resource.data);
  entry->exists = false;
}

TfLiteStatus ln_backend_set_resource(LinnetBackend* backend, int32_t id, void* data, void (*free)(void* data)) {
  ln_interpreter* interpreter = interpreter_of(backend);
  if (id < 0 || id >= interpreter->resource_count) {
    if (free != NULL) free(data);
    return kTfLiteError;
  }
  clear(&interpreter->resources[id]);
  interpreter->resources[id].resource = (LinnetResource){data, free};
  interpreter->resources[id].exists = true;
  return kTfLiteOk;
}

void ln_interpreter_free_resources(ln_interpreter* interpreter) {
  for (int32_t i = 0; i < interpreter->resource_count; ++i) {
    clear(&interpreter->resources[i]);
    ln_free(interpreter->resources[i].container);
    ln_free(interpreter->resources[i].name);
  }
  ln_free(interpreter->resources);
}
