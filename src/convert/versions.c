#include "convert/versions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VERSION_BYTES = 16 };

typedef struct typed {
  int16_t code;
  uint8_t input, type, version;
} typed;

static const typed kTyped[] = {
#define LN_TYPED(name, input, type, version) {LN_OP_##name, input, LN_TYPE_##type, version},
#include "convert/versions.def"
#undef LN_TYPED
};

static const struct {
  int32_t code;
  const char* runtimes;
} kSince[] = {
#define LN_SINCE(name, runtimes) {LN_OP_##name, runtimes},
#include "convert/versions.def"
#undef LN_SINCE
};

static const ln_tensor* input(const ln_node* node, int index) {
  return index < node->input_count ? node->inputs[index] : NULL;
}

static int rank_of(const ln_node* node, int index) {
  const ln_tensor* t = input(node, index);
  return t != NULL ? t->rank : 0;
}

/* Operands of different shapes and more than four dimensions. */
static bool broadcasts_many(const ln_node* node) {
  if (node->input_count < 2 || input(node, 0) == NULL || input(node, 1) == NULL) return false;
  return (rank_of(node, 0) > 4 || rank_of(node, 1) > 4) && !ln_shapes_equal(node->inputs[0], node->inputs[1]);
}

static int32_t of_convolution(const ln_node* node) {
  const ln_tensor *x = input(node, 0), *weights = input(node, 1);
  const bool grouped = node->code == LN_OP_CONV_2D && x != NULL && weights != NULL && x->rank == 4 &&
                       weights->rank == 4 && ln_dim_is_known(x, 3) && x->shape[0][3] != weights->shape[0][3];
  if (grouped) return 6;
  if (node->code != LN_OP_DEPTHWISE_CONV_2D) return 1;
  return ln_node_get(node, LN_SLOT(DepthwiseConv2DOptions, dilation_w_factor), 1) != 1 ||
                 ln_node_get(node, LN_SLOT(DepthwiseConv2DOptions, dilation_h_factor), 1) != 1
             ? 2
             : 1;
}

static int32_t of_transpose_conv(const ln_node* node) {
  if (LN_GET(node, TransposeConvOptions, fused_activation_function) != LN_ACT_NONE) return 4;
  return input(node, 3) != NULL ? 3 : 1;
}

/* What options and ranks ask for. */
static int32_t by_features(const ln_node* node) {
  switch (node->code) {
    case LN_OP_CONV_2D:
    case LN_OP_DEPTHWISE_CONV_2D:
      return of_convolution(node);
    case LN_OP_TRANSPOSE_CONV:
      return of_transpose_conv(node);
    case LN_OP_FULLY_CONNECTED:
      if (node->input_count == 2) return 6;
      return LN_GET(node, FullyConnectedOptions, keep_num_dims) != 0 ? 5 : 1;
    case LN_OP_FAKE_QUANT:
      return LN_GET(node, FakeQuantOptions, narrow_range) != 0 ? 2 : 1;
    case LN_OP_GATHER:
      return LN_GET(node, GatherOptions, batch_dims) != 0 ? 5 : 1;
    case LN_OP_TRANSPOSE:
      return rank_of(node, 0) > 5 ? 6 : rank_of(node, 0) > 4 ? 4 : 1;
    case LN_OP_SLICE:
      return rank_of(node, 0) > 4 ? 5 : 1;
    case LN_OP_STRIDED_SLICE:
      if (LN_GET(node, StridedSliceOptions, ellipsis_mask) != 0 ||
          LN_GET(node, StridedSliceOptions, new_axis_mask) != 0)
        return 6;
      return rank_of(node, 0) > 4 ? 4 : 1;
    case LN_OP_RESIZE_BILINEAR:
      return LN_GET(node, ResizeBilinearOptions, half_pixel_centers) != 0 ? 3 : 1;
    case LN_OP_RESIZE_NEAREST_NEIGHBOR:
      return LN_GET(node, ResizeNearestNeighborOptions, half_pixel_centers) != 0 ||
                     LN_GET(node, ResizeNearestNeighborOptions, align_corners) != 0
                 ? 3
                 : 1;
    case LN_OP_MAXIMUM:
    case LN_OP_MINIMUM:
    case LN_OP_SUB:
      return broadcasts_many(node) ? 3 : 1;
    case LN_OP_DIV:
      return broadcasts_many(node) ? 2 : 1;
    case LN_OP_SPACE_TO_BATCH_ND:
    case LN_OP_BATCH_TO_SPACE_ND:
      return rank_of(node, 0) != 4 ? 3 : 1;
    case LN_OP_PAD:
    case LN_OP_PADV2:
      return rank_of(node, 0) > 4 ? 4 : 1;
    case LN_OP_SELECT:
      return rank_of(node, 0) == 5 || rank_of(node, 1) == 5 || rank_of(node, 2) == 5 ? 3 : 1;
    case LN_OP_BROADCAST_TO:
      return 2;
    case LN_OP_WHERE:
      return input(node, 0) != NULL && node->inputs[0]->type != LN_TYPE_BOOL ? 2 : 1;
    default:
      return 1;
  }
}

int32_t ln_operator_version(const ln_node* node) {
  int32_t version = node->version;
  if (node->code == LN_OP_CUSTOM) return version;
  const int32_t features = by_features(node);
  if (features > version) version = features;
  for (size_t i = 0; i < sizeof kTyped / sizeof kTyped[0]; ++i) {
    if (kTyped[i].code != node->code || kTyped[i].version <= version) continue;
    const ln_tensor* t = input(node, kTyped[i].input);
    const bool to = node->code == LN_OP_CAST && node->output_count > 0 && node->outputs[0]->type == kTyped[i].type;
    if (to || (t != NULL && t->type == kTyped[i].type)) version = kTyped[i].version;
  }
  return version;
}

/* "2.10.0" as 2010000; 0: none. Each part counts as 0 to 999: models come with any text there. */
static long number_of(const char* text) {
  long number = 0;
  for (int part = 0; part < 3; ++part) {
    char* end;
    const long value = strtol(text, &end, 10);
    number = number * 1000 + (value < 0 ? 0 : value > 999 ? 999 : value);
    text = *end == '.' ? end + 1 : end;
  }
  return number;
}

/* The runtime that first had an operator's version; 0: not known. */
static long runtime_of(const ln_node* node) {
  for (size_t i = 0; i < sizeof kSince / sizeof kSince[0]; ++i) {
    if (kSince[i].code != node->code) continue;
    const char* at = kSince[i].runtimes;
    for (int32_t version = ln_operator_version(node); version > 1 && *at != 0; --version) {
      at += strcspn(at, " ");
      at += strspn(at, " ");
    }
    return *at != 0 ? number_of(at) : 0;
  }
  return 0;
}

void ln_set_min_runtime_version(ln_graph* graph) {
  static const char kName[] = "min_runtime_version";
  long least = 0;
  ln_metadata* found = NULL;
  for (ln_metadata* m = graph->metadata; m != NULL; m = m->next)
    if (strcmp(m->name, kName) == 0) found = m;
  char text[32] = "";
  if (found != NULL && found->data != NULL)
    snprintf(text, sizeof text, "%.*s", (int)(found->size_bytes < VERSION_BYTES ? found->size_bytes : VERSION_BYTES),
             (const char*)found->data);
  if (text[0] != 0) least = number_of(text);
  for (const ln_subgraph* s = graph->subgraphs; s != NULL; s = s->next)
    for (const ln_node* node = s->first; node != NULL; node = node->next)
      if (runtime_of(node) > least) least = runtime_of(node);
  char* bytes = ln_job_alloc(graph->job, VERSION_BYTES, 1);
  if (least != 0)
    snprintf(bytes, VERSION_BYTES, "%ld.%ld.%ld", least / 1000000 % 1000, least / 1000 % 1000, least % 1000);
  if (found == NULL) {
    ln_graph_metadata(graph, kName, bytes, VERSION_BYTES);
    return;
  }
  found->data = bytes;
  found->size_bytes = VERSION_BYTES;
}
