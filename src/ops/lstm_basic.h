/* The form of LSTM with five inputs and four outputs (kernel type BASIC). */
#ifndef LN_OPS_LSTM_BASIC_H_
#define LN_OPS_LSTM_BASIC_H_

#include "ops/op_util.h"

TfLiteStatus ln_lstm_basic_prepare(TfLiteContext* context, TfLiteNode* node);
TfLiteStatus ln_lstm_basic_invoke(TfLiteContext* context, TfLiteNode* node);

#endif
