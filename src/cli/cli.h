/* What all subcommands share: how they are declared, how options are read, how they fail. */
#ifndef LINNET_CLI_CLI_H_
#define LINNET_CLI_CLI_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Exit codes. */
enum { CLI_OK = 0, CLI_DIFFERS = 1, CLI_USAGE = 2, CLI_INPUT = 3, CLI_FAILED = 4 };

typedef struct cli_option {
  const char* name;  /* without the dashes */
  const char* value; /* what its value is called, NULL: a flag */
  const char* help;
} cli_option;

typedef struct cli_args cli_args;

typedef struct cli_command {
  const char* name;
  const char* summary;       /* one line */
  const char* operands;      /* "MODEL", "A B" */
  const char* description;   /* a paragraph or two */
  const char* examples;      /* lines */
  const cli_option* options; /* ends with a NULL name */
  int min_operands, max_operands;
  int (*run)(const cli_args* args);
} cli_command;

extern const cli_command cli_run_command, cli_inspect_command, cli_classify_command, cli_bench_command,
    cli_compare_command, cli_optimize_command, cli_convert_command, cli_freeze_command;

/* All commands, ends with NULL. */
extern const cli_command* const cli_commands[];

/* One sentence on stderr: "linnet: …". Returns `code`. */
int cli_fail(int code, const char* format, ...) __attribute__((format(printf, 2, 3)));

/* ---- args.c ---- */

/* Reads argv into `*result`, owned by the caller (cli_free_args). A wrong one is said on stderr: CLI_USAGE. */
int cli_parse(const cli_command* command, int argc, char** argv, cli_args** result);
void cli_free_args(cli_args* args);
bool cli_has(const cli_args* args, const char* option);
const char* cli_value(const cli_args* args, const char* option); /* the last one given, NULL: none */
/* Calls visit for each time the option was given, in order; stops at a code other than CLI_OK and returns it. */
int cli_each(const cli_args* args, const char* option, int (*visit)(const char* value, void* arg), void* arg);
int cli_operand_count(const cli_args* args);
const char* cli_operand(const cli_args* args, int index);
/* A whole number in [low, high], `fallback` where the option is not given; false: said on stderr. */
bool cli_integer(const cli_args* args, const char* option, long long low, long long high, long long fallback,
                 long long* value);
bool cli_number(const cli_args* args, const char* option, double low, double high, double fallback, double* value);

/* ---- help.c ---- */
void cli_print_overview(void);
void cli_print_help(const cli_command* command);
int cli_emit(const char* what); /* "man", "man-run", "bash", "zsh": for packagers */

#endif
