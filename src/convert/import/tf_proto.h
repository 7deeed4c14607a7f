/* TensorFlow's messages in the job's memory: reading them from files, binary or text, and finding attributes. */
#ifndef LN_CONVERT_IMPORT_TF_PROTO_H_
#define LN_CONVERT_IMPORT_TF_PROTO_H_

#include "convert/graph.h"
#include "tensorflow.pb-c.h"

/* DataType's numbers that are used by name. A reference type is 100 more. */
enum {
  LN_DT_FLOAT = 1,
  LN_DT_DOUBLE = 2,
  LN_DT_INT32 = 3,
  LN_DT_UINT8 = 4,
  LN_DT_INT16 = 5,
  LN_DT_INT8 = 6,
  LN_DT_STRING = 7,
  LN_DT_COMPLEX64 = 8,
  LN_DT_INT64 = 9,
  LN_DT_BOOL = 10,
  LN_DT_BFLOAT16 = 14,
  LN_DT_UINT16 = 17,
  LN_DT_COMPLEX128 = 18,
  LN_DT_HALF = 19,
  LN_DT_RESOURCE = 20,
  LN_DT_VARIANT = 21,
  LN_DT_UINT32 = 22,
  LN_DT_UINT64 = 23,
  LN_DT_REF = 100
};

/* The tensor type of a DataType in files, inputs and outputs; -1: there is none. */
int ln_tf_stored_type(int dtype);
/* The one in which it is computed: float32 for floats of other widths. */
int ln_tf_type(int dtype);

/* A file mapped until the job ends. */
typedef struct ln_tf_file {
  const unsigned char* data;
  size_t size;
} ln_tf_file;
ln_tf_file ln_tf_open(ln_job* job, const char* path);
bool ln_tf_exists(const char* path); /* as a plain file */

/* A message of the given kind; stops the job where the bytes are none. Its tensors' contents lie in `data`. `what`
 * names them in the sentence. Memory beyond a multiple of the bytes' number is refused. */
void* ln_tf_unpack(ln_job* job, const ProtobufCMessageDescriptor* kind, const void* data, size_t size,
                   const char* what);
/* The same from protobuf's text form. */
void* ln_tf_parse_text(ln_job* job, const ProtobufCMessageDescriptor* kind, const char* text, size_t size,
                       const char* what);
/* Puts "" for names that a message lacks, and takes out attributes without a key, so that all that follows can rely on
 * them. ln_tf_read_graph has done it. */
void ln_tf_clean(ln_job* job, LnPb__GraphDef* graph);
void ln_tf_clean_signatures(const LnPb__MetaGraphDef* meta);
/* A GraphDef, binary or text by what it looks like. */
LnPb__GraphDef* ln_tf_read_graph(ln_job* job, const char* path);

const LnPb__AttrValue* ln_tf_attr(const LnPb__NodeDef* node, const char* name); /* NULL: not there */
int64_t ln_tf_int(const LnPb__NodeDef* node, const char* name, int64_t fallback);
float ln_tf_float(const LnPb__NodeDef* node, const char* name, float fallback);
bool ln_tf_bool(const LnPb__NodeDef* node, const char* name, bool fallback);
int ln_tf_dtype(const LnPb__NodeDef* node, const char* name, int fallback); /* a reference type counts as its base */
/* A string attribute is these bytes; `fallback` decides where it is not there. */
bool ln_tf_is(const LnPb__NodeDef* node, const char* name, const char* text, bool fallback);
const char* ln_tf_string(ln_job* job, const LnPb__NodeDef* node, const char* name, const char* fallback);
/* A list of integers; the count, 0 where it is not there. */
size_t ln_tf_ints(const LnPb__NodeDef* node, const char* name, const int64_t** numbers);

/* Dims of a shape as graph.h wants them, in the job's memory; -1: unknown rank. */
int ln_tf_shape(ln_job* job, const LnPb__TensorShapeProto* shape, const char* what, int32_t** dims);

/* A constant of a TensorProto; `name` for the tensor and for messages. */
ln_tensor* ln_tf_constant(ln_subgraph* subgraph, const LnPb__TensorProto* proto, const char* name);

#endif
