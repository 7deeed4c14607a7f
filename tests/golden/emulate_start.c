/* Linked into a program, starts the emulator of kcheck/emulate_x86.h before main. */
#include "kcheck/emulate_x86.h"

__attribute__((constructor)) static void start(void) { kc_emulate(); }
