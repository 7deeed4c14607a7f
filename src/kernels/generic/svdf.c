#include "kernels/generic/svdf.h"

#include <string.h>

#include "kernels/generic/fixed_exp.h"
#include "kernels/generic/matvec.h"

/* ---- Float ---- */

/* Of a state that moves on: its first element goes, `newest` comes. It is moved when all are weighed: processors wait
 * for what has just been written in other pieces. */
static float weigh_f32(const ln_mixed_matrix* time, size_t filter, const float* state, size_t memory, float newest) {
  float sum = 0.0f;
  if (time->is_s8) {
    const int8_t* weights = (const int8_t*)time->data + filter * memory;
    for (size_t i = 1; i < memory; ++i) sum += (float)weights[i - 1] * time->scale * state[i];
    return sum + (float)weights[memory - 1] * time->scale * newest;
  }
  const float* weights = (const float*)time->data + filter * memory;
  for (size_t i = 1; i < memory; ++i) sum += weights[i - 1] * state[i];
  return sum + weights[memory - 1] * newest;
}

void ln_svdf_step_f32(const ln_svdf_f32* svdf, const ln_svdf_scratch* scratch, const float* input, float* state,
                      float* output) {
  const ln_svdf_sizes* s = &svdf->sizes;
  const size_t units = s->filters / s->rank;
  ln_mixed_vector x = {input, NULL, 1.0f, s->inputs};
  if (svdf->features.is_s8) x = ln_mixed_quantize(input, s->inputs, svdf->asymmetric, scratch->s8, scratch->s16);
  memset(scratch->products, 0, s->filters * sizeof *scratch->products);
  ln_mixed_matvec(&svdf->features, s->filters, &x, scratch->sums, scratch->products);
  for (size_t unit = 0; unit < units; ++unit) {
    float sum = 0.0f;
    for (size_t f = unit * s->rank; f < (unit + 1) * s->rank; ++f)
      sum += weigh_f32(&svdf->time, f, state + f * s->memory, s->memory, scratch->products[f]);
    output[unit] = svdf->bias != NULL ? sum + svdf->bias[unit] : sum;
  }
  memmove(state, state + 1, (s->filters * s->memory - 1) * sizeof *state);
  for (size_t f = 0; f < s->filters; ++f) state[(f + 1) * s->memory - 1] = scratch->products[f];
  ln_activate_f32(svdf->activation, output, units);
}

/* ---- Integers ---- */

static uint32_t weigh_s16(const int16_t* weights, const int16_t* state, size_t memory, int32_t newest) {
  uint32_t sum = (uint32_t)(weights[memory - 1] * newest);
  for (size_t i = 1; i < memory; ++i) sum += (uint32_t)(weights[i - 1] * state[i]);
  return sum;
}

void ln_svdf_step_s16(const ln_svdf_s16* svdf, const ln_svdf_scratch* scratch, const int8_t* input, int16_t* state,
                      int8_t* output) {
  const ln_svdf_sizes* s = &svdf->sizes;
  for (size_t i = 0; i < s->inputs; ++i) scratch->s16[i] = (int16_t)(input[i] - svdf->input_zero_point);
  ln_matvec_s8_s16(svdf->features, s->filters, s->inputs, scratch->s16, scratch->sums);
  for (size_t unit = 0; unit < s->filters / s->rank; ++unit) {
    uint32_t sum = svdf->bias != NULL ? (uint32_t)svdf->bias[unit] : 0;
    for (size_t f = unit * s->rank; f < (unit + 1) * s->rank; ++f) {
      const int32_t product = ln_requantize(scratch->sums[f], svdf->state_multiplier, svdf->state_shift);
      scratch->sums[f] = ln_clamp_i32(product, INT16_MIN, INT16_MAX);
      sum += weigh_s16(svdf->time + f * s->memory, state + f * s->memory, s->memory, scratch->sums[f]);
    }
    const int32_t value = ln_requantize((int32_t)sum, svdf->output_multiplier, svdf->output_shift);
    output[unit] = (int8_t)ln_clamp_i32(ln_saturating_add(value, svdf->output_zero_point), INT8_MIN, INT8_MAX);
  }
  memmove(state, state + 1, (s->filters * s->memory - 1) * sizeof *state);
  for (size_t f = 0; f < s->filters; ++f) state[(f + 1) * s->memory - 1] = (int16_t)scratch->sums[f];
}
