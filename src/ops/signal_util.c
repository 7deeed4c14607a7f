#include "ops/signal_util.h"

#include <string.h>

TfLiteStatus ln_signal_set_state(TfLiteContext* context, TfLiteNode* node, ln_signal_state* state, size_t size_bytes) {
  LN_TRY(ln_set_temporaries(context, node, 1, &state->first));
  LN_CHECK(context, size_bytes <= INT32_MAX, "a state of %zu bytes is needed; at most 2 GiB is allowed", size_bytes);
  const int32_t extent = (int32_t)size_bytes;
  LN_TRY(ln_set_temporary(context, node, 0, kTfLiteUInt8, kTfLiteArenaRwPersistent, 1, &extent));
  ln_get_temporary(context, node, 0)->is_variable = true;
  if (state->size_bytes != size_bytes) state->fresh = true;
  state->size_bytes = size_bytes;
  return kTfLiteOk;
}

void* ln_signal_get_state(TfLiteContext* context, const TfLiteNode* node, ln_signal_state* state) {
  void* data = ln_get_temporary(context, node, 0)->data.data;
  if (state->fresh && state->size_bytes > 0) memset(data, 0, state->size_bytes);
  state->fresh = false;
  return data;
}

TfLiteStatus ln_signal_get_vector(TfLiteContext* context, const TfLiteNode* node, int index, const char* what,
                                  TfLiteType type, int64_t count, const TfLiteTensor** tensor) {
  LN_TRY(ln_get_input(context, node, index, tensor));
  LN_TRY(ln_check_type(context, *tensor, what, type));
  LN_CHECK(context, ln_rank(*tensor) == 1, "%s has rank %d; 1 is right", what, ln_rank(*tensor));
  LN_CHECK(context, count < 0 || ln_dim(*tensor, 0) == count, "%s has %d elements; %lld are right", what,
           ln_dim(*tensor, 0), (long long)count);
  return kTfLiteOk;
}

TfLiteStatus ln_signal_get_output(TfLiteContext* context, const TfLiteNode* node, int index, TfLiteType type,
                                  TfLiteTensor** tensor) {
  LN_TRY(ln_get_output(context, node, index, tensor));
  return ln_check_type(context, *tensor, "output", type);
}

size_t ln_signal_outer(const TfLiteTensor* t, int inner) {
  size_t product = 1;
  for (int i = 0; i < ln_rank(t) - inner; ++i) product *= (size_t)ln_dim(t, i);
  return product;
}
