/* The clock that only goes forward. */
#ifndef LN_BASE_CLOCK_H_
#define LN_BASE_CLOCK_H_

#include <stdint.h>

uint64_t ln_clock_ns(void);

#endif
