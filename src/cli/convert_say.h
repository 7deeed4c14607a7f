/* What freeze, convert and optimize share: their options, and how what the converter says is printed. */
#ifndef LINNET_CLI_CONVERT_SAY_H_
#define LINNET_CLI_CONVERT_SAY_H_

#include "cli.h"
#include "linnet/convert.h"

typedef struct convert_say {
  bool passes;   /* prints what passes did */
  bool problems; /* a problem was printed */
} convert_say;

/* Options as the command line gives them; `say` lives as long as they do. */
LinnetConvertOptions convert_options(const cli_args* args, convert_say* say);

#endif
