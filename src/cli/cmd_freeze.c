/* linnet freeze: a GraphDef and a checkpoint become one GraphDef with constants. */
#include "cli.h"
#include "convert_say.h"

static int run(const cli_args* args) { return convert_command(args, "freeze", "graph", LinnetFreeze); }

static const cli_option kOptions[] = {
    {"output", "FILE", "where the graph goes (-o)"},
    {"outputs", "NAMES", "the graph's outputs, separated by commas; found where the graph allows"},
    {"json", NULL, "print all that is said as JSON on standard output, errors too"},
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
