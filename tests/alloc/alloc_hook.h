/* An allocator for tests that counts what is out, fails where it is told to, moves every block that grows and fills new
 * memory with rubbish. Starting a thread and mapping a file count as allocations too: they are caught by the linker's
 * --wrap in programs that list these names (tests/CMakeLists.txt). */
#ifndef LN_TESTS_ALLOC_HOOK_H_
#define LN_TESTS_ALLOC_HOOK_H_

#include <stdbool.h>
#include <stddef.h>

typedef struct alloc_hook {
  size_t calls;   /* so far, failed ones included */
  size_t fail_at; /* the call that fails, counted from 1; 0: none */
  bool go_on;     /* all later calls fail too */
  size_t failed;
  size_t blocks; /* that are out; files that are mapped count */
} alloc_hook;

extern alloc_hook alloc_state;

void alloc_hook_install(void);
/* Counts from here; `blocks` goes on. */
void alloc_hook_arm(size_t fail_at, bool go_on);

#endif
