/* One conversion, from reading to writing: its memory, which is given back all at once, what must be closed when it
 * ends, the problems found on the way, and the one way out of it (ln_stop). Knows nothing of graphs or files.
 *
 * Memory: every ln_job_… allocation lives until the job ends and never fails for its caller: where there is none, the
 * job is left by ln_stop. So importers and passes hold plain pointers, free nothing, and have no paths of failure for
 * it.
 *
 * Errors come in two kinds. What makes the rest meaningless (the file is broken, no memory) leaves the job at once:
 * ln_stop. What concerns one node (an operator that cannot be converted) is noted with ln_problem, and the importer
 * goes on to the next node, so that all are listed in one go; the job then fails at its end. */
#ifndef LN_CONVERT_JOB_H_
#define LN_CONVERT_JOB_H_

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/spill.h"

/* Where something stands in the source, for messages: the words of the file that was read. Any may be "" (never NULL).
 */
typedef struct ln_place {
  const char* op;    /* the source's operator or layer class: "Conv2D", "keras.layers.LSTM", "CONV_2D" */
  const char* name;  /* the node's name: "resnet/conv1/Conv2D" */
  const char* layer; /* the Keras layer or scope it belongs to, if known besides the name */
} ln_place;

/* Large data whose pages the system may take away for a while. */
typedef struct ln_job_region {
  struct ln_job_region* next;
  const void* data;
  size_t size_bytes, offset;
} ln_job_region;

typedef struct ln_job_note {
  struct ln_job_note* next;
  const char* text;
} ln_job_note;

typedef struct ln_job {
  struct ln_job_block* blocks; /* all memory, the newest first */
  struct ln_job_cleanup* cleanups;
  unsigned char* free_bytes; /* what is left of the newest small block */
  size_t free_count;
  ln_spill spill; /* no file unless ln_job_spill was called */
  ln_job_region *spilled, *watched;
  size_t held_bytes, touched_bytes; /* in large blocks; since regions rested last */
  void* scratch;
  size_t scratch_bytes;
  struct ln_job_derived* derived;
  ln_job_note* problems; /* in the order found */
  ln_job_note** last_problem;
  int problem_count;
  ln_job_note* warnings;
  ln_job_note** last_warning;
  ln_job_note* log; /* what passes did */
  ln_job_note** last_log;
  void (*progress)(void* data, const char* what, long done, long total); /* NULL: nobody asks */
  void* progress_data;
  char error[1024]; /* why ln_stop was called */
  jmp_buf out;
} ln_job;

/* Runs `work(job, arg)` within a job and ends it: everything allocated is freed and every cleanup called, the newest
 * first. False: the work stopped (job->error) or left problems. `report` (may be NULL) is called before anything is
 * freed, with what there is to say. */
bool ln_job_run(void (*work)(ln_job* job, void* arg), void* arg, void (*report)(const ln_job* job, void* arg));

/* Leaves the job with one sentence. */
_Noreturn void ln_stop(ln_job* job, const char* format, ...) LN_PRINTF(2, 3);

/* Notes that something cannot be converted; `place` may be NULL. The text says what was found and what would help:
 * "data_format is \"NCDHW\"; NDHWC can be converted". It is put behind the place: `Conv3D "block/conv" (layer "block"):
 * `. */
void ln_problem(ln_job* job, const ln_place* place, const char* format, ...) LN_PRINTF(3, 4);
/* The same for what is worth knowing and no failure. */
void ln_warn(ln_job* job, const ln_place* place, const char* format, ...) LN_PRINTF(3, 4);
/* Problems and warnings so far are taken out, so that something else can be tried; or what was found since goes, and
 * they are back. */
typedef struct ln_job_findings {
  ln_job_note *problems, *warnings;
  ln_job_note **last_problem, **last_warning;
  int problem_count;
} ln_job_findings;
ln_job_findings ln_job_take_findings(ln_job* job);
void ln_job_restore_findings(ln_job* job, const ln_job_findings* findings);
/* Says what is being done and how far it is; `total` 0: not known. */
void ln_job_progress(const ln_job* job, const char* what, size_t done, size_t total);
/* A line for --dump-passes. */
void ln_log(ln_job* job, const char* format, ...) LN_PRINTF(2, 3);

/* Calls `close(what)` when the job ends, however it ends; at once where there is no memory to note it. */
void ln_job_defer(ln_job* job, void (*close)(void* what), void* what);

void* ln_job_alloc(ln_job* job, size_t count, size_t size_bytes); /* zeroed, aligned for any type; count 0: not NULL */
void* ln_job_alloc_raw(ln_job* job, size_t size_bytes);           /* not zeroed: for what is filled at once */
void* ln_job_copy(ln_job* job, const void* data, size_t size_bytes);
/* NULL where there is no memory: for a job within which another one runs, which must not be left by a jump. */
void* ln_job_try_copy(ln_job* job, const void* data, size_t size_bytes);
char* ln_job_strdup(ln_job* job, const char* text);
char* ln_job_text(ln_job* job, const char* format, ...) LN_PRINTF(2, 3);

/* Lets large blocks lie in a file without a name beside `path`, once they are many: weights then take no more memory
 * than what is worked on. */
void ln_job_spill(ln_job* job, const char* path);
/* A mapped file whose pages may go while others are read; its owner closes it when the job ends. */
void ln_job_watch(ln_job* job, const void* data, size_t size_bytes);
/* Says that so many bytes of large data were read or written just now: after many, all regions rest. Whoever goes
 * through large data calls it every few hundred kilobytes. */
void ln_job_touch(ln_job* job, size_t size_bytes);
/* Memory for the work of one function, overwritten by the next call. */
void* ln_job_scratch(ln_job* job, size_t size_bytes);
/* How much to go through at once. */
enum { LN_JOB_STRETCH_BYTES = 1 << 19 };
/* Puts bytes into a block of ln_job_alloc_raw, at `offset` in it: for large ones faster than memcpy. */
void ln_job_fill(ln_job* job, void* block, size_t offset, const void* data, size_t size_bytes);

/* Data made of other data are made once: what was made of the bytes at `from` (constants, which stay) in the way that
 * `how` says, or NULL; and the note of it. */
void* ln_job_find_derived(const ln_job* job, const void* from, const void* how, size_t how_bytes);
void ln_job_note_derived(ln_job* job, const void* from, const void* how, size_t how_bytes, void* result);

/* Room for one more element behind `count` of an array; the array moves when it is full. */
void* ln_job_grow(ln_job* job, void* array, size_t count, size_t* capacity, size_t size_bytes);

/* A place, with its words copied; NULL counts as "". */
const ln_place* ln_job_place(ln_job* job, const char* op, const char* name, const char* layer);

#endif
