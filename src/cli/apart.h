/* Work in a process of its own: a library that dies of a damaged file takes nobody with it. */
#ifndef LINNET_CLI_APART_H_
#define LINNET_CLI_APART_H_

/* What `work` returns, an exit code, after it has run in a process that ends with it. Where that process dies of a
 * signal, or needs more than so many seconds of processor time: -1. Where there can be no other process it runs in
 * this one. */
int apart_run(int (*work)(void* arg), void* arg, unsigned seconds);

#endif
