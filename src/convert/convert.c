/* The public functions: each is one job. */
#include "linnet/convert.h"

#include <stdio.h>
#include <string.h>

#include "convert/passes/passes.h"
#include "convert/read_tflite.h"
#include "convert/write.h"

typedef struct call {
  const char *source, *destination;
  LinnetConvertOptions options;
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

static TfLiteStatus run(void (*work)(ln_job* job, void* arg), const char* source, const char* destination,
                        const LinnetConvertOptions* options) {
  call c;
  memset(&c, 0, sizeof c);
  if (source == NULL || destination == NULL) return kTfLiteError;
  c.source = source;
  c.destination = destination;
  if (options != NULL)
    memcpy(&c.options, options, options->struct_size < sizeof c.options ? options->struct_size : sizeof c.options);
  return ln_job_run(work, &c, report) ? kTfLiteOk : kTfLiteError;
}

static void optimize(ln_job* job, void* arg) {
  const call* c = arg;
  ln_graph* graph = ln_read_tflite(job, c->source);
  ln_run_passes(graph, c->options.skip);
  ln_write_file(graph, c->destination);
}

TfLiteStatus LinnetOptimize(const char* source, const char* destination, const LinnetConvertOptions* options) {
  return run(optimize, source, destination, options);
}
