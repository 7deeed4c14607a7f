/* Labels: a name a line, from a file or from a file that is zipped behind the model. */
#ifndef LINNET_CLI_LABELS_H_
#define LINNET_CLI_LABELS_H_

#include <stddef.h>
#include <stdint.h>

typedef struct labels {
  char* text; /* owned */
  char** names;
  int count;
} labels;

/* CLI_OK, or a code: said on stderr. */
int labels_from_file(const char* path, labels* l);
/* The first .txt file in the zip behind `data`; count 0 where there is none. */
int labels_from_model(const void* data, size_t size, labels* l);
const char* labels_name(const labels* l, int index); /* "" outside */
void labels_free(labels* l);

/* Calls `visit` for every stored file in a zip archive at the end of `data`. */
void zip_each(const uint8_t* data, size_t size,
              void (*visit)(const char* name, size_t name_length, const uint8_t* content, size_t length, void* arg),
              void* arg);

#endif
