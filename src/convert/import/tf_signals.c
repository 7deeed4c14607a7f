/* Sound: spectrograms as custom operators that TFLite comes with. */
#include "convert/import/tf_import.h"

/* [samples, channels] to [channels, windows, frequencies]: a custom operator that TFLite comes with. */
static void spectrogram(ln_tf_call* call) {
  const int64_t window = ln_tf_int(call->def, "window_size", 0), stride = ln_tf_int(call->def, "stride", 0);
  const ln_tensor* x = ln_tf_in(call, 0);
  if (window < 2 || window > 1 << 20 || stride < 1) {
    ln_tf_fail(call, "its window has %lld samples in steps of %lld", (long long)window, (long long)stride);
    return;
  }
  ln_tf_custom(call);
  int64_t size = 1;
  while (size < window) size *= 2;
  const int32_t samples = x->rank == 2 ? ln_dim(x, 0) : -1;
  const int32_t dims[] = {x->rank == 2 ? ln_dim(x, 1) : -1,
                          samples < 0        ? -1
                          : samples < window ? 0
                                             : (int32_t)((samples - window) / stride + 1),
                          (int32_t)(size / 2 + 1)};
  ln_tensor_set_shape(call->node->outs[0].tensor, 3, dims);
}

static void mfcc(ln_tf_call* call) {
  const ln_tensor* x = ln_tf_in(call, 0);
  ln_tf_custom(call);
  const int32_t dims[] = {x->rank == 3 ? ln_dim(x, 0) : -1, x->rank == 3 ? ln_dim(x, 1) : -1,
                          (int32_t)ln_tf_int(call->def, "dct_coefficient_count", 13)};
  ln_tensor_set_shape(call->node->outs[0].tensor, 3, dims);
}

const ln_tf_lowering ln_tf_signals[] = {
    {"AudioSpectrogram", spectrogram, 0},
    {"Mfcc", mfcc, 0},
    {NULL, NULL, 0},
};
