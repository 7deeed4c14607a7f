#include "term.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool term_is_rich(void) {
  const char* none = getenv("NO_COLOR");
  return isatty(STDOUT_FILENO) && (none == NULL || none[0] == 0);
}

const char* term_bar(double share, int width, char* buffer, size_t size) {
  const bool rich = isatty(STDOUT_FILENO);
  const char* cell = rich ? "\u2588" : "#";
  const int cells = share <= 0 ? 0 : share >= 1 ? width : (int)(share * width + 0.5);
  size_t used = 0;
  for (int i = 0; i < width; ++i) {
    const char* text = i < cells ? cell : " ";
    if (used + strlen(text) + 1 > size) break;
    memcpy(buffer + used, text, strlen(text));
    used += strlen(text);
  }
  buffer[used] = 0;
  return buffer;
}

const char* term_bytes(double bytes, char* buffer, size_t size) {
  static const char* const kUnits[] = {"B", "KB", "MB", "GB", "TB"};
  int unit = 0;
  while (bytes >= 1000 && unit < 4) {
    bytes /= 1024;
    ++unit;
  }
  snprintf(buffer, size,
           unit == 0     ? "%.0f %s"
           : bytes < 10  ? "%.2f %s"
           : bytes < 100 ? "%.1f %s"
                         : "%.0f %s",
           bytes, kUnits[unit]);
  return buffer;
}

const char* term_time(double ns, char* buffer, size_t size) {
  static const char* const kUnits[] = {"ns", "us", "ms", "s"};
  int unit = 0;
  while (ns >= 1000 && unit < 3) {
    ns /= 1000;
    ++unit;
  }
  snprintf(buffer, size,
           unit == 0  ? "%.0f %s"
           : ns < 10  ? "%.2f %s"
           : ns < 100 ? "%.1f %s"
                      : "%.0f %s",
           ns, kUnits[unit]);
  return buffer;
}

void term_bold(const char* text) {
  if (term_is_rich())
    printf("\033[1m%s\033[0m", text);
  else
    fputs(text, stdout);
}

bool term_has_line(void) { return isatty(STDERR_FILENO); }

void term_line(const char* text) {
  fprintf(stderr, "\r%s\033[K", text);
  fflush(stderr);
}

void term_progress(const char* what, long long done, long long total) {
  char line[128] = "";
  if (!term_has_line()) return;
  if (done < total) snprintf(line, sizeof line, "%s  %lld / %lld", what, done, total);
  term_line(line);
}
