/* The public functions: each is one job. */
#include "linnet/convert.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/file_kind.h"
#include "convert/import/import.h"
#include "convert/labels.h"
#include "convert/merge.h"
#include "convert/passes/passes.h"
#include "convert/read_tflite.h"
#include "convert/report.h"
#include "convert/versions.h"
#include "convert/write.h"

typedef struct call {
  const char *source, *destination;
  LinnetConvertOptions options;
  uint64_t started_ns;
} call;

static void say(const call* c, LinnetSaid what, const char* text) {
  if (c->options.say != NULL) c->options.say(c->options.user_data, what, text);
}

static void report(const ln_job* job, void* arg) {
  const call* c = arg;
  for (const ln_job_note* n = job->log; n != NULL; n = n->next) say(c, kLinnetSaidPass, n->text);
  for (const ln_job_note* n = job->warnings; n != NULL; n = n->next) say(c, kLinnetSaidWarning, n->text);
  for (const ln_job_note* n = job->problems; n != NULL; n = n->next) say(c, kLinnetSaidProblem, n->text);
  char text[1400];
  if (job->error[0] != 0)
    say(c, kLinnetSaidError, job->error);
  else if (job->problem_count != 0) {
    snprintf(text, sizeof text, "%s: %d %s cannot be converted", c->source, job->problem_count,
             job->problem_count == 1 ? "operator" : "operators");
    say(c, kLinnetSaidError, text);
  }
}

/* Nothing that is read, or was written just before, may be overwritten by what is written. */
static void check_files(ln_job* job, const call* c, bool in_place) {
  const char* page = c->options.report;
  if (ln_file_kind_of(c->source) == LN_FILE_OTHER)
    ln_stop(job, "%s cannot be read: it is no plain file; the converter reads files and folders", c->source);
  ln_check_output(job, c->destination);
  if (!in_place && ln_file_is_same(c->source, c->destination))
    ln_stop(job, "%s is the source itself, which would be lost; --output takes another name", c->destination);
  if (page == NULL) return;
  ln_check_output(job, page);
  if (ln_file_is_same(page, c->destination) || ln_file_is_same(page, c->source))
    ln_stop(job, "%s cannot be the report: it is the model; --report takes another name", page);
}

/* What all jobs begin with. `in_place`: the source may be the destination. */
static const call* begin(ln_job* job, void* arg, bool in_place) {
  const call* c = arg;
  check_files(job, c, in_place);
  job->progress = c->options.progress;
  job->progress_data = c->options.user_data;
  ln_job_progress(job, "reading", 0, 0);
  ln_job_spill(job, c->destination);
  return c;
}

static TfLiteStatus run(void (*work)(ln_job* job, void* arg), const char* source, const char* destination,
                        const LinnetConvertOptions* options) {
  call c;
  memset(&c, 0, sizeof c);
  if (source == NULL || destination == NULL) return kTfLiteError;
  c.source = source;
  c.destination = destination;
  c.started_ns = ln_clock_ns();
  if (options != NULL)
    memcpy(&c.options, options, options->struct_size < sizeof c.options ? options->struct_size : sizeof c.options);
  return ln_job_run(work, &c, report) ? kTfLiteOk : kTfLiteError;
}

static ln_report* begin_report(const call* c, ln_graph* graph) {
  return c->options.report != NULL ? ln_report_begin(graph, c->source, c->started_ns) : NULL;
}

static void optimize(ln_job* job, void* arg) {
  const call* c = begin(job, arg, true);
  ln_graph* graph = ln_read_tflite(job, c->source);
  ln_report* report = begin_report(c, graph);
  ln_run_passes(graph, c->options.skip);
  if (!ln_has_word(c->options.skip, "all")) ln_set_min_runtime_version(graph);
  graph->data_behind = c->options.data_behind;
  ln_write_file(graph, c->destination);
  if (report != NULL) ln_report_end(report, c->destination, c->options.report);
}

TfLiteStatus LinnetOptimize(const char* source, const char* destination, const LinnetConvertOptions* options) {
  return run(optimize, source, destination, options);
}

/* What stands in a file says what it is. */
static bool has_at(const char* path, long place, const char* bytes, size_t count) {
  char found[8];
  FILE* file = ln_file_kind_of(path) == LN_FILE_PLAIN ? fopen(path, "rb") : NULL;
  if (file == NULL) return false;
  const size_t got = fseek(file, place, SEEK_SET) == 0 ? fread(found, 1, count, file) : 0;
  fclose(file);
  return got == count && memcmp(found, bytes, count) == 0;
}

/* Options that mean nothing for a kind of source are not passed over. */
static void refuse(ln_job* job, const char* option, const char* value, const char* why) {
  if (value != NULL) ln_stop(job, "--%s %s: %s", option, value, why);
}

static ln_graph* import_keras(ln_job* job, const call* c) {
  static const char kOwn[] = "a Keras file has its own; model.export() makes a SavedModel of any part";
  refuse(job, "checkpoint", c->options.checkpoint, "a Keras file has its weights itself");
  refuse(job, "inputs", c->options.inputs, kOwn);
  refuse(job, "outputs", c->options.outputs, kOwn);
  refuse(job, "signatures", c->options.signatures, "a Keras file has none; serving_default is made for it");
  refuse(job, "tags", c->options.tags, "only SavedModels have tags");
  return ln_import_keras(job, c->source, &c->options);
}

#ifdef LINNET_HAVE_PROTOBUF_C
static bool is_saved_model(ln_job* job, const char* path) {
  return ln_file_kind_of(ln_job_text(job, "%s/saved_model.pb", path)) == LN_FILE_PLAIN ||
         ln_file_kind_of(ln_job_text(job, "%s/saved_model.pbtxt", path)) == LN_FILE_PLAIN;
}

static ln_graph* import_tensorflow(ln_job* job, const call* c) {
  static const char kFrozen[] = "a SavedModel is converted by its signatures; a graph is cut at any node";
  if (is_saved_model(job, c->source)) {
    refuse(job, "inputs", c->options.inputs, kFrozen);
    refuse(job, "outputs", c->options.outputs, kFrozen);
    return ln_import_savedmodel(job, c->source, &c->options);
  }
  if (ln_file_kind_of(c->source) == LN_FILE_FOLDER)
    ln_stop(job, "%s is a folder without saved_model.pb or saved_model.pbtxt, one of which a SavedModel has",
            c->source);
  refuse(job, "signatures", c->options.signatures, "only SavedModels have signatures; --outputs picks a graph's nodes");
  refuse(job, "tags", c->options.tags, "only SavedModels have tags");
  return ln_import_graphdef(job, c->source, &c->options);
}
#endif

static ln_graph* import(ln_job* job, const call* c) {
  if (has_at(c->source, 4, "TFL3", 4))
    ln_stop(job, "%s is a .tflite file already; linnet optimize applies the same optimizations to it", c->source);
  if (has_at(c->source, 0, "\x89HDF\r\n\x1a\n", 8) || has_at(c->source, 0, "PK\3\4", 4)) return import_keras(job, c);
#ifdef LINNET_HAVE_PROTOBUF_C
  return import_tensorflow(job, c);
#else
  ln_stop(job, "%s: this build cannot read TensorFlow's files: %s was missing when it was built", c->source,
          LinnetConvertMissing());
#endif
}

static void convert(ln_job* job, void* arg) {
  const call* c = begin(job, arg, false);
  ln_graph* graph = import(job, c);
  if (job->problem_count != 0) return;
  ln_graph_sweep(graph);
  ln_merge_signatures(graph);
  graph->description = "Linnet converted.";
  ln_report* report = begin_report(c, graph);
  ln_run_passes(graph, c->options.skip);
  if (c->options.fuse_rnn && ln_fuse_recurrent(graph) != 0) {
    ln_run_passes(graph, c->options.skip);
    if (ln_join_directions(graph) != 0) ln_run_passes(graph, c->options.skip);
  }
  ln_lower_rest(graph);
  ln_keep_limits(graph);
  if (job->problem_count != 0) return;
  if (c->options.labels != NULL) ln_add_labels(graph, c->options.labels);
  ln_set_min_runtime_version(graph);
  graph->data_behind = c->options.data_behind;
  ln_write_file(graph, c->destination);
  if (report != NULL) ln_report_end(report, c->destination, c->options.report);
}

TfLiteStatus LinnetConvert(const char* source, const char* destination, const LinnetConvertOptions* options) {
  return run(convert, source, destination, options);
}

const char* LinnetConvertMissing(void) { return LINNET_CONVERT_MISSING; }

#ifndef LINNET_HAVE_KERAS
ln_graph* ln_import_keras(ln_job* job, const char* path, const LinnetConvertOptions* options) {
  (void)options;
  ln_stop(job, "%s: this build cannot read Keras's files%s%s", path,
          LinnetConvertMissing()[0] != 0 ? "; missing when it was built: " : "", LinnetConvertMissing());
}
#endif

static void freeze(ln_job* job, void* arg) {
  const call* c = begin(job, arg, false);
#ifdef LINNET_HAVE_PROTOBUF_C
  ln_freeze_graphdef(job, c->source, c->destination, &c->options);
#else
  ln_stop(job, "%s: this build cannot read TensorFlow's files: %s was missing when it was built", c->source,
          LinnetConvertMissing());
#endif
}

TfLiteStatus LinnetFreeze(const char* source, const char* destination, const LinnetConvertOptions* options) {
  return run(freeze, source, destination, options);
}
