/* linnet convert: TensorFlow's and Keras's own files to .tflite. */
#include "cli.h"
#include "convert_say.h"

static int run(const cli_args* args) { return convert_command(args, "convert", "model", LinnetConvert); }

static const cli_option kOptions[] = {
    {"output", "FILE", "where the model goes (-o)"},
    {"inputs", "NAMES", "the graph's inputs, with shapes where it lacks them: \"x:1,224,224,3 y\"; -1: may change"},
    {"outputs", "NAMES", "the graph's outputs; found where the graph allows"},
    {"checkpoint", "PREFIX", "a checkpoint with the variables' values: PREFIX.index and its shards"},
    {"signatures", "KEYS", "a SavedModel's signatures, separated by commas; all without it"},
    {"tags", "TAGS", "a SavedModel's graph, by its tags; serve without it"},
    {"allow-custom", NULL, "operators that have no TFLite form stay as custom ones"},
    {"labels", "FILE", "put a file with a label a line into the model"},
    {"fuse-rnn", NULL, "LSTM and SimpleRNN layers as one operator, which keeps its state from one run to the next"},
    {"initial-values", NULL, "variables that no checkpoint has take their initializers' constants"},
    {"data-behind", NULL, "put weights behind the FlatBuffer, as is done where they have more than 2 GiB"},
    {"skip", "PASSES", "optimizations that are not to run, separated by commas; all: none runs"},
    {"dump-passes", NULL, "say what each optimization did"},
    {"report", "FILE", "write a page (HTML) with the graph before and after, what was fused, and costs"},
    {"json", NULL, "print all that is said as JSON on standard output, errors too"},
    {"quiet", NULL, "do not show on the terminal how far it is"},
    {NULL, NULL, NULL},
};

const cli_command cli_convert_command = {
    "convert",
    "make a .tflite file from TensorFlow's or Keras's",
    "SOURCE",
    "Reads a GraphDef (.pb, .pbtxt; frozen or with a checkpoint), a SavedModel's folder of TensorFlow 1 or 2,\n"
    "or a Keras file (.h5, .keras), and writes a .tflite file that computes the same. All operators that cannot\n"
    "be converted are listed in one go, with their names and what would help; then nothing is written.",
    "  linnet convert saved_model/ -o model.tflite\n"
    "  linnet convert frozen.pb -o model.tflite --inputs image:1,224,224,3 --outputs probabilities\n"
    "  linnet convert graph.pbtxt --checkpoint model.ckpt-1000 -o model.tflite\n"
    "  linnet convert model.keras -o model.tflite\n",
    kOptions,
    1,
    1,
    run,
};
