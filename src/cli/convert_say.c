#include "convert_say.h"

#include <stdio.h>

static void said(void* user_data, LinnetSaid what, const char* text) {
  convert_say* say = user_data;
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
                                  say};
  return options;
}
