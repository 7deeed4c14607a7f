#include "convert/labels.h"

#include <string.h>

#include "base/file_map.h"
#include "convert/fb_writer.h"

enum { LOCAL_BYTES = 30, ENTRY_BYTES = 46, END_BYTES = 22, AXIS_LABELS = 2, MAX_LABELS_BYTES = 1 << 28 };

/* Slots of the metadata's own schema. */
enum {
  MODEL_SUBGRAPHS = 3,
  SUBGRAPH_INPUTS = 2,
  SUBGRAPH_OUTPUTS = 3,
  TENSOR_NAME = 0,
  TENSOR_FILES = 6,
  FILE_NAME = 0,
  FILE_TYPE = 2
};

static const char kName[] = "labels.txt";

static void close_map(void* what) { ln_file_map_close(what); }

static uint32_t crc_of(const unsigned char* data, size_t size) {
  uint32_t crc = 0xffffffffu;
  for (size_t i = 0; i < size; ++i) {
    crc ^= data[i];
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? crc >> 1 ^ 0xedb88320u : crc >> 1;
  }
  return ~crc;
}

static unsigned char* put(unsigned char* to, uint32_t number, int bytes) {
  for (int i = 0; i < bytes; ++i) *to++ = (unsigned char)(number >> 8 * i);
  return to;
}

/* What a local header and a directory's entry have in common: version, flags, method (stored), date, checksum, sizes.
 */
static unsigned char* put_facts(unsigned char* to, uint32_t crc, uint32_t size) {
  to = put(to, 10, 2);
  to = put(to, 0, 4);
  to = put(to, 0x00210000u, 4); /* midnight, 1 January 1980: the same bytes each time */
  to = put(to, crc, 4);
  to = put(to, size, 4);
  to = put(to, size, 4);
  return put(to, sizeof kName - 1, 2);
}

static void set_archive(ln_graph* graph, const unsigned char* data, size_t size) {
  const size_t name = sizeof kName - 1, directory = LOCAL_BYTES + name + size;
  unsigned char* archive = ln_job_alloc(graph->job, directory + ENTRY_BYTES + name + END_BYTES, 1);
  const uint32_t crc = crc_of(data, size), bytes = (uint32_t)size;
  unsigned char* to = put(archive, 0x04034b50u, 4);
  to = put(put_facts(to, crc, bytes), 0, 2);
  memcpy(to, kName, name);
  if (size != 0) memcpy(to + name, data, size);
  to = put(archive + directory, 0x02014b50u, 4);
  to = put_facts(put(to, 10, 2), crc, bytes);
  to = put(put(put(to, 0, 4), 0, 4), 0, 4); /* lengths of extra and comment, disk and kind inside, kind outside */
  to = put(to, 0, 4);                       /* where the local header stands */
  memcpy(to, kName, name);
  to = put(to + name, 0x06054b50u, 4);
  to = put(put(to, 0, 4), 0x00010001u, 4);
  to = put(put(to, (uint32_t)(ENTRY_BYTES + name), 4), (uint32_t)directory, 4);
  put(to, 0, 2);
  graph->tail = archive;
  graph->tail_bytes = directory + ENTRY_BYTES + name + END_BYTES;
}

static ln_fb_ref write_tensors(ln_fb_writer* w, ln_job* job, ln_tensor* const* tensors, size_t count, bool labelled) {
  ln_fb_ref* refs = ln_job_alloc(job, count, sizeof *refs);
  for (size_t i = 0; i < count; ++i) {
    ln_fb_ref files = 0;
    if (labelled && i == 0) {
      const ln_fb_slot file[] = {{FILE_NAME, 0, false, ln_fb_write_string(w, kName)},
                                 {FILE_TYPE, 1, true, AXIS_LABELS}};
      const ln_fb_ref table = ln_fb_write_table(w, file, 2);
      files = ln_fb_write_refs(w, &table, 1);
    }
    const ln_fb_slot tensor[] = {{TENSOR_NAME, 0, false, ln_fb_write_string(w, tensors[i]->name)},
                                 {TENSOR_FILES, 0, false, files}};
    refs[i] = ln_fb_write_table(w, tensor, 2);
  }
  return ln_fb_write_refs(w, refs, count);
}

static void set_metadata(ln_graph* graph) {
  static const char kMetadata[] = "TFLITE_METADATA";
  const ln_subgraph* s = graph->subgraphs;
  ln_fb_writer* w = ln_fb_writer_new(graph->job);
  const ln_fb_slot subgraph[] = {
      {SUBGRAPH_INPUTS, 0, false, write_tensors(w, graph->job, s->inputs, s->input_count, false)},
      {SUBGRAPH_OUTPUTS, 0, false, write_tensors(w, graph->job, s->outputs, s->output_count, true)}};
  const ln_fb_ref table = ln_fb_write_table(w, subgraph, 2);
  const ln_fb_slot model = {MODEL_SUBGRAPHS, 0, false, ln_fb_write_refs(w, &table, 1)};
  ln_fb_write_end(w, ln_fb_write_table(w, &model, 1), "M001");
  void* bytes = ln_job_alloc(graph->job, ln_fb_writer_bytes(w), 1);
  ln_fb_writer_copy(w, bytes);
  for (ln_metadata* m = graph->metadata; m != NULL; m = m->next) {
    if (strcmp(m->name, kMetadata) != 0) continue;
    m->data = bytes;
    m->size_bytes = ln_fb_writer_bytes(w);
    return;
  }
  ln_graph_metadata(graph, kMetadata, bytes, ln_fb_writer_bytes(w));
}

void ln_add_labels(ln_graph* graph, const char* path) {
  ln_file_map* map = ln_job_alloc(graph->job, 1, sizeof *map);
  char reason[128];
  if (!ln_file_map_open(path, map, reason, sizeof reason))
    ln_stop(graph->job, "labels: %s cannot be read: %s", path, reason);
  ln_job_defer(graph->job, close_map, map);
  if (map->size_bytes == 0 || map->size_bytes > MAX_LABELS_BYTES || memchr(map->data, 0, map->size_bytes) != NULL)
    ln_stop(graph->job, "labels: %s is no text file with a label a line", path);
  set_archive(graph, map->data, map->size_bytes);
  set_metadata(graph);
}
