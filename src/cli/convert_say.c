#include "convert_say.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "apart.h"
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

/* Keras's files are read by large libraries, which damage in a file can end, or make run for ever. Such a file's size;
 * 0: it is none. */
static off_t bytes_of_keras(const char* path) {
  static const char kHdf5[] = "\x89HDF", kZip[] = "PK\3\4";
  struct stat status;
  char head[4];
  FILE* file = stat(path, &status) == 0 && S_ISREG(status.st_mode) ? fopen(path, "rb") : NULL;
  if (file == NULL) return 0;
  const bool read = fread(head, 1, sizeof head, file) == sizeof head;
  fclose(file);
  return read && (memcmp(head, kHdf5, sizeof head) == 0 || memcmp(head, kZip, sizeof head) == 0) ? status.st_size : 0;
}

typedef struct conversion {
  const cli_args* args;
  convert_function function;
  const char *source, *output;
} conversion;

static void open_json(const conversion* c) {
  json_open_object(NULL);
  json_string("source", c->source);
  json_string("output", c->output);
  json_open_array("messages");
}

static void close_json(const conversion* c, bool done) {
  struct stat written;
  json_close_array();
  json_bool("done", done);
  if (done && stat(c->output, &written) == 0) json_integer("output_bytes", (int64_t)written.st_size);
  json_close_object();
  json_end();
}

static int run(void* arg) {
  const conversion* c = arg;
  convert_say say = {.passes = cli_has(c->args, "dump-passes"), .json = cli_has(c->args, "json")};
  const LinnetConvertOptions options = options_of(c->args, &say);
  if (say.json) open_json(c);
  const TfLiteStatus status = c->function(c->source, c->output, &options);
  clear(&say);
  if (say.json) close_json(c, status == kTfLiteOk);
  return status == kTfLiteOk ? CLI_OK : CLI_INPUT;
}

/* What half of it was said on standard output is kept back until it ends well. */
static int run_apart(void* arg) {
  static char kept[1 << 20];
  setvbuf(stdout, kept, _IOFBF, sizeof kept);
  return run(arg);
}

static int fail_for(const conversion* c) {
  convert_say say = {.json = cli_has(c->args, "json")};
  char text[1024];
  snprintf(text, sizeof text,
           "%s is damaged: the library that reads such files ended the process that read it, or did not end",
           c->source);
  if (term_has_line()) term_line("");
  if (say.json) open_json(c);
  said(&say, kLinnetSaidError, text);
  if (say.json) close_json(c, false);
  return CLI_INPUT;
}

int convert_command(const cli_args* args, const char* command, const char* what, convert_function function) {
  conversion c = {args, function, cli_operand(args, 0), cli_value(args, "output")};
  if (c.output == NULL) return cli_fail(CLI_USAGE, "%s: --output FILE says where the %s goes", command, what);
  const int passes = check_passes(command, cli_value(args, "skip"));
  if (passes != CLI_OK) return passes;
  const off_t bytes = function == LinnetConvert ? bytes_of_keras(c.source) : 0;
  if (bytes == 0) return run(&c);
  /* Hundreds of times what whole files take. */
  const int code = apart_run(run_apart, &c, 30 + (unsigned)(bytes / 1000000));
  return code >= 0 ? code : fail_for(&c);
}
