/* linnet optimize: the converter's passes over a .tflite file. */
#include "cli.h"
#include "convert_say.h"

static int run(const cli_args* args) { return convert_command(args, "optimize", "model", LinnetOptimize); }

static const cli_option kOptions[] = {
    {"output", "FILE", "where the model goes (-o)"},
    {"data-behind", NULL, "put weights behind the FlatBuffer, as is done where they have more than 2 GiB"},
    {"skip", "PASSES", "passes that are not to run, separated by commas; all: none runs"},
    {"dump-passes", NULL, "say what each pass did"},
    {"report", "FILE", "write a page (HTML) with the graph before and after, what was fused, and costs"},
    {"json", NULL, "print all that is said as JSON on standard output, errors too"},
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
