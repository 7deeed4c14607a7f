/* Whole files. */
#ifndef LINNET_CLI_FILE_H_
#define LINNET_CLI_FILE_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The file's bytes and a NUL behind them, owned by the caller (free). NULL: `message` says why. Files over 1 GiB are
 * refused. */
uint8_t* file_read(const char* path, size_t* size, char* message, size_t message_size);
bool file_write(const char* path, const void* data, size_t size, char* message, size_t message_size);

#endif
