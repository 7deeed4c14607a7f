/* A round: some invokes one way, as many the other, and the one with the smaller median for many more. Threads that
 * slept are awake, and data is where the way brings it, after a few invokes: these are not counted. */
#include "runtime/pace.h"

enum {
  kWarmUp = 3,
  kRuns = kWarmUp + LN_PACE_RUNS,
  kLeastRest = 32,
  kMostRest = 1024,   /* a way that takes twice as long costs less than a hundredth */
  kShortNs = 1000000, /* what takes longer is most likely worth several threads: it is tried alone later, */
  kLaterRest = 128,
  kLongNs = 20000000 /* or not at all */
};

static uint64_t median(const uint64_t* runs) {
  for (int i = 0; i < LN_PACE_RUNS; ++i) {
    int below = 0, up_to = 0;
    for (int k = 0; k < LN_PACE_RUNS; ++k) {
      below += runs[k] < runs[i];
      up_to += runs[k] <= runs[i];
    }
    if (below <= LN_PACE_RUNS / 2 && up_to > LN_PACE_RUNS / 2) return runs[i];
  }
  return 0; /* never */
}

/* The longer one way has been right, the less often the other is tried. What is 3 % faster only may be so by chance. */
static void decide(ln_pace* pace) {
  const uint64_t own = median(pace->own_ns), other = median(pace->other_ns);
  if (other < own - own / 32) {
    pace->alone = !pace->alone;
    pace->rest = kLeastRest;
  } else {
    pace->rest = pace->rest == 0 ? kLeastRest : pace->rest < kMostRest ? pace->rest * 2 : kMostRest;
  }
}

static bool is_too_long(const ln_pace* pace) {
  return !pace->alone && median(pace->own_ns) >= (pace->rest == 0 ? kShortNs : kLongNs);
}

bool ln_pace_begin(const ln_pace* pace, bool* measured) {
  const uint32_t turn = pace->turn;
  *measured = turn < 2 * kRuns && turn % kRuns >= kWarmUp;
  return turn >= kRuns && turn < 2 * kRuns ? !pace->alone : pace->alone;
}

void ln_pace_end(ln_pace* pace, uint64_t ns) {
  const uint32_t turn = pace->turn++;
  if (turn < 2 * kRuns) {
    if (turn % kRuns >= kWarmUp) (turn < kRuns ? pace->own_ns : pace->other_ns)[turn % kRuns - kWarmUp] = ns;
    if (turn == kRuns - 1 && is_too_long(pace)) {
      pace->turn = 2 * kRuns;
      pace->rest = kLaterRest;
    } else if (turn == 2 * kRuns - 1) {
      decide(pace);
    }
  } else if (turn + 1 - 2 * kRuns >= pace->rest) {
    pace->turn = 0;
  }
}
