/* Options and operands, by a command's table. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

typedef struct given {
  const cli_option* option;
  const char* value;
} given;

struct cli_args {
  const cli_command* command;
  given* options;
  int option_count;
  const char** operands;
  int operand_count;
};

static const cli_option* find(const cli_command* command, const char* name, size_t length) {
  for (const cli_option* o = command->options; o->name != NULL; ++o)
    if (strlen(o->name) == length && strncmp(o->name, name, length) == 0) return o;
  return NULL;
}

static int add_option(cli_args* args, int argc, char** argv, int* i) {
  const char* text = argv[*i] + 2;
  const char* equals = strchr(text, '=');
  const size_t length = equals != NULL ? (size_t)(equals - text) : strlen(text);
  const cli_option* option = find(args->command, text, length);
  if (option == NULL)
    return cli_fail(CLI_USAGE, "%s: unknown option %s; see: linnet help %s", args->command->name, argv[*i],
                    args->command->name);
  const char* value = equals != NULL ? equals + 1 : NULL;
  if (option->value == NULL && value != NULL)
    return cli_fail(CLI_USAGE, "%s: --%s takes no value", args->command->name, option->name);
  if (option->value != NULL && value == NULL) {
    if (*i + 1 >= argc)
      return cli_fail(CLI_USAGE, "%s: --%s needs a value: %s", args->command->name, option->name, option->value);
    value = argv[++*i];
  }
  args->options[args->option_count++] = (given){option, value};
  return CLI_OK;
}

/* -o FILE, -oFILE: as --output. */
static int add_output(cli_args* args, int argc, char** argv, int* i) {
  const char* value = argv[*i][2] != 0 ? argv[*i] + 2 : NULL;
  if (value == NULL && *i + 1 >= argc) return cli_fail(CLI_USAGE, "%s: -o needs a value: FILE", args->command->name);
  if (value == NULL) value = argv[++*i];
  args->options[args->option_count++] = (given){find(args->command, "output", 6), value};
  return CLI_OK;
}

int cli_parse(const cli_command* command, int argc, char** argv, cli_args** result) {
  cli_args* args = calloc(1, sizeof *args);
  if (args != NULL) {
    args->command = command;
    args->options = calloc((size_t)argc + 1, sizeof *args->options);
    args->operands = calloc((size_t)argc + 1, sizeof *args->operands);
  }
  *result = args;
  if (args == NULL || args->options == NULL || args->operands == NULL) return cli_fail(CLI_FAILED, "no memory");
  bool only_operands = false;
  for (int i = 0; i < argc; ++i) {
    if (!only_operands && strcmp(argv[i], "--") == 0) {
      only_operands = true;
    } else if (!only_operands && strncmp(argv[i], "-o", 2) == 0 && find(command, "output", 6) != NULL) {
      const int code = add_output(args, argc, argv, &i);
      if (code != CLI_OK) return code;
    } else if (!only_operands && strncmp(argv[i], "--", 2) == 0) {
      const int code = add_option(args, argc, argv, &i);
      if (code != CLI_OK) return code;
    } else {
      args->operands[args->operand_count++] = argv[i];
    }
  }
  if (args->operand_count < command->min_operands || args->operand_count > command->max_operands)
    return cli_fail(CLI_USAGE, "usage: linnet %s %s [options]; see: linnet help %s", command->name, command->operands,
                    command->name);
  return CLI_OK;
}

void cli_free_args(cli_args* args) {
  if (args == NULL) return;
  free(args->options);
  free(args->operands);
  free(args);
}

const char* cli_value(const cli_args* args, const char* option) {
  for (int i = args->option_count - 1; i >= 0; --i)
    if (strcmp(args->options[i].option->name, option) == 0)
      return args->options[i].value != NULL ? args->options[i].value : "";
  return NULL;
}

bool cli_has(const cli_args* args, const char* option) { return cli_value(args, option) != NULL; }

int cli_each(const cli_args* args, const char* option, int (*visit)(const char* value, void* arg), void* arg) {
  for (int i = 0; i < args->option_count; ++i) {
    if (strcmp(args->options[i].option->name, option) != 0) continue;
    const int code = visit(args->options[i].value, arg);
    if (code != CLI_OK) return code;
  }
  return CLI_OK;
}

int cli_operand_count(const cli_args* args) { return args->operand_count; }

const char* cli_operand(const cli_args* args, int index) { return args->operands[index]; }

bool cli_integer(const cli_args* args, const char* option, long long low, long long high, long long fallback,
                 long long* value) {
  const char* text = cli_value(args, option);
  *value = fallback;
  if (text == NULL) return true;
  char* end;
  errno = 0;
  const long long number = strtoll(text, &end, 10);
  if (end == text || *end != 0 || errno != 0 || number < low || number > high) {
    cli_fail(CLI_USAGE, "--%s is \"%s\"; a whole number from %lld to %lld is right", option, text, low, high);
    return false;
  }
  *value = number;
  return true;
}

bool cli_number(const cli_args* args, const char* option, double low, double high, double fallback, double* value) {
  const char* text = cli_value(args, option);
  *value = fallback;
  if (text == NULL) return true;
  char* end;
  const double number = strtod(text, &end);
  if (end == text || *end != 0 || !(number >= low && number <= high)) {
    cli_fail(CLI_USAGE, "--%s is \"%s\"; a number from %g to %g is right", option, text, low, high);
    return false;
  }
  *value = number;
  return true;
}
