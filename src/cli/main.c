/* The linnet command: finds the subcommand and runs it. */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "linnet/linnet.h"

const cli_command* const cli_commands[] = {&cli_run_command,     &cli_inspect_command, &cli_classify_command,
                                           &cli_bench_command,   &cli_compare_command, &cli_optimize_command,
                                           &cli_convert_command, &cli_freeze_command,  NULL};

/* One line, whatever bytes a model or a file name put into it. */
int cli_fail(int code, const char* format, ...) {
  char text[4096];
  va_list args;
  va_start(args, format);
  const int length = vsnprintf(text, sizeof text, format, args);
  va_end(args);
  size_t end = length < 0 ? 0 : (size_t)length < sizeof text ? (size_t)length : sizeof text - 1;
  while (end > 0 && (text[end - 1] == ' ' || text[end - 1] == '\n')) --end;
  fputs("linnet: ", stderr);
  for (size_t i = 0; i < end; ++i) fputc((unsigned char)text[i] < ' ' || text[i] == 127 ? ' ' : text[i], stderr);
  fputc('\n', stderr);
  return code;
}

static const cli_command* find_command(const char* name) {
  for (int i = 0; cli_commands[i] != NULL; ++i)
    if (strcmp(cli_commands[i]->name, name) == 0) return cli_commands[i];
  return NULL;
}

static int help(const char* name) {
  if (name == NULL) {
    cli_print_overview();
    return CLI_OK;
  }
  const cli_command* command = find_command(name);
  if (command == NULL) return cli_fail(CLI_USAGE, "no command \"%s\"; see: linnet help", name);
  cli_print_help(command);
  return CLI_OK;
}

int main(int argc, char** argv) {
  signal(SIGXFSZ, SIG_IGN); /* what would be too large a file is an error of the write, after which it is removed */
  if (argc < 2) {
    cli_print_overview();
    return CLI_USAGE;
  }
  const char* first = argv[1];
  if (strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0 || strcmp(first, "help") == 0)
    return help(argc > 2 ? argv[2] : NULL);
  if (strcmp(first, "--version") == 0 || strcmp(first, "version") == 0) {
    printf("linnet %s (TensorFlow Lite C interface %s; instruction sets: %s)\n", LinnetVersion(), TfLiteVersion(),
           LinnetCpuFeatures());
    return CLI_OK;
  }
  if (strcmp(first, "--emit") == 0 && argc == 3) return cli_emit(argv[2]);
  const cli_command* command = find_command(first);
  if (command == NULL) return cli_fail(CLI_USAGE, "no command \"%s\"; see: linnet help", first);
  for (int i = 2; i < argc; ++i)
    if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) return help(command->name);
  cli_args* args;
  int code = cli_parse(command, argc - 2, argv + 2, &args);
  if (code == CLI_OK) code = command->run(args);
  cli_free_args(args);
  if (fflush(stdout) != 0 && code == CLI_OK) code = cli_fail(CLI_FAILED, "standard output cannot be written");
  return code;
}
