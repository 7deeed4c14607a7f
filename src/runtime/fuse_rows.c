/* Rows of floats become bytes by FULLY_CONNECTED's options alone; the weights, beside their depth, have no part in it.
 */
#include "runtime/fuse_rows.h"

/* The options of a product of floats by dense constant bytes with scales for whole rows; NULL: it is another. */
static const TfLiteFullyConnectedParams* product_at(const fuse_state* f, int32_t position) {
  const ln_node* node = node_at(f, position);
  const int32_t weights = input_of(node, 1);
  const TfLiteTensor* t = weights >= 0 ? &f->subgraph->tensors[weights] : NULL;
  if (code_at(f, position) != kTfLiteBuiltinFullyConnected || t == NULL || !is_float(f, input_of(node, 0)) ||
      (t->type != kTfLiteInt8 && t->type != kTfLiteInt4) || t->allocation_type != kTfLiteMmapRo ||
      t->quantization.type != kTfLiteAffineQuantization || t->sparsity != NULL || t->dims->size != 2 ||
      t->dims->data[1] <= 0 || node->node.inputs->size > 3 || output_of(node) < 0)
    return NULL;
  const TfLiteFullyConnectedParams* params = node->node.builtin_data;
  return params != NULL && params->weights_format == kTfLiteFullyConnectedWeightsFormatDefault ? params : NULL;
}

/* The second product reads nothing later than before, but the input must still be what it was. */
static bool is_written_between(const fuse_state* f, int32_t tensor, int32_t first, int32_t last) {
  for (int32_t p = first; p <= last; ++p)
    if (ln_has_tensor(node_at(f, p)->node.outputs, tensor)) return true;
  return false;
}

bool ln_share_rows(const fuse_state* f, int32_t position, int32_t other) {
  const TfLiteFullyConnectedParams *first = product_at(f, position), *second = product_at(f, other);
  if (first == NULL || second == NULL) return false;
  const TfLiteTensor* tensors = f->subgraph->tensors;
  const ln_node *a = node_at(f, position), *b = node_at(f, other);
  const int32_t input = input_of(a, 0);
  return input == input_of(b, 0) && !tensors[input].is_variable &&
         first->asymmetric_quantize_inputs == second->asymmetric_quantize_inputs &&
         tensors[input_of(a, 1)].dims->data[1] == tensors[input_of(b, 1)].dims->data[1] &&
         !is_written_between(f, input, position, other);
}

TfLiteStatus ln_add_row_tensors(ln_subgraph* subgraph, int32_t tensors[3]) {
  static const TfLiteType kTypes[] = {kTfLiteInt8, kTfLiteFloat32, kTfLiteInt32};
  int first;
  if (ln_subgraph_add_tensors(subgraph, 3, &first) != kTfLiteOk) return kTfLiteError;
  for (int32_t i = 0; i < 3; ++i) {
    TfLiteTensor* t = &subgraph->tensors[first + i];
    tensors[i] = first + i;
    t->type = kTypes[i];
    t->allocation_type = kTfLiteArenaRw;
    t->dims = TfLiteIntArrayCreate(0);
    if (t->dims == NULL) {
      ln_subgraph_report(subgraph, "no memory for a tensor's shape");
      return kTfLiteError;
    }
  }
  return kTfLiteOk;
}
