#include "convert_say.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "json.h"
#include "term.h"

typedef struct convert_say {
  bool passes;           /* prints what passes did */
  bool json;             /* all that is said is in JSON on standard output */
  bool shows;            /* a line of progress stands on the terminal */
  double started, shown; /* seconds: when the call began, when the line was written last */
} convert_say;

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

static void said_json(const convert_say* say, LinnetSaid what, const char* text) {
  static const char* const kKinds[] = {[kLinnetSaidError] = "error",
                                       [kLinnetSaidProblem] = "problem",
                                       [kLinnetSaidWarning] = "note",
                                       [kLinnetSaidPass] = "pass"};
  if (what == kLinnetSaidPass && !say->passes) return;
  json_open_object(NULL);
  json_string("kind", kKinds[what]);
  json_string("text", text);
  json_close_object();
}

static void said(void* user_data, LinnetSaid what, const char* text) {
  convert_say* say = user_data;
  clear(say);
  if (say->json) {
    said_json(say, what, text);
    return;
  }
  switch (what) {
    case kLinnetSaidError:
      cli_fail(CLI_INPUT, "%s", text);
      break;
    case kLinnetSaidProblem:
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

static LinnetConvertOptions options_of(const cli_args* args, convert_say* say) {
  LinnetConvertOptions options = {sizeof options,
                                  value(args, "inputs"),
                                  value(args, "outputs"),
                                  cli_operand_count(args) > 1 ? cli_operand(args, 1) : value(args, "checkpoint"),
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

static bool is_pass(const char* word, size_t length) {
  const char *name = "all", *description;
  for (int i = 0;; ++i) {
    if (strlen(name) == length && strncmp(name, word, length) == 0) return true;
    if (!LinnetGetPass(i, &name, &description)) return false;
  }
}

/* The exit code: CLI_OK where all words name passes. */
static int check_passes(const char* command, const char* list) {
  char names[1024] = "all";
  const char *name, *description;
  for (int i = 0; LinnetGetPass(i, &name, &description); ++i)
    snprintf(names + strlen(names), sizeof names - strlen(names), ", %s", name);
  for (; list != NULL && *list != 0; list += strspn(list, ", ")) {
    const size_t length = strcspn(list, ", ");
    if (length > 0 && !is_pass(list, length))
      return cli_fail(CLI_USAGE, "%s: --skip: no optimization is called \"%.*s\": %s", command, (int)length, list,
                      names);
    list += length;
  }
  return CLI_OK;
}

int convert_command(const cli_args* args, const char* command, const char* what, convert_function function) {
  convert_say say = {.passes = cli_has(args, "dump-passes"), .json = cli_has(args, "json")};
  const char *source = cli_operand(args, 0), *output = cli_value(args, "output");
  if (output == NULL) return cli_fail(CLI_USAGE, "%s: --output FILE says where the %s goes", command, what);
  const int passes = check_passes(command, cli_value(args, "skip"));
  if (passes != CLI_OK) return passes;
  const LinnetConvertOptions options = options_of(args, &say);
  if (say.json) {
    json_open_object(NULL);
    json_string("source", source);
    json_string("output", output);
    json_open_array("messages");
  }
  const TfLiteStatus status = function(source, output, &options);
  clear(&say);
  if (say.json) {
    struct stat written;
    json_close_array();
    json_bool("done", status == kTfLiteOk);
    if (status == kTfLiteOk && stat(output, &written) == 0) json_integer("output_bytes", (int64_t)written.st_size);
    json_close_object();
    json_end();
  }
  return status == kTfLiteOk ? CLI_OK : CLI_INPUT;
}
