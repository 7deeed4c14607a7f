#include "convert/import/tf_proto.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "base/file_kind.h"
#include "base/file_map.h"
#include "convert/floats.h"
#include "convert/import/tf_cut.h"
#include "convert/tables.h"
#include "model/model.h"

/* Small messages of few bytes become structs of many: more than this many bytes a byte is no honest file. */
enum { MAX_GROWTH = 200, GROWTH_BASE = 1 << 24 };

int ln_tf_stored_type(int dtype) {
  static const int8_t kTypes[] = {-1,
                                  LN_TYPE_FLOAT32,
                                  LN_TYPE_FLOAT64,
                                  LN_TYPE_INT32,
                                  LN_TYPE_UINT8,
                                  LN_TYPE_INT16,
                                  LN_TYPE_INT8,
                                  LN_TYPE_STRING,
                                  LN_TYPE_COMPLEX64,
                                  LN_TYPE_INT64,
                                  LN_TYPE_BOOL,
                                  -1,
                                  -1,
                                  -1,
                                  LN_TYPE_BFLOAT16,
                                  -1,
                                  -1,
                                  LN_TYPE_UINT16,
                                  LN_TYPE_COMPLEX128,
                                  LN_TYPE_FLOAT16,
                                  LN_TYPE_RESOURCE,
                                  LN_TYPE_VARIANT,
                                  LN_TYPE_UINT32,
                                  LN_TYPE_UINT64};
  if (dtype > LN_DT_REF) dtype -= LN_DT_REF;
  return dtype >= 0 && dtype < (int)sizeof kTypes ? kTypes[dtype] : -1;
}

int ln_tf_type(int dtype) { return ln_computed_type(ln_tf_stored_type(dtype)); }

static void close_map(void* what) { ln_file_map_close(what); }

ln_tf_file ln_tf_open(ln_job* job, const char* path) {
  ln_file_map* map = ln_job_alloc(job, 1, sizeof *map);
  char reason[128];
  if (!ln_file_map_open(path, map, reason, sizeof reason)) ln_stop(job, "%s cannot be read: %s", path, reason);
  ln_job_defer(job, close_map, map);
  ln_job_watch(job, map->data, map->size_bytes);
  return (ln_tf_file){map->data, map->size_bytes};
}

bool ln_tf_exists(const char* path) { return ln_file_kind_of(path) == LN_FILE_PLAIN; }

/* The library asks for memory inside of its parser: it must not be left by a jump, so that memory is taken beside the
 * job and freed with it. */
typedef struct owned {
  struct owned* next;
  max_align_t bytes[];
} owned;

typedef struct pool {
  owned* first;
  size_t left;
  bool failed; /* there was no memory */
} pool;

static void free_pool(void* what) {
  for (owned *block = ((pool*)what)->first, *next; block != NULL; block = next) {
    next = block->next;
    ln_free(block);
  }
}

static void* pool_alloc(void* user_data, size_t size) {
  pool* p = user_data;
  if (size > p->left || size > SIZE_MAX - sizeof(owned)) return NULL;
  owned* block = ln_malloc(sizeof *block + size);
  p->failed = p->failed || block == NULL;
  if (block == NULL) return NULL;
  p->left -= size;
  block->next = p->first;
  p->first = block;
  return block->bytes;
}

static void pool_free(void* user_data, void* block) {
  (void)user_data;
  (void)block;
}

void* ln_tf_unpack(ln_job* job, const ProtobufCMessageDescriptor* kind, const void* data, size_t size,
                   const char* what) {
  size_t cut_size = 0;
  const unsigned char* cut = ln_tf_cut(job, kind, data, size, &cut_size);
  if (cut == NULL) ln_stop(job, "%s is no %s: its bytes are not a message of that kind", what, kind->short_name);
  pool* p = ln_job_alloc(job, 1, sizeof *p);
  p->left = size < SIZE_MAX / 2 / MAX_GROWTH ? size * MAX_GROWTH + GROWTH_BASE : SIZE_MAX / 2;
  ln_job_defer(job, free_pool, p);
  ProtobufCAllocator allocator = {pool_alloc, pool_free, p};
  void* message = protobuf_c_message_unpack(kind, &allocator, cut_size, cut);
  if (p->failed) ln_stop(job, "%s: no memory for what it holds", what);
  if (message == NULL) ln_stop(job, "%s is no %s: its bytes are not a message of that kind", what, kind->short_name);
  ln_tf_join(kind, message, data, size);
  return message;
}

static void fill(char** text) {
  static char none[] = "";
  if (*text == NULL) *text = none;
}

static void clean_nodes(LnPb__NodeDef** nodes, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    fill(&nodes[i]->name);
    fill(&nodes[i]->op);
    size_t kept = 0;
    for (size_t k = 0; k < nodes[i]->n_attr; ++k)
      if (nodes[i]->attr[k]->key != NULL) nodes[i]->attr[kept++] = nodes[i]->attr[k];
    nodes[i]->n_attr = kept;
  }
}

void ln_tf_clean(ln_job* job, LnPb__GraphDef* graph) {
  clean_nodes(graph->node, graph->n_node);
  for (size_t i = 0; graph->library != NULL && i < graph->library->n_function; ++i) {
    LnPb__FunctionDef* f = graph->library->function[i];
    if (f->signature == NULL) {
      f->signature = ln_job_alloc(job, 1, sizeof *f->signature);
      ln_pb__op_def__init(f->signature);
    }
    fill(&f->signature->name);
    for (size_t k = 0; k < f->signature->n_input_arg; ++k) fill(&f->signature->input_arg[k]->name);
    for (size_t k = 0; k < f->signature->n_output_arg; ++k) fill(&f->signature->output_arg[k]->name);
    for (size_t k = 0; k < f->n_ret; ++k) {
      fill(&f->ret[k]->key);
      fill(&f->ret[k]->value);
    }
    clean_nodes(f->node_def, f->n_node_def);
  }
}

void ln_tf_clean_signatures(const LnPb__MetaGraphDef* meta) {
  for (size_t i = 0; i < meta->n_signature_def; ++i) {
    LnPb__SignatureEntry* entry = meta->signature_def[i];
    fill(&entry->key);
    for (size_t k = 0; entry->value != NULL && k < entry->value->n_inputs; ++k) fill(&entry->value->inputs[k]->key);
    for (size_t k = 0; entry->value != NULL && k < entry->value->n_outputs; ++k) fill(&entry->value->outputs[k]->key);
  }
}

/* Binary messages begin with a field's tag, mostly 0x0a; text begins with a word or a comment. */
static bool looks_like_text(const unsigned char* data, size_t size) {
  if (size == 0) return false;
  for (size_t i = 0; i < size && i < 64; ++i)
    if (data[i] < 9 || (data[i] > 13 && data[i] < 32) || data[i] == 127) return false;
  size_t i = 0;
  while (i < size && strchr(" \t\r\n", data[i]) != NULL) ++i;
  return i < size && ((data[i] >= 'a' && data[i] <= 'z') || data[i] == '#');
}

LnPb__GraphDef* ln_tf_read_graph(ln_job* job, const char* path) {
  const ln_tf_file file = ln_tf_open(job, path);
  LnPb__GraphDef* graph =
      looks_like_text(file.data, file.size)
          ? ln_tf_parse_text(job, &ln_pb__graph_def__descriptor, (const char*)file.data, file.size, path)
          : ln_tf_unpack(job, &ln_pb__graph_def__descriptor, file.data, file.size, path);
  if (graph->n_node == 0) ln_stop(job, "%s is no GraphDef: it has no nodes", path);
  ln_tf_clean(job, graph);
  return graph;
}

const LnPb__AttrValue* ln_tf_attr(const LnPb__NodeDef* node, const char* name) {
  for (size_t i = 0; i < node->n_attr; ++i)
    if (node->attr[i]->key != NULL && strcmp(node->attr[i]->key, name) == 0) return node->attr[i]->value;
  return NULL;
}

int64_t ln_tf_int(const LnPb__NodeDef* node, const char* name, int64_t fallback) {
  const LnPb__AttrValue* value = ln_tf_attr(node, name);
  return value != NULL && value->has_i ? value->i : fallback;
}

float ln_tf_float(const LnPb__NodeDef* node, const char* name, float fallback) {
  const LnPb__AttrValue* value = ln_tf_attr(node, name);
  return value != NULL && value->has_f ? value->f : fallback;
}

bool ln_tf_bool(const LnPb__NodeDef* node, const char* name, bool fallback) {
  const LnPb__AttrValue* value = ln_tf_attr(node, name);
  return value != NULL && value->has_b ? value->b != 0 : fallback;
}

int ln_tf_dtype(const LnPb__NodeDef* node, const char* name, int fallback) {
  const LnPb__AttrValue* value = ln_tf_attr(node, name);
  const int dtype = value != NULL && value->has_type ? value->type : fallback;
  return dtype > LN_DT_REF ? dtype - LN_DT_REF : dtype;
}

bool ln_tf_is(const LnPb__NodeDef* node, const char* name, const char* text, bool fallback) {
  const LnPb__AttrValue* value = ln_tf_attr(node, name);
  if (value == NULL || !value->has_s || value->s.len == 0) return fallback;
  return value->s.len == strlen(text) && memcmp(value->s.data, text, value->s.len) == 0;
}

const char* ln_tf_string(ln_job* job, const LnPb__NodeDef* node, const char* name, const char* fallback) {
  const LnPb__AttrValue* value = ln_tf_attr(node, name);
  if (value == NULL || !value->has_s) return fallback;
  char* text = ln_job_alloc(job, value->s.len + 1, 1);
  if (value->s.len != 0) memcpy(text, value->s.data, value->s.len);
  return text;
}

size_t ln_tf_ints(const LnPb__NodeDef* node, const char* name, const int64_t** numbers) {
  const LnPb__AttrValue* value = ln_tf_attr(node, name);
  if (value == NULL || value->list == NULL) return 0;
  *numbers = value->list->i;
  return value->list->n_i;
}

int ln_tf_shape(ln_job* job, const LnPb__TensorShapeProto* shape, const char* what, int32_t** dims) {
  *dims = NULL;
  if (shape == NULL || shape->unknown_rank) return -1;
  if (shape->n_dim > LN_MAX_DIMS)
    ln_stop(job, "\"%s\" has %zu dimensions; at most %d can be converted", what, shape->n_dim, LN_MAX_DIMS);
  *dims = ln_job_alloc(job, shape->n_dim, sizeof **dims);
  for (size_t i = 0; i < shape->n_dim; ++i) {
    const int64_t extent = shape->dim[i]->size;
    if (extent < -1 || extent > INT32_MAX)
      ln_stop(job, "\"%s\": extent %zu of its shape is %lld", what, i, (long long)extent);
    (*dims)[i] = (int32_t)extent;
  }
  return (int)shape->n_dim;
}

typedef struct numbers {
  size_t count, width;
  const void* data;
} numbers;

/* The repeated field that holds a type's elements, as bytes of that field's type. */
static numbers field_of(const LnPb__TensorProto* p, int type) {
  switch (type) {
    case LN_TYPE_FLOAT32:
      return (numbers){p->n_float_val, 4, p->float_val};
    case LN_TYPE_FLOAT64:
      return (numbers){p->n_double_val, 8, p->double_val};
    case LN_TYPE_INT64:
      return (numbers){p->n_int64_val, 8, p->int64_val};
    case LN_TYPE_UINT64:
      return (numbers){p->n_uint64_val, 8, p->uint64_val};
    case LN_TYPE_UINT32:
      return (numbers){p->n_uint32_val, 4, p->uint32_val};
    case LN_TYPE_BOOL:
      return (numbers){p->n_bool_val, sizeof(protobuf_c_boolean), p->bool_val};
    case LN_TYPE_FLOAT16:
    case LN_TYPE_BFLOAT16:
      return (numbers){p->n_half_val, 4, p->half_val};
    case LN_TYPE_COMPLEX128:
      return (numbers){p->n_dcomplex_val / 2, 16, p->dcomplex_val};
    case LN_TYPE_COMPLEX64:
      return (numbers){p->n_scomplex_val / 2, 8, p->scomplex_val};
    default:
      return (numbers){p->n_int_val, 4, p->int_val};
  }
}

/* Elements from the repeated field: the last one stands for all that are missing. */
static void spread(unsigned char* to, size_t count, size_t width, numbers from) {
  for (size_t i = 0; i < count && from.count != 0; ++i) {
    const size_t k = i < from.count ? i : from.count - 1;
    const unsigned char* source = (const unsigned char*)from.data + k * from.width;
    if (width <= from.width) {
      memcpy(to + i * width, source, width); /* little-endian: the low bytes */
    } else {
      memcpy(to + i * width, source, from.width);
    }
  }
}

ln_tensor* ln_tf_constant(ln_subgraph* subgraph, const LnPb__TensorProto* p, const char* name) {
  ln_job* job = subgraph->graph->job;
  int32_t* dims;
  const int type = ln_tf_stored_type(p->dtype), computed = ln_computed_type(type);
  if (type < 0 || type == LN_TYPE_RESOURCE || type == LN_TYPE_VARIANT)
    ln_stop(job, "constant \"%s\" is of TensorFlow's type %d, which has no tensor type", name, p->dtype);
  int rank = p->tensor_shape != NULL ? ln_tf_shape(job, p->tensor_shape, name, &dims) : 0;
  if (p->tensor_shape == NULL) dims = NULL;
  size_t count = 1;
  for (int i = 0; i < rank; ++i)
    if (dims[i] < 0 || !ln_mul_size(count, (size_t)dims[i], &count)) rank = -1;
  if (rank < 0) ln_stop(job, "constant \"%s\" has no shape of known extents", name);
  if (type == LN_TYPE_STRING) {
    if (p->n_string_val == 0 && count != 0) ln_stop(job, "constant \"%s\" lacks its strings", name);
    if (count > (size_t)INT32_MAX / 16) ln_stop(job, "constant \"%s\" is too large", name);
    ln_chars* strings = ln_job_alloc(job, count, sizeof *strings);
    for (size_t i = 0; i < count; ++i) {
      const ProtobufCBinaryData text = p->string_val[i < p->n_string_val ? i : p->n_string_val - 1];
      strings[i] = (ln_chars){text.len, text.data};
    }
    return ln_graph_strings(subgraph, name, rank, dims, strings);
  }
  size_t bytes, width;
  if (!ln_tensor_type_bytes((uint8_t)type, 1, &width) || !ln_tensor_type_bytes((uint8_t)type, count, &bytes))
    ln_stop(job, "constant \"%s\" is too large", name);
  if (p->tensor_content.len != 0) {
    if (p->tensor_content.len != bytes)
      ln_stop(job, "constant \"%s\" has %zu bytes; its shape takes %zu", name, p->tensor_content.len, bytes);
    const void* content = p->tensor_content.data;
    if ((uintptr_t)content % width != 0) content = ln_job_copy(job, content, bytes);
    return ln_graph_constant(subgraph, name, computed, rank, dims, ln_computed_numbers(job, type, count, content));
  }
  const numbers from = field_of(p, type);
  if (from.count > count)
    ln_stop(job, "constant \"%s\" has %zu elements; its shape takes %zu", name, from.count, count);
  if (bytes > (size_t)1 << 31) ln_stop(job, "constant \"%s\" is larger than 2 GiB", name);
  void* data = ln_job_alloc(job, bytes, 1);
  spread(data, count, width, from);
  return ln_graph_constant(subgraph, name, computed, rank, dims, ln_computed_numbers(job, type, count, data));
}
