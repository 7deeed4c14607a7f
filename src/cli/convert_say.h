/* What freeze, convert and optimize share: their options, how what the converter says is printed, and how far it is on
 * a terminal. */
#ifndef LINNET_CLI_CONVERT_SAY_H_
#define LINNET_CLI_CONVERT_SAY_H_

#include "cli.h"
#include "linnet/convert.h"

typedef struct convert_say {
  bool passes;           /* prints what passes did */
  bool problems;         /* a problem was printed */
  bool shows;            /* a line of progress stands on the terminal */
  double started, shown; /* seconds: when the call began, when the line was written last */
} convert_say;

/* Options as the command line gives them; `say` lives as long as they do. */
LinnetConvertOptions convert_options(const cli_args* args, convert_say* say);
/* Takes the line of progress away, and turns the call's status into the command's. */
int convert_end(convert_say* say, TfLiteStatus status);

#endif
