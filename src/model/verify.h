/* The structural verifier: whether bytes are a well-formed FlatBuffer of the schema, so that every later access stays
 * inside. Says nothing about what the values mean. */
#ifndef LN_MODEL_VERIFY_H_
#define LN_MODEL_VERIFY_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* True if the buffer begins with a root table of type Model and identifier TFL3. False: `message` names the table,
 * field and offset that is wrong. Work is linear in `size_bytes`. `data` needs no alignment; `strict` asks for what
 * FlatBuffers promises of scalars, tables and vectors relative to the start. */
bool ln_verify_structure(const uint8_t* data, size_t size_bytes, bool strict, char* message, size_t message_size);

#endif
