#include "convert/write.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/file_kind.h"
#include "base/hash.h"
#include "convert/versions.h"
#include "model/model.h"

enum { SCHEMA_VERSION = 3, PLACEHOLDER = 127, NUMBERED = 0, UNUSED = -1, SEEN_BITS = 8, MAX_DATA_INSIDE = 2000000000 };

typedef struct constant {
  const void* data;
  size_t size;
  uint64_t hash;
} constant;

typedef struct opcode {
  int32_t code, version;
  const char* custom_name;
} opcode;

typedef struct writer {
  ln_graph* graph;
  ln_job* job;
  ln_fb_writer* fb;
  constant* buffers; /* the first is the empty one */
  size_t buffer_count, buffer_capacity;
  constant* seen;  /* by address: `hash` is the buffer's number */
  uint32_t* table; /* of buffers by hash, open addressing; 0: free */
  size_t table_size;
  opcode* opcodes;
  size_t opcode_count, opcode_capacity;
} writer;

static uint64_t hash_of(ln_job* job, const void* data, size_t size) {
  uint64_t hash = size;
  for (size_t at = 0, part; at < size; at += part) {
    part = size - at < LN_JOB_STRETCH_BYTES ? size - at : LN_JOB_STRETCH_BYTES;
    hash = hash * 0x9e3779b97f4a7c15u ^ ln_hash_bytes((const char*)data + at, part);
    if (part == LN_JOB_STRETCH_BYTES) ln_job_touch(job, part);
  }
  return hash;
}

static void widen_table(writer* w) {
  const size_t size = w->table_size < 64 ? 64 : w->table_size * 2;
  w->table = ln_job_alloc(w->job, size, sizeof *w->table);
  w->table_size = size;
  for (size_t i = 1; i < w->buffer_count; ++i) {
    size_t at = (size_t)w->buffers[i].hash & (size - 1);
    while (w->table[at] != 0) at = (at + 1) & (size - 1);
    w->table[at] = (uint32_t)i;
  }
}

static uint32_t find_or_add(writer* w, const void* data, size_t size) {
  const uint64_t hash = hash_of(w->job, data, size);
  if (2 * w->buffer_count >= w->table_size) widen_table(w);
  size_t at = (size_t)hash & (w->table_size - 1);
  for (; w->table[at] != 0; at = (at + 1) & (w->table_size - 1)) {
    const constant* there = &w->buffers[w->table[at]];
    if (there->hash == hash && there->size == size &&
        (size == 0 || there->data == data || memcmp(there->data, data, size) == 0))
      return w->table[at];
  }
  w->buffers = ln_job_grow(w->job, w->buffers, w->buffer_count, &w->buffer_capacity, sizeof *w->buffers);
  w->buffers[w->buffer_count] = (constant){data, size, hash};
  w->table[at] = (uint32_t)w->buffer_count;
  return (uint32_t)w->buffer_count++;
}

static uint32_t add_buffer(writer* w, const void* data, size_t size) {
  /* Signatures share weights: what was written just so need not be read again. */
  constant* seen = &w->seen[(uint32_t)((uintptr_t)data >> 4) * 0x9e3779b1u >> (32 - SEEN_BITS)];
  if (seen->data == data && seen->size == size && size != 0) return (uint32_t)seen->hash;
  const uint32_t buffer = find_or_add(w, data, size);
  *seen = (constant){data, size, buffer};
  return buffer;
}

static uint32_t add_opcode(writer* w, const ln_node* node) {
  const opcode wanted = {node->code, ln_operator_version(node), node->custom_name};
  for (size_t i = 0; i < w->opcode_count; ++i)
    if (w->opcodes[i].code == wanted.code && w->opcodes[i].version == wanted.version &&
        strcmp(w->opcodes[i].custom_name, wanted.custom_name) == 0)
      return (uint32_t)i;
  w->opcodes = ln_job_grow(w->job, w->opcodes, w->opcode_count, &w->opcode_capacity, sizeof *w->opcodes);
  w->opcodes[w->opcode_count] = wanted;
  return (uint32_t)w->opcode_count++;
}

static void use(ln_tensor* tensor) {
  if (tensor == NULL) return;
  tensor->index = NUMBERED;
  if (tensor->quantization != NULL) {
    if (tensor->quantization->block_scales != NULL) tensor->quantization->block_scales->index = NUMBERED;
    if (tensor->quantization->block_zero_points != NULL) tensor->quantization->block_zero_points->index = NUMBERED;
  }
}

static void number_tensors(ln_subgraph* subgraph) {
  for (size_t i = 0; i < subgraph->tensor_count; ++i) subgraph->tensors[i]->index = UNUSED;
  for (size_t i = 0; i < subgraph->input_count; ++i) use(subgraph->inputs[i]);
  for (size_t i = 0; i < subgraph->output_count; ++i) use(subgraph->outputs[i]);
  for (ln_node* node = subgraph->first; node != NULL; node = node->next) {
    for (int i = 0; i < node->input_count; ++i) use(node->inputs[i]);
    for (int i = 0; i < node->output_count; ++i) use(node->outputs[i]);
    for (int i = 0; i < node->intermediate_count; ++i) use(node->intermediates[i]);
  }
  int32_t next = 0;
  for (size_t i = 0; i < subgraph->tensor_count; ++i)
    if (subgraph->tensors[i]->index != UNUSED) subgraph->tensors[i]->index = next++;
}

static ln_fb_ref write_indices(writer* w, ln_tensor* const* tensors, size_t count) {
  int32_t* indices = ln_job_alloc(w->job, count, sizeof *indices);
  for (size_t i = 0; i < count; ++i) indices[i] = tensors[i] != NULL ? tensors[i]->index : -1;
  return ln_fb_write_vector(w->fb, indices, count, sizeof *indices);
}

static ln_fb_slot number(int slot, uint8_t bytes, int64_t value) {
  return (ln_fb_slot){slot, bytes, false,
                      bytes < 8 ? (uint64_t)value & ((UINT64_C(1) << 8 * bytes) - 1) : (uint64_t)value};
}

static ln_fb_slot reference(int slot, ln_fb_ref ref) { return (ln_fb_slot){slot, 0, false, ref}; }

static ln_fb_ref vector_or_none(writer* w, const void* data, size_t count, size_t width) {
  return count != 0 ? ln_fb_write_vector(w->fb, data, count, width) : 0;
}

static ln_fb_ref write_details(writer* w, const ln_quantization* q) {
  if (q->details_type == 0) return 0;
  if (q->details_type == 1) {
    const ln_fb_slot slot =
        reference(LN_SLOT(CustomQuantization, custom), ln_fb_write_vector(w->fb, q->custom, q->custom_bytes, 1));
    return ln_fb_write_table(w->fb, &slot, 1);
  }
  const int32_t scales = q->block_scales != NULL ? q->block_scales->index : -1,
                zero_points = q->block_zero_points != NULL ? q->block_zero_points->index : -1;
  ln_fb_slot slots[] = {
      {LN_SLOT(BlockwiseQuantization, scales), 4, true, (uint32_t)scales},
      {LN_SLOT(BlockwiseQuantization, zero_points), 4, true, (uint32_t)zero_points},
      number(LN_SLOT(BlockwiseQuantization, block_size), 4, q->block_size),
      reference(LN_SLOT(MultiAxisQuantization, quantized_dimensions),
                vector_or_none(w, q->block_dimensions, (size_t)q->block_dimension_count, sizeof(int32_t))),
  };
  return ln_fb_write_table(w->fb, slots, sizeof slots / sizeof slots[0]);
}

static ln_fb_ref write_quantization(writer* w, const ln_quantization* q) {
  if (q == NULL) return 0;
  const ln_fb_slot slots[] = {
      reference(LN_SLOT(QuantizationParameters, min), vector_or_none(w, q->mins, (size_t)q->min_count, sizeof(float))),
      reference(LN_SLOT(QuantizationParameters, max), vector_or_none(w, q->maxs, (size_t)q->max_count, sizeof(float))),
      reference(LN_SLOT(QuantizationParameters, scale),
                vector_or_none(w, q->scales, (size_t)q->scale_count, sizeof(float))),
      reference(LN_SLOT(QuantizationParameters, zero_point),
                vector_or_none(w, q->zero_points, (size_t)q->scale_count, sizeof(int64_t))),
      number(LN_SLOT(QuantizationParameters, details_type), 1, q->details_type),
      reference(LN_SLOT(QuantizationParameters, details), write_details(w, q)),
      number(LN_SLOT(QuantizationParameters, quantized_dimension), 4, q->dimension),
  };
  return ln_fb_write_table(w->fb, slots, sizeof slots / sizeof slots[0]);
}

/* Unknown extents are 1 in the shape and -1 in its signature. */
static ln_fb_ref write_tensor(writer* w, const ln_tensor* t) {
  int32_t shape[LN_MAX_DIMS], signature[LN_MAX_DIMS];
  for (int i = 0; i < t->rank; ++i) {
    signature[i] = ln_dim(t, i);
    shape[i] = signature[i] >= 0 ? signature[i] : t->unknown_as[i] > 0 ? t->unknown_as[i] : 1;
  }
  const size_t rank = t->rank > 0 ? (size_t)t->rank : 0;
  const uint32_t buffer = t->data != NULL ? add_buffer(w, t->data, t->data_bytes) : 0;
  ln_fb_ref variants = 0;
  if (t->variant.buf != NULL) {
    const ln_fb_vector list = ln_fb_get_vector(t->variant, LN_SLOT(Tensor, variant_tensors));
    ln_fb_ref* refs = ln_job_alloc(w->job, list.count, sizeof *refs);
    for (uint32_t i = 0; i < list.count; ++i)
      refs[i] = ln_fb_write_copy(w->fb, ln_fb_vector_table(t->variant, list, i), LN_TABLE_VariantSubType);
    variants = ln_fb_write_refs(w->fb, refs, list.count);
  }
  const ln_fb_slot slots[] = {
      reference(LN_SLOT(Tensor, shape), t->rank >= 0 ? ln_fb_write_vector(w->fb, shape, rank, sizeof *shape) : 0),
      number(LN_SLOT(Tensor, type), 1, t->type),
      number(LN_SLOT(Tensor, buffer), 4, buffer),
      reference(LN_SLOT(Tensor, name), ln_fb_write_string(w->fb, t->name)),
      reference(LN_SLOT(Tensor, quantization), write_quantization(w, t->quantization)),
      number(LN_SLOT(Tensor, is_variable), 1, t->is_variable),
      reference(LN_SLOT(Tensor, sparsity),
                t->sparsity.buf != NULL ? ln_fb_write_copy(w->fb, t->sparsity, LN_TABLE_SparsityParameters) : 0),
      reference(LN_SLOT(Tensor, shape_signature), t->rank > 0 && !ln_tensor_is_static(t)
                                                      ? ln_fb_write_vector(w->fb, signature, rank, sizeof *signature)
                                                      : 0),
      number(LN_SLOT(Tensor, has_rank), 1, t->rank >= 0),
      reference(LN_SLOT(Tensor, variant_tensors), variants),
  };
  return ln_fb_write_table(w->fb, slots, sizeof slots / sizeof slots[0]);
}

/* The number of a subgraph where an option names one. */
static int64_t option_number(const ln_node* node, const ln_option* option) {
  const int8_t* slots = ln_call_slots(node->code);
  for (int i = 0; slots[i] >= 0; ++i)
    if (slots[i] == option->slot && node->calls[i] != NULL) return node->calls[i]->index;
  return option->value.i;
}

static ln_fb_ref write_options(writer* w, const ln_node* node) {
  ln_fb_slot slots[32];
  size_t count = 0;
  for (int32_t i = 0; i < node->option_count && count < 32; ++i) {
    const ln_option* option = &node->options[i];
    const ln_kind kind = (ln_kind)option->kind;
    const uint8_t width = (uint8_t)ln_kind_bytes(kind);
    uint32_t bits;
    if (kind == LN_KIND_STRING) {
      slots[count++] = reference(option->slot, ln_fb_write_string(w->fb, option->value.data));
    } else if (kind == LN_KIND_F32) {
      memcpy(&bits, &option->value.f, sizeof bits);
      slots[count++] = (ln_fb_slot){option->slot, 4, true, bits};
    } else if (kind < LN_KIND_F32) {
      slots[count] = number(option->slot, width, option_number(node, option));
      slots[count++].always = true;
    } else {
      slots[count++] = reference(option->slot, ln_fb_write_vector(w->fb, option->value.data, option->count, width));
    }
  }
  return ln_fb_write_table(w->fb, slots, count);
}

/* The tag that a table has in a union, 0: none. */
static uint8_t tag_in(int union_index, int table) {
  for (int tag = 1; tag < 256; ++tag)
    if (ln_schema_union_table(union_index, (uint8_t)tag) == table) return (uint8_t)tag;
  return 0;
}

static ln_fb_ref write_node(writer* w, const ln_node* node) {
  const bool has_options = node->options_table != LN_TABLE_NONE;
  const uint8_t tag = has_options ? tag_in(LN_UNION_BuiltinOptions, node->options_table) : 0,
                tag2 = has_options && tag == 0 ? tag_in(LN_UNION_BuiltinOptions2, node->options_table) : 0;
  const ln_fb_ref options = has_options ? write_options(w, node) : 0;
  const ln_fb_slot slots[] = {
      number(LN_SLOT(Operator, opcode_index), 4, add_opcode(w, node)),
      reference(LN_SLOT(Operator, inputs), write_indices(w, node->inputs, (size_t)node->input_count)),
      reference(LN_SLOT(Operator, outputs), write_indices(w, node->outputs, (size_t)node->output_count)),
      number(LN_SLOT(Operator, builtin_options_type), 1, tag),
      reference(LN_SLOT(Operator, builtin_options), tag != 0 ? options : 0),
      reference(LN_SLOT(Operator, custom_options),
                vector_or_none(w, node->custom_options, node->custom_options_bytes, 1)),
      reference(LN_SLOT(Operator, mutating_variable_inputs),
                node->mutating_variable_inputs != NULL
                    ? ln_fb_write_vector(w->fb, node->mutating_variable_inputs, (size_t)node->input_count, 1)
                    : 0),
      reference(
          LN_SLOT(Operator, intermediates),
          node->intermediate_count != 0 ? write_indices(w, node->intermediates, (size_t)node->intermediate_count) : 0),
      number(LN_SLOT(Operator, builtin_options_2_type), 1, tag2),
      reference(LN_SLOT(Operator, builtin_options_2), tag2 != 0 ? options : 0),
  };
  return ln_fb_write_table(w->fb, slots, sizeof slots / sizeof slots[0]);
}

static ln_fb_ref write_subgraph(writer* w, const ln_subgraph* subgraph) {
  ln_fb_ref* refs = ln_job_alloc(w->job, subgraph->tensor_count + (size_t)subgraph->node_count, sizeof *refs);
  size_t count = 0;
  for (size_t i = 0; i < subgraph->tensor_count; ++i)
    if (subgraph->tensors[i]->index != UNUSED) refs[count++] = write_tensor(w, subgraph->tensors[i]);
  const ln_fb_ref tensors = ln_fb_write_refs(w->fb, refs, count);
  count = 0;
  for (const ln_node* node = subgraph->first; node != NULL; node = node->next) refs[count++] = write_node(w, node);
  const ln_fb_slot slots[] = {
      reference(LN_SLOT(SubGraph, tensors), tensors),
      reference(LN_SLOT(SubGraph, inputs), write_indices(w, subgraph->inputs, subgraph->input_count)),
      reference(LN_SLOT(SubGraph, outputs), write_indices(w, subgraph->outputs, subgraph->output_count)),
      reference(LN_SLOT(SubGraph, operators), ln_fb_write_refs(w->fb, refs, count)),
      reference(LN_SLOT(SubGraph, name), ln_fb_write_string(w->fb, subgraph->name)),
  };
  return ln_fb_write_table(w->fb, slots, sizeof slots / sizeof slots[0]);
}

static ln_fb_ref write_arguments(writer* w, const ln_argument* arguments, size_t count) {
  ln_fb_ref* refs = ln_job_alloc(w->job, count, sizeof *refs);
  for (size_t i = 0; i < count; ++i) {
    const ln_fb_slot slots[] = {
        reference(LN_SLOT(TensorMap, name), ln_fb_write_string(w->fb, arguments[i].name)),
        number(LN_SLOT(TensorMap, tensor_index), 4, arguments[i].tensor->index),
    };
    refs[i] = ln_fb_write_table(w->fb, slots, 2);
  }
  return ln_fb_write_refs(w->fb, refs, count);
}

static ln_fb_ref write_signatures(writer* w) {
  size_t count = 0;
  for (const ln_signature* s = w->graph->signatures; s != NULL; s = s->next) ++count;
  if (count == 0) return 0;
  ln_fb_ref* refs = ln_job_alloc(w->job, count, sizeof *refs);
  count = 0;
  for (const ln_signature* s = w->graph->signatures; s != NULL; s = s->next) {
    const ln_fb_slot slots[] = {
        reference(LN_SLOT(SignatureDef, inputs), write_arguments(w, s->inputs, s->input_count)),
        reference(LN_SLOT(SignatureDef, outputs), write_arguments(w, s->outputs, s->output_count)),
        reference(LN_SLOT(SignatureDef, signature_key), ln_fb_write_string(w->fb, s->key)),
        number(LN_SLOT(SignatureDef, subgraph_index), 4, s->subgraph->index),
    };
    refs[count++] = ln_fb_write_table(w->fb, slots, sizeof slots / sizeof slots[0]);
  }
  return ln_fb_write_refs(w->fb, refs, count);
}

static ln_fb_ref write_metadata(writer* w) {
  size_t count = 0;
  for (const ln_metadata* m = w->graph->metadata; m != NULL; m = m->next) ++count;
  if (count == 0) return 0;
  ln_fb_ref* refs = ln_job_alloc(w->job, count, sizeof *refs);
  count = 0;
  for (const ln_metadata* m = w->graph->metadata; m != NULL; m = m->next) {
    const ln_fb_slot slots[] = {
        reference(LN_SLOT(Metadata, name), ln_fb_write_string(w->fb, m->name)),
        number(LN_SLOT(Metadata, buffer), 4, m->data != NULL ? add_buffer(w, m->data, m->size_bytes) : 0),
    };
    refs[count++] = ln_fb_write_table(w->fb, slots, 2);
  }
  return ln_fb_write_refs(w->fb, refs, count);
}

static ln_fb_ref write_opcodes(writer* w) {
  ln_fb_ref* refs = ln_job_alloc(w->job, w->opcode_count, sizeof *refs);
  for (size_t i = 0; i < w->opcode_count; ++i) {
    const opcode* o = &w->opcodes[i];
    const ln_fb_slot slots[] = {
        number(LN_SLOT(OperatorCode, deprecated_builtin_code), 1, o->code < PLACEHOLDER ? o->code : PLACEHOLDER),
        reference(LN_SLOT(OperatorCode, custom_code),
                  o->code == LN_OP_CUSTOM ? ln_fb_write_string(w->fb, o->custom_name) : 0),
        {LN_SLOT(OperatorCode, version), 4, true, (uint32_t)o->version},
        number(LN_SLOT(OperatorCode, builtin_code), 4, o->code),
    };
    refs[i] = ln_fb_write_table(w->fb, slots, sizeof slots / sizeof slots[0]);
  }
  return ln_fb_write_refs(w->fb, refs, w->opcode_count);
}

/* In the FlatBuffer, whose references reach 2 GiB; behind it where they are more together. */
static ln_fb_ref write_buffers(writer* w) {
  ln_fb_ref* refs = ln_job_alloc(w->job, w->buffer_count, sizeof *refs);
  uint64_t total = 0;
  for (size_t i = 1; i < w->buffer_count; ++i) total += w->buffers[i].size;
  const bool apart = w->graph->data_behind || total > MAX_DATA_INSIDE;
  for (size_t i = 0; i < w->buffer_count; ++i) {
    const constant* c = &w->buffers[i];
    if (apart && c->size != 0) {
      refs[i] = ln_fb_write_data_behind(w->fb, c->data, c->size, LN_SLOT(Buffer, offset), LN_SLOT(Buffer, size));
      continue;
    }
    const ln_fb_slot slot = reference(LN_SLOT(Buffer, data), i != 0 ? ln_fb_write_data(w->fb, c->data, c->size) : 0);
    refs[i] = ln_fb_write_table(w->fb, &slot, 1);
  }
  return ln_fb_write_refs(w->fb, refs, w->buffer_count);
}

ln_fb_writer* ln_write_model(ln_graph* graph) {
  writer w = {0};
  w.graph = graph;
  w.job = graph->job;
  w.fb = ln_fb_writer_new(graph->job);
  w.seen = ln_job_alloc(w.job, 1 << SEEN_BITS, sizeof *w.seen);
  w.buffers = ln_job_grow(w.job, NULL, 0, &w.buffer_capacity, sizeof *w.buffers);
  w.buffer_count = 1;
  int32_t count = 0;
  for (ln_subgraph* s = graph->subgraphs; s != NULL; s = s->next) {
    s->index = count++;
    number_tensors(s);
  }
  ln_fb_ref* refs = ln_job_alloc(w.job, (size_t)count, sizeof *refs);
  count = 0;
  for (ln_subgraph* s = graph->subgraphs; s != NULL; s = s->next) refs[count++] = write_subgraph(&w, s);
  const ln_fb_ref subgraphs = ln_fb_write_refs(w.fb, refs, (size_t)count), signatures = write_signatures(&w),
                  metadata = write_metadata(&w), opcodes = write_opcodes(&w), buffers = write_buffers(&w);
  const ln_fb_slot slots[] = {
      number(LN_SLOT(Model, version), 4, SCHEMA_VERSION),
      reference(LN_SLOT(Model, operator_codes), opcodes),
      reference(LN_SLOT(Model, subgraphs), subgraphs),
      reference(LN_SLOT(Model, description), ln_fb_write_string(w.fb, graph->description)),
      reference(LN_SLOT(Model, buffers), buffers),
      reference(LN_SLOT(Model, metadata), metadata),
      reference(LN_SLOT(Model, signature_defs), signatures),
  };
  ln_fb_write_end(w.fb, ln_fb_write_table(w.fb, slots, sizeof slots / sizeof slots[0]), "TFL3");
  return w.fb;
}

typedef struct output {
  const char* path;
  char* partial; /* removed unless it was renamed */
  FILE* file;
} output;

static void close_output(void* what) {
  output* out = what;
  if (out->file != NULL) fclose(out->file);
  if (out->partial != NULL) remove(out->partial);
}

void ln_check_output(ln_job* job, const char* path) {
  const ln_file_kind kind = ln_file_kind_of(path);
  if (kind == LN_FILE_FOLDER) ln_stop(job, "%s cannot be written: it is a folder; a file's name is right", path);
  if (kind == LN_FILE_OTHER)
    ln_stop(job, "%s cannot be written: it is no plain file, which alone can be replaced as a whole", path);
}

static output* begin_output(ln_job* job, const char* path) {
  output* out = ln_job_alloc(job, 1, sizeof *out);
  char real[4096];
  ln_check_output(job, path);
  /* Where a link stands, what it leads to is replaced. */
  out->path = ln_file_real_name(path, real, sizeof real) ? ln_job_strdup(job, real) : path;
  char* partial = ln_job_text(job, "%s.partial", out->path);
  ln_job_defer(job, close_output, out);
  remove(partial); /* of a run that was killed */
  out->file = fopen(partial, "wbx");
  if (out->file == NULL) ln_stop(job, "%s cannot be written: %s", partial, strerror(errno));
  out->partial = partial;
  return out;
}

static void end_output(ln_job* job, output* out, bool written) {
  const int closed = fclose(out->file);
  out->file = NULL;
  if (!written || closed != 0) ln_stop(job, "%s cannot be written: %s", out->path, strerror(errno));
  if (rename(out->partial, out->path) != 0)
    ln_stop(job, "%s cannot be renamed to %s: %s", out->partial, out->path, strerror(errno));
  out->partial = NULL;
}

void ln_write_file(ln_graph* graph, const char* path) {
  const ln_fb_writer* model = ln_write_model(graph);
  output* out = begin_output(graph->job, path);
  const bool written =
      ln_fb_writer_save(model, out->file) &&
      (graph->tail_bytes == 0 || fwrite(graph->tail, 1, graph->tail_bytes, out->file) == graph->tail_bytes);
  end_output(graph->job, out, written);
}

void ln_write_bytes(ln_job* job, const char* path, const void* data, size_t size_bytes) {
  output* out = begin_output(job, path);
  end_output(job, out, size_bytes == 0 || fwrite(data, 1, size_bytes, out->file) == size_bytes);
}
