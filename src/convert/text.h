/* Text that grows: formatted pieces, and strings as JSON has them in a page, whatever bytes a name holds. */
#ifndef LN_CONVERT_TEXT_H_
#define LN_CONVERT_TEXT_H_

#include "convert/job.h"

typedef struct ln_text {
  ln_job* job;
  char* data;
  size_t length, capacity;
} ln_text;

void ln_text_put(ln_text* text, const char* format, ...) LN_PRINTF(2, 3);
void ln_text_append(ln_text* text, const char* data, size_t length);
/* In quotes. What could end a script or a string is written as \u escapes; bytes that are no UTF-8 become U+FFFD. */
void ln_text_json(ln_text* text, const char* string);

#endif
