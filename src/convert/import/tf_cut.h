/* Messages whose tensors stay in the file: protobuf-c copies every bytes field, which for weights would take memory for
 * all of them at once. */
#ifndef LN_CONVERT_IMPORT_TF_CUT_H_
#define LN_CONVERT_IMPORT_TF_CUT_H_

#include "convert/import/tf_proto.h"

/* The message with a mark in place of each tensor_content, in the job's memory. NULL: it is no message of that kind, or
 * larger than what can be marked. */
unsigned char* ln_tf_cut(ln_job* job, const ProtobufCMessageDescriptor* kind, const void* data, size_t size,
                         size_t* cut_size);
/* Lets the tensors of the unpacked message show where they lie in `data`, the whole one. */
void ln_tf_join(const ProtobufCMessageDescriptor* kind, void* message, const void* data, size_t size);

#endif
