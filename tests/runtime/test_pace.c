/* How an invoke uses its threads, with times that are made up: the fastest way is found from any start and found anew
 * when times change, the others are seldom run, and long invokes are never run alone. */
#include "check.h"
#include "runtime/pace.h"

/* Runs `count` invokes whose times are by way; how many went each way. */
static void run(ln_pace* pace, const uint64_t ns[LN_PACE_WAYS], unsigned count, unsigned times[LN_PACE_WAYS]) {
  for (int i = 0; i < LN_PACE_WAYS; ++i) times[i] = 0;
  for (unsigned i = 0; i < count; ++i) {
    bool measured;
    const ln_pace_way way = ln_pace_begin(pace, &measured);
    ++times[way];
    ln_pace_end(pace, measured ? ns[way] : 0);
  }
}

static void test_finds(void) {
  static const uint64_t kTimes[][LN_PACE_WAYS] = {{50000, 60000, 90000}, {60000, 50000, 90000}, {90000, 60000, 50000},
                                                  {60000, 90000, 50000}, {3000, 3000, 2000},    {90000, 80000, 999999}};
  enum { kCases = sizeof kTimes / sizeof kTimes[0] };
  unsigned times[LN_PACE_WAYS];
  ln_pace pace = {0};
  for (int i = 0; i < 2 * kCases; ++i) {
    const uint64_t* ns = kTimes[i * 5 % kCases];
    int best = 0;
    for (int k = 1; k < LN_PACE_WAYS; ++k)
      if (ns[k] < ns[best]) best = k;
    run(&pace, ns, 6000, times);
    CHECK(times[best] > 3000); /* the state of before lasts a while */
    run(&pace, ns, 10000, times);
    CHECK(times[best] > 9850);
  }
}

static void test_equal(void) {
  static const uint64_t kEqual[LN_PACE_WAYS] = {50000, 50000, 49500};
  unsigned times[LN_PACE_WAYS];
  ln_pace pace = {0};
  run(&pace, kEqual, 10000, times);
  CHECK(times[LN_PACE_FINE] > 9800); /* what may be chance changes nothing */
}

static void test_long(void) {
  static const uint64_t kLong[LN_PACE_WAYS] = {2000000, 1800000, 1000};
  unsigned times[LN_PACE_WAYS];
  ln_pace pace = {0};
  run(&pace, kLong, 5000, times);
  CHECK_EQ_INT(times[LN_PACE_ALONE], 0);
  CHECK(times[LN_PACE_COARSE] > 4900);
}

/* One run in five that takes long, as when the core is taken away, says nothing. */
static void test_outliers(void) {
  unsigned fine = 0;
  ln_pace pace = {0};
  for (unsigned i = 0; i < 5000; ++i) {
    bool measured;
    const ln_pace_way way = ln_pace_begin(&pace, &measured);
    fine += way == LN_PACE_FINE;
    ln_pace_end(&pace, i % 5 == 0 ? 4000000 : way == LN_PACE_FINE ? 50000 : 70000);
  }
  CHECK(fine > 4800);
}

static void test_grains(void) {
  CHECK(ln_pace_grain_ns(LN_PACE_FINE) < ln_pace_grain_ns(LN_PACE_COARSE));
  CHECK(ln_pace_grain_ns(LN_PACE_ALONE) == UINT32_MAX);
}

int main(void) {
  test_finds();
  test_equal();
  test_long();
  test_outliers();
  test_grains();
  return check_report();
}
