/* Messages: to the caller's reporter, and kept as the thread's last error. */
#include <stdio.h>
#include <string.h>

#include "runtime/runtime.h"

static _Thread_local char last_error[1024];
static _Thread_local bool held;

/* Hands over finished text with an empty list of arguments: right for reporters that use the va_list, and for those
 * that pass it on as if it were an argument. */
static void hand_over(const ln_reporter* reporter, const char* format, ...) {
  va_list args;
  va_start(args, format);
  reporter->report(reporter->user_data, format, args);
  va_end(args);
}

static void send(const ln_reporter* reporter, const char* text) {
  if (reporter == NULL || reporter->report == NULL) {
    fprintf(stderr, "ERROR: %s\n", text);
    return;
  }
  char doubled[2 * sizeof last_error];
  size_t n = 0;
  for (const char* p = text; *p != 0; ++p) {
    doubled[n++] = *p;
    if (*p == '%') doubled[n++] = '%';
  }
  doubled[n] = 0;
  hand_over(reporter, doubled);
}

bool ln_report_hold(bool hold) {
  const bool before = held;
  held = hold;
  return before;
}

void ln_report_va(const ln_reporter* reporter, const char* format, va_list args) {
  if (held) return;
  vsnprintf(last_error, sizeof last_error, format, args);
  char text[sizeof last_error]; /* the reporter may call the library, which may report */
  memcpy(text, last_error, sizeof text);
  send(reporter, text);
}

void ln_report(const ln_reporter* reporter, const char* format, ...) {
  va_list args;
  va_start(args, format);
  ln_report_va(reporter, format, args);
  va_end(args);
}

void ln_report_more(const ln_reporter* reporter, const char* format, ...) {
  if (held) return;
  char text[sizeof last_error];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  send(reporter, text);
}

const char* ln_last_error(void) { return last_error; }
