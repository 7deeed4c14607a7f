/* Random numbers: the generators' blocks against those published with Random123, and the distributions: moments and
 * the frequencies of classes by Pearson's chi-squared test. Seeds are fixed, so that a run that passes passes always.
 */
#include <stdlib.h>

#include "base/entropy.h"
#include "check.h"
#include "kernels/generic/random.h"

enum { kCount = 200000, kClasses = 20 };

static void test_philox_blocks(void) {
  static const struct {
    ln_philox philox;
    uint32_t block[4];
  } kCases[] = {
      {{{0, 0}, {0, 0, 0, 0}}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
      {{{0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}},
       {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
      {{{0xa4093822, 0x299f31d0}, {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}},
       {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
  };
  for (size_t i = 0; i < sizeof kCases / sizeof kCases[0]; ++i) {
    uint32_t block[4];
    ln_philox_block(&kCases[i].philox, block);
    CHECK(memcmp(block, kCases[i].block, sizeof block) == 0);
  }
}

static void test_threefry_blocks(void) {
  static const uint32_t kCases[][6] = {
      {0, 0, 0, 0, 0x6b200159, 0x99ba4efe},
      {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x1cb996fc, 0xbb002be7},
      {0x13198a2e, 0x03707344, 0x243f6a88, 0x85a308d3, 0xc4923a9c, 0x483df7a0},
  };
  for (size_t i = 0; i < sizeof kCases / sizeof kCases[0]; ++i) {
    uint32_t block[2];
    ln_threefry_block(kCases[i], kCases[i] + 2, block);
    CHECK(block[0] == kCases[i][4] && block[1] == kCases[i][5]);
  }
}

static void test_skip(void) {
  ln_philox philox = {{1, 2}, {0xfffffffe, 0xffffffff, 0xffffffff, 7}};
  ln_philox_skip(&philox, 1);
  CHECK(philox.counter[0] == 0xffffffff && philox.counter[2] == 0xffffffff);
  ln_philox_skip(&philox, UINT64_C(0x100000003));
  CHECK(philox.counter[0] == 2 && philox.counter[1] == 1 && philox.counter[2] == 0 && philox.counter[3] == 8);
}

/* Numbers drawn piece by piece begin anew with a block each time; the same seed gives the same. */
static void test_blocks_are_whole(void) {
  float once[12], again[12];
  ln_philox a = ln_philox_seed(5, 6), b = ln_philox_seed(5, 6);
  ln_random_uniform(&a, once, 12);
  ln_random_uniform(&b, again, 5);
  ln_random_uniform(&b, again + 8, 4);
  CHECK(memcmp(once, again, 5 * sizeof *once) == 0);
  CHECK(memcmp(once + 8, again + 8, 4 * sizeof *once) == 0);
}

static float draw[kCount];

static void check_moments(double mean, double variance, double fourth) {
  double sum = 0, squares = 0, fourths = 0;
  for (int i = 0; i < kCount; ++i) sum += (double)draw[i];
  for (int i = 0; i < kCount; ++i) {
    const double off = (double)draw[i] - mean;
    squares += off * off;
    fourths += off * off * off * off;
  }
  /* Five standard errors. */
  CHECK_NEAR(sum / kCount, mean, 5 * sqrt(variance / kCount));
  CHECK_NEAR(squares / kCount, variance, 5 * sqrt((fourth - variance * variance) / kCount));
  CHECK_NEAR(fourths / kCount / fourth, 1, 0.05);
}

/* The statistic has classes - 1 as its mean and twice that as its variance. */
static void check_frequencies(const size_t* found, const double* shares, size_t classes, size_t count) {
  double statistic = 0;
  size_t used = 0;
  for (size_t i = 0; i < classes; ++i) {
    const double wanted = shares[i] * (double)count, off = (double)found[i] - wanted;
    if (wanted > 0) statistic += off * off / wanted, ++used;
    if (wanted <= 0) CHECK_EQ_INT(found[i], 0);
  }
  const double freedom = (double)used - 1;
  CHECK(statistic < freedom + 5 * sqrt(2 * freedom));
  CHECK(statistic > freedom - 5 * sqrt(2 * freedom));
}

static void test_uniform(void) {
  size_t found[kClasses] = {0};
  double shares[kClasses];
  ln_philox philox = ln_philox_seed(1234, 5678);
  ln_random_uniform(&philox, draw, kCount);
  for (int i = 0; i < kCount; ++i) {
    if (!(draw[i] >= 0 && draw[i] < 1)) {
      CHECK(!"in [0, 1)");
      return;
    }
    ++found[(int)(draw[i] * kClasses)];
  }
  for (int i = 0; i < kClasses; ++i) shares[i] = 1.0 / kClasses;
  check_moments(0.5, 1.0 / 12, 1.0 / 80);
  check_frequencies(found, shares, kClasses, kCount);
}

static double normal_below(double x) { return 0.5 * erfc(-x / sqrt(2.0)); }

static void test_normal(void) {
  size_t found[kClasses] = {0};
  double shares[kClasses];
  ln_philox philox = ln_philox_seed((uint64_t)-3, 0);
  ln_random_normal(&philox, draw, kCount);
  for (int i = 0; i < kCount; ++i) {
    if (!isfinite(draw[i])) {
      CHECK(!"finite");
      return;
    }
    const int class = (int)floor((double)draw[i] * 3) + kClasses / 2;
    ++found[class < 0 ? 0 : class >= kClasses ? kClasses - 1 : class];
  }
  for (int i = 0; i < kClasses; ++i) {
    const int third = i - kClasses / 2;
    const double low = i == 0 ? 0 : normal_below(third / 3.0);
    const double high = i == kClasses - 1 ? 1 : normal_below((third + 1) / 3.0);
    shares[i] = high - low;
  }
  check_moments(0, 1, 3);
  check_frequencies(found, shares, kClasses, kCount);
}

/* The kernel's own sine, cosine and logarithm against the C library's. */
static void test_normal_is_box_muller(void) {
  enum { kSome = 4000 };
  uint32_t block[4];
  double worst = 0;
  ln_philox philox = ln_philox_seed(99, 1), copy = philox;
  ln_random_normal(&philox, draw, kSome);
  for (int i = 0; i < kSome; i += 2) {
    if (i % 4 == 0) {
      ln_philox_block(&copy, block);
      ln_philox_skip(&copy, 1);
    }
    const double u = fmax((block[i % 4] & 0x7fffff) * 0x1p-23, 1e-7), v = (block[i % 4 + 1] & 0x7fffff) * 0x1p-23;
    const double radius = sqrt(-2 * log(u)), angle = 2 * 3.14159265358979323846 * v;
    worst = fmax(worst, fabs((double)draw[i] - radius * sin(angle)));
    worst = fmax(worst, fabs((double)draw[i + 1] - radius * cos(angle)));
  }
  CHECK_NEAR(worst, 0, 3e-6);
}

static void test_choices(void) {
  static const float kLogits[] = {0.5f, -INFINITY, 2.0f, NAN, -1.0f, 0.0f, 100.0f - 100.0f, INFINITY};
  enum { kLogitCount = sizeof kLogits / sizeof kLogits[0] };
  size_t found[kLogitCount] = {0};
  double sums[kLogitCount], shares[kLogitCount], total = 0;
  for (int i = 0; i < kLogitCount; ++i) {
    shares[i] = isfinite(kLogits[i]) ? exp((double)kLogits[i]) : 0;
    total += shares[i];
  }
  for (int i = 0; i < kLogitCount; ++i) shares[i] /= total;
  ln_cumulate_exp(kLogits, kLogitCount, sums);
  ln_word_pairs pairs = {ln_philox_seed(42, 0), {0}, 4};
  for (int i = 0; i < kCount; ++i) {
    const size_t choice = ln_random_choice(&pairs, sums, kLogitCount);
    if (choice >= kLogitCount) {
      CHECK(!"a class that exists");
      return;
    }
    ++found[choice];
  }
  check_frequencies(found, shares, kLogitCount, kCount);
}

/* Large logits do not overflow; one that is far above the others is always chosen; where there is none, none is. */
static void test_extreme_choices(void) {
  double sums[3];
  ln_word_pairs pairs = {ln_philox_seed(1, 1), {0}, 4};
  ln_cumulate_exp((const float[]){-3e38f, 3e38f, 0.0f}, 3, sums);
  for (int i = 0; i < 100; ++i) CHECK_EQ_INT(ln_random_choice(&pairs, sums, 3), 1);
  ln_cumulate_exp((const float[]){-INFINITY, NAN, INFINITY}, 3, sums);
  CHECK_EQ_INT(ln_random_choice(&pairs, sums, 3), 3);
}

static void test_entropy(void) {
  const uint64_t a = ln_entropy(), b = ln_entropy();
  CHECK(a != b);
}

int main(void) {
  test_philox_blocks();
  test_threefry_blocks();
  test_skip();
  test_blocks_are_whole();
  test_uniform();
  test_normal();
  test_normal_is_box_muller();
  test_choices();
  test_extreme_choices();
  test_entropy();
  return check_report();
}
