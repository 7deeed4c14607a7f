/* The set of objects that this library made: old delegates leave stack garbage where newer structs have pointers, and
 * only what stands in this set may be followed. */
#include "base/alloc.h"
#include "base/mutex.h"
#include "runtime/interpreter.h"

typedef struct live_object {
  const void* object;
  struct live_object* next;
} live_object;

static ln_mutex mutex = LN_MUTEX_INITIALIZER;
static live_object* objects;

bool ln_live_add(const void* object) {
  live_object* entry = ln_malloc(sizeof *entry);
  if (entry == NULL) return false;
  ln_mutex_lock(&mutex);
  *entry = (live_object){object, objects};
  objects = entry;
  ln_mutex_unlock(&mutex);
  return true;
}

void ln_live_remove(const void* object) {
  ln_mutex_lock(&mutex);
  for (live_object** link = &objects; *link != NULL; link = &(*link)->next) {
    if ((*link)->object != object) continue;
    live_object* entry = *link;
    *link = entry->next;
    ln_free(entry);
    break;
  }
  ln_mutex_unlock(&mutex);
}

bool ln_live_has(const void* object) {
  if (object == NULL) return false;
  ln_mutex_lock(&mutex);
  const live_object* entry = objects;
  while (entry != NULL && entry->object != object) entry = entry->next;
  ln_mutex_unlock(&mutex);
  return entry != NULL;
}
