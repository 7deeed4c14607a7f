/* linnet freeze: a GraphDef and a checkpoint become one GraphDef with constants. */
#include "cli.h"
#include "convert_say.h"

static int run(const cli_args* args) {
  convert_say say = {.passes = false};
  const char* output = cli_value(args, "output");
  if (output == NULL) return cli_fail(CLI_USAGE, "freeze: --output FILE says where the graph goes");
  LinnetConvertOptions options = convert_options(args, &say);
  if (cli_operand_count(args) > 1) options.checkpoint = cli_operand(args, 1);
  return convert_end(&say, LinnetFreeze(cli_operand(args, 0), output, &options));
}

static const cli_option kOptions[] = {
    {"output", "FILE", "where the graph goes (-o)"},
    {"outputs", "NAMES", "the graph's outputs, separated by commas; found where the graph allows"},
    {"quiet", NULL, "do not show on the terminal how far it is"},
    {NULL, NULL, NULL},
};

const cli_command cli_freeze_command = {
    "freeze",
    "put a checkpoint's values into a GraphDef",
    "GRAPH CHECKPOINT",
    "Reads a GraphDef (binary or text) and a checkpoint (CHECKPOINT.index and its data shards), puts constants in\n"
    "place of variables, and keeps what the outputs need: what trained, saved and checked goes.",
    "  linnet freeze graph.pb model.ckpt-1000 -o frozen.pb\n"
    "  linnet freeze graph.pbtxt model.ckpt-1000 -o frozen.pb --outputs probabilities\n",
    kOptions,
    1,
    2,
    run,
};
