#include "convert/job.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"

/* Small allocations share blocks of this size; a large one has a block of its own. */
enum { BLOCK_BYTES = 1 << 16, LARGE_BYTES = 1 << 13 };
/* Blocks of at least this size are spilled once others hold so many; regions rest after so many bytes. */
enum { SPILL_BYTES = 1 << 18, HELD_BYTES = 8 << 20, TOUCHED_BYTES = 8 << 20 };

typedef struct ln_job_block {
  struct ln_job_block* next;
  max_align_t bytes[];
} ln_job_block;

typedef struct ln_job_cleanup {
  struct ln_job_cleanup* next;
  void (*close)(void* what);
  void* what;
} ln_job_cleanup;

static void free_regions(ln_job_region* list) {
  for (ln_job_region* next; list != NULL; list = next) {
    next = list->next;
    ln_free(list);
  }
}

bool ln_job_run(void (*work)(ln_job* job, void* arg), void* arg, void (*report)(const ln_job* job, void* arg)) {
  ln_job job;
  memset(&job, 0, sizeof job);
  job.spill.file = -1;
  job.last_problem = &job.problems;
  job.last_warning = &job.warnings;
  job.last_log = &job.log;
  if (setjmp(job.out) == 0) work(&job, arg);
  const bool done = job.error[0] == 0 && job.problem_count == 0;
  if (report != NULL) report(&job, arg);
  for (ln_job_cleanup* c = job.cleanups; c != NULL; c = c->next) c->close(c->what);
  for (const ln_job_region* r = job.spilled; r != NULL; r = r->next)
    ln_spill_give_back((void*)(uintptr_t)r->data, r->size_bytes);
  free_regions(job.spilled);
  free_regions(job.watched);
  for (ln_job_block* block = job.blocks; block != NULL;) {
    ln_job_block* next = block->next;
    ln_free(block);
    block = next;
  }
  ln_free(job.scratch);
  ln_spill_close(&job.spill);
  return done;
}

void ln_stop(ln_job* job, const char* format, ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(job->error, sizeof job->error, format, args);
  va_end(args);
  if (job->error[0] == 0) snprintf(job->error, sizeof job->error, "stopped without a reason");
  longjmp(job->out, 1);
}

/* False: there is no memory. */
static bool add_region(ln_job_region** list, const void* data, size_t size_bytes, size_t offset) {
  ln_job_region* region = ln_malloc(sizeof *region);
  if (region == NULL) return false;
  *region = (ln_job_region){*list, data, size_bytes, offset};
  *list = region;
  return true;
}

/* NULL: it has its place among the others. */
static void* new_spilled(ln_job* job, size_t size_bytes) {
  size_t offset = 0;
  if (size_bytes < SPILL_BYTES) return NULL;
  void* block = NULL;
  if (job->spill.file >= 0 && job->held_bytes + size_bytes > HELD_BYTES)
    block = ln_spill_take(&job->spill, size_bytes, &offset);
  if (block != NULL && add_region(&job->spilled, block, size_bytes, offset)) return block;
  if (block != NULL) ln_spill_give_back(block, size_bytes);
  job->held_bytes += size_bytes;
  return NULL;
}

/* NULL: there is no memory. */
static void* new_block(ln_job* job, size_t size_bytes, bool zeroed) {
  size_t total;
  void* spilled = new_spilled(job, size_bytes);
  if (spilled != NULL) return spilled;
  ln_job_block* block = NULL;
  if (ln_add_size(sizeof *block, size_bytes, &total)) block = zeroed ? ln_calloc(1, total) : ln_malloc(total);
  if (block == NULL) return NULL;
  block->next = job->blocks;
  job->blocks = block;
  return block->bytes;
}

static void* try_alloc(ln_job* job, size_t size_bytes, bool zeroed) {
  const size_t total = (size_bytes + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
  if (total < size_bytes) return NULL;
  if (total > LARGE_BYTES) return new_block(job, total, zeroed);
  if (total > job->free_count) {
    unsigned char* block = new_block(job, BLOCK_BYTES, true);
    if (block == NULL) return NULL;
    job->free_bytes = block;
    job->free_count = BLOCK_BYTES;
  }
  void* result = job->free_bytes;
  job->free_bytes += total;
  job->free_count -= total;
  return result;
}

static void* alloc(ln_job* job, size_t size_bytes, bool zeroed) {
  void* result = try_alloc(job, size_bytes, zeroed);
  if (result == NULL) ln_stop(job, "no memory: %zu bytes were asked for", size_bytes);
  return result;
}

void* ln_job_alloc(ln_job* job, size_t count, size_t size_bytes) {
  size_t total;
  if (!ln_mul_size(count, size_bytes, &total) || total > SIZE_MAX / 2)
    ln_stop(job, "no memory: %zu elements of %zu bytes were asked for", count, size_bytes);
  return alloc(job, total, true);
}

void* ln_job_alloc_raw(ln_job* job, size_t size_bytes) { return alloc(job, size_bytes, false); }

void* ln_job_copy(ln_job* job, const void* data, size_t size_bytes) {
  void* copy = ln_job_alloc_raw(job, size_bytes);
  for (size_t at = 0, part; at < size_bytes; at += part) {
    part = size_bytes - at < LN_JOB_STRETCH_BYTES ? size_bytes - at : LN_JOB_STRETCH_BYTES;
    ln_job_fill(job, copy, at, (const char*)data + at, part);
    if (part == LN_JOB_STRETCH_BYTES) ln_job_touch(job, part);
  }
  return copy;
}

void* ln_job_try_copy(ln_job* job, const void* data, size_t size_bytes) {
  void* copy = try_alloc(job, size_bytes, false);
  if (copy != NULL && size_bytes != 0) memcpy(copy, data, size_bytes);
  return copy;
}

void* ln_job_scratch(ln_job* job, size_t size_bytes) {
  if (size_bytes > job->scratch_bytes) {
    ln_free(job->scratch);
    job->scratch_bytes = 0;
    job->scratch = ln_malloc(size_bytes);
    if (job->scratch == NULL) ln_stop(job, "no memory: %zu bytes were asked for", size_bytes);
    job->scratch_bytes = size_bytes;
  }
  return job->scratch;
}

void ln_job_fill(ln_job* job, void* block, size_t offset, const void* data, size_t size_bytes) {
  const ln_job_region* r = job->spilled;
  if (size_bytes == 0) return;
  while (r != NULL && r->data != block) r = r->next;
  if (r == NULL)
    memcpy((char*)block + offset, data, size_bytes);
  else if (!ln_spill_write(&job->spill, r->offset + offset, data, size_bytes))
    ln_stop(job, "the disk has no room for %zu bytes of weights", size_bytes);
}

typedef struct ln_job_derived {
  struct ln_job_derived* next;
  const void *from, *how;
  size_t how_bytes;
  void* result;
} ln_job_derived;

void* ln_job_find_derived(const ln_job* job, const void* from, const void* how, size_t how_bytes) {
  for (const ln_job_derived* d = job->derived; d != NULL; d = d->next)
    if (d->from == from && d->how_bytes == how_bytes && memcmp(d->how, how, how_bytes) == 0) return d->result;
  return NULL;
}

void ln_job_note_derived(ln_job* job, const void* from, const void* how, size_t how_bytes, void* result) {
  ln_job_derived* d = ln_job_alloc(job, 1, sizeof *d);
  *d = (ln_job_derived){job->derived, from, ln_job_copy(job, how, how_bytes), how_bytes, result};
  job->derived = d;
}

void ln_job_spill(ln_job* job, const char* path) {
  const char* slash = strrchr(path, '/');
  ln_spill_open(&job->spill, slash == NULL ? "." : ln_job_text(job, "%.*s", (int)(slash - path + 1), path));
}

void ln_job_watch(ln_job* job, const void* data, size_t size_bytes) {
  if (data != NULL && !add_region(&job->watched, data, size_bytes, 0))
    ln_stop(job, "no memory: %zu bytes were asked for", sizeof(ln_job_region));
}

void ln_job_touch(ln_job* job, size_t size_bytes) {
  job->touched_bytes += size_bytes;
  if (job->touched_bytes < TOUCHED_BYTES) return;
  job->touched_bytes = 0;
  for (const ln_job_region* r = job->spilled; r != NULL; r = r->next) ln_spill_rest(r->data, r->size_bytes);
  for (const ln_job_region* r = job->watched; r != NULL; r = r->next) ln_spill_rest(r->data, r->size_bytes);
}

char* ln_job_strdup(ln_job* job, const char* text) { return ln_job_copy(job, text, strlen(text) + 1); }

static char* format_text(ln_job* job, const char* format, va_list args) {
  va_list again;
  va_copy(again, args);
  const int length = vsnprintf(NULL, 0, format, again);
  va_end(again);
  if (length < 0) return ln_job_strdup(job, format);
  char* text = ln_job_alloc(job, (size_t)length + 1, 1);
  vsnprintf(text, (size_t)length + 1, format, args);
  return text;
}

char* ln_job_text(ln_job* job, const char* format, ...) {
  va_list args;
  va_start(args, format);
  char* text = format_text(job, format, args);
  va_end(args);
  return text;
}

void* ln_job_grow(ln_job* job, void* array, size_t count, size_t* capacity, size_t size_bytes) {
  if (count < *capacity) return array;
  const size_t wider = *capacity < 8 ? 8 : *capacity * 2;
  void* moved = ln_job_alloc(job, wider, size_bytes);
  if (count != 0) memcpy(moved, array, count * size_bytes);
  *capacity = wider;
  return moved;
}

void ln_job_defer(ln_job* job, void (*close)(void* what), void* what) {
  ln_job_cleanup* cleanup = try_alloc(job, sizeof *cleanup, true);
  if (cleanup == NULL) {
    close(what);
    ln_stop(job, "no memory: %zu bytes were asked for", sizeof *cleanup);
  }
  *cleanup = (ln_job_cleanup){job->cleanups, close, what};
  job->cleanups = cleanup;
}

const ln_place* ln_job_place(ln_job* job, const char* op, const char* name, const char* layer) {
  ln_place* place = ln_job_alloc(job, 1, sizeof *place);
  place->op = op != NULL ? ln_job_strdup(job, op) : "";
  place->name = name != NULL ? ln_job_strdup(job, name) : "";
  place->layer = layer != NULL ? ln_job_strdup(job, layer) : "";
  return place;
}

/* False: one of `notes` says the same. */
static bool add_note(ln_job* job, const ln_job_note* notes, ln_job_note*** last, const ln_place* place,
                     const char* format, va_list args) {
  const char* text = format_text(job, format, args);
  if (place != NULL) {
    const bool layer = place->layer[0] != 0 && strcmp(place->layer, place->name) != 0;
    text = ln_job_text(job, "%s%s\"%s\"%s%s%s: %s", place->op, place->op[0] != 0 ? " " : "", place->name,
                       layer ? " (layer \"" : "", layer ? place->layer : "", layer ? "\")" : "", text);
  }
  for (; notes != NULL; notes = notes->next)
    if (strcmp(notes->text, text) == 0) return false;
  ln_job_note* note = ln_job_alloc(job, 1, sizeof *note);
  note->text = text;
  **last = note;
  *last = &note->next;
  return true;
}

void ln_problem(ln_job* job, const ln_place* place, const char* format, ...) {
  va_list args;
  va_start(args, format);
  job->problem_count += add_note(job, job->problems, &job->last_problem, place, format, args);
  va_end(args);
}

void ln_warn(ln_job* job, const ln_place* place, const char* format, ...) {
  va_list args;
  va_start(args, format);
  add_note(job, job->warnings, &job->last_warning, place, format, args);
  va_end(args);
}

ln_job_findings ln_job_take_findings(ln_job* job) {
  const ln_job_findings taken = {job->problems, job->warnings, job->last_problem, job->last_warning,
                                 job->problem_count};
  const ln_job_findings none = {NULL, NULL, &job->problems, &job->warnings, 0};
  ln_job_restore_findings(job, &none);
  return taken;
}

void ln_job_restore_findings(ln_job* job, const ln_job_findings* findings) {
  job->problems = findings->problems;
  job->warnings = findings->warnings;
  job->last_problem = findings->last_problem;
  job->last_warning = findings->last_warning;
  job->problem_count = findings->problem_count;
}

void ln_log(ln_job* job, const char* format, ...) {
  va_list args;
  va_start(args, format);
  add_note(job, NULL, &job->last_log, NULL, format, args);
  va_end(args);
}

void ln_job_progress(const ln_job* job, const char* what, size_t done, size_t total) {
  if (job->progress != NULL) job->progress(job->progress_data, what, (long)done, (long)total);
}
