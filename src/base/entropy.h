/* Numbers that nobody can foretell, for what asks for random results without giving a seed. */
#ifndef LN_BASE_ENTROPY_H_
#define LN_BASE_ENTROPY_H_

#include <stdint.h>

uint64_t ln_entropy(void);

#endif
