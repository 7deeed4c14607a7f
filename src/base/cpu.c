#include "base/cpu.h"

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__) && defined(__GNUC__)
#include <cpuid.h>
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif
#endif
#if (defined(__aarch64__) || defined(__arm__)) && defined(__linux__)
#include <sys/auxv.h>

/* Bits of AT_HWCAP and AT_HWCAP2 (Linux, arch/arm64 and arch/arm, include/uapi/asm/hwcap.h). */
enum { kHwcapDotprod = 20, kHwcap2I8mm = 13, kHwcapNeon32 = 12, kHwcapVfpv4 = 16 };
#endif

static const char* const kNames[LN_ISA_COUNT] = {
    [LN_ISA_GENERIC] = "generic",       [LN_ISA_SSE41] = "sse41",   [LN_ISA_AVX2] = "avx2",
    [LN_ISA_AVXVNNI] = "avxvnni",       [LN_ISA_AVX512] = "avx512", [LN_ISA_AVX512VNNI] = "avx512vnni",
    [LN_ISA_AVX512VBMI] = "avx512vbmi", [LN_ISA_AMX] = "amx",       [LN_ISA_NEON] = "neon",
    [LN_ISA_DOTPROD] = "dotprod",       [LN_ISA_I8MM] = "i8mm",     [LN_ISA_SVE] = "sve",
};

static uint64_t present; /* bit i: the processor has isa i */
static bool multiplies_twice;
static ln_isa limit = LN_ISA_COUNT;
static char list[128];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void add(ln_isa isa, int has) {
  if (has) present |= UINT64_C(1) << isa;
}

#if defined(__x86_64__) && defined(__GNUC__)
static int cpuid_bit(unsigned leaf, unsigned subleaf, unsigned word, unsigned bit) {
  unsigned words[4] = {0};
  if (!__get_cpuid_count(leaf, subleaf, &words[0], &words[1], &words[2], &words[3])) return 0;
  return (int)(words[word] >> bit & 1);
}

/* Tiles are off until a process asks the system for them, which it may refuse or not know of. Asked once, this holds
 * for all threads. */
static int may_use_tiles(void) {
#if defined(__linux__)
  enum { kRequestPermission = 0x1023, kTileData = 18 }; /* Linux, arch/x86/include/uapi/asm/prctl.h */
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
#else
  return 0;
#endif
}

static void detect_x86(void) {
  enum { kEax, kEbx, kEcx, kEdx, kAvxVnni = 4, kAmxTile = 24, kAmxInt8 = 25, kMpx = 14, kVaes = 9 };
  __builtin_cpu_init();
  const int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const int avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                     __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  const int vnni = avx512 && __builtin_cpu_supports("avx512vnni");
  add(LN_ISA_SSE41, __builtin_cpu_supports("sse4.1"));
  add(LN_ISA_AVX2, avx2);
  add(LN_ISA_AVXVNNI, avx2 && cpuid_bit(7, 1, kEax, kAvxVnni));
  add(LN_ISA_AVX512, avx512);
  add(LN_ISA_AVX512VNNI, vnni);
  add(LN_ISA_AVX512VBMI, vnni && __builtin_cpu_supports("avx512vbmi"));
  /* Neither is about multiplications: only Skylake and its kin have MPX beside AVX2; VAES came with Ice Lake and Zen 3.
   */
  multiplies_twice = avx2 && (cpuid_bit(7, 0, kEbx, kMpx) || cpuid_bit(7, 0, kEcx, kVaes));
  add(LN_ISA_AMX, vnni && cpuid_bit(7, 0, kEdx, kAmxTile) && cpuid_bit(7, 0, kEdx, kAmxInt8) && may_use_tiles());
}
#endif

/* The list of names, and what LINNET_CPU says. */
static void settle(void) {
  list[0] = '\0';
  for (int i = 0; i < LN_ISA_COUNT; ++i) {
    if ((present >> i & 1) == 0) continue;
    const size_t used = strlen(list);
    snprintf(list + used, sizeof list - used, "%s%s", used > 0 ? " " : "", kNames[i]);
  }
  const char* forced = getenv("LINNET_CPU");
  for (int i = 0; forced != NULL && i < LN_ISA_COUNT; ++i)
    if (kNames[i] != NULL && strcmp(kNames[i], forced) == 0 && (present >> i & 1) != 0) limit = (ln_isa)i;
}

static void detect(void) {
  add(LN_ISA_GENERIC, 1);
#if defined(__x86_64__) && defined(__GNUC__)
  detect_x86();
#elif defined(__aarch64__)
  add(LN_ISA_NEON, 1);
#if defined(__linux__)
  add(LN_ISA_DOTPROD, (getauxval(AT_HWCAP) >> kHwcapDotprod & 1) != 0);
  add(LN_ISA_I8MM, (getauxval(AT_HWCAP2) >> kHwcap2I8mm & 1) != 0);
#endif
#elif defined(__arm__) && defined(__linux__)
  add(LN_ISA_NEON, (getauxval(AT_HWCAP) >> kHwcapNeon32 & 1) != 0 && (getauxval(AT_HWCAP) >> kHwcapVfpv4 & 1) != 0);
#endif
  settle();
}

void ln_cpu_assume(ln_isa isa) {
  pthread_once(&once, detect);
  add(isa, 1);
  settle();
}

bool ln_cpu_present(ln_isa isa) {
  pthread_once(&once, detect);
  return (present >> isa & 1) != 0;
}

bool ln_cpu_multiplies_twice(void) {
  pthread_once(&once, detect);
  return multiplies_twice;
}

bool ln_cpu_has(ln_isa isa) { return ln_cpu_present(isa) && isa <= limit; }

const char* ln_isa_name(ln_isa isa) { return isa >= 0 && isa < LN_ISA_COUNT ? kNames[isa] : NULL; }

ln_isa ln_cpu_best(void) {
  for (int i = LN_ISA_COUNT - 1; i > 0; --i)
    if (ln_cpu_has((ln_isa)i)) return (ln_isa)i;
  return LN_ISA_GENERIC;
}

const char* ln_cpu_list(void) {
  pthread_once(&once, detect);
  return list;
}

bool ln_cpu_force(const char* name) {
  pthread_once(&once, detect);
  if (name == NULL) {
    limit = LN_ISA_COUNT;
    return true;
  }
  for (int i = 0; i < LN_ISA_COUNT; ++i) {
    if (kNames[i] == NULL || strcmp(kNames[i], name) != 0 || (present >> i & 1) == 0) continue;
    limit = (ln_isa)i;
    return true;
  }
  return false;
}
