#include "base/cpu.h"

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
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

static void add(ln_isa isa, bool has) {
  if (has) present |= UINT64_C(1) << isa;
}

#if defined(__x86_64__) && defined(__GNUC__)
/* Tiles are off until a process asks the system for them, which it may refuse or not know of. Asked once, this holds
 * for all threads. */
static bool may_use_tiles(void) {
#if defined(__linux__)
  enum { kRequestPermission = 0x1023, kTileData = 18 }; /* Linux, arch/x86/include/uapi/asm/prctl.h */
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
#else
  return false;
#endif
}

/* Read leaf by leaf, each once: on a virtual machine an instruction takes some ten microseconds, and the compiler's own
 * functions need twenty of them. */
static void detect_x86(void) {
  enum { kSse41 = 1 << 19, kFma = 1 << 12, kOsXsave = 1 << 27, kAvx = 1 << 28, kYmm = 0x06, kZmm = 0xe6 };
  enum { kAvx2 = 1 << 5, kMpx = 1 << 14, kAvx512F = 1 << 16, kAvx512Dq = 1 << 17, kAvx512Bw = 1 << 30 };
  enum { kVbmi = 1 << 1, kVaes = 1 << 9, kAvx512Vnni = 1 << 11, kAmxTile = 1 << 24, kAmxInt8 = 1 << 25 };
  enum { kAvxVnni = 1 << 4 };
  const unsigned avx512_vl = 1U << 31;
  unsigned most, a, b, c, d, more = 0, kept = 0, subleaves, other;
  __cpuid(0, most, b, c, d);
  __cpuid(1, a, b, c, d);
  if ((c & kOsXsave) != 0) LN_KEPT_REGISTERS(kept);
  const bool ymm = (c & kAvx) != 0 && (kept & kYmm) == kYmm, fma = (c & kFma) != 0;
  add(LN_ISA_SSE41, (c & kSse41) != 0);
  if (most < 7) return;
  __cpuid_count(7, 0, subleaves, b, c, d);
  if (subleaves >= 1) __cpuid_count(7, 1, more, a, other, a);
  const unsigned all512 = kAvx512F | kAvx512Dq | kAvx512Bw | avx512_vl;
  const bool avx2 = ymm && fma && (b & kAvx2) != 0;
  const bool avx512 = ymm && (kept & kZmm) == kZmm && (b & all512) == all512;
  const bool vnni = avx512 && (c & kAvx512Vnni) != 0;
  add(LN_ISA_AVX2, avx2);
  add(LN_ISA_AVXVNNI, avx2 && (more & kAvxVnni) != 0);
  add(LN_ISA_AVX512, avx512);
  add(LN_ISA_AVX512VNNI, vnni);
  add(LN_ISA_AVX512VBMI, vnni && (c & kVbmi) != 0);
  /* Neither is about multiplications: only Skylake and its kin have MPX beside AVX2; VAES came with Ice Lake and Zen 3.
   */
  multiplies_twice = avx2 && ((b & kMpx) != 0 || (c & kVaes) != 0);
  add(LN_ISA_AMX, vnni && (d & kAmxTile) != 0 && (d & kAmxInt8) != 0 && may_use_tiles());
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
  add(LN_ISA_GENERIC, true);
#if defined(__x86_64__) && defined(__GNUC__)
  detect_x86();
#elif defined(__aarch64__)
  add(LN_ISA_NEON, true);
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
  add(isa, true);
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
