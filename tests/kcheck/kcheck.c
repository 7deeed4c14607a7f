/* kcheck's frame: options, seed, guarded memory, comparing, timing. The kernels are in the families' files. */
#include "kcheck/kcheck.h"

#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "kcheck/emulate_x86.h"
#define KC_FAMILY(name) extern const kc_family kc_family_##name;
#include "kcheck/families.def"
#undef KC_FAMILY

#define KC_FAMILY(name) &kc_family_##name,
static const kc_family* const kFamilies[] = {
#include "kcheck/families.def"
};
#undef KC_FAMILY

static struct {
  uint64_t seed, state;
  int rounds;
  const char* rung;
  long long compared, wrong;
  int passed, failed, skipped;
} kc = {.rounds = 200};

/* ---- Random numbers: splitmix64. ---- */

static uint64_t next(void) {
  uint64_t z = kc.state += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return z ^ (z >> 31);
}

uint32_t kc_random(void) { return (uint32_t)(next() >> 32); }
int64_t kc_range(int64_t low, int64_t high) { return low + (int64_t)(next() % ((uint64_t)(high - low) + 1)); }
bool kc_chance(int percent) { return kc_range(0, 99) < percent; }

size_t kc_size(size_t most, size_t tile) {
  if (tile > 1 && kc_chance(50)) {
    const size_t near = tile * (size_t)kc_range(1, 3) + (size_t)kc_range(0, 2) - 1;
    if (near >= 1 && near <= most) return near;
  }
  return (size_t)kc_range(1, (int64_t)most);
}

/* ---- Guarded memory. ---- */

enum { kMaxBlocks = 64 };
static struct {
  char* map;
  size_t size;
} blocks[kMaxBlocks];
static int block_count;

static void die(const char* what) {
  printf("FAIL %s: %s (seed %llu)\n", kc.rung != NULL ? kc.rung : "kcheck", what, (unsigned long long)kc.seed);
  printf("%d passed, %d failed, %d skipped\n", kc.passed, kc.failed + 1, kc.skipped);
  fflush(stdout);
  _exit(1);
}

void* kc_memory(size_t size) {
  const size_t page = (size_t)sysconf(_SC_PAGESIZE), inside = (size + page - 1) / page * page;
  if (block_count == kMaxBlocks) die("too many blocks of memory");
  char* map = mmap(NULL, inside + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (map == MAP_FAILED) die("no memory");
  if (inside > 0 && mprotect(map + page, inside, PROT_READ | PROT_WRITE) != 0) die("no memory");
  blocks[block_count].map = map;
  blocks[block_count++].size = inside + 2 * page;
  return kc_chance(75) ? map + page + inside - size : map + page;
}

void kc_release(void) {
  for (int i = 0; i < block_count; ++i) munmap(blocks[i].map, blocks[i].size);
  block_count = 0;
}

/* What is said where a kernel touches a guard page, written down before: a signal's handler may not print. */
static char fault_text[512];

static void write_fault_text(void) {
  snprintf(fault_text, sizeof fault_text,
           "FAIL %s: touches memory outside of its buffers (seed %llu)\n%d passed, %d failed, %d skipped\n",
           kc.rung != NULL ? kc.rung : "kcheck", (unsigned long long)kc.seed, kc.passed, kc.failed + 1, kc.skipped);
}

static void fault(int number) {
  (void)number;
  size_t length = 0;
  while (fault_text[length] != '\0') ++length;
  if (write(STDOUT_FILENO, fault_text, length) < 0) _exit(2);
  _exit(1);
}

/* ---- Contents. ---- */

typedef enum contents { kFull, kExtremes, kSmall } contents;

static contents choose(void) {
  const int64_t draw = kc_range(0, 9);
  return draw < 6 ? kFull : draw < 8 ? kExtremes : kSmall;
}

static int64_t value_of(contents kind, int64_t low, int64_t high) {
  if (kind == kFull) return kc_range(low, high);
  if (kind == kExtremes) return kc_chance(45) ? low : kc_chance(80) ? high : kc_range(low, high);
  const int64_t value = kc_range(-3, 3);
  return value < low ? low : value > high ? high : value;
}

void kc_fill_u8(void* data, size_t count) {
  uint8_t* bytes = data;
  const contents kind = choose();
  for (size_t i = 0; i < count; ++i) bytes[i] = (uint8_t)value_of(kind, INT8_MIN, INT8_MAX);
  if (kc_chance(10)) memset(bytes, kc_chance(50) ? 255 : 128, count);
}

void kc_fill_s16(int16_t* data, size_t count) {
  const contents kind = choose();
  for (size_t i = 0; i < count; ++i) data[i] = (int16_t)value_of(kind, INT16_MIN, INT16_MAX);
}

void kc_fill_s32(int32_t* data, size_t count, int32_t low, int32_t high) {
  const contents kind = choose();
  for (size_t i = 0; i < count; ++i) data[i] = (int32_t)value_of(kind, low, high);
}

void kc_fill_f32(float* data, size_t count, float magnitude) {
  for (size_t i = 0; i < count; ++i) data[i] = magnitude * (float)kc_range(-1000000, 1000000) * 1e-6f;
}

/* ---- Comparing. ---- */

static bool note(bool same, const char* format, va_list arguments) {
  ++kc.compared;
  if (same) return true;
  if (++kc.wrong <= 5) {
    printf("FAIL %s: ", kc.rung);
    vprintf(format, arguments);
  }
  return false;
}

static void print_element(const unsigned char* at, size_t element) {
  long long value = 0;
  int32_t word;
  int16_t half;
  if (element == 1) value = (signed char)*at;
  if (element == 2) value = (memcpy(&half, at, 2), half);
  if (element == 4) value = (memcpy(&word, at, 4), word);
  if (element == 8) memcpy(&value, at, 8);
  printf("%lld", value);
}

bool kc_same(const void* actual, const void* expected, size_t size, size_t element, const char* format, ...) {
  const unsigned char *a = actual, *b = expected;
  va_list arguments;
  va_start(arguments, format);
  const bool same = note(memcmp(a, b, size) == 0, format, arguments);
  va_end(arguments);
  if (same || kc.wrong > 5) return same;
  size_t i = 0;
  while (memcmp(a + i, b + i, element) == 0) i += element;
  printf(": element %zu of %zu is ", i / element, size / element);
  print_element(a + i, element);
  printf(", expected ");
  print_element(b + i, element);
  putchar('\n');
  return false;
}

static bool is_close(float a, float b, float tolerance, float floor) {
  if (isnan(a) || isnan(b)) return isnan(a) && isnan(b);
  if (isinf(a) || isinf(b)) return a == b;
  return fabsf(a - b) <= tolerance * fmaxf(fabsf(b), floor);
}

bool kc_close(const float* actual, const float* expected, size_t count, float tolerance, float floor,
              const char* format, ...) {
  size_t i = 0;
  while (i < count && is_close(actual[i], expected[i], tolerance, floor)) ++i;
  va_list arguments;
  va_start(arguments, format);
  const bool same = note(i == count, format, arguments);
  va_end(arguments);
  if (!same && kc.wrong <= 5)
    printf(": element %zu of %zu is %.9g, expected %.9g\n", i, count, (double)actual[i], (double)expected[i]);
  return same;
}

/* ---- Rungs. ---- */

static void end_rung(void) {
  if (kc.rung == NULL) return;
  if (kc.compared == 0) printf("FAIL %s: was never compared\n", kc.rung);
  kc.compared > 0 && kc.wrong == 0 ? ++kc.passed : ++kc.failed;
  printf("%-36s %8lld compared, %lld wrong\n", kc.rung, kc.compared, kc.wrong);
  kc.rung = NULL;
}

bool kc_rung(const char* name, ln_isa isa) {
  end_rung();
  if (!ln_cpu_present(isa)) {
    printf("SKIP %s: this machine lacks %s\n", name, ln_isa_name(isa));
    ++kc.skipped;
    return false;
  }
  kc.rung = name;
  kc.compared = kc.wrong = 0;
  fflush(stdout);
  write_fault_text();
  return true;
}

int kc_rounds(void) { return kc.rounds; }

/* ---- Timing. ---- */

static double now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

void kc_time(const char* rung, const char* detail, double amount, const char* unit, void (*work)(void* arg),
             void* arg) {
  double best = INFINITY;
  work(arg);
  const double once = now_ns();
  work(arg);
  const double single = now_ns() - once;
  const long repeats = single > 0 && single < 20000 ? (long)(20000 / (single + 1)) + 1 : 1;
  const double end = now_ns() + 50e6;
  while (now_ns() < end || isinf(best)) {
    const double start = now_ns();
    for (long i = 0; i < repeats; ++i) work(arg);
    const double each = (now_ns() - start) / (double)repeats;
    if (each < best) best = each;
  }
  printf("%-36s %-28s %12.1f ns %8.2f G%s/s\n", rung, detail, best, amount / best, unit);
}

/* ---- Program. ---- */

static int usage(void) {
  puts("usage: kcheck [--seed N] [--rounds N] [--filter TEXT] [--emulate] [--bench]");
  return 2;
}

int main(int argc, char** argv) {
  bool bench = false;
  const char* filter = "";
  kc.seed = (uint64_t)time(NULL);
  for (int i = 1; i < argc; ++i) {
    if (strcmp(argv[i], "--bench") == 0)
      bench = true;
    else if (strcmp(argv[i], "--emulate") == 0)
      kc_emulate();
    else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc)
      kc.seed = strtoull(argv[++i], NULL, 10);
    else if (strcmp(argv[i], "--rounds") == 0 && i + 1 < argc)
      kc.rounds = (int)strtol(argv[++i], NULL, 10);
    else if (strcmp(argv[i], "--filter") == 0 && i + 1 < argc)
      filter = argv[++i];
    else
      return usage();
  }
  write_fault_text();
  signal(SIGSEGV, fault);
  signal(SIGBUS, fault);
  printf("seed %llu on %s\n", (unsigned long long)kc.seed, ln_cpu_list());
  for (size_t i = 0; i < sizeof kFamilies / sizeof kFamilies[0]; ++i) {
    if (strstr(kFamilies[i]->name, filter) == NULL) continue;
    kc.state = kc.seed;
    bench ? kFamilies[i]->bench() : kFamilies[i]->check();
    end_rung();
    kc_release();
  }
  if (!bench) printf("%d passed, %d failed, %d skipped\n", kc.passed, kc.failed, kc.skipped);
  return kc.failed != 0;
}
