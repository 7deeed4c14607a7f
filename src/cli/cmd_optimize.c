/* linnet optimize: the converter's passes over a .tflite file. */
#include "cli.h"
#include "convert_say.h"

static int run(const cli_args* args) {
  convert_say say = {.passes = cli_has(args, "dump-passes")};
  const char* output = cli_value(args, "output");
  if (output == NULL) return cli_fail(CLI_USAGE, "optimize: --output FILE says where the model goes");
  LinnetConvertOptions options = convert_options(args, &say);
  return convert_end(&say, LinnetOptimize(cli_operand(args, 0), output, &options));
}

static const cli_option kOptions[] = {
    {"output", "FILE", "where the model goes (-o)"},
    {"data-behind", NULL, "put weights behind the FlatBuffer, as is done where they have more than 2 GiB"},
    {"skip", "PASSES", "passes that are not to run, separated by commas; all: none runs"},
    {"dump-passes", NULL, "say what each pass did"},
    {"report", "FILE", "write a page (HTML) with the graph before and after, what was fused, and costs"},
    {"quiet", NULL, "do not show on the terminal how far it is"},
    {NULL, NULL, NULL},
};

const cli_command cli_optimize_command = {
    "optimize",
    "make a .tflite file smaller and faster",
    "MODEL",
    "Applies the converter's optimizations to a .tflite file: what is never used goes, constants are computed,\n"
    "operators are fused. Outputs stay what they were: integers to the bit, floats but for the order of\n"
    "roundings. The file is written whole or not at all.",
    "  linnet optimize model.tflite -o smaller.tflite\n"
    "  linnet optimize model.tflite -o smaller.tflite --dump-passes\n",
    kOptions,
    1,
    1,
    run,
};
