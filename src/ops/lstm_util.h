/* A full LSTM operator's inputs by number, its checked sizes and its quantization. */
#ifndef LN_OPS_LSTM_UTIL_H_
#define LN_OPS_LSTM_UTIL_H_

#include "kernels/generic/lstm.h"
#include "ops/op_util.h"

/* Four gates each: input, forget, cell, output. The peepholes have none for the cell gate. */
enum {
  kLstmInput = 0,
  kLstmInputWeights = 1,
  kLstmRecurrentWeights = 5,
  kLstmPeepholes = 9,
  kLstmBiases = 12,
  kLstmProjection = 16,
  kLstmProjectionBias = 17,
  kLstmState = 18,
  kLstmCell = 19,
  kLstmNorms = 20,
  kLstmHiddenIntermediate = 4,
  kLstmIntermediates = 5
};

typedef struct lstm_options {
  TfLiteFusedActivation activation;
  float cell_clip, projection_clip;
  bool asymmetric;
} lstm_options;

/* NULL: the gate has none. */
const TfLiteTensor* ln_lstm_peephole(TfLiteContext* context, const TfLiteNode* node, int gate);

/* Sizes from the weights; every input's type, rank and extents, the state's size for `batch` rows. */
TfLiteStatus ln_lstm_check(TfLiteContext* context, TfLiteNode* node, const lstm_options* options, int batch,
                           ln_lstm_sizes* sizes);

/* Floats with int8 weights. */
bool ln_lstm_is_hybrid(TfLiteContext* context, const TfLiteNode* node);

/* The node's temporaries: memory for one step of cells up to that size. */
TfLiteStatus ln_lstm_set_scratch(TfLiteContext* context, TfLiteNode* node, int* first, const ln_lstm_sizes* sizes,
                                 bool integer, bool hybrid);
ln_lstm_scratch ln_lstm_get_scratch(TfLiteContext* context, const TfLiteNode* node);

/* Weights as the float step takes them; no matrix where there is no tensor. */
ln_mixed_matrix ln_lstm_make_matrix(const TfLiteTensor* t);
ln_lstm_f32 ln_lstm_make_f32(TfLiteContext* context, const TfLiteNode* node, const lstm_options* options,
                             const ln_lstm_sizes* sizes);

/* The numbers of the integer form; the pointers stay NULL. */
TfLiteStatus ln_lstm_quantize(TfLiteContext* context, TfLiteNode* node, const lstm_options* options, ln_lstm_s16* lstm);

#endif
