/* The processor's features, found once, and the instruction set that kernels may be chosen for. */
#ifndef LN_BASE_CPU_H_
#define LN_BASE_CPU_H_

#include <stdbool.h>

/* In rising order for each family of processors. The closed list of words for kernels' names. */
typedef enum ln_isa {
  LN_ISA_GENERIC = 0,
  LN_ISA_SSE41,
  LN_ISA_AVX2, /* with FMA */
  LN_ISA_AVXVNNI,
  LN_ISA_AVX512, /* F, BW, DQ, VL */
  LN_ISA_AVX512VNNI,
  LN_ISA_AVX512VBMI, /* permutations of bytes */
  LN_ISA_AMX,        /* tiles of int8, beside AVX512VNNI */
  LN_ISA_NEON = 32,  /* on 32-bit ARM with VFPv4 */
  LN_ISA_DOTPROD,
  LN_ISA_I8MM,
  LN_ISA_SVE,
  LN_ISA_COUNT
} ln_isa;

/* True if kernels for `isa` may be used: the processor has it and no lower set is forced. Cheap; any thread. */
bool ln_cpu_has(ln_isa isa);

/* True if the processor has it, whatever is forced. */
bool ln_cpu_present(ln_isa isa);
/* Whether vectors of 256 bits are multiplied twice a cycle (Intel's processors from Skylake on, AMD's from Zen 3 on),
 * as far as that is known. */
bool ln_cpu_multiplies_twice(void);
const char* ln_isa_name(ln_isa isa); /* "generic", "avx2", …; NULL for a number between the families */
ln_isa ln_cpu_best(void);            /* the highest for which ln_cpu_has */
const char* ln_cpu_list(void);       /* names of those present, separated by blanks, best last */

/* Forces at most `name`; NULL lifts it. False: unknown name or not present. The environment variable LINNET_CPU does
 * the same when the features are first looked at (an unknown name there is ignored). Not thread-safe. */
bool ln_cpu_force(const char* name);

/* Counts `isa` as present although the processor lacks it: for tests that bring an emulator of its instructions. Before
 * any kernel is chosen; not thread-safe. */
void ln_cpu_assume(ln_isa isa);

#endif
