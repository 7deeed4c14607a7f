/* A round: some invokes one way, as many another, and the one with the smaller median for a hundred and more. Threads
 * that sleep are awake, and data is where the way brings it, after a few invokes: these are not counted. */
#include "runtime/pace.h"

enum {
  kWarmUp = 3,
  kRuns = kWarmUp + LN_PACE_RUNS,
  kLeastRest = 32,
  kMostRest = 1024,  /* a rival that takes twice as long costs less than a hundredth */
  kShortNs = 1000000 /* what takes longer is worth several threads: alone it is not tried */
};

uint32_t ln_pace_grain_ns(ln_pace_way way) {
  static const uint32_t kGrains[LN_PACE_WAYS] = {
      [LN_PACE_FINE] = 1000, [LN_PACE_COARSE] = 4000, [LN_PACE_ALONE] = UINT32_MAX};
  return kGrains[way];
}

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

/* The two others take turns. */
static ln_pace_way rival_of(const ln_pace* pace) {
  const bool is_short = median(pace->way_ns) < kShortNs;
  const ln_pace_way next = (ln_pace_way)((pace->way + 1) % LN_PACE_WAYS);
  const ln_pace_way after = (ln_pace_way)((pace->way + 2) % LN_PACE_WAYS);
  if (!is_short && pace->way != LN_PACE_ALONE) return pace->way == LN_PACE_FINE ? LN_PACE_COARSE : LN_PACE_FINE;
  return pace->refused % 2 == 0 ? after : next;
}

/* What is 3 % faster only may be so by chance. */
static void decide(ln_pace* pace) {
  const uint64_t way = median(pace->way_ns), rival = median(pace->rival_ns);
  if (rival < way - way / 32) {
    const ln_pace_way loser = pace->way;
    pace->way = pace->rival;
    pace->rival = loser;
    pace->refused = 0;
    pace->rest = kLeastRest;
    return;
  }
  ++pace->refused;
  if (pace->refused > 1) pace->rest = pace->rest < kMostRest / 2 ? pace->rest * 2 : kMostRest;
  if (pace->rest < kLeastRest) pace->rest = kLeastRest;
}

ln_pace_way ln_pace_begin(ln_pace* pace, bool* measured) {
  const uint32_t turn = pace->turn;
  *measured = turn < 2 * kRuns && turn % kRuns >= kWarmUp;
  return turn >= kRuns && turn < 2 * kRuns ? pace->rival : pace->way;
}

void ln_pace_end(ln_pace* pace, uint64_t ns) {
  const uint32_t turn = pace->turn++;
  if (turn < 2 * kRuns) {
    if (turn % kRuns >= kWarmUp) (turn < kRuns ? pace->way_ns : pace->rival_ns)[turn % kRuns - kWarmUp] = ns;
    if (turn == kRuns - 1) pace->rival = rival_of(pace);
    if (turn == 2 * kRuns - 1) decide(pace);
  } else if (turn - 2 * kRuns >= pace->rest) {
    pace->turn = 0;
  }
}
