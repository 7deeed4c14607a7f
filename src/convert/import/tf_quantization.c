/* Quantization that a graph simulates: rounding to a grid and back, by plain arithmetic where FAKE_QUANT does not fit.
 */
#include <math.h>
#include <string.h>

#include "convert/import/tf_import.h"

/* round((clamp(x) - low) / step) * step + low, elementwise over constants that are broadcast. */
static ln_tensor* snap(ln_tf_call* call, ln_tensor* x, ln_tensor* low, ln_tensor* high, ln_tensor* step,
                       const char* what) {
  x = ln_tf_binary(call, LN_OP_MINIMUM, ln_tf_binary(call, LN_OP_MAXIMUM, x, low, "above"), high, "inside");
  ln_tensor* steps = ln_tf_binary(call, LN_OP_DIV, ln_tf_binary(call, LN_OP_SUB, x, low, "sub"), step, "steps");
  /* Halves go up, as TensorFlow has it here. */
  steps = ln_tf_unary(call, LN_OP_FLOOR, ln_tf_number(call, LN_OP_ADD, steps, 0.5, "half"), "whole");
  return ln_tf_binary(call, LN_OP_ADD, ln_tf_binary(call, LN_OP_MUL, steps, step, "back"), low, what);
}

/* The range of each channel, moved so that 0 is on its grid. */
static void per_channel(ln_tf_call* call) {
  ln_tensor *x = ln_tf_in(call, 0), *low = ln_tf_in(call, 1), *high = ln_tf_in(call, 2);
  const int64_t bits = ln_tf_int(call->def, "num_bits", 8);
  const int64_t count = ln_tensor_elements(low);
  if (!ln_tensor_is_constant(low) || !ln_tensor_is_constant(high) || low->type != LN_TYPE_FLOAT32 ||
      high->type != LN_TYPE_FLOAT32 || ln_tensor_elements(high) != count || bits < 2 || bits > 16) {
    ln_tf_fail(call, "its ranges must be constant, its bits 2 to 16");
    return;
  }
  const float least = ln_tf_bool(call->def, "narrow_range", false) ? 1 : 0, most = (float)((1 << bits) - 1);
  const float *lows = low->data, *highs = high->data;
  float* numbers[3];
  for (int i = 0; i < 3; ++i) numbers[i] = ln_job_alloc(call->job, (size_t)count, sizeof(float));
  for (int64_t i = 0; i < count; ++i) {
    const float step = (highs[i] - lows[i]) / (most - least), from = least - lows[i] / step;
    if (!(step > 0) || !isfinite(step)) {
      ln_tf_fail(call, "the range of channel %lld is empty", (long long)i);
      return;
    }
    const float zero = from < least ? least : from > most ? most : floorf(from + 0.5f);
    numbers[0][i] = (least - zero) * step;
    numbers[1][i] = (most - zero) * step;
    numbers[2][i] = step;
  }
  const int32_t dims[] = {(int32_t)count};
  ln_tensor* range[3];
  for (int i = 0; i < 3; ++i)
    range[i] = ln_graph_constant(call->b.subgraph, ln_tf_name(call, "range"), LN_TYPE_FLOAT32, 1, dims, numbers[i]);
  ln_tf_return(call, 0, snap(call, x, range[0], range[1], range[2], NULL));
}

/* QuantizeAndDequantize: a grid through 0, of 2^(bits - 1) steps to each side where it is signed, as wide as the range
 * (or as x itself) needs. */
static void there_and_back(ln_tf_call* call) {
  const LnPb__NodeDef* def = call->def;
  const bool third = call->in_count > 3, is_signed = ln_tf_bool(def, "signed_input", true),
             narrow = ln_tf_bool(def, "narrow_range", false), given = ln_tf_bool(def, "range_given", false);
  int32_t bits = (int32_t)ln_tf_int(def, "num_bits", 8);
  double low, high;
  if (third && ln_tf_const_ints(call, 3, 1, &bits) != 1) return;
  if (!given || ln_tf_int(def, "axis", -1) != -1 || bits < 2 || bits > 24 ||
      !ln_tensor_number(ln_tf_in(call, 1), &low) || !ln_tensor_number(ln_tf_in(call, 2), &high)) {
    ln_tf_fail(call, "its range must be given, constant and one for all channels, its bits 2 to 24");
    return;
  }
  const double most = is_signed ? (double)(1 << (bits - 1)) - 1 : (double)(1 << bits) - 1, least = !is_signed ? 0
                                                                                                   : narrow   ? -most
                                                                                                            : -most - 1;
  const double up = high > 0 ? most / high : INFINITY, down = least * low > 0 ? least / low : INFINITY;
  const double scale = up < down ? up : down;
  if (!isfinite(scale)) {
    ln_tf_fail(call, "its range is empty");
    return;
  }
  ln_tensor* x = ln_tf_number(call, LN_OP_MAXIMUM, ln_tf_in(call, 0), least / scale, "above");
  x = ln_tf_number(call, LN_OP_MUL, ln_tf_number(call, LN_OP_MINIMUM, x, most / scale, "inside"), scale, "steps");
  if (ln_tf_is(def, "round_mode", "HALF_UP", false))
    x = ln_tf_unary(call, LN_OP_FLOOR, ln_tf_number(call, LN_OP_ADD, x, 0.5, "half"), "whole");
  else
    x = ln_tf_unary(call, LN_OP_ROUND, x, "whole");
  ln_tf_return(call, 0, ln_tf_number(call, LN_OP_MUL, x, 1 / scale, NULL));
}

const ln_tf_lowering ln_tf_quantization[] = {
    {"FakeQuantWithMinMaxVarsPerChannel", per_channel, 0},
    {"QuantizeAndDequantizeV2", there_and_back, 0},
    {"QuantizeAndDequantizeV3", there_and_back, 0},
    {"QuantizeAndDequantizeV4", there_and_back, 0},
    {NULL, NULL, 0},
};
