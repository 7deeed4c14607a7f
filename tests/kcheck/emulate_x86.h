/* Lets kernels run whose instructions this processor lacks: AVX-VNNI where it has AVX2, AMX where it has AVX-512 VNNI.
 * What it has runs as ever. For tests; on other processors it does nothing. */
#ifndef LN_TESTS_EMULATE_X86_H_
#define LN_TESTS_EMULATE_X86_H_

/* Before kernels are chosen. Takes SIGILL for the whole process. */
void kc_emulate(void);

#endif
