/* Whether invokes share out their work, with times that are made up: the faster way is found from any start and found
 * anew when times change, the other is seldom run, by long invokes later or never. */
#include "check.h"
#include "runtime/pace.h"

/* Runs `count` invokes that take so long; how many were run alone. */
static unsigned run(ln_pace* pace, uint64_t shared_ns, uint64_t alone_ns, unsigned count) {
  unsigned times = 0;
  for (unsigned i = 0; i < count; ++i) {
    bool measured;
    const bool alone = ln_pace_begin(pace, &measured);
    times += alone;
    ln_pace_end(pace, !measured ? 0 : alone ? alone_ns : shared_ns);
  }
  return times;
}

static void test_finds(void) {
  ln_pace pace = {0};
  CHECK(run(&pace, 50000, 90000, 100) < 30);
  CHECK(run(&pace, 50000, 90000, 10000) < 150);
  CHECK(run(&pace, 60000, 50000, 3000) > 1800); /* the state of before lasts a while */
  CHECK(run(&pace, 60000, 50000, 10000) > 9850);
  CHECK(run(&pace, 50000, 60000, 3000) < 1200);
  CHECK(run(&pace, 50000, 60000, 10000) < 150);
}

static void test_equal(void) {
  ln_pace pace = {0};
  CHECK(run(&pace, 50000, 49500, 10000) < 200); /* what may be chance changes nothing */
  pace = (ln_pace){.alone = true};
  CHECK(run(&pace, 49500, 50000, 10000) > 9800);
}

static void test_long(void) {
  ln_pace pace = {0};
  CHECK_EQ_INT(run(&pace, 25000000, 1000, 5000), 0);
  CHECK(run(&pace, 900000, 1000, 5000) > 3000); /* the input may change */
  pace = (ln_pace){0};
  CHECK_EQ_INT(run(&pace, 5000000, 9000000, 130), 0); /* a few invokes are not the time for it */
  CHECK(run(&pace, 5000000, 9000000, 5000) < 60);
  CHECK(run(&pace, 5000000, 4000000, 5000) > 3000);
}

/* One run in five that takes long, as when the core is taken away, says nothing. */
static void test_outliers(void) {
  unsigned times = 0;
  ln_pace pace = {0};
  for (unsigned i = 0; i < 5000; ++i) {
    bool measured;
    const bool alone = ln_pace_begin(&pace, &measured);
    times += alone;
    ln_pace_end(&pace, i % 5 == 0 ? 4000000 : alone ? 70000 : 50000);
  }
  CHECK(times < 100);
}

int main(void) {
  test_finds();
  test_equal();
  test_long();
  test_outliers();
  return check_report();
}
