/* The XNNPACK delegate's functions: accepted, so that programs that ask for it run; it claims no node, as the library's
 * own kernels need no help. The header is left out on purpose. Its options struct grew from 32 bytes (to
 * TensorFlow 2.19) to 64, and is returned by value: the caller reserves the room that its own header says, so writing
 * 64 bytes would overrun old callers' stack. The default options are therefore returned as 32 bytes, which both layouts
 * begin with, and nothing but the number of threads, first in both, may ever be read from options given here:
 * weight_cache_file_path of the longer one lies where an old caller has other things on its stack, and a new one what
 * was there before the default options were put over half of it. LinnetInterpreterOptionsSetWeightCache names that file
 * instead. */
#include "tensorflow/lite/c/common.h"

typedef struct xnnpack_options_prefix {
  int32_t num_threads;
  uint32_t words[7];
} xnnpack_options_prefix;

TFL_CAPI_EXPORT extern xnnpack_options_prefix TfLiteXNNPackDelegateOptionsDefault(void);
TFL_CAPI_EXPORT extern TfLiteDelegate* TfLiteXNNPackDelegateCreate(const xnnpack_options_prefix* options);
TFL_CAPI_EXPORT extern void TfLiteXNNPackDelegateDelete(TfLiteDelegate* delegate);

xnnpack_options_prefix TfLiteXNNPackDelegateOptionsDefault(void) { return (xnnpack_options_prefix){.num_threads = 1}; }

static TfLiteStatus prepare(TfLiteContext* context, TfLiteDelegate* delegate) {
  (void)context, (void)delegate;
  return kTfLiteOk;
}

/* One for all: it has no state, so that it does not matter when a client deletes it. */
TfLiteDelegate* TfLiteXNNPackDelegateCreate(const xnnpack_options_prefix* options) {
  static TfLiteDelegate delegate = {.Prepare = prepare, .flags = kTfLiteDelegateFlagsAllowDynamicTensors};
  (void)options;
  return &delegate;
}

void TfLiteXNNPackDelegateDelete(TfLiteDelegate* delegate) { (void)delegate; }
