/* The checks of a test program that is one file: each prints the place where it does not hold and goes on, so that one
 * run shows all that is wrong. `return check_report();` ends main. */
#ifndef LN_TESTS_CHECK_H_
#define LN_TESTS_CHECK_H_

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int check_passed, check_failed, check_skipped;

/* Counts a check that holds; false: the caller says what was found and ends the line. */
static inline bool check_note(bool ok, const char* file, int line, const char* what) {
  ok ? ++check_passed : ++check_failed;
  if (!ok) printf("%s:%d: FAIL %s", file, line, what);
  return ok;
}

static inline bool check_true(bool ok, const char* file, int line, const char* what) {
  if (!check_note(ok, file, line, what)) putchar('\n');
  return ok;
}

static inline bool check_int(long long actual, long long expected, const char* file, int line, const char* what) {
  const bool ok = check_note(actual == expected, file, line, what);
  if (!ok) printf(": %lld, expected %lld\n", actual, expected);
  return ok;
}

static inline bool check_near(double actual, double expected, double tolerance, const char* file, int line,
                              const char* what) {
  const bool ok = check_note(fabs(actual - expected) <= tolerance, file, line, what);
  if (!ok) printf(": %.9g, expected %.9g within %g\n", actual, expected, tolerance);
  return ok;
}

static inline bool check_text(const char* actual, const char* expected, bool whole, const char* file, int line,
                              const char* what) {
  bool ok = actual == expected;
  if (actual != NULL && expected != NULL) ok = whole ? strcmp(actual, expected) == 0 : strstr(actual, expected) != NULL;
  ok = check_note(ok, file, line, what);
  if (!ok)
    printf(": \"%s\", expected %s\"%s\"\n", actual != NULL ? actual : "(NULL)", whole ? "" : "it to contain ",
           expected != NULL ? expected : "(NULL)");
  return ok;
}

/* Each is an expression: true where it holds. Arguments are evaluated once. */
#define CHECK(condition) check_true((condition), __FILE__, __LINE__, #condition)
#define CHECK_EQ_INT(actual, expected) \
  check_int((long long)(actual), (long long)(expected), __FILE__, __LINE__, #actual)
#define CHECK_NEAR(actual, expected, tolerance) check_near(actual, expected, tolerance, __FILE__, __LINE__, #actual)
#define CHECK_EQ_STR(actual, expected) check_text(actual, expected, true, __FILE__, __LINE__, #actual)
#define CHECK_CONTAINS(actual, part) check_text(actual, part, false, __FILE__, __LINE__, #actual)

/* Something that cannot be checked here, and why. */
#define SKIP(reason) (++check_skipped, (void)printf("SKIP %s\n", reason))

/* Prints the last line; what main returns. */
static inline int check_report(void) {
  printf("%d passed, %d failed, %d skipped\n", check_passed, check_failed, check_skipped);
  return check_failed != 0 ? 1 : 0;
}

#endif
