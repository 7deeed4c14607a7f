/* What freeze, convert and optimize share: their options, how what the converter says is printed, as text or JSON, and
 * how far it is on a terminal. */
#ifndef LINNET_CLI_CONVERT_SAY_H_
#define LINNET_CLI_CONVERT_SAY_H_

#include "cli.h"
#include "linnet/convert.h"

typedef TfLiteStatus (*convert_function)(const char* source, const char* destination,
                                         const LinnetConvertOptions* options);

/* Runs a command: its first operand is the source, a second one a checkpoint; `what` is what --output names. Returns
 * the exit code. */
int convert_command(const cli_args* args, const char* command, const char* what, convert_function function);

#endif
