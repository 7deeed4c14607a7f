/* Models made by hand, one thing wrong in each: what is refused, with which words, and what is let through. */
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "model/fb_build.h"
#include "model/model.h"
#include "model/schema.h"

static int passed, failed, skipped;
static fb builder;

static void check(bool ok, const char* what, const char* detail) {
  ok ? ++passed : ++failed;
  if (!ok) printf("FAIL %s: %s\n", what, detail);
}

#define CHECK(condition) check((condition), #condition, "")

/* ---- The model: input 0, constant 1, output 2; node 0 adds. Knobs for everything that a test bends. ---- */

typedef struct knobs {
  int version, subgraphs;
  int32_t type, shape[4];
  int rank;
  uint32_t buffer;
  int data_bytes;
  const void* data;
  bool is_variable, resource_constant, add_sparsity, external, second_node;
  uint32_t opcode_index;
  int builtin, deprecated;
  bool custom_name;
  int32_t inputs[3], outputs[2];
  int input_count, output_count;
  int32_t second_inputs[2], second_outputs[1];
  int options_type;
  bool options;
  int32_t options_numbers[2];
  int scales, zero_points, quantized_dimension;
  float scale;
  int64_t zero_point;
  uint32_t signature_subgraph, signature_tensor, metadata_buffer;
  uint64_t buffer_offset, buffer_size, custom_offset, custom_size;
  int32_t subgraph_inputs[2], subgraph_outputs[1];
  int32_t segments[3], indices[2], traversal[2], dense_size;
} knobs;

static const float kData[4] = {1, 2, 3, 4};

static knobs good(void) {
  return (knobs){.version = 3,
                 .subgraphs = 1,
                 .shape = {2, 2},
                 .rank = 2,
                 .buffer = 1,
                 .data_bytes = 16,
                 .data = kData,
                 .inputs = {0, 1},
                 .outputs = {2},
                 .input_count = 2,
                 .output_count = 1,
                 .options_type = 11,
                 .options = true,
                 .second_inputs = {2, 1},
                 .second_outputs = {3},
                 .scale = 1,
                 .signature_tensor = 0,
                 .subgraph_inputs = {0},
                 .subgraph_outputs = {2},
                 .segments = {0, 1, 2},
                 .indices = {1, 0},
                 .traversal = {0, 1},
                 .dense_size = 2};
}

static fb_ref make_quantization(const knobs* k) {
  float scales[4];
  int64_t zeros[4];
  for (int i = 0; i < 4; ++i) {
    scales[i] = k->scale;
    zeros[i] = k->zero_point;
  }
  if (k->scales == 0) return 0;
  const fb_slot slots[] = {FB_NO,
                           FB_NO,
                           FB_TO(fb_bytes(&builder, scales, (size_t)k->scales, 4)),
                           FB_TO(k->zero_points > 0 ? fb_bytes(&builder, zeros, (size_t)k->zero_points, 8) : 0),
                           FB_NO,
                           FB_NO,
                           FB_I32(k->quantized_dimension)};
  return fb_table(&builder, slots, 7);
}

static fb_ref make_sparsity(const knobs* k) {
  if (!k->add_sparsity) return 0;
  const fb_slot segments[] = {FB_TO(fb_ints(&builder, k->segments, 3))};
  const fb_slot indices[] = {FB_TO(fb_ints(&builder, k->indices, 2))};
  const fb_ref segment_table = fb_table(&builder, segments, 1), index_table = fb_table(&builder, indices, 1);
  const fb_slot dense[] = {FB_U8(0), FB_I32(k->dense_size)};
  const fb_slot rows[] = {FB_U8(1), FB_NO, FB_U8(1), FB_TO(segment_table), FB_U8(1), FB_TO(index_table)};
  const fb_ref levels[] = {fb_table(&builder, dense, 2), fb_table(&builder, rows, 6)};
  const fb_slot slots[] = {FB_TO(fb_ints(&builder, k->traversal, 2)), FB_NO, FB_TO(fb_refs(&builder, levels, 2))};
  return fb_table(&builder, slots, 3);
}

static fb_ref make_tensor(const knobs* k, int index) {
  const int32_t plain[] = {2, 2};
  const bool bent = index == 1;
  const fb_slot slots[] = {FB_TO(bent ? fb_ints(&builder, k->shape, (size_t)k->rank) : fb_ints(&builder, plain, 2)),
                           FB_U8(bent ? k->type : 0),
                           FB_I32(bent ? k->buffer : 0),
                           FB_TO(fb_text(&builder, bent ? "bent" : "plain")),
                           FB_TO(bent ? make_quantization(k) : 0),
                           FB_U8(bent && k->is_variable),
                           FB_TO(bent ? make_sparsity(k) : 0),
                           FB_NO,
                           FB_NO,
                           FB_NO,
                           FB_I32(bent && k->external)};
  return fb_table(&builder, slots, 11);
}

static fb_ref make_operators(const knobs* k) {
  const fb_slot numbers[] = {FB_I32(k->options_numbers[0]), FB_I32(k->options_numbers[1])};
  const fb_slot first[] = {FB_I32(k->opcode_index),
                           FB_TO(fb_ints(&builder, k->inputs, (size_t)k->input_count)),
                           FB_TO(fb_ints(&builder, k->outputs, (size_t)k->output_count)),
                           FB_U8(k->options_type),
                           FB_TO(k->options ? fb_table(&builder, numbers, k->options_type == 11 ? 0 : 2) : 0),
                           FB_NO,
                           FB_NO,
                           FB_NO,
                           FB_NO,
                           FB_U64(k->custom_offset),
                           FB_U64(k->custom_size)};
  const fb_slot second[] = {FB_I32(0), FB_TO(fb_ints(&builder, k->second_inputs, 2)),
                            FB_TO(fb_ints(&builder, k->second_outputs, 1))};
  fb_ref nodes[2] = {fb_table(&builder, first, 11), 0};
  if (k->second_node) nodes[1] = fb_table(&builder, second, 3);
  return fb_refs(&builder, nodes, k->second_node ? 2 : 1);
}

static fb_ref make_subgraph(const knobs* k) {
  fb_ref tensors[4];
  for (int i = 0; i < 4; ++i) tensors[i] = make_tensor(k, i);
  const fb_slot slots[] = {FB_TO(fb_refs(&builder, tensors, 4)), FB_TO(fb_ints(&builder, k->subgraph_inputs, 1)),
                           FB_TO(fb_ints(&builder, k->subgraph_outputs, 1)), FB_TO(make_operators(k)),
                           FB_TO(fb_text(&builder, "main"))};
  return fb_table(&builder, slots, 5);
}

static fb_ref make_signature(const knobs* k) {
  const fb_slot argument[] = {FB_TO(fb_text(&builder, "x")), FB_I32(k->signature_tensor)};
  const fb_ref arguments[] = {fb_table(&builder, argument, 2)};
  const fb_slot slots[] = {FB_TO(fb_refs(&builder, arguments, 1)), FB_NO, FB_TO(fb_text(&builder, "serve")), FB_NO,
                           FB_I32(k->signature_subgraph)};
  return fb_table(&builder, slots, 5);
}

static const unsigned char* make(const knobs* k, size_t* size_bytes) {
  fb_begin(&builder);
  const fb_slot data[] = {FB_TO(k->data != NULL ? fb_bytes(&builder, k->data, (size_t)k->data_bytes, 1) : 0),
                          FB_U64(k->buffer_offset), FB_U64(k->buffer_size)};
  const fb_ref buffers[] = {fb_table(&builder, NULL, 0), fb_table(&builder, data, 3)};
  const fb_slot code[] = {FB_U8(k->deprecated), FB_TO(k->custom_name ? fb_text(&builder, "Own") : 0), FB_I32(1),
                          FB_I32(k->builtin)};
  const fb_ref codes[] = {fb_table(&builder, code, 4)};
  fb_ref subgraphs[2];
  for (int i = 0; i < k->subgraphs; ++i) subgraphs[i] = make_subgraph(k);
  const fb_slot metadata[] = {FB_TO(fb_text(&builder, "note")), FB_I32(k->metadata_buffer)};
  const fb_ref notes[] = {fb_table(&builder, metadata, 2)};
  const fb_ref signatures[] = {make_signature(k)};
  const fb_slot slots[] = {FB_I32(k->version),
                           FB_TO(fb_refs(&builder, codes, 1)),
                           FB_TO(fb_refs(&builder, subgraphs, (size_t)k->subgraphs)),
                           FB_TO(fb_text(&builder, "made by hand")),
                           FB_TO(fb_refs(&builder, buffers, 2)),
                           FB_NO,
                           FB_TO(fb_refs(&builder, notes, 1)),
                           FB_TO(fb_refs(&builder, signatures, 1))};
  return fb_end(&builder, fb_table(&builder, slots, 8), size_bytes);
}

/* Loads; the caller releases. */
static ln_model* load(const knobs* k, bool strict, ln_model_error* error) {
  size_t size_bytes;
  const unsigned char* bytes = make(k, &size_bytes);
  return ln_model_load_memory(bytes, size_bytes, strict, error);
}

static void expect_refused(const knobs* k, const char* words) {
  for (int strict = 0; strict < 2; ++strict) {
    ln_model_error error;
    ln_model* model = load(k, strict != 0, &error);
    check(model == NULL && strstr(error.text, words) != NULL, words, model != NULL ? "loaded" : error.text);
    ln_model_release(model);
  }
}

static void expect_loaded(const knobs* k, const char* what) {
  for (int strict = 0; strict < 2; ++strict) {
    ln_model_error error;
    ln_model* model = load(k, strict != 0, &error);
    check(model != NULL, what, error.text);
    ln_model_release(model);
  }
}

#define REFUSED(words, ...)    \
  do {                         \
    knobs k = good();          \
    __VA_ARGS__;               \
    expect_refused(&k, words); \
  } while (0)

#define LOADED(...)                  \
  do {                               \
    knobs k = good();                \
    __VA_ARGS__;                     \
    expect_loaded(&k, #__VA_ARGS__); \
  } while (0)

/* ---- Tests ---- */

static void test_whole(void) {
  knobs k = good();
  ln_model_error error;
  ln_model* m = load(&k, true, &error);
  check(m != NULL, "the good model loads", error.text);
  if (m == NULL) return;
  CHECK(m->version == 3 && m->subgraph_count == 1 && m->opcode_count == 1 && m->buffer_count == 2);
  CHECK(strcmp(m->description, "made by hand") == 0 && strcmp(m->subgraphs[0].name, "main") == 0);
  const ln_model_tensor* t = &m->subgraphs[0].tensors[1];
  CHECK(strcmp(t->name, "bent") == 0 && t->has_shape && t->shape.count == 2 && t->shape.data[1] == 2);
  CHECK(t->data.size == 16 && memcmp(t->data.data, kData, 16) == 0 && m->weight_bytes == 16);
  CHECK(m->subgraphs[0].tensors[0].data.data == NULL);
  CHECK(m->subgraphs[0].operators[0].inputs.data[1] == 1 && m->subgraphs[0].operators[0].options.buf != NULL);
  CHECK(m->signature_count == 1 && strcmp(m->signatures[0].key, "serve") == 0 && m->signatures[0].input_count == 1);
  CHECK(m->metadata_count == 1 && strcmp(m->metadata[0].name, "note") == 0);
  ln_model_retain(m);
  ln_model_release(m);
  CHECK(m->version == 3);
  ln_model_release(m);
  ln_model_release(NULL);
  REFUSED("Model provided is schema version 2 not equal to supported version 3.", k.version = 2);
  REFUSED("No subgraph in the model.", k.subgraphs = 0; k.signature_subgraph = 0);
}

static void test_tensors(void) {
  REFUSED("Subgraph 0, tensor 1 \"bent\": type 99 does not exist", k.type = 99);
  REFUSED("Tensor 1 specifies an out of range buffer 9 (only 2 buffers).", k.buffer = 9);
  REFUSED("Tensor 1 is invalidly specified in schema.", k.shape[0] = -1);
  REFUSED("BytesRequired number of elements overflowed. Tensor 1", k.rank = 4; k.shape[0] = k.shape[1] = 0x7fffffff;
          k.shape[2] = k.shape[3] = 0x7fffffff);
  REFUSED("buffer 1 has 16 bytes; FLOAT32 of this shape takes 12", k.shape[0] = 3; k.shape[1] = 1);
  REFUSED("Tensor 1 is a variable tensor with buffer. It's not supported now.", k.is_variable = true);
  REFUSED("in another file", k.external = true);
  REFUSED("a RESOURCE cannot be a constant", k.type = 13);
  LOADED(k.buffer = 0);
  LOADED(k.type = 17; k.data_bytes = 2);
  LOADED(k.type = 17; k.shape[0] = 3; k.shape[1] = 1; k.data_bytes = 2);
  REFUSED("INT4 of this shape takes 2", k.type = 17; k.data_bytes = 3);
  LOADED(k.shape[0] = 0; k.data_bytes = 0);
  const int32_t strings[] = {4, 24, 24, 25, 26, 28, 0x64636261};
  LOADED(k.type = 5; k.data = strings; k.data_bytes = 28);
  REFUSED("its constant strings (buffer 1) are malformed", k.type = 5; k.data = strings; k.data_bytes = 27);
  REFUSED("its constant strings (buffer 1) are malformed", k.type = 5; k.data = strings; k.data_bytes = 28;
          k.shape[0] = 1);
  const int32_t falling[] = {4, 24, 26, 25, 26, 28, 0x64636261};
  REFUSED("its constant strings (buffer 1) are malformed", k.type = 5; k.data = falling; k.data_bytes = 28);
  LOADED(k.data = NULL; k.buffer_offset = 2; k.buffer_size = 16);
  REFUSED("Buffer 1: 16 bytes at 1000000 end behind the file", k.data = NULL; k.buffer_offset = 1000000;
          k.buffer_size = 16);
  REFUSED("Buffer 1: ", k.data = NULL; k.buffer_offset = UINT64_MAX; k.buffer_size = UINT64_MAX);
}

static void test_quantization(void) {
  knobs k = good();
  ln_model_error error;
  k.type = 9;
  k.data_bytes = 4;
  k.scales = 2;
  k.zero_points = 1;
  k.zero_point = -3;
  k.quantized_dimension = 7;
  ln_model* m = load(&k, true, &error);
  check(m != NULL, "a quantized dimension outside the shape", error.text);
  if (m != NULL) {
    const ln_model_quantization* q = &m->subgraphs[0].tensors[1].quantization;
    CHECK(q->present && q->scale_count == 2 && q->quantized_dimension == 0);
    CHECK(q->zero_point_count == 2 && q->zero_points[0] == -3 && q->zero_points[1] == -3);
  }
  ln_model_release(m);
  REFUSED("3 scales; 1 or as many", k.scales = 3; k.zero_points = 3);
  REFUSED("2 zero points for 1 scales", k.scales = 1; k.zero_points = 2);
  REFUSED("zero point 0 is 300; INT8 cannot hold it", k.type = 9; k.data_bytes = 4; k.scales = k.zero_points = 1;
          k.zero_point = 300);
  REFUSED("it must be finite", k.type = 9; k.data_bytes = 4; k.scales = k.zero_points = 1; k.scale = NAN);
  LOADED(k.scales = 1);
}

static void test_sparsity(void) {
  LOADED(k.add_sparsity = true; k.data_bytes = 8);
  REFUSED("the sparsity leads to 2 values", k.add_sparsity = true);
  REFUSED("the traversal order at 1", k.add_sparsity = true; k.data_bytes = 8; k.traversal[1] = 0);
  REFUSED("the traversal order at 0", k.add_sparsity = true; k.data_bytes = 8; k.traversal[0] = -1);
  REFUSED("segments or indices that do not fit: level 1", k.add_sparsity = true; k.data_bytes = 8; k.indices[0] = 2);
  REFUSED("segments or indices that do not fit: level 1", k.add_sparsity = true; k.data_bytes = 8; k.segments[1] = 3);
  REFUSED("segments or indices that do not fit: level 1", k.add_sparsity = true; k.data_bytes = 8; k.segments[2] = 9);
  REFUSED("another size than the shape has: level 0", k.add_sparsity = true; k.data_bytes = 8; k.dense_size = 3);
  REFUSED("does not fit the shape and the blocks", k.add_sparsity = true; k.data_bytes = 8; k.rank = 3; k.shape[2] = 1);
}

static void test_operators(void) {
  REFUSED("operator code 5 does not exist", k.opcode_index = 5);
  REFUSED("Op builtin_code out of range: 300. Are you using old TFLite binary with newer model?", k.builtin = 300);
  REFUSED("Op builtin_code out of range: -1.", k.builtin = -1; k.deprecated = -1);
  REFUSED("Operator with CUSTOM builtin_code has no custom_code", k.builtin = 32);
  LOADED(k.builtin = 32; k.custom_name = true; k.options = false);
  REFUSED("Subgraph 0, node 0 ADD: input 1 is tensor 7; it must be in [-1, 4).", k.inputs[1] = 7);
  REFUSED("Subgraph 0, node 0 ADD: input 1 is tensor -2", k.inputs[1] = -2);
  REFUSED("Subgraph 0, node 0 ADD: output 0 is tensor -1; it must be in [0, 4).", k.outputs[0] = -1);
  LOADED(k.inputs[1] = -1);
  REFUSED("output 0, tensor 1 \"bent\", is a constant", k.outputs[0] = 1; k.inputs[1] = 2);
  REFUSED("output 0, tensor 0 \"plain\", is an input of the subgraph", k.outputs[0] = 0);
  REFUSED("output 1, tensor 2 \"plain\", is written by another node already", k.output_count = 2; k.outputs[1] = 2);
  REFUSED("node 1 ADD: output 0, tensor 2", k.second_node = true; k.second_inputs[0] = 0; k.second_outputs[0] = 2);
  REFUSED("node 0 ADD: input 0, tensor 3 \"plain\", is written only by it or a later node", k.second_node = true;
          k.inputs[0] = 3);
  REFUSED("node 0 ADD: input 0, tensor 2", k.inputs[0] = 2);
  LOADED(k.second_node = true);
  REFUSED("is a variable", k.buffer = 0; k.is_variable = true; k.outputs[0] = 1; k.inputs[1] = -1);
  REFUSED("Subgraph 0: input 0 is tensor 4; it must be in [0, 4).", k.subgraph_inputs[0] = 4);
  REFUSED("Subgraph 0: output 0 is tensor -1", k.subgraph_outputs[0] = -1);
  REFUSED("node 0: custom options: 4 bytes at 1000000 end behind", k.custom_offset = 1000000; k.custom_size = 4);
  LOADED(k.custom_offset = 8; k.custom_size = 4);
  /* A tag from a newer schema says nothing about the table behind it. */
  LOADED(k.options_type = 200);
  knobs k = good();
  k.options_type = 1;
  ln_model_error error;
  ln_model* m = load(&k, true, &error);
  check(m == NULL && strstr(error.text, "its options are Conv2DOptions; AddOptions would be right") != NULL,
        "another operator's options", error.text);
  ln_model_release(m);
  m = load(&k, false, &error);
  check(m != NULL, "another operator's options, not strict", error.text);
  ln_model_release(m);
}

static void test_calls(void) {
  enum { IF = 118, WHILE = 119, IF_OPTIONS = 92, WHILE_OPTIONS = 93 };
  REFUSED("IF: subgraph 9 does not exist; the model has 2", k.builtin = IF; k.options_type = IF_OPTIONS;
          k.subgraphs = 2; k.options_numbers[0] = 9);
  REFUSED("IF: subgraph -1 does not exist", k.builtin = IF; k.options_type = IF_OPTIONS; k.options_numbers[1] = -1);
  REFUSED("WHILE: subgraph 0 calls itself", k.builtin = WHILE; k.options_type = WHILE_OPTIONS);
  REFUSED("calls itself", k.builtin = WHILE; k.options_type = WHILE_OPTIONS; k.subgraphs = 2; k.options_numbers[0] = 1;
          k.options_numbers[1] = 0);
}

static void test_lists(void) {
  REFUSED("Signature \"serve\": subgraph 5 does not exist; the model has 1", k.signature_subgraph = 5);
  REFUSED("Signature \"serve\", input \"x\": tensor 1 is no input of the subgraph", k.signature_tensor = 1);
  REFUSED("Metadata 0 \"note\": buffer 7 does not exist; the model has 2", k.metadata_buffer = 7);
}

/* Many tensors that share one long shape: the work must not be their product. */
static void test_shared_vectors(void) {
  enum { RANK = 4000, TENSORS = 5000 };
  static int32_t ones[RANK];
  static fb_ref tensors[TENSORS];
  for (int i = 0; i < RANK; ++i) ones[i] = 1;
  fb_begin(&builder);
  const fb_slot tensor[] = {FB_TO(fb_ints(&builder, ones, RANK))};
  tensors[0] = fb_table(&builder, tensor, 1);
  for (int i = 1; i < TENSORS; ++i) tensors[i] = tensors[0];
  const fb_slot subgraph[] = {FB_TO(fb_refs(&builder, tensors, TENSORS))};
  const fb_ref subgraphs[] = {fb_table(&builder, subgraph, 1)};
  const fb_slot slots[] = {FB_I32(3), FB_NO, FB_TO(fb_refs(&builder, subgraphs, 1))};
  size_t size_bytes;
  const unsigned char* bytes = fb_end(&builder, fb_table(&builder, slots, 3), &size_bytes);
  ln_model_error error;
  ln_model* m = ln_model_load_memory(bytes, size_bytes, true, &error);
  check(m == NULL && strstr(error.text, "share their vectors too often") != NULL, "shared vectors", error.text);
  ln_model_release(m);
}

static void test_garbage(void) {
  ln_model_error error;
  const char* not_a_buffer = "The model is not a valid Flatbuffer buffer";
  CHECK(ln_model_load_memory(NULL, 0, true, &error) == NULL);
  check(strcmp(error.text, "The model allocation is null/empty") == 0, "NULL", error.text);
  CHECK(ln_model_load_memory("TFL3", 4, true, &error) == NULL && strstr(error.text, not_a_buffer) == error.text);
  CHECK(ln_model_load_memory("\4\0\0\0TFL3garbage garbage", 23, true, &error) == NULL);
  check(strstr(error.text, not_a_buffer) == error.text, "garbage", error.text);
  size_t size_bytes;
  const knobs k = good();
  const unsigned char* bytes = make(&k, &size_bytes);
  builder.bytes[FB_CAPACITY - builder.used + 4] = 'X';
  CHECK(ln_model_load_memory(bytes, size_bytes, true, &error) == NULL);
  check(strstr(error.text, "identifier") != NULL, "another identifier", error.text);
}

static void test_files(void) {
  ln_model_error error;
  CHECK(ln_model_load_file("/nope", true, &error) == NULL);
  check(strstr(error.text, "Could not open '/nope'.") == error.text, "no such file", error.text);
  CHECK(ln_model_load_file("/", true, &error) == NULL && error.text[0] != 0);
  CHECK(ln_model_load_file(NULL, true, &error) == NULL && error.text[0] != 0);
  char path[] = "/tmp/linnet_model_XXXXXX";
  const int file = mkstemp(path);
  CHECK(file >= 0);
  CHECK(ln_model_load_file(path, true, &error) == NULL);
  check(strstr(error.text, "The model allocation is null/empty") == error.text, "an empty file", error.text);
  size_t size_bytes;
  const knobs k = good();
  const unsigned char* bytes = make(&k, &size_bytes);
  CHECK(write(file, bytes, size_bytes) == (ssize_t)size_bytes);
  ln_model* m = ln_model_load_file(path, true, &error);
  check(m != NULL && strcmp(m->path, path) == 0, "a file", error.text);
  ln_model_release(m);
  close(file);
  unlink(path);
}

/* Data behind what a FlatBuffer's offsets reach, in a file with a hole. */
static void test_large_file(void) {
  if (sizeof(size_t) < 8) {
    printf("no file over 2 GiB can be mapped here\n");
    ++skipped;
    return;
  }
  const uint64_t offset = (uint64_t)3 << 30;
  char path[] = "/tmp/linnet_large_XXXXXX";
  const int file = mkstemp(path);
  CHECK(file >= 0);
  knobs k = good();
  k.data = NULL;
  k.buffer_offset = offset;
  k.buffer_size = 16;
  size_t size_bytes;
  const unsigned char* bytes = make(&k, &size_bytes);
  if (write(file, bytes, size_bytes) != (ssize_t)size_bytes ||
      pwrite(file, kData, sizeof kData, (off_t)offset) != (ssize_t)sizeof kData) {
    printf("no file of 3 GiB can be made\n");
    ++skipped;
  } else {
    ln_model_error error;
    ln_model* m = ln_model_load_file(path, true, &error);
    check(m != NULL && memcmp(m->subgraphs[0].tensors[1].data.data, kData, sizeof kData) == 0, "a file over 2 GiB",
          error.text);
    ln_model_release(m);
    CHECK(ftruncate(file, (off_t)offset + 15) == 0 && ln_model_load_file(path, true, &error) == NULL);
    check(strstr(error.text, "end behind the file") != NULL, "one byte too few", error.text);
  }
  close(file);
  unlink(path);
}

static int packs_made;

static void fill(void* destination, void* arg) {
  ++packs_made;
  memset(destination, *(const unsigned char*)arg, 100);
}

static void test_packs(void) {
  const knobs k = good();
  ln_model_error error;
  ln_model* m = load(&k, true, &error);
  if (m == NULL) return;
  unsigned char value = 7;
  const unsigned char* pack = ln_model_shared_pack(m, kData, 1, 100, false, fill, &value);
  CHECK(pack != NULL && (uintptr_t)pack % 64 == 0 && pack[99] == 7);
  value = 8;
  CHECK(ln_model_shared_pack(m, kData, 1, 100, false, fill, &value) == pack && packs_made == 1);
  CHECK(ln_model_shared_pack(m, kData, 1, 101, false, fill, &value) == NULL);
  const unsigned char* other = ln_model_shared_pack(m, kData, 2, 100, false, fill, &value);
  CHECK(other != NULL && other != pack && other[0] == 8 && packs_made == 2);
  CHECK(ln_model_packed_bytes(m) == 200);
  ln_model_release(m);
}

/* Threads that take and give back references and ask for the same packs. */
static void* use_model(void* arg) {
  ln_model* m = arg;
  unsigned char value = 3;
  const unsigned char* pack = NULL;
  for (int i = 0; i < 200; ++i) {
    ln_model_retain(m);
    pack = ln_model_shared_pack(m, kData + i % 4, (uint64_t)(i % 3), 100, false, fill, &value);
    ln_model_release(m);
  }
  return pack != NULL && pack[50] == 3 ? m : NULL;
}

static void test_threads(void) {
  enum { THREADS = 4 };
  const knobs k = good();
  ln_model_error error;
  ln_model* m = load(&k, true, &error);
  if (m == NULL) return;
  packs_made = 0;
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; ++i) CHECK(pthread_create(&threads[i], NULL, use_model, m) == 0);
  for (int i = 0; i < THREADS; ++i) {
    void* result = NULL;
    CHECK(pthread_join(threads[i], &result) == 0 && result == m);
  }
  CHECK(packs_made == 12 && ln_model_packed_bytes(m) == 1200);
  ln_model_release(m);
}

static void test_types(void) {
  size_t bytes = 0;
  CHECK(ln_tensor_type_bytes(0, 3, &bytes) && bytes == 12);
  CHECK(ln_tensor_type_bytes(17, 3, &bytes) && bytes == 2);
  CHECK(ln_tensor_type_bytes(19, 5, &bytes) && bytes == 2);
  CHECK(ln_tensor_type_bytes(11, 2, &bytes) && bytes == 32);
  CHECK(!ln_tensor_type_bytes(5, 1, &bytes) && !ln_tensor_type_bytes(13, 1, &bytes));
  CHECK(!ln_tensor_type_bytes(0, SIZE_MAX / 2, &bytes) && !ln_tensor_type_bytes(200, 1, &bytes));
  CHECK(strcmp(ln_builtin_operator_name(3), "CONV_2D") == 0 &&
        strcmp(ln_builtin_operator_name(209), "STABLEHLO_CASE") == 0);
  CHECK(strcmp(ln_builtin_operator_name(210), "UNKNOWN") == 0 && strcmp(ln_builtin_operator_name(-1), "UNKNOWN") == 0);
  CHECK(strcmp(ln_tensor_type_name(22), "FLOAT8_E5M2") == 0 && strcmp(ln_tensor_type_name(23), "UNKNOWN") == 0);
  CHECK(ln_schema_operator_options(3) == LN_TABLE_Conv2DOptions && ln_schema_operator_options(14) == LN_TABLE_NONE);
}

/* ---- The k-th allocation fails ---- */

static int allocations_left;

static void* counted_allocate(void* user_data, size_t size_bytes) {
  (void)user_data;
  return allocations_left-- > 0 ? malloc(size_bytes) : NULL;
}

static void* counted_reallocate(void* user_data, void* block, size_t size_bytes) {
  (void)user_data;
  return allocations_left-- > 0 ? realloc(block, size_bytes) : NULL;
}

static void counted_free(void* user_data, void* block) {
  (void)user_data;
  free(block);
}

static void test_no_memory(void) {
  const ln_allocator counted = {NULL, counted_allocate, counted_reallocate, counted_free};
  knobs k = good();
  k.add_sparsity = true;
  k.data_bytes = 8;
  ln_set_allocator(&counted);
  bool loaded = false;
  for (int i = 0; i < 1000 && !loaded; ++i) {
    allocations_left = i;
    ln_model_error error = {""};
    ln_model* m = load(&k, true, &error);
    loaded = m != NULL;
    CHECK(m != NULL || error.text[0] != 0);
    ln_model_release(m);
  }
  ln_set_allocator(NULL);
  CHECK(loaded);
}

int main(void) {
  test_whole();
  test_tensors();
  test_quantization();
  test_sparsity();
  test_operators();
  test_calls();
  test_lists();
  test_shared_vectors();
  test_garbage();
  test_files();
  test_packs();
  test_threads();
  test_large_file();
  test_types();
  test_no_memory();
  printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped);
  return failed != 0;
}
