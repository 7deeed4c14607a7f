/* Help, man pages and completions, all from the commands' tables. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "linnet/linnet.h"

static const char kExitCodes[] =
    "  0  done\n"
    "  1  compare: the outputs differ by more than the tolerance\n"
    "  2  the command line is wrong\n"
    "  3  a model, picture or other input file is wrong\n"
    "  4  the model could not be run\n";

void cli_print_overview(void) {
  printf("linnet %s: runs, inspects and measures TensorFlow Lite models.\n\nusage: linnet COMMAND ...\n\ncommands:\n",
         LinnetVersion());
  for (int i = 0; cli_commands[i] != NULL; ++i) printf("  %-10s %s\n", cli_commands[i]->name, cli_commands[i]->summary);
  printf("  %-10s %s\n", "help", "explain a command: linnet help run");
  printf(
      "\nfirst steps:\n  linnet inspect model.tflite\n  linnet classify --model model.tflite --image cat.jpg\n\nexit "
      "codes:\n%s",
      kExitCodes);
}

static void print_option(const cli_option* o) {
  char left[64];
  snprintf(left, sizeof left, "--%s%s%s", o->name, o->value != NULL ? " " : "", o->value != NULL ? o->value : "");
  printf("  %-28s %s\n", left, o->help);
}

void cli_print_help(const cli_command* command) {
  printf("usage: linnet %s %s%s[options]\n\n%s\n\noptions:\n", command->name, command->operands,
         command->operands[0] != 0 ? " " : "", command->description);
  for (const cli_option* o = command->options; o->name != NULL; ++o) print_option(o);
  printf("\nexamples:\n%s\nexit codes:\n%s", command->examples, kExitCodes);
}

static void print_upper(const char* text) {
  for (; *text != 0; ++text) putchar(toupper((unsigned char)*text));
}

/* Text for troff: dashes and backslashes stand for themselves, lines never begin with a dot. */
static void print_troff(const char* text) {
  for (const char* p = text; *p != 0; ++p) {
    if ((p == text || p[-1] == '\n') && (*p == '.' || *p == '\'')) fputs("\\&", stdout);
    if (*p == '\\')
      fputs("\\e", stdout);
    else if (*p == '-')
      fputs("\\-", stdout);
    else
      putchar(*p);
  }
}

static void emit_man(const cli_command* c) {
  printf(".TH LINNET\\-");
  print_upper(c->name);
  printf(
      " 1 \"\" \"linnet %s\"\n.SH NAME\nlinnet\\-%s \\- %s\n.SH SYNOPSIS\n.B linnet %s\n%s [options]\n.SH "
      "DESCRIPTION\n",
      LinnetVersion(), c->name, c->summary, c->name, c->operands);
  print_troff(c->description);
  printf("\n.SH OPTIONS\n");
  for (const cli_option* o = c->options; o->name != NULL; ++o) {
    printf(".TP\n\\fB\\-\\-%s\\fR", o->name);
    if (o->value != NULL) printf(" \\fI%s\\fR", o->value);
    putchar('\n');
    print_troff(o->help);
    putchar('\n');
  }
  printf(".SH EXAMPLES\n.nf\n");
  print_troff(c->examples);
  printf(".fi\n.SH EXIT STATUS\n.nf\n");
  print_troff(kExitCodes);
  printf(".fi\n.SH SEE ALSO\nlinnet(1)\n");
}

static void emit_overview_man(void) {
  printf(".TH LINNET 1 \"\" \"linnet %s\"\n.SH NAME\nlinnet \\- runs, inspects and measures TensorFlow Lite models\n",
         LinnetVersion());
  printf(".SH SYNOPSIS\n.B linnet\nCOMMAND ...\n.SH COMMANDS\n");
  for (int i = 0; cli_commands[i] != NULL; ++i)
    printf(".TP\n\\fB%s\\fR\n%s; see linnet\\-%s(1)\n", cli_commands[i]->name, cli_commands[i]->summary,
           cli_commands[i]->name);
  printf(".SH EXIT STATUS\n.nf\n");
  print_troff(kExitCodes);
  printf(".fi\n");
}

static void emit_bash(void) {
  printf(
      "# bash completion for linnet\n_linnet() {\n  local words command=${COMP_WORDS[1]} "
      "current=${COMP_WORDS[COMP_CWORD]}\n");
  printf("  if [ \"$COMP_CWORD\" -eq 1 ]; then\n    COMPREPLY=($(compgen -W \"help");
  for (int i = 0; cli_commands[i] != NULL; ++i) printf(" %s", cli_commands[i]->name);
  printf(" --help --version\" -- \"$current\"))\n    return\n  fi\n  case $command in\n");
  for (int i = 0; cli_commands[i] != NULL; ++i) {
    printf("    %s) words=\"--help", cli_commands[i]->name);
    for (const cli_option* o = cli_commands[i]->options; o->name != NULL; ++o) printf(" --%s", o->name);
    printf("\" ;;\n");
  }
  printf("  esac\n  if [[ $current == -* ]]; then\n    COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n  else\n");
  printf("    COMPREPLY=($(compgen -f -- \"$current\"))\n  fi\n}\ncomplete -o filenames -F _linnet linnet\n");
}

/* Inside single quotes and brackets of an _arguments specification. */
static void print_zsh(const char* text) {
  for (; *text != 0; ++text) {
    if (*text == '\'')
      fputs("'\\''", stdout);
    else if (strchr("[]:", *text) != NULL)
      printf("\\%c", *text);
    else
      putchar(*text);
  }
}

static void emit_zsh(void) {
  printf("#compdef linnet\n_linnet() {\n  if (( CURRENT == 2 )); then\n    local -a commands=(");
  for (int i = 0; cli_commands[i] != NULL; ++i) {
    printf("'%s:", cli_commands[i]->name);
    print_zsh(cli_commands[i]->summary);
    printf("' ");
  }
  printf("'help:explain a command')\n    _describe command commands\n    return\n  fi\n  case $words[2] in\n");
  for (int i = 0; cli_commands[i] != NULL; ++i) {
    printf("    %s) _arguments '--help[explain]'", cli_commands[i]->name);
    for (const cli_option* o = cli_commands[i]->options; o->name != NULL; ++o) {
      printf(" '*--%s[", o->name);
      print_zsh(o->help);
      printf("]");
      if (o->value != NULL) {
        printf(":");
        print_zsh(o->value);
        printf(":_files");
      }
      printf("'");
    }
    printf(" '*:file:_files' ;;\n");
  }
  printf("  esac\n}\n_linnet \"$@\"\n");
}

int cli_emit(const char* what) {
  if (strcmp(what, "bash") == 0) return emit_bash(), CLI_OK;
  if (strcmp(what, "zsh") == 0) return emit_zsh(), CLI_OK;
  if (strcmp(what, "man") == 0) return emit_overview_man(), CLI_OK;
  for (int i = 0; cli_commands[i] != NULL && strncmp(what, "man-", 4) == 0; ++i)
    if (strcmp(cli_commands[i]->name, what + 4) == 0) return emit_man(cli_commands[i]), CLI_OK;
  return cli_fail(CLI_USAGE, "--emit takes bash, zsh, man or man-COMMAND");
}
