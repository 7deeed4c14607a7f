/* The tables that bench --profile prints. */
#ifndef LINNET_CLI_PROFILE_H_
#define LINNET_CLI_PROFILE_H_

#include "session.h"

/* By operator and by node, the longest first: the shortest time that was seen, its share, the kernel, and how much of
 * the core's peak for its numbers, floats or bytes, that is: more than all where the kernel needs fewer multiply-adds
 * than the definition (Winograd's). `runs`: how often the model has run under the profile. */
void profile_print(const session* s, long long runs);
/* The array "nodes" in the JSON object that is open. */
void profile_print_json(const session* s, long long runs);

#endif
