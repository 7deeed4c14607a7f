/* Writing JSON to standard output, with commas where they belong. */
#ifndef LINNET_CLI_JSON_H_
#define LINNET_CLI_JSON_H_

#include <stdbool.h>
#include <stdint.h>

/* `key` is NULL inside arrays and for the outermost value. */
void json_open_object(const char* key);
void json_close_object(void);
void json_open_array(const char* key);
void json_close_array(void);
void json_string(const char* key, const char* value);
void json_integer(const char* key, int64_t value);
void json_number(const char* key, double value); /* NaN and infinities are null */
void json_bool(const char* key, bool value);
void json_end(void); /* a newline behind the outermost value */

#endif
