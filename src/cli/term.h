/* What a person sees: colours and bars on a terminal, plain text elsewhere; sizes and times with units. */
#ifndef LINNET_CLI_TERM_H_
#define LINNET_CLI_TERM_H_

#include <stdbool.h>
#include <stddef.h>

bool term_is_rich(void); /* standard output is a terminal and NO_COLOR is not set */
/* A bar of at most `width` cells for `share` in [0, 1], blank-padded; ASCII where the output is no terminal. */
const char* term_bar(double share, int width, char* buffer, size_t size);
/* "1.23 MB", "17 KB"; "12.3 ms", "871 us". */
const char* term_bytes(double bytes, char* buffer, size_t size);
const char* term_time(double ns, char* buffer, size_t size);
void term_bold(const char* text);
/* "running  37 / 100" on stderr, overwritten in place; nothing where stderr is no terminal. done == total clears it. */
void term_progress(const char* what, long long done, long long total);

/* Whether stderr is a terminal; one line there that is written anew each time, "" takes it away. */
bool term_has_line(void);
void term_line(const char* text);

#endif
