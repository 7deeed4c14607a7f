#include "convert_say.h"

#include <stdio.h>
#include <time.h>

#include "term.h"

/* What takes less is not spoken of, and a line that changes more often cannot be read. */
static const double kQuietSeconds = 0.5, kLineSeconds = 0.05;

static double now(void) {
  struct timespec t;
  return timespec_get(&t, TIME_UTC) == TIME_UTC ? (double)t.tv_sec + (double)t.tv_nsec / 1e9 : 0;
}

static void clear(convert_say* say) {
  if (say->shows) term_line("");
  say->shows = false;
}

static void progress(void* user_data, const char* what, long done, long total) {
  convert_say* say = user_data;
  const double at = now();
  char line[128];
  if (at - say->started < kQuietSeconds || at - say->shown < kLineSeconds) return;
  if (total > 0)
    snprintf(line, sizeof line, "%s  %ld / %ld (%ld %%)", what, done, total, 100 * done / total);
  else if (done > 0)
    snprintf(line, sizeof line, "%s  %ld", what, done);
  else
    snprintf(line, sizeof line, "%s", what);
  term_line(line);
  say->shows = true;
  say->shown = at;
}

static void said(void* user_data, LinnetSaid what, const char* text) {
  convert_say* say = user_data;
  clear(say);
  switch (what) {
    case kLinnetSaidError:
      cli_fail(CLI_INPUT, "%s", text);
      break;
    case kLinnetSaidProblem:
      say->problems = true;
      fprintf(stderr, "  %s\n", text);
      break;
    case kLinnetSaidWarning:
      fprintf(stderr, "linnet: note: %s\n", text);
      break;
    case kLinnetSaidPass:
      if (say->passes) printf("%s\n", text);
      break;
  }
}

/* The option's value where the command has such an option. */
static const char* value(const cli_args* args, const char* option) { return cli_value(args, option); }

LinnetConvertOptions convert_options(const cli_args* args, convert_say* say) {
  LinnetConvertOptions options = {sizeof options,
                                  value(args, "inputs"),
                                  value(args, "outputs"),
                                  value(args, "checkpoint"),
                                  value(args, "signatures"),
                                  value(args, "tags"),
                                  value(args, "skip"),
                                  value(args, "labels"),
                                  cli_has(args, "allow-custom"),
                                  said,
                                  say,
                                  value(args, "report"),
                                  term_has_line() && !cli_has(args, "quiet") ? progress : NULL,
                                  cli_has(args, "data-behind"),
                                  cli_has(args, "fuse-rnn"),
                                  cli_has(args, "initial-values")};
  say->started = now();
  return options;
}

int convert_end(convert_say* say, TfLiteStatus status) {
  clear(say);
  return status == kTfLiteOk ? CLI_OK : CLI_INPUT;
}
