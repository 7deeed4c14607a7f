/* Preloaded into the processes of a benchmark (bench/hide_avx512.py): answers for the processor to a runtime whose
 * `cpuid` instructions were replaced by `ud2`. The answers are the processor's own, without AVX-512, AVX-VNNI and AMX.
 * x86-64, Linux.
 */
#define _GNU_SOURCE
#include <cpuid.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

/* Leaf 7, Intel's manual, volume 2, CPUID: the bits of every extension that starts with AVX512, and of AMX. */
enum {
  kLeaf7Ebx = 1u << 16 | 1u << 17 | 1u << 21 | 1u << 26 | 1u << 27 | 1u << 28 | 1u << 30,
  kLeaf7Ecx = 1u << 1 | 1u << 6 | 1u << 11 | 1u << 12 | 1u << 14,
  kLeaf7Edx = 1u << 2 | 1u << 3 | 1u << 8 | 1u << 22 | 1u << 23 | 1u << 24 | 1u << 25,
  kLeaf71Eax = 1u << 4 | 1u << 5 | 1u << 21,
};
static const unsigned kLeaf7EbxVl = 1u << 31;

static void Answer(int signal_number, siginfo_t* info, void* context) {
  greg_t* r = ((ucontext_t*)context)->uc_mcontext.gregs;
  const unsigned char* at = (const unsigned char*)r[REG_RIP];
  if (at[0] != 0x0f || at[1] != 0x0b) {
    signal(signal_number, SIG_DFL); /* not ours: the instruction runs once more, and ends the process */
    return;
  }
  (void)info;
  unsigned leaf = (unsigned)r[REG_RAX], sub = (unsigned)r[REG_RCX], a, b, c, d;
  __cpuid_count(leaf, sub, a, b, c, d);
  if (leaf == 7 && sub == 0) {
    b &= ~((unsigned)kLeaf7Ebx | kLeaf7EbxVl);
    c &= ~(unsigned)kLeaf7Ecx;
    d &= ~(unsigned)kLeaf7Edx;
  } else if (leaf == 7 && sub == 1) {
    a &= ~(unsigned)kLeaf71Eax;
  }
  r[REG_RAX] = a, r[REG_RBX] = b, r[REG_RCX] = c, r[REG_RDX] = d;
  r[REG_RIP] += 2;
}

__attribute__((constructor)) static void Install(void) {
  struct sigaction action = {.sa_sigaction = Answer, .sa_flags = SA_SIGINFO | SA_NODEFER};
  sigaction(SIGILL, &action, NULL);
}
